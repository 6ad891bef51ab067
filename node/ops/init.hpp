#pragma once
#include <string>
#include <vector>

#include "node/base/stop.hpp"

namespace talea::node {

struct InitOptions {
    std::string source;                 ///< the genesis source (node/ops/genesis_source.hpp)
    std::string dir;                    ///< data directory to make; empty: the resolved genesis goes to stdout
    std::vector<std::string> ceremony;  ///< public files of all hosts, where the source names no validators
};
/// `talead init`: resolves a genesis source. Failures are printed, one sentence each.
[[nodiscard]] ExitCode init_chain(const InitOptions& options);

}  // namespace talea::node
