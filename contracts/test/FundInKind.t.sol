// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RestrictedToken} from "../src/RestrictedToken.sol";
import {IAccessRoles} from "../src/interfaces/IAccessRoles.sol";
import {TokenTerms} from "../src/interfaces/IRestrictedToken.sol";
import {ITreasuryFund} from "../src/interfaces/ITreasuryFund.sol";
import {IPolicies, POLICIES} from "../src/native/IPolicies.sol";
import {FundFixture} from "./FundFixture.sol";

/// @title Redemptions paid in a listed token instead of cash
/// @notice alice asked to redeem 1,000,000 units on Monday, bob 100,000, at NAV 1.01230000; a bill is worth 0.98500000.
contract FundInKindTest is FundFixture {
    RestrictedToken private bill;
    uint64 private constant PRICE = 98_500_000;

    function setUp() public override {
        super.setUp();
        TokenTerms memory t;
        (t.name, t.symbol, t.cap, t.counted, t.admin, t.issuer) =
            ("Treasury Bill", "BILL", type(uint128).max, true, address(this), minter);
        bill = new RestrictedToken(t);
        IPolicies.Rule[] memory rules = new IPolicies.Rule[](1);
        rules[0] = knownRule();
        uint64 policyId = POLICIES.createPolicy(rules);
        POLICIES.allowToken(policyId, address(bill), true);
        bill.bindPolicy(policyId);
        vm.prank(minter);
        bill.issue(treasury, 10_000_000 * UNIT);
        vm.prank(treasury);
        bill.approve(address(fund), type(uint256).max);

        subscribe(alice, 2_000_000 * UNIT);
        subscribe(bob, 500_000 * UNIT);
        publishAndStrike(FRIDAY, NAV_10121);
        vm.prank(alice);
        fund.deposit(2_000_000 * UNIT, alice);
        vm.prank(bob);
        fund.deposit(500_000 * UNIT, bob);
        vm.warp(MONDAY_START);
        askToRedeem(alice, 1_000_000 * UNIT);
        askToRedeem(bob, 100_000 * UNIT);
        fund.listInKind(address(bill), true);
    }

    function choose(address who) private {
        vm.prank(who);
        fund.chooseInKind(MONDAY, who, address(bill));
    }

    function publishPrice(uint64 value) private {
        vm.prank(navAgent);
        fund.publishAssetPrice(MONDAY, address(bill), value, uint40(MONDAY_CUT_OFF));
    }

    /// @dev With the second look it may need.
    function price(uint64 value) private {
        publishPrice(value);
        (, bool held) = fund.assetPriceOf(MONDAY, address(bill));
        if (held) approvePrice(value);
    }

    function approvePrice(uint64 value) private {
        vm.prank(navApprover);
        fund.approveAssetPrice(MONDAY, address(bill), value);
    }

    function deliver(address to) private returns (uint256) {
        vm.prank(treasury);
        return fund.deliverInKind(MONDAY, to);
    }

    function test_InKind_DeliversTheSameValueAndFundsTheRestInCash() public {
        choose(alice);
        publishAndStrike(MONDAY, NAV_10123);
        price(PRICE);
        vm.expectEmit(address(fund));
        emit ITreasuryFund.DeliveredInKind(MONDAY, alice, address(bill), 1_027_715_736040, 1_012_300_000000);
        assertEq(deliver(alice), 1_027_715_736040, "1,012,300.000000 at 0.98500000, rounded down");
        assertEq(bill.balanceOf(alice), 1_027_715_736040, "alice");
        (, ITreasuryFund.Book memory book) = fund.bookOf(REDEMPTION, MONDAY);
        assertEq(book.owed, 101_230_000000, "bob's cash");
        fundAndWait(MONDAY);
        assertEq(fund.maxRedeem(alice), 0, "alice was paid");
        vm.prank(bob);
        assertEq(fund.redeem(100_000 * UNIT, bob, bob), 101_230_000000, "bob");
        assertEq(stageOf(REDEMPTION, MONDAY), uint256(ITreasuryFund.Stage.Drained), "drained");
    }

    function test_InKind_IsChosenByTheHolderWhileOpenOfWhatIsListed() public {
        bytes4 notInKind = ITreasuryFund.NotInKind.selector;
        vm.expectRevert(abi.encodeWithSelector(notInKind, MONDAY, alice, address(cash)));
        vm.prank(alice);
        fund.chooseInKind(MONDAY, alice, address(cash));
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NotController.selector, bob, alice));
        vm.prank(bob);
        fund.chooseInKind(MONDAY, alice, address(bill));
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NoOrder.selector, REDEMPTION, MONDAY, carol));
        choose(carol);
        choose(alice);
        assertEq(fund.inKindOf(MONDAY, alice), address(bill), "chosen");
        vm.prank(alice);
        fund.chooseInKind(MONDAY, alice, address(0));
        publishAndStrike(MONDAY, NAV_10123);
        price(PRICE);
        vm.expectRevert(abi.encodeWithSelector(notInKind, MONDAY, alice, address(0)));
        deliver(alice);
        vm.expectRevert(
            abi.encodeWithSelector(
                ITreasuryFund.WrongStage.selector, REDEMPTION, MONDAY, ITreasuryFund.Stage.Struck
            )
        );
        choose(alice);
    }

    function test_InKind_IsDeliveredByTheTreasuryAtOnePriceBeforeFunding() public {
        choose(alice);
        choose(bob);
        vm.expectRevert(
            abi.encodeWithSelector(ITreasuryFund.NavTime.selector, MONDAY_CUT_OFF, MONDAY_CUT_OFF, block.timestamp)
        );
        price(PRICE);
        publishAndStrike(MONDAY, NAV_10123);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NavMissing.selector, MONDAY));
        deliver(alice);
        price(PRICE);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NotController.selector, alice, treasury));
        vm.prank(alice);
        fund.deliverInKind(MONDAY, alice);
        deliver(alice);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NoOrder.selector, REDEMPTION, MONDAY, alice));
        deliver(alice);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NavFinal.selector, MONDAY));
        price(PRICE + 1);
        fundAndWait(MONDAY);
        vm.expectRevert(
            abi.encodeWithSelector(
                ITreasuryFund.WrongStage.selector, REDEMPTION, MONDAY, ITreasuryFund.Stage.Payable
            )
        );
        deliver(bob);
        vm.prank(bob);
        assertEq(fund.redeem(100_000 * UNIT, bob, bob), 101_230_000000, "in cash, since it was not delivered");
    }

    function test_InKind_IsListedByTheAdministratorAndPricedByTheNavAgent() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessRoles.NotAuthorized.selector, mallory, bytes32(0)));
        vm.prank(mallory);
        fund.listInKind(address(cash), true);
        vm.expectRevert(abi.encodeWithSelector(IAccessRoles.NotAuthorized.selector, mallory, fund.NAV_AGENT()));
        vm.prank(mallory);
        fund.publishAssetPrice(MONDAY, address(bill), PRICE, uint40(MONDAY_CUT_OFF));
        choose(alice);
        fund.listInKind(address(bill), false);
        publishAndStrike(MONDAY, NAV_10123);
        price(PRICE);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NotInKind.selector, MONDAY, alice, address(bill)));
        deliver(alice);
    }

    /// @dev The total bound is 1 %: 99,485,000 is an atom within it from 98,500,000.
    function test_InKind_PriceBeyondTheBoundIsHeldForASecondLook() public {
        choose(alice);
        publishAndStrike(MONDAY, NAV_10123);
        publishPrice(PRICE);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NavHeld.selector, MONDAY));
        deliver(alice);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NavChanged.selector, MONDAY, PRICE + 1));
        approvePrice(PRICE + 1);
        approvePrice(PRICE);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NavChanged.selector, MONDAY, PRICE));
        approvePrice(PRICE);
        publishPrice(99_485_000);
        (uint256 value, bool held) = fund.assetPriceOf(MONDAY, address(bill));
        assertTrue(value == 99_485_000 && !held, "at the bound it needs no second look");
        publishPrice(99_485_001);
        (, held) = fund.assetPriceOf(MONDAY, address(bill));
        assertTrue(held, "beyond it, and not from the one before, it does");
        publishPrice(97_515_000);
        deliver(alice);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.NavFinal.selector, MONDAY));
        publishPrice(PRICE);
    }

    function test_InKind_PriceIsNotLookedAtTwiceByItsPublisher() public {
        fund.grantRole(fund.NAV_APPROVER(), navAgent);
        vm.warp(MONDAY_CUT_OFF);
        publishPrice(PRICE);
        vm.expectRevert(abi.encodeWithSelector(ITreasuryFund.OwnNav.selector, navAgent));
        vm.prank(navAgent);
        fund.approveAssetPrice(MONDAY, address(bill), PRICE);
        vm.expectRevert(abi.encodeWithSelector(IAccessRoles.NotAuthorized.selector, mallory, fund.NAV_APPROVER()));
        vm.prank(mallory);
        fund.approveAssetPrice(MONDAY, address(bill), PRICE);
    }
}
