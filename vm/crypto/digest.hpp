#pragma once
#include <cstdint>

#include "vm/base/bytes.hpp"

namespace talea::vm {

[[nodiscard]] Hash sha256(BytesView data);
/// 20 bytes.
[[nodiscard]] Address ripemd160(BytesView data);

/// The compression function F of BLAKE2b (RFC 7693, EIP-152) in place on `h`.
void blake2b_compress(std::uint32_t rounds, std::uint64_t h[8], const std::uint64_t m[16], const std::uint64_t t[2],
                      bool last);

}  // namespace talea::vm
