#include "node/storage/state_proof.hpp"

#include <algorithm>
#include <set>

#include "node/base/limits.hpp"
#include "node/storage/chain_store.hpp"
#include "node/storage/database.hpp"
#include "node/storage/keys.hpp"
#include "node/storage/state_store.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::node {
namespace {

/// What the blocks between two touched.
struct Touched {
    struct Account {
        std::set<vm::u256> slots;
        bool lost_storage = false;  ///< in one of them: slots that none of them names may differ too
    };
    std::map<vm::Address, Account> accounts;
    std::size_t count = 0;
};

/// Of the blocks from `first` to `last`.
std::expected<Touched, ProofError> touched_in(const KvReader& reader, vm::BlockNumber first, vm::BlockNumber last) {
    Touched touched;
    std::string value;
    for (auto number = first; number <= last; number = next(number)) {
        if (!reader.get(Key(Table::changes).add(number), value)) return std::unexpected(ProofError::too_old);
        for (const auto& [address, change] : decode_changes(bytes_of(value)).accounts) {
            auto [entry, is_new] = touched.accounts.try_emplace(address);
            auto& account = entry->second;
            touched.count += is_new ? 1 : 0;
            account.lost_storage = account.lost_storage || change.storage_cleared || !change.account;
            for (const auto& [key, ignored] : change.storage) touched.count += account.slots.insert(key).second ? 1 : 0;
        }
        if (touched.count > limits::proof_changes_max) return std::unexpected(ProofError::too_much);
    }
    return touched;
}

/// What turns the stored tries into those after `number`: the values of then.
vm::ChangeSet changes_to(const KvReader& reader, vm::BlockNumber number, const Touched& touched) {
    const HistoryReader history(reader);
    vm::ChangeSet changes;
    for (const auto& [address, what] : touched.accounts) {
        auto& change = changes.accounts[address];
        change.account = history.account(address, number);
        if (!change.account) continue;
        change.storage_cleared = what.lost_storage;
        if (what.lost_storage)
            change.storage = history.slots(address, number);
        else
            for (const auto& key : what.slots) change.storage[key] = history.slot(address, key, number);
    }
    return changes;
}

class AccountNodes final : public vm::TrieNodes {
  public:
    explicit AccountNodes(const TrieStore& nodes) : nodes_(nodes) {}
    [[nodiscard]] bool node(const vm::Nibbles& path, vm::Bytes& encoding) const override {
        return nodes_.node(std::nullopt, path, encoding);
    }

  private:
    const TrieStore& nodes_;
};

class StorageNodes final : public vm::TrieNodes {
  public:
    StorageNodes(const TrieStore& nodes, const vm::Hash& owner) : nodes_(nodes), owner_(owner) {}
    [[nodiscard]] bool node(const vm::Nibbles& path, vm::Bytes& encoding) const override {
        return nodes_.node(owner_, path, encoding);
    }

  private:
    const TrieStore& nodes_;
    std::optional<vm::Hash> owner_;
};

}  // namespace

std::string_view to_string(ProofError error) {
    switch (error) {
        case ProofError::too_old:
            return "what changed since this block is no longer kept";
        case ProofError::too_much:
            return "too much has changed since this block";
    }
    return "";
}

std::expected<std::unique_ptr<const StateTries>, ProofError> StateTries::at(const KvReader& reader,
                                                                            vm::BlockNumber number) {
    const auto stored = stored_trie_block(reader);
    const auto header = ChainReader(reader).header(number);
    if (!stored || !header) damaged("the trie's position");
    std::unique_ptr<StateTries> tries(new StateTries(reader, number));
    if (*stored == number) return tries;
    const auto touched = touched_in(reader, next(std::min(*stored, number)), std::max(*stored, number));
    if (!touched) return std::unexpected(touched.error());
    auto update = vm::update_state_trie(tries->nodes_, changes_to(reader, number, *touched));
    if (update.root != header->state_root) damaged("the history or the trie of a block");
    tries->nodes_.apply(std::move(update));
    return tries;
}

AccountProof StateTries::prove(const vm::Address& address, std::span<const vm::u256> slots) const {
    const HistoryReader history(reader_);
    const auto owner = vm::keccak256(vm::view(address));
    AccountProof proof;
    proof.account = history.account(address, number_);
    proof.nodes = vm::trie_proof(AccountNodes(nodes_), owner);
    const StorageNodes storage(nodes_, owner);
    vm::Bytes root_node;
    const bool has_storage = storage.node({}, root_node);
    proof.storage_root = has_storage ? vm::keccak256(root_node) : vm::empty_trie_root;
    for (const auto& slot : slots) {
        SlotProof of_slot;
        if (has_storage) {
            of_slot.value = history.slot(address, slot, number_);
            of_slot.nodes = vm::trie_proof(storage, vm::keccak256(vm::view(vm::to_hash(slot))));
        }
        proof.slots.push_back(std::move(of_slot));
    }
    return proof;
}

}  // namespace talea::node
