// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessRoles} from "./AccessRoles.sol";
import {ICalendar} from "./interfaces/ICalendar.sol";

/// @title Calendar
/// @notice What it answers: `ICalendar`. A day is one word of storage, a year three.
contract Calendar is ICalendar, AccessRoles {
    bytes32 public constant OPERATOR = keccak256("OPERATOR");
    bytes32 public constant EMERGENCY = keccak256("EMERGENCY");

    uint256 public constant MAX_ENTRIES = 100;
    uint256 public constant MAX_YEARS = 16;
    uint256 public constant MAX_CHANGES = 4;
    uint256 public constant MAX_NEXT = 64;
    /// @dev A market closed for longer than a year has no next open day.
    uint256 public constant MAX_SCAN_DAYS = 366;
    uint256 public constant MAX_NOTICE_DAYS = 366;

    uint256 private constant MINUTES_A_DAY = 1440;
    uint256 private constant MAX_YEAR = 9999;
    /// @dev No zone is farther from UTC than 14 hours.
    int256 private constant MAX_OFFSET = 14 hours;
    uint256 private constant MARKETS = 16;
    /// @dev A day's word: 16 bits of closed markets, then 11 bits a market: its early close in minutes, 0 = none.
    uint256 private constant MINUTE_BITS = 11;
    uint256 private constant MINUTE_MASK = (1 << MINUTE_BITS) - 1;

    struct StoredYear {
        uint32 version;
        uint16 markets;
        uint16 openOnWeekends;
        uint8 changes;
        /// From the year's start, then from each change on.
        int24[MAX_CHANGES + 1] offsets;
        uint40[MAX_CHANGES] changeAt;
    }

    uint256 public immutable firstDay;
    uint256 public immutable noticeDays;
    uint256 public lastDay;

    uint256 private immutable _firstYear;
    uint256 private _lastYear;
    mapping(uint256 year => StoredYear) private _years;
    mapping(uint256 day => uint256) private _words;

    /// @param firstDay_ Where the answers begin.
    constructor(address admin, uint256 firstDay_, uint256 noticeDays_) AccessRoles(admin) {
        firstDay = _within(firstDay_, 1, _startOfYear(MAX_YEAR));
        noticeDays = _within(noticeDays_, 1, MAX_NOTICE_DAYS);
        _firstYear = _yearOfDay(firstDay_);
    }

    // ---------------------------------------------------------------- questions

    /// @inheritdoc ICalendar
    function isOpen(uint16 markets, uint256 day) public view returns (bool) {
        uint256 year = _yearOfDay(_covered(day));
        StoredYear storage table = _years[year];
        if (markets == 0 || markets & ~table.markets != 0) revert UnknownMarket(markets);
        uint256 closed = uint16(_words[day]);
        if (_isWeekend(day)) closed |= ~uint256(table.openOnWeekends);
        return markets & closed == 0;
    }

    /// @inheritdoc ICalendar
    function openFrom(uint16 markets, uint256 day) external view returns (uint256) {
        return isOpen(markets, day) ? day : nextOpen(markets, day, 1);
    }

    /// @inheritdoc ICalendar
    function nextOpen(uint16 markets, uint256 day, uint256 n) public view returns (uint256) {
        _within(n, 0, MAX_NEXT);
        _covered(day);
        for (uint256 scanned = 0; n > 0; ++scanned) {
            if (scanned == MAX_SCAN_DAYS) revert DayNotOpen(day, markets);
            if (isOpen(markets, ++day)) (n, scanned) = (n - 1, 0);
        }
        return day;
    }

    /// @inheritdoc ICalendar
    function close(uint16 markets, uint256 day, uint16 cutOff) public view returns (uint256 instant) {
        if (!isOpen(markets, day)) revert DayNotOpen(day, markets);
        uint256 minute = _within(cutOff, 1, MINUTES_A_DAY - 1);
        uint256 early = _words[day] >> MARKETS;
        for (uint256 named = markets; named != 0; (named, early) = (named >> 1, early >> MINUTE_BITS)) {
            uint256 closeMinute = early & MINUTE_MASK;
            if (named & 1 != 0 && closeMinute != 0 && closeMinute < minute) minute = closeMinute;
        }
        return _instantOf(day, minute);
    }

    /// @inheritdoc ICalendar
    function dealingDay(uint16 markets, uint256 instant, uint16 cutOff) external view returns (uint256 day) {
        day = dayOf(instant);
        if (isOpen(markets, day) && instant < close(markets, day, cutOff)) return day;
        return nextOpen(markets, day, 1);
    }

    /// @inheritdoc ICalendar
    function dayOf(uint256 instant) public view returns (uint256 day) {
        return _covered(_localDay(instant, _offsetAt(instant)));
    }

    /// @inheritdoc ICalendar
    function startOf(uint256 day) external view returns (uint256 instant) {
        return _instantOf(_covered(day), 0);
    }

    /// @inheritdoc ICalendar
    function offsetAt(uint256 instant) external view returns (int256 offset) {
        offset = _offsetAt(instant);
        _covered(_localDay(instant, offset));
    }

    /// @inheritdoc ICalendar
    function entryOf(uint256 day) external view returns (uint16 closed, uint16[16] memory closeMinutes) {
        uint256 word = _words[_covered(day)];
        closed = uint16(word);
        for (uint256 i = 0; i < MARKETS; ++i) {
            closeMinutes[i] = uint16((word >> (MARKETS + i * MINUTE_BITS)) & MINUTE_MASK);
        }
    }

    /// @inheritdoc ICalendar
    function yearOf(uint256 year)
        external
        view
        returns (uint32 version, uint16 markets, uint16 openOnWeekends, Zone memory zone)
    {
        StoredYear storage table = _years[year];
        zone.offset = table.offsets[0];
        zone.changes = new OffsetChange[](table.changes);
        for (uint256 i = 0; i < table.changes; ++i) {
            zone.changes[i] = OffsetChange(table.changeAt[i], table.offsets[i + 1]);
        }
        return (table.version, table.markets, table.openOnWeekends, zone);
    }

    function supportsInterface(bytes4 id) public view override returns (bool) {
        return id == type(ICalendar).interfaceId || super.supportsInterface(id);
    }

    // ---------------------------------------------------------------- data

    /// @inheritdoc ICalendar
    function publish(uint256 year, Year calldata table) external onlyRole(OPERATOR) {
        bool first = lastDay == 0;
        uint256 due = first ? _firstYear : _lastYear + 1;
        _within(year, due, due < MAX_YEAR ? due : MAX_YEAR - 1);
        if (table.markets == 0 || table.openOnWeekends & ~table.markets != 0) {
            revert UnknownMarket(table.openOnWeekends);
        }

        StoredYear storage stored = _years[year];
        (stored.markets, stored.openOnWeekends) = (table.markets, table.openOnWeekends);
        _lastYear = year;
        lastDay = _startOfYear(year + 1) - 1;
        _setZone(year, table.zone);
        if (!first) _checkJoint(year);
        uint256 from = _startOfYear(year);
        _setEntries(table.entries, from < firstDay ? firstDay : from);
        // Without an entry no day of the year was touched, and its version is still 0.
        if (stored.version == 0) _bump(year);
        emit YearPublished(year, table);
    }

    /// @inheritdoc ICalendar
    function amendDays(Entry[] calldata entries, string calldata reason) external onlyRole(OPERATOR) {
        uint256 earliest = dayOf(block.timestamp) + noticeDays;
        if (entries.length > 0 && entries[0].day < earliest) revert TooLate(entries[0].day, earliest);
        _setEntries(entries, earliest);
        emit DaysAmended(entries, reason);
    }

    /// @inheritdoc ICalendar
    function amendZones(uint256 firstYear, Zone[] calldata zones, string calldata reason) external onlyRole(OPERATOR) {
        _within(zones.length, 1, MAX_YEARS);
        uint256 earliest = block.timestamp + noticeDays * 1 days;
        for (uint256 i = 0; i < zones.length; ++i) {
            uint256 year = _within(firstYear + i, _firstYear, _lastYear);
            _checkPast(year, zones[i], earliest);
            _setZone(year, zones[i]);
            _bump(year);
        }
        for (uint256 i = 0; i <= zones.length; ++i) {
            if (firstYear + i > _firstYear && firstYear + i <= _lastYear) _checkJoint(firstYear + i);
        }
        emit ZonesAmended(firstYear, zones, reason);
    }

    /// @inheritdoc ICalendar
    function closeDay(uint256 day, uint16 markets, string calldata reason) external onlyRole(EMERGENCY) {
        uint256 today = dayOf(block.timestamp);
        if (day < today) revert TooLate(day, today);
        uint256 year = _yearOfDay(_covered(day));
        if (markets == 0 || markets & ~_years[year].markets != 0) revert UnknownMarket(markets);
        _words[day] |= markets;
        _bump(year);
        emit DayClosed(day, markets, reason, msg.sender);
    }

    /// @dev Each day named from `from` on gets exactly its entries.
    function _setEntries(Entry[] calldata entries, uint256 from) private {
        _within(entries.length, 0, MAX_ENTRIES);
        uint256 year = 0;
        uint256 day = 0;
        uint256 word = 0;
        for (uint256 i = 0; i < entries.length; ++i) {
            Entry calldata entry = entries[i];
            if (entry.day != day) {
                day = _within(entry.day, day < from ? from : day, lastDay);
                word = 0;
                uint256 yearOfDay = _yearOfDay(day);
                if (yearOfDay != year) _bump(year = yearOfDay);
            }
            if (entry.markets & ~_years[year].markets != 0) revert UnknownMarket(entry.markets);
            word = _withEntry(word, entry.markets, _within(entry.closeMinute, 0, MINUTES_A_DAY - 1));
            _words[day] = word;
        }
    }

    function _withEntry(uint256 word, uint256 markets, uint256 closeMinute) private pure returns (uint256) {
        if (closeMinute == 0) return word | markets;
        for (uint256 i = 0; i < MARKETS; ++i) {
            if (markets >> i & 1 == 0) continue;
            uint256 shift = MARKETS + i * MINUTE_BITS;
            word = (word & ~(MINUTE_MASK << shift)) | (closeMinute << shift);
        }
        return word;
    }

    function _bump(uint256 year) private {
        emit VersionChanged(year, ++_years[year].version);
    }

    // ---------------------------------------------------------------- local time

    function _setZone(uint256 year, Zone calldata zone) private {
        StoredYear storage table = _years[year];
        _within(zone.changes.length, 0, MAX_CHANGES);
        table.changes = uint8(zone.changes.length);
        table.offsets[0] = _offset(zone.offset);
        uint256 min = (_startOfYear(year) + 1) * 1 days;
        uint256 max = (_startOfYear(year + 1) - 1) * 1 days;
        for (uint256 i = 0; i < zone.changes.length; ++i) {
            OffsetChange calldata change = zone.changes[i];
            _within(change.since, min, max);
            min = uint256(change.since) + 1;
            if (_localDay(change.since, change.offset) < _localDay(change.since - 1, table.offsets[i])) {
                revert BadOffset(change.since);
            }
            (table.changeAt[i], table.offsets[i + 1]) = (change.since, _offset(change.offset));
        }
    }

    function _offset(int24 offset) private pure returns (int24) {
        if (offset < -MAX_OFFSET || offset > MAX_OFFSET) revert BadOffset(0);
        return offset;
    }

    /// @dev The offset with which `year` begins is the one with which the year before ends.
    function _checkJoint(uint256 year) private view {
        StoredYear storage before = _years[year - 1];
        if (before.offsets[before.changes] != _years[year].offsets[0]) revert BadOffset(_startOfYear(year) * 1 days);
    }

    /// @dev What was in force before `earliest` must be the same in `zone`.
    function _checkPast(uint256 year, Zone calldata zone, uint256 earliest) private view {
        StoredYear storage table = _years[year];
        uint256 start = _startOfYear(year) * 1 days;
        if (start < earliest && zone.offset != table.offsets[0]) revert TooLate(start, earliest);
        for (uint256 i = 0; i < MAX_CHANGES; ++i) {
            uint256 old = i < table.changes ? table.changeAt[i] : type(uint256).max;
            uint256 given = i < zone.changes.length ? zone.changes[i].since : type(uint256).max;
            uint256 sooner = old < given ? old : given;
            if (sooner >= earliest) break;
            if (old != given || table.offsets[i + 1] != zone.changes[i].offset) revert TooLate(sooner, earliest);
        }
    }

    /// @dev An instant in a day that is outside what was published in UTC, but not in local time, has the offset at the
    /// nearer end: no change lies within a day of it. `_covered` refuses the rest.
    function _offsetAt(uint256 instant) private view returns (int256 offset) {
        uint256 day = instant / 1 days;
        if (day > lastDay + 1) revert BeyondHorizon(day, firstDay, lastDay);
        StoredYear storage table = _years[day > lastDay ? _lastYear : _yearOfDay(day < firstDay ? firstDay : day)];
        uint256 i = 0;
        while (i < table.changes && instant >= table.changeAt[i]) ++i;
        return table.offsets[i];
    }

    /// @dev The first instant at which the local clock of `day` shows `minute` or later.
    function _instantOf(uint256 day, uint256 minute) private view returns (uint256 instant) {
        StoredYear storage table = _years[_yearOfDay(day)];
        int256 local = int256(day * 1 days + minute * 1 minutes);
        instant = uint256(local - table.offsets[0]);
        for (uint256 i = 0; i < table.changes && instant >= table.changeAt[i]; ++i) {
            instant = uint256(local - table.offsets[i + 1]);
            if (instant < table.changeAt[i]) return table.changeAt[i]; // the clock jumped over `minute`
        }
    }

    function _localDay(uint256 instant, int256 offset) private pure returns (uint256) {
        int256 local = int256(instant) + offset;
        return local < 0 ? 0 : uint256(local) / 1 days;
    }

    function _covered(uint256 day) private view returns (uint256) {
        if (day < firstDay || day > lastDay) revert BeyondHorizon(day, firstDay, lastDay);
        return day;
    }

    // ---------------------------------------------------------------- dates

    /// @dev 1970-01-01 was a Thursday.
    function _isWeekend(uint256 day) private pure returns (bool) {
        return (day + 3) % 7 >= 5;
    }

    /// @dev Days from 1970-01-01 to the first of January of `year` (1970 or later), Gregorian: 365 a year, and the leap
    /// days of the years before it.
    function _startOfYear(uint256 year) private pure returns (uint256) {
        return 365 * (year - 1970) + (year - 1969) / 4 - (year - 1901) / 100 + (year - 1601) / 400;
    }

    /// @dev 146,097 days are 400 years, so the estimate is off by one at most.
    function _yearOfDay(uint256 day) private pure returns (uint256 year) {
        year = 1970 + day * 400 / 146_097;
        if (day < _startOfYear(year)) return year - 1;
        if (day >= _startOfYear(year + 1)) return year + 1;
    }

    function _within(uint256 value, uint256 min, uint256 max) private pure returns (uint256) {
        if (value < min || value > max) revert OutOfRange(value, min, max);
        return value;
    }
}
