#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/p2p/transport.hpp"

namespace talea::node {

/// What `talead run` is told, by its configuration file or its options, which go before the file.
struct RunConfig {
    std::string dir;       ///< data directory
    std::string key;       ///< the validator's key file; empty: the node follows
    std::string node_key;  ///< the key file of a node that follows, by which its peers know it
    std::optional<std::uint16_t> rpc_port;
    std::optional<std::string> listen;  ///< ADDRESS:PORT for peers; without it the node only dials
    std::vector<PeerPlace> peers;
};

/// A JSON object with the members above, under the names of the options: dir, key, node-key, rpc-port, listen, peers (a
/// list of texts). Unknown members are errors. One sentence where it is wrong.
[[nodiscard]] std::expected<RunConfig, std::string> parse_run_config(std::string_view text);
/// `options` where they say something, `file` elsewhere; the peers of both.
[[nodiscard]] RunConfig merged(RunConfig file, RunConfig options);

/// "0xADDRESS@HOST:PORT"; an IPv6 address in brackets.
[[nodiscard]] std::expected<PeerPlace, std::string> parse_peer(std::string_view text);
/// "HOST:PORT", of which the host goes without its brackets.
struct HostPort {
    std::string host;
    std::uint16_t port = 0;
};
[[nodiscard]] std::expected<HostPort, std::string> parse_host_port(std::string_view text);

}  // namespace talea::node
