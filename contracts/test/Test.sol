// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm} from "./Vm.sol";

/// @title Base of the tests: the cheat codes, and assertions that say both values when they fail
abstract contract Test {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    // An assertion that fails is a cheat code's error, which fails a campaign wherever it happens.

    function assertTrue(bool condition, string memory what) internal pure {
        if (!condition) vm.assertTrue(false, what);
    }

    function assertFalse(bool condition, string memory what) internal pure {
        if (condition) vm.assertTrue(false, what);
    }

    function assertEq(uint256 got, uint256 expected, string memory what) internal pure {
        if (got != expected) vm.assertEq(got, expected, what);
    }

    function assertEq(address got, address expected, string memory what) internal pure {
        if (got != expected) vm.assertEq(got, expected, what);
    }

    function assertEq(bytes32 got, bytes32 expected, string memory what) internal pure {
        if (got != expected) vm.assertEq(got, expected, what);
    }

    function assertEq(string memory got, string memory expected, string memory what) internal pure {
        vm.assertEq(got, expected, what);
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
