#include "vm/execution/genesis_block.hpp"

#include <memory>

#include "vm/chain/header_rules.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/native/permissions.hpp"
#include "vm/state/map_state.hpp"
#include "vm/state/state_trie.hpp"
#include "vm/trie/trie.hpp"

namespace talea::vm {

ChangeSet genesis_state(const Genesis& genesis) {
    ChangeSet changes;
    for (const auto& [address, account] : genesis.alloc) {
        AccountChange change;
        change.account = Account{account.nonce, account.balance, empty_code_hash};
        if (!account.code.empty()) {
            change.account->code_hash = keccak256(account.code);
            changes.codes.emplace(change.account->code_hash, std::make_shared<const Bytes>(account.code));
        }
        change.storage = account.storage;
        changes.accounts.emplace(address, std::move(change));
    }
    return changes;
}

Header genesis_header(const Genesis& genesis) {
    Header header;
    header.state_root = state_root_of(genesis_state(genesis));
    header.transactions_root = empty_trie_root;
    header.receipts_root = empty_trie_root;
    header.gas_limit = genesis.gas_limit;
    header.timestamp = genesis.timestamp;
    header.base_fee_per_gas = genesis.base_fee_per_gas;
    header.extra_data = to_bytes(view(validators_hash(genesis.talea.validators)));
    fill_qbft_constants(header, genesis.fork);
    return header;
}

std::expected<void, GenesisError> check_registries(const Genesis& genesis) {
    const auto wrong = [](std::string where) {
        return std::unexpected(GenesisError{GenesisErrorKind::registry_mismatch, std::move(where)});
    };
    MapState state;
    state.apply(genesis_state(genesis));
    const ChainSettings settings = read_settings(state);
    const TaleaConfig& talea = genesis.talea;
    if (settings.mode != talea.permissions) return wrong("config.talea.permissions");
    if (settings.native_version != talea.native_version) return wrong("config.talea.nativeVersion");
    if (settings.gas_limit != genesis.gas_limit) return wrong("gasLimit");
    if (u256{settings.base_fee} != genesis.base_fee_per_gas) return wrong("baseFeePerGas");
    if (read_validators(state) != talea.validators) return wrong("config.talea.validators");
    for (const Address& administrator : talea.administrators)
        if (!has_role(state, administrator, role::admin)) return wrong("config.talea.administrators");

    ClockMode mode = ClockMode::none;
    std::int64_t clock = 0;
    if (talea.test_clock && talea.test_clock->mode == TestClockMode::running) {
        mode = ClockMode::running;
        clock = talea.test_clock->offset_seconds;
    } else if (talea.test_clock) {
        mode = ClockMode::stepped;
        clock = static_cast<std::int64_t>(talea.test_clock->start.seconds);
    }
    if (settings.clock_mode != mode || settings.clock != clock) return wrong("config.talea.testClock");
    if (read_config_hash(state) != config_hash(genesis))
        return std::unexpected(GenesisError{GenesisErrorKind::config_changed, "config"});
    if (read_upgrade(state) != ScheduledUpgrade{.notice_blocks = talea.upgrade_notice_blocks})
        return wrong("config.talea.upgradeNotice");
    return {};
}

}  // namespace talea::vm
