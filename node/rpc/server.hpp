#pragma once
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace talea::node {

struct ServerSettings {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8545;  ///< 0: any free one
};

/// Answers one request body with one response body; an empty response means there is nothing to say (a notification).
/// Called from several threads; may block for as long as a waiting request may.
using RequestHandler = std::function<std::string(std::string_view body)>;

/// What a GET answers: of a probe or a scraper.
struct Page {
    unsigned status = 200;
    std::string type = "text/plain; charset=utf-8";
    std::string body;
};
/// The page at `target` (with its query, as it came: "/healthz"), or nothing where there is none. Called on the thread
/// that carries all connections, so that a probe is answered while every worker is busy: it must not wait.
using PageHandler = std::function<std::optional<Page>(std::string_view target)>;

/// An HTTP/1.1 server for POSTed JSON and a few pages (Boost.Beast). It talks and cuts off; what requests mean is the
/// handlers' matter. Limits on headers, body, connections, waiting requests and time are those of limits.hpp. Browsers
/// of other origins are refused: a request must name a loopback host (or the address served) and bring no foreign
/// Origin.
class HttpServer {
  public:
    /// Listens at once; requests are answered from `start` on. The error is one sentence.
    [[nodiscard]] static std::expected<std::unique_ptr<HttpServer>, std::string> listen(const ServerSettings& settings,
                                                                                        RequestHandler handler,
                                                                                        PageHandler pages = {});
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    void start();
    /// Takes no more connections, lets running requests end, and returns.
    void stop();
    [[nodiscard]] std::uint16_t port() const;

  private:
    struct Impl;
    explicit HttpServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace talea::node
