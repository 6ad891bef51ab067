#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace talea::vm {

using KeccakLanes = std::array<std::uint64_t, 25>;  ///< lane (x, y) at x + 5 y, little-endian
using KeccakDigest = std::array<std::uint64_t, 4>;  ///< its first lanes
/// Four states side by side: one lane of each, then the next.
struct alignas(32) KeccakLanesOf4 {
    std::array<std::array<std::uint64_t, 4>, 25> lanes{};
};

/// One way to compute Keccak: for a kind of processor. All give the same, so which one runs cannot be seen.
struct KeccakImplementation {
    std::string_view name;
    void (*permute)(KeccakLanes&);
    /// The Keccak-256 of a message of 4 or 8 lanes.
    KeccakDigest (*of_4)(const std::array<std::uint64_t, 4>&);
    KeccakDigest (*of_8)(const std::array<std::uint64_t, 8>&);
    /// Adds a block of 136 bytes to each of four states and permutes them; null where one after another is as fast.
    void (*absorb_four)(KeccakLanesOf4&, const std::array<const std::uint8_t*, 4>& blocks);
};
/// Those this processor can run, the portable one first and the fastest, which keccak.hpp uses, last.
[[nodiscard]] std::span<const KeccakImplementation> keccak_implementations();

}  // namespace talea::vm
