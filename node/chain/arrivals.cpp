#include "node/chain/arrivals.hpp"

#include <algorithm>

#include "node/base/limits.hpp"

namespace talea::node {

void Arrivals::put(const vm::Hash& transaction) {
    const std::lock_guard lock(mutex_);
    kept_.push_back(transaction);
    if (kept_.size() > limits::arrivals_kept_max) kept_.pop_front();
    ++end_;
}

std::uint64_t Arrivals::end() const {
    const std::lock_guard lock(mutex_);
    return end_;
}

std::vector<vm::Hash> Arrivals::since(std::uint64_t from, std::uint64_t end) const {
    const std::lock_guard lock(mutex_);
    const auto first = end_ - kept_.size();
    std::vector<vm::Hash> hashes;
    for (auto number = std::max(from, first); number < std::min(end, end_); ++number)
        hashes.push_back(kept_[static_cast<std::size_t>(number - first)]);
    return hashes;
}

}  // namespace talea::node
