#pragma once
#include <set>
#include <string>
#include <vector>

#include "vm/base/bytes.hpp"

namespace talea::wallet {

/// What a change of the validators does to the network, said before anybody signs it.
struct ValidatorChange {
    std::size_t now = 0, after = 0;                ///< validators
    std::size_t needed_now = 0, needed_after = 0;  ///< for a block
    std::size_t linked_after = 0;                  ///< of those after, with the node that was asked
    std::vector<vm::Address> not_linked;           ///< of those after
    /// No block could be made with those that are linked now.
    [[nodiscard]] bool stops_the_chain() const { return linked_after < needed_after; }
    /// "4 validators now, 3 after it; …", one sentence.
    [[nodiscard]] std::string sentence() const;
};

/// From the validators of the next block to `after`; `linked` are the nodes linked with the one asked, and that itself.
[[nodiscard]] ValidatorChange judge_change(const std::vector<vm::Address>& now, const std::vector<vm::Address>& after,
                                           const std::set<vm::Address>& linked);

}  // namespace talea::wallet
