#pragma once
#include "vm/base/u256.hpp"

/// The arithmetic of the instructions, each as the Yellow Paper (app. H) writes it: on integers without bound, which
/// are brought into 256 bits at the end. GMP does the work; nothing of vm/ is used but the type of a word.
namespace talea::reference {

using Word = vm::u256;

[[nodiscard]] Word add(const Word& a, const Word& b);
[[nodiscard]] Word subtract(const Word& a, const Word& b);
[[nodiscard]] Word multiply(const Word& a, const Word& b);
[[nodiscard]] Word divide(const Word& a, const Word& b);
[[nodiscard]] Word signed_divide(const Word& a, const Word& b);
[[nodiscard]] Word modulo(const Word& a, const Word& b);
[[nodiscard]] Word signed_modulo(const Word& a, const Word& b);
[[nodiscard]] Word add_modulo(const Word& a, const Word& b, const Word& modulus);
[[nodiscard]] Word multiply_modulo(const Word& a, const Word& b, const Word& modulus);
[[nodiscard]] Word power(const Word& base, const Word& exponent);
/// SIGNEXTEND: `byte` counts from the least significant.
[[nodiscard]] Word extend_sign(const Word& byte, const Word& a);
[[nodiscard]] bool less(const Word& a, const Word& b);
[[nodiscard]] bool less_signed(const Word& a, const Word& b);
/// BYTE: `index` counts from the most significant.
[[nodiscard]] Word byte_of(const Word& index, const Word& a);
[[nodiscard]] Word bit_and(const Word& a, const Word& b);
[[nodiscard]] Word bit_or(const Word& a, const Word& b);
[[nodiscard]] Word bit_xor(const Word& a, const Word& b);
[[nodiscard]] Word bit_not(const Word& a);
[[nodiscard]] Word shift_left(const Word& distance, const Word& a);
[[nodiscard]] Word shift_right(const Word& distance, const Word& a);
[[nodiscard]] Word signed_shift_right(const Word& distance, const Word& a);
/// CLZ (EIP-7939): 256 for zero.
[[nodiscard]] Word leading_zeros(const Word& a);
/// Bytes up to the highest that is not zero, as the price of EXP counts.
[[nodiscard]] unsigned byte_width(const Word& a);

}  // namespace talea::reference
