#pragma once
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vm/base/bytes.hpp"
#include "vm/base/numbers.hpp"
#include "vm/base/u256.hpp"
#include "vm/chain/fork.hpp"
#include "vm/chain/native_version.hpp"

namespace talea::vm {

/// Whether TRANSACT and DEPLOY are asked for (DESIGN 5).
enum class PermissionMode : std::uint8_t { open, enforced };
[[nodiscard]] std::string_view to_string(PermissionMode mode);

/// A clock that is not UTC, for tests and demonstrations (DESIGN 6). No member of a production chain's genesis.
enum class TestClockMode : std::uint8_t { running, stepped };
[[nodiscard]] std::string_view to_string(TestClockMode mode);
struct TestClock {
    TestClockMode mode = TestClockMode::stepped;
    Timestamp start;
    std::int64_t offset_seconds = 0;  ///< running: added to UTC; computed once by `talead init`
    friend bool operator==(const TestClock&, const TestClock&) = default;
};

/// Who may sign a recovery checkpoint (DESIGN 7).
struct RecoveryKeys {
    std::vector<Address> keys;
    std::uint32_t threshold = 0;
    friend bool operator==(const RecoveryKeys&, const RecoveryKeys&) = default;
};

/// `config.talea`: what makes a chain a Talea chain.
struct TaleaConfig {
    PermissionMode permissions = PermissionMode::enforced;
    std::vector<Address> administrators;  ///< the first holders of ADMIN and NETWORK; at least one
    std::vector<Address> validators;      ///< of block 1, ascending, distinct, 1 to `genesis_validators_max`
    RecoveryKeys recovery;                ///< as written; `talead init` writes a majority of the administrators
    std::optional<TestClock> test_clock;
    std::uint64_t recovery_delay_seconds = 86'400;  ///< from the announcement of a lost wallet's recovery to its effect
    std::uint64_t upgrade_notice_blocks = 1'000;    ///< how far ahead an upgrade must be scheduled
    std::uint32_t native_version = native_version_max;
    std::uint64_t idle_interval_seconds = 30;  ///< a heartbeat block after so long without one
    friend bool operator==(const TaleaConfig&, const TaleaConfig&) = default;
};
inline constexpr std::size_t genesis_validators_max = 100;  // DESIGN 7

struct GenesisAccount {
    std::uint64_t nonce = 0;
    Wei balance;
    Bytes code;
    std::map<u256, u256> storage;  ///< no zero values
    friend bool operator==(const GenesisAccount&, const GenesisAccount&) = default;
};
using GenesisAlloc = std::map<Address, GenesisAccount>;

/// A resolved genesis file: every name, template and registry entry already stands in `alloc` as code and storage, so
/// that its hash depends on nothing else. Its block and hash: vm/execution/genesis_block.hpp.
struct Genesis {
    std::uint64_t chain_id = 0;
    Fork fork = Fork::osaka;
    TaleaConfig talea;
    Timestamp timestamp;
    std::uint64_t gas_limit = 100'000'000;
    u256 base_fee_per_gas;
    GenesisAlloc alloc;
    friend bool operator==(const Genesis&, const Genesis&) = default;
};

/// keccak of the canonical form of the file's `config` (node/CHAIN.md, "Genesis"): rlp([chainId, fork, permissions,
/// [administrator, ...], [validator, ...], [recovery key, ...], threshold, recoveryDelay, upgradeNotice, nativeVersion,
/// idleInterval, testClock]). A slot of Permissions holds it, so that all of `config` is under the genesis hash.
[[nodiscard]] Hash config_hash(const Genesis& genesis);

enum class GenesisErrorKind : std::uint8_t {
    not_json,
    missing_key,
    unknown_key,
    wrong_type,         ///< not the JSON type, or not the number, address or bytes, that is due there
    wrong_value,        ///< well formed, but no Talea chain has it
    registry_mismatch,  ///< the registries' storage in `alloc` says otherwise (vm/execution/genesis_block.hpp)
    missing_account,    ///< a contract that every Talea chain has is not in `alloc`, or has other code
    config_changed,     ///< `config` is not the one that Permissions in `alloc` holds the hash of
};
struct GenesisError {
    GenesisErrorKind kind;
    std::string where;  ///< the key, with dots from the top: "config.talea.validators"; for not_json the place
};
/// One sentence that names the key.
[[nodiscard]] std::string to_string(const GenesisError& error);

/// Reads a resolved genesis file in geth's shape. Strict: what `write_genesis` would not have written in meaning
/// (unknown keys, zero slots, unsorted validators, a fork that begins later) is an error. Numbers may be JSON numbers,
/// decimal strings or "0x" strings.
[[nodiscard]] std::expected<Genesis, GenesisError> parse_genesis(std::string_view json);

/// The file: indented, keys in one order, so that equal chains have equal files.
[[nodiscard]] std::string write_genesis(const Genesis& genesis);

/// What stands on every Talea chain besides the registries: the block hash history (EIP-2935), the CREATE2 deployer
/// and Multicall3, with the runtime code that the public chains have at these addresses.
[[nodiscard]] const GenesisAlloc& standard_accounts();
extern const Address history_storage_address;  ///< EIP-2935
extern const Address create2_deployer_address;
extern const Address multicall3_address;

}  // namespace talea::vm
