#pragma once
#include <array>
#include <span>
#include <vector>

#include "vm/crypto/curve.hpp"
#include "vm/crypto/tower.hpp"

namespace talea::vm {

/// The digits -1, 0, 1 of `number`, no two neighbours both set, the highest first.
constexpr std::size_t sparse_digits_max = 68;
struct SparseDigits {
    std::array<std::int8_t, sparse_digits_max> digits{};
    std::size_t count = 0;
    [[nodiscard]] constexpr std::span<const std::int8_t> view() const { return {digits.data(), count}; }
};
constexpr SparseDigits sparse_digits(uint128 number) {
    SparseDigits reversed;
    for (; number != 0; number >>= 1) {
        const int digit = (number & 1) == 0 ? 0 : (number & 3) == 1 ? 1 : -1;
        if (digit > 0) number -= 1;
        if (digit < 0) number += 1;
        reversed.digits[reversed.count++] = static_cast<std::int8_t>(digit);
    }
    SparseDigits result;
    for (std::size_t i = reversed.count; i-- > 0;) result.digits[result.count++] = reversed.digits[i];
    return result;
}

/// The twist that carries the points of the second group: y^2 = x^3 + b / xi (D), where (x, y) stands for
/// (x w^2, y w^3) on the curve over Fp12, or y^2 = x^3 + b xi (M), where it stands for (x / w^2, y / w^3).
enum class Twist { d, m };

template <class Curve>
struct PairingInput {
    AffinePoint<typename Curve::Fp> p;
    AffinePoint<typename Curve::Fp2> q;
};

/// Q's multiple on its way through the Miller loop, in homogeneous coordinates (X / Z, Y / Z), with the lines that its
/// steps draw, evaluated at P (Costello, Lange, Naehrig, Faster Pairing Computations on Curves with High-Degree
/// Twists, 2010). A line is known up to factors in Fp2 or Fp4, which the final exponentiation sends to 1: with slope s
/// through (x, y), it is
///     yP - s xP w + (s x - y) w^3     on a D twist, and w^3 times its image on an M twist.
template <class Curve>
class MillerPoint {
    using Fp = typename Curve::Fp;
    using Fp2 = typename Curve::Fp2;
    using Fp12 = DodecicField<Curve>;

  public:
    explicit MillerPoint(const PairingInput<Curve>& input) : p_(input.p), x_(input.q.x), y_(input.q.y) {}

    /// Doubles, and multiplies `f` by the tangent.
    void double_step(Fp12& f) {
        const Fp2 a = (x_ * y_).halved(), b = y_.squared(), c = z_.squared();
        const Fp2 e = Curve::times_twist_b(c.doubled() + c), g = e.doubled() + e;
        const Fp2 h = (y_ + z_).squared() - b - c, j = x_.squared(), e2 = e.squared();
        x_ = a * (b - g);
        y_ = (b + g).halved().squared() - (e2.doubled() + e2);
        z_ = b * h;
        times_line(f, -h, j.doubled() + j, e - b);
    }
    /// Adds `q`, and multiplies `f` by the line through both.
    void add_step(Fp12& f, const AffinePoint<Fp2>& q) {
        const Fp2 theta = y_ - q.y * z_, lambda = x_ - q.x * z_;
        const Fp2 d = lambda.squared(), e = lambda * d, g = x_ * d;
        const Fp2 h = e + z_ * theta.squared() - g.doubled();
        x_ = lambda * h;
        y_ = theta * (g - h) - e * y_;
        z_ = z_ * e;
        times_line(f, lambda, -theta, theta * q.x - lambda * q.y);
    }

  private:
    void times_line(Fp12& f, const Fp2& of_y, const Fp2& of_x, const Fp2& constant) const {
        if constexpr (Curve::twist == Twist::d)
            f = f.times_line_d(of_y * p_.y, of_x * p_.x, constant);
        else
            f = f.times_line_m(constant, of_x * p_.x, of_y * p_.y);
    }
    AffinePoint<Fp> p_;
    Fp2 x_, y_, z_ = Fp2::one();
};

/// The product of the optimal ate pairings before the final exponentiation; pairs with infinity count as 1. The points
/// must lie in their groups. One chain of squarings for all pairs.
template <class Curve>
DodecicField<Curve> miller_loop(std::span<const PairingInput<Curve>> inputs) {
    using Fp12 = DodecicField<Curve>;
    struct Step {
        MillerPoint<Curve> point;
        AffinePoint<typename Curve::Fp2> q;
    };
    std::vector<Step> steps;
    steps.reserve(inputs.size());
    for (const auto& input : inputs)
        if (!input.p.is_infinity() && !input.q.is_infinity()) steps.push_back({MillerPoint<Curve>(input), input.q});
    Fp12 f = Fp12::one();
    if (steps.empty()) return f;
    for (const std::int8_t digit : Curve::loop.view().subspan(1)) {
        f = f.squared();
        for (Step& step : steps) {
            step.point.double_step(f);
            if (digit != 0) step.point.add_step(f, digit > 0 ? step.q : -step.q);
        }
    }
    if constexpr (Curve::loop_is_negative) f = f.conjugate();  // its inverse, up to what the exponentiation removes
    if constexpr (Curve::loop_ends_with_frobenius)
        for (Step& step : steps) {
            const auto q1 = Curve::frobenius_endomorphism(step.q), q2 = Curve::frobenius_endomorphism(q1);
            step.point.add_step(f, q1);
            step.point.add_step(f, -q2);
        }
    return f;
}

/// f^((p^6 - 1)(p^2 + 1)), which lies in the cyclotomic subgroup.
template <class Curve>
DodecicField<Curve> easy_exponentiation(const DodecicField<Curve>& f) {
    const DodecicField<Curve> g = f.conjugate() * f.inverse();
    return g.frobenius(2) * g;
}

}  // namespace talea::vm
