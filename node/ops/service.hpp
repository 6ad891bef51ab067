#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "node/base/stop.hpp"
#include "node/ops/directory.hpp"
#include "node/ops/run_config.hpp"
#include "node/rpc/access.hpp"

namespace talea::node {

struct ServiceOptions {
    Directory directory;
    std::string rpc_address = "127.0.0.1";
    std::uint16_t rpc_port = 8545;
    AccessRules rpc_access = {};
    std::string rpc_tls_certificate = {}, rpc_tls_key = {};
    std::shared_ptr<const Signer> validator;  ///< null: a node that follows
    std::shared_ptr<VoteJournal> journal;     ///< the validator's
    /// By which peers know a node that is no validator.
    std::optional<vm::PrivateKey> node = {};
    /// Where peers may dial this node; without, it only dials.
    std::optional<HostPort> listen = {};
    std::vector<PeerPlace> peers = {};
    std::uint64_t history_days = 0;  ///< 0: all
};

/// Runs a node until SIGINT or SIGTERM: chain, peers, JSON-RPC. `ready` is called once requests are answered, with
/// the URL. Failures are printed, one sentence each.
[[nodiscard]] ExitCode run_service(const vm::Genesis& genesis, const ServiceOptions& options,
                                   const std::function<void(const Chain&, const std::string& url)>& ready);

}  // namespace talea::node
