// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessRoles} from "./IAccessRoles.sol";
import {IPriceSource} from "./IPriceSource.sol";

/// @title Prices that agents post, by day, with bounds and a second look
/// @notice PRICE_AGENT posts; the first price of a token, and one that differs from the last accepted one of an earlier
/// day by more than `dayBound`, or from the last one looked at twice by more than `totalBound`, is held for
/// PRICE_APPROVER, who is another account. A held price leaves the last accepted one in force.
interface IPriceBook is IPriceSource, IAccessRoles {
    struct Posted {
        uint64 value;
        uint32 day;
        address by;
        bytes32 documentHash;
    }

    event PricePosted(address indexed token, uint256 indexed day, uint256 value, bytes32 documentHash, bool held);
    event PriceApproved(address indexed token, uint256 indexed day, uint256 value, address indexed approver);

    /// @notice A price is of an open day, not after today, not before the last one's (code 45).
    error PriceDay(address token, uint256 day, uint256 last, uint256 today);

    /// @notice What is held for `token` is not this (code 45).
    error PriceChanged(address token, uint256 day, uint256 value);

    /// @notice Who posted a price cannot give it its second look (code 45).
    error OwnPrice(address account);

    /// @notice The book's terms cannot be: a bound above 10,000 basis points, or no market (code 0).
    error BadPriceTerms();

    function PRICE_AGENT() external view returns (bytes32);
    function PRICE_APPROVER() external view returns (bytes32);

    /// @notice Basis points.
    function dayBound() external view returns (uint16);
    function totalBound() external view returns (uint16);

    /// @notice Posts a price (8 decimals, not 0) of an open day, in place of one posted for it before. PRICE_AGENT.
    function post(address token, uint256 day, uint64 value, bytes32 documentHash) external;

    /// @notice Accepts the held price. PRICE_APPROVER, not its poster.
    function approve(address token, uint256 day, uint64 value) external;

    /// @notice The price in force and the one held for a second look; all 0 where there is none.
    function pricesOf(address token) external view returns (Posted memory accepted, Posted memory held);
}
