#pragma once
#include <cstdint>

#include "vm/base/bytes.hpp"

namespace talea::vm {

/// The address of a contract created by `creator` at `nonce`: keccak(rlp([creator, nonce]))[12..] (Yellow Paper 7).
[[nodiscard]] Address create_address(const Address& creator, std::uint64_t nonce);
/// CREATE2 (EIP-1014): keccak(0xff ++ creator ++ salt ++ keccak(init_code))[12..].
[[nodiscard]] Address create2_address(const Address& creator, const Hash& salt, const Hash& init_code_hash);

}  // namespace talea::vm
