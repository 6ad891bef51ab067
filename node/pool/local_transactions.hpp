#pragma once
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "node/pool/pool.hpp"
#include "node/storage/kv_store.hpp"

namespace talea::node {

/// The pending transactions of this node's own clients, on disk: whoever was given a hash finds it pending again after
/// a restart. Those of peers are kept by peers.
///
/// A transaction is as durable as the batch that carries it: `note` what came and went, and write what `put` says once
/// a second (`pool_keep_ms`). What came and stood in a block meanwhile was never worth a write.
class LocalTransactions {
  public:
    /// What the store holds, encoded, in no order that means anything: to be submitted like new ones at the start,
    /// nonces ascending. What is refused then, for a block took it, is to be told to `forget`.
    [[nodiscard]] std::vector<vm::Bytes> load(const KvReader& store);
    void forget(const vm::Hash& hash);

    void note(const PoolChange& change);
    [[nodiscard]] bool has_changes() const { return !changed_.empty(); }
    /// Adds to `batch`, which is to be written, what changed of the clients' transactions.
    void put(KvBatch& batch);

  private:
    std::unordered_map<vm::Hash, PendingTransaction, vm::HashHasher> changed_;  ///< null: to be erased
    std::unordered_set<vm::Hash, vm::HashHasher> stored_;
};

}  // namespace talea::node
