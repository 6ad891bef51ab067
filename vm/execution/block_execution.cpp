#include "vm/execution/block_execution.hpp"

#include <algorithm>
#include <limits>

#include "vm/base/check.hpp"
#include "vm/chain/limits.hpp"
#include "vm/crypto/address.hpp"
#include "vm/execution/block_run.hpp"
#include "vm/native/permissions.hpp"
#include "vm/rlp/encode.hpp"
#include "vm/trie/trie.hpp"

namespace talea::vm {

namespace {

/// What happens before the first transaction of a Talea block.
void begin_block(BlockRun& run, const Hash& parent_hash, std::span<const Address> recovered) {
    run.record_parent(parent_hash);
    if (recovered.empty()) return;
    run.state().begin_transaction();
    write_validators(run.state(), recovered);
    run.state().end_transaction();
}

/// The transactions have run: what the block leaves.
ExecutedBlock finish_block(BlockRun&& run) {
    run.state().begin_transaction();  // so that the registries' values after the last transaction are read
    std::vector<Address> next_validators = read_validators(run.state());
    run.state().end_transaction();
    ExecutedBlock executed = std::move(run).take();
    executed.next_validators = std::move(next_validators);
    return executed;
}

/// Bytes of a transaction in a block's body: as itself, or as a string around type and payload.
std::size_t body_bytes(const RecoveredTransaction& tx) {
    return tx.tx.type == TxType::legacy ? tx.size_bytes : tx.size_bytes + rlp::list_header_bytes(tx.size_bytes);
}

/// Bytes of the block's RLP, with all lists but the transactions empty.
std::size_t block_bytes(std::size_t header_bytes, std::size_t body) {
    const std::size_t payload = header_bytes + rlp::list_header_bytes(body) + body + 2;  // no ommers, no withdrawals
    return rlp::list_header_bytes(payload) + payload;
}

}  // namespace

ChainParameters parameters_of(const Genesis& genesis, const Hash& genesis_hash) {
    return {genesis.chain_id, genesis.fork, genesis.base_fee_per_gas, genesis_hash};
}

QbftSettings next_block_settings(const ChainParameters& chain, const StateView& state) {
    const ChainSettings settings = read_settings(state);
    QbftSettings next;
    next.gas_limit = settings.gas_limit;
    next.base_fee_per_gas = chain.base_fee_per_gas;
    if (settings.clock_mode == ClockMode::stepped)
        next.stepped_clock = Timestamp{static_cast<std::uint64_t>(settings.clock)};
    return next;
}

BlockContext block_context(const ChainParameters& chain, const Header& header, const StateView& state) {
    BlockContext context = header_context(header, chain.fork, chain.chain_id);
    context.base_fee = chain.base_fee_per_gas;
    context.genesis_hash = chain.genesis_hash;
    context.native_version = native_version_at(state, header.number);
    context.blob_base_fee = u256{1};  // EIP-4844 with no excess blob gas
    return context;
}

TxRules talea_rules() {
    return {.talea = true, .blobs = {}};
}

namespace {

std::string broken_rule(const BlockFailure& failure) {
    switch (failure.what) {
        case BlockError::header:
            return "the header breaks a rule: " + std::string(to_string(failure.header.value()));
        case BlockError::too_large:
            return "the block is larger than a block may be";
        case BlockError::ommers:
            return "the block has ommers";
        case BlockError::withdrawals:
            return "the block has withdrawals";
        case BlockError::transaction:
            return "transaction " + std::to_string(failure.transaction_index) + " may not stand in the block (" +
                   std::string(name(failure.transaction.value())) +
                   "): " + std::string(to_string(failure.transaction.value()));
        case BlockError::transactions_root:
            return "the transactions root is not that of the transactions";
        case BlockError::gas_used:
            return "the gas used is not what the transactions use";
        case BlockError::receipts_root:
            return "the receipts root is not that of the receipts";
        case BlockError::bloom:
            return "the bloom is not that of the logs";
        case BlockError::next_validators:
            return "the extra data is not the hash of the next block's validators";
        case BlockError::blob_gas_used:
            return "the blob gas used is not what the transactions use";
        case BlockError::deposit_layout:
            return "a deposit's log has another form than the deposit contract's";
        case BlockError::system_contract_missing:
            return "a contract that the protocol calls is not there";
        case BlockError::system_contract_failed:
            return "a call of the protocol to one of its contracts failed";
        case BlockError::requests_hash:
            return "the requests hash is not that of the requests";
        case BlockError::state_root:
            return "the state root is not that of the state";
        case BlockError::native_version:
            return "the block is of a version of the native registries that this program does not know; take a newer "
                   "one";
    }
    return {};
}

}  // namespace

std::string to_string(const BlockFailure& failure) {
    std::string sentence = broken_rule(failure);
    if (const auto& refused = failure.refused)
        sentence += "; in transaction " + std::to_string(refused->index) + " this node refused " +
                    to_checksum_hex(refused->what.who) + " (" + std::string(name(refused->what.reason)) + ")";
    return sentence;
}

std::expected<RecoveredBlock, BlockFailure> recover_block(Block block) {
    if (!block.ommers.empty()) return failure(BlockError::ommers);
    if (!block.withdrawals || !block.withdrawals->empty()) return failure(BlockError::withdrawals);
    auto transactions = recover_transactions(std::move(block.transactions));
    if (!transactions) return std::unexpected(transactions.error());
    return RecoveredBlock{std::move(block.header), *std::move(transactions)};
}

Block plain_block(RecoveredBlock block) {
    Block plain;
    plain.header = std::move(block.header);
    plain.withdrawals.emplace();
    plain.transactions.reserve(block.transactions.size());
    for (RecoveredTransaction& tx : block.transactions) plain.transactions.push_back(std::move(tx.tx));
    return plain;
}

std::expected<ExecutedBlock, BlockFailure> execute_block(Evm& evm, const ChainParameters& chain,
                                                         const ParentBlock& parent, const RecoveredBlock& block) {
    const Header& header = block.header;
    const QbftSettings settings = next_block_settings(chain, parent.state);
    if (const auto judged = check_qbft_header(header, parent.header, parent.hash, chain.fork, settings); !judged)
        return failure(judged.error());
    std::size_t body = 0;
    for (const RecoveredTransaction& tx : block.transactions) body += body_bytes(tx);
    if (chain.fork >= Fork::osaka && block_bytes(encode_header(header).size(), body) > block_bytes_max)
        return failure(BlockError::too_large);
    if (transactions_root_of(block.transactions) != header.transactions_root)
        return failure(BlockError::transactions_root);

    const BlockContext context = block_context(chain, header, parent.state);
    if (context.native_version > native_version_max) return failure(BlockError::native_version);
    BlockRun run(evm, parent.state, context, talea_rules());
    begin_block(run, parent.hash, parent.recovered);
    if (const auto added = run.add_all(block.transactions); !added) return std::unexpected(added.error());
    if (const auto agrees = run.check_outcome(header); !agrees) return std::unexpected(agrees.error());
    ExecutedBlock executed = finish_block(std::move(run));
    if (!equal(header.extra_data, view(validators_hash(executed.next_validators))))
        return std::unexpected(BlockFailure{BlockError::next_validators, {}, {}, 0, executed.refused});
    return executed;
}

std::expected<StateTrieUpdate, BlockFailure> check_state_root(const Header& header, const StateTrieNodes& nodes,
                                                              const ChangeSet& changes) {
    StateTrieUpdate update = update_state_trie(nodes, changes);
    if (update.root != header.state_root) return failure(BlockError::state_root);
    return update;
}

std::expected<StateTrieUpdate, BlockFailure> check_state_root(const Header& header, const StateTrieNodes& nodes,
                                                              const ExecutedBlock& executed) {
    auto update = check_state_root(header, nodes, executed.changes);
    if (!update) update.error().refused = executed.refused;
    return update;
}

struct BlockBuilder::Impl {
    Header header;
    BlockContext context;
    BlockRun run;
    bool limits_size;
    std::size_t header_bytes;
    std::size_t body = 0;
    std::vector<RecoveredTransaction> transactions;

    Impl(Evm& evm, const ChainParameters& chain, const ParentBlock& parent, const QbftHeaderRequest& request)
        : header(make_qbft_header(parent.header, parent.hash, chain.fork, next_block_settings(chain, parent.state),
                                  request)),
          context(block_context(chain, header, parent.state)),
          run(evm, parent.state, context, talea_rules()),
          limits_size(chain.fork >= Fork::osaka),
          header_bytes(largest_header_bytes()) {
        check(context.native_version <= native_version_max, "blocks are built of versions that this program knows");
        begin_block(run, parent.hash, parent.recovered);
    }

    /// Gas used is not known yet and takes up to 8 bytes, the extra data 32.
    [[nodiscard]] std::size_t largest_header_bytes() const {
        Header largest = header;
        largest.gas_used = std::numeric_limits<std::uint64_t>::max();
        largest.extra_data.resize(sizeof(Hash));
        return encode_header(largest).size();
    }
};

BlockBuilder::BlockBuilder(Evm& evm, const ChainParameters& chain, const ParentBlock& parent,
                           const QbftHeaderRequest& request)
    : impl_(std::make_unique<Impl>(evm, chain, parent, request)) {}
BlockBuilder::~BlockBuilder() = default;

std::expected<Gas, TxError> BlockBuilder::add(const RecoveredTransaction& tx) {
    const std::size_t body = impl_->body + body_bytes(tx);
    if (impl_->limits_size && block_bytes(impl_->header_bytes, body) > block_bytes_max)
        return std::unexpected(TxError::gas_limit_above_block);
    const auto added = impl_->run.add(tx);
    if (!added) return std::unexpected(added.error());
    impl_->body = body;
    impl_->transactions.push_back(tx);
    return static_cast<Gas>(added->gas_used);
}

std::uint64_t BlockBuilder::gas_left() const {
    return impl_->run.gas_left();
}

std::size_t BlockBuilder::size() const {
    return impl_->transactions.size();
}

BlockBuilder::Built BlockBuilder::finish() && {
    Header header = std::move(impl_->header);
    header.gas_used = impl_->run.gas_used();
    header.bloom = impl_->run.bloom();
    header.transactions_root = transactions_root_of(impl_->transactions);
    ExecutedBlock executed = finish_block(std::move(impl_->run));
    header.receipts_root = receipts_root(executed.receipts);
    header.extra_data = to_bytes(view(validators_hash(executed.next_validators)));
    return {{std::move(header), std::move(impl_->transactions)}, std::move(executed)};
}

struct BlockReplay::Impl {
    BlockContext context;
    BlockRun run;

    Impl(Evm& evm, const ChainParameters& chain, const StateView& before, const Header& header,
         std::span<const Address> recovered)
        : context(block_context(chain, header, before)), run(evm, before, context, talea_rules()) {
        begin_block(run, header.parent_hash, recovered);
    }
};

BlockReplay::BlockReplay(Evm& evm, const ChainParameters& chain, const StateView& before, const Header& header,
                         std::span<const Address> recovered)
    : impl_(std::make_unique<Impl>(evm, chain, before, header, recovered)) {}
BlockReplay::~BlockReplay() = default;

std::expected<ExecutionResult, TxError> BlockReplay::run(const RecoveredTransaction& tx, Inspector* inspector) {
    return impl_->run.add(tx, inspector);
}

State& BlockReplay::state() {
    return impl_->run.state();
}

const BlockContext& BlockReplay::context() const {
    return impl_->context;
}

}  // namespace talea::vm
