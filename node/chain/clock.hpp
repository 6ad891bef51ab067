#pragma once
#include "vm/base/numbers.hpp"
#include "vm/native/permissions.hpp"

namespace talea::node {

/// The chain clock (DESIGN 6): UTC; or UTC plus the state's offset; or the state's own time, which stands still.
[[nodiscard]] vm::Timestamp chain_clock(const vm::ChainSettings& settings, vm::Timestamp utc);

/// The timestamp of a block that is begun now: the chain clock's, never before the parent's.
[[nodiscard]] vm::Timestamp block_time(const vm::ChainSettings& settings, vm::Timestamp parent, vm::Timestamp utc);

/// The machine's UTC. A driver's matter: nothing that decides calls it.
[[nodiscard]] vm::Timestamp utc_now();

}  // namespace talea::node
