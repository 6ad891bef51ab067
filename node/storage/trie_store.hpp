#pragma once
#include <map>

#include "node/storage/kv_store.hpp"
#include "vm/state/flat_index.hpp"
#include "vm/state/state_trie.hpp"

namespace talea::node {

/// The nodes of the state's tries after the last block: those of the store, and before them the ones not written yet.
/// Blocks add to the overlay; now and then it is written out with a block's batch (DESIGN 9: written behind). One
/// thread changes it; while none does, any may ask.
class TrieStore final : public vm::StateTrieNodes {
  public:
    explicit TrieStore(const KvReader& reader) : reader_(reader) {}
    [[nodiscard]] bool node(const std::optional<vm::Hash>& owner, const vm::Nibbles& path,
                            vm::Bytes& encoding) const override;

    void apply(vm::StateTrieUpdate update);
    /// Roughly what the overlay holds.
    [[nodiscard]] std::size_t overlay_bytes() const { return memory_.bytes + entries_ * 160; }  // an entry
    /// Adds all of the overlay to `batch`. Until `written` is called it still stands before the store.
    void put(KvBatch& batch) const;
    void written();

  private:
    /// Nodes by path, in the order in which they first came.
    class Nodes {
      public:
        [[nodiscard]] const vm::NodeChange* find(const vm::Nibbles& path) const;
        void put(const vm::NodeChange& change);
        [[nodiscard]] std::size_t size() const { return entries_.size(); }
        [[nodiscard]] auto begin() const { return entries_.begin(); }
        [[nodiscard]] auto end() const { return entries_.end(); }

      private:
        std::vector<vm::NodeChange> entries_;
        vm::FlatIndex index_;
    };
    struct Storage {
        bool cleared = false;
        Nodes nodes;
    };
    void merge(Nodes& into, vm::NodeChanges from);

    const KvReader& reader_;
    Nodes account_nodes_;
    std::map<vm::Hash, Storage> storage_nodes_;
    vm::NodeChanges::Memory memory_;  ///< of the nodes, also of those that newer ones replaced
    std::size_t entries_ = 0;
};

}  // namespace talea::node
