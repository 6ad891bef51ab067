#pragma once
#include "vm/base/u256.hpp"

namespace talea::vm {

/// Quotient of a 512-bit number; zero for a zero divisor. (Remainders are `mod`, u256.hpp.)
[[nodiscard]] u512 divide(const u512& dividend, const u256& divisor);

}  // namespace talea::vm
