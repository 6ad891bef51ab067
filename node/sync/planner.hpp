#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "node/base/instant.hpp"
#include "node/base/limits.hpp"
#include "node/gossip/conduct.hpp"
#include "node/p2p/message.hpp"
#include "node/sync/header_chain.hpp"
#include "vm/chain/transaction.hpp"

namespace talea::node {

/// Plans how a node that is behind catches up from several peers: headers with certificates first, proved in order;
/// whole blocks of what is proved in parallel from several peers; executed in order by the driver.
///
/// What a peer claims decides only whom to ask: a height counts once its header is proved. Each request has a deadline;
/// whoever misses one is asked less and later, whoever sends what is not so is blamed, and what it was asked for is
/// asked of others. Consensus is never held up: it always works on the head, and what it finalises moves the planner's
/// head like a block that came by sync. Observers follow by the same plan.
class SyncPlanner {
  public:
    struct Settings {
        std::uint64_t headers_deadline_ms = 2'000;
        std::uint64_t blocks_deadline_ms = 5'000;
        /// Validators: a head one above ours is given so long to become final here too, before it is asked for.
        std::uint64_t grace_ms = 150;
        std::uint64_t backoff_min_ms = 250;  ///< doubles with each failure in a row
        std::uint64_t backoff_max_ms = 30'000;
        std::size_t ranges_max = 4;            ///< of headers, under way or waiting for their turn
        std::size_t proved_ahead_max = 1'024;  ///< headers proved and not executed
        std::size_t blocks_ahead_max = 256;    ///< blocks asked for beyond the head
        std::size_t blocks_per_request = 16;
        std::size_t block_requests_max = 4;  ///< at a time, of all peers: each may bring a frame of 8 MiB
        std::size_t block_requests_of_peer_max = 2;
        std::size_t blocks_bytes_max = 32ULL << 20;  ///< beyond, no more are asked for until some are executed
        std::size_t executing_max = 16;
    };

    // Actions.
    struct GetHeaders {
        vm::Address to;
        wire::GetHeaders request;
        friend bool operator==(const GetHeaders&, const GetHeaders&) = default;
    };
    struct GetBlocks {
        vm::Address to;
        wire::GetBlocks request;
        friend bool operator==(const GetBlocks&, const GetBlocks&) = default;
    };
    /// A final block whose transactions root holds: execute it on the one before, write it, and report `head_moved` or
    /// `execution_failed`. Given in order, up to `executing_max` ahead.
    struct Execute {
        CertifiedBlock block;
        std::vector<vm::Transaction> transactions;
    };
    struct Blame {
        vm::Address peer;
        Misdeed misdeed;
        friend bool operator==(const Blame&, const Blame&) = default;
    };
    /// Nobody connected credibly claims more than what is executed here (Admission::caught_up), or somebody does again.
    struct CaughtUp {};
    struct FellBehind {};
    /// A quorum certified what this node cannot: stop, and say so.
    struct Halt {
        std::string sentence;
    };
    using Action = std::variant<GetHeaders, GetBlocks, Execute, Blame, CaughtUp, FellBehind, Halt>;
    using Actions = std::vector<Action>;

    /// From the head that is executed and durable.
    SyncPlanner(HeaderChain chain, const Settings& settings);

    [[nodiscard]] Actions connected(const vm::Address& peer, Instant now);
    [[nodiscard]] Actions gone(const vm::Address& peer, Instant now);
    /// Its Status claims a head. Certified or not, it is a claim until its headers are here.
    [[nodiscard]] Actions claimed(const vm::Address& peer, vm::BlockNumber head, Instant now);
    [[nodiscard]] Actions received(const vm::Address& peer, const wire::Headers& answer, Instant now);
    [[nodiscard]] Actions received(const vm::Address& peer, const wire::Blocks& answer, Instant now);
    /// This block is executed and final here, by consensus or by an Execute.
    [[nodiscard]] Actions head_moved(const CertifiedHead& head, Instant now);
    /// The rule that a block of an Execute breaks.
    [[nodiscard]] Actions execution_failed(const vm::Hash& hash, std::string_view rule, Instant now);
    [[nodiscard]] Actions tick(Instant now);
    [[nodiscard]] std::optional<Instant> timer() const;
    /// Of a block above those that are proved, or of the highest of them.
    void add_checkpoint(const Checkpoint& checkpoint) { chain_.add_checkpoint(checkpoint); }

    [[nodiscard]] vm::BlockNumber head() const { return head_.header.number; }
    /// The highest number whose header is proved; at least `head`.
    [[nodiscard]] vm::BlockNumber highest_certified() const;

    enum class WaitsFor : std::uint8_t { nothing, peers, headers, blocks, history, execution, hand };
    struct PeerWhy {
        vm::Address peer;
        vm::BlockNumber claim;
        std::size_t requests = 0;
        std::uint32_t failures = 0;  ///< in a row
        std::uint64_t rests_ms = 0;  ///< until it is asked again
    };
    struct Why {
        WaitsFor waits_for = WaitsFor::nothing;
        vm::BlockNumber head, certified, claimed;
        std::optional<vm::BlockNumber>
            behind_from;              ///< the head when what is certified last ran ahead of it, until it is reached
        std::size_t blocks_here = 0;  ///< not executed yet
        std::vector<PeerWhy> peers;
        std::string sentence;  ///< of Halt
    };
    [[nodiscard]] Why why(Instant now) const;

  private:
    struct Peer {
        vm::BlockNumber claim;
        bool has_claimed = false;
        std::uint32_t failures = 0;
        Instant rests_until;
        std::set<std::uint64_t> requests;
        bool asked_headers = false;
        std::size_t block_requests = 0;
        std::uint64_t last_request = 0;  ///< to take turns
        vm::BlockNumber first_whole;     ///< below, it forgot the bodies
        std::deque<std::uint64_t> expired;
    };
    /// Headers asked for or come, until they are proved in their turn.
    struct Range {
        std::uint64_t count = 0;
        std::optional<vm::Address> from;  ///< who is asked, or who sent what is here
        std::optional<std::vector<wire::CertifiedHeader>> headers;
    };
    struct Proved {
        CertifiedBlock block;
        std::vector<vm::Address> validators;
        std::optional<std::vector<vm::Transaction>> transactions;
        std::size_t bytes = 0;
        std::optional<std::uint64_t> request;  ///< under which its body was asked for
    };
    struct Request {
        vm::Address peer;
        Instant deadline;
        std::optional<std::uint64_t> first;  ///< headers: the range
        std::vector<vm::Hash> blocks;        ///< blocks
    };

    [[nodiscard]] bool may_ask(const Peer& peer, Instant now) const;
    [[nodiscard]] std::uint64_t highest_claim() const;
    [[nodiscard]] std::uint64_t next_unasked() const;
    void ask_headers(Instant now, Actions& actions);
    void ask_blocks(Instant now, Actions& actions);
    void prove(Instant now, Actions& actions);
    void execute(Actions& actions);
    void plan(Instant now, Actions& actions);
    /// Takes a request off the books; nothing where `peer` was not asked so.
    std::optional<Request> close(const vm::Address& peer, std::uint64_t id);
    /// Whether all who claim the next block answered that they have no body of it.
    [[nodiscard]] bool is_forgotten_by_all() const;
    /// What `request` asked for can be asked of others.
    void reopen(const Request& request, std::uint64_t id);
    void rest(Peer& peer, Instant now);
    void failed(const vm::Address& peer, Misdeed misdeed, Instant now, Actions& actions);
    void unasked(const vm::Address& peer, std::uint64_t id, Instant now, Actions& actions);
    void drop_executed();
    void halt(std::string sentence, Actions& actions);
    [[nodiscard]] Proved* proved(const vm::Hash& hash);

    HeaderChain chain_;  ///< its head: the highest that is proved
    Settings settings_;
    CertifiedHead head_;
    std::map<vm::Address, Peer> peers_;
    std::map<std::uint64_t, Range> ranges_;      ///< by first number; without gaps above the highest proved
    std::deque<Proved> proved_;                  ///< consecutive, from the one after the head
    std::map<vm::Hash, std::uint64_t> numbers_;  ///< of `proved_`
    std::map<std::uint64_t, Request> requests_;
    std::uint64_t next_request_ = 1;
    std::uint64_t given_ = 0;  ///< the highest number given out by Execute
    std::size_t bytes_ = 0;    ///< of blocks here
    std::optional<Instant> ahead_since_;
    Instant planned_at_;  ///< what could have been done then was
    bool caught_up_ = false;
    std::optional<vm::BlockNumber> behind_from_;
    std::string halted_;
};
[[nodiscard]] std::string_view to_string(SyncPlanner::WaitsFor what);

}  // namespace talea::node
