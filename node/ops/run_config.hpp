#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/p2p/transport.hpp"

namespace talea::node {

/// Who may ask this node, and how, where that is more than loopback.
struct RpcConfig {
    std::optional<std::string> listen;     ///< ADDRESS:PORT
    std::string jwt_secret;                ///< a file of 32 bytes in hexadecimal digits, shared with clients
    std::string tls_certificate, tls_key;  ///< files in PEM
    std::vector<std::string> hosts;        ///< names by which clients may call it
    std::vector<std::string> origins;      ///< sites whose pages may ask
};

/// What `talead run` is told, by its configuration file or its options, which go before the file.
struct RunConfig {
    std::string dir;            ///< data directory
    std::string key;            ///< the validator's key file; empty: the node follows
    std::string node_key;       ///< the key file of a node that follows, by which its peers know it
    std::string password_file;  ///< of either key, where it is under a password
    std::string signer;         ///< the socket of whoever holds the validator's secret; `key` was split then
    std::optional<std::uint16_t> rpc_port;
    RpcConfig rpc;
    std::optional<std::string> listen;  ///< ADDRESS:PORT for peers; without it the node only dials
    std::vector<PeerPlace> peers;
    std::optional<std::uint64_t> history_days;  ///< what is older goes (node/storage/history.hpp); 0: nothing does
};

/// A JSON object with the members above, under the names of the options: dir, key, node-key, password-file, signer,
/// rpc-port, rpc-listen, rpc-jwt-secret, rpc-tls-cert, rpc-tls-key, listen; peers, rpc-hosts, rpc-origins (lists of
/// texts); history ("all" or a number). Unknown members are errors. One sentence where it is wrong.
[[nodiscard]] std::expected<RunConfig, std::string> parse_run_config(std::string_view text);
/// `options` where they say something, `file` elsewhere; of lists, both.
[[nodiscard]] RunConfig merged(RunConfig file, RunConfig options);

/// "all" (0) or days, from 1 to `limits::history_days_max`.
[[nodiscard]] std::expected<std::uint64_t, std::string> parse_history(std::string_view text);
/// "0xADDRESS@HOST:PORT"; an IPv6 address in brackets.
[[nodiscard]] std::expected<PeerPlace, std::string> parse_peer(std::string_view text);
/// "HOST:PORT", of which the host goes without its brackets.
struct HostPort {
    std::string host;
    std::uint16_t port = 0;
};
[[nodiscard]] std::expected<HostPort, std::string> parse_host_port(std::string_view text);

}  // namespace talea::node
