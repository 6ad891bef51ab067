#include "node/sync/planner.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "vm/crypto/keccak.hpp"

namespace talea::node {
namespace {

constexpr std::size_t expired_max = 16;

/// The transactions of `encoded` where they are those of `header`.
std::optional<std::vector<vm::Transaction>> body_of(const vm::Header& header, const std::vector<vm::Bytes>& encoded) {
    std::vector<vm::Transaction> transactions;
    transactions.reserve(encoded.size());
    for (const auto& bytes : encoded) {
        auto tx = vm::decode_transaction(bytes);
        if (!tx) return std::nullopt;
        transactions.push_back(std::move(*tx));
    }
    if (vm::transactions_root(transactions) != header.transactions_root) return std::nullopt;
    return transactions;
}

}  // namespace

std::string_view to_string(SyncPlanner::WaitsFor what) {
    switch (what) {
        case SyncPlanner::WaitsFor::nothing:
            return "nothing";
        case SyncPlanner::WaitsFor::peers:
            return "a peer that can be asked";
        case SyncPlanner::WaitsFor::headers:
            return "headers";
        case SyncPlanner::WaitsFor::blocks:
            return "blocks";
        case SyncPlanner::WaitsFor::history:
            return "a peer that keeps all blocks";
        case SyncPlanner::WaitsFor::execution:
            return "execution";
        case SyncPlanner::WaitsFor::hand:
            return "an operator";
    }
    return "";
}

SyncPlanner::SyncPlanner(HeaderChain chain, const Settings& settings)
    : chain_(std::move(chain)), settings_(settings), head_(chain_.head()), given_(head_.header.number.value) {}

vm::BlockNumber SyncPlanner::highest_certified() const {
    return chain_.head().header.number;
}

// ---- Peers ----------------------------------------------------------------------------------------------------------

bool SyncPlanner::may_ask(const Peer& peer, Instant now) const {
    return peer.rests_until <= now;
}

std::uint64_t SyncPlanner::highest_claim() const {
    std::uint64_t highest = 0;
    for (const auto& [address, peer] : peers_) highest = std::max(highest, peer.claim.value);
    return highest;
}

SyncPlanner::Actions SyncPlanner::connected(const vm::Address& address, Instant now) {
    auto actions = gone(address, now);
    peers_.emplace(address, Peer{});
    return actions;
}

SyncPlanner::Actions SyncPlanner::gone(const vm::Address& address, Instant now) {
    Actions actions;
    const auto found = peers_.find(address);
    if (found == peers_.end()) return actions;
    const auto open = found->second.requests;
    for (const auto id : open)
        if (const auto request = close(address, id)) reopen(*request, id);
    peers_.erase(address);
    plan(now, actions);
    return actions;
}

SyncPlanner::Actions SyncPlanner::claimed(const vm::Address& address, vm::BlockNumber head, Instant now) {
    Actions actions;
    const auto found = peers_.find(address);
    if (found == peers_.end()) return actions;
    found->second.claim = head;
    found->second.has_claimed = true;
    plan(now, actions);
    return actions;
}

void SyncPlanner::failed(const vm::Address& address, Misdeed misdeed, Instant now, Actions& actions) {
    actions.emplace_back(Blame{address, misdeed});
    const auto found = peers_.find(address);
    if (found != peers_.end()) rest(found->second, now);
}

void SyncPlanner::rest(Peer& peer, Instant now) {
    const auto rest_ms = settings_.backoff_min_ms << std::min<std::uint32_t>(peer.failures, 20);
    ++peer.failures;
    peer.rests_until = after(now, std::min(rest_ms, settings_.backoff_max_ms));
}

std::optional<SyncPlanner::Request> SyncPlanner::close(const vm::Address& address, std::uint64_t id) {
    const auto found = requests_.find(id);
    if (found == requests_.end() || found->second.peer != address) return std::nullopt;
    auto request = std::move(found->second);
    requests_.erase(found);
    auto& peer = peers_.at(address);
    peer.requests.erase(id);
    if (request.first)
        peer.asked_headers = false;
    else
        --peer.block_requests;
    return request;
}

void SyncPlanner::reopen(const Request& request, std::uint64_t id) {
    if (request.first) {
        const auto range = ranges_.find(*request.first);
        if (range != ranges_.end() && !range->second.headers) range->second.from.reset();
    }
    for (const auto& hash : request.blocks)
        if (auto* waiting = proved(hash); waiting != nullptr && waiting->request == id) waiting->request.reset();
}

void SyncPlanner::unasked(const vm::Address& address, std::uint64_t id, Instant now, Actions& actions) {
    const auto peer = peers_.find(address);
    if (peer == peers_.end()) return;
    auto& expired = peer->second.expired;
    const auto late = std::ranges::find(expired, id);
    if (late != expired.end()) {
        expired.erase(late);
        return;
    }
    failed(address, Misdeed::unasked, now, actions);
}

// ---- Headers --------------------------------------------------------------------------------------------------------

std::uint64_t SyncPlanner::next_unasked() const {
    if (ranges_.empty()) return highest_certified().value + 1;
    const auto& [first, range] = *ranges_.rbegin();
    return first + range.count;
}

void SyncPlanner::ask_headers(Instant now, Actions& actions) {
    const auto ask = [&](std::uint64_t first, std::uint64_t count) -> std::uint64_t {
        // Of those who claim it, the one asked least recently; of two as idle, the lower address.
        Peer* best = nullptr;
        vm::Address to;
        for (auto& [address, peer] : peers_) {
            if (peer.claim.value < first || peer.asked_headers || !may_ask(peer, now)) continue;
            if (best != nullptr && best->last_request <= peer.last_request) continue;
            best = &peer;
            to = address;
        }
        if (best == nullptr) return 0;
        count = std::min(count, best->claim.value - first + 1);
        const auto id = next_request_++;
        best->asked_headers = true;
        best->requests.insert(id);
        best->last_request = id;
        requests_.emplace(id, Request{to, after(now, settings_.headers_deadline_ms), first, {}});
        actions.emplace_back(GetHeaders{to, {id, {first}, count}});
        ranges_[first] = {count, to, std::nullopt};
        return count;
    };
    // What was asked in vain goes first; a part of it that the next one does not claim is asked for by itself.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> open;
    for (const auto& [first, range] : ranges_)
        if (!range.from) open.emplace_back(first, range.count);
    for (const auto& [first, count] : open) {
        const auto asked = ask(first, count);
        if (asked != 0 && asked < count) ranges_[first + asked] = {count - asked, std::nullopt, std::nullopt};
    }
    // What nobody claims any more is given up.
    while (!ranges_.empty() && !ranges_.rbegin()->second.from && ranges_.rbegin()->first > highest_claim())
        ranges_.erase(std::prev(ranges_.end()));
    const auto most = head_.header.number.value + settings_.proved_ahead_max;
    while (ranges_.size() < settings_.ranges_max) {
        const auto first = next_unasked();
        if (first > most || first > highest_claim()) break;
        if (ask(first, std::min<std::uint64_t>(limits::wire_headers_max, most - first + 1)) == 0) break;
    }
}

SyncPlanner::Actions SyncPlanner::received(const vm::Address& address, const wire::Headers& answer, Instant now) {
    Actions actions;
    const auto request = close(address, answer.request);
    if (!request || !request->first) {
        if (request) reopen(*request, answer.request);
        unasked(address, answer.request, now, actions);
        plan(now, actions);
        return actions;
    }
    const auto found = ranges_.find(*request->first);
    // Consensus or another peer may have been faster.
    if (found == ranges_.end() || found->second.headers || found->second.from != address) {
        plan(now, actions);
        return actions;
    }
    auto& range = found->second;
    auto& peer = peers_.at(address);
    if (answer.headers.empty() || answer.headers.size() > range.count) {
        // It claimed what it does not have, or sent what it was not asked for.
        peer.claim = std::min(peer.claim, vm::BlockNumber{*request->first - 1});
        reopen(*request, answer.request);
        failed(address, answer.headers.empty() ? Misdeed::slow : Misdeed::unasked, now, actions);
        plan(now, actions);
        return actions;
    }
    if (answer.headers.size() < range.count) {
        const auto rest = *request->first + answer.headers.size();
        ranges_[rest] = {range.count - answer.headers.size(), std::nullopt, std::nullopt};
        range.count = answer.headers.size();
    }
    range.headers = answer.headers;
    plan(now, actions);
    return actions;
}

void SyncPlanner::prove(Instant now, Actions& actions) {
    while (!ranges_.empty()) {
        const auto found = ranges_.begin();
        if (found->first != highest_certified().value + 1 || !found->second.headers) return;
        const auto range = std::move(found->second);
        const auto first = found->first;
        ranges_.erase(found);
        for (std::size_t i = 0; i < range.headers->size(); ++i) {
            const auto& item = (*range.headers)[i];
            auto block = chain_.extend(item.header, item.certificate);
            if (!block) {
                // What came before is proved, so whoever sent this one lies.
                ranges_[first + i] = {range.count - i, std::nullopt, std::nullopt};
                failed(*range.from, Misdeed::lie, now, actions);
                if (const auto peer = peers_.find(*range.from); peer != peers_.end()) peer->second.claim = {};
                return;
            }
            numbers_.emplace(block->hash, block->header.number.value);
            proved_.push_back({std::move(*block), chain_.head().validators, std::nullopt, 0, std::nullopt});
        }
        if (const auto peer = peers_.find(*range.from); peer != peers_.end()) peer->second.failures = 0;
    }
}

// ---- Blocks ---------------------------------------------------------------------------------------------------------

SyncPlanner::Proved* SyncPlanner::proved(const vm::Hash& hash) {
    const auto number = numbers_.find(hash);
    if (number == numbers_.end()) return nullptr;
    return &proved_[number->second - proved_.front().block.header.number.value];
}

bool SyncPlanner::is_forgotten_by_all() const {
    if (proved_.empty() || proved_.front().transactions || proved_.front().request) return false;
    const auto number = proved_.front().block.header.number;
    bool told = false;
    for (const auto& [address, peer] : peers_) {
        if (peer.claim < number) continue;
        if (number >= peer.first_whole) return false;
        told = true;
    }
    return told;
}

void SyncPlanner::ask_blocks(Instant now, Actions& actions) {
    std::size_t under_way = 0;
    for (const auto& [address, peer] : peers_) under_way += peer.block_requests;
    const auto window = std::min(proved_.size(), settings_.blocks_ahead_max);
    std::size_t at = 0;
    while (under_way < settings_.block_requests_max) {
        while (at < window && (proved_[at].transactions || proved_[at].request)) ++at;
        // The block that is next in turn is asked for though the others fill the memory.
        if (at == window || (at > 0 && bytes_ >= settings_.blocks_bytes_max)) return;
        const auto number = proved_[at].block.header.number.value;
        Peer* best = nullptr;
        vm::Address to;
        for (auto& [address, peer] : peers_) {
            if (peer.claim.value < number || peer.block_requests >= settings_.block_requests_of_peer_max) continue;
            if (number < peer.first_whole.value || !may_ask(peer, now)) continue;
            if (best != nullptr && std::pair(best->block_requests, best->last_request) <=
                                       std::pair(peer.block_requests, peer.last_request))
                continue;
            best = &peer;
            to = address;
        }
        if (best == nullptr) return;
        const auto id = next_request_++;
        Request request{to, after(now, settings_.blocks_deadline_ms), std::nullopt, {}};
        for (; at < window && request.blocks.size() < settings_.blocks_per_request; ++at) {
            if (proved_[at].transactions || proved_[at].request) break;
            if (proved_[at].block.header.number > best->claim) break;
            proved_[at].request = id;
            request.blocks.push_back(proved_[at].block.hash);
        }
        ++best->block_requests;
        best->requests.insert(id);
        best->last_request = id;
        actions.emplace_back(GetBlocks{to, {id, request.blocks}});
        requests_.emplace(id, std::move(request));
        ++under_way;
    }
}

SyncPlanner::Actions SyncPlanner::received(const vm::Address& address, const wire::Blocks& answer, Instant now) {
    Actions actions;
    const auto request = close(address, answer.request);
    if (!request || request->first) {
        if (request) reopen(*request, answer.request);
        unasked(address, answer.request, now, actions);
        plan(now, actions);
        return actions;
    }
    auto& peer = peers_.at(address);
    const auto* first = proved(request->blocks.front());
    if (answer.blocks.empty() && first != nullptr &&
        first->block.header.number.value + limits::history_blocks_min <= peer.claim.value) {
        // It may have forgotten this one, and then those before it. Later ones it may have, and is asked for in a
        // while.
        peer.first_whole = std::max(peer.first_whole, next(first->block.header.number));
        reopen(*request, answer.request);
        rest(peer, now);
        plan(now, actions);
        return actions;
    }
    std::optional<Misdeed> misdeed;
    if (answer.blocks.empty()) misdeed = Misdeed::slow;
    if (answer.blocks.size() > request->blocks.size()) misdeed = Misdeed::unasked;
    for (std::size_t i = 0; i < std::min(answer.blocks.size(), request->blocks.size()) && !misdeed; ++i) {
        auto* waiting = proved(request->blocks[i]);
        if (waiting == nullptr || waiting->transactions) continue;  // final here meanwhile
        auto body = vm::keccak256(answer.blocks[i].header) == waiting->block.hash
                        ? body_of(waiting->block.header, answer.blocks[i].transactions)
                        : std::nullopt;
        if (!body) {
            misdeed = Misdeed::lie;
            break;
        }
        for (const auto& tx : answer.blocks[i].transactions) waiting->bytes += tx.size();
        bytes_ += waiting->bytes;
        waiting->transactions = std::move(*body);
        waiting->request.reset();
    }
    reopen(*request, answer.request);  // what was left out
    if (misdeed)
        failed(address, *misdeed, now, actions);
    else
        peer.failures = 0;
    plan(now, actions);
    return actions;
}

void SyncPlanner::execute(Actions& actions) {
    for (const auto& waiting : proved_) {
        const auto number = waiting.block.header.number.value;
        if (number <= given_) continue;
        if (!waiting.transactions || number > head_.header.number.value + settings_.executing_max) return;
        given_ = number;
        actions.emplace_back(Execute{waiting.block, *waiting.transactions});
    }
}

// ---- The head -------------------------------------------------------------------------------------------------------

void SyncPlanner::halt(std::string sentence, Actions& actions) {
    if (!halted_.empty()) return;
    halted_ = std::move(sentence);
    actions.emplace_back(Halt{halted_});
}

void SyncPlanner::drop_executed() {
    while (!proved_.empty() && proved_.front().block.header.number <= head_.header.number) {
        bytes_ -= proved_.front().bytes;
        numbers_.erase(proved_.front().block.hash);
        proved_.pop_front();
    }
}

SyncPlanner::Actions SyncPlanner::head_moved(const CertifiedHead& head, Instant now) {
    Actions actions;
    const auto number = head.header.number;
    if (number <= head_.header.number) return actions;
    if (!proved_.empty() && number <= highest_certified()) {
        const auto& ours = proved_[number.value - proved_.front().block.header.number.value];
        if (ours.block.hash != head.hash) {
            halt("two blocks of number " + std::to_string(number.value) + " have the seals of a quorum", actions);
            return actions;
        }
    }
    head_ = head;
    given_ = std::max(given_, number.value);
    ahead_since_.reset();
    drop_executed();
    if (number > highest_certified()) {
        chain_.reset(head);
        // Ranges that begin below go; a part above is asked for anew.
        while (!ranges_.empty() && ranges_.begin()->first <= number.value) {
            const auto [first, range] = std::move(*ranges_.begin());
            ranges_.erase(ranges_.begin());
            const auto end = first + range.count;
            if (end > number.value + 1)
                ranges_[number.value + 1] = {end - number.value - 1, std::nullopt, std::nullopt};
        }
    }
    plan(now, actions);
    return actions;
}

SyncPlanner::Actions SyncPlanner::execution_failed(const vm::Hash& hash, std::string_view rule, Instant now) {
    Actions actions;
    const auto* block = proved(hash);
    // By now consensus or a restart may have passed it.
    if (block == nullptr) return actions;
    halt("a quorum sealed block " + std::to_string(block->block.header.number.value) +
             ", which is invalid here: " + std::string(rule),
         actions);
    plan(now, actions);
    return actions;
}

void SyncPlanner::plan(Instant now, Actions& actions) {
    planned_at_ = now;
    if (!halted_.empty()) return;
    prove(now, actions);
    execute(actions);
    if (highest_certified() == head())
        behind_from_.reset();
    else if (!behind_from_)
        behind_from_ = head();
    const auto ours = head_.header.number.value;
    const auto claim = std::max(highest_claim(), highest_certified().value);
    if (claim <= ours) {
        ahead_since_.reset();
        // Nobody's word yet is no news.
        const bool told = std::ranges::any_of(peers_, [](const auto& entry) { return entry.second.has_claimed; });
        if (!caught_up_ && told) {
            caught_up_ = true;
            actions.emplace_back(CaughtUp{});
        }
        return;
    }
    if (!ahead_since_) ahead_since_ = now;
    if (claim > ours + 1 && caught_up_) {
        caught_up_ = false;
        actions.emplace_back(FellBehind{});
    }
    if (claim > ours + 1 || elapsed_ms(*ahead_since_, now) >= settings_.grace_ms) ask_headers(now, actions);
    ask_blocks(now, actions);
}

SyncPlanner::Actions SyncPlanner::tick(Instant now) {
    Actions actions;
    std::vector<std::uint64_t> late;
    for (const auto& [id, request] : requests_)
        if (request.deadline <= now) late.push_back(id);
    for (const auto id : late) {
        const auto address = requests_.at(id).peer;
        const auto request = close(address, id);
        auto& expired = peers_.at(address).expired;
        expired.push_back(id);
        if (expired.size() > expired_max) expired.pop_front();
        reopen(*request, id);
        failed(address, Misdeed::slow, now, actions);
    }
    plan(now, actions);
    return actions;
}

std::optional<Instant> SyncPlanner::timer() const {
    if (!halted_.empty()) return std::nullopt;
    std::optional<Instant> first;
    const auto earliest = [&](Instant at) {
        if (at > planned_at_) first = first ? std::min(*first, at) : at;
    };
    for (const auto& [id, request] : requests_) earliest(request.deadline);
    if (ahead_since_) {
        earliest(after(*ahead_since_, settings_.grace_ms));
        for (const auto& [address, peer] : peers_)
            if (peer.failures > 0 && peer.claim > head_.header.number) earliest(peer.rests_until);
    }
    return first;
}

SyncPlanner::Why SyncPlanner::why(Instant now) const {
    Why why;
    why.head = head_.header.number;
    why.certified = highest_certified();
    why.claimed = {std::max(highest_claim(), why.certified.value)};
    why.behind_from = behind_from_;
    why.sentence = halted_;
    for (const auto& waiting : proved_) why.blocks_here += waiting.transactions ? 1 : 0;
    bool can_ask = false;
    for (const auto& [address, peer] : peers_) {
        why.peers.push_back(
            {address, peer.claim, peer.requests.size(), peer.failures, elapsed_ms(now, peer.rests_until)});
        can_ask = can_ask || (peer.claim > why.head && (may_ask(peer, now) || !peer.requests.empty()));
    }
    if (!halted_.empty())
        why.waits_for = WaitsFor::hand;
    else if (why.claimed == why.head)
        why.waits_for = WaitsFor::nothing;
    else if (!proved_.empty() && proved_.front().transactions)
        why.waits_for = WaitsFor::execution;
    else if (is_forgotten_by_all())
        why.waits_for = WaitsFor::history;
    else if (!can_ask)
        why.waits_for = WaitsFor::peers;
    else
        why.waits_for = proved_.empty() ? WaitsFor::headers : WaitsFor::blocks;
    return why;
}

}  // namespace talea::node
