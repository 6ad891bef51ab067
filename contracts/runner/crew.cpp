#include "contracts/runner/crew.hpp"

#include <algorithm>

namespace talea::runner {

void Crew::share(const std::function<void()>& work) {
    std::unique_lock lock(mutex_);
    const auto job = jobs_.insert(jobs_.end(), Job{&work, 0, true});
    changed_.notify_all();
    lock.unlock();
    work();
    lock.lock();
    job->open = false;
    changed_.wait(lock, [&] { return job->helpers == 0; });
    jobs_.erase(job);
}

void Crew::help() {
    std::unique_lock lock(mutex_);
    while (true) {
        auto job = jobs_.end();
        changed_.wait(lock, [&] {
            job = std::ranges::find_if(jobs_, &Job::open);
            return closed_ || job != jobs_.end();
        });
        if (job == jobs_.end()) return;
        ++job->helpers;
        lock.unlock();
        (*job->work)();
        lock.lock();
        --job->helpers;
        job->open = false;
        changed_.notify_all();
    }
}

void Crew::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
}

}  // namespace talea::runner
