#include "vm/crypto/bn254.hpp"

#include <algorithm>

namespace talea::vm::bn254 {

G2 Curve::frobenius_endomorphism(const G2& q) {
    const auto& twists = Fp12::frobenius_twists()[0];
    return {q.x.conjugate() * twists[2], q.y.conjugate() * twists[3]};
}

std::optional<G1> decode_g1(BytesView bytes) {
    const auto x = Fp::from_be_bytes(bytes.first(32)), y = Fp::from_be_bytes(bytes.subspan(32, 32));
    if (!x || !y) return std::nullopt;
    const G1 point{*x, *y};
    if (!point.is_on_curve(b)) return std::nullopt;
    return point;
}

std::optional<G2> decode_g2(BytesView bytes) {
    std::array<Fp, 4> coefficients;
    for (std::size_t i = 0; i < 4; ++i) {
        const auto coefficient = Fp::from_be_bytes(bytes.subspan(32 * i, 32));
        if (!coefficient) return std::nullopt;
        coefficients[i] = *coefficient;
    }
    const G2 point{{coefficients[1], coefficients[0]}, {coefficients[3], coefficients[2]}};
    if (!point.is_on_curve(twist_b) || !is_in_group(point)) return std::nullopt;
    return point;
}

std::array<std::uint8_t, 64> encode(const G1& point) {
    std::array<std::uint8_t, 64> bytes;
    std::ranges::copy(point.x.to_be_bytes(), bytes.begin());
    std::ranges::copy(point.y.to_be_bytes(), bytes.begin() + 32);
    return bytes;
}

// A point Q of the twist is in the group exactly if [t+1]Q + F([t]Q) + F^2([t]Q) = F^3([2t]Q), where F is the
// Frobenius endomorphism: 63 doublings instead of 254 (Dai, Lin, Zhao, Zhou, Fast Subgroup Membership Testings for G1,
// G2 and GT on Pairing-friendly Curves, 2022).
bool is_in_group(const G2& point) {
    if (point.is_infinity()) return true;
    const JacobianPoint<Fp2> tq = multiple(point, u256{t});
    const G2 affine = tq.affine();
    if (affine.is_infinity()) return false;
    const G2 f1 = Curve::frobenius_endomorphism(affine), f2 = Curve::frobenius_endomorphism(f1),
             f3 = Curve::frobenius_endomorphism(f2);
    return tq + point + f1 + f2 == JacobianPoint<Fp2>(f3).doubled();
}

G1 multiply(const G1& point, const u256& scalar) {
    return multiple(point, scalar).affine();
}

// The hard part (p^4 - p^2 + 1) / order times 2 t (6 t^2 + 3 t + 1), which is prime to the order, is a sum of powers of
// p with small polynomials of t as coefficients (Fuentes-Castaneda, Knapp, Rodriguez-Henriquez, Faster Hashing to G2,
// 2011): with a = 12 t^3 + 6 t^2 + 6 t and b = a - 2 t, it is
//     1 + 6 t^2 + a  +  b p  +  a p^2  +  (b - 1) p^3.
Fp12 final_exponentiation(const Fp12& f) {
    static constexpr SparseDigits t_digits = sparse_digits(t);
    const auto power_t = [](const Fp12& a) { return a.cyclotomic_power(t_digits.view()); };
    const Fp12 g = easy_exponentiation(f);
    const Fp12 g_2t = power_t(g).cyclotomic_squared();
    const Fp12 g_6t = g_2t.cyclotomic_squared() * g_2t;
    const Fp12 g_6t2 = power_t(g_6t);
    const Fp12 g_12t3 = power_t(g_6t2).cyclotomic_squared();
    const Fp12 g_a = g_12t3 * g_6t2 * g_6t;
    const Fp12 g_b = g_a * g_2t.conjugate();
    return g * g_6t2 * g_a * g_b.frobenius(1) * g_a.frobenius(2) * (g_b * g.conjugate()).frobenius(3);
}

bool pairings_cancel(std::span<const PairingInput<Curve>> inputs) {
    return final_exponentiation(miller_loop<Curve>(inputs)).is_one();
}

}  // namespace talea::vm::bn254
