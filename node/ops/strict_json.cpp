#include "node/ops/strict_json.hpp"

#include <fmt/format.h>

#include "vm/base/hex.hpp"

namespace talea::node {

std::unexpected<std::string> wrong_member(std::string_view file, std::string_view member, std::string_view what) {
    return std::unexpected(fmt::format("{}: {} {}", file, member, what));
}

std::expected<nlohmann::json, std::string> parse_exact_object(std::string_view file, std::string_view text,
                                                              const std::set<std::string>& members) {
    auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return std::unexpected(fmt::format("{} is no JSON object", file));
    for (const auto& member : members)
        if (!json.contains(member)) return wrong_member(file, member, "is missing");
    for (const auto& [member, value] : json.items())
        if (!members.contains(member)) return wrong_member(file, member, "is not known");
    return json;
}

std::optional<vm::Bytes> bytes_in(const nlohmann::json& json, std::size_t size) {
    if (!json.is_string()) return std::nullopt;
    auto bytes = vm::from_hex(json.get<std::string>());
    if (!bytes || bytes->size() != size) return std::nullopt;
    return bytes;
}

}  // namespace talea::node
