#include "node/storage/trie_store.hpp"

#include "node/storage/keys.hpp"

namespace talea::node {

std::optional<vm::Bytes> TrieStore::node(const std::optional<vm::Hash>& owner, const vm::Nibbles& path) const {
    if (owner) {
        const auto storage = storage_nodes_.find(*owner);
        if (storage != storage_nodes_.end()) {
            const auto found = storage->second.nodes.find(path);
            if (found != storage->second.nodes.end()) return found->second;
            if (storage->second.cleared) return std::nullopt;
        }
    } else {
        const auto found = account_nodes_.find(path);
        if (found != account_nodes_.end()) return found->second;
    }
    auto key = owner ? Key(Table::storage_trie).add(*owner) : Key(Table::account_trie);
    std::string value;
    if (!reader_.get(key.add(vm::BytesView(path)), value)) return std::nullopt;
    return vm::to_bytes(bytes_of(value));
}

void TrieStore::merge(Nodes& into, const Nodes& from) {
    for (const auto& [path, node] : from) {
        bytes_ += path.size() + (node ? node->size() : 0) + 96;  // 96: about what a map entry costs
        into[path] = node;
    }
}

void TrieStore::apply(const vm::StateTrieUpdate& update) {
    merge(account_nodes_, update.account_nodes);
    for (const auto& [owner, change] : update.storage_nodes) {
        auto& storage = storage_nodes_[owner];
        if (change.cleared) storage = {.cleared = true, .nodes = {}};
        merge(storage.nodes, change.nodes);
    }
}

void TrieStore::put(KvBatch& batch) const {
    const auto put_node = [&](const Key& key, const std::optional<vm::Bytes>& node) {
        if (node)
            batch.put(key, *node);
        else
            batch.erase(key);
    };
    for (const auto& [path, node] : account_nodes_) put_node(Key(Table::account_trie).add(vm::BytesView(path)), node);
    for (const auto& [owner, storage] : storage_nodes_) {
        const auto prefix = Key(Table::storage_trie).add(owner);
        if (storage.cleared) {
            const auto it = reader_.iterate();
            for (it->seek(prefix); it->valid() && starts_with(it->key(), prefix); it->next()) batch.erase(it->key());
        }
        for (const auto& [path, node] : storage.nodes) put_node(Key(prefix).add(vm::BytesView(path)), node);
    }
}

void TrieStore::written() {
    account_nodes_.clear();
    storage_nodes_.clear();
    bytes_ = 0;
}

}  // namespace talea::node
