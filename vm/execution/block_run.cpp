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

void BlockRun::record_parent(const Hash& parent_hash) {
    if (block_.fork >= Fork::prague) static_cast<void>(system_call(history_storage_address, view(parent_hash)));
}

std::expected<ExecutionResult, TxError> BlockRun::add(const RecoveredTransaction& tx, Inspector* inspector) {
    const std::uint64_t blob_gas_max = rules_.blobs.max * gas_per_blob;
    const std::uint64_t blob_gas_left = blob_gas_max - std::min(blob_gas_max, blob_gas_used_);
    auto result = execute_transaction(evm_, state_, block_, rules_, tx, gas_left(), blob_gas_left, inspector);
    if (!result) return result;
    gas_used_ += result->gas_used;
    blob_gas_used_ += tx.tx.blob_hashes.size() * gas_per_blob;
    Receipt receipt;
    receipt.type = tx.tx.type;
    receipt.succeeded = result->status == Status::success;
    receipt.cumulative_gas_used = gas_used_;
    receipt.logs = std::move(result->logs);
    for (const Log& log : receipt.logs) receipt.bloom.add(log);
    bloom_.merge(receipt.bloom);
    receipts_.push_back(std::move(receipt));
    if (result->refused && !refused_) refused_ = RefusedTransaction{created_.size(), *result->refused};
    created_.push_back(result->created);
    return result;
}

std::expected<void, BlockFailure> BlockRun::add_all(std::span<const RecoveredTransaction> transactions) {
    for (std::size_t i = 0; i < transactions.size(); ++i)
        if (const auto added = add(transactions[i]); !added) return failure(added.error(), i);
    return {};
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

std::expected<void, BlockFailure> BlockRun::check_outcome(const Header& header) const {
    const auto differs = [this](BlockError what) { return std::unexpected(BlockFailure{what, {}, {}, 0, refused_}); };
    if (gas_used_ != header.gas_used) return differs(BlockError::gas_used);
    if (receipts_root(receipts_) != header.receipts_root) return differs(BlockError::receipts_root);
    if (bloom_ != header.bloom) return differs(BlockError::bloom);
    return {};
}

ExecutedBlock BlockRun::take() && {
    ExecutedBlock executed;
    executed.changes = state_.changes();
    executed.receipts = std::move(receipts_);
    executed.created = std::move(created_);
    executed.refused = refused_;
    return executed;
}

BlockContext header_context(const Header& header, Fork fork, std::uint64_t chain_id) {
    BlockContext context;
    context.fork = fork;
    context.chain_id = chain_id;
    context.number = header.number;
    context.timestamp = header.timestamp;
    context.beneficiary = header.beneficiary;
    context.gas_limit = header.gas_limit;
    context.base_fee = header.base_fee_per_gas.value_or(u256{});
    context.prev_randao = header.mix_hash;
    return context;
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
        if (!tx) return failure(TxError::invalid_signature, i);
        recovered.push_back(*std::move(tx));
    }
    return recovered;
}

}  // namespace talea::vm
