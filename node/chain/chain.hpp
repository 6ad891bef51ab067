#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "node/base/limits.hpp"
#include "node/chain/arrivals.hpp"
#include "node/chain/forgetter.hpp"
#include "node/chain/head.hpp"
#include "node/chain/peers.hpp"
#include "node/consensus/recovery.hpp"
#include "node/consensus/signing.hpp"
#include "node/consensus/vote_journal.hpp"
#include "node/core/node_core.hpp"
#include "node/pool/local_transactions.hpp"
#include "node/pool/pool.hpp"
#include "node/storage/database.hpp"
#include "vm/chain/genesis.hpp"
#include "vm/crypto/secp256k1.hpp"
#include "vm/execution/block_execution.hpp"
#include "vm/native/permissions.hpp"

namespace talea::node {

/// Why a transaction that was handed in does not wait for a block: no transaction, no rule of the chain, or no place.
struct SubmitFailure {
    std::variant<vm::TxDecodeError, vm::TxError, PoolError> what;
    vm::Address sender;  ///< where it is known
};
[[nodiscard]] std::string to_string(const SubmitFailure& failure);

struct ChainOptions {
    std::string database_path;
    LevelDbOptions database;
    /// Votes and makes blocks while Permissions names it a validator; without, the node follows.
    std::shared_ptr<const Signer> validator;
    /// The key's vote journal; without it the validator is in quarantine.
    std::shared_ptr<VoteJournal> journal;
    /// By which peers know a node without a validator's key.
    vm::Address node;
    /// Keys that this node may dial whatever its own registry says (node/gossip/admission.hpp).
    std::vector<vm::Address> bootnodes;
    /// Transactions of the pool that one block looks at.
    std::size_t block_candidates_max = limits::block_candidates_max;
    /// Blocks older than so many days are forgotten; 0: none.
    std::uint64_t history_days = 0;
    /// UTC; tests give their own.
    std::function<vm::Timestamp()> utc;
};

/// One chain on this machine: its database, its pool, and the one thread that executes and writes blocks (DESIGN 2.5),
/// which drives the node's machine (node/core). Everything public may be called from any thread.
class Chain {
  public:
    [[nodiscard]] static std::expected<std::unique_ptr<Chain>, OpenFailure> open(const vm::Genesis& genesis,
                                                                                 ChainOptions options);
    ~Chain();
    Chain(const Chain&) = delete;
    Chain& operator=(const Chain&) = delete;

    /// Starts the machine, which makes and follows blocks from here on. Once. `peers` must live until after `stop`;
    /// without, the node is alone.
    void start(Peers* peers = nullptr);
    /// Ends after the block in hand. Nothing final is lost by not calling it.
    void stop();

    // What happens to connections, told by whoever carries them (Peers). Between `start` and `stop`.
    /// The handshake with `peer` proved its key. Ends the connection before, where there was one.
    void connected(const vm::Address& peer, bool dialled);
    void gone(const vm::Address& peer);
    /// A whole frame, header included. False: taken, but enough of its frames wait; read nothing more from it until
    /// Peers::read_on says so.
    [[nodiscard]] bool received(const vm::Address& peer, NodeCore::Frame frame);

    [[nodiscard]] HeadPtr head() const;
    [[nodiscard]] const vm::ChainParameters& parameters() const { return parameters_; }
    [[nodiscard]] const vm::Hash& genesis_hash() const { return parameters_.genesis_hash; }
    [[nodiscard]] Pool& pool() { return pool_; }
    /// Validators of the block after the head, as of the opening.
    [[nodiscard]] const std::vector<vm::Address>& validators() const { return validators_; }
    /// Whether the key this node was given is one of them.
    [[nodiscard]] bool votes() const;
    /// Recovery checkpoints stored here, ascending.
    [[nodiscard]] std::vector<Checkpoint> checkpoints() const;
    /// The address of the key this node was given.
    [[nodiscard]] const std::optional<vm::Address>& validator() const { return validator_; }
    /// By which peers know this node.
    [[nodiscard]] const vm::Address& own_address() const { return validator_ ? *validator_ : options_.node; }
    /// Why the chain does (not) move, who is connected and what is fetched, as of now; waits for no block. Nothing
    /// where the machine does not run.
    [[nodiscard]] std::optional<NodeCore::CoreWhy> why() const;
    /// Connections to other nodes, between `start` and `stop`.
    [[nodiscard]] std::vector<Peers::Link> links() const;

    /// Takes a transaction as eth_sendRawTransaction does: decodes, recovers the sender, asks the chain's rules on the
    /// pending context (a nonce may lie ahead), and puts it into the pool. Costs one signature recovery.
    [[nodiscard]] std::expected<vm::Hash, SubmitFailure> submit(vm::BytesView encoded);

    /// Waits until the transaction stands in a final block (true), has left the pool without (false at once), the time
    /// is up, or `release_waiters` was called.
    [[nodiscard]] bool wait_for(const vm::Hash& transaction, std::chrono::milliseconds timeout);

    /// Transactions that came to the pool lately.
    [[nodiscard]] const Arrivals& arrivals() const { return arrivals_; }
    /// What wakes `wait_for_news`.
    struct News {
        HeadPtr head;                           ///< another head than this
        std::optional<std::uint64_t> arrivals;  ///< and, where it is given, an arrival from this number on
    };
    /// Waits until there is news after `known`, the time is up, or `release_waiters` was called. False: it was.
    [[nodiscard]] bool wait_for_news(const News& known, std::chrono::milliseconds timeout);

    /// Ends all waiting, now and later: the node stops.
    void release_waiters();

    /// The context of the block after `head`, if it were begun now.
    [[nodiscard]] vm::BlockContext pending_context(const Head& head) const;

    /// The clock of every Instant here.
    [[nodiscard]] static Instant monotonic_now();

  private:
    /// The thread that drives the machine, and all that is its own (writer.hpp).
    class Writer;

    Chain(const vm::Genesis& genesis, const vm::Hash& genesis_hash, ChainOptions options,
          std::unique_ptr<Database> database);
    /// Shows the database's head to readers, who keep what they know of what did not change since the one before.
    void publish(vm::Header header, const vm::Hash& hash, const RecentAccounts::Changes& accounts,
                 bool permissions_changed);
    /// The same head on a snapshot as of now; from any thread.
    void renew_head();
    void add_checkpoint(const Checkpoint& checkpoint);
    void load_local_transactions();
    /// What became of an encoded transaction.
    struct Intake {
        PendingTransaction transaction;  ///< where somebody signed it
        std::optional<SubmitFailure> failure;
    };
    [[nodiscard]] Intake take(vm::BytesView encoded, TxOrigin origin);

    const vm::ChainParameters parameters_;
    const ChainOptions options_;
    const std::uint64_t idle_interval_ms_;
    const std::optional<vm::Address> validator_;
    std::unique_ptr<Database> database_;
    const vm::RecoveryKeys recovery_;
    std::vector<Checkpoint> checkpoints_;  ///< guarded by `head_mutex_`
    const std::vector<vm::Address> validators_;
    Pool pool_;
    LocalTransactions local_transactions_;  ///< the writer's, once it runs

    mutable std::mutex head_mutex_;
    std::condition_variable head_moved_;
    HeadPtr head_;
    Arrivals arrivals_;
    std::atomic<std::size_t> awaits_arrivals_{0};  ///< waiters whom an arrival wakes
    bool waiters_released_ = false;

    std::unique_ptr<Writer> writer_;
    std::optional<Forgetter> forgetter_;
};

}  // namespace talea::node
