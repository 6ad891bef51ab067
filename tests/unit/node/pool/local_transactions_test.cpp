#include "node/pool/local_transactions.hpp"

#include <doctest/doctest.h>

#include <map>

#include "unit/node/keys.hpp"
#include "vm/chain/transaction.hpp"

namespace talea::tests {
namespace {

/// A store in memory.
class MemoryStore final : public node::KvReader {
  public:
    void write(const node::KvBatch& batch) {
        batch.for_each([this](vm::BytesView key, const vm::BytesView* value) {
            if (value == nullptr)
                entries_.erase(vm::to_bytes(key));
            else
                entries_[vm::to_bytes(key)] = vm::to_bytes(*value);
        });
    }
    [[nodiscard]] bool get(vm::BytesView key, std::string& value) const override {
        const auto found = entries_.find(vm::to_bytes(key));
        if (found == entries_.end()) return false;
        value.assign(found->second.begin(), found->second.end());
        return true;
    }
    [[nodiscard]] std::unique_ptr<node::KvIterator> iterate() const override {
        return std::make_unique<Iterator>(entries_);
    }

  private:
    using Entries = std::map<vm::Bytes, vm::Bytes>;
    class Iterator final : public node::KvIterator {
      public:
        explicit Iterator(const Entries& entries) : entries_(entries), at_(entries.end()) {}
        void seek(vm::BytesView key) override { at_ = entries_.lower_bound(vm::to_bytes(key)); }
        void next() override { ++at_; }
        [[nodiscard]] bool valid() const override { return at_ != entries_.end(); }
        [[nodiscard]] vm::BytesView key() const override { return at_->first; }
        [[nodiscard]] vm::BytesView value() const override { return at_->second; }

      private:
        const Entries& entries_;
        Entries::const_iterator at_;
    };
    Entries entries_;
};

node::PendingTransaction signed_by(std::uint64_t secret, std::uint64_t nonce, std::uint64_t fee = 0) {
    vm::Transaction tx;
    tx.type = vm::TxType::dynamic_fee;
    tx.chain_id = 1;
    tx.nonce = nonce;
    tx.max_fee_per_gas = tx.max_priority_fee_per_gas = vm::u256{fee};
    tx.to = vm::low_address(5);
    vm::sign_transaction(tx, key(secret));
    return std::make_shared<const vm::RecoveredTransaction>(*vm::recover(tx));
}

TEST_CASE("after a restart exactly the clients' transactions that still waited are there again") {
    MemoryStore store;
    node::Pool pool({.report_changes = true});
    node::LocalTransactions kept;
    const auto save = [&] {
        for (const auto& change : pool.take_changes()) kept.note(change);
        node::KvBatch batch;
        kept.put(batch);
        store.write(batch);
        CHECK_FALSE(kept.has_changes());
    };
    const auto taken = signed_by(1, 0), waiting = signed_by(1, 1), replaced = signed_by(2, 0, 100),
               better = signed_by(2, 0, 200), foreign = signed_by(3, 0);
    for (const auto& tx : {taken, waiting, replaced, better}) REQUIRE(pool.add(tx, {}).has_value());
    REQUIRE(pool.add(foreign, {}, node::TxOrigin::peer).has_value());
    save();
    CHECK(node::LocalTransactions().load(store).size() == 3);
    pool.advance(taken->sender, 1);  // a block took it
    save();
    std::map<vm::Hash, int> loaded;
    node::LocalTransactions next;
    for (const auto& encoded : next.load(store)) {
        const auto tx = vm::decode_transaction(encoded);
        REQUIRE(tx.has_value());
        ++loaded[vm::transaction_hash(*tx)];
    }
    CHECK(loaded == std::map<vm::Hash, int>{{waiting->hash, 1}, {better->hash, 1}});
    CHECK_FALSE_MESSAGE(next.has_changes(), "what is on the disk is not written again");
    next.note({waiting, node::TxOrigin::client, true});
    CHECK_FALSE(next.has_changes());
    next.forget(better->hash);
    node::KvBatch batch;
    next.put(batch);
    store.write(batch);
    CHECK(node::LocalTransactions().load(store).size() == 1);
}

TEST_CASE("a client's transaction that a block took before the next write costs no write") {
    node::Pool pool({.report_changes = true});
    node::LocalTransactions kept;
    const auto quick = signed_by(1, 0);
    REQUIRE(pool.add(quick, {}).has_value());
    pool.advance(quick->sender, 1);
    const auto changes = pool.take_changes();
    CHECK(changes.size() == 2);
    for (const auto& change : changes) kept.note(change);
    CHECK_FALSE(kept.has_changes());
}

}  // namespace
}  // namespace talea::tests
