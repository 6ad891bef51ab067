#include "node/consensus/certificate.hpp"

#include <algorithm>
#include <set>

#include "vm/rlp/decode.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::node {
namespace rlp = vm::rlp;

namespace {

constexpr std::size_t validators_max = 100;  // DESIGN 7

rlp::Result<Certificate> read(vm::BytesView encoded) {
    rlp::Reader reader(encoded);
    auto list = reader.list();
    if (!list) return std::unexpected(list.error());
    if (auto end = reader.end(); !end) return std::unexpected(end.error());
    Certificate certificate;
    auto instance = list->u64();
    if (!instance) return std::unexpected(instance.error());
    certificate.instance = *instance;
    auto round = list->u64();
    if (!round) return std::unexpected(round.error());
    certificate.round = *round;
    auto seals = list->list();
    if (!seals) return std::unexpected(seals.error());
    while (!seals->at_end()) {
        auto seal = seals->string();
        if (!seal) return std::unexpected(seal.error());
        if (seal->size() != std::tuple_size_v<Seal> || certificate.seals.size() == validators_max)
            return std::unexpected(rlp::Error::wrong_length);
        std::ranges::copy(*seal, certificate.seals.emplace_back().begin());
    }
    auto validators = list->list();
    if (!validators) return std::unexpected(validators.error());
    while (!validators->at_end()) {
        auto validator = validators->address();
        if (!validator) return std::unexpected(validator.error());
        if (certificate.validators.size() == validators_max) return std::unexpected(rlp::Error::wrong_length);
        certificate.validators.push_back(*validator);
    }
    if (auto end = list->end(); !end) return std::unexpected(end.error());
    return certificate;
}

}  // namespace

vm::Hash seal_digest(const SealedBlock& block) {
    return vote_digest(MessageCode::commit, {block.genesis_hash, block.instance},
                       {block.number, block.round, block.hash});
}

Seal make_seal(const vm::PrivateKey& key, const SealedBlock& block) {
    return make_seal(key, seal_digest(block));
}

void encode_seals(vm::Bytes& out, std::span<const Seal> seals) {
    rlp::List list(out);
    for (const Seal& seal : seals) rlp::encode(out, vm::BytesView(seal));
}

vm::Bytes encode_certificate(const Certificate& certificate) {
    vm::Bytes out;
    rlp::List list(out);
    rlp::encode(out, certificate.instance);
    rlp::encode(out, certificate.round);
    encode_seals(out, certificate.seals);
    rlp::List validators(out);
    for (const auto& validator : certificate.validators) rlp::encode(out, validator);
    validators.close();
    list.close();
    return out;
}

std::string_view to_string(CertificateError error) {
    switch (error) {
        case CertificateError::malformed:
            return "not the encoding of a certificate";
        case CertificateError::too_few_seals:
            return "fewer seals than a quorum";
        case CertificateError::bad_seal:
            return "a seal that is no valid signature";
        case CertificateError::not_a_validator:
            return "a seal of somebody who is no validator";
        case CertificateError::wrong_validators:
            return "a list of validators that the parent does not name";
    }
    return "";
}

std::expected<Certificate, CertificateError> decode_certificate(vm::BytesView encoded) {
    auto certificate = read(encoded);
    if (!certificate) return std::unexpected(CertificateError::malformed);
    return std::move(*certificate);
}

std::expected<void, CertificateError> verify_certificate(const Certificate& certificate, SealedBlock block,
                                                         std::span<const vm::Address> validators,
                                                         const Signatures& signatures) {
    block.instance = certificate.instance;
    block.round = certificate.round;
    const auto digest = seal_digest(block);
    std::set<vm::Address> signers;
    for (const auto& seal : certificate.seals) {
        const auto signer = signatures.signer(digest, seal);
        if (!signer) return std::unexpected(CertificateError::bad_seal);
        if (!std::ranges::binary_search(validators, *signer)) return std::unexpected(CertificateError::not_a_validator);
        signers.insert(*signer);
    }
    if (signers.size() < quorum(validators.size())) return std::unexpected(CertificateError::too_few_seals);
    return {};
}

}  // namespace talea::node
