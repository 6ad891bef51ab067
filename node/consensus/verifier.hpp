#pragma once
#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "node/consensus/message.hpp"

/// The one judge of consensus messages: signatures, prepared certificates, justifications. Seals of certificates are
/// judged beside it (certificate.hpp). Nothing here keeps state; distinct signers are counted, never entries.
namespace talea::node {

/// What a height's messages are held against.
struct HeightRules {
    SigningDomain domain;
    vm::BlockNumber number;
    std::vector<vm::Address> validators;  ///< of this block, ascending
    vm::Hash parent_hash;
    vm::Address parent_beneficiary;
};

enum class MessageError : std::uint8_t {
    bad_signature,          ///< recovers to nobody
    not_a_validator,        ///< recovers to somebody else (another chain's or instance's votes too)
    wrong_number,           ///< of another block number
    wrong_parent,           ///< a header that is not on the parent, or not of its number
    wrong_proposer,         ///< not the proposer of its round
    wrong_beneficiary,      ///< a fresh block that names another than its proposer
    unexpected_proof,       ///< justification in round 0, or PREPAREs where no round change is prepared
    too_few_round_changes,  ///< not those of a quorum of distinct validators
    prepared_too_late,      ///< a claim prepared in its own round or later
    too_few_prepares,       ///< not those of a quorum of distinct validators
    not_the_highest,        ///< the block is not the one of the highest prepared claim
    too_far_ahead,          ///< a fresh block's timestamp, against the chain clock
    too_far_behind,         ///< the same
};
[[nodiscard]] std::string_view to_string(MessageError error);

/// The author of a message of this height, its own signature alone being judged.
[[nodiscard]] std::expected<vm::Address, MessageError> author_of(const Message& message, const HeightRules& rules,
                                                                 const Signatures& signatures);

/// `validRoundChange`: claim and certificate. Yields the author.
[[nodiscard]] std::expected<vm::Address, MessageError> verify_round_change(const RoundChange& message,
                                                                           const HeightRules& rules,
                                                                           const Signatures& signatures);

/// `isProposalJustification`, with author and header. Fresh: no claim is prepared, so the block is its proposer's own
/// and its timestamp is to be held against the clock (`verify_timestamp`). Otherwise it is a re-proposal, whose
/// beneficiary and timestamp stay.
struct JustifiedProposal {
    vm::Address author;
    vm::Hash hash;  ///< of the header
    bool fresh = false;
};
[[nodiscard]] std::expected<JustifiedProposal, MessageError> verify_proposal(const Proposal& message,
                                                                             const HeightRules& rules,
                                                                             const Signatures& signatures);

/// A quorum of PREPAREs over `subject`, by distinct validators.
[[nodiscard]] std::expected<void, MessageError> verify_prepares(const std::vector<Seal>& prepares,
                                                                const VoteSubject& subject, const HeightRules& rules,
                                                                const Signatures& signatures);

namespace limits {
/// A fresh proposal's timestamp against the chain clock when it arrives (DESIGN 4), in seconds.
inline constexpr std::uint64_t timestamp_ahead_max = 2;
inline constexpr std::uint64_t timestamp_behind_max = 5;
}  // namespace limits
/// Whether a fresh proposal that came `age_ms` ago may be prepared, the chain clock being `clock` now.
[[nodiscard]] std::expected<void, MessageError> verify_timestamp(vm::Timestamp timestamp, vm::Timestamp clock,
                                                                 std::uint64_t age_ms);

}  // namespace talea::node
