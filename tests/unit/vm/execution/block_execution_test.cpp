#include "vm/execution/block_execution.hpp"

#include <functional>

#include "unit/random.hpp"
#include "unit/vm/execution/test_chain.hpp"
#include "vm/chain/limits.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/native/slot_key.hpp"
#include "vm/trie/trie.hpp"

using namespace talea::tests;

namespace {

/// CREATE of nothing; the new address, or 0, goes to slot 0.
const Bytes creating_code{0x5f, 0x5f, 0x5f, 0xf0, 0x5f, 0x55, 0x00};
/// Calls the address in the call data's first word with all gas; slot 0 is 1 + whether it succeeded.
const Bytes calling_code{0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x35, 0x5a, 0xf1, 0x60, 0x01, 0x01, 0x5f, 0x55, 0x00};

const Address contract = low_address(0xc0de), caller = low_address(0xca11);

Bytes permissions_call(std::string_view signature, const std::vector<u256>& words) {
    const Hash hash = keccak256({reinterpret_cast<const std::uint8_t*>(signature.data()), signature.size()});
    Bytes data(hash.bytes.begin(), hash.bytes.begin() + 4);
    for (const u256& word : words) append(data, word.to_be_bytes());
    return data;
}

/// Tries of nothing.
struct NoNodes final : StateTrieNodes {
    [[nodiscard]] bool node(const std::optional<Hash>&, const Nibbles&, Bytes&) const override { return false; }
};

/// What a block says whose transactions nobody would have put in: they are forced into an empty one.
std::expected<ExecutedBlock, BlockFailure> execute_forced(TestChain& chain,
                                                          std::vector<RecoveredTransaction> transactions) {
    BlockBuilder::Built built = chain.build({});
    std::vector<Bytes> encoded;
    for (const auto& tx : transactions) encoded.push_back(encode_transaction(tx.tx));
    built.block.transactions = std::move(transactions);
    built.block.header.transactions_root = ordered_trie_root(encoded);
    return execute_block(chain.second_evm, chain.parameters, chain.parent(), built.block);
}

}  // namespace

TEST_CASE("a block built from transfers executes to the same roots, on each fork") {
    for (const Fork fork : {Fork::cancun, Fork::prague, Fork::osaka}) {
        TestChain chain(PermissionMode::open, {}, fork);
        Transaction transfer = chain.plain(0, bob.address);
        transfer.value = u256{1'000};
        transfer.max_fee_per_gas = transfer.max_priority_fee_per_gas = u256{2};
        const ExecutedBlock executed = chain.seal({chain.signed_by(alice, transfer)});
        CHECK(executed.receipts.at(0).succeeded);
        CHECK(executed.receipts.at(0).cumulative_gas_used == 21'000);
        CHECK(executed.next_validators == std::vector{validator.address});
        CHECK(chain.state.account(validator.address)->balance == u256{42'000});
        CHECK(chain.state.account(alice.address)->balance == u256{1'000'000'000'000'000'000 - 1'000 - 42'000});
        CHECK(chain.state.account(bob.address)->balance == u256{1'000'000'000'000'001'000});
        CHECK(chain.state.account(alice.address)->nonce == 1);
        static_cast<void>(chain.seal({}));
    }
}

TEST_CASE("since Prague a block writes its parent's hash into the history contract") {
    TestChain chain(PermissionMode::open, {}, Fork::prague);
    const Hash genesis_hash = chain.head_hash;
    static_cast<void>(chain.seal({}));
    const Hash first_hash = chain.head_hash;
    static_cast<void>(chain.seal({}));
    CHECK(to_hash(chain.state.storage(history_storage_address, u256{0})) == genesis_hash);
    CHECK(to_hash(chain.state.storage(history_storage_address, u256{1})) == first_hash);
    TestChain earlier(PermissionMode::open, {}, Fork::cancun);
    static_cast<void>(earlier.seal({}));
    CHECK(earlier.state.storage(history_storage_address, u256{0}).is_zero());
}

TEST_CASE("a block that holds a transaction of a sender without TRANSACT is invalid, and says which and why") {
    TestChain chain(PermissionMode::enforced, {{alice.address, role::transact}});
    const auto allowed = chain.signed_by(alice, chain.plain(0, bob.address));
    const auto refused = chain.signed_by(bob, chain.plain(0, alice.address));
    CHECK(chain.build({allowed, refused}).block.transactions.size() == 1);
    const auto executed = execute_forced(chain, {allowed, refused});
    REQUIRE_FALSE(executed.has_value());
    CHECK(executed.error() == BlockFailure{BlockError::transaction, {}, TxError::sender_not_permitted, 1});
    CHECK(to_string(executed.error()).find("transaction 1") != std::string::npos);
    CHECK(to_string(executed.error()).find("sender_not_permitted") != std::string::npos);
}

TEST_CASE("ADMIN and NETWORK may send transactions; creating one needs DEPLOY") {
    TestChain chain(PermissionMode::enforced, {{carol.address, role::network}, {alice.address, role::transact}});
    CHECK(chain
              .build({chain.signed_by(admin, chain.plain(0, bob.address)),
                      chain.signed_by(carol, chain.plain(0, bob.address))})
              .block.transactions.size() == 2);
    const auto creating = chain.signed_by(alice, chain.plain(0, std::nullopt, deploying({0x00})));
    const auto executed = execute_forced(chain, {creating});
    CHECK(executed.error() == BlockFailure{BlockError::transaction, {}, TxError::deploy_not_permitted, 0});
}

TEST_CASE("a role granted in a block works from the next transaction on") {
    TestChain chain(PermissionMode::enforced);
    const Bytes grant =
        permissions_call("grantRoles(address,uint256)", {to_u256(bob.address), u256{role::transact | role::deploy}});
    const auto granting = chain.signed_by(admin, chain.plain(0, permissions_address, grant));
    const auto creating = chain.signed_by(bob, chain.plain(0, std::nullopt, deploying({0x00})));
    CHECK(chain.build({creating, granting}).block.transactions.size() == 1);
    const ExecutedBlock executed = chain.seal({granting, creating});
    CHECK(executed.receipts.at(0).succeeded);
    CHECK(executed.receipts.at(0).logs.size() == 1);
    CHECK(executed.receipts.at(1).succeeded);
    REQUIRE(executed.created.at(1).has_value());
    CHECK(*chain.state.code(chain.state.account(*executed.created.at(1))->code_hash) == Bytes{0x00});
}

TEST_CASE("CREATE in a call halts the creating frame unless the origin or the creating contract has DEPLOY") {
    const auto creates = [](const std::vector<std::pair<Address, std::uint64_t>>& roles, PermissionMode mode) {
        TestChain chain(mode, roles, Fork::osaka, {}, contract_at(contract, creating_code));
        const ExecutedBlock executed = chain.seal({chain.signed_by(alice, chain.plain(0, contract))});
        const bool created = !chain.state.storage(contract, u256{0}).is_zero();
        CHECK(executed.receipts.at(0).succeeded == created);
        if (!created) CHECK(executed.receipts.at(0).cumulative_gas_used == 1'000'000);  // an exceptional halt
        return created;
    };
    CHECK_FALSE(creates({{alice.address, role::transact}}, PermissionMode::enforced));
    CHECK(creates({{alice.address, role::transact | role::deploy}}, PermissionMode::enforced));
    CHECK(creates({{alice.address, role::transact}, {contract, role::deploy}}, PermissionMode::enforced));
    CHECK(creates({}, PermissionMode::open));
}

TEST_CASE("a halt for a creation that is not permitted ends that frame only") {
    GenesisAlloc contracts = contract_at(contract, creating_code);
    contracts.merge(contract_at(caller, calling_code));
    TestChain chain(PermissionMode::enforced, {{alice.address, role::transact}}, Fork::osaka, {}, contracts);
    const Hash word = to_hash(to_u256(contract));
    Transaction tx = chain.plain(0, caller, to_bytes(view(word)));
    tx.gas_limit = 10'000'000;  // a 64th of it pays for the caller's SSTORE
    const ExecutedBlock executed = chain.seal({chain.signed_by(alice, tx)});
    CHECK(executed.receipts.at(0).succeeded);
    CHECK(chain.state.storage(caller, u256{0}) == u256{1});
    CHECK(chain.state.account(contract)->nonce == 1);
}

TEST_CASE("where a block's outcome differs, the error names the transaction that was kept from something, and why") {
    TestChain chain(PermissionMode::enforced, {{alice.address, role::transact}}, Fork::osaka, {},
                    contract_at(contract, creating_code));
    auto built = chain.build(
        {chain.signed_by(admin, chain.plain(0, bob.address)), chain.signed_by(alice, chain.plain(0, contract))});
    REQUIRE(built.block.transactions.size() == 2);
    const auto executed = execute_block(chain.second_evm, chain.parameters, chain.parent(), built.block);
    REQUIRE(executed.has_value());
    const RefusedTransaction refused{1, {PermissionRefusal::Reason::create_not_permitted, contract}};
    CHECK(executed->refused == refused);
    const auto root = check_state_root(built.block.header, NoNodes(), *executed);
    REQUIRE_FALSE(root.has_value());  // the builder has left it empty
    CHECK(root.error().refused == refused);

    // As made by a validator whose program lets everybody create.
    built.block.header.gas_used -= 1;
    const auto differs = execute_block(chain.second_evm, chain.parameters, chain.parent(), built.block);
    REQUIRE_FALSE(differs.has_value());
    CHECK(differs.error() == BlockFailure{BlockError::gas_used, {}, {}, 0, refused});
    CHECK(to_string(differs.error()).find("in transaction 1 this node refused") != std::string::npos);
    CHECK(to_string(differs.error()).find("(create_not_permitted)") != std::string::npos);
}

TEST_CASE("an EIP-7702 tuple whose authority lacks TRANSACT is skipped and the rest of the transaction runs") {
    struct Result {
        bool delegated;
        std::uint64_t gas_used;
    };
    const auto send = [](std::uint64_t bobs_roles) {
        TestChain chain(PermissionMode::enforced,
                        {{alice.address, role::transact}, {carol.address, role::transact}, {bob.address, bobs_roles}});
        Transaction tx = chain.plain(0, low_address(0xbeef));
        tx.type = TxType::set_code;
        tx.value = u256{5};
        for (const Person& authority : {bob, carol}) {
            Authorization tuple;
            tuple.chain_id = u256{chain.genesis.chain_id};
            tuple.address = contract;
            const Signature signature = sign(authority.key, signing_hash(tuple));
            tuple.r = signature.r;
            tuple.s = signature.s;
            tuple.y_parity = signature.y_parity;
            tx.authorizations.push_back(tuple);
        }
        const ExecutedBlock executed = chain.seal({chain.signed_by(alice, tx)});
        if ((bobs_roles & role::transact) == 0)
            CHECK(executed.refused ==
                  RefusedTransaction{0, {PermissionRefusal::Reason::authority_not_permitted, bob.address}});
        CHECK(executed.receipts.at(0).succeeded);
        CHECK(chain.state.account(low_address(0xbeef))->balance == u256{5});
        CHECK(chain.state.account(carol.address)->code_hash != empty_code_hash);
        const auto bobs = chain.state.account(bob.address);
        const bool delegated = bobs->code_hash != empty_code_hash;
        CHECK(bobs->nonce == (delegated ? 1 : 0));
        return Result{delegated, executed.receipts.at(0).cumulative_gas_used};
    };
    const Result with = send(role::transact), without = send(role::registrar_admin);
    CHECK(with.delegated);
    CHECK(with.gas_used == 71'000 - 71'000 / 5);  // two refunds of 12,500 are more than a fifth
    CHECK_FALSE(without.delegated);
    CHECK(without.gas_used == 71'000 - 12'500);
}

TEST_CASE(
    "the block an upgrade is scheduled for is the first of its version, and without a program that knows it none") {
    TestChain chain;
    const auto schedule = [&](std::uint32_t version, std::uint64_t number) {
        ChangeSet changes;
        changes.accounts[permissions_address] = {
            .account = chain.state.account(permissions_address),
            .storage = {{slot_key::settings(5), UpgradeRecord{number, version, 1}.word()}}};
        chain.state.apply(changes);
    };
    const auto version_of_next = [&] {
        Header next = chain.head;
        next.number = {chain.head.number.value + 1};
        return block_context(chain.parameters, next, chain.state).native_version;
    };
    CHECK(version_of_next() == native_version_max);
    const BlockBuilder::Built built = chain.build({});
    schedule(native_version_max + 1, 2);
    CHECK(version_of_next() == native_version_max);
    CHECK(execute_block(chain.second_evm, chain.parameters, chain.parent(), built.block).has_value());
    schedule(native_version_max + 1, 1);
    CHECK(version_of_next() == native_version_max + 1);
    const auto unknown = execute_block(chain.second_evm, chain.parameters, chain.parent(), built.block);
    REQUIRE_FALSE(unknown.has_value());
    CHECK(unknown.error().what == BlockError::native_version);
    CHECK(to_string(unknown.error()).find("take a newer one") != std::string::npos);
}

TEST_CASE("a block is refused by the name of the one thing in it that is wrong") {
    TestChain chain;
    Transaction transfer = chain.plain(0, bob.address);
    transfer.value = u256{1};
    const BlockBuilder::Built built = chain.build({chain.signed_by(alice, transfer)});
    const auto judge = [&](const std::function<void(RecoveredBlock&)>& change) {
        RecoveredBlock block = built.block;
        change(block);
        const auto executed = execute_block(chain.second_evm, chain.parameters, chain.parent(), block);
        REQUIRE_FALSE(executed.has_value());
        CHECK_FALSE(to_string(executed.error()).empty());
        return executed.error().what;
    };
    CHECK(execute_block(chain.second_evm, chain.parameters, chain.parent(), built.block).has_value());
    CHECK(judge([](auto& b) { b.header.timestamp.seconds -= 1; }) == BlockError::header);
    CHECK(judge([](auto& b) { b.header.gas_limit += 1; }) == BlockError::header);
    CHECK(judge([](auto& b) { b.header.transactions_root = Hash{}; }) == BlockError::transactions_root);
    CHECK(judge([](auto& b) { b.transactions.clear(); }) == BlockError::transactions_root);
    CHECK(judge([](auto& b) { b.header.gas_used += 1; }) == BlockError::gas_used);
    CHECK(judge([](auto& b) { b.header.receipts_root = Hash{}; }) == BlockError::receipts_root);
    CHECK(judge([](auto& b) { b.header.bloom.bytes[0] ^= 1; }) == BlockError::bloom);
    CHECK(judge([](auto& b) { b.header.extra_data[0] ^= 1; }) == BlockError::next_validators);
}

TEST_CASE("the state root is held against the header apart from execution") {
    TestChain chain;
    const ChangeSet genesis_changes = genesis_state(chain.genesis);
    Header header = chain.head;
    CHECK(check_state_root(header, NoNodes(), genesis_changes).has_value());
    header.state_root.bytes[5] ^= 1;
    CHECK(check_state_root(header, NoNodes(), genesis_changes).error() ==
          BlockFailure{BlockError::state_root, {}, {}, 0});
}

TEST_CASE("a stepped clock decides the timestamp of the block after the one that advances it") {
    TestChain chain(PermissionMode::open, {}, Fork::osaka, TestClock{TestClockMode::stepped, {1'795'208'340}, 0});
    CHECK(next_block_settings(chain.parameters, chain.state).stepped_clock == Timestamp{1'795'208'340});
    const Bytes advance = permissions_call("advanceClock(uint64)", {u256{60}});
    const ExecutedBlock executed = chain.seal({chain.signed_by(admin, chain.plain(0, permissions_address, advance))});
    CHECK(executed.receipts.at(0).succeeded);
    CHECK(chain.head.timestamp == Timestamp{1'795'208'340});
    BlockBuilder::Built late = chain.build({});
    CHECK(late.block.header.timestamp == Timestamp{1'795'208'400});
    late.block.header.timestamp = {1'795'208'340};
    CHECK(execute_block(chain.second_evm, chain.parameters, chain.parent(), late.block).error().header ==
          HeaderError::timestamp_not_test_clock);
    static_cast<void>(chain.seal({}));
    CHECK(chain.head.timestamp == Timestamp{1'795'208'400});
}

TEST_CASE("a builder says why it leaves a transaction out, and goes on with what fits") {
    TestChain chain;
    BlockBuilder builder(chain.evm, chain.parameters, chain.parent(), {chain.head.timestamp, validator.address});
    // Five transactions that each use a whole limit of 5,900,000: an invalid instruction takes all gas.
    Transaction burning = chain.plain(0, std::nullopt, {0xfe});
    burning.gas_limit = 5'900'000;
    for (std::uint64_t nonce = 0; nonce < 5; ++nonce) {
        burning.nonce = nonce;
        CHECK(builder.add(chain.signed_by(alice, burning)) == Gas{5'900'000});
    }
    CHECK(builder.gas_left() == 500'000);
    burning.nonce = 5;
    CHECK(builder.add(chain.signed_by(alice, burning)).error() == TxError::gas_limit_above_block);
    CHECK(builder.add(chain.signed_by(bob, chain.plain(1, carol.address))).error() == TxError::gas_limit_above_block);
    Transaction small = chain.plain(1, carol.address);
    small.gas_limit = 21'000;
    CHECK(builder.add(chain.signed_by(bob, small)).error() == TxError::nonce_too_high);
    small.nonce = 0;
    CHECK(builder.add(chain.signed_by(bob, small)) == Gas{21'000});
    CHECK(builder.add(chain.signed_by(bob, small)).error() == TxError::nonce_too_low);
    CHECK(builder.size() == 6);
    const auto built = std::move(builder).finish();
    CHECK(built.block.header.gas_used == 29'521'000);
    CHECK(built.executed.receipts.size() == 6);
    CHECK_FALSE(built.executed.receipts.front().succeeded);
}

TEST_CASE("a block's transactions recover in order, and one without a signer is named by its index") {
    TestChain chain;
    const BlockBuilder::Built built = chain.build(
        {chain.signed_by(alice, chain.plain(0, bob.address)), chain.signed_by(bob, chain.plain(0, alice.address))});
    const auto decoded = decode_block(encode_block(plain_block(built.block)));
    REQUIRE(decoded.has_value());
    const auto recovered = recover_block(*decoded);
    REQUIRE(recovered.has_value());
    CHECK(recovered->header == built.block.header);
    CHECK(recovered->transactions.at(0).sender == alice.address);
    CHECK(recovered->transactions.at(1).sender == bob.address);
    Block broken = *decoded;
    broken.transactions.at(1).signature.r = u256{};
    CHECK(recover_block(broken).error() == BlockFailure{BlockError::transaction, {}, TxError::invalid_signature, 1});
    broken.ommers.emplace_back();
    CHECK(recover_block(broken).error().what == BlockError::ommers);
}

TEST_CASE("since Osaka a block is at most 8 MiB: a builder stops there, and a larger one is refused (EIP-7934)") {
    for (const Fork fork : {Fork::prague, Fork::osaka}) {
        TestChain chain(PermissionMode::open, {}, fork, {}, {}, 200'000'000);
        BlockBuilder builder(chain.evm, chain.parameters, chain.parent(), {chain.head.timestamp, validator.address});
        std::vector<RecoveredTransaction> transactions;
        Transaction large = chain.plain(0, bob.address, Bytes(1'500'000));
        large.gas_limit = transaction_gas_max;
        for (std::uint64_t nonce = 0; nonce < 6; ++nonce) {
            large.nonce = nonce;
            transactions.push_back(chain.signed_by(alice, large));
            const bool fits = nonce < 5 || fork < Fork::osaka;
            CHECK(builder.add(transactions.back()).has_value() == fits);
        }
        const std::size_t taken = builder.size();
        const auto built = std::move(builder).finish();
        CHECK(execute_block(chain.second_evm, chain.parameters, chain.parent(), built.block).has_value());
        CHECK((encode_block(plain_block(built.block)).size() <= block_bytes_max) == (taken == 5));
        if (fork < Fork::osaka) continue;
        CHECK(execute_forced(chain, transactions).error().what == BlockError::too_large);
    }
}

TEST_CASE("what a builder takes of random transactions, execution accepts with the same roots") {
    Random random;
    CAPTURE(random.seed);
    const Person* const people[] = {&alice, &bob, &carol, &admin};
    for (const PermissionMode mode : {PermissionMode::open, PermissionMode::enforced}) {
        GenesisAlloc contracts = contract_at(contract, creating_code);
        contracts.merge(contract_at(caller, calling_code));
        TestChain chain(mode, {{alice.address, role::transact}, {bob.address, role::transact | role::deploy}},
                        Fork::osaka, {}, contracts);
        std::size_t taken = 0;
        for (int block = 0; block < 20; ++block) {
            std::vector<RecoveredTransaction> candidates;
            std::map<Address, std::uint64_t> nonces;
            for (int i = 0; i < 12; ++i) {
                const Person& from = *people[random.below(4)];
                const auto account = chain.state.account(from.address);
                Transaction tx = chain.plain(account->nonce + nonces[from.address]++, contract);
                switch (random.below(6)) {
                    case 0:
                        tx.to = people[random.below(4)]->address, tx.value = random.word() >> 192;
                        break;
                    case 1:
                        tx.to.reset(), tx.data = random.bytes(random.below(80));
                        break;
                    case 2:
                        tx.to.reset(), tx.data = deploying(random.bytes(random.below(80)));
                        break;
                    case 3:
                        tx.to = caller, tx.data = to_bytes(view(to_hash(to_u256(contract))));
                        break;
                    case 4:
                        tx.to = permissions_address;
                        tx.data = permissions_call(
                            random.one_in(2) ? "grantRoles(address,uint256)" : "revokeRoles(address,uint256)",
                            {to_u256(people[random.below(4)]->address), u256{random.below(32)}});
                        break;
                    default:
                        break;
                }
                tx.gas_limit = 21'000 + random.below(400'000);
                tx.max_fee_per_gas = u256{random.below(100)};
                tx.max_priority_fee_per_gas = u256{random.below(100)};
                candidates.push_back(chain.signed_by(from, tx));
            }
            const BlockBuilder::Built built = chain.build(candidates);
            taken += built.block.transactions.size();
            static_cast<void>(chain.seal(built.block.transactions));
            CHECK(chain.head == built.block.header);
        }
        CHECK(taken > 20);  // else the test says nothing
    }
}

TEST_CASE("a block run again up to a transaction gives what that one did, in the state that it met") {
    TestChain chain(PermissionMode::open, {}, Fork::osaka, {}, contract_at(contract, creating_code));
    const auto first = chain.signed_by(alice, chain.plain(0, contract));
    const auto second = chain.signed_by(alice, chain.plain(1, contract));
    const MapState before = chain.state;
    const ExecutedBlock executed = chain.seal({first, second});

    BlockReplay replay(chain.evm, chain.parameters, before, chain.head);
    CHECK(replay.run(second).error() == TxError::nonce_too_high);  // not its place
    REQUIRE(replay.run(first).has_value());
    CHECK(replay.context().number == chain.head.number);
    CHECK(replay.state().nonce(alice.address) == 1);
    struct Watch final : Inspector {
        std::size_t calls = 0;
        std::optional<CallResult> on_call(Message&) override {
            ++calls;
            return std::nullopt;
        }
    } watch;
    const auto result = replay.run(second, &watch);
    REQUIRE(result.has_value());
    CHECK(result->status == Status::success);
    CHECK(result->gas_used ==
          executed.receipts.at(1).cumulative_gas_used - executed.receipts.at(0).cumulative_gas_used);
    CHECK(watch.calls == 2);  // the contract, and what it creates

    // The history contract holds the parent's hash (EIP-2935), as in the block itself.
    const u256 slot{(chain.head.number.value - 1) % 8'191};
    CHECK(replay.state().slot(history_storage_address, slot).current == to_u256(chain.head.parent_hash));
}
