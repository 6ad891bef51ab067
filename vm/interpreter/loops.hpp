#pragma once
#include <span>

#include "vm/interpreter/frame.hpp"
#include "vm/interpreter/opcodes.hpp"

namespace talea::vm {

/// Both loops run a frame until it ends, calls, or (the fast one) must go on in the exact loop; they leave the reason
/// in `frame.exit`, and otherwise the frame as described there.

/// Runs translated code from `frame.ip`.
void run_fast(Frame& frame);
/// Runs the bytes of the code from `frame.pc`, one instruction after the other, each with its own checks; tells an
/// inspector that wants steps. The reference for the fast loop, which leaves to it every frame that may run out of gas
/// or stack.
void run_exact(Frame& frame);

/// The fast loop's handlers by InstructionId, for translation.
[[nodiscard]] std::span<const void* const> fast_handlers();

}  // namespace talea::vm
