#pragma once
#include <doctest/doctest.h>

#include <vector>

#include "unit/random.hpp"
#include "unit/vm/crypto/gmp_number.hpp"
#include "vm/crypto/pairing.hpp"

/// What holds on both pairing-friendly curves.
namespace talea::tests {

inline vm::u256 random_scalar(Random& random, const vm::u256& order) {
    return divmod(random.word(), order).remainder;
}

template <class Field>
vm::AffinePoint<Field> slow_multiple(const vm::AffinePoint<Field>& point, const vm::u256& scalar) {
    vm::AffinePoint<Field> result;
    for (unsigned bit = scalar.bit_width(); bit-- > 0;) {
        result = result + result;
        if (!(scalar >> bit & vm::u256{1}).is_zero()) result = result + point;
    }
    return result;
}

template <class Field>
void check_group_laws(const vm::AffinePoint<Field>& generator, const Field& b, const vm::u256& order) {
    using Affine = vm::AffinePoint<Field>;
    using Jacobian = vm::JacobianPoint<Field>;
    REQUIRE(generator.is_on_curve(b));
    CHECK(slow_multiple(generator, order).is_infinity());
    CHECK(vm::multiple(generator, order).is_infinity());
    CHECK((vm::multiple(generator, order - vm::u256{1}).affine() == -generator));
    CHECK((vm::multiple(generator, order + vm::u256{1}).affine() == generator));
    CHECK((vm::multiple(generator, vm::u256::max()).affine() == slow_multiple(generator, vm::u256::max())));

    Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 20; ++i) {
        const vm::u256 k = random_scalar(random, order), l = random_scalar(random, order);
        const Affine p = vm::multiple(generator, k).affine(), q = vm::multiple(generator, l).affine(),
                     r = vm::multiple(p, l).affine(), infinity;
        REQUIRE((p == slow_multiple(generator, k)));
        REQUIRE(p.is_on_curve(b));
        REQUIRE((p + q == q + p));
        REQUIRE(((p + q) + r == p + (q + r)));
        REQUIRE((p + infinity == p));
        REQUIRE((infinity + p == p));
        REQUIRE((p + -p).is_infinity());
        REQUIRE((p + q == vm::multiple(generator, addmod(k, l, order)).affine()));
        REQUIRE((r == vm::multiple(generator, mulmod(k, l, order)).affine()));
        // Coordinates of every kind agree: Jacobian with Jacobian, with affine, with itself and its negative.
        const Jacobian jp = Jacobian(p).doubled() + -p, jq = Jacobian(q).doubled() + -q;
        REQUIRE((jp == Jacobian(p)));
        REQUIRE(((jp + jq).affine() == p + q));
        REQUIRE(((jp + q).affine() == p + q));
        REQUIRE(((jp + jp).affine() == p + p));
        REQUIRE(((jp + p).affine() == p + p));
        REQUIRE((jp + -jp).is_infinity());
        REQUIRE((jp + -p).is_infinity());
    }
    for (const std::size_t count : {0UL, 1UL, 2UL, 7UL, 8UL, 9UL, 33UL, 150UL}) {
        std::vector<vm::Term<Field>> terms;
        Jacobian expected;
        for (std::size_t i = 0; i < count; ++i) {
            const Affine point = i % 5 == 4 ? Affine{} : vm::multiple(generator, vm::u256{i / 2 + 1}).affine();
            terms.push_back({i % 3 == 2 ? -point : point, i % 7 == 6 ? vm::u256::max() : random.word()});
            expected = expected + vm::multiple(terms.back().point, terms.back().scalar);
        }
        CAPTURE(count);
        REQUIRE((vm::sum_of_multiples(std::span<const vm::Term<Field>>(terms)) == expected));
    }
}

template <class Curve, class Exponentiate>
void check_pairing(const vm::AffinePoint<typename Curve::Fp>& p, const vm::AffinePoint<typename Curve::Fp2>& q,
                   const vm::u256& order, const Exponentiate& final_exponentiation, const GmpNumber& cofactor) {
    using Fp12 = vm::DodecicField<Curve>;
    using Input = vm::PairingInput<Curve>;
    const auto pairing = [&](const auto& g1, const auto& g2) {
        const Input input{g1, g2};
        return final_exponentiation(vm::miller_loop<Curve>({&input, 1}));
    };
    const auto power = [](const Fp12& base, const GmpNumber& exponent) {
        Fp12 result = Fp12::one();
        for (std::size_t bit = exponent.bit_width(); bit-- > 0;) {
            result = result.squared();
            if (exponent.bit(bit)) result = result * base;
        }
        return result;
    };
    const Fp12 e = pairing(p, q);
    CHECK(!e.is_one());
    CHECK(power(e, GmpNumber(order.limbs)).is_one());
    Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 5; ++i) {
        const vm::u256 a = random_scalar(random, order), b = random_scalar(random, order);
        const auto ap = vm::multiple(p, a).affine();
        const auto bq = vm::multiple(q, b).affine();
        const Fp12 both = pairing(ap, bq);
        REQUIRE((both == power(e, GmpNumber(mulmod(a, b, order).limbs))));
        REQUIRE((pairing(-ap, bq) == both.conjugate()));
        REQUIRE((both * both.conjugate()).is_one());
        REQUIRE((both.cyclotomic_squared() == both.squared()));
        REQUIRE((both.frobenius(1) == power(both, GmpNumber(Curve::Fp::modulus))));
        REQUIRE((both.frobenius(2) == both.frobenius(1).frobenius(1)));
        REQUIRE((both.frobenius(3) == both.frobenius(2).frobenius(1)));
        const std::vector<Input> two{{ap, bq}, {-vm::multiple(p, mulmod(a, b, order)).affine(), q}};
        REQUIRE(final_exponentiation(vm::miller_loop<Curve>(two)).is_one());
    }
    CHECK(pairing(vm::AffinePoint<typename Curve::Fp>{}, q).is_one());
    CHECK(pairing(p, vm::AffinePoint<typename Curve::Fp2>{}).is_one());

    // The final exponentiation is the power it says, of an element in no subgroup.
    const Input input{p, q};
    const Fp12 f = vm::miller_loop<Curve>({&input, 1});
    const GmpNumber exponent =
        (GmpNumber(Curve::Fp::modulus).power(12) - GmpNumber(1)) / GmpNumber(order.limbs) * cofactor;
    CHECK((final_exponentiation(f) == power(f, exponent)));
    CHECK((f * f.inverse()).is_one());
}

}  // namespace talea::tests
