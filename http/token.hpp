#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// JSON Web Tokens (RFC 7519) by HS256 with the claim `iat`, as Ethereum's Engine API has them.
namespace talea::http {

/// What a node shares with its clients.
using TokenSecret = std::array<std::uint8_t, 32>;

/// Hexadecimal digits of 32 bytes, with or without 0x, and white space around them: what a secret's file holds.
[[nodiscard]] std::optional<TokenSecret> parse_token_secret(std::string_view text);
/// A token made at `now` (seconds since 1970); good for a minute.
[[nodiscard]] std::string make_token(const TokenSecret& secret, std::uint64_t now);

}  // namespace talea::http
