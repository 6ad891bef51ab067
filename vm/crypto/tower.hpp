#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "vm/crypto/montgomery.hpp"

namespace talea::vm {

/// The tower of extensions that pairings of bn254 and BLS12-381 live in (Devegili and others, Multiplication and
/// Squaring on Pairing-Friendly Fields, 2006):
///     Fp2  = Fp[u]  / (u^2 + 1)
///     Fp6  = Fp2[v] / (v^3 - xi)     with the curve's xi, neither a square nor a cube in Fp2
///     Fp12 = Fp6[w] / (w^2 - v)
/// Products are Karatsuba's.

template <class Fp>
struct QuadraticField {
    using Base = Fp;
    Fp c0, c1;

    static constexpr QuadraticField one() { return {Fp::one(), Fp{}}; }
    friend constexpr bool operator==(const QuadraticField&, const QuadraticField&) = default;
    [[nodiscard]] constexpr bool is_zero() const { return c0.is_zero() && c1.is_zero(); }

    friend constexpr QuadraticField operator+(const QuadraticField& a, const QuadraticField& b) {
        return {a.c0 + b.c0, a.c1 + b.c1};
    }
    friend constexpr QuadraticField operator-(const QuadraticField& a, const QuadraticField& b) {
        return {a.c0 - b.c0, a.c1 - b.c1};
    }
    friend constexpr QuadraticField operator-(const QuadraticField& a) { return {-a.c0, -a.c1}; }
    friend constexpr QuadraticField operator*(const QuadraticField& a, const QuadraticField& b) {
        const auto product = Fp::multiply_complex(a.c0, a.c1, b.c0, b.c1);
        return {product[0], product[1]};
    }
    friend constexpr QuadraticField operator*(const QuadraticField& a, const Fp& b) { return {a.c0 * b, a.c1 * b}; }
    [[nodiscard]] constexpr QuadraticField squared() const {
        const auto square = Fp::square_complex(c0, c1);
        return {square[0], square[1]};
    }
    [[nodiscard]] constexpr QuadraticField doubled() const { return {c0.doubled(), c1.doubled()}; }
    [[nodiscard]] constexpr QuadraticField halved() const { return {c0.halved(), c1.halved()}; }
    /// The power p, since u^p = -u for p = 3 mod 4.
    [[nodiscard]] constexpr QuadraticField conjugate() const { return {c0, -c1}; }
    [[nodiscard]] constexpr Fp norm() const { return c0.squared() + c1.squared(); }
    [[nodiscard]] QuadraticField inverse() const { return conjugate() * norm().inverse(); }
    template <std::size_t count>
    [[nodiscard]] constexpr QuadraticField power(const Limbs<count>& exponent) const {
        QuadraticField result = one();
        for (std::size_t bit = 64 * count; bit-- > 0;) {
            result = result.squared();
            if ((exponent[bit / 64] >> (bit % 64) & 1) != 0) result = result * *this;
        }
        return result;
    }
};

/// `Curve` has the types Fp and Fp2 and the function times_xi(Fp2).
template <class Curve>
struct SexticField {
    using Fp2 = typename Curve::Fp2;
    Fp2 c0, c1, c2;

    static SexticField one() { return {Fp2::one(), {}, {}}; }
    friend bool operator==(const SexticField&, const SexticField&) = default;
    friend SexticField operator+(const SexticField& a, const SexticField& b) {
        return {a.c0 + b.c0, a.c1 + b.c1, a.c2 + b.c2};
    }
    friend SexticField operator-(const SexticField& a, const SexticField& b) {
        return {a.c0 - b.c0, a.c1 - b.c1, a.c2 - b.c2};
    }
    friend SexticField operator-(const SexticField& a) { return {-a.c0, -a.c1, -a.c2}; }
    friend SexticField operator*(const SexticField& a, const SexticField& b) {
        const Fp2 v0 = a.c0 * b.c0, v1 = a.c1 * b.c1, v2 = a.c2 * b.c2;
        return {v0 + Curve::times_xi((a.c1 + a.c2) * (b.c1 + b.c2) - v1 - v2),
                (a.c0 + a.c1) * (b.c0 + b.c1) - v0 - v1 + Curve::times_xi(v2),
                (a.c0 + a.c2) * (b.c0 + b.c2) - v0 - v2 + v1};
    }
    friend SexticField operator*(const SexticField& a, const Fp2& b) { return {a.c0 * b, a.c1 * b, a.c2 * b}; }
    /// a (b0 + b1 v).
    [[nodiscard]] SexticField times_low(const Fp2& b0, const Fp2& b1) const {
        const Fp2 v0 = c0 * b0, v1 = c1 * b1;
        return {v0 + Curve::times_xi((c1 + c2) * b1 - v1), (c0 + c1) * (b0 + b1) - v0 - v1, v1 + (c0 + c2) * b0 - v0};
    }
    /// a (b v).
    [[nodiscard]] SexticField times_middle(const Fp2& b) const { return {Curve::times_xi(c2 * b), c0 * b, c1 * b}; }
    [[nodiscard]] SexticField times_v() const { return {Curve::times_xi(c2), c0, c1}; }
    [[nodiscard]] SexticField inverse() const {
        const Fp2 t0 = c0.squared() - Curve::times_xi(c1 * c2);
        const Fp2 t1 = Curve::times_xi(c2.squared()) - c0 * c1;
        const Fp2 t2 = c1.squared() - c0 * c2;
        const Fp2 norm = c0 * t0 + Curve::times_xi(c2 * t1 + c1 * t2);
        return SexticField{t0, t1, t2} * norm.inverse();
    }
};

template <class Curve>
struct DodecicField {
    using Fp2 = typename Curve::Fp2;
    using Fp6 = SexticField<Curve>;
    Fp6 c0, c1;

    static DodecicField one() { return {Fp6::one(), {}}; }
    friend bool operator==(const DodecicField&, const DodecicField&) = default;
    [[nodiscard]] bool is_one() const { return *this == one(); }
    friend DodecicField operator*(const DodecicField& a, const DodecicField& b) {
        const Fp6 v0 = a.c0 * b.c0, v1 = a.c1 * b.c1;
        return {v0 + v1.times_v(), (a.c0 + a.c1) * (b.c0 + b.c1) - v0 - v1};
    }
    [[nodiscard]] DodecicField squared() const {
        const Fp6 v = c0 * c1;
        return {(c0 + c1) * (c0 + c1.times_v()) - v - v.times_v(), v + v};
    }
    /// The power p^6, and so the inverse in the cyclotomic subgroup.
    [[nodiscard]] DodecicField conjugate() const { return {c0, -c1}; }
    [[nodiscard]] DodecicField inverse() const {
        const Fp6 norm = (c0 * c0 - (c1 * c1).times_v()).inverse();
        return {c0 * norm, -(c1 * norm)};
    }

    /// The product with a + (b + c v) w.
    [[nodiscard]] DodecicField times_line_d(const Fp2& a, const Fp2& b, const Fp2& c) const {
        const Fp6 v0 = c0 * a, v1 = c1.times_low(b, c);
        return {v0 + v1.times_v(), (c0 + c1).times_low(a + b, c) - v0 - v1};
    }
    /// The product with (a + b v) + c v w.
    [[nodiscard]] DodecicField times_line_m(const Fp2& a, const Fp2& b, const Fp2& c) const {
        const Fp6 v0 = c0.times_low(a, b), v1 = c1.times_middle(c);
        return {v0 + v1.times_v(), (c0 + c1).times_low(a, b + c) - v0 - v1};
    }

    /// The power p^`times`, for 1, 2 or 3. Of a sum of g_i w^i it is that of conjugates of g_i times w^(i p).
    [[nodiscard]] DodecicField frobenius(unsigned times) const {
        const auto& twist = frobenius_twists()[times - 1];
        const auto image = [&](const Fp2& g, std::size_t i) { return (times % 2 == 1 ? g.conjugate() : g) * twist[i]; };
        return {{image(c0.c0, 0), image(c0.c1, 2), image(c0.c2, 4)},
                {image(c1.c0, 1), image(c1.c1, 3), image(c1.c2, 5)}};
    }
    /// w^(i (p^k - 1)) = xi^(i (p^k - 1) / 6) at [k - 1][i], for k to 3 and i to 5.
    static const std::array<std::array<Fp2, 6>, 3>& frobenius_twists() {
        static const auto twists = [] {
            auto exponent = Curve::Fp::modulus;  // (p - 1) / 6; p = 1 mod 6
            std::uint64_t remainder = 1;         // to be taken away
            exponent[0] -= remainder;
            remainder = 0;
            for (std::size_t i = exponent.size(); i-- > 0;) {
                const uint128 dividend = static_cast<uint128>(remainder) << 64 | exponent[i];
                exponent[i] = static_cast<std::uint64_t>(dividend / 6);
                remainder = static_cast<std::uint64_t>(dividend % 6);
            }
            const Fp2 root = Curve::times_xi(Fp2::one()).power(exponent);
            std::array<std::array<Fp2, 6>, 3> table;
            table[0][0] = Fp2::one();
            for (std::size_t i = 1; i < 6; ++i) table[0][i] = table[0][i - 1] * root;
            for (std::size_t k = 1; k < 3; ++k)
                for (std::size_t i = 0; i < 6; ++i) table[k][i] = table[k - 1][i].conjugate() * table[0][i];
            return table;
        }();
        return twists;
    }

    /// The square of an element of the cyclotomic subgroup (of order p^4 - p^2 + 1): three squarings in the fields
    /// over Fp2 of degree two (Granger and Scott, Faster Squaring in the Cyclotomic Subgroup, 2010).
    [[nodiscard]] DodecicField cyclotomic_squared() const {
        struct Pair {
            Fp2 real, imaginary;
        };
        const auto square = [](const Fp2& a, const Fp2& b) -> Pair {  // of a + b s, where s^2 = xi
            const Fp2 a2 = a.squared(), b2 = b.squared();
            return {a2 + Curve::times_xi(b2), (a + b).squared() - a2 - b2};
        };
        const auto minus = [](const Fp2& square_part, const Fp2& own) {  // 3 s - 2 o
            const Fp2 difference = square_part - own;
            return difference.doubled() + square_part;
        };
        const auto plus = [](const Fp2& square_part, const Fp2& own) {  // 3 s + 2 o
            const Fp2 sum = square_part + own;
            return sum.doubled() + square_part;
        };
        const Pair first = square(c0.c0, c1.c1), second = square(c1.c0, c0.c2), third = square(c0.c1, c1.c2);
        return {{minus(first.real, c0.c0), minus(second.real, c0.c1), minus(third.real, c0.c2)},
                {plus(Curve::times_xi(third.imaginary), c1.c0), plus(first.imaginary, c1.c1),
                 plus(second.imaginary, c1.c2)}};
    }
    /// The power with an exponent written in digits -1, 0, 1, the highest first, of an element of the cyclotomic
    /// subgroup.
    [[nodiscard]] DodecicField cyclotomic_power(std::span<const std::int8_t> digits) const {
        const DodecicField inverse = conjugate();
        DodecicField result = one();
        for (const std::int8_t digit : digits) {
            result = result.cyclotomic_squared();
            if (digit > 0) result = result * *this;
            if (digit < 0) result = result * inverse;
        }
        return result;
    }
};

}  // namespace talea::vm
