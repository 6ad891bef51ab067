// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RestrictedToken} from "../src/RestrictedToken.sol";
import {Powers} from "../src/interfaces/IEncumbrances.sol";
import {IERC7943Fungible} from "../src/interfaces/IERC7943.sol";
import {IDENTITIES, IIdentities} from "../src/native/IIdentities.sol";
import {POLICIES} from "../src/native/IPolicies.sol";
import {TestEscrow} from "./TestEscrow.sol";
import {World} from "./World.sol";

/// @title DOMAIN §1, row A2: transfers are restricted
/// @notice Policy: known; countries (deny 408, 364); categories (qualified); holders (at most 3 identities; at most
/// 3,000,000; at least 50 or nothing).
contract A2Test is World {
    RestrictedToken private token;
    TestEscrow private escrow;

    function setUp() public {
        openWorld();
        token = deployToken();
        escrow = new TestEscrow(token);
        vm.prank(officer);
        token.setEscrow(address(escrow), true);
        vm.prank(issuer);
        token.issue(alice, 1_000_000000);
    }

    function send(address from, address to, uint256 amount) private {
        vm.prank(from);
        token.transfer(to, amount);
    }

    function test_A2_AliceSendsBob100() public {
        send(alice, bob, 100_000000);
        assertEq(token.balanceOf(bob), 100_000000, "100.000000");
    }

    function test_A2_ReceiversThatAreRefused() public {
        expectRefused(202, stranger, 1, 0);
        send(alice, stranger, 100_000000);
        IDENTITIES.setCountry("bob", 408);
        expectRefused(302, bob, 2, 408);
        send(alice, bob, 100_000000);
        IDENTITIES.setCategories("carol", 0);
        expectRefused(402, carol, 3, 1);
        send(alice, carol, 100_000000);
    }

    function test_A2_AFourthIdentityIsRefused() public {
        send(alice, bob, 100_000000);
        send(alice, carol, 100_000000);
        expectRefused(501, dave, 4, 3);
        send(alice, dave, 100_000000);
    }

    function test_A2_BetweenTwoWalletsOfOneIdentityAtTheMaximumNoCounterMoves() public {
        vm.prank(issuer);
        token.issue(alice, 2_999_000_000000);
        expectRefused(502, alice, 4, 3_000_000_000000);
        vm.prank(issuer);
        token.issue(alice, 1);
        send(alice, alice2, 3_000_000_000000);
        assertEq(POLICIES.unitsOf(address(token), "alice"), 3_000_000_000000, "units");
        assertEq(POLICIES.holders(address(token)), 1, "holders");
    }

    function test_A2_Leaving49_999999BehindIsRefusedAndLeavingNothingIsDone() public {
        expectRefused(504, alice, 4, 50_000000);
        send(alice, bob, 950_000001); // leaves 49.999999
        send(alice, bob, 1_000_000000);
    }

    function test_A2_LapsedMayLeaveAndNotEnter() public {
        IDENTITIES.setExpiry("bob", uint64(START));
        expectRefused(204, bob, 1, START);
        send(alice, bob, 100_000000);
        IDENTITIES.setExpiry("alice", uint64(START));
        expectRefused(203, alice, 1, START);
        send(alice, carol, 100_000000);
        escrow.take(alice, 100_000000); // redeeming
        escrow.giveBack(alice, 100_000000); // being paid
    }

    function test_A2_SuspendedMovesNothing() public {
        escrow.take(alice, 100_000000);
        IDENTITIES.setState("alice", IIdentities.State.Suspended);
        expectRefused(205, alice, 1, 0);
        send(alice, bob, 100_000000);
        expectRefused(205, alice, 1, 0);
        escrow.take(alice, 100_000000); // redeeming
        expectRefused(206, alice, 1, 0);
        escrow.giveBack(alice, 100_000000); // claiming
        IDENTITIES.setState("alice", IIdentities.State.Active);
        IDENTITIES.setState("bob", IIdentities.State.Suspended);
        expectRefused(206, bob, 1, 0);
        send(alice, bob, 100_000000);
    }

    function test_A2_MoreThanIsFreeOfFreezesLocksAndPledgesIsCode3() public {
        address vault = address(new TestEscrow(token));
        vm.startPrank(officer);
        token.setFrozenTokens(alice, 100_000000);
        token.setAdmitted(vault, Powers.PLEDGE | Powers.SETTLE);
        vm.stopPrank();
        vm.prank(alice);
        token.approve(vault, 300_000000);
        vm.startPrank(vault);
        token.pledge(alice, bob, 200_000000);
        token.lock(alice, 100_000000, uint64(START + 60), 1);
        vm.stopPrank();
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector, alice, 600_000001, 600_000000
            )
        );
        send(alice, bob, 600_000001);
        assertEq(token.detectTransferRestriction(alice, bob, 600_000001), 3, "code");
        send(alice, bob, 600_000000);
    }
}
