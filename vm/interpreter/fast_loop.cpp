#include "vm/interpreter/fused.hpp"
#include "vm/interpreter/instructions.hpp"
#include "vm/interpreter/loops.hpp"

// Two ways to go from one instruction to the next, over the same bodies. clang: a function for each instruction, which
// keeps the Machine in registers (preserve_none) and ends in a jump to the next (musttail). g++, and clang where the
// address sanitizer lays out frames that preserve_none cannot have: one function with computed goto.
#if defined(__clang__)
#if !__has_feature(address_sanitizer)
#define TALEA_TAIL_CALLS 1
#endif
#endif

namespace talea::vm {
namespace {

/// What follows an instruction.
enum class Then : std::uint8_t {
    next,   ///< the one at `ip`
    again,  ///< the same in its long form
    leave,  ///< nothing, for now: the frame is handed back
    exact,  ///< the one at `ip`, in the exact loop
};

namespace flow {

/// Takes the gas of the block whose entry `ip` points at, and checks its need of stack.
[[gnu::always_inline]] inline Then enter(Machine& m) {
    const BlockEntry block = unpack(m.ip->operand);
    const auto height_bytes = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(m.sp + 1) -
                                                         reinterpret_cast<std::uintptr_t>(m.frame->stack_bottom));
    m.gas -= block.gas;
    if (m.gas < 0 || height_bytes - block.need_bytes > block.range_bytes) [[unlikely]] {
        m.gas += block.gas;
        return Then::exact;
    }
    ++m.ip;
    return Then::next;
}
[[gnu::always_inline]] inline Then go_exact(Machine&) {
    return Then::exact;
}
/// Nothing where `destination` is none.
[[gnu::always_inline]] inline const Instruction* target(const Machine& m, const u256& destination) {
    const Translation& translation = *m.frame->translation;
    const bool valid = destination.fits_u64() && translation.is_jump_destination(destination.low_u64());
    return valid ? translation.stream.data() + translation.targets[destination.low_u64()] : nullptr;
}
[[gnu::always_inline]] inline Then jump(Machine& m) {
    const Instruction* to = target(m, m.top);
    if (to == nullptr) [[unlikely]]
        return Then::exact;
    m.drop();
    m.ip = to;
    return enter(m);
}
[[gnu::always_inline]] inline Then jumpi(Machine& m) {
    if (m.sp[-1].is_zero()) {
        ++m.ip;
    } else {
        const Instruction* to = target(m, m.top);
        if (to == nullptr) [[unlikely]]
            return Then::exact;
        m.ip = to;
    }
    m.sp -= 2;
    m.top = *m.sp;
    return enter(m);
}
[[gnu::always_inline]] inline Then jump_to(Machine& m) {
    m.ip = reinterpret_cast<const Instruction*>(m.ip->operand);
    return enter(m);
}
/// To the block at `operand`, or to the one that follows.
[[gnu::always_inline]] inline Then go(Machine& m, bool jumps) {
    if (jumps)
        m.ip = reinterpret_cast<const Instruction*>(m.ip->operand);
    else
        ++m.ip;
    return enter(m);
}
/// JUMPI to a constant, the condition inverted by an ISZERO before or not.
template <bool if_zero>
[[gnu::always_inline]] inline Then jump_if(Machine& m) {
    const bool jumps = m.top.is_zero() == if_zero;
    m.drop();
    return go(m, jumps);
}
/// A comparison whose result JUMPI took.
[[gnu::always_inline]] inline Then jump_on(Machine& m, bool jumps) {
    m.sp -= 2;
    m.top = word::limbwise(*m.sp);
    return go(m, jumps);
}
[[gnu::always_inline]] inline Then jump_if_lt(Machine& m) {
    return jump_on(m, word::less(m.top, m.sp[-1]));
}
[[gnu::always_inline]] inline Then jump_if_not_lt(Machine& m) {
    return jump_on(m, !word::less(m.top, m.sp[-1]));
}
[[gnu::always_inline]] inline Then jump_if_gt(Machine& m) {
    return jump_on(m, word::less(m.sp[-1], m.top));
}
[[gnu::always_inline]] inline Then jump_if_not_gt(Machine& m) {
    return jump_on(m, !word::less(m.sp[-1], m.top));
}
[[gnu::always_inline]] inline Then jump_if_eq(Machine& m) {
    return jump_on(m, m.top == m.sp[-1]);
}
/// One step of a function selector: DUP1, PUSH, EQ, PUSH, JUMPI. The operand holds the number in its lower half and the
/// place of the block in its upper.
[[gnu::always_inline]] inline Then select(Machine& m) {
    const std::uint64_t operand = m.ip->operand;
    if (m.top == u256{operand & 0xffffffff})
        m.ip = m.frame->translation->stream.data() + (operand >> 32);
    else
        ++m.ip;
    return enter(m);
}

}  // namespace flow

template <auto body>
[[gnu::always_inline]] inline Then step_quick(Machine& m) {
    if (!body(m)) [[unlikely]]
        return Then::again;
    ++m.ip;
    return Then::next;
}

template <Kind kind, auto body>
[[gnu::always_inline]] inline Then step(Machine& m) {
    if constexpr (kind == Kind::plain) {
        body(m);
        ++m.ip;
        return Then::next;
    } else if constexpr (kind == Kind::checked) {
        if (!body(m)) [[unlikely]]
            return Then::exact;
        ++m.ip;
        return Then::next;
    } else if constexpr (kind == Kind::precise) {
        const Gas paid = static_cast<Gas>(m.ip->operand);
        m.gas += paid;
        if (!body(m)) [[unlikely]] {
            m.frame->exit = Exit::finished;
            return Then::leave;
        }
        m.gas -= paid;
        ++m.ip;
        return m.gas < 0 ? Then::exact : Then::next;
    } else if constexpr (kind == Kind::calling) {
        m.gas += static_cast<Gas>(m.ip->operand);
        m.frame->exit = body(m) ? Exit::calling : Exit::finished;
        ++m.ip;
        return Then::leave;
    } else {
        static_assert(kind == Kind::halting);
        body(m);
        m.frame->exit = Exit::finished;
        return Then::leave;
    }
}

/// Jumps are the fast loop's own.
template <auto body>
[[gnu::always_inline]] inline Then step_jump(Machine& m) {
    return body(m);
}

/// Of instructions that have one form only.
[[gnu::always_inline]] inline Then no_step(Machine&) {
    return Then::exact;
}

void leave(const Machine& m) {
    Frame& frame = *m.frame;
    frame.ip = m.ip;
    frame.sp = m.sp;
    frame.gas = m.gas;
    *m.sp = m.top;
}

void leave_to_exact(const Machine& m) {
    leave(m);
    Frame& frame = *m.frame;
    const Translation::Origin& origin =
        frame.translation->origins[static_cast<std::size_t>(m.ip - frame.translation->stream.data())];
    frame.gas += origin.paid;
    frame.pc = origin.pc;
    frame.exact = true;
    frame.exit = Exit::inexact;
}

/// The machine of a frame that goes on: gas of its block's rest is paid again.
Machine machine_of(Frame& frame) {
    const Translation& translation = *frame.translation;
    const std::uint32_t paid = translation.origins[static_cast<std::size_t>(frame.ip - translation.stream.data())].paid;
    return {frame.ip, frame.sp, frame.gas - paid, &frame, *frame.sp};
}

}  // namespace

#define TALEA_STEP_plain(body) step<Kind::plain, instructions::body>
#define TALEA_STEP_checked(body) step<Kind::checked, instructions::body>
#define TALEA_STEP_precise(body) step<Kind::precise, instructions::body>
#define TALEA_STEP_calling(body) step<Kind::calling, instructions::body>
#define TALEA_STEP_halting(body) step<Kind::halting, instructions::body>
#define TALEA_STEP_jump(body) step_jump<flow::body>
#define TALEA_STEP_quick(body) step_quick<instructions::quick::body>
#define TALEA_STEP_quick_precise(body) step_quick<instructions::quick::body>
// What Then::again goes on with.
#define TALEA_LONG_plain(body) no_step
#define TALEA_LONG_checked(body) no_step
#define TALEA_LONG_precise(body) no_step
#define TALEA_LONG_calling(body) no_step
#define TALEA_LONG_halting(body) no_step
#define TALEA_LONG_jump(body) no_step
#define TALEA_LONG_quick(body) step<Kind::checked, instructions::body>
#define TALEA_LONG_quick_precise(body) step<Kind::precise, instructions::body>

#if defined(TALEA_TAIL_CALLS)

namespace {

using u64 = std::uint64_t;
typedef void Handler(const Instruction* ip, u256* sp, Gas gas, Frame* frame, u64 t0, u64 t1, u64 t2, u64 t3)
    __attribute__((preserve_none));

__attribute__((preserve_none, noinline)) void leave_handler(const Instruction* ip, u256* sp, Gas gas, Frame* frame,
                                                            u64 t0, u64 t1, u64 t2, u64 t3) {
    leave({ip, sp, gas, frame, {t0, t1, t2, t3}});
}
__attribute__((preserve_none, noinline)) void exact_handler(const Instruction* ip, u256* sp, Gas gas, Frame* frame,
                                                            u64 t0, u64 t1, u64 t2, u64 t3) {
    leave_to_exact({ip, sp, gas, frame, {t0, t1, t2, t3}});
}

template <auto one_step, auto long_step>
__attribute__((preserve_none)) void handler(const Instruction* ip, u256* sp, Gas gas, Frame* frame, u64 t0, u64 t1,
                                            u64 t2, u64 t3) {
    Machine m{ip, sp, gas, frame, {t0, t1, t2, t3}};
    const Then then = one_step(m);
    // One jump for each way on, so that none is chosen by a conditional move, which would wait for the outcome.
    if (then == Then::next) [[likely]] {
        Handler* const next = reinterpret_cast<Handler*>(const_cast<void*>(m.ip->handler));
        [[clang::musttail]] return next(m.ip, m.sp, m.gas, m.frame, m.top.limbs[0], m.top.limbs[1], m.top.limbs[2],
                                        m.top.limbs[3]);
    }
    if (then == Then::leave) [[clang::musttail]]
        return leave_handler(m.ip, m.sp, m.gas, m.frame, m.top.limbs[0], m.top.limbs[1], m.top.limbs[2],
                             m.top.limbs[3]);
    if (then == Then::again) [[clang::musttail]]
        return handler<long_step, no_step>(m.ip, m.sp, m.gas, m.frame, m.top.limbs[0], m.top.limbs[1], m.top.limbs[2],
                                           m.top.limbs[3]);
    [[clang::musttail]] return exact_handler(m.ip, m.sp, m.gas, m.frame, m.top.limbs[0], m.top.limbs[1], m.top.limbs[2],
                                             m.top.limbs[3]);
}

}  // namespace

std::span<const void* const> fast_handlers() {
#define TALEA_HANDLER(id, kind, body) \
    reinterpret_cast<const void*>(&handler<TALEA_STEP_##kind(body), TALEA_LONG_##kind(body)>),
    static const void* const handlers[] = {TALEA_INSTRUCTIONS(TALEA_HANDLER) TALEA_FAST_INSTRUCTIONS(TALEA_HANDLER)};
#undef TALEA_HANDLER
    return handlers;
}

void run_fast(Frame& frame) {
    const Machine m = machine_of(frame);
    if (m.gas < 0) return leave_to_exact(m);
    Handler* const first = reinterpret_cast<Handler*>(const_cast<void*>(m.ip->handler));
    first(m.ip, m.sp, m.gas, m.frame, m.top.limbs[0], m.top.limbs[1], m.top.limbs[2], m.top.limbs[3]);
}

#else

#pragma GCC diagnostic ignored "-Wpedantic"  // computed goto is the compiler's own

namespace {

/// Asked for no frame, only tells its labels.
const void* const* loop(Frame* asked) {
#define TALEA_LABEL(id, kind, body) &&label_##id,
    static const void* const labels[] = {TALEA_INSTRUCTIONS(TALEA_LABEL) TALEA_FAST_INSTRUCTIONS(TALEA_LABEL)};
#undef TALEA_LABEL
    if (asked == nullptr) return labels;

    Machine m = machine_of(*asked);
    Then then = m.gas < 0 ? Then::exact : Then::next;
    if (then != Then::next) goto out;
    goto* m.ip->handler;

#define TALEA_BODY(id, kind, body)                              \
    label_##id : then = TALEA_STEP_##kind(body)(m);             \
    if (then == Then::again) then = TALEA_LONG_##kind(body)(m); \
    if (then != Then::next) goto out;                           \
    goto* m.ip->handler;
    TALEA_INSTRUCTIONS(TALEA_BODY)
    TALEA_FAST_INSTRUCTIONS(TALEA_BODY)
#undef TALEA_BODY

out:
    then == Then::leave ? leave(m) : leave_to_exact(m);
    return labels;
}

}  // namespace

std::span<const void* const> fast_handlers() {
    return {loop(nullptr), static_cast<std::size_t>(InstructionId::undefined)};
}

void run_fast(Frame& frame) {
    loop(&frame);
}

#endif

}  // namespace talea::vm
