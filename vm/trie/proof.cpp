#include "vm/base/check.hpp"
#include "vm/trie/node.hpp"
#include "vm/trie/trie.hpp"

namespace talea::vm {
namespace {

/// The child that the node at `path` names on the way to `key`; moves `path` on to it.
/// Empty at the end of the way.
NodeReference follow(const DecodedNode& node, const Hash& key, Nibbles& path) {
    if (node.branch) {
        const std::uint8_t index = nibble_at(key.bytes, path.size());
        path.push_back(index);
        return node.branch->children[index];
    }
    for (const std::uint8_t nibble : node.short_node->fragment) {
        if (nibble_at(key.bytes, path.size()) != nibble) return {};
        path.push_back(nibble);
    }
    return node.short_node->is_leaf ? NodeReference{} : node.short_node->child;
}

}  // namespace

std::vector<Bytes> trie_proof(const TrieNodes& nodes, const Hash& key) {
    std::vector<Bytes> proof;
    Nibbles path;
    Bytes encoding;
    bool found = nodes.node(path, encoding);
    while (found) {
        NodeReference child = follow(decode_node(encoding), key, path);
        proof.push_back(encoding);
        // A node inside its parent has been shown with it.
        while (!child.empty() && !child.is_hash()) child = follow(decode_node(child.item()), key, path);
        if (child.empty()) break;
        found = nodes.node(path, encoding);
        check(found, "a trie node that its parent names is stored");
    }
    return proof;
}

}  // namespace talea::vm
