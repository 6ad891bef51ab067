// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";

/// @title Base of contracts with invariants, which are their own handlers
/// @notice `talea test` makes random calls of the functions named by `handle`, and asks the functions named invariant*
/// after each. It counts the marks `Reached` and the errors that handlers' calls met; what `mustReach` lists and nothing
/// met fails the test.
abstract contract Invariants is Test {
    /// @notice The sequence of calls got to `what`.
    event Reached(string what);

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    bytes4[] private _handlers;

    /// @dev A campaign calls this function of this contract.
    function handle(bytes4 selector) internal {
        _handlers.push(selector);
    }

    /// @dev And nothing that setUp made.
    function targetContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(this);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory list) {
        list = new FuzzSelector[](1);
        (list[0].addr, list[0].selectors) = (address(this), _handlers);
    }

    /// @dev A call as `sender` that may be refused; a mark named `what` where it is not.
    function attempt(address sender, address target, bytes memory data, string memory what) internal returns (bool ok) {
        vm.prank(sender);
        (ok,) = target.call(data);
        if (ok) emit Reached(what);
    }

    /// @dev All of `whole`, nearly all of it (but for less than 60.000000), or anything up to one more.
    function part(uint256 amount, uint256 whole) internal pure returns (uint256) {
        if (amount % 4 == 0) return whole;
        if (amount % 8 == 1 && whole > 60e6) return whole - amount / 8 % 60e6;
        return bound(amount / 4, 0, whole + 1);
    }
}
