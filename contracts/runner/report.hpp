#pragma once
#include <span>
#include <string>

#include "contracts/runner/options.hpp"
#include "contracts/runner/suite.hpp"

namespace talea::runner {

struct Totals {
    std::size_t passed = 0, failed = 0, skipped = 0;
    double seconds = 0;
};
[[nodiscard]] Totals count(std::span<const ContractResult> results);

/// One contract's part of the report, for a person.
[[nodiscard]] std::string format_contract(const ContractResult& result, const TestOptions& options);
/// The last lines; "N passed, N failed, N skipped" stands alone on the last one.
[[nodiscard]] std::string format_totals(const Totals& totals, const TestOptions& options);

/// Everything as one JSON object:
/// {seed, fuzzRuns, passed, failed, skipped, seconds, contracts: [{unit, name, seconds, tests: [{name, status, reason,
/// gas, medianGas, runs, counterexample, sequence, origin, console, trace}], campaign: {runs, calls, reverts, seconds,
/// functions: [{name, calls, reverts, discarded}], reached: {mark: count}, refused: {error: count}}}]}; reason,
/// counterexample, sequence, origin, console and trace stand only where there is something to say, medianGas and runs
/// only for fuzz tests, campaign only for contracts with invariants, whose results have no gas.
[[nodiscard]] std::string format_json(std::span<const ContractResult> results, const Totals& totals,
                                      const TestOptions& options);

}  // namespace talea::runner
