#include <algorithm>

#include "node/consensus/machine.hpp"

/// A validator that may have forgotten what it signed (DESIGN 7): it follows, asks the others where they are, and signs
/// from two heights above their maximum. It could have signed at a height only if the one before was final, and a
/// quorum of others holds an honest committer of that one.
namespace talea::node {

void Consensus::Machine::quarantine(std::string why) {
    if (quarantine_) return;
    begin_quarantine();
    round_.own_proposal.reset();
    round_.own_prepare.reset();
    round_.own_round_change.reset();
    own_commit_.reset();
    notice(NoticeKind::quarantined, *self(), std::move(why));
}

/// In this instance, whatever was known of the one before.
void Consensus::Machine::begin_quarantine() {
    quarantine_.emplace();
    quarantine_->ask_at = now_.at;
    // A journal that looks sound does not tell the next start that it is not: it is told. A lost one stays lost.
    if (options_.journal == JournalStatus::sound && sign_from_ != sign_never) {
        sign_from_ = sign_never;
        persist(RejoinRecord{rules_.domain.instance, sign_never});
    }
}

void Consensus::Machine::on_query(const HeightQuery& message) {
    const auto author = author_of(message, rules_, *options_.signatures);
    // Who is in quarantine has no memory to answer from.
    if (!author || is_self(*author) || !self() || quarantine_ || !is_validator(*self())) return;
    const auto& heights = options_.journal_state.heights;
    const auto remembered = heights.empty() ? vm::BlockNumber{} : heights.rbegin()->first;
    HeightClaim claim{*author, message.nonce, std::max(number(), remembered), {}};
    const auto seal = ask_signer(height_claim_digest(rules_.domain, claim));
    if (!seal) return;  // it asks again
    claim.signature = *seal;
    emit(SendTo{claim, *author});
}

void Consensus::Machine::on_claim(const HeightClaim& message) {
    if (!quarantine_ || quarantine_->token || !is_self(message.asker) || message.nonce != options_.start_nonce) return;
    const auto author = author_of(message, rules_, *options_.signatures);
    if (!author || is_self(*author)) return;
    heard_[*author] = now_.at;
    auto& claimed = quarantine_->claims[*author];
    claimed = std::max(claimed, message.number);
}

void Consensus::Machine::ask_for_heights() {
    try_rejoin();
    if (!quarantine_ || quarantine_->token) return;
    if (!is_validator(*self())) {
        quarantine_->ask_at.reset();
        return;
    }
    if (quarantine_->ask_at && now_.at < *quarantine_->ask_at) return;
    HeightQuery query{options_.start_nonce, {}};
    quarantine_->ask_at = after(now_.at, limits::resend_max_ms);
    const auto seal = ask_signer(height_query_digest(rules_.domain, query.nonce));
    if (!seal) return;
    query.signature = *seal;
    broadcast(query);
}

void Consensus::Machine::try_rejoin() {
    auto& state = *quarantine_;
    if (state.token) {
        if (!is_durable(*state.token)) return;
        quarantine_.reset();
        options_.journal = JournalStatus::sound;
        notice(NoticeKind::rejoined, *self());
        // Votes of the past are below; the round begins as for one who was never here.
        entered_before_.reset();
        lock_.reset();
        if (is_active()) persist_enter();
        return;
    }
    std::size_t others = 0;
    vm::BlockNumber highest;
    for (const auto& [author, claimed] : state.claims) {
        if (!is_validator(author)) continue;
        ++others;
        highest = std::max(highest, claimed);
    }
    // Not before this node stands where they stood: an older set could be anybody's.
    if (others < quorum_size() || number() < highest) return;
    sign_from_ = {highest.value + 2};
    state.token = persist(RejoinRecord{rules_.domain.instance, sign_from_});
    state.ask_at.reset();
}

}  // namespace talea::node
