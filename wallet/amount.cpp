#include "wallet/amount.hpp"

#include <algorithm>

namespace talea::wallet {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// The digits before the point without their commas; nothing where a comma stands wrong.
std::expected<std::string, AmountError> whole_digits(std::string_view text) {
    const std::size_t first_comma = text.find(',');
    std::string digits;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_digit(text[i])) {
            digits += text[i];
        } else if (text[i] != ',' || (text.size() - i) % 4 != 0) {
            return std::unexpected(AmountError::malformed);
        }
    }
    const std::size_t commas = text.size() - digits.size();
    const bool grouped = first_comma == std::string_view::npos ||
                         (first_comma >= 1 && first_comma <= 3 && commas == (digits.size() - 1) / 3);
    if (digits.empty() || !grouped) return std::unexpected(AmountError::malformed);
    return digits;
}

}  // namespace

std::string_view to_string(AmountError error) {
    switch (error) {
        case AmountError::malformed:
            return "is no decimal number; write digits and at most one point, as 1000.50";
        case AmountError::too_many_decimals:
            return "has more decimals than the token";
        case AmountError::too_large:
            return "is larger than any amount can be";
    }
    return "unknown";
}

std::expected<vm::u256, AmountError> parse_amount(std::string_view text, unsigned decimals) {
    const std::size_t point = text.find('.');
    auto digits = whole_digits(text.substr(0, point));
    if (!digits) return std::unexpected(digits.error());
    std::string_view fraction;
    if (point != std::string_view::npos) {
        fraction = text.substr(point + 1);
        if (fraction.empty() || !std::ranges::all_of(fraction, is_digit))
            return std::unexpected(AmountError::malformed);
    }
    if (fraction.size() > decimals) return std::unexpected(AmountError::too_many_decimals);
    digits->append(fraction).append(decimals - fraction.size(), '0');
    const auto amount = vm::u256_from_decimal(*digits);
    if (!amount) return std::unexpected(AmountError::too_large);
    return *amount;
}

std::string format_amount(const vm::u256& amount, unsigned decimals) {
    std::string digits = vm::to_decimal(amount);
    if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
    const std::size_t whole = digits.size() - decimals;
    std::string text;
    for (std::size_t i = 0; i < whole; ++i) {
        if (i > 0 && (whole - i) % 3 == 0) text += ',';
        text += digits[i];
    }
    return decimals == 0 ? text : text + '.' + digits.substr(whole);
}

}  // namespace talea::wallet
