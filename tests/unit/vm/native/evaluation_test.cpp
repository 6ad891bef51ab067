#include "vm/native/evaluation.hpp"

#include <doctest/doctest.h>

#include "unit/vm/native/native_chain.hpp"

using namespace talea;
using namespace talea::tests;
using vm::identities_address;
using vm::Movement;
using vm::Operation;
using vm::policies_address;
using vm::Refusal;

namespace {

const vm::Address owner = address(0x0a), registrar = address(0x501), token = address(0x70), fund = address(0xf0);
const vm::Address alice = address(0xa1), alice2 = address(0xa2), bob = address(0xb1), carol = address(0xc1),
                  dave = address(0xd1);
const vm::Address north = address(0x90), retail = address(0x91), nobody = address(0xff);
constexpr std::uint64_t units = 1'000'000;  // atoms in a unit
constexpr std::uint64_t expiry = NativeChain::genesis_time + 1'000'000;
constexpr std::uint64_t qualified = 1;

constexpr std::uint16_t moves = 1 << 1 | 1 << 2 | 1 << 8;  // TRANSFER, ISSUE, SETTLE

/// The policy of DOMAIN §1, row A2.
std::vector<vm::Rule> market_policy() {
    return {{.operations = 0, .sides = 0, .params = vm::KnownRule{{registrar}}},
            {.operations = moves, .sides = 3, .params = vm::CountriesRule{.allow = false, .countries = {364, 408}}},
            {.operations = moves, .sides = 3, .params = vm::CategoriesRule{.all_of = qualified, .any_of = 0}},
            {.operations = 0,
             .sides = 0,
             .params = vm::HoldersRule{.identities_max = 3, .units_max = 3'000'000 * units, .units_min = 50 * units}}};
}

vm::NativeGenesis genesis() {
    vm::NativeGenesis genesis = NativeChain::plain_genesis();
    genesis.registrars = {registrar};
    const auto add = [&](std::uint64_t id, std::uint16_t country, std::uint64_t categories,
                         std::vector<vm::Address> wallets) {
        genesis.identities.push_back({.id = id,
                                      .registrar = registrar,
                                      .country = country,
                                      .categories = categories,
                                      .expiry = expiry,
                                      .file_hash = {},
                                      .wallets = std::move(wallets)});
    };
    add(1, 840, qualified, {alice, alice2});
    add(2, 276, qualified, {bob});
    add(3, 826, qualified, {carol});
    add(4, 756, qualified, {dave});
    add(5, 408, qualified, {north});
    add(6, 840, 2, {retail});
    genesis.policies = {{.owner = owner, .rules = market_policy(), .tokens = {token}}};
    return genesis;
}

struct Market : NativeChain {
    Market() : NativeChain(genesis()) {
        REQUIRE(call(token, policies_address, "bind(uint64,bool)", {1, 1}).ok());
        REQUIRE(call(token, policies_address, "setEscrow(address,bool)", {word(fund), 1}).ok());
        next_transaction();
    }
    static Movement move(Operation operation, const vm::Address& from, const vm::Address& to, const vm::u256& amount) {
        return {.operation = operation, .token = token, .actor = from, .from = from, .to = to, .amount = amount};
    }
    void issue(const vm::Address& to, std::uint64_t amount) {
        REQUIRE(authorize(move(Operation::issue, {}, to, amount)).ok());
    }
    /// The refusals of preview, whose first authorize gives too.
    std::vector<Refusal> refused(const Movement& movement) {
        const std::vector<Refusal> all = preview(movement);
        const Answer answer = authorize(movement);
        if (all.empty())
            CHECK(answer.ok());
        else
            CHECK(vm::decode_refused(answer.output) == all.front());
        return all;
    }
    std::vector<Refusal> transfer(const vm::Address& from, const vm::Address& to, std::uint64_t amount) {
        return refused(move(Operation::transfer, from, to, amount));
    }
    void set(std::uint64_t id, std::string_view signature, std::uint64_t value) {
        REQUIRE(call(registrar, identities_address, signature, {id, value}).ok());
    }
    vm::u256 units_of(std::uint64_t id) {
        return view(policies_address, "unitsOf(address,bytes32)", {word(token), id});
    }
    vm::u256 holders() { return view(policies_address, "holders(address)", {word(token)}); }
    vm::u256 escrowed() { return view(policies_address, "escrowed(address)", {word(token)}); }
    vm::u256 put_in(std::uint64_t id) {
        return view(policies_address, "putInto(address,address,bytes32)", {word(token), word(fund), id});
    }
};

using Refusals = std::vector<Refusal>;
Refusals one(std::uint16_t code, const vm::Address& who, std::uint8_t rule, const vm::u256& detail = {}) {
    return {{code, who, rule, detail}};
}

}  // namespace

TEST_CASE("issuing counts the receiver as a holder and refuses a wallet nobody knows") {
    Market market;
    CHECK(market.refused(Market::move(Operation::issue, {}, nobody, 100 * units)) == one(202, nobody, 1));
    market.issue(alice, 250'000 * units);
    CHECK(market.holders() == 1);
    CHECK(market.units_of(1) == 250'000 * units);
}

TEST_CASE("a transfer meets each rule of the market policy (DOMAIN A2)") {
    Market market;
    market.issue(alice, 2'999'950 * units);
    CHECK(market.transfer(alice, bob, 100 * units).empty());
    CHECK(market.transfer(alice, nobody, 100 * units) == one(202, nobody, 1));
    CHECK(market.transfer(alice, north, 100 * units) == one(302, north, 2, 408));
    CHECK(market.transfer(alice, retail, 100 * units) == one(402, retail, 3, qualified));
    CHECK(market.transfer(alice, carol, 100 * units).empty());
    CHECK(market.holders() == 3);
    CHECK(market.transfer(alice, dave, 100 * units) == one(501, dave, 4, 3));
    CHECK_MESSAGE(market.transfer(carol, dave, 100 * units).empty(), "who leaves makes room");
    CHECK(market.transfer(bob, alice, 50'000'001) == one(504, bob, 4, 50 * units));
    CHECK_MESSAGE(market.transfer(bob, alice, 100 * units).empty(), "leaving nothing is no small holding");
    CHECK(market.holders() == 2);
    CHECK(market.transfer(alice, bob, 49'999'999) == one(503, bob, 4, 50 * units));
    market.issue(bob, 50 * units);
    CHECK(market.transfer(alice, bob, 2'999'850 * units + 1) == one(3, alice, 0, 2'999'850 * units));
}

TEST_CASE("between two wallets of one identity at the maximum no counter moves and no limit asks") {
    Market market;
    market.issue(alice, 3'000'000 * units);
    CHECK(market.refused(Market::move(Operation::issue, {}, alice2, 1)) == one(502, alice2, 4, 3'000'000 * units));
    CHECK(market.transfer(alice, alice2, 2'999'999 * units).empty());
    CHECK(market.units_of(1) == 3'000'000 * units);
    CHECK(market.holders() == 1);
    CHECK(market.call(nobody, identities_address, "walletOf(address)", {word(alice2)}).word(1) == 1);
}

TEST_CASE("lapsed may leave and not enter, suspended moves nothing") {
    Market market;
    market.issue(alice, 1'000 * units);
    market.issue(bob, 1'000 * units);
    REQUIRE(market.refused(Market::move(Operation::redeem, alice, fund, 200 * units)).empty());

    market.set(1, "setExpiry(bytes32,uint64)", NativeChain::genesis_time);
    CHECK(market.transfer(bob, alice, 100 * units) == one(204, alice, 1, NativeChain::genesis_time));
    CHECK(market.transfer(alice, bob, 100 * units) == one(203, alice, 1, NativeChain::genesis_time));
    CHECK(market.refused(Market::move(Operation::redeem, alice, fund, 100 * units)).empty());
    CHECK(market.refused(Market::move(Operation::give_back, fund, alice, 100 * units)).empty());
    market.set(1, "setExpiry(bytes32,uint64)", NativeChain::genesis_time + 1);
    CHECK_MESSAGE(market.transfer(bob, alice, 100 * units).empty(), "the last second of the check");

    market.set(1, "setState(bytes32,uint8)", 2);
    CHECK(market.transfer(alice, bob, 100 * units) == one(205, alice, 1));
    CHECK(market.transfer(bob, alice, 100 * units) == one(206, alice, 1));
    CHECK(market.refused(Market::move(Operation::redeem, alice, fund, 100 * units)) == one(205, alice, 1));
    CHECK(market.refused(Market::move(Operation::give_back, fund, alice, 100 * units)) == one(206, alice, 1));
    market.set(1, "setState(bytes32,uint8)", 3);
    CHECK(market.transfer(alice, bob, 100 * units) == one(207, alice, 1));
    CHECK(market.transfer(bob, alice, 100 * units) == one(208, alice, 1));
    CHECK_MESSAGE(market.refused(Market::move(Operation::force, alice, bob, 100 * units)).empty(),
                  "a court order asks nothing of the sender");
}

TEST_CASE("a preview lists every refusal by rule, then sender, receiver and actor") {
    Market market;
    market.issue(alice, 100 * units);
    market.set(1, "setState(bytes32,uint8)", 2);
    market.set(2, "setState(bytes32,uint8)", 2);
    market.set(1, "setCountry(bytes32,uint16)", 408);
    Movement movement = Market::move(Operation::transfer, alice, north, 70 * units);
    movement.actor = bob;
    CHECK(market.refused(movement) == Refusals{{205, alice, 1, 0},
                                               {205, bob, 1, 0},
                                               {301, alice, 2, 408},
                                               {302, north, 2, 408},
                                               {504, alice, 4, 50 * units}});
    movement.to = nobody;
    // An unknown side is asked nothing more.
    CHECK(market.refused(movement) == Refusals{{205, alice, 1, 0},
                                               {202, nobody, 1, 0},
                                               {205, bob, 1, 0},
                                               {301, alice, 2, 408},
                                               {504, alice, 4, 50 * units}});
}

TEST_CASE("a spender that is a wallet of an identity must be active, one that nobody knows is not asked") {
    Market market;
    market.issue(alice, 1'000 * units);
    Movement movement = Market::move(Operation::transfer, alice, bob, 100 * units);
    movement.actor = nobody;
    CHECK(market.refused(movement).empty());
    movement.actor = carol;
    CHECK(market.refused(movement).empty());
    market.set(3, "setExpiry(bytes32,uint64)", 0);
    CHECK(market.refused(movement).empty());
    market.set(3, "setState(bytes32,uint8)", 2);
    CHECK(market.refused(movement) == one(205, carol, 1));
    movement.actor = alice;
    REQUIRE(market.call(registrar, identities_address, "recover(address,address)", {word(alice2), word(alice)}).ok());
    CHECK(market.refused(movement).empty());
    movement.actor = alice2;
    CHECK(market.refused(movement) == one(209, alice2, 1));
}

TEST_CASE("identities of a registrar that the policy does not name are unknown") {
    Market market;
    REQUIRE(market.call(NativeChain::admin, identities_address, "addRegistrar(address)", {word(nobody)}).ok());
    REQUIRE(market.register_identity(nobody, 99, 840, qualified, expiry, {address(0x99)}).ok());
    CHECK(market.refused(Market::move(Operation::issue, {}, address(0x99), 100 * units)) == one(202, address(0x99), 1));
    REQUIRE(market.set_rules(owner, 1, {{.operations = 0, .sides = 0, .params = vm::KnownRule{}}}).ok());
    CHECK(market.refused(Market::move(Operation::issue, {}, address(0x99), 100 * units)).empty());
}

TEST_CASE("a counted token credits no unknown wallet, whatever its rules say") {
    Market market;
    REQUIRE(market.set_rules(owner, 1, {}).ok());
    CHECK(market.refused(Market::move(Operation::issue, {}, nobody, 1)) == one(202, nobody, 0));
    market.issue(alice, 5);
    CHECK(market.transfer(alice, nobody, 0) == one(202, nobody, 0));
    CHECK(market.refused(Market::move(Operation::force, alice, nobody, 1)) == one(202, nobody, 0));
    CHECK(market.transfer(nobody, alice, 1) == one(3, nobody, 0, 0));
    CHECK(market.view(policies_address, "canReceive(address,address)", {word(token), word(nobody)}) == 0);
    CHECK(market.view(policies_address, "canReceive(address,address)", {word(token), word(alice)}) == 1);
}

TEST_CASE("units put into an escrow come back without limits, those of another do not") {
    Market market;
    const auto returning = static_cast<std::uint16_t>(moves | 1 << 9);
    std::vector<vm::Rule> rules = market_policy();
    rules[1].operations = rules[2].operations = returning;
    REQUIRE(market.set_rules(owner, 1, rules).ok());
    market.issue(alice, 1'000 * units);
    CHECK(market.refused(Market::move(Operation::redeem, alice, fund, 970 * units)).empty());
    CHECK(market.units_of(1) == 30 * units);
    CHECK(market.escrowed() == 970 * units);
    CHECK(market.put_in(1) == 970 * units);
    CHECK(market.holders() == 1);

    market.set(1, "setCountry(bytes32,uint16)", 408);
    CHECK(market.refused(Market::move(Operation::give_back, fund, alice, 300 * units)).empty());
    CHECK(market.put_in(1) == 670 * units);
    market.issue(fund, 1 * units);
    CHECK(market.refused(Market::move(Operation::give_back, fund, alice, 670'000'001)) == one(302, alice, 2, 408));
    CHECK(market.refused(Market::move(Operation::give_back, fund, bob, 100 * units)).empty());
    CHECK(market.put_in(2) == 0);
    CHECK(market.refused(Market::move(Operation::give_back, fund, retail, 1)) == one(402, retail, 3, qualified));
    CHECK(market.refused(Market::move(Operation::give_back, fund, bob, 572 * units)) == one(3, fund, 0, 571 * units));
    CHECK(market.escrowed() == 571 * units);
}

TEST_CASE("an escrow is no holder, and nothing is plainly transferred to or from it") {
    Market market;
    market.issue(alice, 1'000 * units);
    REQUIRE(market.refused(Market::move(Operation::issue, {}, fund, 500 * units)).empty());
    CHECK(market.holders() == 1);
    CHECK(market.escrowed() == 500 * units);
    CHECK(market.transfer(alice, fund, 1) == one(4, fund, 0));
    CHECK(market.transfer(fund, alice, 1) == one(4, fund, 0));
    CHECK(market.refused(Market::move(Operation::issue, fund, bob, 49 * units)) == one(503, bob, 4, 50 * units));
    CHECK(market.refused(Market::move(Operation::issue, fund, bob, 500 * units)).empty());
    CHECK(market.escrowed() == 0);
    CHECK(market.holders() == 2);
    CHECK(market.refused(Market::move(Operation::redeem, bob, fund, 500 * units)).empty());
    CHECK(market.holders() == 1);
    CHECK(market.refused(Market::move(Operation::redeem, fund, {}, 500 * units)).empty());
    CHECK(market.escrowed() == 0);
}

TEST_CASE("a movement between sides its operation does not have is refused before any rule") {
    Market market;
    CHECK(market.transfer({}, bob, 1) == one(2, {}, 0));
    CHECK(market.transfer(alice, {}, 1) == one(2, {}, 0));
    CHECK(market.refused(Market::move(Operation::issue, alice, bob, 1)) == one(4, alice, 0));
    CHECK(market.refused(Market::move(Operation::redeem, alice, bob, 1)) == one(4, bob, 0));
    CHECK(market.refused(Market::move(Operation::give_back, alice, bob, 1)) == one(4, alice, 0));
    CHECK(market.refused(Market::move(Operation::recover, alice, alice2, 1)) == one(4, alice, 0));
    const vm::u256 huge = vm::counter_max + 1;
    CHECK(market.refused(Market::move(Operation::issue, {}, alice, huge)) == one(5, alice, 0, vm::counter_max));
}

TEST_CASE("a recovered wallet's units pass to its successor and nowhere else, without a counter moving") {
    Market market;
    market.issue(alice, 1'000 * units);
    REQUIRE(market.call(registrar, identities_address, "recover(address,address)", {word(alice), word(alice2)}).ok());
    const Movement movement = Market::move(Operation::recover, alice, alice2, 1'000 * units);
    CHECK(market.refused(movement) == one(4, alice, 0));
    CHECK(market.transfer(alice, bob, 100 * units) == one(209, alice, 1));
    market.block.timestamp.seconds += 86'400;
    CHECK(market.refused(Market::move(Operation::recover, alice, bob, 1)) == one(4, bob, 0));
    CHECK(market.refused(movement).empty());
    CHECK(market.refused(movement).empty());
    CHECK(market.units_of(1) == 1'000 * units);
    CHECK(market.holders() == 1);
}

TEST_CASE("a window is open from its first to its last second") {
    Market market;
    market.issue(alice, 1'000 * units);
    constexpr std::uint64_t midnight = NativeChain::genesis_time - NativeChain::genesis_time % 86'400 + 86'400;
    const auto with = [&](const vm::WindowRule& window) {
        REQUIRE(market.set_rules(owner, 1, {{.operations = moves, .sides = 0, .params = window}}).ok());
    };
    const auto at = [&](std::uint64_t now) {
        market.block.timestamp = {now};
        return market.preview(Market::move(Operation::transfer, alice, bob, 1));
    };
    with({.not_before = midnight, .not_after = midnight + 10});
    CHECK(at(midnight - 1) == one(601, alice, 1, midnight));
    CHECK(at(midnight).empty());
    CHECK(at(midnight + 10).empty());
    CHECK(at(midnight + 11) == one(602, alice, 1, midnight + 10));
    with({.day_from = 3'600, .day_to = 7'200});
    CHECK(at(midnight + 3'599) == one(603, alice, 1, midnight + 3'600));
    CHECK(at(midnight + 3'600).empty());
    CHECK(at(midnight + 7'199).empty());
    CHECK(at(midnight + 7'200) == one(603, alice, 1, midnight + 86'400 + 3'600));
    with({.day_from = 82'800, .day_to = 3'600});
    CHECK(at(midnight - 3'600).empty());
    CHECK(at(midnight + 3'599).empty());
    CHECK(at(midnight + 3'600) == one(603, alice, 1, midnight + 82'800));
    with({.locks = true});
    REQUIRE(market.call(owner, policies_address, "setLock(uint64,bytes32,uint64)", {1, 1, midnight}).ok());
    CHECK(at(midnight - 1) == one(601, alice, 1, midnight));
    CHECK(at(midnight).empty());
    CHECK(market.view(policies_address, "lockOf(uint64,bytes32)", {1, 1}) == midnight);
}

TEST_CASE("more than thirteen countries are judged like fewer") {
    Market market;
    std::vector<std::uint16_t> all;
    for (std::uint16_t country = 1; country < 1000; ++country)
        if (country != 276) all.push_back(country);
    REQUIRE(market
                .set_rules(
                    owner, 1,
                    {{.operations = moves, .sides = 2, .params = vm::CountriesRule{.allow = true, .countries = all}}})
                .ok());
    market.issue(alice, 100 * units);
    CHECK(market.transfer(alice, bob, 1) == one(302, bob, 1, 276));
    CHECK(market.transfer(alice, carol, 1).empty());
    market.set(3, "setCountry(bytes32,uint16)", 0);
    CHECK(market.transfer(alice, carol, 1) == one(302, carol, 1, 0));
}

TEST_CASE("counters hold 128 bits and refuse what would not fit") {
    Market market;
    REQUIRE(market.set_rules(owner, 1, {}).ok());
    const vm::u256 most = vm::counter_max;
    REQUIRE(market.refused(Market::move(Operation::issue, {}, alice, most)).empty());
    CHECK(market.refused(Market::move(Operation::issue, {}, alice, 1)) == one(5, alice, 0, 0));
    REQUIRE(market.refused(Market::move(Operation::issue, {}, bob, 5)).empty());
    CHECK(market.refused(Market::move(Operation::transfer, alice, bob, most - 4)) == one(5, bob, 0, most - 5));
    CHECK(market.refused(Market::move(Operation::transfer, bob, alice, 5)) == one(5, alice, 0, 0));
    REQUIRE(market.refused(Market::move(Operation::redeem, alice, fund, most)).empty());
    CHECK(market.refused(Market::move(Operation::redeem, bob, fund, 1)) == one(5, fund, 0, 0));
    REQUIRE(market.refused(Market::move(Operation::redeem, fund, {}, most)).empty());
    REQUIRE(market.refused(Market::move(Operation::issue, {}, alice, 1)).empty());
    // What was put in stays when the escrow burns it.
    CHECK(market.refused(Market::move(Operation::redeem, alice, fund, 1)) == one(5, alice, 0, 0));
}

namespace {

constexpr std::uint16_t transfers = 1 << 1, settlements = 1 << 8, redemptions = 1 << 3;

/// A token whose policy is what the case says; alice and bob hold 1,000, carol nothing.
struct Desk : NativeChain {
    explicit Desk(const std::vector<vm::Rule>& rules) : NativeChain(with(rules)) {
        REQUIRE(call(token, policies_address, "bind(uint64,bool)", {1, 1}).ok());
        REQUIRE(call(token, policies_address, "setEscrow(address,bool)", {word(fund), 1}).ok());
        for (const vm::Address& wallet : {alice, bob})
            REQUIRE(authorize(Market::move(Operation::issue, {}, wallet, 1'000)).ok());
        next_transaction();
    }
    static vm::NativeGenesis with(const std::vector<vm::Rule>& rules) {
        vm::NativeGenesis given = genesis();
        given.policies = {{.owner = owner, .rules = rules, .tokens = {token}}};
        return given;
    }
    std::vector<Refusal> transfer(const vm::Address& from, const vm::Address& to, std::uint64_t amount) {
        const Movement movement = Market::move(Operation::transfer, from, to, amount);
        std::vector<Refusal> found = preview(movement);
        CHECK(authorize(movement).ok() == found.empty());
        return found;
    }
    std::vector<Refusal> settle(const std::vector<vm::Leg>& legs) {
        const vm::NetMovement movement{Operation::settle, token, address(0x5e77), legs};
        const Answer answer =
            call(address(0x99), policies_address, vm::encode_preview_net_call(movement), 10'000'000, true);
        REQUIRE(answer.ok());
        std::vector<Refusal> found = vm::decode_preview_result(answer.output).value();
        const Answer done = call(token, policies_address, vm::encode_authorize_net_call(movement));
        CHECK(done.ok() == found.empty());
        if (!found.empty()) CHECK(vm::decode_refused(done.output) == found.front());
        return found;
    }
    vm::u256 units_of(std::uint64_t id) {
        return view(policies_address, "unitsOf(address,bytes32)", {word(token), id});
    }
};

vm::Rule rule_of(std::uint16_t operations, std::uint8_t sides, vm::RuleParams params) {
    return {.operations = operations, .sides = sides, .params = std::move(params)};
}
const vm::Address oracle = address(0x0c);

vm::CallResult word_answer(const vm::u256& value, vm::Gas gas_left) {
    static vm::Bytes output;
    const auto bytes = value.to_be_bytes();
    output.assign(bytes.begin(), bytes.end());
    return {vm::Status::success, gas_left, output, {}};
}

}  // namespace

TEST_CASE("a contract's word refuses, its failure refuses, and too little gas for it is no refusal") {
    Desk desk{{rule_of(transfers, 0, vm::ContractRule{oracle, 50'000})}};
    CHECK_MESSAGE((desk.transfer(alice, bob, 1) == std::vector<Refusal>{{102, alice, 1, 0}}),
                  "an account without code");
    vm::u256 says = 0;
    desk.contracts.answers[oracle] = [&](vm::BytesView, vm::Gas gas) { return word_answer(says, gas - 1'000); };
    CHECK(desk.transfer(alice, bob, 1).empty());
    CHECK(desk.contracts.asked.back().gas == 50'000);
    CHECK(desk.contracts.asked.back().input == call_data("judge(address,uint8,address,address,address,uint256)",
                                                         {word(token), 1, word(alice), word(alice), word(bob), 1}));
    says = 77;
    CHECK(desk.transfer(alice, bob, 1) == std::vector<Refusal>{{101, alice, 1, 77}});
    desk.contracts.answers[oracle] = [](vm::BytesView, vm::Gas) {
        return vm::CallResult{vm::Status::out_of_gas, 0, {}, {}};
    };
    CHECK(desk.transfer(alice, bob, 1) == std::vector<Refusal>{{102, alice, 1, 0}});

    desk.contracts.answers[oracle] = [](vm::BytesView, vm::Gas gas) { return word_answer(0, gas); };
    const vm::Bytes data = vm::encode_authorize_call(Market::move(Operation::transfer, alice, bob, 1));
    const std::size_t asked = desk.contracts.asked.size();
    const vm::State::Snapshot before = desk.state.snapshot();
    const vm::Gas needed = desk.call(token, policies_address, data).gas_used;
    desk.state.revert(before);
    CHECK(desk.call(token, policies_address, data, needed + 40'000).status == vm::Status::out_of_gas);
    CHECK_MESSAGE(desk.contracts.asked.size() == asked + 1, "it was not even asked");
    CHECK_MESSAGE(desk.transfer(alice, bob, 0).empty(), "what the contract left of its gas came back");
    CHECK(desk.call(token, policies_address, vm::encode_authorize_call(Market::move(Operation::force, alice, bob, 1)))
              .ok());
}

TEST_CASE("what left an identity counts for its window and at most a third more") {
    Desk desk{{rule_of(transfers | redemptions, 0, vm::VelocityRule{100, 24})}};
    constexpr std::uint64_t third_of_window = 8 * 3'600;
    const std::uint64_t bucket_begin = NativeChain::genesis_time / third_of_window * third_of_window;
    const auto at = [&](std::uint64_t time) { desk.block.timestamp = {time}; };
    CHECK(desk.transfer(alice, bob, 60).empty());
    CHECK(desk.transfer(alice, bob, 41) == std::vector<Refusal>{{701, alice, 1, 40}});
    CHECK_MESSAGE(desk.transfer(alice2, alice, 500).empty(), "between wallets of one identity nothing leaves");
    CHECK(desk.transfer(alice2, bob, 40).empty());
    CHECK(desk.transfer(alice, bob, 1) == std::vector<Refusal>{{701, alice, 1, 0}});
    CHECK(desk.transfer(alice, bob, 0).empty());
    CHECK_MESSAGE(desk.transfer(bob, carol, 100).empty(), "each identity has its own");
    at(bucket_begin + 4 * third_of_window - 1);
    CHECK(desk.transfer(alice, bob, 1) == std::vector<Refusal>{{701, alice, 1, 0}});
    at(bucket_begin + 4 * third_of_window);
    CHECK(desk.transfer(alice, bob, 30).empty());
    at(bucket_begin + 6 * third_of_window);
    CHECK(desk.transfer(alice, bob, 70).empty());
    at(bucket_begin + 8 * third_of_window);
    CHECK(desk.transfer(alice, bob, 31) == std::vector<Refusal>{{701, alice, 1, 30}});
    CHECK(desk.transfer(alice, bob, 30).empty());
    CHECK_MESSAGE(
        (desk.set_rules(owner, 1, {rule_of(0, 0, vm::KnownRule{}), rule_of(transfers, 0, vm::VelocityRule{120, 24})})
             .ok()),
        "another maximum at another place forgets nothing");
    CHECK(desk.transfer(alice, bob, 21) == std::vector<Refusal>{{701, alice, 2, 20}});
    CHECK(desk.call(token, policies_address, vm::encode_authorize_call(Market::move(Operation::force, alice, bob, 500)))
              .ok());
    CHECK(desk.transfer(alice, bob, 20).empty());
}

TEST_CASE("only listed counterparties send and receive, on the sides that the rule names") {
    Desk desk{{rule_of(transfers, 3, vm::CounterpartiesRule{{1, 2}})}};
    CHECK(desk.transfer(alice, bob, 1).empty());
    CHECK(desk.transfer(alice, carol, 1) == std::vector<Refusal>{{802, carol, 1, 0}});
    REQUIRE(desk.set_rules(owner, 1, {rule_of(transfers, 1, vm::CounterpartiesRule{{2, 3, 4, 5, 6}})}).ok());
    CHECK(desk.transfer(alice, carol, 1) == std::vector<Refusal>{{801, alice, 1, 0}});
    CHECK(desk.transfer(bob, carol, 1).empty());
    CHECK(desk.view(policies_address, "canSend(address,address)", {word(token), word(alice)}) == 0);
    CHECK(desk.view(policies_address, "canReceive(address,address)", {word(token), word(alice)}) == 1);
    const Answer read = desk.call(owner, policies_address, "rules(uint64)", {1});
    vm::Bytes expected;
    vm::AbiWriter out{expected};
    out.word(32);
    vm::write_rules(out, std::vector{rule_of(transfers, 1, vm::CounterpartiesRule{{2, 3, 4, 5, 6}})});
    CHECK(read.output == expected);
    CHECK(desk.set_rules(owner, 1, {rule_of(transfers, 1, vm::CounterpartiesRule{{2, 99}})})
              .is("UnknownIdentity(bytes32)", {99}));
    CHECK(desk.set_rules(owner, 1, {rule_of(transfers, 1, vm::CounterpartiesRule{{2, 2}})}).is("BadRule(uint8)", {1}));
}

TEST_CASE("legs are judged by what they leave behind, in any order") {
    Desk desk{{rule_of(0, 0, vm::KnownRule{}), rule_of(0, 0, vm::HoldersRule{2, 1'500, 10}),
               rule_of(settlements, 0, vm::VelocityRule{900, 24})}};
    CHECK_MESSAGE((desk.settle({{bob, carol, 1'000}, {alice, bob, 400}, {carol, bob, 1'000}}).empty()),
                  "carol passes units on and is no holder at any time that counts");
    CHECK(desk.units_of(1) == 600);
    CHECK(desk.units_of(2) == 1'400);
    CHECK(desk.units_of(3) == 0);
}

TEST_CASE("each identity of a settlement is refused for its own net") {
    Desk desk{{rule_of(0, 0, vm::KnownRule{}), rule_of(0, 0, vm::HoldersRule{2, 1'500, 10}),
               rule_of(settlements, 0, vm::VelocityRule{900, 24})}};
    CHECK(desk.settle({{alice, bob, 501}}) == std::vector<Refusal>{{502, bob, 2, 1'500}});
    CHECK(desk.settle({{alice, bob, 1'501}, {bob, alice, 500}}) ==
          std::vector<Refusal>{{3, alice, 0, 1'500}, {502, bob, 2, 1'500}, {701, alice, 3, 900}});
    CHECK(desk.settle({{alice, carol, 100}}) == std::vector<Refusal>{{501, carol, 2, 2}});
    CHECK_MESSAGE((desk.settle({{alice, carol, 500}, {alice, bob, 500}}) == std::vector<Refusal>{{701, alice, 3, 900}}),
                  "where alice leaves there is room");
    CHECK(desk.settle({{alice, bob, 1'995}, {bob, alice, 1'000}}) ==
          std::vector<Refusal>{{504, alice, 2, 10}, {502, bob, 2, 1'500}, {701, alice, 3, 900}});
    CHECK(desk.settle({{alice, fund, 1}}) == std::vector<Refusal>{{4, fund, 0, 0}});
    CHECK(desk.settle({{alice, nobody, 1}}) == std::vector<Refusal>{{202, nobody, 1, 0}});
    CHECK(desk.settle({}).empty());
    const vm::NetMovement many{Operation::settle, token, alice, std::vector<vm::Leg>(65, {alice, bob, 0})};
    CHECK(desk.call(token, policies_address, vm::encode_authorize_net_call(many))
              .is("TooMany(uint256,uint256)", {65, 64}));
    const vm::NetMovement issued{Operation::issue, token, alice, {{{}, alice, 1}}};
    CHECK(desk.call(token, policies_address, vm::encode_authorize_net_call(issued)).is("BadOperation()"));
}
