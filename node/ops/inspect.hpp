#pragma once
#include <optional>
#include <string>
#include <vector>

#include "node/base/stop.hpp"
#include "node/ops/directory.hpp"

namespace talea::node {

/// What `talead inspect` prints, read from a data directory that no node uses at the moment. `at` is a block number or
/// "latest". Data goes to stdout, one `name value` a line.
[[nodiscard]] ExitCode inspect_block(const Directory& directory, const std::string& at);
[[nodiscard]] ExitCode inspect_account(const Directory& directory, const std::string& address, const std::string& at);
[[nodiscard]] ExitCode inspect_storage(const Directory& directory, const std::string& address, const std::string& slot,
                                       const std::string& at);
/// Settings, validators, and how many administrators, identities and policies there are; an account's roles are in
/// `inspect account`.
[[nodiscard]] ExitCode inspect_registries(const Directory& directory, const std::string& at);

/// `talead prove`: one JSON object on stdout with the block's header and certificate as their bytes, and, as
/// eth_getProof (EIP-1186) gives them, the nodes from its state root to an account and to slots of it. Of any block:
/// the state's tries are made anew from the history where what changed since is no longer kept.
[[nodiscard]] ExitCode prove_account(const Directory& directory, const std::string& address,
                                     const std::vector<std::string>& slots, const std::string& at);

}  // namespace talea::node
