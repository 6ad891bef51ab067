#pragma once
#include <map>

#include "node/storage/kv_store.hpp"
#include "vm/state/state_trie.hpp"

namespace talea::node {

/// The nodes of the state's tries after the last block: those of the store, and before them the ones not written yet.
/// Blocks add to the overlay; now and then it is written out with a block's batch (DESIGN 9: written behind). One
/// thread.
class TrieStore final : public vm::StateTrieNodes {
  public:
    explicit TrieStore(const KvReader& reader) : reader_(reader) {}
    [[nodiscard]] std::optional<vm::Bytes> node(const std::optional<vm::Hash>& owner,
                                                const vm::Nibbles& path) const override;

    void apply(const vm::StateTrieUpdate& update);
    /// Roughly what the overlay holds.
    [[nodiscard]] std::size_t overlay_bytes() const { return bytes_; }
    /// Adds all of the overlay to `batch`. Until `written` is called it still stands before the store.
    void put(KvBatch& batch) const;
    void written();

  private:
    using Nodes = std::map<vm::Nibbles, std::optional<vm::Bytes>>;
    struct Storage {
        bool cleared = false;
        Nodes nodes;
    };
    void merge(Nodes& into, const Nodes& from);

    const KvReader& reader_;
    Nodes account_nodes_;
    std::map<vm::Hash, Storage> storage_nodes_;
    std::size_t bytes_ = 0;
};

}  // namespace talea::node
