#include <utility>

#include "node/consensus/machine.hpp"
#include "node/consensus/proposer.hpp"
#include "vm/base/check.hpp"

/// The proposer's part: when to build, what to propose again, and the justification.
namespace talea::node {
namespace {

/// Of proven round changes for one round, the highest prepared (`isHighestPrepared`); null where none is prepared.
const RoundChange* highest_prepared(const std::vector<const RoundChange*>& changes) {
    const RoundChange* highest = nullptr;
    for (const auto* change : changes) {
        const auto& prepared = change->claim.prepared;
        if (prepared && (highest == nullptr || prepared->round > highest->claim.prepared->round)) highest = change;
    }
    return highest;
}

}  // namespace

bool Consensus::Machine::is_first_block_unconnected() const {
    return number().value == 1 && connected_validators() < quorum_size();
}

/// When round 0 may be proposed, while there is work; at once where a block is due.
std::optional<Instant> Consensus::Machine::earliest_proposal() const {
    if (is_first_block_unconnected()) return {};
    if (head_.next_is_due || number().value == 1 || heartbeat_due()) return height_since_;
    if (!work_pending_) return {};
    return after(height_since_, spacing_ms(head_.execution_ms));
}

bool Consensus::Machine::try_propose() {
    if (!is_active() || is_barred() || round_.accepted || round_proposer() != self()) return false;
    if (round_.built) {
        if (!is_durable(round_.enter_token)) return false;
        const auto& own = *candidate(*round_.built);
        const bool is_proposed = propose(*own.header, *own.transactions, true);
        if (!signer_rests_until_) round_.built.reset();
        return is_proposed;
    }
    if (round_.building) return false;
    if (round_.number == 0) return try_build();
    const auto changes = store_.round_changes(round_.number);
    if (changes.size() < quorum_size()) return false;
    const auto* highest = highest_prepared(changes);
    if (highest == nullptr) return try_build();
    // The block of the highest claim, whatever it takes to get it; never one of our own instead.
    const auto& hash = highest->claim.prepared->hash;
    std::vector<vm::Address> holders;
    for (const auto& validator : rules_.validators)
        if (const auto* change = store_.round_change(validator);
            change != nullptr && change->claim.prepared && change->claim.prepared->hash == hash)
            holders.push_back(validator);
    want(hash, highest->certificate->header, {}, holders);
    const auto& known = *candidate(hash);
    if (known.stage == Candidate::Stage::invalid || !known.transactions || !is_durable(round_.enter_token))
        return false;
    notice(NoticeKind::reproposed);
    return propose(highest->certificate->header, *known.transactions, false);
}

bool Consensus::Machine::try_build() {
    const bool is_later_round = round_.number > 0;
    if (!is_later_round) {
        const auto earliest = earliest_proposal();
        if (!earliest || now_.at < *earliest) return false;
    }
    const bool even_empty = is_later_round || head_.next_is_due || number().value == 1 || heartbeat_due();
    round_.building = true;
    work_pending_ = false;
    emit(Build{number(), round_.number, even_empty});
    return true;
}

void Consensus::Machine::on_built(const Built& built) {
    if (built.header.number != number() || built.header.parent_hash != head_.hash) return;
    const auto hash = vm::header_hash(built.header);
    if (built.round != round_.number || !round_.building || round_.accepted) {
        if (candidate(hash) == nullptr) emit(Forget{hash});
        return;
    }
    auto& own = candidates_[hash];
    own.stage = Candidate::Stage::valid;
    own.header = built.header;
    own.transactions = built.transactions;
    own.facts = built.facts;
    round_.built = hash;
}

/// Sends the proposal; false where its justification is gone meanwhile, or the signer rests.
bool Consensus::Machine::propose(const vm::Header& header, const std::vector<vm::Hash>& transactions, bool fresh) {
    Proposal proposal{.round = round_.number,
                      .header = header,
                      .transactions = transactions,
                      .signature = {},
                      .round_changes = {},
                      .prepares = {}};
    const auto hash = vm::header_hash(header);
    if (round_.number > 0) {
        const auto changes = store_.round_changes(round_.number);
        for (const auto* change : changes)
            if (!fresh || !change->claim.prepared) proposal.round_changes.push_back(change->claim);
        if (proposal.round_changes.size() < quorum_size()) return false;
        if (!fresh) proposal.prepares = highest_prepared(changes)->certificate->prepares;
    }
    const auto seal =
        sign(MessageCode::proposal, round_.number, proposal_digest(rules_.domain, subject(hash), transactions));
    if (!seal) return false;
    proposal.signature = *seal;
    vm::check(round_.number == 0 || verify_proposal(proposal, rules_, *options_.signatures).has_value(),
              "an own proposal is justified");
    accept(proposal, hash, *self());
    round_.own_proposal = proposal;
    broadcast(std::move(proposal));
    return true;
}

}  // namespace talea::node
