#include "vm/interpreter/curve_precompiles.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "vm/crypto/bn254.hpp"

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

}  // namespace talea::vm
