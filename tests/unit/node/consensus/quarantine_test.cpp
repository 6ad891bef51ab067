// What a validator may not sign whose journal is lost or older than its votes, and how it comes back.
#include "unit/node/consensus/bench.hpp"

namespace talea::tests {
namespace {

using qbft::Bench;
using qbft::Network;

TEST_CASE("a validator without its journal signs nothing but the question where the others are") {
    Bench bench(1, {}, node::JournalStatus::lost);
    CHECK(bench.machine->why().in_quarantine);
    const auto x = bench.block(0);
    bench.say(bench.proposal(0, 0, x));
    bench.execute(x);
    bench.say(bench.prepare(0, 0, x));
    bench.say(bench.prepare(2, 0, x));
    bench.wait(5'000);
    CHECK(bench.sent<node::Prepare>(bench.all).empty());
    CHECK(bench.sent<node::RoundChange>(bench.all).empty());
    CHECK(bench.ordered<node::Persist>(bench.all).empty());
    CHECK_FALSE(bench.sent<node::HeightQuery>(bench.all).empty());
    // It follows all the same.
    for (const auto by : {0U, 2U, 3U}) bench.say(bench.commit(by, 0, x));
    CHECK(bench.ordered<node::Finalise>(bench.all).size() == 1);

    bench.say(bench.claim(0, 4, 2));  // an answer to an earlier start
    bench.say(bench.claim(2, 5, 2));
    bench.say(bench.claim(3, 5, 2));
    CHECK(bench.ordered<node::Persist>(bench.all).empty());  // two of the three others are no quorum of four
    bench.say(bench.claim(0, 5, 2));
    const auto persists = bench.ordered<node::Persist>(bench.all);
    REQUIRE(persists.size() == 1);
    CHECK(std::get<node::RejoinRecord>(persists[0].record).sign_from == vm::BlockNumber{4});
    CHECK(bench.machine->why().in_quarantine);  // not before it is durable
    bench.sync();
    CHECK_FALSE(bench.machine->why().in_quarantine);
    CHECK_FALSE(bench.machine->why().signs);  // block 2 is below
}

TEST_CASE("a peer that holds a newer message of this validator than its journal puts it into quarantine") {
    Bench bench(1);
    bench.sync();
    SUBCASE("of a later round") {
        bench.say(bench.change(1, 3));
    }
    SUBCASE("a commit without its lock") {
        bench.say(bench.commit(1, 0, bench.block(0)));
    }
    SUBCASE("of a later block") {
        const node::VoteSubject subject{{9}, 0, {}};
        bench.say(node::Prepare{subject, node::make_seal(bench.keys[1], node::vote_digest(node::MessageCode::prepare,
                                                                                          bench.domain, subject))});
    }
    CHECK(bench.machine->why().in_quarantine);
}

TEST_CASE("a quarantine that a peer's message began outlives restarts, until a rejoin is durable") {
    Bench shown(1);
    const auto x = shown.block(0);
    shown.sync();
    shown.say(shown.change(1, 3));
    auto records = shown.written();
    REQUIRE(records.size() == 2);
    CHECK(std::get<node::RejoinRecord>(records[1]).sign_from == node::sign_never);

    records.pop_back();
    CHECK_FALSE(Bench(1, node::summarise(records)).machine->why().in_quarantine);
    records.emplace_back(node::RejoinRecord{0, node::sign_never});

    Bench again(1, node::summarise(records));
    CHECK(again.machine->why().in_quarantine);
    CHECK_FALSE(again.machine->why().signs_from.has_value());
    again.say(again.proposal(0, 0, x));
    again.execute(x);
    for (const auto by : {0U, 2U, 3U}) again.say(again.prepare(by, 0, x));
    again.wait(5'000);
    CHECK(again.ordered<node::Persist>(again.all).empty());
    CHECK(again.sent<node::Commit>(again.all).empty());
    for (const auto by : {0U, 2U, 3U}) again.say(again.claim(by, 5, 1));
    for (const auto& record : again.written()) records.push_back(record);
    CHECK(std::get<node::RejoinRecord>(records.back()).sign_from == vm::BlockNumber{3});

    Bench rejoined(1, node::summarise(records));
    CHECK_FALSE(rejoined.machine->why().in_quarantine);
    CHECK(rejoined.machine->why().signs_from == vm::BlockNumber{3});
}

TEST_CASE("a journal that was lost and begun anew keeps a later quarantine too") {
    Bench bench(1, {}, node::JournalStatus::lost);
    for (const auto by : {0U, 2U, 3U}) bench.say(bench.claim(by, 5, 1));
    bench.sync();
    REQUIRE_FALSE(bench.machine->why().in_quarantine);
    const node::VoteSubject subject{{9}, 0, {}};
    bench.say(node::Prepare{
        subject, node::make_seal(bench.keys[1], node::vote_digest(node::MessageCode::prepare, bench.domain, subject))});
    CHECK(bench.machine->why().in_quarantine);
    CHECK(std::get<node::RejoinRecord>(bench.ordered<node::Persist>(bench.last).at(0).record).sign_from ==
          node::sign_never);
}

TEST_CASE("a restarted validator knows its own messages of heights above its stored head from its journal") {
    // It ended in block 2, round 1, and of all that only genesis was stored: its journal has the locks.
    const Bench made(1);
    const auto x = made.block(0), y = made.block(2, 7);
    node::JournalState journal;
    journal.heights[{1}] = {0, 0, node::LockRecord{0, {{1}, 0}, x, {}}};
    journal.heights[{2}] = {0, 2, node::LockRecord{0, {{2}, 1}, y, {}}};
    Bench bench(1, journal);
    const auto vote = [&](node::MessageCode code, std::uint64_t number, std::uint64_t round) {
        const node::VoteSubject subject{{number}, round, vm::header_hash(y)};
        const auto seal = node::make_seal(bench.keys[1], node::vote_digest(code, bench.domain, subject));
        return code == node::MessageCode::commit ? node::Message(node::Commit{subject, seal})
                                                 : node::Message(node::Prepare{subject, seal});
    };
    const auto change = [&](std::uint64_t number, std::uint64_t round, std::optional<std::uint64_t> prepared) {
        node::RoundChange message{{number}, round, {}, {}};
        if (prepared) {
            message.claim.prepared = node::PreparedClaim{*prepared, vm::header_hash(y)};
            message.certificate = node::PreparedCertificate{y, {}};
        }
        message.claim.signature = node::make_seal(
            bench.keys[1],
            node::round_change_digest(bench.domain, message.number, message.round, message.claim.prepared));
        return message;
    };
    using enum node::MessageCode;
    bool is_known = true;
    SUBCASE("what it entered") {
        bench.say(vote(prepare, 2, 0));
        bench.say(vote(prepare, 2, 1));
        bench.say(change(2, 2, 1));
    }
    SUBCASE("the commit of its lock") {
        bench.say(vote(commit, 2, 1));
    }
    SUBCASE("round 0 of the height that its last lock entered, which is two above") {
        bench.say(vote(prepare, 3, 0));
    }
    SUBCASE("not a round that it did not enter") {
        bench.say(change(2, 3, 1));
        is_known = false;
    }
    SUBCASE("not a commit of a later lock") {
        bench.say(vote(commit, 2, 2));
        is_known = false;
    }
    SUBCASE("not a later lock") {
        bench.say(change(2, 2, 2));
        is_known = false;
    }
    SUBCASE("not a commit where it had no lock") {
        bench.say(vote(commit, 3, 0));
        is_known = false;
    }
    SUBCASE("not a height that no lock entered") {
        bench.say(vote(prepare, 4, 0));
        is_known = false;
    }
    CHECK(bench.machine->why().in_quarantine != is_known);
}

TEST_CASE("what a validator signed before it rejoined does not put it into quarantine again") {
    node::JournalState journal;
    journal.sign_from = {4};
    Bench bench(1, journal);
    const auto prepare = [&](std::uint64_t number) {
        const node::VoteSubject subject{{number}, 0, {}};
        return node::Prepare{subject, node::make_seal(bench.keys[1], node::vote_digest(node::MessageCode::prepare,
                                                                                       bench.domain, subject))};
    };
    for (std::uint64_t number = 1; number < 4; ++number) bench.say(prepare(number));
    CHECK_FALSE(bench.machine->why().in_quarantine);
    bench.say(prepare(4));
    CHECK(bench.machine->why().in_quarantine);
}

TEST_CASE("a wiped validator rejoins without a hand while enough others remain") {
    Network net(4);
    net.work_to(3, 1'000);
    net.crash(2);
    net.run(500);
    net.restart(2, node::JournalStatus::lost);
    net.sync(2, 0);
    REQUIRE(net.run(10'000, [&] { return net.nodes[2].machine->why().signs; }));
    const auto at = net.nodes[0].head.header.number.value;
    net.crash(1);  // now it is needed
    REQUIRE(net.run(10'000, [&] { return net.nodes[0].head.header.number.value > at + 5; }));
    net.check_agreement();
}

TEST_CASE("the last of two that lost its journal stays in quarantine") {
    Network net(2);
    net.work_to(2, 1'000);
    net.crash(1);
    net.restart(1, node::JournalStatus::lost);
    net.run(60'000);
    CHECK(net.nodes[1].machine->why().in_quarantine);
}

}  // namespace
}  // namespace talea::tests
