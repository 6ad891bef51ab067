#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/account.hpp"
#include "bench/load/administrator.hpp"

namespace talea::load {

/// What is moved.
enum class TokenKind : std::uint8_t {
    restricted,  ///< RestrictedToken under a policy of four rules (known, countries, categories, holders); Talea alone
    erc3643,     ///< the published T-REX contracts: proxies, an OnchainID a holder, a claim, two compliance modules
    plain,       ///< an ordinary ERC-20 (tests/bench/execution/PlainToken.sol)
};

/// Units that each holder begins with.
inline constexpr std::uint64_t units_at_first = 1'000'000'000'000;
/// Gas that a transfer of any of them may take.
inline constexpr std::uint64_t transfer_gas = 500'000;

/// Makes the token with all its holders known and in possession of `units_at_first`, each allowed to transact.
/// `packages` is the folder node_modules with the published contracts. Returns where the token is.
[[nodiscard]] vm::Address deploy_token(TokenKind kind, Rpc& rpc, Administrator& administrator,
                                       const std::vector<Account>& holders, const std::string& packages);

/// transfer(to, amount) and balanceOf(of), which all of them understand.
[[nodiscard]] vm::Bytes transfer_data(const vm::Address& to, std::uint64_t amount);
[[nodiscard]] vm::Bytes balance_data(const vm::Address& of);

}  // namespace talea::load
