#pragma once
#include <cstdint>
#include <variant>
#include <vector>

#include "node/base/instant.hpp"
#include "vm/base/numbers.hpp"

namespace talea::node {

/// When a chain of one validator seals a block (DESIGN 7, "Event-driven"), as one step function: event in, actions out.
/// It knows no clock, pool, disk or key; its driver (node/chain/chain.hpp) does what the actions say and reports back.
///
/// A block is begun as soon as there is something to put in, its parent is final and the spacing has passed; with
/// nothing to do, a heartbeat each idle interval. A block that is due (the first one, or the one that shows an advanced
/// clock or a new setting) is begun even when it is empty. Between the order to build and the report that the block is
/// durable nothing else is begun: finalising and leaving the height is one step.
class SoloEngine {
  public:
    struct Settings {
        std::uint64_t idle_interval_ms = 30'000;
        std::uint64_t spacing_min_ms = 2;   ///< a burst shares blocks instead of flooding the disk with headers
        std::uint64_t spacing_max_ms = 50;  ///< no one waits longer for a slow predecessor
    };

    // Events.
    struct Started {
        vm::BlockNumber head;
        bool block_is_due = false;  ///< as in Finalised: the state after the head asks for one
    };
    struct PoolNotEmpty {};
    struct TimerExpired {};
    /// The block ordered by Build has been executed; its seal is still to be made.
    struct Executed {
        std::uint64_t execution_ms = 0;
    };
    /// No candidate could be included, and the block was not to be sealed empty.
    struct NothingToSeal {
        bool more_wait = false;  ///< fewer wait than before, but some do that were not looked at
    };
    /// The sealed block is durable.
    struct Persisted {
        bool block_is_due = false;  ///< the clock, the set or a setting changed in it
    };
    using Event = std::variant<Started, PoolNotEmpty, TimerExpired, Executed, NothingToSeal, Persisted>;

    // Actions.
    struct SetTimer {
        Instant at;  ///< replaces any timer set before
        friend bool operator==(const SetTimer&, const SetTimer&) = default;
    };
    struct Build {
        vm::BlockNumber number;
        bool even_empty = false;
        friend bool operator==(const Build&, const Build&) = default;
    };
    /// Seal the executed block in `round` and write it, synced.
    struct Persist {
        vm::BlockNumber number;
        std::uint64_t round = 0;
        friend bool operator==(const Persist&, const Persist&) = default;
    };
    /// The block is final: show it to readers.
    struct Finalise {
        vm::BlockNumber number;
        friend bool operator==(const Finalise&, const Finalise&) = default;
    };
    using Action = std::variant<SetTimer, Build, Persist, Finalise>;

    explicit SoloEngine(const Settings& settings) : settings_(settings) {}

    /// Events of the past (a timer of a height that was left) are ignored.
    [[nodiscard]] std::vector<Action> on(const Event& event, Instant now);

  private:
    enum class Phase : std::uint8_t { stopped, waiting, executing, persisting };
    [[nodiscard]] std::vector<Action> decide(Instant now);

    Settings settings_;
    Phase phase_ = Phase::stopped;
    vm::BlockNumber head_;
    Instant head_since_;
    std::uint64_t last_execution_ms_ = 0;
    bool pool_waits_ = false;
    bool block_is_due_ = false;
};

}  // namespace talea::node
