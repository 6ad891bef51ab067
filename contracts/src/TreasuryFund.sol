// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {AccessRoles} from "./AccessRoles.sol";
import {Extended} from "./Extended.sol";
import {FundCore} from "./fund/FundCore.sol";
import {TreasuryFundExtension} from "./fund/TreasuryFundExtension.sol";
import {IERC7540Deposit, IERC7540Operator, IERC7540Redeem} from "./interfaces/IERC7540.sol";
import {IERC7575} from "./interfaces/IERC7575.sol";
import {ISeizureReceiver} from "./interfaces/IEncumbrances.sol";
import {FundTerms, ITreasuryFund, OptionalTerms} from "./interfaces/ITreasuryFund.sol";
import {IDENTITIES} from "./native/IIdentities.sol";
import {IPolicies, POLICIES} from "./native/IPolicies.sol";

/// @title TreasuryFund
/// @notice What it does: `ITreasuryFund`. Every function is written once for both sides: a `Side` says which token goes
/// in, which comes out and how the price applies. What the fund owes is in its own books; no balance is ever read.
/// Written here: requests, claims, the strike. The rest is in TreasuryFundExtension.
contract TreasuryFund is ITreasuryFund, FundCore, AccessRoles, Extended {
    bytes32 public constant NAV_AGENT = NAV_AGENT_ROLE;
    bytes32 public constant NAV_APPROVER = NAV_APPROVER_ROLE;
    bytes32 public constant TRANSFER_AGENT = TRANSFER_AGENT_ROLE;

    uint256 public constant MAX_OPEN_DAYS = OPEN_DAYS_MAX;
    uint256 public constant MAX_SETTLEMENT_DAYS = 64;

    uint256 private constant LAST_MINUTE = 1439;
    /// @dev Of each optional rate, in basis points.
    uint256 private constant RATE_MAX = 1_000;

    constructor(FundTerms memory terms_) AccessRoles(terms_.admin) Extended(address(new TreasuryFundExtension())) {
        if (terms_.policies == address(0)) terms_.policies = address(POLICIES);
        if (terms_.identities == address(0)) terms_.identities = address(IDENTITIES);
        if (
            terms_.share.decimals() != DECIMALS || terms_.cash.decimals() != DECIMALS || terms_.treasury == address(0)
                || terms_.markets == 0 || terms_.cutOff == 0 || terms_.cutOff > LAST_MINUTE
                || terms_.settlementDays > MAX_SETTLEMENT_DAYS || terms_.dayBound > BPS || terms_.totalBound > BPS
        ) revert BadTerms();
        OptionalTerms memory options = terms_.options;
        if (
            options.gate > BPS || options.swingThreshold > BPS || options.swing > RATE_MAX
                || options.subscriptionFee > RATE_MAX || options.redemptionFee > RATE_MAX || options.managementFee > RATE_MAX
                || (options.managementFee != 0 && options.feeReceiver == address(0))
        ) revert BadTerms();
        _terms = terms_;
        if (terms_.navAgent != address(0)) _grantRole(NAV_AGENT, terms_.navAgent);
        if (terms_.navApprover != address(0)) _grantRole(NAV_APPROVER, terms_.navApprover);
        if (terms_.transferAgent != address(0)) _grantRole(TRANSFER_AGENT, terms_.transferAgent);
    }

    // ---------------------------------------------------------------- requests

    /// @inheritdoc IERC7540Operator
    function setOperator(address operator, bool approved) external returns (bool) {
        _operators[msg.sender][operator] = approved;
        emit OperatorSet(msg.sender, operator, approved);
        return true;
    }

    /// @inheritdoc IERC7540Operator
    function isOperator(address controller, address operator) external view returns (bool) {
        return _operators[controller][operator];
    }

    /// @inheritdoc ITreasuryFund
    function suspended() external view returns (bool) {
        return _suspended;
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

    function _request(Side side, uint256 amount, address controller, address owner, uint256 lastDay)
        private
        returns (uint256 day)
    {
        if (_suspended) revert Suspended();
        _checkActsFor(owner, owner);
        _checkSameIdentity(owner, controller);
        uint256 minimum = side == Side.Subscription ? _terms.minSubscription : _terms.minRedemption;
        if (amount == 0 || amount < minimum) revert BelowMinimum(amount, minimum);
        day = _dealingDay();
        if (day > lastDay) revert FallsToLaterDay(day, lastDay);
        _checkEligible(side, controller);
        _enter(side, day, controller, amount);
        if (side == Side.Subscription) emit DepositRequest(controller, owner, day, msg.sender, amount);
        else emit RedeemRequest(controller, owner, day, msg.sender, amount);
        _inToken(side).escrowIn(owner, amount);
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
        (amount, paid) = _due(side, requestId, controller);
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
            (uint256 taken, uint256 out) = _partIn(side, list[i], controller, left);
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
            (uint256 taken, uint256 out) = _partOut(side, list[i], controller, left);
            _take(side, list[i], controller, taken, out);
            (left, amount) = (left - out, amount + taken);
        }
        if (left > 0) revert ExceedsClaimable(paid, paid - left);
        _payOut(side, receiver, controller, amount, paid);
    }

    /// @dev At most `most` of what can be claimed of a day, and what comes out for it.
    function _partIn(Side side, uint256 day, address controller, uint256 most)
        private
        view
        returns (uint256 taken, uint256 out)
    {
        (taken, out) = _due(side, day, controller);
        if (taken <= most) return (taken, out);
        if (_isGated(side, day)) return (most, Math.mulDiv(out, most, taken));
        Order storage order = _orders[side][day][controller];
        return (most, _out(side, order.claimed + most, _priceOf(side, day)) - order.paid);
    }

    /// @dev At most `most` of what is due of a day, and the least that brings it.
    function _partOut(Side side, uint256 day, address controller, uint256 most)
        private
        view
        returns (uint256 taken, uint256 out)
    {
        (taken, out) = _due(side, day, controller);
        // The last atom takes the rest of the order, which is worth less than one.
        if (out <= most) return (taken, out);
        if (_isGated(side, day)) return (Math.mulDiv(taken, most, out, Math.Rounding.Ceil), most);
        Order storage order = _orders[side][day][controller];
        uint256 claimed = _in(side, order.paid + most, _priceOf(side, day));
        return (claimed > order.claimed ? claimed - order.claimed : 0, most);
    }

    /// @dev Books a claim on one struck day.
    function _take(Side side, uint256 day, address controller, uint256 amount, uint256 out) private {
        Order storage order = _orders[side][day][controller];
        // At most the order's amount, and a part of what the escrow holds of a token whose cap is below 2^128.
        order.claimed += uint128(amount);
        order.paid += uint128(out);
        _days[day].books[uint256(side)].paid += uint128(out);
        bool drained;
        if (_isGated(side, day)) {
            Progress memory stand = _progressOf(day, controller);
            _progress[day][controller] = stand;
            drained = stand.rest == 0 && order.claimed == stand.redeemed && order.paid == stand.due;
        } else {
            drained = order.claimed == order.amount && order.paid == _out(side, order.amount, _priceOf(side, day));
        }
        if (drained) _forget(side, day, controller);
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
    /// What a vault seized it claims itself, for those to whom its agreement owes the proceeds.
    function _checkClaimer(Side side, address receiver, address controller) private view {
        if (_isVault[controller] && msg.sender == controller) return;
        address holder = _actingFor(controller);
        if (side == Side.Redemption || msg.sender != holder) _checkSameIdentity(receiver, holder);
        if (receiver != holder) _check(_outToken(side), IPolicies.Operation.Return, holder, 0);
    }

    // ---------------------------------------------------------------- strike and money

    /// @inheritdoc ITreasuryFund
    function strike(uint256 requestId) external onlyRole(TRANSFER_AGENT) {
        if (_suspended) revert Suspended();
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
        uint256 feeUnits = _setPrices(requestId, day, nav.asOf);
        subscriptions.owed = _out(Side.Subscription, subscriptions.requested, day.prices[0]);
        uint256 redeemed = _passGate(requestId, redemptions.requested, feeUnits);
        redemptions.owed = _out(Side.Redemption, redeemed, day.prices[1]);
        _unlink(requestId);
        if (_carried > 0 && _head == 0) _link(_terms.calendar.nextOpen(_terms.markets, navDay, 1));
        emit Struck(
            requestId,
            navDay,
            nav.value,
            subscriptions.requested,
            subscriptions.owed,
            redeemed,
            redemptions.owed,
            day.payableFrom
        );
        if (redeemed > 0) _terms.share.escrowBurn(redeemed);
        if (subscriptions.owed + feeUnits > 0) _terms.share.issue(address(this), subscriptions.owed + feeUnits);
    }

    /// @dev How many of the units that wait, carried ones and the day's, this strike redeems.
    function _passGate(uint256 requestId, uint256 requested, uint256 feeUnits) private returns (uint256 redeemed) {
        uint256 pool = _carried + requested;
        redeemed = _throughGate(pool, _terms.share.totalSupply() + feeUnits);
        // Without a gate nothing is ever carried, and no fill needs to be kept.
        if (redeemed == pool && _carried == 0) return redeemed;
        _fills.push(Fill(uint128(pool), uint128(redeemed))); // units in escrow: below 2^128
        _fillDays.push(uint32(requestId));
        _carried = uint128(pool - redeemed);
        if (redeemed == pool) return redeemed;
        if (requested > 0) _gatedFrom[requestId] = _fills.length;
        emit Gated(requestId, pool, redeemed);
    }

    /// @dev How many of `pool` units a strike may redeem where `supply` are in issue.
    function _throughGate(uint256 pool, uint256 supply) private view returns (uint256) {
        uint256 gate = _terms.options.gate;
        return gate == 0 ? pool : Math.min(pool, Math.ceilDiv(supply * gate, BPS));
    }

    /// @dev Charges the management fee, then sets the day's price of each side: the NAV, swung where the net flow is
    /// beyond its threshold, less the dealing fees. Prices to pay go up, prices to be paid go down. Both sides deal at the
    /// swung price, so a swing that would bring those who do not deal less than it costs them is not made.
    function _setPrices(uint256 requestId, Day storage day, uint256 asOf) private returns (uint256 feeUnits) {
        OptionalTerms memory options = _terms.options;
        uint256 supply = _terms.share.totalSupply();
        feeUnits = _feeOn(supply, asOf);
        _feeUnits += uint128(feeUnits); // issued below: within the cap
        if (asOf > _feeFrom) _feeFrom = uint64(asOf);

        uint256 flowIn = day.books[uint256(Side.Subscription)].requested;
        uint256 waiting = _carried + day.books[uint256(Side.Redemption)].requested;
        uint256 flowOut = _out(Side.Redemption, _throughGate(waiting, supply + feeUnits), day.nav);
        uint256 net = flowIn > flowOut ? flowIn - flowOut : flowOut - flowIn;
        (uint256 price, uint256 paid) = (day.nav, day.nav);
        if (net * BPS > _out(Side.Redemption, supply + feeUnits, day.nav) * options.swingThreshold && supply != 0) {
            uint256 swung = flowIn > flowOut ? BPS + options.swing : BPS - options.swing;
            if (flowIn > flowOut == flowIn * BPS > flowOut * swung) {
                price = Math.ceilDiv(price * swung, BPS);
                paid = paid * swung / BPS;
            }
        }
        price = Math.ceilDiv(price * (BPS + options.subscriptionFee), BPS);
        paid = paid * (BPS - options.redemptionFee) / BPS;
        // A NAV in 64 bits and rates of at most 10 % each: a price that outgrows them is no price.
        if (price > type(uint64).max) revert BadTerms();
        (day.prices[0], day.prices[1]) = (uint64(price), uint64(paid));
        if (price != day.nav || paid != day.nav || feeUnits != 0) emit PricesSet(requestId, price, paid, feeUnits);
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
    function carried() external view returns (uint256 units) {
        return _carried;
    }

    /// @inheritdoc ITreasuryFund
    function pricesAt(uint256 requestId) external view returns (uint256 subscription, uint256 redemption) {
        return (_days[requestId].prices[0], _days[requestId].prices[1]);
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

    function _isOpen(Side side, uint256 requestId, address controller) private view returns (bool) {
        uint32[] memory list = _openDays[side][controller];
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] == requestId) return true;
        }
        return false;
    }

    // ---------------------------------------------------------------- in the extension

    /// @inheritdoc ITreasuryFund
    function reject(Side, uint256, address, bytes32) external {
        _extend();
    }

    /// @inheritdoc ITreasuryFund
    function reassign(Side, uint256, address, address, bytes32) external {
        _extend();
    }

    /// @inheritdoc ISeizureReceiver
    function onSeizure(address, address, uint256) external returns (bytes4) {
        _extend();
    }

    /// @inheritdoc ITreasuryFund
    function publishNav(uint256, uint64, uint40, bytes32) external {
        _extend();
    }

    /// @inheritdoc ITreasuryFund
    function approveNav(uint256, uint64) external {
        _extend();
    }

    /// @inheritdoc ITreasuryFund
    function collect(uint256) external {
        _extend();
    }

    /// @inheritdoc ITreasuryFund
    function fundRedemptions(uint256) external {
        _extend();
    }

    /// @inheritdoc ITreasuryFund
    function listInKind(address, bool) external {
        _extend();
    }

    /// @inheritdoc ITreasuryFund
    function isInKind(address) external view returns (bool) {
        _extendView();
    }

    /// @inheritdoc ITreasuryFund
    function chooseInKind(uint256, address, address) external {
        _extend();
    }

    /// @inheritdoc ITreasuryFund
    function inKindOf(uint256, address) external view returns (address) {
        _extendView();
    }

    /// @inheritdoc ITreasuryFund
    function publishAssetPrice(uint256, address, uint64, uint40) external {
        _extend();
    }

    /// @inheritdoc ITreasuryFund
    function approveAssetPrice(uint256, address, uint64) external {
        _extend();
    }

    /// @inheritdoc ITreasuryFund
    function assetPriceOf(uint256, address) external view returns (uint256, bool) {
        _extendView();
    }

    /// @inheritdoc ITreasuryFund
    function deliverInKind(uint256, address) external returns (uint256) {
        _extend();
    }

    /// @inheritdoc ITreasuryFund
    function collectFee() external {
        _extend();
    }

    /// @inheritdoc ITreasuryFund
    function suspendDealing(string calldata) external {
        _extend();
    }

    /// @inheritdoc ITreasuryFund
    function resumeDealing() external {
        _extend();
    }

    /// @inheritdoc ITreasuryFund
    function feeUnitsAt(uint256) external view returns (uint256) {
        _extendView();
    }

    /// @inheritdoc ITreasuryFund
    function quoteDeposit(uint256) external view returns (Quote memory) {
        _extendView();
    }

    /// @inheritdoc ITreasuryFund
    function quoteRedeem(uint256) external view returns (Quote memory) {
        _extendView();
    }

    /// @inheritdoc IERC7540Deposit
    function pendingDepositRequest(uint256, address) external view returns (uint256) {
        _extendView();
    }

    /// @inheritdoc IERC7540Deposit
    function claimableDepositRequest(uint256, address) external view returns (uint256) {
        _extendView();
    }

    /// @inheritdoc IERC7540Redeem
    function pendingRedeemRequest(uint256, address) external view returns (uint256) {
        _extendView();
    }

    /// @inheritdoc IERC7540Redeem
    function claimableRedeemRequest(uint256, address) external view returns (uint256) {
        _extendView();
    }

    /// @inheritdoc IERC7575
    function maxDeposit(address) external view returns (uint256) {
        _extendView();
    }

    /// @inheritdoc IERC7575
    function maxMint(address) external view returns (uint256) {
        _extendView();
    }

    /// @inheritdoc IERC7575
    function maxRedeem(address) external view returns (uint256) {
        _extendView();
    }

    /// @inheritdoc IERC7575
    function maxWithdraw(address) external view returns (uint256) {
        _extendView();
    }

    /// @inheritdoc IERC7575
    function totalAssets() external view returns (uint256) {
        _extendView();
    }

    /// @inheritdoc IERC7575
    function convertToAssets(uint256) external view returns (uint256) {
        _extendView();
    }

    /// @inheritdoc IERC7575
    function convertToShares(uint256) external view returns (uint256) {
        _extendView();
    }
}
