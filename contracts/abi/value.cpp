#include "contracts/abi/value.hpp"

#include <algorithm>
#include <optional>

#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"

namespace talea::abi {
namespace {

using vm::u256;
using Result = std::expected<Value, ValueError>;

u256 left_aligned(vm::BytesView content) {
    return u256::from_be_bytes(content) << static_cast<unsigned>(8 * (32 - content.size()));
}

std::optional<u256> parse_magnitude(std::string_view text) {
    if (text.starts_with("0x") || text.starts_with("0X")) return vm::u256_from_hex(text);
    return vm::u256_from_decimal(text);
}

Result parse_uint(const Type& type, std::string_view text) {
    const auto value = parse_magnitude(text);
    if (!value) return std::unexpected(ValueError::not_a_number);
    if (value->bit_width() > type.size) return std::unexpected(ValueError::out_of_range);
    return number(*value);
}

Result parse_sint(const Type& type, std::string_view text) {
    const bool negative = text.starts_with('-');
    const auto magnitude = parse_magnitude(negative ? text.substr(1) : text);
    if (!magnitude) return std::unexpected(ValueError::not_a_number);
    const u256 limit = u256{1} << (type.size - 1U);  // of the negative side; the positive one ends before it
    if (negative ? *magnitude > limit : *magnitude >= limit) return std::unexpected(ValueError::out_of_range);
    return number(negative ? -*magnitude : *magnitude);
}

Result parse_fixed_bytes(const Type& type, std::string_view text) {
    const auto content = vm::from_hex(text);
    if (!content) return std::unexpected(ValueError::not_hex);
    if (content->size() != type.size) return std::unexpected(ValueError::wrong_length);
    return number(left_aligned(*content));
}

/// Takes apart what stands between the brackets at the commas that are in no further brackets or quotes.
std::expected<std::vector<std::string_view>, ValueError> split(std::string_view text, char open, char close) {
    if (text.size() < 2 || text.front() != open || text.back() != close) return std::unexpected(ValueError::malformed);
    text = text.substr(1, text.size() - 2);
    std::vector<std::string_view> parts;
    if (text.find_first_not_of(' ') == std::string_view::npos) return parts;
    std::string brackets;
    bool quoted = false;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') ++i;
            if (c == '"') quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '(' || c == '[') {
            brackets.push_back(c);
        } else if (c == ')' || c == ']') {
            if (brackets.empty() || (brackets.back() == '(') != (c == ')'))
                return std::unexpected(ValueError::malformed);
            brackets.pop_back();
        } else if (c == ',' && brackets.empty()) {
            parts.push_back(text.substr(begin, i - begin));
            begin = i + 1;
        }
    }
    if (quoted || !brackets.empty()) return std::unexpected(ValueError::malformed);
    parts.push_back(text.substr(begin));
    return parts;
}

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

Result parse_string(std::string_view content, bool nested) {
    if (!nested || !content.starts_with('"')) return text(content);
    if (content.size() < 2 || !content.ends_with('"')) return std::unexpected(ValueError::malformed);
    content = content.substr(1, content.size() - 2);
    std::string out;
    for (std::size_t i = 0; i < content.size(); ++i) {
        if (content[i] == '\\' && ++i == content.size()) return std::unexpected(ValueError::malformed);
        out.push_back(content[i]);
    }
    return text(out);
}

Result parse(const Type& type, std::string_view text, bool nested) {
    if (nested) text = trimmed(text);
    switch (type.kind) {
        case Kind::uint:
            return parse_uint(type, text);
        case Kind::sint:
            return parse_sint(type, text);
        case Kind::address: {
            const auto parsed = vm::address_from_hex(text);
            if (!parsed) return std::unexpected(ValueError::not_an_address);
            return address(*parsed);
        }
        case Kind::boolean:
            if (text != "true" && text != "false") return std::unexpected(ValueError::not_a_boolean);
            return boolean(text == "true");
        case Kind::fixed_bytes:
        case Kind::function:
            return parse_fixed_bytes(type, text);
        case Kind::bytes: {
            const auto content = vm::from_hex(text);
            if (!content) return std::unexpected(ValueError::not_hex);
            return bytes(*content);
        }
        case Kind::string:
            return parse_string(text, nested);
        case Kind::array:
        case Kind::fixed_array:
        case Kind::tuple:
            break;
    }
    const bool tuple = type.kind == Kind::tuple;
    const auto parts = split(text, tuple ? '(' : '[', tuple ? ')' : ']');
    if (!parts) return std::unexpected(parts.error());
    if ((tuple && parts->size() != type.items.size()) ||
        (type.kind == Kind::fixed_array && parts->size() != type.length))
        return std::unexpected(ValueError::wrong_length);
    Value value;
    for (std::size_t i = 0; i < parts->size(); ++i) {
        auto item = parse(type.items[tuple ? i : 0], (*parts)[i], true);
        if (!item) return item;
        value.items.push_back(std::move(*item));
    }
    return value;
}

/// Printable ASCII and whole UTF-8 sequences stay; the rest is written as \xNN, so that no text steers a terminal.
std::string quoted(vm::BytesView content) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out = "\"";
    for (const std::uint8_t byte : content) {
        if (byte == '"' || byte == '\\') {
            out += {'\\', static_cast<char>(byte)};
        } else if (byte < 0x20 || byte == 0x7f) {
            out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
        } else {
            out.push_back(static_cast<char>(byte));
        }
    }
    return out + "\"";
}

std::string format_items(const Type& type, const Value& value, const AddressNamer& name_address) {
    const bool tuple = type.kind == Kind::tuple;
    std::string out = tuple ? "(" : "[";
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (i > 0) out += ", ";
        if (tuple && i < type.names.size() && !type.names[i].empty()) out += type.names[i] + ": ";
        out += format(type.items[tuple ? i : 0], value.items[i], name_address);
    }
    return out + (tuple ? ")" : "]");
}

}  // namespace

Value number(const u256& value) {
    return {value, {}, {}};
}
Value address(const vm::Address& value) {
    return {vm::to_u256(value), {}, {}};
}
Value boolean(bool value) {
    return {u256{value ? 1U : 0U}, {}, {}};
}
Value hash(const vm::Hash& value) {
    return {vm::to_u256(value), {}, {}};
}
Value bytes(vm::BytesView value) {
    return {{}, vm::to_bytes(value), {}};
}
Value text(std::string_view value) {
    return {{}, vm::Bytes(value.begin(), value.end()), {}};
}
Value list(std::vector<Value> items) {
    return {{}, {}, std::move(items)};
}

std::string_view to_string(ValueError error) {
    switch (error) {
        case ValueError::not_a_number:
            return "not a number";
        case ValueError::out_of_range:
            return "out of the type's range";
        case ValueError::not_an_address:
            return "not an address (0x and 40 hexadecimal digits)";
        case ValueError::not_a_boolean:
            return "neither true nor false";
        case ValueError::not_hex:
            return "not hexadecimal bytes";
        case ValueError::wrong_length:
            return "not as long as the type";
        case ValueError::malformed:
            return "brackets, parentheses or quotes do not match";
    }
    return "unknown";
}

Result parse_value(const Type& type, std::string_view text) {
    return parse(type, text, false);
}

std::string format(const Type& type, const Value& value) {
    return format(type, value, [](const vm::Address& address) { return vm::to_checksum_hex(address); });
}

std::string format(const Type& type, const Value& value, const AddressNamer& name_address) {
    const auto word = value.word.to_be_bytes();
    switch (type.kind) {
        case Kind::uint:
            return vm::to_decimal(value.word);
        case Kind::sint:
            return value.word.is_negative() ? "-" + vm::to_decimal(-value.word) : vm::to_decimal(value.word);
        case Kind::address:
            return name_address(vm::to_address(value.word));
        case Kind::boolean:
            return value.word.is_zero() ? "false" : "true";
        case Kind::fixed_bytes:
        case Kind::function:
            return vm::to_hex(vm::BytesView(word).first(type.size));
        case Kind::bytes:
            return vm::to_hex(value.bytes);
        case Kind::string:
            return quoted(value.bytes);
        case Kind::array:
        case Kind::fixed_array:
        case Kind::tuple:
            return format_items(type, value, name_address);
    }
    return {};
}

}  // namespace talea::abi
