#include "node/consensus/proposer.hpp"

#include <algorithm>

#include "vm/base/check.hpp"

namespace talea::node {

vm::Address proposer(std::span<const vm::Address> validators, const vm::Address& parent_beneficiary,
                     std::uint64_t round) {
    vm::check(!validators.empty(), "a height has validators");
    // The first address above the beneficiary is the one after it where it is in the set, and the specified start where
    // it is not; past the last address both begin again.
    const auto above = std::ranges::upper_bound(validators, parent_beneficiary);
    const auto first = static_cast<std::uint64_t>(above - validators.begin());
    return validators[static_cast<std::size_t>((first % validators.size() + round % validators.size()) %
                                               validators.size())];
}

}  // namespace talea::node
