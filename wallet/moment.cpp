#include "wallet/moment.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace talea::wallet {
namespace {

/// Exactly `text`, all digits.
std::optional<std::uint64_t> digits(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::uint32_t> parse_day(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)), day = digits(text.substr(8, 2));
    if (!year || !month || !day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok() || *year < 1970) return std::nullopt;
    return static_cast<std::uint32_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

std::string format_day(std::uint32_t day) {
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

std::optional<std::uint64_t> parse_moment(std::string_view text) {
    if (text.size() != 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != 'Z')
        return std::nullopt;
    const auto day = parse_day(text.substr(0, 10));
    const auto hours = digits(text.substr(11, 2)), minutes = digits(text.substr(14, 2)),
               seconds = digits(text.substr(17, 2));
    if (!day || !hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 59) return std::nullopt;
    return *day * day_seconds + *hours * 3600 + *minutes * 60 + *seconds;
}

std::string format_moment(std::uint64_t seconds) {
    const std::uint64_t rest = seconds % day_seconds;
    return fmt::format("{}T{:02}:{:02}:{:02}Z", format_day(static_cast<std::uint32_t>(seconds / day_seconds)),
                       rest / 3600, rest / 60 % 60, rest % 60);
}

std::optional<std::uint64_t> parse_span(std::string_view text) {
    std::uint64_t unit = 1;
    if (!text.empty()) {
        switch (text.back()) {
            case 's':
                unit = 1;
                break;
            case 'm':
                unit = 60;
                break;
            case 'h':
                unit = 3600;
                break;
            case 'd':
                unit = day_seconds;
                break;
            default:
                return digits(text);
        }
        text.remove_suffix(1);
    }
    const auto count = digits(text);
    if (!count || *count > ~std::uint64_t{0} / unit) return std::nullopt;
    return *count * unit;
}

}  // namespace talea::wallet
