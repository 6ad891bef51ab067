#include "node/consensus/signing.hpp"

#include <algorithm>

#include "vm/crypto/keccak.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::node {
namespace rlp = vm::rlp;

vm::Hash domain_hash(const SigningDomain& domain) {
    vm::Bytes bytes = vm::to_bytes(vm::view(domain.genesis_hash));
    for (std::size_t i = 0; i < 8; ++i) bytes.push_back(static_cast<std::uint8_t>(domain.instance >> (56 - 8 * i)));
    return vm::keccak256(bytes);
}

vm::Hash vote_digest(MessageCode code, const SigningDomain& domain, const VoteSubject& subject) {
    vm::Bytes out;
    rlp::List list(out);
    rlp::encode(out, static_cast<std::uint64_t>(code));
    rlp::encode(out, domain_hash(domain));
    rlp::encode(out, subject.number.value);
    rlp::encode(out, subject.round);
    rlp::encode(out, subject.hash);
    list.close();
    return vm::keccak256(out);
}

namespace {

class PlainSignatures final : public Signatures {
  public:
    [[nodiscard]] std::optional<vm::Address> signer(const vm::Hash& digest, const Seal& seal) const override {
        const vm::BytesView bytes = seal;
        const vm::Signature signature{vm::u256::from_be_bytes(bytes.first(32)),
                                      vm::u256::from_be_bytes(bytes.subspan(32, 32)), bytes[64]};
        if (signature.s > vm::secp256k1_half_order || signature.y_parity > 1) return {};
        return vm::recover_address(digest, signature);
    }
};

}  // namespace

const Signatures& plain_signatures() {
    static const PlainSignatures plain;
    return plain;
}

Seal make_seal(const vm::PrivateKey& key, const vm::Hash& digest) {
    const auto signature = vm::sign(key, digest);
    Seal seal;
    std::ranges::copy(signature.r.to_be_bytes(), seal.begin());
    std::ranges::copy(signature.s.to_be_bytes(), seal.begin() + 32);
    seal[64] = signature.y_parity;
    return seal;
}

Seal KeySigner::sign(const vm::Hash& digest) const {
    return make_seal(key_, digest);
}

}  // namespace talea::node
