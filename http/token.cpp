#include "http/token.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"

namespace talea::http {
namespace {

/// RFC 4648, section 5, without padding.
std::string to_base64url(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : bytes) {
        bits = (bits << 8 | static_cast<std::uint8_t>(c)) & 0xffffff;
        for (count += 8; count >= 6; count -= 6) out += digits[bits >> (count - 6) & 63];
    }
    if (count > 0) out += digits[bits << (6 - count) & 63];
    return out;
}

}  // namespace

std::optional<TokenSecret> parse_token_secret(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const auto begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos) return std::nullopt;
    text = text.substr(begin, text.find_last_not_of(space) + 1 - begin);
    const auto bytes = vm::from_hex(text.starts_with("0x") ? std::string(text) : "0x" + std::string(text));
    TokenSecret secret;
    if (!bytes || bytes->size() != secret.size()) return std::nullopt;
    std::ranges::copy(*bytes, secret.begin());
    return secret;
}

std::string make_token(const TokenSecret& secret, std::uint64_t now) {
    auto token =
        to_base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + to_base64url("{\"iat\":" + std::to_string(now) + "}");
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    const auto* made = HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                            reinterpret_cast<const unsigned char*>(token.data()), token.size(), mac, &size);
    vm::check(made != nullptr, "OpenSSL makes an HMAC");
    return token + "." + to_base64url({reinterpret_cast<const char*>(mac), size});
}

}  // namespace talea::http
