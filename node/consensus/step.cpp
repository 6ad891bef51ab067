#include "node/consensus/step.hpp"

#include <algorithm>
#include <utility>

#include "node/consensus/machine.hpp"
#include "node/consensus/proposer.hpp"
#include "vm/base/check.hpp"

/// Events, and what they make possible.
namespace talea::node {

std::string_view to_string(NoticeKind kind) {
    switch (kind) {
        case NoticeKind::round_timed_out:
            return "a round timed out";
        case NoticeKind::proposer_gone:
            return "a round was left early";
        case NoticeKind::proposal_refused:
            return "a proposal was refused";
        case NoticeKind::block_invalid:
            return "a proposed block is invalid";
        case NoticeKind::jumped:
            return "followed others to a later round";
        case NoticeKind::moved_by_proposal:
            return "a justified proposal moved the round";
        case NoticeKind::locked:
            return "locked";
        case NoticeKind::reproposed:
            return "a prepared block was proposed again";
        case NoticeKind::round_change_sent:
            return "a round change was sent";
        case NoticeKind::resent:
            return "own messages were sent again";
        case NoticeKind::equivocation:
            return "a validator contradicted itself";
        case NoticeKind::message_refused:
            return "a message was refused";
        case NoticeKind::finalised_old_round:
            return "a commit quorum of another round finalised";
        case NoticeKind::quarantined:
            return "in quarantine";
        case NoticeKind::rejoined:
            return "out of quarantine";
        case NoticeKind::proposal_held:
            return "a proposal is ahead of the clock";
        case NoticeKind::recovered:
            return "a recovery checkpoint began a new instance";
        case NoticeKind::signer_away:
            return "the signer gave no signature";
    }
    return "";
}

Consensus::Consensus(ConsensusOptions options, FinalBlock head)
    : machine_(std::make_unique<Machine>(std::move(options), std::move(head))) {}
Consensus::~Consensus() = default;
Consensus::Consensus(Consensus&&) noexcept = default;
Consensus& Consensus::operator=(Consensus&&) noexcept = default;

std::vector<Action> Consensus::start(Now now) {
    return machine_->start(now);
}
std::vector<Action> Consensus::step(const Event& event, Now now) {
    return machine_->step(event, now);
}
Why Consensus::why() const {
    return machine_->why();
}

Consensus::Machine::Machine(ConsensusOptions options, FinalBlock head)
    : options_(std::move(options)), head_(std::move(head)) {
    if (options_.journal_state.sign_from_instance >= head_.next_instance) sign_from_ = options_.journal_state.sign_from;
    rules_.domain.genesis_hash = options_.genesis_hash;
}

std::vector<Action> Consensus::Machine::start(Now now) {
    now_ = now;
    enter_height();
    if (options_.signer != nullptr && options_.journal == JournalStatus::lost)
        quarantine("the vote journal is missing or damaged");
    else if (options_.signer != nullptr && sign_from_ == sign_never)
        quarantine("it was before the restart");
    if (is_active()) persist_enter();
    advance();
    return std::exchange(actions_, {});
}

std::vector<Action> Consensus::Machine::step(const Event& event, Now now) {
    vm::check(now.at >= now_.at, "the monotonic clock does not go back");
    if (halted_) return {};
    now_ = now;
    handle(event);
    if (!halted_) advance();
    return std::exchange(actions_, {});
}

void Consensus::Machine::handle(const Event& event) {
    if (const auto* received = std::get_if<MessageReceived>(&event)) {
        on_message(received->message, now_.at);
    } else if (std::holds_alternative<TimerExpired>(event)) {
        timer_.reset();
    } else if (const auto* block = std::get_if<BlockAvailable>(&event)) {
        on_block(*block);
    } else if (const auto* executed = std::get_if<Executed>(&event)) {
        on_executed(*executed);
    } else if (const auto* built = std::get_if<Built>(&event)) {
        on_built(*built);
    } else if (const auto* nothing = std::get_if<NothingToBuild>(&event)) {
        if (nothing->number == number() && nothing->round == round_.number) {
            round_.building = false;
            work_pending_ = work_pending_ || nothing->work_left;
        }
    } else if (const auto* persisted = std::get_if<Persisted>(&event)) {
        durable_token_ = std::max(durable_token_, persisted->token);
        if (quarantine_) try_rejoin();
    } else if (const auto* applied = std::get_if<BlockApplied>(&event)) {
        if (applied->block.header.number >= number()) leave(applied->block);
    } else if (const auto* synced = std::get_if<BlockSynced>(&event)) {
        auto& heights = options_.journal_state.heights;
        // The lock of the last one still says that the height after it was entered.
        std::erase_if(heights, [&](const auto& entry) { return entry.first < synced->number; });
        synced_ = std::max(synced_, synced->number);
        if (self()) emit(DropJournal{synced_});
    } else if (std::holds_alternative<WorkPending>(event)) {
        work_pending_ = true;
    } else if (const auto* connected = std::get_if<PeerConnected>(&event)) {
        connected_.insert(connected->validator);
        gone_since_.erase(connected->validator);
        if (is_active()) send_own_messages(connected->validator);
        // What we hold of it tells one whose journal was lost or put back.
        if (self() && is_validator(connected->validator))
            if (const auto newest = store_.newest(connected->validator)) emit(SendTo{*newest, connected->validator});
        if (quarantine_) quarantine_->ask_at = now_.at;
    } else if (const auto* gone = std::get_if<PeerDisconnected>(&event)) {
        connected_.erase(gone->validator);
        gone_since_.try_emplace(gone->validator, now_.at);
    } else if (const auto* stored = std::get_if<CheckpointStored>(&event)) {
        on_checkpoint(stored->checkpoint, stored->by_operator);
    }
}

void Consensus::Machine::advance() {
    if (signer_rests_until_ && now_.at >= *signer_rests_until_) signer_rests_until_.reset();
    if (held_ && now_.at >= held_until_) {
        const auto held = *std::exchange(held_, {});
        on_message(held.message, held.at);
    }
    while (!halted_ && (try_finalise() || try_follow_round_changes() || try_time_out() || try_say_round_change() ||
                        try_prepare() || try_lock() || try_commit() || try_propose())) {
    }
    if (halted_) return;
    if (quarantine_) ask_for_heights();
    resend_when_due();
    set_timer();
}

/// `UponCommit`: a commit quorum of any one round.
bool Consensus::Machine::try_finalise() {
    const auto committed = store_.commit_quorum(quorum_size());
    if (!committed) return false;
    const auto* known = candidate(committed->hash);
    if (known == nullptr) {
        std::vector<vm::Address> holders;
        for (const auto& [author, seal] : committed->seals) holders.push_back(author);
        want(committed->hash, {}, {}, holders);
        return false;
    }
    if (known->stage == Candidate::Stage::invalid) {
        halted_ = true;
        emit(Halt{"block " + std::to_string(number().value) +
                  " is final by the validators' seals, and this node finds it invalid: " + known->broken_rule});
        return false;
    }
    if (known->stage != Candidate::Stage::valid) return false;
    if (committed->round != round_.number) notice(NoticeKind::finalised_old_round);
    Certificate certificate{
        .instance = rules_.domain.instance, .round = committed->round, .seals = {}, .validators = {}};
    for (const auto& [author, seal] : committed->seals) certificate.seals.push_back(seal);
    if (rules_.validators != head_.validators) certificate.validators = rules_.validators;
    emit(Finalise{number(), committed->hash, std::move(certificate)});
    leave({.header = *known->header,
           .hash = committed->hash,
           .validators = rules_.validators,
           .next_validators = known->facts.next_validators,
           .next_instance = rules_.domain.instance,
           .next_is_due = known->facts.next_is_due,
           .execution_ms = known->facts.execution_ms});
    return true;
}

/// `UponRoundChange`, f+1: to the (f+1)-th largest of the rounds that the others are in, so that everybody who has seen
/// the same goes to the same, and f liars move nobody.
bool Consensus::Machine::try_follow_round_changes() {
    const auto target = store_.largest_round(faults() + 1);
    if (!target || *target <= round_.number) return false;
    enter_round(*target, true);
    notice(NoticeKind::jumped);
    return true;
}

/// PREPARE: the accepted block is fully executed and valid.
bool Consensus::Machine::try_prepare() {
    if (!round_.accepted || !is_active()) return false;
    auto& accepted = *candidate(*round_.accepted);
    if (accepted.stage != Candidate::Stage::valid) return false;
    if (!std::exchange(accepted.body_kept, true)) emit(KeepBody{number(), *round_.accepted});
    if (is_barred() || round_.own_prepare || !is_durable(round_.enter_token)) return false;
    const auto what = subject(*round_.accepted);
    const auto seal = sign(MessageCode::prepare, what.round, vote_digest(MessageCode::prepare, rules_.domain, what));
    if (!seal) return false;
    const Prepare prepare{what, *seal};
    store_.add(*self(), prepare);
    round_.own_prepare = prepare;
    broadcast(prepare);
    return true;
}

/// `UponPrepare`: a quorum of PREPAREs of this round for a block that is executed here makes a lock.
bool Consensus::Machine::try_lock() {
    if (!is_active() || (lock_ && lock_->round == round_.number)) return false;
    const auto hash = store_.most_prepared(round_.number);
    if (!hash) return false;
    const auto prepares = store_.prepares(round_.number, *hash);
    if (prepares.size() < quorum_size()) return false;
    auto* known = candidate(*hash);
    if (known == nullptr) {
        // The proposal was lost on its way here, the block is at those who prepared it.
        std::vector<vm::Address> holders;
        for (const auto& [author, seal] : prepares) holders.push_back(author);
        want(*hash, {}, {}, holders);
        return false;
    }
    if (known->stage != Candidate::Stage::valid) return false;
    if (!std::exchange(known->body_kept, true)) emit(KeepBody{number(), *hash});
    Lock lock{round_.number, *hash, {*known->header, {}}, 0};
    for (const auto& [author, seal] : prepares) lock.certificate.prepares.push_back(seal);
    lock.token =
        persist(LockRecord{rules_.domain.instance, {number(), lock.round}, *known->header, lock.certificate.prepares});
    lock_ = std::move(lock);
    notice(NoticeKind::locked);
    return true;
}

bool Consensus::Machine::try_commit() {
    if (!is_active() || !lock_ || lock_->round != round_.number || !is_durable(lock_->token)) return false;
    if (own_commit_ && view_of(*own_commit_)->round == round_.number) return false;
    const auto what = subject(lock_->hash);
    const auto seal = sign(MessageCode::commit, what.round, vote_digest(MessageCode::commit, rules_.domain, what));
    if (!seal) return false;
    const Commit commit{what, *seal};
    store_.add(*self(), commit);
    own_commit_ = commit;
    broadcast(commit);
    return true;
}

bool Consensus::Machine::try_say_round_change() {
    if (!is_active() || !round_.round_change_due || !is_durable(round_.enter_token)) return false;
    // A lock of this very round says that it goes on: there is nothing to change to it for.
    if (lock_ && lock_->round >= round_.number) {
        round_.round_change_due = false;
        return false;
    }
    RoundChange change{.number = number(), .round = round_.number, .claim = {}, .certificate = {}};
    if (lock_) {
        change.claim.prepared = PreparedClaim{lock_->round, lock_->hash};
        change.certificate = lock_->certificate;
    }
    const auto seal = sign(MessageCode::round_change, round_.number,
                           round_change_digest(rules_.domain, number(), round_.number, change.claim.prepared));
    if (!seal) return false;
    round_.round_change_due = false;
    change.claim.signature = *seal;
    store_.add(*self(), change);
    round_.own_round_change = change;
    notice(NoticeKind::round_change_sent);
    broadcast(std::move(change));
    return true;
}

/// `UponRoundTimeout`, and its early form where there is nothing to wait for.
bool Consensus::Machine::try_time_out() {
    if (owed() == Owed::nothing) {
        round_.owed_since.reset();
        round_.resend_at.reset();
        return false;
    }
    if (!round_.owed_since) {
        round_.owed_since = now_.at;
        round_.resend_at = after(now_.at, round_.resend_ms);
    }
    if (!round_.gathered_since &&
        (round_.number == 0 || round_.accepted || store_.authors_from(round_.number) >= quorum_size()))
        round_.gathered_since = now_.at;
    const auto deadline = round_deadline();
    if (!deadline || now_.at < *deadline || round_.number == limits::round_max) return false;
    const bool is_early = now_.at < after(*round_.owed_since, round_timeout_ms(round_.number, head_.execution_ms));
    notice(is_early ? NoticeKind::proposer_gone : NoticeKind::round_timed_out, round_proposer());
    enter_round(round_.number + 1, true);
    return true;
}

/// Of the current round; nothing for who signs nothing. A later round is not left before a quorum has come to it:
/// timers are capped, so whoever is a whole round ahead of the others would stay so for ever, and no round have a
/// quorum.
std::optional<Instant> Consensus::Machine::round_deadline() const {
    if (!is_active() || !round_.owed_since || !round_.gathered_since) return {};
    const auto begun = std::max(*round_.owed_since, *round_.gathered_since);
    auto deadline = after(begun, round_timeout_ms(round_.number, head_.execution_ms));
    const auto no_later_than = [&](Instant at) { deadline = std::min(deadline, std::max(at, begun)); };
    // Once everybody has led in vain, leaving at once helps no more: where no two clocks agree, rounds would follow
    // each other as fast as disks and links can.
    if (round_.failed && round_.number < rules_.validators.size()) no_later_than(round_.since);
    // No vote of ours can help this round along but a COMMIT; let who is about to need one have it.
    if (is_barred() && !lock_) no_later_than(after(round_.since, limits::proposer_gone_ms));
    const auto leader = round_proposer();
    if (!round_.accepted && leader != self()) {
        if (const auto gone = gone_since_.find(leader); gone != gone_since_.end())
            no_later_than(after(gone->second, limits::proposer_gone_ms));
        else if (!connected_.contains(leader))
            no_later_than(after(*round_.owed_since, limits::proposer_gone_ms));
    }
    return deadline;
}

void Consensus::Machine::resend_when_due() {
    if (!is_active() || !round_.resend_at || now_.at < *round_.resend_at) return;
    round_.resend_ms = std::min(2 * round_.resend_ms, limits::resend_max_ms);
    round_.resend_at = after(now_.at, round_.resend_ms);
    notice(NoticeKind::resent);
    send_own_messages({});
    for (const auto& [hash, wanted] : candidates_)
        if (wanted.stage == Candidate::Stage::fetching) fetch(hash, wanted);
}

std::optional<Instant> Consensus::Machine::next_deadline() const {
    std::optional<Instant> next;
    const auto at = [&](std::optional<Instant> when) {
        if (when && (!next || *when < *next)) next = when;
    };
    if (held_) at(held_until_);
    if (quarantine_) at(quarantine_->ask_at);
    if (!is_active()) return next;
    at(signer_rests_until_);
    if (!heartbeat_due()) at(after(height_since_, options_.idle_interval_ms));
    at(round_deadline());
    if (round_.owed_since) at(round_.resend_at);
    if (round_.number == 0 && round_proposer() == self() && !round_.accepted && !round_.building && !is_barred())
        at(earliest_proposal());
    return next;
}

void Consensus::Machine::set_timer() {
    auto next = next_deadline();
    // What is over was dealt with; where it could not be, an event must come first.
    if (next && *next <= now_.at) next = after(now_.at, 1);
    if (next == timer_) return;
    timer_ = next;
    emit(SetTimer{next});
}

// ---- Questions --------------------------------------------------------------------------------------------------

std::optional<vm::Address> Consensus::Machine::self() const {
    if (options_.signer == nullptr) return {};
    return options_.signer->address();
}

bool Consensus::Machine::is_validator(const vm::Address& address) const {
    return std::ranges::binary_search(rules_.validators, address);
}

bool Consensus::Machine::is_active() const {
    return options_.signer != nullptr && !quarantine_ && number() >= sign_from_ && is_validator(*self());
}

bool Consensus::Machine::is_barred() const {
    return entered_before_ && round_.number <= *entered_before_;
}

vm::Address Consensus::Machine::round_proposer() const {
    return proposer(rules_.validators, rules_.parent_beneficiary, round_.number);
}

bool Consensus::Machine::heartbeat_due() const {
    return now_.at >= after(height_since_, options_.idle_interval_ms);
}

Owed Consensus::Machine::owed() const {
    if (round_.number > 0) return Owed::round_change;
    if (round_.accepted || held_ || round_.built) return Owed::proposal;
    if (is_first_block_unconnected()) return Owed::nothing;
    if (head_.next_is_due || number().value == 1) return Owed::block_due;
    if (work_pending_ || round_.building) return Owed::work;
    return heartbeat_due() ? Owed::heartbeat : Owed::nothing;
}

Consensus::Machine::Candidate* Consensus::Machine::candidate(const vm::Hash& hash) {
    const auto found = candidates_.find(hash);
    return found == candidates_.end() ? nullptr : &found->second;
}
const Consensus::Machine::Candidate* Consensus::Machine::candidate(const vm::Hash& hash) const {
    const auto found = candidates_.find(hash);
    return found == candidates_.end() ? nullptr : &found->second;
}

std::size_t Consensus::Machine::connected_validators() const {
    const auto others =
        std::ranges::count_if(rules_.validators, [&](const auto& v) { return v == self() || connected_.contains(v); });
    return static_cast<std::size_t>(others);
}

void Consensus::Machine::notice(NoticeKind kind, const vm::Address& about, std::string detail) {
    emit(Notice{kind, {number(), round_.number}, about, std::move(detail)});
}

std::uint64_t Consensus::Machine::persist(JournalRecord record) {
    emit(Persist{next_token_, std::move(record)});
    return next_token_++;
}

}  // namespace talea::node
