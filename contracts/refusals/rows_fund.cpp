#include "contracts/refusals/rows.hpp"

namespace talea::contracts {
namespace {

// clang-format off
constexpr RefusalRow rows[] = {
    // code, name, error, who, detail,
    //     sentence,
    //     remedy
    {20, "Suspended", "Suspended()", -1, -1,
        "the fund takes no orders and strikes no day for now",
        "wait until dealing resumes; claims of struck days go on"},
    {21, "BelowMinimum", "BelowMinimum(uint256,uint256)", -1, 1,
        "{0:units} is below the fund's minimum of {1:units}",
        "order at least {1:units}"},
    {22, "FallsToLaterDay", "FallsToLaterDay(uint256,uint256)", -1, 0,
        "the cut-off has passed: the order would be dealt on {0:day}, after {1:day}",
        "order for {0:day}, or leave the last day out"},
    {23, "WrongStage", "WrongStage(uint8,uint256,uint8)", -1, 1,
        "the {0:side} of {1:day} are {2:stage}, which does not allow this",
        "see the day's stage in the fund's orders"},
    {24, "TooManyDays", "TooManyDays(address,uint256)", 0, 1,
        "{0:wallet} has {1:count} days of orders that are not claimed yet, the most there may be",
        "claim earlier days first"},
    {25, "ExceedsClaimable", "ExceedsClaimable(uint256,uint256)", -1, 1,
        "{0:units} is more than can be claimed now, which is {1:units}",
        "claim at most {1:units}"},
    {26, "NoOrder", "NoOrder(uint8,uint256,address)", 2, 1,
        "{2:wallet} has no {0:side} for {1:day}",
        "see the orders of that wallet"},
    {27, "NavMissing", "NavMissing(uint256)", -1, 0,
        "no NAV is published for {0:day}",
        "have the NAV_AGENT publish it"},
    {28, "NavHeld", "NavHeld(uint256)", -1, 0,
        "the NAV of {0:day} waits for its second look",
        "have the NAV_APPROVER confirm it"},
    {29, "StrikeOutOfOrder", "StrikeOutOfOrder(uint256,uint256)", -1, 1,
        "{0:day} cannot be struck now; the next day due is {1:day}",
        "strike the days in order"},
    {30, "OtherIdentity", "OtherIdentity(address,address)", 0, -1,
        "{0:wallet} does not belong to the holder of {1:wallet}",
        "use wallets of one holder for owner, controller and receiver of cash"},
    {31, "NavFinal", "NavFinal(uint256)", -1, 0,
        "orders of {0:day} were struck: its NAV does not change any more",
        "publish the NAV of a day that is not struck"},
    {32, "NavTime", "NavTime(uint256,uint256,uint256)", -1, 0,
        "a NAV as of {0:time} is not between the day's cut-off {1:time} and now {2:time}",
        "publish a NAV of a moment between these"},
    {33, "NavChanged", "NavChanged(uint256,uint256)", -1, 0,
        "the NAV held for {0:day} is not the one you look at",
        "look at the NAV held now and confirm that one"},
    {34, "NotController", "NotController(address,address)", 0, -1,
        "{0:wallet} neither is {1:wallet} nor operates for it",
        "send it from {1:wallet}, or have that wallet name an operator"},
    {35, "OwnNav", "OwnNav(address)", 0, -1,
        "{0:wallet} published this NAV and cannot give it its second look",
        "have another NAV_APPROVER confirm it"},
    {36, "BeyondHorizon", "BeyondHorizon(uint256,uint256,uint256)", -1, 0,
        "the calendar knows {1:day} to {2:day}, not {0:day}",
        "have the calendar's operator publish that year"},
    {37, "DayNotOpen", "DayNotOpen(uint256,uint16)", -1, 0,
        "{0:day} is no open day of these markets",
        "name an open day"},
    {38, "UnknownMarket", "UnknownMarket(uint16)", -1, 0,
        "the calendar does not know the markets {0:count}",
        "name markets of the calendar's table"},
    {39, "OutOfRange", "OutOfRange(uint256,uint256,uint256)", -1, 0,
        "{0:count} is not between {1:count} and {2:count}",
        "use a number between these"},

    {0, "NotInKind", "NotInKind(uint256,address,address)", 1, 0,
        "the order of {1:wallet} for {0:day} is not to be paid in {2:wallet}: it is not listed, or not chosen",
        "have the fund's administrator list the token, and the order's holder choose it before the cut-off"},
    {0, "NoPreview", "NoPreview()", -1, -1,
        "an asynchronous fund knows no price beforehand",
        "ask quoteDeposit or quoteRedeem"},
    {0, "BadTerms", "BadTerms()", -1, -1,
        "the fund's terms cannot be: a number out of range, or tokens without 6 decimals",
        "correct the terms"},
    {0, "BadOffset", "BadOffset(uint256)", -1, 0,
        "the change of the local time at {0:time} does not continue the one before it",
        "give the offsets in order, the first equal to the last of the year before"},
    {0, "TooLate", "TooLate(uint256,uint256)", -1, -1,
        "what lies that early is not changed any more",
        "change later days, with notice"},
};
// clang-format on

}  // namespace

std::span<const RefusalRow> fund_rows() {
    return rows;
}

}  // namespace talea::contracts
