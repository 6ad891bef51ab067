#include "vm/native/native_genesis.hpp"

#include <algorithm>
#include <bit>

#include "vm/native/addresses.hpp"
#include "vm/native/admitted_nodes.hpp"
#include "vm/native/identities.hpp"
#include "vm/native/slot_key.hpp"
#include "vm/native/version.hpp"

namespace talea::vm {
namespace {

using Storage = std::map<u256, u256>;
using Result = std::expected<void, NativeGenesisError>;

void put(Storage& storage, const u256& key, const u256& value) {
    if (!value.is_zero()) storage.insert_or_assign(key, value);
}

Result put_nodes(Storage& storage, const std::vector<PublicKey>& nodes) {
    if (nodes.size() > nodes_max) return std::unexpected(NativeGenesisError::bad_nodes);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (!is_valid(nodes[i]) || !storage.emplace(slot_key::node(address_of(nodes[i])), i + 1).second)
            return std::unexpected(NativeGenesisError::bad_nodes);
        put(storage, slot_key::node_key(i, 0), nodes[i].x);
        put(storage, slot_key::node_key(i, 1), nodes[i].y);
    }
    return {};
}

Result put_thresholds(Storage& storage, const std::map<std::uint64_t, std::uint8_t>& thresholds, std::uint64_t admins) {
    ThresholdsRecord record;
    for (const auto& [bit, threshold] : thresholds) {
        if (!std::has_single_bit(bit) || (bit & ~role::all) != 0 || threshold == 0 || threshold > threshold_max ||
            threshold > admins)
            return std::unexpected(NativeGenesisError::bad_thresholds);
        record.set(bit, threshold);
    }
    put(storage, slot_key::settings(4), record.word());
    return {};
}

Result put_permissions(Storage& storage, const NativeGenesis& content) {
    const ChainSettings& settings = content.settings;
    if (settings.native_version == 0 || settings.native_version > native_version_max)
        return std::unexpected(NativeGenesisError::unknown_version);
    if (settings.clock > clock_max || settings.clock < -clock_max ||
        (settings.clock_mode == ClockMode::none && settings.clock != 0) ||
        (settings.clock_mode == ClockMode::stepped && settings.clock < 0))
        return std::unexpected(NativeGenesisError::bad_clock);
    if (content.validators.empty() || content.validators.size() > validators_max ||
        content.validators.front().is_zero() ||
        std::ranges::adjacent_find(content.validators, std::ranges::greater_equal{}) != content.validators.end())
        return std::unexpected(NativeGenesisError::bad_validators);

    CountsRecord counts{.validators = content.validators.size(), .nodes = content.nodes.size()};
    for (const auto& [account, roles] : content.roles) {
        if (account.is_zero() || roles == 0 || (roles & ~role::all) != 0)
            return std::unexpected(NativeGenesisError::bad_roles);
        if ((roles & role::admin) != 0) ++counts.admins;
        put(storage, slot_key::roles(account), roles);
    }
    if (counts.admins == 0) return std::unexpected(NativeGenesisError::no_admin);
    // Where nobody can propose, a threshold would lock everybody out.
    if (!content.thresholds.empty() &&
        settings.native_version < version_of_entry(selector("propose(uint8,address,uint256,uint8,uint64)")))
        return std::unexpected(NativeGenesisError::bad_thresholds);
    if (Result result = put_thresholds(storage, content.thresholds, counts.admins); !result) return result;
    for (std::size_t i = 0; i < content.validators.size(); ++i)
        put(storage, slot_key::validator(i), to_u256(content.validators[i]));
    put(storage, slot_key::settings(0),
        SettingsRecord{.gas_limit = settings.gas_limit,
                       .base_fee = settings.base_fee,
                       .native_version = settings.native_version,
                       .mode = settings.mode,
                       .clock_mode = settings.clock_mode}
            .word());
    put(storage, slot_key::settings(1), static_cast<std::uint64_t>(settings.clock));
    put(storage, slot_key::settings(2), counts.word());
    put(storage, slot_key::settings(3), to_u256(content.config_hash));
    put(storage, slot_key::settings(5), UpgradeRecord{.notice_blocks = content.upgrade_notice_blocks}.word());
    return put_nodes(storage, content.nodes);
}

using Registrars = std::map<Address, std::uint32_t>;

Result put_identities(Storage& storage, const NativeGenesis& content, Registrars& registrars) {
    for (const Address& registrar : content.registrars) {
        const auto index = static_cast<std::uint32_t>(registrars.size() + 1);
        if (registrar.is_zero() || !registrars.emplace(registrar, index).second)
            return std::unexpected(NativeGenesisError::bad_registrars);
        put(storage, slot_key::registrar(registrar), RegistrarRecord{.index = index, .active = true}.word());
        put(storage, slot_key::registrar_at(index), to_u256(registrar));
    }
    std::uint64_t index = 0;
    for (const NativeGenesis::Identity& identity : content.identities) {
        ++index;
        const auto registrar = registrars.find(identity.registrar);
        if (identity.id.is_zero() || identity.country >= countries_end || registrar == registrars.end() ||
            storage.contains(slot_key::id_index(identity.id)))
            return std::unexpected(NativeGenesisError::bad_identity);
        put(storage, slot_key::id_index(identity.id), index);
        put(storage, slot_key::id_at(index), identity.id);
        put(storage, slot_key::file_hash(index), identity.file_hash);
        put(storage, slot_key::identity(index),
            IdentityRecord{.categories = identity.categories,
                           .expiry = identity.expiry,
                           .registrar = registrar->second,
                           .country = identity.country,
                           .state = IdentityState::active}
                .word());
        for (const Address& wallet : identity.wallets) {
            if (wallet.is_zero() || storage.contains(slot_key::wallet(wallet)))
                return std::unexpected(NativeGenesisError::bad_wallet);
            put(storage, slot_key::wallet(wallet), WalletRecord{.identity = index}.word());
        }
    }
    put(storage, slot_key::identities(),
        IdentitiesRecord{
            .identities = index, .registrars = registrars.size(), .recovery_delay = content.recovery_delay_seconds}
            .word());
    return {};
}

using Identities = std::map<u256, std::uint64_t>;

/// What a rule of kind 8 lists.
Result put_listed(Storage& storage, std::uint64_t policy, std::uint32_t position, const CounterpartiesRule& rule,
                  const Identities& identities) {
    for (std::uint32_t i = 0; i < rule.ids.size(); ++i) {
        const auto found = identities.find(rule.ids[i]);
        if (found == identities.end()) return std::unexpected(NativeGenesisError::bad_rule);
        put(storage, slot_key::listed(policy, position, found->second), 1);
        storage[slot_key::listed_at(policy, position, i / 4)].limbs[i % 4] = found->second;
    }
    return {};
}

Result put_policy(Storage& storage, std::uint64_t id, const NativeGenesis::Policy& policy, const Registrars& registrars,
                  const Identities& identities, std::uint32_t native_version) {
    if (policy.owner.is_zero()) return std::unexpected(NativeGenesisError::bad_policy);
    if (policy.rules.size() > rules_max || !have_distinct_windows(policy.rules))
        return std::unexpected(NativeGenesisError::bad_rule);
    PolicyRecord record{.owner = policy.owner, .rule_count = static_cast<std::uint8_t>(policy.rules.size())};
    for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
        const Rule& rule = policy.rules[i];
        if (!is_valid(rule) || version_of_kind(rule.kind()) > native_version)
            return std::unexpected(NativeGenesisError::bad_rule);
        std::vector<std::uint32_t> indexes;
        if (const auto* known = std::get_if<KnownRule>(&rule.params)) {
            for (const Address& registrar : known->registrars) {
                const auto found = registrars.find(registrar);
                if (found == registrars.end()) return std::unexpected(NativeGenesisError::bad_rule);
                indexes.push_back(found->second);
            }
        }
        if (const auto* listed = std::get_if<CounterpartiesRule>(&rule.params))
            if (Result result = put_listed(storage, id, i, *listed, identities); !result) return result;
        const PackedRule packed = pack(rule, indexes);
        put(storage, slot_key::rule(id, i), packed.word);
        for (std::uint32_t word = 0; packed.wide && word < country_words; ++word)
            put(storage, slot_key::country_word(id, i, word), packed.countries[word]);
        record.kinds |= std::uint64_t{rule.kind()} << 4 * i;
    }
    for (const Address& token : policy.tokens) put(storage, slot_key::allowed(token, id), 1);
    put(storage, slot_key::policy(id), record.word());
    return {};
}

Result put_policies(Storage& storage, const NativeGenesis& content, const Registrars& registrars) {
    Identities identities;
    for (const NativeGenesis::Identity& identity : content.identities)
        identities.emplace(identity.id, identities.size() + 1);
    std::uint64_t id = 0;
    for (const NativeGenesis::Policy& policy : content.policies)
        if (Result result = put_policy(storage, ++id, policy, registrars, identities, content.settings.native_version);
            !result)
            return result;
    put(storage, slot_key::policies(), PoliciesRecord{.policies = id}.word());
    return {};
}

GenesisAccount account_with(Storage storage) {
    return {.nonce = 1, .balance = {}, .code = {registry_code}, .storage = std::move(storage)};
}

}  // namespace

std::string_view to_string(NativeGenesisError error) {
    switch (error) {
        case NativeGenesisError::no_admin:
            return "no account holds ADMIN";
        case NativeGenesisError::bad_roles:
            return "a role mask is empty or has unknown bits, or the account is zero";
        case NativeGenesisError::bad_thresholds:
            return "a threshold must be 1 to 16, and no more than there are accounts with ADMIN; version 1 of the "
                   "registries "
                   "has none";
        case NativeGenesisError::bad_validators:
            return "the validators must be 1 to 100 addresses in ascending order";
        case NativeGenesisError::bad_nodes:
            return "the admitted nodes must be at most 1,000 public keys, each a point of the curve and named once";
        case NativeGenesisError::bad_clock:
            return "the test clock is out of range";
        case NativeGenesisError::base_fee_too_large:
            return "the base fee does not fit 64 bits";
        case NativeGenesisError::unknown_version:
            return "this program does not know that version of the registries";
        case NativeGenesisError::bad_registrars:
            return "a registrar is zero or named twice";
        case NativeGenesisError::bad_identity:
            return "an identity has no id, one used before, an unknown country or an unknown registrar";
        case NativeGenesisError::bad_wallet:
            return "a wallet is zero or linked twice";
        case NativeGenesisError::bad_rule:
            return "a policy has a rule that is out of range or of a later version of the registries, or more than 16";
        case NativeGenesisError::bad_policy:
            return "a policy has no owner";
    }
    return "unknown error";
}

std::expected<NativeGenesis, NativeGenesisError> native_genesis_of(const Genesis& genesis) {
    if (!genesis.base_fee_per_gas.fits_u64()) return std::unexpected(NativeGenesisError::base_fee_too_large);
    const TaleaConfig& talea = genesis.talea;
    NativeGenesis content;
    content.settings = {.mode = talea.permissions,
                        .clock_mode = ClockMode::none,
                        .clock = 0,
                        .gas_limit = genesis.gas_limit,
                        .base_fee = genesis.base_fee_per_gas.low_u64(),
                        .native_version = talea.native_version};
    if (talea.test_clock && talea.test_clock->mode == TestClockMode::running) {
        content.settings.clock_mode = ClockMode::running;
        content.settings.clock = talea.test_clock->offset_seconds;
    } else if (talea.test_clock) {
        if (talea.test_clock->start.seconds > static_cast<std::uint64_t>(clock_max))
            return std::unexpected(NativeGenesisError::bad_clock);
        content.settings.clock_mode = ClockMode::stepped;
        content.settings.clock = static_cast<std::int64_t>(talea.test_clock->start.seconds);
    }
    content.recovery_delay_seconds = talea.recovery_delay_seconds;
    content.upgrade_notice_blocks = talea.upgrade_notice_blocks;
    for (const Address& administrator : talea.administrators)
        content.roles[administrator] = role::admin | role::network;
    content.validators = talea.validators;
    content.config_hash = config_hash(genesis);
    return content;
}

std::expected<GenesisAlloc, NativeGenesisError> native_accounts(const NativeGenesis& content) {
    Storage permissions, identities, policies;
    Registrars registrars;
    if (Result result = put_permissions(permissions, content); !result) return std::unexpected(result.error());
    if (Result result = put_identities(identities, content, registrars); !result)
        return std::unexpected(result.error());
    if (Result result = put_policies(policies, content, registrars); !result) return std::unexpected(result.error());
    GenesisAlloc accounts;
    accounts.emplace(permissions_address, account_with(std::move(permissions)));
    accounts.emplace(identities_address, account_with(std::move(identities)));
    accounts.emplace(policies_address, account_with(std::move(policies)));
    return accounts;
}

}  // namespace talea::vm
