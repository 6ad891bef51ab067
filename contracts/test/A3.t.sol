// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FundFixture} from "./FundFixture.sol";

/// @title DOMAIN §1, row A3: redemption is defined
contract A3Test is FundFixture {
    function redeemed(uint256 units, uint64 nav, uint256 parts) private returns (uint256 paid) {
        giveUnits(alice, 2_000_000_000000, NAV_10121);
        askToRedeem(alice, units);
        publishAndStrike(MONDAY, nav);
        fundAndWait(MONDAY);
        uint256 left = units;
        for (uint256 i = parts; i > 0; --i) {
            uint256 part = i == 1 ? left : units / parts;
            left -= part;
            vm.prank(alice);
            paid += fund.redeem(part, alice, alice);
        }
    }

    function test_A3_AMillionUnitsAt1_01230000Pay1012300() public {
        assertEq(redeemed(1_000_000_000000, 1_01230000, 1), 1_012_300_000000, "1,012,300.000000");
    }

    function test_A3_333333_333333At1_01234567PayTheSameInOneClaim() public {
        assertEq(redeemed(333_333_333333, 1_01234567, 1), 337_448_556666, "337,448.556666");
    }

    function test_A3_333333_333333At1_01234567PayTheSameInSevenClaims() public {
        assertEq(redeemed(333_333_333333, 1_01234567, 7), 337_448_556666, "337,448.556666");
    }

    function test_A3_SubscriptionsAt1_01210000() public {
        subscribe(alice, 2_000_000_000000);
        subscribe(bob, 500_000_000000);
        publishAndStrike(FRIDAY, 1_01210000);
        vm.prank(alice);
        assertEq(fund.deposit(2_000_000_000000, alice), 1_976_089_319237, "1,976,089.319237");
        vm.prank(bob);
        assertEq(fund.deposit(500_000_000000, bob), 494_022_329809, "494,022.329809");
    }
}
