#pragma once
#include "wallet/session/contract.hpp"
#include "wallet/session/submit.hpp"

namespace talea::wallet {

/// Carries out `order`, in which the contract it calls takes `amount` of the signer's `token`. Where it may not take so
/// much yet, the signer approves exactly `amount` first, in a transaction of its own; but only once the preview of
/// `order` finds nothing else against it and the signer has so much free. Nothing where --dry-run or --unsigned ended
/// it early.
[[nodiscard]] Result<std::optional<Outcome>> carry_out_with_allowance(Session& session, const Order& order,
                                                                      const TokenTerms& token, const vm::u256& amount);

}  // namespace talea::wallet
