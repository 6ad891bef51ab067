#pragma once
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vm/chain/genesis.hpp"
#include "vm/native/native_genesis.hpp"

namespace talea::node {

/// What an operator writes to make a chain: a genesis before `talead init` has resolved it. Names are resolved already,
/// templates and registries' content are not.
struct GenesisSource {
    std::uint64_t chain_id = 0;
    vm::Fork fork = vm::Fork::osaka;
    vm::TaleaConfig talea;
    vm::Timestamp timestamp;
    std::uint64_t gas_limit = 100'000'000;
    std::uint64_t base_fee_per_gas = 0;
    vm::GenesisAlloc alloc;  ///< without the registries and the accounts that every chain has

    std::map<vm::Address, std::uint64_t> roles;        ///< granted besides those of the administrators
    std::map<std::uint64_t, std::uint8_t> thresholds;  ///< by role: administrators that must agree to a change of it
    std::vector<vm::PublicKey> nodes;                  ///< admitted besides the validators
    std::vector<vm::Address> registrars;
    std::vector<vm::NativeGenesis::Identity> identities;
    std::vector<vm::NativeGenesis::Policy> policies;

    /// Templates created in block 0, in this order, as if `from` had sent them.
    struct Deployment {
        std::string name;  ///< of the contract, for the summary
        std::string template_name;
        vm::Address from;
        std::vector<std::string> arguments;  ///< as on a command line
    };
    std::vector<Deployment> deployments;
};

struct ResolvedGenesis {
    vm::Genesis genesis;
    std::map<std::string, vm::Address> deployed;  ///< by the name of the deployment
};

/// Puts registries, standard accounts and deployed templates into `alloc`. The result is all that nodes load: it
/// depends on no template, compiler or binary any more. Events of deployments are in no block. An error is one
/// sentence.
[[nodiscard]] std::expected<ResolvedGenesis, std::string> resolve_genesis(const GenesisSource& source);

/// Reads a source file: the keys of a resolved genesis, without what `talead init` adds (`extraData`, registries,
/// `testClock.offset_seconds`, `recovery` where the default will do), and in `config.talea` also `names`, `roles`,
/// `thresholds` ({"admin": 2}: how many administrators must agree to a change of who holds a role), `nodes` (public
/// keys, 64 bytes in hexadecimal digits), `registrars`, `identities`, `policies` and `deployments`. A name of `names`
/// stands wherever an address does. `utc` is the machine's time, for a running test clock and a missing `timestamp`.
[[nodiscard]] std::expected<GenesisSource, std::string> parse_genesis_source(std::string_view json, vm::Timestamp utc);

/// The mask of a role's name in lower or upper case ("transact", "REGISTRAR_ADMIN").
[[nodiscard]] std::optional<std::uint64_t> role_from_name(std::string_view name);
/// Names of the bits, with commas.
[[nodiscard]] std::string role_names(std::uint64_t roles);

}  // namespace talea::node
