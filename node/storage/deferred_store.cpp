#include "node/storage/deferred_store.hpp"

#include <utility>

namespace talea::node {
namespace {

std::string text_of(vm::BytesView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

bool DeferredStore::get(vm::BytesView key, std::string& value) const {
    if (!waiting_.empty())
        if (const auto found = waiting_.find(text_of(key)); found != waiting_.end()) {
            if (found->second) value = *found->second;
            return found->second.has_value();
        }
    return store_->get(key, value);
}

std::unique_ptr<KvIterator> DeferredStore::iterate() const {
    flush();
    return store_->iterate();
}

void DeferredStore::write(const KvBatch& batch) {
    if (waiting_.empty()) return store_->write(batch);
    write_later(batch);
    flush();
}

void DeferredStore::write_later(const KvBatch& batch) {
    batch.for_each([this](vm::BytesView key, const vm::BytesView* value) {
        auto& kept = waiting_[text_of(key)];
        if (value == nullptr)
            kept.reset();
        else
            kept = text_of(*value);
        bytes_ += key.size() + (value == nullptr ? 0 : value->size());
    });
}

void DeferredStore::flush() const {
    if (waiting_.empty()) return;
    KvBatch batch;
    for (const auto& [key, value] : waiting_) {
        if (value)
            batch.put(bytes_of(key), bytes_of(*value));
        else
            batch.erase(bytes_of(key));
    }
    store_->write(batch);
    waiting_.clear();
    bytes_ = 0;
}

}  // namespace talea::node
