#pragma once
#include <span>
#include <vector>

#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"

namespace talea::wallet {

/// A Merkle tree as OpenZeppelin's MerkleProof verifies it: two nodes are joined by the keccak of both in ascending
/// order, so that a proof needs no positions. Leaves stand in ascending order, so that a set of leaves has one tree;
/// what has no partner on its level joins the next one.
class MerkleTree {
  public:
    /// At least one leaf, none twice (checked: a caller that reads leaves from a file judges them first).
    explicit MerkleTree(std::vector<vm::Hash> leaves);

    [[nodiscard]] const vm::Hash& root() const { return levels_.back().front(); }
    /// What `leaf`, which is in the tree (checked), is joined with on its way to the root.
    [[nodiscard]] std::vector<vm::Hash> proof(const vm::Hash& leaf) const;

  private:
    std::vector<std::vector<vm::Hash>> levels_;
};

/// A leaf of IDistribution: keccak256(keccak256(abi.encode(account, amount))), hashed twice so that no inner node can
/// pass for one.
[[nodiscard]] vm::Hash distribution_leaf(const vm::Address& account, const vm::u256& amount);

}  // namespace talea::wallet
