#include "node/chain/head_state.hpp"

#include "node/base/limits.hpp"
#include "vm/native/addresses.hpp"

namespace talea::node {

vm::u256 PermissionSlots::get(const FlatState& state, const vm::u256& key) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = slots_.find(key); found != slots_.end()) return found->second;
    }
    const auto value = state.storage(vm::permissions_address, key);
    const std::lock_guard lock(mutex_);
    if (slots_.size() >= limits::permission_slots_max) slots_.clear();
    slots_.emplace(key, value);
    return value;
}

vm::u256 HeadState::storage(const vm::Address& address, const vm::u256& key) const {
    return address == vm::permissions_address ? permissions_->get(flat_, key) : flat_.storage(address, key);
}

}  // namespace talea::node
