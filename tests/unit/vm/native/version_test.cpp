#include "vm/native/version.hpp"

#include <doctest/doctest.h>

#include "unit/vm/native/native_chain.hpp"
#include "vm/native/permissions.hpp"
#include "vm/native/slot_key.hpp"

using namespace talea;
using namespace talea::tests;
using vm::permissions_address;
using vm::policies_address;

namespace {

const vm::Address owner = address(0x0a), stranger = address(0x99);

vm::NativeGenesis of_version(std::uint32_t version, std::uint64_t notice = 1'000) {
    vm::NativeGenesis genesis = NativeChain::plain_genesis();
    genesis.settings.native_version = version;
    genesis.upgrade_notice_blocks = notice;
    return genesis;
}

vm::Rule velocity() {
    return {.operations = vm::bit(vm::Operation::transfer), .sides = 0, .params = vm::VelocityRule{100, 24}};
}

/// The chain at block `number`, in the version that is in force there.
void at_block(NativeChain& chain, std::uint64_t number) {
    chain.block.number = {number};
    const auto settings = vm::read_settings(chain.state);
    const auto upgrade =
        vm::UpgradeRecord::from(chain.state.slot(permissions_address, vm::slot_key::settings(5)).current);
    chain.block.native_version = upgrade.holds_at(number) ? upgrade.version : settings.native_version;
}

Answer schedule(NativeChain& chain, std::uint64_t version, std::uint64_t number) {
    return chain.call(NativeChain::admin, permissions_address, "scheduleUpgrade(uint32,uint64)", {version, number});
}

}  // namespace

TEST_CASE("version 1 does not know what version 2 added, and answers as to anything unknown") {
    NativeChain first{of_version(1)}, second{of_version(2)};
    for (const std::string_view entry :
         {"setThreshold(uint256,uint8)", "threshold(uint256)", "propose(uint8,address,uint256,uint8,uint64)",
          "approve(uint64)", "cancel(uint64)", "proposal(uint64)", "proposalCount()"}) {
        CAPTURE(entry);
        CHECK(first.call(NativeChain::admin, permissions_address, entry, {1, 1, 1, 1, 1}).is("BadCall()"));
        CHECK_FALSE(second.call(NativeChain::admin, permissions_address, entry, {1, 1, 1, 1, 1}).is("BadCall()"));
    }
    for (const std::string_view entry : {"authorizeNet(uint8,address,(address,address,uint256)[])",
                                         "previewNet(address,uint8,address,(address,address,uint256)[])"}) {
        CAPTURE(entry);
        CHECK(first.call(stranger, policies_address, entry, {1, 1, 1, 128, 0}).is("BadCall()"));
    }
    CHECK(first.view(permissions_address, "nativeVersion()") == 1);
    CHECK(second.view(permissions_address, "nativeVersion()") == 2);
}

TEST_CASE("version 1 refuses rules of the kinds that version 2 added, in a call and in genesis") {
    const vm::Rule rules[] = {
        {.operations = vm::bit(vm::Operation::transfer), .sides = 0, .params = vm::ContractRule{address(0xc0), 1'000}},
        velocity(),
        {.operations = vm::bit(vm::Operation::transfer), .sides = 1, .params = vm::CounterpartiesRule{}}};
    for (const vm::Rule& rule : rules) {
        CAPTURE(int{rule.kind()});
        NativeChain first{of_version(1)}, second{of_version(2)};
        CHECK(first.create_policy(owner, {rule}).is("RuleKindNotSupported(uint8)", {std::uint64_t{rule.kind()}}));
        CHECK(second.create_policy(owner, {rule}).ok());
        vm::NativeGenesis genesis = of_version(1);
        genesis.policies = {{.owner = owner, .rules = {rule}, .tokens = {}}};
        CHECK(vm::native_accounts(genesis).error() == vm::NativeGenesisError::bad_rule);
        genesis.settings.native_version = 2;
        CHECK(vm::native_accounts(genesis).has_value());
    }
    NativeChain first{of_version(1)};
    CHECK(first.create_policy(owner, {{.operations = 0, .sides = 0, .params = vm::KnownRule{}}}).ok());
}

TEST_CASE("version 1 refuses a genesis with thresholds, which nobody could reach") {
    vm::NativeGenesis genesis = of_version(1);
    genesis.thresholds = {{vm::role::admin, 1}};
    CHECK(vm::native_accounts(genesis).error() == vm::NativeGenesisError::bad_thresholds);
    genesis.settings.native_version = 2;
    CHECK(vm::native_accounts(genesis).has_value());
}

TEST_CASE("an upgrade is in force from its block on, and not in the one before") {
    NativeChain chain{of_version(1)};
    at_block(chain, 5);
    REQUIRE(schedule(chain, 2, 1'005).ok());
    const Answer ahead = chain.call(stranger, permissions_address, "upgrade()");
    CHECK(ahead.word(0) == 2);
    CHECK(ahead.word(1) == 1'005);
    at_block(chain, 1'004);
    CHECK(chain.view(permissions_address, "nativeVersion()") == 1);
    CHECK(chain.create_policy(owner, {velocity()}).is("RuleKindNotSupported(uint8)", {7}));
    at_block(chain, 1'005);
    CHECK(chain.view(permissions_address, "nativeVersion()") == 2);
    CHECK(chain.view(permissions_address, "upgrade()") == 0);
    CHECK(chain.create_policy(owner, {velocity()}).ok());
    CHECK(chain.view(permissions_address, "proposalCount()") == 0);
}

TEST_CASE("an upgrade is scheduled by NETWORK, to a higher version, with the notice that genesis asks") {
    NativeChain chain{of_version(1)};
    at_block(chain, 5);
    CHECK(chain.call(stranger, permissions_address, "scheduleUpgrade(uint32,uint64)", {2, 9'999})
              .is("NotAuthorized(address,uint256)", {word(stranger), vm::role::network}));
    CHECK(schedule(chain, 1, 9'999).is("VersionNotHigher(uint32,uint32)", {1, 1}));
    CHECK(schedule(chain, 0, 9'999).is("VersionNotHigher(uint32,uint32)", {0, 1}));
    CHECK(schedule(chain, 2, 1'004).is("UpgradeTooSoon(uint64,uint64)", {1'004, 1'005}));
    CHECK(schedule(chain, 2, 1'005).ok());
    CHECK(chain.view(permissions_address, "upgradeNotice()") == 1'000);

    NativeChain soon{of_version(1, 0)};
    at_block(soon, 5);
    CHECK_MESSAGE(schedule(soon, 2, 5).is("UpgradeTooSoon(uint64,uint64)", {5, 6}), "a block sees one version");
    CHECK(schedule(soon, 2, 6).ok());

    NativeChain last{of_version(1)};
    at_block(last, ~0ULL - 7);
    CHECK_MESSAGE(schedule(last, 2, ~0ULL - 1).is("UpgradeTooSoon(uint64,uint64)", {~0ULL - 1, ~0ULL}),
                  "the notice does not wrap around");
}

TEST_CASE("a version that no program knows can be scheduled, replaced and taken back") {
    NativeChain chain{of_version(1, 1)};
    at_block(chain, 1);
    CHECK(schedule(chain, 4'000'000'000, 50).ok());
    CHECK(schedule(chain, 2, 10).ok());
    at_block(chain, 10);
    CHECK(chain.view(permissions_address, "nativeVersion()") == 2);
    CHECK(chain.call(NativeChain::admin, permissions_address, "cancelUpgrade()").is("NoUpgradeScheduled()"));
    CHECK(schedule(chain, 2, 99).is("VersionNotHigher(uint32,uint32)", {2, 2}));
    CHECK(schedule(chain, 3, 99).ok());
    CHECK_MESSAGE(chain.view(permissions_address, "nativeVersion()") == 2, "the one in force stays so");
    CHECK(vm::read_settings(chain.state).native_version == 2);
    CHECK(chain.call(stranger, permissions_address, "cancelUpgrade()")
              .is("NotAuthorized(address,uint256)", {word(stranger), vm::role::network}));
    CHECK(chain.call(NativeChain::admin, permissions_address, "cancelUpgrade()").ok());
    at_block(chain, 99);
    CHECK(chain.view(permissions_address, "nativeVersion()") == 2);
    CHECK(chain.call(NativeChain::admin, permissions_address, "cancelUpgrade()").is("NoUpgradeScheduled()"));
}

TEST_CASE("scheduling and taking back halt in a static call") {
    NativeChain chain{of_version(1)};
    const auto statically = [&](const vm::Bytes& data) {
        return chain.call(NativeChain::admin, permissions_address, data, 1'000'000, true).status;
    };
    CHECK(statically(call_data("scheduleUpgrade(uint32,uint64)", {2, 9'999})) == vm::Status::write_protection);
    CHECK(statically(call_data("cancelUpgrade()")) == vm::Status::write_protection);
}
