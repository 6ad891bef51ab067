#pragma once
#include <functional>
#include <memory>

namespace CLI {
class App;
}

namespace talea::runner {

/// Adds `test` and `compile` to a program's commands. What was chosen is put into `chosen`, to be run after parsing;
/// its result is the program's exit code.
void add_commands(CLI::App& program, std::function<int()>& chosen);

}  // namespace talea::runner
