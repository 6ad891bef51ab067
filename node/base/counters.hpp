#pragma once
#include <atomic>
#include <cstdint>

namespace talea::node {

/// What this process did since it began, for the metrics page: like the log there is one of it, and nothing decides by
/// it. From any thread.
struct Counters {
    using Count = std::atomic<std::uint64_t>;
    // Blocks applied, whoever made them, and what was in them.
    Count blocks, transactions, gas;
    Count imported_blocks;  ///< of those: fetched from peers, certified already
    // Time of the one writer.
    Count execution_us, commit_us, journal_us;
    // Consensus.
    Count round_timeouts, round_changes, equivocations, messages_refused;
    // Frames of peers.
    Count frames_received, bytes_received, frames_sent, bytes_sent;
};
[[nodiscard]] inline Counters& counters() {
    static Counters instance;
    return instance;
}

/// Adds the microseconds of its life.
class Stopwatch {
  public:
    explicit Stopwatch(Counters::Count& sum_us);
    ~Stopwatch();
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;

  private:
    Counters::Count& sum_us_;
    std::uint64_t began_us_;
};

}  // namespace talea::node
