#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "node/p2p/hello.hpp"

namespace talea::node {

/// What this node has with a peer at the moment: a link that stands or is being made.
struct Standing {
    bool dialled = false;  ///< by this node
    bool is_up = false;    ///< both lanes greeted; the node was told
    bool reached = false;  ///< of a dialled one that is not up: the other side took the connection
    std::uint64_t link = 0;
    std::uint64_t incarnation = 0;  ///< of the other side's process; 0 where it has not said yet
    std::array<bool, wire::lanes> has_lane{};
};

enum class Welcome : std::uint8_t {
    refuse,  ///< a duplicate
    join,    ///< the other lane of the link that is being made
    begin,   ///< a new link; what stood is ended
};
/// Which of several links between two nodes stays, decided by who is dialled when a Hello comes. Both may dial at once:
/// then the dial of the lower address counts, and only the side that owns it refuses, so that one always stays. A
/// process that begins anew (another incarnation) takes the place of its predecessor at once.
[[nodiscard]] Welcome welcome(const vm::Address& own, const vm::Address& peer, const std::optional<Standing>& standing,
                              const wire::Hello& hello);

}  // namespace talea::node
