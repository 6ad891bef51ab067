// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RestrictedToken} from "../src/RestrictedToken.sol";
import {IAccessRoles} from "../src/interfaces/IAccessRoles.sol";
import {IERC1643} from "../src/interfaces/IERC1643.sol";
import {IRestrictedToken, TokenTerms} from "../src/interfaces/IRestrictedToken.sol";
import {IDENTITIES, IIdentities} from "../src/native/IIdentities.sol";
import {IPolicies, POLICIES} from "../src/native/IPolicies.sol";
import {Documents} from "../src/token/Documents.sol";
import {World} from "./World.sol";

/// @title What a RestrictedToken shows to wallets and administrators: standards, roles, documents, batches
contract TokenSurfaceTest is World {
    RestrictedToken private token;

    bytes32 private constant ISSUER = keccak256("ISSUER");
    bytes32 private constant TRANSFER_AGENT = keccak256("TRANSFER_AGENT");
    bytes32 private constant COMPLIANCE = keccak256("COMPLIANCE");

    function setUp() public {
        openWorld();
        token = deployToken();
        vm.prank(issuer);
        token.issue(alice, 1000 * UNIT);
    }

    function expectNotAuthorized(address who, bytes32 role) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessRoles.NotAuthorized.selector, who, role));
    }

    function test_Token_SaysWhatItIs() public view {
        assertEq(token.name(), "Talea Treasury", "name");
        assertEq(token.symbol(), "TTB", "symbol");
        assertEq(token.decimals(), 6, "decimals");
        assertEq(token.version(), "1", "version");
        assertEq(token.cap(), CAP, "cap");
        assertEq(token.policyId(), policyId, "policy");
        assertTrue(token.counted(), "counted");
        assertEq(token.policies(), address(POLICIES), "policies");
        assertEq(token.identities(), address(IDENTITIES), "identities");
        assertEq(token.owner(), address(this), "owner");
        assertEq(token.onchainID(), address(0), "onchainID");
    }

    function test_SupportsInterface_NamesEveryStandard() public view {
        bytes4[11] memory ids = [
            bytes4(0x01ffc9a7), // ERC-165
            0x36372b07, // ERC-20
            0xa219a025, // its metadata
            0x9d8ff7da, // ERC-2612
            0x84b0196e, // ERC-5267
            0x3edbb4c4, // ERC-7943, fungible
            0xab84a5c8, // ERC-1404
            0xecfecec8, // ERC-1643
            0xb97d944c, // ERC-3643's token
            0x7965db0b, // AccessControl
            0xf815c03d // ERC-7575's share
        ];
        for (uint256 i = 0; i < ids.length; ++i) {
            assertTrue(token.supportsInterface(ids[i]), "a standard");
        }
        assertFalse(token.supportsInterface(0xffffffff), "none");
    }

    // --- ERC-7943 and ERC-1404 --------------------------------------------------------------------------------------

    function test_CanTransfer_AsksRulesAndFreezesButNotTheBalance() public {
        assertTrue(token.canTransfer(alice, bob, 100 * UNIT), "allowed");
        assertTrue(token.canTransfer(alice, bob, 1001 * UNIT), "a lack of balance is not a rule");
        assertFalse(token.canTransfer(alice, stranger, 100 * UNIT), "unknown");
        assertFalse(token.canTransfer(alice, bob, 951 * UNIT), "leaves less than the minimum");
        vm.prank(officer);
        token.setFrozenTokens(alice, 400 * UNIT);
        assertTrue(token.canTransfer(alice, bob, 600 * UNIT), "what is free");
        assertFalse(token.canTransfer(alice, bob, 601 * UNIT), "more than is free");
        assertFalse(token.canTransfer(alice, bob, 1001 * UNIT), "more than the balance, with a freeze");
        vm.prank(officer);
        token.pause();
        assertFalse(token.canTransfer(alice, bob, 100 * UNIT), "paused");
    }

    function test_CanSendAndCanReceive_AskOneSideAlone() public {
        assertTrue(token.canSend(alice), "alice sends");
        assertTrue(token.canReceive(bob), "bob receives");
        assertFalse(token.canSend(stranger), "unknown");
        assertFalse(token.canReceive(stranger), "unknown");
        assertFalse(token.canReceive(address(0)), "zero");
        IDENTITIES.setExpiry("bob", uint64(block.timestamp));
        assertFalse(token.canReceive(bob), "lapsed");
    }

    function restriction(address from, address to, uint256 amount, uint8 code, string memory words) private view {
        assertEq(token.detectTransferRestriction(from, to, amount), code, words);
        assertEq(token.messageForTransferRestriction(code), words, "words");
    }

    function test_Restriction_NamesTheFirstReason() public {
        restriction(alice, bob, 100 * UNIT, 0, "allowed");
        restriction(alice, address(0), 0, 2, "zero address");
        restriction(alice, bob, 1001 * UNIT, 3, "more than is free");
        restriction(stranger, bob, 0, 121, "sender unknown");
        restriction(alice, stranger, 100 * UNIT, 122, "receiver unknown");
        restriction(alice, bob, 1 * UNIT, 153, "receiver below the minimum");
        restriction(alice, bob, 999 * UNIT, 154, "sender left below the minimum");
        IDENTITIES.setCountry("bob", KP);
        restriction(alice, bob, 100 * UNIT, 132, "receiver's country");
        IDENTITIES.setCountry("bob", GB);
        IDENTITIES.setCategories("bob", 0);
        restriction(alice, bob, 100 * UNIT, 142, "receiver's category");
        IDENTITIES.setState("bob", IIdentities.State.Suspended);
        restriction(alice, bob, 100 * UNIT, 126, "receiver suspended");
        restriction(bob, alice, 0, 125, "sender suspended");
        vm.prank(officer);
        token.setAddressFrozen(alice, true);
        restriction(alice, carol, 100 * UNIT, 7, "address frozen");
        vm.prank(officer);
        token.pause();
        restriction(alice, carol, 100 * UNIT, 1, "paused");
        token.retire(address(new RestrictedToken(terms())));
        restriction(alice, carol, 100 * UNIT, 6, "token retired");
    }

    function test_RestrictionFrom_JudgesTheSpenderToo() public {
        IDENTITIES.setState("dave", IIdentities.State.Suspended);
        assertEq(token.detectTransferRestrictionFrom(dave, alice, bob, 100 * UNIT), 125, "suspended spender");
        assertEq(token.detectTransferRestrictionFrom(stranger, alice, bob, 100 * UNIT), 0, "a spender is no holder");
    }

    function test_RestrictionMessages_AreSaidForEveryCode() public view {
        for (uint256 code = 0; code < 256; ++code) {
            assertTrue(bytes(token.messageForTransferRestriction(uint8(code))).length > 0, "words");
        }
        assertEq(token.messageForTransferRestriction(124), "receiver's check lapsed", "204");
        assertEq(token.messageForTransferRestriction(129), "wallet retired", "209");
        assertEq(token.messageForTransferRestriction(151), "too many holders", "501");
        assertEq(token.messageForTransferRestriction(163), "closed now", "603");
        assertEq(token.messageForTransferRestriction(255), "refused", "no code");
    }

    // --- ERC-3643 ---------------------------------------------------------------------------------------------------

    function test_Facades_AnswerAsTheRegistriesDo() public view {
        assertEq(token.identityRegistry(), address(token), "identity registry");
        assertEq(token.compliance(), address(token), "compliance");
        assertTrue(token.isVerified(alice), "alice");
        assertFalse(token.isVerified(stranger), "stranger");
        assertTrue(token.contains(alice2), "second wallet");
        assertFalse(token.contains(stranger), "stranger");
        assertEq(token.investorCountry(bob), GB, "country");
        assertEq(token.investorCountry(stranger), 0, "no country");
        assertTrue(token.isAgent(issuer) && token.isAgent(agent) && token.isAgent(officer), "agents");
        assertFalse(token.isAgent(alice), "no agent");
    }

    function test_Setters_OfWhatTheChainKeepsAreNotSupported() public {
        string[7] memory calls = [
            "setName(string)",
            "setSymbol(string)",
            "setOnchainID(address)",
            "setIdentityRegistry(address)",
            "setCompliance(address)",
            "addAgent(address)",
            "removeAgent(address)"
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool done, bytes memory answer) = address(token).call(abi.encodeWithSignature(calls[i], address(this)));
            assertFalse(done, calls[i]);
            assertEq(bytes4(answer), IRestrictedToken.NotSupported.selector, calls[i]);
        }
    }

    function lists(address first, uint256 firstAmount, address second, uint256 secondAmount)
        private
        pure
        returns (address[] memory accounts, uint256[] memory amounts)
    {
        (accounts, amounts) = (new address[](2), new uint256[](2));
        (accounts[0], accounts[1], amounts[0], amounts[1]) = (first, second, firstAmount, secondAmount);
    }

    function test_Batches_DoWhatTheirSingleFormsDo() public {
        (address[] memory accounts, uint256[] memory amounts) = lists(bob, 100 * UNIT, carol, 200 * UNIT);
        vm.prank(issuer);
        token.batchMint(accounts, amounts);
        vm.prank(alice);
        token.batchTransfer(accounts, amounts);
        assertEq(token.balanceOf(bob), 200 * UNIT, "bob");
        assertEq(token.balanceOf(carol), 400 * UNIT, "carol");

        vm.prank(officer);
        token.batchFreezePartialTokens(accounts, amounts);
        assertEq(token.getFrozenTokens(carol), 200 * UNIT, "frozen");
        vm.prank(officer);
        token.batchUnfreezePartialTokens(accounts, amounts);
        assertEq(token.getFrozenTokens(carol), 0, "unfrozen");

        bool[] memory freeze = new bool[](2);
        freeze[1] = true;
        vm.prank(officer);
        token.batchSetAddressFrozen(accounts, freeze);
        assertFalse(token.isFrozen(bob), "bob");
        assertTrue(token.isFrozen(carol), "carol");

        address[] memory to = new address[](2);
        (to[0], to[1]) = (alice, bob);
        vm.prank(agent);
        token.batchForcedTransfer(accounts, to, amounts);
        assertEq(token.balanceOf(bob), 300 * UNIT, "bob gave 100 and got 200");
        vm.prank(agent);
        token.batchBurn(accounts, amounts);
        assertEq(token.totalSupply(), 1000 * UNIT, "supply");
    }

    function test_Batches_AreAllOrNothing() public {
        (address[] memory accounts, uint256[] memory amounts) = lists(bob, 100 * UNIT, stranger, 200 * UNIT);
        expectRefused(202, stranger, KNOWN, 0);
        vm.prank(alice);
        token.batchTransfer(accounts, amounts);
        assertEq(token.balanceOf(bob), 0, "bob");
    }

    function test_Batches_RefuseLongAndUnequalLists() public {
        address[] memory accounts = new address[](101);
        uint256[] memory amounts = new uint256[](101);
        for (uint256 i = 0; i < 101; ++i) {
            accounts[i] = bob;
        }
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.BatchTooLong.selector, 101, 100));
        vm.prank(alice);
        token.batchTransfer(accounts, amounts);
        (address[] memory two,) = lists(bob, 0, carol, 0);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.LengthMismatch.selector));
        vm.prank(alice);
        token.batchTransfer(two, amounts);
        assembly {
            mstore(accounts, 100)
            mstore(amounts, 100)
        }
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.LengthMismatch.selector));
        vm.prank(agent);
        token.batchForcedTransfer(accounts, two, amounts);
        vm.prank(alice);
        token.batchTransfer(accounts, amounts);
    }

    function test_Batches_NeedTheirRoles() public {
        (address[] memory accounts, uint256[] memory amounts) = lists(bob, UNIT, carol, UNIT);
        bool[] memory freeze = new bool[](2);
        expectNotAuthorized(alice, ISSUER);
        vm.prank(alice);
        token.batchMint(accounts, amounts);
        expectNotAuthorized(alice, TRANSFER_AGENT);
        vm.prank(alice);
        token.batchForcedTransfer(accounts, accounts, amounts);
        expectNotAuthorized(alice, TRANSFER_AGENT);
        vm.prank(alice);
        token.batchBurn(accounts, amounts);
        expectNotAuthorized(alice, COMPLIANCE);
        vm.prank(alice);
        token.batchSetAddressFrozen(accounts, freeze);
        expectNotAuthorized(alice, COMPLIANCE);
        vm.prank(alice);
        token.batchFreezePartialTokens(accounts, amounts);
        expectNotAuthorized(alice, COMPLIANCE);
        vm.prank(alice);
        token.batchUnfreezePartialTokens(accounts, amounts);
    }

    // --- Documents --------------------------------------------------------------------------------------------------

    function test_Documents_AreSetReplacedListedAndRemoved() public {
        token.setDocument("prospectus", "ipfs://a", "hash a");
        token.setDocument("terms", "ipfs://b", "hash b");
        vm.warp(block.timestamp + 5);
        vm.expectEmit(address(token));
        emit IERC1643.DocumentUpdated("prospectus", "ipfs://c", "hash c");
        token.setDocument("prospectus", "ipfs://c", "hash c");
        (string memory uri, bytes32 hash, uint256 modified) = token.getDocument("prospectus");
        assertEq(uri, "ipfs://c", "uri");
        assertEq(hash, "hash c", "hash");
        assertEq(modified, START + 5, "modified");
        assertEq(token.getAllDocuments().length, 2, "documents");

        vm.expectEmit(address(token));
        emit IERC1643.DocumentRemoved("prospectus", "ipfs://c", "hash c");
        token.removeDocument("prospectus");
        bytes32[] memory left = token.getAllDocuments();
        assertEq(left.length, 1, "documents");
        assertEq(left[0], "terms", "the other stays");
        token.removeDocument("terms");
        (uri, hash, modified) = token.getDocument("terms");
        assertEq(uri, "", "uri");
        assertEq(modified, 0, "modified");
    }

    function test_Documents_RefuseOthersEmptyNamesMissingOnesAndASeventeenth() public {
        expectNotAuthorized(issuer, 0);
        vm.prank(issuer);
        token.setDocument("prospectus", "", 0);
        expectNotAuthorized(issuer, 0);
        vm.prank(issuer);
        token.removeDocument("prospectus");
        vm.expectRevert(abi.encodeWithSelector(IERC1643.ERC1643InvalidName.selector));
        token.setDocument("", "", 0);
        vm.expectRevert(abi.encodeWithSelector(IERC1643.ERC1643MissingDocument.selector));
        token.removeDocument("prospectus");
        for (uint256 i = 1; i <= 16; ++i) {
            token.setDocument(bytes32(i), "", 0);
        }
        vm.expectRevert(abi.encodeWithSelector(Documents.TooManyDocuments.selector, 16));
        token.setDocument(bytes32(uint256(17)), "", 0);
        token.setDocument(bytes32(uint256(16)), "ipfs://replaced", 0);
    }

    // --- Administration ---------------------------------------------------------------------------------------------

    function test_Roles_AreHeldByOneAccountEachUnlessTheDeployerSaysSo() public {
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.RoleConflict.selector, issuer, ISSUER, TRANSFER_AGENT));
        token.grantRole(TRANSFER_AGENT, issuer);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.RoleConflict.selector, officer, COMPLIANCE, ISSUER));
        token.grantRole(ISSUER, officer);
        token.revokeRole(ISSUER, issuer);
        token.grantRole(TRANSFER_AGENT, issuer);

        TokenTerms memory given = terms();
        given.rolesMayOverlap = true;
        (given.issuer, given.transferAgent, given.compliance) = (dave, dave, dave);
        RestrictedToken loose = new RestrictedToken(given);
        assertTrue(loose.hasRole(COMPLIANCE, dave) && loose.hasRole(ISSUER, dave), "both");
    }

    function test_Roles_AreGrantedByTheAdministratorAlone() public {
        expectNotAuthorized(alice, 0);
        vm.prank(alice);
        token.grantRole(ISSUER, alice);
        expectNotAuthorized(alice, 0);
        vm.prank(alice);
        token.revokeRole(ISSUER, issuer);
        vm.prank(issuer);
        token.renounceRole(ISSUER, issuer);
        expectNotAuthorized(issuer, ISSUER);
        vm.prank(issuer);
        token.issue(alice, 1);
    }

    function test_Admin_IsHandedOverInTwoSteps() public {
        token.beginDefaultAdminTransfer(dave);
        assertEq(token.pendingDefaultAdmin(), dave, "offered");
        expectNotAuthorized(alice, 0);
        vm.prank(alice);
        token.acceptDefaultAdminTransfer();
        assertEq(token.defaultAdmin(), address(this), "not yet");
        vm.prank(dave);
        token.acceptDefaultAdminTransfer();
        assertEq(token.defaultAdmin(), dave, "accepted");
        expectNotAuthorized(address(this), 0);
        token.setCap(CAP);
        vm.prank(dave);
        token.setCap(CAP);
        expectNotAuthorized(dave, 0); // the offer is used up
        vm.prank(dave);
        token.acceptDefaultAdminTransfer();
    }

    function test_Admin_IsNeitherGrantedRevokedNorRenounced() public {
        bytes memory refused = abi.encodeWithSelector(IAccessRoles.AdminByHandoverOnly.selector);
        vm.expectRevert(refused);
        token.grantRole(0, dave);
        vm.expectRevert(refused);
        token.revokeRole(0, address(this));
        vm.expectRevert(refused);
        token.renounceRole(0, address(this));
        token.beginDefaultAdminTransfer(dave);
        token.beginDefaultAdminTransfer(address(0)); // taken back
        expectNotAuthorized(dave, 0);
        vm.prank(dave);
        token.acceptDefaultAdminTransfer();
        TokenTerms memory given = terms();
        given.admin = address(0);
        vm.expectRevert(abi.encodeWithSelector(IAccessRoles.ZeroAdmin.selector));
        new RestrictedToken(given);
    }

    function test_Cap_NeverFallsBelowTheSupply() public {
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.CapExceeded.selector, 1000 * UNIT, 0, 1000 * UNIT - 1));
        token.setCap(1000 * UNIT - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IRestrictedToken.CapExceeded.selector, 1000 * UNIT, 0, uint256(1) << 128)
        );
        token.setCap(uint256(1) << 128);
        token.setCap(1000 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(IRestrictedToken.CapExceeded.selector, 1000 * UNIT, 1, 1000 * UNIT));
        vm.prank(issuer);
        token.issue(alice, 1);
    }

    function test_Bind_HappensOnceAndNeedsThePolicysOwner() public {
        RestrictedToken other = new RestrictedToken(terms());
        vm.expectRevert(abi.encodeWithSelector(IPolicies.TokenNotAllowed.selector, policyId, address(other)));
        other.bindPolicy(policyId);
        POLICIES.allowToken(policyId, address(other), true);
        expectNotAuthorized(issuer, 0);
        vm.prank(issuer);
        other.bindPolicy(policyId);
        vm.expectEmit(address(other));
        emit IRestrictedToken.PolicyBound(policyId, true);
        other.bindPolicy(policyId);
        vm.expectRevert(abi.encodeWithSelector(IPolicies.AlreadyBound.selector, address(other), policyId));
        other.bindPolicy(policyId);
    }

    function test_Bind_AtDeploymentWhereTheTermsNameThePolicy() public {
        TokenTerms memory given = terms();
        given.policyId = policyId;
        address there = created(abi.encodePacked(type(RestrictedToken).creationCode, abi.encode(given)));
        vm.expectRevert(abi.encodeWithSelector(IPolicies.TokenNotAllowed.selector, policyId, there));
        new RestrictedToken{salt: 0}(given);
        POLICIES.allowToken(policyId, there, true);
        RestrictedToken other = new RestrictedToken{salt: 0}(given);
        assertEq(other.policyId(), policyId, "policy");
        vm.prank(issuer);
        other.issue(alice, 100 * UNIT);
    }

    function test_Bind_HoldersRuleNeedsACountedToken() public {
        TokenTerms memory given = terms();
        given.counted = false;
        RestrictedToken other = new RestrictedToken(given);
        POLICIES.allowToken(policyId, address(other), true);
        vm.expectRevert(abi.encodeWithSelector(IPolicies.NotCounted.selector, policyId));
        other.bindPolicy(policyId);
    }

    function test_Vault_IsNamedByTheAdministrator() public {
        expectNotAuthorized(issuer, 0);
        vm.prank(issuer);
        token.setVault(dave, bob);
        vm.expectEmit(address(token));
        emit IRestrictedToken.VaultUpdate(dave, bob);
        token.setVault(dave, bob);
        assertEq(token.vault(dave), bob, "vault");
        assertEq(token.vault(bob), address(0), "none");
    }

    function test_Deployment_RefusesNamesOver31Bytes() public {
        TokenTerms memory given = terms();
        given.name = "A name of thirty-two bytes, sir!";
        vm.expectRevert();
        new RestrictedToken(given);
    }
}
