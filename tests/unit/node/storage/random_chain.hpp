#pragma once
#include <map>
#include <vector>

#include "node/storage/database.hpp"
#include "unit/random.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/state/map_state.hpp"

namespace talea::tests {

/// Blocks with random changes of state, beside the plain model of what they leave. Headers hold the right roots;
/// nothing executes them.
class RandomChain {
  public:
    explicit RandomChain(Random& random) : random_(random) {
        for (auto& address : addresses_) address = random.address();
        vm::ChangeSet changes;
        for (const auto& address : addresses_) changes.accounts[address].account = account(1);
        genesis_.changes = changes;
        state_.apply(changes);
        genesis_.block.header.state_root = state_.root();
        genesis_.hash = vm::header_hash(genesis_.block.header);
    }

    [[nodiscard]] const node::BlockRecord& genesis() const { return genesis_; }
    [[nodiscard]] const vm::MapState& state() const { return state_; }
    [[nodiscard]] const vm::Hash& head_hash() const { return hash_; }
    [[nodiscard]] const std::array<vm::Address, 12>& addresses() const { return addresses_; }

    /// The next block on `database`, committed, `later` with the next one that is not.
    void grow(node::Database& database, bool later = false) {
        node::BlockRecord record;
        record.block.header.number = next(database.head());
        record.block.header.parent_hash = hash_;
        for (auto count = 1 + random_.below(4); count > 0; --count) {
            const auto& address = addresses_[random_.below(addresses_.size())];
            auto& change = record.changes.accounts[address];
            if (random_.one_in(12)) {
                change = {.account = std::nullopt, .storage_cleared = true, .storage = {}};
                continue;
            }
            change.account = account(random_.next());
            if (random_.one_in(20)) {
                const auto code = std::make_shared<const vm::Bytes>(random_.bytes(40));
                change.account->code_hash = vm::keccak256(*code);
                record.changes.codes[change.account->code_hash] = code;
            }
            for (auto slots = random_.below(5); slots > 0; --slots)
                change.storage[vm::u256{random_.below(8)}] = random_.one_in(3) ? vm::u256{} : random_.word();
        }
        auto trie = vm::update_state_trie(database.trie(), record.changes);
        record.block.header.state_root = trie.root;
        record.hash = vm::header_hash(record.block.header);
        record.certificate = random_.bytes(80);
        hash_ = record.hash;
        state_.apply(record.changes);
        if (later)
            database.commit_later(record, std::move(trie));
        else
            database.commit(record, std::move(trie));
    }
    /// `blocks` of them; the states from now until after the last.
    [[nodiscard]] std::vector<vm::MapState> grow_by(std::uint64_t blocks, node::Database& database) {
        std::vector<vm::MapState> states{state_};
        while (states.size() <= blocks) {
            grow(database);
            states.push_back(state_);
        }
        return states;
    }

  private:
    vm::Account account(std::uint64_t balance) {
        return {.nonce = random_.below(1000), .balance = vm::u256{balance | 1}, .code_hash = vm::empty_code_hash};
    }
    Random& random_;
    std::array<vm::Address, 12> addresses_;
    node::BlockRecord genesis_;
    vm::MapState state_;
    vm::Hash hash_;
};

/// Whether `view` holds what `model` does, at the chain's addresses and slots.
inline bool same_state(const RandomChain& chain, const vm::StateView& view, const vm::StateView& model) {
    for (const auto& address : chain.addresses()) {
        if (view.account(address) != model.account(address)) return false;
        for (std::uint64_t key = 0; key < 8; ++key)
            if (view.storage(address, vm::u256{key}) != model.storage(address, vm::u256{key})) return false;
        if (view.has_storage(address) != model.has_storage(address)) return false;
    }
    return true;
}

}  // namespace talea::tests
