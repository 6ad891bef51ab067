// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm} from "./Vm.sol";

/// @title Base of the tests: the cheat codes, and assertions that say both values when they fail
abstract contract Test {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    error NotEqual(string what, uint256 got, uint256 expected);
    error NotEqualBytes(string what, bytes got, bytes expected);
    error False(string what);

    function assertTrue(bool condition, string memory what) internal pure {
        if (!condition) revert False(what);
    }

    function assertFalse(bool condition, string memory what) internal pure {
        if (condition) revert False(what);
    }

    function assertEq(uint256 got, uint256 expected, string memory what) internal pure {
        if (got != expected) revert NotEqual(what, got, expected);
    }

    function assertEq(address got, address expected, string memory what) internal pure {
        assertEq(uint160(got), uint160(expected), what);
    }

    function assertEq(bytes32 got, bytes32 expected, string memory what) internal pure {
        assertEq(uint256(got), uint256(expected), what);
    }

    function assertEq(string memory got, string memory expected, string memory what) internal pure {
        if (keccak256(bytes(got)) != keccak256(bytes(expected))) {
            revert NotEqualBytes(what, bytes(got), bytes(expected));
        }
    }

    /// @dev `value` folded into [low, high], for arguments of fuzz tests.
    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        uint256 size = high - low;
        return size == type(uint256).max ? value : low + value % (size + 1);
    }

    /// @dev An account with nothing, the same for every run.
    function account(string memory name) internal returns (address made) {
        made = address(uint160(uint256(keccak256(bytes(name)))));
        vm.label(made, name);
    }
}
