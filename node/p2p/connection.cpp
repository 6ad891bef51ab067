#include "node/p2p/connection.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "node/base/limits.hpp"

namespace talea::node {
namespace asio = boost::asio;
namespace ssl = asio::ssl;
using tcp = asio::ip::tcp;
using wire::Lane;

namespace {

/// Frames written at once: many votes share a record.
constexpr std::size_t write_frames_max = 64;
constexpr std::size_t write_bytes_max = 64 * 1024;
/// What a frame in hand takes besides its bytes, however short it is.
constexpr std::size_t frame_overhead_bytes = 256;

/// Small frames at once; and the kernel, not the next vote, finds out that the other end vanished without a word.
tcp::socket tuned(tcp::socket socket) {
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    using Option = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
    using Interval = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
    using Count = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
    using Unanswered = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>;
    socket.set_option(Option(10), ignored);
    socket.set_option(Interval(5), ignored);
    socket.set_option(Count(2), ignored);
    socket.set_option(Unanswered(20'000), ignored);
    return socket;
}

std::size_t queue_bytes_max(Lane lane) {
    return lane == Lane::votes ? limits::votes_queue_bytes_max : limits::bulk_queue_bytes_max;
}
std::size_t inbox_bytes_max(Lane lane) {
    return lane == Lane::votes ? limits::votes_inbox_bytes_max : limits::bulk_inbox_bytes_max;
}

}  // namespace

std::string text_of(const Connection::Endpoint& endpoint) {
    const auto address = endpoint.address().to_string();
    return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                      : fmt::format("{}:{}", address, endpoint.port());
}

Connection::Connection(Socket socket, const Endpoint& remote, ssl::context& tls, Owner& owner, bool dialled)
    : owner_(owner),
      stream_(tuned(std::move(socket)), tls),
      deadline_(stream_.get_executor()),
      dialled_(dialled),
      remote_(text_of(remote)) {}

void Connection::expire_after(std::uint64_t ms) {
    deadline_.expires_after(std::chrono::milliseconds(ms));
    deadline_.async_wait([self = shared_from_this()](ErrorCode error) {
        if (error || self->stage_ == Stage::open) return;
        if (self->stage_ == Stage::parting) return self->close();
        self->fail("it did not greet in time");
    });
}

void Connection::secure() {
    report_node(stream_.native_handle(), node_);
    stream_.async_handshake(dialled_ ? ssl::stream_base::client : ssl::stream_base::server,
                            [self = shared_from_this()](ErrorCode error) { self->handshake_done(error); });
}

void Connection::handshake_done(ErrorCode error) {
    if (stage_ != Stage::securing) return;
    if (error) {
        const bool was_judged = !node_ && node_.error() != IdentityError::no_certificate;
        return fail(was_judged ? std::string(to_string(node_.error()))
                               : "the TLS handshake failed: " + error.message());
    }
    auto* tls_state = stream_.native_handle();
    // Both cannot be, as the context is set; they are what the identity stands on.
    if (was_resumed(tls_state) || !node_) return fail("its certificate was not judged");
    if (!speaks_our_protocol(tls_state)) return fail("it speaks another protocol");
    stage_ = Stage::greeting;
    owner_.secured(shared_from_this());
    read();
}

void Connection::open() {
    deadline_.cancel();
    stage_ = Stage::open;
}

void Connection::begin() {
    for (auto& frame : std::exchange(early_, {})) owner_.came(shared_from_this(), std::move(frame));
    read();
}

void Connection::pause(bool is_paused) {
    is_paused_ = is_paused;
    read();
}

void Connection::read() {
    if (is_reading_ || stage_ == Stage::securing || stage_ == Stage::waiting || stage_ == Stage::closed) return;
    if (stage_ == Stage::open && (is_paused_ || held_ > inbox_bytes_max(lane))) return;
    is_reading_ = true;
    stream_.async_read_some(asio::buffer(in_), [self = shared_from_this()](ErrorCode error, std::size_t count) {
        self->is_reading_ = false;
        if (self->stage_ == Stage::closed) return;
        if (error) return self->lost(error);
        if (self->stage_ != Stage::parting) self->cut(vm::BytesView(self->in_).first(count));
        self->read();
    });
}

void Connection::lost(ErrorCode error) {
    if (stage_ == Stage::parting) return close();
    const bool is_end = error == asio::error::eof || error == ssl::error::stream_truncated;
    fail(is_end ? "it closed the connection" : error.message());
}

void Connection::cut(vm::BytesView bytes) {
    auto frames = reader_.feed(bytes);
    if (!frames) {
        // The node judges the peer by what it sent.
        if (stage_ == Stage::open) owner_.came(shared_from_this(), vm::to_bytes(reader_.rejected()));
        return fail(fmt::format("it sent {}", to_string(frames.error())));
    }
    for (auto& frame : *frames) {
        if (stage_ == Stage::greeting) {
            owner_.greeted(shared_from_this(), frame);
        } else if (stage_ == Stage::waiting) {
            early_.push_back(std::move(frame));
        } else if (stage_ == Stage::open) {
            owner_.came(shared_from_this(), std::move(frame));
        }
    }
}

/// A frame that is not dealt with.
class Connection::Receipt {
  public:
    Receipt(std::shared_ptr<Owner> owner, Ptr connection, std::size_t frame_bytes)
        : owner_(std::move(owner)), connection_(std::move(connection)), bytes_(frame_bytes + frame_overhead_bytes) {
        connection_->held_ += bytes_;
    }
    ~Receipt() {
        const auto most = inbox_bytes_max(connection_->lane);
        const auto before = connection_->held_.fetch_sub(bytes_);
        if (before <= most || before - bytes_ > most) return;
        asio::post(connection_->stream_.get_executor(), [connection = connection_] { connection->read(); });
    }
    Receipt(const Receipt&) = delete;
    Receipt& operator=(const Receipt&) = delete;

  private:
    std::shared_ptr<Owner> owner_;
    Ptr connection_;  // released first
    std::size_t bytes_;
};

std::shared_ptr<const void> Connection::receipt(std::size_t frame_bytes) {
    return std::make_shared<const Receipt>(owner_.shared_from_this(), shared_from_this(), frame_bytes);
}

bool Connection::has_room_for(const Frame& frame) const {
    return queued_bytes_ + frame->size() <= queue_bytes_max(lane);
}

void Connection::send(Frame frame) {
    queued_bytes_ += frame->size();
    queue_.push_back(std::move(frame));
    flush();
}

void Connection::flush() {
    if (writing_ > 0 || queue_.empty() || stage_ == Stage::closed) return;
    std::vector<asio::const_buffer> buffers;
    std::size_t bytes = 0;
    for (const auto& frame : queue_) {
        if (buffers.size() == write_frames_max || (bytes > 0 && bytes + frame->size() > write_bytes_max)) break;
        buffers.emplace_back(frame->data(), frame->size());
        bytes += frame->size();
    }
    writing_ = buffers.size();
    asio::async_write(stream_, buffers, [self = shared_from_this()](ErrorCode error, std::size_t) {
        if (self->stage_ == Stage::closed) return;
        if (error) return self->lost(error);
        for (; self->writing_ > 0; --self->writing_) {
            self->queued_bytes_ -= self->queue_.front()->size();
            self->queue_.pop_front();
        }
        if (self->queue_.empty() && self->stage_ == Stage::parting) return self->shut();
        self->flush();
    });
}

void Connection::part() {
    if (stage_ == Stage::closed) return;
    stage_ = Stage::parting;
    expire_after(limits::linger_ms);
    if (queue_.empty()) shut();
    read();
}

/// Says that nothing more comes, and waits for the other side to say so: closed at once, with bytes unread, the
/// connection would be reset and the last words lost.
void Connection::shut() {
    ErrorCode ignored;
    stream_.lowest_layer().shutdown(tcp::socket::shutdown_send, ignored);
}

void Connection::close() {
    if (stage_ == Stage::closed) return;
    stage_ = Stage::closed;
    deadline_.cancel();
    ErrorCode ignored;
    stream_.lowest_layer().close(ignored);
    queue_.clear();
    early_.clear();
    owner_.closed(shared_from_this());
}

}  // namespace talea::node
