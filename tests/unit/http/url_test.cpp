#include "http/url.hpp"

#include <doctest/doctest.h>

namespace talea::tests {

TEST_CASE("a URL is taken apart, with the ports and the path that it leaves out") {
    const auto is = [](std::string_view text, bool tls, std::string_view host, std::string_view port,
                       std::string_view path) {
        CAPTURE(text);
        const auto url = http::parse_url(text);
        REQUIRE(url.has_value());
        CHECK(url->tls == tls);
        CHECK(url->host == host);
        CHECK(url->port == port);
        CHECK(url->path == path);
    };
    is("http://127.0.0.1:8545", false, "127.0.0.1", "8545", "/");
    is("http://node", false, "node", "80", "/");
    is("https://rpc.bank.example", true, "rpc.bank.example", "443", "/");
    is("https://rpc.bank.example:9/talea/1", true, "rpc.bank.example", "9", "/talea/1");
    is("http://[::1]:8545/", false, "::1", "8545", "/");
    is("http://[::1]", false, "::1", "80", "/");
}

TEST_CASE("what is no URL of a node is none, nor is one that would end the line of a request") {
    for (const auto* text :
         {"", "127.0.0.1:8545", "ftp://node", "http://", "http://:8545", "http://node:", "http://node:x", "http://[::1",
          "http://::1]", "http://no de", "http://node/a b", "http://node/a\r\nX: y"}) {
        CAPTURE(text);
        CHECK(!http::parse_url(text));
    }
}

}  // namespace talea::tests
