#pragma once
#include <vector>

#include "vm/crypto/secp256k1.hpp"
#include "vm/native/call.hpp"
#include "vm/state/state_view.hpp"

/// The nodes besides the validators that may connect, as Permissions keeps them: public keys, in no order that means
/// anything, found by the address of their key.
namespace talea::vm {

inline constexpr std::size_t nodes_max = 1'000;  ///< so that a list of them is an answer of 64 kB

[[nodiscard]] std::vector<PublicKey> read_nodes(const StateView& view);

// Entries of Permissions (contracts/src/native/IPermissions.sol).
[[nodiscard]] Outcome admit_node(RegistryCall& call);
[[nodiscard]] Outcome remove_node(RegistryCall& call);
[[nodiscard]] Outcome give_is_admitted(RegistryCall& call);
[[nodiscard]] Outcome give_nodes(RegistryCall& call);

}  // namespace talea::vm
