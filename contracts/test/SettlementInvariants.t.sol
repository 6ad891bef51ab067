// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RestrictedToken} from "../src/RestrictedToken.sol";
import {CashToken} from "../src/CashToken.sol";
import {Settlement} from "../src/Settlement.sol";
import {Powers} from "../src/interfaces/IEncumbrances.sol";
import {IRestrictedToken} from "../src/interfaces/IRestrictedToken.sol";
import {DropRule, InstructionTerms, ISettlement, Leg, NettingTerms, Trade} from "../src/interfaces/ISettlement.sol";
import {IDENTITIES, IIdentities} from "../src/native/IIdentities.sol";
import {IPolicies, POLICIES} from "../src/native/IPolicies.sol";
import {Invariants} from "./Invariants.sol";
import {World} from "./World.sol";

/// @title What holds after any sequence of instructions, netting sets, affirmations, locks and time (DOMAIN §2.6)
/// @dev Five parties; the first token has the policy of DOMAIN §1, row A2, which lets three of them hold it. What each
/// must hold is kept beside the tokens, gross and leg by leg.
contract SettlementInvariantsTest is World, Invariants {
    uint256 private constant PARTIES = 5;
    uint256 private constant TOKENS = 2;
    uint256 private constant IN_PLAY_MAX = 6;
    uint256 private constant UNITS = 0;
    uint256 private constant CASH = 1;
    uint16 private constant FAIL_BPS = 300;

    Settlement private settlement;
    RestrictedToken[TOKENS] private tokens;
    address[PARTIES] private parties;
    bytes32[PARTIES] private names = [bytes32("alice"), "bob", "carol", "dave", "key"];

    uint64 private last;
    uint64[] private inPlay; // the rest has ended
    int256[PARTIES][TOKENS] private held;
    mapping(uint64 id => mapping(address party => bool)) private affirmed;
    mapping(uint64 id => bool) private executed;
    mapping(uint64 id => uint256) private failedSince;

    function setUp() public {
        openWorld();
        know("key", keyOne, US, QUALIFIED);
        parties = [alice, bob, carol, dave, keyOne];
        settlement = new Settlement(address(0));
        vm.label(address(settlement), "settlement");
        CashToken cash = deployCash();
        cash.grantRole(cash.ATTESTOR(), address(this));
        cash.setMinterAllowance(issuer, type(uint96).max);
        cash.attest(type(uint96).max, uint64(block.timestamp), 0);
        tokens = [deployToken(), RestrictedToken(cash)];
        for (uint256 t = 0; t < TOKENS; ++t) {
            vm.prank(officer);
            tokens[t].setAdmitted(address(settlement), Powers.SETTLE);
            for (uint256 i = 0; i < PARTIES; ++i) {
                allow(t, parties[i], type(uint256).max);
            }
            allow(t, alice2, type(uint256).max);
        }
        give(UNITS, 0, 2_000_000 * UNIT);
        give(UNITS, 1, 1_800_000 * UNIT);
        give(UNITS, 2, 500_000 * UNIT);
        for (uint256 i = 0; i < PARTIES; ++i) {
            give(CASH, i, 1_000_000 * UNIT);
        }
        handleInstructions();
        handleWorld();
    }

    function handleInstructions() private {
        handle(this.propose.selector);
        handle(this.proposeWhatCannotBe.selector);
        handle(this.proposeNetting.selector);
        handle(this.affirm.selector);
        handle(this.affirmSigned.selector);
        handle(this.affirmAll.selector);
        handle(this.lock.selector);
        handle(this.settle.selector);
        handle(this.bringToItsEnd.selector);
        handle(this.settleNet.selector);
        handle(this.cancel.selector);
        handle(this.cancelByAll.selector);
        handle(this.applyNet.selector);
        handle(this.askFailCharge.selector);
    }

    function handleWorld() private {
        handle(this.transfer.selector);
        handle(this.approve.selector);
        handle(this.freezeUnits.selector);
        handle(this.freezeAddress.selector);
        handle(this.pause.selector);
        handle(this.setState.selector);
        handle(this.recover.selector);
        handle(this.wait.selector);
    }

    function mustReach() external pure returns (string[] memory list) {
        string[53] memory all = [
            // States.
            "Draft", "Affirmed", "Locked", "Settled", "Cancelled", "Expired", "netting Draft", "netting Affirmed",
            "netting Settled", "netting Cancelled", "netting Expired",
            // What was done.
            "propose", "replace", "propose netting", "affirm", "affirm by signature", "lock", "settle",
            "settle by net what leg by leg would be refused", "settle net", "settle net without a party that failed",
            "settle net without a party that had not affirmed", "cancel", "fail charge", "recover", "transfer", "freeze",
            // What was refused.
            "WrongInstruction", "NotInvolved", "AffirmedBefore", "BadAffirmation", "TooEarly", "NotReady",
            "NotAllAffirmed", "CancelAskedBefore", "BadInstruction", "NotSelf", "InsufficientLocked",
            "ERC7943InsufficientUnfrozenBalance", "ERC20InsufficientBalance", "ERC7943CannotSend", "TokenPaused",
            "Refused 205", "Refused 206", "Refused 209", "Refused 501", "Refused 502", "Refused 503", "Refused 504",
            // Each way a proposal cannot be.
            "bad times", "bad deadline", "bad leg", "bad replacement"
        ];
        list = new string[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            list[i] = all[i];
        }
    }

    // --- Who and what -----------------------------------------------------------------------------------------------

    function allow(uint256 t, address holder, uint256 amount) private {
        vm.prank(holder);
        tokens[t].approve(address(settlement), amount);
    }

    function give(uint256 t, uint256 party, uint256 amount) private {
        vm.prank(issuer);
        tokens[t].issue(parties[party], amount);
        held[t][party] += int256(amount);
    }

    /// @dev The wallet that acts for a party now.
    function acting(address party) private view returns (address) {
        return IDENTITIES.current(party);
    }

    function placeOf(address party) private view returns (uint256 i) {
        while (parties[i] != party) ++i;
    }

    /// @dev One in play, mostly; 0 where none is.
    function idFrom(uint256 seed) private view returns (uint64) {
        if (seed % 8 == 5) return uint64(seed / 8 % (last + 1));
        return inPlay.length == 0 ? 0 : inPlay[seed / 8 % inPlay.length];
    }

    function stateOf(uint64 id) private view returns (ISettlement.State) {
        return settlement.statusOf(id).state;
    }

    function isOpen(uint64 id) private view returns (bool) {
        ISettlement.State state = stateOf(id);
        return state >= ISettlement.State.Draft && state <= ISettlement.State.Locked;
    }

    function note(uint64 id) private {
        string[7] memory states = ["None", "Draft", "Affirmed", "Locked", "Settled", "Cancelled", "Expired"];
        ISettlement.Status memory status = settlement.statusOf(id);
        emit Reached(string.concat(status.netting ? "netting " : "", states[uint256(status.state)]));
    }

    /// @dev Room for one more: what has ended leaves.
    function makeRoom() private returns (bool) {
        for (uint256 i = 0; i < inPlay.length; ++i) {
            if (isOpen(inPlay[i])) continue;
            inPlay[i] = inPlay[inPlay.length - 1];
            inPlay.pop();
            return true;
        }
        return inPlay.length < IN_PLAY_MAX;
    }

    function enter() private returns (uint64) {
        inPlay.push(++last);
        return last;
    }

    // --- Proposals --------------------------------------------------------------------------------------------------

    /// @dev All a party holds, all but a little, a little, or any part of it and more.
    function some(uint256 seed, int256 whole_) private pure returns (uint96) {
        uint256 whole = whole_ > 0 ? uint256(whole_) : 0;
        if (seed % 8 == 1 && whole > 0) return uint96(whole);
        if (seed % 8 == 2 && whole > 100 * UNIT) return uint96(whole - bound(seed, 1, 49 * UNIT));
        if (seed % 8 == 3) return uint96(bound(seed, 1, 49 * UNIT));
        return uint96(bound(seed, 1, whole / 2 + 60 * UNIT));
    }

    /// @dev The second often goes the way of the first back.
    function legsFrom(uint256 seed, uint256 count) private view returns (Leg[] memory legs) {
        legs = new Leg[](count);
        for (uint256 i = 0; i < count; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 t = seed % TOKENS;
            uint256 from = (seed >> 8) % PARTIES;
            address to = parties[(from + 1 + (seed >> 16) % (PARTIES - 1)) % PARTIES];
            legs[i] = Leg(address(tokens[t]), parties[from], to, some(seed >> 24, held[t][from]));
            if (i != 1 || (seed >> 240) % 4 == 0) continue;
            (legs[1].token, legs[1].from, legs[1].to) = (legs[0].token, legs[0].to, legs[0].from);
            if ((seed >> 248) % 4 == 1) legs[1].amount = legs[0].amount;
        }
    }

    function holderFrom(uint256 i) private view returns (uint256) {
        i %= PARTIES;
        while (held[UNITS][i] == 0) i = (i + 1) % PARTIES;
        return i;
    }

    /// @dev One leaves, and another comes with less than a holder must have.
    function comeWithLittle(Leg[] memory legs, uint256 seed) private view {
        uint256 leaver = holderFrom(seed);
        uint256 next = holderFrom(leaver + 1);
        address token = address(tokens[UNITS]);
        if (next == leaver) return;
        legs[0] = Leg(token, parties[leaver], parties[next], uint96(uint256(held[UNITS][leaver])));
        for (uint256 i = 0; i < PARTIES; ++i) {
            if (held[UNITS][i] == 0) legs[1] = Leg(token, parties[next], parties[i], uint96(bound(seed, 1, 49 * UNIT)));
        }
    }

    /// @dev One comes with all that another leaves with, by way of a third: leg by leg there would be one too many.
    function changePlaces(uint256 seed) private view returns (Leg[] memory legs) {
        uint256 leaver = holderFrom(seed);
        uint256 next = holderFrom(leaver + 1);
        uint256 newcomer = seed % PARTIES;
        while (held[UNITS][newcomer] != 0) newcomer = (newcomer + 1) % PARTIES;
        (address token, uint96 all) = (address(tokens[UNITS]), uint96(uint256(held[UNITS][leaver])));
        legs = new Leg[](2);
        legs[0] = Leg(token, parties[next], parties[newcomer], all);
        legs[1] = Leg(token, parties[leaver], parties[next], all);
    }

    function propose(uint256 seed, uint256 count, uint256 start, uint256 time) external {
        if (!makeRoom()) return;
        InstructionTerms memory t;
        (t.legs, t.cash, t.failBps) = (legsFrom(seed, bound(count, 1, 4)), address(tokens[CASH]), FAIL_BPS);
        if (start % 8 == 3 && t.legs.length > 1) comeWithLittle(t.legs, seed);
        if (start % 8 == 7) t.legs = changePlaces(seed);
        t.notBefore = uint40(block.timestamp + (start % 4 == 1 ? bound(start / 4, 1, 6 hours) : 0));
        t.deadline = uint40(t.notBefore + bound(time, 1, 2 days));
        if (!attempt(stranger, address(settlement), abi.encodeCall(settlement.propose, (t)), "propose")) return;
        note(enter());
        if (start % 8 == 7) bring(last, 0); // before its end state is another's
    }

    /// @dev What failed goes on, or times, legs or what is replaced are wrong.
    function proposeWhatCannotBe(uint256 which, uint256 fault, uint256 seed) external {
        if (!makeRoom()) return;
        uint64 old = idFrom(which);
        InstructionTerms memory t = settlement.instruction(old);
        bool may = stateOf(old) == ISettlement.State.Expired && settlement.statusOf(old).replacedBy == 0
            && !settlement.statusOf(old).netting;
        if (t.legs.length == 0) (t.legs, t.cash, t.failBps) = (legsFrom(seed, 2), address(tokens[CASH]), FAIL_BPS);
        (t.replaces, t.notBefore, t.deadline) = (old, 0, uint40(block.timestamp + 1 days));
        string memory what = old == 0 ? "propose" : "replace";
        if (fault % 8 == 1) (t.deadline, what) = (uint40(block.timestamp - 1), "bad times");
        if (fault % 8 == 2) (t.deadline, what) = (uint40(block.timestamp + 30 days + 1), "bad deadline");
        if (fault % 8 == 3) (t.legs[0].amount, what) = (0, "bad leg");
        if (fault % 8 == 4 && old != 0) (t.legs[0].amount, what) = (t.legs[0].amount + 1, "bad replacement");
        bool bad = fault % 8 > 0 && (fault % 8 < 4 || (fault % 8 == 4 && old != 0));
        bool ok = attempt(stranger, address(settlement), abi.encodeCall(settlement.propose, (t)), what);
        assertTrue(ok == (!bad && (old == 0 || may)), "once, with the same legs, what has expired");
        if (bad) emit Reached(what);
        if (!ok) return;
        uint256 since = failedSince[old];
        failedSince[enter()] = old == 0 ? 0 : since != 0 ? since : settlement.instruction(old).deadline;
    }

    function proposeNetting(uint256 seed, uint256 count, uint256 rule, uint256 start, uint256 time) external {
        if (!makeRoom()) return;
        Leg[] memory legs = legsFrom(seed, bound(count, 1, 4));
        NettingTerms memory t;
        t.trades = new Trade[](legs.length);
        for (uint256 i = 0; i < legs.length; ++i) {
            uint96 paid = some(uint256(keccak256(abi.encode(seed, i))), held[CASH][placeOf(legs[i].to)]);
            uint96 units = some(seed >> i, held[UNITS][placeOf(legs[i].from)]);
            t.trades[i] = Trade(legs[i].from, units, legs[i].to, paid, address(tokens[UNITS]));
        }
        (t.cash, t.rule) = (address(tokens[CASH]), rule % 4 == 1 ? DropRule.Never : DropRule.Party);
        t.notBefore = uint40(start % 8 == 1 ? 0 : block.timestamp + bound(start / 8, 0, 3 hours));
        t.deadline = uint40(block.timestamp + 3 hours + bound(time, 0, 1 days));
        bytes memory data = abi.encodeCall(settlement.proposeNetting, (t));
        if (attempt(stranger, address(settlement), data, "propose netting")) note(enter());
    }

    // --- Affirmation and cancellation -------------------------------------------------------------------------------

    function affirm(uint256 which, uint256 party_) external {
        affirmBy(idFrom(which), parties[party_ % PARTIES]);
    }

    function affirmBy(uint64 id, address party) private {
        if (!attempt(acting(party), address(settlement), abi.encodeCall(settlement.affirm, (id)), "affirm")) return;
        assertFalse(affirmed[id][party], "nobody affirms twice");
        affirmed[id][party] = true;
        note(id);
    }

    function affirmSigned(uint256 which, uint256 other) external {
        uint64 id = idFrom(which);
        (uint8 v, bytes32 r, bytes32 s) = signAsKeyOne(settlement.digestOf(other % 8 == 5 ? id + 1 : id));
        address party = other % 8 == 6 ? bob : keyOne;
        bytes memory data = abi.encodeCall(settlement.affirmFor, (id, party, abi.encodePacked(r, s, v)));
        if (!attempt(stranger, address(settlement), data, "affirm by signature")) return;
        assertTrue(other % 8 != 5 && party == keyOne, "over these terms, by that party");
        affirmed[id][keyOne] = true;
        note(id);
    }

    function affirmAll(uint256 which, uint256 but) external {
        affirmMost(idFrom(which), but);
    }

    /// @dev All who are in it, or all but one.
    function affirmMost(uint64 id, uint256 but) private {
        for (uint256 i = 0; i < PARTIES; ++i) {
            if (but % 16 != i + 1 && isIn(id, parties[i]) && !affirmed[id][parties[i]]) affirmBy(id, parties[i]);
        }
    }

    function isIn(uint64 id, address party) private view returns (bool) {
        if (settlement.statusOf(id).netting) {
            Trade[] memory trades = settlement.nettingSet(id).trades;
            for (uint256 i = 0; i < trades.length; ++i) {
                if (trades[i].seller == party || trades[i].buyer == party) return true;
            }
            return false;
        }
        Leg[] memory legs = settlement.instruction(id).legs;
        for (uint256 i = 0; i < legs.length; ++i) {
            if (legs[i].from == party || legs[i].to == party) return true;
        }
        return false;
    }

    function cancel(uint256 which, uint256 party) external {
        uint64 id = idFrom(which);
        bytes memory data = abi.encodeCall(settlement.cancel, (id));
        attempt(acting(parties[party % PARTIES]), address(settlement), data, "cancel asked");
        note(id);
    }

    function cancelByAll(uint256 which, uint256 chance) external {
        uint64 id = idFrom(which);
        if (chance % 4 != 1 || !isOpen(id)) return;
        for (uint256 i = 0; i < PARTIES; ++i) {
            if (!isIn(id, parties[i]) || !isOpen(id)) continue;
            attempt(acting(parties[i]), address(settlement), abi.encodeCall(settlement.cancel, (id)), "cancel");
        }
        assertTrue(stateOf(id) == ISettlement.State.Cancelled, "all together cancel it");
        note(id);
    }

    // --- Locking and settling ---------------------------------------------------------------------------------------

    /// @dev One that is locked, or the last of those in play.
    function lockedFrom(uint256 seed) private view returns (uint64 id) {
        for (uint256 i = 0; i < inPlay.length; ++i) {
            id = inPlay[(seed + i) % inPlay.length];
            if (stateOf(id) == ISettlement.State.Locked) return id;
        }
    }

    function lock(uint256 which) external {
        lockOne(idFrom(which));
    }

    function lockOne(uint64 id) private {
        if (attempt(stranger, address(settlement), abi.encodeCall(settlement.lock, (id)), "lock")) note(id);
    }

    /// @dev Rarely what its first giver locked is frozen before it.
    function settle(uint256 which, uint256 freeze) external {
        uint64 id = which % 4 == 1 ? idFrom(which / 4) : lockedFrom(which / 4);
        Leg[] memory legs = settlement.instruction(id).legs;
        if (freeze % 4 != 3 || legs.length == 0) return settleOne(id);
        bytes memory data = abi.encodeCall(tokens[0].setFrozenTokens, (acting(legs[0].from), type(uint128).max));
        attempt(officer, legs[0].token, data, "freeze");
        settleOne(id);
        data = abi.encodeCall(tokens[0].setFrozenTokens, (acting(legs[0].from), 0));
        attempt(officer, legs[0].token, data, "thaw");
    }

    /// @dev The next steps of one, as far as they may be done.
    function bringToItsEnd(uint256 which, uint256 but) external {
        bring(idFrom(which), but);
    }

    function bring(uint64 id, uint256 but) private {
        affirmMost(id, but);
        ISettlement.Status memory status = settlement.statusOf(id);
        if (status.netting) {
            if (block.timestamp < status.notBefore) vm.warp(status.notBefore);
            settleSet(id);
            return;
        }
        if (stateOf(id) == ISettlement.State.Affirmed) lockOne(id);
        if (but % 4 == 3 || stateOf(id) != ISettlement.State.Locked) return;
        if (block.timestamp < status.notBefore) vm.warp(status.notBefore);
        settleOne(id);
    }

    function settleOne(uint64 id) private {
        Leg[] memory legs = settlement.instruction(id).legs;
        ISettlement.Status memory status = settlement.statusOf(id);
        bool refused = refusals(legs) != 0;
        bool due = status.state == ISettlement.State.Locked && block.timestamp >= status.notBefore && !refused
            && nothingStops();
        bool strict = refusedLegByLeg(legs);
        bool ok = attempt(stranger, address(settlement), abi.encodeCall(settlement.settle, (id)), "settle");
        assertTrue(ok || !due, "what the net end state allows is settled");
        if (!ok) return;
        assertFalse(refused, "and what it does not allow is not");
        if (strict) emit Reached("settle by net what leg by leg would be refused");
        checkWindow(id, status.notBefore, settlement.instruction(id).deadline);
        for (uint256 i = 0; i < legs.length; ++i) {
            assertTrue(affirmed[id][legs[i].from] && affirmed[id][legs[i].to], "all have affirmed");
            move(legs[i].token, legs[i].from, legs[i].to, legs[i].amount);
        }
        note(id);
    }

    function checkWindow(uint64 id, uint256 notBefore, uint256 deadline) private {
        assertTrue(block.timestamp >= notBefore, "not before its window");
        assertTrue(block.timestamp <= deadline, "nor after its deadline");
        assertFalse(executed[id], "nothing executes twice");
        executed[id] = true;
    }

    function move(address token, address from, address to, uint256 amount) private {
        uint256 t = token == address(tokens[UNITS]) ? UNITS : CASH;
        held[t][placeOf(from)] -= int256(amount);
        held[t][placeOf(to)] += int256(amount);
    }

    function settleNet(uint256 which) external {
        settleSet(idFrom(which));
    }

    function settleSet(uint64 id) private {
        NettingTerms memory t = settlement.nettingSet(id);
        bool due = settlement.statusOf(id).netting && stateOf(id) == ISettlement.State.Affirmed
            && block.timestamp >= t.notBefore && nothingStops() && isCovered(t.trades)
            && refusals(grossLegs(t.trades)) == 0;
        bool ok = attempt(stranger, address(settlement), abi.encodeCall(settlement.settleNet, (id)), "settle net");
        assertTrue(ok || !due, "a set that nothing stops is settled");
        if (!ok) return;
        uint256 gone = settlement.dropped(id);
        if (due) assertEq(gone, 0, "and nobody is dropped without need");
        if (t.rule == DropRule.Never) assertEq(gone, 0, "by that rule it is all or none");
        checkWindow(id, t.notBefore, t.deadline);
        for (uint256 i = 0; i < t.trades.length; ++i) {
            checkTrade(id, t.trades, i, gone);
        }
        note(id);
    }

    /// @dev A dropped trade is one of a party that is out altogether; all others are settled, gross.
    function checkTrade(uint64 id, Trade[] memory trades, uint256 i, uint256 gone) private {
        Trade memory trade = trades[i];
        bool said = affirmed[id][trade.seller] && affirmed[id][trade.buyer];
        if (gone >> i & 1 == 1) {
            assertTrue(isOut(trades, trade.seller, gone) || isOut(trades, trade.buyer, gone), "for a party that failed");
            emit Reached(
                said
                    ? "settle net without a party that failed"
                    : "settle net without a party that had not affirmed"
            );
            return;
        }
        assertTrue(said, "both have affirmed");
        move(trade.token, trade.seller, trade.buyer, trade.units);
        move(address(tokens[CASH]), trade.buyer, trade.seller, trade.cash);
    }

    function isOut(Trade[] memory trades, address party, uint256 gone) private pure returns (bool) {
        for (uint256 i = 0; i < trades.length; ++i) {
            if ((trades[i].seller == party || trades[i].buyer == party) && gone >> i & 1 == 0) return false;
        }
        return true;
    }

    function applyNet(uint256 which, uint256 gone) external {
        bytes memory data = abi.encodeCall(settlement.applyNet, (idFrom(which), gone));
        assertFalse(attempt(stranger, address(settlement), data, ""), "the settlement's own");
    }

    // --- What must happen -------------------------------------------------------------------------------------------

    function grossLegs(Trade[] memory trades) private view returns (Leg[] memory legs) {
        legs = new Leg[](2 * trades.length);
        for (uint256 i = 0; i < trades.length; ++i) {
            legs[2 * i] = Leg(trades[i].token, trades[i].seller, trades[i].buyer, trades[i].units);
            legs[2 * i + 1] = Leg(address(tokens[CASH]), trades[i].buyer, trades[i].seller, trades[i].cash);
        }
    }

    /// @dev What the policies say to the net end state of all legs.
    function refusals(Leg[] memory legs) private view returns (uint256 count) {
        for (uint256 t = 0; t < TOKENS; ++t) {
            IPolicies.Movement[] memory list = movements(legs, t);
            if (list.length != 0) count += refusalsOf(t, list);
        }
    }

    function refusedLegByLeg(Leg[] memory legs) private view returns (bool) {
        for (uint256 i = 0; i < legs.length; ++i) {
            Leg[] memory one = new Leg[](1);
            one[0] = legs[i];
            if (refusals(one) != 0) return true;
        }
        return false;
    }

    function refusalsOf(uint256 t, IPolicies.Movement[] memory list) private view returns (uint256) {
        return POLICIES.previewNet(address(tokens[t]), IPolicies.Operation.Settle, address(settlement), list).length;
    }

    function movements(Leg[] memory legs, uint256 t) private view returns (IPolicies.Movement[] memory list) {
        uint256 count = 0;
        for (uint256 i = 0; i < legs.length; ++i) {
            if (legs[i].token == address(tokens[t])) ++count;
        }
        list = new IPolicies.Movement[](count);
        count = 0;
        for (uint256 i = 0; i < legs.length; ++i) {
            if (legs[i].token != address(tokens[t])) continue;
            list[count++] = IPolicies.Movement(acting(legs[i].from), acting(legs[i].to), legs[i].amount);
        }
    }

    /// @dev No pause, no freeze, no allowance withdrawn.
    function nothingStops() private view returns (bool) {
        for (uint256 t = 0; t < TOKENS; ++t) {
            if (tokens[t].pauseLevel() != IRestrictedToken.Pause.None) return false;
            for (uint256 i = 0; i < PARTIES; ++i) {
                address party = acting(parties[i]);
                if (tokens[t].getFrozenTokens(party) != 0 || tokens[t].isFrozen(party)) return false;
                if (tokens[t].allowance(party, address(settlement)) != type(uint256).max) return false;
            }
        }
        return true;
    }

    /// @dev Everybody has free what it must give net.
    function isCovered(Trade[] memory trades) private view returns (bool) {
        Leg[] memory legs = grossLegs(trades);
        for (uint256 t = 0; t < TOKENS; ++t) {
            for (uint256 i = 0; i < PARTIES; ++i) {
                if (outflow(legs, t, parties[i]) > tokens[t].freeOf(acting(parties[i]))) return false;
            }
        }
        return true;
    }

    function outflow(Leg[] memory legs, uint256 t, address party) private view returns (uint256) {
        uint256 given = 0;
        uint256 taken = 0;
        for (uint256 i = 0; i < legs.length; ++i) {
            if (legs[i].token != address(tokens[t])) continue;
            if (legs[i].from == party) given += legs[i].amount;
            if (legs[i].to == party) taken += legs[i].amount;
        }
        return given > taken ? given - taken : 0;
    }

    function askFailCharge(uint256 which) external {
        uint64 id = idFrom(which);
        InstructionTerms memory t = settlement.instruction(id);
        (uint256 cash, uint256 dayCount, uint256 charge) = settlement.failCharge(id);
        ISettlement.Status memory status = settlement.statusOf(id);
        uint256 since = failedSince[id];
        if (since == 0 && status.state == ISettlement.State.Expired && !status.netting) since = t.deadline;
        uint256 sum = 0;
        for (uint256 i = 0; i < t.legs.length; ++i) {
            if (t.legs[i].token == address(tokens[CASH])) sum += t.legs[i].amount;
        }
        uint256 end = status.settledAt == 0 ? block.timestamp : status.settledAt;
        uint256 expected = since == 0 ? 0 : end / 1 days - since / 1 days;
        if (expected > 30) expected = 30;
        assertEq(dayCount, expected, "calendar days since it failed");
        assertEq(charge, (cash * FAIL_BPS * dayCount + 3_599_999) / 3_600_000, "rounded up");
        if (since != 0) assertEq(cash, sum, "of the cash it is about");
        if (charge != 0) emit Reached("fail charge");
    }

    // --- The world around -------------------------------------------------------------------------------------------

    function transfer(uint256 t, uint256 from, uint256 to, uint256 amount) external {
        (t, from, to) = (t % TOKENS, from % PARTIES, to % PARTIES);
        address receiver = acting(parties[to]);
        amount = part(amount, tokens[t].balanceOf(acting(parties[from])));
        bytes memory data = abi.encodeCall(tokens[t].transfer, (receiver, amount));
        if (!attempt(acting(parties[from]), address(tokens[t]), data, "transfer")) return;
        held[t][from] -= int256(amount);
        held[t][to] += int256(amount);
    }

    function approve(uint256 t, uint256 of_, uint256 amount) external {
        allow(t % TOKENS, acting(parties[of_ % PARTIES]), amount % 8 == 3 ? amount % 1000 * UNIT : type(uint256).max);
    }

    function freezeUnits(uint256 t, uint256 of_, uint256 amount) external {
        address party = acting(parties[of_ % PARTIES]);
        amount = amount % 8 == 3 ? part(amount / 8, tokens[t % TOKENS].balanceOf(party)) : 0;
        bytes memory data = abi.encodeCall(tokens[0].setFrozenTokens, (party, amount));
        attempt(officer, address(tokens[t % TOKENS]), data, "freeze");
    }

    function freezeAddress(uint256 t, uint256 of_, uint256 freeze) external {
        bytes memory data = abi.encodeCall(tokens[0].setAddressFrozen, (acting(parties[of_ % PARTIES]), freeze % 16 == 3));
        attempt(officer, address(tokens[t % TOKENS]), data, "address freeze");
    }

    function pause(uint256 t, uint256 level) external {
        IRestrictedToken.Pause chosen = IRestrictedToken.Pause(level % 32 == 9 ? 1 : level % 32 == 10 ? 2 : 0);
        attempt(officer, address(tokens[t % TOKENS]), abi.encodeCall(tokens[0].setPause, (chosen)), "pause");
    }

    function setState(uint256 of_, uint256 state) external {
        IIdentities.State chosen = state % 16 == 3 ? IIdentities.State.Suspended : IIdentities.State.Active;
        IDENTITIES.setState(names[of_ % PARTIES], chosen);
    }

    /// @dev Alice's wallet is lost; her other one takes its place everywhere.
    function recover(uint256 chance) external {
        if (chance % 16 != 13 || acting(alice) != alice) return;
        IDENTITIES.recover(alice, alice2);
        // Until it takes effect, the lost wallet is blocked.
        bytes memory data = abi.encodeCall(tokens[UNITS].transfer, (bob, 0));
        assertFalse(attempt(alice, address(tokens[UNITS]), data, ""), "blocked at once");
        for (uint256 i = 0; i < inPlay.length; ++i) {
            if (stateOf(inPlay[i]) == ISettlement.State.Locked) settleOne(inPlay[i]);
        }
        vm.warp(block.timestamp + IDENTITIES.recoveryDelay());
        for (uint256 t = 0; t < TOKENS; ++t) {
            tokens[t].recover(alice);
        }
        emit Reached("recover");
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 0, 12 hours));
        if (inPlay.length > 0) note(inPlay[time % inPlay.length]);
    }

    // --- What holds -------------------------------------------------------------------------------------------------

    /// @dev What leaves arrives, once, net and gross alike.
    function invariant_EachHoldsWhatTheGrossMovementsLeft() external view {
        for (uint256 t = 0; t < TOKENS; ++t) {
            uint256 sum = 0;
            for (uint256 i = 0; i < PARTIES; ++i) {
                uint256 balance = tokens[t].balanceOf(acting(parties[i]));
                assertEq(balance, uint256(held[t][i]), "as gross");
                sum += balance;
            }
            assertEq(sum, tokens[t].totalSupply(), "nothing is made or lost");
        }
    }

    /// @dev Above all: nothing once it is settled, cancelled or expired.
    function invariant_LockedIsTheNetOutflowOfWhatIsLocked() external view {
        uint256[PARTIES][TOKENS] memory expected;
        for (uint256 i = 0; i < inPlay.length; ++i) {
            if (stateOf(inPlay[i]) != ISettlement.State.Locked) continue;
            InstructionTerms memory terms_ = settlement.instruction(inPlay[i]);
            assertTrue(block.timestamp <= terms_.deadline, "time alone ends it");
            for (uint256 t = 0; t < TOKENS; ++t) {
                for (uint256 j = 0; j < PARTIES; ++j) {
                    expected[t][j] += outflow(terms_.legs, t, parties[j]);
                }
            }
        }
        for (uint256 t = 0; t < TOKENS; ++t) {
            for (uint256 j = 0; j < PARTIES; ++j) {
                assertEq(tokens[t].lockedOf(acting(parties[j])), expected[t][j], "locked");
            }
        }
    }

    function invariant_LimitsHold() external view {
        assertTrue(POLICIES.holders(address(tokens[UNITS])) <= 3, "holders");
        for (uint256 i = 0; i < PARTIES; ++i) {
            uint256 units = POLICIES.unitsOf(address(tokens[UNITS]), names[i]);
            assertTrue(units <= 3_000_000 * UNIT, "at most");
            assertTrue(units == 0 || units >= 50 * UNIT, "at least, or nothing");
        }
    }
}
