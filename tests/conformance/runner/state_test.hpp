#pragma once
#include <string>

#include "conformance/runner/fixture.hpp"
#include "vm/interpreter/evm.hpp"

namespace talea::conformance {

enum class Verdict : std::uint8_t {
    passed,
    failed,
    needs_precompile,  ///< failed, and a precompile that is not built yet had been called
};

struct Outcome {
    Verdict verdict = Verdict::passed;
    std::string why;         ///< for a failure: what differs
    std::string precompile;  ///< for needs_precompile: its name
};

/// Runs one expectation of `test`: the transaction must be refused for the named reason, or leave the state root and
/// the logs that the test names.
[[nodiscard]] Outcome run_state_test(vm::Evm& evm, const StateTest& test, const StatePost& post);

}  // namespace talea::conformance
