#include "vm/interpreter/precompiles.hpp"

#include <algorithm>
#include <array>

#include "vm/base/check.hpp"
#include "vm/crypto/digest.hpp"
#include "vm/crypto/modexp.hpp"
#include "vm/crypto/p256.hpp"
#include "vm/crypto/secp256k1.hpp"
#include "vm/interpreter/curve_precompiles.hpp"

namespace talea::vm {
namespace {

PrecompileResult fail() {
    return {};
}
PrecompileResult give(Gas gas_left, Bytes output = {}) {
    return {true, gas_left, std::move(output)};
}
Gas words(BytesView input) {
    return static_cast<Gas>((input.size() + 31) / 32);
}
/// `count` bytes from `offset` on; the input reads as if zeros followed it.
Bytes slice(BytesView input, std::size_t offset, std::size_t count) {
    Bytes out(count);
    if (offset < input.size()) {
        const std::size_t there = std::min(count, input.size() - offset);
        std::copy_n(input.begin() + static_cast<std::ptrdiff_t>(offset), there, out.begin());
    }
    return out;
}
u256 word_at(BytesView input, std::size_t offset) {
    return u256::from_be_bytes(slice(input, offset, 32));
}
Bytes padded(const Address& address) {
    Bytes out(12);
    append(out, view(address));
    return out;
}

// Yellow Paper, app. E.1.
PrecompileResult ecrecover(Fork, BytesView input, Gas gas) {
    if (gas < 3000) return fail();
    const u256 v = word_at(input, 32);
    if (v != u256{27} && v != u256{28}) return give(gas - 3000);
    const Signature signature{word_at(input, 64), word_at(input, 96), static_cast<std::uint8_t>(v.low_u64() - 27)};
    const auto signer = recover_address(to_hash(word_at(input, 0)), signature);
    return give(gas - 3000, signer ? padded(*signer) : Bytes{});
}
PrecompileResult sha256_of(Fork, BytesView input, Gas gas) {
    const Gas left = gas - 60 - 12 * words(input);
    return left < 0 ? fail() : give(left, to_bytes(view(sha256(input))));
}
PrecompileResult ripemd160_of(Fork, BytesView input, Gas gas) {
    const Gas left = gas - 600 - 120 * words(input);
    return left < 0 ? fail() : give(left, padded(ripemd160(input)));
}
PrecompileResult identity(Fork, BytesView input, Gas gas) {
    const Gas left = gas - 15 - 3 * words(input);
    return left < 0 ? fail() : give(left, to_bytes(input));
}

// EIP-198, priced by EIP-2565 and since Osaka by EIP-7883 within the bounds of EIP-7823.
PrecompileResult modular_exponentiation(Fork fork, BytesView input, Gas gas) {
    constexpr std::uint64_t osaka_length_max = 1024;
    constexpr std::uint64_t payable_length_max = 0xffffffff;  // a longer operand costs above 2^35 gas
    const bool osaka = fork >= Fork::osaka;
    const u256 base_length = word_at(input, 0), exponent_length = word_at(input, 32),
               modulus_length = word_at(input, 64);
    const u256 longest = std::max(base_length, modulus_length);
    const u256 length_max{osaka ? osaka_length_max : payable_length_max};
    if (osaka && std::max(longest, exponent_length) > length_max) return fail();
    if (longest.is_zero() && !osaka)  // nothing to multiply, whatever the exponent's length says
        return gas < 200 ? fail() : give(gas - 200);
    if (std::max(longest, exponent_length) > length_max) return fail();

    const std::size_t base_bytes = base_length.low_u64(), exponent_bytes = exponent_length.low_u64(),
                      modulus_bytes = modulus_length.low_u64();
    const u256 head = u256::from_be_bytes(slice(input, 96 + base_bytes, std::min<std::size_t>(exponent_bytes, 32)));
    std::uint64_t iterations = head.is_zero() ? 0 : head.bit_width() - 1;
    if (exponent_bytes > 32) iterations += (osaka ? 16 : 8) * (exponent_bytes - 32);
    iterations = std::max<std::uint64_t>(iterations, 1);
    const std::uint64_t limbs = (longest.low_u64() + 7) / 8;
    uint128 cost = uint128{limbs} * limbs;
    if (osaka) {
        cost = longest.low_u64() <= 32 ? 16 : 2 * cost;
        cost = std::max<uint128>(cost * iterations, 500);
    } else {
        cost = std::max<uint128>(cost * iterations / 3, 200);
    }
    if (static_cast<uint128>(gas) < cost) return fail();
    const Gas left = gas - static_cast<Gas>(cost);
    if (modulus_bytes == 0) return give(left);
    return give(left, modexp(slice(input, 96, base_bytes), slice(input, 96 + base_bytes, exponent_bytes),
                             slice(input, 96 + base_bytes + exponent_bytes, modulus_bytes)));
}

// EIP-152.
PrecompileResult blake2f(Fork, BytesView input, Gas gas) {
    if (input.size() != 213 || input[212] > 1) return fail();
    std::uint32_t rounds = 0;
    for (std::size_t i = 0; i < 4; ++i) rounds = rounds << 8 | input[i];
    if (gas < static_cast<Gas>(rounds)) return fail();
    const auto limbs_at = [&](std::uint64_t* to, std::size_t count, std::size_t offset) {
        for (std::size_t i = 0; i < count; ++i) {
            to[i] = 0;
            for (std::size_t byte = 8; byte-- > 0;) to[i] = to[i] << 8 | input[offset + 8 * i + byte];
        }
    };
    std::uint64_t h[8], m[16], t[2];
    limbs_at(h, 8, 4), limbs_at(m, 16, 68), limbs_at(t, 2, 196);
    blake2b_compress(rounds, h, m, t, input[212] == 1);
    Bytes out;
    out.reserve(64);
    for (const std::uint64_t limb : h)
        for (unsigned byte = 0; byte < 8; ++byte) out.push_back(static_cast<std::uint8_t>(limb >> (8 * byte)));
    return give(gas - static_cast<Gas>(rounds), std::move(out));
}

// EIP-7951.
PrecompileResult p256_verify(Fork, BytesView input, Gas gas) {
    constexpr Gas price = 6900;
    if (gas < price) return fail();
    if (input.size() != 160) return give(gas - price);
    const bool valid = verify_p256(to_hash(word_at(input, 0)), word_at(input, 32), word_at(input, 64),
                                   word_at(input, 96), word_at(input, 128));
    return give(gas - price, valid ? to_bytes(u256{1}.to_be_bytes()) : Bytes{});
}

struct Precompile {
    std::uint16_t address = 0;
    Fork since = Fork::shanghai;
    PrecompileResult (*run)(Fork, BytesView, Gas) = nullptr;
};
constexpr Precompile precompiles[] = {
    {0x01, Fork::shanghai, ecrecover},
    {0x02, Fork::shanghai, sha256_of},
    {0x03, Fork::shanghai, ripemd160_of},
    {0x04, Fork::shanghai, identity},
    {0x05, Fork::shanghai, modular_exponentiation},
    {0x06, Fork::shanghai, bn254_add},
    {0x07, Fork::shanghai, bn254_multiply},
    {0x08, Fork::shanghai, bn254_pairing},
    {0x09, Fork::shanghai, blake2f},
    {0x0a, Fork::cancun, point_evaluation},
    {0x0b, Fork::prague, bls12_g1_add},
    {0x0c, Fork::prague, bls12_g1_msm},
    {0x0d, Fork::prague, bls12_g2_add},
    {0x0e, Fork::prague, bls12_g2_msm},
    {0x0f, Fork::prague, bls12_pairing_check},
    {0x10, Fork::prague, bls12_map_fp_to_g1},
    {0x11, Fork::prague, bls12_map_fp2_to_g2},
    {0x100, Fork::osaka, p256_verify},
};

/// Null where none stands at `address` in any fork.
const Precompile* find(const Address& address) {
    std::uint64_t first, second;  // asked at every call: nearly all addresses end here
    std::memcpy(&first, address.bytes.data(), 8);
    std::memcpy(&second, address.bytes.data() + 8, 8);
    if ((first | second | address.bytes[16] | address.bytes[17]) != 0) return nullptr;
    const unsigned low = static_cast<unsigned>(address.bytes[18]) << 8 | address.bytes[19];
    for (const Precompile& precompile : precompiles)
        if (precompile.address == low) return &precompile;
    return nullptr;
}

template <Fork fork>
std::span<const Address> addresses() {
    static const std::vector<Address> all = [] {
        std::vector<Address> found;
        for (const Precompile& precompile : precompiles)
            if (precompile.since <= fork) found.push_back(low_address(precompile.address));
        return found;
    }();
    return all;
}

}  // namespace

bool is_precompile(Fork fork, const Address& address) {
    const Precompile* found = find(address);
    return found != nullptr && found->since <= fork;
}

std::span<const Address> precompile_addresses(Fork fork) {
    switch (fork) {
        case Fork::shanghai:
            return addresses<Fork::shanghai>();
        case Fork::cancun:
            return addresses<Fork::cancun>();
        case Fork::prague:
            return addresses<Fork::prague>();
        case Fork::osaka:
            return addresses<Fork::osaka>();
    }
    return {};
}

PrecompileResult run_precompile(Fork fork, const Address& address, BytesView input, Gas gas) {
    const Precompile* found = find(address);
    check(found != nullptr && found->since <= fork, "a precompile stands where one is run");
    return found->run(fork, input, gas);
}

}  // namespace talea::vm
