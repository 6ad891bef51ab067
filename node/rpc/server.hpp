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

/// Answers one request body, which is valid during the call, with one response body; an empty response means there is
/// nothing to say (a notification). Called from several threads; may block for as long as a waiting request may.
/// `answer` is to be called once, from any thread, also later.
using RequestHandler = std::function<void(std::string_view body, std::function<void(std::string response)> answer)>;

/// Hears each message of one WebSocket client, from several threads at a time; may block as a request may. `done` is to
/// be called once it is dealt with, from any thread. Ends with the connection.
using Conversation = std::function<void(std::string_view body, std::function<void()> done)>;
/// Sends one text to a WebSocket client, in order; from any thread, at any time, without waiting. While much waits to
/// be sent, no more requests are read; who is told something then that was not asked for now is cut off.
using SocketPush = std::function<void(std::string text, bool is_answer)>;
/// A client came over WebSocket.
using ConversationHandler = std::function<Conversation(SocketPush push)>;

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
    /// Takes no more connections, lets running requests end for a while, and returns. What is still under way must end
    /// before the server does.
    void stop();
    [[nodiscard]] std::uint16_t port() const;

  private:
    struct Impl;
    explicit HttpServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace talea::node
