#include "node/ops/disk_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "vm/base/check.hpp"

namespace talea::node {
namespace {

constexpr std::uint64_t day_seconds = 86'400;

}  // namespace

std::expected<DiskUse, std::string> measure_disk(const std::string& folder) {
    std::error_code error;
    const auto space = std::filesystem::space(folder, error);
    std::filesystem::directory_iterator at(folder, error);
    if (error) return std::unexpected(fmt::format("cannot measure '{}': {}", folder, error.message()));
    DiskUse use{0, space.available};
    for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
        std::error_code gone;
        const auto size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
        if (!gone) use.used_bytes += size;
    }
    return use;
}

void DiskWatch::note(std::uint64_t seconds, const DiskUse& use) {
    vm::check(samples_.empty() || seconds >= samples_.back().seconds, "the clock of a disk watch never goes back");
    // Forgetting blocks (node/storage/history.hpp) gives much back at once; what comes a day is seen from then on.
    const auto before = latest_.used_bytes;
    if (use.used_bytes + std::max(limits::disk_drop_bytes, before / 8) <= before) samples_.clear();
    latest_ = use;
    samples_.push_back({seconds, use.used_bytes});
    while (samples_.size() > 2 && samples_[1].seconds + limits::disk_window_seconds <= seconds) samples_.pop_front();
}

std::optional<std::uint64_t> DiskWatch::growth_bytes_per_day() const {
    if (samples_.empty()) return std::nullopt;
    const auto &first = samples_.front(), &last = samples_.back();
    const auto seconds = last.seconds - first.seconds;
    if (seconds < limits::disk_known_seconds) return std::nullopt;
    if (last.used_bytes <= first.used_bytes) return 0;
    // A disk holds less than 2^47 bytes a sample apart, and a day has less than 2^17 seconds.
    return (last.used_bytes - first.used_bytes) * day_seconds / seconds;
}

std::optional<std::uint64_t> DiskWatch::seconds_left() const {
    const auto growth = growth_bytes_per_day();
    if (growth.value_or(0) == 0) return std::nullopt;
    const auto days = latest_.free_bytes / *growth;
    return days * day_seconds + latest_.free_bytes % *growth * day_seconds / *growth;
}

std::optional<std::string> DiskWatch::take_warning() {
    const auto left = seconds_left();
    if (!left || *left > limits::disk_warning_seconds) return std::nullopt;
    const auto now = samples_.back().seconds;
    if (warned_at_ && now < *warned_at_ + day_seconds) return std::nullopt;
    warned_at_ = now;
    return fmt::format("the disk will be full in {} days and {} hours: {} MiB are free and {} MiB come a day",
                       *left / day_seconds, *left % day_seconds / 3'600, latest_.free_bytes >> 20,
                       *growth_bytes_per_day() >> 20);
}

}  // namespace talea::node
