#include "vm/trie/node.hpp"

#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/rlp/decode.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::vm {
namespace {

constexpr std::uint8_t leaf_flag = 0x20, odd_flag = 0x10;
constexpr std::uint8_t hash_item = 0x80 + sizeof(Hash);
constexpr std::uint8_t empty_item = 0x80;

struct HexPrefix {
    Bytes nibbles;
    bool is_leaf = false;
};
HexPrefix read_hex_prefix(BytesView encoded) {
    check(!encoded.empty() && encoded[0] < 0x40, "a stored fragment has a flag");
    HexPrefix read;
    read.is_leaf = (encoded[0] & leaf_flag) != 0;
    read.nibbles.reserve(2 * encoded.size());
    for (std::size_t i = (encoded[0] & odd_flag) != 0 ? 1 : 2; i < 2 * encoded.size(); ++i)
        read.nibbles.push_back(nibble_at(encoded, i));
    return read;
}

/// The next item of a stored node; the store is ours, so it is there.
rlp::Item next_item(rlp::Reader& reader) {
    const auto item = reader.item();
    check(item.has_value(), "a stored trie node is whole");
    return *item;
}

}  // namespace

NodeReference NodeReference::to(BytesView encoding) {
    if (encoding.size() < sizeof(Hash)) return from_item(encoding);
    const Hash hash = keccak256(encoding);
    NodeReference reference;
    reference.bytes_[0] = hash_item;
    std::memcpy(reference.bytes_.data() + 1, hash.bytes.data(), sizeof hash);
    reference.size_ = item_bytes_max;
    return reference;
}

NodeReference NodeReference::from_item(BytesView item) {
    check(item.size() < sizeof(Hash) || (item.size() == item_bytes_max && item[0] == hash_item),
          "a child is a hash or shorter than one");
    NodeReference reference;
    if (item.size() == 1 && item[0] == empty_item) return reference;
    std::memcpy(reference.bytes_.data(), item.data(), item.size());
    reference.size_ = static_cast<std::uint8_t>(item.size());
    return reference;
}

Hash NodeReference::hash() const {
    Hash hash;
    std::memcpy(hash.bytes.data(), bytes_.data() + 1, sizeof hash);
    return hash;
}

Bytes hex_prefix(BytesView nibbles, bool is_leaf) {
    Bytes encoded;
    encoded.reserve(nibbles.size() / 2 + 1);
    const std::size_t odd = nibbles.size() % 2;
    encoded.push_back(static_cast<std::uint8_t>((is_leaf ? leaf_flag : 0) | (odd != 0 ? odd_flag | nibbles[0] : 0)));
    for (std::size_t i = odd; i < nibbles.size(); i += 2)
        encoded.push_back(static_cast<std::uint8_t>(nibbles[i] << 4 | nibbles[i + 1]));
    return encoded;
}

Bytes encode_node(const ShortNode& node) {
    Bytes out;
    out.reserve(node.fragment.size() / 2 + node.value.size() + 48);
    rlp::List list(out);
    rlp::encode(out, BytesView{hex_prefix(node.fragment, node.is_leaf)});
    if (node.is_leaf) {
        rlp::encode(out, BytesView{node.value});
    } else {
        append(out, node.child.item());
    }
    list.close();
    return out;
}

Bytes encode_node(const BranchNode& node) {
    std::size_t payload_bytes = 1;  // no value
    for (const NodeReference& child : node.children) payload_bytes += child.empty() ? 1 : child.item().size();
    Bytes out;
    out.reserve(payload_bytes + 3);
    rlp::encode_list_header(out, payload_bytes);
    for (const NodeReference& child : node.children) {
        if (child.empty()) {
            out.push_back(empty_item);
        } else {
            append(out, child.item());
        }
    }
    out.push_back(empty_item);
    return out;
}

DecodedNode decode_node(BytesView encoding) {
    const auto whole = rlp::decode(encoding);
    check(whole && whole->is_list, "a stored trie node is a list");
    rlp::Reader items{whole->payload};
    const rlp::Item first = next_item(items), second = next_item(items);
    DecodedNode node;
    if (items.at_end()) {
        HexPrefix prefix = read_hex_prefix(first.payload);
        ShortNode& read = node.short_node.emplace();
        read.fragment = std::move(prefix.nibbles);
        read.is_leaf = prefix.is_leaf;
        if (read.is_leaf) {
            read.value = to_bytes(second.payload);
        } else {
            read.child = NodeReference::from_item(second.encoded);
        }
        return node;
    }
    BranchNode& read = node.branch.emplace();
    read.children[0] = NodeReference::from_item(first.encoded);
    read.children[1] = NodeReference::from_item(second.encoded);
    for (std::size_t i = 2; i < read.children.size(); ++i)
        read.children[i] = NodeReference::from_item(next_item(items).encoded);
    check(next_item(items).payload.empty() && items.at_end(), "a branch of keys of one length has no value");
    return node;
}

}  // namespace talea::vm
