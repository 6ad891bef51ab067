// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IRestrictedToken} from "../interfaces/IRestrictedToken.sol";
import {FundTerms, ITreasuryFund} from "../interfaces/ITreasuryFund.sol";
import {IIdentities} from "../native/IIdentities.sol";
import {IPolicies} from "../native/IPolicies.sol";

/// @title What both contracts of a TreasuryFund share: its storage, the order of its days, prices, and who may
/// @dev Every storage variable that the extension knows is declared here, and the first contract inherits this one
/// before all others that have any (`Extended`).
abstract contract FundCore {
    bytes32 internal constant NAV_AGENT_ROLE = keccak256("NAV_AGENT");
    bytes32 internal constant NAV_APPROVER_ROLE = keccak256("NAV_APPROVER");
    bytes32 internal constant TRANSFER_AGENT_ROLE = keccak256("TRANSFER_AGENT");

    uint256 internal constant OPEN_DAYS_MAX = 16;
    uint256 internal constant NAV_UNIT = 1e8;
    uint256 internal constant BPS = 10_000;
    /// @dev All tokens have it, so a price is NAV / NAV_UNIT and nothing else.
    uint256 internal constant DECIMALS = 6;

    ITreasuryFund.Side internal constant REDEMPTION = ITreasuryFund.Side.Redemption;
    /// @dev Strikes that one claim walks.
    uint256 internal constant WALK_MAX = 100;

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
        /// By side, from the strike on: the NAV, moved by swing and dealing fees.
        uint64[2] prices;
        ITreasuryFund.Book[2] books;
    }

    /// @dev Of the units that waited at a strike, how many it redeemed.
    struct Fill {
        uint128 pool;
        uint128 redeemed;
    }

    /// @dev An order whose day was gated: which strike it waits for, what is left of it, and what the strikes that are
    /// payable have brought it, of which `Order` says what is claimed.
    struct Progress {
        uint32 next;
        uint128 rest;
        uint128 redeemed;
        uint128 due;
    }

    /// @dev What a token was worth for redemptions in kind of a day.
    struct AssetPrice {
        uint64 value;
        address publisher;
        bool held;
        /// Something was delivered at it: it is final.
        bool used;
    }

    FundTerms internal _terms;

    bool internal _suspended;
    uint32 internal _head;
    uint32 internal _tail;
    /// @dev Day of the NAV of the last strike: it and earlier ones are final.
    uint32 internal _lastNavDay;
    /// @dev The latest day for which a NAV was published.
    uint32 internal _latestNavDay;
    /// @dev The NAV accepted last for a day before `_latestNavDay`, to which that day's is compared; 0 = none.
    uint64 internal _priorNav;
    /// @dev The NAV that had the last second look; 0 = none.
    uint64 internal _approvedNav;

    mapping(uint256 day => ITreasuryFund.Nav) internal _navs;
    mapping(uint256 day => Day) internal _days;
    mapping(ITreasuryFund.Side => mapping(uint256 day => mapping(address controller => ITreasuryFund.Order))) internal
        _orders;
    mapping(ITreasuryFund.Side => mapping(address controller => uint32[])) internal _openDays;
    mapping(address controller => mapping(address operator => bool)) internal _operators;
    /// @dev Contracts to which seized units are owed: their cash goes where they say.
    mapping(address controller => bool) internal _isVault;

    Fill[] internal _fills;
    /// @dev Of each fill, its day.
    uint32[] internal _fillDays;
    /// @dev From 1, of a day whose redemptions were gated; 0: they were redeemed whole.
    mapping(uint256 day => uint256) internal _gatedFrom;
    mapping(uint256 day => mapping(address controller => Progress)) internal _progress;
    /// @dev Units that the last strike left to the next.
    uint128 internal _carried;

    mapping(address token => bool) internal _inKind;
    mapping(uint256 day => mapping(address controller => address)) internal _inKindOf;
    mapping(uint256 day => mapping(address token => AssetPrice)) internal _assetPrices;
    /// @dev The price that had the last second look; 0 = none.
    mapping(address token => uint64) internal _approvedAssetPrices;

    /// @dev Instant up to which the management fee was charged; 0 before the first strike.
    uint64 internal _feeFrom;
    /// @dev Units of the fee in escrow, not collected yet.
    uint128 internal _feeUnits;

    // ---------------------------------------------------------------- orders

    /// @dev Enters an order for the day, under its controller.
    function _enter(ITreasuryFund.Side side, uint256 day, address controller, uint256 amount) internal {
        if (_orders[side][day][controller].amount == 0) _remember(side, day, controller);
        // More than 128 bits hold is more than any token's cap: `escrowIn` refuses it in the same call.
        _orders[side][day][controller].amount += uint128(amount);
        _days[day].books[uint256(side)].requested += uint128(amount);
        _link(day);
    }

    /// @dev Takes an order that is not struck out of the books.
    function _drop(ITreasuryFund.Side side, uint256 day, address controller) internal returns (uint256 amount) {
        _forget(side, day, controller);
        amount = _orders[side][day][controller].amount;
        delete _orders[side][day][controller];
        Day storage dealt = _days[day];
        dealt.books[uint256(side)].requested -= uint128(amount); // it was added as such
        // The next strike stays due while units wait for it.
        if (dealt.books[0].orders + dealt.books[1].orders == 0 && (_carried == 0 || day != _head)) _unlink(day);
    }

    // ---------------------------------------------------------------- orders of gated days

    function _isGated(ITreasuryFund.Side side, uint256 day) internal view returns (bool) {
        return side == ITreasuryFund.Side.Redemption && _gatedFrom[day] != 0;
    }

    /// @dev Where an order of a gated day is after the strikes that are payable, at most 100 further ones.
    function _progressOf(uint256 day, address controller) internal view returns (Progress memory stand) {
        stand = _progress[day][controller];
        if (stand.next == 0) {
            (stand.next, stand.rest) = (uint32(_gatedFrom[day]), _orders[REDEMPTION][day][controller].amount);
        }
        for (uint256 walked = 0; walked < WALK_MAX && stand.rest > 0 && stand.next <= _fills.length; ++walked) {
            uint256 struck = _fillDays[stand.next - 1];
            if (!_claimable(REDEMPTION, struck)) break;
            Fill memory fill = _fills[stand.next - 1];
            // Both parts go down, so that those of all orders together never exceed the whole.
            uint256 part = Math.mulDiv(stand.rest, fill.redeemed, fill.pool);
            stand.rest = uint128(Math.mulDiv(stand.rest, fill.pool - fill.redeemed, fill.pool));
            stand.redeemed += uint128(part);
            stand.due += uint128(_out(REDEMPTION, part, _priceOf(REDEMPTION, struck)));
            ++stand.next;
        }
    }

    /// @dev What of an order of a gated day can be claimed now, and the cash for it.
    function _gatedClaim(uint256 day, address controller) internal view returns (uint256 units, uint256 cash) {
        Progress memory stand = _progressOf(day, controller);
        ITreasuryFund.Order storage order = _orders[REDEMPTION][day][controller];
        return (stand.redeemed - order.claimed, stand.due - order.paid);
    }

    /// @dev What can be claimed of a claimable day, and what comes out for all of it.
    function _due(ITreasuryFund.Side side, uint256 day, address controller)
        internal
        view
        returns (uint256 amount, uint256 out)
    {
        if (_isGated(side, day)) return _gatedClaim(day, controller);
        ITreasuryFund.Order memory order = _orders[side][day][controller];
        return (order.amount - order.claimed, _out(side, order.amount, _priceOf(side, day)) - order.paid);
    }

    // ---------------------------------------------------------------- days in order

    function _link(uint256 day) internal {
        if (day == _tail) return;
        (_days[day].previous, _days[day].next) = (_tail, 0);
        if (_tail == 0) _head = uint32(day);
        else _days[_tail].next = uint32(day);
        _tail = uint32(day);
    }

    function _unlink(uint256 day) internal {
        (uint32 previous, uint32 next) = (_days[day].previous, _days[day].next);
        if (previous == 0) _head = next;
        else _days[previous].next = next;
        if (next == 0) _tail = previous;
        else _days[next].previous = previous;
    }

    // ---------------------------------------------------------------- open days of a controller

    function _remember(ITreasuryFund.Side side, uint256 day, address controller) internal {
        uint32[] storage list = _openDays[side][controller];
        uint256 count = list.length;
        uint256 place = count;
        while (place > 0 && list[place - 1] > day) --place;
        if (place > 0 && list[place - 1] == day) return;
        if (count == OPEN_DAYS_MAX) revert ITreasuryFund.TooManyDays(controller, OPEN_DAYS_MAX);
        list.push();
        for (uint256 i = count; i > place; --i) {
            list[i] = list[i - 1];
        }
        list[place] = uint32(day);
        ++_days[day].books[uint256(side)].orders;
    }

    function _forget(ITreasuryFund.Side side, uint256 day, address controller) internal {
        uint32[] storage list = _openDays[side][controller];
        uint256 count = list.length;
        uint256 place = 0;
        while (place < count && list[place] != day) ++place;
        if (place == count) revert ITreasuryFund.NoOrder(side, day, controller);
        for (uint256 i = place + 1; i < count; ++i) {
            list[i - 1] = list[i];
        }
        list.pop();
        --_days[day].books[uint256(side)].orders;
    }

    // ---------------------------------------------------------------- days and prices

    /// @dev Orders never go before a day that already has some, nor to one whose NAV has been used, whatever has been
    /// amended in the calendar.
    function _dealingDay() internal view returns (uint256 day) {
        day = _terms.calendar.dealingDay(_terms.markets, block.timestamp, _terms.cutOff);
        if (day < _tail) day = _tail;
        if (day <= _lastNavDay) revert ITreasuryFund.NavFinal(day);
    }

    /// @dev The day whose NAV orders of `day` are struck at: the next open one where an emergency closed it.
    function _navDayOf(uint256 day) internal view returns (uint256) {
        return _terms.calendar.openFrom(_terms.markets, day);
    }

    function _cutOffOf(uint256 openDay) internal view returns (uint256) {
        return _terms.calendar.close(_terms.markets, openDay, _terms.cutOff);
    }

    function _payableFrom(uint256 navDay) internal view returns (uint256) {
        uint256 paymentDay = _terms.calendar.nextOpen(_terms.markets, navDay, _terms.settlementDays);
        return _terms.calendar.startOf(paymentDay);
    }

    /// @dev Units of the management fee from the last charge to `asOf`, on `supply` units: charges go up.
    function _feeOn(uint256 supply, uint256 asOf) internal view returns (uint256) {
        uint256 rate = _terms.options.managementFee;
        if (rate == 0 || _feeFrom == 0 || asOf <= _feeFrom) return 0;
        return Math.mulDiv(supply, rate * (asOf - _feeFrom), BPS * 365 days, Math.Rounding.Ceil);
    }

    function _priceOf(ITreasuryFund.Side side, uint256 day) internal view returns (uint256) {
        return _days[day].prices[uint256(side)];
    }

    /// @dev What `amount` in is worth, rounded down.
    function _out(ITreasuryFund.Side side, uint256 amount, uint256 nav) internal pure returns (uint256) {
        return side == ITreasuryFund.Side.Subscription
            ? Math.mulDiv(amount, NAV_UNIT, nav)
            : Math.mulDiv(amount, nav, NAV_UNIT);
    }

    /// @dev The least that is worth `amount` out.
    function _in(ITreasuryFund.Side side, uint256 amount, uint256 nav) internal pure returns (uint256) {
        return side == ITreasuryFund.Side.Subscription
            ? Math.mulDiv(amount, nav, NAV_UNIT, Math.Rounding.Ceil)
            : Math.mulDiv(amount, NAV_UNIT, nav, Math.Rounding.Ceil);
    }

    // ---------------------------------------------------------------- who

    /// @dev The wallet that acts for `controller` now, which the caller is or operates for.
    function _actingFor(address controller) internal view returns (address holder) {
        holder = _current(controller);
        _checkActsFor(holder, controller);
    }

    /// @dev The caller is `holder`, or its operator and, where it is a wallet of an identity, not blocked itself.
    function _checkActsFor(address holder, address controller) internal view {
        if (msg.sender == holder) return;
        if (!_operators[holder][msg.sender]) revert ITreasuryFund.NotController(msg.sender, controller);
        IPolicies.Refusal[] memory found = IPolicies(_terms.policies).preview(
            address(_terms.share), IPolicies.Operation.Redeem, msg.sender, holder, address(this), 0
        );
        for (uint256 i = 0; i < found.length; ++i) {
            if (found[i].who == msg.sender) _refuse(found[i]);
        }
    }

    function _current(address wallet) internal view returns (address) {
        return IIdentities(_terms.identities).current(wallet);
    }

    function _checkSameIdentity(address wallet, address controller) internal view {
        if (wallet == controller) return;
        bytes32 id = IIdentities(_terms.identities).identityOf(wallet);
        if (id == 0 || id != IIdentities(_terms.identities).identityOf(controller)) {
            revert ITreasuryFund.OtherIdentity(wallet, controller);
        }
    }

    /// @dev A subscriber must be one to whom units could be issued, a redeemer one who could be paid: more than what its
    /// identity has in this escrow as cash, so that rules which name RETURN are asked too.
    function _checkEligible(ITreasuryFund.Side side, address controller) internal view {
        if (side == ITreasuryFund.Side.Subscription) {
            _check(_terms.share, IPolicies.Operation.Issue, controller, 0);
            return;
        }
        bytes32 id = IIdentities(_terms.identities).identityOf(controller);
        uint256 own = IPolicies(_terms.policies).putInto(address(_terms.cash), address(this), id);
        _check(_terms.cash, IPolicies.Operation.Return, controller, own + 1);
    }

    /// @dev Reverts as the token's policy would refuse `operation` from this escrow to `to`, whatever the amount: what is
    /// said of the escrow's side does not count, nor that a holder is below the minimum, over which any amount may lift.
    function _check(IRestrictedToken token, IPolicies.Operation operation, address to, uint256 amount) internal view {
        IPolicies.Refusal[] memory refusals =
            IPolicies(_terms.policies).preview(address(token), operation, address(this), address(this), to, amount);
        for (uint256 i = 0; i < refusals.length; ++i) {
            if (refusals[i].who == to && refusals[i].code != RECEIVER_BELOW_MINIMUM) _refuse(refusals[i]);
        }
    }

    function _refuse(IPolicies.Refusal memory refusal) internal pure {
        revert IPolicies.Refused(refusal.code, refusal.who, refusal.rule, refusal.detail);
    }

    function _inToken(ITreasuryFund.Side side) internal view returns (IRestrictedToken) {
        return side == ITreasuryFund.Side.Subscription ? _terms.cash : _terms.share;
    }

    function _outToken(ITreasuryFund.Side side) internal view returns (IRestrictedToken) {
        return side == ITreasuryFund.Side.Subscription ? _terms.share : _terms.cash;
    }

    function _returnTo(ITreasuryFund.Side side, address to, uint256 amount) internal {
        _inToken(side).escrowOut(to, amount, uint8(IPolicies.Operation.Return));
    }

    // ---------------------------------------------------------------- stages

    function _stage(ITreasuryFund.Side side, uint256 requestId) internal view returns (ITreasuryFund.Stage) {
        Day storage day = _days[requestId];
        ITreasuryFund.Book storage book = day.books[uint256(side)];
        if (book.requested == 0 && book.owed == 0) return ITreasuryFund.Stage.None;
        if (day.nav == 0) {
            // Where an emergency closed the day after its cut-off, the next open day's cut-off counts: Open once more.
            bool open = block.timestamp < _cutOffOf(_navDayOf(requestId));
            return open ? ITreasuryFund.Stage.Open : ITreasuryFund.Stage.Cut;
        }
        if (book.orders == 0) return ITreasuryFund.Stage.Drained;
        if (side == ITreasuryFund.Side.Subscription || !book.settled) return ITreasuryFund.Stage.Struck;
        return block.timestamp < day.payableFrom ? ITreasuryFund.Stage.Funded : ITreasuryFund.Stage.Payable;
    }

    function _claimable(ITreasuryFund.Side side, uint256 requestId) internal view returns (bool) {
        Day storage day = _days[requestId];
        if (day.nav == 0) return false;
        if (side == ITreasuryFund.Side.Subscription) return true;
        return day.books[uint256(side)].settled && block.timestamp >= day.payableFrom;
    }
}
