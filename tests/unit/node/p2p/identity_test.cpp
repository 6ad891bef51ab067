#include "node/p2p/identity.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "unit/node/keys.hpp"
#include "unit/random.hpp"

namespace talea::tests {
namespace {

using node::IdentityError;
using node::KeySigner;

vm::Hash chain(std::uint8_t index) {
    vm::Hash made;
    made.bytes.fill(index);
    return made;
}
const KeySigner alice(key(1)), mallory(key(2));

TEST_CASE("a certificate speaks for the node that signed its key, on its chain alone") {
    const auto identity = node::make_tls_identity(alice, chain(1)).value();
    CHECK(node::node_of_certificate(identity.certificate, chain(1)) == alice.address());
    CHECK(node::node_of_certificate(identity.certificate, chain(2)).error() == IdentityError::other_chain);
    CHECK(node::make_tls_identity(alice, chain(1))->certificate != identity.certificate);  // each process has its own
}

TEST_CASE("a proof for another TLS key, or by another node, is refused") {
    SUBCASE("taken from the node's own certificate") {
        vm::Bytes stolen;
        static_cast<void>(node::make_tls_identity(
            [&](vm::BytesView tls_key) { return stolen = node::identity_proof(alice, chain(1), tls_key).value(); }));
        const auto forged = node::make_tls_identity([&](vm::BytesView) { return stolen; });
        CHECK(node::node_of_certificate(forged.certificate, chain(1)).error() == IdentityError::wrong_signature);
    }
    SUBCASE("signed with another key than the one it names") {
        const auto forged = node::make_tls_identity([](vm::BytesView tls_key) {
            auto proof = node::identity_proof(mallory, chain(1), tls_key).value();
            std::ranges::copy(alice.address().bytes, proof.begin() + 33);
            return proof;
        });
        CHECK(node::node_of_certificate(forged.certificate, chain(1)).error() == IdentityError::wrong_signature);
    }
    SUBCASE("of another chain, whose genesis hash was exchanged") {
        const auto forged = node::make_tls_identity([](vm::BytesView tls_key) {
            auto proof = node::identity_proof(alice, chain(2), tls_key).value();
            std::ranges::copy(chain(1).bytes, proof.begin() + 1);
            return proof;
        });
        CHECK(node::node_of_certificate(forged.certificate, chain(1)).error() == IdentityError::wrong_signature);
    }
    SUBCASE("of a form that this release does not know") {
        for (const auto& proof : {vm::Bytes{}, vm::Bytes(117, 1), vm::Bytes(119, 1)}) {
            const auto odd = node::make_tls_identity([&](vm::BytesView) { return proof; });
            CHECK(node::node_of_certificate(odd.certificate, chain(1)).error() == IdentityError::no_proof);
        }
        const auto later = node::make_tls_identity([](vm::BytesView tls_key) {
            auto proof = node::identity_proof(alice, chain(1), tls_key).value();
            proof[0] = 2;
            return proof;
        });
        CHECK(node::node_of_certificate(later.certificate, chain(1)).error() == IdentityError::no_proof);
    }
}

TEST_CASE("a certificate with any byte changed, cut off or appended speaks for nobody") {
    const auto identity = node::make_tls_identity(alice, chain(1)).value();
    Random random;
    CAPTURE(random.seed);
    for (std::size_t i = 0; i < identity.certificate.size(); ++i) {
        auto changed = identity.certificate;
        changed[i] ^= static_cast<std::uint8_t>(1 + random.below(255));
        CAPTURE(i);
        CHECK(!node::node_of_certificate(changed, chain(1)).has_value());
        const auto cut = vm::BytesView(identity.certificate).first(i);
        CHECK(node::node_of_certificate(cut, chain(1)).error() == IdentityError::unreadable);
    }
    auto longer = identity.certificate;
    longer.push_back(0);
    CHECK(node::node_of_certificate(longer, chain(1)).error() == IdentityError::unreadable);
}

}  // namespace
}  // namespace talea::tests
