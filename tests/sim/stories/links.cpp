#include "sim/stories/all.hpp"

/// Who reaches whom, and by way of whom.
namespace talea::sim {
namespace {

void nobody_changed_a_round(Teller& t) {
    for (std::size_t i = 0; i < t.network().nodes(); ++i)
        t.expect(t.network().node(i).counters().round_changes == 0, "no round had to be changed");
}

}  // namespace

void missing_link(Teller& t) {
    auto& net = t.network_of(4);
    net.network().remove_link(0, 1);
    t.everybody_starts();
    t.passes(3 * second);
    for (std::size_t i = 0; i < 8; ++i) t.transfer_is_final_at(i % 4, 100 * millisecond);
    t.expect(net.marks().count("message passed on") > 0, "the others pass on what the two say");
    t.all_agree_within(1 * second);
    nobody_changed_a_round(t);
}

void ring_of_five(Teller& t) {
    auto& net = t.network_of(5);
    for (std::size_t a = 0; a < 5; ++a) net.network().remove_link(a, (a + 2) % 5);
    t.everybody_starts();
    t.passes(3 * second);
    for (std::size_t i = 0; i < 10; ++i) t.transfer_is_final_at(i % 5, 100 * millisecond);
    t.all_agree_within(1 * second);
    nobody_changed_a_round(t);
}

void one_deaf_link(Teller& t) {
    auto& net = t.network_of(4);
    t.everybody_starts();
    t.passes(1 * second);
    net.network().cut(0, 1);  // 1 hears 0 no more, 0 hears 1
    t.passes(10 * second);
    const auto before = net.node(1).counters().round_changes;
    for (std::size_t i = 0; i < 8; ++i) t.transfer_is_final_at(i % 4, 100 * millisecond);
    t.expect(net.node(1).counters().round_changes == before, "what 0 says comes to 1 by way of the others");
    t.all_agree_within(1 * second);
}

void restarts_behind_a_cut(Teller& t) {
    auto& net = t.network_of(4);
    t.everybody_starts();
    t.passes(1 * second);
    for (const std::size_t peer : {0u, 1u, 2u}) {
        net.network().cut(3, peer);
        net.network().cut(peer, 3);
    }
    for (std::size_t i = 0; i < 100; ++i) {
        net.node(3).crash(false);
        net.node(3).start();
        t.passes(1 * second);
    }
    t.passes(60 * second);  // timers of those who ended go off
    // Three pairs, and what the nodes themselves wait for.
    t.expect(net.scheduler().pending() < 2 * 3 + 5 * 4, "attempts to connect do not add up");
    net.network().heal_all();
    t.passes(5 * second);
    t.transfer_is_final_at(3, 1 * second);
    t.all_agree_within(1 * second);
}

void late_validator(Teller& t) {
    auto& net = t.network_of(4, 1);
    for (const std::size_t i : {0u, 1u, 2u}) net.node(i).start();
    net.clients().start();
    t.passes(20 * second);
    t.expect(net.head(0) > 100, "three of four make blocks");
    net.node(3).start();
    net.node(4).start();
    t.passes(3 * second);
    t.expect(net.node(3).runs() && net.node(3).why().signs, "who comes late votes");
    t.expect(net.head(3) + 2 >= net.head(0), "who comes late stands where the others stand");
    t.expect(net.head(4) + 8 >= net.head(0), "an observer that comes late follows");
    t.transfer_is_final_at(3, 1 * second);
}

}  // namespace talea::sim
