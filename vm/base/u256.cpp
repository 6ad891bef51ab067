#include "vm/base/u256.hpp"

#include <algorithm>

#include "vm/base/division.hpp"

namespace talea::vm {
namespace {

using u128 = uint128;

struct Digit {
    std::uint64_t quotient, remainder;
};
/// Two limbs by one, where the quotient fits one: `high` is below `divisor`.
inline Digit divide_two_by_one(std::uint64_t high, std::uint64_t low, std::uint64_t divisor) {
#if defined(__x86_64__)
    // The machine has this very instruction; written in C it becomes a call that does not know the quotient fits.
    Digit digit;
    asm("divq %[divisor]"
        : "=a"(digit.quotient), "=d"(digit.remainder)
        : [divisor] "r"(divisor), "a"(low), "d"(high)
        : "cc");
    return digit;
#else
    const u128 dividend = static_cast<u128>(high) << 64 | low;
    return {static_cast<std::uint64_t>(dividend / divisor), static_cast<std::uint64_t>(dividend % divisor)};
#endif
}

/// Divides `n` limbs by one: the quotient to `quotient`, the remainder returned.
inline std::uint64_t divide_by_limb(const std::uint64_t* dividend, std::size_t n, std::uint64_t divisor,
                                    std::uint64_t* quotient) {
    std::uint64_t remainder = 0;
    for (std::size_t i = n; i-- > 0;) {
        const Digit digit = divide_two_by_one(remainder, dividend[i], divisor);
        quotient[i] = digit.quotient;
        remainder = digit.remainder;
    }
    return remainder;
}

/// Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D, steps D2 to D7: `u` has n + 1 limbs, `v` has `d`
/// (2 to 4, n >= d) of which the last has its highest bit set. Leaves the remainder in the first d limbs of `u`.
template <std::size_t d>
inline void divide_normalised(std::uint64_t* u, std::size_t n, const std::uint64_t* v, std::uint64_t* quotient) {
    for (std::size_t j = n - d + 1; j-- > 0;) {
        // D3: an estimate from the two highest limbs, at most two too large, corrected by the third.
        std::uint64_t q, r;
        bool corrected = false;  // the rest no longer fits a limb, so the estimate is good
        if (u[j + d] == v[d - 1]) {
            q = ~std::uint64_t{0};
            corrected = __builtin_add_overflow(u[j + d - 1], v[d - 1], &r);
        } else {
            const Digit estimate = divide_two_by_one(u[j + d], u[j + d - 1], v[d - 1]);
            q = estimate.quotient;
            r = estimate.remainder;
        }
        while (!corrected && static_cast<u128>(q) * v[d - 2] > (static_cast<u128>(r) << 64 | u[j + d - 2])) {
            --q;
            corrected = __builtin_add_overflow(r, v[d - 1], &r);
        }
        // D4: subtract q times the divisor.
        std::uint64_t borrow = 0;
        for (std::size_t i = 0; i < d; ++i) {
            const u128 product = static_cast<u128>(q) * v[i] + borrow;
            const std::uint64_t low = static_cast<std::uint64_t>(product);
            borrow = static_cast<std::uint64_t>(product >> 64) + (u[i + j] < low ? 1 : 0);
            u[i + j] -= low;
        }
        const bool negative = u[j + d] < borrow;
        u[j + d] -= borrow;
        if (negative) {  // D6: the estimate was still one too large
            --q;
            std::uint64_t carry = 0;
            for (std::size_t i = 0; i < d; ++i) {
                const u128 sum = static_cast<u128>(u[i + j]) + v[i] + carry;
                u[i + j] = static_cast<std::uint64_t>(sum);
                carry = static_cast<std::uint64_t>(sum >> 64);
            }
            u[j + d] += carry;
        }
        quotient[j] = q;
    }
}

/// `dividend` has `n` limbs (at most 8) and is replaced by the remainder; `divisor` has `d` significant limbs (1 to 4,
/// not more than n). `quotient` has room for n limbs.
void divide(std::uint64_t* dividend, std::size_t n, const std::uint64_t* divisor, std::size_t d,
            std::uint64_t* quotient) {
    if (d == 1) {
        const std::uint64_t remainder = divide_by_limb(dividend, n, divisor[0], quotient);
        std::fill(dividend, dividend + n, 0);
        dividend[0] = remainder;
        return;
    }
    const unsigned shift = static_cast<unsigned>(std::countl_zero(divisor[d - 1]));
    const auto high_bits = [shift](std::uint64_t limb) { return limb >> 1 >> (63 - shift); };  // 0 for a shift of 0
    std::uint64_t v[4], u[9];
    for (std::size_t i = d; i-- > 0;) v[i] = divisor[i] << shift | (i > 0 ? high_bits(divisor[i - 1]) : 0);
    u[n] = high_bits(dividend[n - 1]);
    for (std::size_t i = n; i-- > 0;) u[i] = dividend[i] << shift | (i > 0 ? high_bits(dividend[i - 1]) : 0);
    switch (d) {
        case 2:
            divide_normalised<2>(u, n, v, quotient);
            break;
        case 3:
            divide_normalised<3>(u, n, v, quotient);
            break;
        default:
            divide_normalised<4>(u, n, v, quotient);
            break;
    }
    u[d] = 0;
    for (std::size_t i = 0; i < n; ++i) dividend[i] = i < d ? u[i] >> shift | (u[i + 1] << 1 << (63 - shift)) : 0;
}

template <class Limbs>
std::size_t significant(const Limbs& limbs) {
    std::size_t count = limbs.size();
    while (count > 0 && limbs[count - 1] == 0) --count;
    return count;
}

bool is_power_of_two(const u256& number) {
    return !number.is_zero() && (number & (number - u256{1})).is_zero();
}

}  // namespace

u512 full_multiply(const u256& a, const u256& b) {
    u512 product;
    for (std::size_t i = 0; i < 4; ++i) {
        std::uint64_t carry = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            const u128 term = static_cast<u128>(a.limbs[i]) * b.limbs[j] + product.limbs[i + j] + carry;
            product.limbs[i + j] = static_cast<std::uint64_t>(term);
            carry = static_cast<std::uint64_t>(term >> 64);
        }
        product.limbs[i + 4] = carry;
    }
    return product;
}

DivMod divmod(const u256& dividend, const u256& divisor) {
    if (dividend.fits_u64() && divisor.fits_u64()) {
        const std::uint64_t by = divisor.low_u64();
        if (by == 0) return {};
        return {dividend.low_u64() / by, dividend.low_u64() % by};
    }
    const std::size_t d = significant(divisor.limbs);
    if (d == 0) return {};
    if (dividend < divisor) return {u256{}, dividend};
    if (is_power_of_two(divisor)) return {dividend >> (divisor.bit_width() - 1), dividend & (divisor - u256{1})};
    DivMod result{u256{}, dividend};
    divide(result.remainder.limbs.data(), significant(dividend.limbs), divisor.limbs.data(), d,
           result.quotient.limbs.data());
    return result;
}

u512 divide(const u512& dividend, const u256& divisor) {
    const std::size_t n = significant(dividend.limbs), d = significant(divisor.limbs);
    u512 quotient, rest = dividend;
    if (d != 0 && n >= d) divide(rest.limbs.data(), n, divisor.limbs.data(), d, quotient.limbs.data());
    return quotient;
}

u256 mod(const u512& dividend, const u256& modulus) {
    const std::size_t n = significant(dividend.limbs), d = significant(modulus.limbs);
    if (d == 0 || n == 0) return {};
    if (is_power_of_two(modulus)) {
        const auto& low = dividend.limbs;
        return u256{low[0], low[1], low[2], low[3]} & (modulus - u256{1});
    }
    u512 remainder = dividend;
    std::uint64_t quotient[8];
    if (n >= d) divide(remainder.limbs.data(), n, modulus.limbs.data(), d, quotient);
    return {remainder.limbs[0], remainder.limbs[1], remainder.limbs[2], remainder.limbs[3]};
}

u256 sdiv(const u256& dividend, const u256& divisor) {
    const u256 quotient = divmod(dividend.is_negative() ? -dividend : dividend,  //
                                 divisor.is_negative() ? -divisor : divisor)
                              .quotient;
    return dividend.is_negative() != divisor.is_negative() ? -quotient : quotient;
}

u256 smod(const u256& dividend, const u256& divisor) {
    const u256 remainder = divmod(dividend.is_negative() ? -dividend : dividend,  //
                                  divisor.is_negative() ? -divisor : divisor)
                               .remainder;
    return dividend.is_negative() ? -remainder : remainder;
}

u256 addmod(const u256& a, const u256& b, const u256& m) {
    if (a < m && b < m) {  // the sum is below twice the modulus
        const u256 wrapped = a + b;
        return wrapped < a || wrapped >= m ? wrapped - m : wrapped;
    }
    u512 sum;
    u128 carry = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        carry += static_cast<u128>(a.limbs[i]) + b.limbs[i];
        sum.limbs[i] = static_cast<std::uint64_t>(carry);
        carry >>= 64;
    }
    sum.limbs[4] = static_cast<std::uint64_t>(carry);
    return mod(sum, m);
}

u256 mulmod(const u256& a, const u256& b, const u256& m) {
    return mod(full_multiply(a, b), m);
}

u256 exp(u256 base, const u256& exponent) {
    if (is_power_of_two(base)) {  // shifts what would be multiplied; a shift of 256 or more gives zero
        const unsigned step = base.bit_width() - 1;
        if (step == 0) return base;
        return exponent < u256{256} ? u256{1} << step * static_cast<unsigned>(exponent.low_u64()) : u256{};
    }
    u256 power{1};
    for (unsigned bit = 0, bits = exponent.bit_width(); bit < bits; ++bit) {
        if ((exponent.limbs[bit / 64] >> (bit % 64) & 1) != 0) power = power * base;
        base = base * base;
    }
    return power;
}

std::optional<u256> checked_add(const u256& a, const u256& b) {
    const u256 sum = a + b;
    if (sum < a) return std::nullopt;
    return sum;
}

std::optional<u256> checked_sub(const u256& a, const u256& b) {
    if (a < b) return std::nullopt;
    return a - b;
}

std::optional<u256> checked_mul(const u256& a, const u256& b) {
    const u512 product = full_multiply(a, b);
    if (significant(product.limbs) > 4) return std::nullopt;
    return u256{product.limbs[0], product.limbs[1], product.limbs[2], product.limbs[3]};
}

std::string to_decimal(const u256& value) {
    if (value.is_zero()) return "0";
    constexpr std::uint64_t group = 10'000'000'000'000'000'000ULL;  // the largest power of ten in 64 bits: 19 digits
    std::string digits;
    for (u256 rest = value; !rest.is_zero();) {
        const DivMod step = divmod(rest, u256{group});
        std::string part = std::to_string(step.remainder.low_u64());
        rest = step.quotient;
        if (!rest.is_zero()) part.insert(0, 19 - part.size(), '0');
        digits.insert(0, part);
    }
    return digits;
}

std::optional<u256> u256_from_decimal(std::string_view text) {
    if (text.empty()) return std::nullopt;
    u256 value;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        const auto tenfold = checked_mul(value, u256{10});
        if (!tenfold) return std::nullopt;
        const auto sum = checked_add(*tenfold, u256{static_cast<std::uint64_t>(c - '0')});
        if (!sum) return std::nullopt;
        value = *sum;
    }
    return value;
}

std::optional<u256> u256_from_hex(std::string_view text) {
    if (!text.starts_with("0x") && !text.starts_with("0X")) return std::nullopt;
    text.remove_prefix(2);
    if (text.empty()) return std::nullopt;
    u256 value;
    for (const char c : text) {
        unsigned digit = 0;
        if (c >= '0' && c <= '9') {
            digit = static_cast<unsigned>(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            digit = static_cast<unsigned>(c - 'a' + 10);
        } else if (c >= 'A' && c <= 'F') {
            digit = static_cast<unsigned>(c - 'A' + 10);
        } else {
            return std::nullopt;
        }
        if ((value.limbs[3] >> 60) != 0) return std::nullopt;
        value = (value << 4) | u256{digit};
    }
    return value;
}

}  // namespace talea::vm
