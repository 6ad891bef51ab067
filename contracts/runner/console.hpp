#pragma once
#include <string>

#include "vm/base/bytes.hpp"

namespace talea::runner {

/// The line that a call of the console library prints: its arguments with spaces between them, %s, %d, %i and %x in a
/// first text replaced by those that follow. In hex what is no call of it.
[[nodiscard]] std::string console_line(vm::BytesView call_data);

}  // namespace talea::runner
