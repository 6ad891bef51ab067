#include "bench/load/http_connection.hpp"

#include <netdb.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "bench/load/stop.hpp"

namespace talea::load {
namespace {

constexpr std::size_t read_bytes = 64 * 1024;

/// The value of a header, in any case of its name.
std::optional<std::string_view> header(std::string_view head, std::string_view name) {
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at)) {
        at += 2;
        const auto line = head.substr(at, head.find("\r\n", at) - at);
        if (line.size() <= name.size() || line[name.size()] != ':') continue;
        if (::strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
        auto value = line.substr(name.size() + 1);
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        return value;
    }
    return std::nullopt;
}

}  // namespace

Url parse_url(std::string_view text) {
    constexpr std::string_view scheme = "http://";
    const auto colon = text.rfind(':');
    Url url;
    if (text.starts_with(scheme) && colon > scheme.size()) {
        url.host = text.substr(scheme.size(), colon - scheme.size());
        const auto port = text.substr(colon + 1, text.find('/', colon) - colon - 1);
        std::from_chars(port.data(), port.data() + port.size(), url.port);
    }
    if (url.host.empty() || url.port == 0) stop("'{}' is not of the form http://host:port", text);
    return url;
}

HttpConnection::HttpConnection(const Url& url) : host_(fmt::format("{}:{}", url.host, url.port)) {
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found) != 0)
        stop("there is no host {}", url.host);
    socket_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool is_connected = socket_ >= 0 && ::connect(socket_, found->ai_addr, found->ai_addrlen) == 0;
    ::freeaddrinfo(found);
    if (!is_connected) stop("no node answers at {}: {}", host_, std::strerror(errno));
    const int yes = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

HttpConnection::~HttpConnection() {
    if (socket_ >= 0) ::close(socket_);
}

HttpConnection::HttpConnection(HttpConnection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), host_(std::move(other.host_)) {}

std::string_view HttpConnection::post(std::string_view body) {
    request_ =
        fmt::format("POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                    host_, body.size());
    request_ += body;
    for (std::string_view rest = request_; !rest.empty();) {
        const auto sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) stop("the connection to {} broke: {}", host_, std::strerror(errno));
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    answer_.clear();
    std::size_t head_bytes = std::string::npos;
    while ((head_bytes = answer_.find("\r\n\r\n")) == std::string::npos) read_more();
    head_bytes += 4;
    const auto head = std::string_view(answer_).substr(0, head_bytes);
    if (!head.starts_with("HTTP/1.1 200")) stop("{} answers '{}'", host_, head.substr(0, head.find('\r')));
    const auto length = header(head, "content-length");
    std::size_t body_bytes = 0;
    if (!length || std::from_chars(length->data(), length->data() + length->size(), body_bytes).ec != std::errc{})
        stop("{} does not say how long its answer is", host_);
    while (answer_.size() < head_bytes + body_bytes) read_more();
    return std::string_view(answer_).substr(head_bytes, body_bytes);
}

void HttpConnection::read_more() {
    const auto before = answer_.size();
    answer_.resize(before + read_bytes);
    const auto came = ::recv(socket_, answer_.data() + before, read_bytes, 0);
    if (came <= 0) stop("the connection to {} ended: {}", host_, came == 0 ? "closed" : std::strerror(errno));
    answer_.resize(before + static_cast<std::size_t>(came));
}

}  // namespace talea::load
