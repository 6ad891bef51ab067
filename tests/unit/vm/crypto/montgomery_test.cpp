#include "vm/crypto/montgomery.hpp"

#include <doctest/doctest.h>

#include <array>

#include "unit/random.hpp"
#include "unit/vm/crypto/gmp_number.hpp"
#include "vm/crypto/bls12_381.hpp"
#include "vm/crypto/bn254.hpp"

using namespace talea;
using tests::GmpNumber;

namespace {

template <class Field>
typename Field::Number random_number(tests::Random& random) {
    for (;;) {
        typename Field::Number number{};
        const std::uint64_t kind = random.below(4);
        for (auto& limb : number) limb = kind == 0 ? 0 : kind == 1 ? ~0ULL : random.next();
        if (kind == 0) number[0] = random.below(3);
        number[number.size() - 1] &= ~0ULL >> 2;
        GmpNumber p(Field::modulus), candidate(number);
        if (random.one_in(4)) {
            candidate = p - GmpNumber(random.below(3) + 1);  // near the modulus
            return candidate.limbs<Field::limb_count>();
        }
        if (candidate < p) return number;
    }
}

template <class Field>
void check_field() {
    tests::Random random;
    CAPTURE(random.seed);
    const GmpNumber p(Field::modulus);
    CHECK(p.is_probably_prime());
    const auto equals = [](const Field& element, const GmpNumber& expected) {
        return GmpNumber(element.number()) == expected;
    };
    for (int i = 0; i < 2000; ++i) {
        const auto a = random_number<Field>(random), b = random_number<Field>(random), c = random_number<Field>(random),
                   d = random_number<Field>(random);
        const Field fa = Field::from_number(a), fb = Field::from_number(b), fc = Field::from_number(c),
                    fd = Field::from_number(d);
        const GmpNumber ga(a), gb(b), gc(c), gd(d);
        REQUIRE(equals(fa, ga));
        REQUIRE(equals(fa + fb, (ga + gb) % p));
        REQUIRE(equals(fa - fb, (ga - gb) % p));
        REQUIRE(equals(-fa, (GmpNumber(0) - ga) % p));
        REQUIRE(equals(fa * fb, (ga * gb) % p));
        REQUIRE(equals(fa.squared(), (ga * ga) % p));
        REQUIRE((fa.halved().doubled() == fa));
        const auto product = Field::multiply_complex(fa, fb, fc, fd);
        REQUIRE(equals(product[0], (ga * gc - gb * gd) % p));
        REQUIRE(equals(product[1], (ga * gd + gb * gc) % p));
        REQUIRE((Field::square_complex(fa, fb) == Field::multiply_complex(fa, fb, fa, fb)));
        REQUIRE((Field::from_be_bytes(fa.to_be_bytes()) == fa));
        if (!fa.is_zero()) REQUIRE((fa * fa.inverse() == Field::one()));
    }
}

}  // namespace

TEST_CASE("the field of bn254 agrees with GMP, near zero and near its modulus too") {
    check_field<vm::bn254::Fp>();
}

TEST_CASE("the field of BLS12-381 agrees with GMP, near zero and near its modulus too") {
    check_field<vm::bls12_381::Fp>();
}

TEST_CASE("a number is an element only below the modulus") {
    using vm::bn254::Fp;
    vm::u256 p;
    p.limbs = Fp::modulus;
    CHECK(!Fp::from_be_bytes(p.to_be_bytes()));
    CHECK(!Fp::from_be_bytes(vm::u256::max().to_be_bytes()));
    const auto last = Fp::from_be_bytes((p - vm::u256{1}).to_be_bytes());
    REQUIRE(last);
    CHECK((*last + Fp::one()).is_zero());
}
