#include "node/rpc/access.hpp"

#include <doctest/doctest.h>

#include "vm/base/hex.hpp"

namespace talea::tests {
namespace {

using node::TokenError;

vm::BytesView bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string base64url(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    unsigned bits = 0, count = 0;
    for (const char c : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6) out += digits[bits >> (count - 6) & 63];
    }
    if (count != 0) out += digits[bits << (6 - count) & 63];
    return out;
}

std::string token(const node::TokenSecret& secret, std::string_view header, std::string_view claims) {
    const auto text = base64url(header) + "." + base64url(claims);
    const auto signature = node::hmac_sha256(secret, bytes_of(text));
    return "Bearer " + text + "." +
           base64url({reinterpret_cast<const char*>(signature.bytes.data()), signature.bytes.size()});
}

constexpr std::string_view hs256 = R"({"typ":"JWT","alg":"HS256"})";

}  // namespace

TEST_CASE("HMAC is that of RFC 4231, for short keys and for keys above a block") {
    CHECK(vm::to_hex(node::hmac_sha256(bytes_of("Jefe"), bytes_of("what do ya want for nothing?"))) ==
          "0x5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(vm::to_hex(node::hmac_sha256(vm::Bytes(131, 0xaa),
                                       bytes_of("Test Using Larger Than Block-Size Key - Hash Key First"))) ==
          "0x60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("a token of the last minute opens, any other does not") {
    node::TokenSecret secret{};
    secret.fill(7);
    const std::uint64_t now = 1'800'000'000;
    const auto with_iat = [&](std::uint64_t iat) {
        return token(secret, hs256, "{\"iat\":" + std::to_string(iat) + "}");
    };
    const auto judge = [&](const std::string& text) { return node::check_token(secret, text, now); };
    const auto error = [&](const std::string& text) {
        const auto judged = judge(text);
        REQUIRE(!judged.has_value());
        return judged.error();
    };
    for (const std::uint64_t iat : {now - 60, now, now + 60}) CHECK(judge(with_iat(iat)).has_value());
    CHECK(error(with_iat(now - 61)) == TokenError::stale);
    CHECK(error(with_iat(now + 61)) == TokenError::stale);
    const auto claims = "{\"iat\":" + std::to_string(now) + ",\"exp\":" + std::to_string(now - 1) + "}";
    CHECK(error(token(secret, hs256, claims)) == TokenError::stale);
    CHECK(error("") == TokenError::missing);
    CHECK(error("Basic abc") == TokenError::missing);
    CHECK(error("Bearer abc") == TokenError::malformed);
    CHECK(error("Bearer a.b") == TokenError::malformed);
    CHECK(error("Bearer ..") == TokenError::malformed);
    CHECK(error(token(secret, hs256, "{}")) == TokenError::malformed);
    CHECK(error(token(secret, hs256, R"({"iat":"now"})")) == TokenError::malformed);
    CHECK(error(token(secret, R"({"alg":"none"})", "{\"iat\":1800000000}")) == TokenError::algorithm);
    CHECK(error(token(secret, R"({"alg":"HS512"})", "{\"iat\":1800000000}")) == TokenError::algorithm);
    auto other = secret;
    other[31] ^= 1;
    CHECK(error(token(other, hs256, "{\"iat\":1800000000}")) == TokenError::signature);
    CHECK(error(with_iat(now) + "A") != TokenError::stale);
    CHECK(error("Bearer " + std::string(10'000, 'a') + ".b.c") == TokenError::malformed);
}

TEST_CASE("a secret is 32 bytes in hexadecimal digits, with or without 0x and white space") {
    const std::string digits(64, 'a');
    CHECK(node::parse_token_secret(digits).has_value());
    CHECK(node::parse_token_secret(" 0x" + digits + "\n").has_value());
    for (const auto& text : {std::string(), std::string(" \n"), digits + "a", digits + "aa", std::string(64, 'x')})
        CHECK(!node::parse_token_secret(text).has_value());
}

TEST_CASE("hosts are loopback, addresses and what is listed; origins are loopback and what is listed") {
    const node::AccessRules plain;
    const node::AccessRules listed{
        .hosts = {"rpc.bank.example"}, .origins = {"https://treasury.example"}, .secret = {}};
    for (const auto* host : {"localhost", "localhost:8545", "127.0.0.1:1", "[::1]:8545", "10.0.0.7:8545", "[fe80::1]"})
        CHECK(node::is_host_served(plain, host, "10.0.0.7"));
    for (const auto* host :
         {"rpc.bank.example", "evil.example:8545", "1.2.3", "1.2.3.4.example", "localhost.evil.example"})
        CHECK(!node::is_host_served(plain, host, "10.0.0.7"));
    CHECK(node::is_host_served(listed, "rpc.bank.example:8545", "0.0.0.0"));
    CHECK(!node::is_host_served(listed, "evil.example", "0.0.0.0"));
    CHECK(node::is_origin_allowed(plain, "http://localhost:3000", "127.0.0.1"));
    for (const auto* origin : {"https://treasury.example", "null", "", "https://localhost.evil.example"})
        CHECK(!node::is_origin_allowed(plain, origin, "127.0.0.1"));
    CHECK(node::is_origin_allowed(listed, "https://treasury.example", "0.0.0.0"));
    CHECK(!node::is_origin_allowed(listed, "http://treasury.example", "0.0.0.0"));
    CHECK(node::is_origin_allowed({.hosts = {}, .origins = {"*"}, .secret = {}}, "https://any.example", "0.0.0.0"));
}

}  // namespace talea::tests
