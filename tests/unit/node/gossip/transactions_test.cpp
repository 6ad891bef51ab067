#include "node/gossip/transactions.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "unit/random.hpp"
#include "vm/base/u256.hpp"

namespace talea::tests {
namespace {

using node::Instant;
using Gossip = node::TransactionGossip;

vm::Address key(std::uint64_t n) {
    return vm::low_address(static_cast<std::uint16_t>(n));
}
vm::Hash tx(std::uint64_t n) {
    return vm::to_hash(vm::u256{n});
}
const vm::Address a = key(1), b = key(2), c = key(3), observer = key(9);

template <class T>
std::vector<T> all(const Gossip::Actions& actions) {
    std::vector<T> found;
    for (const auto& action : actions)
        if (const auto* one = std::get_if<T>(&action)) found.push_back(*one);
    return found;
}

/// Connected with the validators a, b, c, each linked with the others, and with an observer.
Gossip connected() {
    Gossip gossip({});
    for (const auto& peer : {a, b, c, observer}) (void)gossip.connected(peer, peer != observer, {0});
    gossip.linked(a, {b, c});
    gossip.linked(b, {a, c});
    gossip.linked(c, {a, b});
    gossip.linked(observer, {a});
    return gossip;
}

TEST_CASE("a client's small transaction is pushed to validators at once and announced to others") {
    auto gossip = connected();
    const auto actions = gossip.added(tx(1), 4'096, std::nullopt, {100});
    CHECK(actions == Gossip::Actions{Gossip::Push{a, {tx(1)}}, Gossip::Push{b, {tx(1)}}, Gossip::Push{c, {tx(1)}}});
    CHECK(gossip.timer() == Instant{110});
    CHECK(gossip.tick({110}) == Gossip::Actions{Gossip::Announce{observer, {tx(1)}}});
    CHECK(gossip.tick({5'000}).empty());
    CHECK_FALSE(gossip.timer().has_value());
}

TEST_CASE("a large transaction is announced to everyone, and hashes to one peer share a frame") {
    auto gossip = connected();
    CHECK(gossip.added(tx(1), 4'097, std::nullopt, {100}).empty());
    CHECK(gossip.added(tx(2), 4'097, std::nullopt, {105}).empty());
    const auto announced = all<Gossip::Announce>(gossip.tick({110}));
    REQUIRE(announced.size() == 4);
    for (const auto& one : announced) CHECK(one.hashes == std::vector{tx(1), tx(2)});
}

TEST_CASE("what a validator brings is not told to those it tells itself, until they must have been kept from it") {
    auto gossip = connected();
    CHECK(gossip.arrived(a, tx(1), 200, {100}).is_new);
    CHECK(gossip.added(tx(1), 200, a, {100}).empty());
    CHECK(gossip.tick({599}).empty());  // not even the observer, who names a among its links
    (void)gossip.tick({600});
    const auto late = all<Gossip::Announce>(gossip.tick({610}));
    CHECK(late ==
          std::vector{Gossip::Announce{b, {tx(1)}}, Gossip::Announce{c, {tx(1)}}, Gossip::Announce{observer, {tx(1)}}});
}

TEST_CASE("a validator that the bringer does not reach is pushed to at once") {
    auto gossip = connected();
    gossip.linked(c, {b});
    CHECK(gossip.added(tx(1), 200, a, {100}) == Gossip::Actions{Gossip::Push{c, {tx(1)}}});
}

TEST_CASE("what an observer brings goes to every validator") {
    auto gossip = connected();
    CHECK(all<Gossip::Push>(gossip.added(tx(1), 200, observer, {100})).size() == 3);
}

TEST_CASE("an announced transaction is asked for once, and elsewhere when half a second has passed") {
    auto gossip = connected();
    CHECK(gossip.announced(a, {tx(1), tx(2)}, {0}) == Gossip::Actions{Gossip::Request{a, {tx(1), tx(2)}}});
    CHECK(gossip.announced(b, {tx(1)}, {10}).empty());
    CHECK(gossip.timer() == Instant{500});
    CHECK(gossip.tick({499}).empty());
    const auto late = gossip.tick({500});
    CHECK(late == Gossip::Actions{Gossip::Blame{a, node::Misdeed::slow}, Gossip::Request{a, {tx(2)}},
                                  Gossip::Request{b, {tx(1)}}});
    CHECK(gossip.why(tx(1), {600}).asked == b);
    CHECK(gossip.why(tx(1), {600}).waits_ms == 400);
    CHECK(gossip.arrived(b, tx(1), 200, {700}).is_new);
    // Who alone announced it is asked again, but not for ever.
    for (std::uint64_t ms = 1'000; ms <= 2'500; ms += 500) CHECK(all<Gossip::Request>(gossip.tick({ms})).size() == 1);
    CHECK(all<Gossip::Request>(gossip.tick({3'000})).empty());
    CHECK(gossip.why(tx(2), {3'000}).state == Gossip::State::unknown);
    CHECK(gossip.totals().wanted == 0);
    CHECK(gossip.totals().in_flight == 0);
}

TEST_CASE("what was asked of a peer that left is asked of the next at once") {
    auto gossip = connected();
    (void)gossip.announced(a, {tx(1)}, {0});
    (void)gossip.announced(b, {tx(1)}, {0});
    CHECK(gossip.gone(a, {100}) == Gossip::Actions{Gossip::Request{b, {tx(1)}}});
    CHECK(gossip.gone(b, {200}).empty());
    CHECK(gossip.totals().wanted == 0);
}

TEST_CASE("nobody is asked for what is pending, just refused or in a block") {
    auto gossip = connected();
    (void)gossip.added(tx(1), 200, std::nullopt, {0});
    gossip.refused(tx(2), {0});
    gossip.removed(tx(3), true, {0});
    CHECK(gossip.announced(a, {tx(1), tx(2), tx(3)}, {4'999}).empty());
    CHECK(gossip.why(tx(2), {4'999}).state == Gossip::State::refused);
    CHECK(gossip.why(tx(3), {4'999}).state == Gossip::State::final);
    // A grant may have come since: what was refused is worth another look.
    CHECK(gossip.announced(a, {tx(2), tx(3)}, {5'000}) == Gossip::Actions{Gossip::Request{a, {tx(2)}}});
}

TEST_CASE("a large body nobody asked for is blamed, a small one is a push") {
    auto gossip = connected();
    CHECK(all<Gossip::Blame>(gossip.arrived(a, tx(1), 4'096, {0}).actions).empty());
    CHECK(all<Gossip::Blame>(gossip.arrived(a, tx(2), 4'097, {0}).actions) ==
          std::vector{Gossip::Blame{a, node::Misdeed::unasked}});
    (void)gossip.announced(a, {tx(3)}, {0});
    CHECK(all<Gossip::Blame>(gossip.arrived(a, tx(3), 200'000, {0}).actions).empty());
}

TEST_CASE("what a proposal needs is asked of its sources first, though it was refused here") {
    auto gossip = connected();
    gossip.refused(tx(1), {0});
    CHECK(gossip.need({tx(1)}, {c, b}, {10}) == Gossip::Actions{Gossip::Request{c, {tx(1)}}});
    CHECK(all<Gossip::Request>(gossip.tick({510})) == std::vector{Gossip::Request{b, {tx(1)}}});
    CHECK(gossip.arrived(b, tx(1), 100'000, {520}).is_new);
}

TEST_CASE("a peer that connects is told of all that is pending, a frame at a time") {
    Gossip gossip({});
    for (std::uint64_t i = 0; i < 2'500; ++i) (void)gossip.added(tx(i), 200, std::nullopt, {0});
    (void)gossip.connected(a, true, {1'000});
    std::vector<std::size_t> counts;
    for (std::uint64_t ms = 1'000; ms < 1'100; ++ms)
        for (const auto& one : all<Gossip::Announce>(gossip.tick({ms}))) counts.push_back(one.hashes.size());
    CHECK(counts == std::vector<std::size_t>{1'024, 1'024, 452});
}

TEST_CASE("what a liar announces is bounded, and does not keep others from being asked") {
    auto gossip = connected();
    std::vector<vm::Hash> hashes;
    for (std::uint64_t i = 1; i <= 10'000; ++i) hashes.push_back(tx(i));
    CHECK(all<Gossip::Request>(gossip.announced(a, hashes, {0}))[0].hashes.size() == 512);
    CHECK(gossip.totals().wanted == 4'096);
    CHECK(gossip.announced(b, {tx(20'000)}, {1}) == Gossip::Actions{Gossip::Request{b, {tx(20'000)}}});
}

TEST_CASE(
    "in any connected network every transaction reaches everyone, though frames are lost, and counts come back to "
    "zero") {
    Random random;
    CAPTURE(random.seed);
    for (int run = 0; run < 60; ++run) {
        const auto n = 2 + random.below(6);
        std::vector<Gossip> nodes(n, Gossip({}));
        std::vector<std::set<vm::Hash>> pools(n);
        std::vector<std::vector<bool>> edge(n, std::vector<bool>(n, false));
        const auto join = [&](std::uint64_t i, std::uint64_t j) { edge[i][j] = edge[j][i] = true; };
        for (std::uint64_t i = 1; i < n; ++i) join(i, random.below(i));
        for (std::uint64_t extra = random.below(8); extra > 0; --extra) {
            const auto i = random.below(n), j = random.below(n);
            if (i != j) join(i, j);
        }
        struct Event {
            std::uint64_t to, from;
            Gossip::Action action;
        };
        std::multimap<std::uint64_t, Event> events;
        std::uint64_t now = 0;
        std::map<vm::Hash, std::size_t> bodies_sent;
        const auto is_observer = [](std::uint64_t i) { return i % 3 == 2; };
        const auto perform = [&](std::uint64_t from, const Gossip::Actions& actions) {
            for (const auto& action : actions) {
                if (std::holds_alternative<Gossip::Blame>(action)) continue;
                const auto to = std::visit(
                    [](const auto& one) {
                        if constexpr (requires { one.to; })
                            return one.to;
                        else
                            return one.peer;
                    },
                    action);
                const auto at = now + random.below(40);
                if (now < 2'000 && random.one_in(10) && std::holds_alternative<Gossip::Request>(action)) continue;
                events.emplace(at, Event{std::uint64_t{to.bytes[19]}, from, action});
            }
        };
        for (std::uint64_t i = 0; i < n; ++i) {
            for (std::uint64_t j = 0; j < n; ++j)
                if (edge[i][j]) (void)nodes[i].connected(key(j), !is_observer(j), {0});
            for (std::uint64_t j = 0; j < n; ++j) {
                std::vector<vm::Address> links;
                for (std::uint64_t k = 0; k < n; ++k)
                    if (edge[j][k] && !is_observer(k)) links.push_back(key(k));
                nodes[i].linked(key(j), links);
            }
        }
        const auto count = 1 + random.below(20);
        std::uint64_t made = 0;
        while (now < 20'000) {
            now += 1 + random.below(5);
            if (made < count && random.one_in(3)) {
                const auto at = random.below(n);
                const auto hash = tx(++made);
                pools[at].insert(hash);
                perform(at, nodes[at].added(hash, random.below(8'000), std::nullopt, {now}));
            }
            while (!events.empty() && events.begin()->first <= now) {
                const auto event = events.begin()->second;
                events.erase(events.begin());
                auto& receiver = nodes[event.to];
                auto& pool = pools[event.to];
                const auto body = [&](const vm::Hash& hash) {
                    ++bodies_sent[hash];
                    auto arrival = receiver.arrived(key(event.from), hash, 100, {now});
                    perform(event.to, arrival.actions);
                    if (!arrival.is_new) return;
                    pool.insert(hash);
                    perform(event.to, receiver.added(hash, 100, key(event.from), {now}));
                };
                if (const auto* push = std::get_if<Gossip::Push>(&event.action)) {
                    for (const auto& hash : push->hashes) body(hash);
                } else if (const auto* announce = std::get_if<Gossip::Announce>(&event.action)) {
                    perform(event.to, receiver.announced(key(event.from), announce->hashes, {now}));
                } else if (const auto* request = std::get_if<Gossip::Request>(&event.action)) {
                    receiver.requested(key(event.from), request->hashes);
                    std::vector<vm::Hash> there;
                    for (const auto& hash : request->hashes)
                        if (pool.contains(hash)) there.push_back(hash);
                    events.emplace(now + random.below(40),
                                   Event{event.from, event.to, Gossip::Push{key(event.from), there}});
                }
            }
            for (std::uint64_t i = 0; i < n; ++i)
                if (const auto due = nodes[i].timer(); due && due->ms <= now) perform(i, nodes[i].tick({now}));
        }
        for (std::uint64_t i = 0; i < n; ++i) {
            REQUIRE(pools[i].size() == count);
            REQUIRE(nodes[i].totals().wanted == 0);
            REQUIRE(nodes[i].totals().in_flight == 0);
            for (std::uint64_t t = 1; t <= count; ++t) nodes[i].removed(tx(t), true, {now});
            REQUIRE(nodes[i].totals().pending == 0);
        }
        for (const auto& [hash, times] : bodies_sent) REQUIRE(times <= n * (n - 1));
    }
}

}  // namespace
}  // namespace talea::tests
