#pragma once
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "vm/base/bytes.hpp"
#include "vm/trie/node_changes.hpp"

namespace talea::vm {

/// keccak(rlp("")): the root of the trie that holds nothing.
extern const Hash empty_trie_root;

/// The root of a trie of `pairs`; keys are distinct, in any order (Yellow Paper, appendix D). An empty value is an
/// absent key. Nothing is stored.
struct TriePair {
    Bytes key, value;
};
[[nodiscard]] Hash trie_root(std::vector<TriePair> pairs);

/// The root over `items[i]` under the key rlp(i): transactions, receipts, withdrawals of a block.
[[nodiscard]] Hash ordered_trie_root(std::span<const Bytes> items);

/// Where an existing trie's nodes are read from: the node's encoding by its path, or nothing where no node of its own
/// stands (a node under 32 bytes is part of its parent). Read from several threads where an update runs in parallel.
class TrieNodes {
  public:
    virtual ~TrieNodes() = default;
    /// Puts the encoding into `encoding`, or returns false and leaves it in any state.
    [[nodiscard]] virtual bool node(const Nibbles& path, Bytes& encoding) const = 0;
};

/// One key's new value in a trie of 32-byte keys; an empty value deletes.
struct TrieChange {
    Hash key;
    Bytes value;
};

/// What a set of changes does to a trie: the new root, and the nodes that are new or gone, each path once, in an order
/// that the changes decide. Written over the old ones, they are the new trie.
struct TrieUpdate {
    Hash root;
    NodeChanges nodes;
};

/// Does `task(0)` to `task(count - 1)`, in any order, on any threads; returns when all are done. The caller of an
/// update gives it, since nothing here knows threads.
using ForEach = std::function<void(std::size_t count, const std::function<void(std::size_t)>& task)>;
/// One after another.
void in_turn(std::size_t count, const std::function<void(std::size_t)>& task);

/// Applies `changes` (sorted by key, distinct) to the trie whose root node `nodes` gives at the empty path. Reads only
/// the nodes on the paths that change, hashes each changed node once. Many changes are split by their first nibble into
/// tasks of `for_each`; the update is the same however it does them.
[[nodiscard]] TrieUpdate update_trie(const TrieNodes& nodes, std::span<const TrieChange> changes,
                                     const ForEach& for_each = in_turn);

/// The nodes from the root to `key` (or to where it would be), root first, as eth_getProof lists them (EIP-1186).
[[nodiscard]] std::vector<Bytes> trie_proof(const TrieNodes& nodes, const Hash& key);

}  // namespace talea::vm
