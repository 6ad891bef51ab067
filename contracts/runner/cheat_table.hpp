#pragma once
#include "contracts/abi/interface.hpp"
#include "contracts/runner/cheat_codes.hpp"

namespace talea::runner {

/// Runs the cheat code that `message` calls. `output` gets what it returns or, where the answer is false, what the call
/// reverts with. A cheat code that does not exist here fails the run with a sentence that names it.
[[nodiscard]] bool run_cheat_code(CheatCodes& cheats, const vm::Message& message, vm::Bytes& output);

/// The cheat codes that exist, as an interface; its first error is CheatcodeError(string).
[[nodiscard]] const abi::Interface& cheat_interface();

}  // namespace talea::runner
