#include "vm/chain/block.hpp"

#include "vm/crypto/keccak.hpp"
#include "vm/rlp/encode.hpp"
#include "vm/trie/trie.hpp"

namespace talea::vm {
namespace {

/// Reads items in order and keeps the first error; what is read after that is worthless.
class ItemReader {
  public:
    explicit ItemReader(rlp::Reader reader) : reader_(reader) {}

    [[nodiscard]] const std::optional<rlp::Error>& error() const { return error_; }
    [[nodiscard]] bool at_end() const { return reader_.at_end(); }
    /// Takes what `read` finds into `to`.
    template <class Value, class Found>
    void take(Value& to, rlp::Result<Found> (rlp::Reader::*read)()) {
        if (error_) return;
        auto found = (reader_.*read)();
        if (found) {
            to = Value{*found};
        } else {
            error_ = found.error();
        }
    }
    /// A string of exactly as many bytes as `to` has.
    template <std::size_t size>
    void take_bytes(std::array<std::uint8_t, size>& to) {
        BytesView bytes;
        take(bytes, &rlp::Reader::string);
        if (error_) return;
        if (bytes.size() == size) {
            std::memcpy(to.data(), bytes.data(), size);
        } else {
            error_ = rlp::Error::wrong_length;
        }
    }
    /// The same for a field that only headers of later forks have: absent at the end of the list.
    template <class Value, class Found>
    void take_optional(std::optional<Value>& to, rlp::Result<Found> (rlp::Reader::*read)()) {
        if (error_ || reader_.at_end()) return;
        take(to.emplace(), read);
    }
    void end() {
        if (!error_ && !reader_.at_end()) error_ = rlp::Error::trailing_bytes;
    }

  private:
    rlp::Reader reader_;
    std::optional<rlp::Error> error_;
};

rlp::Result<Header> read_header(rlp::Reader list) {
    ItemReader fields{list};
    Header header;
    BytesView extra_data;
    fields.take(header.parent_hash, &rlp::Reader::hash);
    fields.take(header.ommers_hash, &rlp::Reader::hash);
    fields.take(header.beneficiary, &rlp::Reader::address);
    fields.take(header.state_root, &rlp::Reader::hash);
    fields.take(header.transactions_root, &rlp::Reader::hash);
    fields.take(header.receipts_root, &rlp::Reader::hash);
    fields.take_bytes(header.bloom.bytes);
    fields.take(header.difficulty, &rlp::Reader::number);
    fields.take(header.number, &rlp::Reader::u64);
    fields.take(header.gas_limit, &rlp::Reader::u64);
    fields.take(header.gas_used, &rlp::Reader::u64);
    fields.take(header.timestamp, &rlp::Reader::u64);
    fields.take(extra_data, &rlp::Reader::string);
    fields.take(header.mix_hash, &rlp::Reader::hash);
    fields.take_bytes(header.nonce);
    fields.take_optional(header.base_fee_per_gas, &rlp::Reader::number);
    fields.take_optional(header.withdrawals_root, &rlp::Reader::hash);
    fields.take_optional(header.blob_gas_used, &rlp::Reader::u64);
    fields.take_optional(header.excess_blob_gas, &rlp::Reader::u64);
    fields.take_optional(header.parent_beacon_block_root, &rlp::Reader::hash);
    fields.take_optional(header.requests_hash, &rlp::Reader::hash);
    fields.end();
    if (fields.error()) return std::unexpected(*fields.error());
    header.extra_data = to_bytes(extra_data);
    return header;
}

rlp::Result<Withdrawal> read_withdrawal(rlp::Reader list) {
    ItemReader fields{list};
    Withdrawal withdrawal;
    fields.take(withdrawal.index, &rlp::Reader::u64);
    fields.take(withdrawal.validator_index, &rlp::Reader::u64);
    fields.take(withdrawal.address, &rlp::Reader::address);
    fields.take(withdrawal.amount_gwei, &rlp::Reader::u64);
    fields.end();
    if (fields.error()) return std::unexpected(*fields.error());
    return withdrawal;
}

/// Reads each list of the list that is next in `reader` into `to`.
template <class Value>
rlp::Result<void> read_lists(rlp::Reader& reader, rlp::Result<Value> (*read)(rlp::Reader), std::vector<Value>& to) {
    auto items = reader.list();
    if (!items) return std::unexpected(items.error());
    while (!items->at_end()) {
        const auto list = items->list();
        if (!list) return std::unexpected(list.error());
        auto value = read(*list);
        if (!value) return std::unexpected(value.error());
        to.push_back(std::move(*value));
    }
    return {};
}

template <class Value>
void write_optional(Bytes& out, const std::optional<Value>& field) {
    if (field) rlp::encode(out, *field);
}

void write_header(Bytes& out, const Header& header) {
    rlp::List list(out);
    rlp::encode(out, header.parent_hash);
    rlp::encode(out, header.ommers_hash);
    rlp::encode(out, header.beneficiary);
    rlp::encode(out, header.state_root);
    rlp::encode(out, header.transactions_root);
    rlp::encode(out, header.receipts_root);
    rlp::encode(out, BytesView{header.bloom.bytes});
    rlp::encode(out, header.difficulty);
    rlp::encode(out, header.number.value);
    rlp::encode(out, header.gas_limit);
    rlp::encode(out, header.gas_used);
    rlp::encode(out, header.timestamp.seconds);
    rlp::encode(out, BytesView{header.extra_data});
    rlp::encode(out, header.mix_hash);
    rlp::encode(out, BytesView{header.nonce});
    write_optional(out, header.base_fee_per_gas);
    write_optional(out, header.withdrawals_root);
    write_optional(out, header.blob_gas_used);
    write_optional(out, header.excess_blob_gas);
    write_optional(out, header.parent_beacon_block_root);
    write_optional(out, header.requests_hash);
}

void write_withdrawal(Bytes& out, const Withdrawal& withdrawal) {
    rlp::List list(out);
    rlp::encode(out, withdrawal.index);
    rlp::encode(out, withdrawal.validator_index);
    rlp::encode(out, withdrawal.address);
    rlp::encode(out, withdrawal.amount_gwei);
}

/// A transaction as it stands in a body; one that is a list must be legacy, one in a string must not be.
std::expected<Transaction, TxDecodeError> read_in_body(const rlp::Item& item) {
    if (item.is_list) return decode_transaction(item.encoded);
    if (item.payload.empty()) return std::unexpected(TxDecodeError::rlp);
    if (item.payload[0] >= 0xc0) return std::unexpected(TxDecodeError::unknown_type);
    return decode_transaction(item.payload);
}

std::unexpected<BlockDecodeFailure> malformed(rlp::Error error) {
    return std::unexpected(BlockDecodeFailure{BlockDecodeError::rlp, error, std::nullopt, 0});
}

}  // namespace

Bytes encode_header(const Header& header) {
    Bytes out;
    out.reserve(768);
    write_header(out, header);
    return out;
}

rlp::Result<Header> decode_header(BytesView encoded) {
    rlp::Reader reader{encoded};
    const auto list = reader.list();
    if (!list) return std::unexpected(list.error());
    if (const auto end = reader.end(); !end) return std::unexpected(end.error());
    return read_header(*list);
}

Hash header_hash(const Header& header) {
    return keccak256(encode_header(header));
}

std::string_view to_string(BlockDecodeError error) {
    switch (error) {
        case BlockDecodeError::rlp:
            return "the block's RLP is malformed";
        case BlockDecodeError::transaction:
            return "a transaction of the block is malformed";
    }
    return "unknown error";
}

std::expected<Block, BlockDecodeFailure> decode_block(BytesView encoded) {
    rlp::Reader reader{encoded};
    auto parts = reader.list();
    if (!parts) return malformed(parts.error());
    if (const auto end = reader.end(); !end) return malformed(end.error());

    Block block;
    const auto header_list = parts->list();
    if (!header_list) return malformed(header_list.error());
    auto header = read_header(*header_list);
    if (!header) return malformed(header.error());
    block.header = std::move(*header);

    auto transactions = parts->list();
    if (!transactions) return malformed(transactions.error());
    while (!transactions->at_end()) {
        const auto item = transactions->item();
        if (!item) return malformed(item.error());
        auto tx = read_in_body(*item);
        if (!tx)
            return std::unexpected(
                BlockDecodeFailure{BlockDecodeError::transaction, std::nullopt, tx.error(), block.transactions.size()});
        block.transactions.push_back(std::move(*tx));
    }

    if (const auto read = read_lists(*parts, read_header, block.ommers); !read) return malformed(read.error());
    if (!parts->at_end())
        if (const auto read = read_lists(*parts, read_withdrawal, block.withdrawals.emplace()); !read)
            return malformed(read.error());
    if (const auto end = parts->end(); !end) return malformed(end.error());
    return block;
}

Bytes encode_block(const Block& block) {
    Bytes out;
    rlp::List list(out);
    write_header(out, block.header);
    rlp::List transactions(out);
    for (const Transaction& tx : block.transactions) encode_in_body(out, tx);
    transactions.close();
    rlp::List ommers(out);
    for (const Header& ommer : block.ommers) write_header(out, ommer);
    ommers.close();
    if (block.withdrawals) {
        rlp::List withdrawals(out);
        for (const Withdrawal& withdrawal : *block.withdrawals) write_withdrawal(out, withdrawal);
    }
    list.close();
    return out;
}

Hash transactions_root(std::span<const Transaction> transactions) {
    std::vector<Bytes> items;
    items.reserve(transactions.size());
    for (const Transaction& tx : transactions) items.push_back(encode_transaction(tx));
    return ordered_trie_root(items);
}

Hash receipts_root(std::span<const Receipt> receipts) {
    std::vector<Bytes> items;
    items.reserve(receipts.size());
    for (const Receipt& receipt : receipts) items.push_back(encode_receipt(receipt));
    return ordered_trie_root(items);
}

Hash withdrawals_root(std::span<const Withdrawal> withdrawals) {
    std::vector<Bytes> items;
    items.reserve(withdrawals.size());
    for (const Withdrawal& withdrawal : withdrawals) write_withdrawal(items.emplace_back(), withdrawal);
    return ordered_trie_root(items);
}

constinit const Hash empty_ommers_hash{{0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5,
                                        0x67, 0xb6, 0xcc, 0xd4, 0x1a, 0xd3, 0x12, 0x45, 0x1b, 0x94, 0x8a,
                                        0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47}};
constinit const Hash empty_requests_hash{{0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
                                          0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
                                          0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55}};

}  // namespace talea::vm
