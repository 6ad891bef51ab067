#include "node/chain/inbox.hpp"

#include <algorithm>
#include <utility>

#include "node/base/limits.hpp"
#include "vm/base/check.hpp"

namespace talea::node {
namespace {

/// What a frame counts for: its event takes memory too, however short it is.
std::size_t cost_of(const vm::Bytes& frame) {
    return frame.size() + sizeof(NodeCore::Event);
}

}  // namespace

void Inbox::put(NodeCore::Event event) {
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return;
        events_.push_back(std::move(event));
    }
    filled_.notify_one();
}

bool Inbox::put_frame(const vm::Address& peer, NodeCore::Frame frame) {
    bool more = true;
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return false;
        auto& waiting = frames_[peer];
        waiting.bytes += cost_of(*frame);
        more = waiting.bytes < limits::inbox_bytes_max;
        if (!more) waiting.told_to_wait = true;
        events_.emplace_back(NodeCore::FrameReceived{peer, std::move(frame)});
    }
    filled_.notify_one();
    return more;
}

void Inbox::pool_changed() {
    {
        const std::lock_guard lock(mutex_);
        if (closed_ || std::exchange(pool_changed_, true)) return;
        if (std::chrono::steady_clock::now() < pool_quiet_until_) return;  // the writer looks by then
    }
    filled_.notify_one();
}

void Inbox::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        events_.clear();
    }
    filled_.notify_one();
}

bool Inbox::is_closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
}

std::optional<Inbox::Taken> Inbox::take(std::optional<Instant> deadline) {
    using Clock = std::chrono::steady_clock;
    const auto end = deadline ? Clock::time_point(std::chrono::milliseconds(deadline->ms)) : Clock::time_point::max();
    const auto pool_is_due = [this] { return pool_changed_ && Clock::now() >= pool_quiet_until_; };
    const auto woken = [&] { return closed_ || !events_.empty() || pool_is_due(); };
    std::unique_lock lock(mutex_);
    if (!woken() && Clock::now() < pool_quiet_until_) filled_.wait_until(lock, std::min(end, pool_quiet_until_), woken);
    filled_.wait_until(lock, end, woken);
    if (closed_) return std::nullopt;
    Taken taken;
    if (pool_is_due()) {
        pool_changed_ = false;
        pool_quiet_until_ = Clock::now() + std::chrono::milliseconds(limits::pool_told_ms);
        taken.event = NodeCore::PoolChanged{};
        return taken;
    }
    if (events_.empty()) return taken;
    taken.event = std::move(events_.front());
    events_.pop_front();
    if (const auto* said = std::get_if<NodeCore::FrameReceived>(&*taken.event)) {
        const auto waiting = frames_.find(said->peer);
        vm::check(waiting != frames_.end(), "what waits of a peer is counted");
        waiting->second.bytes -= cost_of(*said->frame);
        // At half of it, so that it does not stop and go with every frame.
        if (waiting->second.told_to_wait && waiting->second.bytes <= limits::inbox_bytes_max / 2) {
            waiting->second.told_to_wait = false;
            taken.read_on = said->peer;
        }
        if (waiting->second.bytes == 0) frames_.erase(waiting);
    }
    return taken;
}

}  // namespace talea::node
