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

Nibbles read_hex_prefix(BytesView encoded) {
    check(!encoded.empty() && encoded[0] < 0x40, "a stored fragment has a flag");
    Nibbles nibbles;
    for (std::size_t i = (encoded[0] & odd_flag) != 0 ? 1 : 2; i < 2 * encoded.size(); ++i)
        nibbles.push_back(nibble_at(encoded, i));
    return nibbles;
}

/// Takes the next of a stored branch's items.
NodeReference next_child(BytesView& items) {
    check(!items.empty(), "a stored branch is whole");
    const std::uint8_t first = items[0];
    const std::size_t size = first == empty_item ? 1U : first == hash_item ? 1U + sizeof(Hash) : 1U + (first - 0xc0U);
    check(size <= items.size(), "a stored branch is whole");
    const NodeReference child = NodeReference::from_item(items.first(size));
    items = items.subspan(size);
    return child;
}

}  // namespace

NodeReference NodeReference::to(BytesView encoding) {
    return encoding.size() < sizeof(Hash) ? from_item(encoding) : to(keccak256(encoding));
}

NodeReference NodeReference::to(const Hash& hash) {
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

NodeReference NodeReference::awaited(std::uint32_t number) {
    NodeReference reference = to(Hash{});
    std::memcpy(reference.bytes_.data() + 1, &number, sizeof number);
    reference.is_awaited_ = true;
    return reference;
}

std::optional<std::uint32_t> NodeReference::awaited() const {
    if (!is_awaited_) return std::nullopt;
    std::uint32_t number;
    std::memcpy(&number, bytes_.data() + 1, sizeof number);
    return number;
}

Hash NodeReference::hash() const {
    check(!is_awaited_, "a hash is asked for when it is there");
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

void encode_leaf(Bytes& out, BytesView fragment, BytesView value) {
    out.clear();
    rlp::List list(out);
    rlp::encode(out, BytesView{hex_prefix(fragment, true)});
    rlp::encode(out, value);
    list.close();
}

void encode_extension(Bytes& out, BytesView fragment, const NodeReference& child) {
    out.clear();
    rlp::List list(out);
    rlp::encode(out, BytesView{hex_prefix(fragment, false)});
    append(out, child.item());
    list.close();
}

void encode_node(Bytes& out, const ShortNode& node) {
    if (node.is_leaf) {
        encode_leaf(out, node.fragment, node.value);
    } else {
        encode_extension(out, node.fragment, node.child);
    }
}

void encode_node(Bytes& out, const BranchNode& node) {
    std::size_t payload_bytes = 1;  // no value
    for (const NodeReference& child : node.children) payload_bytes += child.empty() ? 1 : child.item().size();
    out.clear();
    rlp::encode_list_header(out, payload_bytes);
    const std::size_t header_bytes = out.size();
    out.resize(header_bytes + payload_bytes, empty_item);
    std::uint8_t* at = out.data() + header_bytes;
    for (const NodeReference& child : node.children) {
        const BytesView item = child.item();
        if (!item.empty()) std::memcpy(at, item.data(), item.size());
        at += item.empty() ? 1 : item.size();
    }
}

DecodedNode decode_node(BytesView encoding) {
    const auto whole = rlp::decode(encoding);
    check(whole && whole->is_list, "a stored trie node is a list");
    rlp::Reader items{whole->payload};
    const auto first = items.item(), second = items.item();
    check(first && second, "a stored trie node has two items at least");
    DecodedNode node;
    if (items.at_end()) {
        ShortNode& read = node.short_node.emplace();
        read.fragment = read_hex_prefix(first->payload);
        read.is_leaf = (first->payload[0] & leaf_flag) != 0;
        if (read.is_leaf) {
            read.value = to_bytes(second->payload);
        } else {
            read.child = NodeReference::from_item(second->encoded);
        }
        return node;
    }
    BytesView children = whole->payload;
    for (NodeReference& child : node.branch.emplace().children) child = next_child(children);
    check(children.size() == 1 && children[0] == empty_item, "a branch of keys of one length has no value");
    return node;
}

}  // namespace talea::vm
