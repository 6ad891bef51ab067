#include "vm/crypto/bn254.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "unit/vm/crypto/curve_claims.hpp"
#include "vm/base/hex.hpp"

using namespace talea;
using vm::u256;
namespace bn254 = vm::bn254;
using tests::GmpNumber;

TEST_CASE("the constants of bn254 follow from its parameter") {
    const GmpNumber t(bn254::t), one(1);
    const auto polynomial = [&](std::uint64_t square_coefficient) {
        return GmpNumber(36) * t.power(4) + GmpNumber(36) * t.power(3) + GmpNumber(square_coefficient) * t.power(2) +
               GmpNumber(6) * t + one;
    };
    CHECK((GmpNumber(bn254::Fp::modulus) == polynomial(24)));
    CHECK((GmpNumber(bn254::order.limbs) == polynomial(18)));
    CHECK((bn254::Curve::times_xi(bn254::twist_b) == bn254::Fp2{bn254::b, {}}));
}

TEST_CASE("G1 of bn254 is a group of its order, and sums of multiples distribute") {
    tests::check_group_laws(bn254::g1_generator, bn254::b, bn254::order);
}

TEST_CASE("G2 of bn254 is a group of its order, and sums of multiples distribute") {
    tests::check_group_laws(bn254::g2_generator, bn254::twist_b, bn254::order);
}

TEST_CASE("the pairing of bn254 is bilinear, does not degenerate, and cancels") {
    const GmpNumber t(bn254::t);
    tests::check_pairing<bn254::Curve>(bn254::g1_generator, bn254::g2_generator, bn254::order,
                                       bn254::final_exponentiation,
                                       GmpNumber(2) * t * (GmpNumber(6) * t * t + GmpNumber(3) * t + GmpNumber(1)));
}

TEST_CASE("the group check of bn254's twist is the same as multiplying by the order") {
    // Points of the twist: x = i + u for small i, where x^3 + b is a square. Nearly none is in the group, since the
    // twist has 2 p - order times as many points.
    using bn254::Fp, bn254::Fp2;
    GmpNumber quarter = (GmpNumber(Fp::modulus) + GmpNumber(1)) / GmpNumber(4);
    const auto root = [&](const Fp& a) -> std::optional<Fp> {
        const Fp candidate = a.power(quarter.limbs<4>());
        return candidate.squared() == a ? std::optional(candidate) : std::nullopt;
    };
    int found = 0;
    for (std::uint64_t i = 0; i < 40; ++i) {
        const Fp2 x{Fp::from_small(i), Fp::one()}, square = x.squared() * x + bn254::twist_b;
        const auto norm = root(square.norm());
        if (!norm) continue;
        auto real = root((square.c0 + *norm).halved());
        if (!real) real = root((square.c0 - *norm).halved());
        REQUIRE(real);
        const bn254::G2 point{x, {*real, square.c1 * real->doubled().inverse()}};
        REQUIRE(point.is_on_curve(bn254::twist_b));
        ++found;
        REQUIRE(bn254::is_in_group(point) == vm::multiple(point, bn254::order).is_infinity());
        REQUIRE(!bn254::is_in_group(point));
        // Clearing the cofactor leads into the group.
        u256 p;
        p.limbs = Fp::modulus;
        const u256 cofactor = p + p - bn254::order;
        const bn254::G2 cleared = vm::multiple(point, cofactor).affine();
        REQUIRE(!cleared.is_infinity());
        REQUIRE(bn254::is_in_group(cleared));
        // Frobenius multiplies by p there.
        REQUIRE((bn254::Curve::frobenius_endomorphism(cleared) == vm::multiple(cleared, p).affine()));
    }
    CHECK(found > 10);
    CHECK(bn254::is_in_group(bn254::g2_generator));
    CHECK(bn254::is_in_group({}));
}

TEST_CASE("twice the generator of bn254 is the point that EIP-196's users know") {
    CHECK(vm::to_hex(bn254::encode(bn254::multiply(bn254::g1_generator, u256{2}))) ==
          "0x030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"
          "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4");
}

TEST_CASE("bn254 decodes zeros as infinity, and nothing that is not on the curve") {
    vm::Bytes bytes(64);
    REQUIRE(bn254::decode_g1(bytes));
    CHECK(bn254::decode_g1(bytes)->is_infinity());
    bytes[31] = 1;
    CHECK(!bn254::decode_g1(bytes));
    bytes[63] = 2;
    CHECK((bn254::decode_g1(bytes) == bn254::g1_generator));
    u256 p;
    p.limbs = bn254::Fp::modulus;
    std::ranges::copy((p + u256{1}).to_be_bytes(), bytes.begin());
    CHECK(!bn254::decode_g1(bytes));
}
