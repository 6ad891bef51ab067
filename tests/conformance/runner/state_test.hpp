#pragma once
#include "conformance/runner/fixture.hpp"
#include "conformance/runner/outcome.hpp"
#include "vm/interpreter/evm.hpp"

namespace talea::conformance {

/// What a transaction of a state test came to.
struct StateRun {
    std::string refusal;  ///< the reason where it was refused; else empty
    bool refusal_expected = false;
    vm::Status status = vm::Status::success;
    std::uint64_t gas_used = 0;
    vm::MapState after;
    vm::Hash state_root;  ///< of `after`
    vm::Hash logs_hash;
};
[[nodiscard]] StateRun execute_state_test(vm::Evm& evm, const StateTest& test, const StatePost& post,
                                          vm::Inspector* inspector = nullptr);

/// The transaction must be refused for the named reason, or leave the state root and the logs that the test names.
[[nodiscard]] Outcome judge(const StateRun& run, const StatePost& post);

}  // namespace talea::conformance
