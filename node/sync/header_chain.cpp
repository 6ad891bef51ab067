#include "node/sync/header_chain.hpp"

#include <utility>

#include "vm/chain/header_rules.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::node {

std::string_view to_string(HeaderChainError error) {
    switch (error) {
        case HeaderChainError::malformed_header:
            return "not the encoding of a header";
        case HeaderChainError::malformed_certificate:
            return "not the encoding of a certificate";
        case HeaderChainError::wrong_number:
            return "a header that is not the next one";
        case HeaderChainError::wrong_parent:
            return "a header on another parent";
        case HeaderChainError::wrong_timestamp:
            return "a header older than its parent";
        case HeaderChainError::wrong_instance:
            return "a certificate of another instance";
        case HeaderChainError::wrong_validators:
            return "a list of validators that the parent does not name";
        case HeaderChainError::not_certified:
            return "a header without the seals of a quorum";
    }
    return "";
}

HeaderChain::HeaderChain(const vm::Hash& genesis_hash, CertifiedHead head, std::vector<Checkpoint> checkpoints,
                         const Signatures& signatures)
    : genesis_hash_(genesis_hash),
      head_(std::move(head)),
      checkpoints_(std::move(checkpoints)),
      signatures_(&signatures) {}

std::expected<std::vector<vm::Address>, HeaderChainError> HeaderChain::validators_of_next(
    const Certificate& certificate) const {
    const auto& listed = certificate.validators;
    if (const auto* checkpoint = checkpoint_before(vm::next(head_.header.number), checkpoints_)) {
        // The recovery keys named them; the parent's extra data names those who are gone.
        if (checkpoint->hash != head_.hash) return std::unexpected(HeaderChainError::wrong_parent);
        if ((listed.empty() ? head_.validators : listed) != checkpoint->validators)
            return std::unexpected(HeaderChainError::wrong_validators);
        return checkpoint->validators;
    }
    auto validators = listed.empty() ? head_.validators : listed;
    if (!vm::equal(vm::view(vm::validators_hash(validators)), head_.header.extra_data))
        return std::unexpected(HeaderChainError::wrong_validators);
    return validators;
}

std::expected<CertifiedBlock, HeaderChainError> HeaderChain::extend(vm::BytesView encoded_header,
                                                                    vm::BytesView encoded_certificate) {
    auto header = vm::decode_header(encoded_header);
    if (!header) return std::unexpected(HeaderChainError::malformed_header);
    auto certificate = decode_certificate(encoded_certificate);
    if (!certificate) return std::unexpected(HeaderChainError::malformed_certificate);
    const auto number = vm::next(head_.header.number);
    if (header->number != number) return std::unexpected(HeaderChainError::wrong_number);
    if (header->parent_hash != head_.hash) return std::unexpected(HeaderChainError::wrong_parent);
    if (header->timestamp < head_.header.timestamp) return std::unexpected(HeaderChainError::wrong_timestamp);
    if (certificate->instance != instance_of(number, checkpoints_))
        return std::unexpected(HeaderChainError::wrong_instance);
    auto validators = validators_of_next(*certificate);
    if (!validators) return std::unexpected(validators.error());
    const auto hash = vm::keccak256(encoded_header);
    const SealedBlock block{.genesis_hash = genesis_hash_, .instance = 0, .number = number, .round = 0, .hash = hash};
    if (!verify_certificate(*certificate, block, *validators, *signatures_))
        return std::unexpected(HeaderChainError::not_certified);
    head_ = {*header, hash, std::move(*validators)};
    return CertifiedBlock{std::move(*header), hash, std::move(*certificate)};
}

}  // namespace talea::node
