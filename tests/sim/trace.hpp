#pragma once
#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <string>

#include "sim/scheduler.hpp"

namespace talea::sim {

/// The story of a run, one line an event. It is always told to a hash, so that two runs can be compared; and printed
/// where it was asked for.
class Trace {
  public:
    Trace(const Scheduler& scheduler, bool printed) : scheduler_(scheduler), printed_(printed) {}

    /// `who` is a node's number, or nobody's.
    template <typename... Args>
    void line(int who, fmt::format_string<Args...> format, Args&&... args) {
        buffer_.clear();
        const Micros now = scheduler_.now();
        fmt::format_to(std::back_inserter(buffer_), "{:>5}.{:06} ", now / second, now % second);
        if (who == nobody) {
            buffer_ += "      ";
        } else {
            fmt::format_to(std::back_inserter(buffer_), "n{:<4} ", who);
        }
        fmt::format_to(std::back_inserter(buffer_), format, std::forward<Args>(args)...);
        buffer_ += '\n';
        end_line();
    }
    /// Of all lines so far.
    [[nodiscard]] std::uint64_t hash() const { return hash_; }
    [[nodiscard]] std::uint64_t lines() const { return lines_; }

    static constexpr int nobody = -1;

  private:
    void end_line();

    const Scheduler& scheduler_;
    bool printed_;
    std::string buffer_;
    std::uint64_t hash_ = 0xcbf29ce484222325ULL;  // FNV-1a, by words
    std::uint64_t lines_ = 0;
};

}  // namespace talea::sim
