#include "node/ops/genesis_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "contracts/abi/codec.hpp"
#include "contracts/abi/interface.hpp"
#include "contracts/artifacts/artifacts.hpp"
#include "vm/base/hex.hpp"
#include "vm/execution/block_execution.hpp"
#include "vm/execution/genesis_block.hpp"
#include "vm/state/map_state.hpp"

namespace talea::node {
namespace {

struct RoleName {
    std::string_view name;
    std::uint64_t bit;
};
constexpr std::array<RoleName, 5> known_roles = {{{"admin", vm::role::admin},
                                                  {"network", vm::role::network},
                                                  {"registrar_admin", vm::role::registrar_admin},
                                                  {"transact", vm::role::transact},
                                                  {"deploy", vm::role::deploy}}};

constexpr std::uint64_t deployment_gas = 100'000'000;

/// `more` into `alloc`; the address of the first account that is there already.
std::optional<vm::Address> merge(vm::GenesisAlloc& alloc, const vm::GenesisAlloc& more) {
    for (const auto& [address, account] : more)
        if (!alloc.emplace(address, account).second) return address;
    return std::nullopt;
}

std::expected<vm::Bytes, std::string> creation_code(const GenesisSource::Deployment& deployment) {
    const auto* artifact = contracts::find_artifact(deployment.template_name);
    if (artifact == nullptr || !artifact->deployable())
        return std::unexpected(fmt::format("there is no template '{}'", deployment.template_name));
    const auto interface = abi::Interface::parse(artifact->abi);
    if (!interface) return std::unexpected(fmt::format("the interface of {} cannot be read", artifact->name));
    const auto types = interface->constructor_types();
    if (types.size() != deployment.arguments.size())
        return std::unexpected(fmt::format("the template {} takes {} arguments, {} are given", artifact->name,
                                           types.size(), deployment.arguments.size()));
    std::vector<abi::Value> values;
    for (std::size_t i = 0; i < types.size(); ++i) {
        auto value = abi::parse_value(types[i], deployment.arguments[i]);
        if (!value)
            return std::unexpected(fmt::format("argument {} of {} ('{}') is no {}: {}", i + 1, artifact->name,
                                               deployment.arguments[i], types[i].canonical(),
                                               abi::to_string(value.error())));
        values.push_back(std::move(*value));
    }
    auto code = vm::to_bytes(artifact->creation_code);
    vm::append(code, abi::encode(types, values));
    return code;
}

/// What block 0 would look like to a transaction in it.
vm::BlockContext genesis_context(const vm::Genesis& genesis) {
    vm::BlockContext block;
    block.fork = genesis.fork;
    block.chain_id = genesis.chain_id;
    block.timestamp = genesis.timestamp;
    block.gas_limit = genesis.gas_limit;
    block.base_fee = genesis.base_fee_per_gas;
    block.native_version = genesis.talea.native_version;
    return block;
}

std::expected<std::map<std::string, vm::Address>, std::string> deploy(
    vm::Genesis& genesis, std::span<const GenesisSource::Deployment> deployments) {
    std::map<std::string, vm::Address> deployed;
    vm::MapState world;
    world.apply(vm::genesis_state(genesis));
    vm::Evm evm;
    for (const auto& deployment : deployments) {
        auto code = creation_code(deployment);
        if (!code) return std::unexpected(code.error());
        vm::State state(world);
        vm::CallRequest request;
        request.from = deployment.from;
        request.gas = deployment_gas;
        request.data = std::move(*code);
        const auto result = vm::simulate_call(evm, state, genesis_context(genesis), vm::talea_rules(), request);
        if (!result || result->status != vm::Status::success || !result->created) {
            const auto why = result ? std::string(vm::to_string(result->status)) + " " + vm::to_hex(result->output)
                                    : std::string(vm::to_string(result.error()));
            return std::unexpected(fmt::format("deploying {} failed: {}", deployment.template_name, why));
        }
        world.apply(state.changes());
        deployed[deployment.name.empty() ? deployment.template_name : deployment.name] = *result->created;
    }
    genesis.alloc.clear();
    for (const auto& [address, entry] : world.accounts) {
        auto& account = genesis.alloc[address];
        account.nonce = entry.account.nonce;
        account.balance = entry.account.balance;
        account.code = *world.code(entry.account.code_hash);
        for (const auto& [key, value] : entry.storage)
            if (!value.is_zero()) account.storage[key] = value;
    }
    return deployed;
}

}  // namespace

std::optional<std::uint64_t> role_from_name(std::string_view name) {
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    for (const auto& known : known_roles)
        if (known.name == lower) return known.bit;
    if (lower == "all") return vm::role::all;
    return std::nullopt;
}

std::string role_names(std::uint64_t roles) {
    std::string names;
    for (const auto& known : known_roles)
        if ((roles & known.bit) != 0) names += (names.empty() ? "" : ", ") + std::string(known.name);
    return names.empty() ? "none" : names;
}

std::expected<ResolvedGenesis, std::string> resolve_genesis(const GenesisSource& source) {
    ResolvedGenesis resolved;
    auto& genesis = resolved.genesis;
    genesis.chain_id = source.chain_id;
    genesis.fork = source.fork;
    genesis.talea = source.talea;
    genesis.timestamp = source.timestamp;
    genesis.gas_limit = source.gas_limit;
    genesis.base_fee_per_gas = vm::u256{source.base_fee_per_gas};
    if (genesis.talea.recovery.keys.empty()) {
        // DESIGN 4: a majority of the first administrators.
        genesis.talea.recovery.keys = genesis.talea.administrators;
        std::ranges::sort(genesis.talea.recovery.keys);
        genesis.talea.recovery.threshold = static_cast<std::uint32_t>(genesis.talea.administrators.size() / 2 + 1);
    }
    auto native = vm::native_genesis_of(genesis);
    if (!native) return std::unexpected(std::string(vm::to_string(native.error())));
    for (const auto& [account, roles] : source.roles) native->roles[account] |= roles;
    native->thresholds = source.thresholds;
    native->nodes = source.nodes;
    native->registrars = source.registrars;
    native->identities = source.identities;
    native->policies = source.policies;
    const auto registries = vm::native_accounts(*native);
    if (!registries) return std::unexpected(std::string(vm::to_string(registries.error())));
    genesis.alloc = source.alloc;
    for (const auto* more : {&vm::standard_accounts(), &*registries})
        if (const auto twice = merge(genesis.alloc, *more))
            return std::unexpected(
                fmt::format("alloc names {}, which every Talea chain has already", vm::to_hex(*twice)));
    auto deployed = deploy(genesis, source.deployments);
    if (!deployed) return std::unexpected(deployed.error());
    resolved.deployed = std::move(*deployed);
    // What is written must be read again: the strict reader is the judge.
    const auto again = vm::parse_genesis(vm::write_genesis(genesis));
    if (!again) return std::unexpected(vm::to_string(again.error()));
    if (auto agrees = vm::check_registries(genesis); !agrees) return std::unexpected(vm::to_string(agrees.error()));
    return resolved;
}

}  // namespace talea::node
