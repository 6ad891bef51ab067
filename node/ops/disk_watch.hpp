#pragma once
#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <string>

/// How fast a data directory grows, and when its disk will be full. Looks at no clock and no disk itself but in
/// `measure_disk`.
namespace talea::node {

struct DiskUse {
    std::uint64_t used_bytes = 0;  ///< by the files of the folder
    std::uint64_t free_bytes = 0;  ///< on its file system, for this user
};
/// Of the files in `folder`, without folders in it. Files that go away meanwhile count nothing.
[[nodiscard]] std::expected<DiskUse, std::string> measure_disk(const std::string& folder);

namespace limits {
inline constexpr std::uint64_t disk_sample_seconds = 600;
/// Growth is that of the last day: what LevelDB compacts now and then evens out.
inline constexpr std::uint64_t disk_window_seconds = 86'400;
/// Nothing is said of growth before.
inline constexpr std::uint64_t disk_known_seconds = 3'600;
/// A folder that shrinks by so much, and an eighth, between two samples is measured anew: compactions take less.
inline constexpr std::uint64_t disk_drop_bytes = 64 * 1024 * 1024;
/// A disk that will be full within so much time is warned of, once a day.
inline constexpr std::uint64_t disk_warning_seconds = 7 * 86'400;
}  // namespace limits

class DiskWatch {
  public:
    /// What is on the disk at a moment, seconds of a clock that never goes back; about every `disk_sample_seconds`.
    void note(std::uint64_t seconds, const DiskUse& use);

    [[nodiscard]] const DiskUse& latest() const { return latest_; }
    /// In the last day, or as long as is known; nothing in the first hour, or the first after much was given back. A
    /// folder that shrank grows by 0.
    [[nodiscard]] std::optional<std::uint64_t> growth_bytes_per_day() const;
    /// Until the disk is full, where it will be.
    [[nodiscard]] std::optional<std::uint64_t> seconds_left() const;
    /// The sentence for the log, where a warning is due; then not again for a day.
    [[nodiscard]] std::optional<std::string> take_warning();

  private:
    struct Sample {
        std::uint64_t seconds, used_bytes;
    };
    std::deque<Sample> samples_;  ///< of the window, oldest first
    DiskUse latest_;
    std::optional<std::uint64_t> warned_at_;
};

}  // namespace talea::node
