// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEncumbrances, Powers} from "../src/interfaces/IEncumbrances.sol";
import {FundTerms, ITreasuryFund, OptionalTerms} from "../src/interfaces/ITreasuryFund.sol";
import {IDENTITIES} from "../src/native/IIdentities.sol";
import {IPolicies, POLICIES, RuleParams} from "../src/native/IPolicies.sol";
import {FundFixture} from "./FundFixture.sol";
import {TestEscrow} from "./TestEscrow.sol";

/// @title Terms that are off by default, seized units, and what an emergency closure does to orders
/// @notice alice subscribed 2,000,000 on Friday at 1.01210000 and holds 1,976,089.319237 units.
contract FundOptionsTest is FundFixture {
    uint256 private constant ALICE_UNITS = 1_976_089_319_237;

    function reopen(OptionalTerms memory options) private {
        FundTerms memory t = terms();
        t.options = options;
        fund = newFund(t);
        assertEq(giveUnits(alice, 2_000_000 * UNIT, NAV_10121), ALICE_UNITS, "1,976,089.319237");
    }

    function none() private pure returns (OptionalTerms memory options) {}

    function claimUnits(address who) private returns (uint256 units) {
        uint256 assets = fund.maxDeposit(who);
        vm.prank(who);
        return fund.deposit(assets, who);
    }

    function claimCash(address who) private returns (uint256 paid) {
        uint256 units = fund.maxRedeem(who);
        vm.prank(who);
        return fund.redeem(units, who, who);
    }

    // ---------------------------------------------------------------- swing and dealing fees

    function test_Swing_MakesSubscribersPayMoreWhereTheyOutweighTheThreshold() public {
        OptionalTerms memory options;
        (options.swing, options.swingThreshold) = (20, 1000); // 0.2 % beyond 10 %
        reopen(options);
        subscribe(bob, 500_000 * UNIT);
        askToRedeem(alice, 100_000 * UNIT);
        publish(MONDAY, NAV_10123);
        vm.expectEmit(address(fund));
        emit ITreasuryFund.PricesSet(MONDAY, 101_432_460, 101_432_460, 0); // 1.01230000 and 0.2 %
        strike(MONDAY);
        assertEq(claimUnits(bob), 492_938_848_175, "492,938.848175 units");
        fundAndWait(MONDAY);
        assertEq(claimCash(alice), 101_432_460_000, "who goes the other way is paid the same price");
    }

    function test_Swing_MakesRedeemersTakeLessAndOthersNot() public {
        OptionalTerms memory options;
        (options.swing, options.swingThreshold) = (20, 1000);
        reopen(options);
        askToRedeem(alice, 1_000_000 * UNIT);
        publishAndStrike(MONDAY, NAV_10123);
        (uint256 subscription, uint256 redemption) = fund.pricesAt(MONDAY);
        assertEq(subscription, 101_027_540, "1.01230000 less 0.2 %");
        assertEq(redemption, 101_027_540, "the same for both sides");
        fundAndWait(MONDAY);
        assertEq(claimCash(alice), 1_010_275_400_000, "1,010,275.400000");
    }

    function test_Swing_IsNotMadeAtTheThresholdButOneAtomBeyond() public {
        OptionalTerms memory options;
        (options.swing, options.swingThreshold) = (20, 1000);
        reopen(options);
        // A tenth of all units, in whole atoms: 197,608.931923; the next one is beyond.
        askToRedeem(alice, ALICE_UNITS / 10);
        publishAndStrike(MONDAY, 100_000_000 + 1_210_000);
        (, uint256 redemption) = fund.pricesAt(MONDAY);
        assertEq(redemption, NAV_10121, "not swung");
        vm.warp(TUESDAY_CUT_OFF - 1);
        askToRedeem(alice, (ALICE_UNITS - ALICE_UNITS / 10) / 10 + 2);
        publishAndStrike(TUESDAY, NAV_10121);
        (, redemption) = fund.pricesAt(TUESDAY);
        assertEq(redemption, NAV_10121 * 9980 / 10000, "swung");
    }

    function test_Swing_IsNotMadeWhereItWouldCostThoseWhoDoNotDeal() public {
        OptionalTerms memory options;
        options.swing = 1000; // 10 % beyond any net flow
        reopen(options);
        // 101,230 of cash go out at the NAV, and more than that but not a tenth more come in: a price 10 % higher would
        // give those who leave more than those who come bring.
        askToRedeem(alice, 100_000 * UNIT);
        subscribe(bob, 111_353 * UNIT);
        publishAndStrike(MONDAY, NAV_10123);
        (uint256 subscription, uint256 redemption) = fund.pricesAt(MONDAY);
        assertEq(subscription, NAV_10123, "not swung");
        assertEq(redemption, NAV_10123, "not swung");
        // From a tenth more on it brings something.
        vm.warp(TUESDAY_CUT_OFF - 1);
        askToRedeem(alice, 100_000 * UNIT);
        subscribe(bob, 111_354 * UNIT);
        publishAndStrike(TUESDAY, NAV_10123);
        (subscription,) = fund.pricesAt(TUESDAY);
        assertEq(subscription, 111_353_000, "1.01230000 and 10 %");
    }

    function test_DealingFees_MoveThePriceOfEachSide() public {
        OptionalTerms memory options;
        (options.subscriptionFee, options.redemptionFee) = (10, 15);
        FundTerms memory t = terms();
        t.options = options;
        fund = newFund(t);
        subscribe(alice, 2_000_000 * UNIT);
        publishAndStrike(FRIDAY, NAV_10121);
        claimUnits(alice);
        vm.warp(MONDAY_START);
        subscribe(bob, 500_000 * UNIT);
        askToRedeem(alice, 1_000_000 * UNIT);
        publishAndStrike(MONDAY, NAV_10123);
        (uint256 subscription, uint256 redemption) = fund.pricesAt(MONDAY);
        assertEq(subscription, 101_331_230, "1.01230000 and 0.10 %");
        assertEq(redemption, 101_078_155, "1.01230000 less 0.15 %, rounded down");
        assertEq(claimUnits(bob), 493_431_294_577, "493,431.294577 units");
        fundAndWait(MONDAY);
        assertEq(claimCash(alice), 1_010_781_550_000, "1,010,781.550000");
        (uint256 nav,,) = fund.struckAt(MONDAY);
        assertEq(nav, NAV_10123, "the NAV stays what it is");
    }

    /// @dev What swing and fees bring stays with those who did not deal.
    function testFuzz_Prices_NeverTakeFromThoseWhoDoNotDeal(uint256 inflow, uint256 outflow, uint256 rates) public {
        OptionalTerms memory options;
        options.swing = uint16(rates % 1001);
        options.swingThreshold = uint16((rates >> 16) % 10_001);
        options.subscriptionFee = uint16((rates >> 32) % 1001);
        options.redemptionFee = uint16((rates >> 48) % 1001);
        FundTerms memory t = terms();
        t.options = options;
        fund = newFund(t);
        subscribe(alice, 2_000_000 * UNIT);
        publishAndStrike(FRIDAY, NAV_10121);
        uint256 held = claimUnits(alice);
        vm.warp(MONDAY_START);
        inflow = bound(inflow, 1, 5_000_000 * UNIT);
        outflow = bound(outflow, 1, held - 1);
        subscribe(bob, inflow);
        askToRedeem(alice, outflow);
        uint256 before = share.totalSupply();
        publishAndStrike(MONDAY, NAV_10123);
        (, ITreasuryFund.Book memory redemptions) = fund.bookOf(REDEMPTION, MONDAY);
        // Value of all units at the NAV, plus what came, less what is owed, by the units there are now.
        uint256 assets = before * NAV_10123 + inflow * 1e8 - redemptions.owed * 1e8;
        uint256 after_ = share.totalSupply();
        assertTrue(assets / after_ + 1 >= NAV_10123, "no dilution");
    }

    // ---------------------------------------------------------------- management fee

    function test_ManagementFee_IsUnitsByElapsedSecondsAndWaitsForItsReceiver() public {
        OptionalTerms memory options;
        (options.managementFee, options.feeReceiver) = (50, carol); // 0.5 % a year
        reopen(options);
        assertEq(fund.feeUnitsAt(MONDAY_CUT_OFF), 81_209_151, "81.209151 units for three days, rounded up");
        askToRedeem(alice, 1_000_000 * UNIT);
        publish(MONDAY, NAV_10123);
        vm.expectEmit(address(fund));
        emit ITreasuryFund.PricesSet(MONDAY, NAV_10123, NAV_10123, 81_209_151);
        strike(MONDAY);
        assertEq(fund.feeUnitsAt(MONDAY_CUT_OFF), 0, "charged");
        assertEq(share.totalSupply(), ALICE_UNITS - 1_000_000 * UNIT + 81_209_151, "in issue");
        vm.expectEmit(address(fund));
        emit ITreasuryFund.FeeCollected(carol, 81_209_151);
        fund.collectFee();
        assertEq(share.balanceOf(carol), 81_209_151, "carol");
        fund.collectFee();
        assertEq(share.balanceOf(carol), 81_209_151, "once");
    }

    function test_ManagementFee_DoesNotStopAStrikeWhereItsReceiverIsRefused() public {
        OptionalTerms memory options;
        (options.managementFee, options.feeReceiver) = (50, carol);
        reopen(options);
        IDENTITIES.setExpiry(idOf("carol"), uint64(block.timestamp));
        askToRedeem(alice, 1_000_000 * UNIT);
        publishAndStrike(MONDAY, NAV_10123);
        vm.expectRevert(IPolicies.Refused.selector);
        fund.collectFee();
        IDENTITIES.setExpiry(idOf("carol"), uint64(block.timestamp + 1 days));
        fund.collectFee();
        assertEq(share.balanceOf(carol), 81_209_151, "it waited");
    }

    function test_Options_AreChecked() public {
        bytes4 bad = ITreasuryFund.BadTerms.selector;
        for (uint256 i = 0; i < 6; ++i) {
            FundTerms memory t = terms();
            if (i == 0) t.options.swing = 1001;
            if (i == 1) t.options.swingThreshold = 10_001;
            if (i == 2) t.options.subscriptionFee = 1001;
            if (i == 3) t.options.redemptionFee = 1001;
            if (i == 4) (t.options.managementFee, t.options.feeReceiver) = (1001, carol);
            if (i == 5) t.options.managementFee = 1;
            vm.expectRevert(bad);
            this.deploy(t);
        }
    }

    function deploy(FundTerms calldata t) external {
        newFund(t);
    }

    // ---------------------------------------------------------------- seized units

    function seizeAll(address vault) private {
        share.setAdmitted(vault, Powers.PLEDGE);
        vm.prank(alice);
        share.approve(vault, ALICE_UNITS);
        vm.prank(vault);
        share.pledge(alice, bob, ALICE_UNITS);
        vm.prank(vault);
        share.seize(alice, address(fund), 1_000_000 * UNIT);
    }

    function test_Seizure_IsARedemptionWhoseCashTheVaultDirects() public {
        reopen(none());
        address vault = address(new TestEscrow(share));
        vm.warp(MONDAY_START);
        seizeAll(vault);
        assertEq(fund.pendingRedeemRequest(MONDAY, vault), 1_000_000 * UNIT, "an order of the dealing day");
        publishAndStrike(MONDAY, NAV_10123);
        fundAndWait(MONDAY);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NotController.selector, alice, vault));
        vm.prank(alice);
        fund.redeem(UNIT, alice, vault);
        uint256 before = cash.balanceOf(bob);
        vm.prank(vault);
        fund.withdraw(900_000 * UNIT, bob, vault);
        assertEq(cash.balanceOf(bob), before + 900_000 * UNIT, "the secured party");
        before = cash.balanceOf(alice);
        uint256 rest = fund.maxRedeem(vault);
        vm.prank(vault);
        fund.redeem(rest, alice, vault);
        assertEq(cash.balanceOf(alice), before + 112_300 * UNIT, "the surplus: 112,300.000000");
        uint256 day = fund.nextStrike();
        assertEq(day, 0, "nothing is left to strike");
        vm.expectRevert();
        vm.prank(vault);
        fund.redeem(1, mallory, vault);
    }

    function test_Seizure_IsToldByTheShareAloneAndStopsWithDealing() public {
        reopen(none());
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NotController.selector, mallory, mallory));
        vm.prank(mallory);
        fund.onSeizure(mallory, alice, UNIT);
        vm.prank(transferAgent);
        fund.suspendDealing("outage");
        address vault = address(new TestEscrow(share));
        share.setAdmitted(vault, Powers.PLEDGE);
        vm.prank(alice);
        share.approve(vault, UNIT);
        vm.prank(vault);
        share.pledge(alice, bob, UNIT);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.Suspended.selector));
        vm.prank(vault);
        share.seize(alice, address(fund), UNIT);
    }

    // ---------------------------------------------------------------- before the strike

    /// @dev A rule of the cash token that names RETURN is asked of who will be paid more than it put in.
    function test_Request_ToRedeemAsksRulesThatNameReturn() public {
        reopen(none());
        (uint64 cashPolicy,) = POLICIES.policyOf(address(cash));
        uint16[] memory allowed = new uint16[](1);
        allowed[0] = 826;
        IPolicies.Rule[] memory rules = new IPolicies.Rule[](2);
        rules[0] = knownRule();
        rules[1] = IPolicies.Rule(
            3, uint16(1 << uint8(IPolicies.Operation.Return)), 2, abi.encode(RuleParams.Countries(true, allowed))
        );
        POLICIES.setRules(cashPolicy, rules);
        vm.expectRevert(abi.encodeWithSelector(IPolicies.Refused.selector, 302, alice, 2, 840));
        askToRedeem(alice, UNIT);
        IDENTITIES.setCountry(idOf("alice"), 826);
        askToRedeem(alice, UNIT);
    }

    /// @dev The day's orders are dealt at the next open day's cut-off then, so they are open until it.
    function test_Cancel_IsPossibleAgainWhereAnEmergencyClosesTheDayAfterItsCutOff() public {
        uint256 day = subscribe(alice, 1000 * UNIT);
        vm.warp(FRIDAY_CUT_OFF);
        vm.expectRevert(
            abi.encodeWithSelector(
                ITreasuryFund.WrongStage.selector, SUBSCRIPTION, FRIDAY, ITreasuryFund.Stage.Cut
            )
        );
        vm.prank(alice);
        fund.cancel(SUBSCRIPTION, day, alice);
        calendar.closeDay(FRIDAY, 2, "outage");
        assertEq(stageOf(SUBSCRIPTION, day), uint256(ITreasuryFund.Stage.Open), "open once more");
        vm.warp(MONDAY_CUT_OFF - 1);
        vm.prank(alice);
        fund.cancel(SUBSCRIPTION, day, alice);
        assertEq(fund.nextStrike(), 0, "nothing left");
    }
}
