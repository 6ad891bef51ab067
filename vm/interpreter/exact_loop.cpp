#include <algorithm>

#include "vm/interpreter/instructions.hpp"
#include "vm/interpreter/loops.hpp"

namespace talea::vm {
namespace {

/// What an instruction did to the frame.
enum class Then : std::uint8_t { next, ended, calls, warm };

template <Kind kind, auto body>
Then run(Machine& m) {
    if constexpr (kind == Kind::plain) {
        body(m);
        return Then::next;
    } else if constexpr (kind == Kind::checked || kind == Kind::precise) {
        return body(m) ? Then::next : Then::ended;
    } else if constexpr (kind == Kind::calling) {
        return body(m) ? Then::calls : Then::ended;
    } else {
        body(m);
        return Then::ended;
    }
}

// Jumps change `pc`, which is the loop's own.
void jump(Machine&) {}
void jumpi(Machine&) {}

using Runner = Then (*)(Machine&);

#define TALEA_RUN_plain(body) run<Kind::plain, instructions::body>
#define TALEA_RUN_checked(body) run<Kind::checked, instructions::body>
#define TALEA_RUN_precise(body) run<Kind::precise, instructions::body>
#define TALEA_RUN_calling(body) run<Kind::calling, instructions::body>
#define TALEA_RUN_halting(body) run<Kind::halting, instructions::body>
#define TALEA_RUN_quick(body) run<Kind::checked, instructions::body>
#define TALEA_RUN_quick_precise(body) run<Kind::precise, instructions::body>
#define TALEA_RUN_jump(body) run<Kind::plain, body>
#define TALEA_RUN(id, kind, body) TALEA_RUN_##kind(body),
constexpr Runner runners[] = {TALEA_INSTRUCTIONS(TALEA_RUN)};
#undef TALEA_RUN

class ExactLoop {
  public:
    explicit ExactLoop(Frame& frame) : frame_(frame), m_{&decoded_, frame.sp, frame.gas, &frame, *frame.sp} {}

    void run() {
        Inspector* const inspector = frame_.context->inspector;
        const bool traced = inspector != nullptr && inspector->wants_steps();
        const BytesView code = frame_.translation->code;
        frame_.exit = Exit::finished;
        Then then = Then::next;
        while (then == Then::next) {
            const std::uint8_t opcode = frame_.pc < code.size() ? code[frame_.pc] : opcode_stop;
            const OpcodeTraits& traits = opcodes[opcode];
            const Gas gas_before = m_.gas;
            if (traced) report(*inspector, opcode);
            then = may_run(opcode, traits) ? execute(code, opcode, traits) : Then::ended;
            if (traced) report_end(*inspector, then, gas_before, traits);
            ++steps_;
        }
        if (then == Then::calls) frame_.exit = Exit::calling;
        if (then == Then::warm) frame_.exit = Exit::warm;
        frame_.translation->executed += steps_;
        frame_.sp = m_.sp;
        frame_.gas = m_.gas;
        *m_.sp = m_.top;
    }

  private:
    [[nodiscard]] std::ptrdiff_t height() const { return m_.sp + 1 - frame_.stack_bottom; }

    void report(Inspector& inspector, std::uint8_t opcode) {
        *m_.sp = m_.top;
        inspector.on_step({.pc = frame_.pc,
                           .opcode = opcode,
                           .gas = m_.gas,
                           .depth = frame_.message.depth,
                           .stack = {frame_.stack_bottom, static_cast<std::size_t>(height())},
                           .memory_bytes = frame_.memory_bytes,
                           .refund = frame_.context->state->refund(),
                           .return_data = frame_.context->return_data});
    }

    void report_end(Inspector& inspector, Then then, Gas gas_before, const OpcodeTraits& traits) const {
        Gas cost = std::max(gas_before - m_.gas, static_cast<Gas>(traits.gas));
        if (then == Then::calls && creates(frame_.child->message.kind)) cost -= frame_.child->message.gas;
        inspector.on_step_end({cost, then == Then::ended ? frame_.status : Status::success});
    }

    bool stop(Status status) {
        frame_.status = status;
        return false;
    }
    bool may_run(std::uint8_t opcode, const OpcodeTraits& traits) {
        if (!defined(opcode, frame_.context->fork)) return stop(Status::undefined_instruction);
        if (height() < traits.pops) return stop(Status::stack_underflow);
        if (height() + traits.pushes - traits.pops > static_cast<std::ptrdiff_t>(limits::stack_items))
            return stop(Status::stack_overflow);
        if (m_.gas < traits.gas) return stop(Status::out_of_gas);
        m_.gas -= traits.gas;
        return true;
    }

    Then execute(BytesView code, std::uint8_t opcode, const OpcodeTraits& traits) {
        if (opcode == opcode_jump || opcode == opcode_jumpi) return jump(opcode);
        decoded_.operand = 0;
        if (opcode == opcode_pc) {
            decoded_.operand = frame_.pc;
        } else if (traits.immediate_bytes != 0) {
            pushed_ = pushed_number(code, frame_.pc, traits.immediate_bytes);
            decoded_.operand =
                traits.id == InstructionId::push ? pushed_.low_u64() : reinterpret_cast<std::uint64_t>(&pushed_);
        }
        frame_.pc += 1u + traits.immediate_bytes;
        return runners[static_cast<std::size_t>(traits.id)](m_);
    }

    Then jump(std::uint8_t opcode) {
        const u256 destination = m_.top;
        m_.drop();
        if (opcode == opcode_jumpi) {
            const bool taken = !m_.top.is_zero();
            m_.drop();
            if (!taken) {
                ++frame_.pc;
                return Then::next;
            }
        }
        if (!destination.fits_u64() || !frame_.translation->find_jump_destination(destination.low_u64())) {
            frame_.status = Status::bad_jump;
            return Then::ended;
        }
        frame_.pc = static_cast<std::uint32_t>(destination.low_u64());
        const Translation& translation = *frame_.translation;
        return frame_.warming && translation.executed + steps_ >= translation.code.size() ? Then::warm : Then::next;
    }

    Frame& frame_;
    Instruction decoded_;
    std::uint64_t steps_ = 0;
    u256 pushed_;
    Machine m_;
};

}  // namespace

void run_exact(Frame& frame) {
    ExactLoop(frame).run();
}

}  // namespace talea::vm
