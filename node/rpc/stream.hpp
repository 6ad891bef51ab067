#pragma once
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <functional>
#include <memory>
#include <vector>

namespace talea::node {
namespace asio = boost::asio;
namespace beast = boost::beast;

/// A connection of the RPC server, plain or in TLS, as one type: so what Beast builds on a stream is compiled once. An
/// AsyncStream in the sense of Beast. For server.cpp alone.
class Stream {
  public:
    using executor_type = beast::tcp_stream::executor_type;
    using Done = std::function<void(beast::error_code, std::size_t)>;

    /// In TLS where `tls` is given; `async_handshake` comes first then.
    Stream(asio::ip::tcp::socket socket, asio::ssl::context* tls) {
        if (tls != nullptr)
            tls_ = std::make_unique<asio::ssl::stream<beast::tcp_stream>>(beast::tcp_stream(std::move(socket)), *tls);
        else
            plain_ = std::make_unique<beast::tcp_stream>(std::move(socket));
    }

    executor_type get_executor() { return lowest().get_executor(); }
    /// For its timeouts.
    beast::tcp_stream& lowest() { return tls_ ? tls_->next_layer() : *plain_; }
    [[nodiscard]] bool is_tls() const { return tls_ != nullptr; }
    void async_handshake(std::function<void(beast::error_code)> done) {
        tls_->async_handshake(asio::ssl::stream_base::server, std::move(done));
    }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, void(beast::error_code, std::size_t)>(
            [this](auto handler, const Buffers& into) {
                // One is enough of a read that may bring less than it could.
                asio::mutable_buffer first;
                for (auto it = asio::buffer_sequence_begin(into); it != asio::buffer_sequence_end(into); ++it) {
                    first = *it;
                    if (first.size() != 0) break;
                }
                read(first, erased(std::move(handler)));
            },
            token, buffers);
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, void(beast::error_code, std::size_t)>(
            [this](auto handler, const Buffers& from) {
                std::vector<asio::const_buffer> all;
                for (auto it = asio::buffer_sequence_begin(from); it != asio::buffer_sequence_end(from); ++it)
                    all.emplace_back(*it);
                write(std::move(all), erased(std::move(handler)));
            },
            token, buffers);
    }

  private:
    /// Handlers of Beast move and are called once; a function must be copied.
    template <class Handler>
    static Done erased(Handler handler) {
        auto kept = std::make_shared<Handler>(std::move(handler));
        return [kept](beast::error_code error, std::size_t bytes) { std::move (*kept)(error, bytes); };
    }
    void read(asio::mutable_buffer into, Done done) {
        if (tls_)
            tls_->async_read_some(into, std::move(done));
        else
            plain_->async_read_some(into, std::move(done));
    }
    void write(std::vector<asio::const_buffer> from, Done done) {
        if (tls_)
            tls_->async_write_some(from, std::move(done));
        else
            plain_->async_write_some(from, std::move(done));
    }

    std::unique_ptr<beast::tcp_stream> plain_;
    std::unique_ptr<asio::ssl::stream<beast::tcp_stream>> tls_;
};

// How Beast ends a connection; it finds these by the stream's namespace.
inline void beast_close_socket(Stream& stream) {
    stream.lowest().close();
}
inline void teardown(beast::role_type, Stream& stream, beast::error_code& error) {
    stream.lowest().socket().shutdown(asio::ip::tcp::socket::shutdown_both, error);
}
template <class Handler>
void async_teardown(beast::role_type role, Stream& stream, Handler&& handler) {
    beast::error_code error;
    teardown(role, stream, error);
    asio::post(stream.get_executor(), beast::bind_front_handler(std::forward<Handler>(handler), error));
}

}  // namespace talea::node
