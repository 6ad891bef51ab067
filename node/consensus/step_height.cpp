#include <algorithm>
#include <utility>

#include "node/consensus/machine.hpp"
#include "vm/base/check.hpp"

/// Heights, rounds and the blocks that may end a height.
namespace talea::node {

void Consensus::Machine::want(const vm::Hash& hash, const std::optional<vm::Header>& header,
                              const std::optional<std::vector<vm::Hash>>& transactions,
                              const std::vector<vm::Address>& holders) {
    auto [entry, is_new] = candidates_.try_emplace(hash);
    auto& wanted = entry->second;
    bool learned = is_new;
    if (header && !wanted.header) {
        wanted.header = header;
        learned = true;
    }
    if (transactions && !wanted.transactions) {
        wanted.transactions = transactions;
        learned = true;
    }
    for (const auto& holder : holders)
        if (holder != self()) wanted.holders.insert(holder);
    if (learned && wanted.stage == Candidate::Stage::fetching) fetch(hash, wanted);
}

void Consensus::Machine::fetch(const vm::Hash& hash, const Candidate& wanted) {
    emit(FetchBlock{number(), hash, wanted.header, wanted.transactions,
                    std::vector(wanted.holders.begin(), wanted.holders.end())});
}

void Consensus::Machine::on_block(const BlockAvailable& block) {
    const auto hash = vm::header_hash(block.header);
    auto* wanted = candidate(hash);
    if (wanted == nullptr || wanted->stage != Candidate::Stage::fetching) return;
    wanted->header = block.header;
    wanted->transactions = block.transactions;
    if (block.header.number != number() || block.header.parent_hash != head_.hash) {
        wanted->stage = Candidate::Stage::invalid;
        wanted->broken_rule = to_string(MessageError::wrong_parent);
        return;
    }
    wanted->stage = Candidate::Stage::executing;
    emit(Execute{number(), hash});
}

void Consensus::Machine::on_executed(const Executed& executed) {
    auto* known = executed.number == number() ? candidate(executed.hash) : nullptr;
    if (known == nullptr || known->stage != Candidate::Stage::executing) return;
    if (executed.outcome) {
        known->stage = Candidate::Stage::valid;
        known->facts = *executed.outcome;
        return;
    }
    known->stage = Candidate::Stage::invalid;
    known->broken_rule = executed.outcome.error();
    notice(NoticeKind::block_invalid, round_proposer(), known->broken_rule);
    // Every honest validator finds the same: the round can only end by a change.
    if (round_.accepted == executed.hash) round_.failed = true;
}

/// A round that is left takes what it did not get or could not use along. What is valid or executing stays a while: the
/// next round often proposes it again.
void Consensus::Machine::forget_candidates() {
    for (auto entry = candidates_.begin(); entry != candidates_.end();) {
        const auto stage = entry->second.stage;
        const bool is_locked = lock_ && lock_->hash == entry->first;
        const bool is_of_use = stage == Candidate::Stage::executing || stage == Candidate::Stage::valid;
        if (is_locked || (is_of_use && candidates_.size() <= limits::candidates_max)) {
            ++entry;
            continue;
        }
        emit(Forget{entry->first});
        entry = candidates_.erase(entry);
    }
}

/// Finalising and leaving a height is one step: what comes later finds the next height.
void Consensus::Machine::leave(FinalBlock block) {
    // A lock of this incarnation also entered the next height (journal.hpp), and no later one, where several blocks
    // were imported at once; it may still be on its way to the disk.
    const bool locked_now = lock_ && lock_->token > 0 && is_active() && block.header.number == number();
    const auto token = locked_now ? lock_->token : 0;
    head_ = std::move(block);
    enter_height();
    if (is_active()) {
        if (locked_now)
            round_.enter_token = token;
        else
            persist_enter();
    }
    auto early = std::exchange(early_, {});
    for (const auto& [key, arrived] : early) on_message(arrived.message, arrived.at);
}

void Consensus::Machine::enter_height() {
    rules_.domain.instance = head_.next_instance;
    rules_.number = next(head_.header.number);
    rules_.validators = head_.next_validators;
    rules_.parent_hash = head_.hash;
    rules_.parent_beneficiary = head_.header.beneficiary;
    apply_checkpoint();
    vm::check(!rules_.validators.empty(), "a height has validators");
    height_since_ = now_.at;
    round_ = {};
    round_.since = now_.at;
    store_ = {};
    candidates_.clear();
    lock_.reset();
    own_commit_.reset();
    signed_.clear();
    work_pending_ = false;
    held_.reset();
    equivocators_.clear();
    restore_from_journal();
}

/// What an earlier incarnation did at this height binds this one.
void Consensus::Machine::restore_from_journal() {
    entered_before_.reset();
    const auto& heights = options_.journal_state.heights;
    const auto before = heights.find(head_.header.number);
    // A lock enters round 0 of the next height, and its incarnation may have gone on there.
    if (before != heights.end() && before->second.instance == rules_.domain.instance && before->second.lock)
        entered_before_ = 0;
    const auto here = heights.find(number());
    if (here == heights.end() || here->second.instance != rules_.domain.instance) return;
    entered_before_ = here->second.entered;
    round_.number = here->second.entered;
    if (const auto& record = here->second.lock; record && is_active()) {
        const auto hash = vm::header_hash(record->header);
        lock_ = Lock{record->view.round, hash, {record->header, record->prepares}, 0};
        want(hash, record->header, {}, rules_.validators);
        // The seal may have been sent; it is the same seal. Where the signer is away, it is given later, as any COMMIT.
        const auto digest = vote_digest(MessageCode::commit, rules_.domain, subject(hash));
        if (lock_->round == round_.number)
            if (const auto seal = sign(MessageCode::commit, round_.number, digest))
                own_commit_ = Commit{subject(hash), *seal};
    }
    const bool said_in_round = lock_ && lock_->round == round_.number;
    round_.round_change_due = round_.number > 0 && !said_in_round;
    if (own_commit_) store_.add(*self(), std::get<Commit>(*own_commit_));
}

void Consensus::Machine::enter_round(std::uint64_t round, bool by_round_change) {
    vm::check(round > round_.number, "rounds only grow");
    round_ = {};
    round_.number = round;
    round_.since = now_.at;
    round_.round_change_due = by_round_change;
    std::erase_if(signed_, [&](const auto& entry) { return entry.first.first < round; });
    held_.reset();
    forget_candidates();
    if (!is_active()) return;
    persist_enter();
    // What earlier rounds left in the journal may go, or a height that comes to nothing would add a block a round. What
    // is voted on again is written again.
    for (auto& [hash, known] : candidates_) known.body_kept = known.body_kept && lock_ && lock_->hash == hash;
    emit(DropJournal{synced_});
}

void Consensus::Machine::persist_enter() {
    if (is_barred()) return;  // it is durable since then
    round_.enter_token = persist(EnterRecord{rules_.domain.instance, {number(), round_.number}});
}

void Consensus::Machine::on_checkpoint(const Checkpoint& checkpoint, bool by_operator) {
    if (checkpoint.instance <= rules_.domain.instance || checkpoint.number < head_.header.number) return;
    pending_checkpoint_ = checkpoint;
    if (checkpoint.number != head_.header.number) return;
    // Said by an operator of this node, now: votes of the old instance are void, so a lost journal is no danger.
    if (by_operator && checkpoint.hash == head_.hash) {
        quarantine_.reset();
        options_.journal = JournalStatus::sound;
    }
    enter_height();
    if (is_active()) persist_enter();
}

void Consensus::Machine::apply_checkpoint() {
    if (!pending_checkpoint_ || pending_checkpoint_->number > head_.header.number) return;
    const auto checkpoint = *std::exchange(pending_checkpoint_, {});
    if (checkpoint.number < head_.header.number || checkpoint.instance <= head_.next_instance) return;
    if (checkpoint.hash != head_.hash) {
        halted_ = true;
        emit(Halt{"the recovery checkpoint names another block " + std::to_string(checkpoint.number.value) +
                  " than the one that is final here"});
        return;
    }
    head_.next_instance = checkpoint.instance;
    head_.next_validators = checkpoint.validators;
    rules_.domain.instance = checkpoint.instance;
    rules_.validators = checkpoint.validators;
    head_.next_is_due = true;  // the chain shows that it goes on
    early_.clear();
    sign_from_ = {};  // it was about votes that are void now
    if (quarantine_) begin_quarantine();
    notice(NoticeKind::recovered);
}

}  // namespace talea::node
