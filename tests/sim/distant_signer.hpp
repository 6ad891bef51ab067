#pragma once
#include "node/consensus/signing.hpp"
#include "sim/random.hpp"

namespace talea::sim {

/// A key that is held elsewhere (`talead signer`): now and then nobody answers, until `stays`.
class DistantSigner final : public node::Signer {
  public:
    /// `key` must outlive this.
    DistantSigner(const node::KeySigner& key, Random random, std::uint64_t away_ppm)
        : key_(key), random_(random), away_ppm_(away_ppm) {}
    [[nodiscard]] vm::Address address() const override { return key_.address(); }
    [[nodiscard]] std::optional<node::Seal> try_sign(const vm::Hash& digest) const override {
        if (random_.chance(away_ppm_)) return std::nullopt;
        return key_.sign(digest);
    }
    void stays() { away_ppm_ = 0; }

  private:
    const node::KeySigner& key_;
    mutable Random random_;
    std::uint64_t away_ppm_;  ///< of signatures asked for
};

}  // namespace talea::sim
