// SPDX-License-Identifier: Apache-2.0
// Written by data/zone-facts.mjs from a system's time zone data.
pragma solidity 0.8.37;

/// @title Offsets from UTC as the time zone data of a system has them
library ZoneFacts {
    /// @dev From `since` on, local time is UTC plus `offset` seconds.
    struct Fact {
        uint256 since;
        int256 offset;
    }

    /// @dev Where the facts end.
    uint256 internal constant END = 1830384000;

    /// @dev America/New_York
    function newYork() internal pure returns (Fact[] memory facts) {
        facts = new Fact[](4);
        facts[0] = Fact(1792627200, -14400);
        facts[1] = Fact(1793512800, -18000);
        facts[2] = Fact(1805007600, -14400);
        facts[3] = Fact(1825567200, -18000);
    }

    /// @dev Europe/London
    function london() internal pure returns (Fact[] memory facts) {
        facts = new Fact[](4);
        facts[0] = Fact(1792627200, 3600);
        facts[1] = Fact(1792890000, 0);
        facts[2] = Fact(1806195600, 3600);
        facts[3] = Fact(1824944400, 0);
    }

    /// @dev Australia/Sydney
    function sydney() internal pure returns (Fact[] memory facts) {
        facts = new Fact[](3);
        facts[0] = Fact(1792627200, 39600);
        facts[1] = Fact(1806768000, 36000);
        facts[2] = Fact(1822492800, 39600);
    }
}
