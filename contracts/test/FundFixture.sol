// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calendar} from "../src/Calendar.sol";
import {CashToken} from "../src/CashToken.sol";
import {RestrictedToken} from "../src/RestrictedToken.sol";
import {TreasuryFund} from "../src/TreasuryFund.sol";
import {Markets} from "../src/interfaces/ICalendar.sol";
import {TokenTerms} from "../src/interfaces/IRestrictedToken.sol";
import {FundTerms, ITreasuryFund} from "../src/interfaces/ITreasuryFund.sol";
import {IDENTITIES} from "../src/native/IIdentities.sol";
import {IPolicies, POLICIES, RuleParams} from "../src/native/IPolicies.sol";
import {CalendarData} from "./CalendarData.sol";
import {Test} from "./Test.sol";

/// @title A fund on the US calendar, Friday 2026-11-20 at 20:59:00Z, a minute before its cut-off
/// @dev alice (two wallets), bob, carol and the treasury are known holders; mallory is not.
abstract contract FundFixture is Test {
    ITreasuryFund.Side internal constant SUBSCRIPTION = ITreasuryFund.Side.Subscription;
    ITreasuryFund.Side internal constant REDEMPTION = ITreasuryFund.Side.Redemption;

    uint256 internal constant FRIDAY = 20_777; // 2026-11-20
    uint256 internal constant MONDAY = FRIDAY + 3;
    uint256 internal constant TUESDAY = FRIDAY + 4;
    uint256 internal constant FRIDAY_CUT_OFF = 1_795_208_400; // 21:00:00Z
    uint256 internal constant MONDAY_CUT_OFF = FRIDAY_CUT_OFF + 3 days;
    uint256 internal constant TUESDAY_CUT_OFF = FRIDAY_CUT_OFF + 4 days;
    uint256 internal constant MONDAY_START = MONDAY_CUT_OFF - 16 hours;

    uint64 internal constant NAV_10121 = 101_210_000; // 1.01210000
    uint64 internal constant NAV_10123 = 101_230_000; // 1.01230000
    uint256 internal constant UNIT = 1e6;

    Calendar internal calendar;
    CashToken internal cash;
    RestrictedToken internal share;
    TreasuryFund internal fund;

    address internal alice = account("alice");
    address internal aliceDesk = account("aliceDesk");
    address internal bob = account("bob");
    address internal carol = account("carol");
    address internal mallory = account("mallory");
    address internal treasury = account("treasury");
    address internal broker = account("broker");
    address internal attestor = account("attestor");
    address internal minter = account("minter");
    address internal navAgent = account("navAgent");
    address internal navApprover = account("navApprover");
    address internal transferAgent = account("transferAgent");

    uint64 internal sharePolicy;

    function setUp() public virtual {
        vm.warp(FRIDAY_CUT_OFF - 60);
        IDENTITIES.addRegistrar(address(this));
        _register("alice", alice, aliceDesk);
        _register("bob", bob, address(0));
        _register("carol", carol, address(0));
        _register("treasury", treasury, address(0));

        calendar = new Calendar(address(this), CalendarData.FIRST_DAY, CalendarData.NOTICE_DAYS);
        calendar.grantRole(calendar.OPERATOR(), address(this));
        calendar.grantRole(calendar.EMERGENCY(), address(this));
        bytes[] memory calls = CalendarData.calls();
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool ok,) = address(calendar).call(calls[i]);
            assertTrue(ok, "calendar published");
        }

        cash = new CashToken(_tokenTerms("Dollar", "USDx", minter));
        share = new RestrictedToken(_tokenTerms("Treasury Fund", "TFx", address(0)));
        _bind(cash);
        sharePolicy = _bind(share);
        fund = newFund(terms());
        cash.grantRole(cash.ATTESTOR(), attestor);
        cash.setMinterAllowance(minter, type(uint128).max);
        vm.prank(attestor);
        cash.attest(type(uint128).max, uint64(block.timestamp), 0);
        giveCash(alice, 10_000_000 * UNIT);
        giveCash(bob, 10_000_000 * UNIT);
        giveCash(carol, 10_000_000 * UNIT);
        giveCash(treasury, 100_000_000 * UNIT);
    }

    function terms() internal view returns (FundTerms memory t) {
        (t.share, t.cash, t.calendar, t.treasury) = (share, cash, calendar, treasury);
        (t.markets, t.cutOff, t.settlementDays) = (Markets.FED | Markets.BONDS, 16 * 60, 1);
        (t.dayBound, t.totalBound) = (50, 100); // 0.5 % a day, 1 % altogether
        (t.admin, t.navAgent, t.navApprover, t.transferAgent) = (address(this), navAgent, navApprover, transferAgent);
    }

    function newFund(FundTerms memory t) internal returns (TreasuryFund made) {
        made = new TreasuryFund(t);
        share.grantRole(share.ISSUER(), address(made));
        share.setEscrow(address(made), true);
        cash.setEscrow(address(made), true);
    }

    function _register(string memory name, address first, address second) private {
        address[] memory wallets = new address[](second == address(0) ? 1 : 2);
        wallets[0] = first;
        if (second != address(0)) wallets[1] = second;
        IDENTITIES.register(idOf(name), 840, 1, uint64(block.timestamp + 365 days), 0, wallets);
    }

    function idOf(string memory name) internal pure returns (bytes32) {
        return keccak256(bytes(name));
    }

    function _tokenTerms(string memory name, string memory symbol, address issuer)
        private
        view
        returns (TokenTerms memory t)
    {
        (t.name, t.symbol, t.cap, t.counted, t.rolesMayOverlap) = (name, symbol, type(uint128).max, true, false);
        (t.admin, t.issuer, t.compliance) = (address(this), issuer, address(this));
    }

    /// @dev A policy of its own, of kind 2 alone.
    function _bind(RestrictedToken token) private returns (uint64 policyId) {
        IPolicies.Rule[] memory rules = new IPolicies.Rule[](1);
        rules[0] = knownRule();
        policyId = POLICIES.createPolicy(rules);
        POLICIES.allowToken(policyId, address(token), true);
        token.bindPolicy(policyId);
    }

    function knownRule() internal pure returns (IPolicies.Rule memory) {
        return IPolicies.Rule(2, 0, 0, abi.encode(RuleParams.Known(new address[](0))));
    }

    // ---------------------------------------------------------------- steps

    function giveCash(address to, uint256 amount) internal {
        vm.prank(minter);
        cash.issue(to, amount);
    }

    function subscribe(address who, uint256 assets) internal returns (uint256 requestId) {
        vm.prank(who);
        return fund.requestDeposit(assets, who, who);
    }

    function askToRedeem(address who, uint256 units) internal returns (uint256 requestId) {
        vm.prank(who);
        return fund.requestRedeem(units, who, who);
    }

    /// @dev Publishes `nav` as of the cut-off of `day`, with the second look it may need.
    function publish(uint256 day, uint64 nav) internal {
        uint256 cutOff = calendar.close(Markets.FED | Markets.BONDS, day, 16 * 60);
        if (block.timestamp < cutOff) vm.warp(cutOff);
        vm.prank(navAgent);
        fund.publishNav(day, nav, uint40(cutOff), keccak256("portfolio"));
        if (!fund.navOf(day).held) return;
        vm.prank(navApprover);
        fund.approveNav(day, nav);
    }

    function strike(uint256 day) internal {
        vm.prank(transferAgent);
        fund.strike(day);
    }

    function publishAndStrike(uint256 day, uint64 nav) internal {
        publish(day, nav);
        strike(day);
    }

    function fundAndWait(uint256 day) internal {
        vm.prank(treasury);
        fund.fundRedemptions(day);
        (,, uint256 payableFrom) = fund.struckAt(day);
        if (block.timestamp < payableFrom) vm.warp(payableFrom);
    }

    /// @dev Gives units to `who` by a subscription struck on Friday.
    function giveUnits(address who, uint256 assets, uint64 nav) internal returns (uint256 units) {
        uint256 day = subscribe(who, assets);
        publishAndStrike(day, nav);
        vm.prank(who);
        return fund.deposit(assets, who);
    }

    function stageOf(ITreasuryFund.Side side, uint256 day) internal view returns (uint256) {
        (ITreasuryFund.Stage stage,) = fund.bookOf(side, day);
        return uint256(stage);
    }
}
