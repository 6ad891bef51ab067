#include "node/consensus/message_store.hpp"

#include <algorithm>
#include <functional>

namespace talea::node {
namespace {

using Added = MessageStore::Added;

template <class Vote>
Added add_vote(std::map<std::uint64_t, Vote>& by_round, const Vote& vote) {
    const auto round = vote.subject.round;
    if (const auto found = by_round.find(round); found != by_round.end())
        return found->second.subject == vote.subject ? Added::known : Added::conflicting;
    if (by_round.size() == limits::vote_rounds_max) {
        if (round < by_round.begin()->first) return Added::outdated;
        by_round.erase(by_round.begin());
    }
    by_round.emplace(round, vote);
    return Added::added;
}

template <class Vote>
bool has_vote(const std::map<std::uint64_t, Vote>& by_round, const Vote& vote) {
    const auto found = by_round.find(vote.subject.round);
    return found != by_round.end() && found->second == vote;
}

}  // namespace

Added MessageStore::add(const vm::Address& author, const Prepare& message) {
    return add_vote(boxes_[author].prepares, message);
}
Added MessageStore::add(const vm::Address& author, const Commit& message) {
    return add_vote(boxes_[author].commits, message);
}
Added MessageStore::add(const vm::Address& author, const RoundChange& message) {
    auto& kept = boxes_[author].round_change;
    if (kept && kept->round > message.round) return Added::outdated;
    if (kept && kept->round == message.round)
        return kept->claim.prepared == message.claim.prepared ? Added::known : Added::conflicting;
    kept = message;
    return Added::added;
}

bool MessageStore::has(const vm::Address& author, const Prepare& message) const {
    const auto box = boxes_.find(author);
    return box != boxes_.end() && has_vote(box->second.prepares, message);
}
bool MessageStore::has(const vm::Address& author, const Commit& message) const {
    const auto box = boxes_.find(author);
    return box != boxes_.end() && has_vote(box->second.commits, message);
}

MessageStore::Seals MessageStore::prepares(std::uint64_t round, const vm::Hash& hash) const {
    Seals seals;
    for (const auto& [author, box] : boxes_)
        if (const auto vote = box.prepares.find(round); vote != box.prepares.end() && vote->second.subject.hash == hash)
            seals.emplace(author, vote->second.signature);
    return seals;
}

std::optional<vm::Hash> MessageStore::most_prepared(std::uint64_t round) const {
    std::map<vm::Hash, std::size_t> counts;
    for (const auto& [author, box] : boxes_)
        if (const auto vote = box.prepares.find(round); vote != box.prepares.end()) ++counts[vote->second.subject.hash];
    const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
    if (most == counts.end()) return {};
    return most->first;
}

std::optional<MessageStore::CommitQuorum> MessageStore::commit_quorum(std::size_t quorum) const {
    std::map<std::pair<std::uint64_t, vm::Hash>, Seals> committed;
    for (const auto& [author, box] : boxes_)
        for (const auto& [round, vote] : box.commits)
            committed[{round, vote.subject.hash}].emplace(author, vote.signature);
    for (auto& [what, seals] : committed)
        if (seals.size() >= quorum) return CommitQuorum{what.first, what.second, std::move(seals)};
    return {};
}

const RoundChange* MessageStore::round_change(const vm::Address& author) const {
    const auto box = boxes_.find(author);
    return box != boxes_.end() && box->second.round_change ? &*box->second.round_change : nullptr;
}

std::vector<const RoundChange*> MessageStore::round_changes(std::uint64_t round) const {
    std::vector<const RoundChange*> found;
    for (const auto& [author, box] : boxes_)
        if (box.round_change && box.round_change->round == round) found.push_back(&*box.round_change);
    return found;
}

std::optional<std::uint64_t> MessageStore::largest_round(std::size_t rank) const {
    std::vector<std::uint64_t> rounds;
    for (const auto& [author, box] : boxes_)
        if (box.round_change) rounds.push_back(box.round_change->round);
    if (rounds.size() < rank || rank == 0) return {};
    std::ranges::sort(rounds, std::greater{});
    return rounds[rank - 1];
}

std::size_t MessageStore::authors_from(std::uint64_t round) const {
    return static_cast<std::size_t>(std::ranges::count_if(boxes_, [&](const auto& entry) {
        const Box& box = entry.second;
        return (box.round_change && box.round_change->round >= round) ||
               (!box.prepares.empty() && box.prepares.rbegin()->first >= round) ||
               (!box.commits.empty() && box.commits.rbegin()->first >= round);
    }));
}

MessageStore::Votes MessageStore::votes(const vm::Address& author, std::uint64_t round) const {
    const auto box = boxes_.find(author);
    if (box == boxes_.end()) return {};
    return {box->second.prepares.contains(round), box->second.commits.contains(round)};
}

std::optional<Message> MessageStore::newest(const vm::Address& author) const {
    const auto box = boxes_.find(author);
    if (box == boxes_.end()) return {};
    std::optional<Message> newest;
    const auto offer = [&](const Message& message) {
        if (!newest || view_of(*newest)->round <= view_of(message)->round) newest = message;
    };
    if (box->second.round_change) offer(*box->second.round_change);
    if (!box->second.prepares.empty()) offer(box->second.prepares.rbegin()->second);
    if (!box->second.commits.empty()) offer(box->second.commits.rbegin()->second);
    return newest;
}

}  // namespace talea::node
