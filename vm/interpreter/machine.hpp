#pragma once
#include "vm/interpreter/frame.hpp"

namespace talea::vm {

/// What an instruction is to the loops that run it.
enum class Kind : std::uint8_t {
    plain,          ///< cannot fail
    checked,        ///< false: it cannot run with this gas, and nothing has changed
    precise,        ///< must know the exact gas left; false: the frame ends with the status it set
    quick,          ///< checked or plain, with a short form (quick::) for the common case, which is false for any other
    quick_precise,  ///< precise, likewise
    calling,        ///< precise; true: the message in frame->child wants to be run
    halting,        ///< ends the frame with the status it set
    jump,           ///< goes elsewhere; each loop has its own
};

/// What the loops keep in registers while a frame runs: place in the code, stack, gas left, and the top of the stack.
/// `sp` points at the place of the top item, whose value is in `top` alone.
struct Machine {
    const Instruction* ip;
    u256* sp;
    Gas gas;
    Frame* frame;
    u256 top;

    [[gnu::always_inline]] void push(const u256& value) {
        *sp = top;
        ++sp;
        top = value;
    }
    [[gnu::always_inline]] void drop() {
        --sp;
        top = {sp->limbs[0], sp->limbs[1], sp->limbs[2], sp->limbs[3]};
    }
    /// The item below the top, which takes the top's place: for instructions of two items that give one.
    [[gnu::always_inline]] const u256& below() {
        --sp;
        return *sp;
    }
};

}  // namespace talea::vm
