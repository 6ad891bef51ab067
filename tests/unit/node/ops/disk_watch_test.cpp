#include "node/ops/disk_watch.hpp"

#include <doctest/doctest.h>

namespace talea::tests {
namespace {

using node::DiskUse;
using node::DiskWatch;
constexpr std::uint64_t day = 86'400, mib = 1 << 20;

}  // namespace

TEST_CASE("nothing is said of growth in the first hour") {
    DiskWatch watch;
    watch.note(1'000, {100 * mib, mib});
    CHECK_FALSE(watch.growth_bytes_per_day());
    watch.note(1'000 + 3'599, {200 * mib, mib});
    CHECK_FALSE(watch.growth_bytes_per_day());
    CHECK_FALSE(watch.take_warning());
    watch.note(1'000 + 3'600, {200 * mib, mib});
    CHECK(watch.growth_bytes_per_day() == 100 * mib * 24);
}

TEST_CASE("growth is that of the last day, not of the days before") {
    DiskWatch watch;
    std::uint64_t used = 0, seconds = 0;
    const auto pass = [&](std::uint64_t days, std::uint64_t per_day) {
        for (std::uint64_t end = seconds + days * day; seconds < end; seconds += 600) {
            watch.note(seconds, {used, 1'000 * mib});
            used += per_day / 144;
        }
    };
    pass(3, 1'440 * mib);
    pass(2, 144 * mib);
    CHECK(watch.growth_bytes_per_day() == 144 * mib);
}

TEST_CASE("a folder that a compaction made smaller grows by nothing, and its disk is never full") {
    DiskWatch watch;
    watch.note(0, {100 * mib, mib});
    watch.note(7'200, {50 * mib, mib});
    CHECK(watch.growth_bytes_per_day() == 0);
    CHECK_FALSE(watch.seconds_left());
    CHECK_FALSE(watch.take_warning());
}

TEST_CASE("what comes a day is seen again an hour after much was given back at once") {
    DiskWatch watch;
    watch.note(0, {1'000 * mib, mib});
    watch.note(7'200, {1'002 * mib, mib});
    watch.note(7'800, {800 * mib, mib});
    CHECK_FALSE(watch.growth_bytes_per_day());
    watch.note(7'800 + 3'600, {801 * mib, mib});
    CHECK(watch.growth_bytes_per_day() == 24 * mib);
}

TEST_CASE("a disk that will be full within a week is warned of once a day, and not before") {
    // 24 MiB a day.
    const auto after_two_hours = [](std::uint64_t free) {
        DiskWatch watch;
        watch.note(0, {0, free});
        watch.note(7'200, {2 * mib, free});
        return watch;
    };
    CHECK_FALSE(after_two_hours(24 * 7 * mib + mib).take_warning());
    auto watch = after_two_hours(24 * 7 * mib);
    CHECK(watch.seconds_left() == 7 * day);
    const auto warning = watch.take_warning();
    REQUIRE(warning);
    CHECK(warning->find("7 days and 0 hours") != std::string::npos);
    watch.note(7'200 + day - 1, {30 * mib, 140 * mib});
    CHECK_FALSE(watch.take_warning());
    watch.note(7'200 + day, {30 * mib, 140 * mib});
    CHECK(watch.take_warning());
}

TEST_CASE("a folder that is not there cannot be measured") {
    CHECK_FALSE(node::measure_disk("/nonexistent/talea"));
    CHECK(node::measure_disk("/proc/self"));
}

}  // namespace talea::tests
