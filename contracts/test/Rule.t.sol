// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calendar} from "../src/Calendar.sol";
import {RestrictedToken} from "../src/RestrictedToken.sol";
import {ICalendar, Markets} from "../src/interfaces/ICalendar.sol";
import {IPolicies, POLICIES, RuleParams} from "../src/native/IPolicies.sol";
import {IRule} from "../src/native/IRule.sol";
import {CalendarData} from "./CalendarData.sol";
import {World} from "./World.sol";

/// @title Transfers while the market is open: from 9:30 local time to 16:00 or the early close
/// @notice What kind 6 cannot say, since it knows no summer time.
contract MarketHours is IRule {
    uint256 public constant CLOSED_TODAY = 1;
    uint256 public constant BEFORE_OPENING = 2;
    uint256 public constant AFTER_CLOSE = 3;

    uint16 private constant OPENS = 9 * 60 + 30;
    uint16 private constant CLOSES = 16 * 60;

    ICalendar private immutable _calendar;
    uint16 private immutable _markets;

    constructor(ICalendar calendar, uint16 markets) {
        (_calendar, _markets) = (calendar, markets);
    }

    function judge(address, IPolicies.Operation, address, address, address, uint256) external view returns (uint256) {
        uint256 day = _calendar.dayOf(block.timestamp);
        if (!_calendar.isOpen(_markets, day)) return CLOSED_TODAY;
        if (block.timestamp < _calendar.startOf(day) + uint256(OPENS) * 60) return BEFORE_OPENING;
        return block.timestamp < _calendar.close(_markets, day, CLOSES) ? 0 : AFTER_CLOSE;
    }
}

/// @title A rule that does what its `mode` says instead of judging
contract BadRule {
    enum Mode {
        Reverts,
        Halts,
        RunsOutOfGas,
        AnswersTooLittle,
        Writes
    }

    Mode public mode;
    uint256 private _written;

    function set(Mode mode_) external {
        mode = mode_;
    }

    fallback() external {
        if (mode == Mode.Reverts) revert("no");
        if (mode == Mode.Writes) ++_written;
        assembly ("memory-safe") {
            switch sload(mode.slot)
            case 1 { invalid() }
            case 2 { for {} 1 {} {} }
            case 3 { return(0, 31) }
            default { return(0, 32) }
        }
    }
}

/// @title A rule of kind 1, and what its failure is
contract RuleTest is World {
    uint32 private constant GAS_LIMIT = 100_000;
    uint256 private constant MONDAY_OPENING = START + 60 + 2 days + 17 hours + 30 minutes; // 2026-11-23T14:30:00Z
    uint256 private constant SUMMER_OPENING = 1_805_117_400; // 2027-03-15T13:30:00Z, the first of summer time
    uint256 private constant EARLY_CLOSE = 1_795_806_000; // 2026-11-27T19:00:00Z

    RestrictedToken private token;
    MarketHours private hours_;
    BadRule private bad;

    function setUp() public {
        openWorld();
        Calendar calendar = new Calendar(address(this), CalendarData.FIRST_DAY, CalendarData.NOTICE_DAYS);
        calendar.grantRole(calendar.OPERATOR(), address(this));
        bytes[] memory calls = CalendarData.calls();
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool ok,) = address(calendar).call(calls[i]);
            assertTrue(ok, "calendar published");
        }
        (hours_, bad) = (new MarketHours(calendar, Markets.FED | Markets.BONDS), new BadRule());
        token = deployToken();
        vm.startPrank(issuer);
        token.issue(alice, 1000 * UNIT);
        token.issue(bob, 1000 * UNIT);
        vm.stopPrank();
        setRule(address(hours_));
    }

    /// @dev The first of two rules, asked of transfers.
    function setRule(address rule) private {
        IPolicies.Rule[] memory rules = new IPolicies.Rule[](2);
        bytes memory params = abi.encode(RuleParams.Contract(rule, GAS_LIMIT));
        rules[0] = IPolicies.Rule(1, bit(IPolicies.Operation.Transfer), 0, params);
        rules[1] = knownRule();
        POLICIES.setRules(policyId, rules);
    }

    function transfer() private {
        vm.prank(alice);
        token.transfer(bob, UNIT);
    }

    /// @dev What is told before is what happens.
    function assertRefused(uint16 code, uint256 detail) private {
        IPolicies.Refusal[] memory found =
            POLICIES.preview(address(token), IPolicies.Operation.Transfer, alice, alice, bob, UNIT);
        assertEq(found.length, 1, "one refusal");
        assertTrue(found[0].code == code && found[0].rule == 1 && found[0].detail == detail, "previewed");
        expectRefused(code, alice, 1, detail);
        transfer();
    }

    function test_MarketHours_AreFromTheOpeningUntilTheClose() public {
        vm.warp(MONDAY_OPENING - 1);
        assertRefused(101, hours_.BEFORE_OPENING());
        vm.warp(MONDAY_OPENING);
        transfer();
        vm.warp(MONDAY_OPENING + 6 hours + 30 minutes - 1);
        transfer();
        vm.warp(MONDAY_OPENING + 6 hours + 30 minutes);
        assertRefused(101, hours_.AFTER_CLOSE());
    }

    function test_MarketHours_FollowSummerTimeHolidaysAndEarlyCloses() public {
        vm.warp(SUMMER_OPENING - 1);
        assertRefused(101, hours_.BEFORE_OPENING());
        vm.warp(SUMMER_OPENING);
        transfer();
        vm.warp(EARLY_CLOSE - 1);
        transfer();
        vm.warp(EARLY_CLOSE);
        assertRefused(101, hours_.AFTER_CLOSE());
        vm.warp(EARLY_CLOSE - 1 days);
        assertRefused(101, hours_.CLOSED_TODAY());
    }

    function test_MarketHours_StopWhatTheRuleNamesAlone() public {
        vm.warp(EARLY_CLOSE - 1 days);
        vm.prank(issuer);
        token.issue(alice, UNIT);
        assertEq(token.balanceOf(alice), 1001 * UNIT, "issued on Thanksgiving");
    }

    function test_Rule_ThatFailsRefuses_AndNothingStops() public {
        for (uint8 mode = 0; mode <= uint8(type(BadRule.Mode).max); ++mode) {
            bad.set(BadRule.Mode(mode));
            setRule(address(bad));
            assertRefused(102, 0);
        }
        setRule(stranger);
        assertRefused(102, 0);
        vm.prank(issuer);
        token.issue(alice, UNIT);
        setRule(address(hours_));
        vm.warp(MONDAY_OPENING);
        transfer();
        assertEq(token.balanceOf(alice), 1000 * UNIT, "all else went on");
    }

    /// @dev Less gas must not turn a yes into a refusal: that would let whoever sends choose what the rule says.
    function test_Rule_WhoseGasCannotBeForwarded_IsOutOfGasAndNeverRefused() public {
        vm.warp(MONDAY_OPENING);
        uint256 done = 0;
        uint256 short = 0;
        for (uint256 gas_ = 60_000; gas_ < 300_000; gas_ += 2_500) {
            vm.prank(alice);
            (bool ok, bytes memory answer) = address(token).call{gas: gas_}(abi.encodeCall(token.transfer, (bob, UNIT)));
            if (ok) {
                ++done;
                continue;
            }
            assertEq(answer.length, 0, "out of gas says nothing");
            assertEq(done, 0, "where less was enough, more is");
            ++short;
        }
        assertTrue(done > 10 && short > 10, "both sides of the edge");
    }
}
