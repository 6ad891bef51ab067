// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICalendar} from "./interfaces/ICalendar.sol";
import {IPriceSource} from "./interfaces/IPriceSource.sol";
import {FundTerms, ITreasuryFund} from "./interfaces/ITreasuryFund.sol";

/// @title A fund's published NAV as a price
/// @notice The NAV of the latest day, of today and the 15 days before it, that is published and not held. It needs no
/// strike: a fund without orders still publishes. While dealing is suspended, or units that a gate held back wait for the
/// next strike, the price says `gated`: whoever took units now could not redeem them all.
contract FundPrice is IPriceSource {
    uint256 public constant DAYS_BACK_MAX = 16;

    ITreasuryFund public immutable fund;
    address public immutable share;
    ICalendar public immutable calendar;
    uint16 public immutable markets;
    bool private immutable _bounded;

    constructor(ITreasuryFund fund_) {
        FundTerms memory terms = fund_.terms();
        (fund, share, calendar, markets) = (fund_, address(terms.share), terms.calendar, terms.markets);
        _bounded = terms.dayBound < 10_000 && terms.totalBound < 10_000;
    }

    /// @inheritdoc IPriceSource
    function priceOf(address token) external view returns (uint256 price, uint256 day, bool gated) {
        if (token != share) return (0, 0, false);
        gated = fund.suspended() || fund.carried() != 0;
        day = calendar.dayOf(block.timestamp);
        for (uint256 i = 0; i < DAYS_BACK_MAX; ++i) {
            ITreasuryFund.Nav memory nav = fund.navOf(day - i);
            if (nav.value != 0 && !nav.held) return (nav.value, day - i, gated);
        }
        return (0, 0, gated);
    }

    /// @inheritdoc IPriceSource
    function bounded(address token) external view returns (bool) {
        return token == share && _bounded;
    }
}
