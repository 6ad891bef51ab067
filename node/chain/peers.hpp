#pragma once
#include <string>
#include <vector>

#include "node/core/node_core.hpp"

namespace talea::node {

/// The connections to other nodes, as the chain uses them. Whoever carries them (node/p2p) decides nothing: it does
/// what is said here, and tells the chain what happens (Chain::connected, gone and received).
///
/// Called from threads of the chain, `send` from several. No call waits: queues are bounded, and a peer whose queue is
/// full is dropped, which is told by Chain::gone.
class Peers {
  public:
    virtual ~Peers() = default;
    /// The whole frame to each of them, in the order of the calls: votes (node/p2p/message.hpp's Consensus) over the
    /// connection for votes, where there are two. Who is not connected is left out.
    virtual void send(const std::vector<vm::Address>& to, NodeCore::Frame frame) = 0;
    /// Closes its connections after what was sent before. Chain::gone need not be told, and does no harm.
    virtual void disconnect(const vm::Address& peer) = 0;
    /// Reads nothing from it before then (Chain::monotonic_now).
    virtual void pause(const vm::Address& peer, Instant until) = 0;
    /// Reads again from one for which Chain::received said to wait.
    virtual void read_on(const vm::Address& peer) = 0;
    /// Keeps trying to connect to these and to nobody else; replaces what was said before. Connections to others stay.
    virtual void dial(const std::vector<vm::Address>& peers) = 0;

    /// Who is connected, and from where: for people. From any thread.
    struct Link {
        vm::Address peer;
        bool dialled = false;  ///< by this node
        std::string remote;    ///< address:port
    };
    [[nodiscard]] virtual std::vector<Link> links() const { return {}; }
};

}  // namespace talea::node
