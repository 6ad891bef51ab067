#pragma once
#include <expected>
#include <string>
#include <vector>

#include "contracts/runner/bench.hpp"

namespace talea::runner {

/// A function that a campaign may call.
struct TargetFunction {
    vm::Address address;
    std::string contract;  ///< its name
    const abi::Function* function = nullptr;
};

/// What a campaign calls, and as whom.
struct Targets {
    std::vector<TargetFunction> functions;
    std::vector<vm::Address> senders;  ///< only these; none: anyone
    std::vector<vm::Address> excluded_senders;

    [[nodiscard]] const TargetFunction* find(const vm::Address& address, vm::BytesView call_data) const;
};

/// What the test contract says by the functions that other test runners ask too: targetContracts, excludeContracts,
/// targetSelectors, excludeSelectors, targetArtifacts, excludeArtifacts, targetArtifactSelectors, targetInterfaces,
/// targetSenders, excludeSenders. By default: every function that may write, of every contract that setUp made.
/// An error is a sentence: a function that cannot be read or names what is not there, or nothing is left to call.
[[nodiscard]] std::expected<Targets, std::string> find_targets(Bench& bench);

}  // namespace talea::runner
