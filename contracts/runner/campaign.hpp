#pragma once
#include <span>

#include "contracts/runner/bench.hpp"
#include "contracts/runner/crew.hpp"

namespace talea::runner {

/// Makes random calls of the contract's targets (see targets.hpp), `invariant_runs` times `invariant_depth` of them,
/// each run on the state that setUp left, and asks all `invariants` after each call that changed something, and
/// `afterInvariant` after each run. Adds a result for each invariant and the summary.
///
/// A call that reverts changes nothing and is counted; with `fail_on_revert` it fails the campaign, and so do always:
/// an assertion of the cheat codes that fails in it, `assert`, and what a cheat code expected and did not see. One
/// result named "calls" tells of that; one named "mustReach()" of marks and errors that this function of the test
/// contract lists and no call met.
///
/// Run i depends on the seed, the contract's name and i alone, and of failing runs the first counts, so the number of
/// threads changes nothing. What fails is shrunk, kept, and tried first the next time.
void run_campaign(const Bench& ready, std::span<const abi::Function* const> invariants, Crew& crew,
                  ContractResult& result);

}  // namespace talea::runner
