#include "node/rpc/call_slots.hpp"

#include <algorithm>
#include <thread>

#include "node/base/limits.hpp"

namespace talea::node {

CallSlots::CallSlots()
    : free_(std::max<std::size_t>(1, std::thread::hardware_concurrency() / limits::rpc_calls_share)) {}

bool CallSlots::take(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_until(lock, deadline, [this] { return free_ > 0; })) return false;
    --free_;
    return true;
}

bool CallSlots::try_take() {
    const std::lock_guard lock(mutex_);
    if (free_ == 0) return false;
    --free_;
    return true;
}

void CallSlots::give_back() {
    {
        const std::lock_guard lock(mutex_);
        ++free_;
    }
    freed_.notify_one();
}

}  // namespace talea::node
