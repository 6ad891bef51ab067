#pragma once
#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "node/base/limits.hpp"
#include "node/consensus/signing.hpp"
#include "vm/base/bytes.hpp"

/// Sockets between nodes: frames (message.hpp) over two TLS connections a peer, whose other end proved its key. Says
/// who is there and what came, does what it is told, and decides nothing about peers: NodeCore does. What it decides
/// itself is in doorkeeper.hpp (strangers), pairing.hpp (which of two links stays) and redial.hpp (when to try again).
namespace talea::node {

/// Where a peer is to be found: a host name, looked up again at each attempt, or an address.
struct PeerPlace {
    vm::Address peer;
    std::string host;
    std::uint16_t port = 0;
};

struct TransportSettings {
    std::string listen_address = "127.0.0.1";
    std::uint16_t listen_port = 0;  ///< 0 takes a free one
    vm::Hash genesis_hash;
    std::vector<PeerPlace> places;  ///< several of one peer are tried in turn
    // For tests; the defaults hold for all.
    std::uint64_t handshake_ms = limits::handshake_ms;
};

class Transport {
  public:
    /// A whole frame, its header included.
    using Frame = std::shared_ptr<const vm::Bytes>;

    /// Of one peer always in turns, Connected first.
    struct Connected {
        vm::Address peer;
        bool dialled = false;  ///< by this node
    };
    struct Gone {
        vm::Address peer;
    };
    /// `receipt` is to be kept until the frame is dealt with: while those of a peer hold too much, nothing more is read
    /// from it. Where a peer sends what can be no frame, the refused header comes as its last frame.
    struct Received {
        vm::Address peer;
        Frame frame;
        std::shared_ptr<const void> receipt;
    };
    using Event = std::variant<Connected, Gone, Received>;
    /// Called from the transport's one thread; must not block it.
    using Handler = std::function<void(Event)>;

    /// Binds the address; nothing is accepted before `start`. The sentence of an error names what is wrong. `node` is
    /// asked for one signature.
    [[nodiscard]] static std::expected<std::unique_ptr<Transport>, std::string> listen(TransportSettings settings,
                                                                                       const Signer& node,
                                                                                       Handler handler);
    ~Transport();
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    void start();
    /// Closes everything; no event comes after it. Receipts may outlive it.
    void stop();
    [[nodiscard]] std::uint16_t port() const;

    // What NodeCore wants (its actions have the same names). From any thread; done in order, soon.

    /// The same frame to each of them that is connected. A peer whose queue is full is cut off: it would only see gaps.
    void send(const std::vector<vm::Address>& to, const Frame& frame);
    /// After what was sent before on the lane of votes. Gone follows.
    void disconnect(const vm::Address& peer);
    /// Reads nothing from it for so long.
    void pause(const vm::Address& peer, std::uint64_t ms);
    /// Keep trying to connect to these and to nobody else. Those without a known place are named in the log.
    void dial(const std::vector<vm::Address>& peers);

    /// For `admin_peers`. From any thread.
    struct Link {
        vm::Address peer;
        bool dialled = false;
        std::string remote;  ///< address:port of the lane of votes
    };
    [[nodiscard]] std::vector<Link> links() const;
    /// Since the start. From any thread.
    struct Counts {
        std::uint64_t accepted = 0;     ///< connections that came, refused ones included
        std::uint64_t turned_away = 0;  ///< of those, before a handshake (doorkeeper.hpp)
        std::uint64_t failed = 0;       ///< of those, in the handshake or the greeting
        std::uint64_t linked = 0;       ///< links that were up, both directions
        std::uint64_t overflowed = 0;   ///< links cut because their queue was full
        std::uint64_t unfinished = 0;   ///< now: incoming connections that are no link yet
    };
    [[nodiscard]] Counts counts() const;

  private:
    struct Impl;
    explicit Transport(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace talea::node
