#include "node/rpc/server.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <thread>

#include "node/base/limits.hpp"
#include "node/base/log.hpp"

namespace talea::node {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

namespace {

using Request = http::request_parser<http::string_body>;
using Response = http::response<http::string_body>;

/// What all sessions share. Sessions hold it by shared_ptr, so it outlives the server while a request still runs.
struct Shared {
    RequestHandler handler;
    PageHandler pages;
    std::string address;
    asio::thread_pool workers{limits::rpc_workers};
    std::atomic<std::size_t> connections{0};
    std::atomic<std::size_t> in_line{0};
    std::atomic<bool> stopping{false};
};

/// The host without its port; brackets of an IPv6 literal stay.
std::string_view host_of(std::string_view host) {
    const auto colon = host.rfind(':');
    return colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos ? host
                                                                                              : host.substr(0, colon);
}

bool is_own_host(std::string_view host, std::string_view served) {
    const auto name = host_of(host);
    return name == "localhost" || name == "127.0.0.1" || name == "[::1]" || name == served;
}

/// A page of another site must not reach a node on the reader's machine, directly or by rebinding a name to it.
bool is_allowed(const http::request<http::string_body>& request, std::string_view served) {
    const auto host = request[http::field::host];
    if (!host.empty() && !is_own_host({host.data(), host.size()}, served)) return false;
    const auto origin = request[http::field::origin];
    if (origin.empty()) return true;
    const std::string_view text(origin.data(), origin.size());
    const auto scheme = text.find("://");
    return scheme != std::string_view::npos && is_own_host(text.substr(scheme + 3), served);
}

/// One connection: reads a request, hands it to a worker, writes the answer, and again. All its I/O is on one strand.
class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(tcp::socket socket, std::shared_ptr<Shared> shared)
        : stream_(std::move(socket)), shared_(std::move(shared)) {
        beast::error_code ignored;
        stream_.socket().set_option(tcp::no_delay(true), ignored);
    }
    ~Session() { --shared_->connections; }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void read() {
        request_.emplace();
        request_->header_limit(limits::rpc_header_bytes_max);
        request_->body_limit(limits::rpc_body_bytes_max);
        stream_.expires_after(limits::rpc_idle_timeout);
        http::async_read_header(stream_, buffer_, *request_,
                                [self = shared_from_this()](beast::error_code error, std::size_t) {
                                    if (error) return self->on_read_error(error);
                                    self->read_body();
                                });
    }

  private:
    void read_body() {
        stream_.expires_after(limits::rpc_read_timeout);
        if (beast::iequals(request_->get()[http::field::expect], "100-continue")) {
            auto go_on = std::make_shared<http::response<http::empty_body>>(http::status::continue_, 11);
            http::async_write(stream_, *go_on,
                              [self = shared_from_this(), go_on](beast::error_code error, std::size_t) {
                                  if (!error) self->read_rest();
                              });
            return;
        }
        read_rest();
    }

    void read_rest() {
        http::async_read(stream_, buffer_, *request_,
                         [self = shared_from_this()](beast::error_code error, std::size_t) {
                             if (error) return self->on_read_error(error);
                             self->answer();
                         });
    }

    void on_read_error(beast::error_code error) {
        if (error == http::error::body_limit) return refuse(http::status::payload_too_large, "the body is too large");
        if (error == http::error::header_limit)
            return refuse(http::status::request_header_fields_too_large, "the headers are too large");
        if (error.category() == http::make_error_code(http::error::bad_method).category() &&
            error != http::error::end_of_stream && error != http::error::partial_message)
            return refuse(http::status::bad_request, "not an HTTP request");
        close();
    }

    void answer() {
        const auto& request = request_->get();
        if (!is_allowed(request, shared_->address))
            return refuse(http::status::forbidden, "this host or origin is not served");
        if (request.method() == http::verb::get && shared_->pages) {
            const auto target = request.target();
            if (auto page = shared_->pages({target.data(), target.size()}))
                return respond(http::int_to_status(page->status), page->type, std::move(page->body));
        }
        if (request.method() != http::verb::post)
            return respond(http::status::method_not_allowed, "text/plain", "JSON-RPC is spoken here by POST\n");
        if (shared_->stopping) return refuse(http::status::service_unavailable, "the node stops");
        if (++shared_->in_line > limits::rpc_queue_max) {
            --shared_->in_line;
            return respond(http::status::service_unavailable, "text/plain", "too many requests wait\n");
        }
        stream_.expires_never();
        asio::post(shared_->workers, [self = shared_from_this()] {
            auto body = self->shared_->handler(self->request_->get().body());
            --self->shared_->in_line;
            asio::post(self->stream_.get_executor(), [self, body = std::move(body)]() mutable {
                self->respond(http::status::ok, "application/json", std::move(body));
            });
        });
    }

    /// Answers and closes: the rest of what the client sends is not looked at.
    void refuse(http::status status, std::string text) {
        keeps_alive_ = false;
        respond(status, "text/plain", std::move(text) + "\n");
    }

    void respond(http::status status, std::string_view type, std::string body) {
        response_.emplace(status, 11);
        response_->set(http::field::content_type, beast::string_view(type.data(), type.size()));
        response_->keep_alive(keeps_alive_ && request_->get().keep_alive());
        response_->body() = std::move(body);
        response_->prepare_payload();
        stream_.expires_after(limits::rpc_read_timeout);
        http::async_write(stream_, *response_, [self = shared_from_this()](beast::error_code error, std::size_t) {
            if (error) return;
            if (!self->response_->keep_alive() || self->shared_->stopping) return self->close();
            self->read();
        });
    }

    void close() {
        beast::error_code ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    }

    beast::tcp_stream stream_;
    std::shared_ptr<Shared> shared_;
    beast::flat_buffer buffer_;
    std::optional<Request> request_;
    std::optional<Response> response_;
    bool keeps_alive_ = true;
};

}  // namespace

struct HttpServer::Impl {
    asio::io_context io{1};
    tcp::acceptor acceptor{io};
    std::shared_ptr<Shared> shared = std::make_shared<Shared>();
    std::thread thread;

    void accept() {
        acceptor.async_accept(asio::make_strand(io), [this](beast::error_code error, tcp::socket socket) {
            if (error == asio::error::operation_aborted) return;
            if (!error) {
                if (++shared->connections > limits::rpc_connections_max) {
                    --shared->connections;  // the socket closes here
                } else {
                    std::make_shared<Session>(std::move(socket), shared)->read();
                }
            } else if (error == asio::error::no_descriptors) {
                log_warning("rpc", "no more connections can be taken: the process is out of file descriptors");
                std::this_thread::sleep_for(std::chrono::milliseconds(50));
            }
            accept();
        });
    }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
    stop();
}

std::expected<std::unique_ptr<HttpServer>, std::string> HttpServer::listen(const ServerSettings& settings,
                                                                           RequestHandler handler, PageHandler pages) {
    auto impl = std::make_unique<Impl>();
    impl->shared->handler = std::move(handler);
    impl->shared->pages = std::move(pages);
    impl->shared->address = settings.address;
    const auto where = settings.address + ":" + std::to_string(settings.port);
    beast::error_code error;
    const auto address = asio::ip::make_address(settings.address, error);
    if (error) return std::unexpected("'" + settings.address + "' is no address to listen on");
    const tcp::endpoint endpoint(address, settings.port);
    impl->acceptor.open(endpoint.protocol(), error);
    if (!error) impl->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) impl->acceptor.bind(endpoint, error);
    if (!error) impl->acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error == asio::error::address_in_use)
        return std::unexpected("port " + std::to_string(settings.port) +
                               " is in use; choose another with --rpc-port (0 takes a free one)");
    if (error) return std::unexpected("cannot listen on " + where + ": " + error.message());
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

void HttpServer::start() {
    impl_->accept();
    impl_->thread = std::thread([this] { impl_->io.run(); });
}

void HttpServer::stop() {
    if (!impl_ || impl_->shared->stopping.exchange(true)) return;
    asio::post(impl_->io, [this] {
        beast::error_code ignored;
        impl_->acceptor.close(ignored);
    });
    impl_->shared->workers.join();
    // What workers answered last is still written; connections without a request are cut.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    impl_->io.stop();
    if (impl_->thread.joinable()) impl_->thread.join();
}

std::uint16_t HttpServer::port() const {
    beast::error_code ignored;
    return impl_->acceptor.local_endpoint(ignored).port();
}

}  // namespace talea::node
