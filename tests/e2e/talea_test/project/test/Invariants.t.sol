// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Base} from "./Vm.sol";

/// @dev Breaks after three calls in order: arm with 1000 or more, load, fire. Everything else is noise.
contract Cannon {
    error NotLoaded(uint256 shots);

    bool public armed;
    bool public loaded;
    bool public fired;
    uint256 public noise;

    function arm(uint256 amount) external {
        if (amount >= 1000) armed = true;
    }

    function load() external {
        if (armed) loaded = true;
    }

    function fire(uint8 shots, address[] calldata) external {
        if (!loaded) revert NotLoaded(shots);
        fired = true;
    }

    function addNoise(uint256 amount) external {
        unchecked {
            noise += amount;
        }
    }

    function look() external view returns (bool) {
        return fired;
    }
}

/// @dev Notes who called and what, and refuses whatever it is not to be called with.
contract Recorder is Base {
    event Reached(string what);

    address private lastSender;
    uint256 public wanted;
    uint256 public unwanted;
    uint256 public strangers;
    uint256 public odd;

    function first() external {
        note();
        emit Reached("first");
    }

    function second(uint256 number) external {
        vm.assume(number % 2 == 0);
        note();
        if (number % 2 != 0) ++odd;
        vm.warp(block.timestamp + 10);
    }

    function forbidden() external {
        ++unwanted;
    }

    function refuse(uint256 number) external {
        ++unwanted;
        if (number % 2 == 0) revert("even");
        revert();
    }

    function note() private {
        ++wanted;
        if (uint160(msg.sender) != 0xa && uint160(msg.sender) != 0xb) ++strangers;
        if (tx.origin != msg.sender) ++strangers;
    }
}

struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}

contract CannonTest is Base {
    Cannon private cannon;

    function setUp() public {
        cannon = new Cannon();
    }

    function invariant_NeverFires() public view {
        require(!cannon.fired(), "it fired");
    }

    function invariant_Stands() public view {
        require(address(cannon).code.length > 0, "it is gone");
    }
}

/// @dev What setUp made and nobody chose is called: both recorders, but for what is excluded.
contract ExcludingTest is Base {
    Recorder private excluded;
    Recorder private called;

    function setUp() public {
        excluded = new Recorder();
        called = new Recorder();
    }

    function excludeContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(excluded);
    }

    function excludeSelectors() external view returns (FuzzSelector[] memory list) {
        list = new FuzzSelector[](1);
        (list[0].addr, list[0].selectors) = (address(called), new bytes4[](1));
        list[0].selectors[0] = Recorder.forbidden.selector;
    }

    function mustReach() external pure returns (string[] memory list) {
        list = new string[](3);
        (list[0], list[1], list[2]) = ("first", "even", "reverted without data");
    }

    function invariant_OnlyWhatIsNotExcluded() public view {
        require(excluded.wanted() == 0 && excluded.unwanted() == 0, "an excluded contract was called");
        require(called.unwanted() == 0, "an excluded function was called");
        require(called.odd() == 0, "vm.assume did not hold");
    }
}

contract TargetingTest is Base {
    Recorder private first;
    Recorder private other;

    function setUp() public {
        first = new Recorder();
        other = new Recorder();
        vm.label(address(0xa), "ann");
    }

    function targetContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(first);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory list) {
        list = new FuzzSelector[](1);
        (list[0].addr, list[0].selectors) = (address(first), new bytes4[](2));
        (list[0].selectors[0], list[0].selectors[1]) = (Recorder.first.selector, Recorder.second.selector);
    }

    function targetSenders() external pure returns (address[] memory list) {
        list = new address[](3);
        (list[0], list[1], list[2]) = (address(0xa), address(0xb), address(0xc));
    }

    function excludeSenders() external pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(0xc);
    }

    function invariant_OnlyTargets() public view {
        require(first.unwanted() == 0 && other.wanted() == 0 && other.unwanted() == 0, "another was called");
        require(first.strangers() == 0, "a stranger called");
    }

    /// @dev Time that a call set stays for the calls after it, and each run begins anew.
    function invariant_TimeStaysWithinARun() public view {
        require((block.timestamp - 1) % 10 == 0 && block.timestamp <= 1 + 10 * first.wanted(), "another time");
    }

    /// @dev What an invariant itself does is undone.
    function invariant_LeavesNothingBehind() public {
        require(first.unwanted() == 0, "left behind");
        first.forbidden();
    }

    function afterInvariant() public view {
        require(first.wanted() > 0, "nothing was called");
    }
}

contract ArtifactTest is Base {
    Cannon private cannon;
    Recorder private recorder;

    function setUp() public {
        cannon = new Cannon();
        recorder = new Recorder();
    }

    function targetArtifacts() external pure returns (string[] memory list) {
        list = new string[](1);
        list[0] = "test/Invariants.t.sol:Recorder";
    }

    function invariant_OnlyRecorders() public view {
        require(!cannon.armed() && !cannon.loaded() && cannon.noise() == 0, "the cannon was called");
    }
}

contract AssertingHandler is Base {
    uint256 private count;

    function add(uint256 amount) external {
        count += amount % 10;
        vm.assertLt(int256(count), 20);
    }
}

contract AssertingTest {
    function setUp() public {
        new AssertingHandler();
    }

    function invariant_Nothing() public pure {}
}

contract AfterTest {
    function setUp() public {
        new Recorder();
    }

    function invariant_Nothing() public pure {}

    function afterInvariant() public pure {
        require(false, "in the end");
    }

    function mustReach() external pure returns (string[] memory list) {
        list = new string[](1);
        list[0] = "the moon";
    }
}

contract BrokenFromTheStartTest {
    function setUp() public {
        new Cannon();
    }

    function invariant_Never() public pure {
        require(false, "never");
    }

    function invariant_WithParameters(uint256) public pure {}
}

contract NothingToCallTest {
    function invariant_Nothing() public pure {}
}
