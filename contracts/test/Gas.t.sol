// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CashToken} from "../src/CashToken.sol";
import {CustodyAccount} from "../src/CustodyAccount.sol";
import {Distribution} from "../src/Distribution.sol";
import {RestrictedToken} from "../src/RestrictedToken.sol";
import {Settlement} from "../src/Settlement.sol";
import {CollateralTerms} from "../src/interfaces/ICollateralVault.sol";
import {DistributionTerms} from "../src/interfaces/IDistribution.sol";
import {Powers} from "../src/interfaces/IEncumbrances.sol";
import {IRestrictedToken} from "../src/interfaces/IRestrictedToken.sol";
import {DropRule, InstructionTerms, Leg, NettingTerms, Trade} from "../src/interfaces/ISettlement.sol";
import {CollateralFixture} from "./CollateralFixture.sol";
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

/// @title The same of the vault and the price book
/// @notice Monday, ten days after the fixture's Friday: an agreement in each state, each of 200,000 units or less.
contract GasVaultTest is CollateralFixture {
    uint256 private constant NEXT_FRIDAY = FRIDAY + 7;

    uint256 private draft;
    uint256 private active;
    uint256 private called;
    uint256 private disputed;
    uint256 private overdue;
    uint256 private defaulted;
    uint256 private closing;
    uint256 private inFund;
    uint256 private closed;

    function setUp() public override {
        super.setUp();
        vm.startPrank(alice);
        share.approve(address(vault), type(uint256).max);
        cash.approve(address(vault), type(uint256).max);
        bitcoin.approve(address(vault), type(uint256).max);
        vm.stopPrank();
        vm.prank(carol);
        cash.approve(address(vault), type(uint256).max);
        bitcoin.mint(alice, 10e8);
        (overdue, defaulted, closing, inFund, closed) = (opened(), opened(), opened(), opened(), opened());
        toTheCloseOuts();
        toMonday();
        price(address(bitcoin), NEXT_FRIDAY, 9_125_050_000_000);
        vm.prank(bob);
        draft = vault.agree(lively(), schedule(), buyers());
        active = open(lively(), schedule());
        expose(active, 100_000 * UNIT);
        vm.prank(alice);
        vault.post(active, address(share), uint128(200_000 * UNIT));
        (called, disputed) = (opened(), opened());
        vm.prank(alice);
        vault.dispute(disputed, uint128(100_000 * UNIT), EVIDENCE);
    }

    function lively() private view returns (CollateralTerms memory t) {
        t = collateralTerms();
        (t.minimumTransfer, t.rounding) = (uint128(1_000 * UNIT), uint128(100 * UNIT));
    }

    /// @dev 200,000 units and 10,000 of cash against 1,800,000, and a call.
    function opened() private returns (uint256 id) {
        id = open(lively(), schedule());
        expose(id, 1_800_000 * UNIT);
        vm.startPrank(alice);
        vault.post(id, address(share), uint128(200_000 * UNIT));
        vault.post(id, address(cash), uint128(10_000 * UNIT));
        vm.stopPrank();
        vm.prank(bob);
        vault.call(id);
    }

    function toTheCloseOuts() private {
        vm.warp(TUESDAY_FIVE + 1 days);
        uint256[4] memory all = [defaulted, closing, inFund, closed];
        vm.startPrank(bob);
        for (uint256 i = 0; i < 4; ++i) {
            vault.declareDefault(all[i], EVIDENCE);
            if (i > 0) vault.closeOut(all[i], uint128(1_000 * UNIT), EVIDENCE);
        }
        vault.redeemInFund(inFund, address(share), uint128(100_000 * UNIT));
        vault.takeCash(closed, uint128(10_000 * UNIT));
        vault.endCloseOut(closed);
        vm.stopPrank();
    }

    function toMonday() private {
        publishAndStrike(NEXT_FRIDAY, NAV_10123);
        fundAndWait(NEXT_FRIDAY);
    }

    function test_Vault_Agree() public {
        vm.prank(bob);
        vault.agree(lively(), schedule(), buyers());
    }

    function test_Vault_Accept() public {
        vm.prank(alice);
        vault.accept(draft);
    }

    function test_Vault_Terminate() public {
        vm.prank(bob);
        vault.terminate(active);
    }

    function test_Vault_StateExposure() public {
        expose(active, 110_000 * UNIT);
    }

    function test_Vault_Post_InPlace() public {
        vm.prank(alice);
        vault.post(active, address(share), uint128(1_000 * UNIT));
    }

    function test_Vault_Post_ToTheVault() public {
        vm.prank(alice);
        vault.post(active, address(bitcoin), 1e8);
    }

    function test_Vault_Release() public {
        vm.prank(alice);
        vault.release(active, address(share), uint128(100_000 * UNIT));
    }

    function test_Vault_Substitute() public {
        vm.prank(alice);
        vault.substitute(active, address(cash), uint128(110_000 * UNIT), address(share), uint128(100_000 * UNIT));
    }

    function test_Vault_Call() public {
        expose(active, 1_800_000 * UNIT);
        vm.prank(bob);
        vault.call(active);
    }

    function test_Vault_Dispute() public {
        vm.prank(alice);
        vault.dispute(called, uint128(100_000 * UNIT), EVIDENCE);
    }

    function test_Vault_Decide() public {
        vm.prank(arbiter);
        vault.decide(disputed, uint128(50_000 * UNIT), EVIDENCE);
    }

    function test_Vault_DeclareDefault() public {
        vm.prank(bob);
        vault.declareDefault(overdue, EVIDENCE);
    }

    function test_Vault_CloseOut() public {
        vm.prank(bob);
        vault.closeOut(defaulted, uint128(1_000 * UNIT), EVIDENCE);
    }

    function test_Vault_Buy() public {
        vm.prank(carol);
        vault.buy(closing, address(share), uint128(100_000 * UNIT));
    }

    function test_Vault_RedeemInFund() public {
        vm.prank(bob);
        vault.redeemInFund(closing, address(share), uint128(100_000 * UNIT));
    }

    function test_Vault_Collect() public {
        vault.collect(inFund, address(share), NEXT_FRIDAY);
    }

    function test_Vault_TakeCash() public {
        vm.prank(bob);
        vault.takeCash(closing, uint128(10_000 * UNIT));
    }

    function test_Vault_EndCloseOut() public {
        vm.prank(bob);
        vault.endCloseOut(closing);
    }

    function test_Vault_Claim() public {
        vm.prank(bob);
        vault.claim(closed);
    }

    function test_Vault_ValueOf() public view {
        vault.valueOf(active, false);
    }

    function test_Vault_Eligibility() public view {
        vault.eligibility(active, address(share), 1_000 * UNIT);
    }

    function test_PriceBook_Post() public {
        vm.prank(priceAgent);
        book.post(address(bitcoin), NEXT_FRIDAY, 9_200_000_000_000, EVIDENCE);
    }

    function test_PriceBook_PostAndApprove() public {
        price(address(bitcoin), NEXT_FRIDAY, 12_000_000_000_000);
    }
}

/// @title The same of settlement, under kinds 2 to 5, and under kind 2 where trades are netted
contract GasSettlementTest is World {
    RestrictedToken private token;
    CashToken private cash;
    Settlement private settlement;
    uint64 private proposed;
    uint64 private affirmedByAllButOne;
    uint64 private affirmed;
    uint64 private locked;
    uint64 private ten;
    uint64 private hundred;
    bytes private signature;

    function setUp() public {
        openWorld();
        know("key one", keyOne, US, QUALIFIED);
        (token, cash, settlement) = (deployToken(), deployCash(), new Settlement(address(0)));
        cash.grantRole(cash.ATTESTOR(), address(this));
        cash.setMinterAllowance(issuer, type(uint96).max);
        cash.attest(type(uint96).max, uint64(block.timestamp), 0);
        address[5] memory all = [alice, bob, carol, dave, keyOne];
        for (uint256 i = 0; i < 5; ++i) {
            vm.prank(issuer);
            cash.issue(all[i], 1_000_000 * UNIT);
            vm.startPrank(all[i]);
            token.approve(address(settlement), type(uint256).max);
            cash.approve(address(settlement), type(uint256).max);
            vm.stopPrank();
        }
        vm.startPrank(officer);
        token.setAdmitted(address(settlement), Powers.SETTLE);
        cash.setAdmitted(address(settlement), Powers.SETTLE);
        vm.stopPrank();
        vm.startPrank(issuer);
        token.issue(alice, 100_000 * UNIT);
        token.issue(bob, 100_000 * UNIT);
        vm.stopPrank();
        proposed = settlement.propose(threeLegs());
        affirmedByAllButOne = affirmedBy(false);
        (affirmed, locked) = (affirmedBy(true), affirmedBy(true));
        settlement.lock(locked);
        (ten, hundred) = (netted(10), netted(100));
        (uint8 v, bytes32 r, bytes32 s) = signAsKeyOne(settlement.digestOf(affirmedByAllButOne));
        signature = abi.encodePacked(r, s, v);
    }

    /// @dev Units against cash, and a fee to a third party.
    function threeLegs() private view returns (InstructionTerms memory t) {
        t.legs = new Leg[](3);
        t.legs[0] = Leg(address(token), alice, bob, uint96(1_000 * UNIT));
        t.legs[1] = Leg(address(cash), bob, alice, uint96(1_012_300_000));
        t.legs[2] = Leg(address(cash), bob, keyOne, uint96(250_000));
        (t.cash, t.failBps, t.deadline) = (address(cash), 300, uint40(START + 1 days));
    }

    function affirm(uint64 id, address party) private {
        vm.prank(party);
        settlement.affirm(id);
    }

    function affirmedBy(bool all) private returns (uint64 id) {
        id = settlement.propose(threeLegs());
        affirm(id, alice);
        affirm(id, bob);
        if (all) affirm(id, keyOne);
    }

    /// @dev Two assets among five parties, as DOMAIN §1, row A7.
    function trades(uint256 count) private view returns (NettingTerms memory t) {
        address[5] memory all = [alice, bob, carol, dave, keyOne];
        t.trades = new Trade[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint96 units = uint96((i * i % 7 + 1) * 100 * UNIT);
            t.trades[i] = Trade(all[i % 2], units, all[1 - i % 2], units, address(token));
            if (i % 5 > 1) {
                (t.trades[i].seller, t.trades[i].buyer) = (all[i % 2], all[i % 5]);
                t.trades[i].units = 0;
            }
        }
        (t.cash, t.rule, t.deadline) = (address(cash), DropRule.Never, uint40(START + 1 days));
    }

    function netted(uint256 count) private returns (uint64 id) {
        id = settlement.proposeNetting(trades(count));
        affirm(id, alice);
        affirm(id, bob);
        affirm(id, carol);
        affirm(id, dave);
        affirm(id, keyOne);
    }

    function test_Propose_ThreeLegs() public {
        settlement.propose(threeLegs());
    }

    function test_Affirm() public {
        affirm(proposed, alice);
    }

    function test_AffirmFor_BySignature() public {
        settlement.affirmFor(affirmedByAllButOne, keyOne, signature);
    }

    function test_Lock_ThreeLegs() public {
        settlement.lock(affirmed);
    }

    function test_Settle_ThreeLegs() public {
        settlement.settle(locked);
    }

    function test_Cancel_Draft() public {
        vm.prank(alice);
        settlement.cancel(proposed);
    }

    function test_ProposeNetting_OfTen() public {
        settlement.proposeNetting(trades(10));
    }

    function test_SettleNet_OfTen() public {
        settlement.settleNet(ten);
    }

    function test_SettleNet_OfAHundred() public {
        settlement.settleNet(hundred);
    }
}

/// @title The same of a custody account of two of three keys, and of a distribution of four leaves
contract GasCustodyTest is World {
    CashToken private cash;
    CustodyAccount private custody;
    Distribution private distribution;
    address private second = account("second key");
    uint256 private waiting;
    uint256 private change;
    uint256 private announced;
    uint256 private funded;
    uint256 private over;
    bytes32[] private proof;

    function setUp() public {
        openWorld();
        know("key one", keyOne, US, QUALIFIED);
        address[] memory keys = new address[](3);
        (keys[0], keys[1], keys[2]) = (keyOne, second, account("third key"));
        custody = new CustodyAccount(keys, 2);
        know("custodian", address(custody), US, QUALIFIED);
        cash = deployCash();
        cash.grantRole(cash.ATTESTOR(), address(this));
        cash.setMinterAllowance(issuer, type(uint96).max);
        cash.attest(type(uint96).max, uint64(block.timestamp), 0);
        vm.startPrank(issuer);
        cash.issue(address(custody), 1_000_000 * UNIT);
        cash.issue(carol, 1_000_000 * UNIT);
        cash.issue(bob, 1_000 * UNIT);
        vm.stopPrank();
        vm.prank(address(custody));
        custody.setLimit(address(cash), uint128(1_000 * UNIT), 1);
        vm.startPrank(keyOne);
        waiting = custody.pay(address(cash), bob, uint128(2_000 * UNIT));
        change =
            custody.propose(address(custody), 0, abi.encodeCall(custody.replaceSigner, (keys[2], account("fourth"))));
        vm.stopPrank();
        distribution = new Distribution(address(this), issuer, address(0));
        vm.prank(officer);
        cash.setEscrow(address(distribution), true);
        proof.push(keccak256("bob's leaf"));
        proof.push(keccak256("two more"));
        vm.warp(START + 1);
        (announced, funded, over) = (announce(1 days), announce(0), announce(0));
        vm.startPrank(carol);
        distribution.fund(funded);
        distribution.fund(over);
        vm.stopPrank();
    }

    function join(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encodePacked(a, b)) : keccak256(abi.encodePacked(b, a));
    }

    function announce(uint256 later) private returns (uint256) {
        DistributionTerms memory t;
        (t.token, t.cash, t.recordTime) = (address(0x70), cash, uint40(START));
        (t.claimableFrom, t.until) = (uint40(START + later), uint40(START + later + 365 days));
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(alice, 100 * UNIT))));
        (t.total, t.root) = (uint128(1_000 * UNIT), join(join(leaf, proof[0]), proof[1]));
        vm.prank(issuer);
        return distribution.announce(t);
    }

    function test_Custody_Pay_ByOneKey() public {
        vm.prank(keyOne);
        custody.pay(address(cash), bob, uint128(100 * UNIT));
    }

    function test_Custody_Pay_ThatWaits() public {
        vm.prank(keyOne);
        custody.pay(address(cash), bob, uint128(2_000 * UNIT));
    }

    function test_Custody_Approve_AndPay() public {
        vm.prank(second);
        custody.approve(waiting);
    }

    function test_Custody_Approve_AndReplaceASigner() public {
        vm.prank(second);
        custody.approve(change);
    }

    function test_Custody_Propose() public {
        vm.prank(keyOne);
        custody.propose(address(custody), 0, abi.encodeCall(custody.setThreshold, (3)));
    }

    function test_Custody_Cancel() public {
        vm.prank(keyOne);
        custody.cancel(waiting);
    }

    function test_Distribution_Announce() public {
        announce(0);
    }

    function test_Distribution_Withdraw() public {
        vm.prank(issuer);
        distribution.withdraw(announced);
    }

    function test_Distribution_Fund() public {
        vm.prank(carol);
        distribution.fund(announced);
    }

    function test_Distribution_Claim() public {
        distribution.claim(funded, alice, 100 * UNIT, proof);
    }

    function test_Distribution_End() public {
        vm.warp(START + 365 days);
        distribution.end(over);
    }
}
