#pragma once
#include "conformance/runner/fixture.hpp"
#include "conformance/runner/outcome.hpp"
#include "vm/interpreter/evm.hpp"

namespace talea::conformance {

/// Runs one expectation of `test`: the transaction must be refused for the named reason, or leave the state root and
/// the logs that the test names.
[[nodiscard]] Outcome run_state_test(vm::Evm& evm, const StateTest& test, const StatePost& post);

}  // namespace talea::conformance
