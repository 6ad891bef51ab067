#include "node/consensus/certificate.hpp"

#include <algorithm>
#include <set>

#include "vm/crypto/keccak.hpp"
#include "vm/rlp/decode.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::node {
namespace rlp = vm::rlp;

namespace {

constexpr std::uint64_t commit_code = 0x14;  // notes/consensus 1
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
    vm::Bytes domain = vm::to_bytes(vm::view(block.genesis_hash));
    for (std::size_t i = 0; i < 8; ++i) domain.push_back(static_cast<std::uint8_t>(block.instance >> (56 - 8 * i)));
    vm::Bytes out;
    rlp::List list(out);
    rlp::encode(out, commit_code);
    rlp::encode(out, vm::keccak256(domain));
    rlp::encode(out, block.number.value);
    rlp::encode(out, block.round);
    rlp::encode(out, block.hash);
    list.close();
    return vm::keccak256(out);
}

Seal make_seal(const vm::PrivateKey& key, const SealedBlock& block) {
    const auto signature = vm::sign(key, seal_digest(block));
    Seal seal;
    std::ranges::copy(signature.r.to_be_bytes(), seal.begin());
    std::ranges::copy(signature.s.to_be_bytes(), seal.begin() + 32);
    seal[64] = signature.y_parity;
    return seal;
}

vm::Bytes encode_certificate(const Certificate& certificate) {
    vm::Bytes out;
    rlp::List list(out);
    rlp::encode(out, certificate.instance);
    rlp::encode(out, certificate.round);
    rlp::List seals(out);
    for (const auto& seal : certificate.seals) rlp::encode(out, vm::BytesView(seal));
    seals.close();
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
                                                         std::span<const vm::Address> validators) {
    block.instance = certificate.instance;
    block.round = certificate.round;
    const auto digest = seal_digest(block);
    std::set<vm::Address> signers;
    for (const auto& seal : certificate.seals) {
        const vm::BytesView bytes = seal;
        const vm::Signature signature{vm::u256::from_be_bytes(bytes.first(32)),
                                      vm::u256::from_be_bytes(bytes.subspan(32, 32)), bytes[64]};
        if (signature.s > vm::secp256k1_half_order || signature.y_parity > 1)
            return std::unexpected(CertificateError::bad_seal);
        const auto signer = vm::recover_address(digest, signature);
        if (!signer) return std::unexpected(CertificateError::bad_seal);
        if (!std::ranges::binary_search(validators, *signer)) return std::unexpected(CertificateError::not_a_validator);
        signers.insert(*signer);
    }
    if (signers.size() < quorum(validators.size())) return std::unexpected(CertificateError::too_few_seals);
    return {};
}

}  // namespace talea::node
