#include "conformance/runner/step_trace.hpp"

#include <ostream>

#include "conformance/runner/json_text.hpp"
#include "vm/base/hex.hpp"
#include "vm/interpreter/opcodes.hpp"

namespace talea::conformance {

using namespace talea::vm;

namespace {

constexpr std::size_t piece_bytes = 1 << 16;

std::string quantity(Gas gas) {
    return "\"" + to_quantity(static_cast<std::uint64_t>(gas)) + "\"";
}

std::string name_of(std::uint8_t opcode) {
    if (opcodes[opcode].name != nullptr) return opcodes[opcode].name;
    return "opcode " + to_quantity(std::uint64_t{opcode}) + " not defined";
}

}  // namespace

void StepTrace::on_step(const Step& step) {
    lines_ += "{\"pc\":" + std::to_string(step.pc) + ",\"op\":" + std::to_string(step.opcode) +
              ",\"gas\":" + quantity(step.gas);
    rest_ = ",\"memSize\":" + std::to_string(step.memory_bytes);
    if (with_stack_) {
        rest_ += ",\"stack\":[";
        for (std::size_t i = 0; i < step.stack.size(); ++i)
            rest_ += (i == 0 ? "\"" : ",\"") + to_quantity(step.stack[i]) + "\"";
        rest_ += "]";
    }
    if (with_return_data_) rest_ += ",\"returnData\":\"" + to_hex(step.return_data) + "\"";
    rest_ += ",\"depth\":" + std::to_string(step.depth + 1) + ",\"refund\":" + std::to_string(step.refund) +
             ",\"opName\":\"" + name_of(step.opcode) + "\"";
}

void StepTrace::on_step_end(const StepEnd& end) {
    lines_ += ",\"gasCost\":" + quantity(end.gas_cost) + rest_;
    if (end.status != Status::success) lines_ += ",\"error\":" + json_string(to_string(end.status));
    end_line();
}

void StepTrace::on_call_end(const Message& message, CallResult& result) {
    if (message.depth != 0) return;
    const std::string output = to_hex(result.output);
    lines_ += "{\"output\":\"" + output.substr(2) + "\",\"gasUsed\":" + quantity(message.gas - result.gas_left);
    if (result.status != Status::success) lines_ += ",\"error\":" + json_string(to_string(result.status));
    end_line();
}

void StepTrace::end_line() {
    lines_ += "}\n";
    if (lines_.size() >= piece_bytes) flush();
}

void StepTrace::flush() {
    out_ << lines_ << std::flush;
    lines_.clear();
}

}  // namespace talea::conformance
