#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/consensus/certificate.hpp"
#include "node/consensus/proposer.hpp"
#include "node/consensus/step.hpp"
#include "node/consensus/verifier.hpp"
#include "unit/node/keys.hpp"

/// A small network of consensus machines in virtual time, for unit tests: links of 1 ms, journals that sync in 2 ms,
/// blocks that "execute" in nothing. Whole networks with faults by seed are tests/sim's.
namespace talea::tests::qbft {

using node::Consensus;
using node::Instant;
using node::NoticeKind;

inline const vm::Hash genesis_hash{{0x11}};

inline node::FinalBlock genesis(std::vector<vm::Address> validators) {
    node::FinalBlock block;
    block.header.number = {0};
    block.hash = genesis_hash;
    block.next_validators = std::move(validators);
    return block;
}

/// A block of the tests' chain; `salt` makes another one.
inline vm::Header make_header(const node::FinalBlock& parent, const vm::Address& beneficiary, vm::Timestamp timestamp,
                              std::uint8_t salt = 0) {
    vm::Header header;
    header.number = vm::next(parent.header.number);
    header.parent_hash = parent.hash;
    header.beneficiary = beneficiary;
    header.timestamp = timestamp;
    header.extra_data = {salt};
    return header;
}

/// A key whose signer can be away.
class AwaySigner final : public node::Signer {
  public:
    explicit AwaySigner(const vm::PrivateKey& key) : key_(key) {}
    [[nodiscard]] vm::Address address() const override { return key_.address(); }
    [[nodiscard]] std::optional<node::Seal> try_sign(const vm::Hash& digest) const override {
        ++asked;
        return is_away ? std::nullopt : std::optional(key_.sign(digest));
    }
    bool is_away = false;
    mutable std::size_t asked = 0;

  private:
    node::KeySigner key_;
};

/// One node: its machine, its journal, and a driver that has no faults.
struct Node {
    vm::PrivateKey key;
    std::unique_ptr<AwaySigner> signer;
    std::unique_ptr<Consensus> machine;
    node::FinalBlock head;
    std::vector<node::JournalRecord> journal;  ///< durable
    std::vector<std::pair<std::uint64_t, node::JournalRecord>> unsynced;
    std::optional<Instant> timer;
    bool up = false;
    std::int64_t clock_skew = 0;  ///< seconds

    // What happened.
    std::vector<node::Finalise> finalised;
    std::map<NoticeKind, int> notices;
    std::vector<std::string> refusals;
    std::vector<std::string> halts;
    std::size_t syncs = 0;
    std::size_t sent = 0;
    std::vector<node::Message> sent_messages;

    [[nodiscard]] vm::Address address() const { return vm::address_of(key); }
    [[nodiscard]] int count(NoticeKind kind) const {
        const auto found = notices.find(kind);
        return found == notices.end() ? 0 : found->second;
    }
};

class Network {
  public:
    explicit Network(std::size_t count) : Network(keys(count), count) {}
    /// `validating` of the keys are the first set.
    Network(std::vector<vm::PrivateKey> with, std::size_t validating) {
        auto first = std::vector(with.begin(), with.begin() + static_cast<std::ptrdiff_t>(validating));
        set_ = addresses(first);
        std::ranges::sort(set_);
        for (const auto& k : with) {
            auto& added = nodes.emplace_back();
            added.key = k;
            added.signer = std::make_unique<AwaySigner>(k);
            added.head = genesis(set_);
        }
    }

    std::vector<Node> nodes;
    /// Whether a message from one node to another is lost.
    std::function<bool(std::size_t from, std::size_t to, const node::Message&)> lose;
    /// The rule that a block breaks, if any, as node `at` finds it.
    std::function<std::optional<std::string>(std::size_t at, const vm::Header&)> judge;
    /// The validators after a block.
    std::function<std::vector<vm::Address>(const vm::Header&)> set_after;
    bool work = false;  ///< there is always a transaction in every pool
    std::uint64_t sync_ms = 2, delay_ms = 1, execution_ms = 0, idle_ms = 30'000;

    [[nodiscard]] Instant time() const { return now_; }
    [[nodiscard]] vm::Timestamp clock(const Node& of) const {
        return {static_cast<std::uint64_t>(static_cast<std::int64_t>(1'000'000 + now_.ms / 1000) + of.clock_skew)};
    }

    void start_all() {
        for (std::size_t i = 0; i < nodes.size(); ++i) start(i);
        connect_all();
    }
    /// Starts, or starts again, from what is durable.
    void start(std::size_t at, node::JournalStatus status = node::JournalStatus::sound, std::uint64_t nonce = 7) {
        auto& n = nodes[at];
        n.up = true;
        n.timer.reset();
        n.unsynced.clear();
        if (status == node::JournalStatus::lost) n.journal.clear();
        node::ConsensusOptions options;
        options.genesis_hash = genesis_hash;
        options.idle_interval_ms = idle_ms;
        options.signer = n.signer.get();
        options.journal = status;
        options.journal_state = node::summarise(n.journal);
        options.start_nonce = nonce + now_.ms;
        n.machine = std::make_unique<Consensus>(std::move(options), n.head);
        ++generation_[at];
        perform(at, n.machine->start({now_, clock(n)}));
        if (work) give(at, node::WorkPending{});
    }
    void connect_all() {
        for (std::size_t i = 0; i < nodes.size(); ++i)
            for (std::size_t j = 0; j < nodes.size(); ++j)
                if (i != j && nodes[i].up && nodes[j].up) give(i, node::PeerConnected{nodes[j].address()});
    }
    /// Power off: what was not synced is gone.
    void crash(std::size_t at) {
        auto& n = nodes[at];
        n.up = false;
        n.timer.reset();
        n.unsynced.clear();
        n.machine.reset();
        ++generation_[at];
        for (std::size_t i = 0; i < nodes.size(); ++i)
            if (i != at && nodes[i].up) give(i, node::PeerDisconnected{n.address()});
    }
    void restart(std::size_t at, node::JournalStatus status = node::JournalStatus::sound) {
        start(at, status);
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            if (i == at || !nodes[i].up) continue;
            give(i, node::PeerConnected{nodes[at].address()});
            give(at, node::PeerConnected{nodes[i].address()});
        }
    }

    void give(std::size_t at, const node::Event& event) {
        auto& n = nodes[at];
        if (!n.up) return;
        perform(at, n.machine->step(event, {now_, clock(n)}));
    }
    void give_work() {
        for (std::size_t i = 0; i < nodes.size(); ++i) give(i, node::WorkPending{});
    }

    /// Lets time pass until `done`, or for `ms`; whether it was done.
    bool run(std::uint64_t ms, const std::function<bool()>& done = [] { return false; }) {
        const Instant end = node::after(now_, ms);
        while (!done()) {
            std::optional<Instant> next;
            if (!queue_.empty()) next = queue_.begin()->first.first;
            for (const auto& n : nodes)
                if (n.up && n.timer && (!next || *n.timer < *next)) next = n.timer;
            if (!next || *next > end) {
                now_ = end;
                return done();
            }
            now_ = std::max(now_, *next);
            if (!queue_.empty() && queue_.begin()->first.first <= now_) {
                const auto job = queue_.begin()->second;
                queue_.erase(queue_.begin());
                job();
                continue;
            }
            for (std::size_t i = 0; i < nodes.size(); ++i)
                if (nodes[i].up && nodes[i].timer && *nodes[i].timer <= now_) {
                    nodes[i].timer.reset();
                    give(i, node::TimerExpired{});
                    break;
                }
        }
        return true;
    }
    /// All running nodes have finalised `number`.
    bool run_to(std::uint64_t number, std::uint64_t ms) {
        return run(ms, [&] {
            return std::ranges::all_of(nodes,
                                       [&](const Node& n) { return !n.up || n.head.header.number.value >= number; });
        });
    }
    /// All start, with work, and finalise `number` within `ms`.
    void work_to(std::uint64_t number, std::uint64_t ms) {
        work = true;
        start_all();
        REQUIRE(run_to(number, ms));
    }
    /// No two nodes finalised different blocks at a number, and every certificate holds.
    void check_agreement() const {
        std::map<std::uint64_t, vm::Hash> by_number;
        for (const auto& n : nodes) {
            CHECK(n.halts.empty());
            for (const auto& f : n.finalised) {
                const auto [entry, is_new] = by_number.try_emplace(f.number.value, f.hash);
                CHECK(entry->second == f.hash);
            }
        }
    }
    [[nodiscard]] std::size_t index_of(const vm::Address& address) const {
        for (std::size_t i = 0; i < nodes.size(); ++i)
            if (nodes[i].address() == address) return i;
        return nodes.size();
    }
    /// The index of the proposer of a round at the node's height.
    [[nodiscard]] std::size_t proposer_of(std::uint64_t round, std::size_t at = 0) const {
        const auto& head = nodes[at].head;
        return index_of(node::proposer(head.next_validators, head.header.beneficiary, round));
    }
    void later(std::uint64_t ms, std::function<void()> job) {
        queue_.emplace(std::pair(node::after(now_, ms), sequence_++), std::move(job));
    }
    /// A certified block is given to a node that missed it.
    void sync(std::size_t at, std::size_t from) {
        for (const auto& f : nodes[from].finalised) {
            if (f.number <= nodes[at].head.header.number) continue;
            const auto& block = final_.at(f.hash);
            nodes[at].head = block;
            give(at, node::BlockApplied{block});
            if (work) give(at, node::WorkPending{});
        }
    }

  private:
    void perform(std::size_t at, const std::vector<node::Action>& actions) {
        for (const auto& action : actions) std::visit([&](const auto& a) { act(at, a); }, action);
    }
    void send(std::size_t at, const vm::Address& to, const node::Message& message) {
        const auto target = index_of(to);
        auto& n = nodes[at];
        ++n.sent;
        n.sent_messages.push_back(message);
        if (target == nodes.size() || !nodes[target].up) return;
        if (lose && lose(at, target, message)) return;
        // Every message goes through its bytes.
        auto decoded = node::decode_message(node::encode_message(message));
        REQUIRE(decoded.has_value());
        later(delay_ms, [this, target, m = std::move(*decoded)] { give(target, node::MessageReceived{m}); });
    }
    void act(std::size_t at, const node::Broadcast& a) {
        for (const auto& to : a.to) send(at, to, a.message);
    }
    void act(std::size_t at, const node::SendTo& a) { send(at, a.to, a.message); }
    void act(std::size_t at, const node::Persist& a) {
        auto& n = nodes[at];
        ++n.syncs;
        n.unsynced.emplace_back(a.token, a.record);
        later(sync_ms, [this, at, token = a.token, generation = generation_[at]] {
            if (generation != generation_[at]) return;
            auto& waiting = nodes[at].unsynced;
            while (!waiting.empty() && waiting.front().first <= token) {
                nodes[at].journal.push_back(waiting.front().second);
                waiting.erase(waiting.begin());
            }
            give(at, node::Persisted{token});
        });
    }
    void act(std::size_t, const node::KeepBody&) {}
    void act(std::size_t, const node::DropJournal&) {}
    void act(std::size_t at, const node::SetTimer& a) { nodes[at].timer = a.at; }
    void act(std::size_t at, const node::FetchBlock& a) {
        if (const auto found = blocks_.find(a.hash); found != blocks_.end())
            later(a.header ? 0 : 2 * delay_ms, [this, at, header = found->second, generation = generation_[at]] {
                if (generation == generation_[at]) give(at, node::BlockAvailable{header, {}});
            });
        else if (a.header)
            later(0, [this, at, header = *a.header] { give(at, node::BlockAvailable{header, {}}); });
    }
    void act(std::size_t at, const node::Execute& a) {
        later(execution_ms, [this, at, a, generation = generation_[at]] {
            if (generation != generation_[at]) return;
            const auto& header = blocks_.at(a.hash);
            node::Executed executed{a.number, a.hash, facts(header)};
            if (judge)
                if (auto broken = judge(at, header)) executed.outcome = std::unexpected(*broken);
            give(at, executed);
        });
    }
    void act(std::size_t at, const node::Build& a) {
        later(execution_ms, [this, at, a, generation = generation_[at]] {
            if (generation != generation_[at]) return;
            auto& n = nodes[at];
            if (!work && !a.even_empty && !given_work) return give(at, node::NothingToBuild{a.number, a.round});
            const auto header = make_header(n.head, n.address(), clock(n), static_cast<std::uint8_t>(a.round));
            blocks_.emplace(vm::header_hash(header), header);
            give(at, node::Built{a.round, header, {}, facts(header)});
        });
    }
    void act(std::size_t at, const node::Finalise& a) {
        auto& n = nodes[at];
        REQUIRE(a.number == vm::next(n.head.header.number));
        const node::SealedBlock sealed{genesis_hash, a.certificate.instance, a.number, a.certificate.round, a.hash};
        REQUIRE(node::verify_certificate(a.certificate, sealed, n.head.next_validators).has_value());
        node::FinalBlock block;
        block.header = blocks_.at(a.hash);
        block.hash = a.hash;
        block.validators = n.head.next_validators;
        const auto after = facts(block.header);
        block.next_validators = after.next_validators;
        block.next_instance = a.certificate.instance;
        block.next_is_due = after.next_is_due;
        final_[a.hash] = block;
        n.head = block;
        n.finalised.push_back(a);
        if (work) later(0, [this, at] { give(at, node::WorkPending{}); });
    }
    void act(std::size_t, const node::Forget&) {}
    void act(std::size_t at, const node::ShowHead& a) {
        // What gossip and sync would do: the stuck one asks, and is given certified blocks.
        const auto target = index_of(a.to);
        later(2 * delay_ms, [this, at, target] {
            if (target < nodes.size() && nodes[target].up && !isolated.contains(target)) sync(target, at);
        });
    }
    void act(std::size_t at, const node::Notice& a) {
        ++nodes[at].notices[a.kind];
        if (a.kind == NoticeKind::message_refused || a.kind == NoticeKind::proposal_refused ||
            a.kind == NoticeKind::block_invalid)
            nodes[at].refusals.push_back(a.detail);
    }
    void act(std::size_t at, const node::Halt& a) { nodes[at].halts.push_back(a.sentence); }

    [[nodiscard]] node::ExecutedBlockFacts facts(const vm::Header& header) const {
        return {set_after ? set_after(header) : set_, false, execution_ms};
    }

  public:
    bool given_work = false;
    std::set<std::size_t> isolated;
    /// Blocks that exist somewhere, as if every pool had their transactions.
    std::map<vm::Hash, vm::Header> blocks_;

  private:
    Instant now_{1'000};
    std::uint64_t sequence_ = 0;
    std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> queue_;
    std::map<std::size_t, std::uint64_t> generation_;
    std::vector<vm::Address> set_;
    std::map<vm::Hash, node::FinalBlock> final_;
};

}  // namespace talea::tests::qbft
