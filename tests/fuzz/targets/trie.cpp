// Tries against their plain definition: roots of any pairs, and a stored trie that is changed batch by batch, whose
// root, nodes and proofs must be those of its content.
#include "vm/trie/trie.hpp"

#include "fuzz/input.hpp"
#include "fuzz/plain_rlp.hpp"
#include "fuzz/target.hpp"
#include "unit/vm/trie/plain_trie.hpp"
#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"

using namespace talea;
using fuzz::Tree;
using vm::Bytes;
using vm::BytesView;
using vm::check;
using vm::Hash;

namespace {

using Content = std::map<Hash, Bytes>;

std::vector<vm::TrieChange> changes_of(const Content& content) {
    std::vector<vm::TrieChange> changes;
    for (const auto& [key, value] : content) changes.push_back({key, value});
    return changes;
}

Hash plain_root(const Content& content) {
    std::map<Bytes, Bytes> pairs;
    for (const auto& [key, value] : content) pairs[vm::to_bytes(view(key))] = value;
    return tests::PlainTrie::root(pairs);
}

/// Keys of few kinds, so that they share long prefixes, part at any nibble, and meet again; or one that is there.
Hash key_of(fuzz::Input& input, const Content& content) {
    const std::uint8_t shape = input.byte();
    Hash key;
    if (shape >= 160 && !content.empty())
        return std::next(content.begin(), static_cast<std::ptrdiff_t>(shape % content.size()))->first;
    switch (shape % 4) {
        case 0:  // spread
            return vm::keccak256(BytesView{&shape, 1});
        case 1:  // a nibble somewhere
            key.bytes[shape / 8U] = input.byte();
            return key;
        case 2:  // two nibbles somewhere
            key.bytes[shape / 8U] = 0x10;
            key.bytes[31] = input.byte();
            return key;
        default:  // one of the first, the last or both nibbles
            key.bytes[0] = static_cast<std::uint8_t>(shape & 0xf0);
            key.bytes[31] = input.byte() & 0x33;
            return key;
    }
}

/// Empty deletes; short values make nodes that stand in their parents.
Bytes value_of(fuzz::Input& input) {
    const std::uint8_t shape = input.byte();
    if (shape < 64) return {};
    return Bytes(shape < 192 ? 1U : shape - 160U, shape);
}

/// Nibbles of a node's path and whether it is a leaf's (appendix C).
std::pair<Bytes, bool> fragment_of(BytesView compact) {
    check(!compact.empty(), "a fragment has its flags");
    Bytes nibbles;
    for (const std::uint8_t byte : compact) {
        nibbles.push_back(byte >> 4);
        nibbles.push_back(byte & 15);
    }
    const std::uint8_t flags = nibbles[0];
    nibbles.erase(nibbles.begin(), nibbles.begin() + (flags % 2 == 1 ? 1 : 2));
    return {nibbles, flags >= 2};
}

/// Walks a proof as a light client does: the value it shows, empty for an absent key.
Bytes shown_by(const Hash& root, const std::vector<Bytes>& proof, const Hash& key) {
    if (proof.empty()) {
        check(root == vm::empty_trie_root, "only an empty trie proves without a node");
        return {};
    }
    std::size_t used = 0, depth = 0;
    Tree reference{false, vm::to_bytes(view(root)), {}};
    for (;;) {
        Tree node = reference;
        if (!reference.is_list) {
            check(used < proof.size(), "a proof has every node that is named");
            check(reference.string == vm::to_bytes(view(vm::keccak256(proof[used]))),
                  "a proof's node is the one named");
            BytesView encoding{proof[used++]};
            node = fuzz::read(encoding).value();
        }
        Bytes ended;
        bool at_end = true;
        if (node.items.size() == 17) {
            const std::uint8_t byte = key.bytes[depth / 2];
            reference = node.items[depth % 2 == 0 ? byte >> 4 : byte & 15];
            ++depth;
            at_end = !reference.is_list && reference.string.empty();
        } else {
            const auto [fragment, is_leaf] = fragment_of(node.items[0].string);
            bool passes = true;
            for (const std::uint8_t nibble : fragment) {
                const std::uint8_t byte = key.bytes[depth / 2];
                passes = passes && nibble == (depth % 2 == 0 ? byte >> 4 : byte & 15);
                ++depth;
            }
            at_end = is_leaf || !passes;
            if (is_leaf && passes) ended = node.items[1].string;
            reference = node.items[1];
        }
        if (!at_end) continue;
        check(used == proof.size(), "a proof has no node too many");
        return ended;
    }
}

/// Another order of an update's tasks.
void last_first(std::size_t count, const std::function<void(std::size_t)>& task) {
    while (count-- > 0) task(count);
}

void check_stored(const tests::StoredNodes& store, const Hash& root, const Content& content) {
    check(root == plain_root(content), "an updated trie has the root of its content");
    tests::StoredNodes fresh;
    const vm::TrieUpdate whole = vm::update_trie(fresh, changes_of(content));
    fresh.apply(whole);
    check(whole.root == root, "a trie made at once has the root of one made in steps");
    check(fresh.nodes == store.nodes, "an updated trie has the nodes of its content, no more and no fewer");
    check(vm::update_trie(store, {}).root == root, "no change leaves the root");
}

/// A trie that is stored and changed.
void run_batches(fuzz::Input& input) {
    tests::StoredNodes store;
    Content content;
    bool had_many = false;  // once an input, for the time it takes
    for (int batch = 0; batch < 6 && !input.at_end(); ++batch) {
        Content changes;
        const std::size_t count = input.byte();
        if (count >= 250) {                                                 // many at once, spread
            const std::size_t many = count >= 254 && !had_many ? 100 : 20;  // 64 make tasks
            had_many = had_many || many == 100;
            for (std::size_t i = 0; i < many; ++i) {
                const std::array<std::uint8_t, 2> seed{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)};
                changes[vm::keccak256(seed)] = Bytes(count % 3 == 0 ? 33 : count % 3, 1);
            }
        }
        for (std::size_t i = 0; i < count % 16; ++i) {
            Hash key = key_of(input, content);
            changes[key] = value_of(input);
        }
        if (count == 249)  // all goes
            for (const auto& [key, value] : content) changes[key] = {};
        for (const auto& [key, value] : changes) {
            if (value.empty()) {
                content.erase(key);
            } else {
                content[key] = value;
            }
        }
        const vm::TrieUpdate update = vm::update_trie(store, changes_of(changes));
        tests::StoredNodes other = store;
        other.apply(vm::update_trie(store, changes_of(changes), last_first));
        store.apply(update);
        check(other.nodes == store.nodes, "the order of an update's tasks does not matter");
        check_stored(store, update.root, content);
        for (std::size_t i = 0; i < 4; ++i) {
            const Hash key = key_of(input, content);
            const auto found = content.find(key);
            check(shown_by(update.root, vm::trie_proof(store, key), key) ==
                      (found == content.end() ? Bytes{} : found->second),
                  "a proof shows a key's value, or that it is absent");
        }
    }
}

/// Keys of any lengths, one the start of another; and the keys rlp(index).
void run_pairs(fuzz::Input& input) {
    std::map<Bytes, Bytes> content;
    std::vector<Bytes> items;
    while (!input.at_end() && items.size() < 200) {
        Bytes key = vm::to_bytes(input.bytes(input.below(5)));
        for (auto& byte : key) byte &= 0x33;
        content[key] = value_of(input);
        items.push_back(content[key].empty() ? Bytes{1} : content[key]);
    }
    std::vector<vm::TriePair> pairs;
    for (const auto& [key, value] : content) pairs.insert(pairs.begin(), {key, value});
    check(vm::trie_root(pairs) == tests::PlainTrie::root(content), "a root is that of the definition");

    std::map<Bytes, Bytes> ordered;
    for (std::size_t i = 0; i < items.size(); ++i) {
        Bytes index;
        for (std::size_t rest = i; rest > 0; rest /= 256) index.insert(index.begin(), static_cast<std::uint8_t>(rest));
        ordered[fuzz::written(Tree{false, index, {}})] = items[i];
    }
    check(vm::ordered_trie_root(items) == tests::PlainTrie::root(ordered),
          "an ordered root is over the encoded indices");
}

void run(BytesView bytes) {
    fuzz::Input input(bytes);
    if (input.below(4) == 0) return run_pairs(input);
    run_batches(input);
}

const fuzz::Target target{"trie", 128, run};

}  // namespace
