// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITreasuryFund} from "../src/interfaces/ITreasuryFund.sol";
import {IDENTITIES, IIdentities} from "../src/native/IIdentities.sol";
import {FundFixture} from "./FundFixture.sol";
import {Invariants} from "./Invariants.sol";

/// @title What holds of a fund after any sequence of orders, prices, strikes, money and claims (DOMAIN §2.4)
contract FundInvariantsTest is FundFixture, Invariants {
    uint16 private constant MARKETS = 3;
    uint256 private constant NAV_UNIT = 1e8;
    uint256 private constant DAYS_MAX = 16;

    address[4] private holders;
    /// @dev Days with orders ever, ascending as they came.
    uint256[] private days_;
    uint64 private lastNav = 100_000_000;

    function setUp() public override {
        super.setUp();
        holders = [alice, aliceDesk, bob, carol];
        giveCash(aliceDesk, 10_000_000 * UNIT);
        handleOrders();
        handleDealing();
    }

    function handleOrders() private {
        handle(this.order.selector);
        handle(this.orderForAnother.selector);
        handle(this.cancel.selector);
        handle(this.reject.selector);
        handle(this.reassign.selector);
        handle(this.setOperator.selector);
        handle(this.claimIn.selector);
        handle(this.claimOut.selector);
        handle(this.claimDay.selector);
    }

    function handleDealing() private {
        handle(this.publishNav.selector);
        handle(this.approveNav.selector);
        handle(this.dealTheNextDay.selector);
        handle(this.strikeAny.selector);
        handle(this.collect.selector);
        handle(this.fundRedemptions.selector);
        handle(this.suspend.selector);
        handle(this.closeDay.selector);
        handle(this.setState.selector);
        handle(this.wait.selector);
    }

    function mustReach() external pure returns (string[] memory list) {
        string[46] memory all = [
            // Stages.
            "subscription Open", "subscription Cut", "subscription Struck", "subscription Drained", "redemption Open",
            "redemption Cut", "redemption Struck", "redemption Funded", "redemption Payable", "redemption Drained",
            // What was done.
            "subscribe", "redeem", "for another wallet", "cancel", "reject", "reassign", "claim by amount in",
            "claim by amount out", "claim a day", "claim for another wallet", "NAV published", "NAV held",
            "NAV approved", "strike", "strike at a later day's NAV", "collect", "fund", "suspend", "day closed",
            // What was refused.
            "Suspended", "BelowMinimum", "FallsToLaterDay", "WrongStage", "ExceedsClaimable", "NoOrder", "NavMissing",
            "NavHeld", "StrikeOutOfOrder", "OtherIdentity", "NavFinal", "NavTime", "NavChanged", "NotController",
            "ERC20InsufficientBalance", "Refused 205", "Refused 206"
        ];
        list = new string[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            list[i] = all[i];
        }
    }

    function holder(uint256 seed) private view returns (address) {
        return holders[seed % holders.length];
    }

    function sideOf(uint256 seed) private pure returns (ITreasuryFund.Side) {
        return ITreasuryFund.Side(seed % 2);
    }

    /// @dev Mostly a day on which `who` has an order.
    function dayOf(ITreasuryFund.Side side, address who, uint256 seed) private view returns (uint256) {
        uint32[] memory open = fund.openDays(side, who);
        if (open.length == 0 || seed % 8 == 5) return days_.length == 0 ? FRIDAY : days_[seed / 8 % days_.length];
        return open[seed / 8 % open.length];
    }

    function noteDay(uint256 day) private {
        for (uint256 i = 0; i < days_.length; ++i) {
            if (days_[i] == day) return;
        }
        days_.push(day);
    }

    function noteStages(uint256 day) private {
        string[7] memory names = ["None", "Open", "Cut", "Struck", "Funded", "Payable", "Drained"];
        emit Reached(string.concat("subscription ", names[stageOf(SUBSCRIPTION, day)]));
        emit Reached(string.concat("redemption ", names[stageOf(REDEMPTION, day)]));
    }

    // --- Orders -----------------------------------------------------------------------------------------------------

    function order(uint256 who_, uint256 side_, uint256 amount, uint256 lastDay) external {
        address who = holder(who_);
        place(sideOf(side_), who, who, who, amount, lastDay % 8 == 5 ? fund.nextStrike() : type(uint256).max);
    }

    /// @dev With another wallet as controller, or as the operator of the owner.
    function orderForAnother(uint256 owner, uint256 controller, uint256 sender, uint256 side_, uint256 amount)
        external
    {
        place(sideOf(side_), holder(sender), holder(owner), holder(controller), amount, type(uint256).max);
    }

    function place(
        ITreasuryFund.Side side,
        address sender,
        address owner,
        address controller,
        uint256 amount,
        uint256 lastDay
    ) private {
        if (days_.length >= DAYS_MAX && !isKnown(dealingDay())) return;
        bool subscription = side == SUBSCRIPTION;
        amount = part(amount, subscription ? cash.balanceOf(owner) / 4 : share.balanceOf(owner));
        string memory call = subscription
            ? "requestDeposit(uint256,address,address,uint256)"
            : "requestRedeem(uint256,address,address,uint256)";
        bytes memory data = abi.encodeWithSignature(call, amount, controller, owner, lastDay);
        vm.prank(sender);
        (bool ok, bytes memory answer) = address(fund).call(data);
        if (!ok) return;
        uint256 requestId = abi.decode(answer, (uint256));
        emit Reached(subscription ? "subscribe" : "redeem");
        if (controller != owner) emit Reached("for another wallet");
        assertTrue(sender == owner || fund.isOperator(owner, sender), "only the owner or its operator");
        noteDay(requestId);
        checkForward(side, requestId);
    }

    function checkForward(ITreasuryFund.Side side, uint256 day) private view {
        assertEq(stageOf(side, day), uint256(ITreasuryFund.Stage.Open), "the cut-off of its day is ahead");
        assertEq(fund.navOf(calendar.openFrom(MARKETS, day)).value, 0, "nobody deals at a NAV that is known");
    }

    /// @dev Orders of now are dealt on it.
    function dealingDay() private view returns (uint256 day) {
        day = calendar.dealingDay(MARKETS, block.timestamp, 16 * 60);
        if (fund.nextStrike() > day) day = fund.nextStrike();
    }

    function isKnown(uint256 day) private view returns (bool) {
        for (uint256 i = 0; i < days_.length; ++i) {
            if (days_[i] == day) return true;
        }
        return false;
    }

    function cancel(uint256 who_, uint256 sender, uint256 side_, uint256 day_) external {
        (address who, ITreasuryFund.Side side) = (holder(who_), sideOf(side_));
        uint256 day = dayOf(side, who, day_);
        bool open = stageOf(side, day) == uint256(ITreasuryFund.Stage.Open);
        bytes memory data = abi.encodeCall(fund.cancel, (side, day, who));
        if (attempt(sender % 4 == 1 ? holder(sender / 4) : who, address(fund), data, "cancel")) {
            assertTrue(open, "only before the cut-off");
        }
    }

    function reject(uint256 who_, uint256 side_, uint256 day_) external {
        (address who, ITreasuryFund.Side side) = (holder(who_), sideOf(side_));
        bytes memory data = abi.encodeCall(fund.reject, (side, dayOf(side, who, day_), who, "test"));
        if (day_ % 4 == 1) attempt(transferAgent, address(fund), data, "reject");
    }

    function reassign(uint256 from_, uint256 to, uint256 side_, uint256 day_) external {
        (address from, ITreasuryFund.Side side) = (holder(from_), sideOf(side_));
        bytes memory data = abi.encodeCall(fund.reassign, (side, dayOf(side, from, day_), from, holder(to), "test"));
        if (day_ % 4 == 1) attempt(transferAgent, address(fund), data, "reassign");
    }

    function setOperator(uint256 who, uint256 operator, bool approved) external {
        bytes memory data = abi.encodeCall(fund.setOperator, (holder(operator), approved));
        attempt(holder(who), address(fund), data, "operator");
    }

    // --- Claims -----------------------------------------------------------------------------------------------------

    /// @dev The receiver is mostly the controller; a claim never touches another's orders.
    function receiverFor(address controller, uint256 seed) private view returns (address) {
        return seed % 4 == 1 ? holder(seed / 4) : controller;
    }

    function claimIn(uint256 who_, uint256 receiver_, uint256 side_, uint256 amount) external {
        (address who, ITreasuryFund.Side side) = (holder(who_), sideOf(side_));
        address receiver = receiverFor(who, receiver_);
        uint256 most = side == SUBSCRIPTION ? fund.maxDeposit(who) : fund.maxRedeem(who);
        amount = part(amount, most);
        string memory call = side == SUBSCRIPTION
            ? "deposit(uint256,address,address)"
            : "redeem(uint256,address,address)";
        uint256[4] memory before = claimable(side);
        bytes memory data = abi.encodeWithSignature(call, amount, receiver, who);
        if (!attempt(who, address(fund), data, "claim by amount in")) return;
        if (receiver != who) emit Reached("claim for another wallet");
        assertEq(claimableOf(side, who), before[who_ % 4] - amount, "it is the controller's that is claimed");
        checkOthers(side, who, before);
    }

    function claimOut(uint256 who_, uint256 receiver_, uint256 side_, uint256 amount) external {
        (address who, ITreasuryFund.Side side) = (holder(who_), sideOf(side_));
        address receiver = receiverFor(who, receiver_);
        amount = part(amount, side == SUBSCRIPTION ? fund.maxMint(who) : fund.maxWithdraw(who));
        string memory call = side == SUBSCRIPTION
            ? "mint(uint256,address,address)"
            : "withdraw(uint256,address,address)";
        uint256[4] memory before = claimable(side);
        uint256 had = (side == SUBSCRIPTION ? share : cash).balanceOf(receiver);
        bytes memory data = abi.encodeWithSignature(call, amount, receiver, who);
        if (!attempt(who, address(fund), data, "claim by amount out")) return;
        assertEq((side == SUBSCRIPTION ? share : cash).balanceOf(receiver), had + amount, "exactly what was asked");
        checkOthers(side, who, before);
    }

    function claimDay(uint256 who_, uint256 receiver_, uint256 side_, uint256 day_) external {
        (address who, ITreasuryFund.Side side) = (holder(who_), sideOf(side_));
        uint256[4] memory before = claimable(side);
        bytes memory data =
            abi.encodeCall(fund.claim, (side, dayOf(side, who, day_), receiverFor(who, receiver_), who));
        if (attempt(who, address(fund), data, "claim a day")) checkOthers(side, who, before);
    }

    function claimableOf(ITreasuryFund.Side side, address who) private view returns (uint256) {
        return side == SUBSCRIPTION ? fund.maxDeposit(who) : fund.maxRedeem(who);
    }

    function claimable(ITreasuryFund.Side side) private view returns (uint256[4] memory amounts) {
        for (uint256 i = 0; i < 4; ++i) {
            amounts[i] = claimableOf(side, holders[i]);
        }
    }

    function checkOthers(ITreasuryFund.Side side, address who, uint256[4] memory before) private view {
        for (uint256 i = 0; i < 4; ++i) {
            if (holders[i] != who) assertEq(claimableOf(side, holders[i]), before[i], "nobody else's is claimed");
        }
    }

    // --- Prices, strikes, money -------------------------------------------------------------------------------------

    /// @dev For the next day to strike or another, as of about its cut-off, near the last NAV or far from it.
    function publishNav(uint256 day_, uint256 change, uint256 when) external {
        uint256 day = fund.nextStrike();
        if (day == 0) return;
        day = calendar.openFrom(MARKETS, day_ % 8 == 5 ? days_[day_ / 8 % days_.length] : day);
        uint256 cutOff = calendar.close(MARKETS, day, 16 * 60);
        if (day_ % 4 == 2 && block.timestamp < cutOff) vm.warp(cutOff);
        uint256 asOf = when % 8 == 5 ? cutOff - 1 : when % 8 == 6 ? block.timestamp + 1 : cutOff;
        uint64 nav = uint64(lastNav * (9_950 + change % 101) / 10_000);
        if (change % 16 == 5) nav = uint64(lastNav * 98 / 100);
        publishFor(day, nav, asOf);
    }

    function publishFor(uint256 day, uint64 nav, uint256 asOf) private {
        bytes memory data = abi.encodeCall(fund.publishNav, (day, nav, uint40(asOf), keccak256("portfolio")));
        if (!attempt(navAgent, address(fund), data, "NAV published")) return;
        assertTrue(asOf <= block.timestamp, "not of a moment to come");
        if (fund.navOf(day).held) emit Reached("NAV held");
        else lastNav = nav;
    }

    function approveNav(uint256 change) external {
        uint256 day = fund.nextStrike();
        if (day == 0) return;
        day = calendar.openFrom(MARKETS, day);
        uint64 nav = fund.navOf(day).value;
        if (change % 8 == 5) ++nav;
        if (attempt(navApprover, address(fund), abi.encodeCall(fund.approveNav, (day, nav)), "NAV approved")) {
            lastNav = nav;
        }
    }

    /// @dev All that a day needs, once its cut-off has come.
    function dealTheNextDay(uint256 change) external {
        uint256 day = fund.nextStrike();
        if (day == 0) return;
        uint256 navDay = calendar.openFrom(MARKETS, day);
        uint256 cutOff = calendar.close(MARKETS, navDay, 16 * 60);
        if (block.timestamp < cutOff) vm.warp(cutOff);
        if (fund.navOf(navDay).value == 0) {
            publishFor(navDay, uint64(lastNav * (9_950 + change % 101) / 10_000), cutOff);
        }
        if (fund.navOf(navDay).held) this.approveNav(0);
        noteStages(day);
        strikeDay(day);
    }

    function strikeAny(uint256 day_) external {
        if (days_.length == 0) return;
        uint256 day = fund.nextStrike();
        strikeDay(day_ % 4 == 1 ? days_[day_ / 4 % days_.length] : day);
    }

    function strikeDay(uint256 day) private {
        uint256 supply = share.totalSupply();
        if (!attempt(transferAgent, address(fund), abi.encodeCall(fund.strike, (day)), "strike")) return;
        (uint256 nav, uint256 navDay,) = fund.struckAt(day);
        assertEq(fund.navOf(navDay).value, nav, "the day's NAV");
        assertFalse(fund.navOf(navDay).held, "looked at twice where it was held");
        uint256 cutOff = calendar.close(MARKETS, navDay, 16 * 60);
        assertTrue(fund.navOf(navDay).asOf >= cutOff, "of a moment after the cut-off");
        if (navDay != day) emit Reached("strike at a later day's NAV");
        (, ITreasuryFund.Book memory sub) = fund.bookOf(SUBSCRIPTION, day);
        (, ITreasuryFund.Book memory red) = fund.bookOf(REDEMPTION, day);
        // Rounded against whoever deals: those who do not are never the poorer.
        assertTrue(sub.owed * nav <= uint256(sub.requested) * NAV_UNIT, "units out are rounded down");
        assertTrue(red.owed * NAV_UNIT <= red.requested * nav, "cash out is rounded down");
        assertEq(share.totalSupply(), supply + sub.owed - red.requested, "units made and ended");
    }

    function collect(uint256 day_) external {
        if (days_.length == 0) return;
        uint256 day = days_[day_ % days_.length];
        uint256 had = cash.balanceOf(treasury);
        (, ITreasuryFund.Book memory book) = fund.bookOf(SUBSCRIPTION, day);
        if (!attempt(mallory, address(fund), abi.encodeCall(fund.collect, (day)), "collect")) return;
        assertEq(cash.balanceOf(treasury), had + book.requested, "the day's cash");
    }

    function fundRedemptions(uint256 day_) external {
        if (days_.length == 0) return;
        uint256 day = days_[day_ % days_.length];
        uint256 had = cash.balanceOf(treasury);
        (, ITreasuryFund.Book memory book) = fund.bookOf(REDEMPTION, day);
        if (!attempt(treasury, address(fund), abi.encodeCall(fund.fundRedemptions, (day)), "fund")) return;
        assertEq(cash.balanceOf(treasury), had - book.owed, "exactly what is owed");
        noteStages(day);
    }

    function suspend(uint256 chance) external {
        if (chance % 8 == 3) {
            attempt(transferAgent, address(fund), abi.encodeCall(fund.suspendDealing, ("test")), "suspend");
        } else {
            attempt(transferAgent, address(fund), abi.encodeCall(fund.resumeDealing, ()), "resume");
        }
    }

    function closeDay(uint256 chance) external {
        uint256 day = fund.nextStrike();
        if (chance % 8 != 3 || day == 0 || day < calendar.dayOf(block.timestamp)) return;
        attempt(address(this), address(calendar), abi.encodeCall(calendar.closeDay, (day, MARKETS, "test")), "day closed");
    }

    function setState(uint256 of_, uint256 state) external {
        IIdentities.State chosen = state % 8 == 3 ? IIdentities.State.Suspended : IIdentities.State.Active;
        IDENTITIES.setState(idOf(of_ % 2 == 0 ? "alice" : "bob"), chosen);
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 0, 2 days));
        if (days_.length > 0) noteStages(days_[time % days_.length]);
    }

    // --- What holds -------------------------------------------------------------------------------------------------

    function invariant_EscrowIsPendingAndClaimable() external view {
        uint256 cashHeld = 0;
        uint256 unitsHeld = 0;
        for (uint256 i = 0; i < days_.length; ++i) {
            (uint256 nav,,) = fund.struckAt(days_[i]);
            (, ITreasuryFund.Book memory sub) = fund.bookOf(SUBSCRIPTION, days_[i]);
            (, ITreasuryFund.Book memory red) = fund.bookOf(REDEMPTION, days_[i]);
            if (!sub.settled) cashHeld += sub.requested;
            if (red.settled) cashHeld += red.owed - red.paid;
            unitsHeld += nav == 0 ? red.requested : sub.owed - sub.paid;
        }
        assertEq(cash.balanceOf(address(fund)), cashHeld, "cash in escrow");
        assertEq(share.balanceOf(address(fund)), unitsHeld, "units in escrow");
    }

    function invariant_OrdersSumToTheBooks() external view {
        for (uint256 i = 0; i < days_.length; ++i) {
            checkOrders(days_[i], SUBSCRIPTION);
            checkOrders(days_[i], REDEMPTION);
        }
    }

    function checkOrders(uint256 day, ITreasuryFund.Side side) private view {
        (, ITreasuryFund.Book memory book) = fund.bookOf(side, day);
        if (book.requested == 0) return;
        (uint256 nav,,) = fund.struckAt(day);
        uint256 requested = 0;
        uint256 paid = 0;
        for (uint256 i = 0; i < 4; ++i) {
            ITreasuryFund.Order memory found = fund.orderOf(side, day, holders[i]);
            requested += found.amount;
            paid += found.paid;
            assertTrue(found.claimed <= found.amount, "no more is claimed than was ordered");
            uint256 due = nav == 0
                ? 0
                : side == SUBSCRIPTION ? found.claimed * NAV_UNIT / nav : found.claimed * nav / NAV_UNIT;
            assertTrue(found.paid <= due, "no more is paid than the price makes of what is claimed");
        }
        assertEq(requested, book.requested, "orders");
        assertEq(paid, book.paid, "payments");
        assertTrue(book.paid <= book.owed, "claims never exceed what was struck");
    }

    function invariant_UnitsSumToTheSupply() external view {
        uint256 sum = share.balanceOf(address(fund));
        for (uint256 i = 0; i < 4; ++i) {
            sum += share.balanceOf(holders[i]);
        }
        assertEq(sum, share.totalSupply(), "holders and escrow");
    }
}
