#pragma once
#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "vm/chain/genesis.hpp"
#include "vm/execution/block_execution.hpp"
#include "vm/execution/genesis_block.hpp"
#include "vm/native/addresses.hpp"
#include "vm/native/native_genesis.hpp"
#include "vm/native/permissions.hpp"
#include "vm/state/map_state.hpp"

namespace talea::tests {

using namespace talea::vm;

/// Someone with a key of a low number.
struct Person {
    PrivateKey key;
    Address address;
    explicit Person(std::uint64_t secret) : key{to_hash(u256{secret})}, address(address_of(key)) {}
};

inline const Person alice{0xa11ce}, bob{0xb0b}, carol{0xca201}, admin{0xad}, validator{0x7a1};

/// A small Talea chain in memory: blocks are built by one Evm, executed again from their header by another, and both
/// must agree before the chain goes on.
struct TestChain {
    Genesis genesis;
    ChainParameters parameters;
    MapState state;
    Header head;
    Hash head_hash;
    Evm evm, second_evm;

    /// `roles` besides the administrator's; each person owns 10^18.
    explicit TestChain(PermissionMode mode = PermissionMode::open,
                       const std::vector<std::pair<Address, std::uint64_t>>& roles = {}, Fork fork = Fork::osaka,
                       std::optional<TestClock> clock = {}, const GenesisAlloc& more = {},
                       std::uint64_t gas_limit = 30'000'000) {
        genesis.chain_id = 7701;
        genesis.fork = fork;
        genesis.timestamp = {1'795'208'340};
        genesis.gas_limit = gas_limit;
        genesis.talea.permissions = mode;
        genesis.talea.administrators = {admin.address};
        genesis.talea.validators = {validator.address};
        genesis.talea.recovery = {{admin.address}, 1};
        genesis.talea.test_clock = clock;
        genesis.alloc = standard_accounts();
        for (const auto& [address, account] : more) genesis.alloc[address] = account;
        for (const Person& person : {alice, bob, carol, admin})
            genesis.alloc[person.address].balance = u256{1'000'000'000'000'000'000};
        auto native = native_genesis_of(genesis);
        REQUIRE(native.has_value());
        for (const auto& [address, mask] : roles) native->roles[address] |= mask;
        const auto accounts = native_accounts(*native);
        REQUIRE(accounts.has_value());
        genesis.alloc.insert(accounts->begin(), accounts->end());
        state.apply(genesis_state(genesis));
        head = genesis_header(genesis);
        head_hash = header_hash(head);
        parameters = parameters_of(genesis, head_hash);
        state.block_hashes[head.number] = head_hash;
    }

    [[nodiscard]] ParentBlock parent() const { return {head, head_hash, state}; }

    /// A transaction of `from` to be signed: type 2, no fee, a million gas.
    [[nodiscard]] Transaction plain(std::uint64_t nonce, std::optional<Address> to, Bytes data = {}) const {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = genesis.chain_id;
        tx.nonce = nonce;
        tx.gas_limit = 1'000'000;
        tx.to = to;
        tx.data = std::move(data);
        return tx;
    }
    [[nodiscard]] static RecoveredTransaction signed_by(const Person& from, Transaction tx) {
        sign_transaction(tx, from.key);
        auto recovered = recover(std::move(tx));
        REQUIRE(recovered.has_value());
        REQUIRE(recovered->sender == from.address);
        return *std::move(recovered);
    }

    /// The next block of those of `transactions` that may stand in it, with all roots.
    [[nodiscard]] BlockBuilder::Built build(const std::vector<RecoveredTransaction>& transactions) {
        const auto clock = next_block_settings(parameters, state).stepped_clock;
        BlockBuilder builder(evm, parameters, parent(), {clock.value_or(head.timestamp), validator.address});
        for (const RecoveredTransaction& tx : transactions) static_cast<void>(builder.add(tx));
        BlockBuilder::Built built = std::move(builder).finish();
        built.block.header.state_root = root_after(built.executed.changes);
        return built;
    }
    [[nodiscard]] Hash root_after(const ChangeSet& changes) const {
        MapState after = state;
        after.apply(changes);
        return after.root();
    }

    /// Builds a block of exactly `transactions`, executes it again, and makes it the head.
    ExecutedBlock seal(const std::vector<RecoveredTransaction>& transactions) {
        const BlockBuilder::Built built = build(transactions);
        REQUIRE(built.block.transactions.size() == transactions.size());
        const auto executed = execute_block(second_evm, parameters, parent(), built.block);
        if (!executed) FAIL(to_string(executed.error()));
        REQUIRE(root_after(executed->changes) == built.block.header.state_root);
        state.apply(executed->changes);
        head = built.block.header;
        head_hash = header_hash(head);
        state.block_hashes[head.number] = head_hash;
        return *executed;
    }
};

/// Init code that deploys `code` (at most 255 bytes).
inline Bytes deploying(const Bytes& code) {
    Bytes init{0x60, static_cast<std::uint8_t>(code.size()), 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3};
    append(init, code);
    return init;
}

inline GenesisAlloc contract_at(const Address& address, const Bytes& code) {
    return {{address, GenesisAccount{1, {}, code, {}}}};
}

}  // namespace talea::tests
