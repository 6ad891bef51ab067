#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace talea::http {

/// http://HOST[:PORT][/PATH] or https://…, its parts; an IPv6 address stands in brackets there and without them here.
struct Url {
    bool tls = false;
    std::string host, port, path;
};
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

}  // namespace talea::http
