#pragma once
#include <string>
#include <vector>

#include "node/base/stop.hpp"

namespace talea::node {

struct ReplayOptions {
    std::string dir;                       ///< data directory
    std::string file;                      ///< of `talead export`, in the place of a directory
    std::vector<std::string> checkpoints;  ///< files of recovery checkpoints besides those that are stored
};
/// `talead replay`: what node/ops/replay.hpp does, with progress on a terminal. Failures are printed, one sentence
/// each.
[[nodiscard]] ExitCode run_replay(const ReplayOptions& options);

}  // namespace talea::node
