#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include "node/base/limits.hpp"
#include "node/chain/head.hpp"
#include "node/chain/workshop.hpp"
#include "node/consensus/recovery.hpp"
#include "node/consensus/vote_journal.hpp"
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
    /// Seals blocks where it is the only validator's; the node only follows (and here stands still) without.
    std::optional<vm::PrivateKey> validator;
    /// The key's vote journal; without it the validator is in quarantine.
    std::shared_ptr<VoteJournal> journal;
    /// Transactions of the pool that one block looks at.
    std::size_t block_candidates_max = limits::block_candidates_max;
    /// UTC; tests give their own.
    std::function<vm::Timestamp()> utc;
};

/// One chain on this machine: its database, its pool, and the one thread that executes and writes blocks (DESIGN 2.5).
/// Everything public may be called from any thread.
class Chain {
  public:
    [[nodiscard]] static std::expected<std::unique_ptr<Chain>, OpenFailure> open(const vm::Genesis& genesis,
                                                                                 ChainOptions options);
    ~Chain();
    Chain(const Chain&) = delete;
    Chain& operator=(const Chain&) = delete;

    /// Starts sealing, where the key is the validator's.
    void start();
    /// Ends after the block in hand. Nothing final is lost by not calling it.
    void stop();

    [[nodiscard]] HeadPtr head() const;
    [[nodiscard]] const vm::ChainParameters& parameters() const { return parameters_; }
    [[nodiscard]] const vm::Hash& genesis_hash() const { return parameters_.genesis_hash; }
    [[nodiscard]] Pool& pool() { return pool_; }
    [[nodiscard]] bool seals() const { return seals_; }
    /// Recovery checkpoints stored here, ascending. They don't change while the chain is open.
    [[nodiscard]] const std::vector<Checkpoint>& checkpoints() const { return checkpoints_; }
    /// The address of the key this node was given.
    [[nodiscard]] const std::optional<vm::Address>& validator() const { return validator_; }

    /// Takes a transaction as eth_sendRawTransaction does: decodes, recovers the sender, asks the chain's rules on the
    /// pending context (a nonce may lie ahead), and puts it into the pool. Costs one signature recovery.
    [[nodiscard]] std::expected<vm::Hash, SubmitFailure> submit(vm::BytesView encoded);

    /// Waits until the transaction stands in a final block (true), has left the pool without (false at once), the time
    /// is up, or `release_waiters` was called.
    [[nodiscard]] bool wait_for(const vm::Hash& transaction, std::chrono::milliseconds timeout);

    /// Ends all waiting, now and later: the node stops.
    void release_waiters();

    /// The context of the block after `head`, if it were begun now.
    [[nodiscard]] vm::BlockContext pending_context(const Head& head) const;

  private:
    Chain(const vm::Genesis& genesis, const vm::Hash& genesis_hash, ChainOptions options,
          std::unique_ptr<Database> database);
    void publish(vm::Header header, const vm::Hash& hash);
    [[nodiscard]] Instant now() const;

    // The writer's thread.
    void run();
    void make_engine();
    void tell_checkpoints(FinalBlock& on);
    [[nodiscard]] Now consensus_now() const;
    void act(const Persist& order);
    void act(const KeepBody& order);
    void act(const DropJournal& order);
    void act(const SetTimer& order);
    void act(const FetchBlock& order);
    void act(const Execute& order);
    void act(const Build& order);
    void act(const Finalise& order);
    void act(const Forget& order);
    void act(const Notice& notice);
    void act(const Halt& order);
    // Peers are the next issue's: a node alone has nobody to send to.
    void act(const Broadcast&) {}
    void act(const SendTo&) {}
    void act(const ShowHead&) {}

    const vm::ChainParameters parameters_;
    const ChainOptions options_;
    const std::uint64_t idle_interval_ms_;
    const std::optional<vm::Address> validator_;
    std::unique_ptr<Database> database_;
    std::vector<Checkpoint> checkpoints_;
    bool seals_ = false;
    Pool pool_;

    mutable std::mutex head_mutex_;
    std::condition_variable head_moved_;
    HeadPtr head_;
    bool waiters_released_ = false;

    // What the writer waits for.
    std::mutex wake_mutex_;
    std::condition_variable wake_;
    bool pool_filled_ = false;
    bool stopping_ = false;
    std::thread writer_;

    // The writer's own.
    std::optional<KeySigner> signer_;
    std::optional<Consensus> engine_;
    std::optional<Instant> timer_;
    std::deque<Event> events_;  ///< what actions led to, to be told in turn
    Workshop workshop_;
    std::map<vm::Hash, vm::Block> bodies_;  ///< blocks whole, not executed: from the journal
    std::map<vm::Hash, ExecutedCandidate> candidates_;
    std::vector<vm::Address> validators_;  ///< of the next block
};

}  // namespace talea::node
