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

using Why = node::PoolWhy::State;

TEST_CASE("a transaction says what it waits for: a block, a nonce, or nothing any more") {
    Pool pool;
    const auto operators = pending(person(9), 0), first = pending(person(1), 4), second = pending(person(1), 5),
               ahead = pending(person(1), 8), other = pending(person(2), 0);
    REQUIRE(pool.add(first, {4}).has_value());
    REQUIRE(pool.add(second, {4}).has_value());
    REQUIRE(pool.add(ahead, {4}).has_value());
    REQUIRE(pool.add(other, {}).has_value());
    REQUIRE(pool.add(operators, {0, true}).has_value());
    CHECK(pool.why(second->hash).state == Why::ready);
    CHECK(pool.why(second->hash).own_before == 1);
    CHECK(pool.why(second->hash).senders_before == 1);
    CHECK(pool.why(other->hash).senders_before == 2);
    CHECK(pool.why(operators->hash).senders_before == 0);
    CHECK(pool.why(ahead->hash).state == Why::behind_gap);
    CHECK(pool.why(ahead->hash).missing_nonce == 6);
    CHECK(pool.why(ahead->hash).sentence == "waits for the nonce 6 of its sender");
    pool.drop(*first, "a rule");
    CHECK(pool.why(first->hash).dropped == node::DropKind::invalid);
    CHECK(pool.why(second->hash).missing_nonce == 4);
    CHECK(pool.why({}).state == Why::unknown);
}

TEST_CASE("a revoked sender's transactions go at once, creations with DEPLOY, and a new operator comes first") {
    Pool pool;
    const auto create = [](const vm::Address& sender, std::uint64_t nonce) { return pending(sender, nonce); };
    const auto call = [](const vm::Address& sender, std::uint64_t nonce) -> node::PendingTransaction {
        auto tx = std::make_shared<vm::RecoveredTransaction>(*pending(sender, nonce));
        tx->tx.to = person(7);
        return tx;
    };
    std::vector<node::PendingTransaction> revoked{call(person(1), 0), call(person(1), 1), call(person(1), 9)};
    const auto kept = call(person(2), 0), lost = create(person(2), 1), behind = call(person(2), 2),
               promoted = call(person(3), 0);
    for (const auto& tx : revoked) REQUIRE(pool.add(tx, {}).has_value());
    for (const auto& tx : {kept, lost, behind, promoted}) REQUIRE(pool.add(tx, {}).has_value());
    const auto gone = pool.recheck([](const vm::Address& sender) {
        node::SenderJudgement judged;
        judged.may_transact = sender != person(1);
        judged.may_deploy = false;
        judged.facts.is_operator = sender == person(3);
        return judged;
    });
    CHECK(gone == 4);
    for (const auto& tx : revoked) CHECK(pool.why(tx->hash).dropped == node::DropKind::sender_not_permitted);
    CHECK(pool.why(lost->hash).dropped == node::DropKind::deploy_not_permitted);
    CHECK(pool.why(behind->hash).missing_nonce == 1);
    CHECK(order_of(pool, 1'000'000, 21'000) == std::vector{person(3), person(2)});
    CHECK(pool.recheck([](const vm::Address&) { return node::SenderJudgement{{1}}; }) == 2);  // used nonces
    CHECK(pool.counts().pending + pool.counts().queued == 1);
}

TEST_CASE("a flood by a permitted key does not delay the block that revokes it, and is gone after that block") {
    const node::PoolLimits limits{.txs_max = 4'000, .bytes_max = 4'000 * 110};
    Pool pool(limits);
    const auto flooder = person(1), administrator = person(9), customer = person(2);
    for (std::uint64_t nonce = 0; nonce < 1'100; ++nonce) (void)pool.add(pending(flooder, nonce), {});
    for (std::uint8_t helper = 20; helper < 24; ++helper)
        for (std::uint64_t nonce = 0; nonce < 1'100; ++nonce) (void)pool.add(pending(person(helper), nonce), {});
    REQUIRE(pool.add(pending(customer, 0), {}).has_value());
    const auto revocation = pending(administrator, 0);
    REQUIRE(pool.add(revocation, {0, true}).has_value());
    node::BlockOrder order(pool.candidates(8'192), 30'000'000);
    CHECK(order.next() == revocation);
    order.took(50'000);
    bool customer_served = false;
    for (int i = 0; i < 6; ++i) {
        customer_served = customer_served || order.next()->sender == customer;
        order.took(21'000);
    }
    CHECK(customer_served);
    pool.advance(administrator, 1);
    (void)pool.recheck([&](const vm::Address& sender) {
        node::SenderJudgement judged;
        judged.may_transact = sender == customer;
        return judged;
    });
    CHECK(order_of(pool, 30'000'000, 21'000) == std::vector{customer});
}

TEST_CASE("what waits behind a gap goes after its time, what does not stays") {
    Pool pool({.gap_wait_ms = 1'000});
    const auto ready = pending(person(1), 0), early = pending(person(1), 2), late = pending(person(1), 3);
    REQUIRE(pool.add(ready, {}, node::TxOrigin::peer, {0}).has_value());
    REQUIRE(pool.add(early, {}, node::TxOrigin::peer, {0}).has_value());
    REQUIRE(pool.add(late, {}, node::TxOrigin::client, {500}).has_value());
    CHECK(pool.expire({999}) == 0);
    CHECK(pool.expire({1'000}) == 1);
    CHECK(pool.why(early->hash).dropped == node::DropKind::expired);
    CHECK(pool.drop_reason(early->hash) == "waited too long for its sender's nonce 1");
    CHECK(pool.why(ready->hash).state == Why::ready);
    CHECK(pool.expire({1'500}) == 1);
    CHECK(pool.expire({100'000}) == 0);
}

TEST_CASE("one sender takes no more than its share of the memory") {
    Pool pool({.bytes_per_sender_max = 250});
    CHECK(pool.add(pending(person(1), 0, 100), {}).has_value());
    CHECK(pool.add(pending(person(1), 1), {}).has_value());
    CHECK(pool.add(pending(person(1), 2), {}).error() == PoolError::sender_limit);
    CHECK(pool.add(pending(person(2), 0), {}).has_value());
    auto larger = std::make_shared<vm::RecoveredTransaction>(*pending(person(1), 0, 200));
    larger->size_bytes = 141;
    CHECK(pool.add(larger, {}).error() == PoolError::sender_limit);
    larger->size_bytes = 140;
    CHECK(pool.add(larger, {}).has_value());
    pool.advance(person(1), 1);
    CHECK(pool.add(pending(person(1), 2), {}).has_value());
}

TEST_CASE("candidates never have a gap, and what a block took is gone") {
    Random random;
    CAPTURE(random.seed);
    const node::PoolLimits limits{.txs_max = 60,
                                  .bytes_max = 60 * 110,
                                  .txs_per_sender_max = 16,
                                  .txs_reserved = 4,
                                  .gap_wait_ms = 500,
                                  .report_changes = true};
    std::set<vm::Hash> present;  // by what the pool reports
    Pool pool(limits);
    std::map<vm::Address, std::uint64_t> nonces;
    for (int step = 0; step < 20'000; ++step) {
        const auto sender = person(static_cast<std::uint8_t>(random.below(8)));
        const bool is_operator = sender == person(0);
        const auto nonce = nonces[sender];
        if (random.below(10) < 8) {
            (void)pool.add(pending(sender, nonce + random.below(20), random.below(4)), {nonce, is_operator},
                           node::TxOrigin::peer, {static_cast<std::uint64_t>(step)});
        } else if (random.one_in(6)) {
            (void)pool.expire({static_cast<std::uint64_t>(step)});
        } else if (random.one_in(6)) {
            const auto revoked = person(static_cast<std::uint8_t>(random.below(8)));
            (void)pool.recheck([&](const vm::Address& who) {
                return node::SenderJudgement{{nonces[who], who == person(0)}, who != revoked, random.one_in(2)};
            });
            REQUIRE(pool.next_nonce(revoked, nonces[revoked]) == nonces[revoked]);
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
        for (const auto& change : pool.take_changes()) {
            if (change.added)
                REQUIRE(present.insert(change.tx->hash).second);
            else
                REQUIRE(present.erase(change.tx->hash) == 1);
        }
        REQUIRE(present.size() == counts.pending + counts.queued);
        if (!present.empty()) {
            const auto why = pool.why(*present.begin());
            REQUIRE((why.state == Why::ready || why.state == Why::behind_gap));
        }
        REQUIRE(pool.next_nonce(sender, nonces[sender]) >= nonces[sender]);
    }
}

}  // namespace
}  // namespace talea::tests
