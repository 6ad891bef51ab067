#include "node/pool/pool.hpp"

#include <algorithm>
#include <utility>

#include "vm/base/check.hpp"

namespace talea::node {
namespace {

constexpr std::size_t drop_reasons_max = 4'096;

/// Whether `fee` is at least `pending` and `replacement_bump_percent` more, and more at all.
bool raises(const vm::u256& pending, const vm::u256& fee) {
    const auto wanted = vm::checked_mul(pending, vm::u256(100 + limits::replacement_bump_percent));
    const auto offered = vm::checked_mul(fee, vm::u256(100));
    if (!wanted) return false;
    return fee > pending && (!offered || *offered >= *wanted);
}

}  // namespace

std::string_view to_string(PoolError error) {
    switch (error) {
        case PoolError::already_known:
            return "already known";
        case PoolError::underpriced:
            return "replacement transaction underpriced";
        case PoolError::nonce_too_far:
            return "nonce too far ahead of the account";
        case PoolError::sender_limit:
            return "too many pending transactions of this sender";
        case PoolError::too_large:
            return "transaction too large";
        case PoolError::full:
            return "the pool is full";
    }
    return "";
}

std::string_view to_string(DropKind kind) {
    switch (kind) {
        case DropKind::replaced:
            return "replaced by a transaction of the same nonce with a higher fee";
        case DropKind::evicted:
            return "the pool was full, and its sender had most of it";
        case DropKind::expired:
            return "waited too long behind a missing nonce";
        case DropKind::sender_not_permitted:
            return "its sender may not send transactions any more";
        case DropKind::deploy_not_permitted:
            return "its sender may not create contracts any more";
        case DropKind::invalid:
            return "no block could include it";
    }
    return "";
}

void Pool::report(const Entry& entry, bool added) {
    if (limits_.report_changes) changes_.push_back({entry.tx, entry.origin, added});
}

void Pool::count_changed(Senders::iterator sender, std::size_t before) {
    const auto now = sender->second.by_nonce.size();
    auto& place = sender->second.place;
    if (by_count_.size() <= now) by_count_.resize(now + 1);
    if (before == 0)
        place = by_count_[now].insert(by_count_[now].end(), sender->first);
    else if (now == 0)
        by_count_[before].erase(place);
    else
        by_count_[now].splice(by_count_[now].end(), by_count_[before], place);
    while (!by_count_.empty() && by_count_.back().empty()) by_count_.pop_back();
}

void Pool::erase(Senders::iterator sender, std::map<std::uint64_t, Entry>::iterator entry) {
    const auto count = sender->second.by_nonce.size();
    report(entry->second, false);
    bytes_ -= entry->second.tx->size_bytes;
    sender->second.bytes -= entry->second.tx->size_bytes;
    by_hash_.erase(entry->second.tx->hash);
    sender->second.by_nonce.erase(entry);
    count_changed(sender, count);
}

std::expected<void, PoolError> Pool::replace(Sender& sender, Entry& pending, PendingTransaction tx, TxOrigin origin) {
    const auto& old = pending.tx->tx;
    if (!raises(old.max_fee_per_gas, tx->tx.max_fee_per_gas) ||
        !raises(old.max_priority_fee_per_gas, tx->tx.max_priority_fee_per_gas))
        return std::unexpected(PoolError::underpriced);
    const auto replaced = [&](std::size_t bytes) { return bytes - pending.tx->size_bytes + tx->size_bytes; };
    if (replaced(bytes_) > limits_.bytes_max) return std::unexpected(PoolError::full);
    if (replaced(sender.bytes) > limits_.bytes_per_sender_max) return std::unexpected(PoolError::sender_limit);
    bytes_ = replaced(bytes_);
    sender.bytes = replaced(sender.bytes);
    by_hash_.erase(pending.tx->hash);
    by_hash_.emplace(tx->hash, tx);
    remember_drop(*pending.tx, DropKind::replaced, std::string(to_string(DropKind::replaced)));
    report(pending, false);
    pending.tx = std::move(tx);
    pending.origin = origin;
    report(pending, true);
    return {};
}

bool Pool::make_room(const vm::Address& sender, std::size_t bytes, bool is_operator) {
    const auto places = limits_.txs_max + (is_operator ? limits_.txs_reserved : 0);
    while (by_hash_.size() + 1 > places || bytes_ + bytes > limits_.bytes_max) {
        if (by_count_.empty()) return false;
        const auto most = by_count_.size() - 1;
        const auto who = by_count_.back().front();
        const auto own = senders_.find(sender);
        const auto own_count = own == senders_.end() ? 0 : own->second.by_nonce.size();
        if (who == sender || most <= own_count + 1) return false;
        const auto victim = senders_.find(who);
        const auto last = std::prev(victim->second.by_nonce.end());
        remember_drop(*last->second.tx, DropKind::evicted, std::string(to_string(DropKind::evicted)));
        erase(victim, last);
        if (victim->second.by_nonce.empty()) senders_.erase(victim);
    }
    return true;
}

std::expected<void, PoolError> Pool::add(PendingTransaction tx, const SenderFacts& facts, TxOrigin origin,
                                         Instant now) {
    const std::lock_guard lock(mutex_);
    if (tx->size_bytes > limits::tx_bytes_max) return std::unexpected(PoolError::too_large);
    if (by_hash_.contains(tx->hash)) return std::unexpected(PoolError::already_known);
    const auto nonce = tx->tx.nonce;
    // The caller has refused nonces below the account's; the account may have moved on since.
    if (nonce >= facts.account_nonce + limits_.txs_per_sender_max) return std::unexpected(PoolError::nonce_too_far);
    auto sender = senders_.find(tx->sender);
    if (sender != senders_.end()) {
        const auto pending = sender->second.by_nonce.find(nonce);
        if (pending != sender->second.by_nonce.end())
            return replace(sender->second, pending->second, std::move(tx), origin);
        if (sender->second.by_nonce.size() >= limits_.txs_per_sender_max ||
            sender->second.bytes + tx->size_bytes > limits_.bytes_per_sender_max)
            return std::unexpected(PoolError::sender_limit);
    }
    if (!make_room(tx->sender, tx->size_bytes, facts.is_operator)) return std::unexpected(PoolError::full);
    sender = senders_.try_emplace(tx->sender).first;
    auto& entries = sender->second;
    entries.account_nonce = std::max(entries.account_nonce, facts.account_nonce);
    entries.is_operator = facts.is_operator;
    bytes_ += tx->size_bytes;
    entries.bytes += tx->size_bytes;
    by_hash_.emplace(tx->hash, tx);
    const auto entry = entries.by_nonce.emplace(nonce, Entry{std::move(tx), arrivals_++, origin, now}).first;
    count_changed(sender, entries.by_nonce.size() - 1);
    report(entry->second, true);
    return {};
}

std::vector<SenderQueue> Pool::candidates(std::size_t count_max) const {
    const std::lock_guard lock(mutex_);
    struct Turn {
        std::map<std::uint64_t, Entry>::const_iterator next, end;
        std::uint64_t nonce;
        std::uint64_t arrival;  // of the first one
        bool is_operator;
    };
    std::vector<Turn> turns;
    for (const auto& [address, sender] : senders_) {
        const auto first = sender.by_nonce.find(sender.account_nonce);
        if (first != sender.by_nonce.end())
            turns.push_back(
                {first, sender.by_nonce.end(), sender.account_nonce, first->second.arrival, sender.is_operator});
    }
    // A total order: arrivals are distinct.
    std::ranges::sort(turns, [](const Turn& a, const Turn& b) {
        return a.is_operator != b.is_operator ? a.is_operator : a.arrival < b.arrival;
    });
    std::vector<SenderQueue> queues(std::min(turns.size(), count_max));
    std::size_t count = 0;
    for (bool took = true; took && count < count_max;) {
        took = false;
        for (std::size_t i = 0; i < queues.size() && count < count_max; ++i) {
            auto& turn = turns[i];
            if (turn.next == turn.end || turn.next->first != turn.nonce) continue;
            queues[i].is_operator = turn.is_operator;
            queues[i].txs.push_back(turn.next->second.tx);
            ++turn.next;
            ++turn.nonce;
            ++count;
            took = true;
        }
    }
    return queues;
}

void Pool::advance(const vm::Address& address, std::uint64_t account_nonce) {
    const std::lock_guard lock(mutex_);
    const auto sender = senders_.find(address);
    if (sender == senders_.end()) return;
    auto& entries = sender->second.by_nonce;
    sender->second.account_nonce = std::max(sender->second.account_nonce, account_nonce);
    while (!entries.empty() && entries.begin()->first < sender->second.account_nonce) erase(sender, entries.begin());
    if (entries.empty()) senders_.erase(sender);
}

void Pool::remember_drop(const vm::RecoveredTransaction& tx, DropKind kind, std::string sentence) {
    if (!drops_.emplace(tx.hash, Drop{kind, std::move(sentence), tx.sender}).second) return;
    drop_order_.emplace(arrivals_++, tx.hash);
    if (drop_order_.size() > drop_reasons_max) {
        drops_.erase(drop_order_.begin()->second);
        drop_order_.erase(drop_order_.begin());
    }
}

void Pool::drop(const vm::RecoveredTransaction& tx, std::string reason) {
    const std::lock_guard lock(mutex_);
    const auto sender = senders_.find(tx.sender);
    if (sender == senders_.end()) return;
    auto& entries = sender->second.by_nonce;
    auto entry = entries.find(tx.tx.nonce);
    if (entry == entries.end() || entry->second.tx->hash != tx.hash) return;
    remember_drop(tx, DropKind::invalid, std::move(reason));
    erase(sender, entry);
    if (entries.empty()) senders_.erase(sender);
}

std::size_t Pool::recheck(const std::function<SenderJudgement(const vm::Address&)>& judge) {
    const std::lock_guard lock(mutex_);
    const auto before = by_hash_.size();
    for (auto it = senders_.begin(); it != senders_.end();) {
        const auto sender = it++;
        const auto judged = judge(sender->first);
        auto& entries = sender->second.by_nonce;
        sender->second.is_operator = judged.facts.is_operator;
        sender->second.account_nonce = std::max(sender->second.account_nonce, judged.facts.account_nonce);
        for (auto next = entries.begin(); next != entries.end();) {
            const auto entry = next++;
            const auto& tx = *entry->second.tx;
            if (entry->first >= sender->second.account_nonce) {
                const bool creates = !tx.tx.to.has_value();
                if (judged.may_transact && (judged.may_deploy || !creates)) continue;
                const auto kind = judged.may_transact ? DropKind::deploy_not_permitted : DropKind::sender_not_permitted;
                remember_drop(tx, kind, std::string(to_string(kind)));
            }
            erase(sender, entry);
        }
        if (entries.empty()) senders_.erase(sender);
    }
    return before - by_hash_.size();
}

std::size_t Pool::expire(Instant now) {
    const std::lock_guard lock(mutex_);
    const auto before = by_hash_.size();
    for (auto it = senders_.begin(); it != senders_.end();) {
        const auto sender = it++;
        auto& entries = sender->second.by_nonce;
        const auto missing = sender->second.next_nonce();
        for (auto next = entries.lower_bound(missing); next != entries.end();) {
            const auto entry = next++;
            if (elapsed_ms(entry->second.at, now) < limits_.gap_wait_ms) continue;
            remember_drop(*entry->second.tx, DropKind::expired,
                          "waited too long for its sender's nonce " + std::to_string(missing));
            erase(sender, entry);
        }
        if (entries.empty()) senders_.erase(sender);
    }
    return before - by_hash_.size();
}

std::vector<PoolChange> Pool::take_changes() {
    const std::lock_guard lock(mutex_);
    return std::exchange(changes_, {});
}

PoolWhy Pool::why(const vm::Hash& hash) const {
    const std::lock_guard lock(mutex_);
    PoolWhy why;
    const auto pending = by_hash_.find(hash);
    if (pending == by_hash_.end()) {
        const auto dropped = drops_.find(hash);
        if (dropped == drops_.end()) {
            why.sentence = "this node knows no such transaction";
            return why;
        }
        why.state = PoolWhy::State::dropped;
        why.sender = dropped->second.sender;
        why.dropped = dropped->second.kind;
        why.sentence = dropped->second.sentence;
        return why;
    }
    const auto& tx = *pending->second;
    const auto& sender = senders_.at(tx.sender);
    why.sender = tx.sender;
    const auto missing = sender.next_nonce();
    if (tx.tx.nonce >= missing) {
        why.state = PoolWhy::State::behind_gap;
        why.missing_nonce = missing;
        why.sentence = "waits for the nonce " + std::to_string(missing) + " of its sender";
        return why;
    }
    why.state = PoolWhy::State::ready;
    why.own_before = static_cast<std::size_t>(tx.tx.nonce - sender.account_nonce);
    // As in `candidates`: operators first, then by the arrival of the first one.
    const auto first_of = [](const Sender& one) -> const Entry* {
        const auto first = one.by_nonce.find(one.account_nonce);
        return first == one.by_nonce.end() ? nullptr : &first->second;
    };
    const auto own_first = first_of(sender)->arrival;
    for (const auto& [address, other] : senders_) {
        const auto* first = first_of(other);
        if (first == nullptr || address == tx.sender) continue;
        const bool before = other.is_operator != sender.is_operator ? other.is_operator : first->arrival < own_first;
        why.senders_before += before ? 1 : 0;
    }
    why.sentence = "waits for a block, behind " + std::to_string(why.own_before) + " of its sender and " +
                   std::to_string(why.senders_before) + " senders";
    return why;
}

PendingTransaction Pool::find(const vm::Hash& hash) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_hash_.find(hash);
    return found == by_hash_.end() ? nullptr : found->second;
}

std::optional<std::string> Pool::drop_reason(const vm::Hash& hash) const {
    const std::lock_guard lock(mutex_);
    const auto found = drops_.find(hash);
    if (found == drops_.end()) return std::nullopt;
    return found->second.sentence;
}

std::uint64_t Pool::next_nonce(const vm::Address& address, std::uint64_t account_nonce) const {
    const std::lock_guard lock(mutex_);
    const auto sender = senders_.find(address);
    if (sender == senders_.end()) return account_nonce;
    // The caller's head may be a block older than what `advance` has told.
    auto nonce = std::max(account_nonce, sender->second.account_nonce);
    while (sender->second.by_nonce.contains(nonce)) ++nonce;
    return nonce;
}

bool Pool::has_candidates() const {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(
        senders_, [](const auto& entry) { return entry.second.by_nonce.contains(entry.second.account_nonce); });
}

Pool::Counts Pool::counts() const {
    const std::lock_guard lock(mutex_);
    Counts counts;
    for (const auto& [address, sender] : senders_) {
        auto nonce = sender.account_nonce;
        while (sender.by_nonce.contains(nonce)) ++nonce;
        counts.pending += nonce - sender.account_nonce;
        counts.queued += sender.by_nonce.size() - (nonce - sender.account_nonce);
    }
    return counts;
}

std::map<vm::Address, Pool::Waiting> Pool::content(const std::optional<vm::Address>& only) const {
    const std::lock_guard lock(mutex_);
    std::map<vm::Address, Waiting> content;
    const auto add = [&](const vm::Address& address, const Sender& sender) {
        auto& waiting = content[address];
        const auto gap = sender.next_nonce();
        for (const auto& [nonce, entry] : sender.by_nonce)
            (nonce < gap ? waiting.pending : waiting.queued).push_back(entry.tx);
    };
    if (only) {
        if (const auto sender = senders_.find(*only); sender != senders_.end()) add(*only, sender->second);
    } else {
        for (const auto& [address, sender] : senders_) add(address, sender);
    }
    return content;
}

}  // namespace talea::node
