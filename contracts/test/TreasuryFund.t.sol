// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessRoles} from "../src/interfaces/IAccessRoles.sol";
import {ICalendar} from "../src/interfaces/ICalendar.sol";
import {IERC7540Deposit, IERC7540Operator, IERC7540Redeem} from "../src/interfaces/IERC7540.sol";
import {IERC7575} from "../src/interfaces/IERC7575.sol";
import {IRestrictedToken} from "../src/interfaces/IRestrictedToken.sol";
import {FundTerms, ITreasuryFund} from "../src/interfaces/ITreasuryFund.sol";
import {IDENTITIES, IIdentities} from "../src/native/IIdentities.sol";
import {IPolicies, POLICIES, RuleParams} from "../src/native/IPolicies.sol";
import {TreasuryFund} from "../src/TreasuryFund.sol";
import {FundFixture} from "./FundFixture.sol";

contract TreasuryFundTest is FundFixture {
    uint256 private constant STAGE_NONE = uint256(ITreasuryFund.Stage.None);
    uint256 private constant OPEN = uint256(ITreasuryFund.Stage.Open);
    uint256 private constant CUT = uint256(ITreasuryFund.Stage.Cut);
    uint256 private constant STRUCK = uint256(ITreasuryFund.Stage.Struck);
    uint256 private constant FUNDED = uint256(ITreasuryFund.Stage.Funded);
    uint256 private constant PAYABLE = uint256(ITreasuryFund.Stage.Payable);
    uint256 private constant DRAINED = uint256(ITreasuryFund.Stage.Drained);

    function expectRefused(uint16 code, address who) private {
        vm.expectRevert(abi.encodeWithSelector(IPolicies.Refused.selector, code, who, 1, 0));
    }

    function expectUnauthorized(address who, bytes32 role) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessRoles.NotAuthorized.selector, who, role));
        vm.prank(who);
    }

    function expectWrongStage(ITreasuryFund.Side side, uint256 day, uint256 stage) private {
        vm.expectRevert(
            abi.encodeWithSelector(ITreasuryFund.WrongStage.selector, side, day, ITreasuryFund.Stage(stage))
        );
    }

    // ---------------------------------------------------------------- DOMAIN §1, row A3

    function test_Subscription_BuysUnitsAtTheDaysNav() public {
        subscribe(alice, 2_000_000 * UNIT);
        subscribe(bob, 500_000 * UNIT);
        publishAndStrike(FRIDAY, NAV_10121);
        vm.prank(alice);
        assertEq(fund.deposit(2_000_000 * UNIT, alice), 1_976_089_319_237, "alice: 1,976,089.319237");
        vm.prank(bob);
        assertEq(fund.deposit(500_000 * UNIT, bob), 494_022_329_809, "bob: 494,022.329809");
        assertEq(share.balanceOf(alice), 1_976_089_319_237, "alice holds them");
        assertEq(share.balanceOf(bob), 494_022_329_809, "bob holds them");
    }

    function test_Redemption_PaysTheDaysNav() public {
        giveUnits(alice, 2_000_000 * UNIT, NAV_10121);
        askToRedeem(alice, 1_000_000 * UNIT);
        publishAndStrike(MONDAY, NAV_10123);
        fundAndWait(MONDAY);
        vm.prank(alice);
        assertEq(fund.redeem(1_000_000 * UNIT, alice, alice), 1_012_300 * UNIT, "1,012,300.000000");
    }

    function test_Redemption_PaysTheSameInOneClaimOrInSeven() public {
        giveUnits(alice, 2_000_000 * UNIT, NAV_10121);
        giveUnitsOnMonday(bob, 500_000 * UNIT);
        askToRedeem(alice, 333_333_333_333);
        askToRedeem(bob, 333_333_333_333);
        publishAndStrike(TUESDAY, 101_234_567);
        fundAndWait(TUESDAY);
        vm.prank(alice);
        assertEq(fund.redeem(333_333_333_333, alice, alice), 337_448_556_666, "in one: 337,448.556666");
        uint256 sum = 0;
        for (uint256 i = 0; i < 7; ++i) {
            vm.prank(bob);
            sum += fund.redeem(i < 6 ? 47_619_047_619 : 333_333_333_333 - 6 * 47_619_047_619, bob, bob);
        }
        assertEq(sum, 337_448_556_666, "in seven");
        assertEq(stageOf(REDEMPTION, TUESDAY), DRAINED, "nothing is left");
    }

    function giveUnitsOnMonday(address who, uint256 assets) private {
        subscribe(who, assets);
        publishAndStrike(MONDAY, NAV_10121);
        vm.prank(who);
        fund.deposit(assets, who);
    }

    // ---------------------------------------------------------------- DOMAIN §1, row A6, and the quickstart's story

    function test_RequestId_IsTheDealingDay() public {
        vm.warp(FRIDAY_CUT_OFF - 1);
        assertEq(subscribe(alice, UNIT), FRIDAY, "20:59:59Z: Friday the 20th");
        vm.warp(FRIDAY_CUT_OFF);
        assertEq(subscribe(alice, UNIT), MONDAY, "21:00:00Z: Monday the 23rd");
        vm.warp(1_795_640_400); // 2026-11-25T21:00:00Z
        assertEq(subscribe(alice, UNIT), FRIDAY + 7, "Wednesday at 21:00:00Z: Friday the 27th");
        vm.warp(1_795_806_000); // 2026-11-27T19:00:00Z, the early close
        assertEq(subscribe(alice, UNIT), FRIDAY + 10, "Friday at 19:00:00Z: Monday the 30th");
    }

    function test_PaymentDay_IsTheNextOpenDay() public {
        subscribe(alice, UNIT);
        publishAndStrike(FRIDAY, NAV_10121);
        (,, uint256 payableFrom) = fund.struckAt(FRIDAY);
        assertEq(payableFrom, MONDAY_START, "Friday the 20th pays Monday the 23rd, from 00:00 in New York");
        vm.warp(1_795_640_400); // 2026-11-25T21:00:00Z
        subscribe(alice, UNIT);
        publishAndStrike(FRIDAY + 7, NAV_10121);
        (,, payableFrom) = fund.struckAt(FRIDAY + 7);
        assertEq(payableFrom, MONDAY_START + 7 days, "Friday the 27th pays Monday the 30th");
    }

    function test_Quickstart_TheWholeStory() public {
        subscribe(alice, 2_000_000 * UNIT);
        subscribe(bob, 500_000 * UNIT);
        publishAndStrike(FRIDAY, NAV_10121);
        fund.collect(FRIDAY);
        vm.prank(alice);
        fund.deposit(2_000_000 * UNIT, alice);
        vm.prank(bob);
        fund.deposit(500_000 * UNIT, bob);
        vm.prank(alice);
        share.transfer(bob, 100 * UNIT);

        vm.warp(MONDAY_CUT_OFF - 1);
        assertEq(askToRedeem(alice, 1_000_000 * UNIT), MONDAY, "alice is dealt on Monday");
        vm.warp(MONDAY_CUT_OFF);
        assertEq(askToRedeem(bob, 100_000 * UNIT), TUESDAY, "bob, a second later, on Tuesday");
        publishAndStrike(MONDAY, NAV_10123);
        uint256 before = cash.balanceOf(treasury);
        vm.prank(treasury);
        fund.fundRedemptions(MONDAY);
        assertEq(before - cash.balanceOf(treasury), 1_012_300 * UNIT, "exactly what Monday owes");
        assertEq(stageOf(REDEMPTION, MONDAY), FUNDED, "funded");

        vm.warp(MONDAY_START + 1 days - 1);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.ExceedsClaimable.selector, 1_000_000 * UNIT, 0));
        vm.prank(alice);
        fund.redeem(1_000_000 * UNIT, alice, alice);
        vm.warp(MONDAY_START + 1 days);
        before = cash.balanceOf(alice);
        vm.prank(alice);
        fund.redeem(1_000_000 * UNIT, alice, alice);
        assertEq(cash.balanceOf(alice) - before, 1_012_300 * UNIT, "alice is paid on Tuesday");
        uint256 issued = 1_976_089_319_237 + 494_022_329_809;
        assertEq(share.totalSupply(), issued - 1_000_000 * UNIT, "the redeemed are burned");
    }

    // ---------------------------------------------------------------- requests

    function test_Request_TakesCashIntoEscrow() public {
        uint256 before = cash.balanceOf(alice);
        vm.expectEmit(true, true, true, true, address(fund));
        emit IERC7540Deposit.DepositRequest(alice, alice, FRIDAY, alice, 7 * UNIT);
        subscribe(alice, 7 * UNIT);
        subscribe(alice, 3 * UNIT);
        assertEq(before - cash.balanceOf(alice), 10 * UNIT, "taken");
        assertEq(cash.balanceOf(address(fund)), 10 * UNIT, "in escrow");
        assertEq(fund.pendingDepositRequest(FRIDAY, alice), 10 * UNIT, "orders of one day add up");
        assertEq(fund.claimableDepositRequest(FRIDAY, alice), 0, "nothing to claim");
        assertEq(fund.openDays(SUBSCRIPTION, alice).length, 1, "one day");
        assertEq(stageOf(SUBSCRIPTION, FRIDAY), OPEN, "open");
        vm.warp(FRIDAY_CUT_OFF);
        assertEq(stageOf(SUBSCRIPTION, FRIDAY), CUT, "cut");
        assertEq(stageOf(REDEMPTION, FRIDAY), STAGE_NONE, "the other side has no orders");
    }

    function test_Request_RevertsIfItWouldFallToALaterDay() public {
        vm.prank(alice);
        assertEq(fund.requestDeposit(UNIT, alice, alice, FRIDAY), FRIDAY, "in time");
        vm.warp(FRIDAY_CUT_OFF);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.FallsToLaterDay.selector, MONDAY, FRIDAY));
        vm.prank(alice);
        fund.requestDeposit(UNIT, alice, alice, FRIDAY);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.FallsToLaterDay.selector, MONDAY, MONDAY - 1));
        vm.prank(alice);
        fund.requestRedeem(UNIT, alice, alice, MONDAY - 1);
    }

    function test_Request_RevertsBelowTheMinimum() public {
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.BelowMinimum.selector, 0, 0));
        vm.prank(alice);
        fund.requestDeposit(0, alice, alice);
        FundTerms memory t = terms();
        (t.minSubscription, t.minRedemption) = (100 * uint128(UNIT), 10 * uint128(UNIT));
        fund = newFund(t);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.BelowMinimum.selector, 100 * UNIT - 1, 100 * UNIT));
        vm.prank(alice);
        fund.requestDeposit(100 * UNIT - 1, alice, alice);
        subscribe(alice, 100 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.BelowMinimum.selector, 10 * UNIT - 1, 10 * UNIT));
        vm.prank(alice);
        fund.requestRedeem(10 * UNIT - 1, alice, alice);
    }

    function test_Request_RevertsForAStranger() public {
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NotController.selector, mallory, alice));
        vm.prank(mallory);
        fund.requestDeposit(UNIT, alice, alice);
    }

    function test_Request_RevertsIfOwnerAndControllerAreTwoIdentities() public {
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.OtherIdentity.selector, alice, bob));
        vm.prank(alice);
        fund.requestDeposit(UNIT, bob, alice);
        vm.prank(alice);
        fund.requestDeposit(UNIT, aliceDesk, alice);
        assertEq(fund.pendingDepositRequest(FRIDAY, aliceDesk), UNIT, "two wallets of one identity");
    }

    function test_Request_RevertsIfUnitsCouldNotBeIssuedToTheController() public {
        expectRefused(202, mallory);
        vm.prank(mallory);
        fund.requestDeposit(UNIT, mallory, mallory);
        IDENTITIES.setExpiry(idOf("alice"), uint64(block.timestamp));
        vm.expectRevert(abi.encodeWithSelector(IPolicies.Refused.selector, 204, alice, 1, block.timestamp));
        vm.prank(alice);
        fund.requestDeposit(UNIT, alice, alice);
    }

    function test_Request_LiftsAHolderOverAMinimumRaisedSince() public {
        giveUnits(alice, 101_210_000, NAV_10121);
        IPolicies.Rule[] memory rules = new IPolicies.Rule[](2);
        rules[0] = knownRule();
        rules[1] = IPolicies.Rule(5, 0, 0, abi.encode(RuleParams.Holders(0, 0, uint96(500 * UNIT))));
        POLICIES.setRules(sharePolicy, rules);
        uint256 day = subscribe(alice, 1_012_100_000);
        publishAndStrike(day, NAV_10121);
        vm.prank(alice);
        fund.deposit(1_012_100_000, alice);
        assertEq(share.balanceOf(alice), 1100 * UNIT, "above it now");
    }

    function test_Request_OfALapsedHolderToRedeemIsTakenAndPaid() public {
        giveUnits(alice, 100 * UNIT, NAV_10121);
        IDENTITIES.setExpiry(idOf("alice"), uint64(block.timestamp));
        askToRedeem(alice, 50 * UNIT);
        publishAndStrike(MONDAY, NAV_10123);
        fundAndWait(MONDAY);
        vm.prank(alice);
        assertEq(fund.redeem(50 * UNIT, alice, alice), 50_615_000, "leaves");
    }

    function test_Request_OfASuspendedHolderIsRefused() public {
        giveUnits(alice, 100 * UNIT, NAV_10121);
        IDENTITIES.setState(idOf("alice"), IIdentities.State.Suspended);
        expectRefused(206, alice);
        vm.prank(alice);
        fund.requestRedeem(UNIT, alice, alice);
    }

    function test_Request_RevertsWhenSixteenDaysAreUnclaimed() public {
        uint256 day = FRIDAY;
        uint16 markets = 3;
        for (uint256 i = 0; i < 16; ++i) {
            vm.warp(calendar.startOf(day));
            assertEq(subscribe(alice, UNIT), day, "next day");
            day = calendar.nextOpen(markets, day, 1);
        }
        vm.warp(calendar.startOf(day));
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.TooManyDays.selector, alice, 16));
        vm.prank(alice);
        fund.requestDeposit(UNIT, alice, alice);
        assertEq(subscribe(bob, UNIT), day, "another controller is not concerned");
        publishAndStrike(FRIDAY, NAV_10121);
        vm.prank(alice);
        fund.claim(SUBSCRIPTION, FRIDAY, alice, alice);
        vm.warp(calendar.startOf(day));
        assertEq(subscribe(alice, UNIT), day, "a claimed day makes room");
    }

    function test_Request_NeverGoesBeforeADayThatHasOrders() public {
        vm.warp(FRIDAY_CUT_OFF);
        for (uint256 day = MONDAY; day < MONDAY + 3; ++day) {
            calendar.closeDay(day, 3, "storm");
        }
        assertEq(subscribe(alice, UNIT), FRIDAY + 7, "after the storm and Thanksgiving");
        ICalendar.Entry[] memory reopened = new ICalendar.Entry[](1);
        reopened[0] = ICalendar.Entry(uint32(MONDAY + 2), 0, 0);
        calendar.amendDays(reopened, "the storm turned away");
        assertEq(calendar.dealingDay(3, block.timestamp, 16 * 60), MONDAY + 2, "Wednesday is open again");
        assertEq(subscribe(bob, UNIT), FRIDAY + 7, "but bob is not dealt before alice");
    }

    // ---------------------------------------------------------------- cancel, reject, reassign

    function test_Cancel_ReturnsEverythingWhileOpen() public {
        uint256 before = cash.balanceOf(alice);
        subscribe(alice, 5 * UNIT);
        vm.expectEmit(true, true, true, true, address(fund));
        emit ITreasuryFund.OrderCancelled(SUBSCRIPTION, FRIDAY, alice, 5 * UNIT);
        vm.prank(alice);
        assertEq(fund.cancel(SUBSCRIPTION, FRIDAY, alice), 5 * UNIT, "all of it");
        assertEq(cash.balanceOf(alice), before, "is back");
        assertEq(fund.nextStrike(), 0, "the emptied day is not struck");
        assertEq(fund.openDays(SUBSCRIPTION, alice).length, 0, "forgotten");
        assertEq(subscribe(alice, UNIT), FRIDAY, "and may be asked again");
        assertEq(fund.nextStrike(), FRIDAY, "then it is");
    }

    function test_Cancel_RevertsFromTheCutOffOn() public {
        subscribe(alice, 5 * UNIT);
        vm.warp(FRIDAY_CUT_OFF);
        expectWrongStage(SUBSCRIPTION, FRIDAY, CUT);
        vm.prank(alice);
        fund.cancel(SUBSCRIPTION, FRIDAY, alice);
        publishAndStrike(FRIDAY, NAV_10121);
        expectWrongStage(SUBSCRIPTION, FRIDAY, STRUCK);
        vm.prank(alice);
        fund.cancel(SUBSCRIPTION, FRIDAY, alice);
    }

    function test_Cancel_RevertsForAStrangerAndWithoutAnOrder() public {
        subscribe(alice, 5 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NotController.selector, bob, alice));
        vm.prank(bob);
        fund.cancel(SUBSCRIPTION, FRIDAY, alice);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NoOrder.selector, SUBSCRIPTION, FRIDAY, bob));
        vm.prank(bob);
        fund.cancel(SUBSCRIPTION, FRIDAY, bob);
    }

    function test_Reject_ReturnsEverythingBeforeTheStrike() public {
        subscribe(alice, 5 * UNIT);
        vm.warp(FRIDAY_CUT_OFF);
        uint256 before = cash.balanceOf(alice);
        expectUnauthorized(bob, fund.TRANSFER_AGENT());
        fund.reject(SUBSCRIPTION, FRIDAY, alice, "late file");
        vm.prank(transferAgent);
        fund.reject(SUBSCRIPTION, FRIDAY, alice, "late file");
        assertEq(cash.balanceOf(alice) - before, 5 * UNIT, "back");
        vm.prank(transferAgent);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NoOrder.selector, SUBSCRIPTION, FRIDAY, alice));
        fund.reject(SUBSCRIPTION, FRIDAY, alice, "late file");
    }

    function test_Reject_RevertsAfterTheStrike() public {
        subscribe(alice, 5 * UNIT);
        publishAndStrike(FRIDAY, NAV_10121);
        expectWrongStage(SUBSCRIPTION, FRIDAY, STRUCK);
        vm.prank(transferAgent);
        fund.reject(SUBSCRIPTION, FRIDAY, alice, "too late");
    }

    function test_Reassign_GivesTheOrderToAnother() public {
        subscribe(alice, 1_000_003);
        subscribe(bob, 2_000_003);
        publishAndStrike(FRIDAY, NAV_10121);
        vm.prank(alice);
        uint256 paid = fund.deposit(333_333, alice);
        expectUnauthorized(bob, fund.TRANSFER_AGENT());
        fund.reassign(SUBSCRIPTION, FRIDAY, alice, bob, "merger");
        vm.prank(transferAgent);
        fund.reassign(SUBSCRIPTION, FRIDAY, alice, bob, "merger");
        assertEq(fund.orderOf(SUBSCRIPTION, FRIDAY, alice).amount, 0, "alice has none");
        assertEq(fund.maxDeposit(bob), 3_000_006 - 333_333, "bob has both");
        vm.prank(bob);
        (, uint256 rest) = fund.claim(SUBSCRIPTION, FRIDAY, bob, bob);
        assertEq(paid + rest, uint256(3_000_006) * 1e8 / NAV_10121, "parts sum to the whole");
        assertEq(stageOf(SUBSCRIPTION, FRIDAY), DRAINED, "and nothing is left");
    }

    function test_Reassign_RevertsToOneWhoIsNotEligible() public {
        subscribe(alice, UNIT);
        expectRefused(202, mallory);
        vm.prank(transferAgent);
        fund.reassign(SUBSCRIPTION, FRIDAY, alice, mallory, "no");
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NoOrder.selector, SUBSCRIPTION, FRIDAY, bob));
        vm.prank(transferAgent);
        fund.reassign(SUBSCRIPTION, FRIDAY, bob, alice, "no order");
    }

    function test_Reassign_KeepsTheOldestFirst() public {
        subscribe(alice, UNIT);
        vm.warp(FRIDAY_CUT_OFF);
        subscribe(bob, 2 * UNIT);
        vm.prank(transferAgent);
        fund.reassign(SUBSCRIPTION, FRIDAY, alice, bob, "succession");
        uint32[] memory list = fund.openDays(SUBSCRIPTION, bob);
        assertEq(list.length, 2, "two days");
        assertEq(list[0], FRIDAY, "the older one first");
        assertEq(list[1], MONDAY, "then the newer");
    }

    // ---------------------------------------------------------------- NAV

    function nav(uint256 day, uint64 value, uint256 asOf) private {
        vm.prank(navAgent);
        fund.publishNav(day, value, uint40(asOf), 0);
    }

    function test_Nav_TheFirstOneIsHeld() public {
        vm.warp(FRIDAY_CUT_OFF);
        nav(FRIDAY, NAV_10121, FRIDAY_CUT_OFF);
        assertTrue(fund.navOf(FRIDAY).held, "held");
        subscribe(alice, UNIT);
        vm.prank(navApprover);
        fund.approveNav(FRIDAY, NAV_10121);
        assertFalse(fund.navOf(FRIDAY).held, "accepted");
    }

    function test_Nav_IsHeldBeyondTheDaysBound() public {
        publish(FRIDAY, 100_000_000);
        vm.warp(MONDAY_CUT_OFF);
        nav(MONDAY, 100_500_001, MONDAY_CUT_OFF);
        assertTrue(fund.navOf(MONDAY).held, "0.50000001 % up");
        nav(MONDAY, 100_500_000, MONDAY_CUT_OFF);
        assertFalse(fund.navOf(MONDAY).held, "0.5 % up");
        nav(MONDAY, 99_499_999, MONDAY_CUT_OFF);
        assertTrue(fund.navOf(MONDAY).held, "0.50000001 % down");
        nav(MONDAY, 99_500_000, MONDAY_CUT_OFF);
        assertFalse(fund.navOf(MONDAY).held, "0.5 % down");
    }

    function test_Nav_CannotWalkAwayByReplacement() public {
        publish(FRIDAY, 100_000_000);
        vm.warp(MONDAY_CUT_OFF);
        nav(MONDAY, 100_500_000, MONDAY_CUT_OFF);
        nav(MONDAY, 101_000_000, MONDAY_CUT_OFF);
        assertTrue(fund.navOf(MONDAY).held, "compared to Friday's, not to the one it replaces");
    }

    function test_Nav_IsHeldBeyondTheTotalBoundSinceTheLastSecondLook() public {
        publish(FRIDAY, 100_000_000);
        publish(MONDAY, 100_500_000);
        publish(TUESDAY, 101_000_000);
        vm.warp(TUESDAY_CUT_OFF + 1 days);
        nav(TUESDAY + 1, 101_000_001, TUESDAY_CUT_OFF + 1 days);
        assertTrue(fund.navOf(TUESDAY + 1).held, "1.000001 % since Friday");
        vm.prank(navApprover);
        fund.approveNav(TUESDAY + 1, 101_000_001);
        vm.warp(1_795_806_000); // Friday the 27th, 14:00
        nav(FRIDAY + 7, 101_400_000, 1_795_806_000);
        assertFalse(fund.navOf(FRIDAY + 7).held, "counted from the second look");
    }

    function test_Nav_OutOfOrderIsHeld() public {
        publish(FRIDAY, 100_000_000);
        publish(TUESDAY, 100_000_000);
        nav(MONDAY, 100_000_000, MONDAY_CUT_OFF);
        assertTrue(fund.navOf(MONDAY).held, "Monday's came after Tuesday's");
    }

    function test_Nav_RevertsOutsideItsTime() public {
        vm.warp(FRIDAY_CUT_OFF + 60);
        vm.expectRevert(
            abi.encodeWithSelector(
                ITreasuryFund.NavTime.selector, FRIDAY_CUT_OFF - 1, FRIDAY_CUT_OFF, FRIDAY_CUT_OFF + 60
            )
        );
        nav(FRIDAY, NAV_10121, FRIDAY_CUT_OFF - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                ITreasuryFund.NavTime.selector, FRIDAY_CUT_OFF + 61, FRIDAY_CUT_OFF, FRIDAY_CUT_OFF + 60
            )
        );
        nav(FRIDAY, NAV_10121, FRIDAY_CUT_OFF + 61);
        vm.expectRevert(abi.encodeWithSelector(ICalendar.DayNotOpen.selector, FRIDAY + 1, 3));
        nav(FRIDAY + 1, NAV_10121, FRIDAY_CUT_OFF);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NavMissing.selector, FRIDAY));
        nav(FRIDAY, 0, FRIDAY_CUT_OFF);
        expectUnauthorized(transferAgent, fund.NAV_AGENT());
        fund.publishNav(FRIDAY, NAV_10121, uint40(FRIDAY_CUT_OFF), 0);
    }

    function test_Nav_IsFinalOnceStruck() public {
        subscribe(alice, UNIT);
        publishAndStrike(FRIDAY, NAV_10121);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NavFinal.selector, FRIDAY));
        nav(FRIDAY, NAV_10123, FRIDAY_CUT_OFF);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NavFinal.selector, FRIDAY));
        vm.prank(navApprover);
        fund.approveNav(FRIDAY, NAV_10121);
    }

    function test_Approve_NeedsTheHeldValueAndASecondPerson() public {
        vm.warp(FRIDAY_CUT_OFF);
        nav(FRIDAY, NAV_10121, FRIDAY_CUT_OFF);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NavChanged.selector, FRIDAY, NAV_10123));
        vm.prank(navApprover);
        fund.approveNav(FRIDAY, NAV_10123);
        expectUnauthorized(transferAgent, fund.NAV_APPROVER());
        fund.approveNav(FRIDAY, NAV_10121);
        fund.grantRole(fund.NAV_APPROVER(), navAgent);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.OwnNav.selector, navAgent));
        vm.prank(navAgent);
        fund.approveNav(FRIDAY, NAV_10121);
        vm.prank(navApprover);
        fund.approveNav(FRIDAY, NAV_10121);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NavChanged.selector, FRIDAY, NAV_10121));
        vm.prank(navApprover);
        fund.approveNav(FRIDAY, NAV_10121);
    }

    // ---------------------------------------------------------------- strike and money

    function test_Strike_NeedsAnAcceptedNav() public {
        subscribe(alice, UNIT);
        vm.warp(FRIDAY_CUT_OFF);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NavMissing.selector, FRIDAY));
        strike(FRIDAY);
        nav(FRIDAY, NAV_10121, FRIDAY_CUT_OFF);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NavHeld.selector, FRIDAY));
        strike(FRIDAY);
        vm.prank(navApprover);
        fund.approveNav(FRIDAY, NAV_10121);
        expectUnauthorized(navAgent, fund.TRANSFER_AGENT());
        fund.strike(FRIDAY);
        strike(FRIDAY);
        assertEq(stageOf(SUBSCRIPTION, FRIDAY), STRUCK, "struck");
    }

    function test_Strike_GoesInOrderOnceAndPassesOverEmptyDays() public {
        subscribe(alice, UNIT);
        vm.warp(FRIDAY_CUT_OFF);
        subscribe(bob, UNIT);
        vm.warp(MONDAY_CUT_OFF);
        subscribe(alice, UNIT);
        vm.prank(transferAgent);
        fund.reject(SUBSCRIPTION, MONDAY, bob, "empties Monday");
        publish(FRIDAY, NAV_10121);
        publish(TUESDAY, NAV_10121);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.StrikeOutOfOrder.selector, TUESDAY, FRIDAY));
        strike(TUESDAY);
        strike(FRIDAY);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.StrikeOutOfOrder.selector, FRIDAY, TUESDAY));
        strike(FRIDAY);
        assertEq(fund.nextStrike(), TUESDAY, "Monday has no orders");
        strike(TUESDAY);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.StrikeOutOfOrder.selector, 0, 0));
        strike(0);
    }

    function test_Strike_CostsTheSameForOneOrderAndForThirty() public {
        subscribe(bob, UNIT);
        publishAndStrike(FRIDAY, NAV_10121); // from here on no slot of the tokens is empty
        subscribe(alice, 30 * UNIT);
        publish(MONDAY, NAV_10121);
        uint256 one = gasOfStrike(MONDAY);
        vm.prank(attestor);
        cash.attest(type(uint128).max, uint64(block.timestamp), 0);
        for (uint256 i = 0; i < 30; ++i) {
            address[] memory wallet = new address[](1);
            wallet[0] = address(uint160(0xabcd0000 + i));
            IDENTITIES.register(bytes32(i + 1), 840, 1, uint64(block.timestamp + 365 days), 0, wallet);
            giveCash(wallet[0], UNIT);
            subscribe(wallet[0], UNIT);
        }
        publish(TUESDAY, NAV_10121);
        uint256 thirty = gasOfStrike(TUESDAY);
        assertTrue(thirty < one + 10_000 && one < thirty + 10_000, "within 10,000 gas");
    }

    function gasOfStrike(uint256 day) private returns (uint256) {
        vm.prank(transferAgent);
        uint256 before = gasleft();
        fund.strike(day);
        return before - gasleft();
    }

    function test_Strike_OfADayAnEmergencyClosedUsesTheNextOpenDaysNav() public {
        subscribe(alice, 1000 * UNIT);
        calendar.closeDay(FRIDAY, 2, "exchange outage");
        subscribe(bob, 1000 * UNIT);
        assertEq(fund.pendingDepositRequest(MONDAY, bob), 1000 * UNIT, "new orders are Monday's");
        vm.warp(MONDAY_CUT_OFF - 1);
        assertEq(stageOf(SUBSCRIPTION, FRIDAY), OPEN, "Friday's orders wait with Monday's");
        vm.warp(MONDAY_CUT_OFF);
        vm.expectRevert(abi.encodeWithSelector(ICalendar.DayNotOpen.selector, FRIDAY, 3));
        nav(FRIDAY, NAV_10121, MONDAY_CUT_OFF);
        publishAndStrike(FRIDAY, MONDAY, NAV_10123);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NavFinal.selector, MONDAY));
        nav(MONDAY, NAV_10121, MONDAY_CUT_OFF);
        strike(MONDAY);
        (uint256 first, uint256 firstDay,) = fund.struckAt(FRIDAY);
        (uint256 second, uint256 secondDay,) = fund.struckAt(MONDAY);
        assertEq(first, second, "one NAV");
        assertEq(firstDay, MONDAY, "Monday's");
        assertEq(secondDay, MONDAY, "for both");
    }

    function publishAndStrike(uint256 day, uint256 navDay, uint64 value) private {
        publish(navDay, value);
        strike(day);
    }

    function test_Strike_RevertsAboveTheCapOfTheShare() public {
        subscribe(alice, 1000 * UNIT);
        publish(FRIDAY, NAV_10121);
        share.setCap(100 * UNIT);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRestrictedToken.CapExceeded.selector, 0, uint256(1000 * UNIT) * 1e8 / NAV_10121, 100 * UNIT
            )
        );
        strike(FRIDAY);
    }

    function test_Collect_PaysTheSubscriptionsToTheTreasuryOnce() public {
        subscribe(alice, 1000 * UNIT);
        expectWrongStage(SUBSCRIPTION, FRIDAY, OPEN);
        fund.collect(FRIDAY);
        publishAndStrike(FRIDAY, NAV_10121);
        uint256 before = cash.balanceOf(treasury);
        vm.prank(mallory);
        fund.collect(FRIDAY);
        assertEq(cash.balanceOf(treasury) - before, 1000 * UNIT, "all of it");
        assertEq(cash.balanceOf(address(fund)), 0, "out of escrow");
        expectWrongStage(SUBSCRIPTION, FRIDAY, STRUCK);
        fund.collect(FRIDAY);
    }

    function test_FundRedemptions_IsTheTreasurysAndOnce() public {
        giveUnits(alice, 1000 * UNIT, NAV_10121);
        askToRedeem(alice, 100 * UNIT);
        expectWrongStage(REDEMPTION, MONDAY, OPEN);
        vm.prank(treasury);
        fund.fundRedemptions(MONDAY);
        publishAndStrike(MONDAY, NAV_10123);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NotController.selector, alice, treasury));
        vm.prank(alice);
        fund.fundRedemptions(MONDAY);
        vm.prank(treasury);
        fund.setOperator(broker, true);
        vm.prank(broker);
        fund.fundRedemptions(MONDAY);
        assertEq(stageOf(REDEMPTION, MONDAY), FUNDED, "by its operator");
        expectWrongStage(REDEMPTION, MONDAY, FUNDED);
        vm.prank(treasury);
        fund.fundRedemptions(MONDAY);
    }

    function test_Redemption_GoesThroughItsStages() public {
        giveUnits(alice, 1000 * UNIT, NAV_10121);
        askToRedeem(alice, 100 * UNIT);
        assertEq(stageOf(REDEMPTION, MONDAY), OPEN, "open");
        vm.warp(MONDAY_CUT_OFF);
        assertEq(stageOf(REDEMPTION, MONDAY), CUT, "cut");
        publishAndStrike(MONDAY, NAV_10123);
        assertEq(stageOf(REDEMPTION, MONDAY), STRUCK, "struck");
        vm.warp(MONDAY_START + 2 days);
        assertEq(stageOf(REDEMPTION, MONDAY), STRUCK, "not payable unless funded");
        assertEq(fund.pendingRedeemRequest(MONDAY, alice), 100 * UNIT, "still pending");
        expectWrongStage(REDEMPTION, MONDAY, STRUCK);
        vm.prank(alice);
        fund.claim(REDEMPTION, MONDAY, alice, alice);
        vm.prank(treasury);
        fund.fundRedemptions(MONDAY);
        assertEq(stageOf(REDEMPTION, MONDAY), PAYABLE, "payable");
        assertEq(fund.claimableRedeemRequest(MONDAY, alice), 100 * UNIT, "claimable");
        assertEq(fund.maxWithdraw(alice), 101_230_000, "worth");
        vm.prank(alice);
        fund.withdraw(101_230_000, alice, alice);
        assertEq(stageOf(REDEMPTION, MONDAY), DRAINED, "drained");
        expectNoOrder(REDEMPTION, MONDAY, alice);
        vm.prank(alice);
        fund.claim(REDEMPTION, MONDAY, alice, alice);
    }

    function expectNoOrder(ITreasuryFund.Side side, uint256 day, address who) private {
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NoOrder.selector, side, day, who));
    }

    function test_Suspension_StopsRequestsAndStrikesAndNothingElse() public {
        giveUnits(alice, 1000 * UNIT, NAV_10121);
        askToRedeem(alice, 100 * UNIT);
        subscribe(bob, 100 * UNIT);
        bytes32 role = fund.TRANSFER_AGENT();
        expectUnauthorized(bob, role);
        fund.suspendDealing("no prices");
        vm.prank(transferAgent);
        fund.suspendDealing("no prices");
        vm.expectRevert(ITreasuryFund.Suspended.selector);
        vm.prank(bob);
        fund.requestDeposit(UNIT, bob, bob);
        vm.expectRevert(ITreasuryFund.Suspended.selector);
        vm.prank(alice);
        fund.requestRedeem(UNIT, alice, alice);
        vm.prank(bob);
        fund.cancel(SUBSCRIPTION, MONDAY, bob);
        publish(MONDAY, NAV_10123);
        vm.expectRevert(ITreasuryFund.Suspended.selector);
        strike(MONDAY);
        expectUnauthorized(bob, role);
        fund.resumeDealing();
        vm.prank(transferAgent);
        fund.resumeDealing();
        strike(MONDAY);
        vm.prank(transferAgent);
        fund.suspendDealing("again");
        fundAndWait(MONDAY);
        vm.prank(alice);
        fund.redeem(100 * UNIT, alice, alice);
    }

    // ---------------------------------------------------------------- claims

    function twoStruckDays() private {
        subscribe(alice, 1000 * UNIT);
        publishAndStrike(FRIDAY, 100_000_000);
        subscribe(alice, 1000 * UNIT);
        publishAndStrike(MONDAY, 100_400_000);
    }

    function test_Deposit_TakesTheOldestFirstEachAtItsOwnPrice() public {
        twoStruckDays();
        assertEq(fund.maxDeposit(alice), 2000 * UNIT, "claimable");
        assertEq(fund.maxMint(alice), 1000 * UNIT + 996_015_936, "units");
        vm.prank(alice);
        assertEq(fund.deposit(1000 * UNIT, alice), 1000 * UNIT, "Friday's at 1.0");
        vm.prank(alice);
        assertEq(fund.deposit(1000 * UNIT, alice), 996_015_936, "Monday's at 1.004");
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.ExceedsClaimable.selector, 1, 0));
        vm.prank(alice);
        fund.deposit(1, alice);
    }

    function test_Mint_PaysExactlyTheUnitsAsked() public {
        twoStruckDays();
        vm.prank(alice);
        assertEq(fund.mint(1500 * UNIT, alice), 1000 * UNIT + 502 * UNIT, "1000 at 1.0, 500 at 1.004");
        assertEq(share.balanceOf(alice), 1500 * UNIT, "exactly");
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.ExceedsClaimable.selector, 496_015_937, 496_015_936));
        vm.prank(alice);
        fund.mint(496_015_937, alice);
        vm.prank(alice);
        fund.mint(496_015_936, alice);
        assertEq(stageOf(SUBSCRIPTION, MONDAY), DRAINED, "the last unit takes the rest of the cash");
    }

    function test_Mint_OfTheLastUnitsTakesWhatIsLessThanOne() public {
        subscribe(alice, 1_000_050);
        publishAndStrike(FRIDAY, 10_000_000_000); // 100.00000000: a unit's atom costs 100 of cash
        vm.prank(alice);
        assertEq(fund.mint(4000, alice), 400_000, "what 4,000 atoms cost");
        vm.prank(alice);
        assertEq(fund.mint(6000, alice), 600_050, "the rest buys no further one");
        assertEq(stageOf(SUBSCRIPTION, FRIDAY), DRAINED, "drained");
    }

    function test_Claim_TakesOneDay() public {
        twoStruckDays();
        vm.prank(alice);
        (uint256 amount, uint256 paid) = fund.claim(SUBSCRIPTION, MONDAY, alice, alice);
        assertEq(amount, 1000 * UNIT, "cash");
        assertEq(paid, 996_015_936, "units");
        assertEq(fund.openDays(SUBSCRIPTION, alice)[0], FRIDAY, "Friday's waits");
        expectNoOrder(SUBSCRIPTION, MONDAY, alice);
        vm.prank(alice);
        fund.claim(SUBSCRIPTION, MONDAY, alice, alice);
    }

    function test_Claim_RevertsBeforeTheStrikeAndForAStranger() public {
        subscribe(alice, UNIT);
        expectWrongStage(SUBSCRIPTION, FRIDAY, OPEN);
        vm.prank(alice);
        fund.claim(SUBSCRIPTION, FRIDAY, alice, alice);
        publishAndStrike(FRIDAY, NAV_10121);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NotController.selector, mallory, alice));
        vm.prank(mallory);
        fund.deposit(1, alice, alice);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NotController.selector, mallory, alice));
        vm.prank(mallory);
        fund.claim(SUBSCRIPTION, FRIDAY, alice, alice);
    }

    function test_Operator_ActsButNeverReceives() public {
        vm.expectEmit(true, true, true, true, address(fund));
        emit IERC7540Operator.OperatorSet(alice, broker, true);
        vm.prank(alice);
        fund.setOperator(broker, true);
        assertTrue(fund.isOperator(alice, broker), "set");
        vm.prank(broker);
        fund.requestDeposit(1000 * UNIT, alice, alice);
        publishAndStrike(FRIDAY, NAV_10121);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.OtherIdentity.selector, broker, alice));
        vm.prank(broker);
        fund.deposit(1000 * UNIT, broker, alice);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.OtherIdentity.selector, bob, alice));
        vm.prank(broker);
        fund.deposit(1000 * UNIT, bob, alice);
        vm.prank(broker);
        fund.deposit(500 * UNIT, aliceDesk, alice);
        vm.prank(alice);
        fund.setOperator(broker, false);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NotController.selector, broker, alice));
        vm.prank(broker);
        fund.deposit(500 * UNIT, alice, alice);
    }

    function test_Operator_OfASuspendedIdentityDoesNotAct() public {
        vm.prank(alice);
        fund.setOperator(carol, true);
        vm.prank(carol);
        fund.requestDeposit(1000 * UNIT, alice, alice);
        publishAndStrike(FRIDAY, NAV_10121);
        IDENTITIES.setState(idOf("carol"), IIdentities.State.Suspended);
        expectRefused(205, carol);
        vm.prank(carol);
        fund.requestDeposit(1000 * UNIT, alice, alice);
        expectRefused(205, carol);
        vm.prank(carol);
        fund.deposit(1000 * UNIT, alice, alice);
        vm.prank(alice);
        fund.deposit(1000 * UNIT, alice);
    }

    function test_Receiver_OfUnitsIsJudgedAsIssueOfCashIsOfTheIdentity() public {
        subscribe(alice, 1000 * UNIT);
        publishAndStrike(FRIDAY, NAV_10121);
        expectRefused(202, mallory);
        vm.prank(alice);
        fund.deposit(UNIT, mallory);
        vm.prank(alice);
        fund.deposit(500 * UNIT, bob);
        assertEq(share.balanceOf(bob), uint256(500 * UNIT) * 1e8 / NAV_10121, "bob is eligible");
        vm.prank(alice);
        fund.deposit(500 * UNIT, alice);
        askToRedeem(alice, 400 * UNIT);
        publishAndStrike(MONDAY, NAV_10123);
        fundAndWait(MONDAY);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.OtherIdentity.selector, bob, alice));
        vm.prank(alice);
        fund.redeem(400 * UNIT, bob, alice);
        vm.prank(alice);
        fund.redeem(400 * UNIT, aliceDesk, alice);
        assertEq(cash.balanceOf(aliceDesk), 404_920_000, "another wallet of hers is");
    }

    function test_Suspended_HoldersClaimsWait() public {
        subscribe(alice, 1000 * UNIT);
        publishAndStrike(FRIDAY, NAV_10121);
        IDENTITIES.setState(idOf("alice"), IIdentities.State.Suspended);
        expectRefused(206, alice);
        vm.prank(alice);
        fund.deposit(1000 * UNIT, alice);
        // Nor may she have her units sent to somebody who is not suspended.
        expectRefused(206, alice);
        vm.prank(alice);
        fund.deposit(1000 * UNIT, bob);
        IDENTITIES.setState(idOf("alice"), IIdentities.State.Active);
        vm.prank(alice);
        fund.deposit(1000 * UNIT, alice);
    }

    function test_Capped_HoldersUnitsWaitInEscrow() public {
        IPolicies.Rule[] memory rules = new IPolicies.Rule[](2);
        rules[0] = knownRule();
        rules[1] = IPolicies.Rule(5, 0, 0, abi.encode(RuleParams.Holders(1, 0, 0)));
        POLICIES.setRules(sharePolicy, rules);
        subscribe(alice, 1000 * UNIT);
        subscribe(bob, 1000 * UNIT);
        publishAndStrike(FRIDAY, NAV_10121);
        vm.prank(alice);
        fund.deposit(1000 * UNIT, alice);
        vm.expectRevert(abi.encodeWithSelector(IPolicies.Refused.selector, 501, bob, 2, 1));
        vm.prank(bob);
        fund.deposit(1000 * UNIT, bob);
        vm.prank(transferAgent);
        fund.reassign(SUBSCRIPTION, FRIDAY, bob, aliceDesk, "no room on the register");
        vm.prank(aliceDesk);
        fund.deposit(1000 * UNIT, aliceDesk);
        subscribe(bob, 1000 * UNIT);
        publishAndStrike(MONDAY, NAV_10121);
        rules[1] = IPolicies.Rule(5, 0, 0, abi.encode(RuleParams.Holders(2, 0, 0)));
        POLICIES.setRules(sharePolicy, rules);
        vm.prank(bob);
        fund.deposit(1000 * UNIT, bob);
    }

    // ---------------------------------------------------------------- recovery

    function test_Recovered_WalletsOrdersAreItsSuccessors() public {
        subscribe(alice, 1000 * UNIT);
        vm.prank(alice);
        fund.setOperator(broker, true);
        publishAndStrike(FRIDAY, NAV_10121);
        address next = account("next");
        IDENTITIES.recover(alice, next);
        expectRefused(209, alice);
        vm.prank(alice);
        fund.deposit(1000 * UNIT, alice);
        expectRefused(209, alice);
        vm.prank(alice);
        fund.deposit(1000 * UNIT, bob);
        vm.warp(block.timestamp + IDENTITIES.recoveryDelay());
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NotController.selector, alice, alice));
        vm.prank(alice);
        fund.deposit(1000 * UNIT, bob, alice);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NotController.selector, broker, alice));
        vm.prank(broker);
        fund.deposit(1000 * UNIT, alice, alice);
        vm.prank(next);
        fund.deposit(1000 * UNIT, next, alice);
        assertEq(share.balanceOf(next), uint256(1000 * UNIT) * 1e8 / NAV_10121, "the successor has them");
    }

    function test_Recovered_WalletsOrderIsCancelledToItsSuccessor() public {
        vm.warp(FRIDAY_CUT_OFF); // Monday's orders
        subscribe(alice, 1000 * UNIT);
        address next = account("next");
        IDENTITIES.recover(alice, next);
        vm.warp(block.timestamp + IDENTITIES.recoveryDelay());
        vm.prank(next);
        fund.cancel(SUBSCRIPTION, MONDAY, alice);
        assertEq(cash.balanceOf(next), 1000 * UNIT, "cancelled by the successor, back to it");
    }

    // ---------------------------------------------------------------- views

    function test_Quote_SaysDayCutOffAndAmount() public {
        ITreasuryFund.Quote memory quote = fund.quoteDeposit(1000 * UNIT);
        assertEq(quote.requestId, FRIDAY, "day");
        assertEq(quote.cutOff, FRIDAY_CUT_OFF, "cut-off");
        assertEq(quote.amount, 0, "no NAV yet");
        assertEq(fund.totalAssets(), 0, "nothing");
        assertEq(fund.convertToShares(UNIT), 0, "no rate");
        giveUnits(alice, 1000 * UNIT, 100_000_000);
        quote = fund.quoteRedeem(10 * UNIT);
        assertEq(quote.requestId, MONDAY, "day");
        assertEq(quote.amount, 10 * UNIT, "at the NAV last struck");
        assertEq(quote.navDay, FRIDAY, "of Friday");
        assertEq(quote.payableFrom, MONDAY_START + 1 days, "payable on Tuesday");
        assertEq(fund.totalAssets(), 1000 * UNIT, "units in issue at it");
        assertEq(fund.convertToAssets(UNIT), UNIT, "rate");
        assertEq(fund.convertToShares(UNIT), UNIT, "rate");
        subscribe(bob, 1000 * UNIT);
        assertEq(fund.totalAssets(), 1000 * UNIT, "pending cash is not the fund's");
    }

    function test_Previews_Revert() public {
        vm.expectRevert(ITreasuryFund.NoPreview.selector);
        fund.previewDeposit(1);
        vm.expectRevert(ITreasuryFund.NoPreview.selector);
        fund.previewMint(1);
        vm.expectRevert(ITreasuryFund.NoPreview.selector);
        fund.previewRedeem(1);
        vm.expectRevert(ITreasuryFund.NoPreview.selector);
        fund.previewWithdraw(1);
    }

    function test_SupportsInterface_HasTheStandardsIds() public view {
        assertTrue(type(IERC7540Operator).interfaceId == 0xe3bc4e65, "operator");
        assertTrue(type(IERC7540Deposit).interfaceId == 0xce3bbe50, "deposit");
        assertTrue(type(IERC7540Redeem).interfaceId == 0x620ee8e4, "redeem");
        assertTrue(type(IERC7575).interfaceId == 0x2f0a18c5, "vault");
        assertTrue(fund.supportsInterface(0xe3bc4e65), "operator");
        assertTrue(fund.supportsInterface(0xce3bbe50), "deposit");
        assertTrue(fund.supportsInterface(0x620ee8e4), "redeem");
        assertTrue(fund.supportsInterface(0x2f0a18c5), "vault");
        assertTrue(fund.supportsInterface(0x01ffc9a7), "ERC-165");
        assertFalse(fund.supportsInterface(0xffffffff), "not an interface");
        assertEq(fund.asset(), address(cash), "asset");
        assertEq(fund.share(), address(share), "share");
    }

    function test_Terms_AreChecked() public {
        FundTerms memory t = terms();
        t.cutOff = 1440;
        vm.expectRevert(ITreasuryFund.BadTerms.selector);
        new TreasuryFund(t);
        t = terms();
        t.settlementDays = 65;
        vm.expectRevert(ITreasuryFund.BadTerms.selector);
        new TreasuryFund(t);
        t = terms();
        t.treasury = address(0);
        vm.expectRevert(ITreasuryFund.BadTerms.selector);
        new TreasuryFund(t);
        t = terms();
        t.dayBound = 10_001;
        vm.expectRevert(ITreasuryFund.BadTerms.selector);
        new TreasuryFund(t);
        assertEq(fund.terms().cutOff, 960, "the terms can be read");
        assertTrue(address(fund).code.length <= 24_576, "EIP-170");
    }
}
