#include "vm/native/admitted_nodes.hpp"

#include <doctest/doctest.h>

#include <set>

#include "unit/vm/native/native_chain.hpp"
#include "vm/native/permissions.hpp"

using namespace talea;
using namespace talea::tests;
using vm::permissions_address;

namespace {

vm::PublicKey node(std::uint64_t secret) {
    return vm::public_key_of({vm::to_hash(vm::u256{secret})});
}

struct Nodes : NativeChain {
    using NativeChain::NativeChain;
    Answer admit(const vm::PublicKey& key, const vm::Address& by = admin) {
        return call(by, permissions_address, "admitNode(bytes32,bytes32)", {key.x, key.y});
    }
    Answer remove(const vm::PublicKey& key, const vm::Address& by = admin) {
        return call(by, permissions_address, "removeNode(address)", {word(vm::address_of(key))});
    }
    bool is_admitted(const vm::PublicKey& key) {
        return view(permissions_address, "isAdmitted(address)", {word(vm::address_of(key))}) == 1;
    }
    /// What `nodes()` answers, as addresses.
    std::set<vm::Address> listed() {
        const Answer answer = call(address(0x99), permissions_address, "nodes()");
        std::set<vm::Address> addresses;
        REQUIRE(answer.ok());
        const auto count = answer.word(1).low_u64();
        REQUIRE(answer.output.size() == (2 + 2 * count) * 32);
        for (std::uint64_t i = 0; i < count; ++i)
            addresses.insert(vm::address_of(vm::PublicKey{answer.word(2 + 2 * i), answer.word(3 + 2 * i)}));
        return addresses;
    }
};

}  // namespace

TEST_CASE("nodes are admitted by their public key and removed by its address, in any order") {
    Nodes nodes;
    for (const std::uint64_t secret : std::initializer_list<std::uint64_t>{1, 2, 3, 4})
        REQUIRE(nodes.admit(node(secret)).ok());
    CHECK(nodes.listed().size() == 4);
    const vm::Log& log = nodes.state.logs()[0];
    CHECK(log.topics ==
          std::vector<vm::Hash>{vm::to_hash(vm::signature_hash("NodeAdmitted(address,bytes32,bytes32,address)")),
                                vm::to_hash(word(vm::address_of(node(1)))), vm::to_hash(word(NativeChain::admin))});
    CHECK(vm::u256::from_be_bytes(vm::BytesView{log.data}.first(32)) == node(1).x);
    CHECK(nodes.admit(node(2)).ok());
    CHECK_MESSAGE(nodes.state.logs().size() == 4, "admitting one that is admitted says nothing");

    for (const std::uint64_t secret : std::initializer_list<std::uint64_t>{2, 4, 1}) {
        REQUIRE(nodes.remove(node(secret)).ok());
        CHECK_FALSE(nodes.is_admitted(node(secret)));
        CHECK_FALSE(nodes.listed().contains(vm::address_of(node(secret))));
    }
    CHECK(nodes.is_admitted(node(3)));
    CHECK(nodes.listed() == std::set{vm::address_of(node(3))});
    CHECK(nodes.remove(node(2)).ok());
    CHECK_MESSAGE(nodes.state.logs().size() == 7, "removing one that is not admitted says nothing");
    REQUIRE(nodes.remove(node(3)).ok());
    CHECK(nodes.listed().empty());
    nodes.next_transaction();
    for (const auto& [where, change] : nodes.state.changes().accounts)
        for (const auto& [slot, value] : change.storage)
            CHECK_MESSAGE(value.is_zero(), "all that was written for them is gone");
}

TEST_CASE("only NETWORK admits and removes") {
    Nodes nodes;
    const vm::Address carol = address(0xca01);
    REQUIRE(nodes.admit(node(1)).ok());
    for (const Answer& answer : {nodes.admit(node(2), carol), nodes.remove(node(1), carol)})
        CHECK(answer.is("NotAuthorized(address,uint256)", {word(carol), vm::role::network}));
    CHECK(nodes.is_admitted(node(1)));
}

TEST_CASE("what is no point of the curve is no node") {
    Nodes nodes;
    vm::PublicKey key = node(1);
    key.y = key.y + vm::u256{1};
    CHECK(nodes.admit(key).is("BadPublicKey()"));
    CHECK(nodes.admit({}).is("BadPublicKey()"));
    // x beyond the field's prime is another name of a point that has one already.
    CHECK(nodes.admit({vm::u256::max(), node(1).y}).is("BadPublicKey()"));
}

TEST_CASE("a genesis that names nodes writes what admitting them would have written") {
    vm::NativeGenesis genesis = NativeChain::plain_genesis();
    genesis.nodes = {node(1), node(2)};
    const vm::GenesisAlloc by_genesis = vm::native_accounts(genesis).value();

    Nodes nodes;
    REQUIRE(nodes.admit(node(1)).ok());
    REQUIRE(nodes.admit(node(2)).ok());
    nodes.next_transaction();
    vm::GenesisAlloc by_calls = vm::native_accounts(NativeChain::plain_genesis()).value();
    for (const auto& [where, change] : nodes.state.changes().accounts)
        for (const auto& [slot, value] : change.storage) by_calls[where].storage[slot] = value;
    CHECK(by_calls == by_genesis);
    CHECK(vm::read_nodes(AllocView{by_genesis}) == genesis.nodes);

    genesis.nodes = {node(1), node(1)};
    CHECK(vm::native_accounts(genesis).error() == vm::NativeGenesisError::bad_nodes);
    genesis.nodes = {{node(1).x, node(2).y}};
    CHECK(vm::native_accounts(genesis).error() == vm::NativeGenesisError::bad_nodes);
}

TEST_CASE("a thousand nodes are admitted and no more") {
    vm::NativeGenesis genesis = NativeChain::plain_genesis();
    for (std::uint64_t secret = 1; secret <= vm::nodes_max; ++secret) genesis.nodes.push_back(node(secret));
    Nodes nodes{genesis};
    CHECK(nodes.admit(node(5'000)).is("TooMany(uint256,uint256)", {1'001, 1'000}));
    REQUIRE(nodes.remove(node(500)).ok());
    CHECK(nodes.admit(node(5'000)).ok());
}
