#pragma once
#include <map>

#include "vm/base/bytes.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/rlp/encode.hpp"
#include "vm/trie/trie.hpp"

namespace talea::tests {

/// The trie as the Yellow Paper's appendix D defines it, by functions over sets of pairs, with nothing shared with the
/// product but keccak and RLP: what it is held against.
class PlainTrie {
  public:
    using Pairs = std::map<vm::Bytes, vm::Bytes>;  // nibbles to value

    static vm::Hash root(const std::map<vm::Bytes, vm::Bytes>& pairs) {
        Pairs by_nibbles;
        for (const auto& [key, value] : pairs) {
            vm::Bytes nibbles;
            for (const std::uint8_t byte : key) {
                nibbles.push_back(byte >> 4);
                nibbles.push_back(byte & 15);
            }
            if (!value.empty()) by_nibbles[nibbles] = value;
        }
        vm::Bytes empty{0x80};
        return vm::keccak256(by_nibbles.empty() ? empty : node(by_nibbles, 0));
    }

  private:
    static vm::Bytes compact(const vm::Bytes& nibbles, std::size_t from, std::size_t to, bool leaf) {
        vm::Bytes flagged{static_cast<std::uint8_t>((leaf ? 2 : 0) + (to - from) % 2)};
        if ((to - from) % 2 == 0) flagged.push_back(0);
        flagged.insert(flagged.end(), nibbles.begin() + static_cast<std::ptrdiff_t>(from),
                       nibbles.begin() + static_cast<std::ptrdiff_t>(to));
        vm::Bytes packed;
        for (std::size_t i = 0; i < flagged.size(); i += 2)
            packed.push_back(static_cast<std::uint8_t>(flagged[i] * 16 + flagged[i + 1]));
        return packed;
    }
    static void name(vm::Bytes& out, const vm::Bytes& encoding) {
        if (encoding.size() < 32) {
            vm::append(out, encoding);
        } else {
            vm::rlp::encode(out, vm::keccak256(encoding));
        }
    }
    static vm::Bytes node(const Pairs& pairs, std::size_t depth) {
        vm::Bytes out;
        vm::rlp::List list(out);
        const auto& [first, value] = *pairs.begin();
        if (pairs.size() == 1) {
            vm::rlp::encode(out, vm::BytesView{compact(first, depth, first.size(), true)});
            vm::rlp::encode(out, vm::BytesView{value});
            list.close();
            return out;
        }
        std::size_t shared = first.size();
        for (const auto& [key, ignored] : pairs) {
            std::size_t same = 0;
            while (same < shared && same < key.size() && key[same] == first[same]) ++same;
            shared = same;
        }
        if (shared > depth) {
            vm::rlp::encode(out, vm::BytesView{compact(first, depth, shared, false)});
            name(out, node(pairs, shared));
            list.close();
            return out;
        }
        for (std::uint8_t nibble = 0; nibble < 16; ++nibble) {
            Pairs below;
            for (const auto& [key, of_key] : pairs)
                if (key.size() > depth && key[depth] == nibble) below[key] = of_key;
            if (below.empty()) {
                out.push_back(0x80);
            } else {
                name(out, node(below, depth + 1));
            }
        }
        vm::rlp::encode(out, first.size() == depth ? vm::BytesView{value} : vm::BytesView{});
        list.close();
        return out;
    }
};

/// Stored nodes by path, as a store keeps them.
struct StoredNodes final : vm::TrieNodes {
    std::map<vm::Nibbles, vm::Bytes> nodes;
    mutable std::size_t reads = 0;

    [[nodiscard]] bool node(const vm::Nibbles& path, vm::Bytes& encoding) const override {
        ++reads;
        const auto found = nodes.find(path);
        if (found == nodes.end()) return false;
        encoding = found->second;
        return true;
    }
    [[nodiscard]] std::optional<vm::Bytes> at(const vm::Nibbles& path) const {
        const auto found = nodes.find(path);
        return found == nodes.end() ? std::nullopt : std::optional(found->second);
    }
    void apply(const vm::TrieUpdate& update) {
        for (const auto& [path, node] : update.nodes) {
            if (node) {
                nodes[path] = vm::to_bytes(*node);
            } else {
                nodes.erase(path);
            }
        }
    }
};

}  // namespace talea::tests
