#include "node/gossip/links.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace talea::tests {
namespace {

using node::Instant;
using node::Links;
using Actions = std::vector<Links::Action>;

const vm::Address a = vm::low_address(1), b = vm::low_address(2), observer = vm::low_address(9);

TEST_CASE(
    "a validator is a link once it was heard, no longer after three seconds of silence, and again when it speaks") {
    Links links({});
    CHECK(links.connected(a, true, {0}) == Actions{Links::SendStatus{a}});
    CHECK(links.linked().empty());
    CHECK(links.heard(a, {10}) == Actions{Links::Linked{a}});
    CHECK(links.linked() == std::vector{a});
    (void)links.tick({3'009});
    CHECK(links.linked() == std::vector{a});
    const auto actions = links.tick({3'010});
    CHECK(std::ranges::count(actions, Links::Action{Links::Unlinked{a}}) == 1);
    CHECK(links.linked().empty());
    const auto again = links.heard(a, {3'500});
    CHECK(std::ranges::count(again, Links::Action{Links::Linked{a}}) == 1);
}

TEST_CASE("a connection that says nothing for ten seconds is closed, whether it ever spoke or not") {
    Links links({});
    (void)links.connected(a, true, {0});
    (void)links.connected(observer, false, {0});
    (void)links.heard(a, {100});
    CHECK(std::ranges::count(links.tick({10'000}), Links::Action{Links::Close{observer}}) == 1);
    CHECK(std::ranges::count(links.tick({10'100}), Links::Action{Links::Close{a}}) == 1);
    CHECK_FALSE(links.timer().has_value());
}

TEST_CASE("a change of links is told to validators at once, a new head only to those who do not vote") {
    Links links({});
    (void)links.connected(a, true, {0});
    (void)links.connected(b, true, {0});
    (void)links.connected(observer, false, {0});
    CHECK(links.heard(a, {100}) == Actions{Links::Linked{a}, Links::SendStatus{a}, Links::SendStatus{b}});
    CHECK(links.head_moved({110}) == Actions{Links::SendStatus{observer}});
    CHECK(links.gone(a, {200}) == Actions{Links::Unlinked{a}, Links::SendStatus{b}});
}

TEST_CASE("changes in quick succession share a status, and everyone hears one a second") {
    Links links({});
    (void)links.connected(observer, false, {0});
    int sent = 0;
    for (std::uint64_t ms = 0; ms < 1'000; ms += 2) {
        sent += static_cast<int>(links.head_moved({ms}).size());
        (void)links.heard(observer, {ms});
    }
    CHECK(sent == 19);  // once each 50 ms, the first of them at connection
    Links idle({});
    (void)idle.connected(a, true, {0});
    sent = 0;
    for (std::uint64_t ms = 0; ms <= 5'000; ++ms) {
        REQUIRE(idle.timer().has_value());
        if (*idle.timer() > Instant{ms}) continue;
        for (const auto& action : idle.tick({ms})) sent += std::holds_alternative<Links::SendStatus>(action) ? 1 : 0;
    }
    CHECK(sent == 5);
}

TEST_CASE("a peer that becomes a validator is a link at once where it was heard lately") {
    Links links({});
    (void)links.connected(a, false, {0});
    CHECK(links.heard(a, {10}).empty());
    CHECK(links.role_changed(a, true, {20}) == Actions{Links::Linked{a}});
    const auto demoted = links.role_changed(a, false, {30});
    CHECK(std::ranges::count(demoted, Links::Action{Links::Unlinked{a}}) == 1);
}

}  // namespace
}  // namespace talea::tests
