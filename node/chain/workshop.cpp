#include "node/chain/workshop.hpp"

#include <chrono>

#include "node/base/limits.hpp"
#include "node/pool/block_order.hpp"
#include "vm/native/addresses.hpp"
#include "vm/native/permissions.hpp"
#include "vm/native/slot_key.hpp"

namespace talea::node {
namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t ms_since(Clock::time_point begun) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun).count());
}

}  // namespace

/// What, when a block changed it, makes one more block due at once (DESIGN 7): the settings and the clock. The
/// validators are compared by who has them.
bool Workshop::asks_for_a_block(const vm::ChangeSet& changes) const {
    const auto account = changes.accounts.find(vm::permissions_address);
    if (account == changes.accounts.end()) return false;
    for (const auto index : {0U, 1U}) {
        const auto key = vm::slot_key::settings(index);
        const auto changed = account->second.storage.find(key);
        if (changed != account->second.storage.end() &&
            changed->second != database_.state().storage(vm::permissions_address, key))
            return true;
    }
    return false;
}

vm::ParentBlock Workshop::parent(const Tip& tip, const std::vector<vm::Address>& validators) const {
    vm::ParentBlock parent{tip.header, tip.hash, database_.state()};
    if (vm::read_validators(database_.state()) != validators) parent.recovered = validators;
    return parent;
}

std::expected<ExecutedCandidate, Workshop::Nothing> Workshop::build(const Tip& tip,
                                                                    const vm::QbftHeaderRequest& request,
                                                                    const std::vector<vm::Address>& validators,
                                                                    bool even_empty) {
    const auto begun = Clock::now();
    upgrades_.heed(database_.state(), tip.header.number);
    vm::BlockBuilder builder(evm_, parameters_, parent(tip, validators), request);
    BlockOrder candidates(pool_.candidates(candidates_max_), builder.gas_left());
    bool dropped = false;
    while (const auto tx = candidates.next()) {
        const bool looked = dropped || builder.size() > 0;  // every pass must come further
        if (looked && Clock::now() - begun > limits::block_fill_max) break;
        const auto gas = builder.add(*tx);
        if (gas) {
            candidates.took(static_cast<std::uint64_t>(*gas));
            continue;
        }
        candidates.leave_sender();
        const bool fits_later = gas.error() == vm::TxError::gas_limit_above_block && builder.size() > 0;
        if (!fits_later && gas.error() != vm::TxError::nonce_too_high) {
            pool_.drop(*tx, std::string(vm::to_string(gas.error())));
            dropped = true;
        }
    }
    if (builder.size() == 0 && !even_empty) return std::unexpected(Nothing{dropped && pool_.has_candidates()});

    auto built = std::move(builder).finish();
    auto trie = vm::update_state_trie(database_.trie(), built.executed.changes);
    built.block.header.state_root = trie.root;
    return finish(std::move(built.block), std::move(built.executed), std::move(trie), validators, ms_since(begun));
}

std::expected<ExecutedCandidate, std::string> Workshop::execute(const Tip& tip, vm::RecoveredBlock block,
                                                                const std::vector<vm::Address>& validators) {
    const auto begun = Clock::now();
    upgrades_.heed(database_.state(), tip.header.number);
    auto executed = vm::execute_block(evm_, parameters_, parent(tip, validators), block);
    if (!executed) return std::unexpected(vm::to_string(executed.error()));
    auto trie = vm::check_state_root(block.header, database_.trie(), *executed);
    if (!trie) return std::unexpected(vm::to_string(trie.error()));
    return finish(std::move(block), std::move(*executed), std::move(*trie), validators, ms_since(begun));
}

BlockRecord record_of(vm::RecoveredBlock block, vm::ExecutedBlock executed) {
    BlockRecord record;
    record.hash = vm::header_hash(block.header);
    std::uint64_t gas_before = 0;
    for (std::size_t i = 0; i < block.transactions.size(); ++i) {
        const auto& tx = block.transactions[i];
        auto& receipt = executed.receipts[i];
        const auto cumulative = receipt.cumulative_gas_used;
        record.transaction_hashes.push_back(tx.hash);
        record.receipts.push_back({std::move(receipt), tx.sender, cumulative - gas_before, executed.created[i]});
        gas_before = cumulative;
    }
    record.changes = std::move(executed.changes);
    record.block = vm::plain_block(std::move(block));
    return record;
}

ExecutedCandidate Workshop::finish(vm::RecoveredBlock block, vm::ExecutedBlock executed, vm::StateTrieUpdate trie,
                                   const std::vector<vm::Address>& validators, std::uint64_t took_ms) const {
    ExecutedCandidate candidate;
    candidate.trie = std::move(trie);
    candidate.facts.next_is_due = asks_for_a_block(executed.changes) || executed.next_validators != validators;
    candidate.facts.next_validators = std::move(executed.next_validators);
    candidate.facts.execution_ms = took_ms;
    candidate.record = record_of(std::move(block), std::move(executed));
    return candidate;
}

}  // namespace talea::node
