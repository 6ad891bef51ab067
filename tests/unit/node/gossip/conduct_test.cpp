#include "node/gossip/conduct.hpp"

#include <doctest/doctest.h>

#include "unit/random.hpp"

namespace talea::tests {
namespace {

using node::Conduct;
using node::Cost;
using node::Instant;
using node::Misdeed;

const vm::Address peer = vm::low_address(1);

Conduct::Settings small_shares() {
    Conduct::Settings settings;
    settings.rates = {{{1'000, 2'000}, {10, 20}, {4, 8}}};
    return settings;
}

TEST_CASE("a bucket gives at most its burst and what has dripped in since") {
    Random random;
    CAPTURE(random.seed);
    for (int run = 0; run < 50; ++run) {
        const node::TokenBucket::Rate rate{1 + random.below(5'000), 1 + random.below(5'000)};
        Instant now{random.below(1'000'000)};
        const auto begin = now;
        node::TokenBucket bucket(rate, now);
        std::uint64_t taken = 0;
        for (int step = 0; step < 300; ++step) {
            now.ms += random.below(30);
            const auto count = random.below(rate.burst + 2);
            const auto there = bucket.available_at(count, now);
            const bool took = bucket.take(count, now);
            if (count <= rate.burst) REQUIRE(took == (there == now));
            if (took) taken += count;
            REQUIRE(taken * 1000 <= rate.burst * 1000 + rate.per_second * node::elapsed_ms(begin, now));
        }
        const auto there = bucket.available_at(rate.burst, now);
        if (there > now) CHECK_FALSE(bucket.take(rate.burst, Instant{there.ms - 1}));
        CHECK(bucket.take(rate.burst, there));
        CHECK_FALSE(bucket.take(rate.burst + 1, Instant{there.ms + 1'000'000'000}));
    }
}

TEST_CASE("a peer within its share is never told to wait, and one beyond it waits until its share is there") {
    Conduct conduct(small_shares());
    Instant now{5'000};
    for (int i = 0; i < 100; ++i, now.ms += 250)
        CHECK(conduct.charge(peer, Cost::signatures, 1, now) == Conduct::Judgement{});
    for (int i = 0; i < 8; ++i) CHECK(conduct.charge(peer, Cost::signatures, 1, now) == Conduct::Judgement{});
    const auto wait = conduct.charge(peer, Cost::signatures, 1, now);
    CHECK(wait.verdict == Conduct::Verdict::wait);
    CHECK(wait.until == Instant{now.ms + 250});
    CHECK(conduct.charge(peer, Cost::signatures, 1, wait.until) == Conduct::Judgement{});
    // Another cost, and another peer, have allowances of their own.
    CHECK(conduct.charge(peer, Cost::messages, 1, now) == Conduct::Judgement{});
    CHECK(conduct.charge(vm::low_address(2), Cost::signatures, 8, now) == Conduct::Judgement{});
}

TEST_CASE("whoever goes on while told to wait is disconnected, each time for twice as long") {
    Conduct conduct(small_shares());
    Instant now{1'000};
    for (const std::uint64_t pause_s : {1U, 2U, 4U, 8U}) {
        auto judged = conduct.charge(peer, Cost::messages, 21, now);  // more than the burst is never there
        int floods = 0;
        while (judged.verdict != Conduct::Verdict::disconnect) {
            REQUIRE(judged.verdict == Conduct::Verdict::wait);
            judged = conduct.charge(peer, Cost::messages, 21, now);
            REQUIRE(++floods < 10);
        }
        CHECK(floods == 4);
        CHECK(judged.until == Instant{now.ms + pause_s * 1'000});
        CHECK(conduct.banned_until(peer, now) == judged.until);
        CHECK_FALSE(conduct.banned_until(peer, judged.until).has_value());
        now = judged.until;
    }
    CHECK(conduct.record(peer, now).disconnections == 4);
    now.ms += 600'000;
    CHECK(conduct.report(peer, Misdeed::lie, now).until == Instant{now.ms + 1'000});
}

TEST_CASE("a lie or garbage disconnects at once; slowness is forgiven a point a second") {
    for (const auto misdeed : {Misdeed::lie, Misdeed::malformed}) {
        Conduct conduct({});
        CHECK(conduct.report(peer, misdeed, {0}).verdict == Conduct::Verdict::disconnect);
    }
    Conduct conduct({});
    Instant now{0};
    for (int i = 0; i < 1'000; ++i, now.ms += 5'000)
        REQUIRE(conduct.report(peer, Misdeed::slow, now) == Conduct::Judgement{});
    for (int i = 0; i < 19; ++i) REQUIRE(conduct.report(peer, Misdeed::slow, now) == Conduct::Judgement{});
    CHECK(conduct.record(peer, now).score == 95);
    CHECK(conduct.record(peer, now).last == Misdeed::slow);
    CHECK(conduct.report(peer, Misdeed::slow, now).verdict == Conduct::Verdict::disconnect);
}

TEST_CASE("back-off stops growing, and what is remembered is bounded, the banned last to be forgotten") {
    Conduct::Settings settings;
    settings.remembered_max = 8;
    Conduct conduct(settings);
    Instant now{0};
    Conduct::Judgement judged;
    for (int i = 0; i < 40; ++i) {
        judged = conduct.report(peer, Misdeed::lie, now);
        CHECK(judged.until.ms - now.ms <= settings.backoff_max_ms);
        now.ms += 1;
    }
    CHECK(judged.until.ms - (now.ms - 1) == settings.backoff_max_ms);
    for (std::uint16_t i = 2; i < 1'000; ++i) (void)conduct.charge(vm::low_address(i), Cost::bytes, 1, now);
    CHECK(conduct.banned_until(peer, now).has_value());
}

}  // namespace
}  // namespace talea::tests
