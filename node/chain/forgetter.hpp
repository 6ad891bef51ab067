#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "node/storage/database.hpp"

namespace talea::node {

/// Forgets old blocks of a running chain (node/storage/history.hpp) from a thread of its own, which gives way to all
/// others and rests four times as long as it works: no block waits for it, and a long past goes within hours.
class Forgetter {
  public:
    /// Begins at once. `database` must outlive it. `renew_head` makes readers let go of a snapshot in which the blocks
    /// are still there; called from its thread.
    Forgetter(Database& database, std::uint64_t days, std::function<void()> renew_head);
    /// Ends after the step in hand, or the compaction, which LevelDB does not break off.
    ~Forgetter();
    Forgetter(const Forgetter&) = delete;
    Forgetter& operator=(const Forgetter&) = delete;

  private:
    using Clock = std::chrono::steady_clock;
    void run();
    /// False where it is to end.
    [[nodiscard]] bool rest(Clock::duration time);

    Database& database_;
    const std::uint64_t days_;
    const std::function<void()> renew_head_;
    std::mutex mutex_;
    std::condition_variable stops_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace talea::node
