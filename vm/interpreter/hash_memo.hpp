#pragma once
#include <vector>

#include "vm/crypto/keccak.hpp"

namespace talea::vm {

/// Keccaks of 64 bytes, which are slots of mappings: a token asks for the same few again and again. Direct-mapped, of a
/// fixed size, empty at the start of an execution; a miss costs some nanoseconds beside the hash.
class HashMemo {
  public:
    [[nodiscard]] const u256& pair(const u256& first, const u256& second) {
        Entry& entry = entries_[place(first, second)];
        if (entry.known_in != execution_ || entry.first != first || entry.second != second) {
            entry.hash = keccak256_pair(first, second);
            entry.first.limbs = {first.limbs[0], first.limbs[1], first.limbs[2], first.limbs[3]};
            entry.second.limbs = {second.limbs[0], second.limbs[1], second.limbs[2], second.limbs[3]};
            entry.known_in = execution_;
        }
        return entry.hash;
    }
    void forget() { ++execution_; }

  private:
    struct Entry {
        u256 first, second, hash;
        std::uint64_t known_in = 0;  // the execution
    };
    static constexpr std::size_t size = 512;  // 52 kB: with the working set of a loop in the second-level cache

    static std::size_t place(const u256& first, const u256& second) {
        const auto fold = [](std::uint64_t a, std::uint64_t b) {
            const uint128 product = static_cast<uint128>(a) * b;
            return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
        };
        const std::uint64_t mixed =
            fold(first.limbs[0] ^ 0x9e3779b97f4a7c15ULL, first.limbs[1] ^ 0xc2b2ae3d27d4eb4fULL) ^
            fold(second.limbs[0] ^ 0x165667b19e3779f9ULL, second.limbs[1] ^ 0xff51afd7ed558ccdULL);
        return mixed % size;
    }
    std::vector<Entry> entries_{size};
    std::uint64_t execution_ = 1;
};

}  // namespace talea::vm
