// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

contract BrokenTest {
    function test_Nothing() public pure {
        uint256 number = "text";
    }
}
