// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {RestrictedToken} from "../src/RestrictedToken.sol";
import {IAccessRoles} from "../src/interfaces/IAccessRoles.sol";
import {IERC3643} from "../src/interfaces/IERC3643.sol";
import {IERC7943Fungible} from "../src/interfaces/IERC7943.sol";
import {IRestrictedToken, TokenTerms} from "../src/interfaces/IRestrictedToken.sol";
import {IDENTITIES, IIdentities} from "../src/native/IIdentities.sol";
import {IPolicies, POLICIES} from "../src/native/IPolicies.sol";
import {TestEscrow} from "./TestEscrow.sol";
import {World} from "./World.sol";

/// @title Moving units: who may, who may not, and why (DOMAIN §1, rows A1 and A2)
contract RestrictedTokenTest is World {
    RestrictedToken private token;
    TestEscrow private escrow;

    bytes32 private constant ISSUER = keccak256("ISSUER");
    bytes32 private constant TRANSFER_AGENT = keccak256("TRANSFER_AGENT");
    bytes32 private constant COMPLIANCE = keccak256("COMPLIANCE");

    function setUp() public {
        openWorld();
        token = deployToken();
        escrow = new TestEscrow(token);
        vm.prank(officer);
        token.setEscrow(address(escrow), true);
    }

    function issue(address to, uint256 amount) private {
        vm.prank(issuer);
        token.issue(to, amount);
    }

    function send(address from, address to, uint256 amount) private {
        vm.prank(from);
        token.transfer(to, amount);
    }

    function expectNotAuthorized(address who, bytes32 role) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessRoles.NotAuthorized.selector, who, role));
    }

    // --- A1: issuance -----------------------------------------------------------------------------------------------

    function test_Issue_RefusesWhoIsNotIssuer() public {
        expectNotAuthorized(alice, ISSUER);
        vm.prank(alice);
        token.issue(alice, UNIT);
        expectNotAuthorized(address(this), ISSUER);
        token.mint(alice, UNIT);
    }

    function test_Issue_RefusesAnUnknownWallet() public {
        expectRefused(202, stranger, KNOWN, 0);
        issue(stranger, UNIT);
    }

    function test_Issue_RefusesOneAtomAboveTheCap() public {
        uint256 amount = 5_000_000 * UNIT + 1; // 5,000,000.000001
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.CapExceeded.selector, 0, amount, CAP));
        issue(alice, amount);
    }

    function test_Issue_ReachesTheCapAndNotBeyond() public {
        issue(alice, 3_000_000 * UNIT);
        issue(bob, 2_000_000 * UNIT);
        assertEq(token.totalSupply(), CAP, "supply");
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.CapExceeded.selector, CAP, 1, CAP));
        issue(bob, 1);
    }

    function test_Issue_MakesUnitsAndOneHolder() public {
        vm.expectEmit(address(token));
        emit IERC20.Transfer(address(0), alice, 250_000 * UNIT);
        issue(alice, 250_000 * UNIT);
        assertEq(token.totalSupply(), 250_000_000_000, "supply 250,000.000000");
        assertEq(token.balanceOf(alice), 250_000_000_000, "alice");
        assertEq(POLICIES.holders(address(token)), 1, "holders");
        assertEq(POLICIES.unitsOf(address(token), "alice"), 250_000_000_000, "units of the identity");
    }

    function test_Issue_RefusesTheZeroAddress() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        issue(address(0), UNIT);
    }

    function testFuzz_Issue_NeverExceedsTheCap(uint256 first, uint256 second) public {
        first = bound(first, 50 * UNIT, 3_000_000 * UNIT);
        issue(alice, first);
        uint256 left = CAP - first;
        if (second > left) {
            vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.CapExceeded.selector, first, second, CAP));
        } else if (second > 3_000_000 * UNIT) {
            expectRefused(502, bob, HOLDERS, 3_000_000 * UNIT);
        } else if (second != 0 && second < 50 * UNIT) {
            expectRefused(503, bob, HOLDERS, 50 * UNIT);
        }
        issue(bob, second);
        assertTrue(token.totalSupply() <= CAP, "supply is at most the cap");
    }

    // --- A2: transfer -----------------------------------------------------------------------------------------------

    function test_Transfer_Moves100FromAliceToBob() public {
        issue(alice, 250_000 * UNIT);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, bob, 100 * UNIT);
        send(alice, bob, 100 * UNIT);
        assertEq(token.balanceOf(alice), 249_900 * UNIT, "alice");
        assertEq(token.balanceOf(bob), 100 * UNIT, "bob");
        assertEq(POLICIES.holders(address(token)), 2, "holders");
    }

    function test_Transfer_RefusesAWalletNobodyKnows() public {
        issue(alice, 1000 * UNIT);
        expectRefused(202, stranger, KNOWN, 0);
        send(alice, stranger, 100 * UNIT);
    }

    function test_Transfer_RefusesAnUnknownSenderEvenOfNothing() public {
        expectRefused(201, stranger, KNOWN, 0);
        send(stranger, alice, 0);
    }

    function test_Transfer_RefusesADeniedCountry() public {
        issue(alice, 1000 * UNIT);
        address kim = account("kim");
        know("kim", kim, KP, QUALIFIED);
        expectRefused(302, kim, COUNTRIES, KP);
        send(alice, kim, 100 * UNIT);
        IDENTITIES.setCountry("kim", IR);
        expectRefused(302, kim, COUNTRIES, IR);
        send(alice, kim, 100 * UNIT);
    }

    function test_Transfer_RefusesACountryThatIsNotSet() public {
        issue(alice, 1000 * UNIT);
        address nowhere = account("nowhere");
        know("nowhere", nowhere, 0, QUALIFIED);
        expectRefused(302, nowhere, COUNTRIES, 0);
        send(alice, nowhere, 100 * UNIT);
    }

    function test_Transfer_RefusesASenderOfADeniedCountry() public {
        issue(alice, 1000 * UNIT);
        IDENTITIES.setCountry("alice", KP);
        expectRefused(301, alice, COUNTRIES, KP);
        send(alice, bob, 100 * UNIT);
    }

    function test_Transfer_RefusesWhoIsNotQualified() public {
        issue(alice, 1000 * UNIT);
        address erin = account("erin");
        know("erin", erin, US, 2);
        expectRefused(402, erin, CATEGORIES, QUALIFIED);
        send(alice, erin, 100 * UNIT);
        IDENTITIES.setCategories("alice", 0);
        expectRefused(401, alice, CATEGORIES, QUALIFIED);
        send(alice, bob, 100 * UNIT);
    }

    function test_Transfer_RefusesAFourthHolder() public {
        issue(alice, 1000 * UNIT);
        send(alice, bob, 100 * UNIT);
        send(alice, carol, 100 * UNIT);
        expectRefused(501, dave, HOLDERS, 3);
        send(alice, dave, 100 * UNIT);
        // Whoever leaves makes room.
        send(bob, dave, 100 * UNIT);
        assertEq(POLICIES.holders(address(token)), 3, "holders");
    }

    function test_Transfer_BetweenOneHoldersWalletsAtTheMaximumMovesNoCounter() public {
        issue(alice, 3_000_000 * UNIT);
        send(alice, alice2, 1_234_567_890);
        assertEq(token.balanceOf(alice2), 1_234_567_890, "second wallet");
        assertEq(POLICIES.unitsOf(address(token), "alice"), 3_000_000 * UNIT, "units of the identity");
        assertEq(POLICIES.holders(address(token)), 1, "holders");
        issue(bob, 100 * UNIT);
        expectRefused(502, alice2, HOLDERS, 3_000_000 * UNIT);
        send(bob, alice2, 100 * UNIT);
    }

    function test_Transfer_RefusesToLeaveLessThanTheMinimumBehind() public {
        issue(alice, 1000 * UNIT);
        expectRefused(504, alice, HOLDERS, 50 * UNIT);
        send(alice, bob, 950 * UNIT + 1); // leaves 49.999999
        send(alice, bob, 950 * UNIT); // leaves 50
        send(alice, bob, 50 * UNIT); // leaves 0
        assertEq(token.balanceOf(alice), 0, "alice");
        assertEq(POLICIES.holders(address(token)), 1, "holders");
    }

    function test_Transfer_RefusesToGiveLessThanTheMinimum() public {
        issue(alice, 1000 * UNIT);
        expectRefused(503, bob, HOLDERS, 50 * UNIT);
        send(alice, bob, 50 * UNIT - 1);
    }

    function test_Transfer_RefusesALapsedReceiver() public {
        issue(alice, 1000 * UNIT);
        IDENTITIES.setExpiry("bob", uint64(block.timestamp));
        expectRefused(204, bob, KNOWN, START);
        send(alice, bob, 100 * UNIT);
        IDENTITIES.setExpiry("bob", uint64(block.timestamp + 1));
        send(alice, bob, 100 * UNIT);
    }

    function test_Lapsed_MayNotTransferButRedeemsAndIsPaid() public {
        issue(alice, 1000 * UNIT);
        vm.warp(CHECKED_UNTIL);
        IDENTITIES.setExpiry("bob", CHECKED_UNTIL + 1);
        expectRefused(203, alice, KNOWN, CHECKED_UNTIL);
        send(alice, bob, 100 * UNIT);
        escrow.take(alice, 300 * UNIT);
        assertEq(token.balanceOf(address(escrow)), 300 * UNIT, "in escrow");
        escrow.giveBack(alice, 300 * UNIT);
        assertEq(token.balanceOf(alice), 1000 * UNIT, "paid back");
        vm.prank(alice);
        token.approve(issuer, 400 * UNIT);
        vm.prank(issuer);
        token.redeem(alice, 400 * UNIT);
        assertEq(token.balanceOf(alice), 600 * UNIT, "redeemed");
    }

    function test_Suspended_MovesNothingAndLosesNothing() public {
        issue(alice, 1000 * UNIT);
        issue(bob, 1000 * UNIT);
        escrow.take(alice, 100 * UNIT);
        IDENTITIES.setState("alice", IIdentities.State.Suspended);
        expectRefused(205, alice, KNOWN, 0);
        send(alice, bob, 100 * UNIT);
        expectRefused(206, alice, KNOWN, 0);
        send(bob, alice, 100 * UNIT);
        expectRefused(205, alice, KNOWN, 0);
        escrow.take(alice, 100 * UNIT);
        expectRefused(206, alice, KNOWN, 0);
        escrow.giveBack(alice, 100 * UNIT);
        expectRefused(206, alice, KNOWN, 0);
        issue(alice, 100 * UNIT);
        IDENTITIES.setState("alice", IIdentities.State.Active);
        escrow.giveBack(alice, 100 * UNIT);
        assertEq(token.balanceOf(alice), 1000 * UNIT, "nothing is lost");
    }

    function test_Closed_MovesNothingButByForce() public {
        issue(alice, 1000 * UNIT);
        IDENTITIES.setState("alice", IIdentities.State.Closed);
        expectRefused(207, alice, KNOWN, 0);
        send(alice, bob, 100 * UNIT);
        vm.prank(agent);
        token.forcedTransfer(alice, bob, 1000 * UNIT, "estate");
        assertEq(token.balanceOf(bob), 1000 * UNIT, "bob");
        expectRefused(208, alice, KNOWN, 0);
        send(bob, alice, 100 * UNIT);
    }

    function test_Transfer_RefusesMoreThanTheBalance() public {
        issue(alice, 1000 * UNIT);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, alice, 1000 * UNIT, 1000 * UNIT + 1)
        );
        send(alice, bob, 1000 * UNIT + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientBalance.selector, alice, 1000 * UNIT, type(uint256).max
            )
        );
        send(alice, bob, type(uint256).max);
    }

    function test_Transfer_RefusesMoreThanIsFree() public {
        issue(alice, 1000 * UNIT);
        vm.prank(officer);
        token.setFrozenTokens(alice, 400 * UNIT);
        assertEq(token.freeOf(alice), 600 * UNIT, "free");
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector, alice, 600 * UNIT + 1, 600 * UNIT
            )
        );
        send(alice, bob, 600 * UNIT + 1);
        send(alice, bob, 600 * UNIT);
        assertEq(token.balanceOf(alice), 400 * UNIT, "what is frozen stays");
    }

    function test_Transfer_OfNothingObeysTheRulesAndMovesNoCounter() public {
        issue(alice, 1000 * UNIT);
        send(alice, bob, 0);
        assertEq(POLICIES.holders(address(token)), 1, "holders");
        expectRefused(202, stranger, KNOWN, 0);
        send(alice, stranger, 0);
    }

    function test_Transfer_ToOneselfIsJudgedAndMovesNothing() public {
        issue(alice, 1000 * UNIT);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, alice, 1000 * UNIT);
        send(alice, alice, 1000 * UNIT);
        assertEq(token.balanceOf(alice), 1000 * UNIT, "balance");
        assertEq(token.totalSupply(), 1000 * UNIT, "supply");
        IDENTITIES.setState("alice", IIdentities.State.Suspended);
        expectRefused(205, alice, KNOWN, 0);
        send(alice, alice, 1);
    }

    function test_Transfer_RefusesTheZeroAddress() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        send(alice, address(0), 0);
    }

    function test_Transfer_RefusesAnUnboundToken() public {
        RestrictedToken unbound = new RestrictedToken(terms());
        vm.expectRevert(abi.encodeWithSelector(IPolicies.NotBound.selector, address(unbound)));
        vm.prank(issuer);
        unbound.issue(alice, UNIT);
        assertFalse(unbound.canReceive(alice), "nobody can receive");
        assertFalse(unbound.canSend(alice), "nobody can send");
        assertFalse(unbound.canTransfer(alice, bob, 0), "nothing can be transferred");
    }

    function testFuzz_Transfer_SucceedsExactlyWhenPreviewAllows(uint256 held, uint256 frozen, uint256 amount) public {
        held = bound(held, 50 * UNIT, 3_000_000 * UNIT);
        amount = bound(amount, 0, held + UNIT);
        issue(alice, held);
        vm.prank(officer);
        token.setFrozenTokens(alice, bound(frozen, 0, held * 2));
        uint8 code = token.detectTransferRestriction(alice, bob, amount);
        vm.prank(alice);
        try token.transfer(bob, amount) {
            assertEq(code, 0, "a transfer that works has no restriction");
            assertEq(token.balanceOf(alice) + token.balanceOf(bob), held, "nothing is lost");
        } catch {
            assertTrue(code != 0, "a transfer that fails has one");
        }
    }

    // --- Allowance, permit ------------------------------------------------------------------------------------------

    function test_TransferFrom_UsesTheAllowanceUp() public {
        issue(alice, 1000 * UNIT);
        vm.prank(alice);
        token.approve(stranger, 100 * UNIT);
        vm.prank(stranger);
        token.transferFrom(alice, bob, 60 * UNIT);
        assertEq(token.allowance(alice, stranger), 40 * UNIT, "left");
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, stranger, 40 * UNIT, 40 * UNIT + 1)
        );
        vm.prank(stranger);
        token.transferFrom(alice, bob, 40 * UNIT + 1);
    }

    function test_TransferFrom_LeavesTheLargestAllowance() public {
        issue(alice, 1000 * UNIT);
        vm.prank(alice);
        token.approve(bob, type(uint256).max);
        vm.prank(bob);
        token.transferFrom(alice, bob, 100 * UNIT);
        assertEq(token.allowance(alice, bob), type(uint256).max, "left");
    }

    function test_TransferFrom_RefusesASuspendedSpender() public {
        issue(alice, 1000 * UNIT);
        vm.prank(alice);
        token.approve(dave, 100 * UNIT);
        IDENTITIES.setState("dave", IIdentities.State.Suspended);
        expectRefused(205, dave, KNOWN, 0);
        vm.prank(dave);
        token.transferFrom(alice, bob, 100 * UNIT);
        IDENTITIES.setState("dave", IIdentities.State.Closed);
        expectRefused(207, dave, KNOWN, 0);
        vm.prank(dave);
        token.transferFrom(alice, bob, 100 * UNIT);
    }

    function test_Approve_RefusesTheZeroAddress() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidSpender.selector, address(0)));
        token.approve(address(0), 1);
    }

    function permitDigest(address spender, uint256 value, uint256 nonce, uint256 deadline)
        private
        view
        returns (bytes32)
    {
        bytes32 hash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                keyOne,
                spender,
                value,
                nonce,
                deadline
            )
        );
        return keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), hash));
    }

    function test_Permit_ApprovesWhatItsOwnerSigned() public {
        uint256 deadline = block.timestamp;
        (uint8 v, bytes32 r, bytes32 s) = signAsKeyOne(permitDigest(bob, 5 * UNIT, 0, deadline));
        vm.prank(stranger);
        token.permit(keyOne, bob, 5 * UNIT, deadline, v, r, s);
        assertEq(token.allowance(keyOne, bob), 5 * UNIT, "allowance");
        assertEq(token.nonces(keyOne), 1, "nonce");
        // The nonce is used: the same signature is another message's now.
        vm.expectRevert();
        token.permit(keyOne, bob, 5 * UNIT, deadline, v, r, s);
    }

    function test_Permit_RefusesAfterItsDeadline() public {
        uint256 deadline = block.timestamp;
        (uint8 v, bytes32 r, bytes32 s) = signAsKeyOne(permitDigest(bob, 5 * UNIT, 0, deadline));
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.ERC2612ExpiredSignature.selector, deadline));
        token.permit(keyOne, bob, 5 * UNIT, deadline, v, r, s);
    }

    function test_Permit_RefusesOtherTermsThanSigned() public {
        (uint8 v, bytes32 r, bytes32 s) = signAsKeyOne(permitDigest(bob, 5 * UNIT, 0, block.timestamp));
        vm.expectRevert();
        token.permit(keyOne, bob, 6 * UNIT, block.timestamp, v, r, s);
        vm.expectRevert();
        token.permit(alice, bob, 5 * UNIT, block.timestamp, v, r, s);
        // The signer that no signature has.
        vm.expectRevert();
        token.permit(address(0), bob, 5 * UNIT, block.timestamp, 0, 0, 0);
    }

    function test_Permit_RefusesASuspendedSubmitter() public {
        (uint8 v, bytes32 r, bytes32 s) = signAsKeyOne(permitDigest(bob, 5 * UNIT, 0, block.timestamp));
        IDENTITIES.setState("dave", IIdentities.State.Suspended);
        expectRefused(205, dave, KNOWN, 0);
        vm.prank(dave);
        token.permit(keyOne, bob, 5 * UNIT, block.timestamp, v, r, s);
    }

    function test_Domain_SaysNameVersionChainAndContract() public view {
        (bytes1 fields, string memory name, string memory version, uint256 chainId, address verifier,,) =
            token.eip712Domain();
        assertEq(uint8(fields), 0x0f, "fields");
        assertEq(name, "Talea Treasury", "name");
        assertEq(version, "1", "version");
        assertEq(chainId, block.chainid, "chain");
        assertEq(verifier, address(token), "contract");
    }

    // --- Escrows ----------------------------------------------------------------------------------------------------

    function test_Escrow_IsNoHolderAndItsUnitsStandInOneCounter() public {
        issue(alice, 1000 * UNIT);
        escrow.take(alice, 1000 * UNIT);
        assertEq(POLICIES.holders(address(token)), 0, "holders");
        assertEq(POLICIES.escrowed(address(token)), 1000 * UNIT, "escrowed");
        assertEq(POLICIES.putInto(address(token), address(escrow), "alice"), 1000 * UNIT, "put in");
        escrow.giveBack(alice, 1000 * UNIT);
        assertEq(POLICIES.holders(address(token)), 1, "holders");
        assertEq(POLICIES.escrowed(address(token)), 0, "escrowed");
    }

    function test_Escrow_TakesNewUnitsDeliversAndEndsThem() public {
        issue(address(escrow), 1000 * UNIT);
        escrow.deliver(bob, 400 * UNIT);
        assertEq(token.balanceOf(bob), 400 * UNIT, "delivered");
        escrow.end(600 * UNIT);
        assertEq(token.totalSupply(), 400 * UNIT, "supply");
        issue(address(escrow), 100 * UNIT);
        expectRefused(202, stranger, KNOWN, 0);
        escrow.deliver(stranger, 100 * UNIT);
    }

    function test_Escrow_RefusesPlainTransfers() public {
        issue(alice, 1000 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.EscrowOnly.selector, address(escrow)));
        send(alice, address(escrow), 100 * UNIT);
        escrow.take(alice, 100 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.EscrowOnly.selector, address(escrow)));
        escrow.transfer(alice, 100 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.EscrowOnly.selector, address(escrow)));
        vm.prank(agent);
        token.forcedTransfer(address(escrow), bob, 100 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.EscrowOnly.selector, address(escrow)));
        vm.prank(agent);
        token.burn(address(escrow), 100 * UNIT);
    }

    function test_Escrow_RefusesToTakeFromOrGiveToAnotherEscrow() public {
        TestEscrow other = new TestEscrow(token);
        vm.prank(officer);
        token.setEscrow(address(other), true);
        issue(alice, 1000 * UNIT);
        escrow.take(alice, 100 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.EscrowOnly.selector, address(escrow)));
        other.take(address(escrow), 100 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.EscrowOnly.selector, address(other)));
        escrow.deliver(address(other), 100 * UNIT);
    }

    function test_Escrow_RefusesWhoIsNone() public {
        TestEscrow other = new TestEscrow(token);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.NotEscrow.selector, address(other)));
        other.take(alice, 1);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.NotEscrow.selector, address(other)));
        other.giveBack(alice, 1);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.NotEscrow.selector, address(other)));
        other.end(1);
    }

    function test_Escrow_PaysOutByIssueOrReturnAlone() public {
        issue(alice, 1000 * UNIT);
        escrow.take(alice, 100 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.InvalidOperation.selector, 1));
        escrow.payOut(alice, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        escrow.giveBack(address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidSender.selector, address(0)));
        escrow.take(address(0), 0);
    }

    function test_Escrow_IsAdmittedAndDismissedAtZeroByCompliance() public {
        expectNotAuthorized(address(this), COMPLIANCE);
        token.setEscrow(address(escrow), false);
        issue(alice, 1000 * UNIT);
        escrow.take(alice, 100 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.EscrowNotEmpty.selector, address(escrow), 100 * UNIT));
        vm.prank(officer);
        token.setEscrow(address(escrow), false);
        escrow.giveBack(alice, 100 * UNIT);
        vm.prank(officer);
        token.setEscrow(address(escrow), false);
        assertFalse(token.isEscrow(address(escrow)), "dismissed");
        assertFalse(POLICIES.isEscrow(address(token), address(escrow)), "dismissed at the registry");
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.NotContract.selector, stranger));
        vm.prank(officer);
        token.setEscrow(stranger, true);
    }

    function test_Return_BeyondWhatWasPutInAsksTheRulesThatNameIt() public {
        issue(alice, 1000 * UNIT);
        escrow.take(alice, 1000 * UNIT);
        IDENTITIES.setCountry("bob", KP);
        expectRefused(302, bob, COUNTRIES, KP);
        escrow.giveBack(bob, 100 * UNIT);
        IDENTITIES.setCountry("alice", KP);
        escrow.giveBack(alice, 1000 * UNIT);
        assertEq(token.balanceOf(alice), 1000 * UNIT, "her own come back whatever her country");
    }

    function test_Redeem_NeedsIssuerAndAllowance() public {
        issue(alice, 1000 * UNIT);
        expectNotAuthorized(agent, ISSUER);
        vm.prank(agent);
        token.redeem(alice, 100 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, issuer, 0, 100 * UNIT));
        vm.prank(issuer);
        token.redeem(alice, 100 * UNIT);
    }

    // --- Force ------------------------------------------------------------------------------------------------------

    function test_Force_TakesFreeThenFrozenUnitsAndSaysWhy() public {
        issue(alice, 1000 * UNIT);
        vm.prank(officer);
        token.setFrozenTokens(alice, 800 * UNIT);
        vm.expectEmit(address(token));
        emit IERC7943Fungible.Frozen(alice, 500 * UNIT);
        vm.expectEmit(address(token));
        emit IERC3643.TokensUnfrozen(alice, 300 * UNIT);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, bob, 500 * UNIT);
        vm.expectEmit(address(token));
        emit IERC7943Fungible.ForcedTransfer(alice, bob, 500 * UNIT);
        vm.expectEmit(address(token));
        emit IRestrictedToken.ForceReason(alice, bob, 500 * UNIT, "court order");
        vm.prank(agent);
        token.forcedTransfer(alice, bob, 500 * UNIT, "court order");
        assertEq(token.getFrozenTokens(alice), 500 * UNIT, "frozen");
        assertEq(token.freeOf(alice), 0, "free");
        assertEq(token.balanceOf(bob), 500 * UNIT, "bob");
    }

    function test_Force_LeavesTheFreezeWhereFreeUnitsDo() public {
        issue(alice, 1000 * UNIT);
        vm.prank(officer);
        token.setFrozenTokens(alice, 800 * UNIT);
        vm.prank(agent);
        token.forcedTransfer(alice, bob, 200 * UNIT);
        assertEq(token.getFrozenTokens(alice), 800 * UNIT, "frozen");
    }

    function test_Force_ReachesFrozenAddressesThroughAFullPause() public {
        issue(alice, 1000 * UNIT);
        vm.prank(officer);
        token.setAddressFrozen(alice, true);
        vm.prank(officer);
        token.setPause(IRestrictedToken.Pause.All);
        vm.prank(agent);
        token.forcedTransfer(alice, bob, 1000 * UNIT);
        assertEq(token.balanceOf(bob), 1000 * UNIT, "bob");
    }

    function test_Force_CountsButObeysNoLimit() public {
        issue(alice, 3_000_000 * UNIT);
        issue(bob, 100 * UNIT);
        vm.prank(agent);
        token.forcedTransfer(bob, alice2, 100 * UNIT);
        assertEq(POLICIES.unitsOf(address(token), "alice"), 3_000_100 * UNIT, "above the maximum");
        assertEq(POLICIES.holders(address(token)), 1, "holders");
    }

    function test_Force_RefusesWhoIsNotTransferAgentUnknownReceiversAndOneself() public {
        issue(alice, 1000 * UNIT);
        expectNotAuthorized(issuer, TRANSFER_AGENT);
        vm.prank(issuer);
        token.forcedTransfer(alice, bob, 1);
        expectNotAuthorized(issuer, TRANSFER_AGENT);
        vm.prank(issuer);
        token.forcedTransfer(alice, bob, 1, "why");
        expectNotAuthorized(issuer, TRANSFER_AGENT);
        vm.prank(issuer);
        token.burn(alice, 1);
        expectRefused(202, stranger, KNOWN, 0);
        vm.prank(agent);
        token.forcedTransfer(alice, stranger, 1);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.SameAccount.selector, alice));
        vm.prank(agent);
        token.forcedTransfer(alice, alice, 1);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidSender.selector, address(0)));
        vm.prank(agent);
        token.forcedTransfer(address(0), bob, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, alice, 1000 * UNIT, 1001 * UNIT)
        );
        vm.prank(agent);
        token.forcedTransfer(alice, bob, 1001 * UNIT);
    }

    function test_Burn_EndsFrozenUnitsToo() public {
        issue(alice, 1000 * UNIT);
        vm.prank(officer);
        token.setFrozenTokens(alice, 5000 * UNIT); // more than the balance
        vm.expectEmit(address(token));
        emit IERC7943Fungible.Frozen(alice, 4700 * UNIT);
        vm.prank(agent);
        token.burn(alice, 300 * UNIT, "error in issue");
        assertEq(token.totalSupply(), 700 * UNIT, "supply");
        assertEq(POLICIES.unitsOf(address(token), "alice"), 700 * UNIT, "units of the identity");
        assertEq(token.freeOf(alice), 0, "free");
    }

    // --- Recovery ---------------------------------------------------------------------------------------------------

    function test_Recover_MovesBalanceAndFreezesAndNoCounter() public {
        issue(alice, 1000 * UNIT);
        vm.prank(officer);
        token.setFrozenTokens(alice, 400 * UNIT);
        vm.prank(officer);
        token.setAddressFrozen(alice, true);
        vm.prank(officer);
        token.setFrozenTokens(alice2, 50 * UNIT);
        IDENTITIES.recover(alice, alice2);
        if (IDENTITIES.recoveryDelay() != 0) {
            vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.NotRecovered.selector, alice));
            token.recover(alice);
        }
        vm.warp(block.timestamp + IDENTITIES.recoveryDelay());
        vm.expectEmit(address(token));
        emit IRestrictedToken.Recovered(alice, alice2, 1000 * UNIT, 400 * UNIT);
        vm.prank(stranger);
        token.recover(alice);
        assertEq(token.balanceOf(alice), 0, "lost wallet");
        assertEq(token.balanceOf(alice2), 1000 * UNIT, "successor");
        assertEq(token.getFrozenTokens(alice2), 450 * UNIT, "frozen");
        assertEq(token.getFrozenTokens(alice), 0, "nothing is frozen any more in the lost wallet");
        assertTrue(token.isFrozen(alice2), "the address freeze follows");
        assertEq(POLICIES.unitsOf(address(token), "alice"), 1000 * UNIT, "units of the identity");
        token.recover(alice); // idempotent
        assertEq(token.balanceOf(alice2), 1000 * UNIT, "successor");
    }

    function test_Recover_BlocksTheLostWalletAtOnce() public {
        issue(alice, 1000 * UNIT);
        IDENTITIES.recover(alice, alice2);
        expectRefused(209, alice, KNOWN, 0);
        send(alice, bob, 100 * UNIT);
        issue(bob, 100 * UNIT);
        expectRefused(209, alice, KNOWN, 0);
        send(bob, alice, 100 * UNIT);
    }

    function test_Recover_GoesOnThroughAPauseAndAnEndedToken() public {
        issue(alice, 1000 * UNIT);
        IDENTITIES.recover(alice, alice2);
        vm.warp(block.timestamp + IDENTITIES.recoveryDelay());
        token.retire(address(new RestrictedToken(terms())));
        assertTrue(token.recoveryAddress(alice, alice2, address(0)), "ERC-3643's form");
        assertEq(token.balanceOf(alice2), 1000 * UNIT, "successor");
    }

    function test_Recover_RefusesAWalletThatIsNotLost() public {
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.NotRecovered.selector, bob));
        token.recover(bob);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.NotRecovered.selector, alice));
        token.recoveryAddress(alice, alice2, address(0));
    }

    // --- Freezing, pause, end ---------------------------------------------------------------------------------------

    function test_AddressFreeze_StopsBothSides() public {
        issue(alice, 1000 * UNIT);
        issue(bob, 1000 * UNIT);
        escrow.take(alice, 100 * UNIT);
        vm.expectEmit(address(token));
        emit IERC3643.AddressFrozen(alice, true, officer);
        vm.prank(officer);
        token.setAddressFrozen(alice, true);
        vm.expectRevert(abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotSend.selector, alice));
        send(alice, bob, 100 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, alice));
        send(bob, alice, 100 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, alice));
        issue(alice, 100 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotSend.selector, alice));
        escrow.take(alice, 100 * UNIT);
        escrow.giveBack(alice, 100 * UNIT); // what is hers comes back
        assertEq(token.balanceOf(alice), 1000 * UNIT, "alice");
        assertFalse(token.canSend(alice), "cannot send");
        assertFalse(token.canReceive(alice), "cannot receive");
        vm.prank(officer);
        token.setAddressFrozen(alice, false);
        send(alice, bob, 100 * UNIT);
    }

    function test_AddressFreeze_RefusesTheZeroAddressSoThatIssuingGoesOn() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        vm.prank(officer);
        token.setAddressFrozen(address(0), true);
        vm.prank(officer);
        token.setFrozenTokens(address(0), UNIT);
        issue(alice, 100 * UNIT);
    }

    function test_Freeze_AbsoluteAndByDifferenceAreOneFact() public {
        issue(alice, 1000 * UNIT);
        vm.prank(officer);
        token.freezePartialTokens(alice, 300 * UNIT);
        vm.prank(officer);
        token.unfreezePartialTokens(alice, 100 * UNIT);
        assertEq(token.getFrozenTokens(alice), 200 * UNIT, "frozen");
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector, alice, 801 * UNIT, 800 * UNIT
            )
        );
        vm.prank(officer);
        token.freezePartialTokens(alice, 801 * UNIT);
        vm.expectRevert(
            abi.encodeWithSelector(IRestrictedToken.InsufficientFrozen.selector, alice, 200 * UNIT, 201 * UNIT)
        );
        vm.prank(officer);
        token.unfreezePartialTokens(alice, 201 * UNIT);
        vm.prank(officer);
        token.setFrozenTokens(alice, type(uint256).max);
        assertEq(token.freeOf(alice), 0, "free");
        vm.prank(officer);
        token.setFrozenTokens(alice, 0);
        send(alice, bob, 1000 * UNIT);
    }

    function test_Freeze_NeedsCompliance() public {
        expectNotAuthorized(agent, COMPLIANCE);
        vm.prank(agent);
        token.setFrozenTokens(alice, 1);
        expectNotAuthorized(agent, COMPLIANCE);
        vm.prank(agent);
        token.freezePartialTokens(alice, 1);
        expectNotAuthorized(agent, COMPLIANCE);
        vm.prank(agent);
        token.unfreezePartialTokens(alice, 1);
        expectNotAuthorized(agent, COMPLIANCE);
        vm.prank(agent);
        token.setAddressFrozen(alice, true);
        expectNotAuthorized(agent, COMPLIANCE);
        vm.prank(agent);
        token.pause();
        expectNotAuthorized(agent, COMPLIANCE);
        vm.prank(agent);
        token.unpause();
        expectNotAuthorized(agent, COMPLIANCE);
        vm.prank(agent);
        token.setPause(IRestrictedToken.Pause.All);
    }

    function expectPaused(IRestrictedToken.Pause level) private {
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.TokenPaused.selector, level));
    }

    function test_Pause_OfTransfersLeavesIssuingAndRedeeming() public {
        issue(alice, 1000 * UNIT);
        vm.prank(officer);
        token.pause();
        assertTrue(token.paused(), "paused");
        expectPaused(IRestrictedToken.Pause.Transfers);
        send(alice, bob, 100 * UNIT);
        issue(alice, 100 * UNIT);
        escrow.take(alice, 100 * UNIT);
        escrow.giveBack(alice, 100 * UNIT);
        vm.prank(officer);
        token.unpause();
        send(alice, bob, 100 * UNIT);
    }

    function test_Pause_OfAllLeavesReturning() public {
        issue(alice, 1000 * UNIT);
        escrow.take(alice, 100 * UNIT);
        vm.prank(officer);
        token.setPause(IRestrictedToken.Pause.All);
        expectPaused(IRestrictedToken.Pause.All);
        send(alice, bob, 100 * UNIT);
        expectPaused(IRestrictedToken.Pause.All);
        issue(alice, 100 * UNIT);
        expectPaused(IRestrictedToken.Pause.All);
        escrow.take(alice, 100 * UNIT);
        escrow.giveBack(alice, 100 * UNIT);
        assertEq(token.balanceOf(alice), 1000 * UNIT, "alice");
    }

    function test_Retire_EndsTheTokenForEver() public {
        issue(alice, 1000 * UNIT);
        escrow.take(alice, 100 * UNIT);
        address successor = address(new RestrictedToken(terms()));
        expectNotAuthorized(officer, 0);
        vm.prank(officer);
        token.retire(successor);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.InvalidPause.selector, IRestrictedToken.Pause.Retired));
        vm.prank(officer);
        token.setPause(IRestrictedToken.Pause.Retired);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.NotContract.selector, stranger));
        token.retire(stranger);
        token.retire(successor);
        assertEq(token.successor(), successor, "successor");
        bytes memory retired = abi.encodeWithSelector(IRestrictedToken.TokenRetired.selector, successor);
        vm.expectRevert(retired);
        send(alice, bob, 100 * UNIT);
        vm.expectRevert(retired);
        issue(alice, 100 * UNIT);
        vm.expectRevert(retired);
        escrow.take(alice, 100 * UNIT);
        vm.expectRevert(retired);
        vm.prank(officer);
        token.unpause();
        vm.expectRevert(retired);
        token.retire(successor);
        escrow.giveBack(alice, 100 * UNIT);
        vm.prank(agent);
        token.burn(alice, 1000 * UNIT); // how holders are carried over
        assertEq(token.totalSupply(), 0, "supply");
    }

    // --- Invariants -------------------------------------------------------------------------------------------------

    /// @dev Any sequence of movements keeps the sums: balances, supply, units by identity, escrowed, holders.
    function testFuzz_Sequence_KeepsTheSums(uint256 seed) public {
        address[5] memory wallets = [alice, alice2, bob, carol, dave];
        for (uint256 step = 0; step < 40; ++step) {
            seed = uint256(keccak256(abi.encode(seed)));
            address from = wallets[seed % 5];
            address to = wallets[(seed >> 8) % 5];
            uint256 amount = bound(seed >> 64, 0, 2000 * UNIT);
            uint256 kind = (seed >> 16) % 9;
            vm.warp(block.timestamp + ((seed >> 24) % 2));
            if (kind < 2) {
                vm.prank(issuer);
                try token.issue(to, amount) {} catch {}
            } else if (kind < 5) {
                bool allowed = token.detectTransferRestriction(from, to, amount) == 0;
                vm.prank(from);
                try token.transfer(to, amount) {
                    assertTrue(allowed, "what works was not restricted");
                } catch {
                    assertFalse(allowed, "what fails was restricted");
                }
            } else if (kind == 5) {
                try escrow.take(from, amount) {} catch {}
            } else if (kind == 6) {
                try escrow.giveBack(to, amount) {} catch {}
            } else if (kind == 7) {
                vm.prank(agent);
                try token.forcedTransfer(from, to, amount) {} catch {}
            } else {
                vm.prank(officer);
                token.setFrozenTokens(from, amount);
            }
        }
        uint256 units = token.balanceOf(alice) + token.balanceOf(alice2);
        assertEq(POLICIES.unitsOf(address(token), "alice"), units, "alice's wallets");
        uint256 holders = units == 0 ? 0 : 1;
        bytes32[3] memory ids = [bytes32("bob"), "carol", "dave"];
        for (uint256 i = 0; i < 3; ++i) {
            uint256 held = token.balanceOf(wallets[i + 2]);
            assertEq(POLICIES.unitsOf(address(token), ids[i]), held, "units of an identity");
            units += held;
            if (held != 0) ++holders;
        }
        uint256 escrowed = token.balanceOf(address(escrow));
        assertEq(POLICIES.escrowed(address(token)), escrowed, "escrowed");
        assertEq(token.totalSupply(), units + escrowed, "supply");
        assertEq(POLICIES.holders(address(token)), holders, "holders");
        for (uint256 i = 0; i < 5; ++i) {
            assertTrue(token.freeOf(wallets[i]) <= token.balanceOf(wallets[i]), "free is part of the balance");
        }
    }
}
