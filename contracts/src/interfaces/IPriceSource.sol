// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICalendar} from "./ICalendar.sol";

/// @title Where a price comes from: dated by a local day, bounded where `bounded` says so
/// @notice A price is cash (6 decimals) for one whole unit of a token, times 10^8. Its age is counted in open days of
/// the source's own calendar and markets.
interface IPriceSource {
    /// @notice The latest price that needs no further look; all 0 where there is none.
    /// @param token Of which one unit is priced.
    /// @return price With 8 decimals. @return day It is of. @return gated Whether units cannot be turned into cash at
    /// it for now: such collateral counts 0.
    function priceOf(address token) external view returns (uint256 price, uint256 day, bool gated);

    /// @notice Whether a price of `token` beyond a bound needs a second look before it counts.
    function bounded(address token) external view returns (bool);

    function calendar() external view returns (ICalendar);
    function markets() external view returns (uint16);
}
