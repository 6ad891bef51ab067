#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

namespace talea::node {

/// Threads for work that needs no order and no state but a snapshot: signatures of transactions, answers to peers.
class Workers {
  public:
    /// Threads of that name (node/base/thread_name.hpp); `begin` is done once by each, before its first task.
    Workers(std::size_t threads, std::string_view name, std::function<void()> begin = {});
    /// Waits for what is in hand; what waits in line is dropped.
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// From any thread. The line is as long as its callers let it grow.
    void add(std::function<void()> task);

  private:
    void run();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> line_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace talea::node
