#pragma once
#include <compare>
#include <cstdint>
#include <functional>
#include <vector>

namespace talea::sim {

/// A point of virtual time, or a distance between two: microseconds since the run began.
using Micros = std::uint64_t;
inline constexpr Micros millisecond = 1'000;
inline constexpr Micros second = 1'000'000;

/// Everything that will happen, in the order of time and, at one time, of being scheduled. One thread; nothing happens
/// but by `step`, so a run is a function of its seed.
class Scheduler {
  public:
    using Event = std::function<void()>;

    [[nodiscard]] Micros now() const { return now_; }
    void at(Micros when, Event event);
    void after(Micros delay, Event event) { at(now_ + delay, std::move(event)); }
    /// When the next event is due; the end of time where there is none.
    [[nodiscard]] Micros next_due() const;
    /// Moves to the next event and runs it; false where there is none.
    bool step();
    /// Events run so far.
    [[nodiscard]] std::uint64_t steps() const { return steps_; }
    [[nodiscard]] std::size_t pending() const { return heap_.size(); }

  private:
    struct Entry {
        Micros when;
        std::uint64_t order;
        Event event;
        friend auto operator<=>(const Entry& a, const Entry& b) {
            if (const auto by_time = a.when <=> b.when; by_time != 0) return by_time;
            return a.order <=> b.order;
        }
    };
    Micros now_ = 0;
    std::uint64_t order_ = 0;
    std::uint64_t steps_ = 0;
    std::vector<Entry> heap_;  ///< the earliest first
};

}  // namespace talea::sim
