#pragma once
#include "reference/comparison.hpp"

namespace talea::reference {

/// Any bytes as a small world with three contracts whose code is mostly valid, and one to three transactions on it:
/// each byte picks an idiom (numbers, the sequences that solc emits, jumps to labels, calls and creations between the
/// accounts, copies, loops) or is an operand of one, so that a change of one byte changes one place. Every fork, little
/// gas, and what rarely meets (static calls, delegations, nonces at their end) come of the first bytes.
[[nodiscard]] Scenario scenario_of(vm::BytesView bytes);

}  // namespace talea::reference
