#include "node/storage/kv_store.hpp"

#include <algorithm>
#include <cstring>

namespace talea::node {
namespace {

constexpr std::size_t kept_batch_bytes_max = 8 * 1024 * 1024;  // a full block of transfers takes some 2 MB

}  // namespace

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
    if (buffer_.capacity() > kept_batch_bytes_max) buffer_ = {};
    buffer_.clear();
    ops_.clear();
}

KvBatch::Change KvBatch::operator[](std::size_t place) const {
    const auto& op = ops_[place];
    return {key_of(op), op.erased ? std::nullopt : std::optional(value_of(op))};
}

void KvBatch::for_each(const std::function<void(vm::BytesView, const vm::BytesView*)>& visit) const {
    for (const auto& op : ops_) {
        const auto value = value_of(op);
        visit(key_of(op), op.erased ? nullptr : &value);
    }
}

void KvBatch::for_each_key(const std::function<void(vm::BytesView, const vm::BytesView*)>& visit) const {
    std::vector<const Op*> sorted;
    sorted.reserve(ops_.size());
    for (const auto& op : ops_) sorted.push_back(&op);
    const auto below = [this](const Op* a, const Op* b) {
        const auto order = std::memcmp(&buffer_[a->start], &buffer_[b->start], std::min(a->key_bytes, b->key_bytes));
        if (order != 0) return order < 0;
        if (a->key_bytes != b->key_bytes) return a->key_bytes < b->key_bytes;
        return a < b;
    };
    std::ranges::sort(sorted, below);
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const auto& op = *sorted[i];
        if (i + 1 < sorted.size() && vm::equal(key_of(op), key_of(*sorted[i + 1]))) continue;
        const auto value = value_of(op);
        visit(key_of(op), op.erased ? nullptr : &value);
    }
}

}  // namespace talea::node
