#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "vm/base/u256.hpp"

namespace talea::wallet {

enum class AmountError : std::uint8_t {
    malformed,          ///< not digits, at most one point with digits on both sides, and nothing else
    too_many_decimals,  ///< more decimals than the token has, even where they are zeros: a person meant something else
    too_large,          ///< beyond 256 bits
};
[[nodiscard]] std::string_view to_string(AmountError error);

/// A decimal in a token's units, exactly: "1,000.5" and "1000.5" both are 1,000,500,000 at 6 decimals. A comma may part
/// groups of three before the point, and only there.
[[nodiscard]] std::expected<vm::u256, AmountError> parse_amount(std::string_view text, unsigned decimals);

/// All decimals, groups of three before the point: "1,012,300.000000".
[[nodiscard]] std::string format_amount(const vm::u256& amount, unsigned decimals);

}  // namespace talea::wallet
