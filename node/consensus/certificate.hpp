#pragma once
#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "node/consensus/signing.hpp"
#include "vm/base/bytes.hpp"
#include "vm/base/numbers.hpp"
#include "vm/chain/quorum.hpp"
#include "vm/crypto/secp256k1.hpp"

namespace talea::node {

using vm::quorum;

/// A block in a round on a chain: what a commit signature covers, so that seals of two rounds never add up.
struct SealedBlock {
    vm::Hash genesis_hash;
    std::uint64_t instance = 0;  ///< raised by a recovery, which voids all older votes
    vm::BlockNumber number;
    std::uint64_t round = 0;
    vm::Hash hash;
};
/// The vote digest of COMMIT (DESIGN 7).
[[nodiscard]] vm::Hash seal_digest(const SealedBlock& block);
[[nodiscard]] Seal make_seal(const vm::PrivateKey& key, const SealedBlock& block);

/// Proof that a quorum sealed a block in one round; it stands beside the block, whose hash says nothing of it.
struct Certificate {
    std::uint64_t instance = 0;
    std::uint64_t round = 0;
    std::vector<Seal> seals;
    /// The block's validators, ascending, where they are not its parent's (always at block 1); else empty. Their keccak
    /// is the parent's extra data.
    std::vector<vm::Address> validators;
    friend bool operator==(const Certificate&, const Certificate&) = default;
};
/// Appends the list of them, RLP.
void encode_seals(vm::Bytes& out, std::span<const Seal> seals);
/// rlp([instance, round, [seal, …], [validator, …]]).
[[nodiscard]] vm::Bytes encode_certificate(const Certificate& certificate);

enum class CertificateError : std::uint8_t {
    malformed,         ///< no encoding of a certificate
    too_few_seals,     ///< fewer than a quorum of distinct validators
    bad_seal,          ///< a seal from which no address recovers, or with high s
    not_a_validator,   ///< a seal of somebody else
    wrong_validators,  ///< the list is not the one the parent's extra data names
};
[[nodiscard]] std::string_view to_string(CertificateError error);
[[nodiscard]] std::expected<Certificate, CertificateError> decode_certificate(vm::BytesView encoded);

/// Whether `certificate` finalises `block` (whose round and instance are taken from the certificate) for `validators`.
/// Counts distinct signers, never entries.
[[nodiscard]] std::expected<void, CertificateError> verify_certificate(
    const Certificate& certificate, SealedBlock block, std::span<const vm::Address> validators,
    const Signatures& signatures = plain_signatures());

}  // namespace talea::node
