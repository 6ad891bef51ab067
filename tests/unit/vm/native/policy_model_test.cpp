#include <doctest/doctest.h>

#include <map>
#include <set>

#include "unit/random.hpp"
#include "unit/vm/native/native_chain.hpp"
#include "unit/vm/native/policy_model.hpp"

using namespace talea;
using namespace talea::tests;
using vm::identities_address;
using vm::policies_address;

namespace {

/// A chain and its model, changed together by random calls.
class Pair {
  public:
    static constexpr std::uint16_t registrars = 3, identities = 12, wallets = 30, tokens = 3, escrows = 3;
    static constexpr std::uint64_t unknown_policy = 2,
                                   uncounted_policy = 3;  // without kind 2; of a token without counters

    Random random;
    NativeChain chain;
    PolicyModel model;
    std::map<std::uint16_t, std::uint64_t> seen;
    std::uint64_t judged = 0, allowed = 0;

    explicit Pair(std::uint64_t seed) : random(seed), chain(genesis()) {
        model.now = NativeChain::genesis_time;
        for (std::uint16_t i = 0; i < identities; ++i) {
            const PolicyModel::Identity given{.registrar = registrar(random.below(registrars)),
                                              .country = country(),
                                              .categories = random.below(8),
                                              .expiry = model.now + random.below(200'000)};
            REQUIRE(chain.register_identity(given.registrar, id(i), given.country, given.categories, given.expiry, {})
                        .ok());
            model.identities[id(i)] = given;
        }
        for (std::uint16_t i = 0; i < wallets; ++i) link(wallet(i), id(random.below(identities)));
        link(escrow(1), id(0));  // an escrow may be somebody's wallet too
        for (std::uint64_t policy = 1; policy <= 3; ++policy) {
            REQUIRE(chain.create_policy(owner, {}).ok());
            model.policies[policy] = {};
        }
        for (std::uint16_t i = 0; i < tokens; ++i) {
            const std::uint64_t policy = i + 1u;
            const bool counted = policy != uncounted_policy;
            REQUIRE(chain.call(owner, policies_address, "allowToken(uint64,address,bool)", {policy, word(token(i)), 1})
                        .ok());
            REQUIRE(chain.call(token(i), policies_address, "bind(uint64,bool)", {policy, std::uint64_t{counted}}).ok());
            model.tokens[token(i)].policy = policy;
            model.tokens[token(i)].counted = counted;
            for (std::uint16_t j = 0; j < 2; ++j) set_escrow(token(i), escrow(j), true);
        }
        chain.next_transaction();
    }

    static vm::NativeGenesis genesis() {
        vm::NativeGenesis genesis = NativeChain::plain_genesis();
        genesis.recovery_delay_seconds = 5'000;
        for (std::uint16_t i = 0; i < registrars; ++i) genesis.registrars.push_back(registrar(i));
        return genesis;
    }
    static vm::Address registrar(std::uint64_t i) { return address(static_cast<std::uint16_t>(0x5000 + i)); }
    static vm::Address wallet(std::uint64_t i) { return address(static_cast<std::uint16_t>(0x1000 + i)); }
    static vm::Address token(std::uint64_t i) { return address(static_cast<std::uint16_t>(0x3000 + i)); }
    static vm::Address escrow(std::uint64_t i) { return address(static_cast<std::uint16_t>(0x4000 + i)); }
    static vm::u256 id(std::uint64_t i) { return vm::u256{7, 0, 0, 1 + i}; }

    void step() {
        switch (random.below(16)) {
            case 0:
                return change_identity();
            case 1:
                return change_wallet();
            case 2:
                return change_policy();
            case 3:
                return change_token();
            case 4:
                return pass_time();
            default:
                return move();
        }
    }

    void check_counters() {
        for (const auto& [address_of_token, token] : model.tokens) {
            vm::u256 sum = token.escrowed;
            for (std::uint16_t i = 0; i < identities; ++i) {
                const auto units = token.units.find(id(i));
                const vm::u256 expected = units == token.units.end() ? vm::u256{} : units->second;
                CHECK(chain.view(policies_address, "unitsOf(address,bytes32)", {word(address_of_token), id(i)}) ==
                      expected);
                sum = sum + expected;
                for (std::uint16_t j = 0; j < escrows; ++j) {
                    const auto put = token.put_in.find({escrow(j), id(i)});
                    CHECK(chain.view(policies_address, "putInto(address,address,bytes32)",
                                     {word(address_of_token), word(escrow(j)), id(i)}) ==
                          (put == token.put_in.end() ? vm::u256{} : put->second));
                }
            }
            CHECK(sum == token.supply);
            CHECK(chain.view(policies_address, "holders(address)", {word(address_of_token)}) ==
                  PolicyModel::holders(token));
            CHECK(chain.view(policies_address, "escrowed(address)", {word(address_of_token)}) == token.escrowed);
        }
    }

    void move() {
        const vm::Movement movement = any_movement();
        ++judged;
        const std::vector<vm::Refusal> expected = model.judge(movement);
        const std::vector<vm::Refusal> previewed = chain.preview(movement);
        for (const vm::Refusal& refusal : expected) ++seen[refusal.code];
        if (previewed != expected) {
            MESSAGE("operation " << static_cast<int>(movement.operation) << " amount "
                                 << vm::to_decimal(movement.amount));
            for (const vm::Refusal& refusal : expected)
                MESSAGE("model " << refusal.code << " rule " << int{refusal.rule});
            for (const vm::Refusal& refusal : previewed)
                MESSAGE("preview " << refusal.code << " rule " << int{refusal.rule});
        }
        REQUIRE(previewed == expected);
        const Answer answer = chain.authorize(movement);
        if (expected.empty()) {
            REQUIRE(answer.ok());
            REQUIRE(answer.output.empty());
            model.apply(movement);
            ++allowed;
        } else {
            REQUIRE(answer.status == vm::Status::revert);
            REQUIRE(vm::decode_refused(answer.output) == expected.front());
        }
        one_sided(movement);
    }

  private:
    const vm::Address owner = address(0x0a);

    std::uint16_t country() {
        static constexpr std::uint16_t some[] = {0, 840, 276, 408, 364, 36, 8, 999};
        return some[random.below(std::size(some))];
    }
    vm::Address any_address() {
        const std::uint64_t kind = random.below(20);
        if (kind == 0) return {};
        if (kind <= 2) return escrow(random.below(escrows));
        if (kind == 3) return address(0x7777);  // nobody's
        return wallet(random.below(wallets));
    }
    vm::u256 any_amount(const PolicyModel::Token& token, const vm::Address& from) {
        const auto found = token.units.find(model.identity_of(from));
        const vm::u256 units = found == token.units.end() ? vm::u256{} : found->second;
        switch (random.below(12)) {
            case 0:
                return 0;
            case 1:
                return units;
            case 2:
                return units + 1;
            case 3:
                return units < 50 ? units : units - 50;
            case 4:
                return units < 49 ? units : units - 49;
            case 5:
                return 50;
            case 6:
                return 49;
            case 7:
                return random.one_in(8) ? random.word() : vm::u256{300};
            case 8:
                return token.escrowed;
            default:
                return random.below(200);
        }
    }
    vm::Movement any_movement() {
        vm::Movement movement;
        movement.token = token(random.below(tokens));
        movement.operation = *vm::operation_from(static_cast<std::uint8_t>(1 + random.below(9)));
        movement.from = any_address();
        movement.to = random.one_in(30) ? movement.from : any_address();
        using enum vm::Operation;
        // Mostly such as the operation moves between.
        if (!random.one_in(6)) {
            if (movement.operation == issue) movement.from = random.one_in(2) ? vm::Address{} : escrow(random.below(2));
            if (movement.operation == redeem) movement.to = random.one_in(3) ? vm::Address{} : escrow(random.below(2));
            if (movement.operation == give_back) movement.from = escrow(random.below(2));
            if (movement.operation == recover) movement.to = model.current(movement.from);
        }
        movement.actor = random.one_in(2) ? movement.from : any_address();
        movement.amount = any_amount(model.tokens.at(movement.token), movement.from);
        return movement;
    }

    /// canSend and canReceive say what a transfer of nothing from (to) the account alone would be told.
    void one_sided(const vm::Movement& movement) {
        const PolicyModel::Token& token = model.tokens.at(movement.token);
        vm::Movement out{.operation = vm::Operation::transfer,
                         .token = movement.token,
                         .actor = {},
                         .from = movement.from,
                         .to = movement.to,
                         .amount = 0};
        if (out.from.is_zero() || out.to.is_zero() || token.escrows.contains(out.from) ||
            token.escrows.contains(out.to))
            return;
        out.actor = out.from;
        bool sender = true, receiver = true;
        for (const vm::Refusal& refusal : model.judge(out)) {
            if (refusal.code >= 500 && refusal.code < 600) continue;
            if (refusal.code >= 600 || refusal.who == out.from) sender = false;
            if (refusal.code >= 600 || refusal.who == out.to) receiver = false;
        }
        const bool shared = out.from == out.to;  // who is refused does not tell the side
        const bool windows = std::ranges::any_of(model.policies.at(token.policy).rules,
                                                 [](const vm::Rule& rule) { return rule.kind() == 6; });
        if (shared || windows) return;  // a window's refusal names one of the two
        CHECK((chain.view(policies_address, "canSend(address,address)", {word(out.token), word(out.from)}) == 1) ==
              sender);
        CHECK((chain.view(policies_address, "canReceive(address,address)", {word(out.token), word(out.to)}) == 1) ==
              receiver);
    }

    void link(const vm::Address& wallet, const vm::u256& identity) {
        REQUIRE(chain
                    .call(model.identities.at(identity).registrar, identities_address, "linkWallet(bytes32,address)",
                          {identity, word(wallet)})
                    .ok());
        model.wallets[wallet].identity = identity;
    }
    void set_escrow(const vm::Address& token, const vm::Address& escrow, bool is) {
        REQUIRE(chain.call(token, policies_address, "setEscrow(address,bool)", {word(escrow), std::uint64_t{is}}).ok());
        if (is)
            model.tokens.at(token).escrows.insert(escrow);
        else
            model.tokens.at(token).escrows.erase(escrow);
    }

    void change_identity() {
        const vm::u256 which = id(random.below(identities));
        PolicyModel::Identity& identity = model.identities.at(which);
        const auto set = [&](std::string_view signature, std::uint64_t value) {
            return chain.call(identity.registrar, identities_address, signature, {which, value});
        };
        switch (random.below(4)) {
            case 0:
                identity.country = country();
                REQUIRE(set("setCountry(bytes32,uint16)", identity.country).ok());
                break;
            case 1:
                identity.categories = random.below(8);
                REQUIRE(set("setCategories(bytes32,uint64)", identity.categories).ok());
                break;
            case 2:
                identity.expiry = model.now + (random.one_in(4) ? 0 : random.below(100'000));
                REQUIRE(set("setExpiry(bytes32,uint64)", identity.expiry).ok());
                break;
            default: {
                const auto state = static_cast<vm::IdentityState>(random.one_in(40) ? 3 : 1 + random.below(3) / 2);
                const Answer answer = set("setState(bytes32,uint8)", static_cast<std::uint64_t>(state));
                if (identity.state == vm::IdentityState::closed) {
                    REQUIRE(answer.is("IdentityClosed(bytes32)", {which}));
                } else {
                    REQUIRE(answer.ok());
                    identity.state = state;
                }
            }
        }
    }

    void change_wallet() {
        const vm::Address lost = wallet(random.below(wallets));
        PolicyModel::Wallet& record = model.wallets.at(lost);
        const vm::Address registrar_of = model.identities.at(record.identity).registrar;
        if (record.recover_at == 0) {
            if (!random.one_in(8)) return;  // else all would be retired soon
            const vm::Address replacement = wallet(random.below(wallets));
            const Answer answer = chain.call(registrar_of, identities_address, "recover(address,address)",
                                             {word(lost), word(replacement)});
            const PolicyModel::Wallet& successor = model.wallets.at(replacement);
            if (replacement != lost && successor.identity == record.identity && successor.recover_at == 0) {
                REQUIRE(answer.ok());
                record.recover_at = model.now + 5'000;
                record.successor = replacement;
            } else {
                REQUIRE(answer.status == vm::Status::revert);
            }
            return;
        }
        const Answer answer = chain.call(lost, identities_address, "cancelRecovery(address)", {word(lost)});
        if (model.now >= record.recover_at) {
            REQUIRE(answer.is("RecoveryInEffect(address)", {word(lost)}));
        } else {
            REQUIRE(answer.ok());
            record.recover_at = 0;
        }
    }

    vm::Rule any_rule(std::uint8_t kind) {
        vm::Rule rule;
        const auto some_of = [this](std::uint16_t possible) {
            const auto operations = static_cast<std::uint16_t>(random.next() & possible);
            return operations == 0 ? possible : operations;
        };
        switch (kind) {
            case 2: {
                vm::KnownRule known;
                if (random.one_in(2))
                    for (std::uint16_t i = 0; i < 2; ++i)
                        known.registrars.push_back(registrar(random.below(registrars)));
                rule.params = known;
                break;
            }
            case 3: {
                vm::CountriesRule countries{.allow = random.one_in(2), .countries = {}};
                std::set<std::uint16_t> chosen{408, 364};
                if (countries.allow) chosen = {36, 276, 840, 999};
                if (random.one_in(2))
                    for (int i = 0; i < 30; ++i) chosen.insert(static_cast<std::uint16_t>(1 + random.below(999)));
                countries.countries.assign(chosen.begin(), chosen.end());
                rule = {.operations = some_of(vm::operations_of_sides()),
                        .sides = static_cast<std::uint8_t>(1 + random.below(3)),
                        .params = countries};
                break;
            }
            case 4:
                rule = {.operations = some_of(vm::operations_of_sides()),
                        .sides = static_cast<std::uint8_t>(1 + random.below(3)),
                        .params = vm::CategoriesRule{.all_of = random.below(2), .any_of = random.below(8)}};
                break;
            case 5:
                rule = {.operations = random.one_in(2) ? vm::bit(vm::Operation::redeem) : std::uint16_t{0},
                        .sides = 0,
                        .params = vm::HoldersRule{.identities_max = static_cast<std::uint32_t>(random.below(6)),
                                                  .units_max = random.one_in(3) ? 0 : 300,
                                                  .units_min = random.one_in(3) ? 0 : 50}};
                break;
            default: {
                vm::WindowRule window{.locks = random.one_in(2)};
                if (random.one_in(4)) window.not_before = model.now + random.below(4'000);
                if (random.one_in(4)) window.not_after = std::max(window.not_before, model.now + random.below(4'000));
                if (random.one_in(2)) window.day_from = static_cast<std::uint32_t>(random.below(86'400));
                if (random.one_in(2)) window.day_to = static_cast<std::uint32_t>(random.below(86'401));
                rule = {.operations = some_of(vm::operations_of_window()), .sides = 0, .params = window};
            }
        }
        return rule;
    }

    void change_policy() {
        const std::uint64_t which = 1 + random.below(3);
        PolicyModel::Policy& policy = model.policies.at(which);
        if (random.one_in(2)) {
            const vm::u256 identity = id(random.below(identities));
            const std::uint64_t until = random.one_in(2) ? 0 : model.now + random.below(5'000);
            REQUIRE(
                chain.call(owner, policies_address, "setLock(uint64,bytes32,uint64)", {which, identity, until}).ok());
            policy.locks[identity] = until;
            return;
        }
        if (!random.one_in(4)) return;
        std::vector<vm::Rule> rules;
        for (std::uint64_t left = random.below(5); left > 0; --left) {
            const auto kind = static_cast<std::uint8_t>(2 + random.below(5));
            if (which == unknown_policy && kind == 2) continue;
            if (which == uncounted_policy && kind == 5) continue;
            rules.push_back(any_rule(kind));
        }
        const Answer answer = chain.set_rules(owner, which, rules);
        REQUIRE(answer.ok());
        policy.rules = rules;
        const Answer read = chain.call(owner, policies_address, "rules(uint64)", {which});
        REQUIRE(read.ok());
        vm::Bytes expected;
        vm::AbiWriter out{expected};
        out.word(32);
        vm::write_rules(out, rules);
        REQUIRE(read.output == expected);
    }

    void change_token() {
        const vm::Address which = token(random.below(tokens));
        // Only an escrow that never holds anything comes and goes.
        const bool is = model.tokens.at(which).escrows.contains(escrow(2));
        if (is && !model.tokens.at(which).escrowed.is_zero()) return;
        set_escrow(which, escrow(2), !is);
    }

    void pass_time() {
        // To an edge where there is one ahead: both its sides are seconds that matter.
        std::uint64_t edge = model.now + random.below(3'000);
        for (const auto& [id_of_policy, policy] : model.policies)
            for (const vm::Rule& rule : policy.rules)
                if (const auto* window = std::get_if<vm::WindowRule>(&rule.params); window && random.one_in(2))
                    edge = (random.one_in(2) ? window->not_before : window->not_after) + random.below(2);
        model.now = std::max(model.now, edge);
        chain.block.timestamp = {model.now};
        chain.next_transaction();
    }
};

}  // namespace

TEST_CASE("preview, authorize and the table of the domain agree on 100,000 random movements and their counters") {
    constexpr std::uint64_t cases = 100'000, cases_a_chain = 2'000;  // identities close and wallets retire for ever
    Random seeds;
    CAPTURE(seeds.seed);
    std::map<std::uint16_t, std::uint64_t> seen;
    std::uint64_t judged = 0, allowed = 0;
    while (judged < cases) {
        Pair pair{seeds.next()};
        while (pair.judged < cases_a_chain) pair.step();
        pair.check_counters();
        judged += pair.judged;
        allowed += pair.allowed;
        for (const auto& [code, count] : pair.seen) seen[code] += count;
    }
    for (const std::uint16_t code :
         std::initializer_list<std::uint16_t>{2,   3,   4,   5,   201, 202, 203, 204, 205, 206, 207, 208,
                                              209, 301, 302, 401, 402, 501, 502, 503, 504, 601, 602, 603})
        CHECK_MESSAGE(seen[code] > 0, "code " << code << " is reached");
    CHECK_MESSAGE(allowed > cases / 20, "enough movements pass to move counters: " << allowed);
}
