#include "node/storage/holder_index.hpp"

#include <doctest/doctest.h>

#include <map>

#include "node/storage/leveldb_store.hpp"
#include "unit/node/storage/forgetful_env.hpp"
#include "vm/base/hex.hpp"

namespace talea::tests {
namespace {

vm::Hash word(const vm::Address& address) {
    return vm::to_hash(vm::to_u256(address));
}

vm::Log transfer(const vm::Address& token, const vm::Address& from, const vm::Address& to, std::uint64_t amount) {
    const auto data = vm::u256{amount}.to_be_bytes();
    return {token,
            {*vm::hash_from_hex("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"), word(from),
             word(to)},
            {data.begin(), data.end()}};
}

TEST_CASE("holders of a token at every past block are those its transfers left, before and after a rebuild") {
    Random random;
    CAPTURE(random.seed);
    ForgetfulEnv env;
    node::LevelDbOptions options;
    options.env = &env;
    auto store = node::open_leveldb("db", options);
    REQUIRE(store.has_value());
    const auto token = random.address(), other = random.address();
    std::vector<vm::Address> people(9);
    for (auto& person : people) person = random.address();
    using Balances = std::map<vm::Address, std::uint64_t>;
    std::vector<Balances> past;
    Balances balances;
    node::HolderBalances index(**store);
    for (std::uint64_t number = 0; number < 60; ++number) {
        node::BlockRecord record;
        record.block.header.number = {number};
        record.block.transactions.resize(2);
        record.receipts.resize(2);
        for (auto& stored : record.receipts)
            for (auto count = random.below(4); count > 0; --count) {
                const auto& to = people[random.below(people.size())];
                const auto& from = people[random.below(people.size())];
                const bool mints = random.one_in(3) || balances[from] == 0;
                const auto amount = mints ? random.below(1'000) : random.below(balances[from] + 1);
                if (!mints) balances[from] -= amount;
                balances[to] += amount;
                stored.receipt.logs.push_back(transfer(token, mints ? vm::Address{} : from, to, amount));
                stored.receipt.logs.push_back(transfer(other, {}, to, 5));
            }
        node::KvBatch batch;
        node::put_block(batch, record);
        index.add(batch, {number}, record.receipts);
        (*store)->write(batch);
        if (random.one_in(5)) index.clear();  // and goes on from what is stored
        past.push_back(balances);
    }
    for (const bool rebuilt : {false, true}) {
        CAPTURE(rebuilt);
        if (rebuilt) CHECK(node::rebuild_holders(**store) == past.size());
        for (std::uint64_t number = 0; number < past.size(); ++number) {
            Balances found;
            vm::Address after;
            while (true) {  // in pages of two
                const auto page = node::holders(**store, token, {number}, after, 2);
                if (page.empty()) break;
                for (const auto& holding : page) found[holding.holder] = holding.balance.low_u64();
                after = page.back().holder;
            }
            Balances expected = past[number];
            std::erase_if(expected, [](const auto& entry) { return entry.second == 0; });
            REQUIRE(found == expected);
        }
    }
}

TEST_CASE("a transfer of more than its sender has takes the sender down to nothing, not below") {
    ForgetfulEnv env;
    node::LevelDbOptions options;
    options.env = &env;
    auto store = node::open_leveldb("db", options);
    REQUIRE(store.has_value());
    Random random;
    const auto token = random.address(), liar = random.address(), friendly = random.address();
    node::StoredReceipt stored;
    stored.receipt.logs = {transfer(token, {}, liar, 10), transfer(token, liar, friendly, 11)};
    node::KvBatch batch;
    node::HolderBalances(**store).add(batch, {1}, std::span(&stored, 1));
    (*store)->write(batch);
    const auto found = node::holders(**store, token, {1}, {}, 10);
    REQUIRE(found.size() == 1);
    CHECK(found[0].holder == friendly);
    CHECK(found[0].balance == vm::u256{11});
}

class NothingThere final : public node::KvReader {
  public:
    [[nodiscard]] bool get(vm::BytesView, std::string&) const override { return false; }
    [[nodiscard]] std::unique_ptr<node::KvIterator> iterate() const override {
        FAIL("a holder nobody knows is not walked for");
        return nullptr;
    }
};

TEST_CASE("holders that were never seen cost no walk, and one entry more once") {
    const NothingThere nothing;
    node::HolderBalances index(nothing);
    const auto token = vm::low_address(1), from = vm::low_address(2), to = vm::low_address(3);
    node::StoredReceipt stored;
    stored.receipt.logs = {transfer(token, from, to, 10)};
    for (const std::size_t entries : {std::size_t{4}, std::size_t{2}}) {
        node::KvBatch batch;
        index.add(batch, {entries}, std::span(&stored, 1));
        CHECK(batch.size() == entries);
    }
}

}  // namespace
}  // namespace talea::tests
