#include "node/chain/chain.hpp"

#include <doctest/doctest.h>

#include <future>
#include <thread>

#include "node/rpc/dispatcher.hpp"
#include "unit/node/consensus/memory_journal.hpp"
#include "unit/node/genesis.hpp"
#include "unit/node/keys.hpp"
#include "unit/node/storage/forgetful_env.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/native/addresses.hpp"

namespace talea::tests {
namespace {

using namespace std::chrono_literals;
using node::Chain;

vm::Address address(std::uint8_t n) {
    return vm::address_of(key(n));
}

/// What a client gets for `body`; waits for it.
std::string answer_of(node::Dispatcher& dispatcher, const std::string& body) {
    const auto answered = std::make_shared<std::promise<std::string>>();
    auto answer = answered->get_future();
    dispatcher.answer(body, nullptr,
                      [answered](std::string response, const auto&) { answered->set_value(std::move(response)); });
    return answer.get();
}

constexpr std::uint64_t start_time = 1'795'208'340;  // 2026-11-20T20:59:00Z
constexpr std::uint8_t validator = 1, admin = 2, holder = 3, stranger = 4;

/// An enforced chain with a stepped clock: `admin` has every role, `holder` TRANSACT.
vm::Genesis make_genesis(vm::PermissionMode mode = vm::PermissionMode::enforced) {
    node::GenesisSource source;
    source.chain_id = 77;
    source.timestamp = {start_time};
    source.talea.permissions = mode;
    source.talea.administrators = {address(admin)};
    source.talea.validators = {address(validator)};
    source.talea.test_clock =
        vm::TestClock{.mode = vm::TestClockMode::stepped, .start = {start_time}, .offset_seconds = 0};
    source.roles[address(admin)] = vm::role::all;
    source.roles[address(holder)] = vm::role::transact;
    return resolve(source);
}

std::unique_ptr<Chain> open(ForgetfulEnv& env, const vm::Genesis& genesis, node::ChainOptions options = {}) {
    options.database_path = "db";
    options.database.env = &env;
    options.validator = std::make_shared<node::KeySigner>(key(validator));
    options.journal = std::make_shared<MemoryJournal>();
    auto chain = Chain::open(genesis, std::move(options));
    REQUIRE(chain.has_value());
    return std::move(*chain);
}

vm::Bytes signed_tx(std::uint8_t sender, std::uint64_t nonce, std::optional<vm::Address> to, vm::Bytes data = {}) {
    vm::Transaction tx;
    tx.type = vm::TxType::dynamic_fee;
    tx.chain_id = 77;
    tx.nonce = nonce;
    tx.gas_limit = 200'000;
    tx.to = to;
    tx.data = std::move(data);
    vm::sign_transaction(tx, key(sender));
    return vm::encode_transaction(tx);
}

vm::Bytes call_data(std::string_view signature, std::initializer_list<vm::u256> words) {
    const auto hash = vm::keccak256({reinterpret_cast<const std::uint8_t*>(signature.data()), signature.size()});
    vm::Bytes data(hash.bytes.begin(), hash.bytes.begin() + 4);
    for (const auto& word : words) vm::append(data, word.to_be_bytes());
    return data;
}

/// Submits and waits for the block.
node::StoredReceipt mined(Chain& chain, vm::BytesView tx) {
    const auto hash = chain.submit(tx);
    REQUIRE_MESSAGE(hash.has_value(), (hash ? "" : to_string(hash.error())));
    REQUIRE(chain.wait_for(*hash, 5s));
    const auto head = chain.head();
    const auto place = head->blocks().find(*hash);
    REQUIRE(place.has_value());
    const auto transactions = head->blocks().transactions(place->block);
    return head->blocks().receipts(place->block, transactions)[place->index];
}

void wait_for_block(const Chain& chain, std::uint64_t number) {
    for (int i = 0; i < 500 && chain.head()->number().value < number; ++i) std::this_thread::sleep_for(10ms);
    REQUIRE(chain.head()->number().value >= number);
}

vm::TxError rule_of(const std::expected<vm::Hash, node::SubmitFailure>& submitted) {
    REQUIRE_FALSE(submitted.has_value());
    const auto* rule = std::get_if<vm::TxError>(&submitted.error().what);
    REQUIRE(rule != nullptr);
    return *rule;
}

TEST_CASE("an enforced chain refuses those without TRANSACT or DEPLOY by name, until the role is granted") {
    ForgetfulEnv env;
    const auto chain = open(env, make_genesis());
    chain->start();
    CHECK(rule_of(chain->submit(signed_tx(stranger, 0, address(holder)))) == vm::TxError::sender_not_permitted);
    CHECK(rule_of(chain->submit(signed_tx(holder, 0, std::nullopt, {0x00}))) == vm::TxError::deploy_not_permitted);
    CHECK(mined(*chain, signed_tx(holder, 0, address(admin))).receipt.succeeded);
    const auto before = chain->head();
    const auto grant =
        call_data("grantRoles(address,uint256)", {vm::to_u256(address(stranger)), vm::u256{vm::role::transact}});
    CHECK(mined(*chain, signed_tx(admin, 0, vm::permissions_address, grant)).receipt.succeeded);
    CHECK_FALSE(vm::has_role(before->state(), address(stranger), vm::role::transact));
    CHECK(vm::has_role(chain->head()->state(), address(stranger), vm::role::transact));
    CHECK(mined(*chain, signed_tx(stranger, 0, address(holder))).receipt.succeeded);
    CHECK(mined(*chain, signed_tx(admin, 1, std::nullopt, {0x00})).created.has_value());
}

TEST_CASE("advancing the clock makes a block with the new time due at once, and a restart keeps it") {
    ForgetfulEnv env;
    const auto genesis = make_genesis();
    vm::Hash head_hash;
    {
        const auto chain = open(env, genesis);
        chain->start();
        wait_for_block(*chain, 1);
        CHECK(chain->head()->header().timestamp.seconds == start_time);
        CHECK(chain->pending_context(*chain->head()).timestamp.seconds == start_time);
        const auto advance = call_data("advanceClock(uint64)", {vm::u256{60}});
        CHECK(mined(*chain, signed_tx(admin, 0, vm::permissions_address, advance)).receipt.succeeded);
        wait_for_block(*chain, 3);
        CHECK(chain->head()->number().value == 3);
        CHECK(chain->head()->header().timestamp.seconds == start_time + 60);
        // Not for those without NETWORK.
        CHECK_FALSE(mined(*chain, signed_tx(holder, 0, vm::permissions_address, advance)).receipt.succeeded);
        CHECK(chain->head()->header().timestamp.seconds == start_time + 60);
        chain->stop();
        head_hash = chain->head()->hash();
    }
    const auto chain = open(env, genesis);
    CHECK(chain->head()->hash() == head_hash);
    CHECK(chain->head()->header().timestamp.seconds == start_time + 60);
}

TEST_CASE("transactions handed in from many threads, out of order, all become final") {
    ForgetfulEnv env;
    const auto chain = open(env, make_genesis(vm::PermissionMode::open));
    chain->start();
    constexpr std::uint8_t first = 10, senders = 4;
    constexpr std::uint64_t each = 120;
    std::vector<std::thread> threads;
    std::atomic<int> refused{0};
    for (std::uint8_t sender = first; sender < first + senders; ++sender)
        threads.emplace_back([&, sender] {
            // Pairs swapped, so that every second one arrives before its turn.
            for (std::uint64_t i = 0; i < each; ++i)
                if (!chain->submit(signed_tx(sender, i ^ 1, address(holder)))) ++refused;
        });
    for (auto& thread : threads) thread.join();
    CHECK(refused == 0);
    const auto nonce = [&](std::uint8_t sender) {
        const auto account = chain->head()->state().account(address(sender));
        return account ? account->nonce : 0;
    };
    for (std::uint8_t sender = first; sender < first + senders; ++sender) {
        for (int i = 0; i < 500 && nonce(sender) < each; ++i) std::this_thread::sleep_for(10ms);
        CHECK(nonce(sender) == each);
    }
    CHECK(chain->pool().counts().pending + chain->pool().counts().queued == 0);
}

TEST_CASE("a request with permission trouble is answered with -32010, the reason and the account") {
    ForgetfulEnv env;
    const auto chain = open(env, make_genesis());
    node::Dispatcher dispatcher(*chain);
    const auto ask = [&](const std::string& method, const std::string& params) {
        const auto json = node::parse_json(
            answer_of(dispatcher, R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":)" + params + "}"));
        REQUIRE(json.has_value());
        return *json;
    };
    const auto who = vm::to_hex(address(stranger));
    for (const auto& answer :
         {ask("eth_sendRawTransaction", "[\"" + vm::to_hex(signed_tx(stranger, 0, address(holder))) + "\"]"),
          ask("eth_estimateGas", R"([{"from":")" + who + R"(","to":")" + who + "\"}]")}) {
        const auto* error = answer.find("error");
        REQUIRE(error != nullptr);
        CHECK(error->find("code")->integer == -32010);
        CHECK(error->find("data")->find("reason")->text == "sender_not_permitted");
        CHECK(error->find("data")->find("account")->text == who);
    }
    const auto preview = ask("talea_preview", R"([{"from":")" + who + R"(","to":")" + who + "\"}]");
    const auto* result = preview.find("result");
    REQUIRE(result != nullptr);
    CHECK_FALSE(result->find("allowed")->boolean);
    REQUIRE(result->find("refusals")->items.size() == 1);
    CHECK(result->find("refusals")->items[0].find("name")->text == "sender_not_permitted");
    // A call is a question; it asks for no role.
    CHECK(ask("eth_call", R"([{"from":")" + who + R"(","to":")" + who + "\"}]").find("result")->text == "0x");
}

TEST_CASE("what needs a forgotten block is refused with 4444 and the first whole one, what needs its header is not") {
    ForgetfulEnv env;
    const auto genesis = make_genesis();
    const std::string first_block = "0x2";
    vm::Hash forgotten, kept;
    {
        const auto chain = open(env, genesis);
        forgotten = *chain->submit(signed_tx(holder, 0, address(admin)));  // before sealing begins: in block 1
        chain->start();
        REQUIRE(chain->wait_for(forgotten, 5s));
        REQUIRE(chain->head()->blocks().find(forgotten)->block.value == 1);
        kept = *chain->submit(signed_tx(holder, 1, address(admin)));
        REQUIRE(chain->wait_for(kept, 5s));
    }
    {
        const auto store = node::open_leveldb("db", {.env = &env});
        REQUIRE(store.has_value());
        node::KvBatch batch;
        (void)node::erase_body(batch, **store, {1});
        node::put_first_whole(batch, {2});
        (*store)->write(batch);
    }
    const auto chain = open(env, genesis);
    node::Dispatcher dispatcher(*chain);
    const auto ask = [&](const std::string& method, const std::string& params) {
        return *node::parse_json(answer_of(
            dispatcher, R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":[)" + params + "]}"));
    };
    const auto block_hash = '"' + vm::to_hex(*chain->head()->blocks().hash({1})) + '"';
    const std::string number = R"("0x1")";
    const std::pair<const char*, std::string> refused[] = {
        {"eth_getBlockByNumber", number + ",false"},
        {"eth_getBlockByHash", block_hash + ",true"},
        {"eth_getBlockTransactionCountByNumber", number},
        {"eth_getBlockTransactionCountByHash", block_hash},
        {"eth_getBlockReceipts", number},
        {"eth_getTransactionByBlockNumberAndIndex", number + R"(,"0x0")"},
        {"eth_getTransactionByBlockHashAndIndex", block_hash + R"(,"0x0")"},
        {"debug_getRawBlock", number},
        {"debug_getRawReceipts", number},
        {"eth_feeHistory", R"("0x1",)" + number + ",[50]"},
        {"eth_getLogs", R"({"fromBlock":"0x0","toBlock":"latest"})"},
        {"eth_getLogs", R"({"fromBlock":"0x1","toBlock":"0x1","address":")" + vm::to_hex(address(admin)) + "\"}"},
        {"eth_getLogs", R"({"blockHash":)" + block_hash + "}"},
    };
    for (const auto& [method, params] : refused) {
        CAPTURE(method);
        CAPTURE(params);
        const auto answer = ask(method, params);
        const auto* error = answer.find("error");
        REQUIRE(error != nullptr);
        CHECK(error->find("code")->integer == 4444);
        CHECK(error->find("message")->text.starts_with("pruned history unavailable"));
        CHECK(error->find("data")->find("firstBlock")->text == first_block);
    }
    const auto shown = '"' + vm::to_hex(forgotten) + '"';
    CHECK(ask("eth_getTransactionReceipt", shown).find("result")->is_null());
    CHECK(ask("eth_getTransactionByHash", shown).find("result")->is_null());
    CHECK(ask("talea_transactionStatus", shown).find("result")->find("reason") != nullptr);
    CHECK(ask("eth_getTransactionReceipt", '"' + vm::to_hex(kept) + '"').find("result")->is_object());
    const std::pair<const char*, std::string> answered[] = {
        {"eth_getBlockByNumber", R"("earliest",false)"},
        {"eth_getBlockByNumber", R"("0x2",true)"},
        {"eth_getLogs", R"({"fromBlock":"0x2"})"},
        {"eth_getLogs", R"({"fromBlock":"earliest","toBlock":"earliest"})"},
        {"debug_getRawHeader", number},
        {"qbft_getCertificate", number},
        {"eth_getBalance", '"' + vm::to_hex(address(admin)) + "\"," + number},
        {"eth_getProof", '"' + vm::to_hex(address(admin)) + "\",[]," + number},
        {"eth_feeHistory", R"("0x2","latest")"},
    };
    for (const auto& [method, params] : answered) {
        CAPTURE(method);
        CAPTURE(params);
        const auto answer = ask(method, params);
        const auto* result = answer.find("result");
        REQUIRE(result != nullptr);
        CHECK_FALSE(result->is_null());
    }
    CHECK(ask("eth_feeHistory", R"("0x8","latest",[50])").find("result")->find("oldestBlock")->text == first_block);
    CHECK(ask("admin_nodeInfo", "").find("result")->find("protocols")->find("talea")->find("firstBlock")->text ==
          first_block);
}

TEST_CASE("a failed transaction is explained by the very error it ended with, after others of its block") {
    ForgetfulEnv env;
    const auto chain = open(env, make_genesis());
    const auto advance = call_data("advanceClock(uint64)", {vm::u256{60}});
    const auto grant =
        call_data("grantRoles(address,uint256)", {vm::to_u256(address(stranger)), vm::u256{vm::role::transact}});
    // Handed in before sealing begins, so that both stand in block 1.
    REQUIRE(chain->submit(signed_tx(admin, 0, vm::permissions_address, grant)).has_value());
    const auto failing = chain->submit(signed_tx(holder, 0, vm::permissions_address, advance));
    REQUIRE(failing.has_value());
    chain->start();
    REQUIRE(chain->wait_for(*failing, 5s));
    CHECK(chain->head()->blocks().find(*failing)->index == 1);
    node::Dispatcher dispatcher(*chain);
    const auto ask = [&](const vm::Hash& hash) {
        return *node::parse_json(answer_of(
            dispatcher,
            R"({"jsonrpc":"2.0","id":1,"method":"talea_explainTransaction","params":[")" + vm::to_hex(hash) + "\"]}"));
    };
    const auto answer = ask(*failing);
    const auto* result = answer.find("result");
    REQUIRE(result != nullptr);
    CHECK_FALSE(result->find("succeeded")->boolean);
    REQUIRE(result->find("refusals")->items.size() == 1);
    CHECK(result->find("refusals")->items[0].find("name")->text == "NotAuthorized");
    CHECK(result->find("sentence")->text.size() > 10);
    CHECK(ask({}).find("result")->is_null());
}

TEST_CASE("a transaction that becomes final just as the wait for it ends is never called dropped") {
    ForgetfulEnv env;
    const auto chain = open(env, make_genesis());
    chain->start();
    node::Dispatcher dispatcher(*chain);
    for (std::uint64_t nonce = 0; nonce < 1'000; ++nonce) {
        const auto answer = *node::parse_json(
            answer_of(dispatcher, R"({"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransactionSync","params":[")" +
                                      vm::to_hex(signed_tx(holder, nonce, address(admin))) + "\"," +
                                      std::to_string(nonce % 4) + "]}"));
        CAPTURE(nonce);
        const auto* error = answer.find("error");
        if (error != nullptr) CHECK(error->find("code")->integer == 4);  // it waits on
    }
}

TEST_CASE("a valid transaction behind more invalid ones than a block looks at is mined all the same") {
    ForgetfulEnv env;
    node::ChainOptions options;
    options.block_candidates_max = 2;
    const auto chain = open(env, make_genesis(), std::move(options));
    chain->start();
    wait_for_block(*chain, 1);
    for (std::uint8_t sender = 10; sender < 15; ++sender) {  // without TRANSACT; `submit` would refuse them
        auto recovered = vm::recover(*vm::decode_transaction(signed_tx(sender, 0, address(holder))));
        REQUIRE(recovered.has_value());
        REQUIRE(chain->pool().add(std::make_shared<const vm::RecoveredTransaction>(std::move(*recovered)), {}));
    }
    CHECK(mined(*chain, signed_tx(holder, 0, address(admin))).receipt.succeeded);
}

TEST_CASE("what waits of a sender who loses TRANSACT leaves the pool with that block, and says why") {
    ForgetfulEnv env;
    const auto chain = open(env, make_genesis());
    chain->start();
    const auto waiting = chain->submit(signed_tx(holder, 1, address(admin)));  // behind nonce 0
    REQUIRE(waiting.has_value());
    CHECK(chain->pool().why(*waiting).state == node::PoolWhy::State::behind_gap);
    const auto roles = [&](std::string_view function) {
        return call_data(function, {vm::to_u256(address(holder)), vm::u256{vm::role::transact}});
    };
    CHECK(mined(*chain, signed_tx(admin, 0, vm::permissions_address, roles("revokeRoles(address,uint256)")))
              .receipt.succeeded);
    CHECK_FALSE_MESSAGE(chain->wait_for(*waiting, 5s), "nobody waits for what is gone");
    const auto why = chain->pool().why(*waiting);
    CHECK(why.state == node::PoolWhy::State::dropped);
    CHECK(why.dropped == node::DropKind::sender_not_permitted);
    CHECK(rule_of(chain->submit(signed_tx(holder, 0, address(admin)))) == vm::TxError::sender_not_permitted);
}

TEST_CASE("what a client handed in and no block took waits again after a restart, and nothing else does") {
    ForgetfulEnv env;
    const auto genesis = make_genesis();
    std::optional<vm::Hash> waiting;
    {
        const auto chain = open(env, genesis);
        chain->start();
        CHECK(mined(*chain, signed_tx(holder, 0, address(admin))).receipt.succeeded);
        const auto submitted = chain->submit(signed_tx(holder, 2, address(admin)));
        REQUIRE(submitted.has_value());
        waiting = *submitted;
        // The machine hears of it before the chain ends.
        CHECK(mined(*chain, signed_tx(admin, 0, address(holder))).receipt.succeeded);
    }
    const auto chain = open(env, genesis);
    chain->start();
    CHECK(chain->pool().counts().queued == 1);
    CHECK(chain->pool().counts().pending == 0);
    CHECK(chain->pool().why(*waiting).missing_nonce == 1);
    CHECK(mined(*chain, signed_tx(holder, 1, address(admin))).receipt.succeeded);
    CHECK(chain->wait_for(*waiting, 5s));
}

TEST_CASE("a running node says what it waits for, and one that is stopped says nothing") {
    ForgetfulEnv env;
    const auto chain = open(env, make_genesis());
    CHECK_FALSE(chain->why().has_value());
    chain->start();
    wait_for_block(*chain, 1);
    const auto why = chain->why();
    REQUIRE(why.has_value());
    CHECK(why->consensus.number.value >= 1);
    CHECK(why->consensus.signs);
    CHECK(why->peers.empty());
    chain->stop();
    CHECK_FALSE(chain->why().has_value());
}

TEST_CASE("a key that is no validator's makes no block") {
    ForgetfulEnv env;
    node::ChainOptions options;
    options.database_path = "db";
    options.database.env = &env;
    options.validator = std::make_shared<node::KeySigner>(key(stranger));
    auto chain = Chain::open(make_genesis(), std::move(options));
    REQUIRE(chain.has_value());
    CHECK_FALSE((*chain)->votes());
    (*chain)->start();
    std::this_thread::sleep_for(50ms);
    CHECK((*chain)->head()->number().value == 0);
}

}  // namespace
}  // namespace talea::tests
