#pragma once
#include <map>
#include <mutex>

#include "node/chain/chain.hpp"
#include "node/chain/peers.hpp"
#include "node/p2p/transport.hpp"

namespace talea::node {

/// Puts the sockets under a chain: tells it what happens on them, and does what it says.
class Network final : public Peers {
  public:
    /// `chain` must outlive it. One sentence where the address cannot be had.
    [[nodiscard]] static std::expected<std::unique_ptr<Network>, std::string> listen(TransportSettings settings,
                                                                                     const Signer& node, Chain& chain);

    /// After Chain::start. `stop` comes before Chain::stop.
    void start() { transport_->start(); }
    void stop() { transport_->stop(); }
    [[nodiscard]] const Transport& transport() const { return *transport_; }

    void send(const std::vector<vm::Address>& to, NodeCore::Frame frame) override;
    void disconnect(const vm::Address& peer) override { transport_->disconnect(peer); }
    void pause(const vm::Address& peer, Instant until) override;
    void read_on(const vm::Address& peer) override;
    void dial(const std::vector<vm::Address>& peers) override { transport_->dial(peers); }
    [[nodiscard]] std::vector<Link> links() const override;

  private:
    explicit Network(Chain& chain) : chain_(chain) {}
    void happened(Transport::Event event);

    Chain& chain_;
    std::unique_ptr<Transport> transport_;
    std::mutex mutex_;
    /// Of peers of which the chain has enough: while their receipts are kept, the transport reads no more.
    std::map<vm::Address, std::vector<std::shared_ptr<const void>>> held_;
};

}  // namespace talea::node
