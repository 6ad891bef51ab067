#include "node/core/body_fetch.hpp"

#include "unit/node/core/core_network.hpp"

namespace talea::tests {
namespace {

using core::transaction;
using node::BodyFetch;
using node::Instant;
namespace wire = node::wire;

const vm::Address proposer = vm::low_address(1), other = vm::low_address(2);
const std::set<vm::Address> connected{proposer, other};

struct Fixture {
    node::Pool pool;
    BodyFetch fetch{pool, {}, {}};
    std::vector<node::PendingTransaction> transactions{transaction(0), transaction(1), transaction(2)};
    vm::Header header;
    node::FetchBlock order;

    Fixture() {
        node::FinalBlock parent;
        header = core::make_header(parent, proposer, {5}, {proposer}, transactions);
        order = {header.number, vm::header_hash(header), header, std::vector<vm::Hash>{}, {proposer}};
        for (const auto& tx : transactions) order.transactions->push_back(tx->hash);
    }
    [[nodiscard]] wire::Blocks block(std::uint64_t request) const {
        wire::EncodedBlock made{vm::encode_header(header), {}};
        for (const auto& tx : transactions) made.transactions.push_back(vm::encode_transaction(tx->tx));
        return {request, {made}};
    }
};

bool is_whole(const BodyFetch::Actions& actions) {
    return std::ranges::any_of(actions, [](const auto& a) { return std::holds_alternative<BodyFetch::Whole>(a); });
}
const BodyFetch::Ask* asked(const BodyFetch::Actions& actions) {
    for (const auto& action : actions)
        if (const auto* ask = std::get_if<BodyFetch::Ask>(&action)) return ask;
    return nullptr;
}

TEST_CASE("a block of pending transactions is whole at once; what is missing is asked for by its hash alone") {
    Fixture f;
    for (std::size_t i = 0; i < 2; ++i) REQUIRE(f.pool.add(f.transactions[i], {0, false}).has_value());
    const auto actions = f.fetch.order(f.order, connected, {0});
    REQUIRE(actions.size() == 1);
    const auto* need = std::get_if<BodyFetch::Need>(&actions.front());
    REQUIRE(need != nullptr);
    CHECK(need->hashes == std::vector{f.transactions[2]->hash});
    CHECK(need->sources == std::vector{proposer});
    CHECK(f.fetch.find(f.order.hash) == nullptr);
    CHECK(is_whole(f.fetch.came(f.transactions[2])));
    CHECK(f.fetch.find(f.order.hash)->transactions.size() == 3);
    CHECK(is_whole(f.fetch.order(f.order, connected, {1})));
    CHECK_FALSE(f.fetch.timer().has_value());
    f.fetch.left(f.header.number);
    CHECK(f.fetch.find(f.order.hash) == nullptr);
}

TEST_CASE("other transactions than the header names make no block; the right ones are fetched from a holder") {
    Fixture f;
    for (const auto& tx : f.transactions) REQUIRE(f.pool.add(tx, {0, false}).has_value());
    std::swap((*f.order.transactions)[0], (*f.order.transactions)[1]);
    const auto actions = f.fetch.order(f.order, connected, {0});
    CHECK_FALSE(is_whole(actions));
    const auto* ask = asked(actions);
    REQUIRE(ask != nullptr);
    // Asked again by consensus, the lie is not believed either.
    CHECK_FALSE(is_whole(f.fetch.order(f.order, connected, {1})));
    BodyFetch::Actions after;
    CHECK(f.fetch.received(ask->to, f.block(ask->request.request), after) == BodyFetch::Answer::fine);
    CHECK(is_whole(after));
    CHECK(f.fetch.find(f.order.hash)->transactions[0].hash == f.transactions[0]->hash);
}

TEST_CASE("holders are asked one after the other, and whoever answers with another block lies") {
    Fixture f;
    f.order.transactions.reset();
    f.order.from = {proposer, other};
    const auto first = f.fetch.order(f.order, connected, {0});
    REQUIRE(asked(first) != nullptr);
    CHECK(asked(first)->to == proposer);
    REQUIRE(f.fetch.timer().has_value());
    CHECK(f.fetch.tick(connected, {f.fetch.timer()->ms - 1}).empty());
    const auto second = f.fetch.tick(connected, *f.fetch.timer());
    REQUIRE(asked(second) != nullptr);
    CHECK(asked(second)->to == other);
    BodyFetch::Actions after;
    auto wrong = f.block(asked(second)->request.request);
    wrong.blocks[0].transactions.pop_back();
    CHECK(f.fetch.received(other, wrong, after) == BodyFetch::Answer::lie);
    CHECK(f.fetch.received(other, {asked(first)->request.request, {}}, after) == BodyFetch::Answer::unasked);
    // Nothing is no lie, and the late answer of the first is as good.
    CHECK(f.fetch.received(proposer, f.block(asked(first)->request.request), after) == BodyFetch::Answer::fine);
    CHECK(is_whole(after));
    CHECK(f.fetch.received(proposer, {~0ULL, {}}, after) == BodyFetch::Answer::unasked);
}

TEST_CASE("where no holder is connected, whoever is gets asked") {
    Fixture f;
    f.order.transactions.reset();
    f.order.from = {vm::low_address(9)};
    const auto actions = f.fetch.order(f.order, {other}, {0});
    REQUIRE(asked(actions) != nullptr);
    CHECK(asked(actions)->to == other);
    CHECK(f.fetch.order(f.order, {}, {500}).empty());
}

TEST_CASE("a body that the journal kept is whole without asking anybody, however often it is forgotten") {
    Fixture f;
    auto body = std::make_shared<vm::RecoveredBlock>();
    body->header = f.header;
    for (const auto& tx : f.transactions) body->transactions.push_back(*tx);
    BodyFetch fetch(f.pool, {{f.order.hash, body}}, {});
    f.order.transactions.reset();
    for (int i = 0; i < 2; ++i) {
        CHECK(is_whole(fetch.order(f.order, connected, {0})));
        fetch.forget(f.order.hash);
        CHECK(fetch.find(f.order.hash) == nullptr);
    }
}

}  // namespace
}  // namespace talea::tests
