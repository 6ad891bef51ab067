#include "node/gossip/relay.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <deque>

#include "unit/random.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::tests {
namespace {

using node::Instant;
using node::MessageKey;
using node::Relay;
using Verdict = node::Relay::Verdict;

constexpr std::uint8_t prepare = 0x13;

vm::Address validator(std::uint64_t n) {
    return vm::low_address(static_cast<std::uint16_t>(n + 1));
}
std::vector<vm::Address> validators(std::uint64_t count) {
    std::vector<vm::Address> all;
    for (std::uint64_t i = 0; i < count; ++i) all.push_back(validator(i));
    return all;
}

struct Signed {
    MessageKey key;
    vm::Hash frame_hash;
    Relay::Frame frame;
};
Signed message(std::uint64_t author, std::uint64_t number, std::uint64_t round, std::uint8_t salt = 0,
               std::uint8_t code = prepare) {
    vm::Bytes bytes{static_cast<std::uint8_t>(author), static_cast<std::uint8_t>(number),
                    static_cast<std::uint8_t>(round), salt, code};
    const auto hash = vm::keccak256(bytes);
    return {
        {{number}, code, validator(author), round, hash}, hash, std::make_shared<const vm::Bytes>(std::move(bytes))};
}
Relay::Received give(Relay& relay, std::uint64_t from, const Signed& sent, Instant now = {0}) {
    return relay.received(validator(from), sent.key, sent.frame_hash, sent.frame, now);
}
/// The relay of validator 0 of `count`, connected with all others, each of which names the others as links.
Relay full_mesh(std::uint64_t count) {
    Relay relay(validator(0), {});
    relay.advance({10}, validators(count));
    for (std::uint64_t i = 1; i < count; ++i) {
        relay.connected(validator(i));
        auto links = validators(count);
        std::erase(links, validator(i));
        REQUIRE(relay.linked(validator(i), links, {0}).empty());
    }
    return relay;
}

TEST_CASE("a full mesh passes nothing on, and one's own message goes once to each") {
    auto relay = full_mesh(4);
    for (std::uint64_t author = 1; author < 4; ++author) {
        const auto got = give(relay, author, message(author, 11, 0));
        CHECK(got.verdict == Verdict::fresh);
        CHECK(got.sends.empty());
    }
    CHECK(relay.publish(message(0, 11, 0).frame).size() == 3);
    CHECK(relay.reachable(validators(4)).size() == 3);
    // Who is silent is reached by way of those who are not, and name it.
    CHECK(relay.reachable({validator(2)}).size() == 3);
    CHECK(relay.reachable({}).empty());
}

TEST_CASE("a message goes on exactly to those who do not name its author as a link") {
    auto relay = full_mesh(5);
    CHECK(relay.linked(validator(2), {validator(0), validator(3)}, {0}).empty());
    const auto sent = message(1, 11, 0);
    const auto got = give(relay, 1, sent);
    CHECK(got.sends == std::vector{Relay::Send{validator(2), sent.frame}});
    CHECK(give(relay, 3, message(4, 11, 0)).sends.size() == 1);
    CHECK(give(relay, 2, message(4, 11, 1)).sends.empty());  // it came from the one who misses it
    CHECK(give(relay, 4, message(3, 11, 1)).sends.empty());
}

TEST_CASE("a message is known by what was signed, whoever brings it") {
    auto relay = full_mesh(4);
    const auto sent = message(1, 11, 0);
    CHECK_FALSE(relay.is_known(sent.frame_hash).has_value());
    CHECK(give(relay, 1, sent).verdict == Verdict::fresh);
    CHECK(give(relay, 2, sent).verdict == Verdict::repeated);
    CHECK(relay.is_known(sent.frame_hash) == sent.key);
    auto other_bytes = message(1, 11, 0, 9);  // the same signed message in another envelope
    other_bytes.key.signed_hash = sent.key.signed_hash;
    CHECK(give(relay, 3, other_bytes).verdict == Verdict::repeated);
}

TEST_CASE("a second message of one author, kind and round is passed to the state machine as proof, a third is not") {
    auto relay = full_mesh(4);
    CHECK(give(relay, 1, message(1, 11, 0, 1)).verdict == Verdict::fresh);
    CHECK(give(relay, 1, message(1, 11, 0, 2)).verdict == Verdict::conflicting);
    CHECK(give(relay, 1, message(1, 11, 0, 3)).verdict == Verdict::excess);
    CHECK(give(relay, 1, message(1, 11, 0, 1)).verdict == Verdict::repeated);
    CHECK(relay.why().messages == 2);
}

TEST_CASE("heights left, heights beyond the window and strangers are told apart") {
    auto relay = full_mesh(4);
    CHECK(give(relay, 1, message(1, 10, 0)).verdict == Verdict::old);
    CHECK(give(relay, 1, message(1, 11, 0)).verdict == Verdict::fresh);
    CHECK(give(relay, 1, message(1, 12, 0)).verdict == Verdict::fresh);
    CHECK(give(relay, 1, message(1, 13, 0)).verdict == Verdict::ahead);
    CHECK(give(relay, 1, message(7, 11, 0)).verdict == Verdict::stranger);
    CHECK(give(relay, 1, message(0, 11, 0)).verdict == Verdict::repeated);
    relay.advance({11}, validators(4));
    CHECK(relay.why().messages == 1);
    CHECK_FALSE(relay.is_known(message(1, 11, 0).frame_hash).has_value());
    CHECK(give(relay, 1, message(1, 11, 0)).verdict == Verdict::old);
    relay.advance({12}, validators(4));
    CHECK(relay.why().messages == 0);
    CHECK(relay.why().bytes == 0);
}

TEST_CASE("who loses its link to an author, or connects anew, is given what it missed, once") {
    auto relay = full_mesh(4);
    const auto first = message(1, 11, 0), second = message(1, 11, 0, 0, 0x14);
    (void)give(relay, 1, first);
    (void)give(relay, 1, second);
    (void)give(relay, 3, message(3, 11, 0));
    auto given = relay.linked(validator(2), {validator(0), validator(3)}, {0});
    CHECK(given == std::vector{Relay::Send{validator(2), first.frame}, Relay::Send{validator(2), second.frame}});
    CHECK(relay.linked(validator(2), {validator(0), validator(3)}, {0}).empty());
    relay.gone(validator(2));
    relay.connected(validator(2));
    CHECK(relay.linked(validator(2), {validator(0), validator(3)}, {0}).size() == 2);
}

TEST_CASE("an author's repetition is passed on again, but not faster than allowed and not that of others") {
    auto relay = full_mesh(4);
    (void)relay.linked(validator(2), {validator(0)}, {0});
    const auto sent = message(1, 11, 0);
    CHECK(give(relay, 1, sent, {1'000}).sends.size() == 1);
    CHECK(give(relay, 1, sent, {1'149}).sends.empty());
    CHECK(give(relay, 3, sent, {1'500}).sends.empty());
    CHECK(give(relay, 1, sent, {1'150}).sends.size() == 1);
}

TEST_CASE("what a liar can make us keep is bounded by authors, kinds and rounds, and by bytes") {
    Relay::Settings settings;
    settings.kept_bytes_max = 100;
    Relay relay(validator(0), settings);
    relay.advance({0}, validators(4));
    relay.connected(validator(1));
    for (std::uint64_t round = 0; round < 100; ++round)
        for (std::uint8_t salt = 0; salt < 4; ++salt)
            for (const std::uint64_t number : {1U, 2U, 3U}) (void)give(relay, 1, message(1, number, round, salt));
    CHECK(relay.why().messages == 2 * settings.rounds_kept * 2);
    CHECK(relay.why().bytes <= 100);
    CHECK(give(relay, 1, message(1, 1, 95)).verdict == Verdict::superseded);
    CHECK(give(relay, 1, message(1, 1, 101)).verdict == Verdict::fresh);
}

TEST_CASE("in any connected graph of validators every message reaches everyone, and no one twice in a full mesh") {
    Random random;
    CAPTURE(random.seed);
    for (int run = 0; run < 300; ++run) {
        const auto n = 2 + random.below(9);
        std::vector<std::vector<bool>> edge(n, std::vector<bool>(n, false));
        for (std::uint64_t i = 1; i < n; ++i) {
            const auto to = random.below(i);
            edge[i][to] = edge[to][i] = true;
        }
        const auto density = random.below(5);
        for (std::uint64_t i = 0; i < n; ++i)
            for (std::uint64_t j = 0; j < i; ++j)
                if (random.below(4) < density) edge[i][j] = edge[j][i] = true;
        std::vector<Relay> relays;
        for (std::uint64_t i = 0; i < n; ++i) {
            auto& relay = relays.emplace_back(validator(i), Relay::Settings{});
            relay.advance({0}, validators(n));
            for (std::uint64_t j = 0; j < n; ++j)
                if (edge[i][j]) relay.connected(validator(j));
        }
        for (std::uint64_t i = 0; i < n; ++i) {
            std::vector<vm::Address> links;
            for (std::uint64_t j = 0; j < n; ++j)
                if (edge[i][j]) links.push_back(validator(j));
            for (std::uint64_t j = 0; j < n; ++j)
                if (edge[i][j]) REQUIRE(relays[j].linked(validator(i), links, {0}).empty());
        }
        const auto author = random.below(n);
        const auto sent = message(author, 1, 0);
        struct Step {
            std::uint64_t from, to;
        };
        std::deque<Step> steps;
        const auto index = [](const vm::Address& who) { return std::uint64_t{who.bytes[19]} - 1; };
        for (const auto& send : relays[author].publish(sent.frame)) steps.push_back({author, index(send.to)});
        std::vector<int> fresh(n, 0);
        std::size_t total = 0;
        while (!steps.empty()) {
            const auto step = steps.front();
            steps.pop_front();
            REQUIRE(edge[step.from][step.to]);
            REQUIRE(++total <= n * n);
            const auto got = give(relays[step.to], step.from, sent);
            if (got.verdict == Verdict::fresh) ++fresh[step.to];
            for (const auto& send : got.sends) steps.push_back({step.to, index(send.to)});
        }
        for (std::uint64_t i = 0; i < n; ++i) REQUIRE(fresh[i] == (i == author ? 0 : 1));
        if (std::ranges::all_of(edge, [&](const auto& row) {
                return static_cast<std::uint64_t>(std::ranges::count(row, true)) == n - 1;
            }))
            REQUIRE(total == n - 1);
    }
}

}  // namespace
}  // namespace talea::tests
