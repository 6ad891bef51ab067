#pragma once
#include <array>
#include <optional>
#include <span>

#include "vm/crypto/pairing.hpp"

/// The curve of EIP-2537: y^2 = x^3 + 4 over Fp, a Barreto-Lynn-Scott curve.
namespace talea::vm::bls12_381 {

/// X, where -X is the curve's parameter, of which all else follows: order = X^4 - X^2 + 1 and
/// p = (X + 1)^2 order / 3 - X.
inline constexpr std::uint64_t negated_parameter = 0xd201000000010000;

struct Prime {
    static constexpr auto modulus = limbs_from_hex<6>(
        "0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab");
};
using Fp = PrimeField<Prime>;
using Fp2 = QuadraticField<Fp>;
using G1 = AffinePoint<Fp>;   ///< of the curve; the group is a part of it
using G2 = AffinePoint<Fp2>;  ///< of the twist y^2 = x^3 + 4 (1 + u)

/// The number of points in each group, and of their pairings.
inline constexpr u256 order{0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805, 0x73eda753299d7d48};
inline constexpr Fp b = Fp::from_small(4);
inline constexpr Fp2 twist_b{Fp::from_small(4), Fp::from_small(4)};
inline constexpr G1 g1_generator{
    // EIP-2537
    Fp::from_hex("0x17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"),
    Fp::from_hex("0x08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1")};
inline constexpr G2 g2_generator{
    {Fp::from_hex("0x024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"),
     Fp::from_hex(
         "0x13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e")},
    {Fp::from_hex("0x0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801"),
     Fp::from_hex(
         "0x0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be")}};

/// What the templates of the tower and of the pairing ask.
struct Curve {
    using Fp = bls12_381::Fp;
    using Fp2 = bls12_381::Fp2;
    static Fp2 times_xi(const Fp2& a) { return {a.c0 - a.c1, a.c0 + a.c1}; }  // xi = 1 + u
    static Fp2 times_twist_b(const Fp2& a) { return times_xi(a).doubled().doubled(); }
    static constexpr Twist twist = Twist::m;
    static constexpr SparseDigits loop = sparse_digits(negated_parameter);
    static constexpr bool loop_is_negative = true;
    static constexpr bool loop_ends_with_frobenius = false;
};
using Fp12 = DodecicField<Curve>;

/// 128 bytes: x, y, 64 each, the most significant byte first; zeros for infinity. Nothing for a coordinate that is not
/// below p, and for a point that is not on the curve. Not every point of the curve is in the group.
[[nodiscard]] std::optional<G1> decode_g1(BytesView bytes);
/// 256 bytes, for each coordinate the coefficient of 1 and then that of u.
[[nodiscard]] std::optional<G2> decode_g2(BytesView bytes);
/// 64 bytes, and 128.
[[nodiscard]] std::optional<Fp> decode_fp(BytesView bytes);
[[nodiscard]] std::optional<Fp2> decode_fp2(BytesView bytes);
[[nodiscard]] std::array<std::uint8_t, 128> encode(const G1& point);
[[nodiscard]] std::array<std::uint8_t, 256> encode(const G2& point);
/// 48 bytes as the Beacon chain writes a point: x, and in the highest three bits that the point is compressed (always),
/// infinite, of the two the one with the larger y. Nothing for any other writing, and for a point that is not in the
/// group.
[[nodiscard]] std::optional<G1> decompress_g1(BytesView bytes);

[[nodiscard]] bool is_in_group(const G1& point);
[[nodiscard]] bool is_in_group(const G2& point);

/// (x, y) to (beta x, y), where beta^3 = 1; in the group it multiplies by -X^2.
[[nodiscard]] G1 endomorphism(const G1& point);
/// The power p on the curve over Fp12, seen on the twist; in the group it multiplies by p, which is -X modulo the
/// order.
[[nodiscard]] G2 endomorphism(const G2& point);

/// The points must be in the group; the scalars are any 256 bits.
[[nodiscard]] G1 sum_of_multiples(std::span<const Term<Fp>> terms);
[[nodiscard]] G2 sum_of_multiples(std::span<const Term<Fp2>> terms);

/// A root, either one; nothing for what is no square.
[[nodiscard]] std::optional<Fp> square_root(const Fp& a);
[[nodiscard]] std::optional<Fp2> square_root(const Fp2& a);

/// The maps of RFC 9380 (sections 6.6.3 and 8.8) from an element to a point of the group, without the hashing.
[[nodiscard]] G1 map_to_g1(const Fp& u);
[[nodiscard]] G2 map_to_g2(const Fp2& u);

/// f^(3 (p^12 - 1) / order).
[[nodiscard]] Fp12 final_exponentiation(const Fp12& f);
/// Whether the pairings of the inputs, which must be in their groups, multiply to 1.
[[nodiscard]] bool pairings_cancel(std::span<const PairingInput<Curve>> inputs);

}  // namespace talea::vm::bls12_381
