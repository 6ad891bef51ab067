#include "reference/arithmetic.hpp"

#include <gmpxx.h>

namespace talea::reference {
namespace {

using Integer = mpz_class;

Integer integer(const Word& word) {
    Integer out;
    mpz_import(out.get_mpz_t(), 4, -1, 8, 0, 0, word.limbs.data());
    return out;
}
Integer signed_integer(const Word& word) {
    Integer out = integer(word);
    if (mpz_tstbit(out.get_mpz_t(), 255) != 0) out -= Integer(1) << 256;
    return out;
}
/// The remainder of 2^256, never negative: two's complement for a negative integer.
Word word(Integer integer) {
    mpz_fdiv_r_2exp(integer.get_mpz_t(), integer.get_mpz_t(), 256);
    Word out;
    mpz_export(out.limbs.data(), nullptr, -1, 8, 0, 0, integer.get_mpz_t());
    return out;
}
/// The number, or `most` where it is more.
unsigned at_most(const Word& number, unsigned most) {
    const Integer value = integer(number);
    return value < most ? static_cast<unsigned>(value.get_ui()) : most;
}

}  // namespace

Word add(const Word& a, const Word& b) {
    return word(integer(a) + integer(b));
}
Word subtract(const Word& a, const Word& b) {
    return word(integer(a) - integer(b));
}
Word multiply(const Word& a, const Word& b) {
    return word(integer(a) * integer(b));
}
Word divide(const Word& a, const Word& b) {
    return integer(b) == 0 ? Word{} : word(integer(a) / integer(b));
}
Word signed_divide(const Word& a, const Word& b) {
    return integer(b) == 0 ? Word{} : word(signed_integer(a) / signed_integer(b));  // GMP's `/` rounds toward zero
}
Word modulo(const Word& a, const Word& b) {
    return integer(b) == 0 ? Word{} : word(integer(a) % integer(b));
}
Word signed_modulo(const Word& a, const Word& b) {
    return integer(b) == 0 ? Word{} : word(signed_integer(a) % signed_integer(b));  // with the sign of the dividend
}
Word add_modulo(const Word& a, const Word& b, const Word& modulus) {
    return integer(modulus) == 0 ? Word{} : word((integer(a) + integer(b)) % integer(modulus));
}
Word multiply_modulo(const Word& a, const Word& b, const Word& modulus) {
    return integer(modulus) == 0 ? Word{} : word(integer(a) * integer(b) % integer(modulus));
}
Word power(const Word& base, const Word& exponent) {
    Integer out;
    const Integer b = integer(base), e = integer(exponent), modulus = Integer(1) << 256;
    mpz_powm(out.get_mpz_t(), b.get_mpz_t(), e.get_mpz_t(), modulus.get_mpz_t());
    return word(out);
}
Word extend_sign(const Word& byte, const Word& a) {
    const unsigned last_bit = 8 * at_most(byte, 31) + 7;
    Integer value = integer(a);
    const bool negative = mpz_tstbit(value.get_mpz_t(), last_bit) != 0;
    mpz_fdiv_r_2exp(value.get_mpz_t(), value.get_mpz_t(), last_bit + 1);
    if (negative) value -= Integer(1) << (last_bit + 1);
    return word(value);
}
bool less(const Word& a, const Word& b) {
    return integer(a) < integer(b);
}
bool less_signed(const Word& a, const Word& b) {
    return signed_integer(a) < signed_integer(b);
}
Word byte_of(const Word& index, const Word& a) {
    const unsigned place = at_most(index, 32);
    return place == 32 ? Word{} : word((integer(a) >> (8 * (31 - place))) & 0xff);
}
Word bit_and(const Word& a, const Word& b) {
    return word(integer(a) & integer(b));
}
Word bit_or(const Word& a, const Word& b) {
    return word(integer(a) | integer(b));
}
Word bit_xor(const Word& a, const Word& b) {
    return word(integer(a) ^ integer(b));
}
Word bit_not(const Word& a) {
    return word((Integer(1) << 256) - 1 - integer(a));
}
Word shift_left(const Word& distance, const Word& a) {
    return word(integer(a) << at_most(distance, 256));
}
Word shift_right(const Word& distance, const Word& a) {
    return word(integer(a) >> at_most(distance, 256));
}
Word signed_shift_right(const Word& distance, const Word& a) {
    return word(signed_integer(a) >> at_most(distance, 256));  // GMP's `>>` rounds down
}
Word leading_zeros(const Word& a) {
    const Integer value = integer(a);
    return value == 0 ? Word{256} : Word{256 - mpz_sizeinbase(value.get_mpz_t(), 2)};
}
unsigned byte_width(const Word& a) {
    const Integer value = integer(a);
    return value == 0 ? 0 : static_cast<unsigned>((mpz_sizeinbase(value.get_mpz_t(), 2) + 7) / 8);
}

}  // namespace talea::reference
