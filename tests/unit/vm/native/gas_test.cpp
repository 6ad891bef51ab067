#include "vm/native/gas.hpp"

#include <doctest/doctest.h>

#include "unit/vm/native/native_chain.hpp"
#include "vm/native/meter.hpp"
#include "vm/native/slot_key.hpp"

using namespace talea;
using namespace talea::tests;
using vm::Gas;
using vm::permissions_address;
using vm::policies_address;
using vm::Registry;
using vm::Status;

namespace {

const vm::Address token = address(0x70), alice = address(0xa1), bob = address(0xb1), registrar = address(0x501);

/// A token bound to the market policy of four rules, two known holders, alice with 1,000.
struct Market : NativeChain {
    Market() : NativeChain(genesis()) {
        REQUIRE(call(token, policies_address, "bind(uint64,bool)", {1, 1}).ok());
        REQUIRE(authorize({vm::Operation::issue, token, {}, {}, alice, 1'000}).ok());
        REQUIRE(authorize({vm::Operation::issue, token, {}, {}, bob, 1'000}).ok());
        next_transaction();
    }
    static vm::NativeGenesis genesis() {
        vm::NativeGenesis genesis = plain_genesis();
        genesis.registrars = {registrar};
        const auto identity = [](std::uint64_t id, const vm::Address& wallet) {
            return vm::NativeGenesis::Identity{.id = id,
                                               .registrar = registrar,
                                               .country = 840,
                                               .categories = 1,
                                               .expiry = genesis_time + 1,
                                               .file_hash = {},
                                               .wallets = {wallet}};
        };
        genesis.identities = {identity(1, alice), identity(2, bob)};
        genesis.policies = {
            {.owner = address(1),
             .rules = {{.operations = 0, .sides = 0, .params = vm::KnownRule{{registrar}}},
                       {.operations = 2,
                        .sides = 3,
                        .params = vm::CountriesRule{.allow = false, .countries = {364, 408}}},
                       {.operations = 2, .sides = 3, .params = vm::CategoriesRule{.all_of = 1, .any_of = 0}},
                       {.operations = 0,
                        .sides = 0,
                        .params = vm::HoldersRule{.identities_max = 0, .units_max = 5'000, .units_min = 10}}},
             .tokens = {token}}};
        return genesis;
    }
    static vm::Movement movement() { return {vm::Operation::transfer, token, alice, alice, bob, 100}; }
};

constexpr Gas entry_of_authorize = 200 + 5 * 3;  // five words of arguments
/// Token, policy, two wallets, two identities, two counters, four rules.
constexpr Gas slots_of_transfer = 12;

}  // namespace

TEST_CASE("a restricted transfer reads one slot a wallet, an identity, a counter and a rule, and writes two") {
    Market market;
    const Answer cold = market.call(token, policies_address, vm::encode_authorize_call(Market::movement()));
    REQUIRE(cold.ok());
    CHECK(cold.gas_used == entry_of_authorize + slots_of_transfer * 2'100 + 4 * 50 + 2 * 2'900);
    const Answer warm = market.call(token, policies_address, vm::encode_authorize_call(Market::movement()));
    CHECK(warm.gas_used == entry_of_authorize + slots_of_transfer * 100 + 4 * 50 + 2 * 100);
}

TEST_CASE("a call with one gas less than it needs runs out and changes nothing") {
    Market market;
    const vm::Bytes data = vm::encode_authorize_call(Market::movement());
    const vm::State::Snapshot before = market.state.snapshot();
    const Gas needed = market.call(token, policies_address, data).gas_used;
    market.state.revert(before);
    for (const Gas gas : {Gas{0}, Gas{1}, entry_of_authorize, needed / 2, needed - 1}) {
        const Answer answer = market.call(token, policies_address, data, gas);
        CHECK(answer.status == Status::out_of_gas);
        CHECK(answer.gas_used == gas);
        CHECK(answer.output.empty());
    }
    CHECK(market.view(policies_address, "unitsOf(address,bytes32)", {word(token), 2}) == 1'000);
    CHECK_MESSAGE(market.call(token, policies_address, data, needed + 2'300).ok(),
                  "enough, with the stipend left at the last write");
}

TEST_CASE("a refusal returns the rest of the gas") {
    Market market;
    vm::Movement movement = Market::movement();
    movement.to = address(0xff);
    const Answer answer = market.call(token, policies_address, vm::encode_authorize_call(movement), 1'000'000);
    CHECK(answer.status == Status::revert);
    // Token, two wallets, policy, one counter, one rule, the sender's identity.
    CHECK(answer.gas_used == entry_of_authorize + 7 * 2'100 + 50);
}

TEST_CASE("a writing entry halts in a static call, a view does not") {
    Market market;
    const std::vector<std::pair<vm::Address, std::string_view>> writing{
        {vm::permissions_address, "grantRoles(address,uint256)"},
        {vm::permissions_address, "revokeRoles(address,uint256)"},
        {vm::permissions_address, "advanceClock(uint64)"},
        {vm::permissions_address, "addValidator(address,uint64,bytes)"},
        {vm::permissions_address, "removeValidator(address)"},
        {vm::permissions_address, "replaceValidator(address,address,uint64,bytes)"},
        {vm::permissions_address, "admitNode(bytes32,bytes32)"},
        {vm::permissions_address, "removeNode(address)"},
        {vm::permissions_address, "setThreshold(uint256,uint8)"},
        {vm::permissions_address, "propose(uint8,address,uint256,uint8,uint64)"},
        {vm::permissions_address, "approve(uint64)"},
        {vm::permissions_address, "cancel(uint64)"},
        {vm::permissions_address, "setGasLimit(uint64)"},
        {vm::identities_address, "addRegistrar(address)"},
        {vm::identities_address, "removeRegistrar(address)"},
        {vm::identities_address, "register(bytes32,uint16,uint64,uint64,bytes32,address[])"},
        {vm::identities_address, "setCountry(bytes32,uint16)"},
        {vm::identities_address, "setCategories(bytes32,uint64)"},
        {vm::identities_address, "setExpiry(bytes32,uint64)"},
        {vm::identities_address, "setFileHash(bytes32,bytes32)"},
        {vm::identities_address, "setState(bytes32,uint8)"},
        {vm::identities_address, "linkWallet(bytes32,address)"},
        {vm::identities_address, "unlinkWallet(address)"},
        {vm::identities_address, "offerTransfer(bytes32,address)"},
        {vm::identities_address, "acceptTransfer(bytes32)"},
        {vm::identities_address, "recover(address,address)"},
        {vm::identities_address, "cancelRecovery(address)"},
        {vm::policies_address, "authorize(uint8,address,address,address,uint256)"},
        {vm::policies_address, "authorizeNet(uint8,address,(address,address,uint256)[])"},
        {vm::policies_address, "createPolicy((uint8,uint16,uint8,bytes)[])"},
        {vm::policies_address, "setRules(uint64,(uint8,uint16,uint8,bytes)[])"},
        {vm::policies_address, "offerPolicy(uint64,address)"},
        {vm::policies_address, "acceptPolicy(uint64)"},
        {vm::policies_address, "allowToken(uint64,address,bool)"},
        {vm::policies_address, "setLock(uint64,bytes32,uint64)"},
        {vm::policies_address, "bind(uint64,bool)"},
        {vm::policies_address, "setEscrow(address,bool)"}};
    for (const auto& [registry, signature] : writing) {
        CAPTURE(signature);
        const Answer answer = market.call(alice, registry, call_data(signature, {0, 0, 0, 0, 0, 0, 0}), 50'000, true);
        CHECK(answer.status == Status::write_protection);
        CHECK(answer.gas_used == 50'000);
        CHECK_FALSE(market.call(alice, registry, call_data(signature, {0, 0, 0, 0, 0, 0, 0}), 50'000).status ==
                    Status::write_protection);
    }
    CHECK(market.call(alice, permissions_address, call_data("mode()"), 50'000, true).ok());
}

TEST_CASE("with no more than the stipend left nothing is written") {
    NativeChain chain;
    const vm::u256 key = vm::slot_key::settings(9);
    (void)chain.state.access_slot(permissions_address, key);
    vm::Meter poor{chain.state, vm::native_gas::store_stipend, false};
    poor.store(Registry::permissions, key, {});
    CHECK(poor.status() == Status::out_of_gas);
    vm::Meter rich{chain.state, vm::native_gas::store_stipend + 1, false};
    rich.store(Registry::permissions, key, {});
    CHECK(rich.gas_left() == vm::native_gas::store_stipend + 1 - 100);
}

TEST_CASE("slots are priced and refunded as EIP-2200 and EIP-3529 say") {
    struct Case {
        std::uint64_t original, first, second;
        Gas cost, refund;
    };
    // EIP-2200's examples with the costs of EIP-2929 and the refunds of EIP-3529; the slot is warm.
    for (const Case& example :
         {Case{0, 0, 0, 200, 0}, Case{0, 0, 1, 20'100, 0}, Case{0, 1, 0, 20'100, 19'900}, Case{0, 1, 2, 20'100, 0},
          Case{0, 1, 1, 20'100, 0}, Case{1, 0, 0, 3'000, 4'800}, Case{1, 0, 1, 3'000, 2'800}, Case{1, 0, 2, 3'000, 0},
          Case{1, 2, 0, 3'000, 4'800}, Case{1, 2, 3, 3'000, 0}, Case{1, 2, 1, 3'000, 2'800}, Case{1, 2, 2, 3'000, 0},
          Case{1, 1, 0, 3'000, 4'800}, Case{1, 1, 2, 3'000, 0}, Case{1, 1, 1, 200, 0}}) {
        NativeChain chain;
        const vm::u256 key = vm::slot_key::settings(9);
        chain.state.set_storage(permissions_address, key, example.original);
        chain.next_transaction();
        (void)chain.state.access_slot(permissions_address, key);
        vm::Meter meter{chain.state, 100'000, false};
        meter.store(Registry::permissions, key, example.first);
        meter.store(Registry::permissions, key, example.second);
        CAPTURE(example.original);
        CAPTURE(example.first);
        CAPTURE(example.second);
        CHECK(100'000 - meter.gas_left() == example.cost);
        CHECK(chain.state.refund() == example.refund);
    }
}

TEST_CASE("an event costs as LOG does") {
    NativeChain chain;
    vm::Meter meter{chain.state, 375 + 2 * 375 + 32 * 8, false};
    meter.log(Registry::policies, {1, 2}, vm::u256{3}.to_be_bytes());
    CHECK(meter.gas_left() == 0);
    CHECK_FALSE(meter.halted());
    REQUIRE(chain.state.logs().size() == 1);
    meter.log(Registry::policies, {}, {});
    CHECK(meter.status() == Status::out_of_gas);
    CHECK(chain.state.logs().size() == 1);
}
