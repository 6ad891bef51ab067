#pragma once
#include <array>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/p2p/doorkeeper.hpp"
#include "node/p2p/frame_reader.hpp"
#include "node/p2p/tls_context.hpp"

namespace talea::node {

struct PeerLink;

/// One TLS connection to another node: a lane of a link (link.hpp), or not yet. Proves who is at the other end, cuts
/// what comes into frames, sends what is queued, and knows nothing of what frames mean: that is its owner's. Of the one
/// thread that runs its sockets, receipts excepted.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    enum class Stage : std::uint8_t {
        securing,  ///< TLS
        greeting,  ///< a Hello is due
        waiting,   ///< for the other lane
        open,
        parting,  ///< what is queued goes out, what comes is dropped
        closed,
    };
    using Ptr = std::shared_ptr<Connection>;
    using Frame = std::shared_ptr<const vm::Bytes>;
    using Socket = boost::asio::ip::tcp::socket;
    using Endpoint = boost::asio::ip::tcp::endpoint;

    /// Keeps the io_context and all connections; lives as long as anything of them does.
    class Owner : public std::enable_shared_from_this<Owner> {
      public:
        /// The other end is `node()`. Reading begins when this returns.
        virtual void secured(const Ptr& connection) = 0;
        /// Its first frame, where that should be a Hello.
        virtual void greeted(const Ptr& connection, vm::BytesView frame) = 0;
        /// A frame of an open one; or, as its last, the header of what can be no frame.
        virtual void came(const Ptr& connection, vm::Bytes frame) = 0;
        /// It is of no use any more, and to be closed.
        virtual void fail(const Ptr& connection, const std::string& why) = 0;
        virtual void closed(const Ptr& connection) = 0;

      protected:
        ~Owner() = default;
    };

    Connection(Socket socket, const Endpoint& remote, boost::asio::ssl::context& tls, Owner& owner, bool dialled);

    /// Begins the handshake.
    void secure();
    /// Unless it is open by then, it fails after so long.
    void expire_after(std::uint64_t ms);
    /// The greeting came, and the link is not whole.
    void wait() { stage_ = Stage::waiting; }
    void open();
    /// Hands over what came too early, and reads on.
    void begin();
    /// Reads nothing until it is called with false.
    void pause(bool is_paused);
    void send(Frame frame);
    /// Sends what is queued, then closes.
    void part();
    void close();
    /// Until it is dropped, by any thread, `frame_bytes` of this connection are not dealt with; while those are too
    /// many, nothing is read.
    [[nodiscard]] std::shared_ptr<const void> receipt(std::size_t frame_bytes);

    [[nodiscard]] Stage stage() const { return stage_; }
    [[nodiscard]] const JudgedNode& node() const { return node_; }
    [[nodiscard]] const std::string& remote() const { return remote_; }  ///< address:port
    [[nodiscard]] bool has_room_for(const Frame& frame) const;

    // What its owner notes.
    std::weak_ptr<PeerLink> link;
    wire::Lane lane = wire::Lane::votes;
    std::optional<Doorkeeper::Host> arrival;  ///< of an incoming one
    bool is_settled = false;                  ///< the doorkeeper does not count it any more

  private:
    class Receipt;
    using ErrorCode = boost::system::error_code;
    void fail(const std::string& why) { owner_.fail(shared_from_this(), why); }
    void lost(ErrorCode error);
    void handshake_done(ErrorCode error);
    void read();
    void cut(vm::BytesView bytes);
    void flush();
    void shut();

    static constexpr std::size_t read_bytes = 16 * 1024;  ///< one TLS record

    Owner& owner_;
    boost::asio::ssl::stream<Socket> stream_;
    boost::asio::steady_timer deadline_;
    const bool dialled_;
    const std::string remote_;
    Stage stage_ = Stage::securing;
    JudgedNode node_ = std::unexpected(IdentityError::no_certificate);

    wire::FrameReader reader_;
    std::array<std::uint8_t, read_bytes> in_;
    bool is_reading_ = false;
    bool is_paused_ = false;
    std::vector<vm::Bytes> early_;  ///< came while waiting: of one read, for nothing is read then
    std::atomic<std::size_t> held_{0};

    std::deque<Frame> queue_;
    std::size_t queued_bytes_ = 0;
    std::size_t writing_ = 0;  ///< frames at the front of `queue_`
};

/// address:port; an IPv6 address in brackets.
[[nodiscard]] std::string text_of(const Connection::Endpoint& endpoint);

}  // namespace talea::node
