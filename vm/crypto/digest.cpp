#include "vm/crypto/digest.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <bit>

#include "vm/base/check.hpp"

namespace talea::vm {
namespace {

constexpr std::array<std::uint64_t, 8> blake2b_iv = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                                     0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                                     0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

/// The message words a round mixes in, in order (RFC 7693, 2.7); round i takes row i mod 10.
constexpr std::array<std::array<std::uint8_t, 16>, 10> blake2b_sigma = {{
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
}};

/// RFC 7693, 3.1.
[[gnu::always_inline]] inline void mix(std::uint64_t& a, std::uint64_t& b, std::uint64_t& c, std::uint64_t& d,
                                       std::uint64_t x, std::uint64_t y) {
    a += b + x;
    d = std::rotr(d ^ a, 32);
    c += d;
    b = std::rotr(b ^ c, 24);
    a += b + y;
    d = std::rotr(d ^ a, 16);
    c += d;
    b = std::rotr(b ^ c, 63);
}

/// One round. Where `s` is a constant, and the call inlined, no index is left.
[[gnu::always_inline]] inline void mix_round(std::array<std::uint64_t, 16>& v, const std::uint64_t m[16],
                                             const std::array<std::uint8_t, 16>& s) {
    mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
    mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
    mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
    mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
    mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
    mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
    mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
    mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
}

}  // namespace

Hash sha256(BytesView data) {
    Hash digest;
    ::SHA256(data.data(), data.size(), digest.bytes.data());
    return digest;
}

Address ripemd160(BytesView data) {
    // Fetched once: a fetch by name costs more than the hash.
    static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "RIPEMD160", nullptr);
    check(algorithm != nullptr, "the default provider of OpenSSL 3 has RIPEMD-160");
    Address digest;
    check(EVP_Digest(data.data(), data.size(), digest.bytes.data(), nullptr, algorithm, nullptr) == 1,
          "a digest of memory cannot fail");
    return digest;
}

void blake2b_compress(std::uint32_t rounds, std::uint64_t h[8], const std::uint64_t m[16], const std::uint64_t t[2],
                      bool last) {
    std::array<std::uint64_t, 16> v;
    for (std::size_t i = 0; i < 8; ++i) {
        v[i] = h[i];
        v[i + 8] = blake2b_iv[i];
    }
    v[12] ^= t[0];
    v[13] ^= t[1];
    if (last) v[14] = ~v[14];
    constexpr auto& sigma = blake2b_sigma;
    for (; rounds >= sigma.size(); rounds -= static_cast<std::uint32_t>(sigma.size())) {
        mix_round(v, m, sigma[0]);
        mix_round(v, m, sigma[1]);
        mix_round(v, m, sigma[2]);
        mix_round(v, m, sigma[3]);
        mix_round(v, m, sigma[4]);
        mix_round(v, m, sigma[5]);
        mix_round(v, m, sigma[6]);
        mix_round(v, m, sigma[7]);
        mix_round(v, m, sigma[8]);
        mix_round(v, m, sigma[9]);
    }
    for (std::uint32_t round = 0; round < rounds; ++round) mix_round(v, m, sigma[round]);
    for (std::size_t i = 0; i < 8; ++i) h[i] ^= v[i] ^ v[i + 8];
}

}  // namespace talea::vm
