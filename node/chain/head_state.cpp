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

std::optional<vm::Account> RecentAccounts::get(const FlatState& state, vm::BlockNumber head,
                                               const vm::Address& address) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = accounts_.find(address);
        if (found != accounts_.end() && found->second.since <= head) return found->second.account;
    }
    auto account = state.account(address);
    const std::lock_guard lock(mutex_);
    if (head == latest_) put(address, {account, head});
    return account;
}

void RecentAccounts::update(vm::BlockNumber latest, const Changes& changes) {
    const std::lock_guard lock(mutex_);
    latest_ = latest;
    for (const auto& [address, account] : changes) put(address, {account, latest});
}

void RecentAccounts::put(const vm::Address& address, Entry entry) {
    if (accounts_.size() >= limits::recent_accounts_max) accounts_.clear();
    accounts_.insert_or_assign(address, std::move(entry));
}

vm::u256 HeadState::storage(const vm::Address& address, const vm::u256& key) const {
    return address == vm::permissions_address ? memory_.permissions->get(flat_, key) : flat_.storage(address, key);
}

}  // namespace talea::node
