#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace talea::node {

/// Places for calls that compute: as many run at a time as leave the machine's other cores to the chain.
class CallSlots {
  public:
    CallSlots();

    /// Waits for a place until `deadline`; false where there was none.
    [[nodiscard]] bool take(std::chrono::steady_clock::time_point deadline);
    /// Without waiting.
    [[nodiscard]] bool try_take();
    void give_back();

  private:
    std::mutex mutex_;
    std::condition_variable freed_;
    std::size_t free_;
};

}  // namespace talea::node
