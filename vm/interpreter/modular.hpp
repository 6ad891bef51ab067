#pragma once
#include <array>

#include "vm/base/u256.hpp"

namespace talea::vm {

/// MULMOD for programs that keep to one modulus, as curve and hash arithmetic does: the reciprocal of the last modulus
/// is kept, so that a reduction is two products instead of a division (Barrett; Handbook of Applied Cryptography,
/// 14.42). The results are those of `mulmod`.
class ModularMultiplier {
  public:
    [[nodiscard]] u256 multiply(const u256& a, const u256& b, const u256& modulus);

  private:
    /// floor(2^512 / modulus), 5 limbs since the modulus has 4.
    using Reciprocal = std::array<std::uint64_t, 5>;
    [[nodiscard]] u256 reduce(const u512& number) const;

    u256 modulus_;
    Reciprocal reciprocal_{};
    bool has_reciprocal_ = false;  // made when the modulus comes the second time in a row
};

}  // namespace talea::vm
