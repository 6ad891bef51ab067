#include "node/storage/kv_store.hpp"

namespace talea::node {

void KvBatch::put(vm::BytesView key, vm::BytesView value) {
    ops_.push_back(
        {buffer_.size(), static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size()), false});
    vm::append(buffer_, key);
    vm::append(buffer_, value);
}

void KvBatch::erase(vm::BytesView key) {
    ops_.push_back({buffer_.size(), static_cast<std::uint32_t>(key.size()), 0, true});
    vm::append(buffer_, key);
}

void KvBatch::clear() {
    buffer_.clear();
    ops_.clear();
}

void KvBatch::for_each(const std::function<void(vm::BytesView, const vm::BytesView*)>& visit) const {
    const vm::BytesView all = buffer_;
    for (const auto& op : ops_) {
        const auto key = all.subspan(op.start, op.key_bytes);
        const auto value = all.subspan(op.start + op.key_bytes, op.value_bytes);
        visit(key, op.erased ? nullptr : &value);
    }
}

}  // namespace talea::node
