#include "node/chain/inbox.hpp"

#include <doctest/doctest.h>

#include "node/chain/chain.hpp"

namespace talea::tests {
namespace {

using node::Inbox;
using node::NodeCore;

NodeCore::Frame frame_of(std::size_t size) {
    return std::make_shared<const vm::Bytes>(size);
}

TEST_CASE("a peer whose frames wait is told to wait, may be read again at half, and holds nobody else up") {
    Inbox inbox;
    const auto flooding = vm::low_address(1), quiet = vm::low_address(2);
    constexpr std::size_t frames = 8, size = node::limits::inbox_bytes_max / frames;
    for (std::size_t i = 0; i + 1 < frames; ++i) CHECK(inbox.put_frame(flooding, frame_of(size)));
    CHECK_FALSE(inbox.put_frame(flooding, frame_of(size)));
    CHECK(inbox.put_frame(quiet, frame_of(1)));
    std::size_t read_on_after = 0;
    for (std::size_t i = 1; i <= frames + 1; ++i) {
        const auto taken = inbox.take(std::nullopt);
        REQUIRE(taken.has_value());
        REQUIRE(taken->event.has_value());
        const auto& said = std::get<NodeCore::FrameReceived>(*taken->event);
        CHECK(said.peer == (i <= frames ? flooding : quiet));
        if (!taken->read_on) continue;
        CHECK_MESSAGE(read_on_after == 0, "told once");
        CHECK(*taken->read_on == flooding);
        read_on_after = i;
    }
    // Four and what they cost beside their bytes are more than half of what may wait.
    CHECK(read_on_after == frames / 2 + 1);
    CHECK(inbox.put_frame(flooding, frame_of(1)));
}

TEST_CASE("however short, no more frames of a peer wait than their events have room for") {
    Inbox inbox;
    const auto peer = vm::low_address(1);
    std::size_t taken = 1;
    while (inbox.put_frame(peer, frame_of(1))) ++taken;
    CHECK(taken <= node::limits::inbox_bytes_max / sizeof(NodeCore::Event) + 1);
}

TEST_CASE("changes of the pool are told once until they are taken, and nothing is told after the end") {
    Inbox inbox;
    const auto at_once = node::Chain::monotonic_now();
    inbox.pool_changed();
    inbox.pool_changed();
    CHECK(inbox.take(at_once)->event.has_value());
    CHECK_FALSE_MESSAGE(inbox.take(at_once)->event.has_value(), "the time is up");
    inbox.pool_changed();
    inbox.close();
    CHECK_FALSE(inbox.take(std::nullopt).has_value());
    CHECK_FALSE(inbox.put_frame(vm::low_address(1), frame_of(1)));
}

TEST_CASE("a change of the pool soon after another is told by itself, a little later") {
    Inbox inbox;
    const auto now = node::Chain::monotonic_now();
    for (int told = 0; told < 3; ++told) {
        inbox.pool_changed();
        const auto taken = inbox.take(node::after(now, 60'000));
        CHECK(std::holds_alternative<NodeCore::PoolChanged>(*taken->event));
    }
    const auto took = node::elapsed_ms(now, node::Chain::monotonic_now());
    CHECK(took >= 2 * node::limits::pool_told_ms - 1);  // of a clock of milliseconds
    CHECK(took < 10'000);
}

}  // namespace
}  // namespace talea::tests
