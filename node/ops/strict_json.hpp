#pragma once
#include <cstddef>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "vm/base/bytes.hpp"

/// Files that people write or hand to each other: small JSON objects of which every member is known.
namespace talea::node {

/// Says what is wrong in a file: WrongIn("the checkpoint")("hash", "must be 32 bytes") is
/// "the checkpoint: hash must be 32 bytes".
class WrongIn {
  public:
    constexpr explicit WrongIn(std::string_view file) : file_(file) {}
    [[nodiscard]] std::unexpected<std::string> operator()(std::string_view member, std::string_view what) const;
    [[nodiscard]] std::unexpected<std::string> operator()(std::string_view what) const;
    [[nodiscard]] std::unexpected<std::string> no_object() const;

  private:
    std::string_view file_;
};

/// The object in `text`.
[[nodiscard]] std::expected<nlohmann::json, std::string> parse_object(const WrongIn& wrong, std::string_view text);
/// The object in `text`, which has these members and no others.
[[nodiscard]] std::expected<nlohmann::json, std::string> parse_exact_object(const WrongIn& wrong, std::string_view text,
                                                                            const std::set<std::string>& members);
/// Of a text of hexadecimal digits, 0x before them.
[[nodiscard]] std::optional<vm::Bytes> bytes_in(const nlohmann::json& json);
/// The same, of `size` bytes.
[[nodiscard]] std::optional<vm::Bytes> bytes_in(const nlohmann::json& json, std::size_t size);

}  // namespace talea::node
