#include "contracts/refusals/rows.hpp"

namespace talea::contracts {
namespace {

// clang-format off
constexpr RefusalRow rows[] = {
    // code, name, error, who, detail,
    //     sentence,
    //     remedy
    {40, "WrongState", "WrongState(uint256,uint8)", -1, 0,
        "agreement {0:count} is {1:agreement}, which does not allow this",
        "see the agreement's state"},
    {41, "NotParty", "NotParty(uint256,address)", 1, 0,
        "{1:wallet} is not who may do this in agreement {0:count}",
        "send it from the party, agent or arbiter that the agreement names"},
    {42, "NotInSchedule", "NotInSchedule(uint256,address)", 1, 0,
        "{1:wallet} is no collateral that agreement {0:count} accepts for this",
        "name a token of the agreement's schedule"},
    {43, "NotEligible", "NotEligible(address,uint8,uint8,uint256)", 0, 3,
        "{0:wallet} fails the test of {1:eligibility}: {2:reason} ({3:count})",
        "ask the vault's eligibility for who and what would have to change"},
    {44, "PriceUnusable", "PriceUnusable(address,uint256)", 0, 1,
        "the price of {0:wallet}, of {1:day}, is too old, gated or missing",
        "have its source publish a price of today"},
    {45, "PriceDay", "PriceDay(address,uint256,uint256,uint256)", 0, 1,
        "a price of {0:wallet} for {1:day} is not above 0 and of an open day from {2:day} to {3:day}",
        "post the price of an open day that is not over and not before the last one"},
    {45, "PriceChanged", "PriceChanged(address,uint256,uint256)", 0, 1,
        "the price held for {0:wallet} is not the one you look at",
        "look at the price held now and approve that one"},
    {45, "OwnPrice", "OwnPrice(address)", 0, -1,
        "{0:wallet} posted this price and cannot give it its second look",
        "have another PRICE_APPROVER approve it"},
    {46, "BelowMinimumTransfer", "BelowMinimumTransfer(uint256,uint256)", -1, 1,
        "{0:units} is below the agreement's minimum transfer of {1:units}",
        "wait until the difference is as large as that"},
    {47, "RequirementUnmet", "RequirementUnmet(uint256,uint256)", -1, 1,
        "collateral worth {0:units} would be left where {1:units} is required",
        "take less back, or post other collateral first"},
    {48, "MoreThanSurplus", "MoreThanSurplus(uint256,uint256)", -1, 1,
        "{0:units} is more than the surplus of {1:units}, rounded down",
        "take back at most that"},
    {49, "LessValue", "LessValue(uint256,uint256)", -1, 1,
        "what comes in is worth {0:units}, less than the {1:units} it replaces",
        "post more of the new, or take less of the old"},
    {50, "NotPosted", "NotPosted(address,uint256,uint256)", 0, 1,
        "{1:count} of the smallest units of {0:wallet} is there, not {2:count}",
        "name at most what is posted; a token that takes a fee on the way is no collateral"},
    {51, "BeforeCure", "BeforeCure(uint256)", -1, 0,
        "the call can be met until {0:time}",
        "wait until then"},
    {52, "NothingStands", "NothingStands(uint256)", -1, 0,
        "nothing that was called in agreement {0:count}, still lacks and is undisputed is left",
        "call again if there is a new deficit"},
    {53, "NotDisputable", "NotDisputable(uint256,uint256)", -1, 1,
        "{0:units} cannot be disputed now, at most {1:units}",
        "dispute what was called and not delivered, before it is due and where an arbiter is named"},
    {54, "ExposureOld", "ExposureOld(uint256,uint256)", -1, 0,
        "the exposure was last stated on {0:day}, more than {1:count} open days ago",
        "have the calculation agent state it"},
    {55, "NotBuyer", "NotBuyer(uint256,address)", 1, 0,
        "{1:wallet} is no buyer listed in agreement {0:count}",
        "have a listed buyer buy"},
    {56, "MoreThanNeeded", "MoreThanNeeded(uint256,uint256)", -1, 1,
        "proceeds are {0:units}, and costs and exposure need only {1:units} more",
        "take just enough to cover that; the rest stays the pledgor's"},
    {57, "CostsAboveMaximum", "CostsAboveMaximum(uint256,uint256)", -1, 1,
        "costs of {0:units} are above the agreement's maximum of {1:units}",
        "claim at most that"},
    {58, "StillClosing", "StillClosing(uint256)", -1, 0,
        "the close-out of agreement {0:count} is not over: units wait in a fund, or cover what is still owed",
        "collect from the fund when it pays, sell what covers the rest, or let the secured party waive it"},
    {59, "NothingToClaim", "NothingToClaim(uint256,address)", 1, 0,
        "agreement {0:count} owes {1:wallet} nothing now",
        "see the agreement's proceeds"},

    {0, "BadCollateralTerms", "BadCollateralTerms(uint256)", -1, 0,
        "term {0:count} of the agreement cannot be (100 and more: the schedule, 200 and more: the buyers)",
        "correct it"},
    {0, "BadPriceTerms", "BadPriceTerms()", -1, -1,
        "a price book needs a market, and bounds of at most 10,000 basis points",
        "correct the terms"},
    {0, "SafeERC20FailedOperation", "SafeERC20FailedOperation(address)", 0, -1,
        "the token {0:wallet} did not do the transfer and did not say why",
        "see that the sender holds the amount and has approved it"},
};
// clang-format on

}  // namespace

std::span<const RefusalRow> collateral_rows() {
    return rows;
}

}  // namespace talea::contracts
