#include "http/token.hpp"

#include <doctest/doctest.h>

namespace talea::tests {

TEST_CASE("a token is what another implementation of RFC 7519 makes of secret and time") {
    http::TokenSecret secret{};
    secret.fill(7);
    // Python: base64.urlsafe_b64encode and hmac, without padding.
    CHECK(http::make_token(secret, 1'800'000'000) ==
          "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE4MDAwMDAwMDB9."
          "ltU5EQNjJMO2A2cJ1c1ajqNIP6x2jphyq2iK93kNAwE");
    CHECK(http::make_token(secret, 1'800'000'000) != http::make_token(secret, 1'800'000'001));
}

TEST_CASE("a secret is 64 hexadecimal digits, however they are surrounded, and nothing else") {
    const std::string digits(64, '7');
    http::TokenSecret expected{};
    expected.fill(0x77);
    for (const auto& text : {digits, "0x" + digits, " 0x" + digits + "\r\n", digits + "\n"})
        CHECK(http::parse_token_secret(text) == expected);
    for (const auto& text :
         {std::string(), std::string("\n"), digits.substr(1), digits + "7", digits + " 7", std::string(64, 'g')})
        CHECK(!http::parse_token_secret(text));
}

}  // namespace talea::tests
