#include "vm/trie/trie.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "unit/random.hpp"
#include "unit/vm/trie/plain_trie.hpp"
#include "vm/base/hex.hpp"
#include "vm/rlp/decode.hpp"
#include "vm/trie/node.hpp"

using namespace talea;
using vm::Bytes;
using vm::Hash;
using vm::TrieChange;

namespace {

using Content = std::map<Hash, Bytes>;

Hash root_of(const Content& content) {
    std::vector<vm::TriePair> pairs;
    for (const auto& [key, value] : content) pairs.push_back({vm::to_bytes(view(key)), value});
    return vm::trie_root(pairs);
}

std::vector<TrieChange> changes_of(const Content& content) {
    std::vector<TrieChange> changes;
    for (const auto& [key, value] : content) changes.push_back({key, value});
    return changes;
}

/// A key with few distinct nibbles, so that long common prefixes, deep branches and nodes inside their parents come.
Hash crowded_key(tests::Random& random, unsigned kind) {
    Hash key;
    switch (kind) {
        case 0:  // spread
            for (auto& byte : key.bytes) byte = static_cast<std::uint8_t>(random.next());
            break;
        case 1:  // differ in the first and the last bytes
            key.bytes[0] = static_cast<std::uint8_t>(random.below(3));
            key.bytes[31] = static_cast<std::uint8_t>(random.below(40));
            break;
        case 2:  // differ only at the very end
            key.bytes[30] = static_cast<std::uint8_t>(random.below(2));
            key.bytes[31] = static_cast<std::uint8_t>(random.next());
            break;
        default:  // differ anywhere, seldom
            for (auto& byte : key.bytes) byte = random.one_in(12) ? static_cast<std::uint8_t>(random.below(3) * 16) : 0;
    }
    return key;
}

/// All nodes that the root reaches, by path: a store must hold these and no others.
void reach(const tests::StoredNodes& store, vm::Nibbles path, std::set<vm::Nibbles>& reached,
           const std::optional<Bytes>& inside = std::nullopt) {
    const auto encoding = inside ? inside : store.at(path);
    REQUIRE(encoding);
    if (!inside) reached.insert(path);
    const vm::DecodedNode node = vm::decode_node(*encoding);
    const auto descend = [&](const vm::NodeReference& child, const vm::Nibbles& to) {
        if (child.empty()) return;
        if (child.is_hash()) {
            REQUIRE(store.at(to));
            CHECK(vm::keccak256(*store.at(to)) == child.hash());
            reach(store, to, reached);
        } else {
            reach(store, to, reached, vm::to_bytes(child.item()));
        }
    };
    if (node.short_node) {
        vm::append(path, node.short_node->fragment);
        if (!node.short_node->is_leaf) descend(node.short_node->child, path);
        return;
    }
    for (std::uint8_t i = 0; i < 16; ++i) {
        path.push_back(i);
        descend(node.branch->children[i], path);
        path.pop_back();
    }
}

/// Whether a proof, checked as a light client would, shows `value` under `key` (nothing: that the key is absent).
bool proves(const Hash& root, const std::vector<Bytes>& proof, const Hash& key, const Bytes& value) {
    if (proof.empty()) return root == vm::empty_trie_root && value.empty();
    Hash due = root;
    std::size_t depth = 0;
    for (std::size_t at = 0; at < proof.size(); ++at) {
        if (vm::keccak256(proof[at]) != due) return false;
        for (Bytes encoding = proof[at];;) {
            const vm::DecodedNode node = vm::decode_node(encoding);
            vm::NodeReference child;
            if (node.short_node) {
                for (const std::uint8_t nibble : node.short_node->fragment)
                    if (depth >= 64 || vm::nibble_at(key.bytes, depth++) != nibble)
                        return value.empty() && at + 1 == proof.size();
                if (node.short_node->is_leaf) return node.short_node->value == value && at + 1 == proof.size();
                child = node.short_node->child;
            } else {
                child = node.branch->children[vm::nibble_at(key.bytes, depth++)];
            }
            if (child.empty()) return value.empty() && at + 1 == proof.size();
            if (child.is_hash()) {
                due = child.hash();
                break;
            }
            encoding = vm::to_bytes(child.item());
        }
    }
    return false;
}

}  // namespace

TEST_CASE("the root of nothing is the keccak of the empty string's encoding") {
    CHECK(vm::keccak256(Bytes{0x80}) == vm::empty_trie_root);
    CHECK(vm::trie_root({}) == vm::empty_trie_root);
    CHECK(vm::ordered_trie_root({}) == vm::empty_trie_root);
    CHECK(vm::trie_root({{{1}, {}}}) == vm::empty_trie_root);
}

TEST_CASE("the root agrees with the plain definition, for keys of any lengths, one the start of another") {
    tests::Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 500; ++i) {
        std::map<Bytes, Bytes> content;
        for (std::uint64_t count = random.below(30); count > 0; --count) {
            Bytes key = random.bytes(random.below(4));
            for (auto& byte : key) byte &= 0x33;
            content[key] = random.bytes(random.below(40));
        }
        std::vector<vm::TriePair> pairs;
        for (const auto& [key, value] : content) pairs.insert(pairs.begin(), {key, value});
        CHECK(vm::trie_root(pairs) == tests::PlainTrie::root(content));
    }
}

TEST_CASE("an ordered root is the root over the encoded indices, past one byte of them") {
    tests::Random random;
    CAPTURE(random.seed);
    for (const std::size_t count : {1U, 2U, 127U, 128U, 129U, 300U}) {
        std::vector<Bytes> items;
        std::map<Bytes, Bytes> content;
        for (std::size_t i = 0; i < count; ++i) {
            items.push_back(random.bytes(1 + random.below(60)));
            Bytes key;
            vm::rlp::encode(key, std::uint64_t{i});
            content[key] = items.back();
        }
        CHECK(vm::ordered_trie_root(items) == tests::PlainTrie::root(content));
    }
}

TEST_CASE("an updated trie has the root of its whole content and the nodes of that root, no more and no fewer") {
    tests::Random random;
    CAPTURE(random.seed);
    for (unsigned round = 0; round < 120; ++round) {
        const unsigned kind = round % 4;
        CAPTURE(round);
        tests::StoredNodes store;
        Content content;
        for (int step = 0; step < 25; ++step) {
            CAPTURE(step);
            Content changes;
            for (std::uint64_t count = random.below(random.one_in(5) ? 60 : 6); count > 0; --count) {
                Hash key = crowded_key(random, kind);
                if (!content.empty() && random.one_in(2))
                    key = std::next(content.begin(), static_cast<std::ptrdiff_t>(random.below(content.size())))->first;
                changes[key] = random.one_in(2) ? Bytes{} : random.bytes(random.one_in(3) ? 1 + random.below(3) : 33);
            }
            if (random.one_in(10))  // all goes
                for (const auto& [key, value] : content) changes[key] = {};
            for (const auto& [key, value] : changes) {
                if (value.empty()) {
                    content.erase(key);
                } else {
                    content[key] = value;
                }
            }
            const vm::TrieUpdate update = vm::update_trie(store, changes_of(changes));
            std::set<vm::Nibbles> paths;
            for (const auto& [path, node] : update.nodes) {
                REQUIRE(paths.insert(path).second);  // each once
                REQUIRE((node || store.at(path)));   // gone from where it was
            }
            store.apply(update);
            REQUIRE(update.root == root_of(content));
            std::set<vm::Nibbles> reached, stored;
            if (!content.empty()) reach(store, {}, reached);
            for (const auto& [path, node] : store.nodes) stored.insert(path);
            REQUIRE(stored == reached);
        }
        std::map<Bytes, Bytes> whole;
        for (const auto& [key, value] : content) whole[vm::to_bytes(view(key))] = value;
        CHECK(root_of(content) == tests::PlainTrie::root(whole));
    }
}

TEST_CASE("an update that changes nothing writes nothing") {
    tests::Random random;
    CAPTURE(random.seed);
    for (unsigned kind = 0; kind < 4; ++kind) {
        Content content;
        for (int i = 0; i < 60; ++i) content[crowded_key(random, kind)] = random.bytes(1 + random.below(40));
        tests::StoredNodes store;
        store.apply(vm::update_trie(store, changes_of(content)));
        Content same = content;
        for (int i = 0; i < 60; ++i) same.try_emplace(crowded_key(random, kind));  // absent ones deleted
        const vm::TrieUpdate update = vm::update_trie(store, changes_of(same));
        CHECK(update.root == root_of(content));
        CHECK(update.nodes.empty());
        CHECK(vm::update_trie(store, {}).root == root_of(content));
    }
    CHECK(vm::update_trie(tests::StoredNodes{}, {}).root == vm::empty_trie_root);
}

TEST_CASE("an update reads each node on its paths once and no other") {
    tests::Random random;
    CAPTURE(random.seed);
    Content content;
    for (int i = 0; i < 5000; ++i) content[crowded_key(random, 0)] = random.bytes(33);
    tests::StoredNodes store;
    store.apply(vm::update_trie(store, changes_of(content)));
    Content changes;
    for (int i = 0; i < 200; ++i)
        changes[std::next(content.begin(), static_cast<std::ptrdiff_t>(random.below(content.size())))->first] =
            random.bytes(33);
    store.reads = 0;
    const vm::TrieUpdate update = vm::update_trie(store, changes_of(changes));
    CHECK(store.reads == update.nodes.size());  // every value changed, so every node read is written
}

TEST_CASE("a proof shows a key's value, or that it is absent, and a changed byte breaks it") {
    tests::Random random;
    CAPTURE(random.seed);
    for (unsigned round = 0; round < 40; ++round) {
        const unsigned kind = round % 4;
        Content content;
        for (std::uint64_t i = random.below(50); i > 0; --i)
            content[crowded_key(random, kind)] = random.bytes(1 + random.below(40));
        tests::StoredNodes store;
        const Hash root = vm::update_trie(store, changes_of(content)).root;
        store.apply(vm::update_trie(store, changes_of(content)));
        Content asked = content;
        for (int i = 0; i < 20; ++i) asked.try_emplace(crowded_key(random, kind));
        for (const auto& [key, value] : asked) {
            auto proof = vm::trie_proof(store, key);
            CHECK(proves(root, proof, key, value));
            CHECK_FALSE(proves(root, proof, key, Bytes{0xff, 0xff}));
            if (proof.empty()) continue;
            proof.back().back() ^= 1;
            CHECK_FALSE(proves(root, proof, key, value));
        }
    }
}

TEST_CASE("an update split into tasks, done in any order on several threads, is the update done in turn") {
    tests::Random random;
    CAPTURE(random.seed);
    const vm::ForEach backwards = [](std::size_t count, const std::function<void(std::size_t)>& task) {
        for (std::size_t i = count; i-- > 0;) task(i);
    };
    const vm::ForEach on_threads = [](std::size_t count, const std::function<void(std::size_t)>& task) {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&task, i] { task(i); });
    };
    for (unsigned round = 0; round < 30; ++round) {
        CAPTURE(round);
        Content content, changes;
        for (int i = 0; i < 300; ++i) content[crowded_key(random, round % 2)] = random.bytes(33);
        tests::StoredNodes store;
        store.apply(vm::update_trie(store, changes_of(content)));
        for (int i = 0; i < 100; ++i) changes[crowded_key(random, round % 2)] = random.bytes(33);
        for (const auto& [key, value] : content)
            if (random.one_in(round % 3 + 1)) changes[key] = {};  // in every third round all that was there goes
        const vm::TrieUpdate in_turn = vm::update_trie(store, changes_of(changes));
        for (const auto& for_each : {backwards, on_threads}) {
            const vm::TrieUpdate split = vm::update_trie(store, changes_of(changes), for_each);
            CHECK(split.root == in_turn.root);
            CHECK(std::ranges::equal(split.nodes, in_turn.nodes, [](const auto& a, const auto& b) {
                return a.path == b.path && a.node.has_value() == b.node.has_value() &&
                       (!a.node || vm::equal(*a.node, *b.node));
            }));
        }
    }
}
