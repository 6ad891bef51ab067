#include "node/sync/planner.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "unit/node/sync/certified_chain.hpp"

namespace talea::tests {
namespace {

using node::Instant;
using node::SyncPlanner;
namespace wire = node::wire;
using Misdeed = node::Misdeed;

const RememberedSignatures signatures;

const CertifiedChain& long_chain() {
    static const CertifiedChain chain(1'500);
    return chain;
}

SyncPlanner planner_at(const CertifiedChain& chain, std::uint64_t head, const SyncPlanner::Settings& settings = {}) {
    return SyncPlanner(node::HeaderChain(chain.genesis_hash(), chain.at(head).head, {}, signatures), settings);
}

vm::Address peer(std::uint64_t n) {
    return vm::low_address(static_cast<std::uint16_t>(n));
}

template <class T>
std::vector<T> all(const SyncPlanner::Actions& actions) {
    std::vector<T> found;
    for (const auto& action : actions)
        if (const auto* one = std::get_if<T>(&action)) found.push_back(*one);
    return found;
}

wire::Headers headers_for(const CertifiedChain& chain, const wire::GetHeaders& request) {
    wire::Headers answer{request.request, {}};
    for (auto n = request.first.value; n < request.first.value + request.count && n <= chain.length(); ++n)
        answer.headers.push_back(chain.at(n).proof);
    return answer;
}
wire::Blocks blocks_for(const CertifiedChain& chain, const wire::GetBlocks& request) {
    wire::Blocks answer{request.request, {}};
    for (const auto& hash : request.blocks) {
        const auto* block = chain.find(hash);
        if (block == nullptr) break;
        answer.blocks.push_back(block->block);
    }
    return answer;
}

TEST_CASE("a claim brings headers, proved headers bring blocks from several peers, blocks are executed in order") {
    const auto& chain = long_chain();
    auto planner = planner_at(chain, 0);
    (void)planner.connected(peer(1), {0});
    (void)planner.connected(peer(2), {0});
    (void)planner.claimed(peer(1), {40}, {0});
    auto actions = planner.claimed(peer(2), {40}, {0});
    CHECK(planner.highest_certified().value == 0);
    CHECK(planner.why({0}).waits_for == SyncPlanner::WaitsFor::headers);
    const SyncPlanner::GetHeaders expected{peer(1), {1, {1}, 40}};
    auto again = planner_at(chain, 0);
    (void)again.connected(peer(1), {0});
    const auto asked = all<SyncPlanner::GetHeaders>(again.claimed(peer(1), {40}, {0}));
    REQUIRE(asked == std::vector{expected});
    actions = planner.received(peer(1), headers_for(chain, asked[0].request), {10});
    CHECK(planner.highest_certified().value == 40);
    const auto blocks = all<SyncPlanner::GetBlocks>(actions);
    REQUIRE(blocks.size() == 3);
    CHECK(blocks[0].to != blocks[1].to);
    CHECK(blocks[0].request.blocks.size() == 16);
    CHECK(blocks[2].request.blocks.size() == 8);
    CHECK(planner.why({10}).waits_for == SyncPlanner::WaitsFor::blocks);
    // The second range first: nothing can be executed yet.
    CHECK(
        all<SyncPlanner::Execute>(planner.received(blocks[1].to, blocks_for(chain, blocks[1].request), {20})).empty());
    actions = planner.received(blocks[0].to, blocks_for(chain, blocks[0].request), {30});
    auto executes = all<SyncPlanner::Execute>(actions);
    REQUIRE(executes.size() == 16);
    for (std::size_t i = 0; i < 16; ++i) CHECK(executes[i].block.hash == chain.at(i + 1).head.hash);
    CHECK(executes[0].transactions.size() == 1);
    CHECK(planner.why({30}).waits_for == SyncPlanner::WaitsFor::execution);
    CHECK(all<SyncPlanner::Execute>(planner.head_moved(chain.at(3).head, {40})).size() == 3);
}

TEST_CASE(
    "a node is behind from the head at which headers were proved above it, until it has executed them, whatever is "
    "claimed") {
    const auto& chain = long_chain();
    auto planner = planner_at(chain, 5);
    (void)planner.connected(peer(1), {0});
    const auto asked = all<SyncPlanner::GetHeaders>(planner.claimed(peer(1), {15}, {0}));
    REQUIRE(asked.size() == 1);
    CHECK(!planner.why({0}).behind_from.has_value());
    (void)planner.received(peer(1), headers_for(chain, asked[0].request), {10});
    CHECK(planner.why({10}).behind_from == vm::BlockNumber{5});
    for (std::uint64_t number = 6; number < 15; ++number) (void)planner.head_moved(chain.at(number).head, {20});
    CHECK(planner.why({20}).behind_from == vm::BlockNumber{5});
    (void)planner.head_moved(chain.at(15).head, {30});
    CHECK(!planner.why({30}).behind_from.has_value());
}

TEST_CASE("a lone height ahead is asked for only when consensus had its time") {
    const auto& chain = long_chain();
    auto planner = planner_at(chain, 10);
    (void)planner.connected(peer(1), {0});
    CHECK(planner.claimed(peer(1), {11}, {100}).empty());
    CHECK(planner.timer() == Instant{250});
    CHECK(planner.tick({249}).empty());
    CHECK(all<SyncPlanner::GetHeaders>(planner.tick({250})).size() == 1);
    auto follower = planner_at(chain, 10, {.grace_ms = 0});
    (void)follower.connected(peer(1), {0});
    CHECK(all<SyncPlanner::GetHeaders>(follower.claimed(peer(1), {11}, {100})).size() == 1);
    auto in_time = planner_at(chain, 10);
    (void)in_time.connected(peer(1), {0});
    CHECK(in_time.claimed(peer(1), {11}, {100}).empty());
    const auto final = in_time.head_moved(chain.at(11).head, {150});
    CHECK(final.size() == 1);
    CHECK(all<SyncPlanner::CaughtUp>(final).size() == 1);
    CHECK_FALSE(in_time.timer().has_value());
}

TEST_CASE(
    "a claimed height carries no weight until its headers are proved, and the liar is left alone for longer each "
    "time") {
    const auto& chain = long_chain();
    auto planner = planner_at(chain, 10);
    (void)planner.connected(peer(1), {0});
    std::uint64_t rest = 0;
    Instant now{0};
    for (int i = 0; i < 5; ++i) {
        const auto asked = all<SyncPlanner::GetHeaders>(planner.claimed(peer(1), {1'000'000}, now));
        REQUIRE(asked.size() == 1);
        const auto actions = planner.received(peer(1), wire::Headers{asked[0].request.request, {}}, now);
        CHECK(all<SyncPlanner::Blame>(actions) == std::vector{SyncPlanner::Blame{peer(1), Misdeed::slow}});
        CHECK(planner.highest_certified().value == 10);
        const auto why = planner.why(now);
        CHECK(why.peers[0].rests_ms == (rest == 0 ? 250 : rest * 2));
        rest = why.peers[0].rests_ms;
        CHECK(planner.claimed(peer(1), {1'000'000}, now).size() <= 1);
        now.ms += rest;
        CHECK(planner.claimed(peer(1), {10}, now).size() <= 1);
    }
}

TEST_CASE("a forged header or body is a lie, and what it stood for comes from somebody else") {
    const auto& chain = long_chain();
    auto planner = planner_at(chain, 0);
    (void)planner.connected(peer(1), {0});
    auto asked = all<SyncPlanner::GetHeaders>(planner.claimed(peer(1), {8}, {0}));
    REQUIRE(asked.size() == 1);
    (void)planner.connected(peer(2), {0});
    CHECK(all<SyncPlanner::GetHeaders>(planner.claimed(peer(2), {8}, {0})).empty());
    auto forged = headers_for(chain, asked[0].request);
    forged.headers[5].certificate = forged.headers[4].certificate;
    auto actions = planner.received(peer(1), forged, {10});
    CHECK(all<SyncPlanner::Blame>(actions) == std::vector{SyncPlanner::Blame{peer(1), Misdeed::lie}});
    CHECK(planner.highest_certified().value == 5);
    asked = all<SyncPlanner::GetHeaders>(actions);
    REQUIRE(asked.size() == 1);
    CHECK(asked[0] == SyncPlanner::GetHeaders{peer(2), {asked[0].request.request, {6}, 3}});
    auto blocks = all<SyncPlanner::GetBlocks>(actions);
    REQUIRE(blocks.size() == 1);
    CHECK(blocks[0].to == peer(2));
    auto bad = blocks_for(chain, blocks[0].request);
    bad.blocks[2].transactions = bad.blocks[1].transactions;
    actions = planner.received(peer(2), bad, {20});
    CHECK(all<SyncPlanner::Blame>(actions) == std::vector{SyncPlanner::Blame{peer(2), Misdeed::lie}});
    CHECK(all<SyncPlanner::Execute>(actions).size() == 2);
}

TEST_CASE("an answer nobody asked for is blamed, a late one is not") {
    const auto& chain = long_chain();
    auto planner = planner_at(chain, 0);
    (void)planner.connected(peer(1), {0});
    const auto asked = all<SyncPlanner::GetHeaders>(planner.claimed(peer(1), {8}, {0}));
    CHECK(all<SyncPlanner::Blame>(planner.received(peer(1), wire::Blocks{77, {}}, {5}))[0].misdeed == Misdeed::unasked);
    auto late = planner.tick({2'000});
    CHECK(all<SyncPlanner::Blame>(late) == std::vector{SyncPlanner::Blame{peer(1), Misdeed::slow}});
    const auto answer = headers_for(chain, asked[0].request);
    CHECK(all<SyncPlanner::Blame>(planner.received(peer(1), answer, {2'010})).empty());
    CHECK(all<SyncPlanner::Blame>(planner.received(peer(1), answer, {2'020}))[0].misdeed == Misdeed::unasked);
    // Another peer's request cannot be answered.
    (void)planner.connected(peer(2), {2'030});
    const auto other = all<SyncPlanner::GetHeaders>(planner.claimed(peer(2), {8}, {2'030}));
    REQUIRE(other.size() == 1);
    CHECK(all<SyncPlanner::Blame>(planner.received(peer(1), headers_for(chain, other[0].request), {2'040})).size() ==
          1);
    CHECK(planner.highest_certified().value == 0);
}

TEST_CASE("a peer without bodies that it may have forgotten is not blamed, and others are asked for them") {
    const auto& chain = long_chain();
    auto planner = planner_at(chain, 0);
    const vm::BlockNumber claim{node::limits::history_blocks_min + 8};
    (void)planner.connected(peer(1), {0});
    const auto asked = all<SyncPlanner::GetHeaders>(planner.claimed(peer(1), claim, {0}));
    auto blocks = all<SyncPlanner::GetBlocks>(planner.received(peer(1), headers_for(chain, asked[0].request), {0}));
    REQUIRE(blocks.size() == 2);
    CHECK(all<SyncPlanner::Blame>(planner.received(peer(1), wire::Blocks{blocks[0].request.request, {}}, {1})).empty());
    CHECK(planner.why({1}).peers[0].rests_ms > 0);
    CHECK(planner.why({1}).waits_for == SyncPlanner::WaitsFor::history);
    // Not asked for again, however long it rests; a peer that has all is.
    for (const std::uint64_t ms : {1'000U, 10'000U, 100'000U})
        CHECK(all<SyncPlanner::GetBlocks>(planner.tick({ms})).empty());
    (void)planner.connected(peer(2), {100'000});
    blocks = all<SyncPlanner::GetBlocks>(planner.claimed(peer(2), claim, {100'000}));
    REQUIRE_FALSE(blocks.empty());
    CHECK(blocks[0].to == peer(2));
    CHECK(blocks[0].request.blocks[0] == chain.at(1).head.hash);
    CHECK(planner.why({100'000}).waits_for == SyncPlanner::WaitsFor::blocks);
    CHECK(
        all<SyncPlanner::Execute>(planner.received(peer(2), blocks_for(chain, blocks[0].request), {100'001})).size() ==
        16);
}

TEST_CASE("a peer without a body is slow where it is one of the last 8,192, which nobody forgets, and not below") {
    const auto& chain = long_chain();
    for (const std::uint64_t number : {8U, 9U}) {
        auto planner = planner_at(chain, number - 1);
        (void)planner.connected(peer(1), {0});
        const auto asked =
            all<SyncPlanner::GetHeaders>(planner.claimed(peer(1), {node::limits::history_blocks_min + 8}, {0}));
        const auto blocks =
            all<SyncPlanner::GetBlocks>(planner.received(peer(1), headers_for(chain, asked[0].request), {0}));
        REQUIRE(blocks[0].request.blocks[0] == chain.at(number).head.hash);
        const auto blamed =
            all<SyncPlanner::Blame>(planner.received(peer(1), wire::Blocks{blocks[0].request.request, {}}, {1}));
        CHECK(blamed.size() == number - 8);
        CHECK((planner.why({1}).waits_for == SyncPlanner::WaitsFor::history) == blamed.empty());
    }
}

TEST_CASE("what consensus finalises meanwhile is not executed again, and a second certified block of a number halts") {
    const auto& chain = long_chain();
    auto planner = planner_at(chain, 0);
    (void)planner.connected(peer(1), {0});
    const auto asked = all<SyncPlanner::GetHeaders>(planner.claimed(peer(1), {20}, {0}));
    auto actions = planner.received(peer(1), headers_for(chain, asked[0].request), {0});
    const auto blocks = all<SyncPlanner::GetBlocks>(actions);
    REQUIRE(blocks.size() == 2);
    (void)planner.head_moved(chain.at(10).head, {1});
    const auto executes =
        all<SyncPlanner::Execute>(planner.received(peer(1), blocks_for(chain, blocks[0].request), {2}));
    REQUIRE(executes.size() == 6);
    CHECK(executes[0].block.hash == chain.at(11).head.hash);
    auto other = chain.at(17).head;
    other.hash.bytes[0] ^= 1;
    CHECK(all<SyncPlanner::Halt>(planner.head_moved(other, {3})).size() == 1);
    CHECK(planner.why({3}).waits_for == SyncPlanner::WaitsFor::hand);
    CHECK(planner.tick({100'000}).size() == 1);  // its missed deadline; nothing more is asked
}

TEST_CASE("a certified block that is invalid here halts with the rule, once") {
    const auto& chain = long_chain();
    auto planner = planner_at(chain, 0);
    (void)planner.connected(peer(1), {0});
    const auto asked = all<SyncPlanner::GetHeaders>(planner.claimed(peer(1), {3}, {0}));
    const auto blocks =
        all<SyncPlanner::GetBlocks>(planner.received(peer(1), headers_for(chain, asked[0].request), {0}));
    const auto executes =
        all<SyncPlanner::Execute>(planner.received(peer(1), blocks_for(chain, blocks[0].request), {0}));
    const auto halts =
        all<SyncPlanner::Halt>(planner.execution_failed(executes[0].block.hash, "the state root differs", {1}));
    REQUIRE(halts.size() == 1);
    CHECK(halts[0].sentence == "a quorum sealed block 1, which is invalid here: the state root differs");
    CHECK(planner.execution_failed(executes[1].block.hash, "the same", {1}).empty());
}

TEST_CASE(
    "with one honest peer among slow, lying and absent ones a node catches up, and the honest one is never blamed") {
    const auto& chain = long_chain();
    Random random;
    CAPTURE(random.seed);
    enum class Kind : std::uint8_t { honest, silent, forger, empty, boaster, partial };
    for (int run = 0; run < 40; ++run) {
        const auto length = 200 + random.below(1'300);
        auto planner = planner_at(chain, random.below(150));
        struct Event {
            std::uint64_t from;
            std::variant<wire::Headers, wire::Blocks, std::uint64_t> what;
        };
        std::multimap<std::uint64_t, Event> events;
        std::vector<Kind> kinds{Kind::honest};
        for (auto n = random.below(6); n > 0; --n) kinds.push_back(static_cast<Kind>(random.below(6)));
        std::uint64_t now = 0, executed = planner.head().value;
        std::uint64_t given = executed;
        bool caught_up = false;
        std::set<std::uint64_t> helped;
        const auto perform = [&](const SyncPlanner::Actions& actions) {
            for (const auto& action : actions) {
                if (const auto* asked = std::get_if<SyncPlanner::GetHeaders>(&action)) {
                    const auto to = std::uint64_t{asked->to.bytes[19]};
                    auto answer = headers_for(chain, asked->request);
                    const auto kind = kinds[to];
                    if (kind == Kind::honest || kind == Kind::partial) {
                        REQUIRE(asked->request.first.value + asked->request.count - 1 <= length);
                        helped.insert(to);
                    }
                    if (kind == Kind::silent || (kind == Kind::boaster && random.one_in(2))) continue;
                    if (kind == Kind::empty || kind == Kind::boaster) answer.headers.clear();
                    if (kind == Kind::partial) answer.headers.resize(1 + random.below(answer.headers.size()));
                    if (kind == Kind::forger && !answer.headers.empty())
                        answer.headers[random.below(answer.headers.size())].header = random.bytes(600);
                    events.emplace(now + 1 + random.below(300), Event{to, answer});
                } else if (const auto* wanted = std::get_if<SyncPlanner::GetBlocks>(&action)) {
                    const auto to = std::uint64_t{wanted->to.bytes[19]};
                    const auto kind = kinds[to];
                    if (kind == Kind::silent) continue;
                    auto answer = blocks_for(chain, wanted->request);
                    if (kind == Kind::empty) answer.blocks.clear();
                    if (kind == Kind::partial) answer.blocks.resize(1 + random.below(answer.blocks.size()));
                    if (kind == Kind::forger) answer.blocks.back().transactions.clear();
                    events.emplace(now + 1 + random.below(300), Event{to, answer});
                } else if (const auto* execute = std::get_if<SyncPlanner::Execute>(&action)) {
                    REQUIRE(execute->block.header.number.value > given);
                    given = execute->block.header.number.value;
                    REQUIRE(execute->block.hash == chain.at(given).head.hash);
                    events.emplace(now + 1 + random.below(3), Event{0, given});
                } else if (const auto* blame = std::get_if<SyncPlanner::Blame>(&action)) {
                    const auto kind = kinds[std::uint64_t{blame->peer.bytes[19]}];
                    REQUIRE(kind != Kind::honest);
                    REQUIRE(kind != Kind::partial);
                    REQUIRE((blame->misdeed != Misdeed::lie || kind == Kind::forger));
                } else if (std::holds_alternative<SyncPlanner::CaughtUp>(action)) {
                    caught_up = true;
                } else if (std::holds_alternative<SyncPlanner::FellBehind>(action)) {
                    caught_up = false;
                } else {
                    FAIL("nothing here halts");
                }
            }
        };
        for (std::uint64_t i = 0; i < kinds.size(); ++i) {
            perform(planner.connected(peer(i), {0}));
            perform(planner.claimed(peer(i), {kinds[i] == Kind::boaster ? 1'000'000'000 : length}, {0}));
        }
        while (planner.head().value < length) {
            REQUIRE(now < 60'000);
            ++now;
            while (!events.empty() && events.begin()->first <= now) {
                auto event = std::move(events.begin()->second);
                events.erase(events.begin());
                if (const auto* headers = std::get_if<wire::Headers>(&event.what)) {
                    perform(planner.received(peer(event.from), *headers, {now}));
                } else if (const auto* blocks = std::get_if<wire::Blocks>(&event.what)) {
                    perform(planner.received(peer(event.from), *blocks, {now}));
                } else if (std::get<std::uint64_t>(event.what) > executed) {
                    executed = std::max(executed, std::get<std::uint64_t>(event.what));
                    perform(planner.head_moved(chain.at(executed).head, {now}));
                }
            }
            if (const auto due = planner.timer(); due && due->ms <= now) perform(planner.tick({now}));
            if (random.one_in(2'000)) {  // a peer comes back
                const auto i = random.below(kinds.size());
                std::erase_if(events, [&](const auto& event) {
                    return event.second.from == i && !std::holds_alternative<std::uint64_t>(event.second.what);
                });
                perform(planner.gone(peer(i), {now}));
                perform(planner.connected(peer(i), {now}));
                perform(planner.claimed(peer(i), {length}, {now}));
            }
        }
        CHECK(planner.why({now}).blocks_here == 0);
        for (std::uint64_t i = 0; i < kinds.size(); ++i) perform(planner.claimed(peer(i), {length}, {now}));
        CHECK(caught_up);
        CHECK(planner.why({now}).waits_for == SyncPlanner::WaitsFor::nothing);
    }
}

}  // namespace
}  // namespace talea::tests
