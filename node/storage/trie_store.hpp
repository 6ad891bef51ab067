#pragma once
#include <map>
#include <optional>

#include "node/storage/flat_map.hpp"
#include "node/storage/kv_store.hpp"
#include "vm/state/flat_index.hpp"
#include "vm/state/state_trie.hpp"

namespace talea::node {

/// The nodes of the state's tries after the last block: those of the store, and before them the ones not written yet.
/// Blocks add to the overlay; now and then it is written out with a block's batch (DESIGN 9: written behind). The one
/// that was written last is kept beside the new one, for what changed lately changes again: without it every overlay
/// began by reading the upper nodes and those of busy accounts back, a seventh of all that a joining node did. What
/// newer nodes replaced (most of what blocks bring: each brings the upper nodes) is given up now and then. One thread
/// changes it; while none does, any may ask.
class TrieStore final : public vm::StateTrieNodes {
  public:
    explicit TrieStore(const KvReader& reader) : reader_(reader) {}
    [[nodiscard]] bool node(const std::optional<vm::Hash>& owner, const vm::Nibbles& path,
                            vm::Bytes& encoding) const override;

    void apply(vm::StateTrieUpdate update);
    /// Roughly what the overlay holds.
    [[nodiscard]] std::size_t overlay_bytes() const { return fresh_.memory.bytes + fresh_.entries * 160; }  // an entry
    /// Adds all of the overlay to `batch`. Until `written` is called it still stands before the store.
    void put(KvBatch& batch) const;
    void written();

  private:
    /// Nodes by path, in the order in which they first came.
    class Nodes {
      public:
        [[nodiscard]] const vm::NodeChange* find(const vm::Nibbles& path) const;
        /// How many bytes the encoding took that it replaces.
        std::size_t put(const vm::NodeChange& change);
        [[nodiscard]] std::size_t size() const { return entries_.size(); }
        [[nodiscard]] auto begin() const { return entries_.begin(); }
        [[nodiscard]] auto end() const { return entries_.end(); }
        /// Copies all encodings to `to`, where they are from now on; returns where they end.
        std::uint8_t* move_to(std::uint8_t* to);

      private:
        std::vector<vm::NodeChange> entries_;
        vm::FlatIndex index_;
    };
    struct Storage {
        bool cleared = false;
        Nodes nodes;
    };
    struct Overlay {
        Nodes account_nodes;
        std::map<vm::Hash, Storage> storage_nodes;
        vm::NodeChanges::Memory memory;  ///< of the nodes, also of those that newer ones replaced
        std::size_t node_bytes = 0;      ///< of it, what the others take
        std::size_t entries = 0;

        void merge(Nodes& into, vm::NodeChanges from);
        /// All of an account's storage is gone.
        void clear(Storage& storage);
        /// Gives up the memory of what was replaced.
        void compact();
        /// Whether there is such a node, whose encoding it puts into `encoding`; nothing where that is not said here.
        [[nodiscard]] std::optional<bool> node(const std::optional<vm::Hash>& owner, const vm::Nibbles& path,
                                               vm::Bytes& encoding) const;
    };

    const KvReader& reader_;
    /// Accounts that changed lately and have no storage (false: it came since): most senders, of which else the store
    /// would be asked with every transaction. Each such question misses, and LevelDB merges files anew that many miss.
    FlatMap<vm::Hash, bool, vm::HashHasher> without_storage_;
    Overlay fresh_;    ///< not written yet
    Overlay written_;  ///< as the store has it
};

}  // namespace talea::node
