#include "vm/native/policies.hpp"

#include <doctest/doctest.h>

#include "unit/vm/native/native_chain.hpp"

using namespace talea;
using namespace talea::tests;
using vm::policies_address;
using vm::Rule;

namespace {

const vm::Address owner = address(0x0a), stranger = address(0xff), token = address(0x70), registrar = address(0x501);

vm::NativeGenesis with_registrar() {
    vm::NativeGenesis genesis = NativeChain::plain_genesis();
    genesis.registrars = {registrar};
    return genesis;
}
struct Chain : NativeChain {
    Chain() : NativeChain(with_registrar()) {}
    Answer by(const vm::Address& sender, std::string_view signature, std::initializer_list<vm::u256> words) {
        return call(sender, policies_address, signature, words);
    }
};

const Rule known{.operations = 0, .sides = 0, .params = vm::KnownRule{{registrar}}};
const Rule holders{
    .operations = 0, .sides = 0, .params = vm::HoldersRule{.identities_max = 3, .units_max = 0, .units_min = 0}};
constexpr const char* not_authorized = "NotAuthorized(address,uint256)";

Rule deny(std::vector<std::uint16_t> countries) {
    return {.operations = vm::bit(vm::Operation::transfer),
            .sides = 3,
            .params = vm::CountriesRule{.allow = false, .countries = std::move(countries)}};
}

}  // namespace

TEST_CASE("a policy reads back as it was set, whatever stood there before") {
    Chain chain;
    REQUIRE(chain.create_policy(owner, {known}).word() == 1);
    std::vector<std::uint16_t> many;
    for (std::uint16_t country = 1; country < 1000; country = static_cast<std::uint16_t>(country + 7))
        many.push_back(country);
    const std::vector<std::vector<Rule>> lists{
        {known, deny({364, 408})},
        {deny(many), deny({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}),
         deny({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 999})},
        {holders,
         {.operations = 2, .sides = 1, .params = vm::CategoriesRule{.all_of = 1, .any_of = ~0ULL}},
         {.operations = 8, .sides = 0, .params = vm::WindowRule{1, 2, 3, 4, true}},
         {.operations = 8,
          .sides = 0,
          .params =
              vm::HoldersRule{
                  .identities_max = ~0U, .units_max = (vm::u256{1} << 96) - 1, .units_min = (vm::u256{1} << 96) - 1}}},
        {},
    };
    for (const auto& rules : lists) {
        REQUIRE(chain.set_rules(owner, 1, rules).ok());
        vm::Bytes expected;
        vm::AbiWriter out{expected};
        out.word(32);
        vm::write_rules(out, rules);
        CHECK(chain.by(stranger, "rules(uint64)", {1}).output == expected);
        CHECK(chain.by(stranger, "policy(uint64)", {1}).word(2) == rules.size());
    }
    chain.next_transaction();
    const vm::ChangeSet changes = chain.state.changes();
    std::size_t rule_slots = 0;
    for (const auto& [key, value] : changes.accounts.at(policies_address).storage) {
        const std::uint64_t tag = key.limbs[3] >> 56;
        if ((tag == 0x28 || tag == 0x29) && !value.is_zero()) ++rule_slots;
    }
    CHECK_MESSAGE(rule_slots == 0, "no slot of an old rule is left behind");
}

TEST_CASE("setting a policy announces every rule whole") {
    Chain chain;
    REQUIRE(chain.create_policy(owner, {known, deny({408})}).ok());
    const auto logs = chain.state.logs();
    REQUIRE(logs.size() == 4);
    CHECK(logs[0].topics[0] == vm::to_hash(vm::signature_hash("PolicyCreated(uint64,address)")));
    CHECK(logs[1].topics[0] == vm::to_hash(vm::signature_hash("RulesReplaced(uint64,uint8)")));
    CHECK(logs[3].topics ==
          std::vector<vm::Hash>{vm::to_hash(vm::signature_hash("RuleSet(uint64,uint8,uint8,uint16,uint8,bytes)")),
                                vm::to_hash(vm::u256{1}), vm::to_hash(vm::u256{2})});
    vm::AbiReader in{logs[3].data};
    CHECK(in.number<std::uint8_t>() == 3);
    CHECK(in.number<std::uint16_t>() == 2);
    CHECK(in.number<std::uint8_t>() == 3);
    CHECK(vm::equal(in.bytes(), vm::encode_params(deny({408}).params)));
}

TEST_CASE("rules that are not supported or out of range are refused by position") {
    Chain chain;
    REQUIRE(chain.create_policy(owner, {}).ok());
    const auto refused = [&](const Rule& rule) {
        return chain.set_rules(owner, 1, {known, rule}).is("BadRule(uint8)", {2});
    };
    CHECK(refused({.operations = 2, .sides = 0, .params = vm::KnownRule{}}));
    CHECK(refused({.operations = 0, .sides = 0, .params = vm::KnownRule{std::vector<vm::Address>(9, registrar)}}));
    CHECK(refused(deny({0, 5})));
    CHECK(refused(deny({5, 5})));
    CHECK(refused(deny({6, 5})));
    CHECK(refused(deny({1000})));
    CHECK(refused({.operations = 2, .sides = 0, .params = vm::CountriesRule{.allow = true, .countries = {}}}));
    CHECK(refused({.operations = 2, .sides = 4, .params = vm::CategoriesRule{}}));
    CHECK_MESSAGE(refused({.operations = vm::bit(vm::Operation::force), .sides = 1, .params = vm::CategoriesRule{}}),
                  "an operation in which the kind has no effect");
    CHECK(refused({.operations = 0, .sides = 1, .params = vm::CategoriesRule{}}));
    CHECK(refused({.operations = vm::bit(vm::Operation::transfer), .sides = 0, .params = vm::HoldersRule{}}));
    CHECK(refused({.operations = 0, .sides = 0, .params = vm::HoldersRule{0, 49, 50}}));
    CHECK(refused({.operations = 2, .sides = 0, .params = vm::WindowRule{2, 1, 0, 0, false}}));
    CHECK(refused({.operations = 2, .sides = 0, .params = vm::WindowRule{0, 0, 86'400, 0, false}}));
    CHECK(refused({.operations = 2, .sides = 0, .params = vm::WindowRule{0, 0, 0, 86'401, false}}));
    CHECK(chain.set_rules(owner, 1, {{.operations = 0, .sides = 0, .params = vm::KnownRule{{stranger}}}})
              .is("UnknownRegistrar(address)", {word(stranger)}));
    CHECK(chain.set_rules(owner, 1, std::vector<Rule>(17, known)).is("TooMany(uint256,uint256)", {17, 16}));
    CHECK(chain.set_rules(owner, 1, std::vector<Rule>(16, known)).ok());
    for (const std::uint64_t kind : {0U, 9U, 255U}) {
        const vm::Bytes data =
            call_data("setRules(uint64,(uint8,uint16,uint8,bytes)[])", {1, 64, 1, 32, kind, 0, 0, 128, 0});
        CHECK(chain.call(owner, policies_address, data).is("RuleKindNotSupported(uint8)", {kind}));
    }
    CHECK_MESSAGE(
        chain
            .call(owner, policies_address,
                  call_data("setRules(uint64,(uint8,uint16,uint8,bytes)[])", {1, 64, 1, 32, 2, 0, 0, 1'000, 0}))
            .is("BadCall()"),
        "an offset out of range");
}

TEST_CASE("only the owner changes a policy, and hands it over in two steps") {
    Chain chain;
    REQUIRE(chain.create_policy(owner, {}).ok());
    CHECK(chain.set_rules(stranger, 1, {}).is(not_authorized, {word(stranger), 0}));
    CHECK(chain.set_rules(owner, 2, {}).is("UnknownPolicy(uint64)", {2}));
    CHECK(chain.by(stranger, "allowToken(uint64,address,bool)", {1, word(token), 1})
              .is(not_authorized, {word(stranger), 0}));
    CHECK(chain.by(stranger, "setLock(uint64,bytes32,uint64)", {1, 1, 1}).is(not_authorized, {word(stranger), 0}));
    CHECK(chain.by(owner, "setLock(uint64,bytes32,uint64)", {1, 1, 1}).is("UnknownIdentity(bytes32)", {1}));
    CHECK(chain.by(stranger, "acceptPolicy(uint64)", {1}).is(not_authorized, {word(stranger), 0}));
    CHECK(
        chain.by(stranger, "offerPolicy(uint64,address)", {1, word(stranger)}).is(not_authorized, {word(stranger), 0}));
    CHECK(chain.by(owner, "offerPolicy(uint64,address)", {1, word(stranger)}).ok());
    CHECK(chain.by(owner, "acceptPolicy(uint64)", {1}).is(not_authorized, {word(owner), 0}));
    CHECK(chain.set_rules(owner, 1, {}).ok());
    CHECK(chain.by(stranger, "acceptPolicy(uint64)", {1}).ok());
    CHECK(chain.set_rules(owner, 1, {}).is(not_authorized, {word(owner), 0}));
    CHECK(chain.by(stranger, "policy(uint64)", {1}).word(0) == word(stranger));
    CHECK(chain.by(stranger, "policy(uint64)", {1}).word(1) == 0);
    CHECK(chain.view(policies_address, "policyCount()") == 1);
}

TEST_CASE("a token binds itself once, to a policy whose owner allows it") {
    Chain chain;
    REQUIRE(chain.create_policy(owner, {}).ok());
    CHECK(chain.by(token, "bind(uint64,bool)", {2, 1}).is("UnknownPolicy(uint64)", {2}));
    CHECK(chain.by(token, "bind(uint64,bool)", {1, 1}).is("TokenNotAllowed(uint64,address)", {1, word(token)}));
    CHECK(chain.by(token, "setEscrow(address,bool)", {1, 1}).is("NotBound(address)", {word(token)}));
    CHECK(chain.by(owner, "allowToken(uint64,address,bool)", {1, word(token), 1}).ok());
    CHECK(chain.view(policies_address, "isAllowed(uint64,address)", {1, word(token)}) == 1);
    CHECK(chain.by(token, "bind(uint64,bool)", {1, 1}).ok());
    CHECK(chain.by(token, "bind(uint64,bool)", {1, 1}).is("AlreadyBound(address,uint64)", {word(token), 1}));
    CHECK(chain.by(stranger, "policyOf(address)", {word(token)}).word(0) == 1);
    CHECK(chain.by(stranger, "policyOf(address)", {word(token)}).word(1) == 1);
}

TEST_CASE("limits by holder are for counted tokens only") {
    Chain chain;
    REQUIRE(chain.create_policy(owner, {holders}).ok());
    REQUIRE(chain.by(owner, "allowToken(uint64,address,bool)", {1, word(token), 1}).ok());
    CHECK(chain.by(token, "bind(uint64,bool)", {1, 0}).is("NotCounted(uint64)", {1}));
    CHECK(chain.set_rules(owner, 1, {known}).ok());
    CHECK(chain.by(token, "bind(uint64,bool)", {1, 0}).ok());
    CHECK(chain.set_rules(owner, 1, {known, holders}).is("NotCounted(uint64)", {1}));
}

TEST_CASE("an escrow is the token's own, and says so once") {
    Chain chain;
    REQUIRE(chain.create_policy(owner, {}).ok());
    const vm::Address second = address(0x71), escrow = address(0xe5);
    for (const vm::Address& each : {token, second}) {
        REQUIRE(chain.by(owner, "allowToken(uint64,address,bool)", {1, word(each), 1}).ok());
        REQUIRE(chain.by(each, "bind(uint64,bool)", {1, 1}).ok());
    }
    CHECK(chain.by(token, "setEscrow(address,bool)", {0, 1}).is("ZeroAddress()"));
    const std::size_t logs = chain.state.logs().size();
    CHECK(chain.by(token, "setEscrow(address,bool)", {word(escrow), 0}).ok());
    CHECK(chain.by(token, "setEscrow(address,bool)", {word(escrow), 1}).ok());
    CHECK(chain.by(token, "setEscrow(address,bool)", {word(escrow), 1}).ok());
    CHECK(chain.state.logs().size() == logs + 1);
    CHECK(chain.view(policies_address, "isEscrow(address,address)", {word(token), word(escrow)}) == 1);
    CHECK(chain.view(policies_address, "isEscrow(address,address)", {word(second), word(escrow)}) == 0);
    CHECK(chain.by(token, "setEscrow(address,bool)", {word(escrow), 0}).ok());
    CHECK(chain.view(policies_address, "isEscrow(address,address)", {word(token), word(escrow)}) == 0);
}

TEST_CASE("who is not bound is not judged") {
    Chain chain;
    const vm::Movement movement{.operation = vm::Operation::transfer,
                                .token = token,
                                .actor = owner,
                                .from = owner,
                                .to = stranger,
                                .amount = 1};
    CHECK(chain.authorize(movement).is("NotBound(address)", {word(token)}));
    CHECK(
        chain.call(owner, policies_address, vm::encode_preview_call(movement)).is("NotBound(address)", {word(token)}));
    CHECK(
        chain.by(owner, "canSend(address,address)", {word(token), word(owner)}).is("NotBound(address)", {word(token)}));
    for (const std::uint64_t operation : {0U, 10U}) {
        CHECK(chain.by(token, "authorize(uint8,address,address,address,uint256)", {operation, 1, 1, 1, 1})
                  .is("BadOperation()"));
        CHECK(chain.by(token, "preview(address,uint8,address,address,address,uint256)", {1, operation, 1, 1, 1, 1})
                  .is("BadOperation()"));
    }
    CHECK(chain.by(token, "authorize(uint8,address,address,address,uint256)", {256, 1, 1, 1, 1}).is("BadCall()"));
}
