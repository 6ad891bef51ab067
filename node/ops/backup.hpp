#pragma once
#include <string>

#include "node/base/stop.hpp"
#include "node/ops/directory.hpp"

namespace talea::node {

/// `talead backup`: a copy of the directory's chain in the new folder `to`, a data directory again: genesis, database,
/// and node.json where there is one. No key and no journal is ever part of it. Takes the directory's lock; a copy that
/// did not come to its end has no genesis, so no node runs on it. Failures are printed, one sentence each.
[[nodiscard]] ExitCode make_backup(const Directory& directory, const std::string& to);

}  // namespace talea::node
