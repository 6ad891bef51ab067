#pragma once
#include <string_view>

#include "vm/base/numbers.hpp"
#include "vm/base/u256.hpp"

namespace talea::vm {

enum class CallKind : std::uint8_t { call, callcode, delegatecall, staticcall, create, create2 };
[[nodiscard]] constexpr bool creates(CallKind kind) {
    return kind == CallKind::create || kind == CallKind::create2;
}

/// A message call (Yellow Paper 8) or a creation (7).
struct Message {
    CallKind kind = CallKind::call;
    bool is_static = false;  ///< this frame or one above it is a STATICCALL
    std::uint16_t depth = 0;
    Gas gas = 0;
    Address recipient;  ///< whose storage and balance the code works on; for a creation the new address, set by the Evm
    Address sender;
    Address code_address;  ///< whose code runs: differs from recipient for CALLCODE and DELEGATECALL
    u256 value;            ///< for DELEGATECALL the apparent value, not moved
    BytesView input;       ///< call data, or init code
    u256 salt;             ///< CREATE2
};

/// How a frame ended. Everything but success and revert takes all the frame's gas.
enum class Status : std::uint8_t {
    success,
    revert,
    out_of_gas,
    stack_underflow,
    stack_overflow,
    bad_jump,
    invalid_instruction,    ///< 0xfe
    undefined_instruction,  ///< not an instruction of the fork
    write_protection,       ///< a state change in a static call
    return_data_out_of_bounds,
    call_depth_exceeded,   ///< the caller goes on; a light failure
    insufficient_balance,  ///< a light failure
    nonce_exhausted,       ///< a light failure of CREATE (EIP-2681)
    address_collision,     ///< EIP-684, EIP-7610
    init_code_too_large,   ///< EIP-3860
    code_too_large,        ///< EIP-170
    code_starts_with_ef,   ///< EIP-3541
    precompile_failure,
    create_not_permitted,  ///< DESIGN 5: neither origin nor creator has DEPLOY
};
[[nodiscard]] std::string_view to_string(Status status);

struct CallResult {
    Status status = Status::success;
    Gas gas_left = 0;
    BytesView output;  ///< return data or revert data; valid until the next call on the same Evm
    Address created;   ///< of a successful creation
};

}  // namespace talea::vm
