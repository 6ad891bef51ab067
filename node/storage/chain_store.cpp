#include "node/storage/chain_store.hpp"

#include <set>

#include "node/storage/keys.hpp"

namespace talea::node {
namespace {

vm::Bytes be64(std::uint64_t number) {
    vm::Bytes out(8);
    for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
    return out;
}

Key head_key() {
    return Key(Table::meta).add(bytes_of("head"));
}

Key first_whole_key() {
    return Key(Table::meta).add(bytes_of("first whole"));
}

std::set<vm::Address> emitters_of(std::span<const StoredReceipt> receipts) {
    std::set<vm::Address> emitters;
    for (const auto& stored : receipts)
        for (const auto& log : stored.receipt.logs) emitters.insert(log.address);
    return emitters;
}

}  // namespace

std::optional<vm::BlockNumber> ChainReader::head() const {
    std::string value;
    if (!reader_.get(head_key(), value)) return std::nullopt;
    if (value.size() != 8) damaged("the head");
    return vm::BlockNumber{read_be64(bytes_of(value))};
}

vm::BlockNumber ChainReader::first_whole() const {
    std::string value;
    if (!reader_.get(first_whole_key(), value)) return {};
    if (value.size() != 8) damaged("the first whole block");
    return {read_be64(bytes_of(value))};
}

std::optional<vm::Header> ChainReader::header(vm::BlockNumber number) const {
    std::string value;
    if (!reader_.get(Key(Table::header).add(number), value)) return std::nullopt;
    auto header = vm::decode_header(bytes_of(value));
    if (!header) damaged("a header");
    return std::move(*header);
}

std::optional<vm::Hash> ChainReader::hash(vm::BlockNumber number) const {
    std::string value;
    if (!reader_.get(Key(Table::hash_of_number).add(number), value)) return std::nullopt;
    vm::Hash hash;
    if (value.size() != hash.bytes.size()) damaged("a block hash");
    std::memcpy(hash.bytes.data(), value.data(), value.size());
    return hash;
}

std::optional<vm::BlockNumber> ChainReader::number(const vm::Hash& hash) const {
    std::string value;
    if (!reader_.get(Key(Table::number_of_hash).add(hash), value)) return std::nullopt;
    if (value.size() != 8) damaged("a block number");
    return vm::BlockNumber{read_be64(bytes_of(value))};
}

std::vector<vm::Transaction> ChainReader::transactions(vm::BlockNumber number) const {
    std::string value;
    if (!reader_.get(Key(Table::body).add(number), value)) return {};
    return decode_transactions(bytes_of(value));
}

std::vector<StoredReceipt> ChainReader::receipts(vm::BlockNumber number,
                                                 std::span<const vm::Transaction> transactions) const {
    std::string value;
    if (!reader_.get(Key(Table::receipts).add(number), value)) return {};
    return decode_receipts(bytes_of(value), transactions);
}

std::optional<TransactionPlace> ChainReader::find(const vm::Hash& transaction_hash) const {
    std::string value;
    if (!reader_.get(Key(Table::transaction).add(transaction_hash), value)) return std::nullopt;
    if (value.size() != 16) damaged("a transaction's place");
    const auto bytes = bytes_of(value);
    return TransactionPlace{{read_be64(bytes)}, read_be64(bytes.subspan(8))};
}

std::optional<vm::Bytes> ChainReader::certificate(vm::BlockNumber number) const {
    std::string value;
    if (!reader_.get(Key(Table::certificate).add(number), value)) return std::nullopt;
    return vm::to_bytes(bytes_of(value));
}

std::vector<vm::Bytes> ChainReader::checkpoints() const {
    std::vector<vm::Bytes> found;
    const Key prefix(Table::checkpoint);
    const auto it = reader_.iterate();
    for (it->seek(prefix); it->valid() && starts_with(it->key(), prefix); it->next())
        found.push_back(vm::to_bytes(it->value()));
    return found;
}

std::vector<vm::BlockNumber> ChainReader::blocks_with_logs(const vm::Address& address, vm::BlockNumber from,
                                                           vm::BlockNumber to, std::size_t limit) const {
    std::vector<vm::BlockNumber> found;
    const auto prefix = Key(Table::log_blocks).add(address);
    const auto it = reader_.iterate();
    for (it->seek(Key(prefix).add(from)); it->valid() && starts_with(it->key(), prefix); it->next()) {
        const vm::BlockNumber number{read_be64(it->key().subspan(prefix.view().size()))};
        if (number > to || found.size() == limit) break;
        found.push_back(number);
    }
    return found;
}

void put_block(KvBatch& batch, const BlockRecord& record) {
    const auto number = record.block.header.number;
    batch.put(Key(Table::header).add(number), vm::encode_header(record.block.header));
    batch.put(Key(Table::hash_of_number).add(number), vm::view(record.hash));
    batch.put(Key(Table::number_of_hash).add(record.hash), be64(number.value));
    batch.put(Key(Table::body).add(number), encode_transactions(record.block.transactions));
    batch.put(Key(Table::receipts).add(number), encode_receipts(record.receipts));
    if (!record.certificate.empty()) batch.put(Key(Table::certificate).add(number), record.certificate);
    for (std::size_t i = 0; i < record.transaction_hashes.size(); ++i) {
        auto place = be64(number.value);
        vm::append(place, be64(i));
        batch.put(Key(Table::transaction).add(record.transaction_hashes[i]), place);
    }
    for (const auto& address : emitters_of(record.receipts))
        batch.put(Key(Table::log_blocks).add(address).add(number), {});
    batch.put(head_key(), be64(number.value));
}

std::size_t erase_body(KvBatch& batch, const KvReader& reader, vm::BlockNumber number) {
    const auto body = Key(Table::body).add(number), stored_receipts = Key(Table::receipts).add(number);
    std::string encoded, encoded_receipts;
    if (!reader.get(body, encoded) || !reader.get(stored_receipts, encoded_receipts)) damaged("a block's body");
    const auto transactions = decode_transactions(bytes_of(encoded));
    for (const auto& tx : transactions) batch.erase(Key(Table::transaction).add(vm::transaction_hash(tx)));
    for (const auto& address : emitters_of(decode_receipts(bytes_of(encoded_receipts), transactions)))
        batch.erase(Key(Table::log_blocks).add(address).add(number));
    batch.erase(body);
    batch.erase(stored_receipts);
    return encoded.size() + encoded_receipts.size();
}

void put_first_whole(KvBatch& batch, vm::BlockNumber number) {
    batch.put(first_whole_key(), be64(number.value));
}

}  // namespace talea::node
