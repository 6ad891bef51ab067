// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CustodyAccount} from "../src/CustodyAccount.sol";
import {RestrictedToken} from "../src/RestrictedToken.sol";
import {IAccessRoles} from "../src/interfaces/IAccessRoles.sol";
import {ICustodyAccount} from "../src/interfaces/ICustodyAccount.sol";
import {IDENTITIES} from "../src/native/IIdentities.sol";
import {CustodyFixture} from "./CustodyFixture.sol";

/// @title DOMAIN §1, row A8: a custody account of three keys, and what several keys decide with it
contract A8CustodyTest is CustodyFixture {
    uint128 private constant LIMIT = 1_000_000_000_000; // 1,000,000.000000
    uint256 private constant OPEN = uint256(ICustodyAccount.OperationState.Open);
    uint256 private constant EXECUTED = uint256(ICustodyAccount.OperationState.Executed);

    RestrictedToken private token;
    address private first = keyOne;
    address private second = account("second key");
    address private third = account("third key");
    address private fourth = account("fourth key");

    function setUp() public {
        openWorld();
        token = deployToken();
        address[] memory keys = new address[](3);
        (keys[0], keys[1], keys[2]) = (first, second, third);
        custody = new CustodyAccount(keys, 2);
        know("custodian", address(custody), US, QUALIFIED);
        vm.prank(issuer);
        token.issue(address(custody), 2_500_000 * UNIT);
        uint256 id = propose(first, abi.encodeCall(ICustodyAccount.setLimit, (address(token), LIMIT, 1)));
        approve(second, id);
    }

    function propose(address key, bytes memory data) private returns (uint256) {
        vm.prank(key);
        return custody.propose(address(custody), 0, data);
    }

    function approve(address key, uint256 id) private {
        vm.prank(key);
        custody.approve(id);
    }

    function pay(address key, uint128 amount) private returns (uint256) {
        vm.prank(key);
        return custody.pay(address(token), bob, amount);
    }

    function stateOf(uint256 id) private view returns (uint256) {
        return uint256(custody.operation(id).state);
    }

    // ---------------------------------------------------------------- the row

    function test_A8_OneKeyPaysTheLimit_AnAtomMoreWaitsForASecond() public {
        assertEq(stateOf(pay(first, LIMIT)), EXECUTED, "1,000,000.000000 by one key");
        assertEq(token.balanceOf(bob), 1_000_000 * UNIT, "paid");
        uint256 more = pay(first, 1);
        assertEq(stateOf(more), OPEN, "0.000001 more waits");
        approve(second, more);
        assertEq(token.balanceOf(bob), 1_000_000 * UNIT + 1, "until a second key approves");
    }

    function test_A8_OneKeyDoesNotPayAnAtomAboveTheLimit() public {
        uint256 id = pay(first, LIMIT + 1);
        assertEq(stateOf(id), OPEN, "1,000,000.000001 waits");
        assertEq(token.balanceOf(bob), 0, "nothing moved");
        approve(third, id);
        assertEq(token.balanceOf(bob), 1_000_000 * UNIT + 1, "two keys pay it");
        assertEq(custody.spentToday(address(token)), 0, "and what two paid is not counted");
    }

    function test_A8_LimitIsADay() public {
        pay(first, LIMIT);
        uint256 waiting = pay(second, LIMIT);
        assertEq(stateOf(waiting), OPEN, "another key has the same limit");
        vm.warp((block.timestamp / 1 days + 1) * 1 days - 1);
        vm.expectRevert(abi.encodeWithSelector(ICustodyAccount.MoreKeysNeeded.selector, waiting, 1, 2));
        vm.prank(second);
        custody.execute(waiting);
        vm.warp(block.timestamp + 1);
        vm.prank(second);
        custody.execute(waiting);
        assertEq(token.balanceOf(bob), 2_000_000 * UNIT, "from 00:00 UTC on it is free again");
    }

    function test_A8_LostSignerIsReplacedByTwo() public {
        uint256 pending = pay(third, LIMIT + 1);
        uint256 id = propose(first, abi.encodeCall(ICustodyAccount.replaceSigner, (third, fourth)));
        assertTrue(custody.isSigner(third), "by one never");
        approve(second, id);
        assertFalse(custody.isSigner(third), "by two");
        assertTrue(custody.isSigner(fourth), "by two");
        assertEq(custody.approvals(pending), 0, "what the lost key approved does not count");
        vm.expectRevert(abi.encodeWithSelector(ICustodyAccount.NotSigner.selector, third));
        vm.prank(third);
        custody.approve(pending);
    }

    function test_A8_AdministratorOfATokenIsTwoKeys() public {
        token.beginDefaultAdminTransfer(address(custody));
        vm.prank(first);
        uint256 id = custody.propose(address(token), 0, abi.encodeCall(IAccessRoles.acceptDefaultAdminTransfer, ()));
        approve(third, id);
        assertEq(token.defaultAdmin(), address(custody), "two keys took it over");
        vm.prank(first);
        id = custody.propose(address(token), 0, abi.encodeCall(RestrictedToken.setCap, (CAP - 1)));
        assertEq(token.cap(), CAP, "by one never");
        approve(second, id);
        assertEq(token.cap(), CAP - 1, "by two");
    }

    // ---------------------------------------------------------------- what one key cannot do

    function test_OneKey_CallsNothingElse() public {
        vm.prank(first);
        uint256 id = custody.propose(address(token), 0, abi.encodeCall(token.approve, (first, 1)));
        assertEq(stateOf(id), OPEN, "an approval is no payment");
        vm.prank(first);
        id = custody.propose(address(token), 0, abi.encodeCall(token.transfer, (bob, 1)));
        assertEq(stateOf(id), OPEN, "nor is a transfer proposed as a call");
    }

    function test_Changes_GoThroughTheAccountAlone() public {
        vm.expectRevert(abi.encodeWithSelector(ICustodyAccount.OnlyItself.selector, first));
        vm.prank(first);
        custody.addSigner(fourth);
        vm.expectRevert(abi.encodeWithSelector(ICustodyAccount.OnlyItself.selector, first));
        vm.prank(first);
        custody.setThreshold(1);
        vm.expectRevert(abi.encodeWithSelector(ICustodyAccount.OnlyItself.selector, first));
        vm.prank(first);
        custody.setLimit(address(token), LIMIT, 1);
    }

    function test_Approval_IsGivenOnce() public {
        uint256 id = pay(first, LIMIT + 1);
        vm.expectRevert(abi.encodeWithSelector(ICustodyAccount.ApprovedBefore.selector, id, first));
        approve(first, id);
    }

    function test_Operation_IsExecutedOnce() public {
        uint256 id = pay(first, LIMIT);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICustodyAccount.OperationNotOpen.selector, id, ICustodyAccount.OperationState.Executed
            )
        );
        vm.prank(second);
        custody.execute(id);
    }

    function test_Operation_ExpiresAfterSevenDays() public {
        uint256 id = pay(first, LIMIT + 1);
        vm.warp(block.timestamp + 7 days);
        assertEq(custody.operation(id).expiry, block.timestamp, "its last second");
        vm.warp(block.timestamp + 1);
        vm.expectRevert(abi.encodeWithSelector(ICustodyAccount.OperationExpired.selector, id, block.timestamp - 1));
        vm.prank(second);
        custody.approve(id);
    }

    function test_Proposer_CancelsAndNobodyElse() public {
        uint256 id = pay(first, LIMIT + 1);
        vm.expectRevert(abi.encodeWithSelector(ICustodyAccount.NotSigner.selector, second));
        vm.prank(second);
        custody.cancel(id);
        vm.prank(first);
        custody.cancel(id);
        assertEq(stateOf(id), uint256(ICustodyAccount.OperationState.Cancelled), "cancelled");
    }

    function test_Signer_WhoComesBackApprovesAnew() public {
        uint256 id = pay(third, LIMIT + 1);
        approve(second, propose(first, abi.encodeCall(ICustodyAccount.removeSigner, (third))));
        approve(second, propose(first, abi.encodeCall(ICustodyAccount.addSigner, (third))));
        assertEq(custody.approvals(id), 0, "its old approval is void");
        approve(third, id);
        assertEq(custody.approvals(id), 1, "the new one counts");
    }

    function test_Threshold_StaysReachable() public {
        uint256 id = propose(first, abi.encodeCall(ICustodyAccount.setThreshold, (4)));
        vm.expectRevert(abi.encodeWithSelector(ICustodyAccount.BadThreshold.selector, 4, 3));
        approve(second, id);
        id = propose(first, abi.encodeCall(ICustodyAccount.setThreshold, (0)));
        vm.expectRevert(abi.encodeWithSelector(ICustodyAccount.BadThreshold.selector, 0, 3));
        approve(second, id);
        approve(second, propose(first, abi.encodeCall(ICustodyAccount.removeSigner, (third))));
        id = propose(first, abi.encodeCall(ICustodyAccount.removeSigner, (second)));
        vm.expectRevert(abi.encodeWithSelector(ICustodyAccount.BadThreshold.selector, 2, 1));
        approve(second, id);
    }

    function test_Limit_NeedsFewerKeysThanTheThreshold() public {
        uint256 id = propose(first, abi.encodeCall(ICustodyAccount.setLimit, (address(token), LIMIT, 2)));
        vm.expectRevert(abi.encodeWithSelector(ICustodyAccount.BadLimit.selector, 2, 2));
        approve(second, id);
        approve(second, propose(first, abi.encodeCall(ICustodyAccount.setLimit, (address(token), 0, 0))));
        assertEq(stateOf(pay(first, 1)), OPEN, "without a limit each payment needs two");
    }

    function test_Refusal_OfTheTokenReachesTheSigner() public {
        expectRefused(202, stranger, KNOWN, 0);
        vm.prank(first);
        custody.pay(address(token), stranger, LIMIT);
    }

    // ---------------------------------------------------------------- ERC-1271

    function test_Signature_NeedsTheThresholdOfDistinctSigners() public {
        bytes32 hash = keccak256("a permit");
        bytes memory one = signatureOf(hash);
        assertTrue(custody.isValidSignature(hash, one) == 0xffffffff, "one of two keys");
        assertTrue(custody.isValidSignature(hash, bytes.concat(one, one)) == 0xffffffff, "the same key twice");
        assertTrue(custody.isValidSignature(hash, "") == 0xffffffff, "none");
        approve(second, propose(first, abi.encodeCall(ICustodyAccount.setLimit, (address(token), 0, 0))));
        approve(second, propose(first, abi.encodeCall(ICustodyAccount.setThreshold, (1))));
        assertTrue(custody.isValidSignature(hash, one) == 0x1626ba7e, "one of one");
        assertTrue(custody.isValidSignature(keccak256("another"), one) == 0xffffffff, "of something else");
        propose(second, abi.encodeCall(ICustodyAccount.removeSigner, (first)));
        assertTrue(custody.isValidSignature(hash, one) == 0xffffffff, "of a key that left");
    }

    // ---------------------------------------------------------------- invariant, over random payments

    function testFuzz_SpentByFew_NeverExceedsTheLimit(uint256 seed) public {
        uint256 day = block.timestamp / 1 days;
        uint256 byOne = 0;
        for (uint256 i = 0; i < 20; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (seed % 5 == 0) vm.warp(block.timestamp + seed % 12 hours);
            if (block.timestamp / 1 days != day) (day, byOne) = (block.timestamp / 1 days, 0);
            uint128 amount = uint128(seed % (LIMIT / 3));
            uint256 id = pay(seed % 2 == 0 ? first : second, amount);
            if (stateOf(id) == EXECUTED) byOne += amount;
            else assertTrue(byOne + amount > LIMIT, "waits only beyond the limit");
            assertTrue(byOne <= LIMIT, "one key never pays more a day");
            assertEq(custody.spentToday(address(token)), byOne, "as the account counts");
            if (token.balanceOf(address(custody)) < LIMIT) break;
        }
    }
}
