// What is prepared, committed and finalised, and when: each case is a line of what broke elsewhere, or of the crash
// rules.
#include "node/consensus/message_store.hpp"
#include "node/consensus/timing.hpp"
#include "unit/node/consensus/bench.hpp"

namespace talea::tests {
namespace {

using node::NoticeKind;
using qbft::Bench;

TEST_CASE("commits of one block from a quorum over several rounds finalise nothing, and those of one round do") {
    Bench bench(1);
    const auto x = bench.take_proposal();
    bench.say(bench.commit(0, 0, x));
    bench.say(bench.commit(2, 2, x));
    bench.say(bench.commit(3, 4, x));
    CHECK(bench.ordered<node::Finalise>(bench.all).empty());
    bench.say(bench.commit(2, 0, x));
    bench.say(bench.commit(3, 0, x));
    const auto final_blocks = bench.ordered<node::Finalise>(bench.last);
    REQUIRE(final_blocks.size() == 1);
    CHECK(final_blocks[0].certificate.round == 0);
    CHECK(final_blocks[0].certificate.seals.size() == 3);
}

TEST_CASE("the six rounds that fork a chain whose seals leave the round out make no second quorum here") {
    // Only A locks X in round 0, only B locks Y in 1, C locks X in 2, B locks Y in 3, D locks X in 4, and A, B, C
    // commit Y in 5. The three commits of X came in rounds 0, 2 and 4.
    Bench bench(3);
    const auto x = bench.block(0, 1), y = bench.block(1, 2);
    bench.say(bench.commit(0, 0, x));
    bench.say(bench.commit(2, 2, x));
    bench.say(bench.commit(1, 4, x));
    CHECK(bench.ordered<node::FetchBlock>(bench.all).empty());
    for (std::size_t by = 0; by < 3; ++by) bench.say(bench.commit(by, 5, y));
    REQUIRE(bench.ordered<node::FetchBlock>(bench.all).size() == 1);
    bench.execute(y);
    const auto final_blocks = bench.ordered<node::Finalise>(bench.all);
    REQUIRE(final_blocks.size() == 1);
    CHECK(final_blocks[0].hash == vm::header_hash(y));
}

TEST_CASE("nothing is sent before what it rests on is durable") {
    Bench bench(1);
    const auto x = bench.block(0);
    bench.say(bench.proposal(0, 0, x));
    bench.execute(x);
    CHECK(bench.sent<node::Prepare>(bench.all).empty());  // the round is not durable
    bench.sync();
    CHECK(bench.sent<node::Prepare>(bench.all).size() == 1);
    bench.say(bench.prepare(0, 0, x));
    bench.say(bench.prepare(2, 0, x));
    REQUIRE(bench.count(NoticeKind::locked) == 1);
    CHECK(bench.sent<node::Commit>(bench.all).empty());  // the lock is not durable
    bench.sync();
    CHECK(bench.sent<node::Commit>(bench.all).size() == 1);
    bench.wait(200);
    CHECK(bench.count(NoticeKind::round_timed_out) == 1);
    CHECK(bench.sent<node::RoundChange>(bench.all).empty());  // the later round is not durable
    bench.sync();
    const auto changes = bench.sent<node::RoundChange>(bench.all);
    REQUIRE(changes.size() == 1);
    // The lock is carried along.
    REQUIRE(changes[0].claim.prepared.has_value());
    CHECK(changes[0].claim.prepared->hash == vm::header_hash(x));
}

TEST_CASE("a lock that becomes durable after its round was left is not committed in it, and is carried along") {
    Bench bench(1);
    const auto x = bench.take_proposal();
    bench.say(bench.prepare(0, 0, x));
    bench.say(bench.prepare(2, 0, x));
    bench.wait(200);
    bench.sync();
    CHECK(bench.sent<node::Commit>(bench.all).empty());
    CHECK(bench.sent<node::RoundChange>(bench.all)[0].claim.prepared.has_value());
}

TEST_CASE("a block is prepared only when it is executed and valid, and an invalid one ends the round at once") {
    Bench bench(1);
    const auto x = bench.block(0);
    bench.sync();
    bench.say(bench.proposal(0, 0, x));
    CHECK(bench.sent<node::Prepare>(bench.all).empty());
    bench.execute(x, "transaction 0 may not stand in the block");
    CHECK(bench.sent<node::Prepare>(bench.all).empty());
    CHECK(bench.machine->why().round == 1);
}

TEST_CASE("a height that comes to nothing adds no block a round to the journal, which holds what is voted on") {
    Bench bench(1);
    bench.sync();
    // Of the bodies that are written: those which a driver that drops all it may still has.
    const auto bodies = [&] {
        std::vector<node::JournalRecord> journal;
        for (const auto& action : bench.all) {
            if (const auto* persist = std::get_if<node::Persist>(&action)) journal.push_back(persist->record);
            if (const auto* keep = std::get_if<node::KeepBody>(&action))
                journal.emplace_back(node::BodyRecord{keep->number, keep->hash, {}});
            if (const auto* drop = std::get_if<node::DropJournal>(&action))
                journal = node::compact(journal, next(drop->number));
        }
        std::vector<vm::Hash> hashes;
        for (const auto& record : journal)
            if (const auto* body = std::get_if<node::BodyRecord>(&record)) hashes.push_back(body->hash);
        return hashes;
    };
    const auto proposed_in = [&](std::uint64_t round, const vm::Header& header) {
        std::vector<node::RoundChangeClaim> claims;
        for (const auto other : {0U, 2U, 3U}) {
            const auto change = bench.change(other, round);
            claims.push_back(change.claim);
            bench.say(change);
        }
        bench.sync();
        bench.say(bench.proposal(0, round, header, claims));
        bench.execute(header);
    };
    std::uint64_t round = 4;
    for (std::uint8_t salt = 1; salt < 10; ++salt, round += 4) {
        const auto header = bench.block(0, salt);
        proposed_in(round, header);
        CHECK(bodies() == std::vector{vm::header_hash(header)});
    }
    // A block that an earlier round left, and its journal dropped.
    const auto again = bench.block(0, 9);
    proposed_in(round, bench.block(0, 77));
    CHECK(bodies() == std::vector{vm::header_hash(bench.block(0, 77))});
    proposed_in(round + 4, again);
    CHECK(bodies() == std::vector{vm::header_hash(again)});
    CHECK(bench.sent<node::Prepare>(bench.last).size() == 1);
    // A lock keeps its body in all later rounds.
    bench.say(bench.prepare(0, round + 4, again));
    bench.say(bench.prepare(2, round + 4, again));
    REQUIRE(bench.count(NoticeKind::locked) == 1);
    const auto change = bench.change(0, round + 8), other = bench.change(2, round + 8);
    bench.say(change);
    bench.say(other);
    CHECK(bench.machine->why().round == round + 8);
    CHECK(bodies() == std::vector{vm::header_hash(again)});
}

TEST_CASE("a quorum that finalises what this node finds invalid stops it") {
    Bench bench(1);
    const auto x = bench.block(0);
    bench.sync();
    bench.say(bench.proposal(0, 0, x));
    bench.execute(x, "the state root is not that of the state");
    for (const auto by : {0U, 2U, 3U}) bench.say(bench.commit(by, 0, x));
    // The round took its candidate along: the block is fetched and judged once more.
    bench.execute(x, "the state root is not that of the state");
    REQUIRE(bench.ordered<node::Halt>(bench.all).size() == 1);
    CHECK(bench.ordered<node::Finalise>(bench.all).empty());
    CHECK(bench.machine->step(node::TimerExpired{}, {bench.now, {1}}).empty());
}

TEST_CASE("commits finalise whoever has not seen a proposal or a prepare") {
    Bench bench(1);
    const auto x = bench.block(0);
    for (const auto by : {0U, 2U, 3U}) bench.say(bench.commit(by, 0, x));
    const auto fetches = bench.ordered<node::FetchBlock>(bench.all);
    REQUIRE(fetches.size() == 1);
    CHECK(fetches[0].from.size() == 3);
    bench.execute(x);
    CHECK(bench.ordered<node::Finalise>(bench.all).size() == 1);
}

TEST_CASE("a finished height is left in the same step, and nothing is said about it any more") {
    Bench bench(1);
    const auto x = bench.take_proposal();
    for (const auto by : {0U, 2U, 3U}) bench.say(bench.commit(by, 0, x));
    CHECK(bench.machine->why().number == vm::BlockNumber{2});
    const auto before = bench.all.size();
    bench.say(bench.prepare(3, 0, x));
    bench.say(bench.commit(3, 0, x));
    bench.wait(200);
    for (auto i = before; i < bench.all.size(); ++i) {
        CHECK_FALSE(std::holds_alternative<node::Broadcast>(bench.all[i]));
        CHECK_FALSE(std::holds_alternative<node::Finalise>(bench.all[i]));
        CHECK_FALSE(std::holds_alternative<node::ShowHead>(bench.all[i]));
    }
    // Who is stuck below is shown where the head is.
    bench.say(bench.change(3, 1));
    REQUIRE(bench.ordered<node::ShowHead>(bench.last).size() == 1);
    CHECK(bench.ordered<node::ShowHead>(bench.last)[0].to == bench.address(3));
}

TEST_CASE("who repeats nothing but the COMMIT of a finished height is shown where the head is") {
    Bench bench(1);
    const auto x = bench.take_proposal();
    for (const auto by : {0U, 2U, 3U}) bench.say(bench.commit(by, 0, x));
    REQUIRE(bench.machine->why().number == vm::BlockNumber{2});
    bench.say(bench.commit(3, 0, x));
    CHECK(bench.ordered<node::ShowHead>(bench.last).empty());
    bench.wait(node::limits::resend_first_ms);
    bench.say(bench.commit(3, 0, x));
    REQUIRE(bench.ordered<node::ShowHead>(bench.last).size() == 1);
    CHECK(bench.ordered<node::ShowHead>(bench.last)[0].to == bench.address(3));
}

TEST_CASE("one author's messages are one vote, whoever brings them, and cannot push out another's") {
    node::MessageStore store;
    const auto keys = tests::keys(4);
    const auto vote = [](std::uint64_t round, std::uint8_t hash) { return node::Commit{{{1}, round, {{hash}}}, {}}; };
    const auto a = vm::address_of(keys[0]), b = vm::address_of(keys[1]);
    using Added = node::MessageStore::Added;
    CHECK(store.add(b, vote(3, 1)) == Added::added);
    CHECK(store.add(a, vote(3, 1)) == Added::added);
    CHECK(store.add(a, vote(3, 1)) == Added::known);
    CHECK(store.add(a, vote(3, 2)) == Added::conflicting);
    CHECK_FALSE(store.commit_quorum(3).has_value());
    for (std::uint64_t round = 4; round < 1'000; ++round) store.add(a, vote(round, 1));
    CHECK(store.votes(b, 3).committed);
    CHECK_FALSE(store.votes(a, 3).committed);  // its own went
    CHECK(store.add(a, vote(3, 1)) == Added::outdated);
}

TEST_CASE(
    "an earlier incarnation's round is not prepared or proposed in again, and its lock is committed byte for byte") {
    Bench first(1);
    const auto x = first.take_proposal();
    first.say(first.prepare(0, 0, x));
    first.say(first.prepare(2, 0, x));
    first.sync();
    const auto before = first.sent<node::Commit>(first.all);
    REQUIRE(before.size() == 1);
    auto records = first.written();

    SUBCASE("with the lock") {
        Bench again(1, node::summarise(records));
        bool same = false;
        for (const auto& action : again.all)
            if (const auto* sent = std::get_if<node::SendTo>(&action))
                same = same || sent->message == node::Message(before[0]);
        CHECK(same);
        again.execute(x);
        again.say(again.proposal(0, 0, x));
        CHECK(again.sent<node::Prepare>(again.all).empty());
        again.say(again.commit(0, 0, x));
        again.say(again.commit(2, 0, x));
        CHECK(again.ordered<node::Finalise>(again.all).size() == 1);
    }
    SUBCASE("without it: the round may be locked and committed anew") {
        records.resize(1);
        Bench again(1, node::summarise(records));
        again.say(again.proposal(0, 0, x));
        again.execute(x);
        CHECK(again.sent<node::Prepare>(again.all).empty());
        for (const auto by : {0U, 2U, 3U}) again.say(again.prepare(by, 0, x));
        again.sync();
        CHECK(again.sent<node::Commit>(again.all) == before);
    }
    SUBCASE("and the proposer of that round does not propose") {
        Bench leader(0, node::summarise({node::EnterRecord{0, {{1}, 0}}}));
        leader.give(node::WorkPending{});
        CHECK(leader.ordered<node::Build>(leader.all).empty());
    }
}

TEST_CASE("own latest messages go again to a peer that comes back, and to all while something is owed") {
    Bench bench(1);
    const auto x = bench.take_proposal();
    bench.give(node::PeerDisconnected{bench.address(2)});
    bench.give(node::PeerConnected{bench.address(2)});
    const auto again = bench.ordered<node::SendTo>(bench.last);
    REQUIRE(again.size() == 1);
    CHECK(std::holds_alternative<node::Prepare>(again[0].message));
    bench.wait(200);
    bench.sync();
    bench.wait(250);
    CHECK(bench.count(NoticeKind::resent) == 1);
    CHECK(bench.sent<node::RoundChange>(bench.last).size() == 1);
}

}  // namespace
}  // namespace talea::tests
