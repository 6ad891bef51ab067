#include "vm/base/u256.hpp"

#include <algorithm>

namespace talea::vm {
namespace {

using u128 = uint128;

/// Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D. `dividend` has `n` limbs and is replaced by the
/// remainder; `divisor` has `d` significant limbs (d >= 1). `quotient` has room for n limbs.
void divide(std::uint64_t* dividend, std::size_t n, const std::uint64_t* divisor, std::size_t d,
            std::uint64_t* quotient) {
    if (d == 1) {
        std::uint64_t remainder = 0;
        for (std::size_t i = n; i-- > 0;) {
            const u128 part = static_cast<u128>(remainder) << 64 | dividend[i];
            quotient[i] = static_cast<std::uint64_t>(part / divisor[0]);
            remainder = static_cast<std::uint64_t>(part % divisor[0]);
            dividend[i] = 0;
        }
        dividend[0] = remainder;
        return;
    }
    const unsigned shift = static_cast<unsigned>(std::countl_zero(divisor[d - 1]));
    const auto high_bits = [shift](std::uint64_t limb) { return shift == 0 ? 0 : limb >> (64 - shift); };
    std::uint64_t v[4], u[9];
    for (std::size_t i = d; i-- > 0;) v[i] = divisor[i] << shift | (i > 0 ? high_bits(divisor[i - 1]) : 0);
    u[n] = high_bits(dividend[n - 1]);
    for (std::size_t i = n; i-- > 0;) u[i] = dividend[i] << shift | (i > 0 ? high_bits(dividend[i - 1]) : 0);

    for (std::size_t j = n - d + 1; j-- > 0;) {
        const u128 top = static_cast<u128>(u[j + d]) << 64 | u[j + d - 1];
        u128 q = u[j + d] >= v[d - 1] ? ~std::uint64_t{0} : top / v[d - 1];
        u128 r = top - q * v[d - 1];
        while ((r >> 64) == 0 && q * v[d - 2] > (r << 64 | u[j + d - 2])) {
            --q;
            r += v[d - 1];
        }
        std::uint64_t borrow = 0, carry = 0;
        for (std::size_t i = 0; i < d; ++i) {
            const u128 product = q * v[i] + carry;
            carry = static_cast<std::uint64_t>(product >> 64);
            const u128 difference = static_cast<u128>(u[i + j]) - static_cast<std::uint64_t>(product) - borrow;
            u[i + j] = static_cast<std::uint64_t>(difference);
            borrow = static_cast<std::uint64_t>(difference >> 64) & 1;
        }
        const u128 difference = static_cast<u128>(u[j + d]) - carry - borrow;
        u[j + d] = static_cast<std::uint64_t>(difference);
        if ((difference >> 64) != 0) {  // the estimate was one too large
            --q;
            u128 sum = 0;
            for (std::size_t i = 0; i < d; ++i) {
                sum += static_cast<u128>(u[i + j]) + v[i];
                u[i + j] = static_cast<std::uint64_t>(sum);
                sum >>= 64;
            }
            u[j + d] += static_cast<std::uint64_t>(sum);
        }
        quotient[j] = static_cast<std::uint64_t>(q);
    }
    for (std::size_t i = 0; i < n; ++i) {
        dividend[i] = i < d ? u[i] >> shift | (shift == 0 ? 0 : u[i + 1] << (64 - shift)) : 0;
    }
}

template <class Limbs>
std::size_t significant(const Limbs& limbs) {
    std::size_t count = limbs.size();
    while (count > 0 && limbs[count - 1] == 0) --count;
    return count;
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
    const std::size_t n = significant(dividend.limbs), d = significant(divisor.limbs);
    if (d == 0) return {};
    if (dividend < divisor) return {u256{}, dividend};
    if (n == 1) return {dividend.limbs[0] / divisor.limbs[0], dividend.limbs[0] % divisor.limbs[0]};
    DivMod result{u256{}, dividend};
    divide(result.remainder.limbs.data(), n, divisor.limbs.data(), d, result.quotient.limbs.data());
    return result;
}

u256 mod(const u512& dividend, const u256& modulus) {
    const std::size_t n = significant(dividend.limbs), d = significant(modulus.limbs);
    if (d == 0 || n == 0) return {};
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
    return a * b;
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
