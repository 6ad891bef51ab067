#include "node/chain/peers.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "node/chain/chain.hpp"
#include "node/chain/genesis_record.hpp"
#include "unit/node/consensus/memory_journal.hpp"
#include "unit/node/genesis.hpp"
#include "unit/node/keys.hpp"
#include "unit/node/storage/forgetful_env.hpp"
#include "vm/base/hex.hpp"
#include "vm/rlp/decode.hpp"
#include "vm/rlp/encode.hpp"

/// Whole nodes of one process, each with its threads, journal and database; only the wires are memory.
namespace talea::tests {
namespace {

using namespace std::chrono_literals;
using node::Chain;

constexpr std::size_t validators = 4, nodes = 5;  // the last one is admitted, and follows
constexpr std::uint64_t client = 100;

vm::Genesis make_genesis() {
    auto source = open_chain(key(1));
    source.talea.validators = addresses(keys(validators));
    source.nodes = {vm::public_key_of(key(nodes))};
    return resolve(source);
}

/// The frame as a later release would write it: of the version after ours, with a field that we do not know.
node::NodeCore::Frame of_later_release(const vm::Bytes& frame) {
    constexpr auto header_bytes = node::wire::frame_header_bytes;
    const auto fields = vm::rlp::decode(vm::BytesView(frame).subspan(header_bytes));
    REQUIRE(fields.has_value());
    const vm::Bytes one_more{0x83, 1, 2, 3};
    vm::Bytes made(frame.begin(), frame.begin() + header_bytes);
    ++made[5];
    vm::rlp::encode_list_header(made, fields->payload.size() + one_more.size());
    vm::append(made, fields->payload);
    vm::append(made, one_more);
    const auto payload_bytes = static_cast<std::uint32_t>(made.size() - header_bytes);
    for (std::size_t i = 0; i < 4; ++i) made[i] = static_cast<std::uint8_t>(payload_bytes >> (24 - 8 * i));
    return std::make_shared<const vm::Bytes>(std::move(made));
}

node::NodeCore::Frame frame_of_unknown_type() {
    return std::make_shared<const vm::Bytes>(vm::Bytes{0, 0, 0, 2, 0x63, 1, 0xc1, 1});
}
constexpr std::uint8_t status_type = 1;

/// Connects whoever is dialled and runs, and carries frames at once and in order.
class Wires {
  public:
    class End final : public node::Peers {
      public:
        End(Wires& wires, const vm::Address& own) : wires_(wires), own_(own) {}
        void send(const std::vector<vm::Address>& to, node::NodeCore::Frame frame) override {
            const std::lock_guard lock(wires_.mutex_);
            const bool is_later = wires_.later_.contains(own_);
            if (is_later) frame = of_later_release(*frame);
            for (const auto& peer : to) {
                if (!wires_.links_.contains(ordered(own_, peer))) continue;
                // Nothing here comes near what may wait, so nobody is told to.
                CHECK(wires_.running_.at(peer)->received(own_, frame));
                if (is_later && (*frame)[4] == status_type)
                    CHECK(wires_.running_.at(peer)->received(own_, frame_of_unknown_type()));
            }
        }
        void disconnect(const vm::Address& peer) override {
            const std::lock_guard lock(wires_.mutex_);
            wires_.cut(own_, peer);
        }
        void pause(const vm::Address&, node::Instant) override {}
        void read_on(const vm::Address&) override {}
        void dial(const std::vector<vm::Address>& peers) override {
            const std::lock_guard lock(wires_.mutex_);
            wires_.dialled_[own_] = {peers.begin(), peers.end()};
            wires_.connect();
        }

      private:
        Wires& wires_;
        vm::Address own_;
    };

    void start(const vm::Address& address, Chain& chain) {
        {
            const std::lock_guard lock(mutex_);
            ends_[address] = std::make_unique<End>(*this, address);
            running_[address] = &chain;
        }
        chain.start(ends_.at(address).get());
        const std::lock_guard lock(mutex_);
        connect();
    }
    void stop(const vm::Address& address, Chain& chain) {
        {
            const std::lock_guard lock(mutex_);
            const auto links = links_;
            for (const auto& [a, b] : links)
                if (a == address || b == address) cut(a, b);
            running_.erase(address);
            dialled_.erase(address);
        }
        chain.stop();
    }

    /// Before it starts.
    void is_of_later_release(const vm::Address& address) { later_.insert(address); }

  private:
    using Link = std::pair<vm::Address, vm::Address>;
    static Link ordered(const vm::Address& a, const vm::Address& b) { return a < b ? Link(a, b) : Link(b, a); }
    void connect() {
        for (const auto& [from, wanted] : dialled_)
            for (const auto& to : wanted) {
                if (!running_.contains(from) || !running_.contains(to) || !links_.insert(ordered(from, to)).second)
                    continue;
                running_.at(from)->connected(to, true);
                running_.at(to)->connected(from, false);
            }
    }
    void cut(const vm::Address& a, const vm::Address& b) {
        if (links_.erase(ordered(a, b)) == 0) return;
        if (running_.contains(a)) running_.at(a)->gone(b);
        if (running_.contains(b)) running_.at(b)->gone(a);
    }

    std::mutex mutex_;
    std::map<vm::Address, std::unique_ptr<End>> ends_;
    std::map<vm::Address, Chain*> running_;
    std::map<vm::Address, std::set<vm::Address>> dialled_;
    std::set<Link> links_;
    std::set<vm::Address> later_;
};

/// A machine: what outlives its process.
struct Machine {
    vm::PrivateKey own;
    ForgetfulEnv env;
    std::shared_ptr<MemoryJournal> journal = std::make_shared<MemoryJournal>();
    std::unique_ptr<Chain> chain;
    [[nodiscard]] vm::Address address() const { return vm::address_of(own); }
};

struct Net {
    vm::Genesis genesis = make_genesis();
    Wires wires;
    std::vector<Machine> machines{nodes};
    std::uint64_t nonce = 0;

    Net() {
        for (std::size_t i = 0; i < nodes; ++i) machines[i].own = key(i + 1);
    }
    ~Net() {
        for (std::size_t i = 0; i < nodes; ++i) stop(i);
    }
    Net(const Net&) = delete;
    Net& operator=(const Net&) = delete;

    void start(std::size_t at, const std::function<void(const Chain&)>& opened = {}) {
        auto& machine = machines[at];
        node::ChainOptions options;
        options.database_path = "db";
        options.database.env = &machine.env;
        if (at < validators) {
            options.validator = std::make_shared<node::KeySigner>(machine.own);
            options.journal = machine.journal;
        } else {
            options.node = machine.address();
        }
        auto chain = Chain::open(genesis, std::move(options));
        REQUIRE(chain.has_value());
        machine.chain = std::move(*chain);
        if (opened) opened(*machine.chain);
        wires.start(machine.address(), *machine.chain);
    }
    void stop(std::size_t at) {
        if (!machines[at].chain) return;
        wires.stop(machines[at].address(), *machines[at].chain);
        machines[at].chain.reset();
    }
    vm::Hash submit(std::size_t at) {
        vm::Transaction tx;
        tx.type = vm::TxType::dynamic_fee;
        tx.chain_id = 77;
        tx.nonce = nonce++;
        tx.gas_limit = 21'000;
        tx.to = vm::low_address(0xb0b);
        vm::sign_transaction(tx, key(client));
        const auto hash = machines[at].chain->submit(vm::encode_transaction(tx));
        REQUIRE_MESSAGE(hash.has_value(), (hash ? "" : to_string(hash.error())));
        return *hash;
    }
    [[nodiscard]] bool has(std::size_t at, const vm::Hash& transaction) const {
        return machines[at].chain->head()->blocks().find(transaction).has_value();
    }
    /// Wherever a node runs.
    [[nodiscard]] bool becomes_final(const vm::Hash& transaction) const {
        for (std::size_t i = 0; i < nodes; ++i) {
            if (!machines[i].chain) continue;
            for (int tries = 0; tries < 3'000 && !has(i, transaction); ++tries) std::this_thread::sleep_for(10ms);
            if (!has(i, transaction)) return false;
        }
        return true;
    }
    /// The validators run, and make `count` transactions final; the last of them.
    vm::Hash make_blocks(int count) {
        for (std::size_t i = 0; i < validators; ++i) start(i);
        vm::Hash last;
        for (int i = 0; i < count; ++i) {
            last = submit(0);
            CHECK(becomes_final(last));
        }
        return last;
    }
};

TEST_CASE("four validators and a node that follows agree over connections, though one is stopped and comes back") {
    Net net;
    for (std::size_t i = 0; i < nodes; ++i) net.start(i);
    CHECK(net.becomes_final(net.submit(0)));
    CHECK(net.becomes_final(net.submit(1)));
    CHECK_MESSAGE(net.becomes_final(net.submit(4)), "handed in at the node that follows");
    net.stop(2);
    vm::Hash last;
    for (int i = 0; i < 20; ++i) {
        last = net.submit(static_cast<std::size_t>(i % 2));
        CHECK(net.becomes_final(last));
    }
    net.start(2);
    CHECK_MESSAGE(net.becomes_final(last), "what it missed it gets from the others");
    CHECK(net.becomes_final(net.submit(2)));
    const auto why = net.machines[2].chain->why();
    REQUIRE(why.has_value());
    CHECK(why->peers.size() == nodes - 1);
    CHECK(why->consensus.validators.size() == validators);
    CHECK(why->consensus.signs);
    // The same chain everywhere, up to the block that holds the last.
    const auto number = net.machines[0].chain->head()->blocks().find(last)->block;
    const auto hash = net.machines[0].chain->head()->blocks().hash(number);
    for (const auto& machine : net.machines) CHECK(machine.chain->head()->blocks().hash(number) == hash);
    net.stop(2);
    CHECK_FALSE(net.machines[2].chain);
}

TEST_CASE("a network goes on in which two validators speak the next version of the wire, and so does who joins it") {
    Net net;
    for (const std::size_t i : {1U, 2U}) net.wires.is_of_later_release(net.machines[i].address());
    for (std::size_t i = 0; i < validators; ++i) net.start(i);
    for (std::size_t i = 0; i < 20; ++i) CHECK(net.becomes_final(net.submit(i % validators)));
    // Without one of those that speak ours, no block comes but by both of the others.
    net.stop(0);
    vm::Hash last;
    for (std::size_t i = 0; i < 5; ++i) {
        last = net.submit(1 + i % 3);
        CHECK(net.becomes_final(last));
    }
    net.stop(3);
    net.start(0);
    net.start(validators);
    CHECK_MESSAGE(net.becomes_final(last), "who joins is served by those of the later release");
    CHECK(net.becomes_final(net.submit(validators)));
}

TEST_CASE("a node that comes anew follows a chain of many blocks from its first one") {
    Net net;
    const auto last = net.make_blocks(100);
    net.start(validators);
    CHECK(net.becomes_final(last));
}

TEST_CASE("what a node shows while it catches up is there after a crash at any moment of that") {
    Net net;
    const auto last = net.make_blocks(200);
    struct Crash {
        std::unique_ptr<ForgetfulEnv> env;
        vm::BlockNumber shown;
    };
    Random random;
    CAPTURE(random.seed);
    std::mutex mutex;
    std::vector<Crash> crashes;
    std::atomic<const Chain*> joiner = nullptr;
    auto& machine = net.machines[validators];
    machine.env.before_operation = [&](std::uint64_t) {
        const auto* chain = joiner.load();
        if (chain == nullptr) return;
        // Asked before: more may become durable meanwhile.
        const auto shown = chain->head()->number();
        const std::lock_guard lock(mutex);
        crashes.push_back({machine.env.crashed(random), shown});
    };
    net.start(validators, [&](const Chain& chain) { joiner = &chain; });
    CHECK(net.becomes_final(last));
    const auto head = machine.chain->head()->number();
    net.stop(validators);
    joiner = nullptr;
    // All but the last ones came in batches: each by itself takes two appends and a sync.
    CHECK(crashes.size() < 400);
    CHECK(std::ranges::any_of(crashes, [](const auto& crash) { return crash.shown.value > 0; }));
    for (auto& crash : crashes) {
        node::LevelDbOptions options;
        options.env = crash.env.get();
        const auto left = node::Database::open("db", node::genesis_record(net.genesis), options);
        REQUIRE(left.has_value());
        CHECK((*left)->head() >= crash.shown);
        CHECK((*left)->head() <= head);
    }
}

}  // namespace
}  // namespace talea::tests
