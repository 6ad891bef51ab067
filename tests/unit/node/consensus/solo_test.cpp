#include "node/consensus/solo.hpp"

#include <doctest/doctest.h>

namespace talea::tests {
namespace {

using Engine = node::SoloEngine;
using node::Instant;

/// An engine whose block `head` became final at `at`, waiting.
Engine waiting(std::uint64_t head, Instant at) {
    Engine engine({.idle_interval_ms = 1'000, .spacing_min_ms = 2, .spacing_max_ms = 50});
    (void)engine.on(Engine::Started{{head}, false}, at);
    return engine;
}

/// Runs the block in hand to its end.
std::vector<Engine::Action> finish(Engine& engine, std::uint64_t execution_ms, Instant now, bool due = false) {
    (void)engine.on(Engine::Executed{execution_ms}, now);
    return engine.on(Engine::Persisted{due}, now);
}

TEST_CASE("block 1 is built at once, even empty") {
    Engine engine({});
    const auto actions = engine.on(Engine::Started{{0}, false}, {5});
    REQUIRE(actions.size() == 1);
    CHECK(std::get<Engine::Build>(actions[0]) == Engine::Build{{1}, true});
}

TEST_CASE("an idle chain does nothing before its heartbeat, and then seals an empty block") {
    auto engine = waiting(7, {100});
    CHECK(std::get<Engine::SetTimer>(engine.on(Engine::TimerExpired{}, {1'099})[0]) == Engine::SetTimer{{1'100}});
    CHECK(std::get<Engine::Build>(engine.on(Engine::TimerExpired{}, {1'100})[0]) == Engine::Build{{8}, true});
}

TEST_CASE("a transaction is built on at once when the spacing has passed, and an empty block is not sealed for it") {
    auto engine = waiting(7, {100});
    CHECK(std::get<Engine::Build>(engine.on(Engine::PoolNotEmpty{}, {102})[0]) == Engine::Build{{8}, false});
}

TEST_CASE("after a slow block the next one waits twice its execution, within the bounds") {
    for (const auto& [execution_ms, spacing_ms] :
         {std::pair{0ULL, 2ULL}, {1ULL, 2ULL}, {10ULL, 20ULL}, {25ULL, 50ULL}, {400ULL, 50ULL}}) {
        CAPTURE(execution_ms);
        auto engine = waiting(1, {0});
        (void)engine.on(Engine::PoolNotEmpty{}, {500});
        (void)finish(engine, execution_ms, {600});
        const auto early = engine.on(Engine::PoolNotEmpty{}, {600 + spacing_ms - 1});
        CHECK(std::get<Engine::SetTimer>(early[0]) == Engine::SetTimer{{600 + spacing_ms}});
        CHECK(std::holds_alternative<Engine::Build>(engine.on(Engine::TimerExpired{}, {600 + spacing_ms})[0]));
    }
}

TEST_CASE("while a block is built or written, transactions wait and are not forgotten") {
    auto engine = waiting(1, {0});
    (void)engine.on(Engine::PoolNotEmpty{}, {10});
    CHECK(engine.on(Engine::PoolNotEmpty{}, {11}).empty());
    CHECK(engine.on(Engine::TimerExpired{}, {11}).empty());
    CHECK(std::get<Engine::Persist>(engine.on(Engine::Executed{1}, {12})[0]) == Engine::Persist{{2}, 0});
    CHECK(engine.on(Engine::PoolNotEmpty{}, {13}).empty());
    const auto actions = engine.on(Engine::Persisted{false}, {14});
    REQUIRE(actions.size() == 2);
    CHECK(std::get<Engine::Finalise>(actions[0]) == Engine::Finalise{{2}});
    CHECK(std::get<Engine::SetTimer>(actions[1]) == Engine::SetTimer{{16}});
}

TEST_CASE("a block that changed the clock makes one more due at once, without spacing") {
    auto engine = waiting(1, {0});
    (void)engine.on(Engine::PoolNotEmpty{}, {10});
    const auto actions = finish(engine, 20, {30}, true);
    REQUIRE(actions.size() == 2);
    CHECK(std::get<Engine::Build>(actions[1]) == Engine::Build{{3}, true});
    const auto next = finish(engine, 0, {31});
    CHECK(std::get<Engine::SetTimer>(next[1]) == Engine::SetTimer{{1'031}});
}

TEST_CASE("when nothing could be included the engine waits for the next event, and does not spin") {
    auto engine = waiting(1, {0});
    (void)engine.on(Engine::PoolNotEmpty{}, {10});
    const auto actions = engine.on(Engine::NothingToSeal{}, {11});
    REQUIRE(actions.size() == 1);
    CHECK(std::get<Engine::SetTimer>(actions[0]) == Engine::SetTimer{{1'000}});
}

TEST_CASE("when all that was looked at left the pool the rest is looked at, at once") {
    auto engine = waiting(1, {0});
    (void)engine.on(Engine::PoolNotEmpty{}, {10});
    const auto actions = engine.on(Engine::NothingToSeal{true}, {11});
    REQUIRE(actions.size() == 1);
    CHECK(std::get<Engine::Build>(actions[0]) == Engine::Build{{2}, false});
}

}  // namespace
}  // namespace talea::tests
