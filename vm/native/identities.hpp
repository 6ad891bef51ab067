#pragma once
#include "vm/native/call.hpp"
#include "vm/native/records.hpp"

namespace talea::vm {

/// Wallets that one `register` may link.
inline constexpr std::uint64_t wallets_per_registration_max = 16;
/// ISO 3166-1 numeric codes are below this; 0 = not set.
inline constexpr std::uint16_t countries_end = 1000;
/// A rule names registrars in 24 bits.
inline constexpr std::uint64_t registrars_max = 0xffffff;

/// Handles one call of Identities (contracts/src/native/IIdentities.sol) with its selector.
[[nodiscard]] Outcome call_identities(RegistryCall& call, std::uint32_t selector);

// What Policies asks of this registry.

/// Position of `id` in the registry, 0 where it is not registered.
[[nodiscard]] std::uint64_t identity_index(Meter& meter, const u256& id);
/// Who acts for `wallet` at `now`: the end of its chain of recoveries in effect. The chain has no circle, since a
/// wallet whose recovery is announced cannot be named as a replacement; gas bounds its length.
[[nodiscard]] Address current_wallet(Meter& meter, const Address& wallet, std::uint64_t now);

}  // namespace talea::vm
