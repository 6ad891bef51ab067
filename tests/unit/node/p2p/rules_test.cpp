#include <doctest/doctest.h>

#include <algorithm>

#include "node/p2p/doorkeeper.hpp"
#include "node/p2p/frame_reader.hpp"
#include "node/p2p/once.hpp"
#include "node/p2p/pairing.hpp"
#include "node/p2p/redial.hpp"
#include "unit/random.hpp"

/// What the transport decides by itself, without sockets.
namespace talea::tests {
namespace {

using node::Doorkeeper;
using node::Instant;
using node::Redial;
using node::Standing;
using node::Welcome;
namespace wire = node::wire;

Doorkeeper::Host host(std::uint8_t index) {
    Doorkeeper::Host made{};
    made[15] = index;
    return made;
}

TEST_CASE("a host has its share of unfinished handshakes, and all strangers together have theirs") {
    Doorkeeper::Settings settings;
    settings.unfinished_max = 5;
    settings.unfinished_per_host_max = 3;
    Doorkeeper keeper(settings, {0});
    for (int i = 0; i < 3; ++i) CHECK(keeper.arrived(host(1), {0}) == Doorkeeper::Verdict::welcome);
    CHECK(keeper.arrived(host(1), {0}) == Doorkeeper::Verdict::too_many_of_host);
    CHECK(keeper.arrived(host(2), {0}) == Doorkeeper::Verdict::welcome);
    CHECK(keeper.arrived(host(3), {0}) == Doorkeeper::Verdict::welcome);
    CHECK(keeper.arrived(host(4), {0}) == Doorkeeper::Verdict::too_many);
    keeper.settled(host(1));
    CHECK(keeper.arrived(host(1), {0}) == Doorkeeper::Verdict::welcome);
    CHECK(keeper.unfinished() == 5);
}

TEST_CASE("strangers who come and go are held to a rate, and a friend is not") {
    Doorkeeper::Settings settings;
    settings.strangers = {10, 20};
    Doorkeeper keeper(settings, {0});
    keeper.befriend(host(9));
    int welcome = 0;
    for (std::uint64_t ms = 0; ms < 1'000; ++ms) {
        if (keeper.arrived(host(1), {ms}) != Doorkeeper::Verdict::welcome) continue;
        keeper.settled(host(1));
        ++welcome;
    }
    CHECK(welcome == 20 + 9);  // the tenth of the second is there at its end
    CHECK(keeper.arrived(host(1), {999}) == Doorkeeper::Verdict::too_fast);
    CHECK(keeper.arrived(host(9), {999}) == Doorkeeper::Verdict::welcome);
}

TEST_CASE("a peer that is down is dialled less and less often, at least every few seconds") {
    const auto peer = vm::low_address(1);
    const Redial::Settings settings;
    Redial redial(settings);
    redial.want({peer}, {0});
    Instant now{0};
    std::uint64_t longest = 0;
    int attempts = 0;
    while (now.ms < 60'000) {
        const auto due = redial.due(now);
        REQUIRE(due == std::vector{peer});
        CHECK(redial.due(now).empty());  // one attempt at a time
        CHECK(!redial.timer().has_value());
        redial.ended(peer, Redial::End::unreachable, 7, now);
        REQUIRE(redial.timer().has_value());
        CHECK(redial.due({redial.timer()->ms - 1}).empty());
        longest = std::max(longest, redial.timer()->ms - now.ms);
        now = *redial.timer();
        ++attempts;
    }
    CHECK(longest <= settings.pause_max_ms);
    CHECK(longest > settings.pause_max_ms / 2);
    CHECK(attempts < 30);

    SUBCASE("and at once again after a link that stood") {
        redial.began(peer);
        redial.linked(peer, now);
        CHECK(redial.due(now).empty());
        now = node::after(now, settings.good_ms);
        redial.ended(peer, Redial::End::gone, 0, now);
        CHECK(redial.timer() == node::after(now, settings.pause_min_ms));
    }
    SUBCASE("and not at all once nobody wants it") {
        redial.want({}, now);
        CHECK(!redial.timer().has_value());
        CHECK(redial.due(node::after(now, 100'000)).empty());
    }
}

TEST_CASE("who is refused comes back later than who is not answered") {
    const auto peer = vm::low_address(1);
    Redial redial({});
    redial.want({peer}, {0});
    static_cast<void>(redial.due({0}));
    redial.ended(peer, Redial::End::refused, 0, {0});
    CHECK(redial.timer() == Instant{Redial::Settings{}.refused_min_ms});
}

TEST_CASE("two nodes that dial each other keep one link, whatever arrives first") {
    const auto low = vm::low_address(1), high = vm::low_address(2);
    const wire::Hello hello{wire::Lane::votes, 7, 70};
    // Both connections are made, neither was greeted: only the owner of the lower dial refuses.
    const Standing dialling{.dialled = true, .reached = true, .link = 5};
    CHECK(node::welcome(low, high, dialling, hello) == Welcome::refuse);
    CHECK(node::welcome(high, low, dialling, hello) == Welcome::begin);
    // One that reaches nobody gives way, or a node behind a wall could never be linked.
    const Standing knocking{.dialled = true, .reached = false, .link = 5};
    CHECK(node::welcome(low, high, knocking, hello) == Welcome::begin);
    CHECK(node::welcome(high, low, knocking, hello) == Welcome::begin);
}

TEST_CASE("a link that stands is not replaced by its own other end, but by its successor") {
    const auto own = vm::low_address(1), peer = vm::low_address(2);
    const Standing stands{
        .dialled = true, .is_up = true, .reached = true, .link = 5, .incarnation = 70, .has_lane = {true, true}};
    CHECK(node::welcome(own, peer, stands, {wire::Lane::votes, 7, 70}) == Welcome::refuse);
    CHECK(node::welcome(own, peer, stands, {wire::Lane::votes, 7, 71}) == Welcome::begin);
    // Who dialled it and dials again lost it.
    auto incoming = stands;
    incoming.dialled = false;
    CHECK(node::welcome(own, peer, incoming, {wire::Lane::votes, 7, 70}) == Welcome::begin);
    CHECK(node::welcome(own, peer, incoming, {wire::Lane::votes, 5, 70}) == Welcome::refuse);
    CHECK(node::welcome(own, peer, incoming, {wire::Lane::bulk, 5, 70}) == Welcome::refuse);
}

TEST_CASE("the second lane joins the first of the same link, once") {
    const auto own = vm::low_address(1), peer = vm::low_address(2);
    const Standing half{.link = 5, .incarnation = 70, .has_lane = {true, false}};
    CHECK(node::welcome(own, peer, half, {wire::Lane::bulk, 5, 70}) == Welcome::join);
    CHECK(node::welcome(own, peer, half, {wire::Lane::votes, 5, 70}) == Welcome::refuse);
    CHECK(node::welcome(own, peer, half, {wire::Lane::bulk, 6, 70}) == Welcome::refuse);
    CHECK(node::welcome(own, peer, half, {wire::Lane::bulk, 5, 71}) == Welcome::refuse);
    CHECK(node::welcome(own, peer, std::nullopt, {wire::Lane::bulk, 5, 70}) == Welcome::refuse);
    CHECK(node::welcome(own, peer, std::nullopt, {wire::Lane::votes, 5, 70}) == Welcome::begin);
}

TEST_CASE("what happens ten thousand times is said once an interval, with its count") {
    node::Once once({.interval_ms = 1'000, .remembered_max = 2});
    CHECK(once.happened("a", {0}) == 0);
    for (int i = 0; i < 9'999; ++i) CHECK(!once.happened("a", {500}).has_value());
    CHECK(once.happened("a", {1'000}) == 9'999);
    CHECK(once.happened("b", {1'000}) == 0);
    // A third thing and a fourth are one; nothing more is remembered.
    CHECK(once.happened("c", {1'100}) == 0);
    CHECK(!once.happened("d", {1'100}).has_value());
    CHECK(!once.happened("e", {1'100}).has_value());
}

TEST_CASE("a greeting is what it was written as, and a later version of it may say more") {
    const wire::Hello hello{wire::Lane::bulk, 0x0102030405060708, ~0ULL};
    auto frame = wire::encode_hello(hello);
    CHECK(wire::decode_hello(frame) == hello);
    for (std::size_t size = 0; size < frame.size(); ++size)
        CHECK(!wire::decode_hello(vm::BytesView(frame).first(size)).has_value());
    frame.push_back(0x05);  // a fourth field
    ++frame[3];
    ++frame[6];
    CHECK(wire::decode_hello(frame).error() == wire::WireError::malformed);
    frame[5] = 2;
    CHECK(wire::decode_hello(frame) == hello);
    CHECK(wire::decode_hello(vm::Bytes{0, 0, 0, 4, 0, 1, 0xc3, 2, 1, 1}).error() ==
          wire::WireError::malformed);  // lane 2
}

TEST_CASE("frames come out as they went in, however their bytes are cut") {
    Random random;
    CAPTURE(random.seed);
    std::vector<vm::Bytes> sent{wire::encode_hello({wire::Lane::votes, 1, 2})};
    for (int i = 0; i < 50; ++i) sent.push_back(wire::encode_frame(wire::Consensus{random.bytes(random.below(3'000))}));
    sent.push_back({0, 0, 0, 0, 200, 1});  // of an unknown type, empty
    vm::Bytes all;
    for (const auto& frame : sent) vm::append(all, frame);
    wire::FrameReader reader;
    std::vector<vm::Bytes> got;
    for (vm::BytesView rest = all; !rest.empty();) {
        const auto size = std::min<std::size_t>(rest.size(), 1 + random.below(random.one_in(2) ? 8 : 9'000));
        auto frames = reader.feed(rest.first(size));
        REQUIRE(frames.has_value());
        for (auto& frame : *frames) got.push_back(std::move(frame));
        rest = rest.subspan(size);
    }
    CHECK(got == sent);
    CHECK(reader.held_bytes() == 0);
}

TEST_CASE("a header above its limit ends the reading before anything is kept for it") {
    const auto hello = wire::encode_hello({wire::Lane::votes, 1, 2});
    const auto greeted = [&] {
        wire::FrameReader reader;
        REQUIRE(reader.feed(hello).has_value());
        return reader;
    };
    const vm::Bytes gigabyte{0x40, 0, 0, 0, 10, 1};
    auto reader = greeted();
    CHECK(reader.feed(gigabyte).error() == wire::WireError::too_large);
    CHECK(vm::equal(reader.rejected(), gigabyte));
    CHECK(reader.held_bytes() == 0);
    CHECK(greeted().feed(vm::Bytes{0, 0, 0, 1, 1, 0}).error() == wire::WireError::no_version);
    // Before the greeting nothing else is read, however small.
    CHECK(wire::FrameReader().feed(gigabyte).error() == wire::WireError::too_large);
    CHECK(wire::FrameReader().feed(vm::Bytes{0, 0, 0, 1, 6, 1}).error() == wire::WireError::malformed);
    CHECK(wire::FrameReader().feed(vm::Bytes{0, 0, 1, 1, 0, 1}).error() == wire::WireError::too_large);
    CHECK(wire::FrameReader().feed(vm::Bytes{0, 0, 1, 0, 0, 1}).has_value());
}

TEST_CASE("votes and what keeps a link alive never wait behind blocks") {
    CHECK(wire::lane_of(1) == wire::Lane::votes);  // Status
    CHECK(wire::lane_of(2) == wire::Lane::votes);  // Refused
    CHECK(wire::lane_of(6) == wire::Lane::votes);  // Consensus
    for (const std::uint8_t type : vm::Bytes{3, 4, 5, 7, 8, 9, 10, 200}) CHECK(wire::lane_of(type) == wire::Lane::bulk);
}

}  // namespace
}  // namespace talea::tests
