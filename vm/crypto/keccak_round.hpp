#pragma once
#include <array>
#include <cstdint>

// The permutation is written once, over lanes of a type: a machine word, also while compiling, the lower half of a
// vector register where the processor has 32 of those and joins three operands in one instruction, or a vector with the
// same lane of several states.
namespace talea::vm {

/// The iota step's constants (Keccak reference 3.0, section 1.2).
inline constexpr std::array<std::uint64_t, 24> keccak_round_constants = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

namespace keccak_step {

template <unsigned bits, class Lane>
[[gnu::always_inline]] constexpr Lane rotated(Lane a) {
    return (a << bits) | (a >> (64 - bits));
}

/// Writes one row of five lanes: chi over lanes that theta, rho and pi have already moved here.
template <class Lane>
[[gnu::always_inline]] constexpr void chi(Lane* row, Lane b0, Lane b1, Lane b2, Lane b3, Lane b4) {
    row[0] = b0 ^ (~b1 & b2);
    row[1] = b1 ^ (~b2 & b3);
    row[2] = b2 ^ (~b3 & b4);
    row[3] = b3 ^ (~b4 & b0);
    row[4] = b4 ^ (~b0 & b1);
}

}  // namespace keccak_step

/// One round from `a` to `e`, unrolled so that every index and rotation is a constant: rotations and sources of each
/// row are those of rho and pi. The last round of a digest needs the first row only.
template <bool first_row_only = false, class Lane>
[[gnu::always_inline]] constexpr void keccak_round(const Lane* a, Lane* e, std::uint64_t constant) {
    using keccak_step::chi, keccak_step::rotated;
    const Lane c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20], c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21],
               c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22], c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23],
               c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
    const Lane d0 = c4 ^ rotated<1>(c1), d1 = c0 ^ rotated<1>(c2), d2 = c1 ^ rotated<1>(c3), d3 = c2 ^ rotated<1>(c4),
               d4 = c3 ^ rotated<1>(c0);
    chi(e, a[0] ^ d0, rotated<44>(a[6] ^ d1), rotated<43>(a[12] ^ d2), rotated<21>(a[18] ^ d3),
        rotated<14>(a[24] ^ d4));
    e[0] ^= Lane{} + constant;
    if constexpr (first_row_only) return;
    chi(e + 5, rotated<28>(a[3] ^ d3), rotated<20>(a[9] ^ d4), rotated<3>(a[10] ^ d0), rotated<45>(a[16] ^ d1),
        rotated<61>(a[22] ^ d2));
    chi(e + 10, rotated<1>(a[1] ^ d1), rotated<6>(a[7] ^ d2), rotated<25>(a[13] ^ d3), rotated<8>(a[19] ^ d4),
        rotated<18>(a[20] ^ d0));
    chi(e + 15, rotated<27>(a[4] ^ d4), rotated<36>(a[5] ^ d0), rotated<10>(a[11] ^ d1), rotated<15>(a[17] ^ d2),
        rotated<56>(a[23] ^ d3));
    chi(e + 20, rotated<62>(a[2] ^ d2), rotated<55>(a[8] ^ d3), rotated<39>(a[14] ^ d4), rotated<41>(a[15] ^ d0),
        rotated<2>(a[21] ^ d1));
}

}  // namespace talea::vm
