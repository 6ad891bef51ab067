#include "vm/chain/receipt.hpp"

#include <algorithm>

#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::vm {
namespace {

constexpr std::size_t topics_max = 4;  // LOG4

/// The bit of the filter that 16 bits of a keccak choose, bit 0 being the last of the last byte (Yellow Paper 4.3.1).
struct FilterBit {
    std::size_t byte;
    std::uint8_t mask;
};
FilterBit filter_bit(const Hash& hash, std::size_t pair) {
    const std::size_t bit = (std::size_t{hash.bytes[2 * pair]} << 8 | hash.bytes[2 * pair + 1]) & 2047;
    return {255 - bit / 8, static_cast<std::uint8_t>(1U << (bit % 8))};
}

rlp::Result<Log> decode_log(rlp::Reader& reader) {
    auto fields = reader.list();
    if (!fields) return std::unexpected(fields.error());
    Log log;
    const auto address = fields->address();
    if (!address) return std::unexpected(address.error());
    log.address = *address;
    auto topics = fields->list();
    if (!topics) return std::unexpected(topics.error());
    while (!topics->at_end()) {
        const auto topic = topics->hash();
        if (!topic) return std::unexpected(topic.error());
        if (log.topics.size() == topics_max) return std::unexpected(rlp::Error::trailing_bytes);
        log.topics.push_back(*topic);
    }
    const auto data = fields->string();
    if (!data) return std::unexpected(data.error());
    log.data = to_bytes(*data);
    if (const auto end = fields->end(); !end) return std::unexpected(end.error());
    return log;
}

rlp::Result<Bloom> decode_bloom(rlp::Reader& reader) {
    const auto bytes = reader.string();
    if (!bytes) return std::unexpected(bytes.error());
    Bloom bloom;
    if (bytes->size() != bloom.bytes.size()) return std::unexpected(rlp::Error::wrong_length);
    std::memcpy(bloom.bytes.data(), bytes->data(), bloom.bytes.size());
    return bloom;
}

void set_bits(Bloom& bloom, const Hash& hash) {
    for (std::size_t pair = 0; pair < 3; ++pair) {
        const FilterBit bit = filter_bit(hash, pair);
        bloom.bytes[bit.byte] |= bit.mask;
    }
}

}  // namespace

void Bloom::add(BytesView entry) {
    set_bits(*this, keccak256(entry));
}

void Bloom::add(const Log& log) {
    std::array<BytesView, 1 + topics_max> entries{view(log.address)};
    std::array<Hash, entries.size()> hashes;
    const std::size_t count = 1 + log.topics.size();
    check(count <= entries.size(), "a log has at most four topics");
    std::ranges::transform(log.topics, entries.begin() + 1, [](const Hash& topic) { return view(topic); });
    keccak256_each(std::span(entries).first(count), std::span(hashes).first(count));
    for (const Hash& hash : std::span(hashes).first(count)) set_bits(*this, hash);
}

void Bloom::merge(const Bloom& other) {
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] |= other.bytes[i];
}

bool Bloom::may_contain(BytesView entry) const {
    const Hash hash = keccak256(entry);
    for (std::size_t pair = 0; pair < 3; ++pair) {
        const FilterBit bit = filter_bit(hash, pair);
        if ((bytes[bit.byte] & bit.mask) == 0) return false;
    }
    return true;
}

void encode_log(Bytes& out, const Log& log) {
    const std::size_t topics_bytes = log.topics.size() * (1 + sizeof(Hash));
    rlp::List list(out);
    rlp::encode(out, log.address);
    rlp::encode_list_header(out, topics_bytes);
    for (const Hash& topic : log.topics) rlp::encode(out, topic);
    rlp::encode(out, BytesView{log.data});
}

Bytes encode_receipt(const Receipt& receipt) {
    Bytes out;
    if (receipt.type != TxType::legacy) out.push_back(static_cast<std::uint8_t>(receipt.type));
    rlp::List list(out);
    rlp::encode(out, std::uint64_t{receipt.succeeded ? 1U : 0U});
    rlp::encode(out, receipt.cumulative_gas_used);
    rlp::encode(out, BytesView{receipt.bloom.bytes});
    rlp::List logs(out);
    for (const Log& log : receipt.logs) encode_log(out, log);
    logs.close();
    list.close();
    return out;
}

rlp::Result<Receipt> decode_receipt(BytesView encoded) {
    Receipt receipt;
    if (!encoded.empty() && encoded[0] >= 1 && encoded[0] <= static_cast<std::uint8_t>(TxType::set_code)) {
        receipt.type = static_cast<TxType>(encoded[0]);
        encoded = encoded.subspan(1);
    }
    rlp::Reader reader{encoded};
    auto fields = reader.list();
    if (!fields) return std::unexpected(fields.error());
    const auto status = fields->u64();
    if (!status) return std::unexpected(status.error());
    if (*status > 1) return std::unexpected(rlp::Error::number_too_large);
    receipt.succeeded = *status == 1;
    const auto gas = fields->u64();
    if (!gas) return std::unexpected(gas.error());
    receipt.cumulative_gas_used = *gas;
    const auto bloom = decode_bloom(*fields);
    if (!bloom) return std::unexpected(bloom.error());
    receipt.bloom = *bloom;
    auto logs = fields->list();
    if (!logs) return std::unexpected(logs.error());
    while (!logs->at_end()) {
        auto log = decode_log(*logs);
        if (!log) return std::unexpected(log.error());
        receipt.logs.push_back(std::move(*log));
    }
    if (const auto end = fields->end(); !end) return std::unexpected(end.error());
    if (const auto end = reader.end(); !end) return std::unexpected(end.error());
    return receipt;
}

Hash logs_hash(std::span<const Log> logs) {
    Bytes out;
    rlp::List list(out);
    for (const Log& log : logs) encode_log(out, log);
    list.close();
    return keccak256(out);
}

}  // namespace talea::vm
