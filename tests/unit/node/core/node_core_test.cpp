#include "node/core/node_core.hpp"

#include "unit/node/core/core_network.hpp"

namespace talea::tests {
namespace {

using core::Network;
using core::transaction;
using node::Misdeed;
using node::NodeCore;
namespace wire = node::wire;

constexpr std::uint8_t consensus_frame = 6, get_headers_frame = 7, get_blocks_frame = 9;

bool all_at_least(const Network& net, std::uint64_t number) {
    return std::ranges::all_of(net.nodes, [&](const auto& n) { return n.number() >= number; });
}

Network running(std::size_t count, std::size_t validating) {
    Network net(count, validating);
    net.start_first(count);
    REQUIRE(all_at_least(net, 1));
    return net;
}

/// A block every `ms`, of a transaction that is handed in at one of the first `clients` nodes after the other.
void make_blocks(Network& net, std::uint64_t count, std::size_t clients, std::uint64_t ms) {
    for (std::uint64_t nonce = 0; nonce < count; ++nonce) {
        net.submit(nonce % clients, transaction(nonce));
        net.run_for(ms);
    }
    REQUIRE(net.nodes[0].number() >= count);
}

TEST_CASE("four nodes make a client's transaction final with 27 consensus frames and no round change") {
    auto net = running(4, 4);
    for (std::uint64_t nonce = 0; nonce < 8; ++nonce) {
        net.forget_counts();
        const auto before = net.nodes[0].number();
        net.submit(nonce % 4, transaction(nonce));
        net.run_for(100);
        CHECK(all_at_least(net, before + 1));
        CHECK(net.total(consensus_frame) == 27);
        CHECK(net.total(get_headers_frame) == 0);
    }
    for (auto& n : net.nodes) {
        CHECK(n.pool->counts().pending == 0);
        CHECK(n.notices[node::NoticeKind::round_change_sent] == 0);
        CHECK(n.misdeeds.empty());
    }
}

TEST_CASE("validators without a link between them agree by way of the others, who pass on no more than is missed") {
    Network net(4, 4);
    net.start_all();
    for (std::size_t a = 0; a < 4; ++a)
        for (std::size_t b = a + 1; b < 4; ++b)
            if (a != 0 || b != 1) net.connect(a, b);
    net.run_for(3'000);
    REQUIRE(all_at_least(net, 1));
    for (std::uint64_t nonce = 0; nonce < 8; ++nonce) {
        net.forget_counts();
        net.submit(nonce % 4, transaction(nonce));
        net.run_for(200);
        CHECK(all_at_least(net, 2 + nonce));
        // 27 less those that have no way, and each of 0's and 1's messages once from 2 and once from 3.
        CHECK(net.total(consensus_frame) <= 27 + 5 * 2);
    }
    for (auto& n : net.nodes) CHECK(n.notices[node::NoticeKind::round_change_sent] == 0);
}

TEST_CASE("a node that does not vote follows by sync, and is sent no vote") {
    auto net = running(5, 4);
    const auto observer =
        net.index_of(std::ranges::find_if(net.nodes, [](const auto& n) { return !n.votes; })->address());
    for (std::uint64_t nonce = 0; nonce < 5; ++nonce) {
        net.submit(nonce % 4, transaction(nonce));
        net.run_for(100);
        CHECK(net.nodes[observer].number() == net.nodes[(observer + 1) % 5].number());
    }
    // What a client hands in there reaches the validators too.
    net.submit(observer, transaction(5));
    net.run_for(200);
    CHECK(all_at_least(net, 7));
    CHECK(net.nodes[observer].sent[consensus_frame] == 0);
}

TEST_CASE("a late validator catches up from several peers and then votes") {
    Network net(4, 4);
    net.start_first(3);
    make_blocks(net, 40, 3, 400);
    net.start(3);
    for (std::size_t i = 0; i < 3; ++i) net.connect(i, 3);
    net.run_for(1'000);
    CHECK(net.nodes[3].number() == net.nodes[0].number());
    CHECK(net.nodes[3].sent[get_blocks_frame] > 0);
    net.forget_counts();
    net.submit(3, transaction(40));
    net.run_for(100);
    CHECK(net.nodes[3].number() == net.nodes[0].number());
    CHECK(net.total(consensus_frame) == 27);
}

TEST_CASE("a node that is far behind claims no block before others can have it from there") {
    Network net(6, 4);
    net.start_first(4);
    make_blocks(net, 200, 4, 100);
    net.start(4);
    net.start(5);
    net.connect(0, 4);
    for (int i = 0; i < 1'000 && net.nodes[4].shown + 64 >= net.nodes[4].number(); ++i) net.run_for(1);
    REQUIRE(net.nodes[4].shown + 64 < net.nodes[4].number());
    net.connect(4, 5);  // tells its status
    net.run_for(2'000);
    CHECK(net.nodes[5].number() == net.nodes[0].number());
    CHECK(net.nodes[4].misdeeds.empty());
    CHECK(net.nodes[5].misdeeds.empty());
}

TEST_CASE("whoever shows headers that no quorum sealed is disconnected, and not taken back before its time") {
    auto net = running(4, 4);
    net.run_for(31'000);
    Network late(4, 4);
    late.start(3);
    late.connect(0, 3);
    late.say(0, 3, wire::Status{late.genesis_hash(), {5}, {}, {1}, {}});
    late.say(0, 3, wire::Headers{1, {{vm::encode_header(net.nodes[0].head.header), {0xc0}}}});
    REQUIRE(late.nodes[3].misdeeds == std::vector{Misdeed::lie});
    CHECK(late.nodes[3].refused[late.nodes[0].address()] == wire::Refusal::misconduct);
    CHECK(late.nodes[3].machine->why().peers.empty());
    late.run_for(500);
    late.connect(0, 3);
    CHECK(late.nodes[3].machine->why().peers.empty());
    late.run_for(600);
    late.connect(0, 3);
    CHECK(late.nodes[3].machine->why().peers.size() == 1);
}

TEST_CASE("garbage ends a connection, a type of a later release does not, and another chain is told so") {
    auto net = running(4, 4);
    auto later_type = *Network::frame(wire::Refused{});
    later_type[4] = 77;
    net.give(0, NodeCore::FrameReceived{net.nodes[1].address(), std::make_shared<const vm::Bytes>(later_type)});
    CHECK(net.nodes[0].misdeeds.empty());
    auto garbage = *Network::frame(wire::Announce{{vm::Hash{{1}}}});
    garbage.back() ^= 1;
    garbage[7] = 0xff;
    net.give(0, NodeCore::FrameReceived{net.nodes[1].address(), std::make_shared<const vm::Bytes>(garbage)});
    CHECK(net.nodes[0].misdeeds == std::vector{Misdeed::malformed});
    CHECK(net.nodes[0].refused[net.nodes[1].address()] == wire::Refusal::misconduct);
    net.say(2, 0, wire::Status{vm::Hash{{9}}, {0}, {}, {}, {}});
    CHECK(net.nodes[0].refused[net.nodes[2].address()] == wire::Refusal::other_genesis);
}

TEST_CASE("who is not admitted is refused, and whom the registry drops is disconnected with the block that does so") {
    auto net = running(6, 4);
    std::vector<std::size_t> observers;
    for (std::size_t i = 0; i < 6; ++i)
        if (!net.nodes[i].votes) observers.push_back(i);
    const auto& dropped = net.nodes[observers[0]];
    const auto validator = net.index_of(std::ranges::find_if(net.nodes, &core::Node::votes)->address());
    CHECK(net.nodes[validator].machine->why().peers.size() == 5);
    std::erase(net.admitted, dropped.address());
    net.submit(validator, transaction(0));
    net.run_for(100);
    CHECK(net.nodes[validator].machine->why().peers.size() == 4);
    CHECK(net.nodes[validator].refused[dropped.address()] == wire::Refusal::not_admitted);
    CHECK(dropped.machine->why().peers.size() <= 1);  // the other observer has not heard of it yet
    net.run_for(100);
    net.connect(observers[0], validator);
    net.run_for(10);
    CHECK(net.nodes[validator].machine->why().peers.size() == 4);
}

TEST_CASE("a validator that is silent for three seconds is no link any more, and one for ten is given up") {
    auto net = running(4, 4);
    net.lose = [](std::size_t from, std::size_t, const vm::Bytes&) { return from == 3; };
    net.run_for(4'000);
    CHECK_FALSE(
        std::ranges::all_of(net.nodes[0].machine->why().peers, [](const auto& peer) { return peer.is_linked; }));
    CHECK(net.nodes[0].machine->why().peers.size() == 3);
    net.run_for(8'000);
    CHECK(net.nodes[0].machine->why().peers.size() == 2);
}

TEST_CASE("a large transaction is announced and fetched once, and one that nobody signed is held against who sent it") {
    auto net = running(4, 4);
    net.forget_counts();
    // Out of turn, so that no block takes it.
    REQUIRE(net.nodes[0].pool->add(transaction(5, 10'000), {0, false}).has_value());
    net.give(0, NodeCore::PoolChanged{});
    net.run_for(1'000);
    for (auto& n : net.nodes) CHECK(n.pool->counts().queued == 1);
    CHECK(net.nodes[0].sent[3] >= 3);  // Announce
    CHECK(net.total(5) == 3);          // Transactions
    vm::Transaction unsigned_tx = transaction(6)->tx;
    unsigned_tx.signature.r = vm::u256{};
    net.say(1, 0, wire::Transactions{{vm::encode_transaction(unsigned_tx)}});
    net.run_for(1);
    CHECK(net.nodes[0].misdeeds.size() == 1);
}

TEST_CASE("a peer that sends more than its share is told to wait, and flooding on it is disconnected") {
    auto net = running(4, 4);
    const auto peer = net.nodes[1].address();
    const auto big = Network::frame(wire::Transactions{std::vector<vm::Bytes>(8, vm::Bytes(256 * 1024, 1))});
    for (int i = 0; i < 60 && !net.nodes[0].refused.contains(peer); ++i)
        net.give(0, NodeCore::FrameReceived{peer, big});
    CHECK(net.nodes[0].refused.contains(peer));
}

TEST_CASE("while a block is imported, consensus stands still; then it stands on that block") {
    auto net = running(4, 4);
    net.submit(0, transaction(0));
    net.run_for(100);
    const auto proof = net.nodes[0].chain[0];
    // A machine of its own, whose driver is this test.
    Network late(4, 4);
    node::PoolLimits limits;
    limits.report_changes = true;
    node::Pool pool(limits);
    node::CoreOptions options;
    options.consensus.genesis_hash = late.genesis_hash();
    options.consensus.signer = late.nodes[3].signer.get();
    options.own = late.nodes[3].address();
    options.head = late.nodes[3].head;
    NodeCore machine(std::move(options), pool);
    node::Now now{{5'000}, {1'000'000}};
    static_cast<void>(machine.start(now));
    const auto peer = late.nodes[0].address();
    const auto imports = [](const NodeCore::Actions& actions) {
        return std::ranges::count_if(
            actions, [](const auto& action) { return std::holds_alternative<NodeCore::Import>(action); });
    };
    static_cast<void>(machine.step(NodeCore::Connected{peer, false}, now));
    static_cast<void>(machine.step(
        NodeCore::FrameReceived{peer, Network::frame(wire::Status{late.genesis_hash(), {2}, {}, {1}, {}})}, now));
    const auto asked =
        machine.step(NodeCore::FrameReceived{peer, Network::frame(wire::Headers{1, {proof.header}})}, now);
    std::uint64_t request = 0;
    for (const auto& action : asked)
        if (const auto* send = std::get_if<NodeCore::Send>(&action); send && (*send->frame)[4] == get_blocks_frame)
            request = (*send->frame)[wire::frame_header_bytes + 1];
    const auto given =
        machine.step(NodeCore::FrameReceived{peer, Network::frame(wire::Blocks{request, {proof.block}})}, now);
    REQUIRE(imports(given) == 1);
    now.at.ms += 100'000;  // far beyond every round
    const auto meanwhile = machine.step(node::TimerExpired{}, now);
    CHECK(std::ranges::none_of(meanwhile, [](const auto& action) {
        return std::holds_alternative<node::Persist>(action) || std::holds_alternative<node::Build>(action);
    }));
    CHECK(machine.consensus_why().number.value == 1);
    node::FinalBlock applied = late.nodes[3].head;
    applied.validators = applied.next_validators;
    applied.header = *vm::decode_header(proof.header.header);
    applied.hash = proof.hash;
    static_cast<void>(machine.step(NodeCore::Applied{applied, {}}, now));
    CHECK(machine.consensus_why().number.value == 2);
}

}  // namespace
}  // namespace talea::tests
