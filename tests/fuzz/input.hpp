#pragma once
#include <algorithm>

#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"

namespace talea::fuzz {

/// Turns a fuzz target's input into values, front to back; behind the end come zeros, so that every input means
/// something and what is cut off still runs.
class Input {
  public:
    explicit Input(vm::BytesView bytes) : rest_(bytes) {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const std::uint8_t first = rest_[0];
        rest_ = rest_.subspan(1);
        return first;
    }
    /// Below `bound`, which is 1 to 256.
    std::size_t below(std::size_t bound) { return byte() % bound; }
    std::uint64_t u64() {
        std::uint64_t value = 0;
        for (int i = 0; i < 8; ++i) value = value << 8 | byte();
        return value;
    }
    /// `count` bytes, or fewer where the input ends.
    vm::BytesView bytes(std::size_t count) {
        const vm::BytesView taken = rest_.first(std::min(count, rest_.size()));
        rest_ = rest_.subspan(taken.size());
        return taken;
    }
    vm::Address address() {
        vm::Address address;
        for (auto& byte_of : address.bytes) byte_of = byte();
        return address;
    }
    vm::Hash hash() {
        vm::Hash hash;
        for (auto& byte_of : hash.bytes) byte_of = byte();
        return hash;
    }
    /// A word of a shape that arithmetic goes wrong at: short, near a power of two, of full and of empty limbs, near
    /// the word before; or of any bytes.
    vm::u256 word() {
        const std::uint8_t shape = byte();
        switch (shape % 8) {
            case 0:
                last_ = vm::u256{shape / 8U};
                break;
            case 1:
                last_ = vm::u256{1} << byte();
                break;
            case 2:
                last_ = (vm::u256{1} << byte()) - vm::u256{1U + shape / 8U};
                break;
            case 3:
                last_ = last_ + vm::u256{1U + shape / 8U};
                break;
            case 4:
                last_ = -last_;
                break;
            case 5:
                for (std::size_t i = 0; i < 4; ++i) last_.limbs[i] = limb();
                break;
            case 6:
                last_ = vm::u256{u64()};
                break;
            default:
                last_ = vm::u256::from_be_bytes(bytes(1U + shape / 8U));
        }
        return last_;
    }

  private:
    std::uint64_t limb() {
        const std::uint8_t shape = byte();
        switch (shape % 8) {
            case 0:
                return 0;
            case 1:
                return ~std::uint64_t{0};
            case 2:
                return std::uint64_t{1} << 63;
            case 3:
                return (std::uint64_t{1} << 63) - 1;
            case 4:
                return shape / 8U;
            case 5:
                return ~std::uint64_t{shape / 8U};
            default:
                return u64();
        }
    }
    vm::BytesView rest_;
    vm::u256 last_;
};

}  // namespace talea::fuzz
