#pragma once
#include <unordered_map>

#include "node/consensus/signing.hpp"

namespace talea::node {

/// Whose signatures the latest ones are, so that what gossip checked is not checked again by consensus, and a message
/// that comes over two ways costs one recovery. Bounded: two generations of `kept`. One thread.
class SignatureMemory final : public Signatures {
  public:
    /// Proofs of several rounds of a hundred validators.
    static constexpr std::size_t kept = 4'096;

    explicit SignatureMemory(const Signatures& judge) : judge_(judge) {}
    [[nodiscard]] std::optional<vm::Address> signer(const vm::Hash& digest, const Seal& seal) const override;

  private:
    struct Key {
        vm::Hash digest;
        Seal seal;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct Hasher {
        std::size_t operator()(const Key& key) const noexcept;
    };
    using Known = std::unordered_map<Key, std::optional<vm::Address>, Hasher>;

    const Signatures& judge_;
    mutable Known young_, old_;
};

}  // namespace talea::node
