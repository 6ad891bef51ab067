#include "node/storage/history.hpp"

#include <doctest/doctest.h>

#include <mutex>

#include "node/base/limits.hpp"
#include "node/storage/chain_store.hpp"
#include "node/storage/keys.hpp"
#include "node/storage/leveldb_store.hpp"
#include "unit/node/storage/forgetful_env.hpp"
#include "unit/random.hpp"

namespace talea::tests {
namespace {

constexpr auto kept = node::limits::history_blocks_min;
constexpr auto a_step = node::limits::forget_blocks_max;
constexpr std::uint64_t day = 86'400;

/// Stored blocks, each with a transaction that has a log of one of seven addresses.
struct StoredChain {
    ForgetfulEnv env;
    std::unique_ptr<node::KvStore> store;
    std::uint64_t length = 0;
    Random random;

    explicit StoredChain(std::size_t write_buffer_bytes = 64 * 1024) : store(open(env, write_buffer_bytes)) {}

    static std::unique_ptr<node::KvStore> open(ForgetfulEnv& env, std::size_t write_buffer_bytes = 64 * 1024) {
        node::LevelDbOptions options;
        options.env = &env;
        options.write_buffer_bytes = write_buffer_bytes;
        auto opened = node::open_leveldb("db", options);
        REQUIRE(opened.has_value());
        return std::move(*opened);
    }
    static vm::Transaction transaction(std::uint64_t number) {
        vm::Transaction tx;
        tx.type = vm::TxType::dynamic_fee;
        tx.nonce = number;
        tx.to = vm::low_address(7);
        return tx;
    }
    static vm::Address emitter(std::uint64_t number) {
        return vm::low_address(static_cast<std::uint16_t>(100 + number % 7));
    }
    void grow_to(std::uint64_t end, std::uint64_t seconds_apart, std::size_t data_bytes = 0) {
        node::KvBatch batch;
        for (; length <= end; ++length) {
            node::BlockRecord record;
            record.block.header.number = {length};
            record.block.header.timestamp = {length * seconds_apart};
            record.hash = vm::header_hash(record.block.header);
            if (length > 0) {
                auto tx = transaction(length);
                tx.data = random.bytes(data_bytes);
                record.transaction_hashes = {vm::transaction_hash(tx)};
                record.block.transactions = {std::move(tx)};
                record.receipts.resize(1);
                record.receipts[0].receipt.type = vm::TxType::dynamic_fee;
                record.receipts[0].receipt.logs = {vm::Log{emitter(length), {}, {}}};
                record.certificate = {1, 2, 3};
            }
            node::put_block(batch, record);
        }
        store->write(batch);
    }
    [[nodiscard]] node::Forgotten forget(std::uint64_t days) const {
        return node::forget_step(*store->snapshot(), *store, days);
    }
    [[nodiscard]] node::Forgotten forget_all(std::uint64_t days) const {
        auto step = forget(days);
        while (step.blocks > 0) step = forget(days);
        return step;
    }
    [[nodiscard]] bool is_whole(std::uint64_t number) const {
        const node::ChainReader blocks(*store);
        const vm::BlockNumber at{number};
        const auto transactions = blocks.transactions(at);
        const auto place = blocks.find(vm::transaction_hash(transaction(number)));
        const auto logs = blocks.blocks_with_logs(emitter(number), at, at, 1);
        const std::size_t parts = transactions.size() + blocks.receipts(at, transactions).size() + place.has_value() +
                                  logs.size() + !blocks.is_forgotten(at);
        REQUIRE((parts == 0 || parts == 5));
        REQUIRE(blocks.header(at).has_value());
        REQUIRE(blocks.certificate(at).has_value());
        REQUIRE(blocks.number(*blocks.hash(at)) == at);
        return parts == 5;
    }
    [[nodiscard]] std::uint64_t disk_bytes() {
        std::uint64_t bytes = 0, size = 0;
        std::vector<std::string> names;
        REQUIRE(env.GetChildren("db", &names).ok());
        for (const auto& name : names)
            if (env.GetFileSize("db/" + name, &size).ok()) bytes += size;
        return bytes;
    }
    [[nodiscard]] std::uint64_t format() const {
        std::string value;
        const std::string_view name = "format";
        return store->get(node::Key(node::Table::meta).add(node::bytes_of(name)), value)
                   ? node::read_be64(node::bytes_of(value))
                   : 0;
    }
};

TEST_CASE("what is more days before the head than the history goes, to the second, and headers and seals stay") {
    StoredChain chain;
    const std::uint64_t head = kept + 3 * 1'440;
    chain.grow_to(head, 60);
    const auto end = chain.forget_all(6);  // 8,640 blocks
    CHECK(end.first_whole.value == head - 6 * 1'440);
    CHECK_FALSE(chain.is_whole(1));
    CHECK_FALSE(chain.is_whole(end.first_whole.value - 1));
    CHECK(chain.is_whole(end.first_whole.value));
    CHECK(chain.is_whole(head));
    CHECK(chain.format() == 3);
    CHECK(chain.forget_all(7).first_whole == end.first_whole);  // a longer history brings nothing back
}

TEST_CASE("the last blocks stay whole however old they are, and a short chain loses nothing") {
    StoredChain chain;
    chain.grow_to(kept, day);
    CHECK(chain.forget(1).blocks == 0);
    CHECK(chain.format() == 0);  // older programs still read it
    chain.grow_to(kept + 1, day);
    CHECK(chain.forget_all(1).first_whole.value == 2);
    CHECK_FALSE(chain.is_whole(1));
    CHECK(chain.is_whole(2));
    CHECK(node::ChainReader(*chain.store).header({}).has_value());
    CHECK_FALSE(node::ChainReader(*chain.store).is_forgotten({}));
}

TEST_CASE("a step takes no more blocks than it may, and fewer where they are large") {
    StoredChain chain;
    chain.grow_to(kept + a_step + 10, day);
    CHECK(chain.forget(1).blocks == a_step);
    CHECK(chain.forget(1).blocks == 10);
    CHECK(chain.forget(1).blocks == 0);
    StoredChain large;
    large.grow_to(20, day, 100'000);
    large.grow_to(kept + 20, day);
    const auto step = large.forget(1);
    CHECK(step.blocks == 11);  // the one that reaches the bound is the last
    CHECK(step.bytes > node::limits::forget_bytes_max);
}

TEST_CASE("a crash between steps, or within one, leaves each block whole or forgotten, and the first whole one known") {
    Random random;
    CAPTURE(random.seed);
    StoredChain chain;
    const std::uint64_t steps = 4, head = kept + steps * a_step;
    chain.grow_to(head, day);
    std::vector<std::unique_ptr<ForgetfulEnv>> crashes;
    std::mutex crashes_mutex;  // LevelDB's own thread writes tables
    chain.env.before_operation = [&](std::uint64_t) {
        const std::lock_guard lock(crashes_mutex);
        if (random.one_in(3) && crashes.size() < 50) crashes.push_back(chain.env.crashed(random));
    };
    (void)chain.forget_all(1);
    chain.env.before_operation = nullptr;
    std::size_t in_between = 0;
    for (auto& env : crashes) {
        const auto store = StoredChain::open(*env);
        const node::ChainReader blocks(*store);
        const auto first = blocks.first_whole();
        CHECK((first.value == 0 || (first.value - 1) % a_step == 0));
        in_between += first.value > 1 && first.value <= steps * a_step;
        for (std::uint64_t number = 1; number <= steps * a_step + 1; ++number)
            REQUIRE(blocks.transactions({number}).empty() == blocks.is_forgotten({number}));
        CHECK(node::forget_step(*store->snapshot(), *store, 1).blocks == (first.value > steps * a_step ? 0 : a_step));
    }
    CHECK(in_between > 0);
}

TEST_CASE("what was forgotten gives its disk back when it is asked for, and not before") {
    StoredChain chain(2 << 20);  // large enough that what says it is erased waits in memory
    chain.grow_to(2'000, day, 5'000);
    chain.grow_to(kept + 2'000, day);
    chain.store->compact({}, vm::Bytes{0xff});  // nothing is being merged from here on
    const auto before = chain.disk_bytes();
    const auto end = chain.forget_all(1);
    CHECK(end.first_whole.value == 2'001);
    CHECK(chain.disk_bytes() > before);
    node::compact_forgotten(*chain.store, end.first_whole);
    CHECK(before > 10'000'000);
    CHECK(chain.disk_bytes() < before / 3);
    CHECK(chain.is_whole(2'001));
}

}  // namespace
}  // namespace talea::tests
