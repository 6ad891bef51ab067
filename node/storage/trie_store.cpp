#include "node/storage/trie_store.hpp"

#include "node/storage/keys.hpp"

namespace talea::node {

const vm::NodeChange* TrieStore::Nodes::find(const vm::Nibbles& path) const {
    const auto same = [&](std::uint32_t place) { return entries_[place].path == path; };
    const auto place = index_.find(vm::NibblesHasher{}(path), same);
    return place == vm::FlatIndex::none ? nullptr : &entries_[place];
}

void TrieStore::Nodes::put(const vm::NodeChange& change) {
    const auto hash = vm::NibblesHasher{}(change.path);
    const auto same = [&](std::uint32_t place) { return entries_[place].path == change.path; };
    if (const auto place = index_.find(hash, same); place != vm::FlatIndex::none) {
        entries_[place].node = change.node;
        return;
    }
    index_.insert(hash, static_cast<std::uint32_t>(entries_.size()),
                  [&](std::uint32_t place) { return vm::NibblesHasher{}(entries_[place].path); });
    entries_.push_back(change);
}

bool TrieStore::node(const std::optional<vm::Hash>& owner, const vm::Nibbles& path, vm::Bytes& encoding) const {
    const Nodes* overlay = &account_nodes_;
    bool cleared = false;
    if (owner) {
        const auto storage = storage_nodes_.find(*owner);
        overlay = storage == storage_nodes_.end() ? nullptr : &storage->second.nodes;
        cleared = overlay && storage->second.cleared;
    }
    if (overlay) {
        if (const auto* found = overlay->find(path)) {
            if (found->node) encoding.assign(found->node->begin(), found->node->end());
            return found->node.has_value();
        }
    }
    if (cleared) return false;
    auto key = owner ? Key(Table::storage_trie).add(*owner) : Key(Table::account_trie);
    std::string value;
    if (!reader_.get(key.add(vm::BytesView(path)), value)) return false;
    encoding.assign(value.begin(), value.end());
    return true;
}

void TrieStore::merge(Nodes& into, vm::NodeChanges from) {
    const std::size_t before = into.size();
    for (const auto& change : from) into.put(change);
    entries_ += into.size() - before;
    memory_.append(from.take_memory());
}

void TrieStore::apply(vm::StateTrieUpdate update) {
    merge(account_nodes_, std::move(update.account_nodes));
    for (auto& [owner, change] : update.storage_nodes) {
        auto& storage = storage_nodes_[owner];
        if (change.cleared) storage = {.cleared = true, .nodes = {}};
        merge(storage.nodes, std::move(change.nodes));
    }
}

void TrieStore::put(KvBatch& batch) const {
    const auto put_node = [&](const Key& key, const std::optional<vm::BytesView>& node) {
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
    account_nodes_ = {};
    storage_nodes_.clear();
    memory_ = {};
    entries_ = 0;
}

}  // namespace talea::node
