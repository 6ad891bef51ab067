#pragma once
#include <string>
#include <vector>

#include "contracts/abi/value.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/session.hpp"

namespace talea::wallet {

/// An agreement's terms as its file has them and as CollateralVault.agree takes them.
struct CollateralTerms {
    vm::Address secured_party, pledgor, cash;
    std::vector<abi::Value> arguments;  ///< terms, schedule, buyers
};

/// Reads a file of terms. Addresses are names or hex, amounts decimals in cash, minutes "13:00", shares basis points; a
/// key that is not known is an error, one that is left out has the value that asks nothing.
[[nodiscard]] Result<CollateralTerms> read_terms_file(Session& session, const std::string& path);

/// What `termsOf` answered as such a file, names where there are any.
[[nodiscard]] Json terms_to_json(const Session& session, const std::vector<abi::Value>& answer);

}  // namespace talea::wallet
