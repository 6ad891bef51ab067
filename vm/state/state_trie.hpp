#pragma once
#include <map>
#include <optional>

#include "vm/base/bytes.hpp"
#include "vm/state/changeset.hpp"
#include "vm/trie/trie.hpp"

namespace talea::vm {

/// Where the nodes of the state's tries are: the account trie under no owner, each account's storage trie under the
/// keccak of its address.
class StateTrieNodes {
  public:
    virtual ~StateTrieNodes() = default;
    /// As TrieNodes::node.
    [[nodiscard]] virtual bool node(const std::optional<Hash>& owner, const Nibbles& path, Bytes& encoding) const = 0;
};

/// Nodes that a change set makes new or gone, by owner and path; `cleared` owners lose all earlier nodes first.
struct StateTrieUpdate {
    Hash root;
    NodeChanges account_nodes;
    struct Storage {
        bool cleared = false;
        NodeChanges nodes;
    };
    std::map<Hash, Storage> storage_nodes;
    /// Owners that changed otherwise and have no storage: whoever keeps nodes need not look for theirs.
    std::vector<Hash> without_storage;
};

/// What the account trie holds under keccak(address): rlp([nonce, balance, storage root, code hash]) (Yellow
/// Paper 4.1).
[[nodiscard]] Bytes encode_account(const Account& account, const Hash& storage_root);

/// The root of the storage trie that holds just `slots` (keccak(key) to rlp(value); zeros are absent).
[[nodiscard]] Hash storage_root_of(const std::map<u256, u256>& slots);

/// The tries after `changes`. An account whose storage does not change keeps the root that the root node of its storage
/// trie has. `for_each` as for update_trie.
[[nodiscard]] StateTrieUpdate update_state_trie(const StateTrieNodes& nodes, const ChangeSet& changes,
                                                const ForEach& for_each = in_turn);

/// The root of a state that holds just `changes`.
[[nodiscard]] Hash state_root_of(const ChangeSet& changes);

}  // namespace talea::vm
