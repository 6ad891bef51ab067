// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CashToken} from "../src/CashToken.sol";
import {RestrictedToken} from "../src/RestrictedToken.sol";
import {Powers} from "../src/interfaces/IEncumbrances.sol";
import {IRestrictedToken} from "../src/interfaces/IRestrictedToken.sol";
import {FundFixture} from "./FundFixture.sol";
import {TestEscrow} from "./TestEscrow.sol";
import {World} from "./World.sol";

/// @title What each operation of the tokens costs, everything cold, under kinds 2 to 5 (`gas.txt`, tests/gas.sh)
/// @notice One operation a test: the figure is its gas and the test's own call, without the transaction's 21,000 and its
/// data. alice, bob and the escrow hold units, carol none.
contract GasTokenTest is World {
    RestrictedToken private token;
    RestrictedToken private next;
    RestrictedToken private retired;
    CashToken private cash;
    TestEscrow private escrow;
    address private vault;
    address[] private list;
    uint256[] private amounts;
    bytes private signature;
    uint256 private id;

    function setUp() public {
        openWorld();
        know("key one", keyOne, US, QUALIFIED);
        (token, retired, next, cash) = (deployToken(), deployToken(), deployToken(), deployCash());
        (escrow, vault) = (new TestEscrow(token), address(new TestEscrow(token)));
        vm.startPrank(officer);
        token.setEscrow(address(escrow), true);
        token.setAdmitted(vault, Powers.PLEDGE | Powers.SETTLE);
        vm.stopPrank();
        vm.startPrank(issuer);
        token.issue(alice, 10_000 * UNIT);
        token.issue(bob, 10_000 * UNIT);
        retired.issue(alice, 1000 * UNIT);
        vm.stopPrank();
        retired.retire(address(next));
        next.setPredecessor(address(retired));
        vm.startPrank(alice);
        token.approve(vault, 1000 * UNIT);
        token.approve(bob, 1000 * UNIT);
        token.approve(issuer, 1000 * UNIT);
        vm.stopPrank();
        escrow.take(alice, 1000 * UNIT);
        vm.prank(bob);
        token.approve(vault, 1000 * UNIT);
        vm.startPrank(vault);
        token.pledge(bob, alice, 500 * UNIT);
        token.lock(bob, 300 * UNIT, uint64(START + 60), 1);
        vm.stopPrank();
        for (uint256 i = 0; i < 10; ++i) {
            list.push(bob);
            amounts.push(UNIT);
        }
        cash.grantRole(cash.ATTESTOR(), dave);
        cash.setMinterAllowance(issuer, type(uint128).max);
        vm.prank(dave);
        cash.attest(1_000_000 * UNIT, uint64(START - 1), "report");
        vm.startPrank(issuer);
        cash.mint(alice, 1000 * UNIT);
        cash.mint(keyOne, 1000 * UNIT);
        cash.mint(bob, 1000 * UNIT);
        vm.stopPrank();
        vm.prank(alice);
        id = cash.requestRedemption(100 * UNIT, "account");
        bytes32 kind = keccak256(
            "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        bytes32 terms_ = keccak256(abi.encode(kind, keyOne, bob, UNIT, START - 1, START + 60, bytes32("n")));
        (uint8 v, bytes32 r, bytes32 s) =
            signAsKeyOne(keccak256(abi.encodePacked(hex"1901", cash.DOMAIN_SEPARATOR(), terms_)));
        signature = abi.encodePacked(r, s, v);
    }

    /// @dev The mined transaction has 21,000 and at most 68 bytes of 16 gas more.
    function test_Transfer_BetweenTwoHolders() public {
        vm.prank(alice);
        uint256 before = gasleft();
        token.transfer(bob, 100 * UNIT);
        assertTrue(before - gasleft() + 21_000 + 68 * 16 <= 85_000, "at most 85,000");
    }

    function test_Transfer_ToANewHolder() public {
        vm.prank(alice);
        token.transfer(carol, 100 * UNIT);
    }

    function test_TransferFrom() public {
        vm.prank(bob);
        token.transferFrom(alice, bob, 100 * UNIT);
    }

    function test_BatchTransfer_OfTen() public {
        vm.prank(alice);
        token.batchTransfer(list, amounts);
    }

    function test_Approve() public {
        vm.prank(alice);
        token.approve(carol, 100 * UNIT);
    }

    function test_Issue_ToAHolder() public {
        vm.prank(issuer);
        token.issue(alice, 100 * UNIT);
    }

    function test_Redeem() public {
        vm.prank(issuer);
        token.redeem(alice, 100 * UNIT);
    }

    function test_EscrowIn() public {
        escrow.take(alice, 100 * UNIT);
    }

    function test_EscrowOut_Return() public {
        escrow.giveBack(alice, 100 * UNIT);
    }

    function test_EscrowBurn() public {
        escrow.end(100 * UNIT);
    }

    function test_ForcedTransfer() public {
        vm.prank(agent);
        token.forcedTransfer(alice, bob, 100 * UNIT, "order");
    }

    function test_ForcedTransfer_OfPledgedUnits() public {
        vm.prank(agent);
        token.forcedTransfer(bob, alice, 9500 * UNIT, "order");
    }

    function test_Burn() public {
        vm.prank(agent);
        token.burn(alice, 100 * UNIT);
    }

    function test_SetFrozenTokens() public {
        vm.prank(officer);
        token.setFrozenTokens(alice, 100 * UNIT);
    }

    function test_SetAddressFrozen() public {
        vm.prank(officer);
        token.setAddressFrozen(alice, true);
    }

    function test_SetPause() public {
        vm.prank(officer);
        token.setPause(IRestrictedToken.Pause.All);
    }

    function test_Pledge() public {
        vm.prank(vault);
        token.pledge(alice, bob, 100 * UNIT);
    }

    function test_ReleasePledge() public {
        vm.prank(vault);
        token.releasePledge(bob, 100 * UNIT);
    }

    function test_Seize() public {
        vm.prank(vault);
        token.seize(bob, alice, 100 * UNIT);
    }

    function test_Lock() public {
        vm.prank(vault);
        token.lock(alice, 100 * UNIT, uint64(START + 60), 2);
    }

    function test_Unlock() public {
        vm.prank(vault);
        token.unlock(bob, 1);
    }

    function test_Transfer_OfWhatIsFreeBesidesAPledgeAndALock() public {
        vm.prank(bob);
        token.transfer(alice, 100 * UNIT);
    }

    function test_Migrate_OneHolder() public {
        address[] memory holders = new address[](1);
        holders[0] = alice;
        vm.prank(agent);
        retired.migrate(holders);
    }

    function test_DetectTransferRestriction() public view {
        token.detectTransferRestriction(alice, bob, 100 * UNIT);
    }

    function test_SetDocument() public {
        token.setDocument("terms", "ipfs://a", "hash");
    }

    function test_Cash_Transfer() public {
        vm.prank(alice);
        cash.transfer(bob, 100 * UNIT);
    }

    function test_Cash_TransferWithAuthorization() public {
        cash.transferWithAuthorization(keyOne, bob, UNIT, START - 1, START + 60, "n", signature);
    }

    function test_Cash_Attest() public {
        vm.prank(dave);
        cash.attest(1_000_000 * UNIT, uint64(START), "report");
    }

    function test_Cash_Mint() public {
        vm.prank(issuer);
        cash.mint(alice, 100 * UNIT);
    }

    function test_Cash_RequestRedemption() public {
        vm.prank(alice);
        cash.requestRedemption(100 * UNIT, "account");
    }

    function test_Cash_PayRedemption() public {
        vm.prank(issuer);
        cash.payRedemption(id, "wire");
    }

    function test_Cash_ReturnRedemption() public {
        vm.prank(issuer);
        cash.returnRedemption(id, "closed");
    }
}

/// @title The same of the fund and the calendar
/// @notice Friday is struck: alice's units and bob's are claimable. On Monday alice redeems and bob subscribes.
contract GasFundTest is FundFixture {
    function setUp() public override {
        super.setUp();
        subscribe(alice, 1_000_000 * UNIT);
        subscribe(bob, 1_000_000 * UNIT);
        publishAndStrike(FRIDAY, NAV_10121);
        vm.prank(alice);
        fund.deposit(1_000_000 * UNIT, alice);
        vm.warp(MONDAY_START);
        askToRedeem(alice, 1000 * UNIT);
        subscribe(bob, 1000 * UNIT);
    }

    function toMondaysCutOff() private {
        vm.warp(MONDAY_CUT_OFF);
    }

    function test_RequestDeposit() public {
        vm.prank(carol);
        fund.requestDeposit(1000 * UNIT, carol, carol);
    }

    function test_RequestRedeem() public {
        vm.prank(alice);
        fund.requestRedeem(1000 * UNIT, alice, alice);
    }

    function test_Cancel() public {
        vm.prank(bob);
        fund.cancel(SUBSCRIPTION, MONDAY, bob);
    }

    function test_Reject() public {
        vm.prank(transferAgent);
        fund.reject(SUBSCRIPTION, MONDAY, bob, "why");
    }

    function test_Reassign() public {
        vm.prank(transferAgent);
        fund.reassign(SUBSCRIPTION, MONDAY, bob, carol, "why");
    }

    function test_Deposit() public {
        vm.prank(bob);
        fund.deposit(1_000_000 * UNIT, bob, bob);
    }

    function test_Collect() public {
        fund.collect(FRIDAY);
    }

    function test_PublishNav() public {
        toMondaysCutOff();
        vm.prank(navAgent);
        fund.publishNav(MONDAY, NAV_10123, uint40(MONDAY_CUT_OFF), "portfolio");
    }

    function test_PublishNavAndStrike() public {
        toMondaysCutOff();
        vm.prank(navAgent);
        fund.publishNav(MONDAY, NAV_10123, uint40(MONDAY_CUT_OFF), "portfolio");
        vm.prank(transferAgent);
        fund.strike(MONDAY);
    }

    function test_Quote() public view {
        fund.quoteDeposit(1000 * UNIT);
    }

    function test_Calendar_CloseDay() public {
        calendar.closeDay(TUESDAY, 3, "storm");
    }

    function test_Calendar_DealingDay() public view {
        calendar.dealingDay(3, MONDAY_CUT_OFF, 960);
    }
}
