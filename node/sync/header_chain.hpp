#pragma once
#include <cstdint>
#include <expected>
#include <string_view>
#include <vector>

#include "node/consensus/certificate.hpp"
#include "node/consensus/recovery.hpp"
#include "vm/chain/block.hpp"

namespace talea::node {

/// A block whose finality is proved, as far as the next one's proof needs it.
struct CertifiedHead {
    vm::Header header;
    vm::Hash hash;
    std::vector<vm::Address> validators;  ///< of this block, ascending; empty for genesis
};

/// A header with the proof that it is final.
struct CertifiedBlock {
    vm::Header header;
    vm::Hash hash;
    Certificate certificate;
};

/// Why a header does not continue a chain.
enum class HeaderChainError : std::uint8_t {
    malformed_header,
    malformed_certificate,
    wrong_number,
    wrong_parent,
    wrong_timestamp,   ///< smaller than the parent's
    wrong_instance,    ///< not the one its number has by the checkpoints
    wrong_validators,  ///< the list is not the one that the parent's extra data, or the checkpoint, names
    not_certified,     ///< too few, bad or foreign seals
};
[[nodiscard]] std::string_view to_string(HeaderChainError error);

/// Headers proved one after another from a head that is trusted: each by its parent's hash and by a quorum of the
/// validators whom the parent's extra data names. Needs no state and no body (node/CHAIN.md, "Verifying a chain", step
/// 2).
class HeaderChain {
  public:
    /// `checkpoints` ascend; `signatures` must outlive this.
    HeaderChain(const vm::Hash& genesis_hash, CertifiedHead head, std::vector<Checkpoint> checkpoints = {},
                const Signatures& signatures = plain_signatures());

    [[nodiscard]] const CertifiedHead& head() const { return head_; }
    /// Another head is trusted: consensus finalised it, or it was proved before.
    void reset(CertifiedHead head) { head_ = std::move(head); }
    void add_checkpoint(Checkpoint checkpoint) { checkpoints_.push_back(std::move(checkpoint)); }

    /// The block after the head, as it stands on the wire. On success it is the head; else nothing changes. Costs a
    /// signature recovery a seal.
    [[nodiscard]] std::expected<CertifiedBlock, HeaderChainError> extend(vm::BytesView header,
                                                                         vm::BytesView certificate);

  private:
    [[nodiscard]] std::expected<std::vector<vm::Address>, HeaderChainError> validators_of_next(
        const Certificate& certificate) const;

    vm::Hash genesis_hash_;
    CertifiedHead head_;
    std::vector<Checkpoint> checkpoints_;
    const Signatures* signatures_;
};

}  // namespace talea::node
