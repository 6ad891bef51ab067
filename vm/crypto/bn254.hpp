#pragma once
#include <array>
#include <optional>
#include <span>

#include "vm/crypto/pairing.hpp"

/// The curve of EIP-196 and EIP-197, also called alt_bn128: y^2 = x^3 + 3 over Fp, a Barreto-Naehrig curve.
namespace talea::vm::bn254 {

/// The curve's parameter, of which all else follows: p = 36 t^4 + 36 t^3 + 24 t^2 + 6 t + 1 and
/// order = 36 t^4 + 36 t^3 + 18 t^2 + 6 t + 1.
inline constexpr std::uint64_t t = 4965661367192848881;

struct Prime {
    static constexpr auto modulus =
        limbs_from_hex<4>("0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47");
};
using Fp = PrimeField<Prime>;
using Fp2 = QuadraticField<Fp>;
using G1 = AffinePoint<Fp>;   ///< all points of the curve are in the group
using G2 = AffinePoint<Fp2>;  ///< of the twist y^2 = x^3 + 3 / xi

/// The number of points in G1, in G2, and of their pairings.
inline constexpr u256 order{0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029};
inline constexpr Fp b = Fp::from_small(3);
/// 3 / xi = 3 (9 - u) / 82.
inline constexpr Fp2 twist_b{Fp::from_hex("0x2b149d40ceb8aaae81be18991be06ac3b5b4c5e559dbefa33267e6dc24a138e5"),
                             Fp::from_hex("0x9713b03af0fed4cd2cafadeed8fdf4a74fa084e52d1852e4a2bd0685c315d2")};
inline constexpr G1 g1_generator{Fp::from_small(1), Fp::from_small(2)};
inline constexpr G2 g2_generator{// EIP-197
                                 {Fp::from_hex("0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"),
                                  Fp::from_hex("0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2")},
                                 {Fp::from_hex("0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"),
                                  Fp::from_hex("0x90689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b")}};

/// What the templates of the tower and of the pairing ask.
struct Curve {
    using Fp = bn254::Fp;
    using Fp2 = bn254::Fp2;
    static Fp2 times_xi(const Fp2& a) {  // xi = 9 + u
        const Fp2 nine = a.doubled().doubled().doubled() + a;
        return {nine.c0 - a.c1, nine.c1 + a.c0};
    }
    static Fp2 times_twist_b(const Fp2& a) { return a * twist_b; }
    static constexpr Twist twist = Twist::d;
    /// 6 t + 2, then two more steps (F. Vercauteren, Optimal Pairings, 2008).
    static constexpr SparseDigits loop = sparse_digits(uint128{t} * 6 + 2);
    static constexpr bool loop_is_negative = false;
    static constexpr bool loop_ends_with_frobenius = true;
    /// The power p on the curve over Fp12, seen on the twist; on G2 it multiplies by p.
    static AffinePoint<Fp2> frobenius_endomorphism(const AffinePoint<Fp2>& q);
};
using Fp12 = DodecicField<Curve>;

/// 64 bytes: x, y, the most significant byte first, zeros for infinity. Nothing for a coordinate that is not below p,
/// and for a point that is not on the curve.
[[nodiscard]] std::optional<G1> decode_g1(BytesView bytes);
/// 128 bytes: x, y, the coefficient of u first. Nothing also for a point of the twist that is not in the group.
[[nodiscard]] std::optional<G2> decode_g2(BytesView bytes);
[[nodiscard]] std::array<std::uint8_t, 64> encode(const G1& point);

/// Whether a point of the twist has the order of the group.
[[nodiscard]] bool is_in_group(const G2& point);

/// The scalar is not reduced: any 256 bits.
[[nodiscard]] G1 multiply(const G1& point, const u256& scalar);

/// f^((p^12 - 1) / order * 2 t (6 t^2 + 3 t + 1)).
[[nodiscard]] Fp12 final_exponentiation(const Fp12& f);
/// Whether the pairings of the inputs multiply to 1.
[[nodiscard]] bool pairings_cancel(std::span<const PairingInput<Curve>> inputs);

}  // namespace talea::vm::bn254
