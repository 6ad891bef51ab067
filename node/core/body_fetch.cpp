#include "node/core/body_fetch.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "vm/crypto/keccak.hpp"

namespace talea::node {
namespace {

/// Requests of one block that may still be answered.
constexpr std::size_t open_requests_max = 8;

bool has_its_transactions(const vm::RecoveredBlock& block) {
    std::vector<vm::Transaction> plain;
    plain.reserve(block.transactions.size());
    for (const auto& transaction : block.transactions) plain.push_back(transaction.tx);
    return vm::transactions_root(plain) == block.header.transactions_root;
}

}  // namespace

BodyFetch::Actions BodyFetch::order(const FetchBlock& order, const std::set<vm::Address>& connected, Instant now) {
    Actions actions;
    const auto [at, is_new] = entries_.try_emplace(order.hash);
    auto& entry = at->second;
    if (entry.body) return {Whole{order.hash}};
    const bool has_list = entry.order.transactions.has_value();
    entry.order = order;
    if (entry.list_is_wrong) entry.order.transactions.reset();
    if (const auto found = found_.find(order.hash); found != found_.end()) {
        entry.body = found->second;
        return {Whole{order.hash}};
    }
    if (entry.order.header && entry.order.transactions) {
        if (!has_list) {
            entry.collected.clear();
            entry.missing = {order.transactions->begin(), order.transactions->end()};
        }
        for (auto hash = entry.missing.begin(); hash != entry.missing.end();) {
            auto known = pool_.find(*hash);
            if (known) entry.collected.emplace(*hash, std::move(known));
            hash = entry.collected.contains(*hash) ? entry.missing.erase(hash) : std::next(hash);
        }
        assemble(entry, actions);
        if (entry.body) return actions;
    }
    if (entry.order.transactions) {
        actions.emplace_back(Need{{entry.missing.begin(), entry.missing.end()}, order.from});
        if (is_new || !has_list) entry.retry_at = after(now, settings_.retry_ms);
    } else {
        ask_holder(entry, connected, now, actions);
    }
    return actions;
}

BodyFetch::Actions BodyFetch::came(const PendingTransaction& transaction) {
    Actions actions;
    for (auto& [hash, entry] : entries_) {
        if (entry.body || entry.missing.erase(transaction->hash) == 0) continue;
        entry.collected.emplace(transaction->hash, transaction);
        assemble(entry, actions);
    }
    return actions;
}

void BodyFetch::assemble(Entry& entry, Actions& actions) {
    if (!entry.missing.empty()) return;
    auto block = std::make_shared<vm::RecoveredBlock>();
    block->header = *entry.order.header;
    block->transactions.reserve(entry.order.transactions->size());
    for (const auto& hash : *entry.order.transactions) block->transactions.push_back(*entry.collected.at(hash));
    entry.collected.clear();
    if (!has_its_transactions(*block)) {
        entry.list_is_wrong = true;
        entry.order.transactions.reset();
        return;
    }
    entry.body = std::move(block);
    entry.requests.clear();
    actions.emplace_back(Whole{entry.order.hash});
}

void BodyFetch::ask_holder(Entry& entry, const std::set<vm::Address>& connected, Instant now, Actions& actions) {
    entry.retry_at = after(now, settings_.retry_ms);
    std::vector<vm::Address> holders;
    std::ranges::copy_if(entry.order.from, std::back_inserter(holders),
                         [&](const vm::Address& holder) { return connected.contains(holder); });
    // Those who must have it may be out of reach, and others have it too by now.
    if (holders.empty()) holders.assign(connected.begin(), connected.end());
    if (holders.empty()) return;
    const auto& to = holders[entry.asked++ % holders.size()];
    if (entry.requests.size() == open_requests_max) entry.requests.erase(entry.requests.begin());
    entry.requests.emplace(next_request_, to);
    actions.emplace_back(Ask{to, {next_request_++, {entry.order.hash}}});
}

BodyFetch::Answer BodyFetch::received(const vm::Address& peer, const wire::Blocks& answer, Actions& actions) {
    for (auto& [hash, entry] : entries_) {
        const auto request = entry.requests.find(answer.request);
        if (request == entry.requests.end()) continue;
        if (request->second != peer) return Answer::unasked;
        entry.requests.erase(request);
        if (entry.body || answer.blocks.empty()) return Answer::fine;
        const auto& block = answer.blocks.front();
        if (answer.blocks.size() > 1 || vm::keccak256(block.header) != hash) return Answer::lie;
        auto header = vm::decode_header(block.header);
        if (!header) return Answer::lie;
        auto body = std::make_shared<vm::RecoveredBlock>();
        body->header = std::move(*header);
        for (const auto& encoded : block.transactions) {
            if (auto known = pool_.find(vm::keccak256(encoded))) {
                body->transactions.push_back(*known);
                continue;
            }
            auto decoded = vm::decode_transaction(encoded);
            if (!decoded) return Answer::lie;
            auto recovered = vm::recover(std::move(*decoded));
            if (!recovered) return Answer::lie;
            body->transactions.push_back(std::move(*recovered));
        }
        if (!has_its_transactions(*body)) return Answer::lie;
        entry.body = std::move(body);
        entry.missing.clear();
        entry.collected.clear();
        entry.requests.clear();
        actions.emplace_back(Whole{hash});
        return Answer::fine;
    }
    // Forgotten, whole by other ways, or one of many: late is no fault.
    return answer.request < next_request_ ? Answer::fine : Answer::unasked;
}

BodyFetch::Actions BodyFetch::tick(const std::set<vm::Address>& connected, Instant now) {
    Actions actions;
    for (auto& [hash, entry] : entries_)
        if (!entry.body && entry.retry_at <= now) ask_holder(entry, connected, now, actions);
    return actions;
}

std::optional<Instant> BodyFetch::timer() const {
    std::optional<Instant> first;
    for (const auto& [hash, entry] : entries_)
        if (!entry.body) first = first ? std::min(*first, entry.retry_at) : entry.retry_at;
    return first;
}

BodyPtr BodyFetch::find(const vm::Hash& hash) const {
    const auto found = entries_.find(hash);
    return found == entries_.end() ? nullptr : found->second.body;
}

void BodyFetch::forget(const vm::Hash& hash) {
    entries_.erase(hash);
}

void BodyFetch::left(vm::BlockNumber number) {
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.order.number <= number; });
    std::erase_if(found_, [&](const auto& entry) { return entry.second->header.number <= number; });
}

BodyFetch::Counts BodyFetch::counts() const {
    Counts counts;
    for (const auto& [hash, entry] : entries_) ++(entry.body ? counts.whole : counts.fetching);
    return counts;
}

}  // namespace talea::node
