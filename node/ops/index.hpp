#pragma once
#include "node/base/stop.hpp"
#include "node/ops/directory.hpp"

namespace talea::node {

/// `talead index`: the index of token holders from stored receipts. Takes the directory's lock. Failures are printed,
/// one sentence each.
[[nodiscard]] ExitCode rebuild_index(const Directory& directory);

}  // namespace talea::node
