// bn254 and BLS12-381: the laws of their groups, every fast multiple against double-and-add, membership against the
// order, encodings against the curve's equation, and pairings against their bilinearity.
#include "fuzz/field_input.hpp"
#include "fuzz/target.hpp"
#include "vm/base/check.hpp"
#include "vm/crypto/bls12_381.hpp"
#include "vm/crypto/bn254.hpp"

using namespace talea;
namespace bn254 = vm::bn254;
namespace bls = vm::bls12_381;
using fuzz::element;
using tests::GmpNumber;
using vm::Bytes;
using vm::BytesView;
using vm::check;
using vm::u256;

namespace {

template <class Field>
using Point = vm::AffinePoint<Field>;

template <class Field>
struct Group {
    Point<Field> generator;
    Field b;
    u256 order;
};
const Group<bn254::Fp> bn254_g1{bn254::g1_generator, bn254::b, bn254::order};
const Group<bn254::Fp2> bn254_g2{bn254::g2_generator, bn254::twist_b, bn254::order};
const Group<bls::Fp> bls_g1{bls::g1_generator, bls::b, bls::order};
const Group<bls::Fp2> bls_g2{bls::g2_generator, bls::twist_b, bls::order};

/// By the chord and the tangent alone.
template <class Field>
Point<Field> plain_multiple(const Point<Field>& point, const u256& scalar) {
    Point<Field> result;
    for (unsigned bit = scalar.bit_width(); bit-- > 0;) {
        result = result + result;
        if ((scalar.limbs[bit / 64] >> (bit % 64) & 1) != 0) result = result + point;
    }
    return result;
}

/// A member: mostly a small multiple of the generator, either sign.
template <class Field>
Point<Field> member(fuzz::Input& input, const Group<Field>& group) {
    const std::uint8_t shape = input.byte();
    const Point<Field> point = plain_multiple(group.generator, shape < 192 ? u256{shape / 2U % 32} : input.word());
    return shape % 2 == 0 ? point : -point;
}

template <class Fp>
std::optional<Fp> plain_root(const Fp& a) {  // p = 3 mod 4 on both curves
    const GmpNumber exponent = (GmpNumber(Fp::modulus) + GmpNumber(1)) / GmpNumber(4);
    const Fp root = a.power(exponent.template limbs<Fp::limb_count>());
    if (root * root == a) return root;
    return std::nullopt;
}
/// By the norm: with n^2 = c0^2 + c1^2, one of (c0 + n) / 2 and (c0 - n) / 2 is the square of the root's first part.
template <class Fp>
std::optional<vm::QuadraticField<Fp>> plain_root(const vm::QuadraticField<Fp>& a) {
    if (a.c1.is_zero()) {
        if (const auto root = plain_root(a.c0)) return vm::QuadraticField<Fp>{*root, Fp{}};
        return vm::QuadraticField<Fp>{Fp{}, plain_root(-a.c0).value()};
    }
    const auto norm_root = plain_root(a.c0 * a.c0 + a.c1 * a.c1);
    if (!norm_root) return std::nullopt;
    for (const Fp& n : {*norm_root, -*norm_root})
        if (const auto first = plain_root((a.c0 + n).halved()); first && !first->is_zero())
            return vm::QuadraticField<Fp>{*first, a.c1.halved() * first->inverse()};
    return std::nullopt;
}

/// A point of the curve, in the group or not; nothing where this x has none.
template <class Field>
std::optional<Point<Field>> point_on_curve(fuzz::Input& input, const Field& b) {
    const Field x = element<Field>(input);
    const auto y = plain_root(x * x * x + b);
    if (!y) return std::nullopt;
    return Point<Field>{x, input.byte() % 2 == 0 ? *y : -*y};
}

template <class Field>
void check_addition(fuzz::Input& input, const Group<Field>& group) {
    using Jacobian = vm::JacobianPoint<Field>;
    const Point<Field> p = member(input, group), q = member(input, group), r = member(input, group), infinity;
    check(p + q == q + p && (p + q) + r == p + (q + r), "points add up in any order");
    check(p + infinity == p && infinity + p == p && (p + -p).is_infinity(), "infinity is zero");
    check((p + q).is_on_curve(group.b), "a sum is on the curve");
    // The same points with another Z.
    const auto rescaled = [&](const Point<Field>& point) {
        const Field z = element<Field>(input);
        if (z.is_zero() || point.is_infinity()) return Jacobian(point);
        return Jacobian{point.x * z * z, point.y * z * z * z, z};
    };
    const Jacobian jp = rescaled(p), jq = rescaled(q), jr = rescaled(p);
    check(jp == Jacobian(p) && jp == jr && jp.affine() == p && (jp == jq) == (p == q), "Z does not make the point");
    check((jp + jq).affine() == p + q, "Jacobian points add up");
    check((jp + q).affine() == p + q, "a Jacobian and an affine point add up");
    check((jp + jr).affine() == p + p && (jp + p).affine() == p + p && jp.doubled().affine() == p + p,
          "a point is doubled however it is written");
    check((jp + -jr).is_infinity() && (jp + -p).is_infinity() && (-jp).affine() == -p,
          "a point and its negative cancel");
}

template <class Field>
void check_multiple(fuzz::Input& input, const Group<Field>& group) {
    const Point<Field> p = member(input, group);
    const u256 k = input.word(), l = input.word();
    const Point<Field> kp = plain_multiple(p, k);
    check(vm::multiple(p, k).affine() == kp, "a multiple is what double-and-add gives");
    check(vm::multiple(p, l).affine() + kp == plain_multiple(p, addmod(k, l, group.order)), "multiples distribute");
    check(
        vm::sparse_multiple(vm::JacobianPoint<Field>(p), l.low_u64()).affine() == plain_multiple(p, u256{l.low_u64()}),
        "a sparse multiple is what double-and-add gives");
    if constexpr (std::is_same_v<Field, bn254::Fp>)
        check(bn254::multiply(p, k) == kp, "the precompile's multiple is what double-and-add gives");
}

/// Sums of multiples of small multiples of the generator, whose sum is one multiple.
template <class Field>
void check_sum(fuzz::Input& input, const Group<Field>& group) {
    std::array<Point<Field>, 8> small;
    for (std::size_t i = 1; i < small.size(); ++i) small[i] = small[i - 1] + group.generator;
    std::vector<vm::Term<Field>> terms;
    u256 total;
    const std::size_t count = input.byte() % 64 == 0 ? 32 + input.below(150) : input.below(36);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint8_t shape = input.byte();
        const bool negative = shape >= 128;
        const std::size_t k = shape % small.size();
        const u256 scalar = input.word();
        terms.push_back({negative ? -small[k] : small[k], scalar});
        const u256 part = mulmod(scalar, u256{k}, group.order);
        total = addmod(total, negative ? group.order - part : part, group.order);
    }
    const Point<Field> due = plain_multiple(group.generator, total);
    const std::span<const vm::Term<Field>> view(terms);
    check(vm::sum_of_multiples(view).affine() == due, "a sum of multiples is the multiple of the sum");
    if (!terms.empty()) {
        check(vm::sum_of_few(view, 256).affine() == due, "few terms add up");
        check(vm::sum_of_many(view, 256).affine() == due, "many terms add up");
    }
    if constexpr (std::is_same_v<Field, bls::Fp> || std::is_same_v<Field, bls::Fp2>)
        check(bls::sum_of_multiples(view) == due, "a sum by the endomorphism is the multiple of the sum");
}

template <class Field>
void check_membership(fuzz::Input& input, const Group<Field>& group) {
    const auto point = point_on_curve(input, group.b);
    if (!point) return;
    check(point->is_on_curve(group.b), "a point with a root for y is on the curve");
    const Point<Field> rest = plain_multiple(*point, group.order), p = member(input, group);
    if constexpr (std::is_same_v<Field, bn254::Fp>) {
        check(rest.is_infinity(), "all points of bn254 are in the group");
    } else {
        const auto is_in_group = [](const Point<Field>& q) {
            if constexpr (std::is_same_v<Field, bn254::Fp2>)
                return bn254::is_in_group(q);
            else
                return bls::is_in_group(q);
        };
        check(is_in_group(*point) == rest.is_infinity(),
              "a point is in the group where the order takes it to infinity");
        check(is_in_group(*point + p) == rest.is_infinity(), "a member brings no other point into the group");
        check(is_in_group(rest) == rest.is_infinity(), "what is left of a point by the order is in no group");
        check(is_in_group(p), "a multiple of the generator is in the group");
        check(vm::multiple(*point, u256{group.order}).affine() == rest, "a multiple needs no membership");
    }
}

void check_bls_endomorphisms(fuzz::Input& input) {
    const auto p = member(input, bls_g1);
    const auto q = member(input, bls_g2);
    const u256 x{bls::negated_parameter};
    check(bls::endomorphism(p) == -plain_multiple(p, x * x), "the endomorphism of G1 multiplies by -X^2");
    check(bls::endomorphism(q) == -plain_multiple(q, x), "the endomorphism of G2 multiplies by -X");
}

/// Numbers in big-endian bytes, all below p.
template <class Fp>
bool below_modulus(BytesView bytes, std::size_t width) {
    for (; !bytes.empty(); bytes = bytes.subspan(width)) {
        GmpNumber number(0);
        for (const std::uint8_t byte : bytes.first(width)) number = number * GmpNumber(256) + GmpNumber(byte);
        if (!(number < GmpNumber(Fp::modulus))) return false;
    }
    return true;
}
template <class Fp>
Fp read_element(BytesView bytes) {
    return Fp::from_be_bytes(bytes.last(Fp::byte_count)).value();
}

/// `bytes`, sometimes with one changed.
Bytes disturbed(fuzz::Input& input, BytesView bytes) {
    Bytes out = vm::to_bytes(bytes);
    const std::size_t place = input.byte() * out.size() / 256;
    out[place] ^= input.byte();
    return out;
}

void check_bn254_encodings(fuzz::Input& input) {
    using Fp = bn254::Fp;
    const auto on_curve = point_on_curve(input, bn254::b);
    const auto p = on_curve ? *on_curve : member(input, bn254_g1);
    check(bn254::decode_g1(bn254::encode(p)) == p, "a point is read as it was written");
    const Bytes bytes = disturbed(input, bn254::encode(p));
    const auto read = bn254::decode_g1(bytes);
    bool due = below_modulus<Fp>(bytes, 32);
    if (due) {
        const Point<Fp> plain{read_element<Fp>(BytesView{bytes}.first(32)),
                              read_element<Fp>(BytesView{bytes}.last(32))};
        due = (plain.x.is_zero() && plain.y.is_zero()) || plain.y * plain.y == plain.x * plain.x * plain.x + bn254::b;
        check(!due || read == plain, "x and y are the bytes'");
    }
    check(read.has_value() == due, "bytes are a point of G1 where they are on the curve");

    const auto on_twist = point_on_curve(input, bn254::twist_b);
    const auto q = on_twist && input.byte() % 2 == 0 ? *on_twist : member(input, bn254_g2);
    Bytes twist_bytes;
    for (const Fp& part : {q.x.c1, q.x.c0, q.y.c1, q.y.c0}) vm::append(twist_bytes, part.to_be_bytes());
    const auto whole = bn254::decode_g2(twist_bytes);
    check(whole.has_value() == plain_multiple(q, bn254::order).is_infinity(), "only members of G2 are read");
    check(!whole || *whole == q, "a point of G2 is read as it is written");
    twist_bytes = disturbed(input, twist_bytes);
    if (const auto other = bn254::decode_g2(twist_bytes))
        check(below_modulus<Fp>(twist_bytes, 32) && other->is_on_curve(bn254::twist_b),
              "a point that is read is on the twist");
}

template <class Field, class Decode>
void check_bls_encoding(fuzz::Input& input, const Group<Field>& group, const Decode& decode) {
    const auto on_curve = point_on_curve(input, group.b);
    const auto p = on_curve ? *on_curve : member(input, group);
    check(decode(bls::encode(p)) == p, "a point is read as it was written");
    const auto encoding = bls::encode(p);
    const Bytes bytes = disturbed(input, encoding);
    const auto read = decode(bytes);
    check(!read || (below_modulus<bls::Fp>(bytes, 64) && read->is_on_curve(group.b)),
          "a point that is read is on the curve");
    check(!read || vm::equal(bls::encode(*read), bytes), "there is one writing of a point");
}

void check_bls_compression(fuzz::Input& input) {
    using Fp = bls::Fp;
    const auto on_curve = point_on_curve(input, bls::b);
    const auto p = on_curve && input.byte() % 2 == 0 ? *on_curve : member(input, bls_g1);
    const auto compressed = [](const Point<Fp>& point) {
        Bytes bytes = vm::to_bytes(point.x.to_be_bytes());
        bytes[0] |= 0x80;
        if (point.is_infinity()) bytes[0] |= 0x40;
        const GmpNumber y(point.y.number());
        if (GmpNumber(Fp::modulus) < y + y) bytes[0] |= 0x20;
        return bytes;
    };
    const Bytes bytes = compressed(p);
    const auto read = bls::decompress_g1(bytes);
    check(read.has_value() == plain_multiple(p, bls::order).is_infinity(), "only members are decompressed");
    check(!read || *read == p, "a point is decompressed as it was compressed");
    const Bytes other = disturbed(input, bytes);
    const auto from_other = bls::decompress_g1(other);
    check(!from_other || compressed(*from_other) == other, "there is one compressed writing of a point");
}

template <class Field, class Map>
void check_map(fuzz::Input& input, const Field& b, const Map& map) {
    const Field u = element<Field>(input);
    const auto p = map(u);
    check(p.is_on_curve(b) && bls::is_in_group(p), "a map leads into the group");
    check(u.is_zero() || map(-u) == -p, "the sign of the element is the sign of its point");
}

void check_bls_roots(fuzz::Input& input) {
    const auto check_root = [](const auto& a) {
        const auto root = bls::square_root(a);
        check(root.has_value() == plain_root(a).has_value(), "there is a root where the plain way finds one");
        check(!root || *root * *root == a, "a root's square is the element");
    };
    const bls::Fp a = element<bls::Fp>(input);
    const bls::Fp2 c = element<bls::Fp2>(input);
    check_root(a);
    check_root(a * a);
    check_root(c);
    check_root(c * c);
    check_root(bls::Fp2{a, bls::Fp{}});
    check_root(bls::Fp2{bls::Fp{}, a});
}

template <class Curve, class Cancel>
void check_pairing(fuzz::Input& input, const Group<typename Curve::Fp>& g1, const Group<typename Curve::Fp2>& g2,
                   const Cancel& cancel) {
    using Inputs = std::vector<vm::PairingInput<Curve>>;
    const u256 a = input.word(), b = input.word(), order = g1.order;
    const auto p = member(input, g1);
    const auto q = member(input, g2);
    const auto times = [](const auto& point, const u256& scalar) { return vm::multiple(point, scalar).affine(); };
    check(cancel(Inputs{{times(p, a), times(q, b)}, {-times(p, mulmod(a, b, order)), q}}),
          "scalars move between the sides");
    check(cancel(Inputs{{times(p, a), q}, {times(p, b), q}, {p, -times(q, addmod(a, b, order))}}), "pairings add up");
    const bool degenerate = p.is_infinity() || q.is_infinity();
    check(cancel(Inputs{{times(p, a), q}, {-times(p, addmod(a, u256{1}, order)), q}}) == degenerate,
          "the pairing of two members other than infinity is not one");
}

template <class Field>
void check_group(fuzz::Input& input, const Group<Field>& group) {
    switch (input.below(4)) {
        case 0:
            return check_addition(input, group);
        case 1:
            return check_multiple(input, group);
        case 2:
            return check_sum(input, group);
        default:
            return check_membership(input, group);
    }
}

void run(BytesView bytes) {
    fuzz::Input input(bytes);
    switch (input.below(13)) {
        case 0:
            return check_group(input, bn254_g1);
        case 1:
            return check_group(input, bn254_g2);
        case 2:
            return check_group(input, bls_g1);
        case 3:
            return check_group(input, bls_g2);
        case 4:
            return check_bls_endomorphisms(input);
        case 5:
            return check_bn254_encodings(input);
        case 6:
            return check_bls_encoding(input, bls_g1, bls::decode_g1);
        case 7:
            return check_bls_encoding(input, bls_g2, bls::decode_g2);
        case 8:
            return check_bls_compression(input);
        case 9:
            return check_map(input, bls::b, bls::map_to_g1);
        case 10:
            return check_map(input, bls::twist_b, bls::map_to_g2);
        case 11:
            return check_bls_roots(input);
        default:
            if (input.byte() % 2 == 0)
                return check_pairing<bn254::Curve>(input, bn254_g1, bn254_g2, bn254::pairings_cancel);
            return check_pairing<bls::Curve>(input, bls_g1, bls_g2, bls::pairings_cancel);
    }
}

const fuzz::Target target{"curves", 256, run};

}  // namespace
