#pragma once
#include <utility>
#include <vector>

#include "node/storage/huge_page_allocator.hpp"
#include "vm/state/flat_index.hpp"

namespace talea::node {

/// A map for millions of small entries: a look-up costs about one line of the index and one of the entries, where a map
/// of nodes follows a chain of them. Entries are only added or overwritten.
template <class Key, class Value, class Hasher>
class FlatMap {
  public:
    /// Valid until the next `put` of a new key.
    [[nodiscard]] const Value* find(const Key& key) const {
        const auto place = place_of(key);
        return place == Index::none ? nullptr : &entries_[place].second;
    }
    const Value& put(const Key& key, Value value) {
        if (const auto place = place_of(key); place != Index::none) return entries_[place].second = std::move(value);
        entries_.emplace_back(key, std::move(value));
        index_.insert(Hasher{}(key), static_cast<std::uint32_t>(entries_.size() - 1),
                      [&](std::uint32_t place) { return Hasher{}(entries_[place].first); });
        return entries_.back().second;
    }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    void clear() {
        entries_ = {};
        index_.clear();
    }

  private:
    using Index = vm::FlatIndexIn<HugePageAllocator>;
    using Entry = std::pair<Key, Value>;

    [[nodiscard]] std::uint32_t place_of(const Key& key) const {
        return index_.find(Hasher{}(key), [&](std::uint32_t place) { return entries_[place].first == key; });
    }

    std::vector<Entry, HugePageAllocator<Entry>> entries_;
    Index index_;
};

}  // namespace talea::node
