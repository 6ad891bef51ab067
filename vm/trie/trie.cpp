#include "vm/trie/trie.hpp"

#include <algorithm>

#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/rlp/encode.hpp"
#include "vm/trie/node.hpp"

namespace talea::vm {
namespace {

struct Entry {
    BytesView key, value;
    [[nodiscard]] std::size_t nibbles() const { return 2 * key.size(); }
};
using Entries = std::span<const Entry>;

/// The nibbles of a key from `begin` to `end`.
Bytes nibbles_of(const Entry& entry, std::size_t begin, std::size_t end) {
    Bytes nibbles;
    nibbles.reserve(end - begin);
    for (std::size_t i = begin; i < end; ++i) nibbles.push_back(nibble_at(entry.key, i));
    return nibbles;
}

/// How many nibbles all keys have in common: since they are sorted, those that the first and the last have.
std::size_t common_nibbles(Entries entries, std::size_t depth) {
    const Entry &first = entries.front(), &last = entries.back();
    const std::size_t end = std::min(first.nibbles(), last.nibbles());
    while (depth < end && nibble_at(first.key, depth) == nibble_at(last.key, depth)) ++depth;
    return depth;
}

Bytes build(Entries entries, std::size_t depth);

/// Keys agree up to `depth` and part there; one of them may end there.
Bytes build_branch(Entries entries, std::size_t depth) {
    BytesView value;
    if (entries.front().nibbles() == depth) {
        value = entries.front().value;
        entries = entries.subspan(1);
    }
    std::array<Bytes, 16> children;
    for (std::uint8_t nibble = 0; nibble < 16; ++nibble) {
        std::size_t count = 0;
        while (count < entries.size() && nibble_at(entries[count].key, depth) == nibble) ++count;
        if (count != 0) children[nibble] = build(entries.first(count), depth + 1);
        entries = entries.subspan(count);
    }
    std::vector<BytesView> long_ones;
    for (const Bytes& child : children)
        if (child.size() >= sizeof(Hash)) long_ones.emplace_back(child);
    std::vector<Hash> hashes(long_ones.size());
    keccak256_each(long_ones, hashes);
    Bytes out;
    rlp::List list(out);
    for (auto hash = hashes.begin(); const Bytes& child : children) {
        if (child.empty())
            rlp::encode(out, BytesView{});
        else
            append(out, (child.size() < sizeof(Hash) ? NodeReference::to(child) : NodeReference::to(*hash++)).item());
    }
    rlp::encode(out, value);
    list.close();
    return out;
}

/// The encoding of the node that holds `entries`, sorted and distinct, whose keys agree up to `depth`.
Bytes build(Entries entries, std::size_t depth) {
    if (entries.size() == 1) {
        const Entry& only = entries.front();
        Bytes out;
        encode_leaf(out, nibbles_of(only, depth, only.nibbles()), only.value);
        return out;
    }
    const std::size_t parting = common_nibbles(entries, depth);
    if (parting == depth) return build_branch(entries, depth);
    Bytes out;
    encode_extension(out, nibbles_of(entries.front(), depth, parting),
                     NodeReference::to(build_branch(entries, parting)));
    return out;
}

Hash root_of(std::vector<Entry> entries) {
    std::erase_if(entries, [](const Entry& entry) { return entry.value.empty(); });
    if (entries.empty()) return empty_trie_root;
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return std::lexicographical_compare(a.key.begin(), a.key.end(), b.key.begin(), b.key.end());
    });
    for (std::size_t i = 1; i < entries.size(); ++i)
        check(!equal(entries[i - 1].key, entries[i].key), "the keys of a trie are distinct");
    return keccak256(build(entries, 0));
}

}  // namespace

constinit const Hash empty_trie_root{{0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45,
                                      0xe6, 0x92, 0xc0, 0xf8, 0x6e, 0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c,
                                      0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21}};

Hash trie_root(std::vector<TriePair> pairs) {
    std::vector<Entry> entries;
    entries.reserve(pairs.size());
    for (const TriePair& pair : pairs) entries.push_back({pair.key, pair.value});
    return root_of(std::move(entries));
}

Hash ordered_trie_root(std::span<const Bytes> items) {
    std::vector<Bytes> keys(items.size());
    std::vector<Entry> entries;
    entries.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        rlp::encode(keys[i], std::uint64_t{i});
        entries.push_back({keys[i], items[i]});
    }
    return root_of(std::move(entries));
}

}  // namespace talea::vm
