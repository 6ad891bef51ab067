#pragma once
#include <expected>
#include <functional>

#include "node/base/instant.hpp"
#include "node/p2p/connection.hpp"
#include "node/p2p/pairing.hpp"
#include "node/p2p/transport.hpp"

namespace talea::node {

/// Two lanes to a peer, or the making of them. Of the thread that runs `io`.
struct PeerLink : std::enable_shared_from_this<PeerLink> {
    PeerLink(boost::asio::io_context& io, const vm::Address& with, bool by_us);

    const vm::Address peer;
    const bool dialled;  ///< by this node
    std::uint64_t id = 0;
    std::uint64_t incarnation = 0;
    bool is_up = false;
    bool has_ended = false;
    std::string refusal;  ///< what one side told the other, for the log
    std::string place;    ///< of one that is dialled, for the log
    std::array<Connection::Ptr, wire::lanes> connections;
    Instant up_at;

    [[nodiscard]] Standing standing() const;
    /// Calls `expired` once, unless it is up or has ended by then.
    void expire_after(std::uint64_t ms, std::function<void()> expired);

    struct Reached {
        Connection::Socket socket;
        Connection::Endpoint remote;
    };
    /// Says why there is no connection, where there is none. Not called after the link has ended.
    using OnReached = std::function<void(std::expected<Reached, std::string>)>;
    /// Looks `to` up and connects to the first of its addresses that answers.
    void dial(const PeerPlace& to, OnReached then);
    /// The other lane, to the address that answered.
    void dial_again(OnReached then);

    /// Reads nothing from the peer for so long.
    void pause(std::uint64_t ms);
    /// Once: closes the lanes, or lets that of votes carry off its last words, and cancels what is under way.
    void end(bool with_last_words);

  private:
    void connect(OnReached then);

    bool reached_ = false;
    boost::asio::steady_timer deadline_, pause_;
    boost::asio::ip::tcp::resolver resolver_;
    Connection::Socket socket_;
    std::vector<Connection::Endpoint> endpoints_;
};

}  // namespace talea::node
