#include "sim/liar.hpp"

#include <algorithm>

#include "node/consensus/certificate.hpp"
#include "node/consensus/proposer.hpp"
#include "vm/chain/block.hpp"

namespace talea::sim {
namespace {

constexpr std::size_t memory_max = 200;
constexpr std::uint64_t one_in_twenty = 50'000;

std::vector<vm::Hash> hashes_of(const Executed& executed) {
    std::vector<vm::Hash> hashes;
    for (const auto& transaction : executed.block.transactions) hashes.push_back(transaction.hash);
    return hashes;
}

}  // namespace

Liar::Liar(Random random, Marks& marks, const node::KeySigner& signer, const vm::Hash& genesis_hash, Hands hands)
    : random_(random), marks_(marks), signer_(signer), domain_{genesis_hash, 0}, hands_(std::move(hands)) {
    for (bool* habit :
         {&habits_.equivocate, &habits_.withhold, &habits_.bad_seals, &habits_.hide_locks, &habits_.vote_for_all,
          &habits_.forge_justification, &habits_.invalid_blocks, &habits_.date_back, &habits_.replay,
          &habits_.other_chain, &habits_.flood, &habits_.sync, &habits_.insist})
        *habit = random_.below(2) == 0;
}

std::vector<vm::Address> Liar::others() const {
    auto all = hands_.validators();
    std::erase(all, signer_.address());
    return all;
}

std::vector<vm::Address> Liar::some_of(const std::vector<vm::Address>& all) {
    std::vector<vm::Address> some;
    for (const auto& address : all)
        if (random_.below(2) == 0) some.push_back(address);
    return some;
}

node::Seal Liar::vote(node::MessageCode code, const node::VoteSubject& subject) const {
    return signer_.sign(node::vote_digest(code, domain_, subject));
}

void Liar::would_send(const node::Message& message, const std::vector<vm::Address>& to) {
    // Few rounds are such that it leads them late; they come before its other habits.
    if (const auto* proposal = std::get_if<node::Proposal>(&message);
        proposal != nullptr && habits_.forge_justification && proposal->round > 0 && withhold(*proposal, to))
        return;
    if (habits_.withhold && random_.percent(20)) {
        marks_.hit("lie: withheld");
        hands_.send(message, some_of(to));
        return;
    }
    if (habits_.equivocate && random_.percent(40)) {
        equivocate(message, to);
        return;
    }
    if (habits_.bad_seals && random_.percent(20)) {
        node::Message spoiled = message;
        if (auto* prepare = std::get_if<node::Prepare>(&spoiled)) prepare->signature[40] ^= 1;
        if (auto* commit = std::get_if<node::Commit>(&spoiled)) commit->signature = {};
        if (auto* proposal = std::get_if<node::Proposal>(&spoiled)) proposal->signature[3] ^= 0x80;
        marks_.hit("lie: bad seal");
        hands_.send(spoiled, to);
        return;
    }
    if (const auto* change = std::get_if<node::RoundChange>(&message); change != nullptr && habits_.hide_locks) {
        node::RoundChange naked{change->number, change->round, {}, {}};
        naked.claim.signature =
            signer_.sign(node::round_change_digest(domain_, change->number, change->round, std::nullopt));
        marks_.hit("lie: hidden lock");
        hands_.send(naked, to);
        return;
    }
    if (const auto* proposal = std::get_if<node::Proposal>(&message)) {
        if (habits_.invalid_blocks && random_.percent(30)) return spoil(*proposal, to);
        if (habits_.date_back && proposal->prepares.empty() && random_.percent(50)) return date_back(*proposal, to);
    }
    hands_.send(message, to);
}

void Liar::send_signed(node::Proposal proposal, const std::vector<vm::Address>& to) {
    const node::VoteSubject subject{proposal.header.number, proposal.round, vm::header_hash(proposal.header)};
    proposal.signature = signer_.sign(node::proposal_digest(domain_, subject, proposal.transactions));
    hands_.send(proposal, to);
}

/// The proposal with another block, justified as it was.
void Liar::spoil(node::Proposal proposal, const std::vector<vm::Address>& to) {
    vm::Header& header = proposal.header;
    switch (random_.below(5)) {
        case 0:
            header.state_root.bytes[5] ^= 1;
            break;
        case 1:
            header.timestamp.seconds += 3'600;
            break;
        case 2:
            header.timestamp.seconds -= std::min<std::uint64_t>(header.timestamp.seconds, 60);
            break;
        case 3:
            header.beneficiary.bytes[0] ^= 1;
            break;
        default:
            header.gas_limit += 1;
            break;
    }
    marks_.hit("lie: invalid block");
    send_signed(std::move(proposal), to);
}

/// Valid but for its time, which is its parent's.
void Liar::date_back(node::Proposal proposal, const std::vector<vm::Address>& to) {
    const auto other = hands_.other_block(hands_.head().timestamp);
    if (other == nullptr || other->block.header.number != proposal.header.number) return;
    proposal.header = other->block.header;
    proposal.transactions = hashes_of(*other);
    marks_.hit("lie: dated back");
    send_signed(std::move(proposal), to);
}

void Liar::propose(const vm::Header& header, const std::vector<vm::Hash>& transactions, std::uint64_t round,
                   const std::vector<vm::Address>& to) {
    node::Proposal proposal;
    proposal.round = round;
    proposal.header = header;
    proposal.transactions = transactions;
    send_signed(std::move(proposal), to);
}

void Liar::equivocate(const node::Message& message, const std::vector<vm::Address>& to) {
    const auto half = some_of(to);
    std::vector<vm::Address> rest;
    for (const auto& address : to)
        if (std::ranges::find(half, address) == half.end()) rest.push_back(address);
    hands_.send(message, half);
    marks_.hit("lie: equivocation");
    if (const auto* proposal = std::get_if<node::Proposal>(&message)) {
        const auto other = hands_.other_block({});
        if (other == nullptr || proposal->round != 0) return;
        propose(other->block.header, hashes_of(*other), proposal->round, rest);
    } else if (const auto* prepare = std::get_if<node::Prepare>(&message)) {
        node::Prepare other = *prepare;
        other.subject.hash.bytes[0] ^= 1;
        other.signature = vote(node::MessageCode::prepare, other.subject);
        hands_.send(other, rest);
    } else if (const auto* commit = std::get_if<node::Commit>(&message)) {
        node::Commit other = *commit;
        other.subject.hash.bytes[0] ^= 1;
        other.signature = vote(node::MessageCode::commit, other.subject);
        hands_.send(other, rest);
    }
}

void Liar::vote_for(const node::Proposal& proposal) {
    const node::VoteSubject subject{proposal.header.number, proposal.round, vm::header_hash(proposal.header)};
    marks_.hit("lie: votes for all");
    const auto to = random_.below(2) == 0 ? others() : some_of(others());
    hands_.send(node::Prepare{subject, vote(node::MessageCode::prepare, subject)}, to);
    hands_.send(node::Commit{subject, vote(node::MessageCode::commit, subject)}, to);
}

void Liar::heard(const node::Message& message) {
    if (memory_.size() < memory_max) {
        memory_.push_back(message);
    } else if (random_.below(10) == 0) {
        memory_[random_.below(memory_max)] = message;
    }
    if (const auto* proposal = std::get_if<node::Proposal>(&message); proposal != nullptr && habits_.vote_for_all)
        vote_for(*proposal);
    if (const auto* prepare = std::get_if<node::Prepare>(&message)) {
        claim_its_own_round(*prepare);
        // Nobody has gone to a later round yet; its claims would have to do.
        if (habits_.forge_justification && prepare->subject.number == number() && random_.percent(5))
            forge(number(), prepare->subject.round + 1 + random_.below(hands_.validators().size()));
    }
    if (const auto* commit = std::get_if<node::Commit>(&message); commit != nullptr && habits_.sync) remember(*commit);
    if (const auto* change = std::get_if<node::RoundChange>(&message)) {
        if (change->number != changes_of_) changes_.clear();
        changes_of_ = change->number;
        changes_[change->round].push_back(*change);
        if (habits_.forge_justification && change->number == number()) forge(change->number, change->round);
    }
    if (habits_.replay && random_.chance(one_in_twenty)) replay();
    if (habits_.flood && random_.chance(one_in_twenty / 10)) flood();
}

/// A block of its own for a later round, with what looks like a justification.
void Liar::forge(vm::BlockNumber number, std::uint64_t round) {
    if (hands_.proposer(round) != signer_.address()) return;
    const auto other = hands_.other_block({});
    if (other == nullptr || other->block.header.number != number) return;
    const std::size_t needed = node::quorum(hands_.validators().size());
    node::Proposal proposal;
    proposal.round = round;
    proposal.header = other->block.header;
    proposal.transactions = hashes_of(*other);
    node::RoundChangeClaim own;
    const auto kind = random_.below(3);
    if (kind == 1) own.prepared = node::PreparedClaim{round > 0 ? round - 1 : 0, other->hash};
    own.signature = signer_.sign(node::round_change_digest(domain_, number, round, own.prepared));
    // Claims of others as far as there are any, its own for the rest, as often as it takes.
    if (kind != 0)
        for (const auto& change : changes_[round])
            if (proposal.round_changes.size() + 1 < needed) proposal.round_changes.push_back(change.claim);
    while (proposal.round_changes.size() < needed) proposal.round_changes.push_back(own);
    if (own.prepared) {
        const node::VoteSubject prepared{number, own.prepared->round, other->hash};
        while (proposal.prepares.size() < needed)
            proposal.prepares.push_back(vote(node::MessageCode::prepare, prepared));
        if (random_.below(2) == 0)
            for (std::size_t i = 1; i < proposal.prepares.size(); ++i)
                proposal.prepares[i][10] ^= static_cast<std::uint8_t>(i);
    }
    marks_.hit("lie: forged justification");
    send_signed(proposal, others());
    if (habits_.vote_for_all) vote_for(proposal);
}

/// One validator is not sent the proposal, nor when it is repeated.
bool Liar::withhold(const node::Proposal& proposal, const std::vector<vm::Address>& to) {
    if (!withheld_ || withheld_->said != proposal) {
        if (to.empty() || random_.below(4) == 0) return false;
        withheld_ = Withheld{proposal, to[random_.below(to.size())], {}};
    }
    auto rest = to;
    std::erase(rest, withheld_->from);
    hands_.send(proposal, rest);
    return true;
}

/// To the one who has not seen its proposal, once the others have prepared it: as if it had been prepared in its own
/// round before it was proposed.
void Liar::claim_its_own_round(const node::Prepare& prepare) {
    if (!withheld_) return;
    auto proposal = withheld_->said;
    const node::VoteSubject subject{proposal.header.number, proposal.round, vm::header_hash(proposal.header)};
    if (subject.number != number()) {
        withheld_.reset();
        return;
    }
    if (prepare.subject != subject) return;
    if (!withheld_->prepares.insert(prepare.signature).second ||
        withheld_->prepares.size() + 1 != node::quorum(hands_.validators().size()))
        return;
    proposal.prepares.assign(withheld_->prepares.begin(), withheld_->prepares.end());
    proposal.prepares.push_back(vote(node::MessageCode::prepare, subject));
    node::RoundChangeClaim own{node::PreparedClaim{subject.round, subject.hash}, {}};
    own.signature = signer_.sign(node::round_change_digest(domain_, subject.number, subject.round, own.prepared));
    proposal.round_changes.push_back(own);
    marks_.hit("lie: forged justification");
    hands_.send(proposal, {withheld_->from});
}

void Liar::remember(const node::Commit& commit) {
    const auto& subject = commit.subject;
    if (subject.number != number()) return;
    if (subject.number != commits_of_) commits_.clear();
    commits_of_ = subject.number;
    const auto author = node::plain_signatures().signer(node::vote_digest(node::MessageCode::commit, domain_, subject),
                                                        commit.signature);
    if (author) commits_[{subject.round, subject.hash}].emplace(*author, commit.signature);
}

std::optional<Liar::Unfinished> Liar::unfinished() const {
    if (commits_of_ != number()) return std::nullopt;
    for (const auto& [what, seals] : commits_) {
        Unfinished made{what.second, {}};
        made.certificate.round = what.first;
        for (const auto& [author, seal] : seals)
            if (author != signer_.address()) made.certificate.seals.push_back(seal);
        made.certificate.seals.push_back(vote(node::MessageCode::commit, {commits_of_, what.first, what.second}));
        if (made.certificate.seals.size() < node::quorum(hands_.validators().size())) return made;
    }
    return std::nullopt;
}

void Liar::replay() {
    marks_.hit("lie: replay");
    node::Message message = memory_[random_.below(memory_.size())];
    if (habits_.other_chain && random_.below(2) == 0) {
        // Its own vote, as it would stand on another chain of the same keys.
        const auto view = node::view_of(message);
        if (view) {
            const node::VoteSubject subject{number(), view->round, {}};
            const node::SigningDomain foreign{domain_.genesis_hash, 1};
            message =
                node::Commit{subject, signer_.sign(node::vote_digest(node::MessageCode::commit, foreign, subject))};
        }
    }
    hands_.send(message, others());
}

void Liar::flood() {
    marks_.hit("lie: flood");
    const auto here = number();
    const auto to = others();
    for (std::uint64_t i = 0; i < 50; ++i) {
        node::VoteSubject subject{{here.value + random_.below(20)}, random_.below(1'000), {}};
        subject.hash.bytes[0] = static_cast<std::uint8_t>(i);
        hands_.send(node::Prepare{subject, vote(node::MessageCode::prepare, subject)}, to);
        node::RoundChange change{subject.number, subject.round + 1, {}, {}};
        change.claim.signature =
            signer_.sign(node::round_change_digest(domain_, change.number, change.round, std::nullopt));
        hands_.send(change, to);
    }
}

}  // namespace talea::sim
