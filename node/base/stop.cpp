#include "node/base/stop.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace talea::node {

void stop_process(ExitCode code, std::string_view sentence) {
    const std::string line = "talead: " + std::string(sentence) + "\n";
    (void)std::fwrite(line.data(), 1, line.size(), stderr);
    (void)std::fflush(stderr);
    std::_Exit(static_cast<int>(code));
}

}  // namespace talea::node
