#include "node/pool/pool.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "node/pool/block_order.hpp"
#include "unit/random.hpp"

namespace talea::tests {
namespace {

using node::Pool;
using node::PoolError;

node::PendingTransaction pending(const vm::Address& sender, std::uint64_t nonce, std::uint64_t fee = 0,
                                 std::uint64_t gas = 21'000) {
    static std::uint64_t hashes = 0;
    auto tx = std::make_shared<vm::RecoveredTransaction>();
    tx->tx.type = vm::TxType::dynamic_fee;
    tx->tx.nonce = nonce;
    tx->tx.gas_limit = gas;
    tx->tx.max_fee_per_gas = tx->tx.max_priority_fee_per_gas = vm::u256{fee};
    tx->hash = vm::to_hash(vm::u256{++hashes});
    tx->sender = sender;
    tx->size_bytes = 110;
    return tx;
}

vm::Address person(std::uint8_t n) {
    vm::Address address;
    address.bytes[0] = n;
    return address;
}

/// Senders of the candidates in the order a block tries them, each taking `gas`.
std::vector<vm::Address> order_of(const Pool& pool, std::uint64_t gas_limit, std::uint64_t gas) {
    node::BlockOrder order(pool.candidates(1'000), gas_limit);
    std::vector<vm::Address> senders;
    while (const auto tx = order.next()) {
        senders.push_back(tx->sender);
        order.took(gas);
    }
    return senders;
}

TEST_CASE("a replacement must raise both fees by ten percent, and more than nothing") {
    Pool pool;
    CHECK(pool.add(pending(person(1), 0, 100), {}).has_value());
    CHECK(pool.add(pending(person(1), 0, 109), {}).error() == PoolError::underpriced);
    const auto better = pending(person(1), 0, 110);
    CHECK(pool.add(better, {}).has_value());
    CHECK(pool.find(better->hash) == better);
    CHECK(pool.counts().pending == 1);
    Pool free;
    CHECK(free.add(pending(person(1), 0), {}).has_value());
    CHECK(free.add(pending(person(1), 0), {}).error() == PoolError::underpriced);
    CHECK(free.add(pending(person(1), 0, 1), {}).has_value());
}

TEST_CASE("the next nonce counts from the newest block that the pool was told of, though the caller's is older") {
    Pool pool;
    REQUIRE(pool.add(pending(person(1), 0), {}).has_value());
    REQUIRE(pool.add(pending(person(1), 1), {}).has_value());
    pool.advance(person(1), 1);
    CHECK(pool.next_nonce(person(1), 0) == 2);
    CHECK(pool.next_nonce(person(2), 7) == 7);
}

TEST_CASE("a replacement cannot take more memory than the pool has") {
    Pool pool({.bytes_max = 300});
    REQUIRE(pool.add(pending(person(1), 0, 100), {}).has_value());
    REQUIRE(pool.add(pending(person(1), 1, 100), {}).has_value());
    const auto sized = [](std::size_t size_bytes) {
        auto tx = std::make_shared<vm::RecoveredTransaction>(*pending(person(1), 0, 200));
        tx->size_bytes = size_bytes;
        return tx;
    };
    const auto too_large = sized(191);
    CHECK(pool.add(too_large, {}).error() == PoolError::full);
    CHECK(pool.find(too_large->hash) == nullptr);
    CHECK(pool.counts().pending == 2);
    CHECK(pool.add(sized(190), {}).has_value());
    // What was counted is what stands there: nothing more fits.
    CHECK(pool.add(pending(person(2), 0), {}).has_value());
    CHECK(pool.counts().pending == 2);
}

TEST_CASE("what is known, too far ahead or beyond a sender's share is refused by name") {
    Pool pool({.txs_max = 100, .bytes_max = 1'000'000, .txs_per_sender_max = 3, .txs_reserved = 1});
    const auto first = pending(person(1), 5);
    CHECK(pool.add(first, {5, false}).has_value());
    CHECK(pool.add(first, {5, false}).error() == PoolError::already_known);
    CHECK(pool.add(pending(person(1), 8), {5, false}).error() == PoolError::nonce_too_far);
    CHECK(pool.add(pending(person(1), 7), {5, false}).has_value());
    CHECK(pool.add(pending(person(1), 6), {5, false}).has_value());
    CHECK(pool.add(pending(person(1), 7), {5, false}).error() == PoolError::underpriced);
    CHECK(pool.counts().pending == 3);
}

TEST_CASE("a full pool makes room for a small sender at the largest one's end, and never for the largest") {
    Pool pool({.txs_max = 10, .bytes_max = 1'000'000, .txs_per_sender_max = 100, .txs_reserved = 2});
    for (std::uint64_t nonce = 0; nonce < 10; ++nonce) CHECK(pool.add(pending(person(1), nonce), {}).has_value());
    CHECK(pool.add(pending(person(1), 10), {}).error() == PoolError::full);
    CHECK(pool.add(pending(person(2), 0), {}).has_value());
    CHECK(pool.next_nonce(person(1), 0) == 9);
    CHECK(pool.counts().pending == 10);
    // An operator has places of its own.
    CHECK(pool.add(pending(person(3), 0), {0, true}).has_value());
    CHECK(pool.next_nonce(person(1), 0) == 9);
}

TEST_CASE("operators come first, then one a sender in turn, the oldest sender first") {
    Pool pool;
    for (std::uint64_t nonce = 0; nonce < 3; ++nonce) CHECK(pool.add(pending(person(1), nonce), {}).has_value());
    CHECK(pool.add(pending(person(2), 0), {}).has_value());
    CHECK(pool.add(pending(person(2), 1), {}).has_value());
    CHECK(pool.add(pending(person(9), 0), {0, true}).has_value());
    CHECK(pool.add(pending(person(9), 1), {0, true}).has_value());
    CHECK(order_of(pool, 100'000'000, 21'000) ==
          std::vector{person(9), person(9), person(1), person(2), person(1), person(2), person(1)});
}

TEST_CASE("a sender that used a quarter of the block waits until the others had theirs") {
    Pool pool;
    for (std::uint64_t nonce = 0; nonce < 3; ++nonce) CHECK(pool.add(pending(person(1), nonce), {}).has_value());
    for (std::uint64_t nonce = 0; nonce < 2; ++nonce) CHECK(pool.add(pending(person(2), nonce), {}).has_value());
    CHECK(order_of(pool, 100, 25) == std::vector{person(1), person(2), person(1), person(2), person(1)});
    node::BlockOrder order(pool.candidates(100), 100);
    CHECK(order.next()->sender == person(1));
    order.took(25);  // the whole share
    CHECK(order.next()->sender == person(2));
    order.took(1);
    CHECK(order.next()->sender == person(2));
    order.took(1);
    CHECK(order.next()->sender == person(1));
    order.leave_sender();
    CHECK(order.next() == nullptr);
}

TEST_CASE("candidates never have a gap, and what a block took is gone") {
    Random random;
    CAPTURE(random.seed);
    const node::PoolLimits limits{.txs_max = 60, .bytes_max = 60 * 110, .txs_per_sender_max = 16, .txs_reserved = 4};
    Pool pool(limits);
    std::map<vm::Address, std::uint64_t> nonces;
    for (int step = 0; step < 20'000; ++step) {
        const auto sender = person(static_cast<std::uint8_t>(random.below(8)));
        const bool is_operator = sender == person(0);
        const auto nonce = nonces[sender];
        if (random.below(10) < 8) {
            (void)pool.add(pending(sender, nonce + random.below(20), random.below(4)), {nonce, is_operator});
        } else if (random.one_in(4)) {
            nonces[sender] += random.below(3);
            pool.advance(sender, nonces[sender]);
        } else {
            node::BlockOrder order(pool.candidates(random.below(40)), 1'000'000);
            std::map<vm::Address, std::uint64_t> expected = nonces;
            bool operators_over = false;
            while (const auto tx = order.next()) {
                REQUIRE(tx->tx.nonce == expected[tx->sender]);
                operators_over = operators_over || tx->sender != person(0);
                REQUIRE((tx->sender != person(0) || !operators_over));
                if (random.one_in(20)) {
                    order.leave_sender();
                    pool.drop(*tx, "a test");
                    REQUIRE(pool.find(tx->hash) == nullptr);
                    REQUIRE(pool.drop_reason(tx->hash) == "a test");
                    continue;
                }
                ++expected[tx->sender];
                order.took(21'000);
            }
            for (const auto& [who, now] : expected) {
                nonces[who] = now;
                pool.advance(who, now);
            }
        }
        const auto counts = pool.counts();
        REQUIRE(counts.pending + counts.queued <= limits.txs_max + limits.txs_reserved);
        REQUIRE(pool.next_nonce(sender, nonces[sender]) >= nonces[sender]);
    }
}

}  // namespace
}  // namespace talea::tests
