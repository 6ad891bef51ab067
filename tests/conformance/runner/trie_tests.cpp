#include <map>
#include <optional>

#include "conformance/runner/classic.hpp"
#include "unit/vm/trie/plain_trie.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/trie/node.hpp"
#include "vm/trie/trie.hpp"

namespace talea::conformance {
namespace {

using vm::Bytes;
using vm::Hash;

/// What is put under a key, in order; empty deletes.
using Writes = std::vector<std::pair<Bytes, Bytes>>;

Writes writes_of(const Json& in) {
    Writes writes;
    const auto add = [&](const std::string& key, const Json& value) {
        writes.emplace_back(text_or_hex(key), value.is_null() ? Bytes{} : text_or_hex(value.get<std::string>()));
    };
    if (in.is_array()) {
        for (const Json& pair : in) add(pair.at(0).get<std::string>(), pair.at(1));
    } else {
        for (const auto& [key, value] : in.items()) add(key, value);
    }
    return writes;
}

Hash root_at_once(const Writes& writes) {
    std::map<Bytes, Bytes> content;
    for (const auto& [key, value] : writes) content[key] = value;
    std::vector<vm::TriePair> pairs;
    for (const auto& [key, value] : content) pairs.push_back({key, value});
    return vm::trie_root(std::move(pairs));
}

/// One update a write, on stored nodes; keys have 32 bytes.
Hash root_step_by_step(const Writes& writes, tests::StoredNodes& nodes) {
    Hash root = vm::empty_trie_root;
    for (const auto& [key, value] : writes) {
        vm::TrieChange change{{}, value};
        std::memcpy(change.key.bytes.data(), key.data(), key.size());
        const vm::TrieUpdate update = vm::update_trie(nodes, {&change, 1});
        nodes.apply(update);
        root = update.root;
    }
    return root;
}

void run_roots(const Json& tests, bool hashes_keys, Recorder& recorder) {
    for (const auto& [name, test] : tests.items()) {
        Writes writes = writes_of(test.at("in"));
        if (hashes_keys)
            for (auto& [key, value] : writes) key = vm::to_bytes(view(vm::keccak256(key)));
        const Hash expected = *vm::hash_from_hex(test.at("root").get<std::string>());
        bool holds = root_at_once(writes) == expected;
        if (hashes_keys) {
            tests::StoredNodes nodes;
            holds = holds && root_step_by_step(writes, nodes) == expected;
            if (test.at("in").is_object()) {  // any order
                tests::StoredNodes backwards;
                holds = holds && root_step_by_step({writes.rbegin(), writes.rend()}, backwards) == expected;
            }
        }
        recorder.add(name, no_fork, 0, holds ? Outcome{} : failed("another root"));
    }
}

/// The keys below a stored node, in the order in which a walk from left to right meets them.
void walk(const tests::StoredNodes& nodes, vm::Nibbles path, const Bytes& encoding, std::vector<Hash>& keys) {
    const vm::DecodedNode node = vm::decode_node(encoding);
    const auto descend = [&](const vm::NodeReference& child) {
        if (!child.empty()) walk(nodes, path, child.is_hash() ? *nodes.at(path) : vm::to_bytes(child.item()), keys);
    };
    if (node.short_node) {
        vm::append(path, node.short_node->fragment);
        if (!node.short_node->is_leaf) return descend(node.short_node->child);
        Hash& key = keys.emplace_back();
        for (std::size_t i = 0; i < path.size(); ++i)
            key.bytes[i / 2] = static_cast<std::uint8_t>(key.bytes[i / 2] << 4 | path[i]);
        return;
    }
    for (std::uint8_t i = 0; i < 16; ++i) {
        path.push_back(i);
        descend(node.branch->children[i]);
        path.pop_back();
    }
}

/// A short key as the product's tries have them: 32 bytes, zeros behind, which keeps the order.
Hash padded(std::string_view text) {
    Hash key;
    std::memcpy(key.bytes.data(), text.data(), text.size());
    return key;
}

void run_neighbours(const Json& tests, Recorder& recorder) {
    for (const auto& [name, test] : tests.items()) {
        Writes writes;
        for (const Json& key : test.at("in"))
            writes.emplace_back(vm::to_bytes(view(padded(key.get<std::string>()))), Bytes{1});
        tests::StoredNodes nodes;
        (void)root_step_by_step(writes, nodes);
        std::vector<Hash> keys;
        walk(nodes, {}, *nodes.at({}), keys);
        bool holds = keys.size() == writes.size();
        for (const Json& asked : test.at("tests")) {
            const Hash of = padded(asked.at(0).get<std::string>());
            Hash before, after;
            for (const Hash& key : keys) {
                if (key < of) before = key;
                if (key > of && after.is_zero()) after = key;
            }
            holds = holds && before == padded(asked.at(1).get<std::string>()) &&
                    after == padded(asked.at(2).get<std::string>());
        }
        recorder.add(name, no_fork, 0, holds ? Outcome{} : failed("other neighbours"));
    }
}

}  // namespace

void run_trie_tests(const Json& tests, const std::string& name, Recorder& recorder) {
    if (name == "trietestnextprev.json")
        run_neighbours(tests, recorder);
    else
        run_roots(tests, name.find("secure") != std::string::npos, recorder);
}

}  // namespace talea::conformance
