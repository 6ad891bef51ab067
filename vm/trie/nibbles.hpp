#pragma once
#include <array>
#include <compare>

#include "vm/base/bytes.hpp"
#include "vm/base/check.hpp"

namespace talea::vm {

/// The nibble of a key at `index`, the higher one of a byte first.
[[nodiscard]] inline std::uint8_t nibble_at(BytesView key, std::size_t index) {
    const std::uint8_t byte = key[index / 2];
    return index % 2 == 0 ? byte >> 4 : byte & 15;
}

/// Nibbles of a 32-byte key, one a byte, held in place: where a node stands in a trie (the way from the root), or the
/// part of the way that a leaf or an extension has to itself. Ordered as strings are.
class Nibbles {
  public:
    static constexpr std::size_t count_max = 2 * sizeof(Hash);

    Nibbles() = default;
    explicit Nibbles(BytesView nibbles) { append(nibbles); }
    /// Those of `key` from `begin` to `end`.
    Nibbles(const Hash& key, std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) push_back(nibble_at(key.bytes, i));
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::uint8_t operator[](std::size_t index) const { return nibbles_[index]; }
    [[nodiscard]] const std::uint8_t* begin() const { return nibbles_.data(); }
    [[nodiscard]] const std::uint8_t* end() const { return nibbles_.data() + size_; }
    // NOLINTNEXTLINE(google-explicit-constructor): a way is used as the nibbles it is
    operator BytesView() const { return {nibbles_.data(), size_}; }

    void push_back(std::uint8_t nibble) {
        check(size_ < count_max, "a way is no longer than a key");
        nibbles_[size_++] = nibble;
    }
    void pop_back() { nibbles_[--size_] = 0; }
    void append(BytesView nibbles) {
        check(nibbles.size() <= count_max - size_, "a way is no longer than a key");
        if (!nibbles.empty()) std::memcpy(nibbles_.data() + size_, nibbles.data(), nibbles.size());
        size_ = static_cast<std::uint8_t>(size_ + nibbles.size());
    }
    /// Drops all but the first `size`.
    void shorten(std::size_t size) {
        while (size_ > size) pop_back();
    }

    friend bool operator==(const Nibbles& a, const Nibbles& b) { return a.size_ == b.size_ && equal(a, b); }
    friend auto operator<=>(const Nibbles&, const Nibbles&) = default;

  private:
    std::array<std::uint8_t, count_max> nibbles_{};  // zeros behind the end
    std::uint8_t size_ = 0;
};
inline void append(Nibbles& to, BytesView what) {
    to.append(what);
}

/// For tables whose order is never seen.
struct NibblesHasher {
    std::size_t operator()(const Nibbles& nibbles) const noexcept {
        std::uint64_t mixed = nibbles.size();
        for (std::size_t i = 0; i < nibbles.size(); i += sizeof(std::uint64_t)) {
            std::uint64_t word;
            std::memcpy(&word, nibbles.begin() + i, sizeof word);  // 64 is a multiple of 8
            mixed = (mixed ^ word) * 0x9e3779b97f4a7c15ULL;
            mixed ^= mixed >> 32;  // both halves are used
        }
        return mixed;
    }
};

}  // namespace talea::vm
