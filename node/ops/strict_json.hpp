#pragma once
#include <cstddef>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "vm/base/bytes.hpp"

/// Files that people hand to each other: small JSON objects of which every member is known.
namespace talea::node {

/// What is wrong with a file: "the checkpoint: hash must be 32 bytes".
[[nodiscard]] std::unexpected<std::string> wrong_member(std::string_view file, std::string_view member,
                                                        std::string_view what);
/// The object in `text`, which has these members and no others.
[[nodiscard]] std::expected<nlohmann::json, std::string> parse_exact_object(std::string_view file,
                                                                            std::string_view text,
                                                                            const std::set<std::string>& members);
/// Of a text of `size` bytes in hexadecimal digits, 0x before them.
[[nodiscard]] std::optional<vm::Bytes> bytes_in(const nlohmann::json& json, std::size_t size);

}  // namespace talea::node
