#pragma once
#include <string>
#include <vector>

#include "node/base/stop.hpp"
#include "node/ops/run_config.hpp"

namespace talea::node {

struct RunOptions {
    std::string config;              ///< a file, of what is not said here
    RunConfig said;                  ///< but for its peers and history
    std::vector<std::string> peers;  ///< 0xADDRESS@HOST:PORT
    std::string history;             ///< empty: not said
};
/// `talead run`: the node of a data directory until SIGINT or SIGTERM; says where JSON-RPC is. Failures are printed,
/// one sentence each.
[[nodiscard]] ExitCode run_node(const RunOptions& options);

}  // namespace talea::node
