#include "vm/state/state_trie.hpp"

#include <algorithm>

#include "vm/crypto/keccak.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::vm {
namespace {

class AccountTrie final : public TrieNodes {
  public:
    explicit AccountTrie(const StateTrieNodes& nodes) : nodes_(nodes) {}
    [[nodiscard]] bool node(const Nibbles& path, Bytes& encoding) const override {
        return nodes_.node(std::nullopt, path, encoding);
    }

  private:
    const StateTrieNodes& nodes_;
};

/// The nodes of one account's storage trie, or of an empty one once it is cleared.
class StorageTrie final : public TrieNodes {
  public:
    StorageTrie(const StateTrieNodes& nodes, const Hash& owner, bool cleared)
        : nodes_(nodes), owner_(owner), cleared_(cleared) {}
    [[nodiscard]] bool node(const Nibbles& path, Bytes& encoding) const override {
        return !cleared_ && nodes_.node(owner_, path, encoding);
    }

  private:
    const StateTrieNodes& nodes_;
    std::optional<Hash> owner_;
    bool cleared_;
};

Hash slot_key(const u256& key) {
    return Hash{keccak256_word(key).to_be_bytes()};
}

/// The keys under which accounts (by their addresses) or slots (by their keys' bytes) stand in a trie.
template <class Name>
std::vector<Hash> trie_keys(const std::vector<Name>& names) {
    std::vector<BytesView> views;
    views.reserve(names.size());
    for (const Name& name : names) views.push_back(view(name));
    std::vector<Hash> keys(names.size());
    keccak256_each(views, keys);
    return keys;
}

Bytes slot_value(const u256& value) {
    Bytes encoded;
    if (!value.is_zero()) rlp::encode(encoded, value);
    return encoded;
}

void sort_by_key(std::vector<TrieChange>& changes) {
    std::sort(changes.begin(), changes.end(), [](const TrieChange& a, const TrieChange& b) { return a.key < b.key; });
}

std::vector<TrieChange> slot_changes(const std::map<u256, u256>& slots) {
    std::vector<Hash> names;
    names.reserve(slots.size());
    for (const auto& [key, value] : slots) names.push_back({key.to_be_bytes()});
    const std::vector<Hash> keys = trie_keys(names);
    std::vector<TrieChange> changes;
    changes.reserve(slots.size());
    for (auto trie_key = keys.begin(); const auto& [key, value] : slots)
        changes.push_back({*trie_key++, slot_value(value)});
    sort_by_key(changes);
    return changes;
}

/// Updates the storage trie of `owner` and returns its root.
Hash update_storage(const StateTrieNodes& nodes, const Hash& owner, const AccountChange& change,
                    const ForEach& for_each, StateTrieUpdate& out) {
    Bytes root_node;
    const bool has_root = nodes.node(owner, {}, root_node);
    const bool cleared = has_root && (change.storage_cleared || !change.account);
    if (cleared) out.storage_nodes[owner].cleared = true;
    if (!change.account) return empty_trie_root;
    if (!has_root && change.storage.empty()) out.without_storage.push_back(owner);
    if (change.storage.empty()) return has_root && !cleared ? keccak256(root_node) : empty_trie_root;
    TrieUpdate update = update_trie(StorageTrie(nodes, owner, cleared), slot_changes(change.storage), for_each);
    if (!update.nodes.empty()) out.storage_nodes[owner].nodes = std::move(update.nodes);
    return update.root;
}

}  // namespace

Bytes encode_account(const Account& account, const Hash& storage_root) {
    Bytes encoded;
    encoded.reserve(110);
    rlp::List list(encoded);
    rlp::encode(encoded, account.nonce);
    rlp::encode(encoded, account.balance);
    rlp::encode(encoded, storage_root);
    rlp::encode(encoded, account.code_hash);
    list.close();
    return encoded;
}

Hash storage_root_of(const std::map<u256, u256>& slots) {
    std::vector<TriePair> pairs;
    pairs.reserve(slots.size());
    for (const auto& [key, value] : slots) pairs.push_back({to_bytes(view(slot_key(key))), slot_value(value)});
    return trie_root(std::move(pairs));
}

StateTrieUpdate update_state_trie(const StateTrieNodes& nodes, const ChangeSet& changes, const ForEach& for_each) {
    StateTrieUpdate out;
    std::vector<Address> addresses;
    addresses.reserve(changes.accounts.size());
    for (const auto& [address, change] : changes.accounts) addresses.push_back(address);
    const std::vector<Hash> owners = trie_keys(addresses);
    std::vector<TrieChange> accounts;
    accounts.reserve(changes.accounts.size());
    for (auto next_owner = owners.begin(); const auto& [address, change] : changes.accounts) {
        const Hash& owner = *next_owner++;
        const Hash storage_root = update_storage(nodes, owner, change, for_each, out);
        accounts.push_back({owner, change.account ? encode_account(*change.account, storage_root) : Bytes{}});
    }
    sort_by_key(accounts);
    TrieUpdate update = update_trie(AccountTrie(nodes), accounts, for_each);
    out.root = update.root;
    out.account_nodes = std::move(update.nodes);
    return out;
}

Hash state_root_of(const ChangeSet& changes) {
    std::vector<TriePair> pairs;
    pairs.reserve(changes.accounts.size());
    for (const auto& [address, change] : changes.accounts)
        if (change.account)
            pairs.push_back({to_bytes(view(keccak256(view(address)))),
                             encode_account(*change.account, storage_root_of(change.storage))});
    return trie_root(std::move(pairs));
}

}  // namespace talea::vm
