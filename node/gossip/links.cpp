#include "node/gossip/links.hpp"

#include <algorithm>

namespace talea::node {

Instant Links::status_due(const Peer& peer) const {
    return after(peer.status_at, peer.status_owed ? settings_.change_ms : settings_.status_ms);
}

void Links::tell(Instant now, std::vector<Action>& actions) {
    for (auto& [address, peer] : peers_) {
        if (status_due(peer) > now) continue;
        peer.status_at = now;
        peer.status_owed = false;
        actions.emplace_back(SendStatus{address});
    }
}

void Links::set_linked(const vm::Address& peer, bool is_linked, std::vector<Action>& actions) {
    if (is_linked == linked_.contains(peer)) return;
    if (is_linked) {
        linked_.insert(peer);
        actions.emplace_back(Linked{peer});
    } else {
        linked_.erase(peer);
        actions.emplace_back(Unlinked{peer});
    }
    for (auto& [address, other] : peers_) other.status_owed = other.status_owed || other.is_validator;
}

std::vector<Links::Action> Links::connected(const vm::Address& address, bool is_validator, Instant now) {
    auto& peer = peers_[address];
    peer = {.is_validator = is_validator, .was_heard = false, .heard_at = now, .status_at = now, .status_owed = false};
    return {SendStatus{address}};
}

std::vector<Links::Action> Links::gone(const vm::Address& address, Instant now) {
    std::vector<Action> actions;
    if (peers_.erase(address) == 0) return actions;
    set_linked(address, false, actions);
    tell(now, actions);
    return actions;
}

std::vector<Links::Action> Links::heard(const vm::Address& address, Instant now) {
    std::vector<Action> actions;
    const auto found = peers_.find(address);
    if (found == peers_.end()) return actions;
    found->second.heard_at = now;
    found->second.was_heard = true;
    if (found->second.is_validator) set_linked(address, true, actions);
    tell(now, actions);
    return actions;
}

std::vector<Links::Action> Links::head_moved(Instant now) {
    std::vector<Action> actions;
    for (auto& [address, peer] : peers_) peer.status_owed = peer.status_owed || !peer.is_validator;
    tell(now, actions);
    return actions;
}

std::vector<Links::Action> Links::role_changed(const vm::Address& address, bool is_validator, Instant now) {
    std::vector<Action> actions;
    const auto found = peers_.find(address);
    if (found == peers_.end() || found->second.is_validator == is_validator) return actions;
    auto& peer = found->second;
    peer.is_validator = is_validator;
    set_linked(address, is_validator && peer.was_heard && elapsed_ms(peer.heard_at, now) < settings_.linked_ms,
               actions);
    tell(now, actions);
    return actions;
}

std::vector<Links::Action> Links::tick(Instant now) {
    std::vector<Action> actions;
    std::vector<vm::Address> dead;
    for (const auto& [address, peer] : peers_) {
        const auto silent = elapsed_ms(peer.heard_at, now);
        if (silent >= settings_.dead_ms) dead.push_back(address);
    }
    for (const auto& address : dead) {
        peers_.erase(address);
        actions.emplace_back(Close{address});
        set_linked(address, false, actions);
    }
    for (const auto& [address, peer] : peers_)
        if (elapsed_ms(peer.heard_at, now) >= settings_.linked_ms) set_linked(address, false, actions);
    tell(now, actions);
    return actions;
}

std::optional<Instant> Links::timer() const {
    std::optional<Instant> first;
    const auto earliest = [&](Instant at) { first = first ? std::min(*first, at) : at; };
    for (const auto& [address, peer] : peers_) {
        earliest(status_due(peer));
        earliest(after(peer.heard_at, linked_.contains(address) ? settings_.linked_ms : settings_.dead_ms));
    }
    return first;
}

std::vector<Links::Heard> Links::why(Instant now) const {
    std::vector<Heard> all;
    for (const auto& [address, peer] : peers_)
        all.push_back({address, linked_.contains(address), elapsed_ms(peer.heard_at, now)});
    return all;
}

}  // namespace talea::node
