#pragma once
#include "vm/native/call.hpp"
#include "vm/native/records.hpp"
#include "vm/native/validator_set.hpp"
#include "vm/state/state.hpp"
#include "vm/state/state_view.hpp"

namespace talea::vm {

/// Bits of an account's role mask, as in contracts/src/native/IPermissions.sol.
namespace role {
inline constexpr std::uint64_t admin = 1;
inline constexpr std::uint64_t network = 2;
inline constexpr std::uint64_t registrar_admin = 4;
inline constexpr std::uint64_t transact = 8;
inline constexpr std::uint64_t deploy = 16;
inline constexpr std::uint64_t all = 31;
}  // namespace role

/// ADMINs that a change can be made to need.
inline constexpr std::uint8_t threshold_max = 16;
/// Approvals of a proposal; more than `threshold_max`, since those of who lost ADMIN no longer count.
inline constexpr std::uint8_t approvals_max = 32;
inline constexpr std::uint64_t proposal_seconds_max = 30 * 86'400;
/// A block holds the largest transaction (EIP-7825), so that no setting can keep out the one that mends it.
inline constexpr std::uint64_t settable_gas_limit_min = std::uint64_t{1} << 24;
/// The worst block is executed within the longest round of consensus, 10 s, by a machine three times slower than the
/// one on which the dearest gas took 14.5 ns (`bench_opcodes`): 10 s / (3 * 14.5 ns) = 229,885,057, rounded down.
inline constexpr std::uint64_t settable_gas_limit_max = 200'000'000;
/// The clock's value stays within 40 bits of seconds (the year 36812).
inline constexpr std::int64_t clock_max = (std::int64_t{1} << 40) - 1;

/// Handles one call of Permissions (contracts/src/native/IPermissions.sol) with its selector.
[[nodiscard]] Outcome call_permissions(RegistryCall& call, std::uint32_t selector);

/// What is granted and implied: ADMIN and NETWORK imply TRANSACT, the open mode TRANSACT and DEPLOY.
[[nodiscard]] constexpr std::uint64_t effective_roles(std::uint64_t granted, PermissionMode mode) {
    if ((granted & (role::admin | role::network)) != 0) granted |= role::transact;
    if (mode == PermissionMode::open) granted |= role::transact | role::deploy;
    return granted;
}

/// Whether `account` has all of `roles` at the start of the transaction in `state`: what admission of transactions,
/// creations and EIP-7702 authorities ask. Costs no gas, warms nothing. Between transactions ask after
/// `begin_transaction`, which makes what the last one left the start of the next.
[[nodiscard]] bool has_role(State& state, const Address& account, std::uint64_t roles);
/// The same of a state at rest.
[[nodiscard]] bool has_role(const StateView& view, const Address& account, std::uint64_t roles);

/// What a node reads of a state at rest: how the next block must look.
struct ChainSettings {
    PermissionMode mode = PermissionMode::open;
    ClockMode clock_mode = ClockMode::none;
    std::int64_t clock = 0;  ///< running: seconds added to UTC; stepped: the time itself
    std::uint64_t gas_limit = 0;
    std::uint64_t base_fee = 0;
    std::uint32_t native_version = 0;  ///< without the upgrade that is scheduled: see `native_version_at`
    friend bool operator==(const ChainSettings&, const ChainSettings&) = default;
};
[[nodiscard]] ChainSettings read_settings(const StateView& view);
[[nodiscard]] ChainSettings read_settings(State& state);

/// A change of the version of the native registries, as NETWORK scheduled it last.
struct ScheduledUpgrade {
    std::uint32_t version = 0;  ///< 0: none was ever scheduled
    BlockNumber from{};         ///< the first block of that version
    std::uint64_t notice_blocks = 0;
    friend bool operator==(const ScheduledUpgrade&, const ScheduledUpgrade&) = default;
};
[[nodiscard]] ScheduledUpgrade read_upgrade(const StateView& view);
/// The version in force in block `number`, which is that of the state or the one after it: what is scheduled lies
/// further ahead. May be above `native_version_max`; then this program can't execute the block.
[[nodiscard]] std::uint32_t native_version_at(const StateView& view, BlockNumber number);
/// The hash of `config` of the chain's genesis file (vm/chain/genesis.hpp).
[[nodiscard]] Hash read_config_hash(const StateView& view);

}  // namespace talea::vm
