#pragma once
#include <cstdint>
#include <span>

#include "vm/base/bytes.hpp"

namespace talea::node {

/// Who proposes in `round` (DESIGN 7): counted from the validator after the parent's beneficiary; where that is no
/// validator any more (also of block 1), from the first address above it, else the lowest. `validators` is ascending
/// and not empty.
[[nodiscard]] vm::Address proposer(std::span<const vm::Address> validators, const vm::Address& parent_beneficiary,
                                   std::uint64_t round);

}  // namespace talea::node
