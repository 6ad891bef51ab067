#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "node/core/node_core.hpp"
#include "node/core/serving.hpp"
#include "unit/node/keys.hpp"
#include "vm/base/check.hpp"
#include "vm/chain/header_rules.hpp"
#include "vm/crypto/keccak.hpp"

/// A small network of whole node machines in virtual time, for unit tests: frames go as bytes over links of 1 ms,
/// journals sync in 2 ms, every block is valid and takes no time. Faults by seed are tests/sim's.
namespace talea::tests::core {

using node::Instant;
using node::NodeCore;

inline const vm::PrivateKey client = key(200);

/// A transaction of the client, of about `size` bytes.
inline node::PendingTransaction transaction(std::uint64_t nonce, std::size_t size = 0) {
    vm::Transaction tx;
    tx.type = vm::TxType::dynamic_fee;
    tx.chain_id = 1;
    tx.nonce = nonce;
    tx.to = vm::low_address(1);
    tx.data = vm::Bytes(size, 0x5a);
    vm::sign_transaction(tx, client);
    auto recovered = vm::recover(std::move(tx));
    REQUIRE(recovered.has_value());
    return std::make_shared<const vm::RecoveredTransaction>(std::move(*recovered));
}

inline vm::Header make_header(const node::FinalBlock& parent, const vm::Address& beneficiary, vm::Timestamp time,
                              const std::vector<vm::Address>& next_validators,
                              const std::vector<node::PendingTransaction>& transactions) {
    vm::Header header;
    vm::fill_qbft_constants(header, vm::Fork::osaka);
    header.base_fee_per_gas = vm::u256{};
    header.number = vm::next(parent.header.number);
    header.parent_hash = parent.hash;
    header.beneficiary = beneficiary;
    header.timestamp = time;
    header.extra_data = vm::to_bytes(vm::view(vm::validators_hash(next_validators)));
    std::vector<vm::Transaction> plain;
    for (const auto& tx : transactions) plain.push_back(tx->tx);
    header.transactions_root = vm::transactions_root(plain);
    return header;
}

/// One node: its machine, and a driver that has no faults.
struct Node {
    vm::PrivateKey key;
    std::unique_ptr<node::KeySigner> signer;
    std::unique_ptr<node::Pool> pool;
    std::unique_ptr<NodeCore> machine;
    node::FinalBlock head;
    bool votes = false;
    std::map<vm::Hash, node::BodyPtr> candidates;
    struct Final {
        vm::Hash hash;
        node::wire::CertifiedHeader header;
        node::wire::EncodedBlock block;
    };
    std::vector<Final> chain;  ///< number n at index n - 1
    std::size_t shown = 0;     ///< blocks of `chain` that peers can have: others are not durable yet
    std::optional<Instant> timer;
    std::set<std::size_t> links;

    // What happened.
    std::map<std::uint8_t, int> sent;  ///< frames by type, one a receiver
    std::map<vm::Address, node::wire::Refusal> refused;
    std::vector<node::Misdeed> misdeeds;
    std::vector<std::string> halts;
    std::vector<std::string> refusals;
    std::map<node::NoticeKind, int> notices;
    std::vector<vm::Address> dials;
    int executed = 0;
    int checkpoints = 0;  ///< learned from others

    [[nodiscard]] vm::Address address() const { return vm::address_of(key); }
    [[nodiscard]] std::uint64_t number() const { return head.header.number.value; }
};

class Network {
  public:
    /// The first `validating` of `count` nodes are validators; all are admitted.
    Network(std::size_t count, std::size_t validating) {
        const auto with = keys(count);
        for (std::size_t i = 0; i < validating; ++i) set_.push_back(vm::address_of(with[i]));
        std::ranges::sort(set_);
        vm::Header genesis;
        vm::fill_qbft_constants(genesis, vm::Fork::osaka);
        genesis.base_fee_per_gas = vm::u256{};
        genesis.extra_data = vm::to_bytes(vm::view(vm::validators_hash(set_)));
        for (const auto& k : with) {
            auto& added = nodes.emplace_back();
            added.key = k;
            added.signer = std::make_unique<node::KeySigner>(k);
            added.votes = std::ranges::binary_search(set_, added.address());
            added.head.header = genesis;
            added.head.hash = vm::header_hash(genesis);
            added.head.next_validators = set_;
            admitted.push_back(added.address());
        }
        genesis_hash_ = nodes.front().head.hash;
    }

    std::vector<Node> nodes;
    vm::RecoveryKeys recovery;
    std::vector<vm::Address> admitted;  ///< what the registry says from the next block on
    /// Whether a frame is lost.
    std::function<bool(std::size_t from, std::size_t to, const vm::Bytes& frame)> lose;

    [[nodiscard]] Instant time() const { return now_; }
    [[nodiscard]] const vm::Hash& genesis_hash() const { return genesis_hash_; }

    void start(std::size_t at) {
        auto& n = nodes[at];
        node::PoolLimits limits;
        limits.report_changes = true;
        n.pool = std::make_unique<node::Pool>(limits);
        node::CoreOptions options;
        options.consensus.genesis_hash = genesis_hash_;
        options.consensus.signer = n.votes ? n.signer.get() : nullptr;
        options.own = n.address();
        options.head = n.head;
        options.nodes = admitted;
        options.recovery = recovery;
        if (!n.chain.empty()) options.head_certificate = n.chain.back().header.certificate;
        n.machine = std::make_unique<NodeCore>(std::move(options), *n.pool);
        perform(at, n.machine->start(now(n)));
    }
    void start_all() {
        for (std::size_t i = 0; i < nodes.size(); ++i) start(i);
    }
    void connect(std::size_t a, std::size_t b) {
        nodes[a].links.insert(b);
        nodes[b].links.insert(a);
        give(a, NodeCore::Connected{nodes[b].address(), true});
        if (nodes[a].links.contains(b)) give(b, NodeCore::Connected{nodes[a].address(), false});
    }
    void disconnect(std::size_t a, std::size_t b) {
        if (nodes[a].links.erase(b) != 0) give(a, NodeCore::Gone{nodes[b].address()});
        if (nodes[b].links.erase(a) != 0) give(b, NodeCore::Gone{nodes[a].address()});
    }
    void connect_all() {
        for (std::size_t a = 0; a < nodes.size(); ++a)
            for (std::size_t b = a + 1; b < nodes.size(); ++b) connect(a, b);
    }
    /// A client hands one in.
    void submit(std::size_t at, const node::PendingTransaction& tx) {
        REQUIRE(nodes[at].pool->add(tx, {nonce_, false}, node::TxOrigin::client, now_).has_value());
        give(at, NodeCore::PoolChanged{});
    }
    void give(std::size_t at, const NodeCore::Event& event) {
        if (nodes[at].machine) perform(at, nodes[at].machine->step(event, now(nodes[at])));
    }
    void say(std::size_t from, std::size_t to, const node::wire::Message& message) {
        give(to, NodeCore::FrameReceived{nodes[from].address(), frame(message)});
    }
    [[nodiscard]] static NodeCore::Frame frame(const node::wire::Message& message) {
        return std::make_shared<const vm::Bytes>(node::wire::encode_frame(message));
    }
    void run_for(std::uint64_t ms) {
        const auto end = node::after(now_, ms);
        while (true) {
            std::optional<Instant> next;
            if (!due_.empty()) next = due_.begin()->first;
            for (const auto& n : nodes)
                if (n.machine && n.timer && (!next || *n.timer < *next)) next = n.timer;
            if (!next || *next > end) break;
            now_ = std::max(now_, *next);
            while (!due_.empty() && due_.begin()->first <= now_) {
                const auto what = std::move(due_.begin()->second);
                due_.erase(due_.begin());
                what();
            }
            for (std::size_t i = 0; i < nodes.size(); ++i) {
                if (!nodes[i].machine || !nodes[i].timer || *nodes[i].timer > now_) continue;
                nodes[i].timer.reset();
                give(i, node::TimerExpired{});
            }
        }
        now_ = end;
    }
    /// The first `count` nodes run, are linked, and have had time for block 1.
    void start_first(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) start(i);
        for (std::size_t a = 0; a < count; ++a)
            for (std::size_t b = a + 1; b < count; ++b) connect(a, b);
        run_for(2'000);
    }
    [[nodiscard]] int total(std::uint8_t type) const {
        int count = 0;
        for (const auto& n : nodes)
            if (const auto sent = n.sent.find(type); sent != n.sent.end()) count += sent->second;
        return count;
    }
    void forget_counts() {
        for (auto& n : nodes) n.sent.clear();
    }
    [[nodiscard]] std::size_t index_of(const vm::Address& address) const {
        const auto found = std::ranges::find(nodes, address, &Node::address);
        return static_cast<std::size_t>(found - nodes.begin());
    }

  private:
    [[nodiscard]] node::Now now(const Node&) const { return {now_, {1'000'000 + now_.ms / 1000}}; }
    void later(std::uint64_t ms, std::function<void()> what) { due_.emplace(node::after(now_, ms), std::move(what)); }

    void perform(std::size_t at, const NodeCore::Actions& actions) {
        for (const auto& action : actions) std::visit([&](const auto& order) { act(at, order); }, action);
    }
    void act(std::size_t at, const NodeCore::Send& order) {
        for (const auto& to : order.to) {
            ++nodes[at].sent[(*order.frame)[4]];
            const auto peer = index_of(to);
            if (!nodes[at].links.contains(peer) || (lose && lose(at, peer, *order.frame))) continue;
            later(1, [this, at, peer, frame = order.frame] {
                if (nodes[peer].links.contains(at)) give(peer, NodeCore::FrameReceived{nodes[at].address(), frame});
            });
        }
    }
    void act(std::size_t at, const NodeCore::Disconnect& order) {
        const auto peer = index_of(order.peer);
        if (order.reason) nodes[at].refused[order.peer] = *order.reason;
        later(2, [this, at, peer] { disconnect(at, peer); });
    }
    void act(std::size_t, const NodeCore::Pause&) {}
    void act(std::size_t at, const NodeCore::Dial& order) { nodes[at].dials = order.peers; }
    void act(std::size_t at, const NodeCore::TakeTransactions& order) {
        NodeCore::TransactionsTaken taken{order.from, {}};
        for (const auto& encoded : order.encoded) {
            NodeCore::Taken one{vm::keccak256(encoded), NodeCore::Intake::malformed, nullptr};
            if (auto decoded = vm::decode_transaction(encoded)) {
                one.intake = NodeCore::Intake::bad_signature;
                if (auto recovered = vm::recover(std::move(*decoded))) {
                    one.transaction = std::make_shared<const vm::RecoveredTransaction>(std::move(*recovered));
                    const auto added =
                        nodes[at].pool->add(one.transaction, {nonce_, false}, node::TxOrigin::peer, now_);
                    one.intake = added ? NodeCore::Intake::taken : NodeCore::Intake::refused;
                }
            }
            taken.transactions.push_back(std::move(one));
        }
        later(0, [this, at, taken] { give(at, taken); });
    }
    void act(std::size_t at, const NodeCore::Execute& order) {
        nodes[at].candidates[order.hash] = order.body;
        ++nodes[at].executed;
        later(0, [this, at, order] { give(at, node::Executed{order.number, order.hash, facts()}); });
    }
    void act(std::size_t at, const NodeCore::Import& order) {
        vm::RecoveredBlock body{order.block.header, {}};
        for (const auto& tx : order.transactions) body.transactions.push_back(*vm::recover(tx));
        nodes[at].candidates[order.block.hash] = std::make_shared<const vm::RecoveredBlock>(std::move(body));
        apply(at, order.block.hash, order.block.certificate, order.more_follow);
    }
    void act(std::size_t at, const NodeCore::ServeHeaders& order) {
        const auto& chain = nodes[at].chain;
        const auto read = [&](vm::BlockNumber number) -> std::optional<node::wire::CertifiedHeader> {
            if (number.value == 0 || number.value > nodes[at].shown) return std::nullopt;
            return chain[number.value - 1].header;
        };
        reply(at, order.to, node::answer(order.request, read));
    }
    void act(std::size_t at, const NodeCore::ServeBlocks& order) {
        const auto read = [&](const vm::Hash& hash) -> std::optional<node::wire::EncodedBlock> {
            for (const auto& block : std::span(nodes[at].chain).first(nodes[at].shown))
                if (block.hash == hash) return block.block;
            const auto candidate = nodes[at].candidates.find(hash);
            if (candidate == nodes[at].candidates.end()) return std::nullopt;
            return encoded(*candidate->second);
        };
        reply(at, order.to, node::answer(order.request, read));
    }
    void reply(std::size_t at, const vm::Address& to, const node::wire::Message& message) {
        act(at, NodeCore::Send{{to}, frame(message)});
    }
    void act(std::size_t, const NodeCore::KeepTransactions&) {}
    void act(std::size_t at, const NodeCore::StoreCheckpoint& order) {
        ++nodes[at].checkpoints;
        later(0, [this, at, order] { give(at, node::CheckpointStored{order.checkpoint, false}); });
    }
    void act(std::size_t at, const NodeCore::CheckpointRefused& order) { nodes[at].refusals.push_back(order.sentence); }
    void act(std::size_t at, const NodeCore::Blamed& order) { nodes[at].misdeeds.push_back(order.misdeed); }
    void act(std::size_t, const NodeCore::RefusedBy&) {}
    void act(std::size_t at, const node::Persist& order) {
        later(2, [this, at, token = order.token] { give(at, node::Persisted{token}); });
    }
    void act(std::size_t at, const node::KeepBody& order) { REQUIRE(nodes[at].candidates.contains(order.hash)); }
    void act(std::size_t, const node::DropJournal&) {}
    void act(std::size_t at, const node::SetTimer& order) { nodes[at].timer = order.at; }
    void act(std::size_t at, const node::Build& order) {
        auto& n = nodes[at];
        REQUIRE(order.number == vm::next(n.head.header.number));
        std::vector<node::PendingTransaction> transactions;
        for (const auto& queue : n.pool->candidates(100))
            transactions.insert(transactions.end(), queue.txs.begin(), queue.txs.end());
        if (transactions.empty() && !order.even_empty) {
            later(0, [this, at, order] { give(at, node::NothingToBuild{order.number, order.round}); });
            return;
        }
        const auto time = std::max(now(n).clock, n.head.header.timestamp);
        auto body = std::make_shared<vm::RecoveredBlock>();
        body->header = make_header(n.head, n.address(), time, set_, transactions);
        node::Built built{order.round, body->header, {}, facts()};
        for (const auto& tx : transactions) {
            body->transactions.push_back(*tx);
            built.transactions.push_back(tx->hash);
        }
        n.candidates[vm::header_hash(body->header)] = std::move(body);
        later(0, [this, at, built] { give(at, built); });
    }
    void act(std::size_t at, const node::Finalise& order) { apply(at, order.hash, order.certificate, false); }
    void act(std::size_t at, const node::Forget& order) { nodes[at].candidates.erase(order.hash); }
    void act(std::size_t at, const node::Notice& order) {
        ++nodes[at].notices[order.kind];
        if (order.kind == node::NoticeKind::message_refused) nodes[at].refusals.push_back(order.detail);
    }
    void act(std::size_t at, const node::Halt& order) { nodes[at].halts.push_back(order.sentence); }

    [[nodiscard]] node::ExecutedBlockFacts facts() const { return {set_, false, 0}; }
    [[nodiscard]] static node::wire::EncodedBlock encoded(const vm::RecoveredBlock& block) {
        node::wire::EncodedBlock made{vm::encode_header(block.header), {}};
        for (const auto& tx : block.transactions) made.transactions.push_back(vm::encode_transaction(tx.tx));
        return made;
    }
    void apply(std::size_t at, const vm::Hash& hash, const node::Certificate& certificate, bool may_wait) {
        auto& n = nodes[at];
        REQUIRE(n.candidates.contains(hash));
        const auto body = n.candidates.at(hash);
        REQUIRE(body->header.parent_hash == n.head.hash);
        auto proof =
            node::wire::CertifiedHeader{vm::encode_header(body->header), node::encode_certificate(certificate)};
        n.chain.push_back({hash, std::move(proof), encoded(*body)});
        n.head.validators = n.head.next_validators;
        n.head.header = body->header;
        n.head.hash = hash;
        n.candidates.clear();
        for (const auto& tx : body->transactions) {
            nonce_ = std::max(nonce_, tx.tx.nonce + 1);
            n.pool->advance(tx.sender, tx.tx.nonce + 1);
        }
        later(0, [this, at, block = n.head] { give(at, NodeCore::Applied{block, admitted}); });
        later(may_wait ? wait_ms : 0, [this, at] {
            auto& shows = nodes[at];
            if (shows.shown == shows.chain.size()) return;
            shows.shown = shows.chain.size();
            give(at, node::BlockSynced{shows.head.header.number});
        });
    }

    static constexpr std::uint64_t wait_ms = 100;  ///< until a block is durable that may wait for others

    vm::Hash genesis_hash_;
    std::vector<vm::Address> set_;
    Instant now_{1'000};
    std::multimap<Instant, std::function<void()>> due_;
    std::uint64_t nonce_ = 0;  ///< of the client, where the chain is longest
};

}  // namespace talea::tests::core
