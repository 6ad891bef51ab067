#include "vm/interpreter/curve_precompiles.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "vm/crypto/bls12_381.hpp"
#include "vm/crypto/bn254.hpp"
#include "vm/crypto/kzg.hpp"

namespace talea::vm {
namespace {

PrecompileResult fail() {
    return {};
}
PrecompileResult give(Gas gas_left, BytesView output) {
    return {true, gas_left, to_bytes(output)};
}
PrecompileResult give_truth(Gas gas_left, bool truth) {
    return give(gas_left, u256{truth ? 1U : 0U}.to_be_bytes());
}
/// The first `size` bytes of the input; it reads as if zeros followed it.
template <std::size_t size>
std::array<std::uint8_t, size> head(BytesView input) {
    std::array<std::uint8_t, size> out{};
    std::copy_n(input.begin(), std::min(size, input.size()), out.begin());
    return out;
}

/// What a sum of k multiples costs each, in thousandths of one alone: entry k - 1, the last for all longer sums
/// (EIP-2537, "G1/G2 MSM").
constexpr std::array<std::uint16_t, 128> g1_discounts{
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669, 665, 661, 658, 654,
    651,  648, 645, 642, 640, 637, 635, 632, 630, 627, 625, 623, 621, 619, 617, 615, 613, 611, 609, 608, 606, 604,
    603,  601, 599, 598, 596, 595, 593, 592, 591, 589, 588, 586, 585, 584, 582, 581, 580, 579, 577, 576, 575, 574,
    573,  572, 570, 569, 568, 567, 566, 565, 564, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551,
    550,  549, 548, 547, 547, 546, 545, 544, 543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532,
    532,  531, 530, 529, 528, 528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519};
constexpr std::array<std::uint16_t, 128> g2_discounts{
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711, 704, 699, 693, 688, 683,
    679,  674,  670, 666, 663, 659, 655, 652, 649, 646, 643, 640, 637, 634, 632, 629, 627, 624, 622, 620, 618, 615,
    613,  611,  609, 607, 606, 604, 602, 600, 598, 597, 595, 593, 592, 590, 589, 587, 586, 584, 583, 582, 580, 579,
    578,  576,  575, 574, 573, 571, 570, 569, 568, 567, 566, 565, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554,
    553,  552,  552, 551, 550, 549, 548, 547, 546, 545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536,
    535,  535,  534, 533, 532, 532, 531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524};

Gas msm_price(std::size_t count, Gas one, std::span<const std::uint16_t, 128> discounts) {
    const std::uint16_t discount = discounts[std::min(count, discounts.size()) - 1];
    return static_cast<Gas>(count) * one * discount / 1000;
}

/// The two groups of BLS12-381 to one template.
struct BlsG1 {
    static constexpr std::size_t bytes = 128;
    static constexpr Gas add_price = 375, multiply_price = 12000;
    static constexpr const auto& discounts = g1_discounts;
    using Field = bls12_381::Fp;
    static auto decode(BytesView input) { return bls12_381::decode_g1(input); }
};
struct BlsG2 {
    static constexpr std::size_t bytes = 256;
    static constexpr Gas add_price = 600, multiply_price = 22500;
    static constexpr const auto& discounts = g2_discounts;
    using Field = bls12_381::Fp2;
    static auto decode(BytesView input) { return bls12_381::decode_g2(input); }
};

template <class Group>
PrecompileResult bls12_add(BytesView input, Gas gas) {
    const Gas left = gas - Group::add_price;
    if (left < 0 || input.size() != 2 * Group::bytes) return fail();
    const auto a = Group::decode(input.first(Group::bytes)), b = Group::decode(input.last(Group::bytes));
    return a && b ? give(left, bls12_381::encode(*a + *b)) : fail();
}

template <class Group>
PrecompileResult bls12_msm(BytesView input, Gas gas) {
    constexpr std::size_t term_bytes = Group::bytes + 32;
    const std::size_t count = input.size() / term_bytes;
    if (count == 0 || input.size() % term_bytes != 0) return fail();
    const Gas left = gas - msm_price(count, Group::multiply_price, Group::discounts);
    if (left < 0) return fail();
    std::vector<Term<typename Group::Field>> terms;
    terms.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const BytesView bytes = input.subspan(term_bytes * i, term_bytes);
        const auto point = Group::decode(bytes.first(Group::bytes));
        if (!point || !bls12_381::is_in_group(*point)) return fail();
        terms.push_back({*point, u256::from_be_bytes(bytes.last(32))});
    }
    return give(left, bls12_381::encode(bls12_381::sum_of_multiples(terms)));
}

}  // namespace

PrecompileResult bn254_add(Fork, BytesView input, Gas gas) {
    constexpr Gas price = 150;
    if (gas < price) return fail();
    const auto bytes = head<128>(input);
    const auto a = bn254::decode_g1(BytesView{bytes}.first(64)), b = bn254::decode_g1(BytesView{bytes}.last(64));
    return a && b ? give(gas - price, bn254::encode(*a + *b)) : fail();
}

PrecompileResult bn254_multiply(Fork, BytesView input, Gas gas) {
    constexpr Gas price = 6000;
    if (gas < price) return fail();
    const auto bytes = head<96>(input);
    const auto point = bn254::decode_g1(BytesView{bytes}.first(64));
    if (!point) return fail();
    const u256 scalar = u256::from_be_bytes(BytesView{bytes}.last(32));
    return give(gas - price, bn254::encode(bn254::multiply(*point, scalar)));
}

PrecompileResult bn254_pairing(Fork, BytesView input, Gas gas) {
    constexpr std::size_t pair_bytes = 192;
    const std::size_t count = input.size() / pair_bytes;
    const Gas left = gas - 45000 - 34000 * static_cast<Gas>(count);
    if (left < 0 || input.size() % pair_bytes != 0) return fail();
    std::vector<PairingInput<bn254::Curve>> pairs;
    pairs.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const BytesView pair = input.subspan(pair_bytes * i, pair_bytes);
        const auto p = bn254::decode_g1(pair.first(64));
        if (!p) return fail();
        const auto q = bn254::decode_g2(pair.last(128));
        if (!q) return fail();
        pairs.push_back({*p, *q});
    }
    return give_truth(left, bn254::pairings_cancel(pairs));
}

PrecompileResult point_evaluation(Fork, BytesView input, Gas gas) {
    constexpr Gas price = 50000;
    constexpr std::uint64_t field_elements_per_blob = 4096;
    if (gas < price || input.size() != 192) return fail();
    const KzgOpening opening{.commitment = input.subspan(96, 48),
                             .z = u256::from_be_bytes(input.subspan(32, 32)),
                             .y = u256::from_be_bytes(input.subspan(64, 32)),
                             .proof = input.subspan(144, 48)};
    if (!equal(view(kzg_versioned_hash(opening.commitment)), input.first(32)) || !verify_kzg(opening)) return fail();
    Bytes output = to_bytes(u256{field_elements_per_blob}.to_be_bytes());
    append(output, bls12_381::order.to_be_bytes());
    return give(gas - price, output);
}

PrecompileResult bls12_g1_add(Fork, BytesView input, Gas gas) {
    return bls12_add<BlsG1>(input, gas);
}
PrecompileResult bls12_g1_msm(Fork, BytesView input, Gas gas) {
    return bls12_msm<BlsG1>(input, gas);
}
PrecompileResult bls12_g2_add(Fork, BytesView input, Gas gas) {
    return bls12_add<BlsG2>(input, gas);
}
PrecompileResult bls12_g2_msm(Fork, BytesView input, Gas gas) {
    return bls12_msm<BlsG2>(input, gas);
}

PrecompileResult bls12_pairing_check(Fork, BytesView input, Gas gas) {
    constexpr std::size_t pair_bytes = BlsG1::bytes + BlsG2::bytes;
    const std::size_t count = input.size() / pair_bytes;
    const Gas left = gas - 37700 - 32600 * static_cast<Gas>(count);
    if (left < 0 || count == 0 || input.size() % pair_bytes != 0) return fail();
    std::vector<PairingInput<bls12_381::Curve>> pairs;
    pairs.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const BytesView pair = input.subspan(pair_bytes * i, pair_bytes);
        const auto p = bls12_381::decode_g1(pair.first(BlsG1::bytes));
        if (!p || !bls12_381::is_in_group(*p)) return fail();
        const auto q = bls12_381::decode_g2(pair.last(BlsG2::bytes));
        if (!q || !bls12_381::is_in_group(*q)) return fail();
        pairs.push_back({*p, *q});
    }
    return give_truth(left, bls12_381::pairings_cancel(pairs));
}

PrecompileResult bls12_map_fp_to_g1(Fork, BytesView input, Gas gas) {
    constexpr Gas price = 5500;
    if (gas < price || input.size() != 64) return fail();
    const auto u = bls12_381::decode_fp(input);
    return u ? give(gas - price, bls12_381::encode(bls12_381::map_to_g1(*u))) : fail();
}
PrecompileResult bls12_map_fp2_to_g2(Fork, BytesView input, Gas gas) {
    constexpr Gas price = 23800;
    if (gas < price || input.size() != 128) return fail();
    const auto u = bls12_381::decode_fp2(input);
    return u ? give(gas - price, bls12_381::encode(bls12_381::map_to_g2(*u))) : fail();
}

}  // namespace talea::vm
