#pragma once
#include <span>
#include <vector>

#include "vm/native/call.hpp"
#include "vm/state/state.hpp"
#include "vm/state/state_view.hpp"

/// The validators of the next block, as Permissions keeps them: 1 to 100 addresses, ascending, one a slot.
namespace talea::vm {

inline constexpr std::size_t validators_max = 100;

/// What a candidate signs, so that a typo cannot put a key into the set that nobody has:
/// keccak(rlp([genesis hash, "validator", address, expiry])).
[[nodiscard]] Hash validator_consent(const Hash& genesis_hash, const Address& validator, std::uint64_t expiry);

/// Ascending.
[[nodiscard]] std::vector<Address> read_validators(const StateView& view);
[[nodiscard]] std::vector<Address> read_validators(State& state);
/// Puts `validators`, 1 to `validators_max` and ascending, in the place of those in `state`: what a recovery checkpoint
/// does before the first transaction of its block. Costs no gas and emits nothing.
void write_validators(State& state, std::span<const Address> validators);

// Entries of Permissions (contracts/src/native/IPermissions.sol).
[[nodiscard]] Outcome add_validator(RegistryCall& call);
[[nodiscard]] Outcome remove_validator(RegistryCall& call);
[[nodiscard]] Outcome replace_validator(RegistryCall& call);
[[nodiscard]] Outcome give_validators(RegistryCall& call);
[[nodiscard]] Outcome give_is_validator(RegistryCall& call);

}  // namespace talea::vm
