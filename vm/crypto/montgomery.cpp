#include "vm/crypto/montgomery.hpp"

#include <gmp.h>

#include <algorithm>

namespace talea::vm {
namespace {
constexpr std::size_t limbs_max = 6;
static_assert(GMP_NUMB_BITS == 64 && sizeof(mp_limb_t) == sizeof(std::uint64_t));
}  // namespace

void invert(std::span<std::uint64_t> inverse, std::span<const std::uint64_t> value,
            std::span<const std::uint64_t> modulus) {
    const std::size_t count = modulus.size();
    check(count <= limbs_max && value.size() == count && inverse.size() == count, "a field's limbs are few and equal");
    // Writes over its operands, and needs a limb more for the cofactor than it has.
    mp_limb_t left[limbs_max + 1], right[limbs_max + 1], divisor[limbs_max + 1], cofactor[limbs_max + 2];
    std::size_t right_count = count;
    while (right_count > 0 && modulus[right_count - 1] == 0) --right_count;
    std::copy(value.begin(), value.end(), left);
    std::copy(modulus.begin(), modulus.end(), right);
    mp_size_t cofactor_count = 0;
    const mp_size_t divisor_count = mpn_gcdext(divisor, cofactor, &cofactor_count, left, static_cast<mp_size_t>(count),
                                               right, static_cast<mp_size_t>(right_count));
    check(divisor_count == 1 && divisor[0] == 1, "a number below a prime has no divisor with it");
    const std::size_t used = static_cast<std::size_t>(cofactor_count < 0 ? -cofactor_count : cofactor_count);
    std::fill(inverse.begin(), inverse.end(), 0);
    std::copy(cofactor, cofactor + used, inverse.begin());
    if (cofactor_count >= 0) return;
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const uint128 term = static_cast<uint128>(modulus[i]) - inverse[i] - borrow;
        inverse[i] = static_cast<std::uint64_t>(term);
        borrow = static_cast<std::uint64_t>(term >> 64) & 1;
    }
}

}  // namespace talea::vm
