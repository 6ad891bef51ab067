#pragma once
#include "vm/base/bytes.hpp"

namespace talea::vm {

/// base^exponent mod modulus, all big-endian of any length; the result has the modulus's length. Zero for a zero
/// modulus.
[[nodiscard]] Bytes modexp(BytesView base, BytesView exponent, BytesView modulus);

}  // namespace talea::vm
