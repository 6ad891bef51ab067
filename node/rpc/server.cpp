#include "node/rpc/server.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <thread>

#include "node/base/limits.hpp"
#include "node/base/log.hpp"
#include "node/base/thread_name.hpp"
#include "node/rpc/stream.hpp"

namespace talea::node {
namespace http = beast::http;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;

namespace {

using Request = http::request_parser<http::string_body>;
using Response = http::response<http::string_body>;

/// What all sessions share. Sessions hold it by shared_ptr, so it outlives the server while a request still runs.
struct Shared {
    RequestHandler handler;
    PageHandler pages;
    ConversationHandler conversations;
    std::string address;
    AccessRules access;
    std::unique_ptr<asio::ssl::context> tls;
    asio::thread_pool workers{limits::rpc_workers};
    std::atomic<std::size_t> connections{0};
    std::atomic<std::size_t> web_sockets{0};
    std::atomic<std::size_t> in_line{0};
    std::atomic<bool> stopping{false};

    /// A place in the line for a worker; false where it is full.
    [[nodiscard]] bool line_up() {
        if (++in_line <= limits::rpc_queue_max) return true;
        --in_line;
        return false;
    }
    template <class Task>
    void let_work(Task task) {
        asio::post(workers, [task = std::move(task)]() mutable {
            // The pool makes its threads itself, so each takes its name with its first task.
            thread_local const bool is_named = (name_this_thread(thread_name::rpc_worker), true);
            static_cast<void>(is_named);
            task();
        });
    }
};

std::string_view text_of(beast::string_view text) {
    return {text.data(), text.size()};
}
beast::string_view beast_text(std::string_view text) {
    return {text.data(), text.size()};
}

std::uint64_t seconds_now() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(since).count());
}

// ---- WebSocket ------------------------------------------------------------------------------------------------------

/// One client over WebSocket. All its I/O is on one strand; what it says is heard by workers, several messages at once.
class SocketSession : public std::enable_shared_from_this<SocketSession> {
  public:
    SocketSession(Stream stream, std::shared_ptr<Shared> shared)
        : socket_(std::move(stream)), shared_(std::move(shared)) {}
    ~SocketSession() {
        --shared_->web_sockets;
        --shared_->connections;
    }
    SocketSession(const SocketSession&) = delete;
    SocketSession& operator=(const SocketSession&) = delete;

    void accept(const http::request<http::string_body>& request) {
        socket_.next_layer().lowest().expires_never();  // WebSocket has its own
        socket_.set_option(websocket::stream_base::timeout{limits::rpc_read_timeout, limits::rpc_idle_timeout, true});
        socket_.read_message_max(limits::rpc_body_bytes_max);
        socket_.text(true);
        socket_.async_accept(request, [self = shared_from_this()](beast::error_code error) {
            if (error) return;
            const std::weak_ptr<SocketSession> weak = self;
            self->hear_ = self->shared_->conversations([weak](std::string text, bool is_answer) {
                if (const auto alive = weak.lock()) alive->push(std::move(text), is_answer);
            });
            self->read_on();
        });
    }

    /// From any thread.
    void push(std::string text, bool is_answer) {
        const auto before = queued_bytes_.fetch_add(text.size());
        if (before > limits::ws_queue_bytes_max + (is_answer ? limits::rpc_response_bytes_max : 0)) return cut_off();
        asio::post(socket_.get_executor(), [self = shared_from_this(), text = std::move(text)]() mutable {
            self->queue_.push_back(std::move(text));
            if (self->queue_.size() == 1) self->write();
        });
    }

  private:
    /// It reads slower than it is told.
    void cut_off() {
        if (is_cut_.exchange(true)) return;
        log_debug("rpc", "a WebSocket client reads too slowly and is cut off");
        asio::post(socket_.get_executor(),
                   [self = shared_from_this()] { beast_close_socket(self->socket_.next_layer()); });
    }

    /// Reads the next message, unless much is under way.
    void read_on() {
        if (is_reading_ || under_way_ >= limits::ws_requests_max || queued_bytes_ > limits::ws_queue_bytes_max) return;
        is_reading_ = true;
        socket_.async_read(buffer_, [self = shared_from_this()](beast::error_code error, std::size_t) {
            if (error) return;
            self->is_reading_ = false;
            self->on_message();
        });
    }

    void on_message() {
        auto body = beast::buffers_to_string(buffer_.data());
        buffer_.consume(buffer_.size());
        if (shared_->stopping || !shared_->line_up()) {
            socket_.async_close(websocket::close_code::try_again_later,
                                [self = shared_from_this()](beast::error_code) {});
            return;
        }
        ++under_way_;
        shared_->let_work([self = shared_from_this(), body = std::move(body)] {
            self->hear_(body, [self] {
                --self->shared_->in_line;
                asio::post(self->socket_.get_executor(), [self] { self->heard(); });
            });
        });
        read_on();
    }

    void heard() {
        --under_way_;
        read_on();
    }

    void write() {
        socket_.async_write(asio::buffer(queue_.front()),
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                                self->queued_bytes_ -= self->queue_.front().size();
                                self->queue_.pop_front();
                                if (error) return;
                                self->read_on();
                                if (!self->queue_.empty()) self->write();
                            });
    }

    websocket::stream<Stream> socket_;
    std::shared_ptr<Shared> shared_;
    Conversation hear_;
    beast::flat_buffer buffer_;
    std::deque<std::string> queue_;  ///< the first is being sent
    std::atomic<std::size_t> queued_bytes_{0};
    std::atomic<bool> is_cut_{false};
    std::size_t under_way_ = 0;
    bool is_reading_ = false;
};

// ---- HTTP -----------------------------------------------------------------------------------------------------------

/// One connection: reads a request, hands it to a worker, writes the answer, and again. All its I/O is on one strand.
class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(tcp::socket socket, std::shared_ptr<Shared> shared)
        : stream_(std::move(socket), shared->tls.get()), shared_(std::move(shared)) {
        beast::error_code ignored;
        stream_.lowest().socket().set_option(tcp::no_delay(true), ignored);
    }
    ~Session() {
        if (!is_upgraded_) --shared_->connections;
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void start() {
        if (!stream_.is_tls()) return read();
        stream_.lowest().expires_after(limits::rpc_read_timeout);
        stream_.async_handshake([self = shared_from_this()](beast::error_code error) {
            if (!error) self->read();
        });
    }

  private:
    void read() {
        request_.emplace();
        request_->header_limit(limits::rpc_header_bytes_max);
        request_->body_limit(limits::rpc_body_bytes_max);
        stream_.lowest().expires_after(limits::rpc_idle_timeout);
        http::async_read_header(stream_, buffer_, *request_,
                                [self = shared_from_this()](beast::error_code error, std::size_t) {
                                    if (error) return self->on_read_error(error);
                                    self->read_body();
                                });
    }

    void read_body() {
        stream_.lowest().expires_after(limits::rpc_read_timeout);
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

    /// Whether the page that asks, if it is one, may.
    [[nodiscard]] bool is_from_our_sites() const {
        const auto& request = request_->get();
        const auto host = request[http::field::host], origin = request[http::field::origin];
        return (host.empty() || is_host_served(shared_->access, text_of(host), shared_->address)) &&
               (origin.empty() || is_origin_allowed(shared_->access, text_of(origin), shared_->address));
    }

    void answer() {
        const auto& request = request_->get();
        if (!is_from_our_sites())
            return refuse(http::status::forbidden, "this host or origin is not served (--rpc-host, --rpc-origin)");
        if (request.method() == http::verb::options && !request[http::field::origin].empty())
            return respond(http::status::no_content, "text/plain", {});
        if (request.method() == http::verb::get && shared_->pages && !websocket::is_upgrade(request))
            if (auto page = shared_->pages(text_of(request.target())))
                return respond(http::int_to_status(page->status), page->type, std::move(page->body));
        if (shared_->access.secret) {
            const auto token =
                check_token(*shared_->access.secret, text_of(request[http::field::authorization]), seconds_now());
            if (!token) return refuse(http::status::unauthorized, std::string(to_string(token.error())));
        }
        if (shared_->conversations && websocket::is_upgrade(request)) return upgrade();
        if (request.method() != http::verb::post)
            return respond(http::status::method_not_allowed, "text/plain", "JSON-RPC is spoken here by POST\n");
        if (shared_->stopping) return refuse(http::status::service_unavailable, "the node stops");
        if (!shared_->line_up())
            return respond(http::status::service_unavailable, "text/plain", "too many requests wait\n");
        stream_.lowest().expires_never();
        shared_->let_work([self = shared_from_this()] {
            self->shared_->handler(self->request_->get().body(), [self](std::string response) {
                --self->shared_->in_line;
                asio::post(self->stream_.get_executor(), [self, response = std::move(response)]() mutable {
                    self->respond(http::status::ok, "application/json", std::move(response));
                });
            });
        });
    }

    void upgrade() {
        if (++shared_->web_sockets > limits::ws_connections_max) {
            --shared_->web_sockets;
            return refuse(http::status::service_unavailable, "too many WebSocket connections");
        }
        is_upgraded_ = true;
        std::make_shared<SocketSession>(std::move(stream_), shared_)->accept(request_->get());
    }

    /// Answers and closes: the rest of what the client sends is not looked at.
    void refuse(http::status status, std::string text) {
        keeps_alive_ = false;
        respond(status, "text/plain", std::move(text) + "\n");
    }

    void respond(http::status status, std::string_view type, std::string body) {
        const auto& request = request_->get();
        response_.emplace(status, 11);
        response_->set(http::field::content_type, beast_text(type));
        if (const auto origin = request[http::field::origin]; !origin.empty() && status != http::status::forbidden) {
            response_->set(http::field::access_control_allow_origin, origin);
            response_->set(http::field::vary, "Origin");
            if (request.method() == http::verb::options) {
                response_->set(http::field::access_control_allow_methods, "POST, GET");
                response_->set(http::field::access_control_allow_headers, "Content-Type, Authorization");
                response_->set(http::field::access_control_max_age, "600");
            }
        }
        response_->keep_alive(keeps_alive_ && request.keep_alive());
        response_->body() = std::move(body);
        response_->prepare_payload();
        stream_.lowest().expires_after(limits::rpc_read_timeout);
        http::async_write(stream_, *response_, [self = shared_from_this()](beast::error_code error, std::size_t) {
            if (error) return;
            if (!self->response_->keep_alive() || self->shared_->stopping) return self->close();
            self->read();
        });
    }

    void close() {
        beast::error_code ignored;
        stream_.lowest().socket().shutdown(tcp::socket::shutdown_send, ignored);
    }

    Stream stream_;
    std::shared_ptr<Shared> shared_;
    beast::flat_buffer buffer_;
    std::optional<Request> request_;
    std::optional<Response> response_;
    bool keeps_alive_ = true;
    bool is_upgraded_ = false;
};

/// TLS 1.2 and newer, by the certificate and key of the settings; nothing where they name none.
std::expected<std::unique_ptr<asio::ssl::context>, std::string> tls_of(const ServerSettings& settings) {
    if (settings.tls_certificate.empty() && settings.tls_key.empty()) return nullptr;
    if (settings.tls_certificate.empty() || settings.tls_key.empty())
        return std::unexpected("TLS needs both --rpc-tls-cert and --rpc-tls-key");
    auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                         asio::ssl::context::no_tlsv1_1);
    beast::error_code error;
    context->use_certificate_chain_file(settings.tls_certificate, error);
    if (error)
        return std::unexpected("'" + settings.tls_certificate + "' is no certificate in PEM: " + error.message());
    context->use_private_key_file(settings.tls_key, asio::ssl::context::pem, error);
    if (error)
        return std::unexpected("'" + settings.tls_key + "' is no key in PEM of the certificate in '" +
                               settings.tls_certificate + "': " + error.message());
    return context;
}

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
                    std::make_shared<Session>(std::move(socket), shared)->start();
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
                                                                           RequestHandler handler, PageHandler pages,
                                                                           ConversationHandler conversations) {
    auto impl = std::make_unique<Impl>();
    impl->shared->handler = std::move(handler);
    impl->shared->pages = std::move(pages);
    impl->shared->conversations = std::move(conversations);
    impl->shared->address = settings.address;
    impl->shared->access = settings.access;
    auto tls = tls_of(settings);
    if (!tls) return std::unexpected(tls.error());
    impl->shared->tls = std::move(*tls);
    const auto where = settings.address + ":" + std::to_string(settings.port);
    beast::error_code error;
    const auto address = asio::ip::make_address(settings.address, error);
    if (error) return std::unexpected("'" + settings.address + "' is no address to listen on");
    if (!address.is_loopback() && !settings.access.secret && impl->shared->tls == nullptr)
        return std::unexpected("JSON-RPC is served at " + where +
                               ", outside loopback, only with a secret (--rpc-jwt-secret) or TLS (--rpc-tls-cert, "
                               "--rpc-tls-key)");
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
    impl_->thread = std::thread([this] {
        name_this_thread(thread_name::rpc);
        impl_->io.run();
    });
}

void HttpServer::stop() {
    if (!impl_ || impl_->shared->stopping.exchange(true)) return;
    asio::post(impl_->io, [this] {
        beast::error_code ignored;
        impl_->acceptor.close(ignored);
    });
    impl_->shared->workers.join();
    for (int i = 0; i < 50 && impl_->shared->in_line != 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
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
