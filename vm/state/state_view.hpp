#pragma once
#include <memory>
#include <optional>

#include "vm/base/bytes.hpp"
#include "vm/base/numbers.hpp"
#include "vm/base/u256.hpp"

namespace talea::vm {

/// An account as it is stored; its storage is apart.
struct Account {
    std::uint64_t nonce = 0;
    Wei balance;
    Hash code_hash;  ///< empty_code_hash where there is none
    friend bool operator==(const Account&, const Account&) = default;
};

/// Code is shared and never changes. Never null: an empty one for an account without code.
using Code = std::shared_ptr<const Bytes>;

/// What execution reads of the world: the latest state, a past block, a test's map. Reads by one thread at a time
/// unless the implementation says more. A failed read of the disk stops the process; it is never a value.
class StateView {
  public:
    virtual ~StateView() = default;
    [[nodiscard]] virtual std::optional<Account> account(const Address& address) const = 0;
    [[nodiscard]] virtual u256 storage(const Address& address, const u256& key) const = 0;
    /// Whether any slot of the account is not zero (EIP-7610 asks before a contract is created).
    [[nodiscard]] virtual bool has_storage(const Address& address) const = 0;
    [[nodiscard]] virtual Code code(const Hash& code_hash) const = 0;
    /// The hash of an ancestor; zero for a number the chain does not reach.
    [[nodiscard]] virtual Hash block_hash(BlockNumber number) const = 0;
};

}  // namespace talea::vm
