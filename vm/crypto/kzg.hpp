#pragma once
#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"

namespace talea::vm {

/// The claim that the polynomial committed to takes the value y at z (EIP-4844).
struct KzgOpening {
    BytesView commitment;  ///< 48 bytes, a compressed point of BLS12-381
    u256 z, y;
    BytesView proof;  ///< 48 bytes, likewise
};
/// False also where z or y is not below the order of BLS12-381, and for what is no point of its group.
[[nodiscard]] bool verify_kzg(const KzgOpening& opening);
/// How a transaction names a commitment: its SHA-256 with 0x01 for the first byte.
[[nodiscard]] Hash kzg_versioned_hash(BytesView commitment);

}  // namespace talea::vm
