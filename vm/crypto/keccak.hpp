#pragma once
#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"

namespace talea::vm {

/// Keccak-256 as Ethereum uses it (the padding of the original submission, not of FIPS 202).
[[nodiscard]] Hash keccak256(BytesView data);
/// Of many messages, each into its place in `digests`: four at once, which takes about as long as one by AVX-512 and
/// half as long as each alone by AVX2.
void keccak256_each(std::span<const BytesView> messages, std::span<Hash> digests);
/// The same for exactly 32 and 64 bytes of big-endian words given as numbers: a mapping's slot in one block.
[[nodiscard]] u256 keccak256_word(const u256& word);
[[nodiscard]] u256 keccak256_pair(const u256& first, const u256& second);

/// keccak of nothing: the code hash of an account without code.
extern const Hash empty_code_hash;

}  // namespace talea::vm
