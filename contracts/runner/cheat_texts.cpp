#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "contracts/runner/cheat_call.hpp"

namespace talea::runner {
namespace {

constexpr std::string_view base64_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64_url_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// RFC 4648, with padding.
std::string base64(vm::BytesView data, std::string_view letters) {
    std::string out;
    for (std::size_t i = 0; i < data.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, data.size() - i);
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < count ? data[i + j] : 0U);
        for (std::size_t j = 0; j < 4; ++j) out += j <= count ? letters[group >> (18 - 6 * j) & 63] : '=';
    }
    return out;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    if (what.empty()) return text;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
        text.replace(at, what.size(), by);
    return text;
}

abi::Value split(const std::string& text, const std::string& by) {
    abi::Value parts;
    std::size_t at = 0;
    while (!by.empty()) {
        const std::size_t end = text.find(by, at);
        if (end == std::string::npos) break;
        parts.items.push_back(abi::text(text.substr(at, end - at)));
        at = end + by.size();
    }
    parts.items.push_back(abi::text(text.substr(at)));
    return parts;
}

std::string trimmed(const std::string& text) {
    static constexpr std::string_view blanks = " \t\r\n\v\f";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// ASCII letters alone: what others would become is a locale's matter.
std::string cased(std::string text, bool upper) {
    for (char& letter : text) {
        if (upper && letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
        if (!upper && letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
    return text;
}

CheatCode parse_code(const char* name, const char* type) {
    return {fmt::format("{}(string)", name), fmt::format("({})", type),
            [wanted = *abi::parse_type(type)](CheatCall& call) {
                auto value = abi::parse_value(wanted, call.text(0));
                if (value)
                    call.results = {std::move(*value)};
                else
                    call.error =
                        fmt::format("\"{}\" is no {}: {}", call.text(0), wanted.canonical(), to_string(value.error()));
            }};
}

CheatCode base64_code(const char* name, const char* type, std::string_view letters) {
    return {fmt::format("{}({})", name, type), "(string)",
            [letters](CheatCall& call) { call.results = {abi::text(base64(call.args[0].bytes, letters))}; }};
}

}  // namespace

std::vector<CheatCode> text_codes() {
    return {
        parse_code("parseUint", "uint256"),
        parse_code("parseInt", "int256"),
        parse_code("parseAddress", "address"),
        parse_code("parseBool", "bool"),
        parse_code("parseBytes", "bytes"),
        parse_code("parseBytes32", "bytes32"),
        base64_code("toBase64", "bytes", base64_letters),
        base64_code("toBase64", "string", base64_letters),
        base64_code("toBase64URL", "bytes", base64_url_letters),
        base64_code("toBase64URL", "string", base64_url_letters),
        {"toLowercase(string)", "(string)",
         [](CheatCall& call) { call.results = {abi::text(cased(call.text(0), false))}; }},
        {"toUppercase(string)", "(string)",
         [](CheatCall& call) { call.results = {abi::text(cased(call.text(0), true))}; }},
        {"trim(string)", "(string)", [](CheatCall& call) { call.results = {abi::text(trimmed(call.text(0)))}; }},
        {"replace(string,string,string)", "(string)",
         [](CheatCall& call) { call.results = {abi::text(replaced(call.text(0), call.text(1), call.text(2)))}; }},
        {"split(string,string)", "(string[])",
         [](CheatCall& call) { call.results = {split(call.text(0), call.text(1))}; }},
        // The largest number says that it is not there.
        {"indexOf(string,string)", "(uint256)",
         [](CheatCall& call) {
             const std::size_t found = call.text(0).find(call.text(1));
             call.results = {abi::number(found == std::string::npos ? vm::u256::max() : vm::u256{found})};
         }},
        {"contains(string,string)", "(bool)",
         [](CheatCall& call) { call.results = {abi::boolean(call.text(0).contains(call.text(1)))}; }},
    };
}

}  // namespace talea::runner
