#include "vm/crypto/keccak.hpp"

#include <bit>

namespace talea::vm {
namespace {

constexpr std::size_t rate_bytes = 136;  // 1600 bits less twice the 256 of the digest
constexpr std::size_t rate_lanes = rate_bytes / 8;

using Lanes = std::array<std::uint64_t, 25>;  // lane (x, y) at x + 5 y

// The iota step's constants (Keccak reference 3.0, section 1.2).
constexpr std::array<std::uint64_t, 24> round_constants = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

/// Writes one row of five lanes: chi over lanes that theta, rho and pi have already moved here.
[[gnu::always_inline]] inline void chi(std::uint64_t* row, std::uint64_t b0, std::uint64_t b1, std::uint64_t b2,
                                       std::uint64_t b3, std::uint64_t b4) {
    row[0] = b0 ^ (~b1 & b2);
    row[1] = b1 ^ (~b2 & b3);
    row[2] = b2 ^ (~b3 & b4);
    row[3] = b3 ^ (~b4 & b0);
    row[4] = b4 ^ (~b0 & b1);
}

/// One round from `a` to `e`, unrolled so that every index and rotation is a constant: rotations and sources of each
/// row are those of rho and pi.
[[gnu::always_inline]] inline void keccak_round(const std::uint64_t* a, std::uint64_t* e, std::uint64_t constant) {
    const std::uint64_t c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20], c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21],
                        c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22], c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23],
                        c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
    const std::uint64_t d0 = c4 ^ std::rotl(c1, 1), d1 = c0 ^ std::rotl(c2, 1), d2 = c1 ^ std::rotl(c3, 1),
                        d3 = c2 ^ std::rotl(c4, 1), d4 = c3 ^ std::rotl(c0, 1);
    chi(e, a[0] ^ d0, std::rotl(a[6] ^ d1, 44), std::rotl(a[12] ^ d2, 43), std::rotl(a[18] ^ d3, 21),
        std::rotl(a[24] ^ d4, 14));
    e[0] ^= constant;
    chi(e + 5, std::rotl(a[3] ^ d3, 28), std::rotl(a[9] ^ d4, 20), std::rotl(a[10] ^ d0, 3), std::rotl(a[16] ^ d1, 45),
        std::rotl(a[22] ^ d2, 61));
    chi(e + 10, std::rotl(a[1] ^ d1, 1), std::rotl(a[7] ^ d2, 6), std::rotl(a[13] ^ d3, 25), std::rotl(a[19] ^ d4, 8),
        std::rotl(a[20] ^ d0, 18));
    chi(e + 15, std::rotl(a[4] ^ d4, 27), std::rotl(a[5] ^ d0, 36), std::rotl(a[11] ^ d1, 10),
        std::rotl(a[17] ^ d2, 15), std::rotl(a[23] ^ d3, 56));
    chi(e + 20, std::rotl(a[2] ^ d2, 62), std::rotl(a[8] ^ d3, 55), std::rotl(a[14] ^ d4, 39),
        std::rotl(a[15] ^ d0, 41), std::rotl(a[21] ^ d1, 2));
}

[[gnu::always_inline]] inline void permute_rounds(Lanes& lanes) {
    std::uint64_t a[25], e[25];
    std::memcpy(a, lanes.data(), sizeof a);
    for (std::size_t round = 0; round < 24; round += 2) {
        keccak_round(a, e, round_constants[round]);
        keccak_round(e, a, round_constants[round + 1]);
    }
    std::memcpy(lanes.data(), a, sizeof a);
}

void permute_baseline(Lanes& lanes) {
    permute_rounds(lanes);
}

#if defined(__x86_64__)
// The same with ANDN and RORX, which do chi and rho in fewer instructions; the result is equal by construction.
[[gnu::target("bmi,bmi2")]] void permute_bmi(Lanes& lanes) {
    permute_rounds(lanes);
}
bool has_bmi() {
    __builtin_cpu_init();  // may run before main
    return __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}
const bool use_bmi = has_bmi();  // false until it is set, and either answer is right
inline void permute(Lanes& lanes) {
    use_bmi ? permute_bmi(lanes) : permute_baseline(lanes);
}
#else
inline void permute(Lanes& lanes) {
    permute_baseline(lanes);
}
#endif

static_assert(std::endian::native == std::endian::little, "lanes are little-endian and are read in place");

void absorb_block(Lanes& lanes, const std::uint8_t* block) {
    for (std::size_t i = 0; i < rate_lanes; ++i) {
        std::uint64_t lane;
        std::memcpy(&lane, block + 8 * i, 8);
        lanes[i] ^= lane;
    }
    permute(lanes);
}

/// The digest as a number whose big-endian bytes it is.
u256 digest_word(const Lanes& lanes) {
    return {__builtin_bswap64(lanes[3]), __builtin_bswap64(lanes[2]), __builtin_bswap64(lanes[1]),
            __builtin_bswap64(lanes[0])};
}

void load_word(std::uint64_t* lanes, const u256& word) {
    for (std::size_t i = 0; i < 4; ++i) lanes[i] = __builtin_bswap64(word.limbs[3 - i]);
}

// Padding of a message that ends inside the only block: 0x01 after it, 0x80 in the block's last byte.
constexpr std::uint64_t first_pad = 0x01;
constexpr std::uint64_t last_pad = 0x8000000000000000;

}  // namespace

Hash keccak256(BytesView data) {
    Lanes lanes{};
    const std::uint8_t* at = data.data();
    std::size_t left = data.size();
    for (; left >= rate_bytes; left -= rate_bytes, at += rate_bytes) absorb_block(lanes, at);

    std::array<std::uint8_t, rate_bytes> last{};
    if (left != 0) std::memcpy(last.data(), at, left);
    last[left] = 0x01;
    last[rate_bytes - 1] |= 0x80;
    absorb_block(lanes, last.data());
    Hash digest;
    std::memcpy(digest.bytes.data(), lanes.data(), digest.bytes.size());
    return digest;
}

u256 keccak256_word(const u256& word) {
    Lanes lanes{};
    load_word(lanes.data(), word);
    lanes[4] = first_pad;
    lanes[rate_lanes - 1] = last_pad;
    permute(lanes);
    return digest_word(lanes);
}

u256 keccak256_pair(const u256& first, const u256& second) {
    Lanes lanes{};
    load_word(lanes.data(), first);
    load_word(lanes.data() + 4, second);
    lanes[8] = first_pad;
    lanes[rate_lanes - 1] = last_pad;
    permute(lanes);
    return digest_word(lanes);
}

// A constant, not a call: other files' constants may be made from it before this file's are.
constinit const Hash empty_code_hash{{0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d,
                                      0xb2, 0xdc, 0xc7, 0x03, 0xc0, 0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82,
                                      0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}};

}  // namespace talea::vm
