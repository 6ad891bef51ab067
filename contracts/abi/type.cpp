#include "contracts/abi/type.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace talea::abi {
namespace {

using Result = std::expected<Type, TypeError>;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Decimal without leading zeros.
std::optional<std::size_t> parse_number(std::string_view text) {
    if (text.empty() || text.front() == '0' || !std::ranges::all_of(text, is_digit)) return std::nullopt;
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    return value;
}

Type word_type(Kind kind, std::size_t size = 0) {
    Type type;
    type.kind = kind;
    type.size = static_cast<std::uint16_t>(size);
    return type;
}

Result parse_integer(Kind kind, std::string_view digits) {
    if (digits.empty()) return word_type(kind, 256);
    if (!std::ranges::all_of(digits, is_digit)) return std::unexpected(TypeError::unknown_type);
    const auto bits = parse_number(digits);
    if (!bits || *bits > 256 || *bits % 8 != 0) return std::unexpected(TypeError::bad_size);
    return word_type(kind, *bits);
}

Result parse_elementary(std::string_view text) {
    if (text == "address" || text == "address payable") return word_type(Kind::address);
    if (text == "bool") return word_type(Kind::boolean);
    if (text == "function") return word_type(Kind::function, 24);
    if (text == "bytes") return word_type(Kind::bytes);
    if (text == "string") return word_type(Kind::string);
    if (text.starts_with("uint")) return parse_integer(Kind::uint, text.substr(4));
    if (text.starts_with("int")) return parse_integer(Kind::sint, text.substr(3));
    if (text.starts_with("bytes") && std::ranges::all_of(text.substr(5), is_digit)) {
        const auto size = parse_number(text.substr(5));
        if (!size || *size > 32) return std::unexpected(TypeError::bad_size);
        return word_type(Kind::fixed_bytes, *size);
    }
    return std::unexpected(TypeError::unknown_type);
}

Result array_of(Type element, std::string_view length) {
    Type type;
    type.size = 0;
    if (length.empty()) {
        type.kind = Kind::array;
    } else {
        const auto count = parse_number(length);
        if (!count || *count > fixed_array_length_max) return std::unexpected(TypeError::bad_length);
        type.kind = Kind::fixed_array;
        type.length = *count;
    }
    type.items.push_back(std::move(element));
    if (type.head_bytes() > head_bytes_max) return std::unexpected(TypeError::too_large);
    return type;
}

Result parse(std::string_view text, std::size_t depth);

/// The types between the parentheses of a tuple or a signature.
std::expected<std::vector<Type>, TypeError> parse_list(std::string_view text, std::size_t depth) {
    std::vector<Type> types;
    if (text.empty()) return types;
    std::size_t open = 0, begin = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && text[i] == '(') ++open;
        if (i < text.size() && text[i] == ')') {
            if (open == 0) return std::unexpected(TypeError::unknown_type);
            --open;
        }
        if (i == text.size() || (text[i] == ',' && open == 0)) {
            auto type = parse(text.substr(begin, i - begin), depth);
            if (!type) return std::unexpected(type.error());
            types.push_back(std::move(*type));
            begin = i + 1;
        }
    }
    if (open != 0) return std::unexpected(TypeError::unknown_type);
    return types;
}

Result parse(std::string_view text, std::size_t depth) {
    if (depth > type_depth_max) return std::unexpected(TypeError::too_deep);
    if (text.ends_with(']')) {
        const auto open = text.rfind('[');
        if (open == std::string_view::npos) return std::unexpected(TypeError::unknown_type);
        auto element = parse(text.substr(0, open), depth + 1);
        if (!element) return element;
        return array_of(std::move(*element), text.substr(open + 1, text.size() - open - 2));
    }
    if (text.starts_with("tuple(")) text.remove_prefix(5);
    if (text.starts_with('(') && text.ends_with(')')) {
        auto items = parse_list(text.substr(1, text.size() - 2), depth + 1);
        if (!items) return std::unexpected(items.error());
        if (items->empty()) return std::unexpected(TypeError::unknown_type);  // Solidity has no empty struct
        Type type = word_type(Kind::tuple);
        type.items = std::move(*items);
        if (type.head_bytes() > head_bytes_max) return std::unexpected(TypeError::too_large);
        return type;
    }
    return parse_elementary(text);
}

bool is_name(std::string_view text) {
    if (text.empty() || is_digit(text.front())) return false;
    return std::ranges::all_of(text, [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
    });
}

/// "address to, uint256 amount" to "address,uint256": what follows a type after a space is its name or a keyword.
std::string without_names(std::string_view list) {
    std::string types;
    bool skipping = false;
    for (const char c : list) {
        if (c == ' ' || c == '\t') {
            skipping = !types.empty() && types.back() != ',' && types.back() != '(';
        } else if (c == ',' || c == ')' || c == '(') {
            skipping = false;
            types.push_back(c);
        } else if (!skipping) {
            types.push_back(c);
        }
    }
    return types;
}

}  // namespace

std::string Type::canonical() const {
    switch (kind) {
        case Kind::uint:
            return "uint" + std::to_string(size);
        case Kind::sint:
            return "int" + std::to_string(size);
        case Kind::address:
            return "address";
        case Kind::boolean:
            return "bool";
        case Kind::fixed_bytes:
            return "bytes" + std::to_string(size);
        case Kind::function:
            return "function";
        case Kind::bytes:
            return "bytes";
        case Kind::string:
            return "string";
        case Kind::array:
            return items.front().canonical() + "[]";
        case Kind::fixed_array:
            return items.front().canonical() + "[" + std::to_string(length) + "]";
        case Kind::tuple: {
            std::string text = "(";
            for (const Type& item : items) text += (text.size() > 1 ? "," : "") + item.canonical();
            return text + ")";
        }
    }
    return {};
}

bool Type::is_dynamic() const {
    switch (kind) {
        case Kind::bytes:
        case Kind::string:
        case Kind::array:
            return true;
        case Kind::fixed_array:
            return items.front().is_dynamic();
        case Kind::tuple:
            return std::ranges::any_of(items, &Type::is_dynamic);
        case Kind::uint:
        case Kind::sint:
        case Kind::address:
        case Kind::boolean:
        case Kind::fixed_bytes:
        case Kind::function:
            return false;
    }
    return false;
}

std::size_t Type::head_bytes() const {
    if (is_word() || is_dynamic()) return 32;
    if (kind == Kind::fixed_array) return length * items.front().head_bytes();
    std::size_t bytes = 0;
    for (const Type& item : items) bytes += item.head_bytes();
    return bytes;
}

std::string_view to_string(TypeError error) {
    switch (error) {
        case TypeError::unknown_type:
            return "not a type of the Solidity ABI";
        case TypeError::bad_size:
            return "a size that this type does not have";
        case TypeError::bad_length:
            return "the length of a fixed array is not a number from 1 to 4096";
        case TypeError::too_deep:
            return "types nest too deep";
        case TypeError::too_large:
            return "the type is too large";
        case TypeError::bad_signature:
            return "not of the form name(type,...)";
    }
    return "unknown";
}

Result parse_type(std::string_view text) {
    return parse(text, 0);
}

std::expected<Signature, TypeError> parse_signature(std::string_view text) {
    const auto open = text.find('(');
    if (open == std::string_view::npos || !text.ends_with(')') || !is_name(text.substr(0, open)))
        return std::unexpected(TypeError::bad_signature);
    const std::string list = without_names(text.substr(open + 1, text.size() - open - 2));
    auto inputs = parse_list(list, 0);
    if (!inputs) return std::unexpected(inputs.error());
    return Signature{std::string(text.substr(0, open)), std::move(*inputs)};
}

std::string Signature::canonical() const {
    std::string text = name + "(";
    for (std::size_t i = 0; i < inputs.size(); ++i) text += (i > 0 ? "," : "") + inputs[i].canonical();
    return text + ")";
}

}  // namespace talea::abi
