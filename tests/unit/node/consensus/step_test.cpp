#include "node/consensus/step.hpp"

#include "unit/node/consensus/network.hpp"
#include "unit/random.hpp"

namespace talea::tests {
namespace {

using qbft::Network;
using qbft::NoticeKind;

template <class M>
std::size_t count_sent(const qbft::Node& n) {
    return static_cast<std::size_t>(
        std::ranges::count_if(n.sent_messages, [](const auto& message) { return std::holds_alternative<M>(message); }));
}

TEST_CASE("one validator makes blocks with the same step function, one sync each") {
    Network net(1);
    net.work_to(5, 1'000);
    const auto& n = net.nodes[0];
    CHECK(n.sent == 0);
    for (const auto& f : n.finalised) CHECK(f.certificate.round == 0);
    CHECK(n.finalised[0].certificate.validators.size() == 1);
    CHECK(n.finalised[1].certificate.validators.empty());
    // One to enter block 1, then each lock enters the next height too.
    CHECK(n.syncs <= n.finalised.size() + 2);
}

TEST_CASE("four healthy validators make a block with 27 messages and one sync each, without a round change") {
    Network net(4);
    net.work_to(1, 1'000);
    for (auto& n : net.nodes) n.sent = n.syncs = 0;
    const auto before = net.nodes[0].head.header.number.value;
    REQUIRE(net.run_to(before + 20, 5'000));
    std::size_t sent = 0;
    for (const auto& n : net.nodes) {
        sent += n.sent;
        CHECK(n.syncs <= 21);
        CHECK(n.count(NoticeKind::round_timed_out) == 0);
        CHECK(n.count(NoticeKind::round_change_sent) == 0);
        CHECK(n.count(NoticeKind::resent) == 0);
    }
    CHECK(sent <= 27 * 21);
    net.check_agreement();
}

TEST_CASE("an idle network signs one block an idle interval and times no round out") {
    Network net(4);
    net.start_all();
    REQUIRE(net.run_to(1, 1'000));
    net.run(95'000);
    for (const auto& n : net.nodes) {
        CHECK(n.finalised.size() == 4);
        CHECK(n.count(NoticeKind::round_timed_out) == 0);
        CHECK(n.count(NoticeKind::round_change_sent) == 0);
    }
}

TEST_CASE("block 1 is not made before a quorum is connected") {
    Network net(4);
    for (std::size_t i = 0; i < 4; ++i) net.start(i);
    net.run(20'000);
    for (const auto& n : net.nodes) {
        CHECK(n.finalised.empty());
        CHECK(n.sent == 0);
        CHECK(n.machine->why().waits_for == node::WaitsFor::connections);
    }
    net.connect_all();
    CHECK(net.run_to(1, 100));
}

TEST_CASE("with one of four down the others go on, and do not wait for a proposer whose connection is gone") {
    Network net(4);
    net.work_to(3, 1'000);
    net.crash(2);
    const auto at = net.nodes[0].head.header.number.value;
    const auto begun = net.time();
    REQUIRE(net.run_to(at + 12, 2'000));
    // Three of the twelve have the dead one as first proposer; none costs a round's timeout.
    CHECK(net.time().ms - begun.ms < 12 * 60);
    CHECK(net.nodes[0].count(NoticeKind::proposer_gone) + net.nodes[1].count(NoticeKind::proposer_gone) > 0);
    CHECK(net.nodes[0].count(NoticeKind::round_timed_out) == 0);
    net.check_agreement();
}

TEST_CASE("two of four make nothing, and all four go on when the others are back after an hour") {
    Network net(4);
    net.work_to(2, 1'000);
    net.crash(0);
    net.crash(3);
    net.run(1'000);
    const auto at = net.nodes[1].head.header.number.value;
    net.run(3'600'000);
    CHECK(net.nodes[1].head.header.number.value == at);
    CHECK(net.nodes[2].head.header.number.value == at);
    net.restart(0);
    net.restart(3);
    REQUIRE(net.run_to(at + 3, 15'000));
    net.check_agreement();
}

TEST_CASE("after a power cut of all, what was final stays final and the chain goes on without a hand") {
    for (std::uint64_t cut_after = 1; cut_after < 40; ++cut_after) {
        CAPTURE(cut_after);
        Network net(4);
        net.work_to(2, 1'000);
        net.run(cut_after);
        for (std::size_t i = 0; i < 4; ++i) net.crash(i);
        // The block store is lazy: the head falls back by one, and the journals must bring the very block again.
        for (std::size_t i = 0; i < 4; ++i) net.start(i);
        net.connect_all();
        const auto at = net.nodes[0].head.header.number.value;
        REQUIRE(net.run_to(at + 3, 5'000));
        net.check_agreement();
    }
}

TEST_CASE("a block that was final and not yet stored anywhere is made again by the journals") {
    Network net(4);
    net.work = true;
    net.start_all();
    const auto genesis = net.nodes[0].head;
    REQUIRE(net.run_to(1, 1'000));
    const auto first = net.nodes[0].finalised[0].hash;
    for (std::size_t i = 0; i < 4; ++i) net.crash(i);
    for (auto& n : net.nodes) {
        n.head = genesis;
        n.finalised.clear();
    }
    for (std::size_t i = 0; i < 4; ++i) net.start(i);
    net.connect_all();
    REQUIRE(net.run_to(2, 5'000));
    for (const auto& n : net.nodes) CHECK(n.finalised[0].hash == first);
    net.check_agreement();
}

TEST_CASE("a solo chain goes on after a restart, with what it had locked") {
    Network net(1);
    net.work_to(3, 1'000);
    net.crash(0);
    net.restart(0);
    const auto at = net.nodes[0].head.header.number.value;
    REQUIRE(net.run_to(at + 3, 2'000));
    net.check_agreement();
}

TEST_CASE("a validator whose signer is away says nothing, follows, and votes again when it is back") {
    Network net(4);
    net.work_to(5, 2'000);
    auto& without = net.nodes[2];
    without.signer->is_away = true;
    const auto sent = without.sent_messages.size(), asked = without.signer->asked;
    const auto at = without.head.header.number.value;
    // The others lose the rounds that it leads, no more.
    net.run(20'000);
    CHECK(without.head.header.number.value > at + 100);
    CHECK(without.head.header.number.value + 1 >= net.nodes[0].head.header.number.value);
    CHECK(without.machine->why().waits_for == node::WaitsFor::signer);
    CHECK(without.signer->asked - asked <= 21);  // it is left alone for a second each time
    CHECK(without.count(NoticeKind::signer_away) >= 15);
    const auto signs_later = [&](std::size_t from, std::uint64_t than) {
        return std::ranges::any_of(without.sent_messages.begin() + static_cast<std::ptrdiff_t>(from),
                                   without.sent_messages.end(), [&](const node::Message& message) {
                                       const auto view = node::view_of(message);
                                       return view && view->number.value > than;
                                   });
    };
    CHECK_FALSE(signs_later(sent, at + 1));
    without.signer->is_away = false;
    const auto back = without.head.header.number.value;
    net.run(2'000);
    CHECK(signs_later(sent, back));
    net.check_agreement();
}

TEST_CASE("with the signers of two of four away nothing is final, and one that is back suffices") {
    Network net(4);
    net.work_to(5, 2'000);
    net.nodes[1].signer->is_away = net.nodes[2].signer->is_away = true;
    net.run(30'000);
    const auto at = net.nodes[0].head.header.number.value;
    net.run(30'000);
    CHECK(net.nodes[0].head.header.number.value == at);
    net.nodes[1].signer->is_away = false;
    CHECK(net.run_to(at + 10, 30'000));
    net.check_agreement();
}

TEST_CASE("one whose signer is away when it starts again says later what its lock binds it to") {
    Network net(1);
    // Dies with a durable lock and no COMMIT.
    net.work_to(3, 2'000);
    net.nodes[0].signer->is_away = true;
    net.run(5'000);
    const auto at = net.nodes[0].head.header.number.value;
    net.crash(0);
    net.restart(0);
    net.run(5'000);
    CHECK(net.nodes[0].head.header.number.value == at);
    net.nodes[0].signer->is_away = false;
    CHECK(net.run_to(at + 3, 5'000));
    net.check_agreement();
}

TEST_CASE("a chain grows from one validator to four and back") {
    const auto all = keys(4);
    Network net(all, 1);
    const auto set = [&](std::size_t count) {
        auto some = addresses(all);
        some.resize(count);
        return some;
    };
    net.set_after = [&](const vm::Header& header) {
        const auto n = header.number.value;
        return n < 5 || n >= 20 ? set(1) : set(4);
    };
    net.work = true;
    net.start_all();
    REQUIRE(net.run(5'000, [&] { return net.nodes[0].head.header.number.value >= 5; }));
    for (std::size_t i = 1; i < 4; ++i) net.sync(i, 0);
    REQUIRE(net.run(10'000, [&] { return net.nodes[0].head.header.number.value >= 25; }));
    const auto& finalised = net.nodes[0].finalised;
    CHECK(finalised[4].certificate.seals.size() == 1);
    CHECK(finalised[5].certificate.validators.size() == 4);
    CHECK(finalised[5].certificate.seals.size() >= 3);
    CHECK(finalised[20].certificate.validators.size() == 1);
    net.check_agreement();
}

TEST_CASE("the proposer is removed in the middle of the chain, and nobody waits for it") {
    Network net(4);
    net.work = true;
    const auto all = addresses(keys(4));
    net.set_after = [&](const vm::Header& header) {
        auto set = all;
        if (header.number.value >= 4) std::erase(set, header.number.value == 4 ? header.beneficiary : all[0]);
        return set;
    };
    net.start_all();
    REQUIRE(net.run(5'000, [&] { return net.nodes[1].head.header.number.value >= 12; }));
    net.check_agreement();
}

/// Ten networks of four at work, one after the other, each of which loses one message in `lost`.
void try_lossy_networks(Random& random, std::uint64_t lost, const std::function<void(Network&)>& trial) {
    for (int run = 0; run < 10; ++run) {
        CAPTURE(run);
        Network net(4);
        net.work = true;
        net.lose = [&](std::size_t, std::size_t, const node::Message&) { return random.below(lost) == 0; };
        net.start_all();
        trial(net);
        net.check_agreement();
    }
}

TEST_CASE("a network that loses a fifth of its messages goes on and never forks") {
    Random random;
    CAPTURE(random.seed);
    try_lossy_networks(random, 5, [](Network& net) {
        REQUIRE(net.run(120'000, [&] { return net.nodes[0].head.header.number.value >= 15; }));
    });
}

TEST_CASE("crashes at random moments, one at a time, fork nothing and stop nothing") {
    Random random;
    CAPTURE(random.seed);
    try_lossy_networks(random, 20, [&](Network& net) {
        for (int crash = 0; crash < 20; ++crash) {
            net.run(random.below(300));
            const auto at = random.below(4);
            net.crash(at);
            net.run(random.below(500));
            net.restart(at);
        }
        const auto at = net.nodes[0].head.header.number.value;
        REQUIRE(net.run(120'000, [&] {
            return std::ranges::all_of(net.nodes, [&](const auto& n) { return n.head.header.number.value >= at + 5; });
        }));
    });
}

}  // namespace
}  // namespace talea::tests
