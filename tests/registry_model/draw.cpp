// What a walk chooses from, and how: mostly what makes sense.
#include <set>

#include "registry_model/population.hpp"
#include "registry_model/walk.hpp"
#include "unit/vm/native/native_chain.hpp"
#include "vm/native/validator_set.hpp"

namespace talea::tests {

using namespace talea::vm;
using namespace population;

Address Walk::admin() {
    return low_address(static_cast<std::uint16_t>(0xad00 + random_.below(admins)));
}
Address Walk::registrar() {
    return low_address(static_cast<std::uint16_t>(0x5000 + random_.below(registrars)));
}
Address Walk::owner() {
    return low_address(static_cast<std::uint16_t>(0x0a00 + random_.below(owners)));
}
Address Walk::token() {
    return low_address(static_cast<std::uint16_t>(0x7000 + random_.below(tokens)));
}
Address Walk::wallet() {
    return low_address(static_cast<std::uint16_t>(0x1000 + random_.below(wallets)));
}
Address Walk::escrow() {
    return low_address(static_cast<std::uint16_t>(0x4000 + random_.below(escrows)));
}
Address Walk::anybody() {
    switch (random_.below(12)) {
        case 0:
            return {};
        case 1:
            return escrow();
        case 2:
            return low_address(0x7777);  // nobody's
        case 3:
            return registrar();
        case 4:
            return admin();
        default:
            return wallet();
    }
}
u256 Walk::id() {
    return random_.one_in(25) ? u256{random_.below(3)} : id_at(random_.below(identities));
}
std::uint64_t Walk::policy() {
    return random_.one_in(25) ? random_.below(100) : 1 + random_.below(policies);
}
std::uint64_t Walk::roles() {
    static constexpr std::uint64_t some[] = {1, 1, 2, 3, 4, 8, 8, 16, 24, 31, 0, 32};
    return some[random_.below(std::size(some))];
}
std::uint16_t Walk::country() {
    static constexpr std::uint16_t some[] = {840, 840, 276, 826, 756, 999, 408, 364, 0};
    return some[random_.below(std::size(some))];
}

/// Mostly who may: asked of the native registry, which a difference would show.
Address Walk::registrar_of(const u256& id) {
    if (random_.one_in(6)) return random_.one_in(2) ? registrar() : anybody();
    const auto done = pair_.call(Registry::identities, wallet(), call_data("identity(bytes32)", {id}));
    return done ? to_address(done->word(5)) : Address{};
}
Address Walk::owner_of(std::uint64_t policy) {
    if (random_.one_in(6)) return random_.one_in(2) ? owner() : anybody();
    const auto done = pair_.call(Registry::policies, wallet(), call_data("policy(uint64)", {policy}));
    return done ? to_address(done->word(0)) : Address{};
}

Rule Walk::any_rule(std::uint8_t kind) {
    Rule rule;
    const auto some_of = [this](std::uint16_t possible) {
        const auto operations = static_cast<std::uint16_t>(random_.next() & possible);
        return operations == 0 ? possible : operations;
    };
    const auto sided = [&](RuleParams params) {
        return Rule{some_of(operations_of_sides()), static_cast<std::uint8_t>(1 + random_.below(3)), std::move(params)};
    };
    switch (kind) {
        case 1:
            rule = sided(ContractRule{Pair::rule_contract(random_.one_in(3) ? 2 + random_.below(4) : random_.below(2)),
                                      static_cast<std::uint32_t>(30'000 + random_.below(70'001))});
            rule.sides = 0;
            return rule;
        case 2: {
            KnownRule known;
            if (random_.one_in(3))
                for (std::uint64_t i = 0; i < 3; ++i) known.registrars.push_back(registrar());
            return {0, 0, known};
        }
        case 3: {
            CountriesRule countries{.allow = random_.one_in(2), .countries = {}};
            std::set<std::uint16_t> chosen{408, 364};
            if (countries.allow) chosen = {276, 756, 826, 840};
            if (random_.one_in(3))
                for (int i = 0; i < 20; ++i) chosen.insert(static_cast<std::uint16_t>(1 + random_.below(999)));
            countries.countries.assign(chosen.begin(), chosen.end());
            return sided(countries);
        }
        case 4:
            return sided(CategoriesRule{random_.below(2), random_.one_in(2) ? 0 : 1 + random_.below(7)});
        case 5:
            return {random_.one_in(2) ? bit(Operation::redeem) : std::uint16_t{0}, 0,
                    HoldersRule{static_cast<std::uint32_t>(random_.one_in(2) ? 0 : 4 + random_.below(8)),
                                random_.one_in(2) ? 0 : 1'000 + random_.below(4'000),
                                random_.one_in(2) ? 0 : random_.below(60)}};
        case 6: {
            WindowRule window{.locks = random_.one_in(2)};
            if (random_.one_in(5)) window.not_before = pair_.now + random_.below(3'000);
            if (random_.one_in(5)) window.not_after = std::max(window.not_before, pair_.now + random_.below(9'000));
            if (random_.one_in(3)) window.day_from = static_cast<std::uint32_t>(random_.below(86'400));
            if (random_.one_in(3)) window.day_to = static_cast<std::uint32_t>(random_.below(86'401));
            return {some_of(operations_of_window()), 0, window};
        }
        case 7:
            return {some_of(operations_of_velocity()), 0,
                    VelocityRule{50 + random_.below(500), static_cast<std::uint16_t>(1 + random_.below(5))}};
        default: {
            CounterpartiesRule listed;
            std::set<u256> chosen;
            for (std::uint64_t i = 0; i < identities; ++i)
                if (!random_.one_in(4)) chosen.insert(id_at(i));
            if (random_.one_in(12)) chosen.insert(u256{5});  // unknown
            listed.ids.assign(chosen.begin(), chosen.end());
            return sided(listed);
        }
    }
}

std::vector<Rule> Walk::any_rules() {
    std::vector<Rule> rules;
    for (std::uint64_t left = random_.one_in(3) ? 0 : random_.below(4); left > 0; --left)
        rules.push_back(any_rule(static_cast<std::uint8_t>(1 + random_.below(rule_kinds))));
    if (!rules.empty() && random_.one_in(8)) {  // out of range
        Rule& rule = rules[random_.below(rules.size())];
        switch (random_.below(4)) {
            case 0:
                rule.operations = static_cast<std::uint16_t>(random_.next());
                break;
            case 1:
                rule.sides = static_cast<std::uint8_t>(random_.below(6));
                break;
            case 2:
                rule.params = random_.one_in(2) ? RuleParams{HoldersRule{0, 5, 6}} : RuleParams{VelocityRule{5, 0}};
                break;
            default:
                rule.params = random_.one_in(2) ? RuleParams{CountriesRule{true, {5, 5}}}
                                                : RuleParams{CounterpartiesRule{{id_at(0), id_at(0)}}};
        }
    }
    if (random_.one_in(60)) rules.assign(17, any_rule(2));
    return rules;
}

Bytes Walk::rules_call(std::string_view signature, std::optional<std::uint64_t> policy) {
    std::vector<Rule> rules = any_rules();
    if (policy == uncounted_policy && !random_.one_in(5))
        std::erase_if(rules, [](const Rule& rule) { return rule.kind() == 5 || rule.kind() == 7; });
    if (policy == unruled_policy) std::erase_if(rules, [](const Rule& rule) { return rule.kind() == 2; });
    Bytes data = policy ? call_data(signature, {*policy, 64}) : call_data(signature, {32});
    AbiWriter out{data};
    const std::size_t list = data.size();
    write_rules(out, rules);
    if (!rules.empty() && random_.one_in(20)) {  // a kind that there is not
        const std::size_t first = list + 32 + 32 * rules.size();
        data[first + 31] = random_.one_in(2) ? 0 : 9;
    }
    return data;
}

u256 Walk::any_amount() {
    switch (random_.below(30)) {
        case 0:
            return 0;
        case 1:
            return random_.word();
        case 2:
            return counter_max - u256{random_.below(3)};
        case 3:
            return 2'000 + random_.below(20'000);
        default:
            return 1 + random_.below(60);
    }
}

Movement Walk::any_movement() {
    Movement movement;
    movement.token = low_address(static_cast<std::uint16_t>(0x7000 + random_.below(bound_tokens)));
    if (random_.one_in(60)) movement.token = token();
    movement.operation = *operation_from(static_cast<std::uint8_t>(1 + random_.below(operations_end - 1)));
    const bool odd = random_.one_in(10);
    movement.from = odd ? anybody() : wallet();
    movement.to = odd ? anybody() : wallet();
    movement.amount = any_amount();
    using enum Operation;
    if (!odd) {
        if (movement.operation == issue) {
            movement.from = random_.one_in(4) ? escrow() : Address{};
            if (random_.one_in(6)) movement.to = escrow();
            if (movement.from.is_zero() && movement.amount < u256{100}) movement.amount = movement.amount * u256{60};
        }
        if (movement.operation == redeem) movement.to = random_.one_in(3) ? Address{} : escrow();
        if (movement.operation == seize && random_.one_in(4)) movement.to = escrow();
        if (movement.operation == force && random_.one_in(4)) movement.to = {};
        if (movement.operation == give_back) movement.from = escrow();
        if (movement.operation == recover && !recoveries_.empty() && !random_.one_in(4)) {
            const auto& chosen = recoveries_[random_.below(recoveries_.size())];
            movement.from = chosen.first;
            movement.to = chosen.second;
        }
    }
    movement.actor = random_.one_in(2) ? movement.from : anybody();
    return movement;
}

NetMovement Walk::any_net() {
    const Movement like = any_movement();
    NetMovement net{random_.one_in(3) ? Operation::transfer : Operation::settle, like.token, anybody(), {}};
    if (random_.one_in(25)) net.operation = like.operation;
    std::uint64_t count = random_.below(6);
    if (random_.one_in(300)) count = 63 + random_.below(3);
    std::vector<Address> some;
    for (int i = 0; i < 4; ++i) some.push_back(random_.one_in(20) ? anybody() : wallet());
    for (std::uint64_t i = 0; i < count; ++i)
        net.legs.push_back({some[random_.below(4)], some[random_.below(4)], any_amount()});
    return net;
}

/// Call data of addValidator or replaceValidator; the consent is mostly good.
Bytes Walk::consent(const Address& first, bool replaces) {
    const PrivateKey candidate = key(random_.below(validators));
    const Address validator = address_of(candidate);
    const std::uint64_t expiry = random_.one_in(8) ? pair_.now : pair_.now + 1 + random_.below(100'000);
    const std::uint64_t signed_expiry = random_.one_in(8) ? expiry + 1 : expiry;
    const Signature signature = sign(candidate, validator_consent(Pair::genesis_hash, validator, signed_expiry));
    Bytes data = replaces ? call_data("replaceValidator(address,address,uint64,bytes)",
                                      {to_u256(first), to_u256(validator), expiry, 128})
                          : call_data("addValidator(address,uint64,bytes)", {to_u256(validator), expiry, 96});
    Bytes given;
    append(given, signature.r.to_be_bytes());
    append(given, signature.s.to_be_bytes());
    given.push_back(signature.y_parity);
    if (random_.one_in(12)) given.pop_back();
    AbiWriter out{data};
    out.bytes(given);
    return data;
}

}  // namespace talea::tests
