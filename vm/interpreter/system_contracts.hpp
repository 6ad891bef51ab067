#pragma once
#include "vm/chain/block_context.hpp"
#include "vm/interpreter/message.hpp"
#include "vm/state/state.hpp"

namespace talea::vm {

/// The machine, as a system contract may use it while it handles a message.
class StaticCaller {
  public:
    virtual ~StaticCaller() = default;
    /// A STATICCALL by the recipient of `handled`, the message being handled, with exactly `gas`, which the caller has
    /// taken from its own, and whose price for the account is paid. Fails with call_depth_exceeded at the limit of
    /// depth. `output` is valid until the next call. The machine's own stack nests here: gas bounds how deep.
    [[nodiscard]] virtual CallResult static_call(const Message& handled, const Address& to, BytesView input,
                                                 Gas gas) = 0;
};

/// Contracts run by native code (DESIGN 5). The Evm asks when an address is the recipient of a CALL, a STATICCALL or a
/// transaction, never for DELEGATECALL, CALLCODE or a delegation (EIP-7702): those run the account's code.
class SystemContracts {
  public:
    virtual ~SystemContracts() = default;
    /// Cheap; asked at every call.
    [[nodiscard]] virtual bool contains(const Address& address) const = 0;
    /// Runs the handler. Value has been moved, a snapshot taken; the Evm reverts state unless status is success.
    /// `output` must stay valid until the next call of the same object; `caller` may lead to such calls.
    [[nodiscard]] virtual CallResult call(const Message& message, State& state, const BlockContext& block,
                                          const TxContext& tx, StaticCaller& caller) = 0;
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
