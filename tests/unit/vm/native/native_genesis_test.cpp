#include "vm/native/native_genesis.hpp"

#include <doctest/doctest.h>

#include "unit/vm/native/native_chain.hpp"
#include "vm/native/slot_key.hpp"

using namespace talea;
using namespace talea::tests;
using vm::NativeGenesis;
using vm::NativeGenesisError;

namespace {

const vm::Address registrar = address(0x501), owner = address(0x0a), token = address(0x70), alice = address(0xa1),
                  second_admin = address(0xad2);

NativeGenesis full() {
    NativeGenesis genesis = NativeChain::plain_genesis();
    genesis.roles[second_admin] = vm::role::admin;
    genesis.thresholds = {{vm::role::transact, 2}, {vm::role::deploy, 2}};
    genesis.registrars = {registrar, address(0x502)};
    genesis.identities = {{.id = 77,
                           .registrar = registrar,
                           .country = 840,
                           .categories = 5,
                           .expiry = 99,
                           .file_hash = 0xf11e,
                           .wallets = {alice, address(0xa2)}}};
    genesis.policies = {
        {.owner = owner,
         .rules = {{.operations = 0, .sides = 0, .params = vm::KnownRule{{address(0x502)}}},
                   {.operations = 2,
                    .sides = 1,
                    .params = vm::CountriesRule{.allow = true,
                                                .countries = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}}}},
         .tokens = {token}}};
    return genesis;
}

NativeGenesisError error_of(const NativeGenesis& genesis) {
    const auto accounts = vm::native_accounts(genesis);
    REQUIRE_FALSE(accounts.has_value());
    return accounts.error();
}

}  // namespace

TEST_CASE("genesis writes what the same calls would have written") {
    const vm::GenesisAlloc by_genesis = vm::native_accounts(full()).value();

    NativeChain chain;
    const auto call = [&](const vm::Address& sender, const vm::Address& registry, std::string_view signature,
                          std::initializer_list<vm::u256> words) {
        REQUIRE(chain.call(sender, registry, signature, words).ok());
    };
    call(NativeChain::admin, vm::permissions_address, "grantRoles(address,uint256)", {word(second_admin), 1});
    call(NativeChain::admin, vm::permissions_address, "setThreshold(uint256,uint8)", {24, 2});
    call(NativeChain::admin, vm::identities_address, "addRegistrar(address)", {word(registrar)});
    call(NativeChain::admin, vm::identities_address, "addRegistrar(address)", {word(address(0x502))});
    REQUIRE(chain.register_identity(registrar, 77, 840, 5, 99, {alice, address(0xa2)}).ok());
    REQUIRE(chain.create_policy(owner, full().policies[0].rules).ok());
    call(owner, vm::policies_address, "allowToken(uint64,address,bool)", {1, word(token), 1});
    chain.next_transaction();

    vm::GenesisAlloc by_calls = vm::native_accounts(NativeChain::plain_genesis()).value();
    for (const auto& [where, change] : chain.state.changes().accounts)
        for (const auto& [key, value] : change.storage) by_calls[where].storage[key] = value;
    CHECK(by_calls == by_genesis);
    for (const auto& [where, account] : by_genesis) {
        CHECK(account.nonce == 1);
        CHECK(account.code == vm::Bytes{0xfe});
        for (const auto& [key, value] : account.storage) CHECK_FALSE(value.is_zero());
    }
}

TEST_CASE("settings read back from the state at rest") {
    const NativeGenesis genesis = NativeChain::plain_genesis();
    const AllocView view{vm::native_accounts(genesis).value()};
    CHECK(vm::read_settings(view) == genesis.settings);
    CHECK(vm::read_validators(view) == genesis.validators);
    CHECK(vm::has_role(view, NativeChain::admin, vm::role::admin | vm::role::transact));
    CHECK_FALSE(vm::has_role(view, alice, vm::role::transact));
}

TEST_CASE("a genesis file's settings become the registries'") {
    vm::Genesis file;
    file.gas_limit = 5;
    file.base_fee_per_gas = 6;
    file.talea.permissions = vm::PermissionMode::open;
    file.talea.administrators = {alice};
    file.talea.validators = {address(1), address(2)};
    file.talea.recovery_delay_seconds = 7;
    NativeGenesis content = vm::native_genesis_of(file).value();
    CHECK(content.settings == vm::ChainSettings{.mode = vm::PermissionMode::open,
                                                .clock_mode = vm::ClockMode::none,
                                                .clock = 0,
                                                .gas_limit = 5,
                                                .base_fee = 6,
                                                .native_version = vm::native_version_max});
    CHECK(content.roles == std::map<vm::Address, std::uint64_t>{{alice, 3}});
    CHECK(content.validators == file.talea.validators);
    CHECK(content.recovery_delay_seconds == 7);
    CHECK(vm::native_accounts(content).has_value());

    file.talea.test_clock = vm::TestClock{.mode = vm::TestClockMode::stepped, .start = {1'000}, .offset_seconds = 0};
    CHECK(vm::native_genesis_of(file)->settings.clock == 1'000);
    file.talea.test_clock = vm::TestClock{.mode = vm::TestClockMode::running, .start = {1'000}, .offset_seconds = -9};
    CHECK(vm::native_genesis_of(file)->settings.clock == -9);
    file.base_fee_per_gas = vm::u256{1} << 64;
    CHECK(vm::native_genesis_of(file).error() == NativeGenesisError::base_fee_too_large);
}

TEST_CASE("content that no calls could have made is refused") {
    REQUIRE(vm::native_accounts(full()).has_value());
    NativeGenesis genesis = full();
    genesis.roles = {{alice, vm::role::network}};
    CHECK(error_of(genesis) == NativeGenesisError::no_admin);
    genesis = full();
    genesis.roles[alice] = 32;
    CHECK(error_of(genesis) == NativeGenesisError::bad_roles);
    // Two accounts hold ADMIN.
    for (const auto& [role, threshold] :
         {std::pair<std::uint64_t, int>{vm::role::transact, 3}, {vm::role::transact, 0}, {6, 2}, {0, 1}, {32, 1}}) {
        CAPTURE(role);
        genesis = full();
        genesis.thresholds = {{role, static_cast<std::uint8_t>(threshold)}};
        CHECK(error_of(genesis) == NativeGenesisError::bad_thresholds);
    }
    for (const std::vector<vm::Address>& validators :
         {std::vector<vm::Address>{}, {vm::Address{}}, {address(2), address(1)}, {address(1), address(1)}}) {
        genesis = full();
        genesis.validators = validators;
        CHECK(error_of(genesis) == NativeGenesisError::bad_validators);
    }
    genesis = full();
    genesis.settings.clock = -1;
    CHECK(error_of(genesis) == NativeGenesisError::bad_clock);
    genesis = full();
    genesis.settings.native_version = vm::native_version_max + 1;
    CHECK(error_of(genesis) == NativeGenesisError::unknown_version);
    genesis = full();
    genesis.registrars = {registrar, registrar};
    CHECK(error_of(genesis) == NativeGenesisError::bad_registrars);
    genesis = full();
    genesis.identities.push_back(genesis.identities[0]);
    CHECK(error_of(genesis) == NativeGenesisError::bad_identity);
    genesis.identities[1].id = 78;
    CHECK(error_of(genesis) == NativeGenesisError::bad_wallet);
    genesis = full();
    genesis.policies[0].rules[0].params = vm::KnownRule{{alice}};
    CHECK(error_of(genesis) == NativeGenesisError::bad_rule);
    genesis = full();
    genesis.policies[0].owner = {};
    CHECK(error_of(genesis) == NativeGenesisError::bad_policy);
}
