#include "node/rpc/decoded_blocks.hpp"

#include <doctest/doctest.h>

#include "node/storage/leveldb_store.hpp"
#include "unit/node/storage/forgetful_env.hpp"

namespace talea::tests {
namespace {

using node::DecodedBlocks;

/// Transaction and log counts are known by the number of the block.
node::BlockRecord make_block(std::uint64_t number, std::size_t transactions) {
    node::BlockRecord record;
    record.block.header.number = {number};
    record.hash = vm::header_hash(record.block.header);
    for (std::size_t i = 0; i < transactions; ++i) {
        vm::Transaction tx;
        tx.type = vm::TxType::dynamic_fee;
        tx.nonce = number * 1'000 + i;
        tx.to = vm::low_address(7);
        record.transaction_hashes.push_back(vm::transaction_hash(tx));
        record.block.transactions.push_back(std::move(tx));
        node::StoredReceipt stored;
        stored.receipt.type = vm::TxType::dynamic_fee;
        stored.receipt.logs.resize(i % 3, vm::Log{vm::low_address(9), {}, {}});
        record.receipts.push_back(std::move(stored));
    }
    return record;
}

struct Fixture {
    ForgetfulEnv env;
    std::unique_ptr<node::KvStore> store;
    node::CodeCache codes;
    Fixture() {
        node::LevelDbOptions options;
        options.env = &env;
        auto opened = node::open_leveldb("db", options);
        REQUIRE(opened.has_value());
        store = std::move(*opened);
    }
    void add(const node::BlockRecord& record) const {
        node::KvBatch batch;
        put_block(batch, record);
        store->write(batch);
    }
    [[nodiscard]] node::Head head() { return {store->snapshot(), codes, {}, {}}; }
};

TEST_CASE("a block is decoded as it is stored, once for all who ask for it soon") {
    Fixture at;
    const auto stored = make_block(1, 5);
    at.add(stored);
    const auto head = at.head();
    DecodedBlocks blocks;
    const auto block = blocks.get(head, {1});
    CHECK(block->header == stored.block.header);
    CHECK(block->hash == stored.hash);
    REQUIRE(block->transactions.size() == stored.block.transactions.size());
    REQUIRE(block->receipts.size() == stored.receipts.size());
    for (std::size_t i = 0; i < stored.receipts.size(); ++i) {
        CHECK(vm::transaction_hash(block->transactions[i]) == stored.transaction_hashes[i]);
        CHECK(block->receipts[i].receipt.logs == stored.receipts[i].receipt.logs);
    }
    CHECK(block->logs_before == std::vector<std::uint64_t>{0, 0, 1, 3, 3});
    CHECK(blocks.get(head, {1}) == block);
}

TEST_CASE("the block that was asked for longest ago is given up for one more, and for many transactions") {
    Fixture at;
    for (std::uint64_t number = 1; number <= DecodedBlocks::blocks_max + 1; ++number) at.add(make_block(number, 1));
    const std::uint64_t big = 100;
    at.add(make_block(big, DecodedBlocks::transactions_max));
    const auto head = at.head();
    DecodedBlocks blocks;
    const auto first = blocks.get(head, {1}), second = blocks.get(head, {2});
    for (std::uint64_t number = 3; number <= DecodedBlocks::blocks_max; ++number) (void)blocks.get(head, {number});
    CHECK(blocks.get(head, {1}) == first);
    (void)blocks.get(head, {DecodedBlocks::blocks_max + 1});
    CHECK(blocks.get(head, {1}) == first);
    CHECK(blocks.get(head, {2}) != second);
    const auto whole = blocks.get(head, {big});
    CHECK(blocks.get(head, {big}) == whole);
    CHECK(blocks.get(head, {1}) != first);
}

}  // namespace
}  // namespace talea::tests
