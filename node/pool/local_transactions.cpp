#include "node/pool/local_transactions.hpp"

#include "node/storage/keys.hpp"
#include "vm/chain/transaction.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::node {

std::vector<vm::Bytes> LocalTransactions::load(const KvReader& store) {
    std::vector<vm::Bytes> encoded;
    const Key prefix(Table::local_transaction);
    const auto it = store.iterate();
    for (it->seek(prefix); it->valid() && starts_with(it->key(), prefix); it->next()) {
        encoded.push_back(vm::to_bytes(it->value()));
        stored_.insert(vm::keccak256(it->value()));
    }
    return encoded;
}

void LocalTransactions::forget(const vm::Hash& hash) {
    if (stored_.contains(hash))
        changed_[hash] = nullptr;
    else
        changed_.erase(hash);
}

void LocalTransactions::note(const PoolChange& change) {
    if (change.origin != TxOrigin::client) return;
    const auto& hash = change.tx->hash;
    if (!change.added)
        forget(hash);
    else if (stored_.contains(hash))
        changed_.erase(hash);
    else
        changed_[hash] = change.tx;
}

void LocalTransactions::put(KvBatch& batch) {
    // Which comes first in a batch of distinct keys means nothing.
    for (const auto& [hash, transaction] : changed_) {
        const auto key = Key(Table::local_transaction).add(hash);
        if (transaction) {
            batch.put(key, vm::encode_transaction(transaction->tx));
            stored_.insert(hash);
        } else {
            batch.erase(key);
            stored_.erase(hash);
        }
    }
    changed_.clear();
}

}  // namespace talea::node
