#include "vm/native/permissions.hpp"

#include <doctest/doctest.h>

#include "unit/vm/native/native_chain.hpp"

using namespace talea;
using namespace talea::tests;
using vm::permissions_address;

namespace {

const vm::Address carol = address(0xca01);

}  // namespace

TEST_CASE("an administrator grants and revokes roles, nobody else does") {
    NativeChain chain;
    CHECK(chain.call(carol, permissions_address, "grantRoles(address,uint256)", {word(carol), vm::role::transact})
              .is("NotAuthorized(address,uint256)", {word(carol), vm::role::admin}));
    CHECK(chain.call(NativeChain::admin, permissions_address, "grantRoles(address,uint256)", {word(carol), 24}).ok());
    CHECK(chain.view(permissions_address, "rolesOf(address)", {word(carol)}) == 24);
    REQUIRE(chain.state.logs().size() == 1);
    const vm::Log& log = chain.state.logs()[0];
    CHECK(log.address == permissions_address);
    CHECK(log.topics == std::vector<vm::Hash>{vm::to_hash(vm::signature_hash("RolesChanged(address,uint256,address)")),
                                              vm::to_hash(word(carol)), vm::to_hash(word(NativeChain::admin))});
    CHECK(vm::u256::from_be_bytes(log.data) == 24);

    CHECK(chain.call(NativeChain::admin, permissions_address, "revokeRoles(address,uint256)", {word(carol), 8}).ok());
    CHECK(chain.view(permissions_address, "rolesOf(address)", {word(carol)}) == 16);
    CHECK(chain.call(NativeChain::admin, permissions_address, "revokeRoles(address,uint256)", {word(carol), 8}).ok());
    CHECK_MESSAGE(chain.state.logs().size() == 2, "revoking what is not held says nothing");
    CHECK(chain.call(NativeChain::admin, permissions_address, "grantRoles(address,uint256)", {word(carol), 32})
              .is("BadRoles(uint256)", {32}));
    CHECK(
        chain.call(NativeChain::admin, permissions_address, "grantRoles(address,uint256)", {0, 8}).is("ZeroAddress()"));
}

TEST_CASE("the last administrator keeps the role") {
    NativeChain chain;
    const auto revoke = [&](const vm::Address& account) {
        return chain.call(NativeChain::admin, permissions_address, "revokeRoles(address,uint256)", {word(account), 1});
    };
    CHECK(revoke(NativeChain::admin).is("LastAdmin()"));
    CHECK(chain.call(NativeChain::admin, permissions_address, "grantRoles(address,uint256)", {word(carol), 1}).ok());
    CHECK(chain.view(permissions_address, "adminCount()") == 2);
    CHECK(revoke(carol).ok());
    CHECK(revoke(NativeChain::admin).is("LastAdmin()"));
    CHECK(chain.view(permissions_address, "adminCount()") == 1);
}

TEST_CASE("a role counts for transactions from the next one on") {
    NativeChain chain;
    CHECK(chain.call(NativeChain::admin, permissions_address, "grantRoles(address,uint256)", {word(carol), 8}).ok());
    CHECK_FALSE(vm::has_role(chain.state, carol, vm::role::transact));
    chain.next_transaction();
    CHECK(vm::has_role(chain.state, carol, vm::role::transact));
    CHECK_FALSE(vm::has_role(chain.state, carol, vm::role::transact | vm::role::deploy));
    CHECK_FALSE_MESSAGE(chain.state.warm_slot(permissions_address, vm::u256{1}), "reading roles warms nothing");
}

TEST_CASE("ADMIN and NETWORK imply TRANSACT, the open mode gives TRANSACT and DEPLOY to everybody") {
    vm::NativeGenesis genesis = NativeChain::plain_genesis();
    genesis.roles[address(1)] = vm::role::network;
    NativeChain enforced{genesis};
    CHECK(vm::has_role(enforced.state, NativeChain::admin, vm::role::transact));
    CHECK(vm::has_role(enforced.state, address(1), vm::role::transact));
    CHECK_FALSE(vm::has_role(enforced.state, address(1), vm::role::deploy));
    CHECK_FALSE(vm::has_role(enforced.state, carol, vm::role::transact));
    CHECK(enforced.view(permissions_address, "hasRole(address,uint256)", {word(address(1)), 8}) == 1);
    CHECK(enforced.view(permissions_address, "hasRole(address,uint256)", {word(address(1)), 24}) == 0);

    genesis.settings.mode = vm::PermissionMode::open;
    NativeChain open{genesis};
    CHECK(vm::has_role(open.state, carol, vm::role::transact | vm::role::deploy));
    CHECK_FALSE(vm::has_role(open.state, carol, vm::role::admin));
    CHECK(open.view(permissions_address, "mode()") == 0);
}

TEST_CASE("a creation in a call needs DEPLOY of the origin or of the creator") {
    vm::NativeGenesis genesis = NativeChain::plain_genesis();
    genesis.roles[address(0xde)] = vm::role::deploy;
    NativeChain chain{genesis};
    const vm::DeployGuard guard;
    CHECK_FALSE(guard.may_create(chain.state, carol, address(1)));
    CHECK(guard.may_create(chain.state, address(0xde), address(1)));
    CHECK(guard.may_create(chain.state, carol, address(0xde)));
}

TEST_CASE("the test clock moves forward only, by NETWORK, and only where there is one") {
    NativeChain chain;
    CHECK(chain.call(carol, permissions_address, "advanceClock(uint64)", {1})
              .is("NotAuthorized(address,uint256)", {word(carol), vm::role::network}));
    CHECK(chain.call(NativeChain::admin, permissions_address, "advanceClock(uint64)", {60}).ok());
    CHECK(chain.call(address(1), permissions_address, "clock()").word(0) == 2);
    CHECK(chain.call(address(1), permissions_address, "clock()").word(1) == NativeChain::genesis_time + 60);
    CHECK(vm::read_settings(chain.state).clock == static_cast<std::int64_t>(NativeChain::genesis_time + 60));
    CHECK(chain.call(NativeChain::admin, permissions_address, "advanceClock(uint64)", {~0ULL}).is("ClockOutOfRange()"));

    vm::NativeGenesis genesis = NativeChain::plain_genesis();
    genesis.settings.clock_mode = vm::ClockMode::running;
    genesis.settings.clock = -100;
    NativeChain running{genesis};
    CHECK(running.call(NativeChain::admin, permissions_address, "advanceClock(uint64)", {40}).ok());
    CHECK(running.call(address(1), permissions_address, "clock()").word(1) == -vm::u256{60});
    CHECK(vm::read_settings(running.state).clock == -60);

    genesis.settings = {.mode = vm::PermissionMode::open, .gas_limit = 1, .native_version = 1};
    NativeChain utc{genesis};
    CHECK(utc.call(NativeChain::admin, permissions_address, "advanceClock(uint64)", {1}).is("NoTestClock()"));
}

TEST_CASE("validators and settings are what genesis says") {
    vm::NativeGenesis genesis = NativeChain::plain_genesis();
    genesis.settings.base_fee = 7;
    genesis.validators = {address(0x11), address(0x22), address(0x33)};
    NativeChain chain{genesis};
    CHECK(vm::read_validators(chain.state) == genesis.validators);
    CHECK(vm::read_settings(chain.state) == genesis.settings);
    const Answer list = chain.call(address(1), permissions_address, "validators()");
    REQUIRE(list.output.size() == 5 * 32);
    CHECK(list.word(1) == 3);
    CHECK(list.word(4) == word(address(0x33)));
    for (const vm::Address& validator : genesis.validators)
        CHECK(chain.view(permissions_address, "isValidator(address)", {word(validator)}) == 1);
    for (const std::uint16_t low : std::initializer_list<std::uint16_t>{0x10, 0x12, 0x23, 0x34})
        CHECK(chain.view(permissions_address, "isValidator(address)", {word(address(low))}) == 0);
    CHECK(chain.view(permissions_address, "gasLimit()") == 100'000'000);
    CHECK(chain.view(permissions_address, "baseFee()") == 7);
    CHECK(chain.view(permissions_address, "nativeVersion()") == 1);
}

TEST_CASE("a registry refuses value, unknown selectors and arguments that are not strict ABI") {
    NativeChain chain;
    for (const vm::Address& registry : {vm::permissions_address, vm::identities_address, vm::policies_address}) {
        CHECK(chain.call(carol, registry, call_data("noSuchThing()")).is("BadCall()"));
        CHECK(chain.call(carol, registry, vm::Bytes{}).is("BadCall()"));
        CHECK(chain.call(carol, registry, vm::Bytes{1, 2, 3}).is("BadCall()"));
        CHECK(chain.call(carol, registry, vm::Bytes{}, 10'000, false, 1).is("NotPayable()"));
    }
    CHECK(chain.call(carol, permissions_address, call_data("mode()"), 10'000, false, 1).is("NotPayable()"));
    CHECK_MESSAGE(chain.call(carol, permissions_address, "rolesOf(address)", {vm::u256{1} << 160}).is("BadCall()"),
                  "dirty padding");
    vm::Bytes short_call = call_data("rolesOf(address)", {1});
    short_call.pop_back();
    CHECK(chain.call(carol, permissions_address, short_call).is("BadCall()"));
    short_call.push_back(1);
    short_call.push_back(0);
    CHECK_MESSAGE(chain.call(carol, permissions_address, short_call).ok(),
                  "what follows the arguments is not looked at");
}
