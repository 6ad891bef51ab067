#include "sim/stories/all.hpp"

/// What is lost, and what brings it back.
namespace talea::sim {
namespace {

/// Six blocks that are told, a backup, six more that are told, and the machine is gone.
Backup solo_chain_that_dies(Teller& t, std::size_t observers) {
    auto& net = t.network_of(1, observers);
    t.everybody_starts();
    t.passes(1 * second);
    for (int i = 0; i < 6; ++i) t.transfer_is_final_at(0);
    t.passes(1 * second);
    Backup backup = net.node(0).backup();
    for (int i = 0; i < 6; ++i) t.transfer_is_final_at(0);
    t.all_agree_within(3 * second);
    net.node(0).crash(true);
    return backup;
}

}  // namespace

void solo_restored(Teller& t) {
    const Backup backup = solo_chain_that_dies(t, 0);
    auto& net = t.network();
    const auto told = net.checker().highest();
    net.node(0).restore_blocks(backup);
    t.expect(backup.blocks.size() < told.value, "the backup lacks what was told last");
    net.node(0).start();
    t.passes(1 * second);
    t.expect(net.head(0) >= told.value, "the journal beside the key gives back what the backup lacks");
    for (int i = 0; i < 3; ++i) t.transfer_is_final_at(0);
}

void solo_recovered(Teller& t) {
    const Backup backup = solo_chain_that_dies(t, 1);
    auto& net = t.network();
    const auto told = net.checker().highest();
    net.node(0).restore_blocks(backup);
    net.node(0).lose_journal();
    net.node(0).start();
    t.passes(5 * second);
    t.expect(net.head(0) == told.value, "an observer gives back what the backup lacks");
    t.expect(net.node(0).why().in_quarantine, "a key without its journal signs nothing");
    t.transfer_waits_at(0, 120 * second);
    const auto checkpoint = net.checkpoint();
    net.node(0).recover(checkpoint);
    net.node(1).recover(checkpoint);
    t.passes(2 * second);
    for (int i = 0; i < 3; ++i) t.transfer_is_final_at(0);
    t.all_agree_within(3 * second);
    net.node(0).crash(true);
    net.node(0).start();
    t.transfer_is_final_at(0);
}

void keys_lost(Teller& t) {
    auto& net = t.network_of(4, 1);
    t.everybody_starts();
    t.passes(1 * second);
    for (std::size_t i = 0; i < 4; ++i) t.transfer_is_final_at(i);
    t.all_agree_within(1 * second);
    net.node(2).crash(true);
    net.node(3).crash(true);
    t.transfer_waits_at(0, 60 * second);
    std::vector<vm::Address> left{net.checker().next_validators()};
    std::erase_if(
        left, [&](const vm::Address& each) { return each == net.node(2).address() || each == net.node(3).address(); });
    const auto checkpoint = net.checkpoint(left);
    net.node(0).recover(checkpoint);  // the others learn of it
    t.passes(5 * second);
    t.expect(net.checker().transactions() == 5, "what waited is final");
    t.expect(vm::read_validators(net.node(0).ledger().state()) == left, "Permissions names who is left");
    for (const std::size_t i : {0u, 1u}) t.transfer_is_final_at(i);
    // They are two now, and need each other; a restart changes nothing.
    net.node(1).crash(true);
    t.transfer_waits_at(0, 5 * second);
    net.node(1).start();
    t.passes(5 * second);
    t.all_agree_within(5 * second);
    for (const std::size_t i : {0u, 1u}) t.transfer_is_final_at(i);
}

void restored_beside_its_journal(Teller& t) {
    auto& net = t.network_of(4);
    t.everybody_starts();
    net.clients().start();
    t.passes(2 * second);
    const Backup backup = net.node(3).backup();
    // Long enough for the journal to be written anew without what it held of the blocks that the backup lacks.
    t.passes(20 * second);
    net.node(3).crash(true);
    net.node(3).restore_blocks(backup);
    // Alone with one other it may not vote where it voted before; with all of them it catches up.
    for (const std::size_t other : {0u, 1u}) {
        net.network().cut(3, other);
        net.network().cut(other, 3);
    }
    net.node(3).start();
    t.passes(2 * second);
    net.network().heal_all();
    t.passes(10 * second);
    t.expect(net.node(3).runs() && net.node(3).why().signs, "it signs again without a hand");
    t.all_agree_within(5 * second);
}

void restored_with_an_old_journal(Teller& t) {
    auto& net = t.network_of(4);
    t.everybody_starts();
    t.passes(1 * second);
    for (std::size_t i = 0; i < 4; ++i) t.transfer_is_final_at(i);
    const Backup backup = net.node(3).backup();
    for (std::size_t i = 0; i < 4; ++i) t.transfer_is_final_at(i);
    // Its votes for a block that is not final are with the others when it goes back to the backup.
    net.node(2).crash(true);
    net.hold_back([](std::size_t, std::size_t, const node::Message& message) {
        return std::holds_alternative<node::Commit>(message);
    });
    t.transfer_waits_at(0, 2 * second);
    auto& old = net.node(3);
    old.crash(true);
    old.restore_blocks(backup);
    old.restore_journal(backup);
    old.start();
    const auto knows = [&] { return old.why().in_quarantine && old.is_honest; };
    t.expect(net.run_until(knows, 5 * second), "a peer shows it its newer votes, and it keeps that");
    // Now nobody shows it anything.
    old.crash(true);
    for (const std::size_t other : {0u, 1u}) {
        net.network().cut(3, other);
        net.network().cut(other, 3);
    }
    old.start();
    t.expect(old.why().in_quarantine, "it is in quarantine from its start on");
    t.passes(10 * second);
    t.expect(old.why().in_quarantine, "and stays there while too few others say where they are");
    net.network().heal_all();
    net.hold_back(nullptr);
    net.node(2).start();
    t.passes(15 * second);
    for (std::size_t i = 0; i < 3; ++i) t.transfer_is_final_at(i);
    t.passes(2 * second);
    t.expect(old.why().signs, "it signs again without a hand");
    t.all_agree_within(5 * second);
}

}  // namespace talea::sim
