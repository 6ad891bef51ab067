#include "node/storage/trie_store.hpp"

#include <algorithm>
#include <utility>

#include "node/storage/keys.hpp"

namespace talea::node {
namespace {

/// What was replaced may take as much as the rest and this, so that each byte is copied about once.
constexpr std::size_t replaced_bytes_max = 8 * 1024 * 1024;

constexpr std::size_t without_storage_max = 1'000'000;  // some 50 MB

std::size_t bytes_of(const vm::NodeChange& change) {
    return change.node ? change.node->size() : 0;
}

}  // namespace

const vm::NodeChange* TrieStore::Nodes::find(const vm::Nibbles& path) const {
    const auto same = [&](std::uint32_t place) { return entries_[place].path == path; };
    const auto place = index_.find(vm::NibblesHasher{}(path), same);
    return place == vm::FlatIndex::none ? nullptr : &entries_[place];
}

std::size_t TrieStore::Nodes::put(const vm::NodeChange& change) {
    const auto hash = vm::NibblesHasher{}(change.path);
    const auto same = [&](std::uint32_t place) { return entries_[place].path == change.path; };
    if (const auto place = index_.find(hash, same); place != vm::FlatIndex::none) {
        const auto replaced = bytes_of(entries_[place]);
        entries_[place].node = change.node;
        return replaced;
    }
    index_.insert(hash, static_cast<std::uint32_t>(entries_.size()),
                  [&](std::uint32_t place) { return vm::NibblesHasher{}(entries_[place].path); });
    entries_.push_back(change);
    return 0;
}

std::uint8_t* TrieStore::Nodes::move_to(std::uint8_t* to) {
    for (auto& [path, node] : entries_) {
        if (!node) continue;
        const auto end = std::ranges::copy(*node, to).out;
        node = vm::BytesView(to, end);
        to = end;
    }
    return to;
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
    if (owner && path.empty())
        if (const auto* without = without_storage_.find(*owner); without != nullptr && *without) return false;
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
    for (const auto& change : from) node_bytes = node_bytes + bytes_of(change) - into.put(change);
    entries += into.size() - before;
    memory.append(from.take_memory());
}

void TrieStore::Overlay::clear(Storage& storage) {
    for (const auto& change : storage.nodes) node_bytes -= bytes_of(change);
    entries -= storage.nodes.size();
    storage = {.cleared = true, .nodes = {}};
}

void TrieStore::Overlay::compact() {
    vm::NodeChanges::Memory kept;
    kept.pieces.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(node_bytes));
    kept.bytes = node_bytes;
    auto* free = account_nodes.move_to(kept.pieces.back().get());
    for (auto& [owner, storage] : storage_nodes) free = storage.nodes.move_to(free);
    memory = std::move(kept);
}

void TrieStore::apply(vm::StateTrieUpdate update) {
    fresh_.merge(fresh_.account_nodes, std::move(update.account_nodes));
    if (without_storage_.size() + update.without_storage.size() > without_storage_max) without_storage_.clear();
    for (const auto& owner : update.without_storage) without_storage_.put(owner, true);
    for (auto& [owner, change] : update.storage_nodes) {
        without_storage_.put(owner, false);
        auto& storage = fresh_.storage_nodes[owner];
        if (change.cleared) fresh_.clear(storage);
        fresh_.merge(storage.nodes, std::move(change.nodes));
    }
    if (fresh_.memory.bytes > 2 * fresh_.node_bytes + replaced_bytes_max) fresh_.compact();
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
    written_.compact();
}

}  // namespace talea::node
