#include "node/p2p/identity.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::node {
namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freed<Free>>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Certificate = Owned<X509, X509_free>;

constexpr std::uint8_t proof_version = 1;
/// Version, genesis hash, address, seal.
constexpr std::size_t proof_bytes = 1 + 32 + 20 + 65;
/// A transaction's signed bytes begin with its type, of which none is 't', or as an RLP list, and a vote's as a list:
/// so nothing else a node's key signs is taken for this.
constexpr std::string_view signing_prefix = "talea-node-tls:";

vm::Hash proof_digest(const vm::Hash& genesis_hash, vm::BytesView tls_key) {
    vm::Bytes signed_bytes(signing_prefix.begin(), signing_prefix.end());
    vm::append(signed_bytes, vm::view(genesis_hash));
    vm::append(signed_bytes, tls_key);
    return vm::keccak256(signed_bytes);
}

/// What `write` (an i2d function of OpenSSL) says of `object`.
template <class T, class Write>
vm::Bytes der_of(T* object, Write write) {
    const int size = write(object, nullptr);
    vm::check(size > 0, "OpenSSL encodes what it made or read");
    vm::Bytes der(static_cast<std::size_t>(size));
    auto* out = der.data();
    vm::check(write(object, &out) == size, "OpenSSL encodes what it made or read");
    return der;
}

vm::Bytes tls_key_of(X509* certificate) {
    return der_of(X509_get_X509_PUBKEY(certificate), i2d_X509_PUBKEY);
}

/// DER of an OCTET STRING, which X.509 wants inside an extension: its length is below 128.
vm::Bytes wrap(vm::BytesView proof) {
    vm::Bytes der{0x04, static_cast<std::uint8_t>(proof.size())};
    vm::append(der, proof);
    return der;
}

Owned<ASN1_OBJECT, ASN1_OBJECT_free> extension_name() {
    return Owned<ASN1_OBJECT, ASN1_OBJECT_free>(OBJ_txt2obj(identity_extension_oid, 1));
}

void add_proof(X509* certificate, vm::BytesView proof) {
    const auto der = wrap(proof);
    const Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> data(ASN1_OCTET_STRING_new());
    const auto name = extension_name();
    vm::check(data && name && ASN1_OCTET_STRING_set(data.get(), der.data(), static_cast<int>(der.size())) == 1,
              "an extension has a name and content");
    // Critical, so that who does not know it refuses the certificate instead of trusting a stranger.
    const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
        X509_EXTENSION_create_by_OBJ(nullptr, name.get(), 1, data.get()));
    vm::check(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "a certificate takes its extension");
}

bool is_p256(const EVP_PKEY* key) {
    std::array<char, 32> group{};
    std::size_t size = 0;
    return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
           EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 &&
           std::string_view(group.data(), size) == "prime256v1";
}

/// What our extension holds; nothing where there is not exactly one.
std::expected<vm::Bytes, IdentityError> proof_in(const X509* certificate) {
    const auto name = extension_name();
    vm::check(name != nullptr, "the extension has a name");
    const ASN1_OCTET_STRING* found = nullptr;
    for (int i = 0; i < X509_get_ext_count(certificate); ++i) {
        auto* extension = X509_get_ext(certificate, i);
        if (OBJ_cmp(X509_EXTENSION_get_object(extension), name.get()) == 0) {
            if (found != nullptr) return std::unexpected(IdentityError::no_proof);
            found = X509_EXTENSION_get_data(extension);
        } else if (X509_EXTENSION_get_critical(extension) == 1) {
            return std::unexpected(IdentityError::unknown_demand);
        }
    }
    if (found == nullptr) return std::unexpected(IdentityError::no_proof);
    const vm::BytesView der(ASN1_STRING_get0_data(found), static_cast<std::size_t>(ASN1_STRING_length(found)));
    if (der.size() != 2 + proof_bytes || der[0] != 0x04 || der[1] != proof_bytes || der[2] != proof_version)
        return std::unexpected(IdentityError::no_proof);
    return vm::to_bytes(der.subspan(2));
}

}  // namespace

std::string_view to_string(IdentityError error) {
    switch (error) {
        case IdentityError::no_certificate:
            return "it did not show exactly one certificate";
        case IdentityError::unreadable:
            return "its certificate is not readable";
        case IdentityError::wrong_key_type:
            return "its certificate is not for a key of P-256";
        case IdentityError::not_self_signed:
            return "its certificate is not signed with its own key";
        case IdentityError::unknown_demand:
            return "its certificate has a critical extension that this release does not know";
        case IdentityError::no_proof:
            return "its certificate does not say which node it speaks for";
        case IdentityError::other_chain:
            return "it is a node of another chain (its genesis hash differs)";
        case IdentityError::wrong_signature:
            return "the node it claims to be did not sign its certificate";
    }
    return "";
}

std::optional<vm::Bytes> identity_proof(const Signer& node, const vm::Hash& genesis_hash, vm::BytesView tls_key) {
    const auto seal = node.try_sign(proof_digest(genesis_hash, tls_key));
    if (!seal) return std::nullopt;
    vm::Bytes proof{proof_version};
    vm::append(proof, vm::view(genesis_hash));
    vm::append(proof, vm::view(node.address()));
    vm::append(proof, *seal);
    return proof;
}

std::optional<TlsIdentity> make_tls_identity(const Signer& node, const vm::Hash& genesis_hash) {
    bool is_signed = false;
    auto identity = make_tls_identity([&](vm::BytesView tls_key) {
        auto proof = identity_proof(node, genesis_hash, tls_key);
        is_signed = proof.has_value();
        return std::move(proof).value_or(vm::Bytes{});
    });
    return is_signed ? std::optional(std::move(identity)) : std::nullopt;
}

TlsIdentity make_tls_identity(const std::function<vm::Bytes(vm::BytesView tls_key)>& prove) {
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate(X509_new());
    vm::check(key && certificate, "OpenSSL makes keys and certificates");
    auto* made = certificate.get();
    auto* name = X509_get_subject_name(made);
    const auto* common_name = reinterpret_cast<const unsigned char*>("talea");
    // RFC 5280, 4.1.2.5: the date that says "for ever". Nothing of ours reads it.
    const bool is_filled = X509_set_version(made, X509_VERSION_3) == 1 &&
                           ASN1_INTEGER_set(X509_get_serialNumber(made), 1) == 1 &&
                           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1 &&
                           X509_set_issuer_name(made, name) == 1 &&
                           ASN1_TIME_set_string_X509(X509_getm_notBefore(made), "20200101000000Z") == 1 &&
                           ASN1_TIME_set_string_X509(X509_getm_notAfter(made), "99991231235959Z") == 1 &&
                           X509_set_pubkey(made, key.get()) == 1;
    vm::check(is_filled, "OpenSSL fills in a certificate");
    add_proof(made, prove(tls_key_of(made)));
    vm::check(X509_sign(made, key.get(), EVP_sha256()) > 0, "a P-256 key signs");
    return {der_of(made, i2d_X509), der_of(key.get(), i2d_PrivateKey)};
}

std::expected<vm::Address, IdentityError> node_of_certificate(vm::BytesView der, const vm::Hash& genesis_hash) {
    const auto* in = der.data();
    const Certificate certificate(d2i_X509(nullptr, &in, static_cast<long>(der.size())));
    if (!certificate || in != der.data() + der.size()) return std::unexpected(IdentityError::unreadable);
    auto* key = X509_get0_pubkey(certificate.get());
    if (key == nullptr || !is_p256(key)) return std::unexpected(IdentityError::wrong_key_type);
    const auto proof = proof_in(certificate.get());
    if (!proof) return std::unexpected(proof.error());
    const vm::BytesView fields = *proof;
    if (!vm::equal(fields.subspan(1, 32), vm::view(genesis_hash))) return std::unexpected(IdentityError::other_chain);
    vm::Address claimed;
    std::ranges::copy(fields.subspan(33, 20), claimed.bytes.begin());
    Seal seal;
    std::ranges::copy(fields.subspan(53), seal.begin());
    if (plain_signatures().signer(proof_digest(genesis_hash, tls_key_of(certificate.get())), seal) != claimed)
        return std::unexpected(IdentityError::wrong_signature);
    if (X509_verify(certificate.get(), key) != 1) return std::unexpected(IdentityError::not_self_signed);
    return claimed;
}

}  // namespace talea::node
