// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CashToken} from "../src/CashToken.sol";
import {RestrictedToken} from "../src/RestrictedToken.sol";
import {Settlement} from "../src/Settlement.sol";
import {Powers} from "../src/interfaces/IEncumbrances.sol";
import {DropRule, InstructionTerms, ISettlement, Leg, NettingTerms, Trade} from "../src/interfaces/ISettlement.sol";
import {TokenTerms} from "../src/interfaces/IRestrictedToken.sol";
import {IDENTITIES, IIdentities} from "../src/native/IIdentities.sol";
import {IPolicies, POLICIES} from "../src/native/IPolicies.sol";
import {World} from "./World.sol";

/// @title DOMAIN §1, row A7, and the edges of settlement
/// @dev `token` has the policy of row A2: at most 3 holders, at most 3,000,000 each. `bond` and `cash` ask who is known.
contract A7Test is World {
    uint256 private constant DEADLINE = START + 1 days;
    uint256 private constant DRAFT = uint256(ISettlement.State.Draft);
    uint256 private constant AFFIRMED = uint256(ISettlement.State.Affirmed);
    uint256 private constant LOCKED = uint256(ISettlement.State.Locked);
    uint256 private constant SETTLED = uint256(ISettlement.State.Settled);
    uint256 private constant CANCELLED = uint256(ISettlement.State.Cancelled);
    uint256 private constant EXPIRED = uint256(ISettlement.State.Expired);

    RestrictedToken private token;
    RestrictedToken private bond;
    CashToken private cash;
    Settlement private settlement;
    address private erin = account("erin");
    address[5] private parties;

    function setUp() public {
        openWorld();
        know("erin", erin, US, QUALIFIED);
        know("key", keyOne, US, QUALIFIED);
        parties = [alice, bob, carol, dave, erin];
        token = deployToken();
        cash = deployCash();
        bond = deployBond();
        settlement = new Settlement(address(0));
        vm.label(address(settlement), "settlement");
        cash.grantRole(cash.ATTESTOR(), address(this));
        cash.setMinterAllowance(issuer, type(uint96).max);
        cash.attest(type(uint96).max, uint64(block.timestamp), 0);
        admit(token);
        admit(bond);
        admit(cash);
        issue(token, alice, 2_000_000 * UNIT);
        issue(token, bob, 2_000_000 * UNIT);
        issue(cash, bob, 1_012_550 * UNIT);
    }

    function deployBond() private returns (RestrictedToken made) {
        IPolicies.Rule[] memory rules = new IPolicies.Rule[](1);
        rules[0] = knownRule();
        uint64 id = POLICIES.createPolicy(rules);
        TokenTerms memory given = terms();
        (given.name, given.symbol, given.cap) = ("Bond", "BOND", type(uint96).max);
        made = new RestrictedToken(given);
        POLICIES.allowToken(id, address(made), true);
        made.bindPolicy(id);
    }

    function admit(RestrictedToken admitting) private {
        vm.prank(officer);
        admitting.setAdmitted(address(settlement), Powers.SETTLE);
        for (uint256 i = 0; i < parties.length; ++i) {
            vm.prank(parties[i]);
            admitting.approve(address(settlement), type(uint256).max);
        }
    }

    function issue(RestrictedToken what, address to, uint256 amount) private {
        vm.prank(issuer);
        what.issue(to, amount);
    }

    function leg(RestrictedToken what, address from, address to, uint256 amount) private pure returns (Leg memory) {
        return Leg(address(what), from, to, uint96(amount));
    }

    function instructionOf(Leg[] memory legs) private view returns (InstructionTerms memory t) {
        (t.legs, t.cash, t.failBps, t.deadline) = (legs, address(cash), 300, uint40(DEADLINE));
    }

    /// @dev The row's three legs.
    function threeLegs() private view returns (Leg[] memory legs) {
        legs = new Leg[](3);
        legs[0] = leg(token, alice, bob, 1_000_000 * UNIT);
        legs[1] = leg(cash, bob, alice, 1_012_300 * UNIT);
        legs[2] = leg(cash, bob, carol, 250 * UNIT);
    }

    /// @dev Bob holds 2,500,000 of at most 3,000,000: he may get 1,000,000 while giving 600,000.
    function swap() private view returns (Leg[] memory legs) {
        legs = new Leg[](2);
        legs[0] = leg(token, alice, bob, 1_000_000 * UNIT);
        legs[1] = leg(token, bob, alice, 600_000 * UNIT);
    }

    function affirm(uint64 id, address party) private {
        vm.prank(party);
        settlement.affirm(id);
    }

    function affirmed(Leg[] memory legs) private returns (uint64 id) {
        id = settlement.propose(instructionOf(legs));
        affirm(id, alice);
        affirm(id, bob);
        if (stateOf(id) == DRAFT) affirm(id, carol);
    }

    function stateOf(uint64 id) private view returns (uint256) {
        return uint256(settlement.statusOf(id).state);
    }

    function expectState(uint64 id, uint256 state) private {
        vm.expectRevert(
            abi.encodeWithSelector(ISettlement.WrongInstruction.selector, id, ISettlement.State(state))
        );
    }

    // ---------------------------------------------------------------- the row

    function test_A7_ThreeLegsSettleTogether() public {
        uint64 id = affirmed(threeLegs());
        settlement.lock(id);
        assertEq(token.freeOf(alice), 1_000_000 * UNIT, "1,000,000 are locked");
        assertEq(cash.freeOf(bob), 0, "1,012,550.00 are locked");
        settlement.settle(id);
        assertEq(token.balanceOf(alice), 1_000_000 * UNIT, "alice's units");
        assertEq(cash.balanceOf(alice), 1_012_300 * UNIT, "alice's cash");
        assertEq(cash.balanceOf(carol), 250 * UNIT, "carol's fee");
        assertEq(cash.balanceOf(bob), 0, "bob's cash");
        assertEq(stateOf(id), SETTLED, "settled");
        assertEq(token.lockedOf(alice) + cash.lockedOf(bob), 0, "nothing stays locked");
    }

    function test_A7_AllOrNone() public {
        uint64 id = affirmed(threeLegs());
        settlement.lock(id);
        IDENTITIES.setState("carol", IIdentities.State.Suspended);
        expectRefused(206, carol, 1, 0);
        settlement.settle(id);
        assertEq(token.balanceOf(alice), 2_000_000 * UNIT, "the first leg did not move");
        assertEq(cash.balanceOf(bob), 1_012_550 * UNIT, "nor did the second");
        IDENTITIES.setState("carol", IIdentities.State.Active);
        settlement.settle(id);
        assertEq(stateOf(id), SETTLED, "all of them, as soon as all may");
    }

    function test_A7_CapsAreJudgedOnTheNetEndState() public {
        issue(token, bob, 500_000 * UNIT);
        uint64 id = affirmed(swap());
        settlement.lock(id);
        assertEq(token.freeOf(alice), 1_600_000 * UNIT, "400,000 net are locked");
        assertEq(token.freeOf(bob), 2_500_000 * UNIT, "and nothing of bob's");
        settlement.settle(id);
        assertEq(token.balanceOf(bob), 2_900_000 * UNIT, "below 3,000,000 after all, never mind in between");
        Leg[] memory legs = swap();
        legs[1].amount = uint96(400_000 * UNIT);
        id = affirmed(legs);
        settlement.lock(id);
        expectRefused(502, bob, HOLDERS, 3_000_000 * UNIT);
        settlement.settle(id);
    }

    function test_A7_AfterTheDeadlineNothingStaysLocked() public {
        uint64 id = affirmed(threeLegs());
        settlement.lock(id);
        vm.warp(DEADLINE);
        assertEq(token.freeOf(alice), 1_000_000 * UNIT, "in its last second it holds");
        vm.warp(DEADLINE + 1);
        assertEq(token.freeOf(alice), 2_000_000 * UNIT, "without anybody's consent all is free");
        assertEq(cash.freeOf(bob), 1_012_550 * UNIT, "on both sides");
        assertEq(stateOf(id), EXPIRED, "and it is expired");
        expectState(id, EXPIRED);
        settlement.settle(id);
        expectState(id, EXPIRED);
        vm.prank(alice);
        settlement.cancel(id);
    }

    function test_Settle_InTheLastSecond() public {
        uint64 id = affirmed(threeLegs());
        settlement.lock(id);
        vm.warp(DEADLINE);
        settlement.settle(id);
        assertEq(stateOf(id), SETTLED, "the deadline is the last second");
        expectState(id, SETTLED);
        settlement.settle(id);
    }

    /// @dev 100 trades of 5 parties in 2 assets: at most n − 1 transfers an asset, and the same end state as gross.
    function test_A7_NettingOfAHundredTrades() public {
        nettingOf(100, 7);
    }

    function testFuzz_Netting_EndsAsGrossWould(uint256 seed) public {
        nettingOf(1 + seed % 40, seed);
    }

    function nettingOf(uint256 count, uint256 seed) private {
        NettingTerms memory t = tradesOf(count, seed, DropRule.Never);
        int256[5] memory bonds;
        int256[5] memory money;
        for (uint256 i = 0; i < count; ++i) {
            uint256 seller = placeOf(t.trades[i].seller);
            uint256 buyer = placeOf(t.trades[i].buyer);
            bonds[seller] -= int256(uint256(t.trades[i].units));
            bonds[buyer] += int256(uint256(t.trades[i].units));
            money[buyer] -= int256(uint256(t.trades[i].cash));
            money[seller] += int256(uint256(t.trades[i].cash));
        }
        uint64 id = settlement.proposeNetting(t);
        affirmAll(id);
        for (uint256 i = 0; i < 5; ++i) {
            bonds[i] += int256(bond.balanceOf(parties[i]));
            money[i] += int256(cash.balanceOf(parties[i]));
        }
        uint256 transfers = settlement.settleNet(id);
        assertTrue(transfers <= 8, "at most 4 an asset");
        for (uint256 i = 0; i < 5; ++i) {
            assertEq(bond.balanceOf(parties[i]), uint256(bonds[i]), "bonds as gross");
            assertEq(cash.balanceOf(parties[i]), uint256(money[i]), "cash as gross");
            assertEq(bond.lockedOf(parties[i]) + cash.lockedOf(parties[i]), 0, "nothing stays locked");
        }
        assertEq(settlement.dropped(id), 0, "none dropped");
        expectState(id, SETTLED);
        settlement.settleNet(id);
    }

    /// @dev Everyone holds 1,000,000 of both; a trade is of at most 1,000.
    function tradesOf(uint256 count, uint256 seed, DropRule rule) private returns (NettingTerms memory t) {
        for (uint256 i = 0; i < 5; ++i) {
            issue(bond, parties[i], 1_000_000 * UNIT);
            issue(cash, parties[i], 1_000_000 * UNIT);
        }
        t.trades = new Trade[](count);
        for (uint256 i = 0; i < count; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 seller = seed % 5;
            uint256 buyer = (seller + 1 + (seed >> 8) % 4) % 5;
            t.trades[i] = Trade(
                parties[seller],
                uint96((seed >> 16) % (1_000 * UNIT)),
                parties[buyer],
                uint96((seed >> 80) % (1_000 * UNIT)),
                address(bond)
            );
        }
        (t.cash, t.rule, t.deadline) = (address(cash), rule, uint40(DEADLINE));
    }

    function placeOf(address party) private view returns (uint256 i) {
        while (parties[i] != party) ++i;
    }

    function affirmAll(uint64 id) private {
        for (uint256 i = 0; i < 5; ++i) {
            vm.prank(parties[i]);
            try settlement.affirm(id) {} catch {} // whoever is no party of it
        }
        assertEq(stateOf(id), AFFIRMED, "all affirmed");
    }

    // ---------------------------------------------------------------- a netting set of which a party fails

    /// @dev alice sells to bob and bob to carol, 100 each; dave to alice, 50.
    function chain(DropRule rule) private returns (NettingTerms memory t) {
        t = tradesOf(3, 1, rule);
        t.trades[0] = Trade(alice, uint96(100 * UNIT), bob, uint96(101 * UNIT), address(bond));
        t.trades[1] = Trade(bob, uint96(100 * UNIT), carol, uint96(102 * UNIT), address(bond));
        t.trades[2] = Trade(dave, uint96(50 * UNIT), alice, uint96(50 * UNIT), address(bond));
    }

    function affirmChain(uint64 id) private {
        affirm(id, alice);
        affirm(id, bob);
        affirm(id, carol);
        affirm(id, dave);
    }

    function test_Netting_ByRuleAFailedPartyIsDroppedAndTheRestNettedAgain() public {
        uint64 id = settlement.proposeNetting(chain(DropRule.Party));
        affirmChain(id);
        IDENTITIES.setState("carol", IIdentities.State.Suspended);
        settlement.settleNet(id);
        assertEq(settlement.dropped(id), 2, "carol's trade with bob");
        assertEq(bond.balanceOf(alice), (1_000_000 - 100 + 50) * UNIT, "alice's other trades stand");
        assertEq(bond.balanceOf(bob), 1_000_100 * UNIT, "bob keeps what he could not sell on");
        assertEq(bond.balanceOf(carol), 1_000_000 * UNIT, "carol has what she had");
        assertEq(cash.balanceOf(carol), 1_000_000 * UNIT, "and paid nothing");
    }

    function test_Netting_WithoutTheRuleNothingSettles() public {
        uint64 id = settlement.proposeNetting(chain(DropRule.Never));
        affirmChain(id);
        IDENTITIES.setState("carol", IIdentities.State.Suspended);
        // Cash goes first; carol gives some of it.
        expectRefused(205, carol, 1, 0);
        settlement.settleNet(id);
        assertEq(stateOf(id), AFFIRMED, "it waits");
    }

    function test_Netting_WhoHasNotAffirmedIsDroppedByRuleOnly() public {
        NettingTerms memory t = chain(DropRule.Party);
        uint64 id = settlement.proposeNetting(t);
        affirm(id, alice);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotAllAffirmed.selector, id, 1, 4));
        settlement.settleNet(id);

        t.notBefore = uint40(START + 1 hours);
        id = settlement.proposeNetting(t);
        affirm(id, alice);
        affirm(id, bob);
        affirm(id, carol);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.TooEarly.selector, id, START + 1 hours));
        settlement.settleNet(id);
        vm.warp(START + 1 hours);
        settlement.settleNet(id);
        assertEq(settlement.dropped(id), 4, "dave's trade");

        id = settlement.proposeNetting(chain(DropRule.Never));
        affirm(id, alice);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotAllAffirmed.selector, id, 1, 4));
        settlement.settleNet(id);
    }

    function test_Netting_WhoHasNotAllowedIsDropped() public {
        uint64 id = settlement.proposeNetting(chain(DropRule.Party));
        affirmChain(id);
        vm.prank(carol);
        cash.approve(address(settlement), 102 * UNIT - 1);
        settlement.settleNet(id);
        assertEq(settlement.dropped(id), 2, "carol let it take an atom too little");
    }

    function test_ApplyNet_IsTheSettlementsOwn() public {
        uint64 id = settlement.proposeNetting(chain(DropRule.Party));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotSelf.selector, address(this)));
        settlement.applyNet(id, 0);
    }

    // ---------------------------------------------------------------- affirmation, locking, cancellation

    function test_Affirmation_IsEachPartysOwn() public {
        uint64 id = settlement.propose(instructionOf(threeLegs()));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotInvolved.selector, id, dave));
        affirm(id, dave);
        affirm(id, alice);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AffirmedBefore.selector, id, alice));
        affirm(id, alice);
        expectState(id, DRAFT);
        settlement.lock(id);
        affirm(id, carol);
        affirm(id, bob);
        assertEq(stateOf(id), AFFIRMED, "all three");
        expectState(id, AFFIRMED);
        settlement.settle(id);
    }

    function test_Affirmation_BySignatureIsOfThisInstructionAlone() public {
        Leg[] memory legs = new Leg[](1);
        legs[0] = leg(bond, alice, keyOne, UNIT);
        uint64 first = settlement.propose(instructionOf(legs));
        uint64 second = settlement.propose(instructionOf(legs));
        (uint8 v, bytes32 r, bytes32 s) = signAsKeyOne(settlement.digestOf(first));
        bytes memory signature = abi.encodePacked(r, s, v);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadAffirmation.selector, first, alice));
        settlement.affirmFor(first, alice, signature);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadAffirmation.selector, second, keyOne));
        settlement.affirmFor(second, keyOne, signature);
        settlement.affirmFor(first, keyOne, signature);
        assertTrue(settlement.hasAffirmed(first, keyOne), "of the one that was signed");
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AffirmedBefore.selector, first, keyOne));
        settlement.affirmFor(first, keyOne, signature);
    }

    function test_Lock_NeedsTheHoldersWordAtTheToken() public {
        uint64 id = affirmed(threeLegs());
        vm.prank(bob);
        cash.approve(address(settlement), 1_012_550 * UNIT - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISettlement.NotReady.selector, bob, cash, 1_012_550 * UNIT - 1, 1_012_550 * UNIT
            )
        );
        settlement.lock(id);
        assertEq(token.lockedOf(alice), 0, "nobody's units are locked alone");
    }

    function test_Lock_TakesFreeUnitsOnly() public {
        uint64 first = affirmed(threeLegs());
        uint64 second = affirmed(threeLegs());
        settlement.lock(first);
        vm.expectRevert();
        settlement.lock(second);
        assertEq(token.lockedOf(alice), 1_000_000 * UNIT, "of the first");
    }

    function test_Cancel_ADraftByAny_WhatIsAffirmedByAll() public {
        uint64 id = settlement.propose(instructionOf(threeLegs()));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotInvolved.selector, id, dave));
        vm.prank(dave);
        settlement.cancel(id);
        vm.prank(carol);
        settlement.cancel(id);
        assertEq(stateOf(id), CANCELLED, "a draft");
        id = affirmed(threeLegs());
        settlement.lock(id);
        vm.prank(alice);
        settlement.cancel(id);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.CancelAskedBefore.selector, id, alice));
        vm.prank(alice);
        settlement.cancel(id);
        vm.prank(bob);
        settlement.cancel(id);
        assertEq(stateOf(id), LOCKED, "two of three do not");
        vm.prank(carol);
        settlement.cancel(id);
        assertEq(stateOf(id), CANCELLED, "all three do");
        assertEq(token.lockedOf(alice) + cash.lockedOf(bob), 0, "and nothing stays locked");
    }

    function test_Window_BeginsAndTermsThatCannotBe() public {
        InstructionTerms memory t = instructionOf(threeLegs());
        t.notBefore = uint40(START + 1 hours);
        uint64 id = settlement.propose(t);
        affirm(id, alice);
        affirm(id, bob);
        affirm(id, carol);
        settlement.lock(id);
        vm.warp(START + 1 hours - 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.TooEarly.selector, id, START + 1 hours));
        settlement.settle(id);
        vm.warp(START + 1 hours);
        settlement.settle(id);

        t = instructionOf(threeLegs());
        t.deadline = uint40(block.timestamp + 30 days + 1);
        expectBad(t, 4);
        t.deadline = uint40(block.timestamp - 1);
        expectBad(t, 3);
        t = instructionOf(new Leg[](65));
        expectBad(t, 1);
        t = instructionOf(threeLegs());
        t.legs[1].amount = 0;
        expectBad(t, 2);
        t = instructionOf(threeLegs());
        t.legs[2].to = bob;
        expectBad(t, 2);
        t = instructionOf(threeLegs());
        t.replaces = id;
        expectBad(t, 5);
    }

    function expectBad(InstructionTerms memory t, uint256 field) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadInstruction.selector, field));
        settlement.propose(t);
    }

    function test_FailCharge_GoesOnUntilTheReplacementSettles() public {
        uint64 id = affirmed(threeLegs());
        (,, uint256 charge) = settlement.failCharge(id);
        assertEq(charge, 0, "nothing failed");
        vm.warp(DEADLINE + 2 days);
        uint256 days_;
        (, days_, charge) = settlement.failCharge(id);
        assertEq(days_, 2, "two calendar days");
        assertEq(charge, 168_758_334, "ceil(1,012,550.00 x 300 x 2 / 3,600,000) = 168.758334");
        InstructionTerms memory t = instructionOf(threeLegs());
        (t.replaces, t.deadline) = (id, uint40(block.timestamp + 20 days));
        uint64 next = settlement.propose(t);
        t.replaces = id;
        expectBad(t, 5);
        affirm(next, alice);
        affirm(next, bob);
        affirm(next, carol);
        vm.warp(block.timestamp + 3 days);
        settlement.lock(next);
        settlement.settle(next);
        vm.warp(block.timestamp + 100 days);
        (, days_,) = settlement.failCharge(next);
        assertEq(days_, 5, "until it settled");
        (, days_,) = settlement.failCharge(id);
        assertEq(days_, 30, "for 30 days at most");
    }

    function test_Recovery_SuccessorActsGivesAndReceives() public {
        uint64 id = settlement.propose(instructionOf(threeLegs()));
        affirm(id, bob);
        affirm(id, carol);
        IDENTITIES.recover(alice, alice2);
        vm.warp(START + 1 days);
        token.recover(alice);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotInvolved.selector, id, alice));
        affirm(id, alice);
        affirm(id, alice2);
        vm.prank(alice2);
        token.approve(address(settlement), 1_000_000 * UNIT);
        settlement.lock(id);
        settlement.settle(id);
        assertEq(cash.balanceOf(alice2), 1_012_300 * UNIT, "paid to the successor");
    }

    // ---------------------------------------------------------------- properties

    /// @dev The same legs in another order end the same, and what leaves equals what arrives.
    function testFuzz_Order_OfLegsDoesNotMatter(uint256 seed, uint256 shift) public {
        for (uint256 i = 0; i < 3; ++i) {
            issue(bond, parties[i], 1_000_000 * UNIT);
        }
        uint256 count = 2 + seed % 8;
        Leg[] memory legs = new Leg[](count);
        int256[3] memory nets;
        for (uint256 i = 0; i < count; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 from = i < 3 ? i : seed % 3;
            uint256 to = (from + 1 + (seed >> 8) % 2) % 3;
            uint256 amount = 1 + (seed >> 16) % (1_000 * UNIT);
            legs[(i + shift % count) % count] = leg(bond, parties[from], parties[to], amount);
            nets[from] -= int256(amount);
            nets[to] += int256(amount);
        }
        uint64 id = affirmed(legs);
        settlement.lock(id);
        settlement.settle(id);
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(bond.balanceOf(parties[i]), uint256(int256(1_000_000 * UNIT) + nets[i]), "net of all legs");
        }
        assertEq(bond.totalSupply(), 3_000_000 * UNIT, "what leaves arrives");
    }
}
