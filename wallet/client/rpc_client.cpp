#include "wallet/client/rpc_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>

namespace talea::wallet {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Kind = RpcFailure::Kind;
using boost::system::error_code;

constexpr std::uint64_t answer_bytes_max = 64U << 20;

struct Url {
    std::string host, port, path;
};

std::optional<Url> parse_url(std::string_view text) {
    constexpr std::string_view scheme = "http://";
    if (!text.starts_with(scheme)) return std::nullopt;
    text.remove_prefix(scheme.size());
    const std::size_t slash = text.find('/');
    Url url{.host = {}, .port = "80", .path = slash == std::string_view::npos ? "/" : std::string(text.substr(slash))};
    std::string_view authority = text.substr(0, slash);
    const std::size_t bracket = authority.rfind(']');  // [::1]:8545
    const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon != std::string_view::npos) {
        url.port = authority.substr(colon + 1);
        authority = authority.substr(0, colon);
    }
    if (bracket != std::string_view::npos) {
        if (!authority.starts_with('[') || !authority.ends_with(']')) return std::nullopt;
        authority = authority.substr(1, authority.size() - 2);
    }
    url.host = authority;
    if (url.host.empty() || url.port.empty() || url.port.find_first_not_of("0123456789") != std::string::npos)
        return std::nullopt;
    return url;
}

RpcFailure failure(Kind kind, std::string message) {
    return {.kind = kind, .message = std::move(message), .code = 0, .data = nullptr};
}

}  // namespace

struct RpcClient::Connection {
    asio::io_context context;
    beast::tcp_stream stream{context};
    beast::flat_buffer buffer;
    Url url;

    /// Runs what was started until it is done; the stream's own timer ends what takes too long.
    void run() {
        context.restart();
        context.run();
    }
};

RpcClient::RpcClient(std::string url, std::chrono::milliseconds timeout) : url_(std::move(url)), timeout_(timeout) {}
RpcClient::~RpcClient() = default;
RpcClient::RpcClient(RpcClient&&) noexcept = default;

std::expected<std::string, RpcFailure> RpcClient::exchange(const std::string& body) {
    if (!connection_) {
        const auto url = parse_url(url_);
        if (!url)
            return std::unexpected(
                failure(Kind::bad_url, "\"" + url_ + "\" is no address of a node; write it as http://127.0.0.1:8545"));
        auto connection = std::make_unique<Connection>();
        connection->url = *url;
        error_code error;
        asio::ip::tcp::resolver resolver(connection->context);
        const auto endpoints = resolver.resolve(url->host, url->port, error);
        if (!error) {
            connection->stream.expires_after(timeout_);
            connection->stream.async_connect(endpoints, [&error](error_code e, const auto&) { error = e; });
            connection->run();
        }
        if (error) {
            return std::unexpected(
                failure(Kind::unreachable, "no node answers at " + url_ + " (" + error.message() +
                                               "); start one with `talead run` or name another with --rpc"));
        }
        connection_ = std::move(connection);
    }
    Connection& connection = *connection_;
    http::request<http::string_body> request{http::verb::post, connection.url.path, 11};
    request.set(http::field::host, connection.url.host + ":" + connection.url.port);
    request.set(http::field::content_type, "application/json");
    request.body() = body;
    request.prepare_payload();

    error_code error;
    connection.stream.expires_after(timeout_);
    http::async_write(connection.stream, request, [&error](error_code e, std::size_t) { error = e; });
    connection.run();
    http::response_parser<http::string_body> parser;
    parser.body_limit(answer_bytes_max);
    if (!error) {
        connection.stream.expires_after(timeout_);
        http::async_read(connection.stream, connection.buffer, parser,
                         [&error](error_code e, std::size_t) { error = e; });
        connection.run();
    }
    if (error) {
        connection_.reset();
        return std::unexpected(
            failure(Kind::lost, "the node at " + url_ + " did not answer (" + error.message() + ")"));
    }
    if (!parser.get().keep_alive()) connection_.reset();
    return std::move(parser.get().body());
}

std::expected<Json, RpcFailure> RpcClient::call(std::string_view method, Json params) {
    const std::uint64_t id = next_id_++;
    const bool kept = connection_ != nullptr;
    const std::string body =
        Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}}.dump();
    auto answer = exchange(body);
    // A kept connection may have been closed while we did something else. Every call may be repeated: what changes
    // anything is a signed transaction, which is the same one however often it is sent.
    if (!answer && kept && answer.error().kind == Kind::lost) answer = exchange(body);
    if (!answer) return std::unexpected(answer.error());

    Json json = Json::parse(*answer, nullptr, false);
    if (!json.is_object() || (!json.contains("result") && !json.contains("error"))) {
        return std::unexpected(
            failure(Kind::not_a_node, "what answers at " + url_ + " does not speak JSON-RPC; is it a Talea node?"));
    }
    if (const auto error = json.find("error"); error != json.end() && error->is_object()) {
        return std::unexpected(RpcFailure{.kind = Kind::answered,
                                          .message = error->value("message", "the node gave no reason"),
                                          .code = error->value("code", std::int64_t{0}),
                                          .data = error->value("data", Json())});
    }
    return std::move(json["result"]);
}

}  // namespace talea::wallet
