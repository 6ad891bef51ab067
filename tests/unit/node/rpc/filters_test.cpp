#include "node/rpc/filters.hpp"

#include <doctest/doctest.h>

#include "node/base/limits.hpp"
#include "node/chain/arrivals.hpp"

namespace talea::tests {
namespace {

constexpr auto idle_ms = static_cast<std::uint64_t>(std::chrono::milliseconds(node::limits::filter_idle_max).count());

}  // namespace

TEST_CASE("a filter lives while it is asked for, and goes when nobody asks") {
    node::Filters filters;
    const auto id = filters.add({}, {0});
    REQUIRE(id.has_value());
    CHECK(filters.find(*id, {idle_ms - 1}).has_value());
    CHECK(filters.find(*id, {2 * idle_ms - 2}).has_value());
    filters.expire({3 * idle_ms - 3});
    CHECK(filters.find(*id, {3 * idle_ms - 3}).has_value());
    CHECK(!filters.find(*id, {5 * idle_ms}).has_value());
    CHECK(!filters.remove(*id));
}

TEST_CASE("filters are bounded, and one that is removed or expired makes room") {
    node::Filters filters;
    const auto first = filters.add({}, {0});
    for (std::size_t i = 1; i < node::limits::filters_max; ++i) REQUIRE(filters.add({}, {1}).has_value());
    CHECK(!filters.add({}, {1}).has_value());
    CHECK(filters.remove(*first));
    CHECK(filters.add({}, {2}).has_value());
    CHECK(!filters.add({}, {2}).has_value());
    CHECK(filters.add({}, {1 + idle_ms}).has_value());
}

TEST_CASE("of two requests that read the same changes one alone tells them") {
    node::Filters filters;
    const auto id = filters.add({}, {0});
    const auto before = *filters.find(*id, {1});
    auto after = before;
    after.next_block = {7};
    CHECK(filters.told(*id, before, after));
    CHECK(!filters.told(*id, before, after));
    CHECK(filters.find(*id, {2})->next_block == vm::BlockNumber{7});
}

TEST_CASE("arrivals are numbered, and the oldest are forgotten") {
    node::Arrivals arrivals;
    const auto hash = [](std::uint64_t i) { return vm::to_hash(vm::u256{i}); };
    for (std::uint64_t i = 0; i < node::limits::arrivals_kept_max + 10; ++i) arrivals.put(hash(i));
    const auto end = arrivals.end();
    CHECK(end == node::limits::arrivals_kept_max + 10);
    CHECK(arrivals.since(end - 2, end) == std::vector{hash(end - 2), hash(end - 1)});
    CHECK(arrivals.since(end - 2, end - 1) == std::vector{hash(end - 2)});
    CHECK(arrivals.since(end, end + 5).empty());
    CHECK(arrivals.since(0, end).size() == node::limits::arrivals_kept_max);
    CHECK(arrivals.since(0, end).front() == hash(10));
}

}  // namespace talea::tests
