// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CashToken} from "../src/CashToken.sol";
import {Distribution} from "../src/Distribution.sol";
import {DistributionTerms, IDistribution} from "../src/interfaces/IDistribution.sol";
import {IAccessRoles} from "../src/interfaces/IAccessRoles.sol";
import {IDENTITIES, IIdentities} from "../src/native/IIdentities.sol";
import {World} from "./World.sol";

contract DistributionTest is World {
    CashToken private cash;
    Distribution private distribution;
    address private paying = carol;
    uint256 private total;

    // Alice, bob and dave held 250,000, 100,000 and 50.000001 units: 1.25 % of it, rounded down.
    uint256 private constant TO_ALICE = 3_125_000_000;
    uint256 private constant TO_BOB = 1_250_000_000;
    uint256 private constant TO_DAVE = 625_000;

    function setUp() public {
        openWorld();
        cash = deployCash();
        distribution = new Distribution(address(this), issuer, address(0));
        cash.grantRole(cash.ATTESTOR(), address(this));
        cash.setMinterAllowance(issuer, CAP);
        cash.attest(CAP, uint64(block.timestamp), 0);
        total = TO_ALICE + TO_BOB + TO_DAVE;
        vm.prank(issuer);
        cash.issue(paying, total);
        vm.prank(officer);
        cash.setEscrow(address(distribution), true);
        vm.warp(START + 1);
    }

    function leaf(address who, uint256 amount) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(who, amount))));
    }

    function join(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encodePacked(a, b)) : keccak256(abi.encodePacked(b, a));
    }

    /// @dev ((alice, bob), dave).
    function root() private view returns (bytes32) {
        return join(join(leaf(alice, TO_ALICE), leaf(bob, TO_BOB)), leaf(dave, TO_DAVE));
    }

    function proofOf(address who) private view returns (bytes32[] memory proof) {
        proof = new bytes32[](who == dave ? 1 : 2);
        if (who == dave) {
            proof[0] = join(leaf(alice, TO_ALICE), leaf(bob, TO_BOB));
            return proof;
        }
        (proof[0], proof[1]) = (who == alice ? leaf(bob, TO_BOB) : leaf(alice, TO_ALICE), leaf(dave, TO_DAVE));
    }

    function dueTo(address who) private view returns (uint256) {
        return who == alice ? TO_ALICE : who == bob ? TO_BOB : TO_DAVE;
    }

    function distributionTerms() private view returns (DistributionTerms memory t) {
        (t.token, t.cash) = (address(0x70), cash);
        (t.recordTime, t.claimableFrom) = (uint40(START), uint40(START + 1 days));
        (t.total, t.root) = (uint128(total), root());
    }

    function announce(DistributionTerms memory t) private returns (uint256) {
        vm.prank(issuer);
        return distribution.announce(t);
    }

    function openOne() private returns (uint256 id) {
        id = announce(distributionTerms());
        vm.prank(paying);
        distribution.fund(id);
        vm.warp(START + 1 days);
    }

    function claim(uint256 id, address who) private {
        distribution.claim(id, who, dueTo(who), proofOf(who));
    }

    function paidOf(uint256 id) private view returns (uint256 paid) {
        (,, paid) = distribution.statusOf(id);
    }

    function test_Claims_PayWhatTheStatementSays() public {
        uint256 id = openOne();
        claim(id, alice);
        claim(id, dave);
        claim(id, bob);
        assertEq(cash.balanceOf(alice), TO_ALICE, "alice");
        assertEq(cash.balanceOf(bob), TO_BOB, "bob");
        assertEq(cash.balanceOf(dave), TO_DAVE, "dave");
        assertEq(paidOf(id), total, "all of it");
        assertEq(cash.balanceOf(address(distribution)), 0, "nothing is left");
    }

    function test_Leaf_PaysOnce() public {
        uint256 id = openOne();
        claim(id, alice);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.PaidBefore.selector, id, alice));
        claim(id, alice);
    }

    function test_Claim_NeedsTheLeafOfTheStatement() public {
        uint256 id = openOne();
        vm.expectRevert(abi.encodeWithSelector(IDistribution.NotInStatement.selector, id, alice, TO_ALICE + 1));
        distribution.claim(id, alice, TO_ALICE + 1, proofOf(alice));
        vm.expectRevert(abi.encodeWithSelector(IDistribution.NotInStatement.selector, id, alice2, TO_ALICE));
        distribution.claim(id, alice2, TO_ALICE, proofOf(alice));
        vm.expectRevert(abi.encodeWithSelector(IDistribution.NotInStatement.selector, id, alice, TO_ALICE));
        distribution.claim(id, alice, TO_ALICE, proofOf(bob));
    }

    function test_Claim_WaitsForItsTime() public {
        uint256 id = announce(distributionTerms());
        vm.expectRevert(
            abi.encodeWithSelector(IDistribution.WrongDistribution.selector, id, IDistribution.State.Announced)
        );
        claim(id, alice);
        vm.prank(paying);
        distribution.fund(id);
        vm.warp(START + 1 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.NotYetClaimable.selector, id, START + 1 days));
        claim(id, alice);
        vm.warp(START + 1 days);
        claim(id, alice);
    }

    function test_Claims_NeverExceedWhatWasFunded() public {
        DistributionTerms memory t = distributionTerms();
        t.total = uint128(TO_ALICE + TO_BOB);
        uint256 id = announce(t);
        vm.prank(paying);
        distribution.fund(id);
        vm.warp(START + 1 days);
        claim(id, alice);
        claim(id, dave);
        vm.expectRevert(
            abi.encodeWithSelector(IDistribution.BeyondFunded.selector, id, TO_BOB - TO_DAVE, TO_BOB)
        );
        claim(id, bob);
    }

    function test_Lapsed_IsPaid_Suspended_WaitsUnlost() public {
        uint256 id = openOne();
        IDENTITIES.setExpiry("alice", uint64(block.timestamp));
        claim(id, alice);
        assertEq(cash.balanceOf(alice), TO_ALICE, "a lapsed holder is paid");
        IDENTITIES.setState("bob", IIdentities.State.Suspended);
        expectRefused(206, bob, KNOWN, 0);
        claim(id, bob);
        IDENTITIES.setState("bob", IIdentities.State.Active);
        claim(id, bob);
        assertEq(cash.balanceOf(bob), TO_BOB, "a suspended one later");
    }

    function test_RecoveredWallet_IsPaidAtItsSuccessor() public {
        uint256 id = openOne();
        IDENTITIES.recover(alice, alice2);
        vm.warp(block.timestamp + IDENTITIES.recoveryDelay());
        claim(id, alice);
        assertEq(cash.balanceOf(alice2), TO_ALICE, "for the lost wallet");
        vm.expectRevert(abi.encodeWithSelector(IDistribution.PaidBefore.selector, id, alice));
        claim(id, alice);
    }

    function test_Announcement_IsWithdrawnBeforeItIsFundedOnly() public {
        uint256 id = announce(distributionTerms());
        vm.prank(issuer);
        distribution.withdraw(id);
        vm.expectRevert(
            abi.encodeWithSelector(IDistribution.WrongDistribution.selector, id, IDistribution.State.Withdrawn)
        );
        vm.prank(paying);
        distribution.fund(id);
        id = openOne();
        vm.expectRevert(
            abi.encodeWithSelector(IDistribution.WrongDistribution.selector, id, IDistribution.State.Funded)
        );
        vm.prank(issuer);
        distribution.withdraw(id);
    }

    function test_Announce_NeedsDistributorAndTermsThatCanBe() public {
        DistributionTerms memory t = distributionTerms();
        vm.expectRevert(
            abi.encodeWithSelector(IAccessRoles.NotAuthorized.selector, address(this), distribution.DISTRIBUTOR())
        );
        distribution.announce(t);
        t.recordTime = uint40(block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.BadDistribution.selector, 3));
        announce(t);
        t = distributionTerms();
        t.claimableFrom = t.recordTime - 1;
        vm.expectRevert(abi.encodeWithSelector(IDistribution.BadDistribution.selector, 4));
        announce(t);
        t = distributionTerms();
        t.until = uint40(t.claimableFrom + 365 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.BadDistribution.selector, 5));
        announce(t);
        t.until += 1;
        announce(t);
    }

    function test_End_ReturnsTheRestToWhoFundedIt() public {
        DistributionTerms memory t = distributionTerms();
        t.until = uint40(t.claimableFrom + 365 days);
        uint256 id = announce(t);
        vm.prank(paying);
        distribution.fund(id);
        vm.warp(START + 1 days);
        claim(id, bob);
        vm.warp(t.until - 1);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.NotOver.selector, id, uint256(t.until)));
        distribution.end(id);
        vm.warp(t.until);
        distribution.end(id);
        assertEq(cash.balanceOf(paying), TO_ALICE + TO_DAVE, "what nobody claimed");
        assertEq(cash.balanceOf(address(distribution)), 0, "nothing is left");
    }

    function test_Open_WithoutEndStaysOpen() public {
        uint256 id = openOne();
        vm.warp(block.timestamp + 3650 days);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.NotOver.selector, id, 0));
        distribution.end(id);
    }
}
