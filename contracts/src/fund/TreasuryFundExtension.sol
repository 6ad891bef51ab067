// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAccessRoles} from "../interfaces/IAccessRoles.sol";
import {IERC7540Redeem} from "../interfaces/IERC7540.sol";
import {ISeizureReceiver} from "../interfaces/IEncumbrances.sol";
import {ITreasuryFund} from "../interfaces/ITreasuryFund.sol";
import {IPolicies} from "../native/IPolicies.sol";
import {FundCore} from "./FundCore.sol";

/// @title The rarer half of a TreasuryFund's code (`Extended`)
/// @notice The NAV, what transfer agent and treasury do, seized units, and answers to questions: see ITreasuryFund.
/// Called itself it does nothing: in its own storage there are no terms, no orders and no roles.
contract TreasuryFundExtension is FundCore {
    using SafeERC20 for IERC20;

    /// @dev Roles are the first contract's, whose account this runs in.
    modifier onlyRole(bytes32 role) {
        if (!IAccessControl(address(this)).hasRole(role, msg.sender)) {
            revert IAccessRoles.NotAuthorized(msg.sender, role);
        }
        _;
    }

    // ---------------------------------------------------------------- orders

    function reject(ITreasuryFund.Side side, uint256 requestId, address controller, bytes32 reason)
        external
        onlyRole(TRANSFER_AGENT_ROLE)
    {
        ITreasuryFund.Stage stage = _stage(side, requestId);
        if (stage > ITreasuryFund.Stage.Cut) revert ITreasuryFund.WrongStage(side, requestId, stage);
        uint256 amount = _drop(side, requestId, controller);
        emit ITreasuryFund.OrderRejected(side, requestId, controller, amount, reason);
        _returnTo(side, _current(controller), amount);
    }

    function reassign(ITreasuryFund.Side side, uint256 requestId, address from, address to, bytes32 reason)
        external
        onlyRole(TRANSFER_AGENT_ROLE)
    {
        _checkEligible(side, to);
        if (_isGated(side, requestId)) _moveProgress(requestId, from, to);
        ITreasuryFund.Order memory moved = _orders[side][requestId][from];
        _forget(side, requestId, from);
        delete _orders[side][requestId][from];
        _remember(side, requestId, to);
        // Floors of parts never exceed the floor of the sum, so what both were paid stays below what the sum is due.
        ITreasuryFund.Order storage order = _orders[side][requestId][to];
        order.amount += moved.amount;
        order.claimed += moved.claimed;
        order.paid += moved.paid;
        emit ITreasuryFund.OrderReassigned(side, requestId, from, to, moved.amount, reason);
    }

    /// @dev Both orders are brought to the same strike first: what waits of them then joins as what waits of one.
    function _moveProgress(uint256 day, address from, address to) private {
        Progress memory moved = _progressOf(day, from);
        if (_orders[REDEMPTION][day][to].amount != 0) {
            Progress memory joined = _progressOf(day, to);
            if (joined.next != moved.next) revert ITreasuryFund.WrongStage(REDEMPTION, day, _stage(REDEMPTION, day));
            moved.rest += joined.rest;
            moved.redeemed += joined.redeemed;
            moved.due += joined.due;
        }
        delete _progress[day][from];
        _progress[day][to] = moved;
    }

    function onSeizure(address vault, address pledgor, uint256 amount) external returns (bytes4) {
        if (msg.sender != address(_terms.share)) revert ITreasuryFund.NotController(msg.sender, vault);
        if (_suspended) revert ITreasuryFund.Suspended();
        uint256 day = _dealingDay();
        _isVault[vault] = true;
        _enter(ITreasuryFund.Side.Redemption, day, vault, amount);
        emit IERC7540Redeem.RedeemRequest(vault, pledgor, day, msg.sender, amount);
        return ISeizureReceiver.onSeizure.selector;
    }

    // ---------------------------------------------------------------- NAV

    function publishNav(uint256 day, uint64 value, uint40 asOf, bytes32 documentHash) external onlyRole(NAV_AGENT_ROLE) {
        if (day <= _lastNavDay) revert ITreasuryFund.NavFinal(day);
        uint256 earliest = _cutOffOf(day);
        if (asOf < earliest || asOf > block.timestamp) revert ITreasuryFund.NavTime(asOf, earliest, block.timestamp);
        if (value == 0) revert ITreasuryFund.NavMissing(day);

        bool inOrder = day >= _latestNavDay;
        if (day > _latestNavDay) {
            ITreasuryFund.Nav storage latest = _navs[_latestNavDay];
            if (latest.value != 0 && !latest.held) _priorNav = latest.value;
            _latestNavDay = uint32(day);
        }
        bool held = !inOrder || _isBeyond(value, _priorNav, _terms.dayBound)
            || _isBeyond(value, _approvedNav, _terms.totalBound);
        _navs[day] = ITreasuryFund.Nav(value, asOf, held, msg.sender, documentHash);
        emit ITreasuryFund.NavPublished(day, value, asOf, documentHash, held);
    }

    function approveNav(uint256 day, uint64 value) external onlyRole(NAV_APPROVER_ROLE) {
        if (day <= _lastNavDay) revert ITreasuryFund.NavFinal(day);
        ITreasuryFund.Nav storage nav = _navs[day];
        if (!nav.held || nav.value != value) revert ITreasuryFund.NavChanged(day, value);
        if (nav.publisher == msg.sender) revert ITreasuryFund.OwnNav(msg.sender);
        nav.held = false;
        _approvedNav = value;
        emit ITreasuryFund.NavApproved(day, value, msg.sender);
    }

    /// @dev Whether `value` differs from `before` by more than `bps`; from none it always does.
    function _isBeyond(uint256 value, uint256 before, uint256 bps) private pure returns (bool) {
        uint256 difference = value > before ? value - before : before - value;
        return before == 0 || difference * BPS > before * bps;
    }

    // ---------------------------------------------------------------- money

    function collect(uint256 requestId) external {
        ITreasuryFund.Book storage book = _settle(ITreasuryFund.Side.Subscription, requestId);
        address treasury = _current(_terms.treasury);
        emit ITreasuryFund.Collected(requestId, treasury, book.requested);
        _returnTo(ITreasuryFund.Side.Subscription, treasury, book.requested);
    }

    function fundRedemptions(uint256 requestId) external {
        address treasury = _actingFor(_terms.treasury);
        ITreasuryFund.Book storage book = _settle(ITreasuryFund.Side.Redemption, requestId);
        emit ITreasuryFund.RedemptionsFunded(requestId, treasury, book.owed);
        if (book.owed > 0) _outToken(ITreasuryFund.Side.Redemption).escrowIn(treasury, book.owed);
    }

    /// @dev Once, after the strike, where there is something to settle.
    function _settle(ITreasuryFund.Side side, uint256 requestId) private returns (ITreasuryFund.Book storage book) {
        book = _days[requestId].books[uint256(side)];
        if (_days[requestId].nav == 0 || (book.requested == 0 && book.owed == 0) || book.settled) {
            revert ITreasuryFund.WrongStage(side, requestId, _stage(side, requestId));
        }
        book.settled = true;
    }

    function suspendDealing(string calldata reason) external onlyRole(TRANSFER_AGENT_ROLE) {
        _suspended = true;
        emit ITreasuryFund.DealingSuspended(reason, msg.sender);
    }

    function resumeDealing() external onlyRole(TRANSFER_AGENT_ROLE) {
        _suspended = false;
        emit ITreasuryFund.DealingResumed(msg.sender);
    }

    // ---------------------------------------------------------------- in kind

    function listInKind(address token, bool listed) external onlyRole(0) {
        if (listed && IERC20Metadata(token).decimals() != DECIMALS) revert ITreasuryFund.BadTerms();
        _inKind[token] = listed;
        emit ITreasuryFund.InKindListed(token, listed);
    }

    function isInKind(address token) external view returns (bool) {
        return _inKind[token];
    }

    function chooseInKind(uint256 requestId, address controller, address token) external {
        _actingFor(controller);
        ITreasuryFund.Stage stage = _stage(REDEMPTION, requestId);
        if (stage != ITreasuryFund.Stage.Open) revert ITreasuryFund.WrongStage(REDEMPTION, requestId, stage);
        if (_orders[REDEMPTION][requestId][controller].amount == 0) {
            revert ITreasuryFund.NoOrder(REDEMPTION, requestId, controller);
        }
        if (token != address(0) && !_inKind[token]) revert ITreasuryFund.NotInKind(requestId, controller, token);
        _inKindOf[requestId][controller] = token;
        emit ITreasuryFund.InKindChosen(requestId, controller, token);
    }

    function inKindOf(uint256 requestId, address controller) external view returns (address) {
        return _inKindOf[requestId][controller];
    }

    function publishAssetPrice(uint256 day, address token, uint64 price, uint40 asOf) external onlyRole(NAV_AGENT_ROLE) {
        uint256 earliest = _cutOffOf(_navDayOf(day));
        if (asOf < earliest || asOf > block.timestamp) revert ITreasuryFund.NavTime(asOf, earliest, block.timestamp);
        if (price == 0) revert ITreasuryFund.NavMissing(day);
        if (_assetPrices[day][token].used) revert ITreasuryFund.NavFinal(day);
        bool held = _isBeyond(price, _approvedAssetPrices[token], _terms.totalBound);
        _assetPrices[day][token] = AssetPrice(price, msg.sender, held, false);
        emit ITreasuryFund.AssetPricePublished(day, token, price, asOf, held);
    }

    function approveAssetPrice(uint256 day, address token, uint64 price) external onlyRole(NAV_APPROVER_ROLE) {
        AssetPrice storage found = _assetPrices[day][token];
        if (!found.held || found.value != price) revert ITreasuryFund.NavChanged(day, price);
        if (found.publisher == msg.sender) revert ITreasuryFund.OwnNav(msg.sender);
        found.held = false;
        _approvedAssetPrices[token] = price;
        emit ITreasuryFund.AssetPriceApproved(day, token, price, msg.sender);
    }

    function assetPriceOf(uint256 day, address token) external view returns (uint256 price, bool held) {
        return (_assetPrices[day][token].value, _assetPrices[day][token].held);
    }

    function deliverInKind(uint256 requestId, address controller) external returns (uint256 amount) {
        address treasury = _actingFor(_terms.treasury);
        address token = _inKindOf[requestId][controller];
        if (!_inKind[token]) revert ITreasuryFund.NotInKind(requestId, controller, token);
        AssetPrice storage price = _assetPrices[requestId][token];
        if (price.value == 0) revert ITreasuryFund.NavMissing(requestId);
        if (price.held) revert ITreasuryFund.NavHeld(requestId);
        price.used = true;
        ITreasuryFund.Stage stage = _stage(REDEMPTION, requestId);
        if (stage != ITreasuryFund.Stage.Struck || _gatedFrom[requestId] != 0) {
            revert ITreasuryFund.WrongStage(REDEMPTION, requestId, stage);
        }
        _forget(REDEMPTION, requestId, controller);
        (uint256 units, uint256 value) = _due(REDEMPTION, requestId, controller);
        ITreasuryFund.Order storage order = _orders[REDEMPTION][requestId][controller];
        order.claimed += uint128(units); // all of the order, and what it was due
        order.paid += uint128(value);
        // Floors of parts: what is left is enough for the others.
        _days[requestId].books[uint256(REDEMPTION)].owed -= value;
        amount = Math.mulDiv(value, NAV_UNIT, price.value);
        emit ITreasuryFund.DeliveredInKind(requestId, controller, token, amount, value);
        IERC20(token).safeTransferFrom(treasury, _current(controller), amount);
    }

    function collectFee() external {
        uint256 units = _feeUnits;
        _feeUnits = 0;
        address receiver = _current(_terms.options.feeReceiver);
        emit ITreasuryFund.FeeCollected(receiver, units);
        if (units > 0) _terms.share.escrowOut(receiver, units, uint8(IPolicies.Operation.Issue));
    }

    // ---------------------------------------------------------------- questions

    function feeUnitsAt(uint256 asOf) external view returns (uint256) {
        return _feeOn(_terms.share.totalSupply(), asOf);
    }

    function quoteDeposit(uint256 assets) external view returns (ITreasuryFund.Quote memory) {
        return _quote(ITreasuryFund.Side.Subscription, assets);
    }

    function quoteRedeem(uint256 shares) external view returns (ITreasuryFund.Quote memory) {
        return _quote(ITreasuryFund.Side.Redemption, shares);
    }

    function pendingDepositRequest(uint256 requestId, address controller) external view returns (uint256) {
        return _unclaimed(ITreasuryFund.Side.Subscription, requestId, controller, false);
    }

    function claimableDepositRequest(uint256 requestId, address controller) external view returns (uint256) {
        return _unclaimed(ITreasuryFund.Side.Subscription, requestId, controller, true);
    }

    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        return _unclaimed(ITreasuryFund.Side.Redemption, requestId, controller, false);
    }

    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        return _unclaimed(ITreasuryFund.Side.Redemption, requestId, controller, true);
    }

    function maxDeposit(address controller) external view returns (uint256 assets) {
        (assets,) = _max(ITreasuryFund.Side.Subscription, controller);
    }

    function maxMint(address controller) external view returns (uint256 shares) {
        (, shares) = _max(ITreasuryFund.Side.Subscription, controller);
    }

    function maxRedeem(address controller) external view returns (uint256 shares) {
        (shares,) = _max(ITreasuryFund.Side.Redemption, controller);
    }

    function maxWithdraw(address controller) external view returns (uint256 assets) {
        (, assets) = _max(ITreasuryFund.Side.Redemption, controller);
    }

    /// @notice Units in issue at the NAV last struck; cash waiting to be struck or claimed is not the fund's.
    function totalAssets() external view returns (uint256) {
        return convertToAssets(_terms.share.totalSupply());
    }

    /// @notice At the NAV last struck; 0 before the first strike.
    function convertToAssets(uint256 shares) public view returns (uint256) {
        return _out(ITreasuryFund.Side.Redemption, shares, _navs[_lastNavDay].value);
    }

    /// @notice At the NAV last struck; 0 before the first strike.
    function convertToShares(uint256 assets) public view returns (uint256) {
        uint256 nav = _navs[_lastNavDay].value;
        return nav == 0 ? 0 : _out(ITreasuryFund.Side.Subscription, assets, nav);
    }

    /// @dev What is left of an order, if it is claimable, or else if it is not.
    function _unclaimed(ITreasuryFund.Side side, uint256 requestId, address controller, bool claimable)
        private
        view
        returns (uint256)
    {
        if (_isGated(side, requestId)) {
            (uint256 units,) = _gatedClaim(requestId, controller);
            return claimable ? units : _progressOf(requestId, controller).rest;
        }
        if (_claimable(side, requestId) != claimable) return 0;
        ITreasuryFund.Order storage order = _orders[side][requestId][controller];
        return order.amount - order.claimed;
    }

    function _max(ITreasuryFund.Side side, address controller) private view returns (uint256 amount, uint256 out) {
        uint32[] memory list = _openDays[side][controller];
        for (uint256 i = 0; i < list.length; ++i) {
            if (!_claimable(side, list[i])) continue;
            (uint256 taken, uint256 due) = _due(side, list[i], controller);
            (amount, out) = (amount + taken, out + due);
        }
    }

    function _quote(ITreasuryFund.Side side, uint256 amount) private view returns (ITreasuryFund.Quote memory quote) {
        quote.requestId = _dealingDay();
        uint256 navDay = _navDayOf(quote.requestId);
        quote.cutOff = _cutOffOf(navDay);
        quote.payableFrom = _payableFrom(navDay);
        quote.navDay = _lastNavDay;
        quote.nav = _navs[_lastNavDay].value;
        if (quote.nav != 0) quote.amount = _out(side, amount, quote.nav);
    }
}
