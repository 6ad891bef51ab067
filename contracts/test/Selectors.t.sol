// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC1404} from "../src/interfaces/IERC1404.sol";
import {IERC1643} from "../src/interfaces/IERC1643.sol";
import {IERC3009} from "../src/interfaces/IERC3009.sol";
import {IERC3643} from "../src/interfaces/IERC3643.sol";
import {IERC7540Deposit, IERC7540Operator, IERC7540Redeem} from "../src/interfaces/IERC7540.sol";
import {IERC7575} from "../src/interfaces/IERC7575.sol";
import {IERC7943Fungible} from "../src/interfaces/IERC7943.sol";
import {IRestrictedToken} from "../src/interfaces/IRestrictedToken.sol";
import {FundFixture} from "./FundFixture.sol";

/// @title Interface ids, selectors and errors are the published ones, as numbers
contract SelectorsTest is FundFixture {
    function same(bytes4 got, uint32 published, string memory what) private pure {
        assertEq(uint32(got), published, what);
    }

    function setUp() public override {
        super.setUp();
        share.setVault(address(cash), address(fund));
    }

    function test_InterfaceIds_AreThePublishedOnes() public pure {
        same(type(IERC20).interfaceId, 0x36372b07, "ERC-20");
        same(type(IERC20Metadata).interfaceId, 0xa219a025, "metadata");
        same(type(IERC20Permit).interfaceId, 0x9d8ff7da, "ERC-2612");
        same(type(IERC5267).interfaceId, 0x84b0196e, "ERC-5267");
        same(type(IERC7943Fungible).interfaceId, 0x3edbb4c4, "ERC-7943");
        same(type(IERC1404).interfaceId, 0xab84a5c8, "ERC-1404");
        same(type(IERC1643).interfaceId, 0xecfecec8, "ERC-1643");
        same(type(IERC7540Operator).interfaceId, 0xe3bc4e65, "ERC-7540 operator");
        same(type(IERC7540Deposit).interfaceId, 0xce3bbe50, "ERC-7540 deposit");
        same(type(IERC7540Redeem).interfaceId, 0x620ee8e4, "ERC-7540 redeem");
        same(type(IERC7575).interfaceId, 0x2f0a18c5, "ERC-7575 vault");
        same(IRestrictedToken.vault.selector, 0xf815c03d, "ERC-7575 share");
        same(type(IERC1271).interfaceId, 0x1626ba7e, "ERC-1271");
        same(type(IERC4626).interfaceId, 0x87dfe5a0, "ERC-4626 without ERC-20");
    }

    function test_SupportsInterface_SaysSoOfTokenCashAndFund() public view {
        uint32[11] memory tokens = [
            0x01ffc9a7, 0x36372b07, 0xa219a025, 0x9d8ff7da, 0x84b0196e, 0x3edbb4c4, 0xab84a5c8, 0xecfecec8, 0xb97d944c,
            0xf815c03d, 0x7965db0b
        ];
        for (uint256 i = 0; i < tokens.length; ++i) {
            assertTrue(share.supportsInterface(bytes4(tokens[i])), "share");
            assertTrue(cash.supportsInterface(bytes4(tokens[i])), "cash");
        }
        uint32[6] memory funds = [0x01ffc9a7, 0xe3bc4e65, 0xce3bbe50, 0x620ee8e4, 0x2f0a18c5, 0x7965db0b];
        for (uint256 i = 0; i < funds.length; ++i) {
            assertTrue(fund.supportsInterface(bytes4(funds[i])), "fund");
        }
        assertFalse(fund.supportsInterface(0xffffffff), "ERC-165's none");
        assertFalse(fund.supportsInterface(0x87dfe5a0), "no synchronous vault");
        assertEq(share.vault(address(cash)), address(fund), "ERC-7575: the vault of the share");
    }

    function test_Selectors_OfErc2612And5267And3009() public pure {
        same(IERC20Permit.permit.selector, 0xd505accf, "permit");
        same(IERC20Permit.nonces.selector, 0x7ecebe00, "nonces");
        same(IERC20Permit.DOMAIN_SEPARATOR.selector, 0x3644e515, "DOMAIN_SEPARATOR");
        same(IERC5267.eip712Domain.selector, 0x84b0196e, "eip712Domain");
        same(
            bytes4(
                keccak256(
                    "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
                )
            ),
            0xef55bec6,
            "receiveWithAuthorization"
        );
        same(IERC3009.authorizationState.selector, 0xe94a0102, "authorizationState");
        same(IRestrictedToken.ERC2612ExpiredSignature.selector, 0x62791302, "expired");
        same(IRestrictedToken.ERC2612InvalidSigner.selector, 0x4b800e46, "signer");
    }

    function test_Selectors_OfErc7943And1404And1643() public pure {
        same(bytes4(keccak256("forcedTransfer(address,address,uint256)")), 0x9fc1d0e7, "forcedTransfer");
        same(IERC7943Fungible.forcedTransfer.selector, 0x9fc1d0e7, "forcedTransfer");
        same(IERC7943Fungible.setFrozenTokens.selector, 0xebe45cba, "setFrozenTokens");
        same(IERC7943Fungible.canSend.selector, 0x2bc06a92, "canSend");
        same(IERC7943Fungible.canReceive.selector, 0x90d370ba, "canReceive");
        same(IERC7943Fungible.getFrozenTokens.selector, 0x158b1a57, "getFrozenTokens");
        same(IERC7943Fungible.canTransfer.selector, 0xe46638e6, "canTransfer");
        same(IERC7943Fungible.ERC7943CannotSend.selector, 0x45bae9e2, "CannotSend");
        same(IERC7943Fungible.ERC7943CannotReceive.selector, 0x705c1eed, "CannotReceive");
        same(IERC7943Fungible.ERC7943CannotTransfer.selector, 0x22dda4be, "CannotTransfer");
        same(IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector, 0x00384e71, "InsufficientUnfrozenBalance");
        same(IERC1404.detectTransferRestriction.selector, 0xd4ce1415, "detectTransferRestriction");
        same(IERC1404.messageForTransferRestriction.selector, 0x7f4ab1dd, "messageForTransferRestriction");
        same(IERC1643.getDocument.selector, 0xb10d6b41, "getDocument");
        same(IERC1643.setDocument.selector, 0x010648ca, "setDocument");
        same(IERC1643.removeDocument.selector, 0xc3501848, "removeDocument");
        same(IERC1643.getAllDocuments.selector, 0x9fa5f50b, "getAllDocuments");
        same(IERC20Errors.ERC20InsufficientBalance.selector, 0xe450d38c, "balance");
        same(IERC20Errors.ERC20InsufficientAllowance.selector, 0xfb8f41b2, "allowance");
        same(IERC20Errors.ERC20InvalidSender.selector, 0x96c6fd1e, "sender");
        same(IERC20Errors.ERC20InvalidReceiver.selector, 0xec442f05, "receiver");
        same(IERC20Errors.ERC20InvalidApprover.selector, 0xe602df05, "approver");
        same(IERC20Errors.ERC20InvalidSpender.selector, 0x94280d62, "spender");
    }

    function test_Selectors_OfErc3643() public pure {
        same(IERC3643.pause.selector, 0x8456cb59, "pause");
        same(IERC3643.unpause.selector, 0x3f4ba83a, "unpause");
        same(IERC3643.setAddressFrozen.selector, 0xc69c09cf, "setAddressFrozen");
        same(IERC3643.freezePartialTokens.selector, 0x125c4a33, "freezePartialTokens");
        same(IERC3643.unfreezePartialTokens.selector, 0x1fe56f7d, "unfreezePartialTokens");
        same(IERC3643.mint.selector, 0x40c10f19, "mint");
        same(IERC3643.burn.selector, 0x9dc29fac, "burn");
        same(IERC3643.recoveryAddress.selector, 0x9285948a, "recoveryAddress");
        same(IERC3643.isVerified.selector, 0xb9209e33, "isVerified");
        same(IERC3643.isAgent.selector, 0x1ffbb064, "isAgent");
        string[28] memory all = [
            "onchainID()",
            "version()",
            "identityRegistry()",
            "compliance()",
            "paused()",
            "isFrozen(address)",
            "getFrozenTokens(address)",
            "setName(string)",
            "setSymbol(string)",
            "setOnchainID(address)",
            "pause()",
            "unpause()",
            "setAddressFrozen(address,bool)",
            "freezePartialTokens(address,uint256)",
            "unfreezePartialTokens(address,uint256)",
            "setIdentityRegistry(address)",
            "setCompliance(address)",
            "forcedTransfer(address,address,uint256)",
            "mint(address,uint256)",
            "burn(address,uint256)",
            "recoveryAddress(address,address,address)",
            "batchTransfer(address[],uint256[])",
            "batchForcedTransfer(address[],address[],uint256[])",
            "batchMint(address[],uint256[])",
            "batchBurn(address[],uint256[])",
            "batchSetAddressFrozen(address[],bool[])",
            "batchFreezePartialTokens(address[],uint256[])",
            "batchUnfreezePartialTokens(address[],uint256[])"
        ];
        bytes4 id;
        for (uint256 i = 0; i < all.length; ++i) {
            id ^= bytes4(keccak256(bytes(all[i])));
        }
        same(id, 0xb97d944c, "XOR of the 28");
    }

    function test_Selectors_OfErc7540() public pure {
        same(IERC7540Deposit.requestDeposit.selector, 0x85b77f45, "requestDeposit");
        same(IERC7540Redeem.requestRedeem.selector, 0x7d41c86e, "requestRedeem");
        same(IERC7540Deposit.pendingDepositRequest.selector, 0x26c6f96c, "pendingDepositRequest");
        same(IERC7540Deposit.claimableDepositRequest.selector, 0x995ea21a, "claimableDepositRequest");
        same(IERC7540Redeem.pendingRedeemRequest.selector, 0xf5a23d8d, "pendingRedeemRequest");
        same(IERC7540Redeem.claimableRedeemRequest.selector, 0xeaed1d07, "claimableRedeemRequest");
        same(IERC7540Deposit.deposit.selector, 0x2e2d2984, "deposit");
        same(IERC7540Deposit.mint.selector, 0xda39b3e7, "mint");
        same(IERC7540Operator.setOperator.selector, 0x558a7297, "setOperator");
        same(IERC7540Operator.isOperator.selector, 0xb6363cf2, "isOperator");
    }

    function test_Topics_AreThePublishedOnes() public pure {
        assertEq(
            IERC7540Deposit.DepositRequest.selector,
            keccak256("DepositRequest(address,address,uint256,address,uint256)"),
            "DepositRequest"
        );
        assertEq(
            IERC7540Redeem.RedeemRequest.selector,
            keccak256("RedeemRequest(address,address,uint256,address,uint256)"),
            "RedeemRequest"
        );
        assertEq(IERC7540Operator.OperatorSet.selector, keccak256("OperatorSet(address,address,bool)"), "OperatorSet");
        assertEq(
            IERC7943Fungible.ForcedTransfer.selector,
            keccak256("ForcedTransfer(address,address,uint256)"),
            "ForcedTransfer"
        );
        assertEq(IERC7943Fungible.Frozen.selector, keccak256("Frozen(address,uint256)"), "Frozen");
        assertEq(
            IERC1643.DocumentUpdated.selector, keccak256("DocumentUpdated(bytes32,string,bytes32)"), "DocumentUpdated"
        );
        assertEq(
            IERC3643.AddressFrozen.selector, keccak256("AddressFrozen(address,bool,address)"), "AddressFrozen"
        );
        assertEq(
            IERC3009.AuthorizationUsed.selector, keccak256("AuthorizationUsed(address,bytes32)"), "AuthorizationUsed"
        );
    }
}
