#pragma once

namespace talea::node {

/// Runs `talead` with the arguments of main and returns its exit code.
[[nodiscard]] int run_command_line(int argument_count, char** arguments);

}  // namespace talea::node
