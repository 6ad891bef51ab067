#include "vm/crypto/bls12_381.hpp"

#include <algorithm>
#include <vector>

namespace talea::vm::bls12_381 {
namespace {

/// A cube root of 1, 2^((p - 1) / 3).
constexpr Fp beta = Fp::from_hex("0x5f19672fdf76ce51ba69c6076a0f77eaddb3a93be6f89688de17d813620a00022e01fffffffefffe");

/// What the Frobenius endomorphism multiplies x and y by on this twist: the inverses of w^(2 (p - 1)) and w^(3 (p -
/// 1)).
struct TwistFactors {
    Fp2 of_x = Fp12::frobenius_twists()[0][2].inverse(), of_y = Fp12::frobenius_twists()[0][3].inverse();
};
const TwistFactors& twist_factors() {
    static const TwistFactors factors;
    return factors;
}

template <class Field>
JacobianPoint<Field> times_x(const JacobianPoint<Field>& point) {
    return sparse_multiple(point, negated_parameter);
}

/// Rewrites each scalar, modulo the order, in base `base` with `count` digits; `next` gives base times a point.
template <std::size_t count, class Field, class Next>
AffinePoint<Field> sum_in_base(std::span<const Term<Field>> terms, const u256& base, const Next& next) {
    std::vector<Term<Field>> short_terms;
    short_terms.reserve(count * terms.size());
    for (const Term<Field>& term : terms) {
        AffinePoint<Field> point = term.point;
        u256 rest = divmod(term.scalar, order).remainder;
        for (std::size_t i = 0; i < count; ++i) {
            const DivMod digit = divmod(rest, base);
            short_terms.push_back({point, digit.remainder});
            rest = digit.quotient;
            point = next(point);
        }
    }
    return vm::sum_of_multiples(std::span<const Term<Field>>(short_terms), base.bit_width()).affine();
}

template <std::size_t size>
void write_fp(std::array<std::uint8_t, size>& to, std::size_t index, const Fp& a) {
    std::ranges::copy(a.to_be_bytes(), to.begin() + static_cast<std::ptrdiff_t>(64 * index + 16));
}

template <class Field>
std::optional<AffinePoint<Field>> on_curve(const std::optional<Field>& x, const std::optional<Field>& y,
                                           const Field& curve_b) {
    if (!x || !y) return std::nullopt;
    const AffinePoint<Field> point{*x, *y};
    if (!point.is_on_curve(curve_b)) return std::nullopt;
    return point;
}

}  // namespace

std::optional<Fp> decode_fp(BytesView bytes) {
    if (std::ranges::any_of(bytes.first(16), [](std::uint8_t byte) { return byte != 0; })) return std::nullopt;
    return Fp::from_be_bytes(bytes.subspan(16, 48));
}
std::optional<Fp2> decode_fp2(BytesView bytes) {
    const auto c0 = decode_fp(bytes.first(64)), c1 = decode_fp(bytes.subspan(64, 64));
    if (!c0 || !c1) return std::nullopt;
    return Fp2{*c0, *c1};
}
std::optional<G1> decode_g1(BytesView bytes) {
    return on_curve(decode_fp(bytes.first(64)), decode_fp(bytes.subspan(64, 64)), b);
}
std::optional<G2> decode_g2(BytesView bytes) {
    return on_curve(decode_fp2(bytes.first(128)), decode_fp2(bytes.subspan(128, 128)), twist_b);
}
std::array<std::uint8_t, 128> encode(const G1& point) {
    std::array<std::uint8_t, 128> bytes{};
    write_fp(bytes, 0, point.x), write_fp(bytes, 1, point.y);
    return bytes;
}
std::array<std::uint8_t, 256> encode(const G2& point) {
    std::array<std::uint8_t, 256> bytes{};
    write_fp(bytes, 0, point.x.c0), write_fp(bytes, 1, point.x.c1);
    write_fp(bytes, 2, point.y.c0), write_fp(bytes, 3, point.y.c1);
    return bytes;
}

std::optional<G1> decompress_g1(BytesView bytes) {
    constexpr std::uint8_t compressed = 0x80, infinite = 0x40, larger = 0x20, flags = 0xe0;
    std::array<std::uint8_t, 48> plain;
    std::copy_n(bytes.begin(), 48, plain.begin());
    const std::uint8_t given = plain[0] & flags;
    plain[0] = static_cast<std::uint8_t>(plain[0] & ~flags);
    const auto x = Fp::from_be_bytes(plain);
    if ((given & compressed) == 0 || !x) return std::nullopt;
    if ((given & infinite) != 0) {
        if ((given & larger) != 0 || !x->is_zero()) return std::nullopt;
        return G1{};
    }
    const auto root = square_root(x->squared() * *x + b);
    if (!root) return std::nullopt;
    const bool root_is_larger = (-*root).to_be_bytes() < root->to_be_bytes();
    const G1 point{*x, root_is_larger == ((given & larger) != 0) ? *root : -*root};
    if (!is_in_group(point)) return std::nullopt;
    return point;
}

G1 endomorphism(const G1& point) {
    return {point.x * beta, point.y};
}
G2 endomorphism(const G2& point) {
    const TwistFactors& factors = twist_factors();
    return {point.x.conjugate() * factors.of_x, point.y.conjugate() * factors.of_y};
}

// A point is in the group exactly if its endomorphism acts as it does there (M. Scott, A Note on Group Membership Tests
// for G1, G2 and GT on BLS Pairing-Friendly Curves, 2021).
bool is_in_group(const G1& point) {
    return times_x(times_x(JacobianPoint<Fp>(point))) == JacobianPoint<Fp>(-endomorphism(point));
}
bool is_in_group(const G2& point) {
    return times_x(JacobianPoint<Fp2>(point)) == JacobianPoint<Fp2>(-endomorphism(point));
}

// X^2 P is the negated endomorphism of P, so a scalar splits into two halves in base X^2 (Gallant, Lambert, Vanstone);
// X Q is that of Q on the twist, so there it splits into four quarters in base X.
G1 sum_of_multiples(std::span<const Term<Fp>> terms) {
    return sum_in_base<2>(terms, u256{negated_parameter} * u256{negated_parameter},
                          [](const G1& point) { return -endomorphism(point); });
}
G2 sum_of_multiples(std::span<const Term<Fp2>> terms) {
    return sum_in_base<4>(terms, u256{negated_parameter}, [](const G2& point) { return -endomorphism(point); });
}

// The hard part is 3 (p^4 - p^2 + 1) / order = (z - 1)^2 (z + p) (z^2 + p^2 - 1) + 3, where z = -X (Hayashida,
// Hayasaka, Teruya, Efficient Final Exponentiation via Cyclotomic Structure for Pairings over Families of Elliptic
// Curves, 2020).
Fp12 final_exponentiation(const Fp12& f) {
    const auto power_z = [](const Fp12& a) { return a.cyclotomic_power(Curve::loop.view()).conjugate(); };
    const Fp12 g = easy_exponentiation(f);
    Fp12 a = power_z(g) * g.conjugate();
    a = power_z(a) * a.conjugate();
    a = power_z(a) * a.frobenius(1);
    a = power_z(power_z(a)) * a.frobenius(2) * a.conjugate();
    return a * g.cyclotomic_squared() * g;
}

bool pairings_cancel(std::span<const PairingInput<Curve>> inputs) {
    return final_exponentiation(miller_loop<Curve>(inputs)).is_one();
}

}  // namespace talea::vm::bls12_381
