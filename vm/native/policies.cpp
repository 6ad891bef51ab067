#include "vm/native/policies.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "vm/native/addresses.hpp"
#include "vm/native/evaluation.hpp"
#include "vm/native/identities.hpp"
#include "vm/native/records.hpp"
#include "vm/native/rule.hpp"
#include "vm/native/slot_key.hpp"
#include "vm/native/version.hpp"

namespace talea::vm {
namespace {

u256 load(RegistryCall& call, const u256& key) {
    return call.meter.load(Registry::policies, key);
}
void store(RegistryCall& call, const u256& key, const u256& value) {
    call.meter.store(Registry::policies, key, value);
}

PolicyRecord load_policy(RegistryCall& call, std::uint64_t id) {
    return PolicyRecord::from(load(call, slot_key::policy(id)));
}
TokenRecord load_token(RegistryCall& call, const Address& token) {
    return TokenRecord::from(load(call, slot_key::token(token)));
}
PoliciesRecord load_counts(RegistryCall& call) {
    return PoliciesRecord::from(load(call, slot_key::policies()));
}
WalletRecord load_wallet(RegistryCall& call, const Address& wallet) {
    return WalletRecord::from(call.meter.load(Registry::identities, slot_key::wallet(wallet)));
}

Outcome unknown_policy(RegistryCall& call, std::uint64_t id) {
    return call.refuse(selector("UnknownPolicy(uint64)"), {id});
}
Outcome not_bound(RegistryCall& call, const Address& token) {
    return call.refuse(selector("NotBound(address)"), {to_u256(token)});
}
Outcome unknown_identity(RegistryCall& call, const u256& id) {
    return call.refuse(selector("UnknownIdentity(bytes32)"), {id});
}
Outcome not_counted(RegistryCall& call, std::uint64_t id) {
    return call.refuse(selector("NotCounted(uint64)"), {id});
}

void log(RegistryCall& call, std::initializer_list<u256> topics, std::initializer_list<u256> words = {}) {
    Bytes data;
    AbiWriter out{data};
    for (const u256& word : words) out.word(word);
    call.meter.log(Registry::policies, topics, data);
}

/// The policy, where the caller owns it; else the refusal.
std::expected<PolicyRecord, Outcome> own_policy(RegistryCall& call, std::uint64_t id) {
    const PolicyRecord policy = load_policy(call, id);
    if (policy.owner.is_zero()) return std::unexpected(unknown_policy(call, id));
    if (policy.owner != call.caller) return std::unexpected(call.not_authorized());
    return policy;
}

// Rules.

std::expected<std::vector<Rule>, Outcome> read_rules(RegistryCall& call, AbiReader::List list) {
    if (list.count > rules_max) return std::unexpected(call.too_many(list.count, rules_max));
    std::vector<Rule> rules;
    for (std::uint64_t i = 0; i < list.count; ++i) {
        AbiReader tuple = list.items.tuple();
        const RawRule raw = read_raw_rule(tuple);
        if (list.items.failed() || tuple.failed()) return std::unexpected(call.bad_call());
        call.meter.charge(native_gas::list_item * static_cast<Gas>(1 + raw.params.size() / 32));
        if (call.meter.halted()) return std::unexpected(Outcome::reverted);
        auto rule = parse_rule(raw);
        if (version_of_kind(raw.kind) > call.native_version || (!rule && rule.error() == RuleError::kind_not_supported))
            return std::unexpected(call.refuse(selector("RuleKindNotSupported(uint8)"), {std::uint64_t{raw.kind}}));
        if (!rule) return std::unexpected(call.refuse(selector("BadRule(uint8)"), {i + 1}));
        rules.push_back(std::move(*rule));
        if (!have_distinct_windows(rules)) return std::unexpected(call.refuse(selector("BadRule(uint8)"), {i + 1}));
    }
    return rules;
}

/// Indexes of the registrars that a rule of kind 2 names; the refusal where one was never registered.
std::expected<std::vector<std::uint32_t>, Outcome> registrar_indexes(RegistryCall& call, const Rule& rule) {
    std::vector<std::uint32_t> indexes;
    if (const auto* known = std::get_if<KnownRule>(&rule.params)) {
        for (const Address& registrar : known->registrars) {
            indexes.push_back(
                RegistrarRecord::from(call.meter.load(Registry::identities, slot_key::registrar(registrar))).index);
            if (indexes.back() == 0)
                return std::unexpected(call.refuse(selector("UnknownRegistrar(address)"), {to_u256(registrar)}));
        }
    }
    return indexes;
}

/// Indexes of the identities that a rule of kind 8 names; the refusal where one is not registered.
std::expected<std::vector<std::uint64_t>, Outcome> identity_indexes(RegistryCall& call, const Rule& rule) {
    std::vector<std::uint64_t> indexes;
    if (const auto* listed = std::get_if<CounterpartiesRule>(&rule.params)) {
        for (const u256& id : listed->ids) {
            indexes.push_back(identity_index(call.meter, id));
            if (indexes.back() == 0) return std::unexpected(unknown_identity(call, id));
        }
    }
    return indexes;
}

std::vector<std::uint64_t> load_listed(RegistryCall& call, std::uint64_t id, std::uint32_t position,
                                       const RuleWord& rule) {
    std::vector<std::uint64_t> indexes;
    u256 word;
    for (std::uint32_t i = 0; i < rule.listed_count(); ++i) {
        if (i % 4 == 0) word = load(call, slot_key::listed_at(id, position, i / 4));
        indexes.push_back(word.limbs[i % 4]);
    }
    return indexes;
}

/// What a rule of kind 8 lists: each identity has a slot that a movement reads, and four share one for who reads the
/// list.
void store_listed(RegistryCall& call, std::uint64_t id, std::uint32_t position,
                  const std::vector<std::uint64_t>& indexes) {
    u256 word;
    for (std::uint32_t i = 0; i < indexes.size(); ++i) {
        store(call, slot_key::listed(id, position, indexes[i]), 1);
        word.limbs[i % 4] = indexes[i];
        if (i % 4 != 3 && i + 1 != indexes.size()) continue;
        store(call, slot_key::listed_at(id, position, i / 4), word);
        word = {};
    }
}

void clear_listed(RegistryCall& call, std::uint64_t id, std::uint32_t position, const RuleWord& rule) {
    const auto indexes = load_listed(call, id, position, rule);
    for (std::uint32_t i = 0; i < indexes.size(); ++i) {
        store(call, slot_key::listed(id, position, indexes[i]), {});
        if (i % 4 == 0) store(call, slot_key::listed_at(id, position, i / 4), {});
    }
}

void clear_rule(RegistryCall& call, std::uint64_t id, std::uint32_t position) {
    const RuleWord old{load(call, slot_key::rule(id, position))};
    if (old.kind() == 8) clear_listed(call, id, position, old);
    if (old.kind() == 3 && old.wide())
        for (std::uint32_t word = 0; word < country_words; ++word)
            store(call, slot_key::country_word(id, position, word), {});
    store(call, slot_key::rule(id, position), {});
}

/// Writes the list over the one `policy` has, with its events; the policy's own record is left to the caller.
std::optional<Outcome> write_rules(RegistryCall& call, std::uint64_t id, PolicyRecord& policy,
                                   const std::vector<Rule>& rules) {
    for (std::uint32_t i = 0; i < policy.rule_count; ++i) clear_rule(call, id, i);
    policy.rule_count = static_cast<std::uint8_t>(rules.size());
    policy.kinds = 0;
    log(call, {signature_hash("RulesReplaced(uint64,uint8)"), id}, {std::uint64_t{policy.rule_count}});
    for (std::uint32_t i = 0; i < rules.size(); ++i) {
        const Rule& rule = rules[i];
        const auto indexes = registrar_indexes(call, rule);
        if (!indexes) return indexes.error();
        const auto listed = identity_indexes(call, rule);
        if (!listed) return listed.error();
        const PackedRule packed = pack(rule, *indexes);
        store(call, slot_key::rule(id, i), packed.word);
        if (packed.wide)
            for (std::uint32_t word = 0; word < country_words; ++word)
                store(call, slot_key::country_word(id, i, word), packed.countries[word]);
        store_listed(call, id, i, *listed);
        policy.kinds |= std::uint64_t{rule.kind()} << 4 * i;

        Bytes data;
        AbiWriter out{data};
        out.word(std::uint64_t{rule.kind()});
        out.word(std::uint64_t{rule.operations});
        out.word(std::uint64_t{rule.sides});
        out.word(4 * 32);
        out.bytes(encode_params(rule.params));
        call.meter.log(Registry::policies,
                       {signature_hash("RuleSet(uint64,uint8,uint8,uint16,uint8,bytes)"), id, std::uint64_t{i + 1}},
                       data);
        if (call.meter.halted()) break;
    }
    return std::nullopt;
}

Outcome create_policy(RegistryCall& call) {
    call.meter.require_writable();
    const AbiReader::List list = call.args.list();
    if (call.args.failed()) return call.bad_call();
    const auto rules = read_rules(call, list);
    if (!rules) return rules.error();
    PoliciesRecord counts = load_counts(call);
    const std::uint64_t id = ++counts.policies;
    PolicyRecord policy{.owner = call.caller};
    store(call, slot_key::policies(), counts.word());
    log(call, {signature_hash("PolicyCreated(uint64,address)"), id, to_u256(call.caller)});
    if (const auto refused = write_rules(call, id, policy, *rules)) return *refused;
    store(call, slot_key::policy(id), policy.word());
    return call.give({id});
}

Outcome set_rules(RegistryCall& call) {
    call.meter.require_writable();
    const auto id = call.args.number<std::uint64_t>();
    const AbiReader::List list = call.args.list();
    if (call.args.failed()) return call.bad_call();
    auto policy = own_policy(call, id);
    if (!policy) return policy.error();
    const auto rules = read_rules(call, list);
    if (!rules) return rules.error();
    if (policy->uncounted != 0 && needs_counters(*rules)) return not_counted(call, id);
    if (const auto refused = write_rules(call, id, *policy, *rules)) return *refused;
    store(call, slot_key::policy(id), policy->word());
    return call.give();
}

std::vector<std::uint16_t> countries_of(RegistryCall& call, std::uint64_t id, std::uint32_t position,
                                        const RuleWord& word) {
    std::vector<std::uint16_t> countries;
    if (!word.wide()) {
        for (unsigned i = 0; i < word.country_count(); ++i) countries.push_back(word.country(i));
    } else {
        for (std::uint32_t part = 0; part < country_words; ++part) {
            const u256 bits = load(call, slot_key::country_word(id, position, part));
            for (unsigned i = 0; i < 256; ++i)
                if ((bits.limbs[i / 64] >> i % 64 & 1) != 0)
                    countries.push_back(static_cast<std::uint16_t>(256 * part + i));
        }
    }
    call.meter.charge(native_gas::list_item * static_cast<Gas>(countries.size()));
    return countries;
}

Rule rule_of(RegistryCall& call, std::uint64_t id, std::uint32_t position) {
    const RuleWord word{load(call, slot_key::rule(id, position))};
    Rule rule{.operations = word.operations(), .sides = word.sides(), .params = KnownRule{}};
    switch (word.kind()) {
        case 1:
            rule.params = ContractRule{.contract = word.contract(), .gas_limit = word.gas_limit()};
            break;
        case 7:
            rule.params = VelocityRule{.units_max = word.outflow_max(), .window_hours = word.window_hours()};
            break;
        case 8: {
            CounterpartiesRule listed;
            for (const std::uint64_t index : load_listed(call, id, position, word)) {
                call.meter.charge(native_gas::list_item);
                listed.ids.push_back(call.meter.load(Registry::identities, slot_key::id_at(index)));
            }
            rule.params = std::move(listed);
            break;
        }
        case 3:
            rule.params = CountriesRule{.allow = word.allow(), .countries = countries_of(call, id, position, word)};
            break;
        case 4:
            rule.params = CategoriesRule{.all_of = word.all_of(), .any_of = word.any_of()};
            break;
        case 5:
            rule.params = HoldersRule{
                .identities_max = word.identities_max(), .units_max = word.units_max(), .units_min = word.units_min()};
            break;
        case 6:
            rule.params = WindowRule{.not_before = word.not_before(),
                                     .not_after = word.not_after(),
                                     .day_from = word.day_from(),
                                     .day_to = word.day_to(),
                                     .locks = word.locks()};
            break;
        default: {
            KnownRule known;
            for (unsigned i = 0; i < word.registrar_count(); ++i)
                known.registrars.push_back(
                    to_address(call.meter.load(Registry::identities, slot_key::registrar_at(word.registrar(i)))));
            rule.params = std::move(known);
        }
    }
    return rule;
}

Outcome give_rules(RegistryCall& call) {
    const auto id = call.args.number<std::uint64_t>();
    if (call.args.failed()) return call.bad_call();
    const PolicyRecord policy = load_policy(call, id);
    if (policy.owner.is_zero()) return unknown_policy(call, id);
    std::vector<Rule> rules;
    for (std::uint32_t i = 0; i < policy.rule_count && !call.meter.halted(); ++i) {
        call.meter.charge(native_gas::list_item);
        rules.push_back(rule_of(call, id, i));
    }
    AbiWriter out = call.result();
    out.word(32);
    write_rules(out, rules);
    call.meter.charge(native_gas::output_word * static_cast<Gas>((out.end() - out.begin()) / 32));
    return Outcome::returned;
}

// Ownership of a policy, and the tokens that may use it.

Outcome offer_policy(RegistryCall& call) {
    call.meter.require_writable();
    const auto id = call.args.number<std::uint64_t>();
    const Address to = call.args.address();
    if (call.args.failed()) return call.bad_call();
    if (const auto policy = own_policy(call, id); !policy) return policy.error();
    store(call, slot_key::offered_owner(id), to_u256(to));
    log(call, {signature_hash("PolicyTransferOffered(uint64,address,address)"), id, to_u256(call.caller), to_u256(to)});
    return call.give();
}

Outcome accept_policy(RegistryCall& call) {
    call.meter.require_writable();
    const auto id = call.args.number<std::uint64_t>();
    if (call.args.failed()) return call.bad_call();
    PolicyRecord policy = load_policy(call, id);
    if (policy.owner.is_zero()) return unknown_policy(call, id);
    if (call.caller.is_zero() || to_address(load(call, slot_key::offered_owner(id))) != call.caller)
        return call.not_authorized();
    const Address from = policy.owner;
    policy.owner = call.caller;
    store(call, slot_key::policy(id), policy.word());
    store(call, slot_key::offered_owner(id), {});
    log(call, {signature_hash("PolicyTransferred(uint64,address,address)"), id, to_u256(from), to_u256(call.caller)});
    return call.give();
}

Outcome allow_token(RegistryCall& call) {
    call.meter.require_writable();
    const auto id = call.args.number<std::uint64_t>();
    const Address token = call.args.address();
    const bool allowed = call.args.boolean();
    if (call.args.failed()) return call.bad_call();
    if (const auto policy = own_policy(call, id); !policy) return policy.error();
    if (token.is_zero()) return call.zero_address();
    store(call, slot_key::allowed(token, id), std::uint64_t{allowed});
    log(call, {signature_hash("TokenAllowed(uint64,address,bool)"), id, to_u256(token)}, {std::uint64_t{allowed}});
    return call.give();
}

Outcome set_lock(RegistryCall& call) {
    call.meter.require_writable();
    const auto id = call.args.number<std::uint64_t>();
    const u256 identity_id = call.args.word();
    const auto until = call.args.number<std::uint64_t>();
    if (call.args.failed()) return call.bad_call();
    if (const auto policy = own_policy(call, id); !policy) return policy.error();
    const std::uint64_t identity = identity_index(call.meter, identity_id);
    if (identity == 0) return unknown_identity(call, identity_id);
    store(call, slot_key::lock(id, identity), until);
    log(call, {signature_hash("IdentityLocked(uint64,bytes32,uint64)"), id, identity_id}, {until});
    return call.give();
}

// What a token does.

Outcome bind_token(RegistryCall& call) {
    call.meter.require_writable();
    const auto id = call.args.number<std::uint64_t>();
    const bool counted = call.args.boolean();
    if (call.args.failed()) return call.bad_call();
    TokenRecord token = load_token(call, call.caller);
    if (token.policy != 0)
        return call.refuse(selector("AlreadyBound(address,uint64)"), {to_u256(call.caller), token.policy});
    PolicyRecord policy = load_policy(call, id);
    if (policy.owner.is_zero()) return unknown_policy(call, id);
    if (load(call, slot_key::allowed(call.caller, id)).is_zero())
        return call.refuse(selector("TokenNotAllowed(uint64,address)"), {id, to_u256(call.caller)});
    if (!counted) {
        if (policy.has_kind(5) || policy.has_kind(7)) return not_counted(call, id);
        if (policy.uncounted == PolicyRecord::uncounted_max)
            return call.too_many(std::uint64_t{policy.uncounted} + 1, PolicyRecord::uncounted_max);
        ++policy.uncounted;
        store(call, slot_key::policy(id), policy.word());
    }
    token.policy = id;
    token.counted = counted;
    store(call, slot_key::token(call.caller), token.word());
    log(call, {signature_hash("TokenBound(address,uint64,bool)"), to_u256(call.caller), id}, {std::uint64_t{counted}});
    return call.give();
}

Outcome set_escrow(RegistryCall& call) {
    call.meter.require_writable();
    const Address escrow = call.args.address();
    const bool is_escrow = call.args.boolean();
    if (call.args.failed()) return call.bad_call();
    if (load_token(call, call.caller).policy == 0) return not_bound(call, call.caller);
    if (escrow.is_zero()) return call.zero_address();
    WalletRecord wallet = load_wallet(call, escrow);
    if (wallet.escrow == 0) {
        if (!is_escrow) return call.give();
        PoliciesRecord counts = load_counts(call);
        if (counts.escrows >= escrows_max) return call.too_many(counts.escrows + 1, escrows_max);
        wallet.escrow = static_cast<std::uint32_t>(++counts.escrows);
        store(call, slot_key::policies(), counts.word());
        store(call, slot_key::escrow_at(wallet.escrow), to_u256(escrow));
        call.meter.store(Registry::identities, slot_key::wallet(escrow), wallet.word());
    }
    const u256 key = slot_key::escrow(call.caller, wallet.escrow);
    if (load(call, key).is_zero() != is_escrow) return call.give();
    store(call, key, std::uint64_t{is_escrow});
    log(call, {signature_hash("EscrowChanged(address,address,bool)"), to_u256(call.caller), to_u256(escrow)},
        {std::uint64_t{is_escrow}});
    return call.give();
}

// Judgement.

/// Reads (operation, actor, from, to, amount); nothing where the operation is none (then `bad_operation`) or the ABI
/// bad.
std::optional<Movement> read_movement(RegistryCall& call, const Address& token, bool& bad_operation) {
    Movement movement{.token = token, .actor = {}, .from = {}, .to = {}, .amount = {}};
    const auto operation = operation_from(call.args.number<std::uint8_t>());
    movement.actor = call.args.address();
    movement.from = call.args.address();
    movement.to = call.args.address();
    movement.amount = call.args.word();
    bad_operation = !operation;
    if (call.args.failed() || !operation) return std::nullopt;
    movement.operation = *operation;
    return movement;
}
Outcome no_movement(RegistryCall& call, bool bad_operation) {
    return bad_operation && !call.args.failed() ? call.refuse(selector("BadOperation()")) : call.bad_call();
}

/// Reads (operation, actor, legs) of `token`'s call; else the refusal.
std::expected<NetMovement, Outcome> read_net_movement(RegistryCall& call, const Address& token) {
    NetMovement movement{.token = token, .actor = {}, .legs = {}};
    const auto operation = operation_from(call.args.number<std::uint8_t>());
    movement.actor = call.args.address();
    AbiReader::List list = call.args.list();
    if (call.args.failed()) return std::unexpected(call.bad_call());
    if (!operation || !can_be_netted(*operation)) return std::unexpected(call.refuse(selector("BadOperation()")));
    if (list.count > legs_max) return std::unexpected(call.too_many(list.count, legs_max));
    movement.operation = *operation;
    call.meter.charge(native_gas::list_item * static_cast<Gas>(list.count));
    if (call.meter.halted()) return std::unexpected(Outcome::reverted);
    for (std::uint64_t i = 0; i < list.count; ++i) {
        Leg leg;
        leg.from = list.items.address();
        leg.to = list.items.address();
        leg.amount = list.items.word();
        if (list.items.failed()) return std::unexpected(call.bad_call());
        movement.legs.push_back(leg);
    }
    return movement;
}

/// Judges and moves the counters, or refuses with the first refusal.
Outcome authorize(RegistryCall& call, Evaluation& evaluation) {
    std::array<Refusal, 1> first;
    RefusalList refusals{first};
    if (!evaluation.judge(refusals)) return not_bound(call, call.caller);
    if (!refusals.empty())
        return call.refuse(
            selector("Refused(uint16,address,uint8,uint256)"),
            {std::uint64_t{first[0].code}, to_u256(first[0].who), std::uint64_t{first[0].rule}, first[0].detail});
    evaluation.apply();
    return call.give();
}

/// Gives all refusals, found in `space`.
Outcome preview(RegistryCall& call, const Address& token, Evaluation& evaluation, std::span<Refusal> space) {
    RefusalList refusals{space};
    if (!evaluation.judge(refusals)) return not_bound(call, token);
    call.meter.charge(native_gas::list_item * static_cast<Gas>(refusals.items().size()));
    AbiWriter out = call.result();
    out.word(32);
    out.word(refusals.items().size());
    for (const Refusal& refusal : refusals.items()) {
        out.word(std::uint64_t{refusal.code});
        out.address(refusal.who);
        out.word(std::uint64_t{refusal.rule});
        out.word(refusal.detail);
    }
    return Outcome::returned;
}

Outcome authorize_one(RegistryCall& call) {
    call.meter.require_writable();
    bool bad_operation = false;
    const auto movement = read_movement(call, call.caller, bad_operation);
    if (!movement) return no_movement(call, bad_operation);
    Evaluation evaluation{call.meter, call.now, *movement};
    return authorize(call, evaluation);
}

Outcome authorize_net(RegistryCall& call) {
    call.meter.require_writable();
    const auto movement = read_net_movement(call, call.caller);
    if (!movement) return movement.error();
    Evaluation evaluation{call.meter, call.now, *movement};
    return authorize(call, evaluation);
}

Outcome preview_one(RegistryCall& call) {
    const Address token = call.args.address();
    bool bad_operation = false;
    const auto movement = read_movement(call, token, bad_operation);
    if (!movement) return no_movement(call, bad_operation);
    Evaluation evaluation{call.meter, call.now, *movement};
    std::array<Refusal, refusals_max> space;
    return preview(call, token, evaluation, space);
}

Outcome preview_net(RegistryCall& call) {
    const Address token = call.args.address();
    const auto movement = read_net_movement(call, token);
    if (!movement) return movement.error();
    Evaluation evaluation{call.meter, call.now, *movement};
    std::vector<Refusal> space(std::max<std::size_t>(movement->legs.size(), 1) * refusals_max);
    return preview(call, token, evaluation, space);
}

Outcome can(RegistryCall& call, Evaluation::Asked asked) {
    const Address token = call.args.address();
    const Address account = call.args.address();
    if (call.args.failed()) return call.bad_call();
    Movement movement{.token = token, .actor = account, .from = {}, .to = {}, .amount = {}};
    (asked == Evaluation::Asked::sender_alone ? movement.from : movement.to) = account;
    Evaluation evaluation{call.meter, call.now, movement, asked};
    std::array<Refusal, 1> first;
    RefusalList refusals{first};
    if (!evaluation.judge(refusals)) return not_bound(call, token);
    return call.give({std::uint64_t{refusals.empty()}});
}

// Views.

Outcome give_policy_of(RegistryCall& call) {
    const Address token = call.args.address();
    if (call.args.failed()) return call.bad_call();
    const TokenRecord record = load_token(call, token);
    return call.give({record.policy, std::uint64_t{record.counted}});
}

Outcome give_is_escrow(RegistryCall& call) {
    const Address token = call.args.address();
    const Address account = call.args.address();
    if (call.args.failed()) return call.bad_call();
    const std::uint32_t escrow = load_wallet(call, account).escrow;
    return call.give({std::uint64_t{escrow != 0 && !load(call, slot_key::escrow(token, escrow)).is_zero()}});
}

Outcome give_units_of(RegistryCall& call) {
    const Address token = call.args.address();
    const u256 id = call.args.word();
    if (call.args.failed()) return call.bad_call();
    const std::uint64_t identity = identity_index(call.meter, id);
    return call.give({identity == 0 ? u256{} : load(call, slot_key::units(token, identity))});
}

Outcome give_holders(RegistryCall& call) {
    const Address token = call.args.address();
    if (call.args.failed()) return call.bad_call();
    return call.give({load_token(call, token).holders});
}

Outcome give_escrowed(RegistryCall& call) {
    const Address token = call.args.address();
    if (call.args.failed()) return call.bad_call();
    return call.give({load(call, slot_key::escrowed(token))});
}

Outcome give_put_into(RegistryCall& call) {
    const Address token = call.args.address();
    const Address escrow = call.args.address();
    const u256 id = call.args.word();
    if (call.args.failed()) return call.bad_call();
    const std::uint32_t index = load_wallet(call, escrow).escrow;
    const std::uint64_t identity = identity_index(call.meter, id);
    if (index == 0 || identity == 0) return call.give({0});
    return call.give({load(call, slot_key::put_into(token, index, identity))});
}

Outcome give_policy(RegistryCall& call) {
    const auto id = call.args.number<std::uint64_t>();
    if (call.args.failed()) return call.bad_call();
    const PolicyRecord policy = load_policy(call, id);
    return call.give(
        {to_u256(policy.owner), load(call, slot_key::offered_owner(id)), std::uint64_t{policy.rule_count}});
}

Outcome give_is_allowed(RegistryCall& call) {
    const auto id = call.args.number<std::uint64_t>();
    const Address token = call.args.address();
    if (call.args.failed()) return call.bad_call();
    return call.give({std::uint64_t{!load(call, slot_key::allowed(token, id)).is_zero()}});
}

Outcome give_lock_of(RegistryCall& call) {
    const auto id = call.args.number<std::uint64_t>();
    const u256 identity_id = call.args.word();
    if (call.args.failed()) return call.bad_call();
    const std::uint64_t identity = identity_index(call.meter, identity_id);
    return call.give({identity == 0 ? u256{} : load(call, slot_key::lock(id, identity))});
}

}  // namespace

Outcome call_policies(RegistryCall& call, std::uint32_t called) {
    switch (called) {
        case selector("authorize(uint8,address,address,address,uint256)"):
            return authorize_one(call);
        case selector("authorizeNet(uint8,address,(address,address,uint256)[])"):
            return authorize_net(call);
        case selector("preview(address,uint8,address,address,address,uint256)"):
            return preview_one(call);
        case selector("previewNet(address,uint8,address,(address,address,uint256)[])"):
            return preview_net(call);
        case selector("canSend(address,address)"):
            return can(call, Evaluation::Asked::sender_alone);
        case selector("canReceive(address,address)"):
            return can(call, Evaluation::Asked::receiver_alone);
        case selector("createPolicy((uint8,uint16,uint8,bytes)[])"):
            return create_policy(call);
        case selector("setRules(uint64,(uint8,uint16,uint8,bytes)[])"):
            return set_rules(call);
        case selector("offerPolicy(uint64,address)"):
            return offer_policy(call);
        case selector("acceptPolicy(uint64)"):
            return accept_policy(call);
        case selector("allowToken(uint64,address,bool)"):
            return allow_token(call);
        case selector("setLock(uint64,bytes32,uint64)"):
            return set_lock(call);
        case selector("bind(uint64,bool)"):
            return bind_token(call);
        case selector("setEscrow(address,bool)"):
            return set_escrow(call);
        case selector("policyOf(address)"):
            return give_policy_of(call);
        case selector("isEscrow(address,address)"):
            return give_is_escrow(call);
        case selector("unitsOf(address,bytes32)"):
            return give_units_of(call);
        case selector("holders(address)"):
            return give_holders(call);
        case selector("escrowed(address)"):
            return give_escrowed(call);
        case selector("putInto(address,address,bytes32)"):
            return give_put_into(call);
        case selector("policy(uint64)"):
            return give_policy(call);
        case selector("rules(uint64)"):
            return give_rules(call);
        case selector("isAllowed(uint64,address)"):
            return give_is_allowed(call);
        case selector("lockOf(uint64,bytes32)"):
            return give_lock_of(call);
        case selector("policyCount()"):
            return call.give({load_counts(call).policies});
        default:
            return call.bad_call();
    }
}

}  // namespace talea::vm
