#include "vm/base/hex.hpp"

#include <algorithm>
#include <array>

namespace talea::vm {
namespace {

constexpr char digits[] = "0123456789abcdef";

constexpr std::uint8_t no_digit = 0xff;
constexpr auto values_of_digits = [] {
    std::array<std::uint8_t, 256> values;
    values.fill(no_digit);
    for (std::uint8_t value = 0; value < 16; ++value) {
        const char digit = digits[value];
        values[static_cast<std::uint8_t>(digit)] = value;
        if (digit >= 'a') values[static_cast<std::uint8_t>(digit - 'a' + 'A')] = value;
    }
    return values;
}();

std::uint8_t value_of(char digit) {
    return values_of_digits[static_cast<std::uint8_t>(digit)];
}

template <class Fixed>
std::optional<Fixed> fixed_from_hex(std::string_view text) {
    const auto bytes = from_hex(text);
    Fixed fixed;
    if (!bytes || bytes->size() != fixed.bytes.size()) return std::nullopt;
    std::copy(bytes->begin(), bytes->end(), fixed.bytes.begin());
    return fixed;
}

}  // namespace

std::string to_hex(BytesView bytes) {
    std::string text = "0x";
    text.reserve(2 + 2 * bytes.size());
    for (const std::uint8_t byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::string to_hex(const Address& address) {
    return to_hex(view(address));
}
std::string to_hex(const Hash& hash) {
    return to_hex(view(hash));
}

std::string to_quantity(std::uint64_t value) {
    return to_quantity(u256{value});
}

std::string to_quantity(const u256& value) {
    std::string text = to_hex(value.to_be_bytes());
    const std::size_t first = text.find_first_not_of('0', 2);
    return first == std::string::npos ? "0x0" : "0x" + text.substr(first);
}

std::optional<Bytes> from_hex(std::string_view text) {
    if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
    if (text.size() % 2 != 0) return std::nullopt;
    Bytes bytes(text.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::uint8_t high = value_of(text[2 * i]), low = value_of(text[2 * i + 1]);
        if (high == no_digit || low == no_digit) return std::nullopt;
        bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return bytes;
}

std::optional<Address> address_from_hex(std::string_view text) {
    return fixed_from_hex<Address>(text);
}
std::optional<Hash> hash_from_hex(std::string_view text) {
    return fixed_from_hex<Hash>(text);
}

}  // namespace talea::vm
