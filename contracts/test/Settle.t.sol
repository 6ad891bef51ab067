// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {RestrictedToken} from "../src/RestrictedToken.sol";
import {IEncumbrances, Powers} from "../src/interfaces/IEncumbrances.sol";
import {IERC7943Fungible} from "../src/interfaces/IERC7943.sol";
import {IRestrictedToken} from "../src/interfaces/IRestrictedToken.sol";
import {IPolicies, POLICIES} from "../src/native/IPolicies.sol";
import {TestEscrow} from "./TestEscrow.sol";
import {World} from "./World.sol";

/// @title Many movements of one token at once, judged by their net effect
/// @notice alice holds 1,000 units, bob 500; `desk` may settle.
contract SettleTest is World {
    RestrictedToken private token;
    address private desk;
    IPolicies.Movement[] private legs;

    function setUp() public {
        openWorld();
        token = deployToken();
        desk = address(new TestEscrow(token));
        vm.prank(officer);
        token.setAdmitted(desk, Powers.SETTLE);
        vm.startPrank(issuer);
        token.issue(alice, 1000 * UNIT);
        token.issue(bob, 500 * UNIT);
        vm.stopPrank();
    }

    function lock(address holder, uint256 amount, uint64 instruction) private {
        vm.prank(holder);
        token.approve(desk, amount);
        vm.prank(desk);
        token.lock(holder, amount, uint64(START + 60), instruction);
    }

    function leg(address from, address to, uint256 amount) private {
        legs.push(IPolicies.Movement(from, to, amount));
    }

    function settle(uint64 instruction) private {
        vm.prank(desk);
        token.settle(instruction, legs);
    }

    function test_Settle_TakesTheNetOutOfLocksAndFreesTheRest() public {
        leg(alice, bob, 300 * UNIT);
        leg(bob, alice, 100 * UNIT);
        leg(alice, carol, 100 * UNIT);
        lock(alice, 350 * UNIT, 7); // it gives 300 net
        lock(alice, 100 * UNIT, 8);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(bob, alice, 100 * UNIT);
        settle(7);
        assertEq(token.balanceOf(alice), 700 * UNIT, "alice");
        assertEq(token.balanceOf(bob), 700 * UNIT, "bob, who had nothing locked");
        assertEq(token.balanceOf(carol), 100 * UNIT, "carol");
        assertEq(token.lockedOf(alice), 100 * UNIT, "the other instruction's lock stays");
        assertEq(token.freeOf(alice), 600 * UNIT, "the rest is free");
        assertEq(token.totalSupply(), 1500 * UNIT, "supply");
        assertEq(POLICIES.unitsOf(address(token), "bob"), 700 * UNIT, "counted");
        assertEq(POLICIES.holders(address(token)), 3, "holders");
    }

    function test_Settle_NeedsALiveLockOfTheNetForThatInstruction() public {
        leg(alice, bob, 300 * UNIT);
        bytes4 short = IEncumbrances.InsufficientLocked.selector;
        vm.expectRevert(abi.encodeWithSelector(short, alice, 0, 300 * UNIT));
        settle(7);
        lock(alice, 300 * UNIT, 8);
        vm.expectRevert(abi.encodeWithSelector(short, alice, 0, 300 * UNIT));
        settle(7);
        lock(alice, 299 * UNIT, 7);
        vm.expectRevert(abi.encodeWithSelector(short, alice, 299 * UNIT, 300 * UNIT));
        settle(7);
        vm.warp(START + 61);
        vm.expectRevert(abi.encodeWithSelector(short, alice, 0, 300 * UNIT));
        settle(8);
        vm.warp(START + 60);
        settle(8);
        vm.expectRevert(abi.encodeWithSelector(short, alice, 0, 300 * UNIT));
        settle(8);
    }

    function test_Settle_JudgesLimitsByTheNetEndState() public {
        leg(alice, carol, 100 * UNIT);
        leg(bob, dave, 500 * UNIT); // a fourth holder comes, and bob leaves
        lock(alice, 100 * UNIT, 7);
        lock(bob, 500 * UNIT, 7);
        settle(7);
        assertEq(POLICIES.holders(address(token)), 3, "three");
        delete legs;
        leg(alice, bob, 100 * UNIT);
        lock(alice, 100 * UNIT, 8);
        expectRefused(501, bob, HOLDERS, 3);
        settle(8);
        delete legs;
        leg(alice, stranger, 100 * UNIT);
        expectRefused(202, stranger, KNOWN, 0);
        settle(8);
    }

    function test_Settle_LeavesFrozenUnitsAndStopsForFrozenAddressesAndEscrows() public {
        leg(alice, bob, 300 * UNIT);
        lock(alice, 300 * UNIT, 7);
        vm.prank(officer);
        token.setFrozenTokens(alice, 701 * UNIT); // one of the locked
        vm.expectRevert(
            abi.encodeWithSelector(IEncumbrances.InsufficientLocked.selector, alice, 299 * UNIT, 300 * UNIT)
        );
        settle(7);
        vm.startPrank(officer);
        token.setFrozenTokens(alice, 700 * UNIT);
        token.setAddressFrozen(bob, true);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotSend.selector, bob));
        settle(7);
        vm.startPrank(officer);
        token.setAddressFrozen(bob, false);
        token.pause();
        vm.stopPrank();
        vm.expectRevert(
            abi.encodeWithSelector(IRestrictedToken.TokenPaused.selector, IRestrictedToken.Pause.Transfers)
        );
        settle(7);
        vm.prank(officer);
        token.unpause();
        settle(7);
    }

    function test_Settle_IsAdmittedContractsAndAtMostSixtyFourLegs() public {
        leg(alice, bob, 0);
        vm.expectRevert(abi.encodeWithSelector(IEncumbrances.NotAdmitted.selector, bob, Powers.SETTLE));
        vm.prank(bob);
        token.settle(7, legs);
        for (uint256 i = 0; i < 64; ++i) {
            leg(alice, bob, 0);
        }
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.BatchTooLong.selector, 65, 64));
        settle(7);
        legs.pop();
        settle(7);
    }

    /// @dev Whatever the order of the legs, the end is the gross one.
    function testFuzz_Settle_EndsAsTheGrossMovementsWould(uint256 seed) public {
        vm.prank(issuer);
        token.issue(carol, 500 * UNIT);
        address[3] memory who = [alice, bob, carol];
        uint256[3] memory ends = [1000 * UNIT, 500 * UNIT, 500 * UNIT];
        uint256[3] memory locked = [400 * UNIT, 400 * UNIT, 400 * UNIT];
        for (uint256 i = 0; i < 6; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            (uint256 from, uint256 to, uint256 amount) = (seed % 3, (seed >> 8) % 3, (seed >> 16) % (60 * UNIT));
            (ends[from], ends[to]) = (ends[from] - (from == to ? 0 : amount), ends[to] + (from == to ? 0 : amount));
            leg(who[from], who[to], amount);
            (locked[from], locked[to]) = (0, 0);
        }
        for (uint256 i = 0; i < 3; ++i) {
            lock(who[i], 400 * UNIT, 7);
        }
        settle(7);
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(token.balanceOf(who[i]), ends[i], "the end");
            assertEq(token.lockedOf(who[i]), locked[i], "no lock of a party of the legs stays");
        }
    }
}
