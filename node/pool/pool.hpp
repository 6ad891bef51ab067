#pragma once
#include <cstdint>
#include <expected>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "node/base/instant.hpp"
#include "node/base/limits.hpp"
#include "vm/chain/transaction.hpp"
#include "vm/execution/tx_error.hpp"

namespace talea::node {

/// Pending transactions are shared between the pool, blocks under construction and the RPC.
using PendingTransaction = std::shared_ptr<const vm::RecoveredTransaction>;

/// Why the pool keeps a transaction out, besides the rules of the chain.
enum class PoolError : std::uint8_t {
    already_known,  ///< the very transaction is pending
    underpriced,    ///< another one with this nonce is pending, and this one does not pay enough more
    nonce_too_far,  ///< beyond `pool_txs_per_sender_max` ahead of the account
    sender_limit,   ///< the sender has `pool_txs_per_sender_max` pending, or their bytes
    too_large,      ///< above `tx_bytes_max`
    full,           ///< the pool is full, and no sender holds more of it than this one
};
[[nodiscard]] std::string_view to_string(PoolError error);

/// What the pool must know of a sender when a transaction arrives; read from the latest state by the caller.
struct SenderFacts {
    std::uint64_t account_nonce = 0;
    bool is_operator = false;  ///< ADMIN or NETWORK: comes first in blocks, and gets in when the pool is full
};

/// Transactions of one sender in nonce order.
struct SenderQueue {
    bool is_operator = false;
    std::vector<PendingTransaction> txs;
};

struct PoolLimits {
    std::size_t txs_max = limits::pool_txs_max;
    std::size_t bytes_max = limits::pool_bytes_max;
    std::size_t txs_per_sender_max = limits::pool_txs_per_sender_max;
    std::size_t txs_reserved = limits::pool_txs_reserved;
    std::size_t bytes_per_sender_max = limits::pool_bytes_per_sender_max;
    std::uint64_t gap_wait_ms = limits::pool_gap_wait_ms;
    /// Whether `take_changes` tells what came and went; whoever sets it calls it.
    bool report_changes = false;
};

/// Where a transaction came from. Those of this node's own clients are kept across a restart (LocalTransactions).
enum class TxOrigin : std::uint8_t { client, peer };

/// Why a transaction left the pool without standing in a block.
enum class DropKind : std::uint8_t {
    replaced,              ///< by one of the same nonce that pays more
    evicted,               ///< the pool was full, and its sender had most of it
    expired,               ///< waited `gap_wait_ms` behind a nonce that did not come
    sender_not_permitted,  ///< its sender lost TRANSACT
    deploy_not_permitted,  ///< it creates a contract, and its sender lost DEPLOY
    invalid,               ///< a block could not include it
};
[[nodiscard]] std::string_view to_string(DropKind kind);

/// What the state says of a sender now.
struct SenderJudgement {
    SenderFacts facts;
    bool may_transact = true;
    bool may_deploy = true;
};

/// Why a transaction waits, or where it went, as data.
struct PoolWhy {
    enum class State : std::uint8_t {
        unknown,     ///< never seen, in a block, or dropped long ago
        ready,       ///< waits for a block
        behind_gap,  ///< waits for `missing_nonce` of its sender
        dropped,
    };
    State state = State::unknown;
    vm::Address sender;
    std::uint64_t missing_nonce = 0;  ///< behind_gap
    std::size_t own_before = 0;       ///< ready: those of its sender that come before it
    std::size_t senders_before = 0;   ///< ready: senders whose turn comes before its sender's
    std::optional<DropKind> dropped;
    std::string sentence;  ///< for a person
};

/// What came and went since the last time, in order. Exactly one `added` a transaction, then one not added.
struct PoolChange {
    PendingTransaction tx;
    TxOrigin origin = TxOrigin::client;
    bool added = false;
};

/// Transactions that wait for a block, by sender and nonce. From any thread.
///
/// Gas is free, so price decides nothing but a replacement, and no sender can starve the others: when the pool is full
/// a sender with fewer transactions takes a place from the one with most (its highest nonce, which could only be
/// mined last). Whether a transaction may stand in a block at all is judged before `add` (node/chain).
class Pool {
  public:
    explicit Pool(const PoolLimits& limits = {}) : limits_(limits) {}

    /// `now` starts the wait behind a gap (`expire`).
    [[nodiscard]] std::expected<void, PoolError> add(PendingTransaction tx, const SenderFacts& sender,
                                                     TxOrigin origin = TxOrigin::client, Instant now = {});

    /// What could be mined next, one queue a sender, for BlockOrder (block_order.hpp): queues of ADMIN and NETWORK
    /// accounts first, then the oldest sender first. Only transactions whose nonces follow the account's without a gap;
    /// at most `count_max`, shared out one a sender in turn.
    [[nodiscard]] std::vector<SenderQueue> candidates(std::size_t count_max) const;

    /// `sender` has `account_nonce` now (nonces only grow); what is below is gone. Called for every sender of a block
    /// after it was published, and after an `add` whose facts may be older than the last block.
    void advance(const vm::Address& sender, std::uint64_t account_nonce);
    /// A candidate turned out invalid in its block. What follows it from its sender waits behind the gap. The reason is
    /// kept for a while, for those who ask.
    void drop(const vm::RecoveredTransaction& tx, std::string reason);

    /// Asks of every sender what the state says of it after a block: those of a sender that lost TRANSACT go at once,
    /// creations of one that lost DEPLOY, and nonces that are used. Returns how many went. To be called after each
    /// block that changed Permissions; linear in senders.
    std::size_t recheck(const std::function<SenderJudgement(const vm::Address&)>& judge);
    /// What has waited behind a gap for `gap_wait_ms` goes. Returns how many. Linear in what is pending; once a minute
    /// is enough.
    std::size_t expire(Instant now);

    /// What came and went since the last call, where `report_changes`. Replaced is gone and added; in a block is gone.
    [[nodiscard]] std::vector<PoolChange> take_changes();

    [[nodiscard]] PoolWhy why(const vm::Hash& hash) const;
    [[nodiscard]] PendingTransaction find(const vm::Hash& hash) const;
    /// Why a transaction was dropped, where it was and that is not long ago.
    [[nodiscard]] std::optional<std::string> drop_reason(const vm::Hash& hash) const;
    /// The nonce after the sender's last transaction that follows without a gap; at least `account_nonce`.
    [[nodiscard]] std::uint64_t next_nonce(const vm::Address& sender, std::uint64_t account_nonce) const;
    /// Whether any sender has one that could be mined next.
    [[nodiscard]] bool has_candidates() const;

    struct Counts {
        std::size_t pending = 0;  ///< could be mined, one after another
        std::size_t queued = 0;   ///< behind a gap
    };
    [[nodiscard]] Counts counts() const;

    /// What waits of one sender, in the order of nonces.
    struct Waiting {
        std::vector<PendingTransaction> pending;  ///< could be mined, one after another
        std::vector<PendingTransaction> queued;   ///< behind a gap
    };
    /// Of every sender, or of `only`. Linear in what is there.
    [[nodiscard]] std::map<vm::Address, Waiting> content(const std::optional<vm::Address>& only = {}) const;

  private:
    struct Entry {
        PendingTransaction tx;
        std::uint64_t arrival = 0;
        TxOrigin origin = TxOrigin::client;
        Instant at;
    };
    struct Drop {
        DropKind kind;
        std::string sentence;
        vm::Address sender;
    };
    struct Sender {
        std::map<std::uint64_t, Entry> by_nonce;
        std::uint64_t account_nonce = 0;
        bool is_operator = false;
        std::size_t bytes = 0;
        std::list<vm::Address>::iterator place;  ///< in `by_count_`

        [[nodiscard]] std::uint64_t next_nonce() const {
            auto nonce = account_nonce;
            for (auto it = by_nonce.find(nonce); it != by_nonce.end() && it->first == nonce; ++it) ++nonce;
            return nonce;
        }
    };
    using Senders = std::unordered_map<vm::Address, Sender, vm::AddressHasher>;

    [[nodiscard]] std::expected<void, PoolError> replace(Sender& sender, Entry& pending, PendingTransaction tx,
                                                         TxOrigin origin);
    [[nodiscard]] bool make_room(const vm::Address& sender, std::size_t bytes, bool is_operator);
    void erase(Senders::iterator sender, std::map<std::uint64_t, Entry>::iterator entry);
    /// `sender` has another number of transactions than `before`.
    void count_changed(Senders::iterator sender, std::size_t before);
    void remember_drop(const vm::RecoveredTransaction& tx, DropKind kind, std::string sentence);
    void report(const Entry& entry, bool added);

    const PoolLimits limits_;
    mutable std::mutex mutex_;
    Senders senders_;
    std::unordered_map<vm::Hash, PendingTransaction, vm::HashHasher> by_hash_;
    /// At n the senders with n transactions, up to where there are any: the last ones have most.
    std::vector<std::list<vm::Address>> by_count_;
    std::size_t bytes_ = 0;
    std::uint64_t arrivals_ = 0;
    std::map<std::uint64_t, vm::Hash> drop_order_;
    std::unordered_map<vm::Hash, Drop, vm::HashHasher> drops_;
    std::vector<PoolChange> changes_;
};

}  // namespace talea::node
