// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITreasuryFund} from "../src/interfaces/ITreasuryFund.sol";
import {TreasuryFund} from "../src/TreasuryFund.sol";
import {FundFixture} from "./FundFixture.sol";

/// @title What holds after any sequence of requests, strikes and claims (DOMAIN §2.4)
contract TreasuryFundInvariantsTest is FundFixture {
    uint16 private constant MARKETS = 3;
    uint256 private constant STEPS = 40;

    address[4] private holders;
    uint256[] private days_;
    uint64 private lastNav = 100_000_000;
    uint256 private random;

    function setUp() public override {
        super.setUp();
        holders = [alice, aliceDesk, bob, carol];
        giveCash(aliceDesk, 10_000_000 * UNIT);
    }

    function next(uint256 below) private returns (uint256) {
        random = uint256(keccak256(abi.encode(random)));
        return random % below;
    }

    function noteDay(uint256 day) private {
        for (uint256 i = 0; i < days_.length; ++i) {
            if (days_[i] == day) return;
        }
        days_.push(day);
    }

    // ---------------------------------------------------------------- one random step

    function step() private {
        uint256 action = next(10);
        address who = holders[next(4)];
        if (action < 2) trySubscribe(who);
        else if (action == 2) tryRedeem(who);
        else if (action == 3) tryCancel(who);
        else if (action == 4) dealTheNextDay();
        else if (action == 5) tryMoney();
        else if (action == 6) tryReassign(who, holders[next(4)]);
        else tryClaim(who);
    }

    function trySubscribe(address who) private {
        if (fund.openDays(SUBSCRIPTION, who).length < 16) noteDay(subscribe(who, 1 + next(1_000_000 * UNIT)));
    }

    function tryRedeem(address who) private {
        uint256 held = share.balanceOf(who);
        if (held > 0 && fund.openDays(REDEMPTION, who).length < 16) noteDay(askToRedeem(who, 1 + next(held)));
    }

    function tryCancel(address who) private {
        ITreasuryFund.Side side = ITreasuryFund.Side(next(2));
        uint32[] memory open = fund.openDays(side, who);
        if (open.length == 0) return;
        uint256 day = open[open.length - 1];
        if (stageOf(side, day) == uint256(ITreasuryFund.Stage.Open)) {
            vm.prank(who);
            fund.cancel(side, day, who);
        } else if (stageOf(side, day) == uint256(ITreasuryFund.Stage.Cut)) {
            vm.prank(transferAgent);
            fund.reject(side, day, who, "test");
        }
    }

    function tryReassign(address from, address to) private {
        ITreasuryFund.Side side = ITreasuryFund.Side(next(2));
        uint32[] memory open = fund.openDays(side, from);
        if (open.length == 0 || fund.openDays(side, to).length == 16) return;
        vm.prank(transferAgent);
        fund.reassign(side, open[next(open.length)], from, to, "test");
    }

    /// @dev Now and then an emergency closes the day first.
    function dealTheNextDay() private {
        uint256 day = fund.nextStrike();
        if (day == 0) return;
        if (next(6) == 0 && day >= calendar.dayOf(block.timestamp)) calendar.closeDay(day, MARKETS, "test");
        uint256 navDay = calendar.openFrom(MARKETS, day);
        if (fund.navOf(navDay).value == 0) {
            lastNav = uint64(lastNav * (9_950 + next(101)) / 10_000 + next(2));
            publish(navDay, lastNav);
        }
        strike(day);
    }

    function tryMoney() private {
        for (uint256 i = 0; i < days_.length; ++i) {
            (uint256 nav,,) = fund.struckAt(days_[i]);
            if (nav == 0) continue;
            (, ITreasuryFund.Book memory book) = fund.bookOf(SUBSCRIPTION, days_[i]);
            if (book.requested > 0 && !book.settled) fund.collect(days_[i]);
            (, book) = fund.bookOf(REDEMPTION, days_[i]);
            if (book.requested == 0 || book.settled) continue;
            vm.prank(treasury);
            fund.fundRedemptions(days_[i]);
        }
        if (next(2) == 0) vm.warp(block.timestamp + next(3 days));
    }

    function tryClaim(address who) private {
        uint256 kind = next(5);
        uint256 most = kind == 0
            ? fund.maxDeposit(who)
            : kind == 1 ? fund.maxMint(who) : kind == 2 ? fund.maxRedeem(who) : fund.maxWithdraw(who);
        uint256 amount = next(3) == 0 ? most : next(most + 1);
        if (kind == 4) return claimOneDay(who, ITreasuryFund.Side(next(2)));
        vm.prank(who);
        if (kind == 0) fund.deposit(amount, who, who);
        else if (kind == 1) fund.mint(amount, who, who);
        else if (kind == 2) fund.redeem(amount, who, who);
        else fund.withdraw(amount, who, who);
    }

    function claimOneDay(address who, ITreasuryFund.Side side) private {
        uint32[] memory open = fund.openDays(side, who);
        if (open.length == 0) return;
        uint256 day = open[next(open.length)];
        uint256 claimable =
            side == SUBSCRIPTION ? fund.claimableDepositRequest(day, who) : fund.claimableRedeemRequest(day, who);
        if (claimable == 0) return;
        vm.prank(who);
        fund.claim(side, day, who, who);
    }

    // ---------------------------------------------------------------- what holds after each step

    function checkBooks() private view {
        uint256 cashHeld = 0;
        uint256 unitsHeld = 0;
        for (uint256 i = 0; i < days_.length; ++i) {
            (uint256 nav,,) = fund.struckAt(days_[i]);
            (, ITreasuryFund.Book memory sub) = fund.bookOf(SUBSCRIPTION, days_[i]);
            (, ITreasuryFund.Book memory red) = fund.bookOf(REDEMPTION, days_[i]);
            if (!sub.settled) cashHeld += sub.requested;
            if (red.settled) cashHeld += red.owed - red.paid;
            unitsHeld += nav == 0 ? red.requested : sub.owed - sub.paid;
            assertTrue(sub.paid <= sub.owed && red.paid <= red.owed, "claims never exceed what was struck");
            checkOrders(days_[i], SUBSCRIPTION, sub);
            checkOrders(days_[i], REDEMPTION, red);
        }
        assertEq(cash.balanceOf(address(fund)), cashHeld, "cash in escrow = pending + claimable");
        assertEq(share.balanceOf(address(fund)), unitsHeld, "units in escrow = pending + claimable");
        uint256 supply = unitsHeld;
        for (uint256 i = 0; i < 4; ++i) {
            supply += share.balanceOf(holders[i]);
        }
        assertEq(share.totalSupply(), supply, "balances and escrow sum to the supply");
    }

    function checkOrders(uint256 day, ITreasuryFund.Side side, ITreasuryFund.Book memory book) private view {
        uint256 requested = 0;
        uint256 open = 0;
        uint256 paid = 0;
        for (uint256 i = 0; i < 4; ++i) {
            ITreasuryFund.Order memory order = fund.orderOf(side, day, holders[i]);
            requested += order.amount;
            paid += order.paid;
            assertTrue(order.claimed <= order.amount, "no more is claimed than was ordered");
            uint32[] memory list = fund.openDays(side, holders[i]);
            assertTrue(list.length <= 16, "at most 16 days");
            for (uint256 j = 0; j < list.length; ++j) {
                if (list[j] == day) ++open;
                assertTrue(j == 0 || list[j - 1] < list[j], "ascending");
            }
        }
        assertEq(requested, book.requested, "orders sum to the day's");
        assertEq(paid, book.paid, "payments sum to the day's");
        assertEq(open, book.orders, "open orders are counted");
    }

    function testFuzz_Books_BalanceAfterAnySequence(uint256 seed) public {
        random = seed;
        for (uint256 i = 0; i < STEPS; ++i) {
            step();
            checkBooks();
        }
        drain();
    }

    /// @dev In the end everyone gets everything, and what stays in escrow is less than an atom an order.
    function drain() private {
        for (uint256 i = 0; i < days_.length && fund.nextStrike() != 0; ++i) {
            dealTheNextDay();
        }
        tryMoney();
        vm.warp(block.timestamp + 7 days);
        for (uint256 i = 0; i < 4; ++i) {
            drainSide(holders[i], SUBSCRIPTION);
            drainSide(holders[i], REDEMPTION);
        }
        checkBooks();
        uint256 dust = 0;
        for (uint256 i = 0; i < days_.length; ++i) {
            (ITreasuryFund.Stage stage, ITreasuryFund.Book memory book) = fund.bookOf(SUBSCRIPTION, days_[i]);
            assertTrue(isDone(stage), "subscriptions drained");
            dust += book.owed - book.paid;
            (stage, book) = fund.bookOf(REDEMPTION, days_[i]);
            assertTrue(isDone(stage), "redemptions drained");
            dust += book.owed - book.paid;
        }
        assertTrue(dust <= 2 * 3 * days_.length, "less than an atom for each order");
    }

    function isDone(ITreasuryFund.Stage stage) private pure returns (bool) {
        return stage == ITreasuryFund.Stage.Drained || stage == ITreasuryFund.Stage.None;
    }

    function drainSide(address who, ITreasuryFund.Side side) private {
        uint32[] memory open = fund.openDays(side, who);
        for (uint256 i = 0; i < open.length; ++i) {
            vm.prank(who);
            fund.claim(side, open[i], who, who);
        }
    }

    // ---------------------------------------------------------------- one day

    /// @dev Claims in parts, by amount in or by amount out, sum to the whole.
    function testFuzz_Claims_InPartsSumToTheWhole(uint256 assets, uint64 nav, uint256 seed) public {
        assets = bound(assets, 1, 10_000_000 * UNIT);
        nav = uint64(bound(nav, 1_000_000, 10_000_000_000)); // 0.01 to 100
        random = seed;
        subscribe(alice, assets);
        publishAndStrike(FRIDAY, nav);
        uint256 whole = assets * 1e8 / nav;
        uint256 sum = 0;
        for (uint256 i = 0; i < 7; ++i) {
            bool byCash = next(2) == 0;
            uint256 part = next((byCash ? fund.maxDeposit(alice) : fund.maxMint(alice)) + 1);
            vm.prank(alice);
            sum += byCash ? fund.deposit(part, alice) : mintExactly(part);
            uint256 due = fund.orderOf(SUBSCRIPTION, FRIDAY, alice).claimed * 1e8 / nav;
            assertTrue(sum <= due, "never ahead of the price");
        }
        if (fund.openDays(SUBSCRIPTION, alice).length > 0) {
            vm.prank(alice);
            (, uint256 rest) = fund.claim(SUBSCRIPTION, FRIDAY, alice, alice);
            sum += rest;
        }
        assertEq(sum, whole, "floor(all x price)");
        assertEq(share.balanceOf(alice), whole, "held");
        assertEq(fund.maxDeposit(alice) + fund.maxMint(alice), 0, "nothing is left");
    }

    function mintExactly(uint256 units) private returns (uint256) {
        fund.mint(units, alice);
        return units;
    }

    /// @dev The same orders in another order, and in another fund: every holder gets the same.
    function testFuzz_Order_WithinTheDayDoesNotMatter(uint256 a, uint256 b, uint256 c, uint64 nav) public {
        nav = uint64(bound(nav, 50_000_000, 200_000_000));
        uint256[3] memory amounts =
            [bound(a, 1, 1_000_000 * UNIT), bound(b, 1, 1_000_000 * UNIT), bound(c, 1, 1_000_000 * UNIT)];
        address[3] memory who = [alice, bob, carol];
        TreasuryFund first = fund;
        TreasuryFund second = newFund(terms());
        for (uint256 i = 0; i < 3; ++i) {
            fund = first;
            subscribe(who[i], amounts[i]);
            fund = second;
            subscribe(who[2 - i], amounts[2 - i]);
        }
        for (uint256 i = 0; i < 2; ++i) {
            fund = i == 0 ? first : second;
            publishAndStrike(FRIDAY, nav);
        }
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(who[i]);
            uint256 units = first.deposit(amounts[i], who[i]);
            vm.prank(who[2 - i]);
            second.deposit(amounts[2 - i], who[2 - i]);
            assertEq(units, amounts[i] * 1e8 / nav, "one rate for all");
        }
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(share.balanceOf(who[i]), 2 * (amounts[i] * 1e8 / nav), "the same from both");
        }
    }

    /// @dev A fund worth `nav` a unit before the strike is worth no less after it, but for one atom.
    function testFuzz_Strike_NeverDilutesThoseWhoDidNotDeal(uint256 subscribed, uint256 part, uint64 nav) public {
        nav = uint64(bound(nav, 90_000_000, 110_000_000));
        subscribed = bound(subscribed, 1, 9_000_000 * UNIT);
        uint256 held = giveUnits(alice, 1_000_000 * UNIT, 100_000_000);
        uint256 redeemed = bound(part, 1, held - UNIT);
        askToRedeem(alice, redeemed);
        subscribe(bob, subscribed);
        uint256 supply = share.totalSupply();
        uint256 assets = (supply * nav + 1e8 - 1) / 1e8; // the least that is worth `nav` a unit
        publishAndStrike(MONDAY, nav);
        (, ITreasuryFund.Book memory red) = fund.bookOf(REDEMPTION, MONDAY);
        (, ITreasuryFund.Book memory sub) = fund.bookOf(SUBSCRIPTION, MONDAY);
        uint256 later = (assets + sub.requested - red.owed) * 1e8 / share.totalSupply();
        assertTrue(later + 1 >= nav, "by more than one atom");
    }

    /// @dev Whoever asks before the cut-off is dealt that day, whoever asks at it the next: nobody at a known NAV.
    function testFuzz_Request_IsNeverDealtAtANavThatIsKnown(uint256 wait, uint64 nav) public {
        nav = uint64(bound(nav, 90_000_000, 110_000_000));
        subscribe(bob, UNIT);
        vm.warp(FRIDAY_CUT_OFF - 60 + bound(wait, 0, 10 days));
        uint256 day = subscribe(alice, UNIT);
        (ITreasuryFund.Stage stage,) = fund.bookOf(SUBSCRIPTION, day);
        assertTrue(stage == ITreasuryFund.Stage.Open, "the cut-off of its day is ahead");
        assertEq(fund.navOf(day).value, 0, "its NAV is not published");
        uint256 cutOff = calendar.close(MARKETS, day, 16 * 60);
        vm.expectRevert(
            abi.encodeWithSelector(ITreasuryFund.NavTime.selector, block.timestamp, cutOff, block.timestamp)
        );
        vm.prank(navAgent);
        fund.publishNav(day, nav, uint40(block.timestamp), 0);
    }
}
