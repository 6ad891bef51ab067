// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FundFixture} from "./FundFixture.sol";

/// @title DOMAIN §1, row A6: the dealing day. Cut-off 16:00 New York, Fed and bond market open, T+1
/// @dev Days are days since 1970, instants seconds since 1970.
contract A6Test is FundFixture {
    uint16 private constant MARKETS = 3;
    uint16 private constant CUT_OFF = 960;

    function deals(uint256 instant, uint256 day, uint256 paymentDay) private view {
        assertEq(calendar.dealingDay(MARKETS, instant, CUT_OFF), day, "dealing day");
        assertEq(calendar.nextOpen(MARKETS, day, 1), paymentDay, "payment day");
    }

    function test_A6_BeforeTheCutOffIsFridayPaidOnMonday() public {
        deals(1795208399, 20777, 20780); // 2026-11-20T20:59:59Z: the 20th, the 23rd
        vm.warp(1795208399);
        assertEq(subscribe(alice, 1_000_000000), 20777, "the fund's request");
    }

    function test_A6_AtTheCutOffIsMondayPaidOnTuesday() public {
        deals(1795208400, 20780, 20781); // 2026-11-20T21:00:00Z: the 23rd, the 24th
        vm.warp(1795208400);
        assertEq(subscribe(alice, 1_000_000000), 20780, "the fund's request");
    }

    function test_A6_ThanksgivingIsClosed() public view {
        deals(1795640400, 20784, 20787); // 2026-11-25T21:00:00Z: Friday the 27th, Monday the 30th
        assertFalse(calendar.isOpen(MARKETS, 20783), "the 26th");
    }

    function test_A6_AnEarlyCloseIsTheCutOff() public view {
        assertEq(calendar.close(MARKETS, 20784, CUT_OFF), 1795806000, "2026-11-27T19:00:00Z");
        deals(1795805999, 20784, 20787);
        deals(1795806000, 20787, 20788);
    }

    function test_A6_SummerTimeMovesTheCutOff() public view {
        assertEq(calendar.close(MARKETS, 20889, CUT_OFF), 1804885200, "2027-03-12T21:00:00Z");
        deals(1804885200, 20892, 20893); // at it: Monday the 15th
        assertEq(calendar.close(MARKETS, 20892, CUT_OFF), 1805140800, "2027-03-15T20:00:00Z");
    }

    function test_A6_GoodFridayIsNoDealingDay() public view {
        assertFalse(calendar.isOpen(MARKETS, 20903), "2027-03-26: bonds are closed");
        assertTrue(calendar.isOpen(1, 20903), "the Fed is open");
    }
}
