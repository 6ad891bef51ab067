#include <algorithm>

#include "node/consensus/machine.hpp"
#include "node/consensus/proposer.hpp"
#include "vm/base/check.hpp"

/// What is received, and what is sent.
namespace talea::node {

void Consensus::Machine::on_message(const Message& message, Instant arrived) {
    if (const auto* query = std::get_if<HeightQuery>(&message)) return on_query(*query);
    if (const auto* claim = std::get_if<HeightClaim>(&message)) return on_claim(*claim);
    const auto view = *view_of(message);
    if (view.number < number()) return on_finished(message);
    if (view.number > next(number())) return on_own(message);
    if (view.number > number()) return on_early(message, arrived);
    if (const auto* proposal = std::get_if<Proposal>(&message)) return on_proposal(*proposal, arrived);
    if (const auto* prepare = std::get_if<Prepare>(&message)) return on_vote(*prepare);
    if (const auto* commit = std::get_if<Commit>(&message)) return on_vote(*commit);
    on_round_change(std::get<RoundChange>(message));
}

/// A message of the next height waits, one of each author and type, so that nobody can push out another's.
void Consensus::Machine::on_early(const Message& message, Instant arrived) {
    // A proposal is large, so only one on a block that is known here may wait.
    if (const auto* proposal = std::get_if<Proposal>(&message);
        proposal != nullptr && !candidates_.contains(proposal->header.parent_hash))
        return;
    HeightRules rules = rules_;
    rules.number = next(number());
    // The next set may differ; it is known from any candidate that was executed.
    for (const auto& [hash, known] : candidates_)
        if (known.stage == Candidate::Stage::valid)
            rules.validators.insert(rules.validators.end(), known.facts.next_validators.begin(),
                                    known.facts.next_validators.end());
    std::ranges::sort(rules.validators);
    const auto author = author_of(message, rules, *options_.signatures);
    if (!author) return;
    if (is_self(*author)) return on_own(message);
    heard_[*author] = now_.at;
    auto [entry, is_new] = early_.try_emplace({*author, code_of(message)}, Arrived{message, arrived});
    if (!is_new && view_of(entry->second.message)->round < view_of(message)->round) entry->second = {message, arrived};
}

/// Nothing is said about a finished height but where the head is, to whoever is stuck below it.
void Consensus::Machine::on_finished(const Message& message) {
    const auto view = *view_of(message);
    // The last votes of a healthy height come late as a rule, but not so late that they could be sent again.
    const bool is_stuck = std::holds_alternative<RoundChange>(message) || next(view.number) < head_.header.number ||
                          elapsed_ms(height_since_, now_.at) >= limits::resend_first_ms;
    if (!is_stuck) return;
    HeightRules rules = rules_;
    rules.number = view.number;
    const auto author = author_of(message, rules, *options_.signatures);
    if (author && !is_self(*author)) emit(ShowHead{*author});
}

/// Peers hold something this node signed. Where its journal does not know it, the journal is not the latest there was.
void Consensus::Machine::on_own(const Message& message) {
    if (!self() || quarantine_) return;
    const auto view = *view_of(message);
    // Whatever was signed before a rejoin is void.
    if (view.number < sign_from_) return;
    HeightRules rules = rules_;
    rules.number = view.number;
    rules.validators = {*self()};
    if (!author_of(message, rules, *options_.signatures)) return;
    const auto known = own_history(view.number);
    bool is_newer = !known.entered || *known.entered < view.round;
    if (std::holds_alternative<Commit>(message)) is_newer = is_newer || !known.locked || *known.locked < view.round;
    if (const auto* change = std::get_if<RoundChange>(&message); change != nullptr && change->claim.prepared)
        is_newer = is_newer || !known.locked || *known.locked < change->claim.prepared->round;
    if (is_newer) quarantine("a peer holds a message of this validator that its journal does not know");
}

Consensus::Machine::OwnHistory Consensus::Machine::own_history(vm::BlockNumber at) const {
    if (at == number()) return {round_.number, lock_ ? std::optional(lock_->round) : std::nullopt};
    // Above the height: what an earlier incarnation did there, whose blocks were not all stored when it ended.
    const auto& heights = options_.journal_state.heights;
    const auto record = [&](vm::BlockNumber of) {
        const auto found = heights.find(of);
        return found != heights.end() && found->second.instance == rules_.domain.instance ? &found->second : nullptr;
    };
    OwnHistory known;
    if (const auto* before = record({at.value - 1}); before != nullptr && before->lock) known.entered = 0;
    if (const auto* here = record(at)) {
        known.entered = here->entered;
        if (here->lock) known.locked = here->lock->view.round;
    }
    return known;
}

void Consensus::Machine::on_proposal(const Proposal& message, Instant arrived) {
    const View view{number(), message.round};
    if (message.round < round_.number) return;
    if (message.round == round_.number && round_.proposal && *round_.proposal == message) return;
    // An echo of our own, or from before a restart: no vote depends on it.
    const auto author = author_of(message, rules_, *options_.signatures);
    if (!author) return refuse(std::string(to_string(author.error())), view, {});
    if (is_self(*author)) return on_own(message);
    heard_[*author] = now_.at;
    if (message.round == round_.number && round_.proposal) {
        if (vm::header_hash(message.header) != round_.accepted && equivocators_.insert(*author).second)
            notice(NoticeKind::equivocation, *author, "two proposals of one round");
        return;
    }
    const auto justified = verify_proposal(message, rules_, *options_.signatures);
    if (!justified) {
        notice(NoticeKind::proposal_refused, *author, std::string(to_string(justified.error())));
        return;
    }
    if (justified->fresh) {
        const auto in_time = verify_timestamp(message.header.timestamp, now_.clock, elapsed_ms(arrived, now_.at));
        const auto ahead = message.header.timestamp.seconds - now_.clock.seconds - limits::timestamp_ahead_max;
        if (!in_time && in_time.error() == MessageError::too_far_ahead && ahead <= limits::held_seconds_max) {
            // Clocks differ: it is looked at again while its round lasts.
            held_ = Arrived{message, arrived};
            held_until_ = after(now_.at, ahead * 1000);
            notice(NoticeKind::proposal_held, *author);
            return;
        }
        if (!in_time) {
            notice(NoticeKind::proposal_refused, *author, std::string(to_string(in_time.error())));
            if (message.round == round_.number) round_.failed = true;
            return;
        }
    }
    if (message.round > round_.number) {
        enter_round(message.round, false);
        notice(NoticeKind::moved_by_proposal, *author);
    }
    accept(message, justified->hash, *author);
}

void Consensus::Machine::accept(const Proposal& message, const vm::Hash& hash, const vm::Address& author) {
    round_.proposal = message;
    round_.accepted = hash;
    held_.reset();
    want(hash, message.header, message.transactions, {author});
    if (auto* known = candidate(hash); known->stage == Candidate::Stage::invalid) round_.failed = true;
}

void Consensus::Machine::count(MessageStore::Added added, const vm::Address& author, View view) {
    if (added == MessageStore::Added::outdated) return;
    heard_[author] = now_.at;
    if (added == MessageStore::Added::conflicting && equivocators_.insert(author).second)
        emit(Notice{NoticeKind::equivocation, view, author, "two messages for one round and type"});
}

template <class Vote>
void Consensus::Machine::on_vote(const Vote& message) {
    const View view{number(), message.subject.round};
    const auto author = author_of(message, rules_, *options_.signatures);
    if (!author) return refuse(std::string(to_string(author.error())), view, {});
    if (is_self(*author)) return on_own(message);
    count(store_.add(*author, message), *author, view);
}

void Consensus::Machine::on_round_change(const RoundChange& message) {
    const View view{number(), message.round};
    const auto author = author_of(message, rules_, *options_.signatures);
    if (!author) return refuse(std::string(to_string(author.error())), view, {});
    if (is_self(*author)) return on_own(message);
    if (const auto* known = store_.round_change(*author); known != nullptr && known->round >= message.round)
        return count(store_.add(*author, message), *author, view);
    if (const auto verified = verify_round_change(message, rules_, *options_.signatures); !verified)
        return refuse(std::string(to_string(verified.error())), view, *author);
    count(store_.add(*author, message), *author, view);
}

void Consensus::Machine::refuse(std::string why, View view, const vm::Address& about) {
    emit(Notice{NoticeKind::message_refused, view, about, std::move(why)});
}

/// The one place where votes are signed. Each invariant is one whose breach forks a chain.
std::optional<Seal> Consensus::Machine::sign(MessageCode code, std::uint64_t round, const vm::Hash& digest) {
    vm::check(is_active(), "only a validator out of quarantine signs");
    vm::check(round == round_.number, "votes are signed for the current round");
    vm::check(is_durable(round_.enter_token), "a round is durable before anything is sent in it");
    const auto signed_before = signed_.find({round, code});
    vm::check(signed_before == signed_.end() || signed_before->second == digest,
              "one digest is signed for a height, round and type");
    if (code == MessageCode::proposal || code == MessageCode::prepare)
        vm::check(!is_barred(), "nothing is proposed or prepared in a round that an earlier incarnation entered");
    if (code == MessageCode::commit)
        vm::check(lock_ && lock_->round == round && is_durable(lock_->token), "a lock is durable before its commit");
    auto seal = ask_signer(digest);
    if (seal) signed_[{round, code}] = digest;
    return seal;
}

std::optional<Seal> Consensus::Machine::ask_signer(const vm::Hash& digest) {
    if (signer_rests_until_) return std::nullopt;
    auto seal = options_.signer->try_sign(digest);
    if (!seal) {
        signer_rests_until_ = after(now_.at, limits::signer_rest_ms);
        notice(NoticeKind::signer_away);
    }
    return seal;
}

void Consensus::Machine::broadcast(Message message) {
    auto others = rules_.validators;
    std::erase(others, *self());
    if (!others.empty()) emit(Broadcast{std::move(message), std::move(others)});
}

/// Own latest messages again, to one that came back or to all.
void Consensus::Machine::send_own_messages(const std::optional<vm::Address>& to) {
    for (const auto* message : {&round_.own_round_change, &round_.own_proposal, &round_.own_prepare, &own_commit_}) {
        if (!*message) continue;
        if (to)
            emit(SendTo{**message, *to});
        else
            broadcast(**message);
    }
}

}  // namespace talea::node
