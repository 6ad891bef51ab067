// 256-bit arithmetic against GMP: every operation on three words of awkward shapes.
#include "vm/base/u256.hpp"

#include "fuzz/input.hpp"
#include "fuzz/target.hpp"
#include "unit/vm/crypto/gmp_number.hpp"
#include "vm/base/check.hpp"
#include "vm/base/division.hpp"
#include "vm/base/hex.hpp"
#include "vm/interpreter/modular.hpp"

using namespace talea;
using tests::GmpNumber;
using vm::check;
using vm::u256;

namespace {

GmpNumber gmp(const u256& word) {
    return GmpNumber(word.limbs);
}
GmpNumber power_of_two(unsigned long bits) {
    return GmpNumber(2).power(bits);
}
/// Modulo 2^256, of any integer.
u256 wrapped(const GmpNumber& number) {
    return u256{(number % power_of_two(256)).limbs<4>()[0], (number % power_of_two(256)).limbs<4>()[1],
                (number % power_of_two(256)).limbs<4>()[2], (number % power_of_two(256)).limbs<4>()[3]};
}
/// The word as two's complement.
GmpNumber signed_gmp(const u256& word) {
    return word.is_negative() ? gmp(word) - power_of_two(256) : gmp(word);
}
GmpNumber absolute(const GmpNumber& number) {
    return number < GmpNumber(0) ? GmpNumber(0) - number : number;
}
bool equals(const vm::u512& number, const GmpNumber& due) {
    return number.limbs == due.limbs<8>();
}

void check_ring(const u256& a, const u256& b) {
    check(a + b == wrapped(gmp(a) + gmp(b)), "a sum wraps at 2^256");
    check(a - b == wrapped(gmp(a) - gmp(b)), "a difference wraps at 2^256");
    check(-a == wrapped(GmpNumber(0) - gmp(a)), "a negative wraps at 2^256");
    check(~a == wrapped(power_of_two(256) - GmpNumber(1) - gmp(a)), "a complement is what is missing to 2^256 - 1");
    check(a * b == wrapped(gmp(a) * gmp(b)), "a product wraps at 2^256");
    check(equals(vm::full_multiply(a, b), gmp(a) * gmp(b)), "a full product is whole");
    check((a & b) + (a | b) == a + b && (a ^ b) == ((a | b) - (a & b)), "and, or and exclusive or belong together");

    const GmpNumber sum = gmp(a) + gmp(b), product = gmp(a) * gmp(b);
    const auto checked_sum = vm::checked_add(a, b), checked_product = vm::checked_mul(a, b);
    check(checked_sum.has_value() == (sum < power_of_two(256)), "a checked sum is there where it fits");
    check(!checked_sum || gmp(*checked_sum) == sum, "a checked sum is the sum");
    check(checked_product.has_value() == (product < power_of_two(256)), "a checked product is there where it fits");
    check(!checked_product || gmp(*checked_product) == product, "a checked product is the product");
    const auto checked_difference = vm::checked_sub(a, b);
    check(checked_difference.has_value() == !(gmp(a) < gmp(b)), "a checked difference is there where none is negative");
    check(!checked_difference || gmp(*checked_difference) == gmp(a) - gmp(b), "a checked difference is the difference");
}

void check_order_and_shifts(const u256& a, const u256& b, unsigned bits) {
    check((a < b) == (gmp(a) < gmp(b)) && (a == b) == (gmp(a) == gmp(b)), "words are in the order of their numbers");
    check(vm::signed_less(a, b) == (signed_gmp(a) < signed_gmp(b)), "signed words are in the order of their numbers");
    check((a << bits) == wrapped(gmp(a) * power_of_two(bits)), "a shift to the left multiplies");
    check((a >> bits) == wrapped(gmp(a) / power_of_two(bits)), "a shift to the right divides");
    check(a.bit_width() == (a.is_zero() ? 0 : gmp(a).bit_width()), "the width is that of the highest bit");
}

void check_division(const u256& a, const u256& b) {
    const auto [quotient, remainder] = vm::divmod(a, b);
    if (b.is_zero()) {
        check(quotient.is_zero() && remainder.is_zero() && vm::sdiv(a, b).is_zero() && vm::smod(a, b).is_zero(),
              "a division by zero gives zero");
        return;
    }
    check(gmp(quotient) == gmp(a) / gmp(b) && gmp(remainder) == gmp(a) % gmp(b), "a division rounds down");
    const GmpNumber x = signed_gmp(a), y = signed_gmp(b), zero(0);
    const GmpNumber magnitude = absolute(x) / absolute(y), rest = absolute(x) % absolute(y);
    const bool negative = (x < zero) != (y < zero);
    check(vm::sdiv(a, b) == wrapped(negative ? zero - magnitude : magnitude), "SDIV rounds toward zero");
    check(vm::smod(a, b) == wrapped(x < zero ? zero - rest : rest), "SMOD takes the dividend's sign");
}

void check_modular(const u256& a, const u256& b, const u256& m, const u256& other) {
    const vm::u512 product = vm::full_multiply(a, b);
    vm::u512 wide = product;
    for (std::size_t i = 0; i < 4; ++i) wide.limbs[4 + i] ^= other.limbs[i];
    vm::ModularMultiplier multiplier;
    if (m.is_zero()) {
        check(vm::addmod(a, b, m).is_zero() && vm::mulmod(a, b, m).is_zero() && vm::mod(wide, m).is_zero() &&
                  multiplier.multiply(a, b, m).is_zero() && equals(vm::divide(wide, m), GmpNumber(0)),
              "a zero modulus gives zero");
        return;
    }
    check(gmp(vm::addmod(a, b, m)) == (gmp(a) + gmp(b)) % gmp(m), "ADDMOD does not wrap between");
    check(gmp(vm::mulmod(a, b, m)) == gmp(a) * gmp(b) % gmp(m), "MULMOD does not wrap between");
    check(gmp(vm::mod(wide, m)) == GmpNumber(wide.limbs) % gmp(m), "the remainder of 512 bits is right");
    check(equals(vm::divide(wide, m), GmpNumber(wide.limbs) / gmp(m)), "the quotient of 512 bits is right");
    for (const u256& x : {a, b, other})  // the second time has the reciprocal
        check(gmp(multiplier.multiply(x, b, m)) == gmp(x) * gmp(b) % gmp(m), "a kept reciprocal reduces as a division");
    check(gmp(multiplier.multiply(a, m, b)) == (b.is_zero() ? GmpNumber(0) : gmp(a) * gmp(m) % gmp(b)),
          "a kept reciprocal is not another modulus's");
}

void check_power(const u256& base, const u256& exponent) {
    GmpNumber power(1);
    for (unsigned bit = exponent.bit_width(); bit-- > 0;) {
        power = power * power % power_of_two(256);
        if (gmp(exponent).bit(bit)) power = power * gmp(base) % power_of_two(256);
    }
    check(vm::exp(base, exponent) == wrapped(power), "a power wraps at 2^256");
}

void check_text(const u256& a) {
    check(vm::u256_from_decimal(vm::to_decimal(a)) == a, "a decimal number is read as it was written");
    check(vm::u256_from_hex(vm::to_quantity(a)) == a, "a quantity is read as it was written");
    check(vm::u256_from_hex(vm::to_hex(vm::to_hash(a))) == a, "a full hexadecimal word is read as it was written");
    check(u256::from_be_bytes(a.to_be_bytes()) == a, "a word's bytes are read as they were written");
    const auto bytes = a.to_be_bytes();
    check(u256::from_be_bytes(vm::BytesView{bytes}.last(a.byte_width())) == a, "leading zeros do not count");
    GmpNumber number(0);
    for (const char digit : vm::to_decimal(a))
        number = number * GmpNumber(10) + GmpNumber(static_cast<std::uint64_t>(digit - '0'));
    check(number == gmp(a), "decimal digits are those of the number");
}

void run(vm::BytesView bytes) {
    fuzz::Input input(bytes);
    const u256 a = input.word(), b = input.word(), c = input.word(), d = input.word();
    check_ring(a, b);
    check_order_and_shifts(a, b, 2U * input.byte());
    check_division(a, b);
    check_division(c, a);
    check_modular(a, b, c, d);
    check_power(a, b);
    check_text(a);
}

const fuzz::Target target{"u256", 160, run};

}  // namespace
