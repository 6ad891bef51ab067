#include "node/storage/state_proof.hpp"

#include <doctest/doctest.h>

#include "node/base/limits.hpp"
#include "node/storage/keys.hpp"
#include "node/storage/rebuilt_tries.hpp"
#include "unit/node/storage/forgetful_env.hpp"
#include "unit/node/storage/random_chain.hpp"
#include "vm/rlp/encode.hpp"
#include "vm/trie/node.hpp"

namespace talea::tests {
namespace {

/// A random chain and the database it grows in.
struct World {
    Random random;
    ForgetfulEnv env;
    RandomChain chain{random};
    std::unique_ptr<node::Database> database;

    World() {
        node::LevelDbOptions options;
        options.env = &env;
        auto opened = node::Database::open("db", chain.genesis(), options);
        REQUIRE(opened.has_value());
        database = std::move(*opened);
    }
};

/// What the nodes show below `root` under keccak(`key`); empty where they show that nothing is there. Each must be the
/// one that the node before it names.
vm::Bytes proved(const vm::Hash& root, vm::BytesView key, const std::vector<vm::Bytes>& nodes) {
    if (nodes.empty()) {
        REQUIRE(root == vm::empty_trie_root);
        return {};
    }
    const auto way = vm::keccak256(key);
    auto due = root;
    std::size_t depth = 0;
    for (std::size_t used = 0; used < nodes.size(); ++used) {
        REQUIRE(vm::keccak256(nodes[used]) == due);
        auto node = vm::decode_node(nodes[used]);
        while (true) {
            vm::NodeReference child;
            if (node.branch) {
                child = node.branch->children[vm::nibble_at(way.bytes, depth++)];
            } else {
                for (const auto nibble : node.short_node->fragment)
                    if (vm::nibble_at(way.bytes, depth++) != nibble) return {};
                if (node.short_node->is_leaf) {
                    REQUIRE(used + 1 == nodes.size());
                    return node.short_node->value;
                }
                child = node.short_node->child;
            }
            if (child.empty()) return {};
            if (child.is_hash()) {
                due = child.hash();
                break;
            }
            node = vm::decode_node(child.item());
        }
    }
    FAIL("the proof ends early");
    return {};
}

/// Proofs of all accounts of the chain, and of slots, hold at `number` and show what `model` has.
void check_proofs(const RandomChain& chain, const node::KvReader& reader, const vm::MapState& model,
                  std::uint64_t number) {
    CAPTURE(number);
    const auto tries = node::StateTries::at(reader, {number});
    REQUIRE(tries.has_value());
    std::vector<vm::u256> slots;
    for (std::uint64_t slot = 0; slot < 9; ++slot) slots.emplace_back(slot);
    for (const auto& address : chain.addresses()) {
        const auto proof = (*tries)->prove(address, slots);
        const auto account = model.account(address);
        REQUIRE(proof.account == account);
        const auto shown = proved(model.root(), vm::view(address), proof.nodes);
        REQUIRE(shown == (account ? vm::encode_account(*account, proof.storage_root) : vm::Bytes{}));
        for (std::size_t i = 0; i < slots.size(); ++i) {
            REQUIRE(proof.slots[i].value == model.storage(address, slots[i]));
            vm::Bytes due;
            if (!proof.slots[i].value.is_zero()) vm::rlp::encode(due, proof.slots[i].value);
            REQUIRE(proved(proof.storage_root, vm::view(vm::to_hash(slots[i])), proof.slots[i].nodes) == due);
        }
    }
}

}  // namespace

TEST_CASE(
    "every account and slot is proved at every block, before and after the stored trie, also where storage was "
    "cleared") {
    World world;
    CAPTURE(world.random.seed);
    auto& [random, env, chain, database] = world;
    const auto models = chain.grow_by(150, *database);
    REQUIRE(node::stored_trie_block(database->store()) == vm::BlockNumber{128});
    const auto snapshot = database->snapshot();
    for (std::uint64_t number = 0; number < models.size(); number += number < 120 ? 11 : 1)
        check_proofs(chain, *snapshot, models[number], number);
    for (int i = 0; i < 60; ++i) chain.grow(*database);
    check_proofs(chain, *snapshot, models[140], 140);
    check_proofs(chain, *database->snapshot(), models[3], 3);
}

TEST_CASE("any block is proved from tries made anew, genesis and accounts that are gone included") {
    World world;
    CAPTURE(world.random.seed);
    auto& [random, env, chain, database] = world;
    const auto models = chain.grow_by(70, *database);
    for (const std::uint64_t number : {0UL, 1UL, 7UL, 29UL, 64UL, 69UL, 70UL}) {
        const node::RebuiltTries rebuilt(database->store(), {number});
        CHECK(node::stored_trie_block(rebuilt) == vm::BlockNumber{number});
        check_proofs(chain, rebuilt, models[number], number);
    }
}

TEST_CASE("a block whose changes are no longer kept is not proved") {
    World world;
    CAPTURE(world.random.seed);
    auto& [random, env, chain, database] = world;
    for (int i = 0; i < 70; ++i) chain.grow(*database);
    node::KvBatch batch;
    batch.erase(node::Key(node::Table::changes).add(std::uint64_t{30}));
    database->store().write(batch);
    const auto at = [&](std::uint64_t number) { return node::StateTries::at(database->store(), {number}); };
    CHECK(at(30).has_value());  // it is what came after it that must be known
    CHECK(at(29).error() == node::ProofError::too_old);
    CHECK(at(70).has_value());
}

}  // namespace talea::tests
