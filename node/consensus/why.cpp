#include "node/consensus/why.hpp"

#include "node/consensus/machine.hpp"

namespace talea::node {

std::string_view to_string(Owed owed) {
    switch (owed) {
        case Owed::nothing:
            return "nothing";
        case Owed::work:
            return "a transaction waits";
        case Owed::proposal:
            return "a proposal is in hand";
        case Owed::block_due:
            return "the last block asked for another";
        case Owed::heartbeat:
            return "the idle interval is over";
        case Owed::round_change:
            return "a later round has begun";
    }
    return "";
}

std::string_view to_string(WaitsFor waits_for) {
    switch (waits_for) {
        case WaitsFor::nothing:
            return "nothing";
        case WaitsFor::quarantine_claims:
            return "the heights of the other validators";
        case WaitsFor::connections:
            return "connections to a quorum";
        case WaitsFor::round_changes:
            return "round changes of a quorum";
        case WaitsFor::proposal:
            return "the proposal";
        case WaitsFor::body:
            return "the block's transactions";
        case WaitsFor::execution:
            return "execution";
        case WaitsFor::prepares:
            return "prepares of a quorum";
        case WaitsFor::journal:
            return "the vote journal's sync";
        case WaitsFor::signer:
            return "this validator's signer";
        case WaitsFor::commits:
            return "commits of a quorum";
    }
    return "";
}

Why Consensus::Machine::why() const {
    Why why;
    why.number = number();
    why.round = round_.number;
    why.instance = rules_.domain.instance;
    why.proposer = round_proposer();
    why.owed = owed();
    why.next_timer = timer_;
    why.signs = is_active();
    why.in_quarantine = quarantine_.has_value();
    if (sign_from_ > number() && sign_from_ != sign_never) why.signs_from = sign_from_;
    if (lock_) why.lock = PreparedClaim{lock_->round, lock_->hash};

    const bool is_locked_here = lock_ && lock_->round == round_.number;
    const auto* accepted = round_.accepted ? candidate(*round_.accepted) : nullptr;
    why.waits_for = [&] {
        if (quarantine_) return WaitsFor::quarantine_claims;
        if (is_active() && signer_rests_until_) return WaitsFor::signer;
        if (is_locked_here) return is_durable(lock_->token) ? WaitsFor::commits : WaitsFor::journal;
        if (accepted != nullptr && accepted->stage == Candidate::Stage::fetching) return WaitsFor::body;
        if (accepted != nullptr && accepted->stage == Candidate::Stage::executing) return WaitsFor::execution;
        if (accepted != nullptr) return WaitsFor::prepares;
        if (is_first_block_unconnected()) return WaitsFor::connections;
        if (why.owed == Owed::nothing) return WaitsFor::nothing;
        if (!is_durable(round_.enter_token)) return WaitsFor::journal;
        const bool is_ready = round_.number == 0 || store_.round_changes(round_.number).size() >= quorum_size();
        return is_ready ? WaitsFor::proposal : WaitsFor::round_changes;
    }();

    for (const auto& address : rules_.validators) {
        Why::Validator validator;
        validator.address = address;
        validator.connected = address == self() || connected_.contains(address);
        if (const auto heard = heard_.find(address); heard != heard_.end()) validator.last_heard = heard->second;
        if (const auto* change = store_.round_change(address)) validator.round = change->round;
        const auto votes = store_.votes(address, round_.number);
        validator.proposed = round_.accepted && address == why.proposer;
        validator.prepared = votes.prepared;
        validator.committed = votes.committed;
        const bool is_missing = [&] {
            switch (why.waits_for) {
                case WaitsFor::quarantine_claims:
                    return address != self() && !quarantine_->claims.contains(address);
                case WaitsFor::connections:
                    return !validator.connected;
                case WaitsFor::round_changes:
                    return validator.round < round_.number;
                case WaitsFor::proposal:
                    return address == why.proposer;
                case WaitsFor::prepares:
                    return !validator.prepared;
                case WaitsFor::commits:
                    return !validator.committed;
                case WaitsFor::nothing:
                case WaitsFor::body:
                case WaitsFor::execution:
                case WaitsFor::journal:
                    return false;
                case WaitsFor::signer:
                    return address == self();
            }
            return false;
        }();
        if (is_missing) why.missing.push_back(address);
        why.validators.push_back(validator);
    }
    return why;
}

}  // namespace talea::node
