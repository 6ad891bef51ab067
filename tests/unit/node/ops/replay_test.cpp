#include "node/ops/replay.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "node/storage/keys.hpp"
#include "node/storage/leveldb_store.hpp"
#include "unit/node/consensus/memory_journal.hpp"
#include "unit/node/genesis.hpp"
#include "unit/node/keys.hpp"
#include "vm/base/hex.hpp"

namespace talea::tests {
namespace {

using namespace std::chrono_literals;
using node::Key, node::Table;

const vm::PrivateKey validator = key(1);
const vm::Address holder = vm::low_address(0xb0b);

/// A folder that is gone at the end.
struct Folder {
    std::string path = (std::filesystem::temp_directory_path() / "talea-replay-XXXXXX").string();
    Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
};

vm::Bytes signed_tx(std::uint64_t nonce, std::optional<vm::Address> to, vm::Bytes data) {
    vm::Transaction tx;
    tx.type = vm::TxType::dynamic_fee;
    tx.chain_id = 77;
    tx.nonce = nonce;
    tx.gas_limit = 200'000;
    tx.to = to;
    tx.data = std::move(data);
    vm::sign_transaction(tx, validator);
    return vm::encode_transaction(tx);
}

/// Each call sets slot 0 to the calldata's word and says that so much was transferred from nobody to `holder`.
vm::Bytes token_creation() {
    return *vm::from_hex(
        "0x60328060093d393df3"  // gives the 50 bytes that follow
        "5f355f555f355f52"      // slot 0 and memory 0 are the word
        "610b0b5f7fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef60205fa300");
}

/// Two calls of the token, in blocks of their own.
vm::Address make_chain(const node::Directory& directory, const vm::Genesis& genesis) {
    node::ChainOptions options;
    options.database_path = directory.database();
    options.validator = std::make_shared<node::KeySigner>(validator);
    options.journal = std::make_shared<MemoryJournal>();
    auto chain = node::Chain::open(genesis, std::move(options));
    REQUIRE(chain.has_value());
    (*chain)->start();
    const auto mined = [&](vm::BytesView tx) {
        const auto hash = (*chain)->submit(tx);
        REQUIRE_MESSAGE(hash.has_value(), (hash ? "" : to_string(hash.error())));
        REQUIRE((*chain)->wait_for(*hash, 5s));
        const auto head = (*chain)->head();
        const auto place = *head->blocks().find(*hash);
        const auto stored = head->blocks().receipts(place.block, head->blocks().transactions(place.block));
        REQUIRE(stored[place.index].receipt.succeeded);
        return stored[place.index];
    };
    const auto token = mined(signed_tx(0, std::nullopt, token_creation())).created;
    REQUIRE(token.has_value());
    for (std::uint64_t nonce = 1; nonce <= 2; ++nonce) {
        const auto word = vm::u256{100 * nonce}.to_be_bytes();
        REQUIRE(mined(signed_tx(nonce, token, {word.begin(), word.end()})).receipt.logs.size() == 1);
    }
    return *token;
}

TEST_CASE("a replay finds what is stored and should not be, is missing, or is another value") {
    const Folder folder;
    const node::Directory directory{folder.path};
    const auto genesis = resolve(open_chain(validator));
    const auto token = make_chain(directory, genesis);
    const auto replay = [&] { return node::replay(genesis, directory, {}, [](std::uint64_t, std::uint64_t) {}); };
    const auto whole = replay();
    REQUIRE_MESSAGE(whole.has_value(), (whole ? "" : whole.error()));
    CHECK(whole->transactions == 3);
    const vm::BlockNumber last{whole->blocks};

    const vm::Bytes word{0x07};
    const auto stranger = vm::low_address(0x57a);
    struct Damage {
        std::string_view what;
        Key key;
        bool gone;
    };
    const std::vector<Damage> damages{
        {"the account is gone", Key(Table::account).add(token), true},
        {"the slot has another value", Key(Table::slot).add(token).add(vm::u256{0}), false},
        {"a slot too many", Key(Table::slot).add(token).add(vm::u256{9}), false},
        {"a slot of an account that has none", Key(Table::slot).add(stranger).add(vm::u256{9}), false},
        {"the past slot has another value", Key(Table::slot_history).add(token).add(vm::u256{0}).down(last), false},
        {"a past slot is gone", Key(Table::slot_history).add(token).add(vm::u256{0}).down(last), true},
        {"a past account is gone", Key(Table::account_history).add(vm::address_of(validator)).down(last), true},
        {"a balance is gone", Key(Table::token_history).add(token).add(holder).down(last), true},
        {"a balance has another value", Key(Table::token_history).add(token).add(holder).down(last), false},
        {"what says that a holder has a history is gone", Key(Table::token_holder).add(token).add(holder), true},
        {"a holder too many", Key(Table::token_holder).add(token).add(stranger), false},
        {"a balance too many", Key(Table::token_history).add(token).add(stranger).down(last), false},
    };
    for (const auto& damage : damages) {
        CAPTURE(damage.what);
        std::string before;
        bool was_there = false;
        const auto write = [&](bool restore) {
            auto store = node::open_leveldb(directory.database());
            REQUIRE(store.has_value());
            if (!restore) was_there = (*store)->get(damage.key, before);
            node::KvBatch batch;
            if (restore && was_there)
                batch.put(damage.key, node::bytes_of(before));
            else if (restore || damage.gone)
                batch.erase(damage.key);
            else
                batch.put(damage.key, word);
            (*store)->write(batch);
        };
        write(false);
        CHECK((was_there || !damage.gone));
        CHECK_FALSE(replay().has_value());
        write(true);
    }
    CHECK(replay().has_value());
}

}  // namespace
}  // namespace talea::tests
