#include "node/rpc/filters.hpp"

#include "node/base/limits.hpp"

namespace talea::node {
namespace {

constexpr auto idle_max_ms = static_cast<std::uint64_t>(std::chrono::milliseconds(limits::filter_idle_max).count());

}  // namespace

Filters::Filters() {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    draw_.seed(seed);
}

std::optional<std::uint64_t> Filters::add(PolledFilter filter, Instant now) {
    expire(now);
    const std::lock_guard lock(mutex_);
    if (filters_.size() >= limits::filters_max) return std::nullopt;
    auto id = draw_();
    while (id == 0 || filters_.contains(id)) id = draw_();
    filters_[id] = {std::move(filter), now};
    return id;
}

std::optional<PolledFilter> Filters::find(std::uint64_t id, Instant now) {
    const std::lock_guard lock(mutex_);
    const auto found = filters_.find(id);
    if (found == filters_.end()) return std::nullopt;
    if (elapsed_ms(found->second.used, now) >= idle_max_ms) {
        filters_.erase(found);
        return std::nullopt;
    }
    found->second.used = now;
    return found->second.filter;
}

bool Filters::told(std::uint64_t id, const PolledFilter& before, const PolledFilter& after) {
    const std::lock_guard lock(mutex_);
    const auto found = filters_.find(id);
    if (found == filters_.end()) return false;
    auto& filter = found->second.filter;
    if (filter.next_block != before.next_block || filter.next_arrival != before.next_arrival) return false;
    filter.next_block = after.next_block;
    filter.next_arrival = after.next_arrival;
    return true;
}

bool Filters::remove(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    return filters_.erase(id) != 0;
}

void Filters::expire(Instant now) {
    const std::lock_guard lock(mutex_);
    std::erase_if(filters_, [&](const auto& entry) { return elapsed_ms(entry.second.used, now) >= idle_max_ms; });
}

}  // namespace talea::node
