// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Bits of the markets every calendar agrees on; bits 3 to 15 are the operator's own.
library Markets {
    /// @dev Federal Reserve Banks: cash moves.
    uint16 internal constant FED = 1;
    /// @dev US government bond market, as SIFMA recommends.
    uint16 internal constant BONDS = 2;
    /// @dev New York Stock Exchange.
    uint16 internal constant NYSE = 4;
}

/// @title Calendar: open days, closes and local time of one zone, as published data
/// @notice A *day* is a local date, counted in days since 1970-01-01. `markets` is a mask of market bits, and a day is
/// open where it is open for every market named. Minutes are of the local day, 0 to 1439; instants are seconds since
/// 1970 (UTC). Nothing is extrapolated: outside `firstDay` to `lastDay` every question reverts `BeyondHorizon`.
///
/// A year is published whole, once, in order; that moves the horizon. From then on its days change only with
/// `noticeDays` of notice, except that `closeDay` closes today or a later day at once. What is past never changes.
interface ICalendar {
    /// @dev One market or several on a day that is not like the others.
    struct Entry {
        uint32 day;
        uint16 markets;
        /// Minute at which these markets close early; 0 = closed all day.
        uint16 closeMinute;
    }

    /// @dev From `since` on, local time is UTC plus `offset` seconds.
    struct OffsetChange {
        uint40 since;
        int24 offset;
    }

    /// @dev A year's offsets: `offset` from its first day on, then the changes, ascending, at most 4, none within a day
    /// of the year's ends (UTC), none that turns the local date back.
    struct Zone {
        int24 offset;
        OffsetChange[] changes;
    }

    /// @dev A year as it is published. Saturdays and Sundays are closed without an entry, except for the markets in
    /// `openOnWeekends`. `entries` are ascending by day, at most 100; one day may have several.
    struct Year {
        uint16 markets;
        uint16 openOnWeekends;
        Zone zone;
        Entry[] entries;
    }

    event YearPublished(uint256 indexed year, Year table);

    /// @notice These days now have exactly these entries.
    event DaysAmended(Entry[] entries, string reason);
    event DayClosed(uint256 indexed day, uint16 markets, string reason, address indexed by);
    event ZonesAmended(uint256 indexed firstYear, Zone[] zones, string reason);

    /// @notice Every publication, amendment and closure that touches `year` makes a new version of it, from 1.
    event VersionChanged(uint256 indexed year, uint32 version);

    /// @notice `day` is outside what has been published (code 36).
    error BeyondHorizon(uint256 day, uint256 firstDay, uint256 lastDay);

    /// @notice `day` is not open for `markets` (code 37).
    error DayNotOpen(uint256 day, uint16 markets);

    /// @notice No market, or one that the year's table does not speak of (code 38).
    error UnknownMarket(uint16 markets);

    /// @notice A number outside its range: a minute, a count of days, a year out of order, an entry (code 39).
    error OutOfRange(uint256 value, uint256 min, uint256 max);

    /// @notice The local time of an offset change would turn the date back, or the offset does not continue the
    /// neighbouring year's.
    error BadOffset(uint256 instant);

    /// @notice What lies before `earliest` (a day, or an instant for offsets) is not changed any more.
    error TooLate(uint256 given, uint256 earliest);

    // ---------------------------------------------------------------- questions

    /// @notice Whether `day` is open for all of `markets`.
    function isOpen(uint16 markets, uint256 day) external view returns (bool);

    /// @notice `day` where it is open, else the next open day.
    function openFrom(uint16 markets, uint256 day) external view returns (uint256);

    /// @notice n = 0: `day` itself, open or not; else the n-th open day after it.
    /// @param n At most 64.
    function nextOpen(uint16 markets, uint256 day, uint256 n) external view returns (uint256);

    /// @notice The instant of an open day's cut-off: `cutOff` or, where earlier, the earliest early close of `markets`.
    /// A local time that occurs twice means the first, one that does not exist the first instant after it.
    /// @param cutOff 1 to 1439.
    function close(uint16 markets, uint256 day, uint16 cutOff) external view returns (uint256 instant);

    /// @notice The day an order at `instant` is dealt on: before the cut-off of an open day that day, at it the next
    /// open day.
    function dealingDay(uint16 markets, uint256 instant, uint16 cutOff) external view returns (uint256 day);

    /// @notice The local date at `instant`.
    function dayOf(uint256 instant) external view returns (uint256 day);

    /// @notice The first instant of `day`.
    function startOf(uint256 day) external view returns (uint256 instant);

    /// @notice Local time minus UTC at `instant`, in seconds.
    function offsetAt(uint256 instant) external view returns (int256);

    /// @notice What was published for `day`: markets closed (weekends not counted) and each market's early close, a
    /// minute (0 = none).
    function entryOf(uint256 day) external view returns (uint16 closed, uint16[16] memory closeMinutes);

    /// @notice The year's table but its entries. `version` 0 = not published.
    function yearOf(uint256 year)
        external
        view
        returns (uint32 version, uint16 markets, uint16 openOnWeekends, Zone memory zone);

    function firstDay() external view returns (uint256);

    /// @notice The horizon: the last day there is an answer for; 0 before the first publication.
    function lastDay() external view returns (uint256);

    /// @notice A change by OPERATOR reaches no day before today plus this.
    function noticeDays() external view returns (uint256);

    // ---------------------------------------------------------------- data

    /// @notice Publishes the year after the last one (or the year of `firstDay`). Needs OPERATOR.
    /// @dev Reverts OutOfRange, UnknownMarket, BadOffset.
    function publish(uint256 year, Year calldata table) external;

    /// @notice Replaces what was published for the days named; an entry without markets leaves a day like the others.
    /// Needs OPERATOR.
    /// @param entries Ascending by day, at most 100, each at least `noticeDays` after today.
    function amendDays(Entry[] calldata entries, string calldata reason) external;

    /// @notice Replaces the offsets of consecutive published years, at most 16; those in force before now plus
    /// `noticeDays` must be as they are, and the years around must join. Needs OPERATOR.
    function amendZones(uint256 firstYear, Zone[] calldata zones, string calldata reason) external;

    /// @notice Closes `markets` on `day`, today or later, at once. Needs EMERGENCY.
    function closeDay(uint256 day, uint16 markets, string calldata reason) external;
}
