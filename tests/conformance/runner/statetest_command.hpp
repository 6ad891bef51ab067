#pragma once
#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>

#include "conformance/runner/fixture.hpp"
#include "vm/interpreter/evm.hpp"

namespace talea::conformance {

/// What to run of state-test files, and what to tell: `talea-conformance statetest`.
struct StateTestCommand {
    std::string fork, name;            ///< only these, where not empty
    std::optional<std::size_t> index;  ///< only this entry of a fork
    bool trace = false;
    bool stack = true, return_data = true;  ///< in the trace
};

/// Runs one file. `results` gets a line for each case, a JSON object with name, pass, fork, stateRoot, gasUsed and,
/// where it did not pass, error; `trace` gets the EIP-3155 lines of a case and, traced or not, {"stateRoot": "0x…"} at
/// its end, as fuzzers made for geth expect it. False, with a sentence in `error`, where the file cannot be read.
[[nodiscard]] bool run_state_test_file(const StateTestCommand& command, vm::Evm& evm, FixtureReader& reader,
                                       const std::string& file, std::ostream& results, std::ostream& trace,
                                       std::string& error);

}  // namespace talea::conformance
