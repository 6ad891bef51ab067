#pragma once
#include <expected>

#include "node/p2p/identity.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace talea::node {

/// The protocol's name in the handshake (ALPN). A release that cannot speak to this one has another.
inline constexpr std::string_view wire_protocol = "talea/1";

/// OpenSSL's context for both roles: TLS 1.3 alone, a certificate from both sides, judged by `node_of_certificate` and
/// nothing else; no tickets, no cache, no early data, since a resumed session would skip that judgement. To be freed
/// with SSL_CTX_free (Asio's context does). `genesis_hash` must outlive it.
[[nodiscard]] ssl_ctx_st* make_tls_context(const TlsIdentity& identity, const vm::Hash& genesis_hash);

/// Where the judgement of `ssl`'s peer goes; must outlive `ssl`'s handshake.
using JudgedNode = std::expected<vm::Address, IdentityError>;
void report_node(ssl_st* ssl, JudgedNode& judged);
/// True where the handshake skipped the judgement, which must not happen.
[[nodiscard]] bool was_resumed(const ssl_st* ssl);
/// Both sides have agreed on `wire_protocol`.
[[nodiscard]] bool speaks_our_protocol(const ssl_st* ssl);

}  // namespace talea::node
