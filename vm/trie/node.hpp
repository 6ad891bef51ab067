#pragma once
#include <optional>

#include "vm/base/bytes.hpp"
#include "vm/trie/nibbles.hpp"

/// The nodes of a Merkle-Patricia trie as they are written (Yellow Paper, appendix D).
namespace talea::vm {

/// How a parent names its child: an RLP item, either a string of 32 bytes (the keccak of the child's encoding) or, for
/// a child under 32 bytes, that encoding itself. Empty for no child.
class NodeReference {
  public:
    NodeReference() = default;
    /// To the node with this encoding.
    [[nodiscard]] static NodeReference to(BytesView encoding);
    [[nodiscard]] static NodeReference to(const Hash& hash);
    /// As it was read in the parent.
    [[nodiscard]] static NodeReference from_item(BytesView item);
    /// To a node on its own whose hash is filled in later (vm/trie/update.cpp), where its parent has it by then;
    /// `number` says which.
    [[nodiscard]] static NodeReference awaited(std::uint32_t number);

    [[nodiscard]] bool empty() const { return size_ == 0; }
    /// The child stands on its own, under its path.
    [[nodiscard]] bool is_hash() const { return size_ == item_bytes_max; }
    /// The item as the parent writes it; for a child inside its parent also its encoding. Not for an empty one.
    [[nodiscard]] BytesView item() const { return BytesView{bytes_}.first(size_); }
    /// Only of one that is a hash.
    [[nodiscard]] Hash hash() const;
    /// Its number while its hash is not there yet.
    [[nodiscard]] std::optional<std::uint32_t> awaited() const;

  private:
    static constexpr std::size_t item_bytes_max = 33;
    std::array<std::uint8_t, item_bytes_max> bytes_{};
    std::uint8_t size_ = 0;
    bool is_awaited_ = false;
};

/// A leaf or an extension: nibbles and what is behind them.
struct ShortNode {
    Nibbles fragment;
    bool is_leaf = false;
    Bytes value;          ///< of a leaf
    NodeReference child;  ///< of an extension: always a branch
};

/// A branch of a trie whose keys have one length, so that it has no value of its own.
struct BranchNode {
    std::array<NodeReference, 16> children;
};

/// One of the two is there.
struct DecodedNode {
    std::optional<ShortNode> short_node;
    std::optional<BranchNode> branch;
};

/// Hex-prefix encoding (appendix C): nibbles two a byte, behind a flag for a leaf and one for an odd count.
[[nodiscard]] Bytes hex_prefix(BytesView nibbles, bool is_leaf);

/// These write over `out`, whose memory is used again. A leaf and an extension of keys of any length; nibbles one a
/// byte.
void encode_leaf(Bytes& out, BytesView fragment, BytesView value);
void encode_extension(Bytes& out, BytesView fragment, const NodeReference& child);
void encode_node(Bytes& out, const ShortNode& node);
void encode_node(Bytes& out, const BranchNode& node);
/// Reads a node of a trie of 32-byte keys that we wrote: anything else is a broken store, which ends the process.
[[nodiscard]] DecodedNode decode_node(BytesView encoding);

}  // namespace talea::vm
