#include "node/pool/local_transactions.hpp"

#include "node/storage/keys.hpp"
#include "vm/chain/transaction.hpp"

namespace talea::node {

void LocalTransactions::note(const std::vector<PoolChange>& changes, KvBatch& batch) {
    // Later changes win in a batch, as they do here.
    for (const auto& change : changes) {
        if (change.origin != TxOrigin::client) continue;
        if (change.added)
            batch.put(Key(Table::local_transaction).add(change.tx->hash), vm::encode_transaction(change.tx->tx));
        else
            forget(change.tx->hash, batch);
    }
}

void LocalTransactions::forget(const vm::Hash& hash, KvBatch& batch) {
    batch.erase(Key(Table::local_transaction).add(hash));
}

std::vector<vm::Bytes> LocalTransactions::load(const KvReader& store) {
    std::vector<vm::Bytes> encoded;
    const Key prefix(Table::local_transaction);
    const auto it = store.iterate();
    for (it->seek(prefix); it->valid() && starts_with(it->key(), prefix); it->next())
        encoded.push_back(vm::to_bytes(it->value()));
    return encoded;
}

}  // namespace talea::node
