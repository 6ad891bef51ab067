#pragma once
#include "reference/interpreter.hpp"

namespace talea::reference {

/// What the precompile of `fork` at `address` gives; nothing where none stands there.
[[nodiscard]] std::optional<Result> precompile(vm::Fork fork, const vm::Address& address, vm::BytesView input,
                                               vm::Gas gas);

}  // namespace talea::reference
