#include "vm/crypto/keccak.hpp"

#include <algorithm>
#include <bit>
#include <vector>

#include "vm/base/check.hpp"
#include "vm/crypto/keccak_implementation.hpp"
#include "vm/crypto/keccak_round.hpp"

namespace talea::vm {
namespace {

constexpr std::size_t rate_bytes = 136;  // 1600 bits less twice the 256 of the digest
constexpr std::size_t rate_lanes = rate_bytes / 8;

// Padding of a message that ends inside the only block: 0x01 after it, 0x80 in the block's last byte.
constexpr std::uint64_t first_pad = 0x01;
constexpr std::uint64_t last_pad = 0x8000000000000000;

template <class Lane>
[[gnu::always_inline]] inline std::uint64_t low_word(const Lane& lane) {
    if constexpr (sizeof(Lane) == sizeof(std::uint64_t))
        return lane;
    else
        return lane[0];
}

[[gnu::always_inline]] inline std::uint64_t lane_at(const std::uint8_t* block, std::size_t index) {
    std::uint64_t lane;
    std::memcpy(&lane, block + 8 * index, 8);
    return lane;
}

template <class Lane>
[[gnu::always_inline]] inline void permute_lanes(KeccakLanes& lanes) {
    Lane a[25], e[25];
    for (std::size_t i = 0; i < 25; ++i) a[i] = Lane{} + lanes[i];
    for (std::size_t round = 0; round < 24; round += 2) {
        keccak_round(a, e, keccak_round_constants[round]);
        keccak_round(e, a, keccak_round_constants[round + 1]);
    }
    for (std::size_t i = 0; i < 25; ++i) lanes[i] = low_word(a[i]);
}

/// The digest's lanes, of a message of `words` lanes that fits one block: what of the block is known beforehand folds
/// into the first round.
template <class Lane, std::size_t words>
[[gnu::always_inline]] inline KeccakDigest digest_of_block(const std::array<std::uint64_t, words>& message) {
    static_assert(words < rate_lanes - 1, "both ends of the padding have lanes of their own");
    Lane a[25] = {}, e[25];
    for (std::size_t i = 0; i < words; ++i) a[i] = Lane{} + message[i];
    a[words] = Lane{} + first_pad;
    a[rate_lanes - 1] = Lane{} + last_pad;
    keccak_round(a, e, keccak_round_constants[0]);
    for (std::size_t round = 1; round < 23; round += 2) {
        keccak_round(e, a, keccak_round_constants[round]);
        keccak_round(a, e, keccak_round_constants[round + 1]);
    }
    keccak_round<true>(e, a, keccak_round_constants[23]);
    return {low_word(a[0]), low_word(a[1]), low_word(a[2]), low_word(a[3])};
}

/// Each state in its own element of the vectors. They are worked on where they lie: of a copy, clang joins two in a
/// register of twice their size, and takes half as long again.
template <class Four>
[[gnu::always_inline]] inline void absorb_vectors(KeccakLanesOf4& states,
                                                  const std::array<const std::uint8_t*, 4>& blocks) {
    auto* a = reinterpret_cast<Four*>(states.lanes.data());
    Four e[25];
    static_assert(sizeof e == sizeof states.lanes);
    for (std::size_t i = 0; i + 4 <= rate_lanes; i += 4) {
        Four b0, b1, b2, b3;
        std::memcpy(&b0, blocks[0] + 8 * i, sizeof b0);
        std::memcpy(&b1, blocks[1] + 8 * i, sizeof b1);
        std::memcpy(&b2, blocks[2] + 8 * i, sizeof b2);
        std::memcpy(&b3, blocks[3] + 8 * i, sizeof b3);
        const Four even01 = __builtin_shufflevector(b0, b1, 0, 4, 2, 6);
        const Four odd01 = __builtin_shufflevector(b0, b1, 1, 5, 3, 7);
        const Four even23 = __builtin_shufflevector(b2, b3, 0, 4, 2, 6);
        const Four odd23 = __builtin_shufflevector(b2, b3, 1, 5, 3, 7);
        a[i] ^= __builtin_shufflevector(even01, even23, 0, 1, 4, 5);
        a[i + 1] ^= __builtin_shufflevector(odd01, odd23, 0, 1, 4, 5);
        a[i + 2] ^= __builtin_shufflevector(even01, even23, 2, 3, 6, 7);
        a[i + 3] ^= __builtin_shufflevector(odd01, odd23, 2, 3, 6, 7);
    }
    static_assert(rate_lanes % 4 == 1);
    a[rate_lanes - 1] ^= Four{lane_at(blocks[0], rate_lanes - 1), lane_at(blocks[1], rate_lanes - 1),
                              lane_at(blocks[2], rate_lanes - 1), lane_at(blocks[3], rate_lanes - 1)};
    for (std::size_t round = 0; round < 24; round += 2) {
        keccak_round(a, e, keccak_round_constants[round]);
        keccak_round(e, a, keccak_round_constants[round + 1]);
    }
}

void baseline_permute(KeccakLanes& lanes) {
    permute_lanes<std::uint64_t>(lanes);
}
KeccakDigest baseline_of_4(const std::array<std::uint64_t, 4>& message) {
    return digest_of_block<std::uint64_t>(message);
}
KeccakDigest baseline_of_8(const std::array<std::uint64_t, 8>& message) {
    return digest_of_block<std::uint64_t>(message);
}
constexpr KeccakImplementation baseline{"baseline", baseline_permute, baseline_of_4, baseline_of_8, nullptr};

#if defined(__x86_64__)
// ANDN and RORX do chi and rho in fewer instructions: half of the baseline's time by clang on a Zen 4.
[[gnu::target("bmi,bmi2")]] void bmi_permute(KeccakLanes& lanes) {
    permute_lanes<std::uint64_t>(lanes);
}
[[gnu::target("bmi,bmi2")]] KeccakDigest bmi_of_4(const std::array<std::uint64_t, 4>& message) {
    return digest_of_block<std::uint64_t>(message);
}
[[gnu::target("bmi,bmi2")]] KeccakDigest bmi_of_8(const std::array<std::uint64_t, 8>& message) {
    return digest_of_block<std::uint64_t>(message);
}

using VectorOf4 [[gnu::vector_size(32), gnu::may_alias]] = std::uint64_t;
// Four in twice the time that BMI takes for one.
[[gnu::target("avx2")]] void avx2_absorb_four(KeccakLanesOf4& states,
                                              const std::array<const std::uint8_t*, 4>& blocks) {
    absorb_vectors<VectorOf4>(states, blocks);
}

// Three operands in one instruction, rotations, and room for all lanes: 0.83 of the time with BMI there.
using VectorLane [[gnu::vector_size(16)]] = std::uint64_t;
[[gnu::target("avx512f,avx512vl")]] void avx512_permute(KeccakLanes& lanes) {
    permute_lanes<VectorLane>(lanes);
}
[[gnu::target("avx512f,avx512vl")]] KeccakDigest avx512_of_4(const std::array<std::uint64_t, 4>& message) {
    return digest_of_block<VectorLane>(message);
}
[[gnu::target("avx512f,avx512vl")]] KeccakDigest avx512_of_8(const std::array<std::uint64_t, 8>& message) {
    return digest_of_block<VectorLane>(message);
}
[[gnu::target("avx512f,avx512vl")]] void avx512_absorb_four(KeccakLanesOf4& states,
                                                            const std::array<const std::uint8_t*, 4>& blocks) {
    absorb_vectors<VectorOf4>(states, blocks);
}

constexpr KeccakImplementation all[] = {baseline,
                                        {"bmi", bmi_permute, bmi_of_4, bmi_of_8, nullptr},
                                        {"avx2", bmi_permute, bmi_of_4, bmi_of_8, avx2_absorb_four},
                                        {"avx512", avx512_permute, avx512_of_4, avx512_of_8, avx512_absorb_four}};

std::size_t runnable() {
    __builtin_cpu_init();  // may run before main
    if (!__builtin_cpu_supports("bmi") || !__builtin_cpu_supports("bmi2")) return 1;
    if (!__builtin_cpu_supports("avx2")) return 2;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") ? 4 : 3;
}
#else
constexpr KeccakImplementation all[] = {baseline};
std::size_t runnable() {
    return 1;
}
#endif

constinit KeccakImplementation chosen = baseline;  // until the next line has run
[[maybe_unused]] const bool has_chosen = (chosen = keccak_implementations().back(), true);

static_assert(std::endian::native == std::endian::little, "lanes are little-endian and are read in place");

using Block = std::array<std::uint8_t, rate_bytes>;

/// Blocks of a message with its padding, which always takes a byte.
std::size_t block_count(BytesView message) {
    return message.size() / rate_bytes + 1;
}

/// The block that the message ends in.
Block last_block(BytesView message) {
    Block last{};
    const std::size_t whole = message.size() - message.size() % rate_bytes;
    if (whole != message.size()) std::memcpy(last.data(), message.data() + whole, message.size() - whole);
    last[message.size() - whole] = first_pad;
    last[rate_bytes - 1] |= last_pad >> 56;
    return last;
}

void absorb_block(KeccakLanes& lanes, const std::uint8_t* block) {
    for (std::size_t i = 0; i < rate_lanes; ++i) lanes[i] ^= lane_at(block, i);
    chosen.permute(lanes);
}

/// Digests of the up to four messages that `order` numbers, the shortest first.
void digest_four(std::span<const BytesView> messages, std::span<const std::uint32_t> order, std::span<Hash> digests) {
    KeccakLanesOf4 states;
    std::array<Block, 4> last{};
    std::array<const std::uint8_t*, 4> blocks;
    for (std::size_t one = 0; one < order.size(); ++one) last[one] = last_block(messages[order[one]]);
    for (std::size_t block = 0, first = 0; first < order.size(); ++block) {
        for (std::size_t one = 0; one < 4; ++one) {
            const bool goes_on = one < order.size() && block + 1 < block_count(messages[order[one]]);
            blocks[one] = goes_on ? messages[order[one]].data() + block * rate_bytes : last[one].data();
        }
        chosen.absorb_four(states, blocks);
        for (; first < order.size() && block_count(messages[order[first]]) == block + 1; ++first)
            for (std::size_t i = 0; i < 4; ++i)
                std::memcpy(digests[order[first]].bytes.data() + 8 * i, &states.lanes[i][first], 8);
    }
}

/// A number's big-endian bytes as lanes, and back.
[[gnu::always_inline]] inline KeccakDigest swapped(const KeccakDigest& words) {
    return {__builtin_bswap64(words[3]), __builtin_bswap64(words[2]), __builtin_bswap64(words[1]),
            __builtin_bswap64(words[0])};
}
u256 number_of(const KeccakDigest& digest) {
    const KeccakDigest limbs = swapped(digest);
    return {limbs[0], limbs[1], limbs[2], limbs[3]};
}

}  // namespace

std::span<const KeccakImplementation> keccak_implementations() {
    return std::span(all).first(runnable());
}

Hash keccak256(BytesView data) {
    KeccakLanes lanes{};
    const std::uint8_t* at = data.data();
    for (std::size_t left = block_count(data); left > 1; --left, at += rate_bytes) absorb_block(lanes, at);
    absorb_block(lanes, last_block(data).data());
    Hash digest;
    std::memcpy(digest.bytes.data(), lanes.data(), digest.bytes.size());
    return digest;
}

void keccak256_each(std::span<const BytesView> messages, std::span<Hash> digests) {
    check(messages.size() == digests.size(), "each message has a place for its digest");
    // By how many blocks they take, so that four end together.
    std::vector<std::uint32_t> order(messages.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {}, [&](std::uint32_t i) { return block_count(messages[i]); });
    for (std::span<const std::uint32_t> left = order; !left.empty();) {
        const auto four = left.first(std::min<std::size_t>(4, left.size()));
        if (four.size() > 1 && chosen.absorb_four != nullptr)
            digest_four(messages, four, digests);
        else
            for (const std::uint32_t i : four) digests[i] = keccak256(messages[i]);
        left = left.subspan(four.size());
    }
}

u256 keccak256_word(const u256& word) {
    return number_of(chosen.of_4(swapped(word.limbs)));
}

u256 keccak256_pair(const u256& first, const u256& second) {
    const KeccakDigest upper = swapped(first.limbs), lower = swapped(second.limbs);
    return number_of(chosen.of_8({upper[0], upper[1], upper[2], upper[3], lower[0], lower[1], lower[2], lower[3]}));
}

// A constant, not a call: other files' constants may be made from it before this file's are.
constinit const Hash empty_code_hash{{0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d,
                                      0xb2, 0xdc, 0xc7, 0x03, 0xc0, 0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82,
                                      0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}};

}  // namespace talea::vm
