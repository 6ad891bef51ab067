// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calendar} from "../src/Calendar.sol";
import {IAccessRoles} from "../src/interfaces/IAccessRoles.sol";
import {ICalendar, Markets} from "../src/interfaces/ICalendar.sol";
import {CalendarData} from "./CalendarData.sol";
import {Test} from "./Test.sol";
import {ZoneFacts} from "./ZoneFacts.sol";

contract CalendarTest is Test {
    /// What a fund that pays through Fedwire and holds bills deals on.
    uint16 private constant FED_AND_BONDS = Markets.FED | Markets.BONDS;
    uint16 private constant ALL = FED_AND_BONDS | Markets.NYSE;
    uint16 private constant CUT_OFF = 16 * 60;

    uint256 private constant NOV_20 = 20_777; // 2026-11-20, a Friday
    uint256 private constant NOV_20_CUT_OFF = 1_795_208_400; // 2026-11-20T21:00:00Z
    uint256 private constant JAN_1 = 20_819; // 2027-01-01
    uint256 private constant HORIZON = JAN_1 + 364; // 2027-12-31

    Calendar private calendar;
    address private outsider;

    function setUp() public {
        outsider = account("outsider");
        calendar = new Calendar(address(this), CalendarData.FIRST_DAY, CalendarData.NOTICE_DAYS);
        calendar.grantRole(calendar.OPERATOR(), address(this));
        calendar.grantRole(calendar.EMERGENCY(), address(this));
        bytes[] memory calls = CalendarData.calls();
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool ok,) = address(calendar).call(calls[i]);
            assertTrue(ok, "the published data is accepted");
        }
        vm.warp(NOV_20_CUT_OFF);
    }

    function dealing(uint256 instant) private view returns (uint256) {
        return calendar.dealingDay(FED_AND_BONDS, instant, CUT_OFF);
    }

    function paying(uint256 instant) private view returns (uint256) {
        return calendar.nextOpen(FED_AND_BONDS, dealing(instant), 1);
    }

    // ---------------------------------------------------------------- DOMAIN §1, row A6

    function test_DealingDay_IsTodayBeforeTheCutOff() public view {
        assertEq(dealing(NOV_20_CUT_OFF - 1), NOV_20, "Friday the 20th");
        assertEq(paying(NOV_20_CUT_OFF - 1), NOV_20 + 3, "pays Monday the 23rd");
    }

    function test_DealingDay_IsTheNextOpenDayAtTheCutOff() public view {
        assertEq(dealing(NOV_20_CUT_OFF), NOV_20 + 3, "Monday the 23rd");
        assertEq(paying(NOV_20_CUT_OFF), NOV_20 + 4, "pays Tuesday the 24th");
    }

    function test_DealingDay_PassesOverThanksgiving() public view {
        uint256 wednesday = 1_795_640_400; // 2026-11-25T21:00:00Z
        assertEq(dealing(wednesday), NOV_20 + 7, "Friday the 27th: the 26th is closed");
        assertEq(paying(wednesday), NOV_20 + 10, "pays Monday the 30th");
    }

    function test_Close_IsEarlyWhereAMarketClosesEarly() public view {
        uint256 early = 1_795_806_000; // 2026-11-27T19:00:00Z: 14:00 in New York
        assertEq(calendar.close(FED_AND_BONDS, NOV_20 + 7, CUT_OFF), early, "bonds close at 14:00");
        assertEq(dealing(early - 1), NOV_20 + 7, "before it");
        assertEq(dealing(early), NOV_20 + 10, "at it");
        assertEq(calendar.close(Markets.FED, NOV_20 + 7, CUT_OFF), early + 2 hours, "the Fed alone does not");
        assertEq(calendar.close(ALL, NOV_20 + 7, CUT_OFF), early - 1 hours, "the exchange closes at 13:00");
        assertEq(calendar.close(FED_AND_BONDS, NOV_20 + 7, 13 * 60 + 59), early - 60, "terms may be earlier still");
    }

    function test_CutOff_FollowsSummerTime() public view {
        uint256 friday = JAN_1 + 70; // 2027-03-12, the last business day of winter time
        assertEq(calendar.close(FED_AND_BONDS, friday, CUT_OFF), 1_804_885_200, "2027-03-12T21:00:00Z");
        assertEq(dealing(1_804_885_200), friday + 3, "is after the cut-off");
        assertEq(dealing(1_804_885_199), friday, "a second earlier is not");
        assertEq(calendar.close(FED_AND_BONDS, friday + 3, CUT_OFF), 1_805_140_800, "2027-03-15T20:00:00Z");
        assertEq(dealing(1_805_140_799), friday + 3, "before it");
        assertEq(dealing(1_805_140_800), friday + 4, "at it");
    }

    function test_IsOpen_NeedsEveryMarketNamed() public view {
        uint256 goodFriday = JAN_1 + 84; // 2027-03-26
        assertTrue(calendar.isOpen(Markets.FED, goodFriday), "Fed open");
        assertFalse(calendar.isOpen(Markets.BONDS, goodFriday), "bonds closed");
        assertFalse(calendar.isOpen(FED_AND_BONDS, goodFriday), "no dealing day");
        assertTrue(calendar.isOpen(Markets.NYSE, NOV_20 - 9), "Veterans Day: the exchange is open");
        assertFalse(calendar.isOpen(FED_AND_BONDS, NOV_20 - 9), "the others are not");
        assertFalse(calendar.isOpen(ALL, NOV_20 + 1), "Saturday");
        assertFalse(calendar.isOpen(ALL, NOV_20 + 2), "Sunday");
    }

    /// @dev 2027 has 261 weekdays; the Fed closes on 9 of them, bonds on 12, the exchange on 10.
    function test_OpenDays_AreAsManyAsTheSchedulesSay() public view {
        uint16[3] memory markets = [Markets.FED, Markets.BONDS, Markets.NYSE];
        uint256[3] memory expected = [uint256(252), 249, 251];
        for (uint256 m = 0; m < 3; ++m) {
            uint256 open = 0;
            for (uint256 day = JAN_1; day <= HORIZON; ++day) {
                if (calendar.isOpen(markets[m], day)) ++open;
            }
            assertEq(open, expected[m], "open days of 2027");
        }
    }

    // ---------------------------------------------------------------- horizon and ranges

    function test_EveryQuestion_RevertsBeyondTheHorizon() public {
        uint256 afterEnd = 1_830_315_600; // 2028-01-01T05:00:00Z: midnight in New York
        assertEq(calendar.dayOf(afterEnd - 1), HORIZON, "the last second is known");
        bytes memory beyond =
            abi.encodeWithSelector(ICalendar.BeyondHorizon.selector, HORIZON + 1, CalendarData.FIRST_DAY, HORIZON);
        vm.expectRevert(beyond);
        calendar.dayOf(afterEnd);
        vm.expectRevert(beyond);
        calendar.offsetAt(afterEnd);
        vm.expectRevert(beyond);
        calendar.isOpen(ALL, HORIZON + 1);
        vm.expectRevert(beyond);
        calendar.openFrom(ALL, HORIZON + 1);
        vm.expectRevert(beyond);
        calendar.startOf(HORIZON + 1);
        vm.expectRevert(beyond);
        calendar.entryOf(HORIZON + 1);
        vm.expectRevert(beyond);
        calendar.close(ALL, HORIZON + 1, CUT_OFF);
        vm.expectRevert(beyond);
        calendar.nextOpen(ALL, HORIZON, 1);
        vm.expectRevert(beyond);
        calendar.dealingDay(ALL, afterEnd - 1, CUT_OFF);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICalendar.BeyondHorizon.selector, CalendarData.FIRST_DAY - 1, CalendarData.FIRST_DAY, HORIZON
            )
        );
        calendar.isOpen(ALL, CalendarData.FIRST_DAY - 1);
        uint256 start = calendar.startOf(CalendarData.FIRST_DAY);
        vm.expectRevert(ICalendar.BeyondHorizon.selector);
        calendar.dayOf(start - 1);
    }

    function test_Questions_RevertIfOutOfRange() public {
        vm.expectRevert(abi.encodeWithSelector(ICalendar.UnknownMarket.selector, 8));
        calendar.isOpen(8, NOV_20);
        vm.expectRevert(abi.encodeWithSelector(ICalendar.UnknownMarket.selector, 0));
        calendar.isOpen(0, NOV_20);
        vm.expectRevert(abi.encodeWithSelector(ICalendar.OutOfRange.selector, 65, 0, 64));
        calendar.nextOpen(ALL, NOV_20, 65);
        vm.expectRevert(abi.encodeWithSelector(ICalendar.OutOfRange.selector, 1440, 1, 1439));
        calendar.close(ALL, NOV_20, 1440);
        vm.expectRevert(abi.encodeWithSelector(ICalendar.OutOfRange.selector, 0, 1, 1439));
        calendar.close(ALL, NOV_20, 0);
        vm.expectRevert(abi.encodeWithSelector(ICalendar.DayNotOpen.selector, NOV_20 + 1, ALL));
        calendar.close(ALL, NOV_20 + 1, CUT_OFF);
    }

    function test_NextOpen_OfZeroIsTheDayItself() public view {
        assertEq(calendar.nextOpen(ALL, NOV_20 + 1, 0), NOV_20 + 1, "open or not");
        assertEq(calendar.openFrom(ALL, NOV_20 + 1), NOV_20 + 3, "openFrom goes on to Monday");
        assertEq(calendar.openFrom(ALL, NOV_20), NOV_20, "or stays");
    }

    function testFuzz_EveryQuestion_RevertsBeyondTheHorizon(uint256 far) public {
        far = bound(far, 1_830_315_600, type(uint256).max);
        vm.expectRevert(ICalendar.BeyondHorizon.selector);
        calendar.dayOf(far);
        vm.expectRevert(ICalendar.BeyondHorizon.selector);
        calendar.dealingDay(ALL, far, CUT_OFF);
        vm.expectRevert(ICalendar.BeyondHorizon.selector);
        calendar.isOpen(ALL, far);
        Calendar empty = new Calendar(address(this), NOV_20, 1);
        vm.expectRevert(ICalendar.BeyondHorizon.selector);
        empty.dayOf(NOV_20_CUT_OFF);
    }

    // ---------------------------------------------------------------- local time

    function test_Offsets_AgreeWithTheSystemsZoneDataForEveryMinuteAroundAChange() public {
        _agrees(calendar, ZoneFacts.newYork());
        ICalendar.Zone[2] memory zones;
        zones[0] = _zone(0, 1_774_746_000, 3600, 1_792_890_000, 0); // 2026-03-29, 2026-10-25, 01:00Z
        zones[1] = _zone(0, 1_806_195_600, 3600, 1_824_944_400, 0); // 2027-03-28, 2027-10-31
        _agrees(_calendarOf(zones), ZoneFacts.london());
        zones[0] = _zone(39_600, 1_775_318_400, 36_000, 1_791_043_200, 39_600); // 2026-04-05, 2026-10-04
        zones[1] = _zone(39_600, 1_806_768_000, 36_000, 1_822_492_800, 39_600); // 2027-04-04, 2027-10-03
        _agrees(_calendarOf(zones), ZoneFacts.sydney());
    }

    function _zone(int24 offset, uint40 first, int24 firstOffset, uint40 second, int24 secondOffset)
        private
        pure
        returns (ICalendar.Zone memory zone)
    {
        zone.offset = offset;
        zone.changes = new ICalendar.OffsetChange[](2);
        zone.changes[0] = ICalendar.OffsetChange(first, firstOffset);
        zone.changes[1] = ICalendar.OffsetChange(second, secondOffset);
    }

    function _calendarOf(ICalendar.Zone[2] memory zones) private returns (Calendar made) {
        made = new Calendar(address(this), NOV_20 - 30, 1); // from 2026-10-21
        made.grantRole(made.OPERATOR(), address(this));
        for (uint256 i = 0; i < 2; ++i) {
            made.publish(2026 + i, ICalendar.Year(1, 1, zones[i], new ICalendar.Entry[](0)));
        }
    }

    function _agrees(Calendar tested, ZoneFacts.Fact[] memory facts) private view {
        uint256 start = tested.startOf(tested.firstDay());
        for (uint256 i = 1; i < facts.length; ++i) {
            for (uint256 minute = 0; minute <= 240; ++minute) {
                uint256 instant = facts[i].since + minute * 60 - 120 * 60;
                if (instant < start) continue;
                bool before = instant < facts[i].since;
                int256 offset = before ? facts[i - 1].offset : facts[i].offset;
                assertTrue(tested.offsetAt(instant) == offset, "offset");
                assertEq(tested.dayOf(instant), uint256(int256(instant) + offset) / 1 days, "local date");
            }
        }
    }

    /// @dev Between two changes, at random: the same offset, and the same date, as the zone data.
    function testFuzz_Offsets_AgreeWithTheSystemsZoneData(uint256 seed) public view {
        ZoneFacts.Fact[] memory facts = ZoneFacts.newYork();
        uint256 instant = bound(seed, calendar.startOf(CalendarData.FIRST_DAY), 1_830_315_599);
        uint256 i = facts.length - 1;
        while (facts[i].since > instant) --i;
        assertTrue(calendar.offsetAt(instant) == facts[i].offset, "offset");
        assertEq(calendar.dayOf(instant), uint256(int256(instant) + facts[i].offset) / 1 days, "local date");
    }

    function test_CutOff_AtAnHourThatDoesNotExistOrOccursTwice() public {
        // The clock jumps from 02:00 to 03:00 on Sunday 2027-03-14, and back from 02:00 to 01:00 on 2027-11-07.
        ICalendar.Zone[2] memory zones;
        zones[0] = _zone(-18_000, 1_772_953_200, -14_400, 1_793_512_800, -18_000);
        zones[1] = _zone(-18_000, 1_805_007_600, -14_400, 1_825_567_200, -18_000);
        Calendar everyDay = _calendarOf(zones);
        assertEq(everyDay.close(1, JAN_1 + 72, 2 * 60 + 30), 1_805_007_600, "02:30 is 03:00, the first instant after");
        assertEq(everyDay.close(1, JAN_1 + 72, 3 * 60 + 30), 1_805_009_400, "03:30 is half an hour later");
        assertEq(everyDay.close(1, JAN_1 + 310, 90), 1_825_565_400, "01:30 is the first one, in summer time");
        assertEq(everyDay.dealingDay(1, 1_825_565_400, 90), JAN_1 + 311, "at it is the next day");
        assertEq(
            everyDay.dealingDay(1, 1_825_567_200, 90), JAN_1 + 311, "and stays so when the clock shows 01:00 again"
        );
    }

    // ---------------------------------------------------------------- invariants

    function testFuzz_DealingDay_IsMonotoneAndOpen(uint256 seed, uint256 step, uint16 cutOff, uint16 markets)
        public
        view
    {
        markets = uint16(bound(markets, 1, 7));
        cutOff = uint16(bound(cutOff, 1, 1439));
        uint256 last = calendar.close(markets, HORIZON, cutOff) - 1;
        uint256 sooner = bound(seed, calendar.startOf(CalendarData.FIRST_DAY), last);
        uint256 later = sooner + bound(step, 0, 3 days);
        if (later > last) later = last;
        uint256 day = calendar.dealingDay(markets, sooner, cutOff);
        assertTrue(calendar.isOpen(markets, day), "always open");
        assertTrue(day <= calendar.dealingDay(markets, later, cutOff), "monotone");
        assertTrue(sooner < calendar.close(markets, day, cutOff), "before its cut-off");
    }

    function testFuzz_NextOpen_Adds(uint256 seed, uint256 a, uint256 b, uint16 markets) public view {
        markets = uint16(bound(markets, 1, 7));
        a = bound(a, 1, 32);
        b = bound(b, 1, 32);
        uint256 day = bound(seed, CalendarData.FIRST_DAY, HORIZON - 110);
        assertEq(
            calendar.nextOpen(markets, calendar.nextOpen(markets, day, a), b),
            calendar.nextOpen(markets, day, a + b),
            "next(next(d, a), b) = next(d, a + b)"
        );
    }

    function testFuzz_Close_LiesInsideItsLocalDay(uint256 seed, uint16 cutOff) public view {
        uint256 day = calendar.openFrom(ALL, bound(seed, CalendarData.FIRST_DAY, HORIZON - 5));
        uint256 instant = calendar.close(ALL, day, uint16(bound(cutOff, 1, 1439)));
        assertEq(calendar.dayOf(instant), day, "its day");
        assertEq(calendar.dayOf(calendar.startOf(day)), day, "the first instant is its day's");
        assertEq(calendar.dayOf(calendar.startOf(day) - 1), day - 1, "the one before is not");
    }

    // ---------------------------------------------------------------- publication

    function _entries(uint256 day, uint16 markets, uint16 minute) private pure returns (ICalendar.Entry[] memory list) {
        list = new ICalendar.Entry[](1);
        list[0] = ICalendar.Entry(uint32(day), markets, minute);
    }

    function _year2028(ICalendar.Entry[] memory entries) private pure returns (ICalendar.Year memory) {
        return ICalendar.Year(ALL, 0, ICalendar.Zone(-18_000, new ICalendar.OffsetChange[](0)), entries);
    }

    function test_Publish_MovesTheHorizon() public {
        calendar.publish(2028, _year2028(_entries(HORIZON + 100, ALL, 0)));
        assertEq(calendar.lastDay(), HORIZON + 366, "2028 is a leap year");
        assertTrue(calendar.isOpen(ALL, HORIZON + 3), "Monday 2028-01-03");
        assertFalse(calendar.isOpen(ALL, HORIZON + 100), "its entry");
        (uint32 version, uint16 markets,,) = calendar.yearOf(2028);
        assertEq(version, 1, "first version");
        assertEq(markets, ALL, "markets");
        (version,,,) = calendar.yearOf(2027);
        assertEq(version, 1, "2027 is as it was");
    }

    function test_Publish_RevertsIfNotTheNextYearOrNotTheOperator() public {
        ICalendar.Year memory table = _year2028(new ICalendar.Entry[](0));
        vm.expectRevert(abi.encodeWithSelector(ICalendar.OutOfRange.selector, 2027, 2028, 2028));
        calendar.publish(2027, table);
        vm.expectRevert(abi.encodeWithSelector(ICalendar.OutOfRange.selector, 2029, 2028, 2028));
        calendar.publish(2029, table);
        bytes32 role = calendar.OPERATOR();
        vm.expectRevert(abi.encodeWithSelector(IAccessRoles.NotAuthorized.selector, outsider, role));
        vm.prank(outsider);
        calendar.publish(2028, table);
    }

    function test_Publish_RevertsIfEntriesAreNotOfTheYearInOrder() public {
        vm.expectRevert(abi.encodeWithSelector(ICalendar.OutOfRange.selector, HORIZON, HORIZON + 1, HORIZON + 366));
        calendar.publish(2028, _year2028(_entries(HORIZON, ALL, 0)));
        vm.expectRevert(
            abi.encodeWithSelector(ICalendar.OutOfRange.selector, HORIZON + 367, HORIZON + 1, HORIZON + 366)
        );
        calendar.publish(2028, _year2028(_entries(HORIZON + 367, ALL, 0)));
        vm.expectRevert(abi.encodeWithSelector(ICalendar.UnknownMarket.selector, 8));
        calendar.publish(2028, _year2028(_entries(HORIZON + 5, 8, 0)));
        vm.expectRevert(abi.encodeWithSelector(ICalendar.OutOfRange.selector, 1440, 0, 1439));
        calendar.publish(2028, _year2028(_entries(HORIZON + 5, ALL, 1440)));

        ICalendar.Entry[] memory two = new ICalendar.Entry[](2);
        two[0] = ICalendar.Entry(uint32(HORIZON + 9), ALL, 0);
        two[1] = ICalendar.Entry(uint32(HORIZON + 8), ALL, 0);
        vm.expectRevert(abi.encodeWithSelector(ICalendar.OutOfRange.selector, HORIZON + 8, HORIZON + 9, HORIZON + 366));
        calendar.publish(2028, _year2028(two));

        ICalendar.Entry[] memory tooMany = new ICalendar.Entry[](101);
        vm.expectRevert(abi.encodeWithSelector(ICalendar.OutOfRange.selector, 101, 0, 100));
        calendar.publish(2028, _year2028(tooMany));
    }

    function test_Publish_RevertsIfOffsetsDoNotJoinOrTurnTheDateBack() public {
        ICalendar.Year memory table = _year2028(new ICalendar.Entry[](0));
        uint256 start = (HORIZON + 1) * 1 days;
        table.zone.offset = -14_400;
        vm.expectRevert(abi.encodeWithSelector(ICalendar.BadOffset.selector, start));
        calendar.publish(2028, table);
        table.zone.offset = 14 * 3600 + 1;
        vm.expectRevert(abi.encodeWithSelector(ICalendar.BadOffset.selector, 0));
        calendar.publish(2028, table);
        table.zone.offset = -18_000;
        table.zone.changes = new ICalendar.OffsetChange[](1);
        // 05:30Z is 00:30 local: an hour back would be yesterday again.
        table.zone.changes[0] = ICalendar.OffsetChange(uint40(start + 40 days + 5 hours + 30 minutes), -21_600);
        vm.expectRevert(abi.encodeWithSelector(ICalendar.BadOffset.selector, start + 40 days + 5 hours + 30 minutes));
        calendar.publish(2028, table);
        // Where the clock would show midnight it may go back an hour: the date was never reached.
        table.zone.changes[0].since = uint40(start + 40 days + 5 hours);
        calendar.publish(2028, table);
    }

    function test_Amend_ReachesDaysWithNoticeOnly() public {
        uint256 earliest = NOV_20 + CalendarData.NOTICE_DAYS;
        vm.expectRevert(abi.encodeWithSelector(ICalendar.TooLate.selector, earliest - 1, earliest));
        calendar.amendDays(_entries(earliest - 1, ALL, 0), "too soon");
        calendar.amendDays(_entries(earliest, ALL, 0), "day of mourning");
        assertFalse(calendar.isOpen(ALL, earliest), "closed");
        calendar.amendDays(_entries(earliest, 0, 0), "withdrawn");
        assertTrue(calendar.isOpen(ALL, earliest), "like the others");
        calendar.amendDays(_entries(NOV_20 + 6, Markets.FED, 0), "bonds and the exchange will open");
        assertTrue(calendar.isOpen(Markets.BONDS, NOV_20 + 6), "an amendment replaces all of the day");
        (uint32 version,,,) = calendar.yearOf(2026);
        assertEq(version, 4, "three amendments");
    }

    function test_Amend_RevertsIfNotTheOperator() public {
        bytes32 role = calendar.OPERATOR();
        vm.expectRevert(abi.encodeWithSelector(IAccessRoles.NotAuthorized.selector, outsider, role));
        vm.prank(outsider);
        calendar.amendDays(_entries(JAN_1, ALL, 0), "");
        vm.expectRevert(abi.encodeWithSelector(IAccessRoles.NotAuthorized.selector, outsider, role));
        vm.prank(outsider);
        calendar.amendZones(2027, new ICalendar.Zone[](1), "");
    }

    function testFuzz_Amend_NeverChangesThePast(uint256 seed, uint256 today, uint256 hour) public {
        today = bound(today, CalendarData.FIRST_DAY, HORIZON - 10);
        vm.warp(calendar.startOf(today) + bound(hour, 0, 22) * 1 hours);
        uint256 day = bound(seed, CalendarData.FIRST_DAY, HORIZON);
        bool late = day < today + CalendarData.NOTICE_DAYS;
        if (late) {
            vm.expectRevert(abi.encodeWithSelector(ICalendar.TooLate.selector, day, today + CalendarData.NOTICE_DAYS));
        }
        calendar.amendDays(_entries(day, ALL, 0), "");
        if (!late) assertFalse(calendar.isOpen(ALL, day), "changed");
    }

    function test_AmendZones_MakesSummerTimeStay() public {
        vm.warp(1_820_000_000); // September 2027
        ICalendar.Zone[] memory zones = new ICalendar.Zone[](1);
        zones[0].offset = -18_000;
        zones[0].changes = new ICalendar.OffsetChange[](1);
        zones[0].changes[0] = ICalendar.OffsetChange(1_805_007_600, -14_400);
        calendar.amendZones(2027, zones, "an act of Congress");
        assertTrue(calendar.offsetAt(1_825_567_200) == -14_400, "no change in November");
        assertEq(calendar.close(ALL, JAN_1 + 311, CUT_OFF), 1_825_704_000, "2027-11-08T20:00:00Z");
        assertEq(calendar.lastDay(), HORIZON, "the horizon stays");
    }

    function test_AmendZones_RevertsIfThePastChangesOrYearsDoNotJoin() public {
        vm.warp(1_820_000_000); // September 2027
        ICalendar.Zone[] memory zones = new ICalendar.Zone[](1);
        zones[0].offset = -18_000;
        uint256 earliest = 1_820_000_000 + 5 days;
        vm.expectRevert(abi.encodeWithSelector(ICalendar.TooLate.selector, 1_805_007_600, earliest));
        calendar.amendZones(2027, zones, "drops March");
        zones[0].offset = -14_400;
        vm.expectRevert(abi.encodeWithSelector(ICalendar.TooLate.selector, JAN_1 * 1 days, earliest));
        calendar.amendZones(2027, zones, "another winter");
        calendar.publish(2028, _year2028(new ICalendar.Entry[](0)));
        zones[0] = ICalendar.Zone(-18_000, new ICalendar.OffsetChange[](1));
        zones[0].changes[0] = ICalendar.OffsetChange(1_805_007_600, -14_400);
        vm.expectRevert(abi.encodeWithSelector(ICalendar.BadOffset.selector, (HORIZON + 1) * 1 days));
        calendar.amendZones(2027, zones, "2028 begins otherwise");
        ICalendar.Zone[] memory both = new ICalendar.Zone[](2);
        both[0] = zones[0];
        both[1] = ICalendar.Zone(-14_400, new ICalendar.OffsetChange[](0));
        calendar.amendZones(2027, both, "both years");
        vm.expectRevert(abi.encodeWithSelector(ICalendar.OutOfRange.selector, 2029, 2026, 2028));
        calendar.amendZones(2029, zones, "not published");
    }

    function test_CloseDay_IsAtOnceForTodayAndLater() public {
        vm.warp(NOV_20_CUT_OFF - 3600);
        assertEq(dealing(NOV_20_CUT_OFF - 1), NOV_20, "open");
        calendar.closeDay(NOV_20, Markets.BONDS, "exchange outage");
        assertFalse(calendar.isOpen(FED_AND_BONDS, NOV_20), "closed");
        assertTrue(calendar.isOpen(Markets.FED, NOV_20), "for that market");
        assertEq(dealing(NOV_20_CUT_OFF - 1), NOV_20 + 3, "Monday deals");
        calendar.closeDay(NOV_20 + 3, FED_AND_BONDS, "still out");
        assertEq(dealing(NOV_20_CUT_OFF - 1), NOV_20 + 4, "Tuesday deals");
        (uint16 closed,) = calendar.entryOf(NOV_20);
        assertEq(closed, Markets.BONDS, "what was closed");
    }

    function test_CloseDay_RevertsForYesterdayForOthersAndForUnknownMarkets() public {
        vm.expectRevert(abi.encodeWithSelector(ICalendar.TooLate.selector, NOV_20 - 1, NOV_20));
        calendar.closeDay(NOV_20 - 1, ALL, "");
        vm.expectRevert(abi.encodeWithSelector(ICalendar.UnknownMarket.selector, 8));
        calendar.closeDay(NOV_20, 8, "");
        bytes32 role = calendar.EMERGENCY();
        vm.expectRevert(abi.encodeWithSelector(IAccessRoles.NotAuthorized.selector, outsider, role));
        vm.prank(outsider);
        calendar.closeDay(NOV_20, ALL, "");
    }

    function test_CloseDay_KeepsAnEarlyCloseOfTheOthers() public {
        calendar.closeDay(NOV_20 + 7, Markets.NYSE, "");
        assertEq(calendar.close(FED_AND_BONDS, NOV_20 + 7, CUT_OFF), 1_795_806_000, "bonds still close at 14:00");
        (uint16 closed, uint16[16] memory minutesOfDay) = calendar.entryOf(NOV_20 + 7);
        assertEq(closed, Markets.NYSE, "closed");
        assertEq(minutesOfDay[1], 14 * 60, "bonds");
        assertEq(minutesOfDay[2], 13 * 60, "the exchange's early close is still written down");
    }

    function test_Admin_HandsOverInTwoSteps() public {
        calendar.beginDefaultAdminTransfer(outsider);
        assertEq(calendar.defaultAdmin(), address(this), "not yet");
        vm.warp(NOV_20_CUT_OFF + 1);
        vm.prank(outsider);
        calendar.acceptDefaultAdminTransfer();
        assertEq(calendar.defaultAdmin(), outsider, "accepted");
    }

    function test_SupportsInterface_NamesTheCalendar() public view {
        assertTrue(calendar.supportsInterface(type(ICalendar).interfaceId), "ICalendar");
        assertTrue(calendar.supportsInterface(0x01ffc9a7), "ERC-165");
        assertFalse(calendar.supportsInterface(0xffffffff), "not an interface");
    }
}
