#pragma once
#include <expected>
#include <functional>
#include <optional>
#include <string_view>

#include "node/consensus/signing.hpp"
#include "vm/base/bytes.hpp"

/// Who a TLS connection is with. A node's identity is its secp256k1 key, which TLS 1.3 has no use for; so a node makes
/// a P-256 key for the process, certifies it itself, and its identity signs that key in an extension of the
/// certificate, for one chain (WIRE.md, "Handshake"). Names and dates in a certificate mean nothing: the key is the
/// identity.
namespace talea::node {

/// The extension's object identifier: a UUID's (ITU-T X.667), which needs nobody's register.
inline constexpr const char* identity_extension_oid = "2.25.113772601468513265319379714675909048776";

/// What a process shows of itself.
struct TlsIdentity {
    vm::Bytes certificate;  ///< DER
    vm::Bytes private_key;  ///< DER (SEC 1); never leaves the process
};
/// A fresh key, and its certificate for `node` on the chain of `genesis_hash`. Nothing where the signer cannot sign
/// now.
[[nodiscard]] std::optional<TlsIdentity> make_tls_identity(const Signer& node, const vm::Hash& genesis_hash);

/// What the extension holds for a TLS key, given as its DER SubjectPublicKeyInfo; nothing as above.
[[nodiscard]] std::optional<vm::Bytes> identity_proof(const Signer& node, const vm::Hash& genesis_hash,
                                                      vm::BytesView tls_key);
/// A certificate whose extension holds what `prove` says of the fresh key.
[[nodiscard]] TlsIdentity make_tls_identity(const std::function<vm::Bytes(vm::BytesView tls_key)>& prove);

enum class IdentityError : std::uint8_t {
    no_certificate,   ///< none, or more than one
    unreadable,       ///< not the DER of a certificate
    wrong_key_type,   ///< its key is not one of P-256
    not_self_signed,  ///< signed with another key than its own
    unknown_demand,   ///< a critical extension that is not ours
    no_proof,         ///< not exactly one extension of ours, of a form this release knows
    other_chain,      ///< for another genesis hash
    wrong_signature,  ///< the identity it names did not sign its key
};
[[nodiscard]] std::string_view to_string(IdentityError error);

/// Whose a certificate is, on the chain of `genesis_hash`. Holds for whoever proves the certificate's key, which TLS
/// does in the handshake. Costs two checks of signatures.
[[nodiscard]] std::expected<vm::Address, IdentityError> node_of_certificate(vm::BytesView der,
                                                                            const vm::Hash& genesis_hash);

}  // namespace talea::node
