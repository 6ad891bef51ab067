#include "http/url.hpp"

namespace talea::http {

std::optional<Url> parse_url(std::string_view text) {
    constexpr std::string_view plain = "http://", secure = "https://";
    Url url;
    url.tls = text.starts_with(secure);
    if (!url.tls && !text.starts_with(plain)) return std::nullopt;
    text.remove_prefix(url.tls ? secure.size() : plain.size());
    const auto slash = text.find('/');
    url.path = slash == std::string_view::npos ? "/" : std::string(text.substr(slash));
    url.port = url.tls ? "443" : "80";
    auto authority = text.substr(0, slash);
    const auto bracket = authority.rfind(']');  // [::1]:8545
    const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon != std::string_view::npos) {
        url.port = authority.substr(colon + 1);
        authority = authority.substr(0, colon);
    }
    if (bracket != std::string_view::npos) {
        if (!authority.starts_with('[') || !authority.ends_with(']')) return std::nullopt;
        authority = authority.substr(1, authority.size() - 2);
    }
    url.host = authority;
    const bool is_port = !url.port.empty() && url.port.find_first_not_of("0123456789") == std::string::npos;
    // What would end a line of the request could begin another one.
    for (const char c : url.host + url.path)
        if (static_cast<unsigned char>(c) <= ' ') return std::nullopt;
    if (url.host.empty() || !is_port) return std::nullopt;
    return url;
}

}  // namespace talea::http
