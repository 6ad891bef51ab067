#pragma once
#include <expected>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "node/base/limits.hpp"
#include "node/consensus/signing.hpp"
#include "vm/base/bytes.hpp"
#include "vm/base/numbers.hpp"
#include "vm/chain/block.hpp"

/// The messages of QBFT (names of the formal specification) and of rejoining, as values and as bytes.
///
/// No message names its author: the author is whoever the signature recovers to (verifier.hpp), so a claim and its
/// proof cannot differ. A message is known by (number, round, type, author), never by the connection it came on.
namespace talea::node {

/// PREPARE: the block is fully executed and valid. COMMIT: its author holds a durable lock; its signature is the seal
/// of a certificate.
struct Prepare {
    VoteSubject subject;
    Seal signature{};
    friend bool operator==(const Prepare&, const Prepare&) = default;
};
struct Commit {
    VoteSubject subject;
    Seal signature{};
    friend bool operator==(const Commit&, const Commit&) = default;
};

/// The lock that a round change carries: the round and the block its author is prepared on.
struct PreparedClaim {
    std::uint64_t round = 0;
    vm::Hash hash;
    friend bool operator==(const PreparedClaim&, const PreparedClaim&) = default;
};
/// A round change as it is signed, and as a proposal's justification embeds it. Its number and round are those of the
/// message around it.
struct RoundChangeClaim {
    std::optional<PreparedClaim> prepared;
    Seal signature{};
    friend bool operator==(const RoundChangeClaim&, const RoundChangeClaim&) = default;
};
/// Proof of a PreparedClaim: the header, and a quorum of PREPARE signatures over its hash in the claim's round.
struct PreparedCertificate {
    vm::Header header;
    std::vector<Seal> prepares;
    friend bool operator==(const PreparedCertificate&, const PreparedCertificate&) = default;
};
struct RoundChange {
    vm::BlockNumber number;
    std::uint64_t round = 0;  ///< the one its author goes to
    RoundChangeClaim claim;
    std::optional<PreparedCertificate> certificate;  ///< there exactly when the claim is prepared
    friend bool operator==(const RoundChange&, const RoundChange&) = default;
};

/// A block for a round: its header and the hashes of its transactions, which whoever lacks them fetches. Round 0 needs
/// no justification; a later round is justified by round changes of a quorum for exactly this round, and where any of
/// them is prepared, by the PREPAREs of the highest.
struct Proposal {
    std::uint64_t round = 0;
    vm::Header header;
    std::vector<vm::Hash> transactions;
    Seal signature{};
    std::vector<RoundChangeClaim> round_changes;
    std::vector<Seal> prepares;
    friend bool operator==(const Proposal&, const Proposal&) = default;
};

/// A validator in quarantine asks where the others are. `nonce` is drawn once a start, so that no old answer counts.
struct HeightQuery {
    std::uint64_t nonce = 0;
    Seal signature{};
    friend bool operator==(const HeightQuery&, const HeightQuery&) = default;
};
/// The answer: the height its author works on, signed for this query of this validator alone.
struct HeightClaim {
    vm::Address asker;
    std::uint64_t nonce = 0;
    vm::BlockNumber number;
    Seal signature{};
    friend bool operator==(const HeightClaim&, const HeightClaim&) = default;
};

using Message = std::variant<Proposal, Prepare, Commit, RoundChange, HeightQuery, HeightClaim>;

// What the signatures cover. PREPARE and COMMIT: vote_digest (signing.hpp).
/// keccak(rlp([0x12, domain, number, round, block hash, keccak of the transaction hashes in order])): a relay cannot
/// put other hashes under the proposer's signature.
[[nodiscard]] vm::Hash proposal_digest(const SigningDomain& domain, const VoteSubject& subject,
                                       const std::vector<vm::Hash>& transactions);
/// keccak(rlp([0x15, domain, number, round, [] or [prepared round, prepared hash]])).
[[nodiscard]] vm::Hash round_change_digest(const SigningDomain& domain, vm::BlockNumber number, std::uint64_t round,
                                           const std::optional<PreparedClaim>& prepared);
/// keccak(rlp([0x16, domain, nonce])).
[[nodiscard]] vm::Hash height_query_digest(const SigningDomain& domain, std::uint64_t nonce);
/// keccak(rlp([0x17, domain, asker, nonce, number])).
[[nodiscard]] vm::Hash height_claim_digest(const SigningDomain& domain, const HeightClaim& claim);

/// What the author of `message` signed, and the signature: known without saying who may have signed.
[[nodiscard]] vm::Hash signed_digest(const Message& message, const SigningDomain& domain);
[[nodiscard]] const Seal& signature_of(const Message& message);

/// The number and round a message belongs to; nothing for those of rejoining. A round change belongs to the round it
/// goes to.
struct View {
    vm::BlockNumber number;
    std::uint64_t round = 0;
    friend auto operator<=>(const View&, const View&) = default;
};
[[nodiscard]] std::optional<View> view_of(const Message& message);
[[nodiscard]] MessageCode code_of(const Message& message);

namespace limits {
/// Seals, claims and validators of one message (DESIGN 7).
inline constexpr std::size_t consensus_validators_max = 100;
/// Transactions of one proposal: what fits a block of 8 MiB when each takes at least 100 bytes, rounded down.
inline constexpr std::size_t proposal_transactions_max = 65'536;
/// A round no chain reaches: capped timers take ten years to it.
inline constexpr std::uint64_t round_max = 1ULL << 32;
// Hashes of 33 bytes each, claims and seals below 110 bytes, a header below 1 KiB.
static_assert(proposal_transactions_max * 33 + consensus_validators_max * (110 + 67) + 1024 <
              consensus_message_bytes_max);
}  // namespace limits

/// rlp([code, fields in the order of the structs above]); optional parts are empty lists where they are absent.
[[nodiscard]] vm::Bytes encode_message(const Message& message);

enum class MessageDecodeError : std::uint8_t {
    rlp,           ///< not the one encoding of a message
    too_large,     ///< above `consensus_message_bytes_max`
    unknown_code,  ///< no message of consensus
    too_many,      ///< more seals, claims or transactions than a message may have
    round,         ///< a round above `round_max`
    prepared,      ///< a claim without its certificate, a certificate without a claim, or one of another header
};
[[nodiscard]] std::string_view to_string(MessageDecodeError error);
/// Strict: what `encode_message` would not have written is refused. Checks no signature.
[[nodiscard]] std::expected<Message, MessageDecodeError> decode_message(vm::BytesView encoded);

}  // namespace talea::node
