// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CashToken} from "../src/CashToken.sol";
import {Distribution} from "../src/Distribution.sol";
import {DistributionTerms, IDistribution} from "../src/interfaces/IDistribution.sol";
import {IDENTITIES, IIdentities} from "../src/native/IIdentities.sol";
import {Invariants} from "./Invariants.sol";
import {World} from "./World.sol";

/// @title What holds after any sequence of announcements, payments in, claims and ends (DOMAIN §2.7)
/// @dev Every statement has four leaves; their amounts are those of its number.
contract DistributionInvariantsTest is World, Invariants {
    uint256 private constant LEAVES = 4;
    uint256 private constant OPEN_FOR = 365 days;
    uint256 private constant FUNDS = 1_000_000_000 * UNIT;

    CashToken private cash;
    Distribution private distribution;
    address private payer = account("payer");
    address[LEAVES] private holders;

    uint256 private last;
    mapping(uint256 id => uint256) private base; // of its amounts
    mapping(uint256 id => uint256) private totals;
    mapping(uint256 id => mapping(uint256 leaf => bool)) private paid;
    mapping(uint256 id => uint256) private paidSum;
    uint256 private escrowed;
    uint256[LEAVES] private received;

    function setUp() public {
        openWorld();
        know("payer", payer, US, QUALIFIED);
        holders = [alice, bob, carol, dave];
        cash = deployCash();
        distribution = new Distribution(address(this), issuer, address(0));
        cash.grantRole(cash.ATTESTOR(), address(this));
        cash.setMinterAllowance(issuer, FUNDS);
        cash.attest(FUNDS, uint64(block.timestamp), 0);
        vm.prank(issuer);
        cash.issue(payer, FUNDS);
        vm.prank(officer);
        cash.setEscrow(address(distribution), true);
        for (uint256 i = 0; i < LEAVES; ++i) {
            IDENTITIES.setExpiry(IDENTITIES.identityOf(holders[i]), uint64(START + 3650 days));
        }
        IDENTITIES.setExpiry("payer", uint64(START + 3650 days));
        handle(this.announce.selector);
        handle(this.announceWhatCannotBe.selector);
        handle(this.withdraw.selector);
        handle(this.fund.selector);
        handle(this.claim.selector);
        handle(this.claimAll.selector);
        handle(this.claimOfAnother.selector);
        handle(this.claimWrongly.selector);
        handle(this.end.selector);
        handle(this.setState.selector);
        handle(this.recover.selector);
        handle(this.wait.selector);
        handle(this.waitForTheEnd.selector);
    }

    function mustReach() external pure returns (string[] memory list) {
        string[22] memory all = [
            "Announced", "Withdrawn", "Funded", "Ended", "announce", "withdraw", "fund", "claim", "claim of the last",
            "claim at a successor", "end", "end with a rest", "WrongDistribution", "NotYetClaimable", "NotInStatement",
            "PaidBefore", "BeyondFunded", "BadDistribution", "NotOver", "NotAuthorized", "Refused 206",
            "ERC20InsufficientBalance"
        ];
        list = new string[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            list[i] = all[i];
        }
    }

    // --- Statements -------------------------------------------------------------------------------------------------

    function amountOf(uint256 id, uint256 leaf) private view returns (uint256) {
        return base[id] * (leaf + 1) + leaf;
    }

    function sumOf(uint256 id) private view returns (uint256 sum) {
        for (uint256 i = 0; i < LEAVES; ++i) {
            sum += amountOf(id, i);
        }
    }

    function leafOf(uint256 id, uint256 leaf) private view returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(holders[leaf], amountOf(id, leaf)))));
    }

    function join(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encodePacked(a, b)) : keccak256(abi.encodePacked(b, a));
    }

    function pair(uint256 id, uint256 leaf) private view returns (bytes32) {
        return join(leafOf(id, leaf & 2), leafOf(id, leaf | 1));
    }

    function proofOf(uint256 id, uint256 leaf) private view returns (bytes32[] memory proof) {
        proof = new bytes32[](2);
        (proof[0], proof[1]) = (leafOf(id, leaf ^ 1), pair(id, leaf ^ 2));
    }

    function idFrom(uint256 seed) private view returns (uint256) {
        if (seed % 8 == 5 || last < 3) return bound(seed / 8, 0, last);
        return last - seed / 8 % 3;
    }

    function note(uint256 id) private {
        string[5] memory names = ["None", "Announced", "Withdrawn", "Funded", "Ended"];
        (IDistribution.State state,,) = distribution.statusOf(id);
        emit Reached(names[uint256(state)]);
    }

    // --- Announcements ----------------------------------------------------------------------------------------------

    function termsFor(uint256 seed, uint256 time) private view returns (DistributionTerms memory t) {
        (t.token, t.cash) = (address(0x70), cash);
        t.recordTime = uint40(block.timestamp - 1);
        t.claimableFrom = uint40(t.recordTime + bound(time, 0, 1 days));
        if (seed % 4 != 1) t.until = uint40(t.claimableFrom + OPEN_FOR);
    }

    /// @dev The total is mostly what the leaves sum to, or less, or more; rarely more than the payer has.
    function announce(uint256 amount, uint256 seed, uint256 time) external {
        uint256 id = last + 1;
        base[id] = bound(amount, 1, 20_000 * UNIT);
        totals[id] = seed / 4 % 4 == 1 ? bound(seed, 1, sumOf(id)) : sumOf(id) + (seed / 4 % 4 == 2 ? seed % 100 : 0);
        if (seed % 32 == 13) totals[id] = 2 * FUNDS;
        DistributionTerms memory t = termsFor(seed, time);
        (t.total, t.root) = (uint128(totals[id]), join(pair(id, 0), pair(id, 2)));
        address by = seed % 16 == 5 ? stranger : issuer;
        if (!attempt(by, address(distribution), abi.encodeCall(distribution.announce, (t)), "announce")) return;
        last = id;
        note(id);
    }

    function announceWhatCannotBe(uint256 fault, uint256 time) external {
        DistributionTerms memory t = termsFor(0, time);
        (t.total, t.root) = (1, bytes32("root"));
        if (fault % 6 == 0) t.token = address(0);
        if (fault % 6 == 1) t.cash = CashToken(address(0));
        if (fault % 6 == 2) t.recordTime = uint40(block.timestamp);
        if (fault % 6 == 3) t.claimableFrom = t.recordTime - 1;
        if (fault % 6 == 4) --t.until;
        if (fault % 6 == 5) t.total = 0;
        bytes memory data = abi.encodeCall(distribution.announce, (t));
        assertFalse(attempt(issuer, address(distribution), data, ""), "terms that cannot be");
    }

    function withdraw(uint256 which, uint256 by) external {
        uint256 id = idFrom(which);
        if (by % 4 != 1) return;
        address sender = by / 4 % 4 == 1 ? stranger : issuer;
        if (attempt(sender, address(distribution), abi.encodeCall(distribution.withdraw, (id)), "withdraw")) note(id);
    }

    function fund(uint256 which) external {
        uint256 id = idFrom(which);
        if (!attempt(payer, address(distribution), abi.encodeCall(distribution.fund, (id)), "fund")) return;
        escrowed += totals[id];
        note(id);
    }

    // --- Claims -----------------------------------------------------------------------------------------------------

    function claimAll(uint256 which) external {
        for (uint256 i = 0; i < LEAVES; ++i) {
            claim(which, i);
        }
    }

    function claim(uint256 which, uint256 leaf) public {
        uint256 id = idFrom(which);
        leaf %= LEAVES;
        uint256 amount = amountOf(id, leaf);
        address receiver = IDENTITIES.current(holders[leaf]);
        bytes memory data = abi.encodeCall(distribution.claim, (id, holders[leaf], amount, proofOf(id, leaf)));
        uint256 had = cash.balanceOf(receiver);
        if (!attempt(stranger, address(distribution), data, "claim")) return;
        assertEq(cash.balanceOf(receiver), had + amount, "exactly what the statement says, to its holder");
        assertFalse(paid[id][leaf], "a leaf pays once");
        assertTrue(block.timestamp >= distribution.termsOf(id).claimableFrom, "not before its time");
        paid[id][leaf] = true;
        paidSum[id] += amount;
        received[leaf] += amount;
        escrowed -= amount;
        assertTrue(paidSum[id] <= totals[id], "what is claimed never exceeds what was funded");
        if (paidSum[id] == totals[id]) emit Reached("claim of the last");
        if (receiver != holders[leaf]) emit Reached("claim at a successor");
        note(id);
    }

    /// @dev With the proof of another statement.
    function claimOfAnother(uint256 which, uint256 leaf) external {
        uint256 id = idFrom(which);
        uint256 other = id == last ? id - (id == 0 ? 0 : 1) : id + 1;
        leaf %= LEAVES;
        if (base[other] == base[id]) return;
        bytes memory data =
            abi.encodeCall(distribution.claim, (id, holders[leaf], amountOf(other, leaf), proofOf(other, leaf)));
        assertFalse(attempt(holders[leaf], address(distribution), data, ""), "another statement's leaf");
    }

    function claimWrongly(uint256 which, uint256 leaf, uint256 fault) external {
        uint256 id = idFrom(which);
        leaf %= LEAVES;
        uint256 amount = amountOf(id, leaf);
        address of_ = holders[leaf];
        bytes32[] memory proof = proofOf(id, leaf);
        if (fault % 3 == 0) ++amount;
        if (fault % 3 == 1) of_ = stranger;
        if (fault % 3 == 2) proof[fault / 3 % 2] = keccak256("another");
        bytes memory data = abi.encodeCall(distribution.claim, (id, of_, amount, proof));
        assertFalse(attempt(stranger, address(distribution), data, ""), "no leaf of the statement");
    }

    function end(uint256 which) external {
        uint256 id = idFrom(which);
        uint256 had = cash.balanceOf(payer);
        if (!attempt(stranger, address(distribution), abi.encodeCall(distribution.end, (id)), "end")) return;
        uint256 until = distribution.termsOf(id).until;
        assertTrue(until != 0 && block.timestamp >= until, "not before its end");
        uint256 rest = totals[id] - paidSum[id];
        assertEq(cash.balanceOf(payer), had + rest, "the rest goes back to who paid it in");
        escrowed -= rest;
        if (rest > 0) emit Reached("end with a rest");
        note(id);
    }

    // --- The world around -------------------------------------------------------------------------------------------

    function setState(uint256 of_, uint256 state) external {
        IIdentities.State chosen = state % 8 == 3 ? IIdentities.State.Suspended : IIdentities.State.Active;
        IDENTITIES.setState(IDENTITIES.identityOf(holders[of_ % LEAVES]), chosen);
    }

    function recover(uint256 chance) external {
        if (chance % 16 != 13 || IDENTITIES.current(alice) != alice) return;
        IDENTITIES.recover(alice, alice2);
        vm.warp(block.timestamp + IDENTITIES.recoveryDelay());
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 0, 12 hours));
    }

    /// @dev Rarely: the years are counted by the checks of those who are paid.
    function waitForTheEnd(uint256 which, uint256 chance) external {
        if (chance % 8 != 3) return;
        uint256 until = distribution.termsOf(idFrom(which)).until;
        if (until > block.timestamp && until < START + 3000 days) vm.warp(until - chance / 8 % 2);
    }

    // --- What holds -------------------------------------------------------------------------------------------------

    function invariant_EscrowIsWhatWasFundedAndNotPaid() external view {
        assertEq(cash.balanceOf(address(distribution)), escrowed, "in escrow");
    }

    function invariant_EachHasWhatTheStatementsSay() external view {
        for (uint256 i = 0; i < LEAVES; ++i) {
            uint256 has = cash.balanceOf(holders[i]) + (i == 0 ? cash.balanceOf(alice2) : 0);
            assertEq(has, received[i], "received");
        }
    }

    function invariant_BooksFollow() external view {
        for (uint256 id = last > 3 ? last - 3 : 1; id <= last; ++id) {
            (,, uint256 sum) = distribution.statusOf(id);
            assertEq(sum, paidSum[id], "paid");
        }
    }
}
