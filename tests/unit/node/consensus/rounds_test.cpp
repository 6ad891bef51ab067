// How rounds begin and end, and which proposals count in them.
#include "node/consensus/timing.hpp"
#include "unit/node/consensus/bench.hpp"

namespace talea::tests {
namespace {

using node::NoticeKind;
using qbft::Bench;

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

}  // namespace
}  // namespace talea::tests
