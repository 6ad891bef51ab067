#pragma once
#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "vm/base/bytes.hpp"

namespace talea::vm {

__extension__ using uint128 = unsigned __int128;  // both compilers have it; ISO C++ does not

/// An unsigned 256-bit number: four 64-bit limbs, the least significant first. Arithmetic wraps at 2^256, as the EVM's
/// does (Yellow Paper, section 9); `checked_add` and its like are for amounts.
struct u256 {
    std::array<std::uint64_t, 4> limbs{};

    constexpr u256() = default;
    constexpr u256(std::uint64_t low)
        : limbs{low, 0, 0, 0} {}  // NOLINT(google-explicit-constructor): widening loses nothing
    constexpr u256(std::uint64_t l0, std::uint64_t l1, std::uint64_t l2, std::uint64_t l3) : limbs{l0, l1, l2, l3} {}

    friend constexpr bool operator==(const u256& a, const u256& b) {
        return ((a.limbs[0] ^ b.limbs[0]) | (a.limbs[1] ^ b.limbs[1]) | (a.limbs[2] ^ b.limbs[2]) |
                (a.limbs[3] ^ b.limbs[3])) == 0;
    }
    friend constexpr std::strong_ordering operator<=>(const u256& a, const u256& b) {
        for (int i = 3; i > 0; --i) {
            const auto limb = static_cast<std::size_t>(i);
            if (a.limbs[limb] != b.limbs[limb]) return a.limbs[limb] <=> b.limbs[limb];
        }
        return a.limbs[0] <=> b.limbs[0];
    }

    [[nodiscard]] constexpr bool is_zero() const { return (limbs[0] | limbs[1] | limbs[2] | limbs[3]) == 0; }
    [[nodiscard]] constexpr bool fits_u64() const { return (limbs[1] | limbs[2] | limbs[3]) == 0; }
    /// The low 64 bits, whatever is above.
    [[nodiscard]] constexpr std::uint64_t low_u64() const { return limbs[0]; }
    /// Bits up to the highest set one; 0 for zero.
    [[nodiscard]] constexpr unsigned bit_width() const {
        for (unsigned i = 4; i-- > 0;)
            if (limbs[i] != 0) return 64 * i + static_cast<unsigned>(std::bit_width(limbs[i]));
        return 0;
    }
    [[nodiscard]] constexpr unsigned byte_width() const { return (bit_width() + 7) / 8; }
    /// The sign of the number read as two's complement.
    [[nodiscard]] constexpr bool is_negative() const { return (limbs[3] >> 63) != 0; }

    /// 32 bytes, the most significant first.
    [[nodiscard]] std::array<std::uint8_t, 32> to_be_bytes() const {
        std::array<std::uint8_t, 32> bytes;
        for (std::size_t i = 0; i < 4; ++i) {
            const std::uint64_t limb = __builtin_bswap64(limbs[3 - i]);
            std::memcpy(bytes.data() + 8 * i, &limb, 8);
        }
        return bytes;
    }
    /// At most 32 bytes, the most significant first; fewer are read as if zeros stood before them.
    [[nodiscard]] static u256 from_be_bytes(BytesView bytes) {
        std::array<std::uint8_t, 32> padded{};
        if (!bytes.empty()) std::memcpy(padded.data() + (32 - bytes.size()), bytes.data(), bytes.size());
        u256 value;
        for (std::size_t i = 0; i < 4; ++i) {
            std::uint64_t limb;
            std::memcpy(&limb, padded.data() + 8 * i, 8);
            value.limbs[3 - i] = __builtin_bswap64(limb);
        }
        return value;
    }

    [[nodiscard]] static constexpr u256 max() { return {~0ULL, ~0ULL, ~0ULL, ~0ULL}; }
};

static_assert(sizeof(u256) == 32);

constexpr u256 operator+(const u256& a, const u256& b) {
    u256 sum;
    uint128 carry = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        carry += static_cast<uint128>(a.limbs[i]) + b.limbs[i];
        sum.limbs[i] = static_cast<std::uint64_t>(carry);
        carry >>= 64;
    }
    return sum;
}
constexpr u256 operator~(const u256& a) {
    return {~a.limbs[0], ~a.limbs[1], ~a.limbs[2], ~a.limbs[3]};
}
constexpr u256 operator-(const u256& a, const u256& b) {
    u256 difference;
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const uint128 term = static_cast<uint128>(a.limbs[i]) - b.limbs[i] - borrow;
        difference.limbs[i] = static_cast<std::uint64_t>(term);
        borrow = static_cast<std::uint64_t>(term >> 64) & 1;
    }
    return difference;
}
constexpr u256 operator-(const u256& a) {
    return u256{} - a;
}
constexpr u256 operator&(const u256& a, const u256& b) {
    return {a.limbs[0] & b.limbs[0], a.limbs[1] & b.limbs[1], a.limbs[2] & b.limbs[2], a.limbs[3] & b.limbs[3]};
}
constexpr u256 operator|(const u256& a, const u256& b) {
    return {a.limbs[0] | b.limbs[0], a.limbs[1] | b.limbs[1], a.limbs[2] | b.limbs[2], a.limbs[3] | b.limbs[3]};
}
constexpr u256 operator^(const u256& a, const u256& b) {
    return {a.limbs[0] ^ b.limbs[0], a.limbs[1] ^ b.limbs[1], a.limbs[2] ^ b.limbs[2], a.limbs[3] ^ b.limbs[3]};
}
/// Shifts by 256 or more give zero.
[[nodiscard]] constexpr u256 operator<<(const u256& a, unsigned bits) {
    u256 out;
    if (bits >= 256) return out;
    const std::size_t skip = bits / 64;
    const unsigned shift = bits % 64;
    for (std::size_t i = skip; i < 4; ++i) {
        out.limbs[i] = a.limbs[i - skip] << shift;
        if (shift != 0 && i > skip) out.limbs[i] |= a.limbs[i - skip - 1] >> (64 - shift);
    }
    return out;
}
[[nodiscard]] constexpr u256 operator>>(const u256& a, unsigned bits) {
    u256 out;
    if (bits >= 256) return out;
    const std::size_t skip = bits / 64;
    const unsigned shift = bits % 64;
    for (std::size_t i = 0; i + skip < 4; ++i) {
        out.limbs[i] = a.limbs[i + skip] >> shift;
        if (shift != 0 && i + skip + 1 < 4) out.limbs[i] |= a.limbs[i + skip + 1] << (64 - shift);
    }
    return out;
}
[[nodiscard]] constexpr u256 operator*(const u256& a, const u256& b) {
    u256 product;
    for (std::size_t i = 0; i < 4; ++i) {
        std::uint64_t carry = 0;
        for (std::size_t j = 0; i + j < 4; ++j) {
            const uint128 term = static_cast<uint128>(a.limbs[i]) * b.limbs[j] + product.limbs[i + j] + carry;
            product.limbs[i + j] = static_cast<std::uint64_t>(term);
            carry = static_cast<std::uint64_t>(term >> 64);
        }
    }
    return product;
}

/// A 512-bit number, limbs as in u256.
struct u512 {
    std::array<std::uint64_t, 8> limbs{};
};
/// The whole product.
[[nodiscard]] u512 full_multiply(const u256& a, const u256& b);

struct DivMod {
    u256 quotient, remainder;
};
/// Rounds down. A zero divisor gives zero for both (as DIV and MOD do).
[[nodiscard]] DivMod divmod(const u256& dividend, const u256& divisor);
/// Remainder of a 512-bit number; zero for a zero modulus.
[[nodiscard]] u256 mod(const u512& dividend, const u256& modulus);

/// The signed operations of the EVM on two's complement (SDIV rounds toward zero, SMOD takes the dividend's sign).
[[nodiscard]] u256 sdiv(const u256& dividend, const u256& divisor);
[[nodiscard]] u256 smod(const u256& dividend, const u256& divisor);
/// (a + b) mod m and (a * b) mod m without wrapping between; zero for m = 0.
[[nodiscard]] u256 addmod(const u256& a, const u256& b, const u256& m);
[[nodiscard]] u256 mulmod(const u256& a, const u256& b, const u256& m);
/// base^exponent mod 2^256; 0^0 = 1.
[[nodiscard]] u256 exp(u256 base, const u256& exponent);
/// Two's complement order.
[[nodiscard]] constexpr bool signed_less(const u256& a, const u256& b) {
    return a.is_negative() == b.is_negative() ? a < b : a.is_negative();
}

/// Nothing where the exact result does not fit (or would be negative).
[[nodiscard]] std::optional<u256> checked_add(const u256& a, const u256& b);
[[nodiscard]] std::optional<u256> checked_sub(const u256& a, const u256& b);
[[nodiscard]] std::optional<u256> checked_mul(const u256& a, const u256& b);

/// Decimal digits without sign or separators.
[[nodiscard]] std::string to_decimal(const u256& value);
/// Nothing for an empty text, a character that is no digit, or a number above 2^256 - 1.
[[nodiscard]] std::optional<u256> u256_from_decimal(std::string_view text);
/// "0x" and up to 64 digits (leading zeros allowed).
[[nodiscard]] std::optional<u256> u256_from_hex(std::string_view text);

/// The number as 32 bytes, the bytes as a number.
[[nodiscard]] inline Hash to_hash(const u256& value) {
    return {value.to_be_bytes()};
}
[[nodiscard]] inline u256 to_u256(const Hash& hash) {
    return u256::from_be_bytes(hash.bytes);
}
/// An address as the low 20 bytes of a word, and back (the upper 12 bytes are dropped).
[[nodiscard]] inline u256 to_u256(const Address& address) {
    return u256::from_be_bytes(address.bytes);
}
[[nodiscard]] inline Address to_address(const u256& word) {
    Address address;
    const auto bytes = word.to_be_bytes();
    std::memcpy(address.bytes.data(), bytes.data() + 12, 20);
    return address;
}

struct U256Hasher {
    std::size_t operator()(const u256& value) const noexcept {
        std::uint64_t x = value.limbs[0] ^ (value.limbs[1] * 0x9e3779b97f4a7c15ULL) ^
                          (value.limbs[2] * 0xc2b2ae3d27d4eb4fULL) ^ (value.limbs[3] * 0x165667b19e3779f9ULL);
        x *= 0xff51afd7ed558ccdULL;
        return x ^ (x >> 32);
    }
};

}  // namespace talea::vm
