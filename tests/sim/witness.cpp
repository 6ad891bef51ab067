#include "sim/witness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "vm/chain/block.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::sim {
namespace {

constexpr std::size_t proposals_max = 64;
/// Rounds of one author's commits that a validator need keep.
constexpr std::size_t commit_rounds_max = 8;
/// DESIGN 4, and a second either way for what is rounded.
constexpr std::uint64_t ahead_max_seconds = 2 + 1, behind_max_seconds = 5 + 2;

/// DESIGN 7, and what clocks drift apart and timers round up to.
constexpr Micros round_lasts_max = 10 * second + 100 * millisecond;

/// Rounds within a second beside three a validator.
constexpr std::size_t rounds_to_spare = 10;

vm::Hash digest(std::uint64_t code, const Witness::Height& height, const auto& fields) {
    vm::Bytes domain = vm::to_bytes(vm::view(height.genesis_hash));
    for (int shift = 56; shift >= 0; shift -= 8) domain.push_back(static_cast<std::uint8_t>(height.instance >> shift));
    vm::Bytes encoded;
    vm::rlp::List list(encoded);
    vm::rlp::encode(encoded, code);
    vm::rlp::encode(encoded, vm::keccak256(domain));
    fields(encoded);
    list.close();
    return vm::keccak256(encoded);
}

vm::Hash vote_digest(std::uint64_t code, const Witness::Height& height, const node::VoteSubject& subject) {
    return digest(code, height, [&](vm::Bytes& out) {
        vm::rlp::encode(out, subject.number.value);
        vm::rlp::encode(out, subject.round);
        vm::rlp::encode(out, subject.hash);
    });
}

vm::Hash change_digest(const Witness::Height& height, vm::BlockNumber number, std::uint64_t round,
                       const std::optional<node::PreparedClaim>& prepared) {
    return digest(0x15, height, [&](vm::Bytes& out) {
        vm::rlp::encode(out, number.value);
        vm::rlp::encode(out, round);
        vm::rlp::List claim(out);
        if (!prepared) return;
        vm::rlp::encode(out, prepared->round);
        vm::rlp::encode(out, prepared->hash);
    });
}

vm::Hash signed_digest(const node::Message& message, const Witness::Height& height) {
    if (const auto* prepare = std::get_if<node::Prepare>(&message)) return vote_digest(0x13, height, prepare->subject);
    if (const auto* commit = std::get_if<node::Commit>(&message)) return vote_digest(0x14, height, commit->subject);
    const auto& change = std::get<node::RoundChange>(message);
    return change_digest(height, change.number, change.round, change.claim.prepared);
}

bool is_vote(const node::Message& message) {
    return std::holds_alternative<node::Prepare>(message) || std::holds_alternative<node::Commit>(message) ||
           std::holds_alternative<node::RoundChange>(message);
}

/// DESIGN 7.
vm::Address leader(const Witness::Height& height, std::uint64_t round) {
    const auto& all = height.validators;
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i] == height.parent_beneficiary) return all[(i + 1 + round) % all.size()];
        if (all[i] < height.parent_beneficiary) first = i + 1;
    }
    return all[(first % all.size() + round) % all.size()];
}

bool is_quorum(std::size_t signers, const Witness::Height& height) {
    return 3 * signers >= 2 * height.validators.size();
}

bool contains(const std::vector<vm::Address>& all, const vm::Address& one) {
    return std::ranges::find(all, one) != all.end();
}

}  // namespace

void Witness::restarted() {
    number_ = {};
    proposals_.clear();
    commits_.clear();
    changes_.clear();
    early_.clear();
    came_early_.clear();
    resumed();
}

void Witness::resumed() {
    gathered_.reset();
    entered_.clear();
}

void Witness::stand_at(const Height& height) {
    if (height.number == number_ && height.instance == instance_) return;
    const bool is_next = height.number == next(number_) && height.instance == instance_;
    // Whoever joins with this height may have been a stranger before; what it said early need not be here.
    const auto before = std::exchange(validators_, height.validators);
    number_ = height.number;
    instance_ = height.instance;
    commits_.clear();
    changes_.clear();
    said_.reset();
    std::erase_if(proposals_, [&](const auto& entry) { return entry.first < number_; });
    came_early_ = std::exchange(early_, {});
    if (!is_next) came_early_.clear();
    std::erase_if(came_early_, [&](const auto& entry) {
        return !contains(before, entry.first.first) || !contains(validators_, entry.first.first);
    });
    for (const auto& [kind, message] : came_early_) note(kind.first, message, height);
}

void Witness::proposed(const node::Proposal& proposal, const Height& height, std::optional<vm::Timestamp> clock) {
    stand_at(height);
    const auto number = proposal.header.number;
    if (number < number_ || number > next(number_)) return;
    auto& kept = proposals_[number];
    if (kept.size() == proposals_max || std::ranges::find(kept, proposal, &Proposed::proposal) != kept.end()) return;
    kept.push_back({proposal, clock});
}

void Witness::heard(const node::Message& message, const Height& height) {
    stand_at(height);
    if (!is_vote(message)) return;
    const auto view = *node::view_of(message);
    if (view.number != number_ && view.number != next(number_)) return;
    const auto author = validator(signed_digest(message, height), node::signature_of(message), height);
    if (!author || *author == own_) return;
    if (view.number == number_) return note(*author, message, height);
    const auto [kept, is_new] = early_.try_emplace({*author, node::code_of(message)}, message);
    if (!is_new && node::view_of(kept->second)->round < view.round) kept->second = message;
}

void Witness::said(const node::View& view, const Height& height) {
    stand_at(height);
    if (view.number == number_) said_ = std::max(said_, std::optional(view.round));
}

void Witness::note(const vm::Address& author, const node::Message& message, const Height& height) {
    if (const auto* commit = std::get_if<node::Commit>(&message)) {
        auto& rounds = commits_[author];
        rounds.emplace(commit->subject.round, commit->subject.hash);  // the first of a round counts
        if (rounds.size() > commit_rounds_max) rounds.erase(rounds.begin());
    } else if (const auto* change = std::get_if<node::RoundChange>(&message)) {
        if (const auto& claim = change->claim.prepared) {
            if (!change->certificate || claim->round >= change->round) return;
            const auto& header = change->certificate->header;
            if (header.parent_hash != height.parent_hash || vm::header_hash(header) != claim->hash) return;
            if (!is_quorum(preparers(change->certificate->prepares, claim->round, claim->hash, height), height)) return;
        }
        auto& highest = changes_[author];
        highest = std::max(highest, change->round);
    }
}

std::optional<vm::Address> Witness::validator(const vm::Hash& digest, const node::Seal& seal,
                                              const Height& height) const {
    const auto signer = signatures_.signer(digest, seal);
    if (!signer || !contains(height.validators, *signer)) return std::nullopt;
    return signer;
}

std::size_t Witness::preparers(const std::vector<node::Seal>& prepares, std::uint64_t round, const vm::Hash& hash,
                               const Height& height) const {
    const auto signed_by_them = vote_digest(0x13, height, {height.number, round, hash});
    std::set<vm::Address> authors;
    for (const auto& seal : prepares) {
        const auto author = validator(signed_by_them, seal, height);
        if (!author) return 0;
        authors.insert(*author);
    }
    return authors.size();
}

std::optional<std::string> Witness::prepares(const node::VoteSubject& subject, const Height& height,
                                             vm::Timestamp clock) const {
    std::optional<std::string> wrong = "nobody proposed it";
    const auto proposals = proposals_.find(subject.number);
    if (proposals == proposals_.end()) return wrong;
    for (const auto& proposed : proposals->second) {
        const auto& proposal = proposed.proposal;
        if (proposal.round != subject.round || vm::header_hash(proposal.header) != subject.hash) continue;
        wrong = unjustified(proposed, subject.hash, height, clock);
        if (!wrong) return std::nullopt;
    }
    // Too many were proposed to know them all.
    if (proposals->second.size() == proposals_max) return std::nullopt;
    return wrong;
}

std::optional<std::string> Witness::unjustified(const Proposed& proposed, const vm::Hash& hash, const Height& height,
                                                vm::Timestamp clock) const {
    const auto& proposal = proposed.proposal;
    if (proposal.header.parent_hash != height.parent_hash) return "it stands on another block";
    const auto due = leader(height, proposal.round);
    vm::Bytes hashes;
    for (const auto& transaction : proposal.transactions) vm::append(hashes, vm::view(transaction));
    const auto signed_by_it = digest(0x12, height, [&](vm::Bytes& out) {
        vm::rlp::encode(out, height.number.value);
        vm::rlp::encode(out, proposal.round);
        vm::rlp::encode(out, hash);
        vm::rlp::encode(out, vm::keccak256(hashes));
    });
    if (validator(signed_by_it, proposal.signature, height) != due) return "its proposer has not signed it";

    std::optional<std::uint64_t> highest;
    if (proposal.round > 0) {
        std::set<vm::Address> changed;
        bool is_of_highest = false;
        for (const auto& claim : proposal.round_changes) {
            const auto author = validator(change_digest(height, height.number, proposal.round, claim.prepared),
                                          claim.signature, height);
            if (!author) return "a round change is nobody's";
            changed.insert(*author);
            if (!claim.prepared) continue;
            if (claim.prepared->round >= proposal.round) return "a round change is prepared in its own round";
            if (!highest || *highest < claim.prepared->round) {
                highest = claim.prepared->round;
                is_of_highest = false;
            }
            if (*highest == claim.prepared->round && claim.prepared->hash == hash) is_of_highest = true;
        }
        if (!is_quorum(changed.size(), height))
            return fmt::format("{} of {} changed to its round", changed.size(), height.validators.size());
        if (highest && !is_of_highest) return "another block is prepared higher";
    }
    if (highest) {
        const auto prepared = preparers(proposal.prepares, *highest, hash, height);
        if (!is_quorum(prepared, height))
            return fmt::format("{} of {} prepared it before", prepared, height.validators.size());
        return std::nullopt;
    }
    if (proposal.header.beneficiary != due) return "it is fresh and another's";
    // An own one is no older than its parent, whatever the clock says.
    if (!proposed.clock) return std::nullopt;
    // Clocks jump between the coming of a proposal and its vote.
    const auto [earlier, later] = std::minmax(proposed.clock->seconds, clock.seconds);
    const auto dated = proposal.header.timestamp.seconds;
    if (dated + behind_max_seconds < earlier) return "it is dated back";
    if (dated > later + ahead_max_seconds) return "it is dated ahead";
    return std::nullopt;
}

/// Each validator may lead a round that is left early; then rounds take their time.
std::optional<std::string> Witness::hurries(const Height& height, const node::Why& why, Micros now) {
    const node::View view{why.number, why.round};
    if (view.number != last_.number) entered_.clear();
    if (view != last_) entered_.push_back(now);
    last_ = view;
    while (!entered_.empty() && entered_.front() + second < now) entered_.pop_front();
    if (entered_.size() <= 3 * height.validators.size() + rounds_to_spare) return std::nullopt;
    return fmt::format("went through {} rounds of block {} within a second", entered_.size(), why.number.value);
}

/// A round with a quorum in it, which may have been late to come, lasts as long as the longest timer.
std::optional<std::string> Witness::overstays(const Height& height, const node::Why& why, Micros now) {
    // It has come itself once it says so, which its disk may keep it from for long.
    const auto there = (said_ == why.round ? 1 : 0) +
                       std::ranges::count_if(changes_, [&](const auto& entry) { return entry.second >= why.round; });
    if (why.round == 0 || !why.signs || !is_quorum(static_cast<std::size_t>(there), height)) {
        gathered_.reset();
        return std::nullopt;
    }
    const node::View view{why.number, why.round};
    if (!gathered_ || gathered_->view != view) gathered_ = Gathered{view, now};
    if (now - gathered_->since <= round_lasts_max) return std::nullopt;
    return fmt::format("stays in {}/{}, where a quorum is, for {} ms", why.number.value, why.round,
                       (now - gathered_->since) / millisecond);
}

std::optional<std::string> Witness::neglects(const Height& height, const node::Why& why, Micros now) {
    stand_at(height);
    if (why.number != number_ || why.instance != instance_) return std::nullopt;
    if (auto hurried = hurries(height, why, now)) return hurried;
    if (auto late = overstays(height, why, now)) return late;
    const auto faults = (height.validators.size() - 1) / 3;
    if (changes_.size() > faults) {
        std::vector<std::uint64_t> rounds;
        for (const auto& [author, round] : changes_) rounds.push_back(round);
        std::ranges::sort(rounds, std::greater{});
        if (why.round < rounds[faults])
            return fmt::format("stays in {}/{} though {} went to round {}", number_.value, why.round, faults + 1,
                               rounds[faults]);
    }
    for (const auto& [kind, message] : std::exchange(came_early_, {})) {
        const auto shown = std::ranges::find(why.validators, kind.first, &node::Why::Validator::address);
        if (shown == why.validators.end() || node::view_of(message)->round != why.round) continue;
        const bool is_known = std::holds_alternative<node::Prepare>(message)  ? shown->prepared
                              : std::holds_alternative<node::Commit>(message) ? shown->committed
                                                                              : true;
        if (!is_known)
            return fmt::format("does not know at {}/{} what it was told of it before", number_.value, why.round);
    }
    return std::nullopt;
}

std::optional<vm::Hash> Witness::committed(const Height& height) {
    stand_at(height);
    std::map<std::pair<std::uint64_t, vm::Hash>, std::size_t> counts;
    for (const auto& [author, rounds] : commits_)
        for (const auto& [round, hash] : rounds)
            if (is_quorum(++counts[{round, hash}], height)) return hash;
    return std::nullopt;
}

}  // namespace talea::sim
