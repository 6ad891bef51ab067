#pragma once
#include <optional>
#include <string>

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

}  // namespace talea::node
