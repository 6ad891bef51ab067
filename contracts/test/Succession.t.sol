// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RestrictedToken} from "../src/RestrictedToken.sol";
import {IAccessRoles} from "../src/interfaces/IAccessRoles.sol";
import {Powers} from "../src/interfaces/IEncumbrances.sol";
import {IRestrictedToken} from "../src/interfaces/IRestrictedToken.sol";
import {IDENTITIES} from "../src/native/IIdentities.sol";
import {POLICIES} from "../src/native/IPolicies.sol";
import {TestEscrow} from "./TestEscrow.sol";
import {World} from "./World.sol";

/// @title A token is retired in favour of a successor, which takes its units over
contract SuccessionTest is World {
    RestrictedToken private token;
    RestrictedToken private next;

    function setUp() public {
        openWorld();
        token = deployToken();
        next = deployToken();
        vm.startPrank(issuer);
        token.issue(alice, 1000 * UNIT);
        token.issue(bob, 200 * UNIT);
        vm.stopPrank();
        next.setPredecessor(address(token));
    }

    function migrate(address first, address second) private {
        address[] memory holders = new address[](2);
        (holders[0], holders[1]) = (first, second);
        vm.prank(agent);
        token.migrate(holders);
    }

    function test_Migrate_EndsUnitsHereAndMakesThemThereWithTheirFreezes() public {
        vm.startPrank(officer);
        token.setFrozenTokens(alice, 1500 * UNIT);
        token.setAddressFrozen(bob, true);
        vm.stopPrank();
        token.retire(address(next));
        vm.expectEmit(address(token));
        emit IRestrictedToken.Migrated(alice, address(next), 1000 * UNIT, 1500 * UNIT);
        migrate(alice, bob);
        assertEq(token.totalSupply(), 0, "supply here");
        assertEq(POLICIES.holders(address(token)), 0, "holders here");
        assertEq(next.totalSupply(), 1200 * UNIT, "supply there");
        assertEq(POLICIES.unitsOf(address(next), "alice"), 1000 * UNIT, "counted there");
        assertEq(next.getFrozenTokens(alice), 1500 * UNIT, "frozen there");
        assertEq(token.getFrozenTokens(alice), 0, "frozen here");
        assertTrue(next.isFrozen(bob), "address frozen there");
        migrate(alice, bob);
        assertEq(next.totalSupply(), 1200 * UNIT, "once");
    }

    function test_Migrate_NeedsARetiredTokenItsTransferAgentAndASuccessorThatKnowsIt() public {
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.NotRetired.selector));
        migrate(alice, bob);
        token.retire(address(next));
        vm.expectRevert(
            abi.encodeWithSelector(IAccessRoles.NotAuthorized.selector, address(this), token.TRANSFER_AGENT())
        );
        token.migrate(new address[](0));
        next.setPredecessor(address(0));
        vm.expectRevert(
            abi.encodeWithSelector(IRestrictedToken.NotPredecessor.selector, address(token), address(0))
        );
        migrate(alice, bob);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.NotPredecessor.selector, address(this), address(0)));
        next.migrateIn(alice, UNIT, 0, false);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessRoles.NotAuthorized.selector, issuer, bytes32(0))
        );
        vm.prank(issuer);
        next.setPredecessor(issuer);
        address[] memory many = new address[](101);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.BatchTooLong.selector, 101, 100));
        vm.prank(agent);
        token.migrate(many);
    }

    function test_Migrate_LeavesWhoIsRefusedThereAndUnitsThatAreEncumbered() public {
        TestEscrow vault = new TestEscrow(token);
        vm.prank(officer);
        token.setAdmitted(address(vault), Powers.PLEDGE);
        vm.prank(bob);
        token.approve(address(vault), UNIT);
        vm.prank(address(vault));
        token.pledge(bob, alice, UNIT);
        token.retire(address(next));
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.Encumbered.selector, bob, UNIT));
        migrate(alice, bob);
        vm.prank(address(vault));
        token.releasePledge(bob, UNIT);
        IDENTITIES.setExpiry("alice", uint64(block.timestamp));
        expectRefused(204, alice, KNOWN, START);
        migrate(bob, alice);
        assertEq(token.balanceOf(alice), 1000 * UNIT, "nothing is lost");
    }

    function test_Escrow_OfATokenIsNeverItself() public {
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.OwnEscrow.selector));
        vm.prank(officer);
        token.setEscrow(address(token), true);
    }

    function test_Extension_DoesNothingInItsOwnName() public {
        RestrictedToken bare = RestrictedToken(token.extension());
        vm.expectRevert();
        bare.setPause(IRestrictedToken.Pause.All);
        vm.expectRevert();
        bare.setFrozenTokens(alice, 1);
        vm.expectRevert();
        bare.batchTransfer(new address[](1), new uint256[](1));
        assertEq(bare.pledgedOf(alice), 0, "its own storage is empty");
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.NotSupported.selector));
        bare.transfer(alice, 0);
    }
}
