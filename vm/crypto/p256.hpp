#pragma once
#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"

namespace talea::vm {

/// ECDSA over secp256r1 as EIP-7951 asks: false for r or s out of range and for a key that is not on the curve.
[[nodiscard]] bool verify_p256(const Hash& digest, const u256& r, const u256& s, const u256& x, const u256& y);

}  // namespace talea::vm
