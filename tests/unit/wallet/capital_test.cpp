#include "wallet/capital.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "unit/random.hpp"

using namespace talea;
using vm::u256;
using wallet::AgreedTrade;
using wallet::capital_use;
using wallet::CapitalUse;
using wallet::Mark;
using wallet::SettlementManner;

namespace {

constexpr std::uint64_t day = 86'400;
const std::map<std::string, Mark> par{{"BOND", {u256{1}, u256{1}}}};

AgreedTrade trade(std::uint64_t agreed, const char* seller, const char* buyer, std::uint64_t units,
                  std::uint64_t cash) {
    return {
        .agreed = agreed, .seller = seller, .buyer = buyer, .token = "BOND", .units = u256{units}, .cash = u256{cash}};
}

}  // namespace

TEST_CASE("a gross trade binds margin on both obligations from its agreement, and all of it while it is set aside") {
    const AgreedTrade trades[] = {trade(1'000'000, "alice", "bob", 600, 400)};
    const std::uint64_t settles[] = {1'000'000 + 2 * day};
    const CapitalUse use =
        capital_use(trades, settles, {.netted = false, .set_aside = day / 2, .margin_bps = 1'000}, par);
    CHECK(use.peak == u256{100 + 1'000});
    CHECK(use.margin_value_days == u256{200});
    CHECK(use.locked_value_days == u256{500});
    CHECK(use.value_days == u256{700});
}

TEST_CASE("what settles together is netted by account and asset, at every moment of what is agreed by then") {
    // alice sells bob 100 for 100; a day later bob sells alice 60 for 70; both settle two days after the first.
    const AgreedTrade trades[] = {trade(day, "alice", "bob", 100, 100), trade(2 * day, "bob", "alice", 60, 70)};
    const std::uint64_t settles[] = {3 * day, 3 * day};
    const CapitalUse use = capital_use(trades, settles, {.netted = true, .set_aside = 0, .margin_bps = 10'000}, par);
    CHECK(use.peak == u256{200});
    CHECK(use.value_days == u256{200 + (40 + 30)});
    CHECK(capital_use(trades, settles, {.netted = false, .set_aside = 0, .margin_bps = 10'000}, par).peak == u256{330});
}

TEST_CASE("what settles at the moment it is agreed binds nothing") {
    const AgreedTrade trades[] = {trade(day, "alice", "bob", 100, 100)};
    const std::uint64_t settles[] = {day};
    for (const bool netted : {false, true}) {
        const CapitalUse use = capital_use(trades, settles, {.netted = netted, .set_aside = 9, .margin_bps = 500}, par);
        CHECK(use.peak.is_zero());
        CHECK(use.value_days.is_zero());
    }
}

TEST_CASE("amounts are rounded up: a second of the smallest amount is a value-day's smallest part") {
    const AgreedTrade trades[] = {trade(day, "alice", "bob", 1, 0)};
    const std::uint64_t settles[] = {day + 1};
    const std::map<std::string, Mark> third{{"BOND", {u256{1}, u256{3}}}};
    const CapitalUse use = capital_use(trades, settles, {.netted = false, .set_aside = 0, .margin_bps = 1}, third);
    CHECK(use.peak == u256{1});
    CHECK(use.value_days == u256{1});
}

TEST_CASE("netting never binds more than gross, and the order of trades changes nothing") {
    tests::Random random;
    CAPTURE(random.seed);
    constexpr const char* names[] = {"a", "b", "c", "d"};
    for (int run = 0; run < 200; ++run) {
        std::vector<AgreedTrade> trades;
        std::vector<std::uint64_t> settles;
        for (std::size_t n = 1 + random.below(12); n > 0; --n) {
            const std::size_t seller = random.below(4);
            trades.push_back(trade(day + random.below(50), names[seller], names[(seller + 1 + random.below(3)) % 4],
                                   random.below(1'000), random.below(1'000)));
            settles.push_back(day + 50 * (1 + random.below(2)));
        }
        SettlementManner manner{.netted = false, .set_aside = random.below(60), .margin_bps = random.below(10'001)};
        const CapitalUse gross = capital_use(trades, settles, manner, par);
        manner.netted = true;
        const CapitalUse net = capital_use(trades, settles, manner, par);
        CHECK(net.peak <= gross.peak);
        CHECK(net.value_days <= gross.value_days);
        std::ranges::reverse(trades);
        std::ranges::reverse(settles);
        const CapitalUse turned = capital_use(trades, settles, manner, par);
        CHECK(turned.peak == net.peak);
        CHECK(turned.value_days == net.value_days);
    }
}
