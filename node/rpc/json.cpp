#include "node/rpc/json.hpp"

#include <simdjson.h>

#include <array>
#include <charconv>

#include "node/base/limits.hpp"

namespace talea::node {
namespace {

/// Takes each value from `values_left` and stops, with what it has, where that is 0.
Json convert(simdjson::dom::element element, std::size_t& values_left) {
    Json json;
    if (values_left == 0) return json;
    --values_left;
    switch (element.type()) {
        case simdjson::dom::element_type::NULL_VALUE:
            break;
        case simdjson::dom::element_type::BOOL:
            json.kind = Json::Kind::boolean;
            json.boolean = bool(element);
            break;
        case simdjson::dom::element_type::INT64:
            json.kind = Json::Kind::integer;
            json.integer = std::int64_t(element);
            break;
        case simdjson::dom::element_type::UINT64:
            json.kind = Json::Kind::unsigned_integer;
            json.unsigned_integer = std::uint64_t(element);
            break;
        case simdjson::dom::element_type::DOUBLE:
            json.kind = Json::Kind::real;
            json.real = double(element);
            break;
        case simdjson::dom::element_type::STRING:
            json.kind = Json::Kind::string;
            json.text = std::string_view(element);
            break;
        case simdjson::dom::element_type::ARRAY:
            json.kind = Json::Kind::array;
            for (const auto item : simdjson::dom::array(element)) {
                if (values_left == 0) break;
                json.items.push_back(convert(item, values_left));
            }
            break;
        case simdjson::dom::element_type::OBJECT:
            json.kind = Json::Kind::object;
            for (const auto field : simdjson::dom::object(element)) {
                if (values_left == 0) break;
                json.names.emplace_back(field.key);
                json.items.push_back(convert(field.value, values_left));
            }
            break;
    }
    return json;
}

/// Bytes of the UTF-8 sequence that begins `text`; 0 where it is none (RFC 3629).
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xc0) == 0x80; };
    const auto first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first < 0xe0) return continues(1) ? 2 : 0;
    if (first >= 0xe0 && first < 0xf0) {
        if (!continues(1) || !continues(2)) return 0;
        if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) >= 0xa0)) return 0;
        return 3;
    }
    if (first >= 0xf0 && first < 0xf5) {
        if (!continues(1) || !continues(2) || !continues(3)) return 0;
        if ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) >= 0x90)) return 0;
        return 4;
    }
    return 0;
}

}  // namespace

const Json* Json::find(std::string_view name) const {
    for (std::size_t i = names.size(); i-- > 0;)
        if (names[i] == name) return &items[i];
    return nullptr;
}

const Json* Json::find_present(std::string_view name) const {
    const auto* found = find(name);
    return found != nullptr && found->is_null() ? nullptr : found;
}

std::optional<Json> parse_json(std::string_view text) {
    // One parser a thread: it keeps its buffers between requests.
    thread_local simdjson::dom::parser parser(2 * limits::rpc_body_bytes_max);
    if (parser.max_depth() != limits::rpc_depth_max &&
        parser.allocate(limits::rpc_body_bytes_max, limits::rpc_depth_max) != simdjson::SUCCESS)
        return std::nullopt;
    simdjson::dom::element root;
    if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
    std::size_t values_left = limits::rpc_values_max + 1;
    auto json = convert(root, values_left);
    if (values_left == 0) return std::nullopt;
    return json;
}

void JsonWriter::separate() {
    if (wants_comma_) out_ += ',';
}

void JsonWriter::open(char bracket) {
    separate();
    out_ += bracket;
    wants_comma_ = false;
}

void JsonWriter::close(char bracket) {
    out_ += bracket;
    wants_comma_ = true;
}

void JsonWriter::key(std::string_view name) {
    string(name);
    out_ += ':';
    wants_comma_ = false;
}

void JsonWriter::raw(std::string_view json) {
    separate();
    out_ += json;
    wants_comma_ = true;
}

void JsonWriter::string(std::string_view text) {
    separate();
    out_ += '"';
    while (!text.empty()) {
        const char c = text.front();
        std::size_t used = 1;
        if (c == '"' || c == '\\') {
            out_ += '\\';
            out_ += c;
        } else if (c == '\n') {
            out_ += "\\n";
        } else if (static_cast<unsigned char>(c) < 0x20) {
            constexpr std::string_view digits = "0123456789abcdef";
            out_ += "\\u00";
            out_ += digits[static_cast<unsigned char>(c) >> 4];
            out_ += digits[static_cast<unsigned char>(c) & 15];
        } else if ((used = utf8_length(text)) == 0) {
            used = 1;
            out_ += "\\ufffd";
        } else {
            out_ += text.substr(0, used);
        }
        text.remove_prefix(used);
    }
    out_ += '"';
    wants_comma_ = true;
}

void JsonWriter::value(const Json& json) {
    switch (json.kind) {
        case Json::Kind::null:
            return null();
        case Json::Kind::boolean:
            return boolean(json.boolean);
        case Json::Kind::integer:
            return raw(std::to_string(json.integer));
        case Json::Kind::unsigned_integer:
            return number(json.unsigned_integer);
        case Json::Kind::real: {
            std::array<char, 32> text;
            const auto end = std::to_chars(text.data(), text.data() + text.size(), json.real).ptr;
            return raw({text.data(), end});
        }
        case Json::Kind::string:
            return string(json.text);
        case Json::Kind::array:
            array_begin();
            for (const auto& item : json.items) value(item);
            return array_end();
        case Json::Kind::object:
            object_begin();
            for (std::size_t i = 0; i < json.names.size(); ++i) {
                key(json.names[i]);
                value(json.items[i]);
            }
            return object_end();
    }
}

}  // namespace talea::node
