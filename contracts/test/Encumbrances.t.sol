// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {RestrictedToken} from "../src/RestrictedToken.sol";
import {IAccessRoles} from "../src/interfaces/IAccessRoles.sol";
import {IEncumbrances, ISeizureReceiver, Powers} from "../src/interfaces/IEncumbrances.sol";
import {IERC7943Fungible} from "../src/interfaces/IERC7943.sol";
import {IRestrictedToken} from "../src/interfaces/IRestrictedToken.sol";
import {IDENTITIES, IIdentities} from "../src/native/IIdentities.sol";
import {POLICIES} from "../src/native/IPolicies.sol";
import {TestEscrow} from "./TestEscrow.sol";
import {World} from "./World.sol";

/// @dev An escrow that takes what is seized, or says that it does not.
contract SeizureTaker is ISeizureReceiver {
    bytes4 public answer = ISeizureReceiver.onSeizure.selector;
    address public vault;
    address public pledgor;
    uint256 public amount;

    function refuse() external {
        answer = 0;
    }

    function onSeizure(address vault_, address pledgor_, uint256 amount_) external returns (bytes4) {
        (vault, pledgor, amount) = (vault_, pledgor_, amount_);
        return answer;
    }
}

/// @title Units pledged and locked in place
/// @notice Two contracts are admitted: `vault` to pledge, `desk` to lock and settle. alice holds 1,000 units.
contract EncumbrancesTest is World {
    RestrictedToken private token;
    address private vault;
    address private desk;

    function setUp() public {
        openWorld();
        token = deployToken();
        (vault, desk) = (address(new TestEscrow(token)), address(new TestEscrow(token)));
        vm.startPrank(officer);
        token.setAdmitted(vault, Powers.PLEDGE);
        token.setAdmitted(desk, Powers.SETTLE);
        vm.stopPrank();
        vm.prank(issuer);
        token.issue(alice, 1000 * UNIT);
    }

    function pledge(address holder, uint256 amount) private {
        vm.prank(holder);
        token.approve(vault, amount);
        vm.prank(vault);
        token.pledge(holder, bob, amount);
    }

    function lock(address holder, uint256 amount, uint64 until, uint64 instruction) private {
        vm.prank(holder);
        token.approve(desk, amount);
        vm.prank(desk);
        token.lock(holder, amount, until, instruction);
    }

    function freeze(address holder, uint256 amount) private {
        vm.prank(officer);
        token.setFrozenTokens(holder, amount);
    }

    function send(address from, address to, uint256 amount) private {
        vm.prank(from);
        token.transfer(to, amount);
    }

    function expectUnfree(address holder, uint256 amount, uint256 free) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector, holder, amount, free
            )
        );
    }

    // --- Who may ----------------------------------------------------------------------------------------------------

    function test_Admission_IsGivenByComplianceToContracts() public {
        address fresh = address(new TestEscrow(token));
        vm.expectRevert(abi.encodeWithSelector(IAccessRoles.NotAuthorized.selector, address(this), token.COMPLIANCE()));
        token.setAdmitted(fresh, Powers.PLEDGE);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.NotContract.selector, alice));
        vm.prank(officer);
        token.setAdmitted(alice, Powers.PLEDGE);
        vm.expectRevert(abi.encodeWithSelector(IEncumbrances.NotAdmitted.selector, fresh, 4));
        vm.prank(officer);
        token.setAdmitted(fresh, 4);
        vm.expectEmit(address(token));
        emit IEncumbrances.AdmittedSet(fresh, Powers.PLEDGE | Powers.SETTLE);
        vm.prank(officer);
        token.setAdmitted(fresh, Powers.PLEDGE | Powers.SETTLE);
        assertEq(token.admitted(fresh), 3, "both");
        assertEq(token.admitted(alice), 0, "none");
    }

    function test_Admission_OfOnePowerIsNotTheOther() public {
        vm.expectRevert(abi.encodeWithSelector(IEncumbrances.NotAdmitted.selector, desk, Powers.PLEDGE));
        vm.prank(desk);
        token.pledge(alice, bob, 0);
        vm.expectRevert(abi.encodeWithSelector(IEncumbrances.NotAdmitted.selector, vault, Powers.SETTLE));
        vm.prank(vault);
        token.lock(alice, 0, uint64(START), 1);
        vm.expectRevert(abi.encodeWithSelector(IEncumbrances.NotAdmitted.selector, alice, Powers.PLEDGE));
        vm.prank(alice);
        token.releasePledge(alice, 0);
    }

    function test_Admission_HasSixteenPlacesAndGivesNoneAwayThatHoldsUnits() public {
        pledge(alice, 10 * UNIT);
        lock(alice, 10 * UNIT, uint64(START + 30 days), 1);
        vm.startPrank(officer);
        for (uint256 i = 2; i < 16; ++i) {
            token.setAdmitted(address(new TestEscrow(token)), Powers.PLEDGE);
        }
        address fresh = address(new TestEscrow(token));
        token.setAdmitted(vault, 0);
        token.setAdmitted(desk, 0);
        vm.expectRevert(abi.encodeWithSelector(IEncumbrances.TooManyAdmitted.selector, 16));
        token.setAdmitted(fresh, Powers.PLEDGE);
        vm.stopPrank();

        vm.prank(vault); // dismissed: gives back, and nothing else
        token.releasePledge(alice, 10 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(IEncumbrances.NotAdmitted.selector, vault, Powers.PLEDGE));
        vm.prank(vault);
        token.seize(alice, bob, 0);
        vm.prank(officer);
        token.setAdmitted(fresh, Powers.PLEDGE);
        assertEq(token.pledgeOf(alice, fresh), 0, "a new contract begins with nothing");
        address later = address(new TestEscrow(token));
        vm.expectRevert(abi.encodeWithSelector(IEncumbrances.TooManyAdmitted.selector, 16));
        vm.prank(officer);
        token.setAdmitted(later, Powers.SETTLE);
        vm.warp(START + 30 days + 1);
        vm.prank(officer);
        token.setAdmitted(later, Powers.SETTLE);
        vm.expectRevert(abi.encodeWithSelector(IEncumbrances.NotAdmitted.selector, desk, Powers.SETTLE));
        vm.prank(desk);
        token.unlock(alice, 1);
    }

    // --- The holder's word ------------------------------------------------------------------------------------------

    function test_Word_IsAnAllowanceThatEachTimeUsesUpEvenTheLargest() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, vault, 0, UNIT));
        vm.prank(vault);
        token.pledge(alice, bob, UNIT);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, desk, 0, UNIT));
        vm.prank(desk);
        token.lock(alice, UNIT, uint64(START), 1);
        vm.prank(alice);
        token.approve(vault, type(uint256).max);
        vm.prank(vault);
        token.pledge(alice, bob, UNIT);
        assertEq(token.allowance(alice, vault), type(uint256).max - UNIT, "used up");
    }

    function test_Word_MayBeASignedPermit() public {
        know("key one", keyOne, US, QUALIFIED);
        vm.prank(issuer);
        token.issue(keyOne, 100 * UNIT);
        bytes32 typehash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 terms_ = keccak256(abi.encode(typehash, keyOne, vault, 100 * UNIT, 0, START));
        (uint8 v, bytes32 r, bytes32 s) =
            signAsKeyOne(keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), terms_)));
        vm.prank(vault);
        token.permit(keyOne, vault, 100 * UNIT, START, v, r, s);
        vm.prank(vault);
        token.pledge(keyOne, bob, 100 * UNIT);
        assertEq(token.pledgeOf(keyOne, vault), 100 * UNIT, "pledged");
    }

    // --- Pledges ----------------------------------------------------------------------------------------------------

    function test_Pledge_KeepsUnitsInTheAccountAndNoneOfThemFree() public {
        vm.prank(alice);
        token.approve(vault, 300 * UNIT);
        vm.expectEmit(address(token));
        emit IEncumbrances.Pledged(alice, vault, bob, 300 * UNIT);
        vm.prank(vault);
        token.pledge(alice, bob, 300 * UNIT);
        assertEq(token.balanceOf(alice), 1000 * UNIT, "balance");
        assertEq(token.freeOf(alice), 700 * UNIT, "free");
        assertEq(token.pledgedOf(alice), 300 * UNIT, "pledged");
        assertEq(token.seizableOf(alice, vault), 300 * UNIT, "seizable");
        assertEq(POLICIES.unitsOf(address(token), "alice"), 1000 * UNIT, "no counter moves");
        expectUnfree(alice, 701 * UNIT, 700 * UNIT);
        send(alice, bob, 701 * UNIT);
        assertEq(token.detectTransferRestriction(alice, bob, 701 * UNIT), 3, "restriction");
        assertFalse(token.canTransfer(alice, bob, 701 * UNIT), "canTransfer");
        send(alice, bob, 700 * UNIT);

        vm.expectEmit(address(token));
        emit IEncumbrances.PledgeReduced(alice, vault, 100 * UNIT);
        vm.prank(vault);
        token.releasePledge(alice, 100 * UNIT);
        assertEq(token.freeOf(alice), 100 * UNIT, "given back");
        vm.expectRevert(
            abi.encodeWithSelector(
                IEncumbrances.InsufficientPledged.selector, alice, 200 * UNIT, 200 * UNIT + 1
            )
        );
        vm.prank(vault);
        token.releasePledge(alice, 200 * UNIT + 1);
    }

    function test_Pledge_OfOneUnitIsToOneContract() public {
        address other = address(new TestEscrow(token));
        vm.prank(officer);
        token.setAdmitted(other, Powers.PLEDGE);
        pledge(alice, 600 * UNIT);
        vm.prank(alice);
        token.approve(other, 500 * UNIT);
        expectUnfree(alice, 500 * UNIT, 400 * UNIT);
        vm.prank(other);
        token.pledge(alice, bob, 500 * UNIT);
        vm.prank(other);
        token.pledge(alice, bob, 400 * UNIT);
        assertEq(token.pledgedOf(alice), 1000 * UNIT, "all");
        vm.expectRevert(abi.encodeWithSelector(IEncumbrances.InsufficientPledged.selector, alice, 400 * UNIT, 401 * UNIT));
        vm.prank(other);
        token.seize(alice, bob, 401 * UNIT);
    }

    function test_Pledge_AsksPoliciesAndStopsForAFreezeAndAFullPause() public {
        vm.prank(alice);
        token.approve(vault, 1000 * UNIT);
        expectRefused(202, stranger, KNOWN, 0);
        vm.prank(vault);
        token.pledge(alice, stranger, UNIT);
        IDENTITIES.setExpiry("alice", uint64(block.timestamp));
        expectRefused(203, alice, KNOWN, START);
        vm.prank(vault);
        token.pledge(alice, bob, UNIT);
        IDENTITIES.setExpiry("alice", CHECKED_UNTIL);
        vm.prank(officer);
        token.setAddressFrozen(alice, true);
        vm.expectRevert(abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotSend.selector, alice));
        vm.prank(vault);
        token.pledge(alice, bob, UNIT);
        vm.startPrank(officer);
        token.setAddressFrozen(alice, false);
        token.setPause(IRestrictedToken.Pause.Transfers);
        vm.stopPrank();
        vm.prank(vault);
        token.pledge(alice, bob, UNIT);
        vm.prank(officer);
        token.setPause(IRestrictedToken.Pause.All);
        vm.expectRevert(
            abi.encodeWithSelector(IRestrictedToken.TokenPaused.selector, IRestrictedToken.Pause.All)
        );
        vm.prank(vault);
        token.pledge(alice, bob, UNIT);
        vm.prank(vault); // no pause keeps a pledge from being given back, or taken
        token.releasePledge(alice, UNIT / 2);
        expectRefused(503, bob, HOLDERS, 50 * UNIT);
        vm.prank(vault);
        token.seize(alice, bob, UNIT / 2);
    }

    function test_Seize_MovesPledgedUnitsToABuyer() public {
        pledge(alice, 300 * UNIT);
        lock(alice, 700 * UNIT, uint64(START), 1);
        vm.expectEmit(address(token));
        emit IEncumbrances.Seized(alice, carol, vault, 200 * UNIT);
        vm.prank(vault);
        token.seize(alice, carol, 200 * UNIT);
        assertEq(token.balanceOf(alice), 800 * UNIT, "alice");
        assertEq(token.balanceOf(carol), 200 * UNIT, "carol");
        assertEq(token.pledgeOf(alice, vault), 100 * UNIT, "left");
        assertEq(token.lockedOf(alice), 700 * UNIT, "locks stay");
        assertEq(token.freeOf(alice), 0, "free");
        expectRefused(202, stranger, KNOWN, 0);
        vm.prank(vault);
        token.seize(alice, stranger, 100 * UNIT);
    }

    function test_Seize_IntoAnEscrowTellsItAndNeedsItsYes() public {
        SeizureTaker taker = new SeizureTaker();
        vm.prank(officer);
        token.setEscrow(address(taker), true);
        pledge(alice, 300 * UNIT);
        vm.prank(vault);
        token.seize(alice, address(taker), 300 * UNIT);
        assertEq(taker.vault(), vault, "vault");
        assertEq(taker.pledgor(), alice, "pledgor");
        assertEq(taker.amount(), 300 * UNIT, "amount");
        assertEq(token.balanceOf(address(taker)), 300 * UNIT, "in escrow");
        taker.refuse();
        pledge(alice, 300 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(IEncumbrances.SeizureNotTaken.selector, address(taker)));
        vm.prank(vault);
        token.seize(alice, address(taker), 300 * UNIT);
    }

    // --- A freeze covers free units, then locked, then pledged ------------------------------------------------------

    function test_Freeze_CoversFreeThenLockedThenPledgedUnits() public {
        pledge(alice, 300 * UNIT);
        lock(alice, 200 * UNIT, uint64(START), 1);
        freeze(alice, 700 * UNIT); // 500 free, 200 locked
        assertEq(token.freeOf(alice), 0, "free");
        assertEq(token.seizableOf(alice, vault), 300 * UNIT, "pledged units last");
        freeze(alice, 701 * UNIT);
        assertEq(token.seizableOf(alice, vault), 299 * UNIT, "one of them");
        vm.expectRevert(abi.encodeWithSelector(IEncumbrances.InsufficientPledged.selector, alice, 299 * UNIT, 300 * UNIT));
        vm.prank(vault);
        token.seize(alice, bob, 300 * UNIT);
        freeze(alice, type(uint256).max);
        assertEq(token.seizableOf(alice, vault), 0, "all");
        freeze(alice, 0);
        vm.prank(officer);
        token.setAddressFrozen(alice, true);
        assertEq(token.seizableOf(alice, vault), 0, "a frozen address");
        vm.expectRevert(abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotSend.selector, alice));
        vm.prank(vault);
        token.seize(alice, bob, 300 * UNIT);
    }

    function test_Force_TakesFreeThenFrozenThenLockedThenPledgedUnits() public {
        know("erin", account("erin"), US, QUALIFIED);
        pledge(alice, 300 * UNIT);
        lock(alice, 100 * UNIT, uint64(START), 1);
        lock(alice, 100 * UNIT, uint64(START), 2);
        freeze(alice, 400 * UNIT);
        force(100 * UNIT); // free
        assertState(400, 200, 300);
        force(150 * UNIT); // frozen
        assertState(250, 200, 300);
        vm.expectEmit(address(token));
        emit IERC7943Fungible.Frozen(alice, 0);
        force(250 * UNIT); // the rest of the frozen
        assertState(0, 200, 300);
        vm.expectEmit(address(token));
        emit IEncumbrances.LockReduced(alice, desk, 2, 100 * UNIT);
        force(150 * UNIT); // the younger lock, half of the elder
        assertState(0, 50, 300);
        vm.expectEmit(address(token));
        emit IEncumbrances.PledgeReduced(alice, vault, 10 * UNIT);
        force(60 * UNIT); // the other half, and pledged units
        assertState(0, 0, 290);
        vm.prank(agent);
        token.burn(alice, 290 * UNIT);
        assertState(0, 0, 0);
    }

    function force(uint256 amount) private {
        vm.prank(agent);
        token.forcedTransfer(alice, account("erin"), amount);
    }

    function assertState(uint256 frozen, uint256 locked, uint256 pledged) private view {
        assertEq(token.getFrozenTokens(alice), frozen * UNIT, "frozen");
        assertEq(token.lockedOf(alice), locked * UNIT, "locked");
        assertEq(token.pledgedOf(alice), pledged * UNIT, "pledged");
    }

    // --- Locks ------------------------------------------------------------------------------------------------------

    function test_Lock_HoldsUntilItsLastSecondAndIsOverWithoutAnyone() public {
        vm.prank(alice);
        token.approve(desk, 400 * UNIT);
        vm.expectEmit(address(token));
        emit IEncumbrances.Locked(alice, desk, 7, 400 * UNIT, uint64(START + 60));
        vm.prank(desk);
        token.lock(alice, 400 * UNIT, uint64(START + 60), 7);
        IEncumbrances.Lock[] memory list = token.locksOf(alice);
        assertEq(list.length, 1, "locks");
        assertEq(list[0].settlement, desk, "settlement");
        assertEq(list[0].instruction, 7, "instruction");
        assertEq(list[0].until, START + 60, "until");
        assertEq(list[0].amount, 400 * UNIT, "amount");
        vm.warp(START + 60);
        expectUnfree(alice, 601 * UNIT, 600 * UNIT);
        send(alice, bob, 601 * UNIT);
        vm.warp(START + 61);
        assertEq(token.lockedOf(alice), 0, "over");
        assertEq(token.locksOf(alice).length, 0, "over");
        send(alice, bob, 1000 * UNIT);
    }

    function test_Lock_IsForNowToThirtyDaysAndOnceForEachInstruction() public {
        vm.prank(alice);
        token.approve(desk, 1000 * UNIT);
        bytes4 bad = IEncumbrances.BadLockTime.selector;
        vm.expectRevert(abi.encodeWithSelector(bad, START - 1, START, START + 30 days));
        vm.prank(desk);
        token.lock(alice, UNIT, uint64(START - 1), 1);
        vm.expectRevert(abi.encodeWithSelector(bad, START + 30 days + 1, START, START + 30 days));
        vm.prank(desk);
        token.lock(alice, UNIT, uint64(START + 30 days + 1), 1);
        vm.prank(desk);
        token.lock(alice, UNIT, uint64(START + 30 days), 1);
        vm.expectRevert(abi.encodeWithSelector(IEncumbrances.LockExists.selector, alice, 1));
        vm.prank(desk);
        token.lock(alice, UNIT, uint64(START), 1);
    }

    function test_Lock_IsUndoneByItsContract() public {
        lock(alice, 400 * UNIT, uint64(START + 60), 7);
        lock(alice, 100 * UNIT, uint64(START + 60), 8);
        vm.expectEmit(address(token));
        emit IEncumbrances.LockReduced(alice, desk, 7, 400 * UNIT);
        vm.prank(desk);
        token.unlock(alice, 7);
        vm.prank(desk);
        token.unlock(alice, 7);
        assertEq(token.lockedOf(alice), 100 * UNIT, "the other stays");
        assertEq(token.freeOf(alice), 900 * UNIT, "free");
        vm.prank(vault);
        token.unlock(alice, 8);
        assertEq(token.lockedOf(alice), 100 * UNIT, "not by another contract");
    }

    function test_Lock_OfASeventeenthIsRefusedUntilOneIsOver() public {
        for (uint64 i = 1; i <= 16; ++i) {
            lock(alice, UNIT, uint64(START + i), i);
        }
        vm.prank(alice);
        token.approve(desk, UNIT);
        vm.expectRevert(abi.encodeWithSelector(IEncumbrances.TooManyLocks.selector, alice, 16));
        vm.prank(desk);
        token.lock(alice, UNIT, uint64(START + 60), 17);
        vm.warp(START + 2);
        vm.prank(desk);
        token.lock(alice, UNIT, uint64(START + 60), 17);
        assertEq(token.lockedOf(alice), 16 * UNIT, "live");
        send(alice, bob, 984 * UNIT - 50 * UNIT);
    }

    // --- Recovery ---------------------------------------------------------------------------------------------------

    function test_Recover_MovesLocksAndPledgesToo() public {
        pledge(alice, 300 * UNIT);
        lock(alice, 200 * UNIT, uint64(START + 2 days), 7);
        freeze(alice, 600 * UNIT);
        IDENTITIES.recover(alice, alice2);
        vm.warp(START + IDENTITIES.recoveryDelay());
        vm.expectEmit(address(token));
        emit IEncumbrances.Pledged(alice2, vault, address(0), 300 * UNIT);
        token.recover(alice);
        assertEq(token.balanceOf(alice2), 1000 * UNIT, "balance");
        assertEq(token.pledgeOf(alice2, vault), 300 * UNIT, "pledge");
        assertEq(token.lockedOf(alice2), 200 * UNIT, "lock");
        assertEq(token.getFrozenTokens(alice2), 600 * UNIT, "freeze");
        assertEq(token.freeOf(alice2), 0, "free");
        assertEq(token.pledgedOf(alice) + token.lockedOf(alice) + token.getFrozenTokens(alice), 0, "nothing left");
        assertEq(POLICIES.unitsOf(address(token), "alice"), 1000 * UNIT, "no counter moves");
        vm.prank(desk);
        token.unlock(alice2, 7);
        vm.prank(vault);
        token.releasePledge(alice2, 300 * UNIT);
        token.recover(alice);
    }

    function test_Recover_WaitsWhileBothWalletsTogetherHaveTooManyLocks() public {
        vm.prank(alice);
        token.transfer(alice2, 500 * UNIT);
        for (uint64 i = 1; i <= 9; ++i) {
            lock(alice, UNIT, uint64(START + 2 days + i), i);
            lock(alice2, UNIT, uint64(START + 3 days), i);
        }
        IDENTITIES.recover(alice, alice2);
        vm.warp(START + 2 days);
        vm.expectRevert(abi.encodeWithSelector(IEncumbrances.TooManyLocks.selector, alice2, 16));
        token.recover(alice);
        vm.warp(START + 2 days + 3);
        token.recover(alice);
        assertEq(token.lockedOf(alice2), 16 * UNIT, "both");
        vm.prank(desk);
        token.unlock(alice2, 9);
        assertEq(token.lockedOf(alice2), 14 * UNIT, "an instruction of both wallets");
    }

    // --- Invariant --------------------------------------------------------------------------------------------------

    /// @dev Locked and pledged units never exceed the balance, what is free is what a transfer takes, and nothing that
    /// is pledged to the vault is lost but by force or seizure.
    function testFuzz_Sequence_NeverEncumbersMoreThanTheBalance(uint256 seed) public {
        vm.prank(issuer);
        token.issue(bob, 1000 * UNIT);
        for (uint256 step = 0; step < 30; ++step) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 amount = (seed >> 64) % (600 * UNIT);
            bool done = act(seed % 8, amount, uint64(block.timestamp + (seed >> 128) % 100), uint64(step));
            uint256 balance = token.balanceOf(alice);
            uint256 bound_ = token.lockedOf(alice) + token.pledgedOf(alice);
            assertTrue(bound_ <= balance, "encumbered units are held");
            uint256 frozen = token.getFrozenTokens(alice);
            uint256 left = balance - bound_;
            assertEq(token.freeOf(alice), left > frozen ? left - frozen : 0, "free");
            assertEq(token.pledgeOf(alice, vault), token.pledgedOf(alice), "one vault");
            if (done) vm.warp(block.timestamp + seed % 40);
        }
    }

    function act(uint256 kind, uint256 amount, uint64 until, uint64 instruction) private returns (bool done) {
        bytes memory call;
        address by;
        if (kind < 2) {
            vm.prank(alice);
            token.approve(kind == 0 ? vault : desk, amount);
        }
        if (kind == 0) (by, call) = (vault, abi.encodeCall(token.pledge, (alice, bob, amount)));
        if (kind == 1) (by, call) = (desk, abi.encodeCall(token.lock, (alice, amount, until, instruction)));
        if (kind == 2) (by, call) = (vault, abi.encodeCall(token.releasePledge, (alice, amount)));
        if (kind == 3) (by, call) = (vault, abi.encodeCall(token.seize, (alice, bob, amount)));
        if (kind == 4) (by, call) = (officer, abi.encodeCall(token.setFrozenTokens, (alice, amount)));
        if (kind == 5) {
            (by, call) = (agent, abi.encodeWithSignature("forcedTransfer(address,address,uint256)", alice, bob, amount));
        }
        if (kind == 6) (by, call) = (alice, abi.encodeCall(token.transfer, (bob, amount)));
        if (kind == 7) (by, call) = (bob, abi.encodeCall(token.transfer, (alice, amount)));
        uint256 free = token.freeOf(alice);
        vm.prank(by);
        (done,) = address(token).call(call);
        if (done && (kind == 0 || kind == 1 || kind == 6)) assertTrue(amount <= free, "only what is free");
    }
}
