#include "node/base/counters.hpp"

#include <chrono>

namespace talea::node {
namespace {

std::uint64_t now_us() {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

}  // namespace

Stopwatch::Stopwatch(Counters::Count& sum_us) : sum_us_(sum_us), began_us_(now_us()) {}

Stopwatch::~Stopwatch() {
    sum_us_ += now_us() - began_us_;
}

}  // namespace talea::node
