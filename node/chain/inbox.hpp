#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

#include "node/core/node_core.hpp"

namespace talea::node {

/// What other threads tell the chain's writer, in the order in which it came, but for changes of the pool. Bounded by
/// the peer for frames; what else comes is one event for each piece of work that the writer gave out.
class Inbox {
  public:
    void put(NodeCore::Event event);
    /// False: taken, but as much of `peer` waits as may (`inbox_bytes_max`); it should be read again when `Taken` names
    /// it. A peer costs at most that and one frame more.
    [[nodiscard]] bool put_frame(const vm::Address& peer, NodeCore::Frame frame);
    /// However often it is said, it is one event, and the next one comes `limits::pool_told_ms` later: under load a
    /// writer that woke for each transaction would do little else.
    void pool_changed();
    /// What waits is dropped, and what comes.
    void close();

    struct Taken {
        std::optional<NodeCore::Event> event;  ///< nothing: the time is up
        std::optional<vm::Address> read_on;    ///< a peer that may be read again
    };
    /// The first that waits; where nothing does, waits until `deadline` (for ever where there is none). Nothing once
    /// the inbox is closed.
    [[nodiscard]] std::optional<Taken> take(std::optional<Instant> deadline);
    [[nodiscard]] bool is_closed() const;

  private:
    struct Waiting {
        std::size_t bytes = 0;
        bool told_to_wait = false;
    };

    mutable std::mutex mutex_;
    std::condition_variable filled_;
    std::deque<NodeCore::Event> events_;
    std::map<vm::Address, Waiting> frames_;  ///< of peers of which some wait
    bool pool_changed_ = false;
    std::chrono::steady_clock::time_point pool_quiet_until_;
    bool closed_ = false;
};

}  // namespace talea::node
