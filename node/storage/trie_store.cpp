#include "node/storage/trie_store.hpp"

#include <utility>

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

std::optional<bool> TrieStore::Overlay::node(const std::optional<vm::Hash>& owner, const vm::Nibbles& path,
                                             vm::Bytes& encoding) const {
    const Nodes* nodes = &account_nodes;
    bool cleared = false;
    if (owner) {
        const auto storage = storage_nodes.find(*owner);
        if (storage == storage_nodes.end()) return std::nullopt;
        nodes = &storage->second.nodes;
        cleared = storage->second.cleared;
    }
    if (const auto* found = nodes->find(path)) {
        if (found->node) encoding.assign(found->node->begin(), found->node->end());
        return found->node.has_value();
    }
    return cleared ? std::optional(false) : std::nullopt;
}

bool TrieStore::node(const std::optional<vm::Hash>& owner, const vm::Nibbles& path, vm::Bytes& encoding) const {
    if (const auto said = fresh_.node(owner, path, encoding)) return *said;
    if (const auto said = written_.node(owner, path, encoding)) return *said;
    auto key = owner ? Key(Table::storage_trie).add(*owner) : Key(Table::account_trie);
    std::string value;
    if (!reader_.get(key.add(vm::BytesView(path)), value)) return false;
    encoding.assign(value.begin(), value.end());
    return true;
}

void TrieStore::Overlay::merge(Nodes& into, vm::NodeChanges from) {
    const std::size_t before = into.size();
    for (const auto& change : from) into.put(change);
    entries += into.size() - before;
    memory.append(from.take_memory());
}

void TrieStore::apply(vm::StateTrieUpdate update) {
    fresh_.merge(fresh_.account_nodes, std::move(update.account_nodes));
    for (auto& [owner, change] : update.storage_nodes) {
        auto& storage = fresh_.storage_nodes[owner];
        if (change.cleared) storage = {.cleared = true, .nodes = {}};
        fresh_.merge(storage.nodes, std::move(change.nodes));
    }
}

void TrieStore::put(KvBatch& batch) const {
    const auto put_node = [&](const Key& key, const std::optional<vm::BytesView>& node) {
        if (node)
            batch.put(key, *node);
        else
            batch.erase(key);
    };
    for (const auto& [path, node] : fresh_.account_nodes)
        put_node(Key(Table::account_trie).add(vm::BytesView(path)), node);
    for (const auto& [owner, storage] : fresh_.storage_nodes) {
        const auto prefix = Key(Table::storage_trie).add(owner);
        if (storage.cleared) {
            const auto it = reader_.iterate();
            for (it->seek(prefix); it->valid() && starts_with(it->key(), prefix); it->next()) batch.erase(it->key());
        }
        for (const auto& [path, node] : storage.nodes) put_node(Key(prefix).add(vm::BytesView(path)), node);
    }
}

void TrieStore::written() {
    written_ = std::exchange(fresh_, {});
}

}  // namespace talea::node
