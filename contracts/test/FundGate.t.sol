// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FundPrice} from "../src/FundPrice.sol";
import {FundTerms, ITreasuryFund} from "../src/interfaces/ITreasuryFund.sol";
import {FundFixture} from "./FundFixture.sol";

/// @title A gate: a strike redeems at most a tenth of the units in issue
/// @notice alice holds 1,976,089.319237 units, bob 494,022.329809: the first gate is 247,011.164905.
contract FundGateTest is FundFixture {
    uint64 private constant NAV_10125 = 101_250_000;

    function setUp() public override {
        super.setUp();
        FundTerms memory t = terms();
        t.options.gate = 1000;
        fund = newFund(t);
        subscribe(alice, 2_000_000 * UNIT);
        subscribe(bob, 500_000 * UNIT);
        publishAndStrike(FRIDAY, NAV_10121);
        vm.prank(alice);
        fund.deposit(2_000_000 * UNIT, alice);
        vm.prank(bob);
        fund.deposit(500_000 * UNIT, bob);
        vm.warp(MONDAY_START);
    }

    function claimAll(address who) private returns (uint256 paid) {
        uint256 units = fund.maxRedeem(who);
        vm.prank(who);
        return fund.redeem(units, who, who);
    }

    function toTuesday(uint256 alicesMore) private {
        askToRedeem(alice, 300_000 * UNIT);
        askToRedeem(bob, 100_000 * UNIT);
        publish(MONDAY, NAV_10123);
        vm.expectEmit(address(fund));
        emit ITreasuryFund.Gated(MONDAY, 400_000_000000, 247_011_164905);
        strike(MONDAY);
        vm.warp(MONDAY_CUT_OFF + 1);
        if (alicesMore > 0) askToRedeem(alice, alicesMore);
    }

    function test_Gate_RedeemsTheSamePartOfEveryOrder() public {
        toTuesday(0);
        assertEq(fund.carried(), 152_988_835095, "carried");
        assertEq(fund.maxRedeem(alice), 0, "not funded yet");
        fundAndWait(MONDAY);
        assertEq(fund.claimableRedeemRequest(MONDAY, alice), 185_258_373678, "of alice's 300,000");
        assertEq(fund.pendingRedeemRequest(MONDAY, alice), 114_741_626321, "the rest waits");
        assertEq(claimAll(alice), 187_537_051674, "alice, at 1.01230000");
        assertEq(claimAll(bob), 62_512_350558, "bob: a third of it");
        assertEq(fund.maxRedeem(alice), 0, "claimed");
        assertEq(fund.openDays(REDEMPTION, alice).length, 1, "her order is open still");
    }

    /// @dev Whoever took units as collateral now could not redeem them all.
    function test_Gate_PriceSaysGatedWhileUnitsWait() public {
        FundPrice source = new FundPrice(fund);
        (, , bool gated) = source.priceOf(address(share));
        assertFalse(gated, "no unit waits");
        toTuesday(0);
        (uint256 price, uint256 day, bool now_) = source.priceOf(address(share));
        assertTrue(now_ && price == NAV_10123 && day == MONDAY, "152,988.835095 wait");
        publishAndStrike(TUESDAY, NAV_10125);
        (, , gated) = source.priceOf(address(share));
        assertFalse(gated, "the next strike redeemed them");
    }

    function test_Gate_TheRestJoinsTheNextStrikeAtItsPrice() public {
        toTuesday(50_000 * UNIT);
        fundAndWait(MONDAY);
        publishAndStrike(TUESDAY, NAV_10125);
        assertEq(fund.carried(), 0, "202,988.835095 pass a gate of 222,310.048415");
        (, ITreasuryFund.Book memory book) = fund.bookOf(REDEMPTION, TUESDAY);
        assertEq(book.owed, 205_526_195533, "owed for both days' orders");
        fundAndWait(TUESDAY);
        assertEq(claimAll(bob), 62_512_350558 + 38_725_298882, "bob: each part at its own price");
        uint256 monday = 187_537_051674 + 116_175_896650;
        vm.prank(alice);
        (uint256 units, uint256 paid) = fund.claim(REDEMPTION, MONDAY, alice, alice);
        assertEq(units, 299_999_999999, "an atom is lost by rounding");
        assertEq(paid, monday, "alice's first order");
        assertEq(claimAll(alice), 50_625_000000, "her second one, whole");
        assertEq(fund.openDays(REDEMPTION, alice).length, 0, "drained");
        assertTrue(cash.balanceOf(address(fund)) < 2_500_000_000004, "what remains is subscriptions' cash and dust");
    }

    function test_Gate_TheNextOpenDayIsStruckWithoutOrdersToo() public {
        toTuesday(0);
        assertEq(fund.nextStrike(), TUESDAY, "due");
        vm.prank(bob);
        fund.requestRedeem(UNIT, bob, bob);
        vm.prank(bob);
        fund.cancel(REDEMPTION, TUESDAY, bob);
        assertEq(fund.nextStrike(), TUESDAY, "still due");
        publishAndStrike(TUESDAY, NAV_10125);
        assertEq(fund.nextStrike(), 0, "nothing waits");
        vm.startPrank(treasury);
        fund.fundRedemptions(MONDAY);
        fund.fundRedemptions(TUESDAY);
        vm.stopPrank();
        (,, uint256 payableFrom) = fund.struckAt(TUESDAY);
        vm.warp(payableFrom);
        assertEq(claimAll(bob), 62_512_350558 + 38_725_298882, "bob");
    }

    function test_Gate_PartialClaimsSumToTheWhole() public {
        toTuesday(0);
        publishAndStrike(TUESDAY, NAV_10125);
        fundAndWait(MONDAY);
        uint256 paid;
        vm.startPrank(alice);
        paid += fund.redeem(100_000_000001, alice, alice);
        paid += 60_000_000000;
        fund.withdraw(60_000_000000, alice, alice);
        vm.stopPrank();
        fundAndWait(TUESDAY);
        vm.prank(alice);
        paid += fund.redeem(70_000_000000, alice, alice);
        paid += claimAll(alice);
        assertEq(paid, 187_537_051674 + 116_175_896650, "the same in parts");
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.ExceedsClaimable.selector, 1, 0));
        vm.prank(alice);
        fund.redeem(1, alice, alice);
    }

    function test_Gate_ReassignedOrdersKeepTheirPlace() public {
        toTuesday(0);
        fundAndWait(MONDAY);
        vm.prank(transferAgent);
        fund.reassign(REDEMPTION, MONDAY, bob, alice, "merger");
        assertEq(fund.claimableRedeemRequest(MONDAY, alice), 185_258_373678 + 61_752_791226, "both");
        publishAndStrike(TUESDAY, NAV_10125);
        fundAndWait(TUESDAY);
        uint256 paid = claimAll(alice);
        uint256 apart = 187_537_051674 + 116_175_896650 + 62_512_350558 + 38_725_298882;
        assertTrue(paid >= apart && paid <= apart + 2, "as much as apart");
    }

    /// @dev Whatever is asked on three days: nobody is paid more than was struck, all but atoms is paid, and nothing
    /// stays in the escrow.
    function testFuzz_Gate_PaysWhatWasStruckAndNoMore(uint256 seed) public {
        uint256 strikes;
        uint256 day = MONDAY;
        uint256 before = cash.balanceOf(address(fund));
        while (day < MONDAY + 40) {
            if (day < MONDAY + 3) {
                askSome(alice, seed);
                askSome(bob, seed >> 64);
                seed = uint256(keccak256(abi.encode(seed)));
            }
            day = fund.nextStrike();
            if (day == 0) break;
            publishAndStrike(day, uint64(NAV_10123 + seed % 3000));
            ++strikes;
            vm.prank(treasury);
            fund.fundRedemptions(day);
            vm.warp(block.timestamp + 1);
            if (seed % 2 == 0 && fund.maxRedeem(alice) > 1) {
                uint256 some = fund.maxRedeem(alice) / 2;
                vm.prank(alice);
                fund.redeem(some, alice, alice);
            }
        }
        assertEq(fund.carried(), 0, "all was struck");
        vm.warp(block.timestamp + 7 days);
        if (fund.maxRedeem(alice) > 0) claimAll(alice);
        if (fund.maxRedeem(bob) > 0) claimAll(bob);
        assertEq(share.balanceOf(address(fund)), 0, "no units in escrow");
        assertEq(fund.openDays(REDEMPTION, alice).length + fund.openDays(REDEMPTION, bob).length, 0, "drained");
        uint256 left = cash.balanceOf(address(fund)) - before;
        // Six orders, each rounded down in units and in cash at each strike.
        assertTrue(left <= 12 * (strikes + 1), "all but dust of what was struck was paid");
    }

    function askSome(address who, uint256 seed) private {
        uint256 free = share.freeOf(who);
        uint256 units = seed % (free / 2);
        if (units > 0) askToRedeem(who, units);
    }
}
