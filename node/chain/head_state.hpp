#pragma once
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

/// The state after the last block of `reader`, of which `permissions` holds a part. Many threads over a snapshot.
class HeadState final : public vm::StateView {
  public:
    HeadState(const KvReader& reader, CodeCache& codes, std::shared_ptr<PermissionSlots> permissions)
        : flat_(reader, codes), permissions_(std::move(permissions)) {}
    [[nodiscard]] std::optional<vm::Account> account(const vm::Address& address) const override {
        return flat_.account(address);
    }
    [[nodiscard]] vm::u256 storage(const vm::Address& address, const vm::u256& key) const override;
    [[nodiscard]] bool has_storage(const vm::Address& address) const override { return flat_.has_storage(address); }
    [[nodiscard]] vm::Code code(const vm::Hash& code_hash) const override { return flat_.code(code_hash); }
    [[nodiscard]] vm::Hash block_hash(vm::BlockNumber number) const override { return flat_.block_hash(number); }

  private:
    FlatState flat_;
    std::shared_ptr<PermissionSlots> permissions_;
};

}  // namespace talea::node
