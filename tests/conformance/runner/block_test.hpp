#pragma once
#include "conformance/runner/fixture.hpp"
#include "conformance/runner/outcome.hpp"
#include "vm/interpreter/evm.hpp"

namespace talea::conformance {

/// Imports the blocks of `test` in order: each must be taken, or refused for the named reason, and the head and state
/// at the end must be those of the test.
[[nodiscard]] Outcome run_block_test(vm::Evm& evm, const BlockTest& test);

}  // namespace talea::conformance
