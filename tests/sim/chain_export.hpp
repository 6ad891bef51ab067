#pragma once
#include <expected>
#include <string>

#include "sim/simulation.hpp"

namespace talea::sim {

/// The longest chain of a node that runs, as `talead export` writes one (node/sync/chain_export.hpp).
[[nodiscard]] std::string export_chain(Simulation& simulation);

/// The same chain as a new data directory, for `talead replay`. Also one that is forged: what its modified validators
/// executed is stored as they executed it. The error is one sentence.
[[nodiscard]] std::expected<void, std::string> write_directory(Simulation& simulation, const std::string& path);

}  // namespace talea::sim
