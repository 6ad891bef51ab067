#pragma once
#include <string_view>

namespace talea::runner {

/// The text of contracts/compile.mjs, so that the program compiles from any folder.
extern const std::string_view compile_driver;

/// The folder of the source tree whose node_modules setup.sh fills: found as long as the tree stands where the program
/// was built.
extern const std::string_view built_in_modules;

}  // namespace talea::runner
