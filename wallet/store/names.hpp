#pragma once
#include <span>
#include <string>
#include <string_view>

namespace talea::wallet {

/// What an account or an entry of the address book may be called: 1 to 64 letters, digits, '-', '_' and '.', a letter
/// first.
[[nodiscard]] bool is_valid_name(std::string_view name);

/// The candidate that `word` was most likely meant to be, at most a third of its letters away; empty where none is
/// near.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace talea::wallet
