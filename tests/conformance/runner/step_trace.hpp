#pragma once
#include <iosfwd>
#include <string>

#include "vm/interpreter/inspector.hpp"

namespace talea::conformance {

/// Writes what an Evm does as EIP-3155 says, one JSON object a line, with geth's keys in geth's order: a line for each
/// instruction (`error` where it ended its frame without success, REVERT included), and at the end of the outermost
/// message one with its output and the gas that it used.
///
/// Memory is not written, which the EIP leaves open. Where geth writes a line for an instruction and, if it then
/// fails, a second one with the error, this is one line.
class StepTrace final : public vm::Inspector {
  public:
    /// Lines go to `out` in large pieces, the last by `flush`.
    StepTrace(std::ostream& out, bool with_stack, bool with_return_data)
        : out_(out), with_stack_(with_stack), with_return_data_(with_return_data) {}

    [[nodiscard]] bool wants_steps() const override { return true; }
    void on_step(const vm::Step& step) override;
    void on_step_end(const vm::StepEnd& end) override;
    void on_call_end(const vm::Message& message, vm::CallResult& result) override;
    void flush();

  private:
    void end_line();

    std::ostream& out_;
    bool with_stack_, with_return_data_;
    std::string lines_;
    std::string rest_;  // of the line of a running instruction, after its cost
};

}  // namespace talea::conformance
