#include "sim/stories/all.hpp"

/// What befalls every network sooner or later.
namespace talea::sim {

void first_start_of_four(Teller& t) {
    t.network_of(4);
    t.everybody_starts();
    t.passes(1 * second);
    for (std::size_t i = 0; i < 4; ++i) t.expect(t.network().head(i) >= 1, "block 1 is due once all are connected");
    for (std::size_t i = 0; i < 4; ++i) t.transfer_is_final_at(i, 50 * millisecond);
    t.all_agree_within(1 * second);
    for (std::size_t i = 0; i < 4; ++i)
        t.expect(t.network().node(i).counters().round_changes == 0, "a healthy start needs no round change");
}

void two_back_after_a_day(Teller& t) {
    auto& net = t.network_of(4);
    t.everybody_starts();
    t.passes(1 * second);
    t.transfer_is_final_at(0);
    net.node(2).crash(false);
    net.node(3).crash(false);
    t.transfer_waits_at(0, 24 * 3'600 * second);
    net.node(2).start();
    net.node(3).start();
    t.passes(15 * second);
    t.all_agree_within(15 * second);
    for (std::size_t i = 0; i < 4; ++i) t.transfer_is_final_at(i, 1 * second);
    t.expect(net.checker().transactions() == 6, "what waited for a day is final too");
}

void power_cut_of_all(Teller& t) {
    auto& net = t.network_of(4);
    t.everybody_starts();
    net.clients().start();
    for (int cut = 0; cut < 20; ++cut) {
        t.passes((137 + 7 * static_cast<Micros>(cut)) * millisecond + 311 * static_cast<Micros>(cut));
        const auto told = net.checker().highest();
        for (std::size_t i = 0; i < 4; ++i) net.node(i).crash(true);
        t.passes(1 * second);
        t.everybody_starts();
        const bool goes_on = net.run_until([&] { return net.checker().highest().value > told.value + 2; }, 60 * second);
        t.expect(goes_on, "the chain goes on without a hand");
        t.all_agree_within(10 * second);
    }
}

void wiped_and_rejoined(Teller& t) {
    auto& net = t.network_of(4);
    t.everybody_starts();
    net.clients().start();
    t.passes(2 * second);
    net.node(3).crash(true);
    t.passes(1 * second);
    net.node(3).wipe();
    net.node(3).start();
    t.passes(10 * second);
    t.expect(net.marks().count("quarantined") > 0, "a validator without its journal is in quarantine");
    t.expect(net.node(3).runs() && !net.node(3).why().in_quarantine && net.node(3).why().signs,
             "it signs again without a hand");
    t.all_agree_within(5 * second);
}

void halves_that_heal(Teller& t) {
    auto& net = t.network_of(4);
    t.everybody_starts();
    t.passes(1 * second);
    for (const std::size_t left : {0u, 1u})
        for (const std::size_t right : {2u, 3u}) {
            net.network().cut(left, right);
            net.network().cut(right, left);
        }
    t.transfer_waits_at(0, 60 * second);
    net.network().heal_all();
    t.passes(15 * second);
    t.all_agree_within(5 * second);
    for (std::size_t i = 0; i < 4; ++i) t.transfer_is_final_at(i, 1 * second);
}

void half_open_links_only(Teller& t) {
    auto& net = t.network_of(4);
    t.everybody_starts();
    t.passes(1 * second);
    // Each pair hears one way only.
    for (std::size_t a = 0; a < 4; ++a)
        for (std::size_t b = a + 1; b < 4; ++b) net.network().cut((a + b) % 2 == 0 ? a : b, (a + b) % 2 == 0 ? b : a);
    t.passes(30 * second);
    net.network().heal_all();
    t.passes(15 * second);
    t.all_agree_within(5 * second);
    for (std::size_t i = 0; i < 4; ++i) t.transfer_is_final_at(i, 1 * second);
}

void flood_that_is_revoked(Teller& t) {
    auto& net = t.network_of(4);
    t.everybody_starts();
    t.passes(1 * second);
    auto& economy = net.economy();
    for (int i = 0; i < 800; ++i) static_cast<void>(net.node(0).submit(economy.idle_transfer(5)));
    const auto begun = net.checker().highest();
    const auto revoke = economy.revoke(economy.actor(5).address);
    t.expect(net.node(1).submit(revoke), "the administrator is heard during a flood");
    const bool revoked = net.run_until([&] { return net.checker().is_final(revoke->hash); }, 5 * second);
    t.expect(revoked && net.checker().highest().value <= begun.value + 2, "the key is revoked within two blocks");
    t.transfer_is_final_at(2, 1 * second);
    const auto later = net.checker().transactions();
    t.passes(5 * second);
    t.expect(net.checker().transactions() == later, "nothing of the revoked key gets into a block");
}

void solo_chain(Teller& t) {
    t.network_of(1, 1);
    t.everybody_starts();
    t.passes(1 * second);
    for (int i = 0; i < 10; ++i) t.transfer_is_final_at(0, 20 * millisecond);
    t.network().node(0).crash(true);
    t.network().node(0).start();
    t.passes(1 * second);
    t.transfer_is_final_at(0, 50 * millisecond);
    t.all_agree_within(2 * second);
}

void leader_with_two_blocks(Teller& t) {
    auto& net = t.network_of(4);
    net.node(2).corrupt();
    t.everybody_starts();
    net.clients().start();
    t.passes(30 * second);
    t.expect(net.marks().count("lie: equivocation") > 0, "it does propose two blocks, or vote for two");
    t.expect(net.checker().highest().value > 20, "a chain with one liar goes on");
    t.all_agree_within(10 * second);
}

}  // namespace talea::sim
