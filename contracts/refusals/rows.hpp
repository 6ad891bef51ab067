#pragma once
#include <span>

#include "contracts/refusals/refusals.hpp"

namespace talea::contracts {

// The parts of the table, each beside its kind of contract.
std::span<const RefusalRow> token_rows();       ///< RestrictedToken, CashToken, roles, ERC-20
std::span<const RefusalRow> fund_rows();        ///< TreasuryFund, Calendar
std::span<const RefusalRow> collateral_rows();  ///< CollateralVault, PriceBook
std::span<const RefusalRow> settlement_rows();  ///< Settlement, Distribution, CustodyAccount
std::span<const RefusalRow> registry_rows();    ///< Policies' codes, then the registries' own errors

}  // namespace talea::contracts
