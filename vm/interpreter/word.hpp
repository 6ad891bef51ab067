#pragma once
#include <bit>

#include "vm/base/u256.hpp"

/// Arithmetic of the instructions on words in registers: carry chains, shifts and comparisons written so that compilers
/// keep the four limbs apart. A slot that is written limb by limb and read as vectors stalls on today's processors.
namespace talea::vm::word {

using u64 = std::uint64_t;
using Carry = unsigned long long;  // what the builtins take

/// a + b + carry, which becomes the carry out.
[[gnu::always_inline]] inline u64 add_limb(u64 a, u64 b, Carry& carry) {
#if defined(__clang__)
    return __builtin_addcll(a, b, carry, &carry);
#else
    u64 sum, total;
    const bool first = __builtin_add_overflow(a, b, &sum);
    const bool second = __builtin_add_overflow(sum, carry, &total);
    carry = static_cast<Carry>(first | second);
    return total;
#endif
}
/// a - b - borrow, which becomes the borrow out.
[[gnu::always_inline]] inline u64 subtract_limb(u64 a, u64 b, Carry& borrow) {
#if defined(__clang__)
    return __builtin_subcll(a, b, borrow, &borrow);
#else
    u64 difference, total;
    const bool first = __builtin_sub_overflow(a, b, &difference);
    const bool second = __builtin_sub_overflow(difference, borrow, &total);
    borrow = static_cast<Carry>(first | second);
    return total;
#endif
}

/// The same word, read limb by limb: a copy as vectors of what was just written limb by limb would stall.
[[gnu::always_inline]] inline u256 limbwise(const u256& a) {
    return {a.limbs[0], a.limbs[1], a.limbs[2], a.limbs[3]};
}

[[gnu::always_inline]] inline u256 add(const u256& a, const u256& b) {
    Carry carry = 0;
    const u64 l0 = add_limb(a.limbs[0], b.limbs[0], carry);
    const u64 l1 = add_limb(a.limbs[1], b.limbs[1], carry);
    const u64 l2 = add_limb(a.limbs[2], b.limbs[2], carry);
    const u64 l3 = add_limb(a.limbs[3], b.limbs[3], carry);
    return {l0, l1, l2, l3};
}
[[gnu::always_inline]] inline u256 subtract(const u256& a, const u256& b) {
    Carry borrow = 0;
    const u64 l0 = subtract_limb(a.limbs[0], b.limbs[0], borrow);
    const u64 l1 = subtract_limb(a.limbs[1], b.limbs[1], borrow);
    const u64 l2 = subtract_limb(a.limbs[2], b.limbs[2], borrow);
    const u64 l3 = subtract_limb(a.limbs[3], b.limbs[3], borrow);
    return {l0, l1, l2, l3};
}
/// -a where `negative` (two's complement), else a.
[[gnu::always_inline]] inline u256 negated_if(bool negative, const u256& a) {
    const u64 mask = negative ? ~u64{0} : 0;
    return subtract({a.limbs[0] ^ mask, a.limbs[1] ^ mask, a.limbs[2] ^ mask, a.limbs[3] ^ mask},
                    {mask, mask, mask, mask});
}
/// The number without its sign; the lowest one is its own, read as unsigned.
[[gnu::always_inline]] inline u256 magnitude(const u256& a) {
    return negated_if(a.is_negative(), a);
}

/// a < b, as the borrow of a - b: no branches.
[[gnu::always_inline]] inline bool less(const u256& a, const u256& b) {
#if defined(__x86_64__)
    // Both compilers make a chain of conditions of the portable form, three times as long.
    u64 l0 = a.limbs[0], l1 = a.limbs[1], l2 = a.limbs[2], l3 = a.limbs[3];
    bool borrow;
    asm("cmp %[b0], %[l0]\n\t"
        "sbb %[b1], %[l1]\n\t"
        "sbb %[b2], %[l2]\n\t"
        "sbb %[b3], %[l3]"
        : "=@ccc"(borrow), [l0] "+r"(l0), [l1] "+r"(l1), [l2] "+r"(l2), [l3] "+r"(l3)
        : [b0] "r"(b.limbs[0]), [b1] "r"(b.limbs[1]), [b2] "r"(b.limbs[2]), [b3] "r"(b.limbs[3]));
    return borrow;
#else
    Carry borrow = 0;
    (void)subtract_limb(a.limbs[0], b.limbs[0], borrow);
    (void)subtract_limb(a.limbs[1], b.limbs[1], borrow);
    (void)subtract_limb(a.limbs[2], b.limbs[2], borrow);
    (void)subtract_limb(a.limbs[3], b.limbs[3], borrow);
    return borrow != 0;
#endif
}
/// The same for two's complement: flipping both signs makes the orders one.
[[gnu::always_inline]] inline bool signed_less(const u256& a, const u256& b) {
    constexpr u64 sign = u64{1} << 63;
    return less({a.limbs[0], a.limbs[1], a.limbs[2], a.limbs[3] ^ sign},
                {b.limbs[0], b.limbs[1], b.limbs[2], b.limbs[3] ^ sign});
}

/// The product's low 256 bits; factors that fit 64 or 128 bits are the common case.
[[gnu::always_inline]] inline u256 multiply(const u256& a, const u256& b) {
    const u64 a0 = a.limbs[0], a1 = a.limbs[1], a2 = a.limbs[2], a3 = a.limbs[3];
    const u64 b0 = b.limbs[0], b1 = b.limbs[1], b2 = b.limbs[2], b3 = b.limbs[3];
    const uint128 p00 = uint128{a0} * b0;
    if ((a1 | a2 | a3 | b1 | b2 | b3) == 0) return {static_cast<u64>(p00), static_cast<u64>(p00 >> 64), 0, 0};
    const uint128 p01 = uint128{a0} * b1, p10 = uint128{a1} * b0;
    const uint128 p02 = uint128{a0} * b2, p11 = uint128{a1} * b1, p20 = uint128{a2} * b0;
    const uint128 mid = (p00 >> 64) + static_cast<u64>(p01) + static_cast<u64>(p10);
    const uint128 high =
        (mid >> 64) + (p01 >> 64) + (p10 >> 64) + static_cast<u64>(p02) + static_cast<u64>(p11) + static_cast<u64>(p20);
    const u64 top = static_cast<u64>(high >> 64) + static_cast<u64>(p02 >> 64) + static_cast<u64>(p11 >> 64) +
                    static_cast<u64>(p20 >> 64) + a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
    return {static_cast<u64>(p00), static_cast<u64>(mid), static_cast<u64>(high), top};
}

struct LimbDivision {
    u256 quotient;
    u64 remainder;
};
/// `divisor` is not 0. One division for each limb of the dividend that is needed.
[[gnu::always_inline]] inline LimbDivision divide_by_limb(const u256& dividend, u64 divisor) {
    u64 q3 = 0, q2 = 0, q1 = 0, rest = 0;
    const auto digit = [&](u64 limb) {
#if defined(__x86_64__)
        u64 quotient;  // fits, since `rest` is below the divisor
        asm("divq %[by]" : "=a"(quotient), "+d"(rest) : [by] "r"(divisor), "a"(limb) : "cc");
        return quotient;
#else
        const uint128 value = uint128{rest} << 64 | limb;
        rest = static_cast<u64>(value % divisor);
        return static_cast<u64>(value / divisor);
#endif
    };
    if ((dividend.limbs[1] | dividend.limbs[2] | dividend.limbs[3]) != 0) {
        if ((dividend.limbs[2] | dividend.limbs[3]) != 0) {
            if (dividend.limbs[3] != 0) q3 = digit(dividend.limbs[3]);
            q2 = digit(dividend.limbs[2]);
        }
        q1 = digit(dividend.limbs[1]);
    }
    const u64 q0 = digit(dividend.limbs[0]);
    return {{q0, q1, q2, q3}, rest};
}

/// The upper half of (high:low) << bits, bits < 64.
[[gnu::always_inline]] inline u64 shift_pair_left(u64 high, u64 low, unsigned bits) {
    return static_cast<u64>((((uint128{high} << 64) | low) << bits) >> 64);
}
/// The lower half of (high:low) >> bits, bits < 64.
[[gnu::always_inline]] inline u64 shift_pair_right(u64 high, u64 low, unsigned bits) {
    return static_cast<u64>(((uint128{high} << 64) | low) >> bits);
}
/// bits < 256. Branches on whole limbs: the distance is nearly always a constant of the program.
[[gnu::always_inline]] inline u256 shift_left(const u256& a, unsigned distance) {
    const unsigned bits = distance & 63;
    const u64 l0 = a.limbs[0], l1 = a.limbs[1], l2 = a.limbs[2], l3 = a.limbs[3];
    switch (distance >> 6) {
        case 0:
            return {l0 << bits, shift_pair_left(l1, l0, bits), shift_pair_left(l2, l1, bits),
                    shift_pair_left(l3, l2, bits)};
        case 1:
            return {0, l0 << bits, shift_pair_left(l1, l0, bits), shift_pair_left(l2, l1, bits)};
        case 2:
            return {0, 0, l0 << bits, shift_pair_left(l1, l0, bits)};
        default:
            return {0, 0, 0, l0 << bits};
    }
}
/// bits < 256; `fill` (0 or all ones) comes in from above.
[[gnu::always_inline]] inline u256 shift_right(const u256& a, unsigned distance, u64 fill) {
    const unsigned bits = distance & 63;
    const u64 l0 = a.limbs[0], l1 = a.limbs[1], l2 = a.limbs[2], l3 = a.limbs[3];
    const u64 last = shift_pair_right(fill, l3, bits);
    switch (distance >> 6) {
        case 0:
            return {shift_pair_right(l1, l0, bits), shift_pair_right(l2, l1, bits), shift_pair_right(l3, l2, bits),
                    last};
        case 1:
            return {shift_pair_right(l2, l1, bits), shift_pair_right(l3, l2, bits), last, fill};
        case 2:
            return {shift_pair_right(l3, l2, bits), last, fill, fill};
        default:
            return {last, fill, fill, fill};
    }
}

/// 32 bytes of memory, the most significant first.
[[gnu::always_inline]] inline u256 load(const std::uint8_t* from) {
    u64 limbs[4];
    std::memcpy(&limbs[0], from, 8);
    std::memcpy(&limbs[1], from + 8, 8);
    std::memcpy(&limbs[2], from + 16, 8);
    std::memcpy(&limbs[3], from + 24, 8);
    return {__builtin_bswap64(limbs[3]), __builtin_bswap64(limbs[2]), __builtin_bswap64(limbs[1]),
            __builtin_bswap64(limbs[0])};
}
[[gnu::always_inline]] inline void store(std::uint8_t* to, const u256& value) {
    const u64 l0 = __builtin_bswap64(value.limbs[3]), l1 = __builtin_bswap64(value.limbs[2]),
              l2 = __builtin_bswap64(value.limbs[1]), l3 = __builtin_bswap64(value.limbs[0]);
    std::memcpy(to, &l0, 8);
    std::memcpy(to + 8, &l1, 8);
    std::memcpy(to + 16, &l2, 8);
    std::memcpy(to + 24, &l3, 8);
}

/// 32 bytes, which may overlap.
[[gnu::always_inline]] inline void copy(std::uint8_t* to, const std::uint8_t* from) {
    u64 l0, l1, l2, l3;
    std::memcpy(&l0, from, 8);
    std::memcpy(&l1, from + 8, 8);
    std::memcpy(&l2, from + 16, 8);
    std::memcpy(&l3, from + 24, 8);
    std::memcpy(to, &l0, 8);
    std::memcpy(to + 8, &l1, 8);
    std::memcpy(to + 16, &l2, 8);
    std::memcpy(to + 24, &l3, 8);
}

/// An address as a word, and the low 20 bytes of a word as an address.
[[gnu::always_inline]] inline u256 of(const Address& address) {
    u64 high, mid;
    std::uint32_t low;
    std::memcpy(&high, address.bytes.data(), 8);
    std::memcpy(&mid, address.bytes.data() + 8, 8);
    std::memcpy(&low, address.bytes.data() + 16, 4);
    high = __builtin_bswap64(high), mid = __builtin_bswap64(mid), low = __builtin_bswap32(low);
    return {mid << 32 | low, high << 32 | mid >> 32, high >> 32, 0};
}
[[gnu::always_inline]] inline Address to_address(const u256& value) {
    const u64 high = __builtin_bswap64(value.limbs[2] << 32 | value.limbs[1] >> 32);
    const u64 mid = __builtin_bswap64(value.limbs[1] << 32 | value.limbs[0] >> 32);
    const std::uint32_t low = __builtin_bswap32(static_cast<std::uint32_t>(value.limbs[0]));
    Address address;
    std::memcpy(address.bytes.data(), &high, 8);
    std::memcpy(address.bytes.data() + 8, &mid, 8);
    std::memcpy(address.bytes.data() + 16, &low, 4);
    return address;
}

}  // namespace talea::vm::word
