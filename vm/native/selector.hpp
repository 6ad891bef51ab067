#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "vm/base/u256.hpp"

namespace talea::vm {

/// keccak-256 of an ABI signature while compiling, so that each selector is written as the signature it stands for. A
/// signature fits one block of 136 bytes; a longer one does not compile. At run time there is vm/crypto/keccak.hpp,
/// against which a test holds this one.
consteval u256 signature_hash(std::string_view signature) {
    constexpr std::size_t rate_bytes = 136;
    if (signature.size() >= rate_bytes) throw "the signature must fit one block";
    std::array<std::uint64_t, 25> lanes{};
    const auto absorb = [&lanes](std::size_t at, std::uint8_t byte) {
        lanes[at / 8] ^= std::uint64_t{byte} << 8 * (at % 8);
    };
    for (std::size_t i = 0; i < signature.size(); ++i) absorb(i, static_cast<std::uint8_t>(signature[i]));
    absorb(signature.size(), 0x01);
    absorb(rate_bytes - 1, 0x80);

    std::uint8_t lfsr = 1;  // round constants come from x^8 + x^6 + x^5 + x^4 + 1 (FIPS 202, 3.2.5)
    for (int round = 0; round < 24; ++round) {
        std::array<std::uint64_t, 5> parity{};
        for (std::size_t x = 0; x < 5; ++x)
            for (std::size_t y = 0; y < 5; ++y) parity[x] ^= lanes[x + 5 * y];
        for (std::size_t x = 0; x < 5; ++x)
            for (std::size_t y = 0; y < 5; ++y)
                lanes[x + 5 * y] ^= parity[(x + 4) % 5] ^ std::rotl(parity[(x + 1) % 5], 1);
        std::uint64_t moved = lanes[1];
        std::size_t x = 1, y = 0;
        for (int t = 0; t < 24; ++t) {
            const std::size_t next_y = (2 * x + 3 * y) % 5;
            x = y;
            y = next_y;
            const std::uint64_t replaced = lanes[x + 5 * y];
            lanes[x + 5 * y] = std::rotl(moved, (t + 1) * (t + 2) / 2 % 64);
            moved = replaced;
        }
        for (std::size_t row = 0; row < 25; row += 5) {
            const std::array<std::uint64_t, 5> before{lanes[row], lanes[row + 1], lanes[row + 2], lanes[row + 3],
                                                      lanes[row + 4]};
            for (std::size_t i = 0; i < 5; ++i)
                lanes[row + i] = before[i] ^ (~before[(i + 1) % 5] & before[(i + 2) % 5]);
        }
        for (unsigned j = 0; j < 7; ++j) {
            if ((lfsr & 1) != 0) lanes[0] ^= 1ULL << ((1U << j) - 1);
            lfsr = static_cast<std::uint8_t>(lfsr << 1 ^ ((lfsr & 0x80) != 0 ? 0x71 : 0));
        }
    }
    u256 hash;
    for (std::size_t i = 0; i < 4; ++i) hash.limbs[3 - i] = __builtin_bswap64(lanes[i]);
    return hash;
}

/// The first four bytes, as a function's or an error's selector.
consteval std::uint32_t selector(std::string_view signature) {
    return static_cast<std::uint32_t>(signature_hash(signature).limbs[3] >> 32);
}

}  // namespace talea::vm
