#include "node/p2p/tls_context.hpp"

#include <openssl/ssl.h>

#include "vm/base/check.hpp"

namespace talea::node {
namespace {

/// The certificate message of a peer; ours has some 450 bytes.
constexpr long certificate_list_bytes_max = 4 * 1024;

int judged_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

JudgedNode judge(X509_STORE_CTX* store, const vm::Hash& genesis_hash) {
    const auto* shown = X509_STORE_CTX_get0_untrusted(store);
    auto* certificate = X509_STORE_CTX_get0_cert(store);
    if (certificate == nullptr || sk_X509_num(shown) != 1) return std::unexpected(IdentityError::no_certificate);
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    if (size <= 0) return std::unexpected(IdentityError::unreadable);
    auto node = node_of_certificate({der, static_cast<std::size_t>(size)}, genesis_hash);
    OPENSSL_free(der);
    return node;
}

/// In place of all checks of OpenSSL.
int verify(X509_STORE_CTX* store, void* genesis_hash) {
    auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto node = judge(store, *static_cast<const vm::Hash*>(genesis_hash));
    const bool holds = node.has_value();
    X509_STORE_CTX_set_error(store, holds ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
    if (auto* judged = static_cast<JudgedNode*>(SSL_get_ex_data(ssl, judged_index()))) *judged = node;
    return holds ? 1 : 0;
}

/// The protocol as ALPN writes it: its length before.
std::string protocol_list() {
    return static_cast<char>(wire_protocol.size()) + std::string(wire_protocol);
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned int in_size, void*) {
    static const std::string ours = protocol_list();
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(ours.data()),
                              static_cast<unsigned int>(ours.size()), in, in_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

ssl_ctx_st* make_tls_context(const TlsIdentity& identity, const vm::Hash& genesis_hash) {
    auto* context = SSL_CTX_new(TLS_method());
    vm::check(context != nullptr, "OpenSSL makes a context");
    const auto list = protocol_list();
    const bool is_set = SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
                        SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
                        SSL_CTX_use_certificate_ASN1(context, static_cast<int>(identity.certificate.size()),
                                                     identity.certificate.data()) == 1 &&
                        SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, context, identity.private_key.data(),
                                                    static_cast<long>(identity.private_key.size())) == 1 &&
                        SSL_CTX_set1_sigalgs_list(context, "ECDSA+SHA256") == 1 &&
                        SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1 &&
                        SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(list.data()),
                                                static_cast<unsigned int>(list.size())) == 0 &&
                        SSL_CTX_set_num_tickets(context, 0) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1;
    vm::check(is_set, "OpenSSL takes the settings of a context");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_cert_verify_callback(context, verify, const_cast<vm::Hash*>(&genesis_hash));
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_max_cert_list(context, certificate_list_bytes_max);
    return context;
}

void report_node(ssl_st* ssl, JudgedNode& judged) {
    vm::check(SSL_set_ex_data(ssl, judged_index(), &judged) == 1, "a connection remembers where its judgement goes");
}

bool was_resumed(const ssl_st* ssl) {
    return SSL_session_reused(ssl) != 0;
}

bool speaks_our_protocol(const ssl_st* ssl) {
    const unsigned char* chosen = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl, &chosen, &size);
    return size > 0 && std::string_view(reinterpret_cast<const char*>(chosen), size) == wire_protocol;
}

}  // namespace talea::node
