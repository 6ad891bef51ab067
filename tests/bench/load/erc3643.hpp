#pragma once
#include <string>
#include <vector>

#include "bench/load/administrator.hpp"

namespace talea::load {

/// Deploys the published ERC-3643 contracts (T-REX and OnchainID, as their packages bring them compiled): registries,
/// compliance and token behind proxies of one implementation authority; one claim topic and one trusted issuer; modules
/// for allowed countries and the largest balance, each behind a proxy; an OnchainID with a claim for each holder. The
/// administrator owns everything and manages all identities.
[[nodiscard]] Contract deploy_erc3643(Administrator& administrator, const std::vector<Account>& holders,
                                      const std::string& packages);

}  // namespace talea::load
