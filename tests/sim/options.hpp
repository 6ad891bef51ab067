#pragma once
#include <cstdint>
#include <string>

#include "sim/disk.hpp"
#include "sim/network.hpp"
#include "sim/random.hpp"

namespace talea::sim {

/// How machines fail.
struct MachineOptions {
    Micros crash_every = 0;  ///< mean time between crashes of one process (0: never)
    Micros down_mean = 2 * second;
    Micros pause_every = 0;  ///< a process stands still and finds everything waiting for it
    Micros pause_mean = 1 * second;
    Micros blackout_at = 0;                 ///< the power of all machines fails at once (0: never)
    std::uint64_t wipe_ppm = 0;             ///< of restarts: the disk is empty, the key is there
    Micros backup_every = 0;                ///< mean time between two backups of a machine (0: never)
    std::uint64_t old_backup_ppm = 0;       ///< of restarts: its files are those of its last backup, some or all
    bool journals_vanish = false;           ///< all of them at the end of the safety phase: only a checkpoint helps
    Micros rolling_at = 0;                  ///< one after another every process is ended and started (0: never)
    std::int64_t utc_skew_max_us = 0;       ///< either way
    std::int64_t drift_max_ppm = 0;         ///< either way
    Micros clock_jump_every = 0;            ///< mean time between two jumps of one UTC clock (0: never)
    std::uint64_t signer_away_ppm = 0;      ///< of signatures: whoever holds the key gives none
    std::uint64_t crash_while_writing = 0;  ///< a crash is so many times likelier while a write is pending
};

/// What clients do.
struct LoadOptions {
    std::size_t holders = 12;
    Micros every = 10 * millisecond;  ///< mean time between two transactions, all clients together
    bool steady = false;              ///< no randomness in when
    std::uint64_t idle_ppm = 0;       ///< after a transaction: clients rest for `rest_mean`
    Micros rest_mean = 5 * second;
    std::uint64_t revoke_ppm = 0;      ///< of transactions: a grant of TRANSACT taken away and given back
    std::uint64_t nonsense_ppm = 0;    ///< of transactions: invalid ones, or ones far ahead of their turn
    std::uint64_t set_change_ppm = 0;  ///< of transactions: the validator set changes
};

/// All that a run is, besides its numbers. One seed decides them all.
struct Options {
    std::uint64_t seed = 0;
    std::size_t validators = 4;
    std::size_t candidates = 0;  ///< with keys, and in no genesis: they follow until they are added
    std::size_t observers = 0;
    std::size_t byzantine = 0;  ///< of the validators, at most f; a disk that lies is one of them
    bool lying_disk = false;
    NetworkOptions network;
    DiskOptions disk;
    MachineOptions machine;
    LoadOptions load;
    Micros execution = 500;  ///< virtual time that executing or building a block takes
    std::uint64_t idle_interval_seconds = 30;
    Micros safety_phase = 30 * second;     ///< at least so long,
    std::uint64_t safety_blocks = 30;      ///< or until so many blocks are final
    Micros night = 0;                      ///< between the phases: so long nobody hears anybody,
    Micros clocks_apart = 0;               ///< and then so long no two clocks agree
    Micros liveness_limit = 120 * second;  ///< within which the healed core must make progress
    bool remember = true;                  ///< executions and verifications of one node are another's too
    bool faults = true;
};

/// What a seed means: every run draws its own rates, so that some are stormy in one way only.
[[nodiscard]] Options draw_options(std::uint64_t seed);
/// A network of four without any fault, on links of 1 ms and disks of 2 ms.
[[nodiscard]] Options healthy_options(std::uint64_t seed);
/// In a line.
[[nodiscard]] std::string to_string(const Options& options);

}  // namespace talea::sim
