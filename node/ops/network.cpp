#include "node/ops/network.hpp"

#include <utility>

#include "node/base/counters.hpp"

namespace talea::node {

std::expected<std::unique_ptr<Network>, std::string> Network::listen(TransportSettings settings, const Signer& node,
                                                                     Chain& chain) {
    std::unique_ptr<Network> network(new Network(chain));
    auto transport = Transport::listen(
        std::move(settings), node, [to = network.get()](Transport::Event event) { to->happened(std::move(event)); });
    if (!transport) return std::unexpected(transport.error());
    network->transport_ = std::move(*transport);
    return network;
}

void Network::send(const std::vector<vm::Address>& to, NodeCore::Frame frame) {
    counters().frames_sent += to.size();
    counters().bytes_sent += to.size() * frame->size();
    transport_->send(to, frame);
}

void Network::happened(Transport::Event event) {
    if (const auto* up = std::get_if<Transport::Connected>(&event)) return chain_.connected(up->peer, up->dialled);
    if (const auto* down = std::get_if<Transport::Gone>(&event)) {
        {
            const std::lock_guard lock(mutex_);
            held_.erase(down->peer);
        }
        return chain_.gone(down->peer);
    }
    auto& [peer, frame, receipt] = std::get<Transport::Received>(event);
    ++counters().frames_received;
    counters().bytes_received += frame->size();
    // Under the lock, so that the chain's `read_on` comes after what it is about.
    const std::lock_guard lock(mutex_);
    if (!chain_.received(peer, frame)) held_[peer].push_back(std::move(receipt));
}

void Network::pause(const vm::Address& peer, Instant until) {
    transport_->pause(peer, elapsed_ms(Chain::monotonic_now(), until));
}

std::vector<Peers::Link> Network::links() const {
    std::vector<Link> links;
    for (auto& link : transport_->links()) links.push_back({link.peer, link.dialled, std::move(link.remote)});
    return links;
}

void Network::read_on(const vm::Address& peer) {
    const std::lock_guard lock(mutex_);
    held_.erase(peer);
}

}  // namespace talea::node
