#pragma once
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

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
    sender_limit,   ///< the sender has `pool_txs_per_sender_max` pending
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
};

/// Transactions that wait for a block, by sender and nonce. From any thread.
///
/// Gas is free, so price decides nothing but a replacement, and no sender can starve the others: when the pool is full
/// a sender with fewer transactions takes a place from the one with most (its highest nonce, which could only be
/// mined last). Whether a transaction may stand in a block at all is judged before `add` (node/chain).
class Pool {
  public:
    explicit Pool(const PoolLimits& limits = {}) : limits_(limits) {}

    [[nodiscard]] std::expected<void, PoolError> add(PendingTransaction tx, const SenderFacts& sender);

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

  private:
    struct Entry {
        PendingTransaction tx;
        std::uint64_t arrival = 0;
    };
    struct Sender {
        std::map<std::uint64_t, Entry> by_nonce;
        std::uint64_t account_nonce = 0;
        bool is_operator = false;
    };
    using Senders = std::unordered_map<vm::Address, Sender, vm::AddressHasher>;

    [[nodiscard]] std::expected<void, PoolError> replace(Entry& pending, PendingTransaction tx);
    [[nodiscard]] bool make_room(const vm::Address& sender, std::size_t bytes, bool is_operator);
    void erase(Senders::iterator sender, std::map<std::uint64_t, Entry>::iterator entry);
    void set_count(const vm::Address& sender, std::size_t before, std::size_t now);
    void remember_drop(const vm::Hash& hash, std::string reason);

    const PoolLimits limits_;
    mutable std::mutex mutex_;
    Senders senders_;
    std::unordered_map<vm::Hash, PendingTransaction, vm::HashHasher> by_hash_;
    std::set<std::pair<std::size_t, vm::Address>> by_count_;  ///< to find the sender with most
    std::size_t bytes_ = 0;
    std::uint64_t arrivals_ = 0;
    std::map<std::uint64_t, vm::Hash> drop_order_;
    std::unordered_map<vm::Hash, std::string, vm::HashHasher> drop_reasons_;
};

}  // namespace talea::node
