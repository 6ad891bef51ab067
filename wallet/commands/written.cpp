#include "wallet/commands/written.hpp"

#include <fmt/format.h>

#include "wallet/amount.hpp"
#include "wallet/moment.hpp"

namespace talea::wallet {

Result<std::uint64_t> read_moment(const std::string& text, std::string_view option) {
    if (text.empty()) return 0;
    const auto moment = parse_moment(text);
    if (!moment)
        return fail(Exit::usage, fmt::format("\"{}\" is no moment; give {} as 2026-11-23T21:00:00Z", text, option));
    return *moment;
}

Result<std::uint32_t> read_day(const std::string& text) {
    const auto day = parse_day(text);
    if (!day) return fail(Exit::usage, "\"" + text + "\" is no day; write it as 2026-11-20");
    return *day;
}

Result<vm::u256> read_decimal(const std::string& text, unsigned decimals, std::string_view what) {
    const auto amount = parse_amount(text, decimals);
    if (!amount)
        return fail(Exit::usage,
                    fmt::format("the amount of {} \"{}\" {}{}", what, text, to_string(amount.error()),
                                amount.error() == AmountError::too_many_decimals ? fmt::format(": it has {}", decimals)
                                                                                 : std::string()));
    return *amount;
}

Result<std::uint64_t> read_minute(const std::string& text) {
    const auto moment = parse_moment("1970-01-01T" + text + ":00Z");
    if (!moment) return fail(Exit::usage, "\"" + text + "\" is no time of day; write it as 16:00");
    return *moment / 60;
}

Result<std::uint64_t> read_span(const std::string& text, std::string_view option) {
    const auto span = parse_span(text);
    if (!span) return fail(Exit::usage, fmt::format("\"{}\" is no span of time; give {} as 10m", text, option));
    return *span;
}

}  // namespace talea::wallet
