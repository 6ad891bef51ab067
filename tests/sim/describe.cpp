#include "sim/describe.hpp"

#include <fmt/format.h>

#include "vm/base/hex.hpp"
#include "vm/chain/block.hpp"

namespace talea::sim {

std::string short_hash(const vm::Hash& hash) {
    return vm::to_hex(vm::BytesView(hash.bytes).subspan(0, 4)).substr(2);
}

std::string describe(const node::Message& message) {
    if (const auto* proposal = std::get_if<node::Proposal>(&message))
        return fmt::format("PROPOSAL {}/{} {} of {} transactions", proposal->header.number.value, proposal->round,
                           short_hash(vm::header_hash(proposal->header)), proposal->transactions.size());
    if (const auto* prepare = std::get_if<node::Prepare>(&message))
        return fmt::format("PREPARE {}/{} {}", prepare->subject.number.value, prepare->subject.round,
                           short_hash(prepare->subject.hash));
    if (const auto* commit = std::get_if<node::Commit>(&message))
        return fmt::format("COMMIT {}/{} {}", commit->subject.number.value, commit->subject.round,
                           short_hash(commit->subject.hash));
    if (const auto* change = std::get_if<node::RoundChange>(&message)) {
        if (!change->claim.prepared) return fmt::format("ROUND CHANGE {}/{}", change->number.value, change->round);
        return fmt::format("ROUND CHANGE {}/{} prepared {} {}", change->number.value, change->round,
                           change->claim.prepared->round, short_hash(change->claim.prepared->hash));
    }
    if (const auto* claim = std::get_if<node::HeightClaim>(&message))
        return fmt::format("HEIGHT CLAIM {}", claim->number.value);
    return "HEIGHT QUERY";
}

std::string describe(const node::JournalRecord& record) {
    if (const auto* enter = std::get_if<node::EnterRecord>(&record))
        return fmt::format("ENTER {}/{}", enter->view.number.value, enter->view.round);
    if (const auto* lock = std::get_if<node::LockRecord>(&record))
        return fmt::format("LOCK {}/{} {}", lock->view.number.value, lock->view.round,
                           short_hash(vm::header_hash(lock->header)));
    if (const auto* rejoin = std::get_if<node::RejoinRecord>(&record))
        return rejoin->sign_from == node::sign_never ? "QUARANTINE"
                                                     : fmt::format("REJOIN from {}", rejoin->sign_from.value);
    return "BODY";
}

std::string_view name(node::NoticeKind kind) {
    switch (kind) {
        case node::NoticeKind::round_timed_out:
            return "round timed out";
        case node::NoticeKind::proposer_gone:
            return "proposer gone";
        case node::NoticeKind::proposal_refused:
            return "proposal refused";
        case node::NoticeKind::block_invalid:
            return "block invalid";
        case node::NoticeKind::jumped:
            return "jumped";
        case node::NoticeKind::moved_by_proposal:
            return "moved by proposal";
        case node::NoticeKind::locked:
            return "locked";
        case node::NoticeKind::reproposed:
            return "reproposed";
        case node::NoticeKind::round_change_sent:
            return "round change sent";
        case node::NoticeKind::resent:
            return "resent";
        case node::NoticeKind::equivocation:
            return "equivocation seen";
        case node::NoticeKind::message_refused:
            return "message refused";
        case node::NoticeKind::finalised_old_round:
            return "finalised an old round";
        case node::NoticeKind::quarantined:
            return "quarantined";
        case node::NoticeKind::rejoined:
            return "rejoined";
        case node::NoticeKind::proposal_held:
            return "proposal held";
        case node::NoticeKind::recovered:
            return "recovered";
        case node::NoticeKind::signer_away:
            return "signer away";
    }
    return "";
}

}  // namespace talea::sim
