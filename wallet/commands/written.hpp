#pragma once
#include <cstdint>
#include <string>

#include "vm/base/u256.hpp"
#include "wallet/session/failure.hpp"

/// What a person writes on a command line or in a file, understood; where it is not, the sentence says how to write it.
namespace talea::wallet {

/// "2026-11-23T21:00:00Z"; empty: 0. `option` names what it was given for ("--deadline").
[[nodiscard]] Result<std::uint64_t> read_moment(const std::string& text, std::string_view option);

/// "2026-11-20" as days since 1970.
[[nodiscard]] Result<std::uint32_t> read_day(const std::string& text);

/// An amount with so many decimals, of `what` ("cash", "the threshold").
[[nodiscard]] Result<vm::u256> read_decimal(const std::string& text, unsigned decimals, std::string_view what);

/// "16:00" as minutes of a local day.
[[nodiscard]] Result<std::uint64_t> read_minute(const std::string& text);

/// "24h", "10m", "90": seconds.
[[nodiscard]] Result<std::uint64_t> read_span(const std::string& text, std::string_view option);

}  // namespace talea::wallet
