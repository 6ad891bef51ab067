#pragma once
#include <map>
#include <optional>

#include "vm/state/state_view.hpp"

namespace talea::vm {

/// What became of one account. Slots hold new values, zero for a slot that is gone.
struct AccountChange {
    std::optional<Account> account;  ///< nothing: the account is gone
    bool storage_cleared = false;    ///< all earlier slots are gone before `storage` applies (SELFDESTRUCT, EIP-6780)
    std::map<u256, u256> storage;
};

/// The difference that a block (or transaction) makes to a state, in the order of addresses and keys: only what
/// differs.
struct ChangeSet {
    std::map<Address, AccountChange> accounts;
    std::map<Hash, Code> codes;  ///< deployed code by its hash
};

}  // namespace talea::vm
