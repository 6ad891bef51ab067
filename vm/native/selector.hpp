#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "vm/base/u256.hpp"
#include "vm/crypto/keccak_round.hpp"

namespace talea::vm {

/// keccak-256 of an ABI signature while compiling, so that each selector is written as the signature it stands for. A
/// signature fits one block of 136 bytes; a longer one does not compile. At run time there is vm/crypto/keccak.hpp,
/// against which a test holds this one.
consteval u256 signature_hash(std::string_view signature) {
    constexpr std::size_t rate_bytes = 136;
    if (signature.size() >= rate_bytes) throw "the signature must fit one block";
    std::uint64_t lanes[25] = {}, next[25] = {};
    const auto absorb = [&lanes](std::size_t at, std::uint8_t byte) {
        lanes[at / 8] ^= std::uint64_t{byte} << 8 * (at % 8);
    };
    for (std::size_t i = 0; i < signature.size(); ++i) absorb(i, static_cast<std::uint8_t>(signature[i]));
    absorb(signature.size(), 0x01);
    absorb(rate_bytes - 1, 0x80);
    for (std::size_t round = 0; round < 24; round += 2) {
        keccak_round(lanes, next, keccak_round_constants[round]);
        keccak_round(next, lanes, keccak_round_constants[round + 1]);
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
