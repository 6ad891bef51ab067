// How a chain goes on whose quorum is gone for ever.
#include "unit/node/consensus/bench.hpp"

namespace talea::tests {
namespace {

using node::NoticeKind;
using qbft::Bench;
using qbft::Network;

TEST_CASE("two of four keys are lost, and a checkpoint lets the other two go on in a new instance") {
    Network net(4);
    net.work_to(3, 1'000);
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
    bench.give(node::CheckpointStored{{{0}, bench.head.hash, 1, addresses(bench.keys), {}}});
    CHECK(bench.machine->why().signs);
    // What a journal says of a later instance binds in this one, too.
    journal.sign_from_instance = 1;
    CHECK_FALSE(Bench(1, journal).machine->why().signs);
}

TEST_CASE("a checkpoint that a peer tells of leaves a validator in quarantine, and its operator's word ends it") {
    // It may be old, and the journal lost after votes in its instance.
    const auto told = [](Bench& bench, std::uint64_t instance, bool by_operator) {
        bench.give(node::CheckpointStored{{{0}, bench.head.hash, instance, addresses(bench.keys), {}}, by_operator});
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
        const auto state = node::summarise(bench.written());
        CHECK(state.sign_from_instance == 1);
        CHECK(state.sign_from == node::sign_never);
    }
    SUBCASE("nor do answers of the instance before end it") {
        Bench bench(1, {}, node::JournalStatus::lost);
        for (const auto by : {0U, 2U, 3U}) bench.say(bench.claim(by, 5, 1));
        told(bench, 1, false);
        CHECK(bench.machine->why().in_quarantine);
    }
}

TEST_CASE("a checkpoint holds with the threshold of distinct recovery keys, for its chain, list and instance alone") {
    const auto keys = tests::keys(3);
    const vm::RecoveryKeys recovery{addresses(keys), 2};
    node::Checkpoint good{{9}, {{7}}, 1, addresses(tests::keys(2)), {}};
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
    bad.signatures[1] = node::make_seal(key(99), digest);
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

}  // namespace
}  // namespace talea::tests
