#pragma once
#include <algorithm>
#include <cstdint>

/// How long validators wait (DESIGN 7). Timers decide when, never what: a wrong one costs time alone.
namespace talea::node {

namespace limits {
inline constexpr std::uint64_t round_timeout_ms = 200;         ///< of round 0; doubles with each round
inline constexpr std::uint64_t round_timeout_max_ms = 10'000;  ///< no later round waits longer
inline constexpr std::uint64_t spacing_min_ms = 2;             ///< a burst shares blocks, not a header each
inline constexpr std::uint64_t spacing_max_ms = 50;            ///< no one waits longer for a slow predecessor
inline constexpr std::uint64_t proposer_gone_ms = 50;          ///< a proposer without a connection is not waited for
inline constexpr std::uint64_t resend_first_ms = 250;  ///< above round 0's timeout: healthy blocks send nothing twice
inline constexpr std::uint64_t resend_max_ms = 2'000;
static_assert(resend_first_ms > round_timeout_ms);
}  // namespace limits

/// min(base * 2^round, 10 s), base = 200 ms, or eight times the last block's execution where that is more: a full block
/// is built, and executed once more, within a round.
[[nodiscard]] constexpr std::uint64_t round_timeout_ms(std::uint64_t round, std::uint64_t execution_ms = 0) {
    const auto base = std::clamp(8 * std::min(execution_ms, limits::round_timeout_max_ms), limits::round_timeout_ms,
                                 limits::round_timeout_max_ms);
    return round >= 6 ? limits::round_timeout_max_ms : std::min(base << round, limits::round_timeout_max_ms);
}
static_assert(limits::round_timeout_ms << 6 >= limits::round_timeout_max_ms);

/// From a block to the next proposal, while there is work: twice its execution, within the bounds.
[[nodiscard]] constexpr std::uint64_t spacing_ms(std::uint64_t execution_ms) {
    return execution_ms >= limits::spacing_max_ms
               ? limits::spacing_max_ms
               : std::clamp(2 * execution_ms, limits::spacing_min_ms, limits::spacing_max_ms);
}

}  // namespace talea::node
