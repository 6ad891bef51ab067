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
    CHECK(chain.view(permissions_address, "nativeVersion()") == vm::native_version_max);
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
    CHECK_MESSAGE((chain.call(carol, permissions_address, "rolesOf(address)", {vm::u256{1} << 160}).is("BadCall()")),
                  "dirty padding");
    vm::Bytes short_call = call_data("rolesOf(address)", {1});
    short_call.pop_back();
    CHECK(chain.call(carol, permissions_address, short_call).is("BadCall()"));
    short_call.push_back(1);
    short_call.push_back(0);
    CHECK_MESSAGE(chain.call(carol, permissions_address, short_call).ok(),
                  "what follows the arguments is not looked at");
}

namespace {

const vm::Address second = address(0xad2), third = address(0xad3), fourth = address(0xad4);
constexpr std::uint64_t granting = 1, revoking = 2, setting_threshold = 3;

/// Three ADMINs, two of whom must agree to a change of who holds ADMIN or NETWORK.
struct Board : NativeChain {
    Board() {
        for (const vm::Address& account : {second, third})
            REQUIRE(call(admin, permissions_address, "grantRoles(address,uint256)", {word(account), 1}).ok());
        REQUIRE(call(admin, permissions_address, "setThreshold(uint256,uint8)", {3, 2}).ok());
    }
    Answer propose(const vm::Address& by, std::uint64_t change, const vm::Address& account, std::uint64_t roles,
                   std::uint64_t threshold = 0, std::uint64_t seconds = 3'600) {
        return call(by, permissions_address, "propose(uint8,address,uint256,uint8,uint64)",
                    {change, word(account), roles, threshold, genesis_time + seconds});
    }
    Answer approve(const vm::Address& by, std::uint64_t id) {
        return call(by, permissions_address, "approve(uint64)", {id});
    }
    vm::u256 roles_of(const vm::Address& account) {
        return view(permissions_address, "rolesOf(address)", {word(account)});
    }
    /// `state` of a proposal: 1 open, 2 executed, 3 cancelled.
    vm::u256 state_of(std::uint64_t id) {
        return call(address(1), permissions_address, "proposal(uint64)", {id}).word(1);
    }
};

}  // namespace

TEST_CASE("an administrator who left is removed by two, by one never") {
    Board board;
    CHECK(board.call(second, permissions_address, "revokeRoles(address,uint256)", {word(third), 1})
              .is("ApprovalsNeeded(uint8)", {2}));
    REQUIRE(board.propose(second, revoking, third, 1).word() == 1);
    CHECK(board.roles_of(third) == 1);
    CHECK(board.approve(second, 1).is("AlreadyApproved(uint64,address)", {1, word(second)}));
    CHECK(board.approve(carol, 1).is("NotAuthorized(address,uint256)", {word(carol), 1}));
    REQUIRE(board.approve(NativeChain::admin, 1).ok());
    CHECK(board.roles_of(third) == 0);
    CHECK(board.state_of(1) == 2);
    CHECK(board.approve(NativeChain::admin, 1).is("ProposalClosed(uint64)", {1}));
    const auto logs = board.state.logs();
    REQUIRE(logs.size() >= 3);
    CHECK(logs[logs.size() - 3].topics[0] == vm::to_hash(vm::signature_hash("Approved(uint64,address)")));
    CHECK(logs[logs.size() - 2].topics[0] == vm::to_hash(vm::signature_hash("RolesChanged(address,uint256,address)")));
    CHECK(logs[logs.size() - 1].topics[0] == vm::to_hash(vm::signature_hash("Executed(uint64,address)")));
}

TEST_CASE("a threshold is asked of the roles that change, and each alone changes the others") {
    Board board;
    CHECK(board.call(second, permissions_address, "grantRoles(address,uint256)", {word(carol), 8}).ok());
    CHECK(board.call(second, permissions_address, "grantRoles(address,uint256)", {word(carol), 8 | 2})
              .is("ApprovalsNeeded(uint8)", {2}));
    CHECK_MESSAGE((board.call(second, permissions_address, "grantRoles(address,uint256)", {word(third), 1}).ok()),
                  "what is held already does not change");
    CHECK_MESSAGE((board.call(second, permissions_address, "setThreshold(uint256,uint8)", {8, 2})
                       .is("ApprovalsNeeded(uint8)", {2})),
                  "thresholds are changed as ADMIN is");
    REQUIRE(board.propose(second, setting_threshold, {}, 3, 1).ok());
    REQUIRE(board.approve(third, 1).ok());
    CHECK(board.view(permissions_address, "threshold(uint256)", {1}) == 1);
    CHECK_MESSAGE(board.propose(second, granting, fourth, 1).word() == 2, "one suffices, so it is executed at once");
    CHECK(board.roles_of(fourth) == 1);
    CHECK(board.state_of(2) == 2);
}

TEST_CASE("enough administrators stay for every threshold") {
    Board board;
    CHECK(board.call(second, permissions_address, "setThreshold(uint256,uint8)", {8, 1})
              .is("ApprovalsNeeded(uint8)", {2}));
    REQUIRE(board.propose(second, setting_threshold, {}, 8, 4).ok());
    CHECK(board.approve(third, 1).is("ThresholdOutOfReach(uint256,uint256)", {4, 3}));
    REQUIRE(board.propose(second, setting_threshold, {}, 8, 3).ok());
    REQUIRE(board.approve(third, 2).ok());
    REQUIRE(board.propose(second, revoking, third, 1).ok());
    CHECK_MESSAGE((board.approve(NativeChain::admin, 3).is("ThresholdOutOfReach(uint256,uint256)", {3, 2})),
                  "three must agree on TRANSACT, so three stay");
    NativeChain alone;
    CHECK(alone.call(NativeChain::admin, permissions_address, "setThreshold(uint256,uint8)", {1, 2})
              .is("ThresholdOutOfReach(uint256,uint256)", {2, 1}));
    CHECK(alone.call(NativeChain::admin, permissions_address, "setThreshold(uint256,uint8)", {1, 0})
              .is("ThresholdOutOfReach(uint256,uint256)", {0, 1}));
}

TEST_CASE("an approval counts while who gave it holds ADMIN") {
    Board board;
    REQUIRE(board.propose(third, granting, fourth, 1).word() == 1);
    REQUIRE(board.propose(second, revoking, third, 1).word() == 2);
    REQUIRE(board.approve(NativeChain::admin, 2).ok());
    REQUIRE(board.approve(second, 1).ok());
    CHECK_MESSAGE(board.state_of(1) == 1, "the proposer has left, so one approval counts");
    REQUIRE(board.approve(NativeChain::admin, 1).ok());
    CHECK(board.roles_of(fourth) == 1);
}

TEST_CASE("a proposal ends by its time or by its proposer, and by nobody else") {
    Board board;
    REQUIRE(board.propose(second, revoking, third, 1).word() == 1);
    CHECK(board.call(third, permissions_address, "cancel(uint64)", {1})
              .is("NotAuthorized(address,uint256)", {word(third), 0}));
    board.block.timestamp = {NativeChain::genesis_time + 3'600};
    REQUIRE(board.propose(second, revoking, third, 1, 0, 7'200).word() == 2);
    board.block.timestamp = {NativeChain::genesis_time + 3'601};
    CHECK(board.approve(NativeChain::admin, 1).is("ProposalExpired(uint64)", {1}));
    CHECK(board.call(second, permissions_address, "cancel(uint64)", {2}).ok());
    CHECK(board.approve(NativeChain::admin, 2).is("ProposalClosed(uint64)", {2}));
    CHECK(board.call(second, permissions_address, "cancel(uint64)", {2}).is("ProposalClosed(uint64)", {2}));
    CHECK(board.approve(NativeChain::admin, 3).is("UnknownProposal(uint64)", {3}));
    CHECK(board.propose(second, revoking, third, 1, 0, 3'601).is_error("BadExpiry(uint64)"));
    CHECK(board.propose(second, revoking, third, 1, 0, 3'601 + 30 * 86'400).ok());
    CHECK(board.propose(second, revoking, third, 1, 0, 3'602 + 30 * 86'400).is_error("BadExpiry(uint64)"));
    CHECK(board.propose(second, 0, third, 1).is("BadChange()"));
    CHECK(board.propose(second, granting, third, 1, 1).is("BadChange()"));
    CHECK(board.propose(second, setting_threshold, third, 1, 1).is("BadChange()"));
    CHECK(board.propose(second, 4, third, 1).is("BadCall()"));
}

TEST_CASE("a gas limit is set within what blocks can hold and be executed in") {
    NativeChain chain;
    const auto set = [&](const vm::Address& by, std::uint64_t limit) {
        return chain.call(by, permissions_address, "setGasLimit(uint64)", {limit});
    };
    CHECK(set(carol, 100).is("NotAuthorized(address,uint256)", {word(carol), vm::role::network}));
    CHECK(set(NativeChain::admin, 16'777'215)
              .is("GasLimitOutOfRange(uint64,uint64,uint64)", {16'777'215, 16'777'216, 200'000'000}));
    CHECK(set(NativeChain::admin, 200'000'001).is_error("GasLimitOutOfRange(uint64,uint64,uint64)"));
    CHECK(set(NativeChain::admin, 16'777'216).ok());
    CHECK(set(NativeChain::admin, 200'000'000).ok());
    CHECK(vm::read_settings(chain.state).gas_limit == 200'000'000);
    NativeChain unchanged;
    const vm::ChainSettings before = vm::read_settings(unchanged.state);
    vm::ChainSettings after = vm::read_settings(chain.state);
    after.gas_limit = before.gas_limit;
    CHECK_MESSAGE(after == before, "nothing else changed");
}
