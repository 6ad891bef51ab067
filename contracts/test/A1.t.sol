// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RestrictedToken} from "../src/RestrictedToken.sol";
import {IAccessRoles} from "../src/interfaces/IAccessRoles.sol";
import {IRestrictedToken} from "../src/interfaces/IRestrictedToken.sol";
import {POLICIES} from "../src/native/IPolicies.sol";
import {World} from "./World.sol";

/// @title DOMAIN §1, row A1: issuance is permissioned and holders are known
contract A1Test is World {
    RestrictedToken private token;

    function setUp() public {
        openWorld();
        token = deployToken();
        assertEq(token.cap(), 5_000_000_000000, "cap 5,000,000.000000");
    }

    function test_A1_AnotherAccountIsNotAuthorized() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessRoles.NotAuthorized.selector, alice, keccak256("ISSUER")));
        vm.prank(alice);
        token.issue(alice, 250_000_000000);
    }

    function test_A1_AnUnknownWalletIsRefused() public {
        expectRefused(202, stranger, 1, 0);
        vm.prank(issuer);
        token.issue(stranger, 250_000_000000);
    }

    function test_A1_OneAtomAboveTheCapIsRefused() public {
        vm.expectRevert(
            abi.encodeWithSelector(IRestrictedToken.CapExceeded.selector, 0, 5_000_000_000001, 5_000_000_000000)
        );
        vm.prank(issuer);
        token.issue(alice, 5_000_000_000001);
    }

    function test_A1_IssuingMakesSupplyAndOneHolder() public {
        vm.prank(issuer);
        token.issue(alice, 250_000_000000);
        assertEq(token.totalSupply(), 250_000_000000, "supply 250,000.000000");
        assertEq(POLICIES.holders(address(token)), 1, "holders");
    }
}
