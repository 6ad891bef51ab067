#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <vector>

#include "vm/base/u256.hpp"

namespace talea::vm {

/// Points of y^2 = x^3 + b over a field of characteristic above 3. b is not zero, so (0, 0) lies on no such curve and
/// stands for the point at infinity, as it does in the encodings of EIP-196 and EIP-2537.
template <class Field>
struct AffinePoint {
    Field x, y;

    friend constexpr bool operator==(const AffinePoint&, const AffinePoint&) = default;
    [[nodiscard]] constexpr bool is_infinity() const { return x.is_zero() && y.is_zero(); }
    [[nodiscard]] constexpr bool is_on_curve(const Field& b) const {
        return is_infinity() || y.squared() == x.squared() * x + b;
    }
    friend constexpr AffinePoint operator-(const AffinePoint& a) { return {a.x, -a.y}; }
    /// One inversion.
    friend AffinePoint operator+(const AffinePoint& a, const AffinePoint& b) {
        if (a.is_infinity()) return b;
        if (b.is_infinity()) return a;
        Field rise, run;
        if (a.x != b.x) {
            rise = b.y - a.y, run = b.x - a.x;
        } else {
            if (a.y != b.y || a.y.is_zero()) return {};
            const Field square = a.x.squared();
            rise = square.doubled() + square, run = a.y.doubled();
        }
        const Field slope = rise * run.inverse();
        const Field new_x = slope.squared() - a.x - b.x;
        return {new_x, slope * (a.x - new_x) - a.y};
    }
};

/// (X / Z^2, Y / Z^3), infinity where Z is zero. The formulas are those named in the Explicit-Formulas Database for
/// a = 0.
template <class Field>
struct JacobianPoint {
    Field x = Field::one(), y = Field::one(), z;

    JacobianPoint() = default;  ///< infinity
    JacobianPoint(const Field& x_, const Field& y_, const Field& z_) : x(x_), y(y_), z(z_) {}
    explicit JacobianPoint(const AffinePoint<Field>& point) {
        if (!point.is_infinity()) *this = {point.x, point.y, Field::one()};
    }

    [[nodiscard]] bool is_infinity() const { return z.is_zero(); }
    [[nodiscard]] AffinePoint<Field> affine() const {
        if (is_infinity()) return {};
        const Field inverse = z.inverse(), square = inverse.squared();
        return {x * square, y * square * inverse};
    }
    /// The same point, whatever Z is.
    friend bool operator==(const JacobianPoint& a, const JacobianPoint& b) {
        if (a.is_infinity() || b.is_infinity()) return a.is_infinity() == b.is_infinity();
        const Field az = a.z.squared(), bz = b.z.squared();
        return a.x * bz == b.x * az && a.y * bz * b.z == b.y * az * a.z;
    }
    friend JacobianPoint operator-(const JacobianPoint& a) { return {a.x, -a.y, a.z}; }

    [[nodiscard]] JacobianPoint doubled() const {  // dbl-2009-l
        const Field a = x.squared(), b = y.squared(), c = b.squared();
        const Field d = ((x + b).squared() - a - c).doubled();
        const Field e = a.doubled() + a;
        const Field new_x = e.squared() - d.doubled();
        return {new_x, e * (d - new_x) - c.doubled().doubled().doubled(), (y * z).doubled()};
    }
    friend JacobianPoint operator+(const JacobianPoint& a, const JacobianPoint& b) {  // add-2007-bl
        if (a.is_infinity()) return b;
        if (b.is_infinity()) return a;
        const Field az = a.z.squared(), bz = b.z.squared();
        const Field u1 = a.x * bz, u2 = b.x * az, s1 = a.y * b.z * bz, s2 = b.y * a.z * az;
        return sum(a, u1, s1, u2 - u1, s2 - s1, [&] { return ((a.z + b.z).squared() - az - bz); });
    }
    friend JacobianPoint operator+(const JacobianPoint& a, const AffinePoint<Field>& b) {  // madd-2007-bl
        if (b.is_infinity()) return a;
        if (a.is_infinity()) return JacobianPoint(b);
        const Field az = a.z.squared();
        const Field u2 = b.x * az, s2 = b.y * a.z * az;
        return sum(a, a.x, a.y, u2 - a.x, s2 - a.y, [&] { return a.z.doubled(); });
    }

  private:
    /// `h` and `half_r` are the differences of x and y brought to one denominator; `twice_z` gives 2 Za Zb.
    template <class TwiceZ>
    static JacobianPoint sum(const JacobianPoint& a, const Field& u1, const Field& s1, const Field& h,
                             const Field& half_r, const TwiceZ& twice_z) {
        if (h.is_zero()) return half_r.is_zero() ? a.doubled() : JacobianPoint{};
        const Field r = half_r.doubled();
        const Field i = h.doubled().squared(), j = h * i, v = u1 * i;
        const Field new_x = r.squared() - j - v.doubled();
        return {new_x, r * (v - new_x) - (s1 * j).doubled(), twice_z() * h};
    }
};

template <class Field>
struct Term {
    AffinePoint<Field> point;
    u256 scalar;
};

/// The signed digit of `scalar` at `window` when it is written in base 2^width with digits from -2^(width-1) to
/// 2^(width-1) (Booth): half of them need no table, since -P is free.
inline int booth_digit(const u256& scalar, unsigned window, unsigned width) {
    const unsigned low = window * width;  // the digit's bits, and the one below them, which is its carry
    const u256 shifted = low == 0 ? scalar << 1 : scalar >> (low - 1);
    const int bits = static_cast<int>(shifted.low_u64() & ((2ULL << width) - 1));
    return (bits + 1) / 2 - (bits >> width << width);
}
inline unsigned booth_windows(unsigned bits, unsigned width) {
    return bits / width + 1;  // one bit more, for the last carry
}

/// Adds few terms with one chain of doublings for all (Straus). One allocation.
template <class Field>
JacobianPoint<Field> sum_of_few(std::span<const Term<Field>> terms, unsigned bits) {
    constexpr unsigned width = 4;
    using Point = JacobianPoint<Field>;
    std::vector<std::array<Point, 1 << (width - 1)>> multiples(terms.size());
    for (std::size_t i = 0; i < terms.size(); ++i) {
        multiples[i][0] = Point(terms[i].point);
        for (std::size_t k = 1; k < multiples[i].size(); ++k)
            multiples[i][k] = k % 2 == 1 ? multiples[i][k / 2].doubled() : multiples[i][k - 1] + terms[i].point;
    }
    Point result;
    for (unsigned window = booth_windows(bits, width); window-- > 0;) {
        if (!result.is_infinity())
            for (unsigned i = 0; i < width; ++i) result = result.doubled();
        for (std::size_t i = 0; i < terms.size(); ++i) {
            const int digit = booth_digit(terms[i].scalar, window, width);
            if (digit > 0) result = result + multiples[i][static_cast<std::size_t>(digit - 1)];
            if (digit < 0) result = result + -multiples[i][static_cast<std::size_t>(-digit - 1)];
        }
    }
    return result;
}

/// Adds many terms: in each window, points of one digit go into one bucket, and running sums weigh the buckets
/// (Pippenger). One allocation.
template <class Field>
JacobianPoint<Field> sum_of_many(std::span<const Term<Field>> terms, unsigned bits) {
    using Point = JacobianPoint<Field>;
    // A window costs an addition a term and two a bucket: wider while that saves more than the buckets cost.
    const unsigned log = static_cast<unsigned>(std::bit_width(terms.size()));
    const unsigned width = std::clamp(log <= 10 ? log - 3 : log - 4, 3U, 12U);
    std::vector<Point> buckets(std::size_t{1} << (width - 1));
    Point result;
    for (unsigned window = booth_windows(bits, width); window-- > 0;) {
        for (unsigned i = 0; i < width; ++i) result = result.doubled();
        for (Point& bucket : buckets) bucket = Point{};
        for (const Term<Field>& term : terms) {
            const int digit = booth_digit(term.scalar, window, width);
            if (digit == 0) continue;
            Point& bucket = buckets[static_cast<std::size_t>(digit > 0 ? digit - 1 : -digit - 1)];
            bucket = bucket + (digit > 0 ? term.point : -term.point);
        }
        Point running, weighed;  // weighed: of bucket k, k + 1 times
        for (std::size_t k = buckets.size(); k-- > 0;) {
            running = running + buckets[k];
            weighed = weighed + running;
        }
        result = result + weighed;
    }
    return result;
}

/// Where both ways take the same time.
inline constexpr std::size_t few_terms_max = 32;
/// The sum of scalar times point; no scalar has more than `bits` bits.
template <class Field>
JacobianPoint<Field> sum_of_multiples(std::span<const Term<Field>> terms, unsigned bits = 256) {
    return terms.size() <= few_terms_max ? sum_of_few(terms, bits) : sum_of_many(terms, bits);
}
template <class Field>
JacobianPoint<Field> multiple(const AffinePoint<Field>& point, const u256& scalar) {
    const Term<Field> term{point, scalar};
    return sum_of_few(std::span{&term, 1}, scalar.bit_width());
}
/// By double and add, for scalars of few set bits.
template <class Field>
JacobianPoint<Field> sparse_multiple(const JacobianPoint<Field>& point, std::uint64_t scalar) {
    JacobianPoint<Field> result;
    for (unsigned bit = 64; bit-- > 0;) {
        if (!result.is_infinity()) result = result.doubled();
        if ((scalar >> bit & 1) != 0) result = result + point;
    }
    return result;
}

}  // namespace talea::vm
