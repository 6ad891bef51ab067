#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "node/storage/state_store.hpp"

namespace talea::node {

/// Slots of Permissions that were read from the store, shared by the heads between two blocks that change it. What
/// every transaction that comes asks is there (may its sender send, how must the next block look); from LevelDB that
/// took a third as long as recovering its signature. From any thread. Holds at most `limits::permission_slots_max`;
/// when it is full it forgets all and starts again.
class PermissionSlots {
  public:
    [[nodiscard]] vm::u256 get(const FlatState& state, const vm::u256& key);

  private:
    std::mutex mutex_;
    std::unordered_map<vm::u256, vm::u256, vm::U256Hasher> slots_;
};

/// Accounts that changed or were read lately, shared by all heads: of every transaction that comes the sender's is
/// asked. From any thread. Holds at most `limits::recent_accounts_max`; when it is full it forgets all and starts
/// again.
class RecentAccounts {
  public:
    using Changes = std::map<vm::Address, std::optional<vm::Account>>;
    /// As of block `head`, whose state is `state`.
    [[nodiscard]] std::optional<vm::Account> get(const FlatState& state, vm::BlockNumber head,
                                                 const vm::Address& address);
    /// Before block `latest` is the head: the accounts that changed since the head before it.
    void update(vm::BlockNumber latest, const Changes& changes);

  private:
    struct Entry {
        std::optional<vm::Account> account;
        vm::BlockNumber since;  ///< from this head to the latest one it is so
    };
    void put(const vm::Address& address, Entry entry);
    std::mutex mutex_;
    vm::BlockNumber latest_;
    std::unordered_map<vm::Address, Entry, vm::AddressHasher> accounts_;
};

/// What heads keep in memory for each other.
struct HeadMemory {
    std::shared_ptr<RecentAccounts> accounts = std::make_shared<RecentAccounts>();
    std::shared_ptr<PermissionSlots> permissions = std::make_shared<PermissionSlots>();
};

/// The state after `number`, the last block of `reader`, of which `memory` holds a part. Many threads over a snapshot.
class HeadState final : public vm::StateView {
  public:
    HeadState(const KvReader& reader, CodeCache& codes, vm::BlockNumber number, HeadMemory memory)
        : flat_(reader, codes), number_(number), memory_(std::move(memory)) {}
    [[nodiscard]] std::optional<vm::Account> account(const vm::Address& address) const override {
        return memory_.accounts->get(flat_, number_, address);
    }
    [[nodiscard]] vm::u256 storage(const vm::Address& address, const vm::u256& key) const override;
    [[nodiscard]] bool has_storage(const vm::Address& address) const override { return flat_.has_storage(address); }
    [[nodiscard]] vm::Code code(const vm::Hash& code_hash) const override { return flat_.code(code_hash); }
    [[nodiscard]] vm::Hash block_hash(vm::BlockNumber number) const override { return flat_.block_hash(number); }

  private:
    FlatState flat_;
    vm::BlockNumber number_;
    HeadMemory memory_;
};

}  // namespace talea::node
