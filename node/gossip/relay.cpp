#include "node/gossip/relay.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace talea::node {

std::string_view to_string(Relay::Verdict verdict) {
    switch (verdict) {
        case Relay::Verdict::fresh:
            return "fresh";
        case Relay::Verdict::conflicting:
            return "conflicting";
        case Relay::Verdict::repeated:
            return "repeated";
        case Relay::Verdict::superseded:
            return "superseded";
        case Relay::Verdict::old:
            return "of a height that is left";
        case Relay::Verdict::ahead:
            return "of a height beyond the window";
        case Relay::Verdict::stranger:
            return "of somebody who is no validator";
        case Relay::Verdict::excess:
            return "one conflict too many";
    }
    return "";
}

void Relay::forget(const Kept& kept) {
    if (kept.frame != nullptr) bytes_ -= kept.frame->size();
    by_frame_.erase(kept.frame_hash);
}

void Relay::advance(vm::BlockNumber head, const std::vector<vm::Address>& validators) {
    head_ = std::max(head_, head);
    validators_ = {validators.begin(), validators.end()};
    std::erase_if(lines_, [&](const auto& line) {
        if (line.first.number > head_ && validators_.contains(line.first.author)) return false;
        for (const auto& [round, messages] : line.second)
            for (const auto& kept : messages) forget(kept);
        return true;
    });
}

void Relay::connected(const vm::Address& peer) {
    peers_[peer] = {};
}

void Relay::gone(const vm::Address& peer) {
    peers_.erase(peer);
}

bool Relay::misses(const vm::Address& peer, const Peer& status, const vm::Address& author) const {
    return peer != author && peer != own_ && status.has_status && validators_.contains(peer) &&
           !status.links.contains(author);
}

std::vector<Relay::Send> Relay::linked(const vm::Address& peer, const std::vector<vm::Address>& links, Instant now) {
    const auto found = peers_.find(peer);
    if (found == peers_.end()) return {};
    const auto before = std::exchange(found->second, Peer{true, {links.begin(), links.end()}});
    std::vector<Send> sends;
    for (auto& [line, rounds] : lines_) {
        if (!misses(peer, found->second, line.author) || misses(peer, before, line.author)) continue;
        for (auto& [round, messages] : rounds) {
            for (auto& kept : messages) {
                if (kept.frame == nullptr) continue;
                sends.push_back({peer, kept.frame});
                kept.passed_at = now;
            }
        }
    }
    return sends;
}

std::optional<MessageKey> Relay::is_known(const vm::Hash& frame_hash) const {
    const auto found = by_frame_.find(frame_hash);
    if (found == by_frame_.end()) return std::nullopt;
    return found->second;
}

std::vector<Relay::Send> Relay::pass_on(const vm::Address& from, const vm::Address& author, const Frame& frame) const {
    std::vector<Send> sends;
    for (const auto& [peer, status] : peers_)
        if (peer != from && misses(peer, status, author)) sends.push_back({peer, frame});
    return sends;
}

Relay::Received Relay::received(const vm::Address& from, const MessageKey& key, const vm::Hash& frame_hash, Frame frame,
                                Instant now) {
    if (key.number <= head_) return {Verdict::old, {}};
    if (key.number.value > head_.value + settings_.heights) return {Verdict::ahead, {}};
    if (key.author == own_) return {Verdict::repeated, {}};
    if (!validators_.contains(key.author)) return {Verdict::stranger, {}};

    auto& rounds = lines_[{key.number, key.code, key.author}];
    if (!rounds.contains(key.round) && rounds.size() >= settings_.rounds_kept) {
        if (key.round < rounds.begin()->first) return {Verdict::superseded, {}};
        for (const auto& kept : rounds.begin()->second) forget(kept);
        rounds.erase(rounds.begin());
    }
    auto& messages = rounds[key.round];
    const auto known = std::ranges::find(messages, key.signed_hash, &Kept::signed_hash);
    if (known != messages.end()) {
        Received repeated{Verdict::repeated, {}};
        // Only the author's own repetition is passed on, so that no message goes round in circles.
        if (from == key.author && elapsed_ms(known->passed_at, now) >= settings_.repeat_ms) {
            known->passed_at = now;
            repeated.sends = pass_on(from, key.author, frame);
        }
        return repeated;
    }
    if (messages.size() == 2) return {Verdict::excess, {}};
    const auto verdict = messages.empty() ? Verdict::fresh : Verdict::conflicting;
    auto sends = pass_on(from, key.author, frame);
    const bool fits = bytes_ + frame->size() <= settings_.kept_bytes_max;
    if (fits) bytes_ += frame->size();
    by_frame_.emplace(frame_hash, key);
    messages.push_back({key.signed_hash, frame_hash, fits ? std::move(frame) : nullptr, now});
    return {verdict, std::move(sends)};
}

std::vector<Relay::Send> Relay::publish(const Frame& frame) const {
    std::vector<Send> sends;
    for (const auto& [peer, status] : peers_)
        if (validators_.contains(peer)) sends.push_back({peer, frame});
    return sends;
}

std::vector<vm::Address> Relay::reachable(const std::vector<vm::Address>& heard) const {
    std::set<vm::Address> reached;
    for (const auto& peer : heard) {
        const auto status = peers_.find(peer);
        if (status == peers_.end() || !validators_.contains(peer)) continue;
        reached.insert(peer);
        std::ranges::set_intersection(status->second.links, validators_, std::inserter(reached, reached.end()));
    }
    reached.erase(own_);
    return {reached.begin(), reached.end()};
}

Relay::Why Relay::why() const {
    Why why;
    for (const auto& [peer, status] : peers_)
        if (validators_.contains(peer)) why.connected.push_back(peer);
    for (const auto& [line, rounds] : lines_)
        for (const auto& [round, messages] : rounds) why.messages += messages.size();
    why.bytes = bytes_;
    return why;
}

}  // namespace talea::node
