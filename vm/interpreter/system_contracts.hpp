#pragma once
#include "vm/chain/block_context.hpp"
#include "vm/interpreter/message.hpp"
#include "vm/state/state.hpp"

namespace talea::vm {

/// Contracts run by native code (DESIGN 5). The Evm asks when an address is the recipient of a CALL, a STATICCALL or a
/// transaction, never for DELEGATECALL, CALLCODE or a delegation (EIP-7702): those run the account's code.
class SystemContracts {
  public:
    virtual ~SystemContracts() = default;
    /// Cheap; asked at every call.
    [[nodiscard]] virtual bool contains(const Address& address) const = 0;
    /// Runs the handler. Value has been moved, a snapshot taken; the Evm reverts state unless status is success.
    /// `output` must stay valid until the next call of the same object.
    [[nodiscard]] virtual CallResult call(const Message& message, State& state, const BlockContext& block,
                                          const TxContext& tx) = 0;
};

/// Judges CREATE and CREATE2 executed in a call. Asked with the static-call check, before gas, depth, balance and
/// nonce; a "no" halts the frame with Status::create_not_permitted. Reads values of the start of the transaction, costs
/// no gas, warms nothing.
class CreateGuard {
  public:
    virtual ~CreateGuard() = default;
    [[nodiscard]] virtual bool may_create(State& state, const Address& origin, const Address& creator) const = 0;
};

}  // namespace talea::vm
