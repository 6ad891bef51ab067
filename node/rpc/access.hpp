#pragma once
#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vm/base/bytes.hpp"

/// Who may speak to the RPC server, by what a request's headers say.
namespace talea::node {

/// A secret shared with clients, as the Engine API of Ethereum has it: 32 bytes.
using TokenSecret = std::array<std::uint8_t, 32>;

struct AccessRules {
    /// Names by which clients may call this node, besides loopback and addresses: what another site's name that was
    /// pointed here (DNS rebinding) is not. "*" is any.
    std::vector<std::string> hosts;
    /// Sites whose pages may ask ("https://treasury.example"), besides those of loopback. "*" is any.
    std::vector<std::string> origins;
    /// Where there is one, each request brings a token made with it.
    std::optional<TokenSecret> secret;
};

/// Of a header Host: a name or an address, perhaps with a port. `served`: the address that is listened on.
[[nodiscard]] bool is_host_served(const AccessRules& rules, std::string_view host, std::string_view served);
/// Of a header Origin.
[[nodiscard]] bool is_origin_allowed(const AccessRules& rules, std::string_view origin, std::string_view served);

enum class TokenError : std::uint8_t {
    missing,    ///< no "Authorization: Bearer …"
    malformed,  ///< no JSON Web Token (RFC 7519) with `iat`
    algorithm,  ///< signed otherwise than by HS256
    signature,  ///< made with another secret
    stale,      ///< `iat` is more than 60 s away from now, or `exp` is over
};
[[nodiscard]] std::string_view to_string(TokenError error);
/// Judges a header Authorization at `now` (seconds since 1970).
[[nodiscard]] std::expected<void, TokenError> check_token(const TokenSecret& secret, std::string_view authorization,
                                                          std::uint64_t now);

/// As its clients read it (http/token.hpp).
[[nodiscard]] std::optional<TokenSecret> parse_token_secret(std::string_view text);

/// HMAC (RFC 2104) with SHA-256.
[[nodiscard]] vm::Hash hmac_sha256(vm::BytesView key, vm::BytesView message);

}  // namespace talea::node
