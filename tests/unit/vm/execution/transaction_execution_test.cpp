#include "vm/execution/transaction_execution.hpp"

#include <functional>

#include "unit/vm/execution/test_chain.hpp"
#include "vm/chain/blob_fee.hpp"
#include "vm/chain/limits.hpp"
#include "vm/crypto/keccak.hpp"

using namespace talea::tests;

namespace {

/// One block of a chain without registries: what the rules of Ethereum alone say of a transaction.
struct Bench {
    MapState before;
    BlockContext block;
    TxRules rules{.talea = false, .blobs = default_blob_schedule(Fork::osaka)};
    Evm evm;

    explicit Bench(Fork fork = Fork::osaka) {
        block.fork = fork;
        block.chain_id = 1;
        block.gas_limit = 30'000'000;
        block.base_fee = u256{10};
        block.blob_base_fee = u256{3};
        block.beneficiary = validator.address;
        for (const Person& person : {alice, bob}) before.put(person.address, 0, u256{1'000'000'000'000}, {});
    }

    /// A transfer by alice that is valid on every fork.
    static Transaction transfer() {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = 1;
        tx.gas_limit = 21'000;
        tx.max_fee_per_gas = u256{12};
        tx.max_priority_fee_per_gas = u256{5};
        tx.to = bob.address;
        return tx;
    }
    static Transaction blob_transfer() {
        Transaction tx = transfer();
        tx.type = TxType::blob;
        tx.max_fee_per_blob_gas = u256{4};
        tx.blob_hashes.assign(2, Hash{.bytes = {0x01}});
        return tx;
    }
    static Transaction set_code() {
        Transaction tx = transfer();
        tx.type = TxType::set_code;
        tx.gas_limit = 46'000;
        tx.authorizations.emplace_back();
        return tx;
    }

    struct Ran {
        std::expected<ExecutionResult, TxError> result;
        MapState after;
    };
    Ran run(const Transaction& tx, std::uint64_t gas_left = 30'000'000,
            std::uint64_t blob_gas_left = 9 * gas_per_blob) {
        State state(before);
        Ran ran{execute_transaction(evm, state, block, rules, TestChain::signed_by(alice, tx), gas_left, blob_gas_left),
                before};
        ran.after.apply(state.changes());
        return ran;
    }
    TxError error_of(const Transaction& tx, std::uint64_t gas_left = 30'000'000,
                     std::uint64_t blob_gas_left = 9 * gas_per_blob) {
        const Ran ran = run(tx, gas_left, blob_gas_left);
        REQUIRE_FALSE(ran.result.has_value());
        CHECK(ran.after.root() == before.root());
        CHECK_FALSE(to_string(ran.result.error()).empty());
        return ran.result.error();
    }
};

Transaction with(Transaction tx, const std::function<void(Transaction&)>& change) {
    change(tx);
    return tx;
}

Bytes assembled(std::initializer_list<int> bytes) {
    Bytes out;
    for (const int byte : bytes) out.push_back(static_cast<std::uint8_t>(byte));
    return out;
}

}  // namespace

TEST_CASE("the sender pays gas at base fee and tip, the tip goes to the beneficiary, the base fee to nobody") {
    Bench bench;
    const auto ran = bench.run(with(Bench::transfer(), [](Transaction& tx) { tx.value = u256{7}; }));
    REQUIRE(ran.result.has_value());
    CHECK(ran.result->gas_used == 21'000);
    CHECK(ran.after.accounts.at(alice.address).account.balance == u256{1'000'000'000'000 - 7 - 21'000 * 12});
    CHECK(ran.after.accounts.at(alice.address).account.nonce == 1);
    CHECK(ran.after.accounts.at(bob.address).account.balance == u256{1'000'000'000'007});
    CHECK(ran.after.accounts.at(validator.address).account.balance == u256{21'000 * 2});  // 12 - 10 < 5
}

TEST_CASE("a blob transaction pays for its blobs whatever becomes of it") {
    Bench bench;
    const auto ran = bench.run(Bench::blob_transfer());
    REQUIRE(ran.result.has_value());
    const std::uint64_t fees = 21'000 * 12 + 2 * gas_per_blob * 3;
    CHECK(ran.after.accounts.at(alice.address).account.balance == u256{1'000'000'000'000 - fees});
}

TEST_CASE("each rule of a transaction is broken under its own name, and a transaction refused changes nothing") {
    Bench bench;
    const auto base = [](const std::function<void(Transaction&)>& change) { return with(Bench::transfer(), change); };
    const auto blob = [](const std::function<void(Transaction&)>& change) {
        return with(Bench::blob_transfer(), change);
    };
    CHECK(bench.error_of(base([](auto& tx) { tx.chain_id = 2; })) == TxError::wrong_chain_id);
    CHECK(bench.error_of(base([](auto& tx) { tx.nonce = 1; })) == TxError::nonce_too_high);
    CHECK(bench.error_of(base([](auto& tx) { tx.nonce = ~0ULL; })) == TxError::nonce_exhausted);
    CHECK(bench.error_of(base([](auto& tx) { tx.gas_limit = 20'999; })) == TxError::intrinsic_gas_too_low);
    CHECK(bench.error_of(base([](auto& tx) { tx.gas_limit = transaction_gas_max + 1; })) ==
          TxError::gas_limit_above_transaction_cap);
    CHECK(bench.error_of(base([](auto&) {}), 20'999) == TxError::gas_limit_above_block);
    CHECK(bench.error_of(base([](auto& tx) { tx.max_fee_per_gas = u256{9}; })) == TxError::fee_below_base_fee);
    CHECK(bench.error_of(base([](auto& tx) { tx.max_priority_fee_per_gas = u256{13}; })) ==
          TxError::priority_fee_above_max_fee);
    CHECK(bench.error_of(base([](auto& tx) { tx.value = u256{1'000'000'000'000 - 21'000 * 12 + 1}; })) ==
          TxError::insufficient_funds);
    CHECK(bench.run(base([](auto& tx) { tx.value = u256{1'000'000'000'000 - 21'000 * 12}; })).result.has_value());
    CHECK(bench.error_of(base([](auto& tx) { tx.max_fee_per_gas = u256::max(); })) == TxError::fee_overflow);
    CHECK(bench.error_of(base([](auto& tx) { tx.value = u256::max(); })) == TxError::fee_overflow);
    // 40 nonzero bytes: 21,640 of intrinsic gas, 22,600 of floor.
    CHECK(bench.error_of(base([](auto& tx) { tx.data.assign(40, 1), tx.gas_limit = 22'599; })) ==
          TxError::floor_gas_too_low);
    CHECK(bench.run(base([](auto& tx) { tx.data.assign(40, 1), tx.gas_limit = 22'600; })).result->gas_used == 22'600);
    const auto creating = [&](std::size_t bytes) {
        return base([bytes](auto& tx) { tx.to.reset(), tx.gas_limit = 5'000'000, tx.data.assign(bytes, 0); });
    };
    CHECK(bench.error_of(creating(init_code_bytes_max + 1)) == TxError::init_code_too_large);
    CHECK(bench.run(creating(init_code_bytes_max)).result.has_value());

    CHECK(bench.error_of(blob([](auto& tx) { tx.blob_hashes.clear(); })) == TxError::no_blobs);
    CHECK(bench.error_of(blob([](auto& tx) { tx.blob_hashes.resize(7, Hash{.bytes = {0x01}}); })) ==
          TxError::too_many_blobs);
    CHECK(bench.error_of(blob([](auto&) {}), 30'000'000, 2 * gas_per_blob - 1) == TxError::blob_gas_above_block);
    CHECK(bench.error_of(blob([](auto& tx) { tx.blob_hashes[1].bytes[0] = 2; })) == TxError::wrong_blob_version);
    CHECK(bench.error_of(blob([](auto& tx) { tx.max_fee_per_blob_gas = u256{2}; })) ==
          TxError::blob_fee_below_base_fee);
    CHECK(bench.error_of(blob([](auto& tx) { tx.to.reset(), tx.gas_limit = 60'000; })) == TxError::blob_creates);
    CHECK(bench.error_of(with(Bench::set_code(), [](auto& tx) { tx.authorizations.clear(); })) ==
          TxError::empty_authorizations);
    CHECK(bench.error_of(with(Bench::set_code(), [](auto& tx) { tx.to.reset(), tx.gas_limit = 90'000; })) ==
          TxError::set_code_creates);
    CHECK(Bench(Fork::cancun).error_of(Bench::set_code()) == TxError::type_not_supported);

    bench.before.put(alice.address, 1, u256{1'000'000'000'000}, {});
    CHECK(bench.error_of(Bench::transfer()) == TxError::nonce_too_low);
    bench.before.put(alice.address, 0, u256{1'000'000'000'000}, Bytes{0x00});
    CHECK(bench.error_of(Bench::transfer()) == TxError::sender_not_eoa);
    Bytes delegation{0xef, 0x01, 0x00};
    delegation.resize(23, 0x77);
    bench.before.put(alice.address, 0, u256{1'000'000'000'000}, delegation);
    CHECK(bench.run(Bench::transfer()).result.has_value());
}

TEST_CASE("a Talea chain refuses blobs and transactions bound to no chain") {
    Bench bench;
    bench.rules.talea = true;
    CHECK(bench.error_of(Bench::blob_transfer()) == TxError::type_not_supported);
    Transaction legacy = Bench::transfer();
    legacy.type = TxType::legacy;
    legacy.max_priority_fee_per_gas = legacy.max_fee_per_gas;
    legacy.chain_id.reset();
    CHECK(bench.error_of(legacy) == TxError::unprotected);
    bench.rules.talea = false;
    CHECK(bench.run(legacy).result.has_value());
}

TEST_CASE("intrinsic gas counts bytes, words of init code, access lists and authorizations; the floor only bytes") {
    Transaction tx = Bench::set_code();
    tx.data = {0, 0, 0, 1, 2};
    tx.access_list = {{bob.address, {u256{1}, u256{2}}}, {alice.address, {}}};
    const IntrinsicGas prague = intrinsic_gas(tx, Fork::prague);
    CHECK(prague.intrinsic == 21'000 + 3 * 4 + 2 * 16 + 2 * 2'400 + 2 * 1'900 + 25'000);
    CHECK(prague.floor == 21'000 + 10 * (3 + 2 * 4));
    CHECK(intrinsic_gas(tx, Fork::cancun).floor == 0);
    tx.to.reset();
    tx.data.assign(33, 1);
    CHECK(intrinsic_gas(tx, Fork::prague).intrinsic - 25'000 - 2 * 2'400 - 2 * 1'900 ==
          21'000 + 32'000 + 33 * 16 + 2 * 2);
}

TEST_CASE("refunds are at most a fifth of the gas used, before the floor by call data applies") {
    Bench bench;
    const Address contract = low_address(0xc1ea);
    std::map<u256, u256> storage;
    // PUSH0, PUSH1 slot, SSTORE, eight times: each clears a slot of its own.
    Bytes code;
    for (int slot = 0; slot < 8; ++slot) {
        append(code, assembled({0x5f, 0x60, slot, 0x55}));
        storage[u256{static_cast<std::uint64_t>(slot)}] = u256{1};
    }
    bench.before.put(contract, 1, {}, code, storage);
    Transaction tx = Bench::transfer();
    tx.to = contract;
    tx.gas_limit = 100'000;
    const auto ran = bench.run(tx);
    REQUIRE(ran.result.has_value());
    const std::uint64_t used = 21'000 + 8 * (2 + 3 + 5'000);  // EIP-2929: 2,900 + 2,100 a slot
    CHECK(ran.result->gas_refunded == used / 5);              // 8 * 4,800 would be more
    CHECK(ran.result->gas_used == used - used / 5);
    tx.data.assign(2'000, 1);
    tx.gas_limit = 200'000;
    CHECK(bench.run(tx).result->gas_used == 21'000 + 2'000 * 40);
}

TEST_CASE("beneficiary, sender, recipient, precompiles and access list are warm from the start; others are cold") {
    Bench bench;
    const Address contract = low_address(0xba1a);
    const auto gas_of_balance = [&](const Address& asked, const AccessList& access_list) {
        Bytes code{0x73};
        append(code, view(asked));
        append(code, assembled({0x31, 0x00}));  // PUSH20 asked, BALANCE, STOP
        bench.before.put(contract, 1, {}, code);
        Transaction tx = Bench::transfer();
        tx.to = contract;
        tx.gas_limit = 100'000;
        tx.access_list = access_list;
        return bench.run(tx).result->gas_used - 21'000 - 3 - access_list.size() * 2'400;
    };
    for (const Address& warm : {validator.address, alice.address, contract, low_address(0x01), low_address(0x100)})
        CHECK(gas_of_balance(warm, {}) == 100);
    CHECK(gas_of_balance(bob.address, {}) == 2'600);
    CHECK(gas_of_balance(bob.address, {{bob.address, {}}}) == 100);
    bench.block.fork = Fork::prague;
    CHECK(gas_of_balance(low_address(0x100), {}) == 2'600);
}

TEST_CASE("the code of a creation has no call data") {
    Bench bench;
    Transaction tx = Bench::transfer();
    tx.to.reset();
    tx.gas_limit = 200'000;
    // CALLDATASIZE to slot 0, the first word of call data to slot 1; STOP.
    tx.data = assembled({0x36, 0x5f, 0x55, 0x5f, 0x35, 0x60, 0x01, 0x55, 0x00});
    const auto ran = bench.run(tx);
    REQUIRE(ran.result->created.has_value());
    CHECK(ran.after.storage(*ran.result->created, u256{0}).is_zero());
    CHECK(ran.after.storage(*ran.result->created, u256{1}).is_zero());
}

TEST_CASE("a call is simulated without nonce, fee or permission, but not with value that is not there") {
    TestChain chain(PermissionMode::enforced, {}, Fork::osaka, {},
                    contract_at(low_address(0xc0de), assembled({0x33, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3})));
    const BlockContext block = block_context(chain.parameters, chain.head, chain.state);
    State state(chain.state);
    CallRequest request;
    request.from = bob.address;
    request.to = low_address(0xc0de);  // returns its caller
    request.gas = 100'000;
    const auto called = simulate_call(chain.evm, state, block, talea_rules(), request);
    REQUIRE(called.has_value());
    CHECK(called->status == Status::success);
    CHECK(equal(called->output, view(to_hash(to_u256(bob.address)))));
    CHECK(check_permission(state, talea_rules(), bob.address, false).error() == TxError::sender_not_permitted);
    CHECK(check_permission(state, talea_rules(), admin.address, true).error() == TxError::deploy_not_permitted);
    CHECK(check_permission(state, talea_rules(), admin.address, false).has_value());

    request.to.reset();
    request.data = deploying({0x00});
    CHECK(simulate_call(chain.evm, state, block, talea_rules(), request)->created.has_value());
    request.value = u256{2'000'000'000'000'000'000};
    CHECK(simulate_call(chain.evm, state, block, talea_rules(), request).error() == TxError::insufficient_funds);
    request.value = {};
    request.gas = 53'000;
    CHECK(simulate_call(chain.evm, state, block, talea_rules(), request).error() == TxError::intrinsic_gas_too_low);
}

TEST_CASE("the blob base fee grows by e for each update fraction of excess") {
    const BlobSchedule cancun = default_blob_schedule(Fork::cancun);
    CHECK(blob_base_fee(0, cancun) == u256{1});
    CHECK(blob_base_fee(2'314'057, cancun) == u256{1});
    CHECK(blob_base_fee(2'314'058, cancun) == u256{2});
    CHECK(blob_base_fee(10'485'760, cancun) == u256{23});
    CHECK(blob_base_fee(~0ULL, cancun) == u256::max());
}
