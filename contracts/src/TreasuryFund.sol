// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {AccessRoles} from "./AccessRoles.sol";
import {IERC7540Deposit, IERC7540Operator, IERC7540Redeem} from "./interfaces/IERC7540.sol";
import {IERC7575} from "./interfaces/IERC7575.sol";
import {IRestrictedToken} from "./interfaces/IRestrictedToken.sol";
import {FundTerms, ITreasuryFund} from "./interfaces/ITreasuryFund.sol";
import {IDENTITIES, IIdentities} from "./native/IIdentities.sol";
import {IPolicies, POLICIES} from "./native/IPolicies.sol";

/// @title TreasuryFund
/// @notice What it does: `ITreasuryFund`. Every function is written once for both sides: a `Side` says which token goes
/// in, which comes out and how the price applies. What the fund owes is in its own books; no balance is ever read.
contract TreasuryFund is ITreasuryFund, AccessRoles {
    bytes32 public constant NAV_AGENT = keccak256("NAV_AGENT");
    bytes32 public constant NAV_APPROVER = keccak256("NAV_APPROVER");
    bytes32 public constant TRANSFER_AGENT = keccak256("TRANSFER_AGENT");

    uint256 public constant MAX_OPEN_DAYS = 16;
    uint256 public constant MAX_SETTLEMENT_DAYS = 64;

    uint256 private constant NAV_UNIT = 1e8;
    uint256 private constant BPS = 10_000;
    uint256 private constant LAST_MINUTE = 1439;
    /// @dev Both tokens have it, so a price is NAV / NAV_UNIT and nothing else.
    uint256 private constant DECIMALS = 6;

    /// @dev Code of the registry's rule of holders (kind 5).
    uint16 private constant RECEIVER_BELOW_MINIMUM = 503;

    struct Day {
        /// Days with orders that are not struck form a list in order; an emptied day leaves it: a strike never walks.
        uint32 previous;
        uint32 next;
        /// From the strike on: 0 before it.
        uint32 navDay;
        uint40 payableFrom;
        uint64 nav;
        Book[2] books;
    }

    FundTerms private _terms;

    bool public suspended;
    uint32 private _head;
    uint32 private _tail;
    /// @dev Day of the NAV of the last strike: it and earlier ones are final.
    uint32 private _lastNavDay;
    /// @dev The latest day for which a NAV was published.
    uint32 private _latestNavDay;
    /// @dev The NAV accepted last for a day before `_latestNavDay`, to which that day's is compared; 0 = none.
    uint64 private _priorNav;
    /// @dev The NAV that had the last second look; 0 = none.
    uint64 private _approvedNav;

    mapping(uint256 day => Nav) private _navs;
    mapping(uint256 day => Day) private _days;
    mapping(Side => mapping(uint256 day => mapping(address controller => Order))) private _orders;
    mapping(Side => mapping(address controller => uint32[])) private _openDays;
    mapping(address controller => mapping(address operator => bool)) public isOperator;

    constructor(FundTerms memory terms_) AccessRoles(terms_.admin) {
        if (terms_.policies == address(0)) terms_.policies = address(POLICIES);
        if (terms_.identities == address(0)) terms_.identities = address(IDENTITIES);
        if (
            terms_.share.decimals() != DECIMALS || terms_.cash.decimals() != DECIMALS || terms_.treasury == address(0)
                || terms_.markets == 0 || terms_.cutOff == 0 || terms_.cutOff > LAST_MINUTE
                || terms_.settlementDays > MAX_SETTLEMENT_DAYS || terms_.dayBound > BPS || terms_.totalBound > BPS
        ) revert BadTerms();
        _terms = terms_;
        if (terms_.navAgent != address(0)) _grantRole(NAV_AGENT, terms_.navAgent);
        if (terms_.navApprover != address(0)) _grantRole(NAV_APPROVER, terms_.navApprover);
        if (terms_.transferAgent != address(0)) _grantRole(TRANSFER_AGENT, terms_.transferAgent);
    }

    // ---------------------------------------------------------------- requests

    /// @inheritdoc IERC7540Operator
    function setOperator(address operator, bool approved) external returns (bool) {
        isOperator[msg.sender][operator] = approved;
        emit OperatorSet(msg.sender, operator, approved);
        return true;
    }

    /// @inheritdoc IERC7540Deposit
    function requestDeposit(uint256 assets, address controller, address owner) external returns (uint256 requestId) {
        return requestDeposit(assets, controller, owner, type(uint256).max);
    }

    /// @inheritdoc ITreasuryFund
    function requestDeposit(uint256 assets, address controller, address owner, uint256 lastDay)
        public
        returns (uint256 requestId)
    {
        return _request(Side.Subscription, assets, controller, owner, lastDay);
    }

    /// @inheritdoc IERC7540Redeem
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId) {
        return requestRedeem(shares, controller, owner, type(uint256).max);
    }

    /// @inheritdoc ITreasuryFund
    function requestRedeem(uint256 shares, address controller, address owner, uint256 lastDay)
        public
        returns (uint256 requestId)
    {
        return _request(Side.Redemption, shares, controller, owner, lastDay);
    }

    /// @inheritdoc ITreasuryFund
    function cancel(Side side, uint256 requestId, address controller) external returns (uint256 amount) {
        address holder = _actingFor(controller);
        Stage stage = _stage(side, requestId);
        if (stage != Stage.Open) revert WrongStage(side, requestId, stage);
        amount = _drop(side, requestId, controller);
        emit OrderCancelled(side, requestId, controller, amount);
        _returnTo(side, holder, amount);
    }

    /// @inheritdoc ITreasuryFund
    function reject(Side side, uint256 requestId, address controller, bytes32 reason)
        external
        onlyRole(TRANSFER_AGENT)
    {
        Stage stage = _stage(side, requestId);
        if (stage > Stage.Cut) revert WrongStage(side, requestId, stage);
        uint256 amount = _drop(side, requestId, controller);
        emit OrderRejected(side, requestId, controller, amount, reason);
        _returnTo(side, _current(controller), amount);
    }

    /// @inheritdoc ITreasuryFund
    function reassign(Side side, uint256 requestId, address from, address to, bytes32 reason)
        external
        onlyRole(TRANSFER_AGENT)
    {
        _checkEligible(side, to);
        Order memory moved = _orders[side][requestId][from];
        _forget(side, requestId, from);
        delete _orders[side][requestId][from];
        _remember(side, requestId, to);
        // Floors of parts never exceed the floor of the sum, so what both were paid stays below what the sum is due.
        Order storage order = _orders[side][requestId][to];
        order.amount += moved.amount;
        order.claimed += moved.claimed;
        order.paid += moved.paid;
        emit OrderReassigned(side, requestId, from, to, moved.amount, reason);
    }

    function _request(Side side, uint256 amount, address controller, address owner, uint256 lastDay)
        private
        returns (uint256 day)
    {
        if (suspended) revert Suspended();
        _checkActsFor(owner, owner);
        _checkSameIdentity(owner, controller);
        uint256 minimum = side == Side.Subscription ? _terms.minSubscription : _terms.minRedemption;
        if (amount == 0 || amount < minimum) revert BelowMinimum(amount, minimum);
        day = _dealingDay();
        if (day > lastDay) revert FallsToLaterDay(day, lastDay);
        _checkEligible(side, controller);
        if (_orders[side][day][controller].amount == 0) _remember(side, day, controller);
        // A larger amount than 128 bits hold is more than the token's cap: `escrowIn` below refuses it.
        _orders[side][day][controller].amount += uint128(amount);
        _days[day].books[uint256(side)].requested += uint128(amount);
        _link(day);
        if (side == Side.Subscription) emit DepositRequest(controller, owner, day, msg.sender, amount);
        else emit RedeemRequest(controller, owner, day, msg.sender, amount);
        _inToken(side).escrowIn(owner, amount);
    }

    /// @dev Orders never go before a day that already has some, nor to one whose NAV has been used, whatever has been
    /// amended in the calendar.
    function _dealingDay() private view returns (uint256 day) {
        day = _terms.calendar.dealingDay(_terms.markets, block.timestamp, _terms.cutOff);
        if (day < _tail) day = _tail;
        if (day <= _lastNavDay) revert NavFinal(day);
    }

    /// @dev Takes an order that is not struck out of the books.
    function _drop(Side side, uint256 day, address controller) private returns (uint256 amount) {
        _forget(side, day, controller);
        amount = _orders[side][day][controller].amount;
        delete _orders[side][day][controller];
        Day storage dealt = _days[day];
        dealt.books[uint256(side)].requested -= uint128(amount); // it was added as such
        if (dealt.books[0].orders + dealt.books[1].orders == 0) _unlink(day);
    }

    // ---------------------------------------------------------------- days in order

    function _link(uint256 day) private {
        if (day == _tail) return;
        (_days[day].previous, _days[day].next) = (_tail, 0);
        if (_tail == 0) _head = uint32(day);
        else _days[_tail].next = uint32(day);
        _tail = uint32(day);
    }

    function _unlink(uint256 day) private {
        (uint32 previous, uint32 next) = (_days[day].previous, _days[day].next);
        if (previous == 0) _head = next;
        else _days[previous].next = next;
        if (next == 0) _tail = previous;
        else _days[next].previous = previous;
    }

    // ---------------------------------------------------------------- open days of a controller

    function _remember(Side side, uint256 day, address controller) private {
        uint32[] storage list = _openDays[side][controller];
        uint256 count = list.length;
        uint256 place = count;
        while (place > 0 && list[place - 1] > day) --place;
        if (place > 0 && list[place - 1] == day) return;
        if (count == MAX_OPEN_DAYS) revert TooManyDays(controller, MAX_OPEN_DAYS);
        list.push();
        for (uint256 i = count; i > place; --i) {
            list[i] = list[i - 1];
        }
        list[place] = uint32(day);
        ++_days[day].books[uint256(side)].orders;
    }

    function _forget(Side side, uint256 day, address controller) private {
        uint32[] storage list = _openDays[side][controller];
        uint256 count = list.length;
        uint256 place = 0;
        while (place < count && list[place] != day) ++place;
        if (place == count) revert NoOrder(side, day, controller);
        for (uint256 i = place + 1; i < count; ++i) {
            list[i - 1] = list[i];
        }
        list.pop();
        --_days[day].books[uint256(side)].orders;
    }

    // ---------------------------------------------------------------- claims

    /// @inheritdoc ITreasuryFund
    function claim(Side side, uint256 requestId, address receiver, address controller)
        external
        returns (uint256 amount, uint256 paid)
    {
        _checkClaimer(side, receiver, controller);
        if (!_isOpen(side, requestId, controller)) revert NoOrder(side, requestId, controller);
        if (!_claimable(side, requestId)) revert WrongStage(side, requestId, _stage(side, requestId));
        Order memory order = _orders[side][requestId][controller];
        amount = order.amount - order.claimed;
        paid = _out(side, order.amount, _days[requestId].nav) - order.paid;
        _take(side, requestId, controller, amount, paid);
        _payOut(side, receiver, controller, amount, paid);
    }

    /// @inheritdoc IERC7540Deposit
    function deposit(uint256 assets, address receiver, address controller) public returns (uint256 shares) {
        return _claimIn(Side.Subscription, assets, receiver, controller);
    }

    /// @inheritdoc IERC7540Deposit
    function mint(uint256 shares, address receiver, address controller) public returns (uint256 assets) {
        return _claimOut(Side.Subscription, shares, receiver, controller);
    }

    /// @inheritdoc IERC7575
    function deposit(uint256 assets, address receiver) external returns (uint256 shares) {
        return deposit(assets, receiver, msg.sender);
    }

    /// @inheritdoc IERC7575
    function mint(uint256 shares, address receiver) external returns (uint256 assets) {
        return mint(shares, receiver, msg.sender);
    }

    /// @inheritdoc IERC7575
    function redeem(uint256 shares, address receiver, address controller) external returns (uint256 assets) {
        return _claimIn(Side.Redemption, shares, receiver, controller);
    }

    /// @inheritdoc IERC7575
    function withdraw(uint256 assets, address receiver, address controller) external returns (uint256 shares) {
        return _claimOut(Side.Redemption, assets, receiver, controller);
    }

    /// @dev Claims for `amount` of what went in, oldest day first.
    function _claimIn(Side side, uint256 amount, address receiver, address controller) private returns (uint256 paid) {
        _checkClaimer(side, receiver, controller);
        uint32[] memory list = _openDays[side][controller];
        uint256 left = amount;
        for (uint256 i = 0; i < list.length && left > 0; ++i) {
            if (!_claimable(side, list[i])) continue;
            Order memory order = _orders[side][list[i]][controller];
            uint256 taken = Math.min(order.amount - order.claimed, left);
            uint256 out = _out(side, order.claimed + taken, _days[list[i]].nav) - order.paid;
            _take(side, list[i], controller, taken, out);
            (left, paid) = (left - taken, paid + out);
        }
        if (left > 0) revert ExceedsClaimable(amount, amount - left);
        _payOut(side, receiver, controller, amount, paid);
    }

    /// @dev Claims exactly `paid` of what comes out, oldest day first, for as little as it takes.
    function _claimOut(Side side, uint256 paid, address receiver, address controller) private returns (uint256 amount) {
        _checkClaimer(side, receiver, controller);
        uint32[] memory list = _openDays[side][controller];
        uint256 left = paid;
        for (uint256 i = 0; i < list.length && left > 0; ++i) {
            if (!_claimable(side, list[i])) continue;
            Order memory order = _orders[side][list[i]][controller];
            uint256 nav = _days[list[i]].nav;
            uint256 due = _out(side, order.amount, nav) - order.paid;
            uint256 out = Math.min(due, left);
            // The last atom takes the rest of the order, which is worth less than one.
            uint256 claimed = out == due ? order.amount : _in(side, order.paid + out, nav);
            uint256 taken = claimed > order.claimed ? claimed - order.claimed : 0;
            _take(side, list[i], controller, taken, out);
            (left, amount) = (left - out, amount + taken);
        }
        if (left > 0) revert ExceedsClaimable(paid, paid - left);
        _payOut(side, receiver, controller, amount, paid);
    }

    /// @dev Books a claim on one struck day.
    function _take(Side side, uint256 day, address controller, uint256 amount, uint256 out) private {
        Order storage order = _orders[side][day][controller];
        // At most the order's amount, and a part of what the escrow holds of a token whose cap is below 2^128.
        order.claimed += uint128(amount);
        order.paid += uint128(out);
        _days[day].books[uint256(side)].paid += uint128(out);
        if (order.claimed == order.amount && order.paid == _out(side, order.amount, _days[day].nav)) {
            _forget(side, day, controller);
        }
        emit Claimed(side, day, controller, amount, out);
    }

    function _payOut(Side side, address receiver, address controller, uint256 amount, uint256 paid) private {
        IPolicies.Operation operation = IPolicies.Operation.Return;
        if (side == Side.Subscription) {
            operation = IPolicies.Operation.Issue;
            emit Deposit(controller, receiver, amount, paid);
        } else {
            emit Withdraw(msg.sender, receiver, controller, paid, amount);
        }
        if (paid > 0) _outToken(side).escrowOut(receiver, paid, uint8(operation));
    }

    /// @dev The caller acts for the controller, who is not blocked, and does not send what is not its own elsewhere.
    function _checkClaimer(Side side, address receiver, address controller) private view {
        address holder = _actingFor(controller);
        if (side == Side.Redemption || msg.sender != holder) _checkSameIdentity(receiver, holder);
        if (receiver != holder) _check(_outToken(side), IPolicies.Operation.Return, holder);
    }

    // ---------------------------------------------------------------- NAV

    /// @inheritdoc ITreasuryFund
    function publishNav(uint256 day, uint64 value, uint40 asOf, bytes32 documentHash) external onlyRole(NAV_AGENT) {
        if (day <= _lastNavDay) revert NavFinal(day);
        uint256 earliest = _cutOffOf(day);
        if (asOf < earliest || asOf > block.timestamp) revert NavTime(asOf, earliest, block.timestamp);
        if (value == 0) revert NavMissing(day);

        bool inOrder = day >= _latestNavDay;
        if (day > _latestNavDay) {
            Nav storage latest = _navs[_latestNavDay];
            if (latest.value != 0 && !latest.held) _priorNav = latest.value;
            _latestNavDay = uint32(day);
        }
        bool held = !inOrder || _isBeyond(value, _priorNav, _terms.dayBound)
            || _isBeyond(value, _approvedNav, _terms.totalBound);
        _navs[day] = Nav(value, asOf, held, msg.sender, documentHash);
        emit NavPublished(day, value, asOf, documentHash, held);
    }

    /// @inheritdoc ITreasuryFund
    function approveNav(uint256 day, uint64 value) external onlyRole(NAV_APPROVER) {
        if (day <= _lastNavDay) revert NavFinal(day);
        Nav storage nav = _navs[day];
        if (!nav.held || nav.value != value) revert NavChanged(day, value);
        if (nav.publisher == msg.sender) revert OwnNav(msg.sender);
        nav.held = false;
        _approvedNav = value;
        emit NavApproved(day, value, msg.sender);
    }

    /// @dev Whether `value` differs from `before` by more than `bps`; from none it always does.
    function _isBeyond(uint256 value, uint256 before, uint256 bps) private pure returns (bool) {
        uint256 difference = value > before ? value - before : before - value;
        return before == 0 || difference * BPS > before * bps;
    }

    // ---------------------------------------------------------------- strike and money

    /// @inheritdoc ITreasuryFund
    function strike(uint256 requestId) external onlyRole(TRANSFER_AGENT) {
        if (suspended) revert Suspended();
        if (requestId == 0 || requestId != _head) revert StrikeOutOfOrder(requestId, _head);
        uint256 navDay = _navDayOf(requestId);
        Nav storage nav = _navs[navDay];
        if (nav.value == 0) revert NavMissing(navDay);
        if (nav.held) revert NavHeld(navDay);

        Day storage day = _days[requestId];
        Book storage subscriptions = day.books[uint256(Side.Subscription)];
        Book storage redemptions = day.books[uint256(Side.Redemption)];
        (day.nav, day.navDay, _lastNavDay) = (nav.value, uint32(navDay), uint32(navDay));
        day.payableFrom = uint40(_payableFrom(navDay)); // calendars end in the year 9999
        subscriptions.owed = _out(Side.Subscription, subscriptions.requested, nav.value);
        redemptions.owed = _out(Side.Redemption, redemptions.requested, nav.value);
        _unlink(requestId);
        emit Struck(
            requestId,
            navDay,
            nav.value,
            subscriptions.requested,
            subscriptions.owed,
            redemptions.requested,
            redemptions.owed,
            day.payableFrom
        );
        if (redemptions.requested > 0) _terms.share.escrowBurn(redemptions.requested);
        if (subscriptions.owed > 0) _terms.share.issue(address(this), subscriptions.owed);
    }

    /// @inheritdoc ITreasuryFund
    function collect(uint256 requestId) external {
        Book storage book = _settle(Side.Subscription, requestId);
        address treasury = _current(_terms.treasury);
        emit Collected(requestId, treasury, book.requested);
        _returnTo(Side.Subscription, treasury, book.requested);
    }

    /// @inheritdoc ITreasuryFund
    function fundRedemptions(uint256 requestId) external {
        address treasury = _actingFor(_terms.treasury);
        Book storage book = _settle(Side.Redemption, requestId);
        emit RedemptionsFunded(requestId, treasury, book.owed);
        if (book.owed > 0) _outToken(Side.Redemption).escrowIn(treasury, book.owed);
    }

    /// @dev Once, after the strike, where there is something to settle.
    function _settle(Side side, uint256 requestId) private returns (Book storage book) {
        book = _days[requestId].books[uint256(side)];
        if (_days[requestId].nav == 0 || book.requested == 0 || book.settled) {
            revert WrongStage(side, requestId, _stage(side, requestId));
        }
        book.settled = true;
    }

    /// @inheritdoc ITreasuryFund
    function suspendDealing(string calldata reason) external onlyRole(TRANSFER_AGENT) {
        suspended = true;
        emit DealingSuspended(reason, msg.sender);
    }

    /// @inheritdoc ITreasuryFund
    function resumeDealing() external onlyRole(TRANSFER_AGENT) {
        suspended = false;
        emit DealingResumed(msg.sender);
    }

    /// @dev The day whose NAV orders of `day` are struck at: the next open one where an emergency closed it.
    function _navDayOf(uint256 day) private view returns (uint256) {
        return _terms.calendar.openFrom(_terms.markets, day);
    }

    function _cutOffOf(uint256 openDay) private view returns (uint256) {
        return _terms.calendar.close(_terms.markets, openDay, _terms.cutOff);
    }

    function _payableFrom(uint256 navDay) private view returns (uint256) {
        uint256 paymentDay = _terms.calendar.nextOpen(_terms.markets, navDay, _terms.settlementDays);
        return _terms.calendar.startOf(paymentDay);
    }

    // ---------------------------------------------------------------- price

    /// @dev What `amount` in is worth, rounded down.
    function _out(Side side, uint256 amount, uint256 nav) private pure returns (uint256) {
        return side == Side.Subscription ? Math.mulDiv(amount, NAV_UNIT, nav) : Math.mulDiv(amount, nav, NAV_UNIT);
    }

    /// @dev The least that is worth `amount` out.
    function _in(Side side, uint256 amount, uint256 nav) private pure returns (uint256) {
        return side == Side.Subscription
            ? Math.mulDiv(amount, nav, NAV_UNIT, Math.Rounding.Ceil)
            : Math.mulDiv(amount, NAV_UNIT, nav, Math.Rounding.Ceil);
    }

    // ---------------------------------------------------------------- who

    /// @dev The wallet that acts for `controller` now, which the caller is or operates for.
    function _actingFor(address controller) private view returns (address holder) {
        holder = _current(controller);
        _checkActsFor(holder, controller);
    }

    /// @dev The caller is `holder`, or its operator and, where it is a wallet of an identity, not blocked itself.
    function _checkActsFor(address holder, address controller) private view {
        if (msg.sender == holder) return;
        if (!isOperator[holder][msg.sender]) revert NotController(msg.sender, controller);
        IPolicies.Refusal[] memory found = IPolicies(_terms.policies).preview(
            address(_terms.share), IPolicies.Operation.Redeem, msg.sender, holder, address(this), 0
        );
        for (uint256 i = 0; i < found.length; ++i) {
            if (found[i].who == msg.sender) _refuse(found[i]);
        }
    }

    function _current(address wallet) private view returns (address) {
        return IIdentities(_terms.identities).current(wallet);
    }

    function _checkSameIdentity(address wallet, address controller) private view {
        if (wallet == controller) return;
        bytes32 id = IIdentities(_terms.identities).identityOf(wallet);
        if (id == 0 || id != IIdentities(_terms.identities).identityOf(controller)) {
            revert OtherIdentity(wallet, controller);
        }
    }

    /// @dev A subscriber must be one to whom units could be issued, a redeemer one who could be paid.
    function _checkEligible(Side side, address controller) private view {
        bool subscription = side == Side.Subscription;
        _check(_outToken(side), subscription ? IPolicies.Operation.Issue : IPolicies.Operation.Return, controller);
    }

    /// @dev Reverts as the token's policy would refuse `operation` from this escrow to `to`, whatever the amount: asked
    /// with none, so that a holder below the minimum, whom any amount may lift over it, is not refused for that.
    function _check(IRestrictedToken token, IPolicies.Operation operation, address to) private view {
        IPolicies.Refusal[] memory refusals =
            IPolicies(_terms.policies).preview(address(token), operation, address(this), address(this), to, 0);
        for (uint256 i = 0; i < refusals.length; ++i) {
            if (refusals[i].code != RECEIVER_BELOW_MINIMUM) _refuse(refusals[i]);
        }
    }

    function _refuse(IPolicies.Refusal memory refusal) private pure {
        revert IPolicies.Refused(refusal.code, refusal.who, refusal.rule, refusal.detail);
    }

    function _inToken(Side side) private view returns (IRestrictedToken) {
        return side == Side.Subscription ? _terms.cash : _terms.share;
    }

    function _outToken(Side side) private view returns (IRestrictedToken) {
        return side == Side.Subscription ? _terms.share : _terms.cash;
    }

    function _returnTo(Side side, address to, uint256 amount) private {
        _inToken(side).escrowOut(to, amount, uint8(IPolicies.Operation.Return));
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ITreasuryFund
    function terms() external view returns (FundTerms memory) {
        return _terms;
    }

    /// @inheritdoc IERC7575
    function asset() external view returns (address) {
        return address(_terms.cash);
    }

    /// @inheritdoc IERC7575
    function share() external view returns (address) {
        return address(_terms.share);
    }

    /// @inheritdoc ITreasuryFund
    function nextStrike() external view returns (uint256 requestId) {
        return _head;
    }

    /// @inheritdoc ITreasuryFund
    function bookOf(Side side, uint256 requestId) external view returns (Stage stage, Book memory book) {
        return (_stage(side, requestId), _days[requestId].books[uint256(side)]);
    }

    /// @inheritdoc ITreasuryFund
    function struckAt(uint256 requestId) external view returns (uint256 nav, uint256 navDay, uint256 payableFrom) {
        Day storage day = _days[requestId];
        return (day.nav, day.navDay, day.payableFrom);
    }

    /// @inheritdoc ITreasuryFund
    function orderOf(Side side, uint256 requestId, address controller) external view returns (Order memory) {
        return _orders[side][requestId][controller];
    }

    /// @inheritdoc ITreasuryFund
    function openDays(Side side, address controller) external view returns (uint32[] memory) {
        return _openDays[side][controller];
    }

    /// @inheritdoc ITreasuryFund
    function navOf(uint256 day) external view returns (Nav memory) {
        return _navs[day];
    }

    /// @inheritdoc ITreasuryFund
    function quoteDeposit(uint256 assets) external view returns (Quote memory) {
        return _quote(Side.Subscription, assets);
    }

    /// @inheritdoc ITreasuryFund
    function quoteRedeem(uint256 shares) external view returns (Quote memory) {
        return _quote(Side.Redemption, shares);
    }

    /// @inheritdoc IERC7540Deposit
    function pendingDepositRequest(uint256 requestId, address controller) external view returns (uint256) {
        return _unclaimed(Side.Subscription, requestId, controller, false);
    }

    /// @inheritdoc IERC7540Deposit
    function claimableDepositRequest(uint256 requestId, address controller) external view returns (uint256) {
        return _unclaimed(Side.Subscription, requestId, controller, true);
    }

    /// @inheritdoc IERC7540Redeem
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        return _unclaimed(Side.Redemption, requestId, controller, false);
    }

    /// @inheritdoc IERC7540Redeem
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        return _unclaimed(Side.Redemption, requestId, controller, true);
    }

    /// @inheritdoc IERC7575
    function maxDeposit(address controller) external view returns (uint256 assets) {
        (assets,) = _max(Side.Subscription, controller);
    }

    /// @inheritdoc IERC7575
    function maxMint(address controller) external view returns (uint256 shares) {
        (, shares) = _max(Side.Subscription, controller);
    }

    /// @inheritdoc IERC7575
    function maxRedeem(address controller) external view returns (uint256 shares) {
        (shares,) = _max(Side.Redemption, controller);
    }

    /// @inheritdoc IERC7575
    function maxWithdraw(address controller) external view returns (uint256 assets) {
        (, assets) = _max(Side.Redemption, controller);
    }

    /// @notice Units in issue at the NAV last struck; cash waiting to be struck or claimed is not the fund's.
    function totalAssets() external view returns (uint256) {
        return convertToAssets(_terms.share.totalSupply());
    }

    /// @notice At the NAV last struck; 0 before the first strike.
    function convertToAssets(uint256 shares) public view returns (uint256) {
        return _out(Side.Redemption, shares, _navs[_lastNavDay].value);
    }

    /// @notice At the NAV last struck; 0 before the first strike.
    function convertToShares(uint256 assets) public view returns (uint256) {
        uint256 nav = _navs[_lastNavDay].value;
        return nav == 0 ? 0 : _out(Side.Subscription, assets, nav);
    }

    /// @notice Reverts `NoPreview`, as ERC-7540 asks of an asynchronous side; see `quoteDeposit`.
    function previewDeposit(uint256) external pure returns (uint256) {
        revert NoPreview();
    }

    /// @notice Reverts `NoPreview`.
    function previewMint(uint256) external pure returns (uint256) {
        revert NoPreview();
    }

    /// @notice Reverts `NoPreview`.
    function previewRedeem(uint256) external pure returns (uint256) {
        revert NoPreview();
    }

    /// @notice Reverts `NoPreview`.
    function previewWithdraw(uint256) external pure returns (uint256) {
        revert NoPreview();
    }

    function supportsInterface(bytes4 id) public view override returns (bool) {
        return id == type(IERC7575).interfaceId || id == type(IERC7540Operator).interfaceId
            || id == type(IERC7540Deposit).interfaceId || id == type(IERC7540Redeem).interfaceId
            || super.supportsInterface(id);
    }

    function _stage(Side side, uint256 requestId) private view returns (Stage) {
        Day storage day = _days[requestId];
        Book storage book = day.books[uint256(side)];
        if (book.requested == 0) return Stage.None;
        if (day.nav == 0) {
            return block.timestamp < _cutOffOf(_navDayOf(requestId)) ? Stage.Open : Stage.Cut;
        }
        if (book.orders == 0) return Stage.Drained;
        if (side == Side.Subscription || !book.settled) return Stage.Struck;
        return block.timestamp < day.payableFrom ? Stage.Funded : Stage.Payable;
    }

    function _claimable(Side side, uint256 requestId) private view returns (bool) {
        Day storage day = _days[requestId];
        if (day.nav == 0) return false;
        if (side == Side.Subscription) return true;
        return day.books[uint256(side)].settled && block.timestamp >= day.payableFrom;
    }

    function _isOpen(Side side, uint256 requestId, address controller) private view returns (bool) {
        uint32[] memory list = _openDays[side][controller];
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] == requestId) return true;
        }
        return false;
    }

    /// @dev What is left of an order, if it is claimable, or else if it is not.
    function _unclaimed(Side side, uint256 requestId, address controller, bool claimable)
        private
        view
        returns (uint256)
    {
        if (_claimable(side, requestId) != claimable) return 0;
        Order storage order = _orders[side][requestId][controller];
        return order.amount - order.claimed;
    }

    function _max(Side side, address controller) private view returns (uint256 amount, uint256 out) {
        uint32[] memory list = _openDays[side][controller];
        for (uint256 i = 0; i < list.length; ++i) {
            if (!_claimable(side, list[i])) continue;
            Order memory order = _orders[side][list[i]][controller];
            amount += order.amount - order.claimed;
            out += _out(side, order.amount, _days[list[i]].nav) - order.paid;
        }
    }

    function _quote(Side side, uint256 amount) private view returns (Quote memory quote) {
        quote.requestId = _dealingDay();
        uint256 navDay = _navDayOf(quote.requestId);
        quote.cutOff = _cutOffOf(navDay);
        quote.payableFrom = _payableFrom(navDay);
        quote.navDay = _lastNavDay;
        quote.nav = _navs[_lastNavDay].value;
        if (quote.nav != 0) quote.amount = _out(side, amount, quote.nav);
    }
}
