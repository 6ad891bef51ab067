#pragma once
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>

namespace talea::runner {

/// Threads that have finished their own work and help with what others share.
class Crew {
  public:
    /// Runs `work` here and on every thread that is or comes into `help` meanwhile; returns when all of them have left
    /// it. `work` takes pieces until none is left, and is called by several threads at once.
    void share(const std::function<void()>& work);
    /// Helps until `close`.
    void help();
    void close();

  private:
    struct Job {
        const std::function<void()>* work = nullptr;
        std::size_t helpers = 0;
        bool open = true;  // nothing is left as soon as one has come back
    };
    std::mutex mutex_;
    std::condition_variable changed_;
    std::list<Job> jobs_;
    bool closed_ = false;
};

}  // namespace talea::runner
