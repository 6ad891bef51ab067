#include "node/ops/http_client.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

#include "node/ops/run_config.hpp"

namespace talea::node {
namespace {

/// A socket that is closed at the end.
class Socket {
  public:
    explicit Socket(int descriptor) : descriptor_(descriptor) {}
    ~Socket() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    [[nodiscard]] int get() const { return descriptor_; }

  private:
    int descriptor_;
};

std::expected<Socket, std::string> connect_to(const HostPort& place, std::chrono::milliseconds timeout) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(place.host.c_str(), std::to_string(place.port).c_str(), &hints, &found))
        return std::unexpected(std::string(::gai_strerror(code)));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
    std::string why = "there is no such host";
    for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
        Socket socket(::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol));
        const auto ms = timeout.count();
        const timeval limit{.tv_sec = static_cast<time_t>(ms / 1000),
                            .tv_usec = static_cast<suseconds_t>(ms % 1000 * 1000)};
        ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);  // of connecting too
        ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (socket.get() >= 0 && ::connect(socket.get(), at->ai_addr, at->ai_addrlen) == 0) return socket;
        why = std::strerror(errno);
    }
    return std::unexpected(why);
}

std::expected<std::string, std::string> send_and_receive(const Socket& socket, std::string_view request) {
    while (!request.empty()) {
        const auto count = ::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return std::unexpected(std::string(std::strerror(errno)));
        request.remove_prefix(static_cast<std::size_t>(count));
    }
    std::string answer, part(16 * 1024, '\0');
    while (true) {
        const auto count = ::recv(socket.get(), part.data(), part.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return std::unexpected(errno == EAGAIN ? "no answer in time" : std::strerror(errno));
        if (count == 0) return answer;
        answer.append(part, 0, static_cast<std::size_t>(count));
        if (answer.size() > limits::http_answer_bytes_max) return std::unexpected("the answer is too large");
    }
}

}  // namespace

std::expected<HttpAnswer, std::string> http_ask(std::string_view url, std::string_view target, std::string_view body,
                                                std::chrono::milliseconds timeout) {
    constexpr std::string_view scheme = "http://";
    auto authority = url.starts_with(scheme) ? url.substr(scheme.size()) : std::string_view{};
    if (authority.ends_with('/')) authority.remove_suffix(1);
    const auto place = parse_host_port(authority);
    if (!place)
        return std::unexpected(fmt::format("'{}' is no address of a node; write it as http://127.0.0.1:8545", url));
    const auto socket = connect_to(*place, timeout);
    if (!socket) return std::unexpected(fmt::format("no node answers at {} ({})", url, socket.error()));
    // HTTP/1.0: the answer comes in one piece and ends with the connection.
    const auto request = body.empty() ? fmt::format("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n", target, authority)
                                      : fmt::format(
                                            "POST {} HTTP/1.0\r\nHost: {}\r\nContent-Type: application/json\r\n"
                                            "Content-Length: {}\r\n\r\n{}",
                                            target, authority, body.size(), body);
    const auto text = send_and_receive(*socket, request);
    if (!text) return std::unexpected(fmt::format("the node at {} did not answer ({})", url, text.error()));
    const auto end = text->find("\r\n\r\n");
    HttpAnswer answer;
    // "HTTP/1.1 200 OK"
    const auto code = text->substr(0, 5) == "HTTP/" && text->size() > 12 ? text->substr(9, 3) : std::string();
    const auto [stop, error] = std::from_chars(code.data(), code.data() + code.size(), answer.status);
    if (end == std::string::npos || error != std::errc{} || stop != code.data() + 3)
        return std::unexpected(fmt::format("what answers at {} does not speak HTTP", url));
    answer.body = text->substr(end + 4);
    return answer;
}

}  // namespace talea::node
