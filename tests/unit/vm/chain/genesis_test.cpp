#include "vm/chain/genesis.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

#include "vm/base/hex.hpp"
#include "vm/chain/header_rules.hpp"
#include "vm/crypto/keccak.hpp"

using namespace talea::vm;

namespace {

Genesis sample() {
    Genesis genesis;
    genesis.chain_id = 7701;
    genesis.talea.permissions = PermissionMode::enforced;
    genesis.talea.administrators = {low_address(0x0ad1), low_address(0x0ad2)};
    genesis.talea.validators = {low_address(0x1001), low_address(0x1002)};
    genesis.talea.recovery = {{low_address(0x0ad1)}, 1};
    genesis.talea.test_clock = TestClock{TestClockMode::running, {1'795'208'340}, -86'400};
    genesis.timestamp = {1'795'208'340};
    genesis.base_fee_per_gas = u256{7};
    genesis.alloc = standard_accounts();
    genesis.alloc[low_address(0x7a01)] = {1, {}, {0xfe}, {{u256{1}, u256{2}}, {u256::max(), u256::max()}}};
    genesis.alloc[low_address(0x0ad1)] = {0, u256{1'000'000'000'000'000'000}, {}, {}};
    return genesis;
}

/// The file of `sample` with one text in place of another.
std::string edited(std::string_view from, std::string_view to) {
    std::string text = write_genesis(sample());
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

GenesisError error_of(const std::string& text) {
    const auto parsed = parse_genesis(text);
    REQUIRE_FALSE(parsed.has_value());
    return parsed.error();
}

}  // namespace

TEST_CASE("a genesis file reads back as what was written, for each fork and clock") {
    Genesis genesis = sample();
    for (const Fork fork : {Fork::cancun, Fork::prague, Fork::osaka}) {
        genesis.fork = fork;
        const auto parsed = parse_genesis(write_genesis(genesis));
        REQUIRE(parsed.has_value());
        CHECK(*parsed == genesis);
        CHECK(write_genesis(*parsed) == write_genesis(genesis));
    }
    genesis.talea.test_clock->mode = TestClockMode::stepped;
    genesis.talea.test_clock->offset_seconds = 0;
    CHECK(parse_genesis(write_genesis(genesis)) == genesis);
    genesis.talea.test_clock.reset();
    CHECK(parse_genesis(write_genesis(genesis)) == genesis);
}

TEST_CASE("every key of config changes its hash, the order of a list does not") {
    const Genesis genesis = sample();
    const auto hash_of = [&](auto change) {
        Genesis other = genesis;
        change(other);
        return config_hash(other);
    };
    std::set<Hash> hashes{
        config_hash(genesis),
        hash_of([](Genesis& g) { ++g.chain_id; }),
        hash_of([](Genesis& g) { g.fork = Fork::prague; }),
        hash_of([](Genesis& g) { g.talea.permissions = PermissionMode::open; }),
        hash_of([](Genesis& g) { g.talea.administrators.pop_back(); }),
        hash_of([](Genesis& g) { g.talea.validators.pop_back(); }),
        hash_of([](Genesis& g) { g.talea.recovery.keys = {low_address(0x0ad2)}; }),
        hash_of([](Genesis& g) { g.talea.recovery.threshold = 2; }),
        hash_of([](Genesis& g) { ++g.talea.recovery_delay_seconds; }),
        hash_of([](Genesis& g) { ++g.talea.upgrade_notice_blocks; }),
        hash_of([](Genesis& g) { ++g.talea.native_version; }),
        hash_of([](Genesis& g) { ++g.talea.idle_interval_seconds; }),
        hash_of([](Genesis& g) { g.talea.test_clock.reset(); }),
        hash_of([](Genesis& g) { g.talea.test_clock->mode = TestClockMode::stepped; }),
        hash_of([](Genesis& g) { ++g.talea.test_clock->start.seconds; }),
        hash_of([](Genesis& g) { ++g.talea.test_clock->offset_seconds; }),
    };
    CHECK(hashes.size() == 16);
    CHECK(config_hash(genesis) == hash_of([](Genesis& g) { std::ranges::reverse(g.talea.administrators); }));
}

TEST_CASE("an unknown key anywhere in a genesis file is an error that names it with its path") {
    const auto unknown = [](const GenesisError& error) {
        CHECK(error.kind == GenesisErrorKind::unknown_key);
        return error.where;
    };
    CHECK(unknown(error_of(edited(R"("gasLimit")", R"("gaslimit": 1, "gasLimit")"))) == "gaslimit");
    CHECK(unknown(error_of(edited(R"("chainId")", R"("verkleTime": 0, "chainId")"))) == "config.verkleTime");
    CHECK(unknown(error_of(edited(R"("nativeVersion")", R"("native": 1, "nativeVersion")"))) == "config.talea.native");
    CHECK(unknown(error_of(edited(R"("threshold")", R"("of": 1, "threshold")"))) == "config.talea.recovery.of");
    CHECK(unknown(error_of(edited(R"("nonce": "0x1")", R"("nonces": "0x1", "nonce": "0x1")"))).starts_with("alloc.0x"));
    CHECK(to_string(error_of(edited(R"("gasLimit")", R"("gaslimit": 1, "gasLimit")"))).find("gaslimit") !=
          std::string::npos);
}

TEST_CASE("a key that stands twice in a genesis file is an error") {
    CHECK(error_of(edited(R"("gasLimit")", R"("gasLimit": "0x5f5e100", "gasLimit")")).kind ==
          GenesisErrorKind::not_json);
}

TEST_CASE("a genesis file whose values no Talea chain can have is refused with the key at fault") {
    const auto wrong = [](std::string_view from, std::string_view to) {
        const GenesisError error = error_of(edited(from, to));
        CAPTURE(error.where);
        CHECK(error.kind == GenesisErrorKind::wrong_value);
        return error.where;
    };
    const std::string first = to_hex(low_address(0x1001));
    const std::string second = to_hex(low_address(0x1002));
    CHECK(wrong("\"chainId\": 7701", "\"chainId\": 0") == "config.chainId");
    CHECK(wrong("\"chainId\": 7701", "\"chainId\": 9007199254740992") == "config.chainId");
    CHECK(wrong("\"osakaTime\": 0", "\"osakaTime\": 1") == "config.osakaTime");
    CHECK(wrong("\"enforced\"", "\"strict\"") == "config.talea.permissions");
    CHECK(wrong(first, to_hex(low_address(0x1003))) == "config.talea.validators");  // not ascending
    CHECK(wrong(first, second) == "config.talea.validators[1]");                    // twice
    CHECK(wrong("\"threshold\": 1", "\"threshold\": 2") == "config.talea.recovery.threshold");
    CHECK(wrong("\"threshold\": 1", "\"threshold\": 0") == "config.talea.recovery.threshold");
    CHECK(wrong("\"start\": 1795208340", "\"start\": 1795208341") == "config.talea.testClock.start");
    CHECK(wrong("\"idleInterval\": 30", "\"idleInterval\": 0") == "config.talea.idleInterval");
    CHECK(wrong("\"difficulty\": \"0x0\"", "\"difficulty\": \"0x1\"") == "difficulty");
    CHECK(wrong("\"gasLimit\": \"0x5f5e100\"", "\"gasLimit\": \"0x1387\"") == "gasLimit");
    const std::string validators = to_hex(validators_hash(sample().talea.validators));
    CHECK(wrong(validators, to_hex(Hash{})) == "extraData");
    CHECK(wrong(to_hex(to_hash(u256{2})), to_hex(Hash{})).ends_with(to_hex(to_hash(u256{1}))));  // a zero slot
}

TEST_CASE("values of another form in a genesis file are told from wrong ones") {
    CHECK(error_of(edited("\"chainId\": 7701", "\"chainId\": -1")).kind == GenesisErrorKind::wrong_type);
    CHECK(error_of(edited("\"chainId\": 7701", "\"chainId\": \"0xg\"")).kind == GenesisErrorKind::wrong_type);
    CHECK(error_of(edited("\"chainId\": 7701", "\"chainId\": []")).kind == GenesisErrorKind::wrong_type);
    CHECK(error_of(edited("\"code\": \"0xfe\"", "\"code\": \"0xf\"")).kind == GenesisErrorKind::wrong_type);
    CHECK(error_of(edited("\"mode\": \"running\",", "")).where == "config.talea.testClock.mode");
    CHECK(error_of("").kind == GenesisErrorKind::not_json);
    CHECK(error_of("{").kind == GenesisErrorKind::not_json);
    CHECK(error_of("[]").kind == GenesisErrorKind::wrong_type);
    CHECK(error_of("{}").where == "config");
    CHECK(parse_genesis(edited("\"chainId\": 7701", "\"chainId\": \"0x1e15\"")) == sample());
    CHECK(parse_genesis(edited("\"chainId\": 7701", "\"chainId\": \"7701\"")) == sample());
}

TEST_CASE("a genesis file without a standard contract, or with other code in its place, is refused") {
    for (const Address& address : {history_storage_address, create2_deployer_address, multicall3_address}) {
        Genesis genesis = sample();
        genesis.alloc.erase(address);
        CHECK(error_of(write_genesis(genesis)).kind == GenesisErrorKind::missing_account);
        genesis.alloc[address] = GenesisAccount{1, {}, {0x00}, {}};
        CHECK(error_of(write_genesis(genesis)).where == "alloc." + to_hex(address));
    }
}

TEST_CASE("a supply beyond 256 bits is refused") {
    Genesis genesis = sample();
    genesis.alloc[low_address(1)].balance = u256::max();
    CHECK(error_of(write_genesis(genesis)).kind == GenesisErrorKind::wrong_value);
}

TEST_CASE("any cut of a genesis file is an error and no crash") {
    const std::string text = write_genesis(sample());
    for (std::size_t length = 0; length + 2 < text.size(); length += 37) {
        CAPTURE(length);
        CHECK_FALSE(parse_genesis(std::string_view(text).substr(0, length)).has_value());
    }
}

TEST_CASE("the standard contracts have the code hashes that the public chains show") {
    const auto hash_at = [](const Address& address) { return to_hex(keccak256(standard_accounts().at(address).code)); };
    CHECK(hash_at(history_storage_address) == "0x6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d");
    CHECK(hash_at(create2_deployer_address) == "0x2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989");
    CHECK(hash_at(multicall3_address) == "0xd5c15df687b16f2ff992fc8d767b4216323184a2bbc6ee2f9c398c318e770891");
}
