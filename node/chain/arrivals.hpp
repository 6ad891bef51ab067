#pragma once
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "vm/base/bytes.hpp"

namespace talea::node {

/// Hashes of the transactions that came to the pool lately, numbered in the order of their coming. The oldest are
/// forgotten (`limits::arrivals_kept_max`). From any thread.
class Arrivals {
  public:
    void put(const vm::Hash& transaction);
    /// The number that the next one will get.
    [[nodiscard]] std::uint64_t end() const;
    /// Those of the numbers from `from` to before `end` that are still known.
    [[nodiscard]] std::vector<vm::Hash> since(std::uint64_t from, std::uint64_t end) const;

  private:
    mutable std::mutex mutex_;
    std::deque<vm::Hash> kept_;  ///< the last is number `end_` - 1
    std::uint64_t end_ = 0;
};

}  // namespace talea::node
