#pragma once
#include <span>
#include <vector>

#include "vm/base/numbers.hpp"
#include "vm/chain/receipt.hpp"
#include "vm/state/changeset.hpp"
#include "vm/state/flat_index.hpp"
#include "vm/state/state_view.hpp"

namespace talea::vm {

/// One storage slot as a transaction sees it.
struct StorageSlot {
    u256 current;
    u256 original;      ///< at the start of the transaction (EIP-2200)
    bool warm = false;  ///< EIP-2929
};

/// An account within one State, found once by its address and then used without a look-up. Holds as long as the State.
struct AccountId {
    std::uint32_t index = 0;
    friend bool operator==(AccountId, AccountId) = default;
};

/// The world while a block is executed: a journal over a view.
///
/// Life: construct over a view; for each transaction `begin_transaction`, reads and writes, `end_transaction`; at the
/// end `changes()`. What a transaction left is what the next one begins with. Snapshots are indices into the journal of
/// one transaction; reverting to one undoes everything since, warmth, logs, refund and transient storage included, at a
/// cost proportional to what was touched. One thread. References it hands out hold until the next call that is not
/// const.
class State {
  public:
    explicit State(const StateView& view);
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    /// Forgets snapshots, warmth, transient storage, logs and refund; original values become the current ones.
    void begin_transaction();
    /// Deletes what self-destructed and touched accounts that are empty (EIP-161). Ends all snapshots.
    void end_transaction();

    using Snapshot = std::size_t;
    [[nodiscard]] Snapshot snapshot() const { return journal_.size(); }
    void revert(Snapshot to);

    // Accounts. An account that does not exist reads as an empty one. Everything that takes an address also takes its
    // AccountId.
    [[nodiscard]] AccountId id(const Address& address);
    [[nodiscard]] const Address& address(AccountId account) const { return accounts_[account.index].address; }

    [[nodiscard]] bool exists(const Address& address) { return exists(id(address)); }
    [[nodiscard]] bool exists(AccountId account) const { return accounts_[account.index].exists; }
    /// EIP-161: nonce 0, balance 0, no code.
    [[nodiscard]] bool is_empty(const Address& address) { return is_empty(id(address)); }
    [[nodiscard]] bool is_empty(AccountId account) const;
    [[nodiscard]] std::uint64_t nonce(const Address& address) { return nonce(id(address)); }
    [[nodiscard]] std::uint64_t nonce(AccountId account) const { return accounts_[account.index].now.nonce; }
    [[nodiscard]] const Wei& balance(const Address& address) { return balance(id(address)); }
    [[nodiscard]] const Wei& balance(AccountId account) const { return accounts_[account.index].now.balance; }
    [[nodiscard]] const Hash& code_hash(const Address& address) { return code_hash(id(address)); }
    [[nodiscard]] const Hash& code_hash(AccountId account) const { return accounts_[account.index].now.code_hash; }
    /// Read from the view at first.
    [[nodiscard]] const Code& code(const Address& address) { return code(id(address)); }
    [[nodiscard]] const Code& code(AccountId account) {
        const AccountEntry& entry = accounts_[account.index];
        return entry.code ? entry.code : load_code(account);
    }
    /// EIP-7610: nonce, code or storage stand where a contract would be created.
    [[nodiscard]] bool collides(const Address& address);

    void set_nonce(const Address& address, std::uint64_t nonce) { set_nonce(id(address), nonce); }
    void set_nonce(AccountId account, std::uint64_t nonce);
    void set_balance(const Address& address, const Wei& balance) { set_balance(id(address), balance); }
    void set_balance(AccountId account, const Wei& balance);
    /// Marks as touched even when `amount` is 0; the sum must fit (supplies are below 2^256).
    void add_balance(const Address& address, const Wei& amount) { add_balance(id(address), amount); }
    void add_balance(AccountId account, const Wei& amount);
    /// The balance must suffice.
    void subtract_balance(const Address& address, const Wei& amount) { subtract_balance(id(address), amount); }
    void subtract_balance(AccountId account, const Wei& amount);
    void set_code(const Address& address, Code code, const Hash& code_hash) {
        set_code(id(address), std::move(code), code_hash);
    }
    void set_code(AccountId account, Code code, const Hash& code_hash);
    /// Empty at the end of the transaction, it is deleted; touching does not bring an account into being.
    void touch(const Address& address) { touch(id(address)); }
    void touch(AccountId account);
    /// The account becomes a contract under creation, which EIP-6780 asks of SELFDESTRUCT later. The caller has asked
    /// `collides`, so no slot is set.
    void mark_created(const Address& address) { mark_created(id(address)); }
    void mark_created(AccountId account);
    [[nodiscard]] bool created_in_transaction(const Address& address) { return created_in_transaction(id(address)); }
    [[nodiscard]] bool created_in_transaction(AccountId account) const {
        return accounts_[account.index].created_in == transaction_;
    }
    /// Deletes the account at the end of the transaction. The caller has moved the balance, and judged whether the fork
    /// deletes (since EIP-6780 only what the transaction created).
    void self_destruct(const Address& address) { self_destruct(id(address)); }
    void self_destruct(AccountId account);

    // EIP-2929. Both return whether it was warm before.
    bool warm_account(const Address& address) { return warm_account(id(address)); }
    bool warm_account(AccountId account) {
        AccountEntry& entry = accounts_[account.index];
        if (entry.warm_in == transaction_) return true;
        entry.warm_in = transaction_;
        journal_.push_back({Change::warm_account, account.index, {}});
        return false;
    }
    bool warm_slot(const Address& address, const u256& key) { return access_slot(address, key).was_warm; }

    // Storage.
    /// Finds the slot in one look-up, loading it from the view at first; warms nothing.
    [[nodiscard]] const StorageSlot& slot(const Address& address, const u256& key) { return slot(id(address), key); }
    [[nodiscard]] const StorageSlot& slot(AccountId account, const u256& key) {
        return slots_[find_slot(account, key)].value;
    }
    /// The slot if it is warm, without a call: the quick way of SLOAD. Null says nothing of a cold one.
    [[nodiscard]] const StorageSlot* find_warm(AccountId account, const u256& key) const {
        const std::uint32_t found = slot_index_.find(slot_hash(account.index, key), [&](std::uint32_t place) {
            const SlotEntry& entry = slots_[place];
            return entry.key == key && entry.account == account.index;
        });
        if (found == none) return nullptr;
        const SlotEntry& entry = slots_[found];
        return entry.accessed_in == transaction_ && entry.value.warm ? &entry.value : nullptr;
    }
    /// The same, and warms it: what SLOAD and SSTORE need, in one look-up. `was_warm` tells how it was; `set` takes
    /// `place` while no other slot was touched in between.
    struct SlotAccess {
        const StorageSlot& slot;
        bool was_warm;
        std::uint32_t place;
    };
    [[nodiscard]] SlotAccess access_slot(const Address& address, const u256& key) {
        return access_slot(id(address), key);
    }
    [[nodiscard]] SlotAccess access_slot(AccountId account, const u256& key) {
        const std::uint32_t place = find_slot(account, key);
        StorageSlot& found = slots_[place].value;
        const bool was_warm = found.warm;
        if (!was_warm) {
            found.warm = true;
            journal_.push_back({Change::warm_slot, place, {}});
        }
        return {found, was_warm, place};
    }
    void set_storage(const Address& address, const u256& key, const u256& value) {
        set_storage(id(address), key, value);
    }
    void set_storage(AccountId account, const u256& key, const u256& value) { set(find_slot(account, key), value); }
    /// Sets the slot that `access_slot` just found.
    void set(std::uint32_t place, const u256& value) {
        StorageSlot& found = slots_[place].value;
        if (found.current == value) return;
        journal_.push_back({Change::storage, place, found.current});
        found.current = value;
    }
    [[nodiscard]] u256 transient_storage(const Address& address, const u256& key) {
        return transient_storage(id(address), key);
    }
    [[nodiscard]] u256 transient_storage(AccountId account, const u256& key) const;
    void set_transient_storage(const Address& address, const u256& key, const u256& value) {
        set_transient_storage(id(address), key, value);
    }
    void set_transient_storage(AccountId account, const u256& key, const u256& value);

    // What a transaction leaves besides state.
    void add_log(Log log);
    [[nodiscard]] std::span<const Log> logs() const { return logs_; }
    /// Takes the logs of the transaction out; no snapshot from before may be reverted to.
    [[nodiscard]] std::vector<Log> take_logs();
    void add_refund(Gas amount);  ///< may be negative; the sum never is at the end of a call
    [[nodiscard]] Gas refund() const { return refund_; }

    [[nodiscard]] Hash block_hash(BlockNumber number) const { return view_.block_hash(number); }
    /// All that differs from the view after the transactions ended so far.
    [[nodiscard]] ChangeSet changes() const;

  private:
    static constexpr std::uint32_t none = FlatIndex::none;

    struct AccountEntry {
        Address address;
        bool exists = false;
        bool existed = false;          // in the view
        bool storage_cleared = false;  // what the view has of slots is gone
        bool storage_absent = false;   // the view has none, known from `collides`
        std::uint32_t first_slot = none;
        Account now;
        Code code;  // null until it is read
        // The transaction in which it was so; compared with `transaction_`, so that a new one forgets at no cost.
        std::uint64_t warm_in = 0, touched_in = 0, created_in = 0, destructed_in = 0;
        Account before;  // in the view
    };
    struct SlotEntry {
        StorageSlot value;
        u256 key;
        u256 before;                    // in the view
        std::uint64_t accessed_in = 0;  // original and warm are of that transaction
        std::uint32_t account = none;
        std::uint32_t next_slot = none;  // of the same account
    };
    struct TransientEntry {
        u256 key, value;
        std::uint32_t account = none;
    };
    enum class Change : std::uint32_t {
        account_exists,
        nonce,
        balance,
        code,
        warm_account,
        touched,
        created,
        destructed,
        warm_slot,
        storage,
        transient,
        log,
        refund,
    };
    struct JournalEntry {
        Change what;
        std::uint32_t place;
        u256 before;
    };

    static std::uint64_t slot_hash(std::uint32_t account, const u256& key) {
        const auto fold = [](std::uint64_t a, std::uint64_t b) {
            const uint128 product = static_cast<uint128>(a) * b;
            return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
        };
        return fold(key.limbs[0] ^ 0x9e3779b97f4a7c15ULL ^ account, key.limbs[1] ^ 0xc2b2ae3d27d4eb4fULL) ^
               fold(key.limbs[2] ^ 0x165667b19e3779f9ULL, key.limbs[3] ^ 0xff51afd7ed558ccdULL ^ account);
    }
    std::uint32_t find_slot(AccountId account, const u256& key) {
        const std::uint32_t found = slot_index_.find(slot_hash(account.index, key), [&](std::uint32_t place) {
            const SlotEntry& entry = slots_[place];
            return entry.key == key && entry.account == account.index;
        });
        if (found == none) return load_slot(account, key);
        SlotEntry& entry = slots_[found];
        if (entry.accessed_in != transaction_) {
            entry.value.original = entry.value.current;
            entry.value.warm = false;
            entry.accessed_in = transaction_;
        }
        return found;
    }
    std::uint32_t load_slot(AccountId account, const u256& key);
    const Code& load_code(AccountId account);
    [[nodiscard]] std::uint32_t find_transient(AccountId account, const u256& key) const;
    void bring_into_being(AccountId account);
    void remove(AccountEntry& entry);
    void undo(const JournalEntry& entry);

    const StateView& view_;
    std::uint64_t transaction_ = 1;
    std::vector<AccountEntry> accounts_;
    std::vector<SlotEntry> slots_;
    FlatIndex account_index_, slot_index_, transient_index_;
    std::vector<TransientEntry> transients_;
    std::vector<JournalEntry> journal_;
    std::vector<std::pair<Code, Hash>> replaced_codes_;
    std::vector<std::uint32_t> touched_;  // in this transaction; entries may repeat or be reverted since
    std::vector<Log> logs_;
    Gas refund_ = 0;
};

}  // namespace talea::vm
