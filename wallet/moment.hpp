#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace talea::wallet {

inline constexpr std::uint64_t day_seconds = 86'400;

/// "2026-11-20T20:59:00Z" and seconds since 1970.
[[nodiscard]] std::optional<std::uint64_t> parse_moment(std::string_view text);
[[nodiscard]] std::string format_moment(std::uint64_t seconds);

/// "2026-11-20" and days since 1970: a dealing day.
[[nodiscard]] std::optional<std::uint32_t> parse_day(std::string_view text);
[[nodiscard]] std::string format_day(std::uint32_t day);

/// "90", "90s", "30m", "24h", "3d": seconds.
[[nodiscard]] std::optional<std::uint64_t> parse_span(std::string_view text);

}  // namespace talea::wallet
