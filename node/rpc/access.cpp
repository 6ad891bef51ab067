#include "node/rpc/access.hpp"

#include <algorithm>

#include "http/token.hpp"
#include "node/base/text_bytes.hpp"
#include "node/rpc/json.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/digest.hpp"

namespace talea::node {
namespace {

/// As the Engine API's authentication has it.
constexpr std::uint64_t clock_skew_seconds = 60;
/// Three parts of a few hundred bytes; a header may have 16 KiB.
constexpr std::size_t token_bytes_max = 4 * 1024;

/// The host without its port; brackets of an IPv6 literal stay.
std::string_view without_port(std::string_view host) {
    const auto colon = host.rfind(':');
    return colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos ? host
                                                                                              : host.substr(0, colon);
}

bool is_loopback(std::string_view name) {
    return name == "localhost" || name == "127.0.0.1" || name == "[::1]";
}

/// An address needs no name server, so nobody can have pointed it elsewhere.
bool is_address(std::string_view name) {
    if (name.starts_with('[') && name.ends_with(']')) return true;
    const auto is_digit_or_dot = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
    return !name.empty() && std::ranges::all_of(name, is_digit_or_dot) && std::ranges::count(name, '.') == 3;
}

bool lists(const std::vector<std::string>& list, std::string_view what) {
    return std::ranges::any_of(list, [&](const std::string& one) { return one == "*" || one == what; });
}

/// RFC 4648, section 5, without padding.
std::optional<std::string> from_base64url(std::string_view text) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const auto value = digits.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xffffff;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        out += static_cast<char>(bits >> count & 0xff);
    }
    if (count >= 6 || (bits & ((1U << count) - 1)) != 0) return std::nullopt;
    return out;
}

/// Takes as long wherever they differ.
bool same(vm::BytesView a, vm::BytesView b) {
    if (a.size() != b.size()) return false;
    unsigned differences = 0;
    for (std::size_t i = 0; i < a.size(); ++i) differences |= static_cast<unsigned>(a[i] ^ b[i]);
    return differences == 0;
}

std::optional<std::uint64_t> seconds(const Json& claims, std::string_view name) {
    const auto* json = claims.find_present(name);
    if (json == nullptr || !json->is(Json::Kind::integer) || json->integer < 0) return std::nullopt;
    return static_cast<std::uint64_t>(json->integer);
}

}  // namespace

bool is_host_served(const AccessRules& rules, std::string_view host, std::string_view served) {
    const auto name = without_port(host);
    return is_loopback(name) || name == served || is_address(name) || lists(rules.hosts, name);
}

bool is_origin_allowed(const AccessRules& rules, std::string_view origin, std::string_view served) {
    if (lists(rules.origins, origin)) return true;
    const auto scheme = origin.find("://");
    if (scheme == std::string_view::npos) return false;
    const auto name = without_port(origin.substr(scheme + 3));
    return is_loopback(name) || name == served;
}

std::string_view to_string(TokenError error) {
    switch (error) {
        case TokenError::missing:
            return "this node wants a token: Authorization: Bearer, a JSON Web Token signed with its secret (HS256)";
        case TokenError::malformed:
            return "the token is no JSON Web Token with the claim iat";
        case TokenError::algorithm:
            return "the token must be signed by HS256";
        case TokenError::signature:
            return "the token was made with another secret";
        case TokenError::stale:
            return "the token was not made within the last minute (claim iat); check the clocks";
    }
    return "";
}

std::expected<void, TokenError> check_token(const TokenSecret& secret, std::string_view authorization,
                                            std::uint64_t now) {
    constexpr std::string_view scheme = "Bearer ";
    if (!authorization.starts_with(scheme)) return std::unexpected(TokenError::missing);
    const auto token = authorization.substr(scheme.size());
    const auto first = token.find('.'), last = token.rfind('.');
    if (token.size() > token_bytes_max || first == std::string_view::npos || first == last)
        return std::unexpected(TokenError::malformed);
    const auto header_text = from_base64url(token.substr(0, first));
    const auto claims_text = from_base64url(token.substr(first + 1, last - first - 1));
    const auto signature = from_base64url(token.substr(last + 1));
    const auto header = header_text ? parse_json(*header_text) : std::nullopt;
    if (!header || !claims_text || !signature) return std::unexpected(TokenError::malformed);
    const auto* algorithm = header->find_present("alg");
    if (algorithm == nullptr || algorithm->text != "HS256") return std::unexpected(TokenError::algorithm);
    // Nothing that an outsider wrote is read further before it is known to be from an insider.
    if (!same(vm::view(hmac_sha256(secret, bytes_of(token.substr(0, last)))), bytes_of(*signature)))
        return std::unexpected(TokenError::signature);
    const auto claims = parse_json(*claims_text);
    const auto issued = claims ? seconds(*claims, "iat") : std::nullopt;
    if (!issued) return std::unexpected(TokenError::malformed);
    const auto expiry = seconds(*claims, "exp");
    if (*issued + clock_skew_seconds < now || *issued > now + clock_skew_seconds || (expiry && *expiry < now))
        return std::unexpected(TokenError::stale);
    return {};
}

std::optional<TokenSecret> parse_token_secret(std::string_view text) {
    return http::parse_token_secret(text);
}

vm::Hash hmac_sha256(vm::BytesView key, vm::BytesView message) {
    constexpr std::size_t block = 64;
    vm::Bytes inner(block, 0x36), outer(block, 0x5c);
    const auto hashed = vm::sha256(key);
    const auto used = key.size() > block ? vm::view(hashed) : key;
    for (std::size_t i = 0; i < used.size(); ++i) {
        inner[i] ^= used[i];
        outer[i] ^= used[i];
    }
    vm::append(inner, message);
    vm::append(outer, vm::view(vm::sha256(inner)));
    return vm::sha256(outer);
}

}  // namespace talea::node
