#include "vm/interpreter/modular.hpp"

#include "vm/base/division.hpp"
#include "vm/interpreter/word.hpp"

namespace talea::vm {
namespace {

using word::Carry;
using word::u64;

/// The whole product, by columns of partial products in registers.
template <std::size_t n, std::size_t m>
[[gnu::always_inline]] inline std::array<u64, n + m> product(const std::array<u64, n>& a, const std::array<u64, m>& b) {
    std::array<u64, n + m> out{};
    for (std::size_t i = 0; i < n; ++i) {
        u64 carry = 0;
        for (std::size_t j = 0; j < m; ++j) {
            const uint128 term = uint128{a[i]} * b[j] + out[i + j] + carry;
            out[i + j] = static_cast<u64>(term);
            carry = static_cast<u64>(term >> 64);
        }
        out[i + m] = carry;
    }
    return out;
}
/// Its low 5 limbs.
[[gnu::always_inline]] inline std::array<u64, 5> low_product(const std::array<u64, 5>& a, const std::array<u64, 4>& b) {
    std::array<u64, 5> out{};
    for (std::size_t i = 0; i < 5; ++i) {
        u64 carry = 0;
        for (std::size_t j = 0; j < 4 && i + j < 5; ++j) {
            const uint128 term = uint128{a[i]} * b[j] + out[i + j] + carry;
            out[i + j] = static_cast<u64>(term);
            carry = static_cast<u64>(term >> 64);
        }
        if (i + 4 < 5) out[i + 4] = carry;
    }
    return out;
}

/// Modulo 2^256 - 1 the halves of a product just add up: the usual way of contracts to a product's upper half.
u256 reduce_by_all_ones(const u512& x) {
    const u256 low{x.limbs[0], x.limbs[1], x.limbs[2], x.limbs[3]},
        high{x.limbs[4], x.limbs[5], x.limbs[6], x.limbs[7]};
    const u256 sum = word::add(low, high);
    const u256 folded = word::less(sum, low) ? word::add(sum, u256{1}) : sum;
    return folded == u256::max() ? u256{} : folded;
}

bool is_power_of_two(const u256& number) {
    return (number & word::subtract(number, u256{1})).is_zero();
}

}  // namespace

u256 ModularMultiplier::multiply(const u256& a, const u256& b, const u256& modulus) {
    if (modulus == u256::max()) return reduce_by_all_ones({product(a.limbs, b.limbs)});
    if (modulus == modulus_) {
        if (!has_reciprocal_ && modulus.limbs[3] != 0 && !is_power_of_two(modulus)) {
            // The modulus does not divide 2^512, so the quotient is that of 2^512, too.
            constexpr u64 ones = ~u64{0};
            const u512 quotient = divide({{ones, ones, ones, ones, ones, ones, ones, ones}}, modulus);
            for (std::size_t i = 0; i < reciprocal_.size(); ++i) reciprocal_[i] = quotient.limbs[i];
            has_reciprocal_ = true;
        }
    } else {
        modulus_ = modulus;
        has_reciprocal_ = false;
    }
    if (!has_reciprocal_) return mulmod(a, b, modulus);
    return reduce({product(a.limbs, b.limbs)});
}

u256 ModularMultiplier::reduce(const u512& number) const {
    const auto& x = number.limbs;
    const std::array<u64, 5> upper = {x[3], x[4], x[5], x[6], x[7]};
    const auto estimate = product(upper, reciprocal_);
    const std::array<u64, 5> quotient = {estimate[5], estimate[6], estimate[7], estimate[8], estimate[9]};
    const auto taken = low_product(quotient, modulus_.limbs);
    // The estimate is at most two too small, and the rest below 3 * modulus < 2^320.
    std::array<u64, 5> rest;
    Carry borrow = 0;
    for (std::size_t i = 0; i < 5; ++i) rest[i] = word::subtract_limb(x[i], taken[i], borrow);
    u256 low{rest[0], rest[1], rest[2], rest[3]};
    u64 high = rest[4];
    while (high != 0 || !word::less(low, modulus_)) {
        high -= word::less(low, modulus_) ? 1 : 0;
        low = word::subtract(low, modulus_);
    }
    return low;
}

}  // namespace talea::vm
