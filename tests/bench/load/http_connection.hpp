#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace talea::load {

/// Where a node listens: http://host:port, on an IPv4 address or a name of one.
struct Url {
    std::string host;
    std::uint16_t port = 0;
};
/// Stops the program where it is none.
[[nodiscard]] Url parse_url(std::string_view text);

/// One kept HTTP/1.1 connection that posts JSON and reads the answers, blocking. Plain sockets: what the client spends
/// is not there for the server that it measures. Ends the program where the server does not answer.
class HttpConnection {
  public:
    explicit HttpConnection(const Url& url);
    ~HttpConnection();
    HttpConnection(HttpConnection&& other) noexcept;
    HttpConnection& operator=(HttpConnection&&) = delete;

    /// The body of the answer, valid until the next call.
    [[nodiscard]] std::string_view post(std::string_view body);

  private:
    void read_more();

    int socket_ = -1;
    std::string host_;
    std::string request_, answer_;
};

}  // namespace talea::load
