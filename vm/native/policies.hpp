#pragma once
#include "vm/native/call.hpp"

namespace talea::vm {

/// Escrows have 24 bits in the key of what was put into them.
inline constexpr std::uint64_t escrows_max = 0xffffff;

/// Handles one call of Policies (contracts/src/native/IPolicies.sol) with its selector.
[[nodiscard]] Outcome call_policies(RegistryCall& call, std::uint32_t selector);

}  // namespace talea::vm
