#include <doctest/doctest.h>

#include "node/consensus/recovery.hpp"
#include "unit/node/core/core_network.hpp"

/// A recovery checkpoint that an operator gave to one node reaches the others.
namespace talea::tests::core {
namespace {

constexpr std::uint8_t checkpoint_frame = 11;
const vm::PrivateKey recovery_key = key(201);

/// Two connected validators of four: less than a quorum, so that nothing becomes final. The node that follows hears it
/// by way of them.
struct Halved {
    Network net{5, 4};
    std::vector<std::size_t> voting;
    std::size_t observer = 0;

    Halved() {
        net.recovery = {{vm::address_of(recovery_key)}, 1};
        for (std::size_t i = 0; i < net.nodes.size(); ++i) {
            if (net.nodes[i].votes)
                voting.push_back(i);
            else
                observer = i;
        }
        for (const auto i : {voting[0], voting[1], observer}) net.start(i);
        net.connect(voting[0], voting[1]);
        net.connect(voting[0], observer);
        net.run_for(1'000);
    }
    [[nodiscard]] node::Checkpoint checkpoint(const vm::PrivateKey& signer) const {
        const auto& head = net.nodes[voting[0]].head;
        std::vector<vm::Address> left{net.nodes[voting[0]].address(), net.nodes[voting[1]].address()};
        std::ranges::sort(left);
        node::Checkpoint made{head.header.number, head.hash, 1, std::move(left), {}};
        made.signatures = {node::make_seal(signer, node::checkpoint_digest(net.genesis_hash(), made))};
        return made;
    }
    [[nodiscard]] std::uint64_t instance(std::size_t at) const {
        return net.nodes[at].machine->consensus_why().instance;
    }
};

TEST_CASE("a checkpoint that one node is given is stored by all who hear of it, each once") {
    Halved chain;
    auto& net = chain.net;
    net.forget_counts();
    net.give(chain.voting[0], node::CheckpointStored{chain.checkpoint(recovery_key)});
    net.run_for(200);
    for (const auto i : {chain.voting[0], chain.voting[1], chain.observer}) {
        CHECK(net.nodes[i].checkpoints == (i == chain.voting[0] ? 0 : 1));
        CHECK(chain.instance(i) == 1);
        CHECK(net.nodes[i].misdeeds.empty());
    }
    CHECK_MESSAGE(net.total(checkpoint_frame) == 4, "two there, and each tells who told it");
    // One who comes later is told with the connection.
    net.start(chain.voting[2]);
    net.connect(chain.voting[1], chain.voting[2]);
    net.run_for(200);
    CHECK(net.nodes[chain.voting[2]].checkpoints == 1);
    CHECK(chain.instance(chain.voting[2]) == 1);
}

TEST_CASE(
    "a checkpoint without the recovery keys' signatures, or one that would undo what is certified, is not stored") {
    Halved chain;
    auto& net = chain.net;
    const auto liar = chain.voting[1], honest = chain.voting[0];
    auto other = chain.checkpoint(recovery_key);
    other.hash.bytes[0] ^= 1;
    other.signatures = {node::make_seal(recovery_key, node::checkpoint_digest(net.genesis_hash(), other))};
    net.say(liar, honest, node::wire::Checkpoint{node::encode_checkpoint(other)});
    CHECK(net.nodes[honest].checkpoints == 0);
    REQUIRE(net.nodes[honest].refusals.size() == 1);
    CHECK(net.nodes[honest].refusals[0].find("the checkpoint names") != std::string::npos);
    CHECK_MESSAGE(net.nodes[honest].misdeeds.empty(), "whoever passes it on need not know");
    net.say(liar, honest, node::wire::Checkpoint{node::encode_checkpoint(chain.checkpoint(net.nodes[liar].key))});
    CHECK(net.nodes[honest].checkpoints == 0);
    CHECK(net.nodes[honest].misdeeds == std::vector{node::Misdeed::lie});
    CHECK(chain.instance(honest) == 0);
}

}  // namespace
}  // namespace talea::tests::core
