#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "vm/base/bytes.hpp"
#include "vm/base/numbers.hpp"
#include "vm/crypto/secp256k1.hpp"

/// What validators sign, and how signatures are made and judged. Every digest covers the chain and the instance, so
/// that a vote for one network, or from before a recovery, is a stranger's signature everywhere else (node/CHAIN.md).
namespace talea::node {

/// r, s (32 bytes each, big-endian), y parity.
using Seal = std::array<std::uint8_t, 65>;

/// What a signature is for; numbers as in the wire's frames.
enum class MessageCode : std::uint8_t {
    proposal = 0x12,
    prepare = 0x13,
    commit = 0x14,
    round_change = 0x15,
    height_query = 0x16,
    height_claim = 0x17,
    checkpoint = 0x18,
};

/// A chain and how often it was recovered (DESIGN 7): the domain of all signatures.
struct SigningDomain {
    vm::Hash genesis_hash;
    std::uint64_t instance = 0;
    friend bool operator==(const SigningDomain&, const SigningDomain&) = default;
};
/// keccak(genesis hash ++ instance as 8 bytes, big-endian).
[[nodiscard]] vm::Hash domain_hash(const SigningDomain& domain);

/// A block in a round: what PREPARE, COMMIT and, with more, PROPOSAL name.
struct VoteSubject {
    vm::BlockNumber number;
    std::uint64_t round = 0;
    vm::Hash hash;  ///< of the block; free of the round
    friend bool operator==(const VoteSubject&, const VoteSubject&) = default;
};
/// keccak(rlp([code, domain, number, round, hash])), of PREPARE and COMMIT.
[[nodiscard]] vm::Hash vote_digest(MessageCode code, const SigningDomain& domain, const VoteSubject& subject);

/// Whose signature `seal` is. A simulator remembers the answers; everybody else takes `plain_signatures`.
class Signatures {
  public:
    virtual ~Signatures() = default;
    /// Nothing for what is no signature, and for high s: of two forms of one signature only the lower counts.
    [[nodiscard]] virtual std::optional<vm::Address> signer(const vm::Hash& digest, const Seal& seal) const = 0;
};
/// Recovers each time. Stateless, from any thread.
[[nodiscard]] const Signatures& plain_signatures();

/// A validator's key, wherever it is held. Deterministic: the same digest gives the same seal.
class Signer {
  public:
    virtual ~Signer() = default;
    [[nodiscard]] virtual vm::Address address() const = 0;
    /// Nothing where it cannot now; it may later. Returns within the time of a round's first timeout.
    [[nodiscard]] virtual std::optional<Seal> try_sign(const vm::Hash& digest) const = 0;
};
/// A key in this process's memory. It must be valid.
class KeySigner final : public Signer {
  public:
    explicit KeySigner(const vm::PrivateKey& key) : key_(key), address_(vm::address_of(key)) {}
    [[nodiscard]] vm::Address address() const override { return address_; }
    [[nodiscard]] std::optional<Seal> try_sign(const vm::Hash& digest) const override { return sign(digest); }
    [[nodiscard]] Seal sign(const vm::Hash& digest) const;

  private:
    vm::PrivateKey key_;
    vm::Address address_;
};
[[nodiscard]] Seal make_seal(const vm::PrivateKey& key, const vm::Hash& digest);

}  // namespace talea::node
