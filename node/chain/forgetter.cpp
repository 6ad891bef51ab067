#include "node/chain/forgetter.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>

#include "node/base/limits.hpp"
#include "node/base/log.hpp"
#include "node/base/thread_name.hpp"

namespace talea::node {
namespace {

constexpr std::chrono::seconds idle_pause{10};
constexpr std::chrono::seconds readers_pause{2};  ///< in which what reads the head takes the renewed one
constexpr int least_priority = 19;

}  // namespace

Forgetter::Forgetter(Database& database, std::uint64_t days, std::function<void()> renew_head)
    : database_(database), days_(days), renew_head_(std::move(renew_head)), thread_([this] { run(); }) {}

Forgetter::~Forgetter() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    stops_.notify_all();
    thread_.join();
}

bool Forgetter::rest(Clock::duration time) {
    std::unique_lock lock(mutex_);
    return !stops_.wait_for(lock, time, [this] { return stopping_; });
}

void Forgetter::run() {
    name_this_thread(thread_name::forgetter);
    setpriority(PRIO_PROCESS, 0, least_priority);  // on Linux: of this thread
    std::size_t bytes = 0;                         // forgotten and not asked back
    bool caught_up = false;
    while (true) {
        const auto began = Clock::now();
        const auto step = database_.forget_step(days_);
        const auto took = Clock::now() - began;
        const bool is_idle = step.blocks == 0;
        bytes += step.bytes;
        if (!is_idle)
            log_debug("history", "{} blocks before {} forgotten in {} us", step.blocks, step.first_whole.value,
                      std::chrono::duration_cast<std::chrono::microseconds>(took).count());
        // At first also what an earlier process forgot.
        if (step.first_whole.value > 0 && (bytes >= limits::forget_compact_bytes || (is_idle && !caught_up))) {
            renew_head_();
            if (!rest(readers_pause)) return;
            database_.compact_forgotten(step.first_whole);
            log_info("history", "the blocks before {} are forgotten: the history is {} days", step.first_whole.value,
                     days_);
            bytes = 0;
            caught_up = caught_up || is_idle;
        }
        if (!rest(is_idle ? idle_pause : 4 * took)) return;
    }
}

}  // namespace talea::node
