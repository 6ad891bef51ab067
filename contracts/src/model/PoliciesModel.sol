// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIdentities} from "../native/IIdentities.sol";
import {IPolicies, RuleParams} from "../native/IPolicies.sol";
import {IRule} from "../native/IRule.sol";
import {IdentitiesModel} from "./IdentitiesModel.sol";
import {RuleChecks} from "./RuleChecks.sol";

/// @title Policies as a plain contract
/// @notice Says what the native registry does, in Solidity (see IdentitiesModel). Every judgement finds all refusals;
/// `authorize` reverts with the first.
/// @dev Malformed parameters of a rule revert without data instead of BadRule.
contract PoliciesModel is IPolicies {
    uint256 private constant RULES_MAX = 16;
    uint256 private constant MOVEMENTS_MAX = 64;
    uint256 private constant COUNTER_MAX = type(uint128).max;
    /// @dev Refusals of one movement: 3 at rule 0, 3 at each rule.
    uint256 private constant REFUSALS_MAX = 3 + 3 * RULES_MAX;

    // Operations as bits.
    uint16 private constant TRANSFER = 1 << 1;
    uint16 private constant ISSUE = 1 << 2;
    uint16 private constant REDEEM = 1 << 3;
    uint16 private constant FORCE = 1 << 4;
    uint16 private constant RECOVER = 1 << 5;
    uint16 private constant PLEDGE = 1 << 6;
    uint16 private constant SEIZE = 1 << 7;
    uint16 private constant SETTLE = 1 << 8;
    uint16 private constant RETURN = 1 << 9;
    uint16 private constant HOLDER_TO_HOLDER = TRANSFER | SETTLE;
    uint16 private constant IN_PLACE = PLEDGE | RECOVER;

    // Which operations ask what of whom: the table of DOMAIN §3 by columns.
    uint16 private constant SENDER_ALL = TRANSFER | PLEDGE | SETTLE; // kind 2 whole
    uint16 private constant SENDER_ACTIVE = REDEEM; // 201, 205, 207, 209
    uint16 private constant RECEIVER_ALL = TRANSFER | ISSUE | FORCE | SEIZE | SETTLE;
    uint16 private constant RECEIVER_ACTIVE = PLEDGE | RETURN; // 202, 206, 208, 209
    uint16 private constant SENDER_RULES = TRANSFER | PLEDGE | SETTLE; // kinds 1, 3, 4, 8
    uint16 private constant RECEIVER_RULES = TRANSFER | ISSUE | SEIZE | SETTLE | RETURN;
    uint16 private constant ACTOR = TRANSFER | REDEEM | PLEDGE | SETTLE;
    uint16 private constant WINDOW = SENDER_RULES | RECEIVER_RULES | REDEEM; // kind 6
    uint16 private constant LOCKS = ACTOR;
    uint16 private constant VELOCITY = TRANSFER | REDEEM | SETTLE; // kind 7
    uint16 private constant GETTER_HOLDERS = TRANSFER | ISSUE | SEIZE | SETTLE; // kind 5

    struct Token {
        uint64 policyId;
        bool counted;
        uint64 holders;
        uint256 escrowed;
        mapping(bytes32 id => uint256) units;
        mapping(address account => bool) escrow;
        mapping(address escrow => mapping(bytes32 id => uint256)) putIn;
        // What left an identity, by the hours of a window and the number of the bucket since 1970.
        mapping(uint16 windowHours => mapping(bytes32 id => mapping(uint256 bucket => uint256))) outflow;
    }

    struct Policy {
        address owner;
        address offeredTo;
        uint24 uncounted;
        Rule[] rules;
        mapping(bytes32 id => uint64) locks;
        mapping(address token => bool) allowed;
    }

    /// @dev An address that takes part.
    struct Side {
        address account;
        bytes32 id;
        IIdentities.Wallet wallet;
        IIdentities.Identity identity;
        bool escrow;
        bool holder; // neither zero nor an escrow
        bool senderOut; // failed 201: asked nothing more as a sender
        bool receiverOut; // failed 202
    }

    /// @dev The units of an identity, or of a wallet that nobody knows.
    struct Holding {
        bytes32 id;
        address wallet; // where nobody knows it
        uint256 had;
        uint256 gets;
        uint256 gives;
        Side giver; // the first that gives; `account` zero = none
        Side getter;
        bool askedGives;
        bool askedGets;
    }

    /// @dev A judgement under way.
    struct Case {
        address token;
        uint16 op; // its bit
        Operation operation;
        address actor;
        uint8 alone; // 0 movements; 1 one sender; 2 one receiver
        Movement[] movements;
        Side[] from;
        Side[] to;
        Side[] sides; // each address once
        uint256 sideCount;
        Holding[] holdings;
        uint256 holdingCount;
        bool counted;
        bool known; // the policy has kind 2
        bool covered; // a RETURN of no more than was put in
        Refusal[] found;
        uint256 foundCount;
    }

    IdentitiesModel private immutable _identities;
    RuleChecks private immutable _ruleChecks;

    uint64 public policyCount;
    mapping(uint64 policyId => Policy) private _policies;
    mapping(address token => Token) private _tokens;

    constructor(IdentitiesModel identities, RuleChecks ruleChecks) {
        (_identities, _ruleChecks) = (identities, ruleChecks);
    }

    // --- Policies ---------------------------------------------------------------------------------------------------

    /// @inheritdoc IPolicies
    function createPolicy(Rule[] calldata rules_) external returns (uint64 policyId) {
        _ruleChecks.check(rules_);
        policyId = ++policyCount;
        _policies[policyId].owner = msg.sender;
        emit PolicyCreated(policyId, msg.sender);
        _writeRules(policyId, rules_);
    }

    /// @inheritdoc IPolicies
    function setRules(uint64 policyId, Rule[] calldata rules_) external {
        Policy storage own = _own(policyId);
        _ruleChecks.check(rules_);
        if (own.uncounted != 0) {
            for (uint256 i = 0; i < rules_.length; ++i) {
                if (rules_[i].kind == 5 || rules_[i].kind == 7) revert NotCounted(policyId);
            }
        }
        _writeRules(policyId, rules_);
    }

    function _own(uint64 policyId) private view returns (Policy storage found) {
        found = _policies[policyId];
        if (found.owner == address(0)) revert UnknownPolicy(policyId);
        if (found.owner != msg.sender) revert NotAuthorized(msg.sender, 0);
    }

    function _writeRules(uint64 policyId, Rule[] calldata rules_) private {
        delete _policies[policyId].rules;
        emit RulesReplaced(policyId, uint8(rules_.length));
        for (uint256 i = 0; i < rules_.length; ++i) {
            Rule memory rule = rules_[i];
            if (rule.kind == 2) {
                RuleParams.Known memory known = abi.decode(rule.params, (RuleParams.Known));
                for (uint256 j = 0; j < known.registrars.length; ++j) {
                    (, uint32 index) = _identities.registrar(known.registrars[j]);
                    if (index == 0) revert IIdentities.UnknownRegistrar(known.registrars[j]);
                }
            }
            if (rule.kind == 8) {
                bytes32[] memory ids = abi.decode(rule.params, (RuleParams.Counterparties)).ids;
                for (uint256 j = 0; j < ids.length; ++j) {
                    if (_identities.identity(ids[j]).index == 0) revert UnknownIdentity(ids[j]);
                }
            }
            _policies[policyId].rules.push(rule);
            emit RuleSet(policyId, uint8(i + 1), rule.kind, rule.operations, rule.sides, rule.params);
        }
    }

    /// @inheritdoc IPolicies
    function offerPolicy(uint64 policyId, address newOwner) external {
        _own(policyId).offeredTo = newOwner;
        emit PolicyTransferOffered(policyId, msg.sender, newOwner);
    }

    /// @inheritdoc IPolicies
    function acceptPolicy(uint64 policyId) external {
        Policy storage found = _policies[policyId];
        if (found.owner == address(0)) revert UnknownPolicy(policyId);
        if (found.offeredTo != msg.sender) revert NotAuthorized(msg.sender, 0);
        address from = found.owner;
        found.owner = msg.sender;
        found.offeredTo = address(0);
        emit PolicyTransferred(policyId, from, msg.sender);
    }

    /// @inheritdoc IPolicies
    function allowToken(uint64 policyId, address token, bool allowed) external {
        Policy storage own = _own(policyId);
        if (token == address(0)) revert ZeroAddress();
        own.allowed[token] = allowed;
        emit TokenAllowed(policyId, token, allowed);
    }

    /// @inheritdoc IPolicies
    function setLock(uint64 policyId, bytes32 id, uint64 until) external {
        Policy storage own = _own(policyId);
        if (_identities.identity(id).index == 0) revert UnknownIdentity(id);
        own.locks[id] = until;
        emit IdentityLocked(policyId, id, until);
    }

    // --- Tokens -----------------------------------------------------------------------------------------------------

    /// @inheritdoc IPolicies
    function bind(uint64 policyId, bool counted) external {
        Token storage token = _tokens[msg.sender];
        if (token.policyId != 0) revert AlreadyBound(msg.sender, token.policyId);
        Policy storage found = _policies[policyId];
        if (found.owner == address(0)) revert UnknownPolicy(policyId);
        if (!found.allowed[msg.sender]) revert TokenNotAllowed(policyId, msg.sender);
        if (!counted) {
            for (uint256 i = 0; i < found.rules.length; ++i) {
                if (found.rules[i].kind == 5 || found.rules[i].kind == 7) revert NotCounted(policyId);
            }
            if (found.uncounted == type(uint24).max) revert TooMany(uint256(found.uncounted) + 1, found.uncounted);
            ++found.uncounted;
        }
        (token.policyId, token.counted) = (policyId, counted);
        emit TokenBound(msg.sender, policyId, counted);
    }

    /// @inheritdoc IPolicies
    function setEscrow(address escrow, bool isEscrow_) external {
        Token storage token = _tokens[msg.sender];
        if (token.policyId == 0) revert NotBound(msg.sender);
        if (escrow == address(0)) revert ZeroAddress();
        if (token.escrow[escrow] == isEscrow_) return;
        token.escrow[escrow] = isEscrow_;
        emit EscrowChanged(msg.sender, escrow, isEscrow_);
    }

    // --- Judgement --------------------------------------------------------------------------------------------------

    /// @inheritdoc IPolicies
    function authorize(Operation operation, address actor, address from, address to, uint256 amount) external {
        if (operation == Operation.None) revert BadOperation();
        _authorize(operation, actor, _one(from, to, amount));
    }

    /// @inheritdoc IPolicies
    function authorizeNet(Operation operation, address actor, Movement[] calldata movements) external {
        _checkNet(operation, movements.length);
        _authorize(operation, actor, movements);
    }

    function _authorize(Operation operation, address actor, Movement[] memory movements) private {
        Case memory c = _judge(msg.sender, operation, actor, movements, 0);
        if (c.foundCount != 0) revert Refused(c.found[0].code, c.found[0].who, c.found[0].rule, c.found[0].detail);
        _apply(c);
    }

    /// @inheritdoc IPolicies
    function preview(address token, Operation operation, address actor, address from, address to, uint256 amount)
        external
        view
        returns (Refusal[] memory)
    {
        if (operation == Operation.None) revert BadOperation();
        return _listed(_judge(token, operation, actor, _one(from, to, amount), 0));
    }

    /// @inheritdoc IPolicies
    function previewNet(address token, Operation operation, address actor, Movement[] calldata movements)
        external
        view
        returns (Refusal[] memory)
    {
        _checkNet(operation, movements.length);
        return _listed(_judge(token, operation, actor, movements, 0));
    }

    /// @inheritdoc IPolicies
    function canSend(address token, address account) external view returns (bool) {
        return _judge(token, Operation.Transfer, account, _one(account, address(0), 0), 1).foundCount == 0;
    }

    /// @inheritdoc IPolicies
    function canReceive(address token, address account) external view returns (bool) {
        return _judge(token, Operation.Transfer, account, _one(address(0), account, 0), 2).foundCount == 0;
    }

    function _checkNet(Operation operation, uint256 count) private pure {
        if (operation != Operation.Transfer && operation != Operation.Settle) revert BadOperation();
        if (count > MOVEMENTS_MAX) revert TooMany(count, MOVEMENTS_MAX);
    }

    function _one(address from, address to, uint256 amount) private pure returns (Movement[] memory movements) {
        movements = new Movement[](1);
        movements[0] = Movement(from, to, amount);
    }

    function _listed(Case memory c) private pure returns (Refusal[] memory list) {
        list = new Refusal[](c.foundCount);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = c.found[i];
        }
    }

    function _refuse(Case memory c, uint16 code, address who, uint256 rule, uint256 detail) private pure {
        c.found[c.foundCount++] = Refusal(code, who, uint8(rule), detail);
    }

    function _judge(address token, Operation operation, address actor, Movement[] memory movements, uint8 alone)
        private
        view
        returns (Case memory c)
    {
        if (_tokens[token].policyId == 0) revert NotBound(token);
        (c.token, c.operation, c.op) = (token, operation, uint16(1 << uint8(operation)));
        (c.actor, c.movements, c.alone) = (actor, movements, alone);
        c.counted = _tokens[token].counted;
        uint256 count = movements.length;
        c.found = new Refusal[](count == 0 ? 1 : count * REFUSALS_MAX);
        (c.from, c.to, c.sides) = (new Side[](count), new Side[](count), new Side[](2 * count));
        c.holdings = new Holding[](2 * count);
        for (uint256 i = 0; i < count; ++i) {
            c.from[i] = _side(c, movements[i].from);
            c.to[i] = _side(c, movements[i].to);
        }
        for (uint256 i = 0; i < count; ++i) {
            _judgeShape(c, i);
        }
        if (c.foundCount != 0) return c;

        Rule[] storage rules_ = _policies[_tokens[token].policyId].rules;
        for (uint256 i = 0; i < rules_.length; ++i) {
            if (rules_[i].kind == 2) c.known = true;
        }
        _sumUp(c);
        for (uint256 i = 0; i < count; ++i) {
            _judgeCounters(c, i);
        }
        for (uint256 i = 0; i < rules_.length; ++i) {
            _judgeRule(c, rules_[i], i + 1);
        }
    }

    function _side(Case memory c, address account) private view returns (Side memory side) {
        for (uint256 i = 0; i < c.sideCount; ++i) {
            if (c.sides[i].account == account) return c.sides[i];
        }
        side.account = account;
        if (account != address(0)) {
            side.wallet = _identities.walletOf(account);
            side.id = side.wallet.id;
            if (side.id != 0) side.identity = _identities.identity(side.id);
            side.escrow = _tokens[c.token].escrow[account];
            side.holder = !side.escrow;
        }
        c.sides[c.sideCount++] = side;
    }

    /// @dev Whether the sides are such as the operation moves between.
    function _judgeShape(Case memory c, uint256 i) private view {
        Side memory from = c.from[i];
        Side memory to = c.to[i];
        if (c.alone != 0) {
            Side memory only = c.alone == 1 ? from : to;
            if (only.account == address(0)) _refuse(c, 2, only.account, 0, 0);
            else if (only.escrow) _refuse(c, 4, only.account, 0, 0);
            return;
        }
        bool fromNothing = from.account == address(0);
        bool toNothing = to.account == address(0);
        if (c.movements[i].amount > COUNTER_MAX) {
            return _refuse(c, 5, fromNothing ? to.account : from.account, 0, COUNTER_MAX);
        }
        if (fromNothing && c.op != ISSUE) return _refuse(c, 2, from.account, 0, 0);
        if (toNothing && c.op & (REDEEM | FORCE) == 0) return _refuse(c, 2, to.account, 0, 0);
        if (c.op == ISSUE) {
            if (from.holder) _refuse(c, 4, from.account, 0, 0);
            else if (from.escrow && to.escrow) _refuse(c, 4, to.account, 0, 0);
        } else if (c.op == REDEEM) {
            if (to.holder) _refuse(c, 4, to.account, 0, 0);
            else if (from.escrow && to.escrow) _refuse(c, 4, from.account, 0, 0);
        } else if (c.op == RECOVER) {
            address successor = _identities.current(from.account);
            if (from.escrow || successor == from.account) _refuse(c, 4, from.account, 0, 0);
            else if (successor != to.account) _refuse(c, 4, to.account, 0, 0);
        } else if (c.op == SEIZE) {
            if (from.escrow) _refuse(c, 4, from.account, 0, 0);
        } else if (c.op == RETURN) {
            if (!from.escrow) _refuse(c, 4, from.account, 0, 0);
            else if (to.escrow) _refuse(c, 4, to.account, 0, 0);
        } else {
            if (from.escrow) _refuse(c, 4, from.account, 0, 0);
            else if (to.escrow) _refuse(c, 4, to.account, 0, 0);
        }
    }

    /// @dev What each identity gives and gets; and what it put into the escrow.
    function _sumUp(Case memory c) private view {
        for (uint256 i = 0; i < c.movements.length; ++i) {
            Side memory from = c.from[i];
            Side memory to = c.to[i];
            uint256 amount = c.movements[i].amount;
            if (c.op == RETURN) c.covered = amount <= _putIn(c, from, to);
            if (!c.counted || c.alone != 0) continue;
            if (from.holder) _holding(c, from);
            if (c.op & IN_PLACE != 0) continue;
            if (to.holder) _holding(c, to);
            if (_isOwn(from, to)) continue;
            if (from.holder) {
                Holding memory giving = _holding(c, from);
                giving.gives += amount;
                if (giving.giver.account == address(0)) giving.giver = from;
            }
            if (to.holder) {
                Holding memory getting = _holding(c, to);
                getting.gets += amount;
                if (getting.getter.account == address(0)) getting.getter = to;
            }
        }
    }

    function _putIn(Case memory c, Side memory escrow, Side memory holder) private view returns (uint256) {
        return holder.id == 0 ? 0 : _tokens[c.token].putIn[escrow.account][holder.id];
    }

    function _isOwn(Side memory from, Side memory to) private pure returns (bool) {
        if (!from.holder || !to.holder) return false;
        return from.id == to.id && (from.id != 0 || from.account == to.account);
    }

    function _holding(Case memory c, Side memory side) private view returns (Holding memory holding) {
        for (uint256 i = 0; i < c.holdingCount; ++i) {
            holding = c.holdings[i];
            if (holding.id == side.id && (side.id != 0 || holding.wallet == side.account)) return holding;
        }
        holding = c.holdings[c.holdingCount++];
        (holding.id, holding.wallet) = (side.id, side.account);
        if (side.id != 0) holding.had = _tokens[c.token].units[side.id];
    }

    /// @dev What no rule says: units are there after all, fit, and go to someone known.
    function _judgeCounters(Case memory c, uint256 i) private view {
        Side memory from = c.from[i];
        Side memory to = c.to[i];
        uint256 amount = c.movements[i].amount;
        Token storage token = _tokens[c.token];
        if (c.op == REDEEM && to.escrow && from.id != 0 && token.putIn[to.account][from.id] + amount > COUNTER_MAX) {
            _refuse(c, 5, from.account, 0, COUNTER_MAX - token.putIn[to.account][from.id]);
        }
        if (!c.counted) return;
        bool stays = c.op & IN_PLACE != 0 || _isOwn(from, to);
        if (from.escrow) {
            if (amount > token.escrowed) _refuse(c, 3, from.account, 0, token.escrowed);
        } else if (from.holder && c.alone == 0 && c.op != RECOVER) {
            Holding memory giving = _holding(c, from);
            uint256 has = giving.had + giving.gets;
            bool lacks = stays ? amount > has : !giving.askedGives && giving.gives > has;
            if (!stays) giving.askedGives = true;
            bool ruleSaysSo = from.id == 0 && c.known && c.op & (SENDER_ALL | SENDER_ACTIVE) != 0;
            if (lacks && !ruleSaysSo) _refuse(c, 3, from.account, 0, has);
        }
        if (to.holder && c.op & IN_PLACE == 0 && to.id == 0 && !c.known && !to.receiverOut) {
            _refuse(c, 202, to.account, 0, 0);
            to.receiverOut = true;
        }
        if (c.alone != 0) return;
        if (to.holder && !stays) {
            Holding memory getting = _holding(c, to);
            uint256 room = COUNTER_MAX - getting.had + getting.gives;
            if (!getting.askedGets && getting.gets > room) _refuse(c, 5, to.account, 0, room);
            getting.askedGets = true;
        }
        if (to.escrow && !from.escrow && token.escrowed + amount > COUNTER_MAX) {
            _refuse(c, 5, to.account, 0, COUNTER_MAX - token.escrowed);
        }
    }

    // --- Rules ------------------------------------------------------------------------------------------------------

    function _judgeRule(Case memory c, Rule memory rule, uint256 position) private view {
        bool named = rule.operations & c.op != 0;
        if (rule.kind == 5) return _judgeHolders(c, rule, position);
        if (rule.kind == 7) {
            if (named) _judgeVelocity(c, rule.params, position);
            return;
        }
        if (rule.kind != 2 && !named) return;
        for (uint256 i = 0; i < c.movements.length; ++i) {
            if (rule.kind == 1) _judgeContract(c, rule.params, position, i);
            if (rule.kind == 2) _judgeKnown(c, rule.params, position, i);
            if (rule.kind == 6) _judgeWindow(c, rule.params, position, i);
            if (rule.kind != 3 && rule.kind != 4 && rule.kind != 8) continue;
            if (rule.sides & 1 != 0 && _asksSender(c, i)) _judgeSide(c, rule, position, c.from[i], 1);
            if (rule.sides & 2 != 0 && _asksReceiver(c, i)) _judgeSide(c, rule, position, c.to[i], 2);
        }
        if (rule.kind == 2) _judgeActor(c, position);
    }

    function _asksSender(Case memory c, uint256 i) private pure returns (bool) {
        return c.op & SENDER_RULES != 0 && c.from[i].holder && !c.from[i].senderOut;
    }

    function _asksReceiver(Case memory c, uint256 i) private pure returns (bool) {
        return c.op & RECEIVER_RULES != 0 && c.to[i].holder && !c.to[i].receiverOut && !c.covered;
    }

    function _judgeContract(Case memory c, bytes memory params, uint256 position, uint256 i) private view {
        bool sender = _asksSender(c, i);
        if (c.alone != 0 || (!sender && !_asksReceiver(c, i))) return;
        RuleParams.Contract memory given = abi.decode(params, (RuleParams.Contract));
        Movement memory moved = c.movements[i];
        (bool succeeded, uint256 code) = _ask(
            given.rule,
            given.gasLimit,
            abi.encodeCall(IRule.judge, (c.token, c.operation, c.actor, moved.from, moved.to, moved.amount))
        );
        address who = sender ? moved.from : moved.to;
        if (!succeeded) _refuse(c, 102, who, position, 0);
        else if (code != 0) _refuse(c, 101, who, position, code);
    }

    /// @dev Never with less than `gasLimit`: where it cannot be forwarded, all gas is taken.
    function _ask(address rule, uint256 gasLimit, bytes memory data) private view returns (bool succeeded, uint256 code) {
        assembly ("memory-safe") {
            let left := sub(gas(), 5000) // the account, and this function
            if or(lt(gas(), 5000), lt(sub(left, div(left, 64)), gasLimit)) { invalid() }
            mstore(0, 0)
            succeeded := staticcall(gasLimit, rule, add(data, 32), mload(data), 0, 32)
            if lt(returndatasize(), 32) { succeeded := 0 }
            code := mload(0)
        }
    }

    function _judgeKnown(Case memory c, bytes memory params, uint256 position, uint256 i) private view {
        address[] memory registrars = abi.decode(params, (RuleParams.Known)).registrars;
        bool all = c.op & SENDER_ALL != 0;
        if ((all || c.op & SENDER_ACTIVE != 0) && c.from[i].holder && !c.from[i].senderOut) {
            c.from[i].senderOut = _judgePerson(c, c.from[i], registrars, all, position, 201);
        }
        all = c.op & RECEIVER_ALL != 0;
        if ((all || c.op & RECEIVER_ACTIVE != 0) && c.to[i].holder && !c.to[i].receiverOut) {
            c.to[i].receiverOut = _judgePerson(c, c.to[i], registrars, all, position, 202);
        }
    }

    /// @dev `base` is 201 for a sender, 202 for a receiver, to which 203, 205 and 207 belong as pairs.
    function _judgePerson(
        Case memory c,
        Side memory side,
        address[] memory registrars,
        bool lapsedToo,
        uint256 position,
        uint16 base
    ) private view returns (bool unknown) {
        bool accepted = registrars.length == 0;
        for (uint256 j = 0; j < registrars.length; ++j) {
            if (registrars[j] == side.identity.registrar) accepted = true;
        }
        if (side.id == 0 || !accepted) {
            _refuse(c, base, side.account, position, 0);
            return true;
        }
        if (side.wallet.recoverAt != 0) _refuse(c, 209, side.account, position, 0);
        else if (side.identity.state == IIdentities.State.Closed) _refuse(c, base + 6, side.account, position, 0);
        else if (side.identity.state == IIdentities.State.Suspended) _refuse(c, base + 4, side.account, position, 0);
        else if (lapsedToo && block.timestamp >= side.identity.expiry) {
            _refuse(c, base + 2, side.account, position, side.identity.expiry);
        }
    }

    /// @dev Who acts for another sender must be active, where it is an identity's wallet.
    function _judgeActor(Case memory c, uint256 position) private view {
        if (c.alone != 0 || c.op & ACTOR == 0 || c.actor == address(0)) return;
        bool acts = false;
        for (uint256 i = 0; i < c.movements.length; ++i) {
            if (c.movements[i].from != c.actor) acts = true;
        }
        IIdentities.Wallet memory wallet = _identities.walletOf(c.actor);
        if (!acts || wallet.id == 0) return;
        IIdentities.State state = _identities.identity(wallet.id).state;
        if (wallet.recoverAt != 0) _refuse(c, 209, c.actor, position, 0);
        else if (state == IIdentities.State.Closed) _refuse(c, 207, c.actor, position, 0);
        else if (state == IIdentities.State.Suspended) _refuse(c, 205, c.actor, position, 0);
    }

    /// @dev Kinds 3, 4 and 8 of one side: 1 sender, 2 receiver.
    function _judgeSide(Case memory c, Rule memory rule, uint256 position, Side memory side, uint16 which) private pure {
        bool bad;
        uint256 detail = 0;
        if (rule.kind == 3) {
            RuleParams.Countries memory given = abi.decode(rule.params, (RuleParams.Countries));
            detail = side.identity.country;
            bool listed = false;
            for (uint256 j = 0; j < given.countries.length; ++j) {
                if (given.countries[j] == side.identity.country) listed = true;
            }
            bad = side.identity.country == 0 || listed != given.allow;
        } else if (rule.kind == 4) {
            RuleParams.Categories memory given = abi.decode(rule.params, (RuleParams.Categories));
            uint64 missing = given.allOf & ~side.identity.categories;
            detail = missing != 0 ? missing : given.anyOf;
            bad = missing != 0 || (given.anyOf != 0 && given.anyOf & side.identity.categories == 0);
        } else {
            bytes32[] memory ids = abi.decode(rule.params, (RuleParams.Counterparties)).ids;
            bad = true;
            for (uint256 j = 0; j < ids.length; ++j) {
                if (side.id != 0 && ids[j] == side.id) bad = false;
            }
        }
        if (bad) _refuse(c, uint16(rule.kind) * 100 + which, side.account, position, detail);
    }

    /// @dev Of what each identity has after all: 504 of who gives at least what it gets, else 501 to 503.
    function _judgeHolders(Case memory c, Rule memory rule, uint256 position) private view {
        RuleParams.Holders memory limits = abi.decode(rule.params, (RuleParams.Holders));
        bool asksGivers = c.op & HOLDER_TO_HOLDER != 0 || (c.op == REDEEM && rule.operations & REDEEM != 0);
        uint256 end = _tokens[c.token].holders;
        for (uint256 i = 0; i < c.holdingCount; ++i) {
            Holding memory h = c.holdings[i];
            if (h.id == 0 || h.gives > h.had + h.gets) continue;
            bool some = h.had + h.gets != h.gives;
            if (h.had == 0 && some) ++end;
            if (h.had != 0 && !some) --end;
        }
        for (uint256 i = 0; i < c.holdingCount; ++i) {
            Holding memory h = c.holdings[i];
            if (h.id == 0 || h.gives > h.had + h.gets) continue;
            uint256 later = h.had + h.gets - h.gives;
            bool below = later != 0 && later < limits.minUnits;
            bool gives = h.giver.account != address(0) && !h.giver.senderOut;
            if (asksGivers && gives && h.gives >= h.gets && below) {
                _refuse(c, 504, h.giver.account, position, limits.minUnits);
            }
            bool gets = h.getter.account != address(0) && !h.getter.receiverOut;
            if (c.op & GETTER_HOLDERS == 0 || !gets || h.gives > h.gets) continue;
            if (limits.maxIdentities != 0 && h.had == 0 && later != 0 && end > limits.maxIdentities) {
                _refuse(c, 501, h.getter.account, position, limits.maxIdentities);
            }
            if (limits.maxUnits != 0 && later > limits.maxUnits) {
                _refuse(c, 502, h.getter.account, position, limits.maxUnits);
            } else if (below) {
                _refuse(c, 503, h.getter.account, position, limits.minUnits);
            }
        }
    }

    function _judgeWindow(Case memory c, bytes memory params, uint256 position, uint256 i) private view {
        RuleParams.Window memory window = abi.decode(params, (RuleParams.Window));
        if (c.covered) return;
        Side memory from = c.from[i];
        bool sender = c.op & LOCKS != 0 && from.holder && !from.senderOut;
        bool receiver = c.op & (RECEIVER_ALL | RECEIVER_ACTIVE) != 0 && c.to[i].holder && !c.to[i].receiverOut;
        if (!sender && !receiver) return;
        address who = sender ? from.account : c.to[i].account;
        uint256 begin = window.notBefore;
        if (window.locks && sender && from.id != 0) {
            uint64 until = _policies[_tokens[c.token].policyId].locks[from.id];
            if (until > begin) begin = until;
        }
        if (block.timestamp < begin) return _refuse(c, 601, who, position, begin);
        if (window.notAfter != 0 && block.timestamp > window.notAfter) {
            return _refuse(c, 602, who, position, window.notAfter);
        }
        if (window.dayFrom == window.dayTo) return;
        uint256 second = block.timestamp % 1 days;
        bool open = window.dayFrom < window.dayTo
            ? second >= window.dayFrom && second < window.dayTo
            : second >= window.dayFrom || second < window.dayTo;
        if (open) return;
        uint256 opens = block.timestamp - second + window.dayFrom;
        _refuse(c, 603, who, position, second < window.dayFrom ? opens : opens + 1 days);
    }

    function _judgeVelocity(Case memory c, bytes memory params, uint256 position) private view {
        RuleParams.Velocity memory limit = abi.decode(params, (RuleParams.Velocity));
        uint256 bucket = _bucket(limit.windowHours);
        for (uint256 i = 0; i < c.holdingCount; ++i) {
            Holding memory h = c.holdings[i];
            if (h.id == 0 || h.giver.account == address(0) || h.giver.senderOut || h.gives <= h.gets) continue;
            uint256 gone = 0;
            for (uint256 age = 0; age < 4 && age <= bucket; ++age) {
                gone += _tokens[c.token].outflow[limit.windowHours][h.id][bucket - age];
            }
            uint256 left = limit.maxUnits > gone ? limit.maxUnits - gone : 0;
            if (h.gives - h.gets > left) _refuse(c, 701, h.giver.account, position, left);
        }
    }

    /// @dev A third of the window.
    function _bucket(uint16 windowHours) private view returns (uint256) {
        return block.timestamp / (uint256(windowHours) * 1200);
    }

    // --- What is allowed moves the counters -------------------------------------------------------------------------

    function _apply(Case memory c) private {
        Token storage token = _tokens[c.token];
        for (uint256 i = 0; i < c.movements.length; ++i) {
            Side memory from = c.from[i];
            Side memory to = c.to[i];
            uint256 amount = c.movements[i].amount;
            if (c.op == REDEEM && to.escrow && from.id != 0) token.putIn[to.account][from.id] += amount;
            if (c.op == RETURN && to.id != 0) {
                uint256 put = token.putIn[from.account][to.id];
                token.putIn[from.account][to.id] = amount < put ? put - amount : 0;
            }
            if (!c.counted || c.op == PLEDGE || amount == 0) continue;
            if (to.holder) _identities.markUsed(to.account);
            if (c.op == RECOVER) continue;
            if (from.escrow) token.escrowed -= amount;
            if (to.escrow) token.escrowed += amount;
        }
        if (!c.counted || c.op & IN_PLACE != 0) return;
        for (uint256 i = 0; i < c.holdingCount; ++i) {
            Holding memory h = c.holdings[i];
            if (h.gets == h.gives) continue;
            uint256 later = h.had + h.gets - h.gives;
            token.units[h.id] = later;
            if (h.had == 0) ++token.holders;
            if (later == 0) --token.holders;
            if (h.gives > h.gets) _applyOutflow(c, h);
        }
    }

    function _applyOutflow(Case memory c, Holding memory h) private {
        Rule[] storage rules_ = _policies[_tokens[c.token].policyId].rules;
        for (uint256 i = 0; i < rules_.length; ++i) {
            if (rules_[i].kind != 7 || rules_[i].operations & c.op == 0) continue;
            uint16 windowHours = abi.decode(rules_[i].params, (RuleParams.Velocity)).windowHours;
            _tokens[c.token].outflow[windowHours][h.id][_bucket(windowHours)] += h.gives - h.gets;
        }
    }

    // --- Views ------------------------------------------------------------------------------------------------------

    /// @inheritdoc IPolicies
    function policyOf(address token) external view returns (uint64 policyId, bool counted) {
        return (_tokens[token].policyId, _tokens[token].counted);
    }

    function isEscrow(address token, address account) external view returns (bool) {
        return _tokens[token].escrow[account];
    }

    /// @inheritdoc IPolicies
    function unitsOf(address token, bytes32 id) external view returns (uint256) {
        return _tokens[token].units[id];
    }

    /// @inheritdoc IPolicies
    function holders(address token) external view returns (uint64) {
        return _tokens[token].holders;
    }

    /// @inheritdoc IPolicies
    function escrowed(address token) external view returns (uint256) {
        return _tokens[token].escrowed;
    }

    /// @inheritdoc IPolicies
    function putInto(address token, address escrow, bytes32 id) external view returns (uint256) {
        return _tokens[token].putIn[escrow][id];
    }

    /// @inheritdoc IPolicies
    function policy(uint64 policyId) external view returns (address owner, address offeredTo, uint8 ruleCount) {
        Policy storage found = _policies[policyId];
        return (found.owner, found.offeredTo, uint8(found.rules.length));
    }

    /// @inheritdoc IPolicies
    function rules(uint64 policyId) external view returns (Rule[] memory) {
        if (_policies[policyId].owner == address(0)) revert UnknownPolicy(policyId);
        return _policies[policyId].rules;
    }

    function isAllowed(uint64 policyId, address token) external view returns (bool) {
        return _policies[policyId].allowed[token];
    }

    function lockOf(uint64 policyId, bytes32 id) external view returns (uint64 until) {
        return _policies[policyId].locks[id];
    }

    fallback() external {
        revert BadCall();
    }
}
