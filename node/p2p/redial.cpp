#include "node/p2p/redial.hpp"

#include <algorithm>
#include <set>

namespace talea::node {

void Redial::want(const std::vector<vm::Address>& peers, Instant now) {
    const std::set<vm::Address> wanted(peers.begin(), peers.end());
    std::erase_if(peers_, [&](const auto& entry) { return !wanted.contains(entry.first); });
    for (const auto& address : wanted)
        if (const auto [peer, is_new] = peers_.try_emplace(address); is_new) peer->second.due_at = now;
}

std::vector<vm::Address> Redial::due(Instant now) {
    std::vector<vm::Address> all;
    for (auto& [address, peer] : peers_) {
        if (peer.busy || peer.due_at > now) continue;
        peer.busy = true;
        all.push_back(address);
    }
    return all;
}

void Redial::began(const vm::Address& address) {
    if (const auto found = peers_.find(address); found != peers_.end()) found->second.busy = true;
}

void Redial::linked(const vm::Address& address, Instant now) {
    if (const auto found = peers_.find(address); found != peers_.end()) found->second.linked_at = now;
}

void Redial::ended(const vm::Address& address, End how, std::uint64_t chance, Instant now) {
    const auto found = peers_.find(address);
    if (found == peers_.end()) return;
    auto& peer = found->second;
    if (peer.linked_at && elapsed_ms(*peer.linked_at, now) >= settings_.good_ms) peer.failures = 0;
    const bool refused = how == End::refused;
    const auto first = refused ? settings_.refused_min_ms : settings_.pause_min_ms;
    const auto last = refused ? settings_.refused_max_ms : settings_.pause_max_ms;
    const auto pause = std::min(last, first << std::min<std::uint32_t>(peer.failures, 20));
    ++peer.failures;
    peer.busy = false;
    peer.linked_at.reset();
    // Three quarters to the whole of it.
    peer.due_at = after(now, pause - chance % (pause / 4 + 1));
}

std::optional<Instant> Redial::timer() const {
    std::optional<Instant> first;
    for (const auto& [address, peer] : peers_)
        if (!peer.busy && (!first || peer.due_at < *first)) first = peer.due_at;
    return first;
}

}  // namespace talea::node
