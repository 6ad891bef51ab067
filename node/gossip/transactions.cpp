#include "node/gossip/transactions.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include "vm/base/check.hpp"

namespace talea::node {

std::string_view to_string(TransactionGossip::State state) {
    switch (state) {
        case TransactionGossip::State::unknown:
            return "unknown";
        case TransactionGossip::State::wanted:
            return "announced by peers, not here yet";
        case TransactionGossip::State::pending:
            return "pending";
        case TransactionGossip::State::final:
            return "in a block";
        case TransactionGossip::State::refused:
            return "refused";
    }
    return "";
}

// ---- Peers ----------------------------------------------------------------------------------------------------------

TransactionGossip::Actions TransactionGossip::connected(const vm::Address& address, bool is_validator, Instant now) {
    Actions actions;
    if (peers_.contains(address)) actions = gone(address, now);
    std::size_t slot = 0;
    while (slot < slots_used_.size() && slots_used_[slot]) ++slot;
    vm::check(slot < slots_used_.size(), "no more peers are connected than there are places");
    slots_used_.set(slot);
    auto& peer = peers_[address];
    peer.slot = slot;
    peer.is_validator = is_validator;
    peer.announce_at = now;
    peer.to_announce.reserve(by_arrival_.size());
    for (const auto& [arrival, hash] : by_arrival_) announce_later(peer, hash, now);
    return actions;
}

TransactionGossip::Actions TransactionGossip::gone(const vm::Address& address, Instant now) {
    Actions actions;
    const auto found = peers_.find(address);
    if (found == peers_.end()) return actions;
    const auto slot = found->second.slot;
    for (auto& [hash, pending] : pending_) pending.told.reset(slot);
    // What was asked of it is asked of others, and what nobody else has is nobody's.
    for (auto it = wanted_.begin(); it != wanted_.end();) {
        auto& [hash, wanted] = *it;
        std::erase(wanted.announcers, address);
        if (wanted.asked == address) release(hash, wanted);
        if (!wanted.asked && wanted.announcers.empty()) {
            unasked_.erase(hash);
            it = wanted_.erase(it);
        } else {
            ++it;
        }
    }
    slots_used_.reset(slot);
    peers_.erase(found);
    ask(now, actions);
    return actions;
}

void TransactionGossip::role_changed(const vm::Address& peer, bool is_validator) {
    const auto found = peers_.find(peer);
    if (found != peers_.end()) found->second.is_validator = is_validator;
}

void TransactionGossip::linked(const vm::Address& peer, const std::vector<vm::Address>& links) {
    const auto found = peers_.find(peer);
    if (found != peers_.end()) found->second.links = {links.begin(), links.end()};
}

// ---- Wanted ---------------------------------------------------------------------------------------------------------

void TransactionGossip::release(const vm::Hash& hash, Wanted& wanted) {
    if (!wanted.asked) return;
    const auto peer = peers_.find(*wanted.asked);
    if (peer != peers_.end()) {
        peer->second.in_flight.erase(hash);
        --peer->second.wanted;
    }
    deadlines_.erase({wanted.deadline, hash});
    wanted.asked.reset();
    unasked_.insert(hash);
}

void TransactionGossip::unwant(const vm::Hash& hash) {
    const auto found = wanted_.find(hash);
    if (found == wanted_.end()) return;
    release(hash, found->second);
    for (const auto& announcer : found->second.announcers) {
        const auto peer = peers_.find(announcer);
        if (peer != peers_.end()) --peer->second.wanted;
    }
    unasked_.erase(hash);
    wanted_.erase(found);
}

void TransactionGossip::want(const vm::Hash& hash, const vm::Address& address, Priority priority) {
    const auto peer = peers_.find(address);
    const bool needed = priority == Priority::needed;
    if (peer == peers_.end() || (!needed && peer->second.wanted >= settings_.wanted_of_peer_max)) return;
    auto found = wanted_.find(hash);
    if (found == wanted_.end()) {
        if (!needed && wanted_.size() >= settings_.wanted_max) return;
        found = wanted_.emplace(hash, Wanted{}).first;
        unasked_.insert(hash);
    }
    auto& [announcers, asked, deadline, tries] = found->second;
    if (asked == address || std::ranges::find(announcers, address) != announcers.end()) return;
    if (!needed && announcers.size() >= settings_.announcers_max) return;
    announcers.insert(needed ? announcers.begin() : announcers.end(), address);
    ++peer->second.wanted;
}

void TransactionGossip::ask(Instant now, Actions& actions) {
    std::map<vm::Address, std::vector<vm::Hash>> requests;
    for (auto it = unasked_.begin(); it != unasked_.end();) {
        const auto hash = *it;
        auto& wanted = wanted_.at(hash);
        const auto free = std::ranges::find_if(wanted.announcers, [&](const vm::Address& announcer) {
            return peers_.at(announcer).in_flight.size() < settings_.in_flight_max;
        });
        if (free == wanted.announcers.end()) {
            ++it;
            continue;
        }
        wanted.asked = *free;
        wanted.announcers.erase(free);
        wanted.deadline = after(now, settings_.deadline_ms);
        peers_.at(*wanted.asked).in_flight.insert(hash);
        deadlines_.insert({wanted.deadline, hash});
        requests[*wanted.asked].push_back(hash);
        it = unasked_.erase(it);
    }
    for (auto& [peer, hashes] : requests) actions.emplace_back(Request{peer, std::move(hashes)});
}

TransactionGossip::Actions TransactionGossip::announced(const vm::Address& address, const std::vector<vm::Hash>& hashes,
                                                        Instant now) {
    Actions actions;
    const auto peer = peers_.find(address);
    if (peer == peers_.end()) return actions;
    for (const auto& hash : hashes) {
        const auto pending = pending_.find(hash);
        if (pending != pending_.end())
            pending->second.told.set(peer->second.slot);
        else if (!is_finished(hash, now))
            want(hash, address, Priority::announced);
    }
    ask(now, actions);
    return actions;
}

TransactionGossip::Actions TransactionGossip::need(const std::vector<vm::Hash>& hashes,
                                                   const std::vector<vm::Address>& sources, Instant now) {
    Actions actions;
    for (const auto& hash : hashes) {
        // Though it was refused or stands in a block here: the proposal says that it has a place.
        if (pending_.contains(hash)) continue;
        for (const auto& source : std::views::reverse(sources)) want(hash, source, Priority::needed);
    }
    ask(now, actions);
    return actions;
}

TransactionGossip::Arrival TransactionGossip::arrived(const vm::Address& address, const vm::Hash& hash,
                                                      std::size_t size_bytes, Instant now) {
    Arrival arrival;
    const auto peer = peers_.find(address);
    if (peer == peers_.end()) return arrival;
    const auto pending = pending_.find(hash);
    if (pending != pending_.end()) {
        pending->second.told.set(peer->second.slot);
        return arrival;
    }
    const auto wanted = wanted_.find(hash);
    const bool asked = wanted != wanted_.end();
    if (!asked && size_bytes > settings_.push_bytes_max) arrival.actions.emplace_back(Blame{address, Misdeed::unasked});
    if (!asked && is_finished(hash, now)) return arrival;
    // Late answers count too: what was asked of another by now is here.
    unwant(hash);
    ask(now, arrival.actions);
    arrival.is_new = true;
    return arrival;
}

void TransactionGossip::requested(const vm::Address& address, const std::vector<vm::Hash>& hashes) {
    const auto peer = peers_.find(address);
    if (peer == peers_.end()) return;
    for (const auto& hash : hashes) {
        const auto pending = pending_.find(hash);
        if (pending != pending_.end()) pending->second.told.set(peer->second.slot);
    }
}

// ---- The pool -------------------------------------------------------------------------------------------------------

bool TransactionGossip::is_finished(const vm::Hash& hash, Instant now) const {
    const auto found = finished_.find(hash);
    return found != finished_.end() && now < found->second.until;
}

void TransactionGossip::finish(const vm::Hash& hash, bool is_final, Instant now) {
    if (peers_.empty()) return;  // nobody announces it
    const auto until = after(now, is_final ? settings_.final_ms : settings_.refused_ms);
    finished_[hash] = {is_final, until, finishes_};
    finished_order_.emplace_back(finishes_++, hash);
    // What was finished again since stands further back as well.
    while (finished_order_.size() > settings_.finished_max) {
        const auto [order, oldest] = finished_order_.front();
        finished_order_.pop_front();
        const auto found = finished_.find(oldest);
        if (found != finished_.end() && found->second.order == order) finished_.erase(found);
    }
}

TransactionGossip::Actions TransactionGossip::added(const vm::Hash& hash, std::size_t size_bytes,
                                                    const std::optional<vm::Address>& from, Instant now) {
    Actions actions;
    unwant(hash);
    finished_.erase(hash);
    const auto [entry, is_new] = pending_.try_emplace(hash);
    if (!is_new) return actions;
    auto& pending = entry->second;
    pending.size_bytes = size_bytes;
    pending.arrival = arrivals_++;
    by_arrival_.emplace(pending.arrival, hash);
    retells_.push_back({after(now, settings_.retell_ms), hash, pending.arrival});
    const auto source = from ? peers_.find(*from) : peers_.end();
    const bool from_validator = source != peers_.end() && source->second.is_validator;
    if (source != peers_.end()) pending.told.set(source->second.slot);
    for (auto& [address, peer] : peers_) {
        if (pending.told[peer.slot] || (from_validator && peer.links.contains(*from))) continue;
        if (peer.is_validator && size_bytes <= settings_.push_bytes_max) {
            pending.told.set(peer.slot);
            actions.emplace_back(Push{address, {hash}});
        } else {
            announce_later(peer, hash, now);
        }
    }
    flush(now, actions);
    return actions;
}

void TransactionGossip::refused(const vm::Hash& hash, Instant now) {
    unwant(hash);
    if (!pending_.contains(hash)) finish(hash, false, now);
}

void TransactionGossip::removed(const vm::Hash& hash, bool is_final, Instant now) {
    unwant(hash);
    const auto pending = pending_.find(hash);
    if (pending != pending_.end()) {
        by_arrival_.erase(pending->second.arrival);
        pending_.erase(pending);
    }
    finish(hash, is_final, now);
}

// ---- Announcing -----------------------------------------------------------------------------------------------------

void TransactionGossip::announce_later(Peer& peer, const vm::Hash& hash, Instant now) {
    if (peer.to_announce.empty()) peer.announce_at = after(now, settings_.batch_ms);
    peer.to_announce.push_back(hash);
}

void TransactionGossip::flush(Instant now, Actions& actions) {
    for (auto& [address, peer] : peers_) {
        if (peer.to_announce.empty()) continue;
        if (now < peer.announce_at && peer.to_announce.size() < limits::wire_hashes_max) continue;
        // One frame at a time: a new peer is told of a full pool in portions.
        const auto count = std::min(peer.to_announce.size(), limits::wire_hashes_max);
        std::vector<vm::Hash> hashes;
        for (std::size_t i = 0; i < count; ++i) {
            const auto pending = pending_.find(peer.to_announce[i]);
            if (pending == pending_.end() || pending->second.told[peer.slot]) continue;
            pending->second.told.set(peer.slot);
            hashes.push_back(pending->first);
        }
        peer.to_announce.erase(peer.to_announce.begin(), peer.to_announce.begin() + static_cast<std::ptrdiff_t>(count));
        peer.announce_at = after(now, settings_.batch_ms);
        if (!hashes.empty()) actions.emplace_back(Announce{address, std::move(hashes)});
    }
}

void TransactionGossip::retell(Instant now) {
    while (!retells_.empty() && retells_.front().at <= now) {
        const auto due = retells_.front();
        retells_.pop_front();
        const auto pending = pending_.find(due.hash);
        if (pending == pending_.end() || pending->second.arrival != due.arrival) continue;
        for (auto& [address, peer] : peers_)
            if (!pending->second.told[peer.slot]) announce_later(peer, due.hash, now);
    }
}

TransactionGossip::Actions TransactionGossip::tick(Instant now) {
    Actions actions;
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        const auto hash = deadlines_.begin()->second;
        auto& wanted = wanted_.at(hash);
        const auto slow = *wanted.asked;
        release(hash, wanted);
        const bool blamed = std::ranges::any_of(actions, [&](const Action& action) {
            const auto* blame = std::get_if<Blame>(&action);
            return blame != nullptr && blame->peer == slow;
        });
        if (!blamed) actions.emplace_back(Blame{slow, Misdeed::slow});
        // It may only be slow: after the others it is asked again.
        if (++wanted.tries >= settings_.tries_max)
            unwant(hash);
        else if (const auto peer = peers_.find(slow); peer != peers_.end()) {
            wanted.announcers.push_back(slow);
            ++peer->second.wanted;
        }
    }
    ask(now, actions);
    retell(now);
    flush(now, actions);
    return actions;
}

std::optional<Instant> TransactionGossip::timer() const {
    std::optional<Instant> first;
    const auto earliest = [&](Instant at) { first = first ? std::min(*first, at) : at; };
    if (!deadlines_.empty()) earliest(deadlines_.begin()->first);
    if (!retells_.empty()) earliest(retells_.front().at);
    for (const auto& [address, peer] : peers_)
        if (!peer.to_announce.empty()) earliest(peer.announce_at);
    return first;
}

TransactionGossip::Why TransactionGossip::why(const vm::Hash& hash, Instant now) const {
    Why why;
    if (const auto pending = pending_.find(hash); pending != pending_.end()) {
        why.state = State::pending;
        why.told = pending->second.told.count();
    } else if (const auto wanted = wanted_.find(hash); wanted != wanted_.end()) {
        why.state = State::wanted;
        why.announcers = wanted->second.announcers.size() + (wanted->second.asked ? 1 : 0);
        why.asked = wanted->second.asked;
        if (why.asked) why.waits_ms = elapsed_ms(now, wanted->second.deadline);
    } else if (is_finished(hash, now)) {
        why.state = finished_.at(hash).is_final ? State::final : State::refused;
    }
    return why;
}

TransactionGossip::Totals TransactionGossip::totals() const {
    Totals totals{peers_.size(), pending_.size(), wanted_.size(), 0, finished_.size()};
    for (const auto& [address, peer] : peers_) totals.in_flight += peer.in_flight.size();
    return totals;
}

}  // namespace talea::node
