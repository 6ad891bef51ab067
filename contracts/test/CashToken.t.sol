// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CashToken} from "../src/CashToken.sol";
import {IAccessRoles} from "../src/interfaces/IAccessRoles.sol";
import {ICashToken} from "../src/interfaces/ICashToken.sol";
import {IERC3009} from "../src/interfaces/IERC3009.sol";
import {IRestrictedToken, TokenTerms} from "../src/interfaces/IRestrictedToken.sol";
import {IDENTITIES, IIdentities} from "../src/native/IIdentities.sol";
import {IPolicies, POLICIES} from "../src/native/IPolicies.sol";
import {TestEscrow} from "./TestEscrow.sol";
import {World} from "./World.sol";

/// @dev A holder that is a contract and signs by ERC-1271.
contract SigningHolder {
    bool private _agrees;

    function agree() external {
        _agrees = true;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        return _agrees ? bytes4(0x1626ba7e) : bytes4(0);
    }
}

/// @title Cash under an attested reserve (DOMAIN §1, row A5)
contract CashTokenTest is World {
    CashToken private cash;
    address private attestor = account("attestor");

    bytes32 private constant MINTER = keccak256("ISSUER");
    bytes32 private constant ATTESTOR = keccak256("ATTESTOR");
    uint256 private constant RESERVE = 5_000_000 * UNIT;

    function setUp() public {
        openWorld();
        cash = deployCash();
        cash.grantRole(ATTESTOR, attestor);
        cash.setMinterAllowance(issuer, type(uint256).max);
        attest(RESERVE);
    }

    function attest(uint256 reserve) private {
        vm.prank(attestor);
        cash.attest(reserve, uint64(block.timestamp), "report");
    }

    function mint(address to, uint256 amount) private {
        vm.prank(issuer);
        cash.mint(to, amount);
    }

    function expectNotAuthorized(address who, bytes32 role) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessRoles.NotAuthorized.selector, who, role));
    }

    // --- A5: reserve ------------------------------------------------------------------------------------------------

    function test_Mint_RefusesOneAtomAboveTheReserve() public {
        uint256 amount = 5_000_000 * UNIT + 1; // 5,000,000.000001
        vm.expectRevert(abi.encodeWithSelector(ICashToken.ReserveExceeded.selector, 0, amount, RESERVE));
        mint(alice, amount);
        mint(alice, RESERVE);
        vm.expectRevert(abi.encodeWithSelector(ICashToken.ReserveExceeded.selector, RESERVE, 1, RESERVE));
        mint(alice, 1);
    }

    function test_Mint_At26HoursSucceedsAndSaysSo() public {
        vm.warp(START + 26 hours);
        vm.expectEmit(address(cash));
        emit ICashToken.ReserveInGrace(uint64(START), 26 hours);
        mint(alice, UNIT);
        vm.warp(START + 50 hours - 1);
        vm.expectEmit(address(cash));
        emit ICashToken.ReserveInGrace(uint64(START), 50 hours - 1);
        mint(alice, UNIT);
    }

    function test_Mint_At50HoursIsRefusedWhileTransfersAndRedemptionsGoOn() public {
        mint(alice, 1000 * UNIT);
        vm.warp(START + 50 hours);
        vm.expectRevert(abi.encodeWithSelector(ICashToken.ReserveStale.selector, START, 50 hours));
        mint(alice, UNIT);
        vm.prank(alice);
        cash.transfer(bob, 400 * UNIT);
        assertEq(cash.balanceOf(bob), 400 * UNIT, "transferred");
        vm.prank(bob);
        uint256 id = cash.requestRedemption(400 * UNIT, "account");
        vm.prank(issuer);
        cash.payRedemption(id, "wire 1");
        assertEq(cash.totalSupply(), 600 * UNIT, "redeemed");
        attest(RESERVE);
        mint(alice, UNIT);
    }

    function test_Mint_BeforeAnyAttestationIsRefused() public {
        CashToken fresh = deployCash();
        fresh.setMinterAllowance(issuer, UNIT);
        vm.expectRevert(abi.encodeWithSelector(ICashToken.ReserveStale.selector, 0, START));
        vm.prank(issuer);
        fresh.mint(alice, UNIT);
    }

    function test_Mint_UsesTheMintersAllowanceUp() public {
        vm.expectEmit(address(cash));
        emit ICashToken.MinterAllowanceSet(issuer, 100 * UNIT);
        cash.setMinterAllowance(issuer, 100 * UNIT);
        mint(alice, 60 * UNIT);
        assertEq(cash.minterAllowance(issuer), 40 * UNIT, "left");
        vm.expectRevert(
            abi.encodeWithSelector(ICashToken.MinterAllowanceExceeded.selector, issuer, 40 * UNIT, 40 * UNIT + 1)
        );
        mint(alice, 40 * UNIT + 1);
        mint(alice, 40 * UNIT);
    }

    function test_Mint_ObeysTheSameInABatch() public {
        cash.setMinterAllowance(issuer, 100 * UNIT);
        address[] memory to = new address[](2);
        (to[0], to[1]) = (alice, bob);
        uint256[] memory amounts = new uint256[](2);
        (amounts[0], amounts[1]) = (60 * UNIT, 41 * UNIT);
        vm.expectRevert(
            abi.encodeWithSelector(ICashToken.MinterAllowanceExceeded.selector, issuer, 40 * UNIT, 41 * UNIT)
        );
        vm.prank(issuer);
        cash.batchMint(to, amounts);
        vm.warp(START + 50 hours);
        vm.expectRevert(abi.encodeWithSelector(ICashToken.ReserveStale.selector, START, 50 hours));
        vm.prank(issuer);
        cash.batchMint(to, amounts);
        vm.expectRevert(abi.encodeWithSelector(ICashToken.ReserveStale.selector, START, 50 hours));
        vm.prank(issuer);
        cash.issue(alice, 0);
    }

    function test_Mint_RefusesOthersUnknownReceiversAndTheTokenItself() public {
        expectNotAuthorized(alice, MINTER);
        vm.prank(alice);
        cash.mint(alice, UNIT);
        expectRefused(202, stranger, KNOWN, 0);
        mint(stranger, UNIT);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.EscrowOnly.selector, address(cash)));
        mint(address(cash), UNIT);
    }

    function test_Mint_RefusesAnEscrowWhoseBooksWouldNotKnowOfIt() public {
        TestEscrow escrow = new TestEscrow(cash);
        vm.prank(officer);
        cash.setEscrow(address(escrow), true);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.EscrowOnly.selector, address(escrow)));
        mint(address(escrow), UNIT);
    }

    function test_Attest_RefusesEarlierFutureAndForeignOnes() public {
        expectNotAuthorized(issuer, ATTESTOR);
        vm.prank(issuer);
        cash.attest(RESERVE, uint64(START), "report");
        vm.expectRevert(abi.encodeWithSelector(ICashToken.AttestationTime.selector, START, START, START));
        attest(RESERVE);
        vm.expectRevert(abi.encodeWithSelector(ICashToken.AttestationTime.selector, START + 1, START, START));
        vm.prank(attestor);
        cash.attest(RESERVE, uint64(START + 1), "report");
        vm.warp(START + 1);
        attest(RESERVE);
        ICashToken.Attestation memory last = cash.attestation();
        assertEq(last.reserve, RESERVE, "reserve");
        assertEq(last.asOf, START + 1, "as of");
        assertEq(last.documentHash, "report", "document");
    }

    function test_Attest_BelowTheSupplyStopsMintingAndSaysSo() public {
        mint(alice, 1000 * UNIT);
        vm.warp(START + 1);
        vm.expectEmit(address(cash));
        emit ICashToken.ReserveBelowSupply(999 * UNIT, 1000 * UNIT);
        attest(999 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(ICashToken.ReserveExceeded.selector, 1000 * UNIT, 0, 999 * UNIT));
        mint(alice, 0);
        vm.prank(alice);
        cash.transfer(bob, 1000 * UNIT);
    }

    function test_Roles_AttestorNeverMintsEvenWhereRolesOverlap() public {
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.RoleConflict.selector, attestor, ATTESTOR, MINTER));
        cash.grantRole(MINTER, attestor);
        TokenTerms memory given = terms();
        given.rolesMayOverlap = true;
        CashToken loose = new CashToken(given);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.RoleConflict.selector, issuer, MINTER, ATTESTOR));
        loose.grantRole(ATTESTOR, issuer);
        assertEq(loose.MINTER(), loose.ISSUER(), "one role, two names");
    }

    function test_Allowance_IsSetByTheAdministratorAlone() public {
        expectNotAuthorized(issuer, 0);
        vm.prank(issuer);
        cash.setMinterAllowance(issuer, 1);
    }

    function test_Bind_AtDeploymentMakesTheTokenItsOwnEscrow() public {
        TokenTerms memory given = terms();
        given.policyId = policyId;
        address there = created(abi.encodePacked(type(CashToken).creationCode, abi.encode(given)));
        POLICIES.allowToken(policyId, there, true);
        CashToken other = new CashToken{salt: 0}(given);
        assertTrue(other.isEscrow(there), "in the token");
        assertTrue(POLICIES.isEscrow(there, there), "at the registry");
    }

    // --- Redemption -------------------------------------------------------------------------------------------------

    function request(address who, uint256 amount) private returns (uint256) {
        vm.prank(who);
        return cash.requestRedemption(amount, "account");
    }

    function test_Redemption_IsRequestedThenPaid() public {
        mint(alice, 1000 * UNIT);
        vm.expectEmit(address(cash));
        emit ICashToken.RedemptionRequested(1, alice, 300 * UNIT, "account");
        uint256 id = request(alice, 300 * UNIT);
        assertEq(cash.redemptionsOpen(), 300 * UNIT, "in escrow");
        assertEq(cash.balanceOf(alice), 700 * UNIT, "alice");
        assertEq(cash.totalSupply(), 1000 * UNIT, "supply");
        vm.expectEmit(address(cash));
        emit ICashToken.RedemptionPaid(1, alice, 300 * UNIT, "wire 1");
        vm.prank(issuer);
        cash.payRedemption(id, "wire 1");
        assertEq(cash.totalSupply(), 700 * UNIT, "supply");
        assertEq(cash.minted(), 1000 * UNIT, "minted");
        assertEq(cash.burned(), 300 * UNIT, "burned");
        ICashToken.Redemption memory done = cash.redemption(id);
        assertEq(done.holder, alice, "holder");
        assertEq(done.amount, 300 * UNIT, "amount");
        assertEq(uint8(done.state), uint8(ICashToken.RedemptionState.Paid), "state");
        assertEq(done.bankReference, "wire 1", "reference");
    }

    function test_Redemption_IsRequestedThenReturned() public {
        mint(alice, 1000 * UNIT);
        uint256 id = request(alice, 300 * UNIT);
        vm.expectEmit(address(cash));
        emit ICashToken.RedemptionReturned(1, alice, 300 * UNIT, "account closed");
        vm.prank(issuer);
        cash.returnRedemption(id, "account closed");
        assertEq(cash.balanceOf(alice), 1000 * UNIT, "alice");
        assertEq(cash.redemptionsOpen(), 0, "in escrow");
    }

    function test_Redemption_IsClosedOnceByTheMinter() public {
        mint(alice, 1000 * UNIT);
        uint256 id = request(alice, 300 * UNIT);
        expectNotAuthorized(alice, MINTER);
        vm.prank(alice);
        cash.payRedemption(id, "wire 1");
        expectNotAuthorized(alice, MINTER);
        vm.prank(alice);
        cash.returnRedemption(id, "mine");
        vm.prank(issuer);
        cash.payRedemption(id, "wire 1");
        vm.expectRevert(
            abi.encodeWithSelector(ICashToken.RedemptionNotOpen.selector, id, ICashToken.RedemptionState.Paid)
        );
        vm.prank(issuer);
        cash.returnRedemption(id, "again");
        vm.expectRevert(
            abi.encodeWithSelector(ICashToken.RedemptionNotOpen.selector, 77, ICashToken.RedemptionState.None)
        );
        vm.prank(issuer);
        cash.payRedemption(77, "wire 2");
    }

    function test_Redemption_OfALapsedHolderIsPaidAndOfASuspendedOneWaits() public {
        mint(alice, 1000 * UNIT);
        IDENTITIES.setExpiry("alice", uint64(block.timestamp));
        uint256 id = request(alice, 300 * UNIT);
        IDENTITIES.setState("alice", IIdentities.State.Suspended);
        expectRefused(205, alice, KNOWN, 0);
        request(alice, 300 * UNIT);
        expectRefused(206, alice, KNOWN, 0);
        vm.prank(issuer);
        cash.returnRedemption(id, "why");
        IDENTITIES.setState("alice", IIdentities.State.Active);
        vm.prank(issuer);
        cash.returnRedemption(id, "why");
        assertEq(cash.balanceOf(alice), 1000 * UNIT, "nothing is lost");
    }

    function test_Redemption_OfARecoveredWalletReturnsToItsSuccessor() public {
        mint(alice, 1000 * UNIT);
        uint256 id = request(alice, 300 * UNIT);
        IDENTITIES.recover(alice, alice2);
        vm.warp(block.timestamp + IDENTITIES.recoveryDelay());
        vm.prank(issuer);
        cash.returnRedemption(id, "account closed");
        assertEq(cash.balanceOf(alice2), 300 * UNIT, "successor");
    }

    function test_Redemption_RefusesMoreThanTheBalance() public {
        mint(alice, 1000 * UNIT);
        vm.expectRevert();
        request(alice, 1000 * UNIT + 1);
        vm.expectRevert();
        request(alice, type(uint256).max);
    }

    function test_Redemption_OfASuspendedHolderIsNotPaidEither() public {
        mint(alice, 1000 * UNIT);
        uint256 id = request(alice, 300 * UNIT);
        IDENTITIES.setState("alice", IIdentities.State.Suspended);
        expectRefused(206, alice, KNOWN, 0);
        vm.prank(issuer);
        cash.payRedemption(id, "wire 1");
        assertEq(cash.redemptionsOpen(), 300 * UNIT, "it waits, unlost");
        IDENTITIES.setState("alice", IIdentities.State.Active);
        vm.prank(issuer);
        cash.payRedemption(id, "wire 1");
        assertEq(cash.totalSupply(), 700 * UNIT, "paid");
    }

    function test_OwnEscrow_IsNeverDismissed() public {
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.OwnEscrow.selector));
        vm.prank(officer);
        cash.setEscrow(address(cash), false);
        mint(alice, UNIT);
        request(alice, UNIT);
    }

    // --- ERC-3009 ---------------------------------------------------------------------------------------------------

    bytes32 private constant TRANSFER_TYPE = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant RECEIVE_TYPE = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant CANCEL_TYPE = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");

    /// @dev 100 cash of `keyOne` to bob, valid in the minute around now.
    function signed(bytes32 kind, address from, bytes32 nonce) private returns (uint8 v, bytes32 r, bytes32 s) {
        if (IDENTITIES.identityOf(keyOne) == 0) {
            know("key one", keyOne, US, QUALIFIED);
            mint(keyOne, 1000 * UNIT);
        }
        bytes memory terms_ = kind == CANCEL_TYPE
            ? abi.encode(kind, from, nonce)
            : abi.encode(kind, from, bob, 100 * UNIT, START - 1, START + 60, nonce);
        return signAsKeyOne(keccak256(abi.encodePacked(hex"1901", cash.DOMAIN_SEPARATOR(), keccak256(terms_))));
    }

    function test_Authorization_MovesCashOnceForWhoeverSubmitsIt() public {
        (uint8 v, bytes32 r, bytes32 s) = signed(TRANSFER_TYPE, keyOne, "n1");
        vm.expectEmit(address(cash));
        emit IERC3009.AuthorizationUsed(keyOne, "n1");
        vm.prank(stranger);
        cash.transferWithAuthorization(keyOne, bob, 100 * UNIT, START - 1, START + 60, "n1", v, r, s);
        assertEq(cash.balanceOf(bob), 100 * UNIT, "bob");
        assertTrue(cash.authorizationState(keyOne, "n1"), "used");
        vm.expectRevert(abi.encodeWithSelector(IERC3009.AuthorizationSpent.selector, keyOne, bytes32("n1")));
        cash.transferWithAuthorization(keyOne, bob, 100 * UNIT, START - 1, START + 60, "n1", v, r, s);
    }

    function test_Authorization_OfAContractIsAskedByErc1271() public {
        SigningHolder holder = new SigningHolder();
        know("fund house", address(holder), US, QUALIFIED);
        mint(address(holder), 1000 * UNIT);
        bytes memory none = "";
        vm.expectRevert(abi.encodeWithSelector(IERC3009.AuthorizationNotSigned.selector, address(holder)));
        cash.transferWithAuthorization(address(holder), bob, 100 * UNIT, START - 1, START + 60, "n1", none);
        holder.agree();
        cash.transferWithAuthorization(address(holder), bob, 100 * UNIT, START - 1, START + 60, "n1", none);
        vm.prank(bob);
        cash.receiveWithAuthorization(address(holder), bob, 100 * UNIT, START - 1, START + 60, "n2", none);
        cash.cancelAuthorization(address(holder), "n3", none);
        assertEq(cash.balanceOf(bob), 200 * UNIT, "bob");
        assertTrue(cash.authorizationState(address(holder), "n3"), "cancelled");
    }

    function test_Authorization_IsValidAfterAndBefore() public {
        (uint8 v, bytes32 r, bytes32 s) = signed(TRANSFER_TYPE, keyOne, "n1");
        bytes4 bad = IERC3009.AuthorizationNotValid.selector;
        vm.warp(START - 1);
        vm.expectRevert(abi.encodeWithSelector(bad, START - 1, START + 60, START - 1));
        cash.transferWithAuthorization(keyOne, bob, 100 * UNIT, START - 1, START + 60, "n1", v, r, s);
        vm.warp(START + 60);
        vm.expectRevert(abi.encodeWithSelector(bad, START - 1, START + 60, START + 60));
        cash.transferWithAuthorization(keyOne, bob, 100 * UNIT, START - 1, START + 60, "n1", v, r, s);
        vm.warp(START + 59);
        cash.transferWithAuthorization(keyOne, bob, 100 * UNIT, START - 1, START + 60, "n1", v, r, s);
    }

    function test_Authorization_IsForExactlyItsTermsAndItsSigner() public {
        (uint8 v, bytes32 r, bytes32 s) = signed(TRANSFER_TYPE, keyOne, "n1");
        bytes4 bad = IERC3009.AuthorizationNotSigned.selector;
        vm.expectRevert(abi.encodeWithSelector(bad, keyOne));
        cash.transferWithAuthorization(keyOne, bob, 101 * UNIT, START - 1, START + 60, "n1", v, r, s);
        vm.expectRevert(abi.encodeWithSelector(bad, alice));
        cash.transferWithAuthorization(alice, bob, 100 * UNIT, START - 1, START + 60, "n1", v, r, s);
        vm.expectRevert(abi.encodeWithSelector(bad, keyOne));
        vm.prank(bob); // signed for anyone to submit, not to be received
        cash.receiveWithAuthorization(keyOne, bob, 100 * UNIT, START - 1, START + 60, "n1", v, r, s);
        vm.expectRevert(abi.encodeWithSelector(bad, address(0)));
        cash.transferWithAuthorization(address(0), bob, 0, START - 1, START + 60, "n1", 0, 0, 0);
    }

    function test_Authorization_ToReceiveIsSubmittedByThePayee() public {
        (uint8 v, bytes32 r, bytes32 s) = signed(RECEIVE_TYPE, keyOne, "n1");
        vm.expectRevert(abi.encodeWithSelector(IERC3009.NotPayee.selector, stranger, bob));
        vm.prank(stranger);
        cash.receiveWithAuthorization(keyOne, bob, 100 * UNIT, START - 1, START + 60, "n1", v, r, s);
        vm.prank(bob);
        cash.receiveWithAuthorization(keyOne, bob, 100 * UNIT, START - 1, START + 60, "n1", v, r, s);
        assertEq(cash.balanceOf(bob), 100 * UNIT, "bob");
    }

    function test_Authorization_IsCancelledByItsSigner() public {
        (uint8 v, bytes32 r, bytes32 s) = signed(CANCEL_TYPE, keyOne, "n1");
        vm.expectEmit(address(cash));
        emit IERC3009.AuthorizationCanceled(keyOne, "n1");
        cash.cancelAuthorization(keyOne, "n1", v, r, s);
        (v, r, s) = signed(TRANSFER_TYPE, keyOne, "n1");
        vm.expectRevert(abi.encodeWithSelector(IERC3009.AuthorizationSpent.selector, keyOne, bytes32("n1")));
        cash.transferWithAuthorization(keyOne, bob, 100 * UNIT, START - 1, START + 60, "n1", v, r, s);
    }

    function test_Authorization_IsJudgedAsATransferAndItsSubmitterAsASpender() public {
        (uint8 v, bytes32 r, bytes32 s) = signed(TRANSFER_TYPE, keyOne, "n1");
        IDENTITIES.setState("dave", IIdentities.State.Suspended);
        expectRefused(205, dave, KNOWN, 0);
        vm.prank(dave);
        cash.transferWithAuthorization(keyOne, bob, 100 * UNIT, START - 1, START + 60, "n1", v, r, s);
        IDENTITIES.setExpiry("bob", uint64(block.timestamp));
        expectRefused(204, bob, KNOWN, START);
        cash.transferWithAuthorization(keyOne, bob, 100 * UNIT, START - 1, START + 60, "n1", v, r, s);
        assertFalse(cash.authorizationState(keyOne, "n1"), "a refusal uses nothing up");
    }

    /// @dev Both contracts of the token write in one storage: neither's variables lie on the other's.
    function test_Storage_OfBothContractsIsApart() public {
        mint(alice, 1000 * UNIT);
        cash.setDocument("terms", "ipfs://a", "hash a");
        vm.startPrank(officer);
        cash.setFrozenTokens(alice, 5);
        cash.setAdmitted(address(new SigningHolder()), 3);
        vm.stopPrank();
        cash.setVault(address(this), address(cash));
        cash.setPredecessor(alice);
        ICashToken.Attestation memory last = cash.attestation();
        assertEq(last.reserve, RESERVE, "reserve");
        assertEq(last.documentHash, "report", "report");
        assertEq(cash.minted(), 1000 * UNIT, "minted");
        assertEq(cash.minterAllowance(issuer), type(uint256).max - 1000 * UNIT, "allowance");
        assertEq(cash.defaultAdmin(), address(this), "administrator");
        assertEq(cash.pendingDefaultAdmin(), address(0), "nobody is to be administrator");
        assertEq(cash.nonces(alice), 0, "nonce");
        assertEq(cash.vault(address(this)), address(cash), "vault");
        assertEq(cash.predecessor(), alice, "predecessor");
        assertEq(cash.getAllDocuments().length, 1, "documents");
    }

    // --- Invariants -------------------------------------------------------------------------------------------------

    /// @dev At each mint supply <= reserve and not stale; minted = burned + supply; escrowed = requested - closed.
    function testFuzz_Sequence_KeepsTheReserveAndTheSums(uint256 seed) public {
        uint256 requested;
        uint256 closed;
        uint256 ended;
        uint256 made;
        uint256 lastId;
        for (uint256 step = 0; step < 40; ++step) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 amount = bound(seed >> 64, 0, 1_000_000 * UNIT);
            uint256 kind = seed % 6;
            vm.warp(block.timestamp + ((seed >> 32) % (20 hours)));
            if (kind == 0) {
                vm.prank(attestor);
                try cash.attest(amount * 4, uint64(block.timestamp), "report") {} catch {}
            } else if (kind < 3) {
                uint256 before = cash.totalSupply();
                ICashToken.Attestation memory last = cash.attestation();
                vm.prank(issuer);
                try cash.mint(kind == 1 ? alice : bob, amount) {
                    made += amount;
                    assertTrue(before + amount <= last.reserve, "supply is within the reserve");
                    assertTrue(block.timestamp - last.asOf < 50 hours, "no mint while stale");
                } catch {
                    assertTrue(
                        before + amount > last.reserve || block.timestamp - last.asOf >= 50 hours,
                        "a mint is refused for the reserve alone"
                    );
                }
            } else if (kind == 3) {
                vm.prank(alice);
                try cash.requestRedemption(amount, "account") returns (uint256 id) {
                    requested += amount;
                    lastId = id;
                } catch {}
            } else {
                uint256 id = lastId == 0 ? 0 : 1 + (seed >> 128) % lastId;
                uint256 waiting = cash.redemption(id).amount;
                vm.prank(issuer);
                if (kind == 4) {
                    try cash.payRedemption(id, "wire") {
                        closed += waiting;
                        ended += waiting;
                    } catch {}
                } else {
                    try cash.returnRedemption(id, "why") {
                        closed += waiting;
                    } catch {}
                }
            }
        }
        assertEq(cash.minted(), made, "minted");
        assertEq(cash.burned(), ended, "burned");
        assertEq(cash.minted(), cash.burned() + cash.totalSupply(), "minted = burned + supply");
        assertEq(cash.redemptionsOpen(), requested - closed, "escrowed");
        assertEq(POLICIES.escrowed(address(cash)), requested - closed, "escrowed at the registry");
        assertEq(cash.totalSupply(), cash.balanceOf(alice) + cash.balanceOf(bob) + cash.redemptionsOpen(), "supply");
    }
}
