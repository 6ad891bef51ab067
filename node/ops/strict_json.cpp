#include "node/ops/strict_json.hpp"

#include <fmt/format.h>

#include "vm/base/hex.hpp"

namespace talea::node {

std::unexpected<std::string> WrongIn::operator()(std::string_view member, std::string_view what) const {
    return std::unexpected(fmt::format("{}: {} {}", file_, member, what));
}

std::unexpected<std::string> WrongIn::operator()(std::string_view what) const {
    return std::unexpected(fmt::format("{}: {}", file_, what));
}

std::unexpected<std::string> WrongIn::no_object() const {
    return std::unexpected(fmt::format("{} is no JSON object", file_));
}

std::expected<nlohmann::json, std::string> parse_object(const WrongIn& wrong, std::string_view text) {
    auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return wrong.no_object();
    return json;
}

std::expected<nlohmann::json, std::string> parse_exact_object(const WrongIn& wrong, std::string_view text,
                                                              const std::set<std::string>& members) {
    auto json = parse_object(wrong, text);
    if (!json) return json;
    for (const auto& member : members)
        if (!json->contains(member)) return wrong(member, "is missing");
    for (const auto& [member, value] : json->items())
        if (!members.contains(member)) return wrong(member, "is not known");
    return json;
}

std::optional<vm::Bytes> bytes_in(const nlohmann::json& json) {
    if (!json.is_string()) return std::nullopt;
    return vm::from_hex(json.get_ref<const std::string&>());
}

std::optional<vm::Bytes> bytes_in(const nlohmann::json& json, std::size_t size) {
    auto bytes = bytes_in(json);
    if (!bytes || bytes->size() != size) return std::nullopt;
    return bytes;
}

}  // namespace talea::node
