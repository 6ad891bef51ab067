#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "vm/base/check.hpp"
#include "vm/base/u256.hpp"

namespace talea::vm {

/// A number of `count` 64-bit limbs, the least significant first.
template <std::size_t count>
using Limbs = std::array<std::uint64_t, count>;

/// Lower-case hexadecimal digits after "0x"; for constants in the code, where a wrong one does not compile.
template <std::size_t count>
consteval Limbs<count> limbs_from_hex(std::string_view text) {
    Limbs<count> limbs{};
    for (const char c : text.substr(2)) {
        const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0 || limbs[count - 1] >> 60 != 0)
            check_failed("a constant has lower-case digits and fits its limbs", std::source_location::current());
        for (std::size_t i = count; i-- > 0;) limbs[i] = limbs[i] << 4 | (i > 0 ? limbs[i - 1] >> 60 : 0);
        limbs[0] |= static_cast<std::uint64_t>(digit);
    }
    return limbs;
}

/// The inverse of `value` modulo the prime `modulus`, where 0 < value < modulus (GMP's extended Euclid: a fifth of the
/// time of an exponentiation).
void invert(std::span<std::uint64_t> inverse, std::span<const std::uint64_t> value,
            std::span<const std::uint64_t> modulus);

/// The field of integers modulo `Prime::modulus`, an odd prime. An element a is kept as a R mod p, where R is
/// 2^(64 limb_count): Montgomery's form, in which a product needs no division (P. Montgomery, Modular Multiplication
/// Without Trial Division, 1985). The two highest bits of the modulus are zero, so that sums of two elements and
/// products of two such sums need no further limb.
///
/// Nothing here takes constant time: a chain's data is public.
template <class Prime>
class PrimeField {
  public:
    static constexpr auto modulus = Prime::modulus;
    static constexpr std::size_t limb_count = modulus.size();
    static constexpr std::size_t byte_count = 8 * limb_count;
    using Number = Limbs<limb_count>;
    static_assert(modulus[limb_count - 1] >> 62 == 0 && (modulus[0] & 1) == 1);

    constexpr PrimeField() = default;  ///< zero
    /// The number itself, which must be below the modulus.
    static constexpr PrimeField from_number(const Number& number) { return raw(multiply(number, r_squared)); }
    static constexpr PrimeField from_small(std::uint64_t number) { return from_number(Number{number}); }
    static consteval PrimeField from_hex(std::string_view text) {
        return from_number(limbs_from_hex<limb_count>(text));
    }
    static constexpr PrimeField one() { return raw(r_modulo); }

    /// The number in 0..p-1.
    [[nodiscard]] constexpr Number number() const { return multiply(value_, Number{1}); }
    [[nodiscard]] constexpr bool is_odd() const { return (number()[0] & 1) == 1; }

    /// `byte_count` bytes, the most significant first. Nothing for a number that is not below the modulus.
    static std::optional<PrimeField> from_be_bytes(BytesView bytes) {
        check(bytes.size() == byte_count, "an element is read from as many bytes as it has");
        Number number{};
        for (std::size_t i = 0; i < byte_count; ++i)
            number[(byte_count - 1 - i) / 8] = number[(byte_count - 1 - i) / 8] << 8 | bytes[i];
        if (!less(number, modulus)) return std::nullopt;
        return from_number(number);
    }
    [[nodiscard]] std::array<std::uint8_t, byte_count> to_be_bytes() const {
        const Number plain = number();
        std::array<std::uint8_t, byte_count> bytes;
        for (std::size_t i = 0; i < byte_count; ++i)
            bytes[byte_count - 1 - i] = static_cast<std::uint8_t>(plain[i / 8] >> (8 * (i % 8)));
        return bytes;
    }

    friend constexpr bool operator==(const PrimeField& a, const PrimeField& b) = default;
    [[nodiscard]] constexpr bool is_zero() const { return *this == PrimeField{}; }

    friend constexpr PrimeField operator+(const PrimeField& a, const PrimeField& b) {
        return raw(reduce_once(add_limbs(a.value_, b.value_)));
    }
    friend constexpr PrimeField operator-(const PrimeField& a, const PrimeField& b) {
        Number difference{};
        const std::uint64_t borrow = subtract_limbs(difference, a.value_, b.value_);
        return raw(add_limbs(difference, masked(modulus, 0 - borrow)));
    }
    friend constexpr PrimeField operator-(const PrimeField& a) { return PrimeField{} - a; }
    friend constexpr PrimeField operator*(const PrimeField& a, const PrimeField& b) {
        return raw(multiply(a.value_, b.value_));
    }
    [[nodiscard]] constexpr PrimeField squared() const { return *this * *this; }
    [[nodiscard]] constexpr PrimeField doubled() const { return *this + *this; }
    [[nodiscard]] constexpr PrimeField halved() const {
        Number sum = add_limbs(value_, masked(modulus, 0 - (value_[0] & 1)));
        for (std::size_t i = 0; i < limb_count; ++i) sum[i] = sum[i] >> 1 | (i + 1 < limb_count ? sum[i + 1] << 63 : 0);
        return raw(sum);
    }
    /// Of an element other than zero.
    [[nodiscard]] PrimeField inverse() const {
        check(!is_zero(), "zero has no inverse");
        Number inverted;
        invert(inverted, value_, modulus);
        return raw(multiply(multiply(inverted, r_squared), r_squared));  // (a R)^-1 R^2 is a^-1 R
    }
    template <std::size_t count>
    [[nodiscard]] constexpr PrimeField power(const Limbs<count>& exponent) const {
        // Four bits at a time: a quarter of the products beside the squares, for 14 powers made beforehand.
        std::array<PrimeField, 16> powers;
        powers[0] = one();
        for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * *this;
        PrimeField result = one();
        for (std::size_t bit = 64 * count; bit > 0;) {
            bit -= 4;
            result = result.squared().squared().squared().squared();
            const std::size_t digit = exponent[bit / 64] >> (bit % 64) & 15;
            if (digit != 0) result = result * powers[digit];
        }
        return result;
    }

    /// (a0 b0 - a1 b1, a0 b1 + a1 b0): the product in an extension by a root of -1.
    static constexpr std::array<PrimeField, 2> multiply_complex(const PrimeField& a0, const PrimeField& a1,
                                                                const PrimeField& b0, const PrimeField& b1) {
        Number negated_b1{};  // up to p itself
        subtract_limbs(negated_b1, modulus, b1.value_);
        return {raw(sum_of_products(a0.value_, b0.value_, a1.value_, negated_b1)),
                raw(sum_of_products(a0.value_, b1.value_, a1.value_, b0.value_))};
    }
    /// ((a0 + a1) (a0 - a1), 2 a0 a1): the square there. A sum need not be reduced before a product.
    static constexpr std::array<PrimeField, 2> square_complex(const PrimeField& a0, const PrimeField& a1) {
        return {raw(multiply(add_limbs(a0.value_, a1.value_), (a0 - a1).value_)),
                raw(multiply(add_limbs(a0.value_, a0.value_), a1.value_))};
    }

  private:
    static constexpr PrimeField raw(const Number& value) {
        PrimeField element;
        element.value_ = value;
        return element;
    }
    static constexpr bool less(const Number& a, const Number& b) {
        Number difference{};
        return subtract_limbs(difference, a, b) != 0;
    }
    static constexpr Number masked(const Number& a, std::uint64_t mask) {
        Number out{};
        for (std::size_t i = 0; i < limb_count; ++i) out[i] = a[i] & mask;
        return out;
    }
    /// The caller knows that no carry is left.
    static constexpr Number add_limbs(const Number& a, const Number& b) {
        Number sum{};
        std::uint64_t carry = 0;
        for (std::size_t i = 0; i < limb_count; ++i) {
            const uint128 term = static_cast<uint128>(a[i]) + b[i] + carry;
            sum[i] = static_cast<std::uint64_t>(term);
            carry = static_cast<std::uint64_t>(term >> 64);
        }
        return sum;
    }
    /// Gives the borrow.
    static constexpr std::uint64_t subtract_limbs(Number& difference, const Number& a, const Number& b) {
        std::uint64_t borrow = 0;
        for (std::size_t i = 0; i < limb_count; ++i) {
            const uint128 term = static_cast<uint128>(a[i]) - b[i] - borrow;
            difference[i] = static_cast<std::uint64_t>(term);
            borrow = static_cast<std::uint64_t>(term >> 64) & 1;
        }
        return borrow;
    }
    /// A number below 2 p to one below p.
    static constexpr Number reduce_once(const Number& a) {
        Number less_p{};
        const std::uint64_t keep = 0 - subtract_limbs(less_p, a, modulus);
        Number out{};
        for (std::size_t i = 0; i < limb_count; ++i) out[i] = (a[i] & keep) | (less_p[i] & ~keep);
        return out;
    }
    /// a b / R mod p, for a b up to p R: each limb of b adds its product, and then that multiple of p which clears the
    /// lowest limb. The result before its reduction is (a b + m p) / R < 2 p with m < R; on the way it stays below 4 p,
    /// so that the modulus's free bits take the sum of the carries.
    static constexpr Number multiply(const Number& a, const Number& b) {
        Number t{};
        for (std::size_t i = 0; i < limb_count; ++i) {
            uint128 product = static_cast<uint128>(a[0]) * b[i] + t[0];
            const std::uint64_t factor = static_cast<std::uint64_t>(product) * negated_inverse;
            uint128 cleared = static_cast<uint128>(factor) * modulus[0] + static_cast<std::uint64_t>(product);
            for (std::size_t j = 1; j < limb_count; ++j) {
                product = static_cast<uint128>(a[j]) * b[i] + t[j] + static_cast<std::uint64_t>(product >> 64);
                cleared = static_cast<uint128>(factor) * modulus[j] + static_cast<std::uint64_t>(product) +
                          static_cast<std::uint64_t>(cleared >> 64);
                t[j - 1] = static_cast<std::uint64_t>(cleared);
            }
            t[limb_count - 1] = static_cast<std::uint64_t>(product >> 64) + static_cast<std::uint64_t>(cleared >> 64);
        }
        return reduce_once(t);
    }
    /// (a b + c d) / R mod p, in the same way: two thirds of what two products and a sum take.
    static constexpr Number sum_of_products(const Number& a, const Number& b, const Number& c, const Number& d) {
        Number t{};
        for (std::size_t i = 0; i < limb_count; ++i) {
            uint128 first = static_cast<uint128>(a[0]) * b[i] + t[0];
            uint128 second = static_cast<uint128>(c[0]) * d[i] + static_cast<std::uint64_t>(first);
            const std::uint64_t factor = static_cast<std::uint64_t>(second) * negated_inverse;
            uint128 cleared = static_cast<uint128>(factor) * modulus[0] + static_cast<std::uint64_t>(second);
            for (std::size_t j = 1; j < limb_count; ++j) {
                first = static_cast<uint128>(a[j]) * b[i] + t[j] + static_cast<std::uint64_t>(first >> 64);
                second = static_cast<uint128>(c[j]) * d[i] + static_cast<std::uint64_t>(first) +
                         static_cast<std::uint64_t>(second >> 64);
                cleared = static_cast<uint128>(factor) * modulus[j] + static_cast<std::uint64_t>(second) +
                          static_cast<std::uint64_t>(cleared >> 64);
                t[j - 1] = static_cast<std::uint64_t>(cleared);
            }
            t[limb_count - 1] = static_cast<std::uint64_t>(first >> 64) + static_cast<std::uint64_t>(second >> 64) +
                                static_cast<std::uint64_t>(cleared >> 64);
        }
        return reduce_once(t);
    }

    /// -1/p mod 2^64. Newton's step doubles the bits that are right: p itself has three, and 3 2^5 > 64.
    static constexpr std::uint64_t negated_inverse = [] {
        std::uint64_t inverse = modulus[0];
        for (int i = 0; i < 5; ++i) inverse *= 2 - modulus[0] * inverse;
        return 0 - inverse;
    }();
    /// 2^bits mod p, by doubling 1.
    static constexpr Number power_of_two(std::size_t bits) {
        Number power{1};
        for (std::size_t i = 0; i < bits; ++i) power = reduce_once(add_limbs(power, power));
        return power;
    }
    static constexpr Number r_modulo = power_of_two(64 * limb_count);
    static constexpr Number r_squared = power_of_two(128 * limb_count);

    Number value_{};
};

}  // namespace talea::vm
