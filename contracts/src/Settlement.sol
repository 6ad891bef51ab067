// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ERC165, IERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IEncumbrances} from "./interfaces/IEncumbrances.sol";
import {DropRule, InstructionTerms, ISettlement, Leg, NettingTerms, Trade} from "./interfaces/ISettlement.sol";
import {IDENTITIES, IIdentities} from "./native/IIdentities.sol";
import {IPolicies} from "./native/IPolicies.sol";

/// @title Settlement
/// @notice See ISettlement. It holds nothing: units are locked in their holders' accounts and moved by their tokens.
contract Settlement is ISettlement, EIP712, ERC165 {
    uint256 public constant LEGS_MAX = 64;
    uint256 public constant TRADES_MAX = 100;
    uint256 public constant NETTING_PARTIES_MAX = 16;
    uint256 public constant NETTING_TOKENS_MAX = 8;
    uint256 public constant OPEN_FOR_MAX = 30 days;
    uint256 public constant CHARGED_DAYS_MAX = 30;

    /// @dev Basis points of a year of 360 days, by day.
    uint256 private constant CHARGE_UNIT = 3_600_000;

    bytes private constant LEG_TYPE = "Leg(address token,address from,address to,uint96 amount)";
    bytes private constant TRADE_TYPE = "Trade(address seller,uint96 units,address buyer,uint96 cash,address token)";
    bytes32 private constant LEG_TYPEHASH = keccak256(LEG_TYPE);
    bytes32 private constant TRADE_TYPEHASH = keccak256(TRADE_TYPE);
    bytes32 private constant INSTRUCTION_TYPEHASH = keccak256(
        abi.encodePacked(
            "Instruction(uint64 id,Leg[] legs,address cash,uint16 failBps,uint40 notBefore,uint40 deadline,",
            "uint64 replaces,bytes32 ref)",
            LEG_TYPE
        )
    );
    bytes32 private constant NETTING_TYPEHASH = keccak256(
        abi.encodePacked(
            "NettingSet(uint64 id,Trade[] trades,address cash,uint8 rule,uint40 notBefore,uint40 deadline,bytes32 ref)",
            TRADE_TYPE
        )
    );

    // What a party has said.
    uint8 private constant INVOLVED = 1;
    uint8 private constant AFFIRMED = 2;
    uint8 private constant CANCELS = 4;

    IIdentities private immutable _identities;

    uint64 private _count;
    mapping(uint64 id => Status) private _statuses;
    mapping(uint64 id => InstructionTerms) private _instructions;
    mapping(uint64 id => NettingTerms) private _nettings;
    mapping(uint64 id => mapping(address party => uint8)) private _said;
    mapping(uint64 id => address[]) private _nettingParties;
    mapping(uint64 id => uint256) public dropped;

    /// @param identities_ zero: the chain's Identities
    constructor(address identities_) EIP712("Talea Settlement", "1") {
        _identities = identities_ == address(0) ? IDENTITIES : IIdentities(identities_);
    }

    // ---------------------------------------------------------------- proposals

    /// @inheritdoc ISettlement
    function propose(InstructionTerms calldata terms) external returns (uint64 id) {
        if (terms.legs.length == 0 || terms.legs.length > LEGS_MAX) revert BadInstruction(1);
        id = _open(terms.notBefore, terms.deadline);
        InstructionTerms storage made = _instructions[id];
        (made.cash, made.failBps, made.replaces, made.ref) = (terms.cash, terms.failBps, terms.replaces, terms.ref);
        (made.notBefore, made.deadline) = (terms.notBefore, terms.deadline);
        for (uint256 i = 0; i < terms.legs.length; ++i) {
            Leg calldata leg = terms.legs[i];
            if (leg.token == address(0) || leg.from == leg.to || leg.amount == 0) revert BadInstruction(2);
            made.legs.push(leg);
            _involve(id, leg.from);
            _involve(id, leg.to);
        }
        if (terms.replaces != 0) _replace(id, terms);
        emit Proposed(id, msg.sender, terms.ref, _statuses[id].parties, terms.deadline);
    }

    /// @inheritdoc ISettlement
    function proposeNetting(NettingTerms calldata terms) external returns (uint64 id) {
        if (terms.trades.length == 0 || terms.trades.length > TRADES_MAX) revert BadInstruction(1);
        id = _open(terms.notBefore, terms.deadline);
        _statuses[id].netting = true;
        NettingTerms storage made = _nettings[id];
        (made.cash, made.rule, made.ref) = (terms.cash, terms.rule, terms.ref);
        (made.notBefore, made.deadline) = (terms.notBefore, terms.deadline);
        for (uint256 i = 0; i < terms.trades.length; ++i) {
            Trade calldata trade = terms.trades[i];
            if (trade.token == address(0) || trade.token == terms.cash || trade.seller == trade.buyer) {
                revert BadInstruction(2);
            }
            made.trades.push(trade);
            if (_involve(id, trade.seller)) _nettingParties[id].push(trade.seller);
            if (_involve(id, trade.buyer)) _nettingParties[id].push(trade.buyer);
        }
        if (_statuses[id].parties > NETTING_PARTIES_MAX) revert BadInstruction(6);
        _tokensOf(made);
        emit Proposed(id, msg.sender, terms.ref, _statuses[id].parties, terms.deadline);
    }

    function _open(uint40 notBefore, uint40 deadline) private returns (uint64 id) {
        if (deadline < notBefore || deadline < block.timestamp) revert BadInstruction(3);
        if (deadline > block.timestamp + OPEN_FOR_MAX) revert BadInstruction(4);
        id = ++_count;
        Status storage made = _statuses[id];
        (made.state, made.notBefore, made.deadline) = (State.Draft, notBefore, deadline);
    }

    function _involve(uint64 id, address party) private returns (bool first) {
        if (party == address(0)) revert BadInstruction(2);
        first = _said[id][party] == 0;
        if (!first) return false;
        _said[id][party] = INVOLVED;
        ++_statuses[id].parties;
    }

    /// @dev An expired instruction is carried on once, by one with the same legs: its fail is one and the same.
    function _replace(uint64 id, InstructionTerms calldata terms) private {
        Status storage old = _statuses[terms.replaces];
        if (old.netting || _stateOf(old) != State.Expired || old.replacedBy != 0) revert BadInstruction(5);
        InstructionTerms memory before = _instructions[terms.replaces];
        if (_hashLegs(before.legs) != _hashLegs(terms.legs)) revert BadInstruction(5);
        old.replacedBy = id;
        _statuses[id].failedSince = old.failedSince == 0 ? old.deadline : old.failedSince;
    }

    // ---------------------------------------------------------------- affirmation and cancellation

    /// @inheritdoc ISettlement
    function affirm(uint64 id) external {
        _affirm(id, _partyOf(id, msg.sender));
    }

    /// @inheritdoc ISettlement
    function affirmFor(uint64 id, address party, bytes calldata signature) external {
        if (!SignatureChecker.isValidSignatureNow(_current(party), digestOf(id), signature)) {
            revert BadAffirmation(id, party);
        }
        _affirm(id, party);
    }

    function _affirm(uint64 id, address party) private {
        Status storage status = _in(id, State.Draft);
        uint8 said = _said[id][party];
        if (said == 0) revert NotInvolved(id, party);
        if (said & AFFIRMED != 0) revert AffirmedBefore(id, party);
        _said[id][party] = said | AFFIRMED;
        uint16 count = ++status.affirmed;
        if (count == status.parties) status.state = State.Affirmed;
        emit Affirmed(id, party, count);
    }

    /// @inheritdoc ISettlement
    function cancel(uint64 id) external {
        Status storage status = _statuses[id];
        State state = _stateOf(status);
        if (state != State.Draft && state != State.Affirmed && state != State.Locked) {
            revert WrongInstruction(id, state);
        }
        address party = _partyOf(id, msg.sender);
        if (state != State.Draft) {
            uint8 said = _said[id][party];
            if (said & CANCELS != 0) revert CancelAskedBefore(id, party);
            _said[id][party] = said | CANCELS;
            emit CancelAsked(id, party, ++status.cancelling);
            if (status.cancelling < status.parties) return;
        }
        status.state = State.Cancelled;
        emit Cancelled(id, msg.sender);
        if (state == State.Locked) _unlock(id);
    }

    function _unlock(uint64 id) private {
        Leg[] memory legs = _currentLegs(id);
        for (uint256 i = 0; i < legs.length; ++i) {
            if (_isFirstGiver(legs, i)) IEncumbrances(legs[i].token).unlock(legs[i].from, id);
        }
    }

    /// @dev The caller, or the party it replaces: a wallet that was recovered stays in the books.
    function _partyOf(uint64 id, address caller) private view returns (address) {
        if (_said[id][caller] != 0 && _current(caller) == caller) return caller;
        if (_statuses[id].netting) {
            address[] storage parties = _nettingParties[id];
            for (uint256 i = 0; i < parties.length; ++i) {
                if (_current(parties[i]) == caller) return parties[i];
            }
        } else {
            Leg[] storage legs = _instructions[id].legs;
            for (uint256 i = 0; i < legs.length; ++i) {
                if (_current(legs[i].from) == caller) return legs[i].from;
                if (_current(legs[i].to) == caller) return legs[i].to;
            }
        }
        revert NotInvolved(id, caller);
    }

    // ---------------------------------------------------------------- locking and settling

    /// @inheritdoc ISettlement
    function lock(uint64 id) external {
        Status storage status = _in(id, State.Affirmed);
        if (status.netting) revert WrongInstruction(id, State.Affirmed);
        status.state = State.Locked;
        emit Locked(id);
        Leg[] memory legs = _currentLegs(id);
        for (uint256 i = 0; i < legs.length; ++i) {
            if (!_isFirstGiver(legs, i)) continue;
            uint256 outflow = _netOutflow(legs, legs[i].token, legs[i].from);
            if (outflow != 0) _lock(id, legs[i].token, legs[i].from, outflow, status.deadline);
        }
    }

    function _lock(uint64 id, address token, address holder, uint256 amount, uint64 until) private {
        uint256 allowed = IERC20(token).allowance(holder, address(this));
        if (allowed < amount) revert NotReady(holder, token, allowed, amount);
        IEncumbrances(token).lock(holder, amount, until, id);
    }

    /// @inheritdoc ISettlement
    function settle(uint64 id) external {
        Status storage status = _in(id, State.Locked);
        if (block.timestamp < status.notBefore) revert TooEarly(id, status.notBefore);
        status.state = State.Settled;
        status.settledAt = uint40(block.timestamp);
        emit Settled(id);
        Leg[] memory legs = _currentLegs(id);
        for (uint256 i = 0; i < legs.length; ++i) {
            if (_isFirstOf(legs, i)) IEncumbrances(legs[i].token).settle(id, _movements(legs, legs[i].token));
        }
    }

    /// @dev The legs with the wallets that act for the parties now.
    function _currentLegs(uint64 id) private view returns (Leg[] memory legs) {
        legs = _instructions[id].legs;
        for (uint256 i = 0; i < legs.length; ++i) {
            (legs[i].from, legs[i].to) = (_current(legs[i].from), _current(legs[i].to));
        }
    }

    /// @dev Whether leg `i` is the first of its token.
    function _isFirstOf(Leg[] memory legs, uint256 i) private pure returns (bool) {
        for (uint256 j = 0; j < i; ++j) {
            if (legs[j].token == legs[i].token) return false;
        }
        return true;
    }

    /// @dev Whether leg `i` is the first by which its giver gives its token.
    function _isFirstGiver(Leg[] memory legs, uint256 i) private pure returns (bool) {
        for (uint256 j = 0; j < i; ++j) {
            if (legs[j].token == legs[i].token && legs[j].from == legs[i].from) return false;
        }
        return true;
    }

    /// @dev At most 64 amounts of 96 bits: nothing overflows.
    function _netOutflow(Leg[] memory legs, address token, address account) private pure returns (uint256) {
        uint256 given = 0;
        uint256 taken = 0;
        for (uint256 i = 0; i < legs.length; ++i) {
            if (legs[i].token != token) continue;
            if (legs[i].from == account) given += legs[i].amount;
            if (legs[i].to == account) taken += legs[i].amount;
        }
        return Math.saturatingSub(given, taken);
    }

    function _movements(Leg[] memory legs, address token) private pure returns (IPolicies.Movement[] memory list) {
        uint256 count = 0;
        list = new IPolicies.Movement[](legs.length);
        for (uint256 i = 0; i < legs.length; ++i) {
            if (legs[i].token != token) continue;
            list[count++] = IPolicies.Movement(legs[i].from, legs[i].to, legs[i].amount);
        }
        assembly ("memory-safe") {
            // Only shorter: count <= legs.length.
            mstore(list, count)
        }
    }

    // ---------------------------------------------------------------- netting

    /// @inheritdoc ISettlement
    function settleNet(uint64 id) external returns (uint256 transfers) {
        Status storage status = _statuses[id];
        State state = _stateOf(status);
        if (!status.netting || (state != State.Draft && state != State.Affirmed)) revert WrongInstruction(id, state);
        if (block.timestamp < status.notBefore) revert TooEarly(id, status.notBefore);
        bool drops = _nettings[id].rule == DropRule.Party;
        // Without a time to affirm until, anyone could drop everybody at once.
        if (state == State.Draft && (!drops || status.notBefore == 0)) {
            revert NotAllAffirmed(id, status.affirmed, status.parties);
        }
        // Before anything moves: what is called back finds it settled.
        status.state = State.Settled;
        status.settledAt = uint40(block.timestamp);

        address[] memory parties = _nettingParties[id];
        uint256 gone = 0; // trades dropped, by bit
        for (uint256 i = 0; i < parties.length; ++i) {
            if (_said[id][parties[i]] & AFFIRMED == 0) gone |= _drop(id, parties[i], "");
        }
        // Each turn drops a party more or ends.
        while (true) {
            try this.applyNet(id, gone) returns (uint256 made) {
                transfers = made;
                break;
            } catch (bytes memory reason) {
                address failed = drops ? _failedParty(parties, reason) : address(0);
                uint256 more = failed == address(0) ? gone : gone | _tradesOf(id, failed);
                // A refusal that no present party answers for, or one without words (gas), stops everything.
                if (more == gone) _revertWith(reason);
                gone |= _drop(id, failed, reason);
            }
        }
        dropped[id] = gone;
        uint256 count = _nettings[id].trades.length;
        uint256 lost = 0;
        for (uint256 i = 0; i < count; ++i) {
            lost += gone >> i & 1;
        }
        emit NetSettled(id, count - lost, lost, transfers);
        emit Settled(id);
    }

    /// @notice Nets the trades that are not dropped, locks and moves. Called by this contract alone, so that one try of
    /// it is all or nothing.
    function applyNet(uint64 id, uint256 gone) external returns (uint256 transfers) {
        if (msg.sender != address(this)) revert NotSelf(msg.sender);
        NettingTerms memory terms = _nettings[id];
        address[] memory parties = _nettingParties[id];
        address[] memory tokens = _tokensOf(terms);
        for (uint256 t = 0; t < tokens.length; ++t) {
            int256[] memory nets = _nets(terms, parties, tokens[t], gone);
            for (uint256 i = 0; i < parties.length; ++i) {
                if (nets[i] >= 0) continue;
                _lock(id, tokens[t], _current(parties[i]), uint256(-nets[i]), uint64(block.timestamp));
            }
            IPolicies.Movement[] memory list = _netMovements(parties, nets);
            if (list.length != 0) IEncumbrances(tokens[t]).settle(id, list);
            transfers += list.length;
        }
    }

    /// @dev What each party gets (or, below 0, gives) of `token`.
    function _nets(NettingTerms memory terms, address[] memory parties, address token, uint256 gone)
        private
        pure
        returns (int256[] memory nets)
    {
        nets = new int256[](parties.length);
        for (uint256 i = 0; i < terms.trades.length; ++i) {
            if (gone >> i & 1 == 1) continue;
            Trade memory trade = terms.trades[i];
            uint256 seller = _indexOf(parties, trade.seller);
            uint256 buyer = _indexOf(parties, trade.buyer);
            int256 change = 0;
            if (token == terms.cash) change = -int256(uint256(trade.cash));
            else if (token == trade.token) change = int256(uint256(trade.units));
            nets[buyer] += change;
            nets[seller] -= change;
        }
    }

    /// @dev From net debtors to net creditors, each transfer clearing one of them: fewer than there are parties.
    function _netMovements(address[] memory parties, int256[] memory nets)
        private
        view
        returns (IPolicies.Movement[] memory list)
    {
        list = new IPolicies.Movement[](parties.length);
        uint256 count = 0;
        uint256 debtor = 0;
        uint256 creditor = 0;
        while (true) {
            while (debtor < nets.length && nets[debtor] >= 0) ++debtor;
            while (creditor < nets.length && nets[creditor] <= 0) ++creditor;
            if (debtor == nets.length || creditor == nets.length) break;
            uint256 amount = Math.min(uint256(-nets[debtor]), uint256(nets[creditor]));
            list[count++] = IPolicies.Movement(_current(parties[debtor]), _current(parties[creditor]), amount);
            nets[debtor] += int256(amount);
            nets[creditor] -= int256(amount);
        }
        assembly ("memory-safe") {
            // Only shorter: each turn clears a party, and the last one two.
            mstore(list, count)
        }
    }

    /// @dev Cash and every token traded, each once.
    function _tokensOf(NettingTerms memory terms) private pure returns (address[] memory tokens) {
        tokens = new address[](NETTING_TOKENS_MAX);
        tokens[0] = terms.cash;
        uint256 count = 1;
        for (uint256 i = 0; i < terms.trades.length; ++i) {
            uint256 j = 0;
            while (j < count && tokens[j] != terms.trades[i].token) ++j;
            if (j < count) continue;
            if (count == NETTING_TOKENS_MAX) revert BadInstruction(7);
            tokens[count++] = terms.trades[i].token;
        }
        assembly ("memory-safe") {
            // Only shorter: count <= NETTING_TOKENS_MAX.
            mstore(tokens, count)
        }
    }

    function _indexOf(address[] memory list, address account) private pure returns (uint256 i) {
        while (list[i] != account) ++i;
    }

    function _drop(uint64 id, address party, bytes memory reason) private returns (uint256) {
        emit PartyDropped(id, party, reason);
        return _tradesOf(id, party);
    }

    function _tradesOf(uint64 id, address party) private view returns (uint256 bits) {
        Trade[] storage trades = _nettings[id].trades;
        for (uint256 i = 0; i < trades.length; ++i) {
            if (trades[i].seller == party || trades[i].buyer == party) bits |= 1 << i;
        }
    }

    /// @dev The party that an error names: its first argument, in `Refused` the second; zero: none. All errors of a
    /// token that concern one holder name it so.
    function _failedParty(address[] memory parties, bytes memory reason) private view returns (address) {
        uint256 place = bytes4(reason) == IPolicies.Refused.selector ? 68 : 36;
        if (reason.length < place) return address(0);
        uint256 word;
        assembly ("memory-safe") {
            // The argument's 32 bytes end at byte `place` of the data.
            word := mload(add(reason, place))
        }
        for (uint256 i = 0; i < parties.length; ++i) {
            if (uint160(_current(parties[i])) == word) return parties[i];
        }
        return address(0);
    }

    function _revertWith(bytes memory reason) private pure {
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }

    // ---------------------------------------------------------------- state

    function _current(address wallet) private view returns (address) {
        return _identities.current(wallet);
    }

    function _in(uint64 id, State state) private view returns (Status storage status) {
        status = _statuses[id];
        State found = _stateOf(status);
        if (found != state) revert WrongInstruction(id, found);
    }

    /// @dev Time alone ends what is not settled.
    function _stateOf(Status storage status) private view returns (State state) {
        state = status.state;
        if (state >= State.Draft && state <= State.Locked && block.timestamp > status.deadline) return State.Expired;
    }

    // ---------------------------------------------------------------- what is signed

    /// @inheritdoc ISettlement
    function digestOf(uint64 id) public view returns (bytes32) {
        return _hashTypedDataV4(_statuses[id].netting ? _hashNetting(id) : _hashInstruction(id));
    }

    function _hashInstruction(uint64 id) private view returns (bytes32) {
        InstructionTerms memory terms = _instructions[id];
        return keccak256(
            abi.encode(
                INSTRUCTION_TYPEHASH,
                id,
                _hashLegs(terms.legs),
                terms.cash,
                terms.failBps,
                terms.notBefore,
                terms.deadline,
                terms.replaces,
                terms.ref
            )
        );
    }

    function _hashLegs(Leg[] memory legs) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](legs.length);
        for (uint256 i = 0; i < legs.length; ++i) {
            hashes[i] = keccak256(abi.encode(LEG_TYPEHASH, legs[i].token, legs[i].from, legs[i].to, legs[i].amount));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _hashNetting(uint64 id) private view returns (bytes32) {
        NettingTerms memory terms = _nettings[id];
        bytes32[] memory hashes = new bytes32[](terms.trades.length);
        for (uint256 i = 0; i < hashes.length; ++i) {
            hashes[i] = keccak256(abi.encode(TRADE_TYPEHASH, terms.trades[i]));
        }
        bytes32 trades = keccak256(abi.encodePacked(hashes));
        return keccak256(
            abi.encode(
                NETTING_TYPEHASH, id, trades, terms.cash, terms.rule, terms.notBefore, terms.deadline, terms.ref
            )
        );
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ISettlement
    function failCharge(uint64 id) external view returns (uint256 cash, uint256 dayCount, uint256 charge) {
        Status storage status = _statuses[id];
        uint256 since = status.failedSince;
        if (since == 0 && !status.netting && _stateOf(status) == State.Expired) since = status.deadline;
        InstructionTerms storage terms = _instructions[id];
        if (since == 0 || terms.cash == address(0)) return (0, 0, 0);
        for (uint256 i = 0; i < terms.legs.length; ++i) {
            if (terms.legs[i].token == terms.cash) cash += terms.legs[i].amount;
        }
        uint256 end = status.settledAt != 0 ? status.settledAt : block.timestamp;
        dayCount = Math.min(end / 1 days - since / 1 days, CHARGED_DAYS_MAX);
        charge = Math.ceilDiv(cash * terms.failBps * dayCount, CHARGE_UNIT);
    }

    /// @inheritdoc ISettlement
    function statusOf(uint64 id) external view returns (Status memory status) {
        status = _statuses[id];
        status.state = _stateOf(_statuses[id]);
    }

    /// @inheritdoc ISettlement
    function instruction(uint64 id) external view returns (InstructionTerms memory) {
        return _instructions[id];
    }

    /// @inheritdoc ISettlement
    function nettingSet(uint64 id) external view returns (NettingTerms memory) {
        return _nettings[id];
    }

    /// @inheritdoc ISettlement
    function hasAffirmed(uint64 id, address party) external view returns (bool) {
        return _said[id][party] & AFFIRMED != 0;
    }

    function supportsInterface(bytes4 id) public view override(ERC165, IERC165) returns (bool) {
        return id == type(ISettlement).interfaceId || id == type(IERC5267).interfaceId || super.supportsInterface(id);
    }
}
