#include "vm/state/state_trie.hpp"

#include <doctest/doctest.h>

#include "unit/random.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/state/map_state.hpp"

using namespace talea;
using vm::Address;
using vm::Bytes;
using vm::Hash;
using vm::u256;

namespace {

/// All tries of a state, by owner and path, as a store keeps them.
struct StoredTries final : vm::StateTrieNodes {
    std::map<std::optional<Hash>, std::map<vm::Nibbles, Bytes>> tries;

    [[nodiscard]] bool node(const std::optional<Hash>& owner, const vm::Nibbles& path, Bytes& encoding) const override {
        const auto trie = tries.find(owner);
        if (trie == tries.end()) return false;
        const auto found = trie->second.find(path);
        if (found == trie->second.end()) return false;
        encoding = found->second;
        return true;
    }
    void apply(const vm::StateTrieUpdate& update) {
        put(std::nullopt, update.account_nodes);
        for (const auto& [owner, storage] : update.storage_nodes) {
            if (storage.cleared) tries.erase(owner);
            put(owner, storage.nodes);
        }
        std::erase_if(tries, [](const auto& trie) { return trie.second.empty(); });
    }

  private:
    void put(const std::optional<Hash>& owner, const vm::NodeChanges& nodes) {
        for (const auto& [path, node] : nodes) {
            if (node) {
                tries[owner][path] = vm::to_bytes(*node);
            } else {
                tries[owner].erase(path);
            }
        }
    }
};

/// A change as State makes them: accounts that come, go, and come again with cleared storage, slots set and zeroed.
vm::ChangeSet random_changes(tests::Random& random, const vm::MapState& state) {
    vm::ChangeSet changes;
    for (std::uint64_t i = random.below(8); i > 0; --i) {
        const Address address = vm::low_address(static_cast<std::uint16_t>(random.below(40)));
        const bool exists = state.account(address).has_value();
        if (exists && random.one_in(5)) {
            changes.accounts[address] = {std::nullopt, true, {}};
            continue;
        }
        vm::AccountChange& change = changes.accounts[address];
        change.account = vm::Account{random.below(5), random.word(), vm::empty_code_hash};
        change.storage_cleared = random.one_in(6);
        for (std::uint64_t k = random.below(6); k > 0; --k)
            change.storage[u256{random.below(30)}] = random.one_in(3) ? u256{} : random.word();
    }
    return changes;
}

std::size_t owners(const vm::MapState& state) {
    std::size_t count = state.accounts.empty() ? 0 : 1;
    for (const auto& [address, entry] : state.accounts) count += entry.storage.empty() ? 0 : 1;
    return count;
}

}  // namespace

TEST_CASE("the tries updated change by change have the root of the whole state, and forget storage that is gone") {
    tests::Random random;
    CAPTURE(random.seed);
    for (int round = 0; round < 20; ++round) {
        StoredTries store;
        vm::MapState state;
        for (int step = 0; step < 60; ++step) {
            const vm::ChangeSet changes = random_changes(random, state);
            const vm::StateTrieUpdate update = vm::update_state_trie(store, changes);
            state.apply(changes);
            store.apply(update);
            REQUIRE(update.root == state.root());
            REQUIRE(store.tries.size() == owners(state));
        }
    }
}

TEST_CASE("the root of nothing but a change set is that of the state it makes") {
    tests::Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 100; ++i) {
        vm::MapState state;
        const vm::ChangeSet changes = random_changes(random, state);
        state.apply(changes);
        CHECK(vm::state_root_of(changes) == state.root());
        CHECK(vm::update_state_trie(StoredTries{}, changes).root == state.root());
    }
    CHECK(vm::state_root_of({}) == vm::empty_trie_root);
}

TEST_CASE("a whole state drops zero slots, finds code by its hash and answers for what it does not hold") {
    vm::MapState state;
    const Address address = vm::low_address(7);
    state.put(address, 1, u256{5}, Bytes{0x60, 0x00}, {{u256{1}, u256{2}}, {u256{3}, u256{}}});
    CHECK(state.account(address)->code_hash == vm::keccak256(Bytes{0x60, 0x00}));
    CHECK(*state.code(state.account(address)->code_hash) == Bytes{0x60, 0x00});
    CHECK((state.storage(address, u256{1}) == u256{2}));
    CHECK((state.storage(address, u256{3}).is_zero()));
    CHECK(state.accounts.at(address).storage.size() == 1);
    CHECK(state.has_storage(address));

    const Address absent = vm::low_address(8);
    CHECK_FALSE(state.account(absent));
    CHECK_FALSE(state.has_storage(absent));
    CHECK((state.storage(absent, u256{1}).is_zero()));
    CHECK(state.code(vm::empty_code_hash)->empty());
    CHECK(state.block_hash({9}).is_zero());
}

TEST_CASE("an account is encoded as the Yellow Paper says") {
    const vm::Account account{1, u256{0x100}, vm::empty_code_hash};
    CHECK(vm::to_hex(vm::encode_account(account, vm::empty_trie_root)) ==
          "0xf84601820100a056e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
          "a0c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
}
