#pragma once
#include <span>
#include <string>
#include <string_view>

#include "contracts/refusals/refusals.hpp"

namespace talea::contracts {

/// `pattern` with each {N:kind} replaced by argument N shown as that kind (see RefusalRow). A placeholder that names no
/// argument or no kind stays as it is; a test keeps the table free of them.
std::string fill(std::string_view pattern, std::span<const vm::u256> args, const RefusalNames& names);

}  // namespace talea::contracts
