#pragma once
#include <cstdint>

#include "sim/scheduler.hpp"
#include "vm/base/numbers.hpp"

namespace talea::sim {

/// A machine's two clocks over virtual time: a monotonic one that drifts, and UTC, which is also skewed and may jump.
struct Clock {
    std::int64_t drift_ppm = 0;      ///< of both: how much faster than true time they run
    std::int64_t utc_skew_us = 0;    ///< changed by jumps
    std::uint64_t booted_at_ms = 0;  ///< what the monotonic clock showed at time 0: no two machines agree on it
    vm::Timestamp epoch;             ///< true UTC at time 0

    [[nodiscard]] std::uint64_t monotonic_us(Micros now) const { return booted_at_ms * 1000 + drifted(now); }
    [[nodiscard]] vm::Timestamp utc(Micros now) const {
        const auto us = static_cast<std::int64_t>(epoch.seconds * second + drifted(now)) + utc_skew_us;
        return {us < 0 ? 0 : static_cast<std::uint64_t>(us) / second};
    }
    /// The first moment at which the monotonic clock shows `ms` or more; `now` where it does already.
    [[nodiscard]] Micros when_monotonic_ms(std::uint64_t ms, Micros now) const {
        if (monotonic_us(now) >= ms * 1000) return now;
        const std::uint64_t target = ms * 1000 - booted_at_ms * 1000;
        auto when = static_cast<Micros>(static_cast<std::int64_t>(target) * 1'000'000 / (1'000'000 + drift_ppm));
        while (drifted(when) < target) ++when;
        return when < now ? now : when;
    }

  private:
    [[nodiscard]] std::uint64_t drifted(Micros now) const {
        return static_cast<std::uint64_t>(static_cast<std::int64_t>(now) +
                                          static_cast<std::int64_t>(now) / 1'000'000 * drift_ppm +
                                          static_cast<std::int64_t>(now) % 1'000'000 * drift_ppm / 1'000'000);
    }
};

}  // namespace talea::sim
