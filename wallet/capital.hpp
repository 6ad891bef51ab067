#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "vm/base/u256.hpp"

/// What trades that are agreed and not yet settled cost their parties: margin on what they owe, and cash and units that
/// lie ready for settlement.
namespace talea::wallet {

/// Units against cash, in the smallest units of both; amounts are below 2^96.
struct AgreedTrade {
    std::uint64_t agreed = 0;  ///< seconds since 1970
    std::string seller, buyer, token;
    vm::u256 units, cash;
};

/// Cash for units: ceil(units × price / scale), both below 2^96, the scale not 0.
struct Mark {
    vm::u256 price, scale;
};

/// How trades settle: each at a time of its own or together.
struct SettlementManner {
    bool netted = false;          ///< what settles at one time is netted by account and asset, else each trade counts
    std::uint64_t set_aside = 0;  ///< for so many seconds before they settle, what is owed is locked, too
    std::uint64_t margin_bps = 0;
};

/// In the smallest units of cash, rounded up.
struct CapitalUse {
    vm::u256 peak;               ///< the most that was bound at one time
    vm::u256 margin_value_days;  ///< Σ obligations × margin rate × days
    vm::u256 locked_value_days;  ///< Σ what was locked × days
    vm::u256 value_days;         ///< of both together
};

/// Sum over all accounts and over time of (obligations agreed and unsettled × margin rate + what is locked). A trade
/// is two obligations, the seller's units at their mark and the buyer's cash, from `agreed` until it settles; what is
/// never open for a second binds nothing. `settles[i]` is when trade i settles, not before it is agreed; every token
/// has a mark.
[[nodiscard]] CapitalUse capital_use(std::span<const AgreedTrade> trades, std::span<const std::uint64_t> settles,
                                     const SettlementManner& manner, const std::map<std::string, Mark>& marks);

}  // namespace talea::wallet
