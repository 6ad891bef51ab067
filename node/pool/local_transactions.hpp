#pragma once
#include <vector>

#include "node/pool/pool.hpp"
#include "node/storage/kv_store.hpp"

namespace talea::node {

/// The pending transactions of this node's own clients, on disk: whoever was given a hash finds it pending again after
/// a restart. Those of peers are kept by peers.
///
/// A transaction is as durable as the batch that carries it: `note` what `Pool::take_changes` says into the batch of
/// the next block, or into one of its own once a second.
class LocalTransactions {
  public:
    /// Adds to `batch` what changed of the clients' transactions.
    static void note(const std::vector<PoolChange>& changes, KvBatch& batch);
    /// Encoded, in no order that means anything: to be submitted like new ones, nonces ascending, at the start. What a
    /// block has taken since is refused then, and is to be erased by `forget`.
    [[nodiscard]] static std::vector<vm::Bytes> load(const KvReader& store);
    static void forget(const vm::Hash& hash, KvBatch& batch);
};

}  // namespace talea::node
