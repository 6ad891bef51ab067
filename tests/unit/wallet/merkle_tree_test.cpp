#include "wallet/merkle_tree.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "vm/crypto/keccak.hpp"

namespace talea::tests {
namespace {

using wallet::MerkleTree;

/// As OpenZeppelin's MerkleProof computes a root: from bytes, apart from how the tree is built.
vm::Hash processed(vm::Hash at, const std::vector<vm::Hash>& proof) {
    for (const vm::Hash& sibling : proof) {
        vm::Bytes both(at.bytes.begin(), at.bytes.end());
        both.insert(at < sibling ? both.end() : both.begin(), sibling.bytes.begin(), sibling.bytes.end());
        at = vm::keccak256(both);
    }
    return at;
}

vm::Hash numbered(std::uint64_t n) {
    return wallet::distribution_leaf(vm::low_address(static_cast<std::uint16_t>(n)), vm::u256{n * n});
}

TEST_CASE("every leaf of a tree of any size proves the root, and no other leaf does by its proof") {
    for (std::size_t count = 1; count <= 33; ++count) {
        CAPTURE(count);
        std::vector<vm::Hash> leaves;
        for (std::size_t i = 0; i < count; ++i) leaves.push_back(numbered(i + 1));
        const MerkleTree tree(leaves);
        for (const vm::Hash& leaf : leaves) {
            CHECK(processed(leaf, tree.proof(leaf)) == tree.root());
            CHECK(processed(numbered(count + 1), tree.proof(leaf)) != tree.root());
        }
    }
}

TEST_CASE("a set of leaves has one root, whatever order they are given in") {
    std::vector<vm::Hash> leaves;
    for (std::uint64_t i = 1; i <= 9; ++i) leaves.push_back(numbered(i));
    const vm::Hash root = MerkleTree(leaves).root();
    std::ranges::reverse(leaves);
    CHECK(MerkleTree(leaves).root() == root);
    leaves.pop_back();
    CHECK(MerkleTree(leaves).root() != root);
}

TEST_CASE("a leaf is the keccak of the keccak of account and amount as Solidity encodes them") {
    vm::Bytes words(64);
    words[31] = 0x2a;
    words[63] = 0x07;
    CHECK(wallet::distribution_leaf(vm::low_address(0x2a), vm::u256{7}) == vm::keccak256(vm::keccak256(words).bytes));
}

}  // namespace
}  // namespace talea::tests
