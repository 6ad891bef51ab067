#pragma once
#include <optional>

#include "vm/chain/receipt.hpp"
#include "vm/interpreter/message.hpp"

namespace talea::vm {

/// Before an instruction runs (EIP-3155).
struct Step {
    std::uint32_t pc = 0;
    std::uint8_t opcode = 0;
    Gas gas = 0;
    std::uint16_t depth = 0;
    std::span<const u256> stack;  ///< bottom first
    std::uint64_t memory_bytes = 0;
    Gas refund = 0;
    BytesView return_data;  ///< of the frame's last call
};

/// After it, and before the frame that it calls.
struct StepEnd {
    /// What it takes from the frame, with what it gives to a call; a creation's gas is not its price (as the makers of
    /// EIP-3155 count). Where it failed, its fixed part at least.
    Gas gas_cost = 0;
    Status status = Status::success;  ///< any other: why it ends the frame
};

/// Watches, and for test tools steers, what an Evm does. None is set in block execution, where it costs one test a
/// call.
class Inspector {
  public:
    virtual ~Inspector() = default;
    /// Before a call or creation, the outermost included; may change the message (a prank changes the sender). A result
    /// that it returns is taken instead of running the message.
    virtual std::optional<CallResult> on_call(Message&) { return std::nullopt; }
    /// After it; state has been reverted already where the status says so. May change the result.
    virtual void on_call_end(const Message&, CallResult&) {}
    virtual void on_log(const Log&) {}
    /// True makes every frame run instruction by instruction and call on_step before each, on_step_end after it.
    [[nodiscard]] virtual bool wants_steps() const { return false; }
    virtual void on_step(const Step&) {}
    virtual void on_step_end(const StepEnd&) {}
};

}  // namespace talea::vm
