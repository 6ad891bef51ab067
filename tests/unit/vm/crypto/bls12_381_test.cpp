#include "vm/crypto/bls12_381.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "unit/vm/crypto/curve_claims.hpp"
#include "vm/base/hex.hpp"

using namespace talea;
using vm::u256;
namespace bls = vm::bls12_381;
using bls::Fp, bls::Fp2;
using tests::GmpNumber;

namespace {

/// Points of the curve or twist with x = i, i + 1, ...: nearly none is in the group.
std::vector<bls::G1> points_of_curve(std::uint64_t count) {
    std::vector<bls::G1> points;
    for (std::uint64_t i = 1; points.size() < count; ++i) {
        const Fp x = Fp::from_small(i);
        if (const auto y = bls::square_root(x.squared() * x + bls::b)) points.push_back({x, *y});
    }
    return points;
}
std::vector<bls::G2> points_of_twist(std::uint64_t count) {
    std::vector<bls::G2> points;
    for (std::uint64_t i = 1; points.size() < count; ++i) {
        const Fp2 x{Fp::from_small(i), Fp::one()};
        if (const auto y = bls::square_root(x.squared() * x + bls::twist_b)) points.push_back({x, *y});
    }
    return points;
}
template <class Field, std::size_t count>
vm::AffinePoint<Field> long_multiple(const vm::AffinePoint<Field>& point, const vm::Limbs<count>& scalar) {
    vm::JacobianPoint<Field> result;
    for (std::size_t bit = 64 * count; bit-- > 0;) {
        result = result.doubled();
        if ((scalar[bit / 64] >> (bit % 64) & 1) != 0) result = result + point;
    }
    return result.affine();
}
Fp random_element(tests::Random& random) {
    vm::Bytes bytes = random.bytes(48);
    bytes[0] = static_cast<std::uint8_t>(bytes[0] & 0x0f);
    return *Fp::from_be_bytes(bytes);
}

/// h_eff of RFC 9380, section 8.8.2: a multiple of the twist's cofactor.
constexpr auto g2_cofactor = vm::limbs_from_hex<10>(
    "0xbc69f08f2ee75b3584c6a0ea91b352888e2a8e9145ad7689986ff031508ffe1329c2f178731db956d82bf015d1212b02ec0ec69d7477c1ae"
    "9"
    "54cbc06689f6a359894c0adebbf6b4e8020005aaa95551");

template <class Field>
void check_sums(const vm::AffinePoint<Field>& generator) {
    tests::Random random;
    CAPTURE(random.seed);
    for (const std::size_t count : {0UL, 1UL, 2UL, 3UL, 9UL, 17UL, 40UL}) {
        std::vector<vm::Term<Field>> terms;
        vm::JacobianPoint<Field> expected;
        for (std::size_t i = 0; i < count; ++i) {
            const auto point = i == 4 ? vm::AffinePoint<Field>{} : vm::multiple(generator, random.word()).affine();
            terms.push_back({point, i == 1 ? u256::max() : i == 2 ? bls::order : random.word()});
            expected = expected + vm::multiple(terms.back().point, terms.back().scalar);
        }
        CAPTURE(count);
        REQUIRE((bls::sum_of_multiples(std::span<const vm::Term<Field>>(terms)) == expected.affine()));
    }
}

}  // namespace

TEST_CASE("the constants of BLS12-381 follow from its parameter") {
    const GmpNumber x(bls::negated_parameter), one(1);
    const GmpNumber order = x.power(4) - x.power(2) + one;
    CHECK((GmpNumber(bls::order.limbs) == order));
    CHECK((GmpNumber(Fp::modulus) == (x + one).power(2) * order / GmpNumber(3) - x));
    CHECK((bls::Curve::times_xi(Fp2{bls::b, {}}) == bls::twist_b));
    CHECK((bls::Curve::times_twist_b(Fp2::one()) == bls::twist_b));
}

TEST_CASE("G1 of BLS12-381 is a group of its order, and sums of multiples distribute") {
    tests::check_group_laws(bls::g1_generator, bls::b, bls::order);
    check_sums(bls::g1_generator);
}

TEST_CASE("G2 of BLS12-381 is a group of its order, and sums of multiples distribute") {
    tests::check_group_laws(bls::g2_generator, bls::twist_b, bls::order);
    check_sums(bls::g2_generator);
}

TEST_CASE("the pairing of BLS12-381 is bilinear, does not degenerate, and cancels") {
    tests::check_pairing<bls::Curve>(bls::g1_generator, bls::g2_generator, bls::order, bls::final_exponentiation,
                                     GmpNumber(3));
}

TEST_CASE("the group checks of BLS12-381 are the same as multiplying by the order") {
    for (const bls::G1& point : points_of_curve(20)) {
        REQUIRE(point.is_on_curve(bls::b));
        CHECK(bls::is_in_group(point) == vm::multiple(point, bls::order).is_infinity());
        CHECK(!bls::is_in_group(point));
        const bls::G1 cleared = vm::multiple(point, u256{bls::negated_parameter + 1}).affine();
        CHECK(bls::is_in_group(cleared));
        CHECK(vm::multiple(cleared, bls::order).is_infinity());
        // What is of small order is left when the group's part is taken away.
        const bls::G1 small = vm::multiple(point, bls::order).affine();
        CHECK(!bls::is_in_group(small));
        CHECK(!bls::is_in_group(small + cleared));
    }
    for (const bls::G2& point : points_of_twist(20)) {
        REQUIRE(point.is_on_curve(bls::twist_b));
        CHECK(bls::is_in_group(point) == vm::multiple(point, bls::order).is_infinity());
        CHECK(!bls::is_in_group(point));
        const bls::G2 cleared = long_multiple(point, g2_cofactor);
        CHECK(bls::is_in_group(cleared));
        CHECK(vm::multiple(cleared, bls::order).is_infinity());
        const bls::G2 small = vm::multiple(point, bls::order).affine();
        CHECK(!bls::is_in_group(small));
        CHECK(!bls::is_in_group(small + cleared));
    }
    CHECK(bls::is_in_group(bls::G1{}));
    CHECK(bls::is_in_group(bls::G2{}));
    CHECK(bls::is_in_group(bls::g1_generator));
    CHECK(bls::is_in_group(bls::g2_generator));
}

TEST_CASE("the endomorphisms multiply by -X^2 and by p") {
    const u256 x{bls::negated_parameter};
    CHECK((bls::endomorphism(bls::g1_generator) == -vm::multiple(bls::g1_generator, x * x).affine()));
    CHECK((bls::endomorphism(bls::g2_generator) == -vm::multiple(bls::g2_generator, x).affine()));
    CHECK((bls::endomorphism(bls::g2_generator) == long_multiple(bls::g2_generator, Fp::modulus)));
}

TEST_CASE("a square has a root whose square it is, and half of all elements are none") {
    tests::Random random;
    CAPTURE(random.seed);
    int squares = 0;
    for (int i = 0; i < 200; ++i) {
        const Fp2 a{random_element(random), i % 8 == 0 ? Fp{} : i % 8 == 1 ? Fp::one() : random_element(random)};
        const auto root = bls::square_root(a.squared());
        REQUIRE(root);
        REQUIRE((*root == a || *root == -a));
        const auto own = bls::square_root(a);
        if (own) REQUIRE((own->squared() == a));
        if (own) ++squares;
        REQUIRE(bls::square_root(a.norm()).has_value() == own.has_value());
    }
    CHECK(squares > 70);
    CHECK(squares < 150);
    CHECK((bls::square_root(Fp2{})->is_zero()));
}

TEST_CASE("every element maps to a point of the group, and its negation to the point's") {
    tests::Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 30; ++i) {
        const Fp u = random_element(random);
        const bls::G1 p = bls::map_to_g1(u);
        REQUIRE(p.is_on_curve(bls::b));
        REQUIRE(!p.is_infinity());
        REQUIRE(bls::is_in_group(p));
        REQUIRE((bls::map_to_g1(-u) == -p));
        const Fp2 v{i % 4 == 0 ? Fp{} : random_element(random), i % 4 == 1 ? Fp{} : random_element(random)};
        const bls::G2 q = bls::map_to_g2(v);
        REQUIRE(q.is_on_curve(bls::twist_b));
        REQUIRE(!q.is_infinity());
        REQUIRE(bls::is_in_group(q));
        REQUIRE((bls::map_to_g2(-v) == -q));
    }
    CHECK(bls::is_in_group(bls::map_to_g1(Fp{})));
    CHECK(bls::is_in_group(bls::map_to_g2(Fp2{})));
}

TEST_CASE("BLS12-381 decodes what it encodes, and refuses padding, p, and points beside the curve") {
    const auto g1 = bls::encode(bls::g1_generator);
    const auto g2 = bls::encode(bls::g2_generator);
    CHECK((bls::decode_g1(g1) == bls::g1_generator));
    CHECK((bls::decode_g2(g2) == bls::g2_generator));
    CHECK((bls::decode_g1(vm::Bytes(128)) == bls::G1{}));
    CHECK((bls::decode_g2(vm::Bytes(256)) == bls::G2{}));
    for (const std::size_t at : {0UL, 15UL, 64UL, 127UL}) {
        auto bytes = g1;
        bytes[at] ^= 1;
        CAPTURE(at);
        CHECK(!bls::decode_g1(bytes));
    }
    auto wrapped = vm::from_hex(
        "0x00000000000000000000000000000000"
        "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab");
    REQUIRE(wrapped);
    CHECK(!bls::decode_fp(*wrapped));
    wrapped->back() = 0xaa;
    CHECK((bls::decode_fp(*wrapped) == -Fp::one()));
}

TEST_CASE("a compressed point has one writing") {
    const auto generator = vm::from_hex(
        "0x97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb");
    REQUIRE(generator);
    CHECK((bls::decompress_g1(*generator) == bls::g1_generator));
    vm::Bytes changed = *generator;
    changed[0] ^= 0x20;
    CHECK((bls::decompress_g1(changed) == -bls::g1_generator));
    changed[0] = (*generator)[0] & 0x7f;
    CHECK(!bls::decompress_g1(changed));
    vm::Bytes infinity(48);
    infinity[0] = 0xc0;
    CHECK((bls::decompress_g1(infinity) == bls::G1{}));
    infinity[0] = 0xe0;
    CHECK(!bls::decompress_g1(infinity));
    infinity[0] = 0xc0, infinity[47] = 1;
    CHECK(!bls::decompress_g1(infinity));
    // On the curve, in no group: x of the first such point.
    vm::Bytes outside(48);
    std::ranges::copy(points_of_curve(1)[0].x.to_be_bytes(), outside.begin());
    outside[0] |= 0x80;
    CHECK(!bls::decompress_g1(outside));
}
