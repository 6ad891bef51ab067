#include "vm/execution/genesis_block.hpp"

#include "unit/vm/execution/test_chain.hpp"

using namespace talea::tests;

TEST_CASE("the registries of a chain made from its own genesis agree with the genesis file") {
    for (const PermissionMode mode : {PermissionMode::open, PermissionMode::enforced})
        CHECK(check_registries(TestChain(mode).genesis).has_value());
    TestChain stepped(PermissionMode::open, {}, Fork::osaka, TestClock{TestClockMode::stepped, {1'795'208'340}, 0});
    CHECK(check_registries(stepped.genesis).has_value());
    TestChain running(PermissionMode::open, {}, Fork::osaka, TestClock{TestClockMode::running, {1'795'208'340}, -7});
    CHECK(check_registries(running.genesis).has_value());
}

TEST_CASE("a genesis file that says other than its registries is refused by the key") {
    const auto mismatch = [](auto change) {
        TestChain chain;
        change(chain.genesis);
        const auto checked = check_registries(chain.genesis);
        REQUIRE_FALSE(checked.has_value());
        CHECK(checked.error().kind == GenesisErrorKind::registry_mismatch);
        return checked.error().where;
    };
    CHECK(mismatch([](Genesis& g) { g.talea.permissions = PermissionMode::enforced; }) == "config.talea.permissions");
    CHECK(mismatch([](Genesis& g) { g.talea.native_version = 1; }) == "config.talea.nativeVersion");
    CHECK(mismatch([](Genesis& g) { g.gas_limit += 1; }) == "gasLimit");
    CHECK(mismatch([](Genesis& g) { g.base_fee_per_gas = u256{1}; }) == "baseFeePerGas");
    CHECK(mismatch([](Genesis& g) { g.talea.validators.push_back(alice.address); }) == "config.talea.validators");
    CHECK(mismatch([](Genesis& g) { g.talea.administrators.push_back(alice.address); }) ==
          "config.talea.administrators");
    CHECK(mismatch([](Genesis& g) { g.talea.test_clock = TestClock{TestClockMode::stepped, g.timestamp, 0}; }) ==
          "config.talea.testClock");
    CHECK_FALSE(mismatch([](Genesis& g) { g.alloc.erase(permissions_address); }).empty());
}

TEST_CASE("what only the configuration says is under the genesis hash, too, and refused where it was changed") {
    const auto refused = [](auto change) {
        TestChain chain;
        change(chain.genesis);
        const auto checked = check_registries(chain.genesis);
        return !checked && checked.error().kind == GenesisErrorKind::config_changed &&
               to_string(checked.error()).find("chainId, forks, recovery, upgradeNotice or idleInterval") !=
                   std::string::npos;
    };
    CHECK(refused([](Genesis& g) { ++g.chain_id; }));
    CHECK(refused([](Genesis& g) { g.fork = Fork::prague; }));
    CHECK(refused([](Genesis& g) { g.talea.recovery.keys = {alice.address}; }));
    CHECK(refused([](Genesis& g) { g.talea.recovery = {{admin.address, alice.address}, 1}; }));
    CHECK(refused([](Genesis& g) { g.talea.recovery = {}; }));
    CHECK(refused([](Genesis& g) { g.talea.upgrade_notice_blocks = 1; }));
    CHECK(refused([](Genesis& g) { g.talea.idle_interval_seconds = 1; }));
    CHECK(refused([](Genesis& g) { g.talea.recovery_delay_seconds = 1; }));
}

TEST_CASE("the genesis block's state root is that of its alloc, and any change of it changes the hash") {
    const TestChain chain;
    CHECK(chain.head.state_root == chain.state.root());
    Genesis other = chain.genesis;
    other.alloc[alice.address].balance = u256{1};
    CHECK(header_hash(genesis_header(other)) != chain.head_hash);
    CHECK(header_hash(genesis_header(chain.genesis)) == chain.head_hash);
}

TEST_CASE("a genesis written to a file and read again makes the same block") {
    const TestChain chain(PermissionMode::enforced, {{bob.address, role::transact}});
    const auto parsed = parse_genesis(write_genesis(chain.genesis));
    REQUIRE(parsed.has_value());
    CHECK(header_hash(genesis_header(*parsed)) == chain.head_hash);
}
