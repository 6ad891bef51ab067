#include "wallet/merkle_tree.hpp"

#include <algorithm>

#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::wallet {
namespace {

vm::Hash join(const vm::Hash& a, const vm::Hash& b) {
    return vm::to_hash(vm::keccak256_pair(vm::to_u256(std::min(a, b)), vm::to_u256(std::max(a, b))));
}

}  // namespace

MerkleTree::MerkleTree(std::vector<vm::Hash> leaves) {
    vm::check(!leaves.empty(), "a tree has a leaf");
    std::ranges::sort(leaves);
    vm::check(std::ranges::adjacent_find(leaves) == leaves.end(), "no leaf stands in a tree twice");
    levels_.push_back(std::move(leaves));
    while (levels_.back().size() > 1) {
        const std::vector<vm::Hash>& below = levels_.back();
        std::vector<vm::Hash> level;
        for (std::size_t i = 0; i + 1 < below.size(); i += 2) level.push_back(join(below[i], below[i + 1]));
        if (below.size() % 2 == 1) level.push_back(below.back());
        levels_.push_back(std::move(level));
    }
}

std::vector<vm::Hash> MerkleTree::proof(const vm::Hash& leaf) const {
    const auto found = std::ranges::lower_bound(levels_.front(), leaf);
    vm::check(found != levels_.front().end() && *found == leaf, "a proof is of a leaf of the tree");
    auto at = static_cast<std::size_t>(found - levels_.front().begin());
    std::vector<vm::Hash> siblings;
    for (const auto& level : levels_) {
        const std::size_t sibling = at ^ 1;
        if (sibling < level.size()) siblings.push_back(level[sibling]);
        at /= 2;
    }
    return siblings;
}

vm::Hash distribution_leaf(const vm::Address& account, const vm::u256& amount) {
    return vm::to_hash(vm::keccak256_word(vm::keccak256_pair(vm::to_u256(account), amount)));
}

}  // namespace talea::wallet
