#include "node/storage/deferred_store.hpp"

#include <functional>
#include <string_view>
#include <utility>

namespace talea::node {
namespace {

std::uint64_t hash_of(vm::BytesView key) {
    return std::hash<std::string_view>{}(text_of(key));
}

}  // namespace

std::uint32_t DeferredStore::Waiting::find(vm::BytesView key) const {
    return index.find(hash_of(key), [&](std::uint32_t place) { return vm::equal(changes[last[place]].key, key); });
}

bool DeferredStore::get(vm::BytesView key, std::string& value) const {
    if (!waiting_.last.empty())
        if (const auto place = waiting_.find(key); place != vm::FlatIndex::none) {
            const auto said = waiting_.changes[waiting_.last[place]].value;
            if (said) value.assign(said->begin(), said->end());
            return said.has_value();
        }
    return store_->get(key, value);
}

std::unique_ptr<KvIterator> DeferredStore::iterate() const {
    flush();
    return store_->iterate();
}

void DeferredStore::write(const KvBatch& batch) {
    if (waiting_.last.empty()) return store_->write(batch);
    write_later(batch);
    flush();
}

void DeferredStore::write_later(const KvBatch& batch) {
    auto& [changes, last, index] = waiting_;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const auto [key, value] = batch[i];
        const auto at = static_cast<std::uint32_t>(changes.size());
        if (value)
            changes.put(key, *value);
        else
            changes.erase(key);
        if (const auto place = waiting_.find(key); place != vm::FlatIndex::none) {
            last[place] = at;
            continue;
        }
        last.push_back(at);
        index.insert(hash_of(key), static_cast<std::uint32_t>(last.size() - 1),
                     [this](std::uint32_t place) { return hash_of(waiting_.changes[waiting_.last[place]].key); });
    }
}

void DeferredStore::flush() const {
    if (waiting_.last.empty()) return;
    KvBatch batch;
    for (const auto place : waiting_.last) {
        const auto [key, value] = waiting_.changes[place];
        if (value)
            batch.put(key, *value);
        else
            batch.erase(key);
    }
    waiting_ = {};
    store_->write(batch);
}

}  // namespace talea::node
