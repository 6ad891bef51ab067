// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calendar} from "../src/Calendar.sol";
import {ICalendar} from "../src/interfaces/ICalendar.sol";
import {CalendarData} from "./CalendarData.sol";
import {Invariants} from "./Invariants.sol";
import {ZoneFacts} from "./ZoneFacts.sol";

/// @title What holds of a calendar's answers, whatever is amended and closed (DOMAIN §2.3)
contract CalendarInvariantsTest is Invariants {
    uint256 private constant FIRST = 20_777; // 2026-11-20
    uint256 private constant START = 1_795_208_340; // 2026-11-20T20:59:00Z
    uint16 private constant ALL = 7;

    Calendar private calendar;
    address private outsider = account("outsider");

    // What the questions are about now.
    uint256 private day = FIRST;
    uint16 private markets = 3;
    uint16 private cutOff = 16 * 60;
    uint256 private earlier = START;
    uint256 private later = START;

    function setUp() public {
        vm.warp(START);
        calendar = new Calendar(address(this), CalendarData.FIRST_DAY, CalendarData.NOTICE_DAYS);
        calendar.grantRole(calendar.OPERATOR(), address(this));
        calendar.grantRole(calendar.EMERGENCY(), address(this));
        bytes[] memory calls = CalendarData.calls();
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool ok,) = address(calendar).call(calls[i]);
            assertTrue(ok, "calendar published");
        }
        handle(this.ask.selector);
        handle(this.askAroundAChange.selector);
        handle(this.askAroundACutOff.selector);
        handle(this.closeDay.selector);
        handle(this.amendDay.selector);
        handle(this.publish.selector);
        handle(this.askOutside.selector);
        handle(this.wait.selector);
    }

    function mustReach() external pure returns (string[] memory list) {
        string[15] memory all = [
            "day closed", "day amended", "early close", "year published", "open day", "closed day", "at a change",
            "BeyondHorizon", "DayNotOpen", "UnknownMarket", "OutOfRange", "TooLate", "NotAuthorized", "at the cut-off",
            "before the cut-off"
        ];
        list = new string[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            list[i] = all[i];
        }
    }

    // --- What is asked ----------------------------------------------------------------------------------------------

    /// @dev Far enough from the ends for 16 open days after it.
    function ask(uint256 day_, uint256 markets_, uint256 cutOff_, uint256 first, uint256 second) public {
        day = bound(day_, CalendarData.FIRST_DAY + 1, calendar.lastDay() - 60);
        markets = uint16(bound(markets_, 1, ALL));
        cutOff = uint16(bound(cutOff_, 1, 1439));
        (earlier, later) = (bound(first, 0, 3 days), bound(second, 0, 3 days));
        if (earlier > later) (earlier, later) = (later, earlier);
        (earlier, later) = (earlier + day * 1 days, later + day * 1 days);
        emit Reached(calendar.isOpen(markets, day) ? "open day" : "closed day");
    }

    function askAroundAChange(uint256 which, uint256 first, uint256 second) external {
        ZoneFacts.Fact[] memory facts = ZoneFacts.newYork();
        uint256 change = facts[1 + which % 3].since;
        ask(change / 1 days, 3, 16 * 60, 0, 0);
        (earlier, later) = (change - 1 + first % 3, change + 1 + second % (26 hours));
        emit Reached("at a change");
    }

    function askAroundACutOff(uint256 day_, uint256 markets_, uint256 cutOff_) external {
        ask(day_, markets_, cutOff_, 0, 0);
        if (!calendar.isOpen(markets, day)) return;
        uint256 close = calendar.close(markets, day, cutOff);
        (earlier, later) = (close - 1, close);
        assertEq(calendar.dealingDay(markets, close - 1, cutOff), day, "before the cut-off is today");
        emit Reached("before the cut-off");
        assertEq(calendar.dealingDay(markets, close, cutOff), calendar.nextOpen(markets, day, 1), "at it is the next");
        emit Reached("at the cut-off");
    }

    function askOutside(uint256 kind, uint256 by) external {
        bytes memory data = abi.encodeCall(calendar.isOpen, (3, calendar.lastDay() + 1 + by % 1000));
        if (kind % 6 == 1) data = abi.encodeCall(calendar.isOpen, (8, day));
        if (kind % 6 == 2) data = abi.encodeCall(calendar.nextOpen, (3, day, 65 + by % 1000));
        if (kind % 6 == 3) data = abi.encodeCall(calendar.close, (3, day, 1440));
        if (kind % 6 == 4) data = abi.encodeCall(calendar.close, (3, CalendarData.FIRST_DAY + 1, 16 * 60));
        if (kind % 6 == 5) data = abi.encodeCall(calendar.closeDay, (day, 3, "test"));
        if (kind % 6 == 4 && calendar.isOpen(3, CalendarData.FIRST_DAY + 1)) return;
        assertFalse(attempt(outsider, address(calendar), data, "answered outside"), "no answer is a guess");
    }

    // --- What changes -----------------------------------------------------------------------------------------------

    function closeDay(uint256 which, uint256 markets_) external {
        uint256 today = calendar.dayOf(block.timestamp);
        uint256 chosen = bound(which, today - 1, calendar.lastDay() - 40);
        bytes memory data = abi.encodeCall(calendar.closeDay, (chosen, uint16(bound(markets_, 0, 8)), "test"));
        if (!attempt(address(this), address(calendar), data, "day closed")) return;
        assertTrue(chosen >= today, "what is past stands");
        assertFalse(calendar.isOpen(uint16(bound(markets_, 0, 8)), chosen), "closed at once");
    }

    function amendDay(uint256 which, uint256 markets_, uint256 minute) external {
        uint256 earliest = calendar.dayOf(block.timestamp) + CalendarData.NOTICE_DAYS;
        ICalendar.Entry[] memory entries = new ICalendar.Entry[](1);
        uint256 chosen = bound(which, earliest - 1, calendar.lastDay() - 40);
        uint16 close = minute % 2 == 0 ? 0 : uint16(bound(minute, 1, 1439));
        entries[0] = ICalendar.Entry(uint32(chosen), uint16(bound(markets_, 0, 7)), close);
        bytes memory data = abi.encodeCall(calendar.amendDays, (entries, "test"));
        if (!attempt(address(this), address(calendar), data, "day amended")) return;
        assertTrue(chosen >= earliest, "with notice");
        if (close > 0) emit Reached("early close");
    }

    /// @dev The year after the last one, without closed days, in winter time all along.
    function publish(uint256 chance) external {
        if (chance % 16 != 0 || calendar.lastDay() > FIRST + 5 * 365) return;
        ICalendar.Year memory year;
        (year.markets, year.zone.offset) = (ALL, -18_000);
        uint256 next = 1970 + (calendar.lastDay() + 10) * 400 / 146_097;
        attempt(address(this), address(calendar), abi.encodeCall(calendar.publish, (next, year)), "year published");
    }

    function wait(uint256 time) external {
        uint256 last = (calendar.lastDay() - 60) * 1 days;
        vm.warp(bound(block.timestamp + bound(time, 0, 5 days), START, last));
    }

    // --- What holds -------------------------------------------------------------------------------------------------

    function invariant_DealingDayIsOpenAndMonotone() external view {
        uint256 first = calendar.dealingDay(markets, earlier, cutOff);
        uint256 second = calendar.dealingDay(markets, later, cutOff);
        assertTrue(first <= second, "later instants never deal earlier");
        assertTrue(calendar.isOpen(markets, first) && calendar.isOpen(markets, second), "always open");
        assertTrue(earlier < calendar.close(markets, first, cutOff), "the cut-off of its day is ahead");
        assertTrue(first >= calendar.dayOf(earlier), "never a day that is past");
    }

    /// @dev So many open days as asked lie after `day` and up to the answer, which is one itself.
    function invariant_NextOpenCountsOpenDays() external view {
        uint256 found = calendar.nextOpen(markets, day, 3);
        uint256 open = 0;
        for (uint256 each = day + 1; each <= found; ++each) {
            if (calendar.isOpen(markets, each)) ++open;
        }
        assertEq(open, 3, "open days after it");
        assertTrue(calendar.isOpen(markets, found), "the last one is open");
        uint256 first = calendar.nextOpen(markets, day, 1);
        assertEq(calendar.nextOpen(markets, first, 2), found, "one and two are three");
    }

    function invariant_LocalDaysFollowEachOther() external view {
        uint256 start = calendar.startOf(day);
        assertEq(calendar.dayOf(start), day, "a day begins");
        assertEq(calendar.dayOf(start - 1), day - 1, "where the one before ends");
        assertEq(calendar.dayOf(calendar.startOf(day + 1) - 1), day, "and ends where the next begins");
        uint256 length = calendar.startOf(day + 1) - start;
        assertTrue(length >= 23 hours && length <= 25 hours, "in about a day");
    }

    /// @dev Within the facts of a system's zone data, local time is that.
    function invariant_OffsetsAreThoseOfTheZone() external view {
        checkOffset(earlier);
        checkOffset(later);
    }

    function checkOffset(uint256 instant) private view {
        ZoneFacts.Fact[] memory facts = ZoneFacts.newYork();
        // From 2028 on there are none, and what `publish` says is winter time.
        if (instant < facts[0].since || instant >= ZoneFacts.END) return;
        int256 expected = 0;
        for (uint256 i = 0; i < facts.length && facts[i].since <= instant; ++i) {
            expected = facts[i].offset;
        }
        assertTrue(calendar.offsetAt(instant) == expected, "the zone's offset");
    }
}
