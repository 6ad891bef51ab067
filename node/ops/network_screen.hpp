#pragma once
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>

#include "node/ops/local_network.hpp"

namespace talea::node {

/// Blocks the signals that end a program, and the one that says that a child did, as long as it lives; one place then
/// waits for them.
class StopSignals {
  public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    /// The signal that came within this time, if any.
    [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds timeout) const;

  private:
    sigset_t signals_{}, before_{};
};

/// Waits until every node answered or ended, for half a minute at most; false where a signal came first.
[[nodiscard]] bool wait_for_answers(LocalNetwork& network, const StopSignals& signals);

/// Shows how the nodes are until a signal ends it (true) or no node runs any more (false): on a terminal one table that
/// is drawn anew, elsewhere a line when something changed. What ended is said on stderr. Where the chain is
/// new, says how long after `began` its first block was there.
[[nodiscard]] bool watch(LocalNetwork& network, const StopSignals& signals,
                         std::optional<std::chrono::steady_clock::time_point> began, std::FILE* to);

}  // namespace talea::node
