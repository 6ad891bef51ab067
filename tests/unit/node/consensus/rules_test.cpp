// The step function one rule at a time: a machine among four, everything else said by the test. Each case is a line of
// what broke elsewhere, or of the crash rules.
#include "node/consensus/message_store.hpp"
#include "node/consensus/timing.hpp"
#include "unit/node/consensus/network.hpp"
#include "unit/random.hpp"

namespace talea::tests {
namespace {

using node::Instant;
using node::NoticeKind;
using qbft::Network;

/// The machine of one of four validators (by rank) at block 1, whose proposer in round r is validator r mod 4.
struct Bench {
    std::vector<vm::PrivateKey> keys = qbft::keys(4);
    node::FinalBlock head = qbft::genesis(qbft::addresses(keys));
    std::size_t me;
    node::KeySigner signer;
    std::optional<node::Consensus> machine;
    node::SigningDomain domain{qbft::genesis_hash, 0};
    Instant now{1'000};
    std::vector<node::Action> all, last;

    explicit Bench(std::size_t rank, node::JournalState journal = {},
                   node::JournalStatus status = node::JournalStatus::sound)
        : me(rank), signer(keys[rank]) {
        node::ConsensusOptions options;
        options.genesis_hash = qbft::genesis_hash;
        options.signer = &signer;
        options.journal = status;
        options.journal_state = std::move(journal);
        options.start_nonce = 5;
        machine.emplace(std::move(options), head);
        take(machine->start({now, {1'001}}));
        for (std::size_t i = 0; i < 4; ++i)
            if (i != me) give(node::PeerConnected{address(i)});
    }
    [[nodiscard]] vm::Address address(std::size_t i) const { return vm::address_of(keys[i]); }
    void take(std::vector<node::Action> actions) {
        last = actions;
        for (auto& action : actions) all.push_back(std::move(action));
    }
    void give(const node::Event& event) { take(machine->step(event, {now, {now.ms / 1000}})); }
    void say(const node::Message& message) { give(node::MessageReceived{message}); }
    void wait(std::uint64_t ms) {
        now = node::after(now, ms);
        give(node::TimerExpired{});
    }
    /// All that was ordered to be durable is.
    void sync() {
        std::uint64_t token = 0;
        for (const auto& action : all)
            if (const auto* persist = std::get_if<node::Persist>(&action)) token = persist->token;
        give(node::Persisted{token});
    }
    template <class M>
    [[nodiscard]] std::vector<M> sent(const std::vector<node::Action>& in) const {
        std::vector<M> found;
        for (const auto& action : in)
            if (const auto* broadcast = std::get_if<node::Broadcast>(&action))
                if (const auto* message = std::get_if<M>(&broadcast->message)) found.push_back(*message);
        return found;
    }
    template <class A>
    [[nodiscard]] std::vector<A> ordered(const std::vector<node::Action>& in) const {
        std::vector<A> found;
        for (const auto& action : in)
            if (const auto* order = std::get_if<A>(&action)) found.push_back(*order);
        return found;
    }
    [[nodiscard]] int count(NoticeKind kind) const {
        const auto notices = ordered<node::Notice>(all);
        return static_cast<int>(std::ranges::count(notices, kind, &node::Notice::kind));
    }

    [[nodiscard]] vm::Header block(std::size_t by, std::uint8_t salt = 0) const {
        return qbft::make_header(head, address(by), {now.ms / 1000}, salt);
    }
    [[nodiscard]] node::Proposal proposal(std::size_t by, std::uint64_t round, const vm::Header& header,
                                          std::vector<node::RoundChangeClaim> claims = {},
                                          std::vector<node::Seal> prepares = {}) const {
        node::Proposal made{round, header, {}, {}, std::move(claims), std::move(prepares)};
        made.signature =
            node::make_seal(keys[by], node::proposal_digest(domain, {{1}, round, vm::header_hash(header)}, {}));
        return made;
    }
    [[nodiscard]] node::Prepare prepare(std::size_t by, std::uint64_t round, const vm::Header& header) const {
        const node::VoteSubject subject{{1}, round, vm::header_hash(header)};
        return {subject, node::make_seal(keys[by], node::vote_digest(node::MessageCode::prepare, domain, subject))};
    }
    [[nodiscard]] node::Commit commit(std::size_t by, std::uint64_t round, const vm::Header& header) const {
        const node::VoteSubject subject{{1}, round, vm::header_hash(header)};
        return {subject, node::make_seal(keys[by], node::vote_digest(node::MessageCode::commit, domain, subject))};
    }
    [[nodiscard]] node::RoundChange change(std::size_t by, std::uint64_t round,
                                           std::optional<std::pair<std::uint64_t, vm::Header>> lock = {}) const {
        node::RoundChange made{{1}, round, {}, {}};
        if (lock) {
            made.claim.prepared = node::PreparedClaim{lock->first, vm::header_hash(lock->second)};
            made.certificate = node::PreparedCertificate{lock->second, {}};
            for (std::size_t i = 0; i < 3; ++i)
                made.certificate->prepares.push_back(prepare(i, lock->first, lock->second).signature);
        }
        made.claim.signature =
            node::make_seal(keys[by], node::round_change_digest(domain, {1}, round, made.claim.prepared));
        return made;
    }
    /// The block is here, and executed as `outcome` says.
    void execute(const vm::Header& header, std::optional<std::string> broken = {}) {
        give(node::BlockAvailable{header, {}});
        node::Executed executed{{1}, vm::header_hash(header), node::ExecutedBlockFacts{head.next_validators, false, 0}};
        if (broken) executed.outcome = std::unexpected(*broken);
        give(executed);
    }
};

TEST_CASE("commits of one block from a quorum over several rounds finalise nothing, and those of one round do") {
    Bench bench(1);
    const auto x = bench.block(0);
    bench.sync();
    bench.say(bench.proposal(0, 0, x));
    bench.execute(x);
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
    const auto x = bench.block(0);
    bench.sync();
    bench.say(bench.proposal(0, 0, x));
    bench.execute(x);
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

TEST_CASE("proposals that are of no use end their rounds at once until each validator has led, and then in time") {
    Bench bench(1);
    bench.sync();
    std::vector<std::size_t> leaders;
    for (std::uint64_t round = 0; round < 6; ++round) {
        // The proposer of round 1 is this node; it has nothing to propose.
        const auto by =
            static_cast<std::size_t>(std::ranges::find(bench.keys, bench.machine->why().proposer,
                                                       [](const auto& key) { return vm::address_of(key); }) -
                                     bench.keys.begin());
        leaders.push_back(by);
        std::vector<node::RoundChangeClaim> claims;
        for (const auto other : {0U, 2U, 3U}) {
            const auto change = bench.change(other, round);
            claims.push_back(change.claim);
            if (round > 0) bench.say(change);
        }
        bench.sync();
        auto early = bench.block(by);
        early.timestamp.seconds += 3'600;
        if (by != bench.me) {
            if (round == 0) claims.clear();
            bench.say(bench.proposal(by, round, early, claims));
            CHECK(bench.machine->why().round == (round < 4 ? round + 1 : round));
        }
        if (bench.machine->why().round == round) {
            const auto timeout = node::round_timeout_ms(round);
            bench.wait(timeout - 1);
            CHECK(bench.machine->why().round == round);
            bench.wait(1);
        }
        REQUIRE(bench.machine->why().round == round + 1);
    }
    CHECK(leaders == std::vector<std::size_t>{0, 1, 2, 3, 0, 1});
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
    const auto x = bench.block(0);
    bench.sync();
    bench.say(bench.proposal(0, 0, x));
    bench.execute(x);
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
    const auto x = bench.block(0);
    bench.sync();
    bench.say(bench.proposal(0, 0, x));
    bench.execute(x);
    for (const auto by : {0U, 2U, 3U}) bench.say(bench.commit(by, 0, x));
    REQUIRE(bench.machine->why().number == vm::BlockNumber{2});
    bench.say(bench.commit(3, 0, x));
    CHECK(bench.ordered<node::ShowHead>(bench.last).empty());
    bench.wait(node::limits::resend_first_ms);
    bench.say(bench.commit(3, 0, x));
    REQUIRE(bench.ordered<node::ShowHead>(bench.last).size() == 1);
    CHECK(bench.ordered<node::ShowHead>(bench.last)[0].to == bench.address(3));
}

TEST_CASE("f liars move nobody, and f+1 round changes move to the (f+1)-th largest round") {
    Bench bench(1);
    bench.say(bench.change(0, 900));
    CHECK(bench.machine->why().round == 0);
    bench.say(bench.change(2, 3));
    CHECK(bench.machine->why().round == 3);
    bench.say(bench.change(3, 7));
    CHECK(bench.machine->why().round == 7);
    CHECK(bench.count(NoticeKind::jumped) == 2);
}

TEST_CASE("a justified proposal of any later round moves a node") {
    Bench bench(1);
    const auto y = bench.block(2, 1);
    bench.sync();
    std::vector<node::RoundChangeClaim> claims;
    for (const auto by : {0U, 2U, 3U}) claims.push_back(bench.change(by, 2).claim);
    bench.say(bench.proposal(2, 2, y, claims));
    CHECK(bench.machine->why().round == 2);
    bench.execute(y);
    CHECK(bench.sent<node::Prepare>(bench.all).empty());
    bench.sync();
    CHECK(bench.sent<node::Prepare>(bench.all).size() == 1);
}

TEST_CASE("the leader of a later round proposes the highest prepared block and fetches it, never its own instead") {
    Bench bench(1);
    const auto x = bench.block(0);
    bench.say(bench.change(0, 1));
    bench.say(bench.change(2, 1, std::pair{std::uint64_t{0}, x}));
    bench.sync();
    bench.say(bench.change(3, 1));
    CHECK(bench.ordered<node::Build>(bench.all).empty());
    REQUIRE(bench.ordered<node::FetchBlock>(bench.all).size() == 1);
    CHECK(bench.sent<node::Proposal>(bench.all).empty());
    bench.execute(x);
    const auto proposals = bench.sent<node::Proposal>(bench.all);
    REQUIRE(proposals.size() == 1);
    CHECK(proposals[0].header == x);  // its beneficiary too
    CHECK(proposals[0].round == 1);
}

TEST_CASE("the leader of a later round with nothing prepared builds a block, even an empty one") {
    Bench bench(1);
    bench.say(bench.change(0, 1));
    bench.say(bench.change(2, 1));
    bench.sync();
    const auto builds = bench.ordered<node::Build>(bench.all);
    REQUIRE(builds.size() == 1);
    CHECK(builds[0].even_empty);
    CHECK(builds[0].round == 1);
}

TEST_CASE("a fresh block that is dated back is not prepared, in whichever round it comes") {
    Bench bench(1);
    bench.sync();
    bench.now = {20'000};
    auto old = bench.block(0);
    old.timestamp = {14};
    bench.say(bench.proposal(0, 0, old));
    CHECK(bench.count(NoticeKind::proposal_refused) == 1);
    std::vector<node::RoundChangeClaim> claims;
    for (const auto by : {0U, 2U, 3U}) claims.push_back(bench.change(by, 2).claim);
    old.beneficiary = bench.address(2);
    bench.say(bench.proposal(2, 2, old, claims));
    CHECK(bench.count(NoticeKind::proposal_refused) == 2);
    CHECK(bench.ordered<node::FetchBlock>(bench.all).empty());
}

TEST_CASE("a block proposed again is not held against the clock") {
    Bench bench(1);
    const auto x = bench.block(0);
    bench.sync();
    bench.now = {100'000};
    std::vector<node::RoundChangeClaim> claims;
    for (const auto by : {0U, 3U}) claims.push_back(bench.change(by, 2).claim);
    const auto locked = bench.change(2, 2, std::pair{std::uint64_t{0}, x});
    claims.push_back(locked.claim);
    bench.say(bench.proposal(2, 2, x, claims, locked.certificate->prepares));
    CHECK(bench.count(NoticeKind::proposal_refused) == 0);
    CHECK(bench.machine->why().round == 2);
}

TEST_CASE("a fresh block a little ahead of the clock waits for its time, and one far ahead is refused") {
    Bench bench(1);
    bench.sync();
    auto ahead = bench.block(0);
    ahead.timestamp = {bench.now.ms / 1000 + 3};
    bench.say(bench.proposal(0, 0, ahead));
    CHECK(bench.count(NoticeKind::proposal_held) == 1);
    CHECK(bench.ordered<node::FetchBlock>(bench.all).empty());
    // Its round ends first here; within a longer round it would be taken.
    auto far = bench.block(0, 1);
    far.timestamp = {bench.now.ms / 1000 + 100};
    bench.say(bench.proposal(0, 0, far));
    CHECK(bench.count(NoticeKind::proposal_refused) == 1);
}

TEST_CASE("two proposals of one round: the first counts, and its author is noticed") {
    Bench bench(1);
    const auto x = bench.block(0, 1), y = bench.block(0, 2);
    bench.sync();
    bench.say(bench.proposal(0, 0, x));
    bench.say(bench.proposal(0, 0, y));
    CHECK(bench.count(NoticeKind::equivocation) == 1);
    bench.execute(x);
    const auto prepares = bench.sent<node::Prepare>(bench.all);
    REQUIRE(prepares.size() == 1);
    CHECK(prepares[0].subject.hash == vm::header_hash(x));
}

TEST_CASE("one author's messages are one vote, whoever brings them, and cannot push out another's") {
    node::MessageStore store;
    const auto keys = qbft::keys(4);
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
    const auto x = first.block(0);
    first.sync();
    first.say(first.proposal(0, 0, x));
    first.execute(x);
    first.say(first.prepare(0, 0, x));
    first.say(first.prepare(2, 0, x));
    first.sync();
    const auto before = first.sent<node::Commit>(first.all);
    REQUIRE(before.size() == 1);
    std::vector<node::JournalRecord> records;
    for (const auto& persist : first.ordered<node::Persist>(first.all)) records.push_back(persist.record);

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
    const auto x = bench.block(0);
    bench.sync();
    bench.say(bench.proposal(0, 0, x));
    bench.execute(x);
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

    const auto claim = [&](std::size_t by, std::uint64_t nonce, std::uint64_t number) {
        node::HeightClaim made{bench.address(1), nonce, {number}, {}};
        made.signature = node::make_seal(bench.keys[by], node::height_claim_digest(bench.domain, made));
        return made;
    };
    bench.say(claim(0, 4, 2));  // an answer to an earlier start
    bench.say(claim(2, 5, 2));
    bench.say(claim(3, 5, 2));
    CHECK(bench.ordered<node::Persist>(bench.all).empty());  // two of the three others are no quorum of four
    bench.say(claim(0, 5, 2));
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
    std::vector<node::JournalRecord> records;
    const auto written = [&](const Bench& bench) {
        for (const auto& persist : bench.ordered<node::Persist>(bench.all)) records.push_back(persist.record);
    };
    Bench shown(1);
    const auto x = shown.block(0);
    shown.sync();
    shown.say(shown.change(1, 3));
    written(shown);
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
    for (const auto by : {0U, 2U, 3U}) {
        node::HeightClaim claim{again.address(1), 5, {1}, {}};
        claim.signature = node::make_seal(again.keys[by], node::height_claim_digest(again.domain, claim));
        again.say(claim);
    }
    written(again);
    CHECK(std::get<node::RejoinRecord>(records.back()).sign_from == vm::BlockNumber{3});

    Bench rejoined(1, node::summarise(records));
    CHECK_FALSE(rejoined.machine->why().in_quarantine);
    CHECK(rejoined.machine->why().signs_from == vm::BlockNumber{3});
}

TEST_CASE("a journal that was lost and begun anew keeps a later quarantine too") {
    Bench bench(1, {}, node::JournalStatus::lost);
    for (const auto by : {0U, 2U, 3U}) {
        node::HeightClaim claim{bench.address(1), 5, {1}, {}};
        claim.signature = node::make_seal(bench.keys[by], node::height_claim_digest(bench.domain, claim));
        bench.say(claim);
    }
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
    net.work = true;
    net.start_all();
    REQUIRE(net.run_to(3, 1'000));
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
    net.work = true;
    net.start_all();
    REQUIRE(net.run_to(2, 1'000));
    net.crash(1);
    net.restart(1, node::JournalStatus::lost);
    net.run(60'000);
    CHECK(net.nodes[1].machine->why().in_quarantine);
}

TEST_CASE("two of four keys are lost, and a checkpoint lets the other two go on in a new instance") {
    Network net(4);
    net.work = true;
    net.start_all();
    REQUIRE(net.run_to(3, 1'000));
    net.crash(0);
    net.crash(1);
    net.run(2'000);
    net.sync(2, 3);
    net.sync(3, 2);
    const auto head = net.nodes[2].head;
    REQUIRE(net.nodes[3].head.hash == head.hash);
    node::Checkpoint checkpoint{head.header.number, head.hash, 1, {net.nodes[2].address(), net.nodes[3].address()}, {}};
    std::ranges::sort(checkpoint.validators);
    net.set_after = [&](const vm::Header&) { return checkpoint.validators; };
    for (const std::size_t at : {2U, 3U}) {
        net.nodes[at].head.next_validators = checkpoint.validators;
        net.give(at, node::CheckpointStored{checkpoint});
    }
    REQUIRE(net.run(15'000, [&] { return net.nodes[2].head.header.number.value >= head.header.number.value + 3; }));
    CHECK(net.nodes[2].finalised.back().certificate.instance == 1);
    CHECK(net.nodes[2].count(NoticeKind::recovered) == 1);
    net.check_agreement();
}

TEST_CASE("a checkpoint lets a validator sign that must not sign yet, since its older votes are void") {
    node::JournalState journal;
    journal.sign_from = {50};
    Bench bench(1, journal);
    CHECK_FALSE(bench.machine->why().signs);
    bench.give(node::CheckpointStored{{{0}, bench.head.hash, 1, qbft::addresses(bench.keys), {}}});
    CHECK(bench.machine->why().signs);
    // What a journal says of a later instance binds in this one, too.
    journal.sign_from_instance = 1;
    CHECK_FALSE(Bench(1, journal).machine->why().signs);
}

TEST_CASE("a checkpoint that a peer tells of leaves a validator in quarantine, and its operator's word ends it") {
    // It may be old, and the journal lost after votes in its instance.
    const auto told = [](Bench& bench, std::uint64_t instance, bool by_operator) {
        bench.give(
            node::CheckpointStored{{{0}, bench.head.hash, instance, qbft::addresses(bench.keys), {}}, by_operator});
        bench.sync();
    };
    SUBCASE("the journal is lost") {
        Bench bench(1, {}, node::JournalStatus::lost);
        told(bench, 1, false);
        CHECK(bench.machine->why().instance == 1);
        CHECK(bench.machine->why().in_quarantine);
        told(bench, 2, true);
        CHECK_FALSE(bench.machine->why().in_quarantine);
        CHECK(bench.machine->why().signs);
    }
    SUBCASE("the journal is older than what a peer holds, and a restart keeps that") {
        Bench bench(1);
        bench.sync();
        bench.say(bench.change(1, 3));
        REQUIRE(bench.machine->why().in_quarantine);
        told(bench, 1, false);
        std::vector<node::JournalRecord> records;
        for (const auto& persist : bench.ordered<node::Persist>(bench.all)) records.push_back(persist.record);
        const auto state = node::summarise(records);
        CHECK(state.sign_from_instance == 1);
        CHECK(state.sign_from == node::sign_never);
    }
    SUBCASE("nor do answers of the instance before end it") {
        Bench bench(1, {}, node::JournalStatus::lost);
        for (const auto by : {0U, 2U, 3U}) {
            node::HeightClaim claim{bench.address(1), 5, {1}, {}};
            claim.signature = node::make_seal(bench.keys[by], node::height_claim_digest(bench.domain, claim));
            bench.say(claim);
        }
        told(bench, 1, false);
        CHECK(bench.machine->why().in_quarantine);
    }
}

TEST_CASE("a checkpoint holds with the threshold of distinct recovery keys, for its chain, list and instance alone") {
    const auto keys = qbft::keys(3);
    const vm::RecoveryKeys recovery{qbft::addresses(keys), 2};
    node::Checkpoint good{{9}, {{7}}, 1, qbft::addresses(qbft::keys(2)), {}};
    const auto digest = node::checkpoint_digest(qbft::genesis_hash, good);
    good.signatures = {node::make_seal(keys[0], digest), node::make_seal(keys[2], digest)};
    const auto judge = [&](const node::Checkpoint& checkpoint) {
        return node::verify_checkpoint(checkpoint, qbft::genesis_hash, recovery);
    };
    CHECK(judge(good).has_value());
    CHECK(node::decode_checkpoint(node::encode_checkpoint(good)) == good);
    auto bad = good;
    bad.signatures[1] = bad.signatures[0];
    CHECK(judge(bad).error() == node::CheckpointError::too_few_signatures);
    bad.signatures[1] = node::make_seal(qbft::key(99), digest);
    CHECK(judge(bad).error() == node::CheckpointError::not_a_recovery_key);
    bad = good;
    bad.validators.pop_back();
    CHECK_FALSE(judge(bad).has_value());
    bad = good;
    bad.instance = 2;
    CHECK_FALSE(judge(bad).has_value());
    CHECK_FALSE(node::verify_checkpoint(good, {{0x12}}, recovery).has_value());
    CHECK_FALSE(node::verify_checkpoint(good, qbft::genesis_hash, {{}, 0}).has_value());
    const std::vector list{good};
    CHECK(node::instance_of({9}, list) == 0);
    CHECK(node::instance_of({10}, list) == 1);
    CHECK(node::checkpoint_before({10}, list) != nullptr);
    CHECK(node::checkpoint_before({11}, list) == nullptr);
}

TEST_CASE("the proposer is removed in the middle of the chain, and nobody waits for it") {
    Network net(4);
    net.work = true;
    const auto all = qbft::addresses(qbft::keys(4));
    net.set_after = [&](const vm::Header& header) {
        auto set = all;
        if (header.number.value >= 4) std::erase(set, header.number.value == 4 ? header.beneficiary : all[0]);
        return set;
    };
    net.start_all();
    REQUIRE(net.run(5'000, [&] { return net.nodes[1].head.header.number.value >= 12; }));
    net.check_agreement();
}

TEST_CASE("a network that loses a fifth of its messages goes on and never forks") {
    Random random;
    CAPTURE(random.seed);
    for (int run = 0; run < 10; ++run) {
        CAPTURE(run);
        Network net(4);
        net.work = true;
        net.lose = [&](std::size_t, std::size_t, const node::Message&) { return random.below(5) == 0; };
        net.start_all();
        REQUIRE(net.run(120'000, [&] { return net.nodes[0].head.header.number.value >= 15; }));
        net.check_agreement();
    }
}

TEST_CASE("crashes at random moments, one at a time, fork nothing and stop nothing") {
    Random random;
    CAPTURE(random.seed);
    for (int run = 0; run < 10; ++run) {
        CAPTURE(run);
        Network net(4);
        net.work = true;
        net.lose = [&](std::size_t, std::size_t, const node::Message&) { return random.below(20) == 0; };
        net.start_all();
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
        net.check_agreement();
    }
}

}  // namespace
}  // namespace talea::tests
