#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace talea::vm {

/// Finds the place of an entry in a vector by its hash: open addressing with linear probing over pairs of hash bits and
/// place, so that one cache line decides most look-ups. Entries are only ever added; the vector keeps them and their
/// order, so nothing seen depends on the hash.
template <template <class> class Allocator>
class FlatIndexIn {
  public:
    static constexpr std::uint32_t none = 0xffffffff;

    FlatIndexIn() : slots_(initial_slots) {}

    /// The place for which `same(place)` holds among those of this hash, or `none`.
    template <class Same>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, Same same) const {
        const std::size_t mask = slots_.size() - 1;
        const auto tag = static_cast<std::uint32_t>(hash >> 32);
        for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
            const Slot& slot = slots_[i];
            if (slot.place == none) return none;
            if (slot.tag == tag && same(slot.place)) return slot.place;
        }
    }

    /// `place` must be new; `hash_of(place)` is asked again for all entries when the table grows.
    template <class HashOf>
    void insert(std::uint64_t hash, std::uint32_t place, HashOf hash_of) {
        if (++count_ * 2 > slots_.size()) {
            Slots old(slots_.size() * 2);
            old.swap(slots_);
            for (const Slot& slot : old)
                if (slot.place != none) put(hash_of(slot.place), slot.place);
        }
        put(hash, place);
    }

    void clear() {
        if (count_ == 0) return;
        slots_.assign(initial_slots, Slot{});
        count_ = 0;
    }

  private:
    static constexpr std::size_t initial_slots = 256;  // a power of two; 2 kB

    struct Slot {
        std::uint32_t tag = 0;
        std::uint32_t place = none;
    };
    using Slots = std::vector<Slot, Allocator<Slot>>;

    void put(std::uint64_t hash, std::uint32_t place) {
        const std::size_t mask = slots_.size() - 1;
        std::size_t i = hash & mask;
        while (slots_[i].place != none) i = (i + 1) & mask;
        slots_[i] = {static_cast<std::uint32_t>(hash >> 32), place};
    }

    Slots slots_;
    std::size_t count_ = 0;
};
using FlatIndex = FlatIndexIn<std::allocator>;

}  // namespace talea::vm
