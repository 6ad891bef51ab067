#pragma once
#include <optional>
#include <string_view>

#include "contracts/abi/interface.hpp"

namespace talea::runner {

/// A cheat code that other test runners have and `talea test` has not.
struct Refused {
    std::string_view signature;
    std::string_view why;  ///< or what to use instead: "tests read and write no files"
};
[[nodiscard]] std::optional<Refused> find_refused(const abi::Selector& selector);

}  // namespace talea::runner
