#include "vm/base/u256.hpp"

#include <algorithm>
#include <utility>

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
    std::size_t i = n;
    if (dividend[n - 1] < divisor) {  // a division less
        remainder = dividend[--i];
        quotient[i] = 0;
    }
    while (i-- > 0) {
        const Digit digit = divide_two_by_one(remainder, dividend[i], divisor);
        quotient[i] = digit.quotient;
        remainder = digit.remainder;
    }
    return remainder;
}

/// Multi-limb division by a divisor whose highest bit is set, with the reciprocal of its two highest limbs (N. Möller,
/// T. Granlund, Improved division by invariant integers, IEEE Transactions on Computers 60, 2011): a digit of the
/// quotient takes two multiplications, where the machine's own division takes several times as long.
struct TopLimbs {
    u128 divisor;  // the two highest limbs
    std::uint64_t reciprocal;

    [[gnu::always_inline]] TopLimbs(std::uint64_t high, std::uint64_t low)
        : divisor(static_cast<u128>(high) << 64 | low),
          reciprocal(divide_two_by_one(~high, ~std::uint64_t{0}, high).quotient) {
        // Algorithm 6, RECIPROCAL_WORD_3_2: down from the reciprocal of the highest limb alone.
        std::uint64_t p = high * reciprocal + low;
        if (p < low) {
            --reciprocal;
            if (p >= high) {
                --reciprocal;
                p -= high;
            }
            p -= high;
        }
        const u128 t = static_cast<u128>(reciprocal) * low;
        p += static_cast<std::uint64_t>(t >> 64);
        if (p < static_cast<std::uint64_t>(t >> 64)) {
            --reciprocal;
            if ((static_cast<u128>(p) << 64 | static_cast<std::uint64_t>(t)) >= divisor) --reciprocal;
        }
    }
    struct Step {
        std::uint64_t quotient;
        u128 remainder;
    };
    /// Three limbs by the two, where (u2, u1) is below the divisor: algorithm 5, DIV3BY2.
    [[gnu::always_inline]] Step divide(std::uint64_t u2, std::uint64_t u1, std::uint64_t u0) const {
        const auto high = static_cast<std::uint64_t>(divisor >> 64), low = static_cast<std::uint64_t>(divisor);
        const u128 estimate = static_cast<u128>(reciprocal) * u2 + (static_cast<u128>(u2) << 64 | u1);
        auto quotient = static_cast<std::uint64_t>(estimate >> 64);
        u128 remainder =
            (static_cast<u128>(u1 - quotient * high) << 64 | u0) - static_cast<u128>(low) * quotient - divisor;
        ++quotient;
        if (static_cast<std::uint64_t>(remainder >> 64) >= static_cast<std::uint64_t>(estimate)) {
            --quotient;
            remainder += divisor;
        }
        if (remainder >= divisor) [[unlikely]] {
            ++quotient;
            remainder -= divisor;
        }
        return {quotient, remainder};
    }
};

/// One digit of the quotient (Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D): `u` has d + 1 limbs and is
/// below 2^64 times the divisor `v` of `d` limbs (2 to 4); it becomes the remainder, its last limb 0.
template <std::size_t d>
[[gnu::always_inline]] inline std::uint64_t divide_digit(std::uint64_t* u, const std::uint64_t* v,
                                                         const TopLimbs& top) {
    if ((static_cast<u128>(u[d]) << 64 | u[d - 1]) == top.divisor) [[unlikely]] {
        // The digit would not fit: it is the largest there is, or less by the limbs below.
        std::uint64_t borrow = 0;
        for (std::size_t i = 0; i < d; ++i) {
            const u128 product = static_cast<u128>(~std::uint64_t{0}) * v[i] + borrow;
            borrow = static_cast<std::uint64_t>(product >> 64) + (u[i] < static_cast<std::uint64_t>(product) ? 1 : 0);
            u[i] -= static_cast<std::uint64_t>(product);
        }
        u[d] -= borrow;
        return ~std::uint64_t{0};
    }
    const TopLimbs::Step step = top.divide(u[d], u[d - 1], u[d - 2]);
    std::uint64_t quotient = step.quotient;
    u128 rest = step.remainder;
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i + 2 < d; ++i) {
        const u128 product = static_cast<u128>(quotient) * v[i] + borrow;
        borrow = static_cast<std::uint64_t>(product >> 64) + (u[i] < static_cast<std::uint64_t>(product) ? 1 : 0);
        u[i] -= static_cast<std::uint64_t>(product);
    }
    if (d > 2 && rest < borrow) [[unlikely]] {  // one too large: the limbs below took more than was left
        --quotient;
        std::uint64_t carry = 0;
        for (std::size_t i = 0; i + 2 < d; ++i) {
            const u128 sum = static_cast<u128>(u[i]) + v[i] + carry;
            u[i] = static_cast<std::uint64_t>(sum);
            carry = static_cast<std::uint64_t>(sum >> 64);
        }
        rest += top.divisor + carry;
    }
    rest -= borrow;
    u[d - 2] = static_cast<std::uint64_t>(rest);
    u[d - 1] = static_cast<std::uint64_t>(rest >> 64);
    u[d] = 0;
    return quotient;
}

/// `n` limbs (d to 8) by the `d` significant ones (2 to 4) of `divisor`. Missing limbs of the outcome stay as they are.
template <std::size_t n, std::size_t d>
[[gnu::always_inline]] inline void divide_limbs(const std::uint64_t* dividend, const std::uint64_t* divisor,
                                                std::uint64_t* quotient, std::uint64_t* remainder) {
    const unsigned shift = static_cast<unsigned>(std::countl_zero(divisor[d - 1]));
    const auto high_bits = [shift](std::uint64_t limb) { return limb >> 1 >> (63 - shift); };  // 0 for a shift of 0
    std::uint64_t v[d], u[n + 1];
    v[0] = divisor[0] << shift;
    for (std::size_t i = 1; i < d; ++i) v[i] = divisor[i] << shift | high_bits(divisor[i - 1]);
    u[0] = dividend[0] << shift;
    for (std::size_t i = 1; i < n; ++i) u[i] = dividend[i] << shift | high_bits(dividend[i - 1]);
    u[n] = high_bits(dividend[n - 1]);
    const TopLimbs top(v[d - 1], v[d - 2]);
    // From the highest digit down, unrolled so that limbs stay in registers.
    [&]<std::size_t... i>(std::index_sequence<i...>) __attribute__((always_inline)) {
        ((quotient[n - d - i] = divide_digit<d>(u + (n - d - i), v, top)), ...);
    }(std::make_index_sequence<n - d + 1>{});
    for (std::size_t i = 0; i < d; ++i) remainder[i] = u[i] >> shift | (i + 1 < d ? u[i + 1] << 1 << (63 - shift) : 0);
}

/// The same for any widths: `n` limbs (at most 8, as many as `dividend` has room for zeros) by `d` (1 to 4, not more
/// than n).
[[gnu::always_inline]] inline void divide(const std::uint64_t* dividend, std::size_t n, const std::uint64_t* divisor,
                                          std::size_t d, std::uint64_t* quotient, std::uint64_t* remainder) {
    if (d == 1) {
        remainder[0] = divide_by_limb(dividend, n, divisor[0], quotient);
        return;
    }
    switch (n * 8 + d) {
        case 2 * 8 + 2:
            return divide_limbs<2, 2>(dividend, divisor, quotient, remainder);
        case 3 * 8 + 2:
            return divide_limbs<3, 2>(dividend, divisor, quotient, remainder);
        case 4 * 8 + 2:
            return divide_limbs<4, 2>(dividend, divisor, quotient, remainder);
        case 3 * 8 + 3:
            return divide_limbs<3, 3>(dividend, divisor, quotient, remainder);
        case 4 * 8 + 3:
            return divide_limbs<4, 3>(dividend, divisor, quotient, remainder);
        default:
            return divide_limbs<4, 4>(dividend, divisor, quotient, remainder);
    }
}
/// A dividend of more than 256 bits.
void divide_long(const u512& dividend, const std::uint64_t* divisor, std::size_t d, std::uint64_t* quotient,
                 std::uint64_t* remainder) {
    switch (d) {
        case 1:
            remainder[0] = divide_by_limb(dividend.limbs.data(), 8, divisor[0], quotient);
            return;
        case 2:
            return divide_limbs<8, 2>(dividend.limbs.data(), divisor, quotient, remainder);
        case 3:
            return divide_limbs<8, 3>(dividend.limbs.data(), divisor, quotient, remainder);
        default:
            return divide_limbs<8, 4>(dividend.limbs.data(), divisor, quotient, remainder);
    }
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
    const std::size_t d = significant(divisor.limbs), n = significant(dividend.limbs);
    if (d == 0) return {};
    if (n < d) return {u256{}, dividend};
    if (n == 1) return {dividend.limbs[0] / divisor.limbs[0], dividend.limbs[0] % divisor.limbs[0]};
    if (is_power_of_two(divisor)) return {dividend >> (divisor.bit_width() - 1), dividend & (divisor - u256{1})};
    DivMod result;
    divide(dividend.limbs.data(), n, divisor.limbs.data(), d, result.quotient.limbs.data(),
           result.remainder.limbs.data());
    return result;
}

u512 divide(const u512& dividend, const u256& divisor) {
    const std::size_t n = significant(dividend.limbs), d = significant(divisor.limbs);
    u512 quotient;
    std::uint64_t rest[4];
    if (d != 0 && n >= d) divide_long(dividend, divisor.limbs.data(), d, quotient.limbs.data(), rest);
    return quotient;
}

u256 mod(const u512& dividend, const u256& modulus) {
    const std::size_t n = significant(dividend.limbs), d = significant(modulus.limbs);
    const u256 low{dividend.limbs[0], dividend.limbs[1], dividend.limbs[2], dividend.limbs[3]};
    if (d == 0) return {};
    if (n < d) return low;
    if (is_power_of_two(modulus)) return low & (modulus - u256{1});
    u256 remainder;
    std::uint64_t quotient[8];
    if (n <= 4)
        divide(low.limbs.data(), n, modulus.limbs.data(), d, quotient, remainder.limbs.data());
    else
        divide_long(dividend, modulus.limbs.data(), d, quotient, remainder.limbs.data());
    return remainder;
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
