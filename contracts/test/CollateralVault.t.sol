// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CollateralVault} from "../src/CollateralVault.sol";
import {CollateralTerms, EligibleAsset, ICollateralVault} from "../src/interfaces/ICollateralVault.sol";
import {IEncumbrances} from "../src/interfaces/IEncumbrances.sol";
import {IPriceBook} from "../src/interfaces/IPriceBook.sol";
import {IDENTITIES} from "../src/native/IIdentities.sol";
import {CollateralFixture} from "./CollateralFixture.sol";

/// @title Agreements from draft to close-out, on both sides of each edge
contract CollateralVaultTest is CollateralFixture {
    uint256 private constant WEDNESDAY_FIVE = TUESDAY_FIVE + 1 days;

    function expectState(uint256 id, ICollateralVault.State state) private {
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.WrongState.selector, id, state));
    }

    /// @dev Exposure 1,800,000 against 1,000,000 units: a deficit of 742,761.50, called as 750,000.
    function called() private returns (uint256 id) {
        id = open(collateralTerms(), schedule());
        expose(id, 1_800_000 * UNIT);
        post(id, 1_000_000 * UNIT);
        vm.prank(bob);
        vault.call(id);
    }

    function closing(uint256 costs) private returns (uint256 id) {
        id = called();
        vm.warp(WEDNESDAY_FIVE);
        vm.prank(bob);
        vault.declareDefault(id, EVIDENCE);
        vm.prank(bob);
        vault.closeOut(id, uint128(costs), EVIDENCE);
    }

    function buy(uint256 id, uint256 units) private returns (uint256 paid) {
        vm.prank(carol);
        cash.approve(address(vault), type(uint256).max);
        vm.prank(carol);
        return vault.buy(id, address(share), uint128(units));
    }

    function release(uint256 id, uint256 units) private {
        vm.prank(alice);
        vault.release(id, address(share), uint128(units));
    }

    // ---------------------------------------------------------------- agreement

    function test_Agreement_NeedsBothParties() public {
        CollateralTerms memory t = collateralTerms();
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NotParty.selector, 1, carol));
        vm.prank(carol);
        vault.agree(t, schedule(), buyers());
        vm.prank(alice);
        uint256 id = vault.agree(t, schedule(), buyers());
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NotParty.selector, id, alice));
        vm.prank(alice);
        vault.accept(id);
        expectState(id, ICollateralVault.State.Draft);
        vm.prank(alice);
        vault.post(id, address(share), 1);
        vm.prank(bob);
        vault.accept(id);
        assertState(id, ICollateralVault.State.Active, "both agreed");
    }

    function test_Terms_ThatCannotBe() public {
        CollateralTerms memory t = collateralTerms();
        t.pledgor = bob;
        expectBad(t, schedule(), 2);
        t = collateralTerms();
        t.arbiter = alice;
        expectBad(t, schedule(), 4);
        t = collateralTerms();
        t.dueMinute = t.notificationMinute - 1;
        expectBad(t, schedule(), 9);
        t = collateralTerms();
        t.cureDays = 33;
        expectBad(t, schedule(), 11);
        expectBad(collateralTerms(), new EligibleAsset[](0), 100);
        expectBad(collateralTerms(), new EligibleAsset[](17), 100);
        EligibleAsset[] memory assets = schedule();
        assets[1] = assets[0];
        expectBad(collateralTerms(), assets, 102);
        assets = schedule();
        assets[0].haircut = 10_001;
        expectBad(collateralTerms(), assets, 101);
        assets = schedule();
        assets[2].source = assets[1].source;
        expectBad(collateralTerms(), assets, 103);
    }

    function expectBad(CollateralTerms memory t, EligibleAsset[] memory assets, uint256 field) private {
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.BadCollateralTerms.selector, field));
        vm.prank(bob);
        vault.agree(t, assets, buyers());
    }

    function test_Terminate_FreesEverything() public {
        uint256 id = called();
        vm.expectRevert();
        vm.prank(alice);
        vault.terminate(id);
        vm.prank(bob);
        vault.terminate(id);
        release(id, 1_000_000 * UNIT);
        assertEq(share.freeOf(alice), 3_000_000 * UNIT, "all is free again");
    }

    // ---------------------------------------------------------------- post, value, release

    function test_Post_NeedsThePledgorsWordAtTheToken() public {
        uint256 id = open(collateralTerms(), schedule());
        vm.expectRevert(abi.encodeWithSignature("ERC20InsufficientAllowance(address,uint256,uint256)", vault, 0, 1));
        vm.prank(alice);
        vault.post(id, address(share), 1);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NotParty.selector, id, bob));
        vm.prank(bob);
        vault.post(id, address(share), 1);
    }

    function test_Units_ArePledgedToOneAgreement() public {
        uint256 first = open(collateralTerms(), schedule());
        uint256 second = open(collateralTerms(), schedule());
        expose(first, 5_000_000 * UNIT);
        expose(second, 5_000_000 * UNIT);
        post(first, 2_000_000 * UNIT);
        vm.prank(alice);
        share.approve(address(vault), 1_000_001 * UNIT);
        vm.expectRevert(
            abi.encodeWithSignature(
                "ERC7943InsufficientUnfrozenBalance(address,uint256,uint256)",
                alice,
                1_000_001 * UNIT,
                1_000_000 * UNIT
            )
        );
        vm.prank(alice);
        vault.post(second, address(share), uint128(1_000_001 * UNIT));
        post(second, 1_000_000 * UNIT);
        assertEq(valueOf(first) + valueOf(second), 3_021_715_500_000, "each unit counts once: 3,021,715.50");
        vm.prank(bob);
        vault.terminate(second);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICollateralVault.NotPosted.selector, share, 1_000_000 * UNIT, 1_000_000 * UNIT + 1
            )
        );
        release(second, 1_000_000 * UNIT + 1);
    }

    function test_Release_IsOfTheSurplusOnly() public {
        CollateralTerms memory t = collateralTerms();
        t.minimumTransfer = uint128(100_000 * UNIT);
        uint256 id = open(t, schedule());
        expose(id, 1_800_000 * UNIT);
        post(id, 2_000_000 * UNIT); // 2,014,477.00 against 1,750,000.00: 264,477.00, rounded down 260,000
        vm.expectRevert(
            abi.encodeWithSelector(
                ICollateralVault.RequirementUnmet.selector, 1_747_558_797_500, 1_750_000_000_000
            )
        );
        release(id, 265_000 * UNIT);
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralVault.MoreThanSurplus.selector, 260_874_771_500, 260_000_000_000)
        );
        release(id, 259_000 * UNIT);
        release(id, 258_000 * UNIT);
        assertEq(valueOf(id), 1_754_609_467_000, "1,754,609.467000 is left");
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralVault.BelowMinimumTransfer.selector, 4_609_467_000, 100_000_000_000)
        );
        release(id, 1);
    }

    function test_Release_NeedsAFreshExposure() public {
        CollateralTerms memory t = collateralTerms();
        t.minimumTransfer = 0;
        t.exposureDays = 0;
        EligibleAsset[] memory assets = schedule();
        assets[0].maxAge = 16;
        uint256 id = open(t, assets);
        expose(id, 1_800_000 * UNIT);
        post(id, 2_000_000 * UNIT);
        vm.warp(TUESDAY_NOON + 1 days);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.ExposureOld.selector, TUESDAY, 0));
        release(id, 1);
        expose(id, 1_800_000 * UNIT);
        release(id, 1);
    }

    /// @dev Monday's price with a maximum age of one open day: fresh on Tuesday, stale on Wednesday, expired on Friday
    /// (Thursday is closed).
    function test_Stale_GivesNoCreditAndNoReleaseAtOnce_AndCountsNothingADayLater() public {
        CollateralTerms memory t = collateralTerms();
        (t.minimumTransfer, t.exposureDays) = (0, 16);
        uint256 id = open(t, schedule());
        expose(id, 1_800_000 * UNIT);
        post(id, 2_000_000 * UNIT);
        vm.prank(alice);
        share.approve(address(vault), UNIT);

        vm.warp(TUESDAY_NOON + 1 days);
        assertEq(valueOf(id), 2_014_477 * UNIT, "what is there still counts");
        vm.expectRevert(
            abi.encodeWithSelector(
                ICollateralVault.NotEligible.selector,
                share,
                ICollateralVault.Test.Price,
                ICollateralVault.Reason.PriceOld,
                MONDAY
            )
        );
        vm.prank(alice);
        vault.post(id, address(share), uint128(UNIT));
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralVault.RequirementUnmet.selector, 0, 1_750_000 * UNIT)
        );
        release(id, UNIT);
        assertEq(vault.callable(id), 0, "nor is it called");

        vm.warp(TUESDAY_NOON + 2 days);
        assertEq(valueOf(id), 2_014_477 * UNIT, "a closed day ages nothing");
        vm.warp(TUESDAY_NOON + 3 days);
        assertEq(valueOf(id), 0, "after the grace of one open day it counts 0");
        assertEq(vault.callable(id), 1_750_000 * UNIT, "and the whole requirement is called");
    }

    function test_Concentration_LimitsWhatCounts() public {
        EligibleAsset[] memory assets = schedule();
        assets[0].concentration = 5_000;
        uint256 id = open(collateralTerms(), assets);
        expose(id, 1_800_000 * UNIT);
        post(id, 1_000_000 * UNIT);
        assertEq(valueOf(id), 875_000 * UNIT, "half of the requirement of 1,750,000");
        assets[0].concentrationAmount = uint128(600_000 * UNIT);
        id = open(collateralTerms(), assets);
        expose(id, 1_800_000 * UNIT);
        post(id, 1_000_000 * UNIT);
        assertEq(valueOf(id), 600_000 * UNIT, "the smaller of both");
    }

    function test_Eligibility_AnswersTheFourTests() public {
        uint256 id = open(collateralTerms(), schedule());
        ICollateralVault.Answer[4] memory answers = vault.eligibility(id, address(share), 1_000_000 * UNIT);
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(uint256(answers[i].reason), 0, "passed");
        }
        answers = vault.eligibility(id, address(bitcoin), 1e8);
        assertEq(uint256(answers[1].reason), uint256(ICollateralVault.Reason.NoPrice), "nobody posted a price");

        IEncumbrances(address(share)).setAdmitted(address(vault), 0);
        answers = vault.eligibility(id, address(share), UNIT);
        assertEq(uint256(answers[3].reason), uint256(ICollateralVault.Reason.NotAdmitted), "not admitted");
        share.setAddressFrozen(alice, true);
        answers = vault.eligibility(id, address(share), UNIT);
        assertEq(uint256(answers[0].reason), uint256(ICollateralVault.Reason.HolderFrozen), "frozen");

        CollateralTerms memory t = collateralTerms();
        t.custodyKeys = 2;
        id = open(t, schedule());
        answers = vault.eligibility(id, address(share), UNIT);
        assertEq(uint256(answers[2].reason), uint256(ICollateralVault.Reason.TooFewKeys), "one key administers it");
        assertEq(answers[2].who, address(this), "whose");
        assertEq(answers[2].detail, 1, "how many");
    }

    function test_Substitution_BringsAtLeastAsMuch() public {
        uint256 id = called();
        vm.prank(alice);
        cash.approve(address(vault), type(uint256).max);
        // 500,000 units are worth 503,619.25.
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralVault.LessValue.selector, 503_619_249_999, 503_619_250_000)
        );
        substitute(id, 503_619_249_999, 500_000 * UNIT);
        substitute(id, 503_619_250_000, 500_000 * UNIT);
        assertEq(valueOf(id), 1_007_238_500_000, "worth the same");
        assertEq(cash.freeOf(alice), 7_000_000 * UNIT - 503_619_250_000, "the cash is pledged");
        assertEq(share.freeOf(alice), 2_500_000 * UNIT, "the units are free");
        assertState(id, ICollateralVault.State.Called, "and the call stands");
    }

    function substitute(uint256 id, uint256 cashIn, uint256 unitsOut) private {
        vm.prank(alice);
        vault.substitute(id, address(cash), uint128(cashIn), address(share), uint128(unitsOut));
    }

    // ---------------------------------------------------------------- calls

    function test_Call_AtTheNotificationTimeCountsTheNextDay() public {
        uint256 id = open(collateralTerms(), schedule());
        vm.warp(TUESDAY_NOON + 1 hours - 1);
        expose(id, 1_800_000 * UNIT);
        vm.prank(bob);
        (, uint256 due) = vault.call(id);
        assertEq(due, TUESDAY_FIVE, "12:59:59: today");
        vm.warp(TUESDAY_NOON + 1 hours);
        uint256 other = open(collateralTerms(), schedule());
        expose(other, 1_800_000 * UNIT);
        vm.prank(bob);
        (, due) = vault.call(other);
        assertEq(due, WEDNESDAY_FIVE, "13:00:00: tomorrow");
        assertEq(vault.statusOf(other).call.cureUntil, WEDNESDAY_FIVE + 2 days - 3 hours, "Friday, which closes at 14:00");
    }

    function test_Call_IsMetByDelivery_OrWhenTheDeficitIsGone() public {
        uint256 id = called();
        post(id, 737_423 * UNIT);
        assertState(id, ICollateralVault.State.Called, "0.664339 lacks, though that is below the minimum");
        post(id, 8 * UNIT);
        assertState(id, ICollateralVault.State.Active, "nothing lacks any more");
        id = called();
        expose(id, 1_000_000 * UNIT);
        assertEq(vault.standing(id), 0, "the exposure fell");
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.BelowMinimumTransfer.selector, 0, 500_000 * UNIT));
        vm.prank(bob);
        vault.call(id);
    }

    function test_Default_OnlyAfterCure() public {
        uint256 id = called();
        vm.warp(WEDNESDAY_FIVE - 1);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.BeforeCure.selector, WEDNESDAY_FIVE));
        vm.prank(bob);
        vault.declareDefault(id, EVIDENCE);
        vm.warp(WEDNESDAY_FIVE);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NotParty.selector, id, carol));
        vm.prank(carol);
        vault.declareDefault(id, EVIDENCE);
        vm.prank(bob);
        vault.declareDefault(id, EVIDENCE);
        assertState(id, ICollateralVault.State.Defaulted, "from the cure's end on");
    }

    function test_Default_OnlyIfTheDeficitStillStands() public {
        uint256 id = called();
        post(id, 800_000 * UNIT);
        vm.warp(WEDNESDAY_FIVE);
        expectState(id, ICollateralVault.State.Active);
        vm.prank(bob);
        vault.declareDefault(id, EVIDENCE);
    }

    function test_Default_NotWhereTheExposureFell() public {
        uint256 id = called();
        expose(id, 1_000_000 * UNIT);
        vm.warp(WEDNESDAY_FIVE);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NothingStands.selector, id));
        vm.prank(bob);
        vault.declareDefault(id, EVIDENCE);
    }

    function test_Default_NotForWhatWasNeverCalled() public {
        uint256 id = called();
        post(id, 737_000 * UNIT); // 742,334.77 of the 750,000
        expose(id, 2_800_000 * UNIT);
        assertEq(vault.standing(id), 7_665_225_500, "750,000.00 less 742,334.7745: not the million more");
    }

    function test_Dispute_SplitsTheCall() public {
        uint256 id = called();
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralVault.NotDisputable.selector, 750_000 * UNIT + 1, 750_000 * UNIT)
        );
        vm.prank(alice);
        vault.dispute(id, uint128(750_000 * UNIT + 1), EVIDENCE);
        vm.prank(alice);
        vault.dispute(id, uint128(300_000 * UNIT), EVIDENCE);
        assertEq(vault.standing(id), 442_761_500_000, "the rest is due");
        post(id, 450_000 * UNIT); // 453,257.325
        assertEq(vault.standing(id), 0, "and was delivered");
        vm.warp(WEDNESDAY_FIVE);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NothingStands.selector, id));
        vm.prank(bob);
        vault.declareDefault(id, EVIDENCE);

        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NotParty.selector, id, bob));
        vm.prank(bob);
        vault.decide(id, uint128(300_000 * UNIT), EVIDENCE);
        vm.prank(arbiter);
        vault.decide(id, uint128(300_000 * UNIT), EVIDENCE);
        assertEq(vault.standing(id), 289_504_175_000, "upheld, the disputed part is due");
        assertTrue(vault.statusOf(id).call.cureUntil > block.timestamp, "with a time of its own");
    }

    function test_Dispute_EndsWithTheDueTime() public {
        uint256 id = called();
        vm.warp(TUESDAY_FIVE);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NotDisputable.selector, 1, 0));
        vm.prank(alice);
        vault.dispute(id, 1, EVIDENCE);
    }

    // ---------------------------------------------------------------- close-out

    function test_CloseOut_FreezesPricesAndPaysTheWaterfall() public {
        uint256 id = closing(5_000 * UNIT);
        publish(FRIDAY + 5, 100_300_000);
        expectState(id, ICollateralVault.State.Closing);
        expose(id, 9_000_000 * UNIT);
        uint256 before = cash.balanceOf(carol);
        assertEq(buy(id, 1_000_000 * UNIT), 1_012_300 * UNIT, "at the frozen price, not today's");
        assertEq(before - cash.balanceOf(carol), 1_012_300 * UNIT, "paid");
        assertEq(share.balanceOf(carol), 1_000_000 * UNIT, "delivered");
        vault.endCloseOut(id);
        before = cash.balanceOf(bob);
        vm.prank(bob);
        assertEq(vault.claim(id), 1_012_300 * UNIT, "costs 5,000 and 1,007,300 of the 1,800,000 owed");
        assertEq(cash.balanceOf(bob) - before, 1_012_300 * UNIT, "received");
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NothingToClaim.selector, id, alice));
        vm.prank(alice);
        vault.claim(id);
        assertEq(cash.balanceOf(address(vault)), 0, "all proceeds are paid out");
    }

    function test_CloseOut_SurplusIsThePledgors() public {
        CollateralTerms memory t = collateralTerms();
        (t.threshold, t.independentAmount) = (0, uint128(1_000_000 * UNIT));
        uint256 id = open(t, schedule());
        expose(id, 1_012_300 * UNIT); // 1,000,000 units at 1.0123
        post(id, 1_200_000 * UNIT);
        vm.prank(bob);
        vault.call(id);
        vm.warp(WEDNESDAY_FIVE);
        vm.prank(bob);
        vault.declareDefault(id, EVIDENCE);
        vm.prank(bob);
        vault.closeOut(id, 0, EVIDENCE);
        vm.prank(bob);
        uint256 day = vault.redeemInFund(id, address(share), uint128(1_000_000 * UNIT));
        publishAndStrike(day, 101_300_000);
        fundAndWait(day);
        assertEq(vault.collect(id, address(share), day), 1_013_000 * UNIT, "the fund paid more than was expected");
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NothingToClaim.selector, id, alice));
        vm.prank(alice);
        vault.claim(id);
        vault.endCloseOut(id);
        vm.prank(bob);
        assertEq(vault.claim(id), 1_012_300 * UNIT, "what was owed");
        vm.prank(alice);
        assertEq(vault.claim(id), 700 * UNIT, "the surplus");
        assertEq(cash.balanceOf(address(vault)), 0, "together the proceeds");
        release(id, 200_000 * UNIT);
    }

    function test_CloseOut_SellsNoMoreThanIsOwed() public {
        uint256 id = called();
        vm.warp(WEDNESDAY_FIVE);
        vm.prank(bob);
        vault.declareDefault(id, EVIDENCE);
        vm.prank(bob);
        vault.closeOut(id, 0, EVIDENCE);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NotBuyer.selector, id, bob));
        vm.prank(bob);
        vault.buy(id, address(share), 1);
        buy(id, 400_000 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.StillClosing.selector, id));
        vm.prank(carol);
        vault.endCloseOut(id);
        vm.prank(bob);
        vault.endCloseOut(id);
        release(id, 600_000 * UNIT);
        assertEq(share.freeOf(alice), 2_600_000 * UNIT, "waived, the rest is free again");
        assertEq(share.balanceOf(alice), 2_600_000 * UNIT, "and nothing else of hers was touched");
    }

    function test_CloseOut_NeverSellsAnAtomTooMuch() public {
        CollateralTerms memory t = collateralTerms();
        (t.threshold, t.independentAmount) = (0, uint128(1_000_000 * UNIT));
        uint256 id = open(t, schedule());
        expose(id, 506_150 * UNIT); // 500,000 units at 1.0123
        post(id, 900_000 * UNIT);
        vm.prank(bob);
        vault.call(id);
        vm.warp(WEDNESDAY_FIVE);
        vm.prank(bob);
        vault.declareDefault(id, EVIDENCE);
        vm.prank(bob);
        vault.closeOut(id, 0, EVIDENCE);
        vm.prank(carol);
        cash.approve(address(vault), type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.MoreThanNeeded.selector, 0, 506_150 * UNIT));
        vm.prank(carol);
        vault.buy(id, address(share), uint128(500_000 * UNIT + 1));
        buy(id, 500_000 * UNIT);
        vault.endCloseOut(id);
        release(id, 400_000 * UNIT);
        vm.prank(bob);
        assertEq(vault.claim(id), 506_150 * UNIT, "what was owed");
    }

    function test_CloseOut_ThroughTheFundAtTheNextStrike() public {
        uint256 id = closing(0);
        vm.prank(bob);
        uint256 day = vault.redeemInFund(id, address(share), uint128(1_000_000 * UNIT));
        assertEq(day, FRIDAY + 7, "Wednesday after the cut-off is dealt on Friday");
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.StillClosing.selector, id));
        vm.prank(bob);
        vault.endCloseOut(id);
        publish(day, 101_000_000);
        strike(day);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.StillClosing.selector, id));
        vault.collect(id, address(share), day);
        fundAndWait(day);
        assertEq(vault.collect(id, address(share), day), 1_010_000 * UNIT, "at that day's NAV");
        vault.endCloseOut(id);
        vm.prank(bob);
        assertEq(vault.claim(id), 1_010_000 * UNIT, "the secured party's");
    }

    function test_CloseOut_OfTwoAgreementsInOneDayShareItsRate() public {
        uint256 first = called();
        uint256 second = called();
        vm.warp(WEDNESDAY_FIVE);
        uint256 day;
        for (uint256 id = first; id <= second; ++id) {
            vm.prank(bob);
            vault.declareDefault(id, EVIDENCE);
            vm.prank(bob);
            vault.closeOut(id, 0, EVIDENCE);
            vm.prank(bob);
            day = vault.redeemInFund(id, address(share), uint128((id == first ? 333_333 : 600_000) * UNIT));
        }
        publishAndStrike(day, 101_234_567);
        fundAndWait(day);
        // 933,333 x 1.01234567 = 944,855.621218, shared by units and rounded down; the last has the rest.
        assertEq(vault.collect(second, address(share), day), 607_407_401_999, "600,000 of 933,333");
        assertEq(vault.collect(first, address(share), day), 337_448_219_219, "333,333 of 933,333");
        assertEq(cash.balanceOf(address(vault)), 944_855_621_218, "nothing in the vault is nobody's");
    }

    function test_CloseOut_TakesPledgedCashAtPar() public {
        uint256 id = open(collateralTerms(), schedule());
        expose(id, 1_800_000 * UNIT);
        vm.prank(alice);
        cash.approve(address(vault), 700_000 * UNIT);
        vm.prank(alice);
        vault.post(id, address(cash), uint128(700_000 * UNIT));
        assertEq(valueOf(id), 700_000 * UNIT, "at par");
        vm.prank(bob);
        vault.call(id);
        vm.warp(WEDNESDAY_FIVE);
        vm.prank(bob);
        vault.declareDefault(id, EVIDENCE);
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralVault.CostsAboveMaximum.selector, 10_000 * UNIT + 1, 10_000 * UNIT)
        );
        vm.prank(bob);
        vault.closeOut(id, uint128(10_000 * UNIT + 1), EVIDENCE);
        vm.prank(bob);
        vault.closeOut(id, 0, EVIDENCE);
        vm.prank(bob);
        vault.takeCash(id, uint128(700_000 * UNIT));
        vm.prank(bob);
        assertEq(vault.claim(id), 700_000 * UNIT, "paid while closing");
    }

    // ---------------------------------------------------------------- recovery, force

    function test_Recovery_MovesPledgesAndParty() public {
        EligibleAsset[] memory assets = schedule();
        assets[0].maxAge = 16;
        uint256 id = open(collateralTerms(), assets);
        expose(id, 1_800_000 * UNIT);
        post(id, 1_000_000 * UNIT);
        IDENTITIES.recover(alice, aliceDesk);
        vm.warp(block.timestamp + IDENTITIES.recoveryDelay());
        assertEq(valueOf(id), 1_007_238_500_000, "nothing is lost meanwhile");
        vm.prank(aliceDesk);
        share.approve(address(vault), UNIT);
        share.recover(alice);
        vm.prank(aliceDesk);
        vault.post(id, address(share), uint128(UNIT));
        assertEq(share.pledgeOf(aliceDesk, address(vault)), 1_000_001 * UNIT, "pledged by the successor");
        assertEq(valueOf(id), 1_007_239_507_238, "and counted");
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NotParty.selector, id, alice));
        vm.prank(alice);
        vault.post(id, address(share), 1);
    }

    function test_ForcedTransfer_OfPledgedUnitsIsSeen() public {
        share.grantRole(share.TRANSFER_AGENT(), transferAgent);
        uint256 id = called();
        vm.prank(transferAgent);
        share.forcedTransfer(alice, carol, 2_500_000 * UNIT);
        assertEq(share.pledgeOf(alice, address(vault)), 500_000 * UNIT, "free units first, then pledged ones");
        assertEq(valueOf(id), 503_619_250_000, "half of it is left");
    }

    // ---------------------------------------------------------------- prices

    function test_PriceBook_HoldsTheFirstAndWhatIsBeyondABound() public {
        vm.prank(priceAgent);
        book.post(address(bitcoin), MONDAY, 100_00000000, EVIDENCE);
        assertEq(priceNow(), 0, "the first one waits");
        vm.expectRevert(abi.encodeWithSelector(IPriceBook.PriceChanged.selector, bitcoin, MONDAY, 99_00000000));
        vm.prank(priceApprover);
        book.approve(address(bitcoin), MONDAY, 99_00000000);
        vm.prank(priceApprover);
        book.approve(address(bitcoin), MONDAY, 100_00000000);
        assertEq(priceNow(), 100_00000000, "looked at twice");
        vm.prank(priceAgent);
        book.post(address(bitcoin), TUESDAY, 110_00000000, EVIDENCE);
        assertEq(priceNow(), 110_00000000, "10 % is within the bound");
        vm.prank(priceAgent);
        book.post(address(bitcoin), TUESDAY, 110_00000001, EVIDENCE);
        assertEq(priceNow(), 110_00000000, "an atom more is not, compared with the day before");
        vm.expectRevert(
            abi.encodeWithSelector(IPriceBook.PriceDay.selector, bitcoin, MONDAY, TUESDAY, TUESDAY)
        );
        vm.prank(priceAgent);
        book.post(address(bitcoin), MONDAY, 100_00000000, EVIDENCE);
        vm.expectRevert(
            abi.encodeWithSelector(IPriceBook.PriceDay.selector, bitcoin, TUESDAY + 1, TUESDAY, TUESDAY)
        );
        vm.prank(priceAgent);
        book.post(address(bitcoin), TUESDAY + 1, 100_00000000, EVIDENCE);
    }

    function priceNow() private view returns (uint256 value) {
        (value,,) = book.priceOf(address(bitcoin));
    }

    // ---------------------------------------------------------------- properties

    function testFuzz_Value_RisesWithThePriceAndFallsWithTheHaircut(uint256 units, uint64 low, uint64 more, uint16 haircut)
        public
    {
        units = bound(units, 1, 1e12);
        low = uint64(bound(low, 1, 1e13));
        more = uint64(bound(more, 0, 1e13));
        haircut = uint16(bound(haircut, 0, 9_999));
        EligibleAsset[] memory assets = schedule();
        assets[2].haircut = haircut;
        uint256 first = open(collateralTerms(), assets);
        assets[2].haircut = haircut + 1;
        uint256 second = open(collateralTerms(), assets);
        bitcoin.mint(alice, 2 * units);
        vm.prank(alice);
        bitcoin.approve(address(vault), 2 * units);
        price(address(bitcoin), MONDAY, low);
        for (uint256 id = first; id <= second; ++id) {
            vm.prank(alice);
            vault.post(id, address(bitcoin), uint128(units));
        }
        uint256 before = valueOf(first);
        assertEq(before, units * low * (10_000 - haircut) / 1e14, "floor(quantity x price x (1 - haircut))");
        assertTrue(valueOf(second) <= before, "antitone in the haircut");
        price(address(bitcoin), TUESDAY, low + more);
        assertTrue(valueOf(first) >= before, "monotone in the price");
    }

    function testFuzz_Waterfall_PaysExactlyTheProceeds(uint256 exposure, uint256 units, uint256 costs) public {
        exposure = bound(exposure, 1_010_000 * UNIT, 2_000_000 * UNIT);
        units = bound(units, 1, 900_000 * UNIT);
        costs = bound(costs, 0, 10_000 * UNIT);
        uint256 id = open(collateralTerms(), schedule());
        post(id, 400_000 * UNIT);
        expose(id, exposure);
        vm.prank(bob);
        vault.call(id);
        vm.warp(WEDNESDAY_FIVE);
        vm.prank(bob);
        vault.declareDefault(id, EVIDENCE);
        vm.prank(bob);
        vault.closeOut(id, uint128(costs), EVIDENCE);
        uint256 paid = buy(id, bound(units, 1, 400_000 * UNIT));
        vm.prank(bob);
        vault.endCloseOut(id);
        vm.prank(bob);
        uint256 secured = vault.claim(id);
        assertEq(secured, paid, "below what is owed all of it is the secured party's");
        assertEq(cash.balanceOf(address(vault)), 0, "nothing stays behind");
    }
}
