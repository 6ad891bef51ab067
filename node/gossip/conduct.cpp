#include "node/gossip/conduct.hpp"

#include <algorithm>

namespace talea::node {
namespace {

/// Points of a hundred: a lie or garbage is enough alone (a link that damages bytes does not pass TLS).
std::uint32_t points(Misdeed misdeed) {
    switch (misdeed) {
        case Misdeed::slow:
            return 5;
        case Misdeed::unasked:
            return 20;
        case Misdeed::bad_signature:
            return 50;
        case Misdeed::flood:
            return 25;
        case Misdeed::malformed:
        case Misdeed::lie:
            return 100;
    }
    return 100;
}

}  // namespace

std::string_view to_string(Misdeed misdeed) {
    switch (misdeed) {
        case Misdeed::slow:
            return "let requests run past their deadlines";
        case Misdeed::unasked:
            return "sent answers nobody asked for";
        case Misdeed::bad_signature:
            return "sent what nobody signed";
        case Misdeed::malformed:
            return "sent bytes that are no message";
        case Misdeed::flood:
            return "sent more than its share";
        case Misdeed::lie:
            return "contradicted what a quorum sealed";
    }
    return "";
}

Conduct::Peer& Conduct::peer_of(const vm::Address& address, Instant now) {
    auto found = peers_.find(address);
    if (found == peers_.end()) {
        if (peers_.size() >= settings_.remembered_max) {
            // Admission bounds who gets here at all; the one not seen for longest has the least to forget.
            const auto oldest = std::ranges::min_element(peers_, {}, [](const auto& entry) {
                return std::pair(entry.second.banned_until, entry.second.last_seen);
            });
            peers_.erase(oldest);
        }
        const auto& rates = settings_.rates;
        Peer peer({TokenBucket(rates[0], now), TokenBucket(rates[1], now), TokenBucket(rates[2], now)});
        peer.score_at = peer.misdeed_at = peer.last_seen = now;
        found = peers_.emplace(address, std::move(peer)).first;
    }
    auto& peer = found->second;
    if (elapsed_ms(std::max(peer.misdeed_at, peer.banned_until), now) >= settings_.forget_ms) peer.disconnections = 0;
    peer.last_seen = now;
    return peer;
}

std::uint32_t Conduct::score_of(const Peer& peer, Instant now) const {
    const auto forgiven = elapsed_ms(peer.score_at, now) / 1000 * settings_.forgiven_per_second;
    return forgiven >= peer.score ? 0 : peer.score - static_cast<std::uint32_t>(forgiven);
}

Conduct::Judgement Conduct::add(Peer& peer, Misdeed misdeed, Instant now) {
    const auto left = score_of(peer, now);
    // Whole seconds are forgiven; the part of one that has passed counts on.
    peer.score_at = left == 0 ? now : Instant{now.ms - elapsed_ms(peer.score_at, now) % 1000};
    peer.score = left + points(misdeed);
    peer.last = misdeed;
    peer.misdeed_at = now;
    if (peer.score < settings_.score_max) return {};
    const auto doubled = std::min<std::uint32_t>(peer.disconnections, 20);
    const auto pause = std::min(settings_.backoff_max_ms, settings_.backoff_min_ms << doubled);
    ++peer.disconnections;
    peer.score = 0;
    peer.score_at = now;
    peer.banned_until = after(now, pause);
    peer.waits_until = {};
    return {Verdict::disconnect, peer.banned_until};
}

Conduct::Judgement Conduct::charge(const vm::Address& address, Cost cost, std::uint64_t count, Instant now) {
    auto& peer = peer_of(address, now);
    auto& bucket = peer.buckets[static_cast<std::size_t>(cost)];
    if (bucket.take(count, now)) return {};
    // What was under way when it was told to wait is paid later; what follows is a flood. Work already done is not
    // undone: the driver asks before it verifies, and reads no further.
    if (now < peer.waits_until) {
        const auto judged = add(peer, Misdeed::flood, now);
        if (judged.verdict == Verdict::disconnect) return judged;
    }
    peer.waits_until = std::max(bucket.available_at(count, now), after(now, 1));
    return {Verdict::wait, peer.waits_until};
}

Conduct::Judgement Conduct::report(const vm::Address& address, Misdeed misdeed, Instant now) {
    return add(peer_of(address, now), misdeed, now);
}

std::optional<Instant> Conduct::banned_until(const vm::Address& address, Instant now) const {
    const auto found = peers_.find(address);
    if (found == peers_.end() || found->second.banned_until <= now) return std::nullopt;
    return found->second.banned_until;
}

Conduct::Record Conduct::record(const vm::Address& address, Instant now) const {
    const auto found = peers_.find(address);
    if (found == peers_.end()) return {};
    return {score_of(found->second, now), found->second.disconnections, found->second.last};
}

}  // namespace talea::node
