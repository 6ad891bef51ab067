#include "sim/options.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace talea::sim {
namespace {

/// Nothing in half the runs; else up to `most`, small values as likely as large ones.
std::uint64_t rate(Random& random, std::uint64_t most) {
    if (random.below(2) == 0) return 0;
    const auto drawn = random.between(0, most);
    return drawn >> random.below(6);
}

NetworkOptions draw_network(Random random) {
    NetworkOptions options;
    if (random.below(2) == 0) {
        options.delay_min = 0;
        options.delay_mean = 1 * millisecond;
    } else {
        options.delay_min = random.between(0, 30) * millisecond;
        options.delay_mean = random.between(30, 100) * millisecond;
    }
    options.ordered = random.below(2) == 0;
    options.loss_ppm = rate(random, 300'000);
    options.duplicate_ppm = rate(random, 500'000);
    options.reset_ppm = rate(random, 20'000);
    options.half_open_ppm = rate(random, 1'000'000);
    options.half_open_mean = random.between(1, 10) * second;
    options.clog_every = random.below(2) == 0 ? 0 : random.between(100, 5'000) * millisecond;
    options.clog_mean = random.between(10, 5'000) * millisecond;
    options.partition = static_cast<PartitionShape>(random.below(5));
    options.partition_symmetric = random.below(2) == 0;
    options.partition_every = random.between(1, 20) * second;
    options.partition_mean = random.between(200, 10'000) * millisecond;
    options.silence_limit = random.between(200, 5'000) * millisecond;
    options.reconnect_mean = random.between(10, 1'000) * millisecond;
    return options;
}

DiskOptions draw_disk(Random random) {
    DiskOptions options;
    options.sync_min = random.between(0, 2) * millisecond;
    options.sync_mean = random.below(4) == 0 ? random.between(5, 300) * millisecond : 2 * millisecond;
    options.torn_ppm = random.between(0, 1'000'000);
    if (random.below(25) == 0) options.sync_fails_ppm = 5'000;
    if (random.below(25) == 0) options.full_ppm = 5'000;
    if (random.below(10) == 0) options.damage_ppm = 200'000;
    if (random.below(3) == 0) options.rewrite_bytes = 0;
    return options;
}

MachineOptions draw_machine(Random random) {
    MachineOptions options;
    if (random.below(4) != 0) options.crash_every = random.between(5, 120) * second;
    options.down_mean = random.between(200, 30'000) * millisecond;
    if (random.below(3) == 0) options.pause_every = random.between(5, 60) * second;
    options.pause_mean = random.between(50, 5'000) * millisecond;
    if (random.below(10) == 0) options.blackout_at = random.between(1, 25) * second;
    if (random.below(4) == 0) options.wipe_ppm = 300'000;
    if (random.below(4) == 0) {
        options.backup_every = random.between(1, 10) * second;
        options.old_backup_ppm = 400'000;
    }
    options.journals_vanish = random.below(30) == 0;
    if (random.below(10) == 0) options.rolling_at = random.between(1, 15) * second;
    options.utc_skew_max_us = random.below(2) == 0 ? 0 : static_cast<std::int64_t>(2 * second);
    options.drift_max_ppm = 200;
    if (random.below(20) == 0) options.clock_jump_every = 10 * second;
    options.crash_while_writing = 10;
    return options;
}

LoadOptions draw_load(Random random) {
    LoadOptions options;
    options.every = (random.below(2) == 0 ? random.between(5, 100) : random.between(100, 2'000)) * millisecond;
    options.idle_ppm = rate(random, 100'000);
    options.revoke_ppm = rate(random, 50'000);
    options.nonsense_ppm = rate(random, 100'000);
    options.set_change_ppm = random.below(4) == 0 ? random.between(5'000, 60'000) : 0;
    return options;
}

}  // namespace

Options draw_options(std::uint64_t seed) {
    Random random(seed);
    Options options;
    options.seed = seed;
    options.validators = random.below(2) == 0 ? 4 : random.between(1, 10);
    options.observers = random.below(4);
    const std::size_t f = (options.validators - 1) / 3;
    if (f > 0 && random.below(10) >= 6) options.byzantine = random.between(1, f);
    options.lying_disk = options.byzantine > 0 && random.below(10) == 0;
    options.network = draw_network(random.branch("network"));
    options.disk = draw_disk(random.branch("disk"));
    options.machine = draw_machine(random.branch("machine"));
    options.load = draw_load(random.branch("load"));
    if (options.load.set_change_ppm != 0) options.candidates = random.between(0, 3);
    options.execution = random.between(0, 20) * 100;
    options.idle_interval_seconds = random.between(1, 30);
    options.remember = seed % 10 != 0;
    if (random.below(8) == 0) options.night = random.between(30, 300) * second;
    if (random.below(8) == 0) {
        // Long enough for the timers to reach their cap, in some runs.
        const bool is_long = random.below(3) == 0;
        options.clocks_apart = is_long ? random.between(20, 60) * second : random.between(1'000, 4'000) * millisecond;
    }
    if (random.below(8) == 0) options.machine.signer_away_ppm = random.between(1'000, 100'000);
    return options;
}

Options healthy_options(std::uint64_t seed) {
    Options options;
    options.seed = seed;
    options.faults = false;
    options.load.steady = true;
    return options;
}

std::string to_string(const Options& options) {
    return fmt::format(
        "seed {}: {} validators ({} byzantine{}), {} candidates, {} observers; delay {}+{} ms, loss {} ppm, twice {} "
        "ppm, reset {} "
        "ppm; sync {} ms; a transaction each {} ms",
        options.seed, options.validators, options.byzantine, options.lying_disk ? ", one disk lies" : "",
        options.candidates, options.observers, options.network.delay_min / millisecond,
        options.network.delay_mean / millisecond, options.network.loss_ppm, options.network.duplicate_ppm,
        options.network.reset_ppm, options.disk.sync_mean / millisecond, options.load.every / millisecond);
}

}  // namespace talea::sim
