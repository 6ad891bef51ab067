#include "vm/execution/block_run.hpp"

#include <algorithm>

#include "vm/chain/limits.hpp"
#include "vm/trie/trie.hpp"

namespace talea::vm {

namespace {

constexpr Address system_address{.bytes = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                           0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}};
constexpr Gas system_call_gas = 30'000'000;

}  // namespace

std::expected<Gas, TxError> BlockRun::add(const RecoveredTransaction& tx) {
    const std::uint64_t blob_gas_max = rules_.blobs.max * gas_per_blob;
    const std::uint64_t blob_gas_left = blob_gas_max - std::min(blob_gas_max, blob_gas_used_);
    auto result = execute_transaction(evm_, state_, block_, rules_, tx, gas_left(), blob_gas_left, inspector_);
    if (!result) return std::unexpected(result.error());
    gas_used_ += result->gas_used;
    blob_gas_used_ += tx.tx.blob_hashes.size() * gas_per_blob;
    Receipt receipt;
    receipt.type = tx.tx.type;
    receipt.succeeded = result->status == Status::success;
    receipt.cumulative_gas_used = gas_used_;
    receipt.logs = std::move(result->logs);
    for (const Log& log : receipt.logs) receipt.bloom.add(log);
    bloom_.merge(receipt.bloom);
    receipts.push_back(std::move(receipt));
    created.push_back(result->created);
    return static_cast<Gas>(result->gas_used);
}

std::optional<Bytes> BlockRun::system_call(const Address& to, BytesView input) {
    if (state_.code(to)->empty()) return Bytes{};
    state_.begin_transaction();
    Message call;
    call.gas = system_call_gas;
    call.recipient = to;
    call.sender = system_address;
    call.code_address = to;
    call.input = input;
    const TxContext tx{system_address, u256{}, {}};
    const CallResult result = evm_.execute({.state = state_, .block = block_, .tx = tx}, call);
    std::optional<Bytes> output;
    if (result.status == Status::success) output = to_bytes(result.output);
    state_.end_transaction();
    return output;
}

Hash transactions_root_of(std::span<const RecoveredTransaction> transactions) {
    std::vector<Bytes> encoded;
    encoded.reserve(transactions.size());
    for (const RecoveredTransaction& tx : transactions) encoded.push_back(encode_transaction(tx.tx));
    return ordered_trie_root(encoded);
}

std::expected<std::vector<RecoveredTransaction>, BlockFailure> recover_transactions(
    std::vector<Transaction> transactions) {
    std::vector<RecoveredTransaction> recovered;
    recovered.reserve(transactions.size());
    for (std::size_t i = 0; i < transactions.size(); ++i) {
        auto tx = recover(std::move(transactions[i]));
        if (!tx) return std::unexpected(BlockFailure{BlockError::transaction, {}, TxError::invalid_signature, i});
        recovered.push_back(*std::move(tx));
    }
    return recovered;
}

}  // namespace talea::vm
