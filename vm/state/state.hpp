#pragma once
#include <span>
#include <vector>

#include "vm/base/numbers.hpp"
#include "vm/chain/receipt.hpp"
#include "vm/state/changeset.hpp"
#include "vm/state/state_view.hpp"

namespace talea::vm {

/// One storage slot as a transaction sees it.
struct StorageSlot {
    u256 current;
    u256 original;      ///< at the start of the transaction (EIP-2200)
    bool warm = false;  ///< EIP-2929
};

/// The world while a block is executed: a journal over a view.
///
/// Life: construct over a view; for each transaction `begin_transaction`, reads and writes, `end_transaction`; at the
/// end `changes()`. What a transaction left is what the next one begins with. Snapshots are indices into the journal;
/// reverting to one undoes everything since, warmth, logs, refund and transient storage included, at a cost
/// proportional to what was touched. One thread. References it hands out hold until the next call that is not const.
class State {
  public:
    explicit State(const StateView& view);
    ~State();
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    /// Forgets warmth, transient storage, logs and refund; original values become the current ones.
    void begin_transaction();
    /// Deletes what self-destructed in the transaction that created it (EIP-6780) and touched accounts that are empty
    /// (EIP-161).
    void end_transaction();

    using Snapshot = std::size_t;
    [[nodiscard]] Snapshot snapshot() const;
    void revert(Snapshot to);

    // Accounts. An account that does not exist reads as an empty one.
    [[nodiscard]] bool exists(const Address& address);
    /// EIP-161: nonce 0, balance 0, no code.
    [[nodiscard]] bool is_empty(const Address& address);
    [[nodiscard]] std::uint64_t nonce(const Address& address);
    [[nodiscard]] const Wei& balance(const Address& address);
    [[nodiscard]] const Hash& code_hash(const Address& address);
    [[nodiscard]] const Code& code(const Address& address);
    /// EIP-7610: nonce, code or storage stand where a contract would be created.
    [[nodiscard]] bool collides(const Address& address);

    void set_nonce(const Address& address, std::uint64_t nonce);
    void set_balance(const Address& address, const Wei& balance);
    /// Marks as touched even when `amount` is 0; the sum must fit (supplies are below 2^256).
    void add_balance(const Address& address, const Wei& amount);
    /// The balance must suffice.
    void subtract_balance(const Address& address, const Wei& amount);
    void set_code(const Address& address, Code code, const Hash& code_hash);
    void touch(const Address& address);
    /// The account becomes a contract under creation: what EIP-6780 asks of SELFDESTRUCT later, and slots begin at
    /// zero.
    void mark_created(const Address& address);
    [[nodiscard]] bool created_in_transaction(const Address& address);
    /// The balance has been moved by the caller; deletion is decided at the end of the transaction.
    void self_destruct(const Address& address);

    // EIP-2929. Both return whether it was warm before.
    bool warm_account(const Address& address);
    bool warm_slot(const Address& address, const u256& key);

    // Storage.
    /// Finds the slot in one look-up, loading it from the view at first; warms nothing.
    [[nodiscard]] const StorageSlot& slot(const Address& address, const u256& key);
    /// The same, and warms it: what SLOAD and SSTORE need, in one look-up. `was_warm` tells how it was.
    struct SlotAccess {
        const StorageSlot& slot;
        bool was_warm;
    };
    [[nodiscard]] SlotAccess access_slot(const Address& address, const u256& key);
    void set_storage(const Address& address, const u256& key, const u256& value);
    [[nodiscard]] u256 transient_storage(const Address& address, const u256& key);
    void set_transient_storage(const Address& address, const u256& key, const u256& value);

    // What a transaction leaves besides state.
    void add_log(Log log);
    [[nodiscard]] std::span<const Log> logs() const;
    /// Takes the logs of the transaction out.
    [[nodiscard]] std::vector<Log> take_logs();
    void add_refund(Gas amount);  ///< may be negative; the sum never is at the end of a call
    [[nodiscard]] Gas refund() const;

    [[nodiscard]] Hash block_hash(BlockNumber number) const;
    /// All that differs from the view after the transactions ended so far.
    [[nodiscard]] ChangeSet changes() const;

  private:
    struct Impl;  // the evm colleague decides; may be replaced by plain members
    Impl* impl_;
};

}  // namespace talea::vm
