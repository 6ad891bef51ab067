#include "node/storage/trie_store.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>

#include "unit/random.hpp"

namespace talea::tests {
namespace {

class NoStore final : public node::KvReader {
  public:
    [[nodiscard]] bool get(vm::BytesView, std::string&) const override {
        ++asked;
        return false;
    }
    mutable std::size_t asked = 0;
    [[nodiscard]] std::unique_ptr<node::KvIterator> iterate() const override {
        FAIL("nothing is walked");
        return nullptr;
    }
};

using Model = std::map<std::uint8_t, std::optional<vm::Bytes>>;

vm::Nibbles path_of(std::uint8_t place) {
    const std::array<std::uint8_t, 2> nibbles{static_cast<std::uint8_t>(place >> 4),
                                              static_cast<std::uint8_t>(place & 15)};
    return vm::Nibbles(nibbles);
}

void check_nodes(const node::TrieStore& store, const std::optional<vm::Hash>& owner, const Model& model) {
    for (const auto& [place, expected] : model) {
        vm::Bytes encoding;
        REQUIRE(store.node(owner, path_of(place), encoding) == expected.has_value());
        if (expected) CHECK(encoding == *expected);
    }
}

TEST_CASE("a trie store says the latest of each node, and keeps little of what was replaced") {
    Random random;
    CAPTURE(random.seed);
    const NoStore nothing;
    node::TrieStore store(nothing);
    const vm::Hash owner{{7}};
    Model accounts, slots;
    std::size_t said = 0, most = 0;
    const auto change = [&](vm::NodeChanges& changes, Model& model) {
        for (int i = 0; i < 200; ++i) {
            const auto place = static_cast<std::uint8_t>(random.below(256));
            if (random.one_in(8)) {
                changes.erase(path_of(place));
                model[place] = std::nullopt;
            } else {
                const auto encoding = random.bytes(500);
                changes.put(path_of(place), encoding);
                model[place] = encoding;
                said += encoding.size();
            }
        }
    };
    for (int block = 0; block < 400; ++block) {
        vm::StateTrieUpdate update;
        change(update.account_nodes, accounts);
        auto& storage = update.storage_nodes[owner];
        if (random.one_in(20)) {
            storage.cleared = true;
            for (auto& [place, node] : slots) node = std::nullopt;
        }
        change(storage.nodes, slots);
        store.apply(std::move(update));
        most = std::max(most, store.overlay_bytes());
        if (block % 150 == 149) {
            store.written();
            check_nodes(store, std::nullopt, accounts);
            check_nodes(store, owner, slots);
        }
    }
    check_nodes(store, std::nullopt, accounts);
    check_nodes(store, owner, slots);
    CHECK(said > 50'000'000);
    CHECK(most < 12'000'000);
}

TEST_CASE("a store is asked once for the storage of an account that has none, and what it has later is found") {
    Random random;
    CAPTURE(random.seed);
    const NoStore nothing;
    node::TrieStore store(nothing);
    vm::ChangeSet all;  // what the state is
    const std::array<vm::Address, 4> owners{random.address(), random.address(), random.address(), random.address()};
    const auto update = [&](const vm::ChangeSet& changes) {
        for (const auto& [owner, change] : changes.accounts) {
            all.accounts[owner].account = change.account;
            for (const auto& [key, value] : change.storage) {
                all.accounts[owner].storage[key] = value;
                if (value.is_zero()) all.accounts[owner].storage.erase(key);
            }
        }
        auto made = vm::update_state_trie(store, changes);
        CHECK(made.root == vm::state_root_of(all));
        store.apply(std::move(made));
    };
    std::uint64_t nonce = 0;
    const auto sends = [&] {
        vm::ChangeSet changes;
        for (const auto& owner : owners) changes.accounts[owner].account.emplace().nonce = ++nonce;
        return changes;
    };
    update(sends());
    nothing.asked = 0;
    update(sends());
    CHECK(nothing.asked == 0);
    for (int block = 0; block < 200; ++block) {
        auto changes = sends();
        if (random.one_in(3))
            changes.accounts[owners[random.below(owners.size())]].storage[vm::u256{random.below(3)}] =
                vm::u256{random.below(2)};
        update(changes);
    }
}

}  // namespace
}  // namespace talea::tests
