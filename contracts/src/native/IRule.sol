// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPolicies} from "./IPolicies.sol";

/// @title A rule of kind 1: a contract that Policies ask
/// @notice For what the registry's own kinds do not know: market hours with summer time, a list kept elsewhere, a limit by
/// price. It is asked by STATICCALL, so it changes nothing, with the gas limit of its rule. That it fails (reverts, runs
/// out of that gas, has no code, returns less than a word) refuses the movement with 102 and never stops the chain.
interface IRule {
    /// @notice Judges one movement; in `authorizeNet` each of them.
    /// @return code 0 allows; anything else refuses with 101 and this as its detail.
    function judge(
        address token,
        IPolicies.Operation operation,
        address actor,
        address from,
        address to,
        uint256 amount
    ) external view returns (uint256 code);
}
