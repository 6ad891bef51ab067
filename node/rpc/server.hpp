#pragma once
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "node/rpc/access.hpp"

namespace talea::node {

struct ServerSettings {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8545;  ///< 0: any free one
    AccessRules access = {};
    /// Files in PEM, both or none: the certificate with those that lead to its root, and its key.
    std::string tls_certificate = {}, tls_key = {};
};

/// Answers one request body with one response body; an empty response means there is nothing to say (a notification).
/// Called from several threads; may block for as long as a waiting request may.
using RequestHandler = std::function<std::string(std::string_view body)>;

/// Hears each message of one WebSocket client, from several threads at a time; may block as a request may. Ends with
/// the connection.
using Conversation = std::function<void(std::string_view body)>;
/// A client came over WebSocket. `push` sends it one text, in order; it may be called from any thread, at any time, and
/// does not wait: who lets too much pile up is cut off.
using ConversationHandler = std::function<Conversation(std::function<void(std::string text)> push)>;

/// What a GET answers: of a probe or a scraper.
struct Page {
    unsigned status = 200;
    std::string type = "text/plain; charset=utf-8";
    std::string body;
};
/// The page at `target` (with its query, as it came: "/healthz"), or nothing where there is none. Called on the thread
/// that carries all connections, so that a probe is answered while every worker is busy: it must not wait.
using PageHandler = std::function<std::optional<Page>(std::string_view target)>;

/// A server for POSTed JSON, a few pages, and WebSockets, on one port (Boost.Beast). It talks and cuts off; what
/// requests mean is the handlers' matter. Limits on headers, body, connections, waiting requests and time are those of
/// limits.hpp. Pages of other sites are refused (AccessRules). Outside loopback it wants a secret or TLS. With a secret
/// each request needs a token, and each WebSocket connection when it is made; pages need none.
class HttpServer {
  public:
    /// Listens at once; requests are answered from `start` on. The error is one sentence.
    [[nodiscard]] static std::expected<std::unique_ptr<HttpServer>, std::string> listen(
        const ServerSettings& settings, RequestHandler handler, PageHandler pages = {},
        ConversationHandler conversations = {});
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
