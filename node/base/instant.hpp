#pragma once
#include <compare>
#include <cstdint>

namespace talea::node {

/// A point of the machine's monotonic clock, which only drivers read: state machines take it as an argument.
struct Instant {
    std::uint64_t ms = 0;
    friend auto operator<=>(const Instant&, const Instant&) = default;
};
[[nodiscard]] constexpr Instant after(Instant now, std::uint64_t ms) {
    return {now.ms + ms};
}
/// Milliseconds from `since` to `now`; 0 where `now` is not later.
[[nodiscard]] constexpr std::uint64_t elapsed_ms(Instant since, Instant now) {
    return now.ms > since.ms ? now.ms - since.ms : 0;
}

}  // namespace talea::node
