#pragma once
#include "node/base/stop.hpp"
#include "node/ops/directory.hpp"

namespace talea::node {

/// Writes the directory's chain to stdout (node/sync/chain_export.hpp). Takes the directory's lock; what is stored is
/// not judged. Failures are printed, one sentence each.
[[nodiscard]] ExitCode export_chain(const Directory& directory);

}  // namespace talea::node
