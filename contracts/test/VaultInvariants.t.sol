// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CollateralTerms, ICollateralVault} from "../src/interfaces/ICollateralVault.sol";
import {ITreasuryFund} from "../src/interfaces/ITreasuryFund.sol";
import {CollateralFixture} from "./CollateralFixture.sol";

/// @title What holds after any sequence of posts, calls, defaults and close-outs (DOMAIN §2.5)
/// @dev Two agreements of one pledgor. A step that is refused changes nothing and is no fault; what is checked holds
/// after each.
contract CollateralVaultInvariantsTest is CollateralFixture {
    uint256 private constant STEPS = 120;
    uint16 private constant MARKETS = 3;

    uint256[2] private ids;
    uint64 private nav = NAV_10123;
    uint256 private random;
    uint256 private seized; // of alice's units, by buyers and the fund

    function setUp() public override {
        super.setUp();
        ids = [open(lively(), schedule()), open(lively(), schedule())];
        vm.prank(alice);
        share.approve(address(vault), type(uint256).max);
        vm.prank(alice);
        cash.approve(address(vault), type(uint256).max);
        vm.prank(carol);
        cash.approve(address(vault), type(uint256).max);
    }

    function next(uint256 below) private returns (uint256) {
        random = uint256(keccak256(abi.encode(random)));
        return random % below;
    }

    // ---------------------------------------------------------------- one random step

    function step() private {
        uint256 id = ids[next(2)];
        uint256 action = next(14);
        uint128 amount = uint128(1 + next(600_000 * UNIT));
        if (action < 2) tryPost(id, amount);
        else if (action == 2) tryRelease(id, amount);
        else if (action == 3) tryExpose(id);
        else if (action == 4) tryCall(id);
        else if (action == 5) tryDispute(id, amount);
        else if (action == 6) tryDefault(id);
        else if (action == 7) trySell(id, amount);
        else if (action == 8) tryEnd(id);
        else if (action == 9) trySubstitute(id, amount);
        else tryTime();
    }

    function tryPost(uint256 id, uint128 amount) private {
        bool units = next(3) != 0;
        vm.prank(alice);
        try vault.post(id, units ? address(share) : address(cash), amount) {} catch {}
    }

    function tryRelease(uint256 id, uint128 amount) private {
        bool ended = stateOf(id) >= ICollateralVault.State.Closed;
        vm.prank(alice);
        try vault.release(id, address(share), amount) {
            (uint256 value, uint256 requirement,,) = vault.valueOf(id, true);
            assertTrue(ended || value >= requirement, "a release never leaves a requirement unmet");
        } catch {}
    }

    function trySubstitute(uint256 id, uint128 amount) private {
        (uint256 before,,,) = vault.valueOf(id, true);
        vm.prank(alice);
        try vault.substitute(id, address(cash), amount, address(share), uint128(1 + next(amount))) {
            (uint256 value,,,) = vault.valueOf(id, true);
            assertTrue(value >= before, "a substitution never lowers the value");
        } catch {}
    }

    function tryExpose(uint256 id) private {
        vm.prank(bob);
        try vault.stateExposure(id, uint128(next(2_000_000 * UNIT)), EVIDENCE) {} catch {}
    }

    function tryCall(uint256 id) private {
        uint256 deficit = deficitOf(id);
        vm.prank(bob);
        try vault.call(id) returns (uint256 amount, uint256 due) {
            assertTrue(amount >= deficit && amount < deficit + 100 * UNIT, "the deficit, rounded up");
            assertTrue(due > block.timestamp, "due later than now");
        } catch {}
    }

    function tryDispute(uint256 id, uint128 amount) private {
        if (next(2) == 0) {
            vm.prank(alice);
            try vault.dispute(id, amount, EVIDENCE) {} catch {}
        } else {
            vm.prank(arbiter);
            try vault.decide(id, amount, EVIDENCE) {} catch {}
        }
    }

    function tryDefault(uint256 id) private {
        uint256 standing = vault.standing(id);
        uint256 cureUntil = vault.statusOf(id).call.cureUntil;
        vm.prank(bob);
        try vault.declareDefault(id, EVIDENCE) {
            assertTrue(block.timestamp >= cureUntil, "no default inside cure");
            assertTrue(standing > 0, "nor where nothing stands");
            vm.prank(bob);
            vault.closeOut(id, uint128(next(10_000 * UNIT)), EVIDENCE);
        } catch {}
    }

    function trySell(uint256 id, uint128 amount) private {
        uint256 way = next(3);
        if (way == 0) {
            vm.prank(carol);
            try vault.buy(id, address(share), amount) {
                seized += amount;
            } catch {}
        } else if (way == 1) {
            vm.prank(bob);
            try vault.redeemInFund(id, address(share), amount) {
                seized += amount;
            } catch {}
        } else {
            vm.prank(bob);
            try vault.takeCash(id, amount) {} catch {}
        }
    }

    function tryEnd(uint256 id) private {
        dealAndCollect();
        vm.prank(next(4) != 0 ? bob : alice);
        try vault.endCloseOut(id) {} catch {}
        vm.prank(bob);
        try vault.claim(id) {} catch {}
        vm.prank(alice);
        try vault.claim(id) {} catch {}
    }

    /// @dev Strikes and pays whatever the vault has in the fund.
    function dealAndCollect() private {
        uint256 day = fund.nextStrike();
        if (day != 0) {
            publish(day, nav);
            strike(day);
        }
        uint32[] memory days_ = fund.openDays(ITreasuryFund.Side.Redemption, address(vault));
        for (uint256 i = 0; i < days_.length; ++i) {
            (, ITreasuryFund.Book memory book) = fund.bookOf(ITreasuryFund.Side.Redemption, days_[i]);
            if (!book.settled) fundAndWait(days_[i]);
            for (uint256 j = 0; j < 2; ++j) {
                try vault.collect(ids[j], address(share), days_[i]) {} catch {}
            }
        }
    }

    /// @dev Time passes; most days have a NAV, some none.
    function tryTime() private {
        vm.warp(block.timestamp + next(36 hours));
        uint256 day = calendar.dayOf(block.timestamp);
        if (!calendar.isOpen(MARKETS, day) || next(4) == 0) return;
        if (block.timestamp < calendar.close(MARKETS, day, 16 * 60) || fund.navOf(day).value != 0) return;
        nav = uint64(nav * (9_960 + next(81)) / 10_000);
        publish(day, nav);
    }

    // ---------------------------------------------------------------- what holds after each

    function check() private view {
        uint256 units = 0;
        uint256 pledgedCash = 0;
        uint256 unpaid = 0;
        for (uint256 i = 0; i < 2; ++i) {
            ICollateralVault.Position[] memory list = vault.positions(ids[i]);
            units += list[0].posted;
            pledgedCash += list[1].posted;
            assertTrue(list[0].counted <= list[0].posted, "no more counts than is posted");
            ICollateralVault.Status memory status = vault.statusOf(ids[i]);
            ICollateralVault.Closing memory closing = status.closing;
            unpaid += closing.proceeds - closing.paidSecured - closing.paidPledgor;
            assertTrue(closing.paidSecured <= closing.exposure + closing.costs, "no more than is owed is paid");
            if (status.state == ICollateralVault.State.Active) assertEq(status.call.amount, 0, "a met call is gone");
        }
        assertEq(share.pledgeOf(alice, address(vault)), units, "units pledged = posted, each to one agreement");
        assertEq(cash.pledgeOf(alice, address(vault)), pledgedCash, "cash pledged = posted");
        assertEq(cash.balanceOf(address(vault)), unpaid, "the vault holds what it owes and nothing else");
        assertEq(share.balanceOf(alice) + seized, 3_000_000 * UNIT, "nothing else of the pledgor is touched");
    }

    function testFuzz_Books_BalanceAfterAnySequence(uint256 seed) public {
        random = seed;
        for (uint256 i = 0; i < STEPS / 2; ++i) {
            step();
            check();
        }
    }

    /// @dev The same steps reach every state: else the property above would say little.
    function test_Steps_ReachEveryState() public {
        uint256 reached = 0;
        for (uint256 run = 0; run < 12; ++run) {
            random = run;
            (ids[0], ids[1]) = (open(lively(), schedule()), open(lively(), schedule()));
            for (uint256 i = 0; i < STEPS; ++i) {
                step();
                reached |= 1 << uint256(stateOf(ids[0])) | 1 << uint256(stateOf(ids[1]));
            }
        }
        uint256 wanted = 1 << uint256(ICollateralVault.State.Active) | 1 << uint256(ICollateralVault.State.Called)
            | 1 << uint256(ICollateralVault.State.Closing) | 1 << uint256(ICollateralVault.State.Closed);
        assertEq(reached & wanted, wanted, "active, called, in close-out, closed");
    }

    function lively() private view returns (CollateralTerms memory t) {
        t = collateralTerms();
        (t.minimumTransfer, t.rounding, t.exposureDays) = (uint128(1_000 * UNIT), uint128(100 * UNIT), 32);
    }
}
