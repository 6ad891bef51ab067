#pragma once
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "vm/trie/nibbles.hpp"

namespace talea::vm {

/// A node that is new at its path, or (nothing) gone from there.
struct NodeChange {
    Nibbles path;
    std::optional<BytesView> node;  ///< its encoding, in the memory of the NodeChanges
};

/// Changes of nodes by path. The encodings lie one after another in few pieces of memory, which may be taken over
/// whole: an update makes tens of thousands, and an allocation for each would cost as much as their hashes.
class NodeChanges {
  public:
    NodeChanges() = default;
    NodeChanges(NodeChanges&&) = default;
    NodeChanges& operator=(NodeChanges&&) = default;

    /// Returns where the encoding lies now, for hashes of children that come later.
    std::span<std::uint8_t> put(const Nibbles& path, BytesView encoding);
    void erase(const Nibbles& path) { entries_.push_back({path, std::nullopt}); }
    /// Adds all of `more` behind what is there.
    void append(NodeChanges more);

    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] auto begin() const { return entries_.begin(); }
    [[nodiscard]] auto end() const { return entries_.end(); }

    /// The memory that the encodings lie in; what took it keeps them alive.
    struct Memory {
        std::vector<std::unique_ptr<std::uint8_t[]>> pieces;
        std::size_t bytes = 0;
        void append(Memory more);
    };
    /// The entries stay, and are valid for as long as the memory is held.
    [[nodiscard]] Memory take_memory();

  private:
    std::vector<NodeChange> entries_;
    Memory memory_;
    std::uint8_t* free_ = nullptr;  ///< in the last piece
    std::size_t free_bytes_ = 0;
};

}  // namespace talea::vm
