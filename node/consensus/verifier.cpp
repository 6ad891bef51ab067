#include "node/consensus/verifier.hpp"

#include <algorithm>
#include <set>

#include "node/consensus/certificate.hpp"
#include "node/consensus/proposer.hpp"

namespace talea::node {
namespace {

using Author = std::expected<vm::Address, MessageError>;

Author validator(const vm::Hash& digest, const Seal& seal, const HeightRules& rules, const Signatures& signatures) {
    const auto signer = signatures.signer(digest, seal);
    if (!signer) return std::unexpected(MessageError::bad_signature);
    if (!std::ranges::binary_search(rules.validators, *signer)) return std::unexpected(MessageError::not_a_validator);
    return *signer;
}

bool is_on_parent(const vm::Header& header, const HeightRules& rules) {
    return header.number == rules.number && header.parent_hash == rules.parent_hash;
}

/// The highest prepared claim of a justification's, each claim being `validRoundChange` for exactly this round;
/// nothing where no claim is prepared. `hash` is the block's.
std::expected<std::optional<PreparedClaim>, MessageError> highest_prepared(const Proposal& message,
                                                                           const vm::Hash& hash,
                                                                           const HeightRules& rules,
                                                                           const Signatures& signatures) {
    std::set<vm::Address> authors;
    std::optional<PreparedClaim> highest;
    for (const auto& claim : message.round_changes) {
        const auto digest = round_change_digest(rules.domain, rules.number, message.round, claim.prepared);
        const auto author = validator(digest, claim.signature, rules, signatures);
        if (!author) return std::unexpected(author.error());
        authors.insert(*author);
        if (!claim.prepared) continue;
        if (claim.prepared->round >= message.round) return std::unexpected(MessageError::prepared_too_late);
        const bool is_higher = !highest || claim.prepared->round > highest->round;
        // Of several highest, some must be of the block (`isHighestPrepared`).
        if (is_higher || (claim.prepared->round == highest->round && claim.prepared->hash == hash))
            highest = claim.prepared;
    }
    if (authors.size() < quorum(rules.validators.size())) return std::unexpected(MessageError::too_few_round_changes);
    return highest;
}

}  // namespace

std::string_view to_string(MessageError error) {
    switch (error) {
        case MessageError::bad_signature:
            return "no valid signature";
        case MessageError::not_a_validator:
            return "signed by nobody who validates this block";
        case MessageError::wrong_number:
            return "of another block number";
        case MessageError::wrong_parent:
            return "of a block that is not on the head";
        case MessageError::wrong_proposer:
            return "not from the proposer of its round";
        case MessageError::wrong_beneficiary:
            return "a fresh block whose beneficiary is not its proposer";
        case MessageError::unexpected_proof:
            return "a justification that the round does not ask for";
        case MessageError::too_few_round_changes:
            return "round changes of fewer validators than a quorum";
        case MessageError::prepared_too_late:
            return "prepared in the round it goes to, or later";
        case MessageError::too_few_prepares:
            return "prepares of fewer validators than a quorum";
        case MessageError::not_the_highest:
            return "not the block of the highest prepared claim";
        case MessageError::too_far_ahead:
            return "a fresh block from the future";
        case MessageError::too_far_behind:
            return "a fresh block that is dated back";
    }
    return "";
}

std::expected<vm::Address, MessageError> author_of(const Message& message, const HeightRules& rules,
                                                   const Signatures& signatures) {
    if (const auto view = view_of(message); view && view->number != rules.number)
        return std::unexpected(MessageError::wrong_number);
    return validator(signed_digest(message, rules.domain), signature_of(message), rules, signatures);
}

std::expected<vm::Address, MessageError> verify_round_change(const RoundChange& message, const HeightRules& rules,
                                                             const Signatures& signatures) {
    const auto author = author_of(message, rules, signatures);
    if (!author) return author;
    const auto& prepared = message.claim.prepared;
    if (!prepared) return author;
    if (prepared->round >= message.round) return std::unexpected(MessageError::prepared_too_late);
    // A decoded message has its certificate, of the claim's hash; one that was made otherwise is judged here.
    if (!message.certificate || vm::header_hash(message.certificate->header) != prepared->hash)
        return std::unexpected(MessageError::not_the_highest);
    if (!is_on_parent(message.certificate->header, rules)) return std::unexpected(MessageError::wrong_parent);
    const VoteSubject subject{rules.number, prepared->round, prepared->hash};
    if (auto proof = verify_prepares(message.certificate->prepares, subject, rules, signatures); !proof)
        return std::unexpected(proof.error());
    return author;
}

std::expected<void, MessageError> verify_prepares(const std::vector<Seal>& prepares, const VoteSubject& subject,
                                                  const HeightRules& rules, const Signatures& signatures) {
    const auto digest = vote_digest(MessageCode::prepare, rules.domain, subject);
    std::set<vm::Address> authors;
    for (const auto& seal : prepares) {
        const auto author = validator(digest, seal, rules, signatures);
        if (!author) return std::unexpected(author.error());
        authors.insert(*author);
    }
    if (authors.size() < quorum(rules.validators.size())) return std::unexpected(MessageError::too_few_prepares);
    return {};
}

std::expected<JustifiedProposal, MessageError> verify_proposal(const Proposal& message, const HeightRules& rules,
                                                               const Signatures& signatures) {
    const auto author = author_of(message, rules, signatures);
    if (!author) return std::unexpected(author.error());
    if (*author != proposer(rules.validators, rules.parent_beneficiary, message.round))
        return std::unexpected(MessageError::wrong_proposer);
    if (!is_on_parent(message.header, rules)) return std::unexpected(MessageError::wrong_parent);

    JustifiedProposal justified{*author, vm::header_hash(message.header), true};
    if (message.round == 0) {
        if (!message.round_changes.empty()) return std::unexpected(MessageError::unexpected_proof);
    } else {
        const auto highest = highest_prepared(message, justified.hash, rules, signatures);
        if (!highest) return std::unexpected(highest.error());
        if (*highest) {
            // Not judged again: PREPARE means fully executed and valid.
            justified.fresh = false;
            if ((*highest)->hash != justified.hash) return std::unexpected(MessageError::not_the_highest);
            const VoteSubject subject{rules.number, (*highest)->round, justified.hash};
            if (auto proof = verify_prepares(message.prepares, subject, rules, signatures); !proof)
                return std::unexpected(proof.error());
            return justified;
        }
    }
    if (!message.prepares.empty()) return std::unexpected(MessageError::unexpected_proof);
    if (message.header.beneficiary != *author) return std::unexpected(MessageError::wrong_beneficiary);
    return justified;
}

std::expected<void, MessageError> verify_timestamp(vm::Timestamp timestamp, vm::Timestamp clock, std::uint64_t age_ms) {
    if (timestamp.seconds > clock.seconds && timestamp.seconds - clock.seconds > limits::timestamp_ahead_max)
        return std::unexpected(MessageError::too_far_ahead);
    // What lay here meanwhile is no fault of the proposer; a started second counts whole.
    const auto behind_max = limits::timestamp_behind_max + (age_ms + 999) / 1000;
    if (clock.seconds > timestamp.seconds && clock.seconds - timestamp.seconds > behind_max)
        return std::unexpected(MessageError::too_far_behind);
    return {};
}

}  // namespace talea::node
