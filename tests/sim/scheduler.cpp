#include "sim/scheduler.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "vm/base/check.hpp"

namespace talea::sim {
namespace {

constexpr auto later = [](const auto& a, const auto& b) { return a > b; };

}  // namespace

void Scheduler::at(Micros when, Event event) {
    vm::check(when >= now_, "nothing is scheduled for the past");
    heap_.push_back({when, order_++, std::move(event)});
    std::ranges::push_heap(heap_, later);
}

Micros Scheduler::next_due() const {
    return heap_.empty() ? std::numeric_limits<Micros>::max() : heap_.front().when;
}

bool Scheduler::step() {
    if (heap_.empty()) return false;
    std::ranges::pop_heap(heap_, later);
    Entry entry = std::move(heap_.back());
    heap_.pop_back();
    now_ = entry.when;
    ++steps_;
    entry.event();
    return true;
}

}  // namespace talea::sim
