#pragma once
#include <cstddef>

namespace talea::vm {

/// Seals that make a block of so many validators final: ceil(2n/3), so that two quorums share an honest validator for
/// every n (node/CHAIN.md).
[[nodiscard]] constexpr std::size_t quorum(std::size_t validators) {
    return (2 * validators + 2) / 3;
}
static_assert(quorum(1) == 1 && quorum(2) == 2 && quorum(3) == 2 && quorum(4) == 3 && quorum(5) == 4 &&
              quorum(6) == 4 && quorum(7) == 5 && quorum(10) == 7);

}  // namespace talea::vm
