#include "registry_model/draw.hpp"

#include <algorithm>
#include <set>

#include "unit/vm/native/native_chain.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/crypto/secp256k1.hpp"
#include "vm/native/validator_set.hpp"

namespace talea::tests {

using namespace talea::vm;

namespace {

constexpr std::uint16_t admins = 5, registrars = 4, owners = 3, tokens = 6, wallets = 30, escrows = 3, identities = 12,
                        policies = 5, validators = 4, nodes = 5;
constexpr std::uint64_t uncounted_policy = 5, unruled_policy = 2;  // without kind 2
constexpr std::uint64_t bound_tokens = 5;
constexpr std::uint64_t identity_life = 400'000;

PrivateKey key(std::uint64_t i) {
    return PrivateKey{to_hash(u256{0x5eed00 + i})};
}
u256 id_at(std::uint64_t i) {
    return to_u256(keccak256(to_hash(u256{i}).bytes));
}
u256 pick(Random& random, std::initializer_list<u256> from) {
    return *(from.begin() + random.below(from.size()));
}

}  // namespace

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

const std::vector<Walk::Entry>& Walk::entries() {
    using R = Registry;
    const auto by_network = [](Walk& w) { return w.random_.one_in(5) ? w.anybody() : Pair::first_admin; };
    const auto by_admin = [](Walk& w) { return w.random_.one_in(6) ? w.anybody() : w.admin(); };
    // Views that take what `args` draws.
    const auto view = [](R registry, std::string_view signature, std::function<std::vector<u256>(Walk&)> args) {
        return Entry{signature, [registry, signature, args](Walk& w) {
                         Bytes data = call_data(signature);
                         AbiWriter out{data};
                         for (const u256& word : args(w)) out.word(word);
                         return Drawn{registry, w.anybody(), data};
                     }};
    };
    const auto nothing = [](Walk&) { return std::vector<u256>{}; };
    const auto account = [](Walk& w) { return std::vector{to_u256(w.random_.one_in(3) ? w.admin() : w.anybody())}; };
    const auto an_id = [](Walk& w) { return std::vector{w.id()}; };
    const auto a_policy = [](Walk& w) { return std::vector<u256>{w.policy()}; };
    const auto a_token = [](Walk& w) { return std::vector{to_u256(w.token())}; };
    static const std::vector<Entry> all{
        {"grantRoles(address,uint256)",
         [=](Walk& w) {
             return Drawn{R::permissions, by_admin(w),
                          call_data("grantRoles(address,uint256)",
                                    {to_u256(w.random_.one_in(2) ? w.admin() : w.anybody()), w.roles()})};
         }},
        {"revokeRoles(address,uint256)",
         [=](Walk& w) {
             return Drawn{R::permissions, by_admin(w),
                          call_data("revokeRoles(address,uint256)",
                                    {to_u256(w.random_.one_in(2) ? w.admin() : w.anybody()),
                                     w.random_.one_in(3) ? w.roles() : 8 + 8 * w.random_.below(2)})};
         }},
        {"setThreshold(uint256,uint8)",
         [=](Walk& w) {
             return Drawn{R::permissions, by_admin(w),
                          call_data("setThreshold(uint256,uint8)", {w.roles(), w.random_.below(4)})};
         }},
        {"propose(uint8,address,uint256,uint8,uint64)",
         [=](Walk& w) {
             const std::uint64_t change = w.random_.one_in(30) ? 0 : 1 + w.random_.below(3);
             const bool sets = change == 3;
             const u256 account_word =
                 sets && !w.random_.one_in(9) ? u256{} : to_u256(w.random_.one_in(9) ? w.anybody() : w.admin());
             return Drawn{
                 R::permissions, by_admin(w),
                 call_data("propose(uint8,address,uint256,uint8,uint64)",
                           {change, account_word, w.roles(), sets ? w.random_.below(4) : w.random_.below(9) / 8,
                            w.random_.one_in(12) ? w.pair_.now + w.random_.below(2) * 2'592'001
                                                 : w.pair_.now + 1 + w.random_.below(30'000)})};
         }},
        {"approve(uint64)",
         [=](Walk& w) {
             const auto count = w.pair_.call(R::permissions, w.wallet(), call_data("proposalCount()"));
             const std::uint64_t last = count ? count->word().low_u64() : 0;
             return Drawn{R::permissions, by_admin(w),
                          call_data("approve(uint64)", {last + 1 - std::min(last + 1, w.random_.below(4))})};
         }},
        {"cancel(uint64)",
         [=](Walk& w) {
             const auto count = w.pair_.call(R::permissions, w.wallet(), call_data("proposalCount()"));
             const std::uint64_t last = count ? count->word().low_u64() : 0;
             const std::uint64_t which = last + 1 - std::min(last + 1, w.random_.below(40));
             const auto read = w.pair_.call(R::permissions, w.wallet(), call_data("proposal(uint64)", {which}));
             return Drawn{R::permissions, w.random_.one_in(2) && read ? to_address(read->word(6)) : w.admin(),
                          call_data("cancel(uint64)", {which})};
         }},
        {"setGasLimit(uint64)",
         [=](Walk& w) {
             return Drawn{R::permissions, by_network(w),
                          call_data("setGasLimit(uint64)",
                                    {pick(w.random_, {16'777'215, 16'777'216, 100'000'000, 200'000'000, 200'000'001,
                                                      20'000'000 + w.random_.below(100'000'000)})})};
         }},
        {"advanceClock(uint64)",
         [=](Walk& w) {
             return Drawn{R::permissions, by_network(w),
                          call_data("advanceClock(uint64)",
                                    {w.random_.one_in(5) ? w.random_.next() : w.random_.below(100'000)})};
         }},
        {"addValidator(address,uint64,bytes)",
         [=](Walk& w) { return Drawn{R::permissions, by_network(w), w.consent({}, false)}; }},
        {"replaceValidator(address,address,uint64,bytes)",
         [=](Walk& w) {
             const Address replaced =
                 w.random_.one_in(3) ? low_address(0x11) : address_of(key(w.random_.below(validators)));
             return Drawn{R::permissions, by_network(w), w.consent(replaced, true)};
         }},
        {"removeValidator(address)",
         [=](Walk& w) {
             return Drawn{
                 R::permissions, by_network(w),
                 call_data("removeValidator(address)", {to_u256(address_of(key(w.random_.below(validators))))})};
         }},
        {"admitNode(bytes32,bytes32)",
         [=](Walk& w) {
             const PublicKey node = public_key_of(key(100 + w.random_.below(nodes)));
             return Drawn{
                 R::permissions, by_network(w),
                 call_data("admitNode(bytes32,bytes32)", {node.x, w.random_.one_in(6) ? w.random_.word() : node.y})};
         }},
        {"removeNode(address)",
         [=](Walk& w) {
             return Drawn{R::permissions, by_network(w),
                          call_data("removeNode(address)", {to_u256(address_of(key(100 + w.random_.below(nodes))))})};
         }},
        view(R::permissions, "rolesOf(address)", account),
        view(R::permissions, "hasRole(address,uint256)",
             [](Walk& w) { return std::vector<u256>{to_u256(w.admin()), w.roles()}; }),
        view(R::permissions, "threshold(uint256)", [](Walk& w) { return std::vector<u256>{w.roles()}; }),
        view(R::permissions, "proposal(uint64)", [](Walk& w) { return std::vector<u256>{w.random_.below(60)}; }),
        view(R::permissions, "proposalCount()", nothing),
        view(R::permissions, "adminCount()", nothing),
        view(R::permissions, "mode()", nothing),
        view(R::permissions, "clock()", nothing),
        view(R::permissions, "validators()", nothing),
        view(R::permissions, "isValidator(address)",
             [](Walk& w) { return std::vector{to_u256(address_of(key(w.random_.below(validators))))}; }),
        view(R::permissions, "isAdmitted(address)",
             [](Walk& w) { return std::vector{to_u256(address_of(key(100 + w.random_.below(nodes))))}; }),
        view(R::permissions, "nodes()", nothing),
        view(R::permissions, "configHash()", nothing),
        view(R::permissions, "gasLimit()", nothing),
        view(R::permissions, "baseFee()", nothing),
        view(R::permissions, "nativeVersion()", nothing),

        {"addRegistrar(address)",
         [=](Walk& w) {
             return Drawn{
                 R::identities, by_network(w),
                 call_data("addRegistrar(address)", {to_u256(w.random_.one_in(12) ? w.anybody() : w.registrar())})};
         }},
        {"removeRegistrar(address)",
         [=](Walk& w) {
             return Drawn{R::identities, w.random_.one_in(3) ? Pair::first_admin : w.anybody(),
                          call_data("removeRegistrar(address)", {to_u256(w.registrar())})};
         }},
        {"register(bytes32,uint16,uint64,uint64,bytes32,address[])",
         [=](Walk& w) {
             const std::uint64_t count = w.random_.one_in(60) ? 17 : w.random_.below(3);
             Bytes data = call_data("register(bytes32,uint16,uint64,uint64,bytes32,address[])",
                                    {w.random_.one_in(3) ? w.id() : u256{1'000'000 + w.random_.below(1'000'000)},
                                     w.random_.one_in(20) ? 1'000 : std::uint64_t{w.country()}, w.random_.below(8),
                                     w.pair_.now + w.random_.below(identity_life), w.random_.word(), 192, count});
             AbiWriter out{data};
             for (std::uint64_t i = 0; i < count; ++i)
                 out.address(w.random_.one_in(2) ? w.random_.address() : w.anybody());
             return Drawn{R::identities, w.random_.one_in(5) ? w.anybody() : w.registrar(), data};
         }},
        {"setCountry(bytes32,uint16)",
         [=](Walk& w) {
             const u256 which = w.id();
             return Drawn{R::identities, w.registrar_of(which),
                          call_data("setCountry(bytes32,uint16)",
                                    {which, w.random_.one_in(12) ? 1'000 : std::uint64_t{w.country()}})};
         }},
        {"setCategories(bytes32,uint64)",
         [=](Walk& w) {
             const u256 which = w.id();
             return Drawn{R::identities, w.registrar_of(which),
                          call_data("setCategories(bytes32,uint64)", {which, w.random_.below(8)})};
         }},
        {"setExpiry(bytes32,uint64)",
         [=](Walk& w) {
             const u256 which = w.id();
             return Drawn{R::identities, w.registrar_of(which),
                          call_data("setExpiry(bytes32,uint64)",
                                    {which, w.pair_.now + (w.random_.one_in(6) ? 0 : w.random_.below(identity_life))})};
         }},
        {"setFileHash(bytes32,bytes32)",
         [=](Walk& w) {
             const u256 which = w.id();
             return Drawn{R::identities, w.registrar_of(which),
                          call_data("setFileHash(bytes32,bytes32)", {which, w.random_.word()})};
         }},
        {"setState(bytes32,uint8)",
         [=](Walk& w) {
             const u256 which = w.id();
             const std::uint64_t state = w.random_.one_in(40) ? 3 : w.random_.one_in(6) ? 2 : 1;
             return Drawn{R::identities, w.registrar_of(which), call_data("setState(bytes32,uint8)", {which, state})};
         }},
        {"linkWallet(bytes32,address)",
         [=](Walk& w) {
             const u256 which = w.id();
             return Drawn{R::identities, w.registrar_of(which),
                          call_data("linkWallet(bytes32,address)",
                                    {which, to_u256(w.random_.one_in(2) ? w.random_.address() : w.anybody())})};
         }},
        {"unlinkWallet(address)",
         [=](Walk& w) {
             const Address which = w.wallet();
             const auto read = w.pair_.call(R::identities, which, call_data("identityOf(address)", {to_u256(which)}));
             return Drawn{R::identities, read && !w.random_.one_in(3) ? w.registrar_of(read->word()) : w.anybody(),
                          call_data("unlinkWallet(address)", {to_u256(w.random_.one_in(9) ? w.anybody() : which)})};
         }},
        {"offerTransfer(bytes32,address)",
         [=](Walk& w) {
             const u256 which = w.id();
             return Drawn{R::identities, w.random_.one_in(4) ? Pair::first_admin : w.registrar_of(which),
                          call_data("offerTransfer(bytes32,address)",
                                    {which, to_u256(w.random_.one_in(6) ? w.anybody() : w.registrar())})};
         }},
        {"acceptTransfer(bytes32)",
         [=](Walk& w) {
             return Drawn{R::identities, w.random_.one_in(9) ? w.anybody() : w.registrar(),
                          call_data("acceptTransfer(bytes32)", {w.id()})};
         }},
        {"recover(address,address)",
         [=](Walk& w) {
             const Address lost = w.wallet();
             Address by = w.anybody();
             if (w.random_.one_in(4)) {  // else all wallets would be retired soon
                 const auto read = w.pair_.call(R::identities, by, call_data("identityOf(address)", {to_u256(lost)}));
                 if (read) by = w.registrar_of(read->word());
             }
             return Drawn{R::identities, by,
                          call_data("recover(address,address)",
                                    {to_u256(lost), to_u256(w.random_.one_in(3) ? w.wallet() : w.random_.address())})};
         }},
        {"cancelRecovery(address)",
         [=](Walk& w) {
             const bool known = !w.recoveries_.empty() && !w.random_.one_in(4);
             const Address lost = known ? w.recoveries_[w.random_.below(w.recoveries_.size())].first : w.wallet();
             return Drawn{R::identities,
                          w.random_.one_in(6)   ? lost
                          : w.random_.one_in(6) ? Pair::first_admin
                                                : w.anybody(),
                          call_data("cancelRecovery(address)", {to_u256(lost)})};
         }},
        view(R::identities, "registrar(address)", [](Walk& w) { return std::vector{to_u256(w.registrar())}; }),
        view(R::identities, "current(address)", account),
        view(R::identities, "identityOf(address)", account),
        view(R::identities, "walletOf(address)", account),
        view(R::identities, "identity(bytes32)", an_id),
        view(R::identities, "idAt(uint64)", [](Walk& w) { return std::vector<u256>{w.random_.below(80)}; }),
        view(R::identities, "identityCount()", nothing),
        view(R::identities, "recoveryDelay()", nothing),

        {"createPolicy((uint8,uint16,uint8,bytes)[])",
         [=](Walk& w) {
             return Drawn{R::policies, w.owner(), w.rules_call("createPolicy((uint8,uint16,uint8,bytes)[])", {})};
         }},
        {"setRules(uint64,(uint8,uint16,uint8,bytes)[])",
         [=](Walk& w) {
             const std::uint64_t which = w.policy();
             return Drawn{R::policies, w.owner_of(which),
                          w.rules_call("setRules(uint64,(uint8,uint16,uint8,bytes)[])", which)};
         }},
        {"offerPolicy(uint64,address)",
         [=](Walk& w) {
             const std::uint64_t which = w.policy();
             return Drawn{R::policies, w.owner_of(which),
                          call_data("offerPolicy(uint64,address)",
                                    {which, to_u256(w.random_.one_in(9) ? Address{} : w.owner())})};
         }},
        {"acceptPolicy(uint64)",
         [=](Walk& w) { return Drawn{R::policies, w.owner(), call_data("acceptPolicy(uint64)", {w.policy()})}; }},
        {"allowToken(uint64,address,bool)",
         [=](Walk& w) {
             const std::uint64_t which = w.policy();
             return Drawn{R::policies, w.owner_of(which),
                          call_data("allowToken(uint64,address,bool)",
                                    {which, w.random_.one_in(15) ? u256{} : to_u256(w.token()), w.random_.below(2)})};
         }},
        {"setLock(uint64,bytes32,uint64)",
         [=](Walk& w) {
             const std::uint64_t which = w.policy();
             return Drawn{R::policies, w.owner_of(which),
                          call_data("setLock(uint64,bytes32,uint64)",
                                    {which, w.id(), w.random_.one_in(2) ? 0 : w.pair_.now + w.random_.below(3'000)})};
         }},
        {"bind(uint64,bool)",
         [=](Walk& w) {
             return Drawn{R::policies, w.random_.one_in(2) ? w.random_.address() : w.token(),
                          call_data("bind(uint64,bool)", {w.policy(), w.random_.below(2)})};
         }},
        {"setEscrow(address,bool)",
         [=](Walk& w) {
             // Never one that may hold units, which the token sees to.
             return Drawn{
                 R::policies, w.random_.one_in(9) ? w.anybody() : w.token(),
                 call_data("setEscrow(address,bool)",
                           {w.random_.one_in(20) ? u256{} : u256{0x4100 + w.random_.below(4)}, w.random_.below(2)})};
         }},
        view(R::policies, "canSend(address,address)",
             [](Walk& w) { return std::vector{to_u256(w.token()), to_u256(w.anybody())}; }),
        view(R::policies, "canReceive(address,address)",
             [](Walk& w) { return std::vector{to_u256(w.token()), to_u256(w.anybody())}; }),
        view(R::policies, "policyOf(address)", a_token),
        view(R::policies, "isEscrow(address,address)",
             [](Walk& w) { return std::vector{to_u256(w.token()), to_u256(w.escrow())}; }),
        view(R::policies, "unitsOf(address,bytes32)", [](Walk& w) { return std::vector{to_u256(w.token()), w.id()}; }),
        view(R::policies, "holders(address)", a_token),
        view(R::policies, "escrowed(address)", a_token),
        view(R::policies, "putInto(address,address,bytes32)",
             [](Walk& w) { return std::vector{to_u256(w.token()), to_u256(w.escrow()), w.id()}; }),
        view(R::policies, "policy(uint64)", a_policy),
        view(R::policies, "rules(uint64)", a_policy),
        view(R::policies, "isAllowed(uint64,address)",
             [](Walk& w) { return std::vector<u256>{w.policy(), to_u256(w.token())}; }),
        view(R::policies, "lockOf(uint64,bytes32)", [](Walk& w) { return std::vector<u256>{w.policy(), w.id()}; }),
        view(R::policies, "policyCount()", nothing),
    };
    return all;
}

Walk::Walk(std::uint64_t seed, Tally& tally) : random_(seed), tally_(tally) {
    begin();
}

/// What every walk has from the first: registrars, identities with wallets, policies, tokens with escrows.
void Walk::begin() {
    bool good = true;
    const auto done = [&](Registry registry, const Address& sender, const Bytes& data) {
        good = good && must(registry, sender, data);
    };
    for (std::uint64_t i = 1; i < 3; ++i)
        done(Registry::permissions, Pair::first_admin,
             call_data("grantRoles(address,uint256)", {0xad00 + i, std::uint64_t{role::admin}}));
    if (random_.one_in(2))  // ADMINs decide together
        done(Registry::permissions, Pair::first_admin, call_data("setThreshold(uint256,uint8)", {1 + 2, 2}));
    for (std::uint64_t i = 0; i < registrars; ++i)
        done(Registry::identities, Pair::first_admin, call_data("addRegistrar(address)", {0x5000 + i}));
    for (std::uint64_t i = 0; i < identities; ++i) {
        Bytes data = call_data(
            "register(bytes32,uint16,uint64,uint64,bytes32,address[])",
            {id_at(i), 840, 1 + random_.below(7), pair_.now + 100'000 + random_.below(identity_life), 0xf11e, 192, 0});
        done(Registry::identities, low_address(static_cast<std::uint16_t>(0x5000 + i % registrars)), data);
    }
    for (std::uint64_t i = 0; i < wallets; ++i) {
        const std::uint64_t identity = i % identities;
        done(Registry::identities, low_address(static_cast<std::uint16_t>(0x5000 + identity % registrars)),
             call_data("linkWallet(bytes32,address)", {id_at(identity), 0x1000 + i}));
    }
    for (std::uint64_t i = 1; i <= policies; ++i) {
        const Address by = low_address(static_cast<std::uint16_t>(0x0a00 + i % owners));
        Bytes data = call_data("createPolicy((uint8,uint16,uint8,bytes)[])", {32});
        AbiWriter out{data};
        std::vector<Rule> rules;
        if (i != unruled_policy) rules.push_back({0, 0, KnownRule{}});
        write_rules(out, rules);
        done(Registry::policies, by, data);
        const u256 token = 0x7000 + i - 1;
        done(Registry::policies, by, call_data("allowToken(uint64,address,bool)", {i, token, 1}));
        done(Registry::policies, to_address(token),
             call_data("bind(uint64,bool)", {i, i == uncounted_policy ? 0U : 1U}));
        for (std::uint64_t j = 0; j < escrows; ++j)
            done(Registry::policies, to_address(token), call_data("setEscrow(address,bool)", {0x4000 + j, 1}));
    }
    check(good, "the first calls of a walk succeed alike");
}

bool Walk::must(Registry registry, const Address& sender, const Bytes& data) {
    const auto done = pair_.call(registry, sender, data);
    return done && done->succeeded;
}

std::optional<Done> Walk::call(std::string_view signature, const Drawn& drawn) {
    auto done = pair_.call(drawn.registry, drawn.sender, drawn.data);
    if (!done) {
        failure = std::string(signature) + " from " + to_hex(drawn.sender) + " at " + std::to_string(pair_.now) + "\n" +
                  to_hex(drawn.data) + "\n" + pair_.difference;
        return done;
    }
    Tally::Ends& ends = tally_.entries[signature];
    ++(done->succeeded ? ends.allowed : ends.refused);
    return done;
}

/// A judgement and its preview in the same state: each the same in both, and the two agree.
bool Walk::judge(bool net) {
    const Movement one = any_movement();
    const NetMovement many = any_net();
    const Bytes authorize = net ? encode_authorize_net_call(many) : encode_authorize_call(one);
    const Bytes preview = net ? encode_preview_net_call(many) : encode_preview_call(one);
    const Address token = net ? many.token : one.token;
    const auto before = call(net ? "previewNet" : "preview", {Registry::policies, anybody(), preview});
    const auto after = call(net ? "authorizeNet" : "authorize", {Registry::policies, token, authorize});
    if (!before || !after) return false;
    if (!before->succeeded) {  // not bound, no operation, too many
        if (!after->succeeded && after->output == before->output) return true;
        failure = "preview reverts otherwise than authorize: " + to_hex(authorize);
        return false;
    }
    const auto refusals = decode_preview_result(before->output);
    check(refusals.has_value(), "a preview is a list");
    for (const Refusal& refusal : *refusals) ++tally_.codes[refusal.code];
    const bool agree =
        refusals->empty() ? after->succeeded : !after->succeeded && decode_refused(after->output) == refusals->front();
    if (!agree) failure = "preview and authorize disagree: " + to_hex(authorize);
    if (!net) {
        Tally::Ends& ends = tally_.operations[one.operation];
        ++(after->succeeded ? ends.allowed : ends.refused);
    }
    return agree;
}

bool Walk::step() {
    pair_.now += random_.one_in(200) ? random_.below(20'000) : random_.below(40);
    const auto& all = entries();
    // Judgements have many shapes: as many of them as of ten other entry points.
    const std::uint64_t drawn_place = random_.below(all.size() + 14);
    if (drawn_place >= all.size()) return judge(drawn_place >= all.size() + 10);
    const Entry& entry = all[drawn_place];
    const Drawn drawn = entry.draw(*this);
    const auto done = call(entry.signature, drawn);
    if (done && done->succeeded && entry.signature == "recover(address,address)")
        recoveries_.emplace_back(to_address(u256::from_be_bytes(BytesView{drawn.data}.subspan(4, 32))),
                                 to_address(u256::from_be_bytes(BytesView{drawn.data}.subspan(36, 32))));
    return done.has_value();
}

bool Walk::sweep() {
    bool same = true;
    const auto ask = [&](Registry registry, std::string_view signature, std::initializer_list<u256> args) {
        same = same && call(signature, {registry, Address{}, call_data(signature, args)}).has_value();
    };
    for (std::uint64_t i = 0; i < tokens; ++i) {
        const u256 token = 0x7000 + i;
        ask(Registry::policies, "policyOf(address)", {token});
        ask(Registry::policies, "holders(address)", {token});
        ask(Registry::policies, "escrowed(address)", {token});
        for (std::uint64_t j = 0; j < identities; ++j) {
            ask(Registry::policies, "unitsOf(address,bytes32)", {token, id_at(j)});
            for (std::uint64_t k = 0; k < escrows; ++k)
                ask(Registry::policies, "putInto(address,address,bytes32)", {token, 0x4000 + k, id_at(j)});
        }
    }
    for (std::uint64_t i = 0; i <= policies; ++i) {
        ask(Registry::policies, "policy(uint64)", {i});
        ask(Registry::policies, "rules(uint64)", {i});
        for (std::uint64_t j = 0; j < identities; ++j) ask(Registry::policies, "lockOf(uint64,bytes32)", {i, id_at(j)});
    }
    for (std::uint64_t i = 0; i < identities; ++i) ask(Registry::identities, "identity(bytes32)", {id_at(i)});
    for (std::uint64_t i = 0; i < wallets; ++i) ask(Registry::identities, "walletOf(address)", {0x1000 + i});
    for (std::uint64_t i = 0; i < registrars; ++i) ask(Registry::identities, "registrar(address)", {0x5000 + i});
    for (std::uint64_t i = 0; i < admins; ++i) ask(Registry::permissions, "rolesOf(address)", {0xad00 + i});
    for (std::uint64_t i = 0; i < 5; ++i) ask(Registry::permissions, "threshold(uint256)", {std::uint64_t{1} << i});
    for (std::uint64_t i = 0; i < 100; ++i) ask(Registry::permissions, "proposal(uint64)", {i});
    ask(Registry::permissions, "nodes()", {});
    ask(Registry::permissions, "validators()", {});
    return same;
}

}  // namespace talea::tests
