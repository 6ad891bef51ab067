// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CollateralTerms, ICollateralVault} from "../src/interfaces/ICollateralVault.sol";
import {ITreasuryFund} from "../src/interfaces/ITreasuryFund.sol";
import {IDENTITIES, IIdentities} from "../src/native/IIdentities.sol";
import {CollateralFixture} from "./CollateralFixture.sol";
import {Invariants} from "./Invariants.sol";

/// @title What holds after any sequence of posts, calls, disputes, defaults and close-outs (DOMAIN §2.5)
/// @dev Two agreements at a time of one pledgor, over fund units and cash in place and bitcoin in the vault's account.
contract VaultInvariantsTest is CollateralFixture, Invariants {
    uint16 private constant MARKETS = 3;
    uint256 private constant SHARE = 0;
    uint256 private constant CASH = 1;
    uint256 private constant BITCOIN = 2;
    uint256 private constant ALICES_UNITS = 3_000_000 * UNIT;
    uint256 private constant ALICES_CASH = 7_000_000 * UNIT;

    uint256[2] private ids;
    uint64 private nav = NAV_10123;
    uint256 private seized; // of the pledgor's units, by buyers and the fund
    uint256 private taken; // of the pledgor's cash, at close-out
    uint256 private paidBack; // surplus claimed by the pledgor

    function setUp() public override {
        super.setUp();
        ids = [open(lively(), schedule()), open(lively(), schedule())];
        bitcoin.mint(alice, 100e8);
        address[3] memory all = [alice, aliceDesk, carol];
        for (uint256 i = 0; i < all.length; ++i) {
            allowAll(all[i]);
        }
        price(address(bitcoin), MONDAY, 9_125_050_000_000);
        handleAgreements();
        handleCloseOut();
        handleWorld();
    }

    function allowAll(address who) private {
        vm.startPrank(who);
        share.approve(address(vault), type(uint256).max);
        cash.approve(address(vault), type(uint256).max);
        bitcoin.approve(address(vault), type(uint256).max);
        vm.stopPrank();
    }

    function handleAgreements() private {
        handle(this.agree.selector);
        handle(this.agreeOnWhatCannotBe.selector);
        handle(this.accept.selector);
        handle(this.terminate.selector);
        handle(this.stateExposure.selector);
        handle(this.post.selector);
        handle(this.release.selector);
        handle(this.releaseAll.selector);
        handle(this.substitute.selector);
        handle(this.call.selector);
        handle(this.dispute.selector);
        handle(this.decide.selector);
        handle(this.declareDefault.selector);
    }

    function handleCloseOut() private {
        handle(this.closeOut.selector);
        handle(this.buy.selector);
        handle(this.redeemInFund.selector);
        handle(this.dealAndCollect.selector);
        handle(this.takeCash.selector);
        handle(this.endCloseOut.selector);
        handle(this.claim.selector);
    }

    function handleWorld() private {
        handle(this.wait.selector);
        handle(this.waitForTheCure.selector);
        handle(this.publishNav.selector);
        handle(this.postPrice.selector);
        handle(this.freeze.selector);
        handle(this.suspendDealing.selector);
        handle(this.setState.selector);
        handle(this.recover.selector);
        handle(this.goOn.selector);
    }

    function mustReach() external pure returns (string[] memory list) {
        string[56] memory all = [
            // States.
            "Draft", "Active", "Called", "Defaulted", "Closing", "Closed", "Terminated",
            // What was done.
            "agree", "accept", "terminate", "exposure", "post units", "post cash", "post bitcoin", "release",
            "release all", "substitute", "call", "call met", "dispute", "decide", "default", "close out", "buy",
            "redeem in fund", "collect", "take cash", "end", "claim", "claim a surplus", "recover",
            // What was refused.
            "WrongState", "NotParty", "NotInSchedule", "NotEligible", "PriceUnusable", "BelowMinimumTransfer",
            "RequirementUnmet", "MoreThanSurplus", "LessValue", "NotPosted", "BeforeCure", "NothingStands",
            "NotDisputable", "ExposureOld", "NotBuyer", "MoreThanNeeded", "CostsAboveMaximum", "StillClosing",
            "NothingToClaim", "BadCollateralTerms", "ERC7943InsufficientUnfrozenBalance", "Suspended",
            // What stops a price from counting.
            "counted with a freeze", "counted while gated", "counted with a stale price"
        ];
        list = new string[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            list[i] = all[i];
        }
    }

    function lively() private view returns (CollateralTerms memory t) {
        t = collateralTerms();
        (t.minimumTransfer, t.rounding, t.exposureDays) = (uint128(1_000 * UNIT), uint128(100 * UNIT), 4);
        // So that who is in default may owe less than is posted.
        (t.threshold, t.independentAmount) = (uint128(50_000 * UNIT), uint128(400_000 * UNIT));
    }

    function idFrom(uint256 which) private view returns (uint256) {
        return ids[which % 2];
    }

    /// @dev Mostly the one that is in `state`, where one is.
    function idIn(uint256 which, ICollateralVault.State state) private view returns (uint256 id) {
        id = ids[which % 2];
        if (which / 2 % 8 != 5 && stateOf(id) != state && stateOf(ids[1 - which % 2]) == state) {
            id = ids[1 - which % 2];
        }
    }

    function pledgor() private view returns (address) {
        return IDENTITIES.current(alice);
    }

    function tokenOf(uint256 asset) private view returns (address) {
        return asset == SHARE ? address(share) : asset == CASH ? address(cash) : address(bitcoin);
    }

    /// @dev Rarely one that no agreement names.
    function assetFrom(uint256 seed) private view returns (uint256 asset, address token) {
        asset = seed % 8 < 4 ? SHARE : seed % 8 < 6 ? CASH : BITCOIN;
        token = seed % 64 == 13 ? address(book) : tokenOf(asset);
    }

    /// @dev Rarely somebody else.
    function by(address who, uint256 seed) private view returns (address) {
        return seed % 16 == 13 ? (seed / 16 % 2 == 0 ? carol : mallory) : who;
    }

    function act(address who, bytes memory data, string memory what) private returns (bool) {
        return attempt(who, address(vault), data, what);
    }

    function note(uint256 id) private {
        string[8] memory states =
            ["None", "Draft", "Active", "Called", "Defaulted", "Closing", "Closed", "Terminated"];
        emit Reached(states[uint256(stateOf(id))]);
    }

    // --- Agreements -------------------------------------------------------------------------------------------------

    /// @dev In the place of one of which nothing is left.
    function agree(uint256 which, uint256 who) public {
        uint256 id = idFrom(which);
        if (stateOf(id) < ICollateralVault.State.Closed || unpaidOf(id) != 0) return;
        ICollateralVault.Position[] memory list = vault.positions(id);
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i].posted + list[i].inFund != 0) return;
        }
        bool mine = who % 2 == 0;
        CollateralTerms memory t = lively();
        t.pledgor = pledgor();
        if (!act(by(mine ? t.pledgor : bob, who / 2), abi.encodeCall(vault.agree, (t, schedule(), buyers())), "agree")) {
            return;
        }
        ids[which % 2] = vault.agreementCount();
        note(ids[which % 2]);
    }

    function agreeOnWhatCannotBe(uint256 fault) external {
        CollateralTerms memory t = lively();
        if (fault % 3 == 0) t.pledgor = bob;
        else if (fault % 3 == 1) t.cureDays = 33;
        else t.dueMinute = t.notificationMinute - 1;
        assertFalse(act(bob, abi.encodeCall(vault.agree, (t, schedule(), buyers())), ""), "terms that cannot be");
    }

    function accept(uint256 which, uint256 who) public {
        uint256 id = idIn(which, ICollateralVault.State.Draft);
        address other = who % 2 == 0 ? pledgor() : bob;
        if (act(by(other, who / 2), abi.encodeCall(vault.accept, (id)), "accept")) note(id);
    }

    function terminate(uint256 which, uint256 who) external {
        uint256 id = idFrom(which);
        if (who % 32 != 3) return;
        bool mine = who / 32 % 2 == 0;
        (, uint256 requirement,,) = vault.valueOf(id, false);
        ICollateralVault.State state = stateOf(id);
        if (!act(mine ? pledgor() : bob, abi.encodeCall(vault.terminate, (id)), "terminate")) return;
        assertTrue(!mine || state == ICollateralVault.State.Draft || requirement == 0, "not while something is owed");
        note(id);
    }

    function stateExposure(uint256 which, uint256 who, uint256 exposure) public {
        // About what is posted is worth, or anything.
        uint256 id = idFrom(which);
        uint256 value = freshValue(id);
        if (exposure % 8 == 3) exposure = 0;
        else if (exposure % 2 == 0) exposure = bound(exposure / 2, value / 2, value + 200_000 * UNIT);
        else exposure = bound(exposure, 0, 2_000_000 * UNIT);
        act(by(bob, who), abi.encodeCall(vault.stateExposure, (id, uint128(exposure), EVIDENCE)), "exposure");
    }

    // --- Collateral -------------------------------------------------------------------------------------------------

    function post(uint256 which, uint256 who, uint256 asset_, uint256 amount) public {
        uint256 id = idIn(which, ICollateralVault.State.Active);
        (uint256 asset, address token) = assetFrom(asset_);
        amount = bound(amount, 1, asset == BITCOIN ? 10e8 : amount % 16 == 3 ? 4_000_000 * UNIT : 600_000 * UNIT);
        string[3] memory names = ["post units", "post cash", "post bitcoin"];
        bool wasCalled = stateOf(id) == ICollateralVault.State.Called;
        bytes memory data = abi.encodeCall(vault.post, (id, token, uint128(amount)));
        if (!act(by(pledgor(), who), data, names[asset])) return;
        assertTrue(isUsable(asset, vault.positions(id)[asset]), "a stale price gives no credit");
        if (wasCalled && stateOf(id) == ICollateralVault.State.Active) emit Reached("call met");
    }

    function release(uint256 which, uint256 who, uint256 asset_, uint256 amount) external {
        uint256 id = idIn(which, ICollateralVault.State.Active);
        (uint256 asset, address token) = assetFrom(asset_);
        (,,, uint256 surplus) = vault.valueOf(id, true);
        ICollateralVault.Position[] memory list = vault.positions(id);
        // All of the surplus, of what has as much; about it; or anything.
        if (amount % 4 == 1) {
            asset = list[SHARE].value >= surplus ? SHARE : BITCOIN;
            (token, amount) = (tokenOf(asset), surplus);
        } else {
            amount = amount % 4 == 2 ? part(amount / 4, surplus) : bound(amount, 0, 600_000 * UNIT);
        }
        uint256 found = list[asset].price;
        if (asset == SHARE && found != 0) amount = amount * 1e12 / (found * 9_950);
        if (asset == BITCOIN && found != 0) amount = amount * 1e14 / (found * 8_000);
        bytes memory data = abi.encodeCall(vault.release, (id, token, uint128(amount)));
        if (act(by(pledgor(), who), data, "release")) checkReleased(id);
    }

    function checkReleased(uint256 id) private view {
        (, uint256 requirement,,) = vault.valueOf(id, true);
        if (stateOf(id) >= ICollateralVault.State.Closed || requirement == 0) return;
        assertTrue(freshValue(id) >= requirement, "a release never leaves a requirement unmet");
    }

    /// @dev Of one that has ended.
    function releaseAll(uint256 which) public {
        uint256 id = idFrom(which);
        if (stateOf(id) < ICollateralVault.State.Closed) return;
        ICollateralVault.Position[] memory list = vault.positions(id);
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i].posted == 0) continue;
            bytes memory data = abi.encodeCall(vault.release, (id, list[i].token, uint128(list[i].posted)));
            assertTrue(act(pledgor(), data, "release all"), "what is left is the pledgor's, without limits");
        }
    }

    function substitute(uint256 which, uint256 who, uint256 in_, uint256 out, uint256 amount, uint256 less) external {
        uint256 id = idIn(which, ICollateralVault.State.Active);
        (uint256 assetIn, address tokenIn) = assetFrom(in_);
        (uint256 assetOut, address tokenOut) = assetFrom(out);
        amount = bound(amount, 1, 200_000 * UNIT);
        uint256 back = bound(less, 1, amount);
        if (assetIn == BITCOIN) amount = amount / 10_000 + 1;
        if (assetOut == BITCOIN) back = back / 100_000 + 1;
        uint256 before = freshValue(id);
        bytes memory data =
            abi.encodeCall(vault.substitute, (id, tokenIn, uint128(amount), tokenOut, uint128(back)));
        if (!act(by(pledgor(), who), data, "substitute")) return;
        assertTrue(isUsable(assetIn, vault.positions(id)[assetIn]), "a stale price gives no credit");
        assertTrue(freshValue(id) + 3 >= before, "a substitution never lowers the value, but for atoms of rounding");
    }

    /// @dev Beside the vault's own judgement: of today, or so old as the schedule allows, and not gated.
    function isUsable(uint256 asset, ICollateralVault.Position memory position) private view returns (bool) {
        if (asset == CASH) return true;
        uint256 today = calendar.dayOf(block.timestamp);
        if (position.price == 0 || (asset == SHARE && fund.suspended())) return false;
        return today <= position.priceDay || calendar.nextOpen(MARKETS, position.priceDay, 2) > today;
    }

    function freshValue(uint256 id) private view returns (uint256 value) {
        ICollateralVault.Position[] memory list = vault.positions(id);
        for (uint256 i = 0; i < list.length; ++i) {
            if (!isUsable(i, list[i])) continue;
            uint256 counted = list[i].counted;
            if (i == SHARE) value += counted * list[i].price * 9_950 / 1e12;
            else if (i == CASH) value += counted;
            else value += counted * list[i].price * 8_000 / 1e14;
        }
    }

    // --- Calls and default ------------------------------------------------------------------------------------------

    function call(uint256 which, uint256 who) public {
        uint256 id = idIn(which, ICollateralVault.State.Active);
        uint256 deficit = deficitOf(id);
        if (!act(by(bob, who), abi.encodeCall(vault.call, (id)), "call")) return;
        ICollateralVault.Call memory made = vault.statusOf(id).call;
        assertTrue(deficit >= 1_000 * UNIT, "the minimum is asked of the deficit as it is");
        assertTrue(made.amount >= deficit && made.amount < deficit + 100 * UNIT, "which is then rounded up");
        assertTrue(made.due > block.timestamp && made.cureUntil > made.due, "due later than now, cured later still");
        note(id);
    }

    function dispute(uint256 which, uint256 who, uint256 amount) external {
        uint256 id = idIn(which, ICollateralVault.State.Called);
        amount = part(amount, vault.statusOf(id).call.amount);
        act(by(pledgor(), who), abi.encodeCall(vault.dispute, (id, uint128(amount), EVIDENCE)), "dispute");
    }

    function decide(uint256 which, uint256 who, uint256 amount) external {
        uint256 id = idIn(which, ICollateralVault.State.Called);
        amount = part(amount, vault.statusOf(id).call.disputed);
        act(by(arbiter, who), abi.encodeCall(vault.decide, (id, uint128(amount), EVIDENCE)), "decide");
    }

    function declareDefault(uint256 which, uint256 who) public {
        uint256 id = idIn(which, ICollateralVault.State.Called);
        uint256 deficit = deficitOf(id);
        ICollateralVault.Call memory made = vault.statusOf(id).call;
        if (!act(by(bob, who), abi.encodeCall(vault.declareDefault, (id, EVIDENCE)), "default")) return;
        assertTrue(made.amount != 0 && block.timestamp >= made.cureUntil, "no default inside cure");
        assertTrue(deficit > made.disputed, "nor where nothing lacks but what is disputed");
        assertTrue(made.amount > made.delivered, "nor where what was called was delivered");
        note(id);
    }

    // --- Close-out --------------------------------------------------------------------------------------------------

    function closeOut(uint256 which, uint256 who, uint256 costs) public {
        uint256 id = idIn(which, ICollateralVault.State.Defaulted);
        bytes memory data = abi.encodeCall(vault.closeOut, (id, uint128(bound(costs, 0, 12_000 * UNIT)), EVIDENCE));
        if (act(by(bob, who), data, "close out")) note(id);
    }

    /// @dev Mostly about what is still needed, at about par.
    function amountNeeded(uint256 id, uint256 seed) private view returns (uint128) {
        ICollateralVault.Closing memory closing = vault.statusOf(id).closing;
        uint256 due = closing.exposure + closing.costs;
        uint256 had = closing.proceeds + closing.expected;
        uint256 needed = due > had ? due - had : 0;
        if (seed % 4 == 1) return uint128(bound(seed, 0, 600_000 * UNIT));
        if (seed % 4 == 2) return uint128(bound(seed, 0, needed + 10));
        uint256 closePrice = vault.positions(id)[SHARE].closePrice;
        return closePrice == 0 ? 0 : uint128((needed * 1e8 + closePrice - 1) / closePrice);
    }

    function buy(uint256 which, uint256 who, uint256 asset_, uint256 amount) public {
        uint256 id = idIn(which, ICollateralVault.State.Closing);
        (uint256 asset, address token) = assetFrom(asset_ % 8 == 6 ? asset_ : 0);
        amount = amountNeeded(id, amount);
        if (asset == BITCOIN) amount = amount / 1000 + 1;
        address buyer = who % 16 == 13 ? mallory : carol;
        if (!act(buyer, abi.encodeCall(vault.buy, (id, token, uint128(amount))), "buy")) return;
        assertEq(buyer, carol, "a listed buyer");
        if (asset == SHARE) seized += amount;
    }

    function redeemInFund(uint256 which, uint256 who, uint256 amount) public {
        uint256 id = idIn(which, ICollateralVault.State.Closing);
        amount = amountNeeded(id, amount);
        bytes memory data = abi.encodeCall(vault.redeemInFund, (id, address(share), uint128(amount)));
        if (act(by(bob, who), data, "redeem in fund")) seized += amount;
    }

    function takeCash(uint256 which, uint256 who, uint256 amount) public {
        uint256 id = idIn(which, ICollateralVault.State.Closing);
        amount = amountNeeded(id, amount);
        if (act(by(bob, who), abi.encodeCall(vault.takeCash, (id, uint128(amount))), "take cash")) taken += amount;
    }

    /// @dev Strikes and pays what the vault has in the fund.
    function dealAndCollect(uint256 change) public {
        uint256 day = fund.nextStrike();
        if (day != 0) {
            uint256 navDay = calendar.openFrom(MARKETS, day);
            publishFor(navDay, change);
            attempt(transferAgent, address(fund), abi.encodeCall(fund.strike, (day)), "strike");
        }
        uint32[] memory openDays = fund.openDays(REDEMPTION, address(vault));
        for (uint256 i = 0; i < openDays.length; ++i) {
            pay(openDays[i]);
            for (uint256 j = 0; j < 2; ++j) {
                act(mallory, abi.encodeCall(vault.collect, (ids[j], address(share), openDays[i])), "collect");
            }
        }
    }

    function pay(uint256 day) private {
        (ITreasuryFund.Stage stage, ITreasuryFund.Book memory found) = fund.bookOf(REDEMPTION, day);
        if (stage < ITreasuryFund.Stage.Struck) return;
        if (!found.settled) attempt(treasury, address(fund), abi.encodeCall(fund.fundRedemptions, (day)), "fund");
        (,, uint256 payableFrom) = fund.struckAt(day);
        if (block.timestamp < payableFrom) vm.warp(payableFrom);
    }

    function endCloseOut(uint256 which, uint256 who) public {
        uint256 id = idIn(which, ICollateralVault.State.Closing);
        address sender = who % 2 == 0 ? bob : pledgor();
        if (act(sender, abi.encodeCall(vault.endCloseOut, (id)), "end")) note(id);
    }

    function claim(uint256 which, uint256 who) public {
        uint256 id = idFrom(which);
        bool mine = who % 2 == 0;
        address sender = by(mine ? pledgor() : bob, who / 2);
        ICollateralVault.Closing memory before = vault.statusOf(id).closing;
        if (!act(sender, abi.encodeCall(vault.claim, (id)), "claim")) return;
        ICollateralVault.Closing memory after_ = vault.statusOf(id).closing;
        paidBack += after_.paidPledgor - before.paidPledgor;
        if (sender == bob) {
            assertEq(after_.paidPledgor, before.paidPledgor, "the secured party claims its own");
            return;
        }
        emit Reached("claim a surplus");
        assertEq(stateOf(id) == ICollateralVault.State.Closed ? 1 : 0, 1, "a surplus is known at the end");
        assertEq(after_.paidPledgor + securedOf(after_), after_.proceeds, "the waterfall pays what came in");
    }

    /// @dev Costs and exposure, as far as the proceeds go.
    function securedOf(ICollateralVault.Closing memory closing) private pure returns (uint256) {
        uint256 due = closing.exposure + closing.costs;
        return due < closing.proceeds ? due : closing.proceeds;
    }

    // --- The world around -------------------------------------------------------------------------------------------

    function wait(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 0, 36 hours));
        noteCounted(idFrom(time));
    }

    function waitForTheCure(uint256 which, uint256 early) public {
        uint256 cureUntil = vault.statusOf(idFrom(which)).call.cureUntil;
        if (cureUntil > block.timestamp && early % 4 < 2) vm.warp(cureUntil - early % 4);
    }

    function noteCounted(uint256 id) private {
        ICollateralVault.Position memory units = vault.positions(id)[SHARE];
        if (units.posted == 0) return;
        if (units.counted < units.posted) emit Reached("counted with a freeze");
        if (fund.suspended()) {
            emit Reached("counted while gated");
            assertEq(units.value, 0, "what is gated counts 0");
        } else if (units.stale) {
            emit Reached("counted with a stale price");
            assertFalse(isUsable(SHARE, units), "older than the schedule allows");
        }
    }

    /// @dev Most open days have a NAV, some none.
    function publishNav(uint256 change) public {
        uint256 day = calendar.dayOf(block.timestamp);
        if (calendar.isOpen(MARKETS, day)) publishFor(day, change);
    }

    function publishFor(uint256 day, uint256 change) private {
        if (fund.navOf(day).value != 0) return;
        uint256 cutOff = calendar.close(MARKETS, day, 16 * 60);
        if (block.timestamp < cutOff) vm.warp(cutOff);
        nav = uint64(nav * (9_960 + change % 82) / 10_000);
        bytes memory data = abi.encodeCall(fund.publishNav, (day, nav, uint40(cutOff), EVIDENCE));
        if (!attempt(navAgent, address(fund), data, "NAV published") || !fund.navOf(day).held) return;
        attempt(navApprover, address(fund), abi.encodeCall(fund.approveNav, (day, nav)), "NAV approved");
    }

    function postPrice(uint256 change) public {
        uint256 day = calendar.dayOf(block.timestamp);
        if (!calendar.isOpen(MARKETS, day)) return;
        price(address(bitcoin), day, uint64(9_125_050_000_000 * (8_000 + change % 4_001) / 10_000));
    }

    function freeze(uint256 amount) external {
        amount = amount % 4 == 3 ? part(amount / 4, 2 * share.balanceOf(pledgor())) : 0;
        share.setFrozenTokens(pledgor(), amount);
        noteCounted(ids[amount % 2]);
    }

    function suspendDealing(uint256 chance) external {
        bytes memory data = chance % 4 == 3
            ? abi.encodeCall(fund.suspendDealing, ("test"))
            : abi.encodeCall(fund.resumeDealing, ());
        attempt(transferAgent, address(fund), data, "suspend");
        noteCounted(ids[chance / 4 % 2]);
    }

    function setState(uint256 of_, uint256 state) external {
        IIdentities.State chosen = state % 8 == 3 ? IIdentities.State.Suspended : IIdentities.State.Active;
        IDENTITIES.setState(idOf(of_ % 2 == 0 ? "alice" : "bob"), chosen);
    }

    /// @dev The pledgor's wallet is lost; its other one takes its place.
    function recover(uint256 chance) external {
        if (chance % 32 != 13 || pledgor() != alice) return;
        IDENTITIES.recover(alice, aliceDesk);
        vm.warp(block.timestamp + IDENTITIES.recoveryDelay());
        share.recover(alice);
        cash.recover(alice);
        uint256 coins = bitcoin.balanceOf(alice);
        vm.prank(alice);
        bitcoin.transfer(aliceDesk, coins);
        emit Reached("recover");
    }

    /// @dev The next steps from where it is to the end of a close-out, and to another agreement.
    function goOn(uint256 which, uint256 seed) external {
        which = which % 2 + 10; // that one, whatever the states
        ICollateralVault.State state = stateOf(idFrom(which));
        uint256 more = uint256(keccak256(abi.encode(seed)));
        if (state == ICollateralVault.State.Draft) {
            accept(which, 0);
            if (stateOf(idFrom(which)) == state) accept(which, 1);
        } else if (state == ICollateralVault.State.Active) {
            publishNav(more);
            postPrice(more);
            post(which, 0, seed % 64, more);
            stateExposure(which, 0, more);
            if (seed % 3 == 1) call(which, 0);
        } else if (state == ICollateralVault.State.Called || state == ICollateralVault.State.Defaulted) {
            waitForTheCure(which, 0);
            declareDefault(which, 0);
            closeOut(which, 0, more);
        } else if (state == ICollateralVault.State.Closing) {
            if (seed % 4 == 1) redeemInFund(which, 0, more);
            else if (seed % 4 == 2) takeCash(which, 0, more);
            else if (seed % 4 == 3) buy(which, 0, 0, more);
            if (seed % 8 < 4) dealAndCollect(more);
            if (seed % 16 > 8) endCloseOut(which, 0);
        } else {
            claim(which, 1);
            claim(which, 0);
            releaseAll(which);
            agree(which, seed % 2);
        }
    }

    // --- What holds -------------------------------------------------------------------------------------------------

    function unpaidOf(uint256 id) private view returns (uint256) {
        ICollateralVault.Closing memory closing = vault.statusOf(id).closing;
        return closing.proceeds - closing.paidSecured - closing.paidPledgor;
    }

    /// @dev Each unit to one agreement, and nothing in the vault that is nobody's.
    function invariant_BooksAreWhatIsPledgedAndHeld() external view {
        uint256[3] memory posted;
        for (uint256 i = 0; i < 2; ++i) {
            ICollateralVault.Position[] memory list = vault.positions(ids[i]);
            for (uint256 j = 0; j < 3; ++j) {
                posted[j] += list[j].posted;
                assertTrue(list[j].counted <= list[j].posted, "no more counts than is posted");
            }
        }
        address vault_ = address(vault);
        assertEq(share.pledgeOf(alice, vault_) + share.pledgeOf(aliceDesk, vault_), posted[SHARE], "units pledged");
        assertEq(cash.pledgeOf(alice, vault_) + cash.pledgeOf(aliceDesk, vault_), posted[CASH], "cash pledged");
        assertEq(bitcoin.balanceOf(vault_), posted[BITCOIN], "bitcoin held");
        assertEq(cash.balanceOf(vault_), unpaidOf(ids[0]) + unpaidOf(ids[1]), "the vault holds what it owes");
    }

    function invariant_NothingElseOfThePledgorIsTouched() external view {
        assertEq(share.balanceOf(alice) + share.balanceOf(aliceDesk) + seized, ALICES_UNITS, "units");
        uint256 has = cash.balanceOf(alice) + cash.balanceOf(aliceDesk);
        assertEq(has + taken, ALICES_CASH + paidBack, "cash");
    }

    function invariant_WaterfallPaysWhatIsOwedAndTheRestBack() external view {
        for (uint256 i = 0; i < 2; ++i) {
            ICollateralVault.Status memory status = vault.statusOf(ids[i]);
            ICollateralVault.Closing memory closing = status.closing;
            assertTrue(closing.paidSecured <= closing.exposure + closing.costs, "no more than is owed");
            assertTrue(closing.paidSecured + closing.paidPledgor <= closing.proceeds, "no more than came in");
            if (status.state == ICollateralVault.State.Active) assertEq(status.call.amount, 0, "a met call is gone");
        }
    }
}
