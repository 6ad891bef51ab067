#include <algorithm>

#include "sim/stories/all.hpp"

/// Validators that come and go, and who else may connect.
namespace talea::sim {
namespace {

Simulation& network_with_candidates(Teller& t, std::size_t validators, std::size_t candidates) {
    Options options = healthy_options(1);
    options.validators = validators;
    options.candidates = candidates;
    return t.network(options);
}

/// A change of Permissions is handed in at `node` and final soon.
void change_is_final_at(Teller& t, std::size_t node, const SignedTransaction& change) {
    auto& net = t.network();
    t.expect(net.node(node).submit(change), "a change of Permissions is taken");
    t.expect(net.run_until([&] { return net.checker().is_final(change->hash); }, 5 * second),
             "a change of Permissions is final soon");
    t.passes(500 * millisecond);
}

bool validates(Simulation& net, std::size_t index) {
    return std::ranges::binary_search(net.checker().next_validators(), net.node(index).address());
}

}  // namespace

void one_to_four_to_one(Teller& t) {
    auto& net = network_with_candidates(t, 1, 3);
    t.everybody_starts();
    t.passes(2 * second);
    t.transfer_is_final_at(0);
    for (std::size_t i = 1; i < 4; ++i) {
        change_is_final_at(t, 0, net.economy().add_validator(person(1, i), net.world().genesis_hash()));
        t.expect(net.checker().next_validators().size() == i + 1, "the set grows by one");
        t.expect(net.node(i).why().signs, "the new validator signs from the next block on");
        for (std::size_t at = 0; at <= i; ++at) t.transfer_is_final_at(at);
    }
    net.node(0).crash(true);
    for (std::size_t i = 1; i < 4; ++i) t.transfer_is_final_at(i);
    net.node(0).start();
    t.passes(3 * second);
    // The last one is not the first.
    for (const std::size_t i : {0u, 1u, 3u}) {
        change_is_final_at(t, 2, net.economy().remove_validator(net.node(i).address()));
        t.expect(!net.node(i).why().signs, "who was removed signs nothing more");
        t.transfer_is_final_at(2);
    }
    t.expect(net.checker().next_validators().size() == 1 && validates(net, 2), "one validator is left");
    for (const std::size_t i : {0u, 1u, 3u}) net.node(i).crash(true);
    for (int i = 0; i < 5; ++i) t.transfer_is_final_at(2);
    t.everybody_starts();
    t.all_agree_within(10 * second);
}

void replaced_in_mid_height(Teller& t) {
    auto& net = network_with_candidates(t, 4, 1);
    t.everybody_starts();
    t.passes(2 * second);
    const auto why = net.node(0).why();
    std::size_t proposer = 0;
    while (net.node(proposer).address() != why.proposer) ++proposer;
    const std::size_t other = (proposer + 1) % 4;
    // The block that replaces its own proposer is locked everywhere, and final nowhere, when the proposer loses power.
    net.hold_back([&](std::size_t, std::size_t, const node::Message& message) {
        return std::holds_alternative<node::Commit>(message) && node::view_of(message)->number == why.number;
    });
    const auto change =
        net.economy().replace_validator(net.node(proposer).address(), person(1, 4), net.world().genesis_hash());
    t.expect(net.node(proposer).submit(change), "the proposer takes the change that removes it");
    t.passes(100 * millisecond);
    t.expect(net.node(other).why().lock.has_value(), "the others are locked on the block");
    net.node(proposer).crash(true);
    t.passes(100 * millisecond);
    t.expect(!net.checker().is_final(change->hash), "nothing is final yet");
    net.hold_back({});
    t.passes(5 * second);
    t.expect(net.checker().is_final(change->hash), "what was locked becomes final without its proposer");
    t.expect(validates(net, 4) && !validates(net, proposer), "from the next block on the new validator takes part");
    for (const std::size_t at : {other, (proposer + 2) % 4, std::size_t{4}}) t.transfer_is_final_at(at);
    net.node(proposer).start();
    t.passes(3 * second);
    t.expect(!net.node(proposer).why().signs, "who was replaced follows and signs nothing");
    t.all_agree_within(3 * second);
    net.node(other).crash(true);
    t.transfer_is_final_at(4);
}

void proposer_removed(Teller& t) {
    auto& net = t.network_of(4);
    t.everybody_starts();
    t.passes(1 * second);
    const auto why = net.node(0).why();
    std::size_t proposer = 0;
    while (net.node(proposer).address() != why.proposer) ++proposer;
    const std::size_t next = (proposer + 1) % 4;
    // The block's own proposer goes, and so does whoever would come next.
    change_is_final_at(t, proposer, net.economy().remove_validator(net.node(proposer).address()));
    change_is_final_at(t, proposer, net.economy().remove_validator(net.node(next).address()));
    t.expect(net.checker().next_validators().size() == 2, "two validators are left");
    for (std::size_t i = 0; i < 4; ++i) t.transfer_is_final_at(i);
    for (std::size_t i = 0; i < 4; ++i)
        t.expect(net.node(i).counters().round_changes == 0, "nobody waits for a proposer that is gone");
    t.all_agree_within(2 * second);
}

void node_cut_off(Teller& t) {
    auto& net = t.network_of(4, 2);
    constexpr std::size_t observer = 4, other = 5;
    t.everybody_starts();
    net.clients().start();
    t.passes(2 * second);
    t.transfer_is_final_at(observer);
    t.expect(net.node(observer).peers() == 5, "it is connected to all");
    change_is_final_at(t, 0, net.economy().remove_node(net.node(observer).address()));
    const auto left_at = net.head(observer);
    for (std::size_t i = 0; i < net.nodes(); ++i)
        t.expect(!net.node(i).is_peer(net.node(observer).address()), fmt::format("n{} has dropped it", i));
    t.passes(20 * second);
    t.expect(net.head(observer) == left_at, "it cannot follow");
    t.expect(net.head(0) > left_at + 20 && net.head(other) > left_at + 20, "the others go on");
    t.expect(net.marks().count("not admitted") > 0, "it is told why");
    // Not even a restart helps, by which it forgets what it was told.
    net.node(observer).crash(false);
    net.node(observer).start();
    t.passes(5 * second);
    t.expect(net.head(observer) == left_at, "it cannot follow after a restart");
    change_is_final_at(t, 0, net.economy().admit_node(person(3, 0)));
    t.passes(10 * second);
    t.transfer_is_final_at(observer);
    t.expect(net.node(observer).peers() == 5, "it is connected to all again");
    net.clients().stop();
    t.all_agree_within(5 * second);
}

}  // namespace talea::sim
