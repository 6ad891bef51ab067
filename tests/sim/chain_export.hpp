#pragma once
#include <string>

#include "sim/simulation.hpp"

namespace talea::sim {

/// The longest chain of a node that runs, as `talead export` writes one (node/sync/chain_export.hpp).
[[nodiscard]] std::string export_chain(Simulation& simulation);

}  // namespace talea::sim
