// The fields of bn254 and BLS12-381 against GMP, and the tower above them against its own laws: every shortened product
// is held against a whole one.
#include "fuzz/field_input.hpp"
#include "fuzz/target.hpp"
#include "vm/base/check.hpp"
#include "vm/crypto/bls12_381.hpp"
#include "vm/crypto/bn254.hpp"

using namespace talea;
using fuzz::element;
using tests::GmpNumber;
using vm::check;

namespace {

template <class Fp>
GmpNumber gmp(const Fp& a) {
    return GmpNumber(a.number());
}
template <class Fp>
bool equals(const Fp& a, const GmpNumber& due) {
    return gmp(a) == due % GmpNumber(Fp::modulus);
}

template <class Fp>
void check_base_field(fuzz::Input& input) {
    const Fp a = element<Fp>(input), b = element<Fp>(input);
    check(equals(a + b, gmp(a) + gmp(b)), "a sum is that modulo p");
    check(equals(a - b, gmp(a) - gmp(b)), "a difference is that modulo p");
    check(equals(-a, GmpNumber(0) - gmp(a)), "a negative is that modulo p");
    check(equals(a * b, gmp(a) * gmp(b)), "a product is that modulo p");
    check(equals(a.squared(), gmp(a) * gmp(a)), "a square is that modulo p");
    check(a.doubled() == a + a && a.halved().doubled() == a, "half of a is a when doubled");
    check(a.is_zero() || equals(a.inverse() * a, GmpNumber(1)), "an inverse times its element is one");
    check(a.is_odd() == gmp(a).bit(0), "the parity is the number's");
    const vm::Limbs<1> exponent{input.byte()};
    GmpNumber power(1);
    for (std::uint64_t i = 0; i < exponent[0]; ++i) power = power * gmp(a) % GmpNumber(Fp::modulus);
    check(equals(a.power(exponent), power), "a power is that modulo p");

    const auto bytes = a.to_be_bytes();
    check(Fp::from_be_bytes(bytes) == a, "an element is read from the bytes it was written to");
    vm::Bytes any = vm::to_bytes(bytes);
    any[input.below(any.size())] ^= input.byte();
    GmpNumber number(0);
    for (const std::uint8_t byte : any) number = number * GmpNumber(256) + GmpNumber(byte);
    const auto read = Fp::from_be_bytes(any);
    check(read.has_value() == (number < GmpNumber(Fp::modulus)), "bytes are an element where they are below p");
    check(!read || gmp(*read) == number, "bytes are read the most significant first");
}

template <class Fp>
void check_quadratic_field(fuzz::Input& input) {
    using Fp2 = vm::QuadraticField<Fp>;
    const Fp2 a = element<Fp2>(input), b = element<Fp2>(input);
    const GmpNumber a0 = gmp(a.c0), a1 = gmp(a.c1), b0 = gmp(b.c0), b1 = gmp(b.c1);
    const Fp2 product = a * b, square = a.squared();
    check(equals(product.c0, a0 * b0 - a1 * b1) && equals(product.c1, a0 * b1 + a1 * b0), "u times u is -1");
    check(equals(square.c0, a0 * a0 - a1 * a1) && equals(square.c1, a0 * a1 + a0 * a1), "a square is a times a");
    check(equals(a.norm(), a0 * a0 + a1 * a1) && a * a.conjugate() == Fp2{a.norm(), Fp{}},
          "a norm is a times its conjugate");
    check(a.is_zero() || a * a.inverse() == Fp2::one(), "an inverse times its element is one");
    check(a * b.c0 == a * Fp2{b.c0, Fp{}}, "an element of Fp multiplies as itself in Fp2");
    check(a.halved().doubled() == a && (a + b) - b == a && a + -a == Fp2{}, "sums are taken back");
}

template <class Curve>
vm::DodecicField<Curve> dodecic(fuzz::Input& input) {
    using Fp2 = typename Curve::Fp2;
    vm::DodecicField<Curve> out;
    for (Fp2* part : {&out.c0.c0, &out.c0.c1, &out.c0.c2, &out.c1.c0, &out.c1.c1, &out.c1.c2})
        *part = element<Fp2>(input);
    return out;
}

template <class Curve>
void check_tower(fuzz::Input& input) {
    using Fp2 = typename Curve::Fp2;
    using Fp6 = vm::SexticField<Curve>;
    using Fp12 = vm::DodecicField<Curve>;
    const Fp12 a = dodecic<Curve>(input), b = dodecic<Curve>(input);
    const Fp6 &x = a.c0, &y = a.c1, &z = b.c0;
    const Fp6 v{Fp2{}, Fp2::one(), Fp2{}};
    check((x + y) * z == x * z + y * z && x * y == y * x && (x * y) * z == x * (y * z), "Fp6 is a ring");
    check(v * v * v == Fp6{Curve::times_xi(Fp2::one()), Fp2{}, Fp2{}}, "v is a cube root of xi");
    check(x.times_v() == x * v && x * z.c0 == x * Fp6{z.c0, Fp2{}, Fp2{}}, "short products in Fp6 are whole ones");
    check(x.times_low(z.c0, z.c1) == x * Fp6{z.c0, z.c1, Fp2{}}, "a product with two coefficients is a whole one");
    check(x.times_middle(z.c1) == x * Fp6{Fp2{}, z.c1, Fp2{}}, "a product with the middle coefficient is a whole one");
    check(x == Fp6{} || x * x.inverse() == Fp6::one(), "an inverse in Fp6 times its element is one");

    const Fp12 zero{}, w{Fp6{}, Fp6::one()};
    check(a * b == b * a && (a * b) * w == a * (b * w), "Fp12 is a ring");
    check(w * w == Fp12{v, Fp6{}}, "w is a square root of v");
    check(a.squared() == a * a, "a square in Fp12 is a product");
    check(a.times_line_d(z.c0, z.c1, z.c2) == a * Fp12{{z.c0, Fp2{}, Fp2{}}, {z.c1, z.c2, Fp2{}}},
          "a product with a D twist's line is a whole one");
    check(a.times_line_m(z.c0, z.c1, z.c2) == a * Fp12{{z.c0, z.c1, Fp2{}}, {Fp2{}, z.c2, Fp2{}}},
          "a product with an M twist's line is a whole one");
    if (a == zero) return;
    check((a * a.inverse()).is_one(), "an inverse in Fp12 times its element is one");
    const Fp12 unit = vm::easy_exponentiation<Curve>(a);
    check(unit.cyclotomic_squared() == unit * unit, "a cyclotomic square is a square");
    check((unit * unit.conjugate()).is_one(), "in the cyclotomic subgroup the conjugate is the inverse");
    check((a * b).frobenius(1) == a.frobenius(1) * b.frobenius(1), "the power p of a product is that of its factors");
    check(a.frobenius(2) == a.frobenius(1).frobenius(1) && a.frobenius(3) == a.frobenius(2).frobenius(1),
          "powers of p follow one another");
    if (input.byte() % 16 != 0) return;  // half the time of all else
    Fp12 power = Fp12::one();
    for (std::size_t bit = 64 * Curve::Fp::limb_count; bit-- > 0;) {
        power = power * power;
        if ((Curve::Fp::modulus[bit / 64] >> (bit % 64) & 1) != 0) power = power * a;
    }
    check(a.frobenius(1) == power, "the power p is that many products");
}

void run(vm::BytesView bytes) {
    fuzz::Input input(bytes);
    switch (input.below(6)) {
        case 0:
            return check_base_field<vm::bn254::Fp>(input);
        case 1:
            return check_base_field<vm::bls12_381::Fp>(input);
        case 2:
            return check_quadratic_field<vm::bn254::Fp>(input);
        case 3:
            return check_quadratic_field<vm::bls12_381::Fp>(input);
        case 4:
            return check_tower<vm::bn254::Curve>(input);
        default:
            return check_tower<vm::bls12_381::Curve>(input);
    }
}

const fuzz::Target target{"fields", 512, run};

}  // namespace
