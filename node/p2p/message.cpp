#include "node/p2p/message.hpp"

#include <algorithm>
#include <optional>

#include "vm/base/check.hpp"
#include "vm/rlp/decode.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::node::wire {
namespace {

namespace rlp = vm::rlp;

constexpr std::size_t validators_max = 100;  // DESIGN 7
/// A signed transaction has more; so a frame of short strings cannot take many times its size when read.
constexpr std::size_t tx_bytes_min = 32;
constexpr std::size_t txs_of_block_max = limits::block_bytes_max / tx_bytes_min;

enum Type : std::uint8_t {
    status = 1,
    refused,
    announce,
    get_transactions,
    transactions,
    consensus,
    get_headers,
    headers,
    get_blocks,
    blocks,
    checkpoint,
};

/// Reads the items of a list; after the first one that is wrong, everything reads as empty and `failed` is true.
class Fields {
  public:
    explicit Fields(rlp::Result<rlp::Reader> reader) : reader_(reader ? *reader : rlp::Reader({})), failed_(!reader) {}

    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] bool more() const { return !failed_ && !reader_.at_end(); }

    std::uint64_t number() { return take(reader_.u64()); }
    vm::Hash hash() { return take(reader_.hash()); }
    vm::Address address() { return take(reader_.address()); }
    vm::Bytes string(std::size_t bytes_max, std::size_t bytes_min = 0) {
        const auto found = take(reader_.string());
        if (found.size() > bytes_max || found.size() < bytes_min) failed_ = true;
        return failed_ ? vm::Bytes{} : vm::to_bytes(found);
    }
    Fields list() {
        auto found = failed_ ? rlp::Result<rlp::Reader>(std::unexpected(rlp::Error::truncated)) : reader_.list();
        if (!found) failed_ = true;
        return Fields(std::move(found));
    }
    /// Ends this list, and takes over whether one inside it failed.
    void close(const Fields& inner) { failed_ = failed_ || inner.failed_ || !inner.reader_.at_end(); }
    void fail() { failed_ = true; }

    /// A list of at most `count_max` items, each read by `read(Fields&)`.
    template <class Read>
    auto items(std::size_t count_max, const Read& read) {
        std::vector<decltype(read(*this))> out;
        auto inner = list();
        while (inner.more()) {
            if (out.size() == count_max) {
                inner.fail();
                break;
            }
            out.push_back(read(inner));
        }
        close(inner);
        return out;
    }

  private:
    template <class T>
    T take(rlp::Result<T> result) {
        if (failed_ || !result) {
            failed_ = true;
            return T{};
        }
        return *result;
    }

    rlp::Reader reader_;
    bool failed_;
};

std::vector<vm::Hash> read_hashes(Fields& fields, std::size_t count_max) {
    return fields.items(count_max, [](Fields& inner) { return inner.hash(); });
}
std::vector<vm::Bytes> read_transactions(Fields& fields, std::size_t count_max) {
    return fields.items(count_max, [](Fields& inner) { return inner.string(limits::tx_bytes_max, tx_bytes_min); });
}

Status read_status(Fields& fields) {
    Status message;
    message.genesis_hash = fields.hash();
    message.head = {fields.number()};
    message.head_hash = fields.hash();
    message.certificate = fields.string(limits::certificate_bytes_max);
    message.linked = fields.items(validators_max, [](Fields& inner) { return inner.address(); });
    if (std::ranges::adjacent_find(message.linked, std::ranges::greater_equal{}) != message.linked.end()) fields.fail();
    return message;
}

Refused read_refused(Fields& fields) {
    const auto reason = fields.number();
    if (reason < 1 || reason > 5) fields.fail();
    return {static_cast<Refusal>(reason)};
}

GetHeaders read_get_headers(Fields& fields) {
    GetHeaders message;
    message.request = fields.number();
    message.first = {fields.number()};
    message.count = fields.number();
    if (message.count < 1 || message.count > limits::wire_headers_max) fields.fail();
    return message;
}

Headers read_headers(Fields& fields) {
    Headers message;
    message.request = fields.number();
    message.headers = fields.items(limits::wire_headers_max, [](Fields& inner) {
        CertifiedHeader block;
        auto pair = inner.list();
        block.header = pair.string(limits::header_bytes_max);
        block.certificate = pair.string(limits::certificate_bytes_max);
        inner.close(pair);
        return block;
    });
    return message;
}

GetBlocks read_get_blocks(Fields& fields) {
    GetBlocks message;
    message.request = fields.number();
    message.blocks = read_hashes(fields, limits::wire_blocks_max);
    return message;
}

Blocks read_blocks(Fields& fields) {
    Blocks message;
    message.request = fields.number();
    message.blocks = fields.items(limits::wire_blocks_max, [](Fields& inner) {
        EncodedBlock block;
        auto pair = inner.list();
        block.header = pair.string(limits::header_bytes_max);
        block.transactions = read_transactions(pair, txs_of_block_max);
        inner.close(pair);
        return block;
    });
    return message;
}

Message read(std::uint8_t type, Fields& fields) {
    switch (type) {
        case status:
            return read_status(fields);
        case refused:
            return read_refused(fields);
        case announce:
            return Announce{read_hashes(fields, limits::wire_hashes_max)};
        case get_transactions:
            return GetTransactions{read_hashes(fields, limits::wire_hashes_max)};
        case transactions:
            return Transactions{read_transactions(fields, limits::wire_txs_max)};
        case consensus:
            return Consensus{fields.string(limits::consensus_message_bytes_max)};
        case get_headers:
            return read_get_headers(fields);
        case headers:
            return read_headers(fields);
        case get_blocks:
            return read_get_blocks(fields);
        case blocks:
            return read_blocks(fields);
        case checkpoint:
            return Checkpoint{fields.string(limits::checkpoint_bytes_max)};
        default:
            vm::check(false, "only known types are read");
            return Status{};
    }
}

void write_hashes(vm::Bytes& out, const std::vector<vm::Hash>& hashes) {
    rlp::List list(out);
    for (const auto& hash : hashes) rlp::encode(out, hash);
}
void write_transactions(vm::Bytes& out, const std::vector<vm::Bytes>& encoded) {
    rlp::List list(out);
    for (const auto& tx : encoded) rlp::encode(out, vm::BytesView(tx));
}

struct Writer {
    vm::Bytes& out;

    void operator()(const Status& message) const {
        rlp::encode(out, message.genesis_hash);
        rlp::encode(out, message.head.value);
        rlp::encode(out, message.head_hash);
        rlp::encode(out, vm::BytesView(message.certificate));
        rlp::List linked(out);
        for (const auto& validator : message.linked) rlp::encode(out, validator);
    }
    void operator()(const Refused& message) const { rlp::encode(out, static_cast<std::uint64_t>(message.reason)); }
    void operator()(const Announce& message) const { write_hashes(out, message.hashes); }
    void operator()(const GetTransactions& message) const { write_hashes(out, message.hashes); }
    void operator()(const Transactions& message) const { write_transactions(out, message.encoded); }
    void operator()(const Consensus& message) const { rlp::encode(out, vm::BytesView(message.encoded)); }
    void operator()(const GetHeaders& message) const {
        rlp::encode(out, message.request);
        rlp::encode(out, message.first.value);
        rlp::encode(out, message.count);
    }
    void operator()(const Headers& message) const {
        rlp::encode(out, message.request);
        rlp::List list(out);
        for (const auto& block : message.headers) {
            rlp::List pair(out);
            rlp::encode(out, vm::BytesView(block.header));
            rlp::encode(out, vm::BytesView(block.certificate));
        }
    }
    void operator()(const GetBlocks& message) const {
        rlp::encode(out, message.request);
        write_hashes(out, message.blocks);
    }
    void operator()(const Blocks& message) const {
        rlp::encode(out, message.request);
        rlp::List list(out);
        for (const auto& block : message.blocks) {
            rlp::List pair(out);
            rlp::encode(out, vm::BytesView(block.header));
            write_transactions(out, block.transactions);
        }
    }
    void operator()(const Checkpoint& message) const { rlp::encode(out, vm::BytesView(message.encoded)); }
};

}  // namespace

std::string_view to_string(Refusal reason) {
    switch (reason) {
        case Refusal::not_admitted:
            return "not admitted";
        case Refusal::other_genesis:
            return "of another chain";
        case Refusal::too_many:
            return "too many peers";
        case Refusal::misconduct:
            return "misconduct";
        case Refusal::duplicate:
            return "already connected";
    }
    return "";
}

std::string_view to_string(WireError error) {
    switch (error) {
        case WireError::too_large:
            return "a frame above its type's limit";
        case WireError::too_short:
            return "a frame that ends early";
        case WireError::no_version:
            return "a frame of version 0";
        case WireError::unknown_type:
            return "a frame of a type this release does not know";
        case WireError::malformed:
            return "a payload that is not the encoding of its type";
    }
    return "";
}

std::size_t payload_bytes_max(std::uint8_t type) {
    constexpr auto overhead = limits::wire_overhead_bytes;
    switch (type) {
        case status:
            return limits::certificate_bytes_max + validators_max * 21 + 256;
        case refused:
        case get_headers:
            return 64;
        case announce:
        case get_transactions:
            return limits::wire_hashes_max * 33 + 64;
        case transactions:
            return limits::wire_txs_bytes_max + overhead;
        case consensus:
            return limits::consensus_message_bytes_max + 64;
        case headers:
            return limits::wire_headers_max * (limits::header_bytes_max + limits::certificate_bytes_max) + overhead;
        case get_blocks:
            return limits::wire_blocks_max * 33 + 64;
        case blocks:
            return limits::block_bytes_max + overhead;
        case checkpoint:
            return limits::checkpoint_bytes_max + 64;
        default:
            return unknown_payload_bytes_max;
    }
}

std::expected<FrameHeader, WireError> decode_frame_header(vm::BytesView bytes) {
    if (bytes.size() < frame_header_bytes) return std::unexpected(WireError::too_short);
    FrameHeader header;
    for (std::size_t i = 0; i < 4; ++i) header.payload_bytes = header.payload_bytes << 8 | bytes[i];
    header.type = bytes[4];
    header.version = bytes[5];
    if (header.version == 0) return std::unexpected(WireError::no_version);
    if (header.payload_bytes > payload_bytes_max(header.type)) return std::unexpected(WireError::too_large);
    return header;
}

std::expected<Message, WireError> decode_payload(const FrameHeader& header, vm::BytesView payload) {
    if (payload.size() != header.payload_bytes) return std::unexpected(WireError::too_short);
    if (header.type < status || header.type > checkpoint) return std::unexpected(WireError::unknown_type);
    rlp::Reader reader(payload);
    Fields fields(reader.list());
    if (fields.failed() || !reader.at_end()) return std::unexpected(WireError::malformed);
    auto message = read(header.type, fields);
    if (fields.failed()) return std::unexpected(WireError::malformed);
    if (fields.more() && header.version <= wire_version) return std::unexpected(WireError::malformed);
    return message;
}

vm::Bytes encode_frame(const Message& message) {
    vm::Bytes payload;
    {
        rlp::List list(payload);
        std::visit(Writer{payload}, message);
    }
    const auto type = static_cast<std::uint8_t>(message.index() + 1);
    vm::check(payload.size() <= payload_bytes_max(type), "a frame of ours is within its type's limit");
    vm::Bytes out;
    out.reserve(frame_header_bytes + payload.size());
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(payload.size() >> shift));
    out.push_back(type);
    out.push_back(wire_version);
    vm::append(out, payload);
    return out;
}

}  // namespace talea::node::wire
