// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Till} from "../src/Till.sol";
import {Base} from "./Vm.sol";

/// @dev Every test fails; why, ../check.mjs says.
contract FailingTest is Base {
    Till private till;

    function setUp() public {
        till = new Till();
        vm.label(address(till), "the till");
    }

    function test_Require() public pure {
        require(false, "not today");
    }

    function test_CustomError() public {
        till.pay(1, 1_000_001);
    }

    function test_Panic() public pure {
        uint256[] memory list = new uint256[](1);
        list[list.length] = 1;
    }

    function test_Assertion() public pure {
        vm.assertEq("a", "b", "texts");
    }

    function test_Halt() public pure {
        assembly {
            invalid()
        }
    }

    function test_ExpectRevert_ButNone() public {
        vm.expectRevert();
        till.pay(1, 1);
    }

    function test_ExpectRevert_ButAnother() public {
        vm.expectRevert(Till.NotOwner.selector);
        till.pay(1, 1_000_001);
    }

    function test_ExpectRevert_ButAnotherReverter() public {
        vm.expectRevert(Till.TooMuch.selector, address(this));
        till.pay(1, 1_000_001);
    }

    function test_ExpectRevert_ButNoCall() public {
        vm.expectRevert();
    }

    function test_ExpectRevert_Caught() public {
        vm.expectRevert();
        try till.pay(1, 1) {} catch {}
    }

    function test_ExpectEmit_ButNone() public {
        vm.expectEmit();
        emit Till.Paid(address(this), 1, 5);
        till.nothing();
    }

    function test_ExpectEmit_ButOtherData() public {
        vm.expectEmit(true, true, false, true);
        emit Till.Paid(address(this), 1, 5);
        till.pay(1, 6);
    }

    function test_ExpectEmit_ButNoCall() public {
        vm.expectEmit();
        emit Till.Paid(address(this), 1, 5);
    }

    function test_ExpectEmit_ButForbidden() public {
        vm.expectEmit(uint64(0));
        emit Till.Paid(address(this), 1, 5);
        till.pay(1, 5);
    }

    function test_UnknownCheatCode() public {
        vm.ffi(new string[](0));
    }

    function test_UnknownCheatCode_Caught() public {
        try vm.ffi(new string[](0)) {} catch {}
    }

    function test_FailedSlot() public {
        vm.store(address(vm), "failed", bytes32(uint256(1)));
    }

    function testFuzz_Shrinks(uint256 amount) public pure {
        require(amount < 1000, "too much");
    }

    function testFuzz_ShrinksSigned(int64 amount) public pure {
        require(amount > -77, "too low");
    }

    function testFuzz_ShrinksLists(uint8[] calldata list) public pure {
        for (uint256 i = 0; i < list.length; ++i) require(list[i] < 10, "one too large");
    }

    function testFuzz_FindsConstants(uint256 number) public pure {
        require(number != 123456789123456789, "found");
    }

    function testFuzz_Assume_RejectsAll(uint256) public pure {
        vm.assume(false);
    }
}

contract FailingSetUpTest {
    function setUp() public pure {
        revert("no ground");
    }

    function test_Unreached() public pure {}
}

contract FailingConstructorTest {
    constructor() {
        revert("no contract");
    }

    function test_Unreached() public pure {}
}
