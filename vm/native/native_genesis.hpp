#pragma once
#include <expected>
#include <map>
#include <string_view>
#include <vector>

#include "vm/chain/genesis.hpp"
#include "vm/crypto/secp256k1.hpp"
#include "vm/native/permissions.hpp"
#include "vm/native/rule.hpp"

namespace talea::vm {

/// What the registries hold in the first state of a chain.
struct NativeGenesis {
    struct Identity {
        u256 id;
        Address registrar;  ///< one of `registrars`
        std::uint16_t country = 0;
        std::uint64_t categories = 0;
        std::uint64_t expiry = 0;
        u256 file_hash;
        std::vector<Address> wallets;
    };
    struct Policy {
        Address owner;
        std::vector<Rule> rules;
        std::vector<Address> tokens;  ///< allowed to bind themselves
    };

    ChainSettings settings;
    std::uint64_t recovery_delay_seconds = 0;
    std::uint64_t upgrade_notice_blocks = 0;
    std::map<Address, std::uint64_t> roles;
    std::map<std::uint64_t, std::uint8_t> thresholds;  ///< by role, one bit: ADMINs that must agree; none = 1
    std::vector<Address> validators;                   ///< ascending
    std::vector<PublicKey> nodes;                      ///< admitted besides them
    Hash config_hash;                                  ///< of the genesis file (vm/chain/genesis.hpp)
    std::vector<Address> registrars;
    std::vector<Identity> identities;  ///< get the indexes 1, 2, ... in this order
    std::vector<Policy> policies;      ///< get the ids 1, 2, ... in this order
};

enum class NativeGenesisError : std::uint8_t {
    no_admin,            ///< somebody must be able to grant
    bad_roles,           ///< a bit that is no role, or an account zero
    bad_thresholds,      ///< of what is no role, 0, above `threshold_max`, or more than there are ADMINs; in version 1
    bad_validators,      ///< none, more than `validators_max`, not ascending, or zero
    bad_nodes,           ///< more than `nodes_max`, no point of the curve, or one twice
    bad_clock,           ///< outside of what Permissions can advance, or a value without a test clock
    base_fee_too_large,  ///< beyond 64 bits
    unknown_version,     ///< of native behaviour
    bad_registrars,      ///< one twice, or zero
    bad_identity,        ///< id zero or twice, country unknown, registrar not named
    bad_wallet,          ///< zero, or linked twice
    bad_rule,            ///< out of range, too many, of a later version, or its registrar not named
    bad_policy,          ///< without an owner
};
/// One sentence.
[[nodiscard]] std::string_view to_string(NativeGenesisError error);

/// The settings, first administrators (ADMIN and NETWORK) and validators that a genesis file asks for, and the hash of
/// its configuration; registries empty.
[[nodiscard]] std::expected<NativeGenesis, NativeGenesisError> native_genesis_of(const Genesis& genesis);

/// The three accounts with their code and storage, to be put into `alloc`. The storage is what the same calls on a
/// running chain would have written (wallets are linked, no units counted).
[[nodiscard]] std::expected<GenesisAlloc, NativeGenesisError> native_accounts(const NativeGenesis& content);

}  // namespace talea::vm
