// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ERC165, IERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Age, CollateralRules, Mark} from "./collateral/CollateralRules.sol";
import {CollateralTerms, EligibleAsset, ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IEncumbrances} from "./interfaces/IEncumbrances.sol";
import {IRestrictedToken} from "./interfaces/IRestrictedToken.sol";
import {ITreasuryFund} from "./interfaces/ITreasuryFund.sol";
import {IDENTITIES, IIdentities} from "./native/IIdentities.sol";
import {IPolicies, POLICIES} from "./native/IPolicies.sol";

/// @title CollateralVault
/// @notice See ICollateralVault. What is posted and what came in stands in the vault's own books; a balance is read
/// only to count less than they say.
contract CollateralVault is ICollateralVault, ERC165 {
    using SafeERC20 for IERC20;

    uint256 private constant BPS = 10_000;

    struct Agreement {
        CollateralTerms terms;
        State state;
        bool bySecuredParty; // who proposed it
        uint256 exposureAt;
        uint256 exposure;
        Call call;
        Closing closing;
        EligibleAsset[] schedule;
        address[] buyers;
    }

    struct Holding {
        uint256 posted;
        uint256 inFund;
        uint256 closePrice;
        /// Amount × price (8 decimals) × basis points / this is cash.
        uint256 scale;
    }

    /// @dev Units of one agreement in a fund's dealing day, and of all agreements that have not collected all of that day.
    struct FundOrder {
        uint256 units;
        uint256 expected;
        uint256 collected;
    }

    struct DayPot {
        uint256 units;
        uint256 paid;
    }

    IPolicies private immutable _policies;
    IIdentities private immutable _identities;
    CollateralRules private immutable _rules;

    uint256 public agreementCount;
    mapping(uint256 id => Agreement) private _agreements;
    mapping(uint256 id => mapping(uint256 index => Holding)) private _holdings;
    /// @dev Pledged in place by the books of all agreements together.
    mapping(address token => mapping(address pledgor => uint256)) private _pledged;
    mapping(uint256 id => mapping(uint256 index => mapping(uint256 requestId => FundOrder))) private _orders;
    mapping(ITreasuryFund fund => mapping(uint256 requestId => DayPot)) private _pots;

    /// @param policies_ zero: the chain's Policies @param identities_ zero: the chain's Identities
    constructor(address policies_, address identities_) {
        _policies = policies_ == address(0) ? POLICIES : IPolicies(policies_);
        _identities = identities_ == address(0) ? IDENTITIES : IIdentities(identities_);
        _rules = new CollateralRules(_policies, _identities);
    }

    // ---------------------------------------------------------------- agreement

    /// @inheritdoc ICollateralVault
    function agree(CollateralTerms calldata terms, EligibleAsset[] calldata schedule, address[] calldata buyers)
        external
        returns (uint256 id)
    {
        uint128[] memory scales = _rules.check(terms, schedule, buyers);
        id = ++agreementCount;
        Agreement storage made = _agreements[id];
        made.bySecuredParty = msg.sender == terms.securedParty;
        if (!made.bySecuredParty && msg.sender != terms.pledgor) revert NotParty(id, msg.sender);
        made.state = State.Draft;
        made.terms = terms;
        if (terms.calculationAgent == address(0)) made.terms.calculationAgent = terms.securedParty;
        for (uint256 i = 0; i < schedule.length; ++i) {
            _holdings[id][i].scale = scales[i];
            made.schedule.push(schedule[i]);
        }
        for (uint256 i = 0; i < buyers.length; ++i) {
            made.buyers.push(buyers[i]);
        }
        emit Agreed(id, terms.securedParty, terms.pledgor);
    }

    /// @inheritdoc ICollateralVault
    function accept(uint256 id) external {
        Agreement storage a = _in(id, State.Draft);
        _checkIs(id, a.bySecuredParty ? a.terms.pledgor : a.terms.securedParty);
        a.state = State.Active;
        emit Accepted(id, msg.sender);
    }

    /// @inheritdoc ICollateralVault
    function terminate(uint256 id) external {
        Agreement storage a = _followed(id);
        State state = a.state;
        if (msg.sender == _current(a.terms.pledgor)) {
            if (state != State.Draft && state != State.Active) revert WrongState(id, state);
            uint256 required = _requirement(a);
            if (state == State.Active && required != 0) revert RequirementUnmet(0, required);
        } else {
            _checkIs(id, a.terms.securedParty);
            if (state < State.Draft || state > State.Called) revert WrongState(id, state);
        }
        a.state = State.Terminated;
        emit Terminated(id, msg.sender);
    }

    /// @inheritdoc ICollateralVault
    function stateExposure(uint256 id, uint128 exposure, bytes32 evidence) external {
        Agreement storage a = _live(id);
        _checkIs(id, a.terms.calculationAgent);
        (a.exposure, a.exposureAt) = (exposure, block.timestamp);
        emit ExposureStated(id, exposure, evidence, msg.sender);
    }

    // ---------------------------------------------------------------- collateral

    /// @inheritdoc ICollateralVault
    function post(uint256 id, address token, uint128 amount) external {
        Agreement storage a = _live(id);
        _checkIs(id, a.terms.pledgor);
        uint256 index = _indexOf(id, a, token);
        uint256 before = _value(id, a, false);
        _checkEligible(id, a, index, amount);
        _takeIn(id, a, index, amount);
        uint256 gained = _value(id, a, false) - before;
        emit Posted(id, token, amount, gained);
        _noteDelivery(id, a, gained);
    }

    /// @inheritdoc ICollateralVault
    function release(uint256 id, address token, uint128 amount) external {
        Agreement storage a = _followed(id);
        _checkIs(id, a.terms.pledgor);
        uint256 index = _indexOf(id, a, token);
        bool ended = a.state == State.Closed || a.state == State.Terminated;
        uint256 required = _requirement(a);
        if (ended || required == 0) {
            if (!ended && a.state != State.Active) revert WrongState(id, a.state);
            if (!ended) _rules.checkExposure(a.terms, a.exposureAt);
            _giveBack(id, a, index, amount);
        } else {
            if (a.state != State.Active) revert WrongState(id, a.state);
            _rules.checkExposure(a.terms, a.exposureAt);
            uint256 before = _value(id, a, true);
            _giveBack(id, a, index, amount);
            _checkSurplus(a.terms, before, _value(id, a, true), required);
        }
        emit Released(id, token, amount);
    }

    function _checkSurplus(CollateralTerms storage terms, uint256 before, uint256 left, uint256 required) private view {
        if (left < required) revert RequirementUnmet(left, required);
        uint256 surplus = before - required;
        if (surplus < terms.minimumTransfer) revert BelowMinimumTransfer(surplus, terms.minimumTransfer);
        if (terms.rounding != 0) surplus -= surplus % terms.rounding;
        if (before - left > surplus) revert MoreThanSurplus(before - left, surplus);
    }

    /// @inheritdoc ICollateralVault
    function substitute(uint256 id, address tokenIn, uint128 amountIn, address tokenOut, uint128 amountOut) external {
        Agreement storage a = _live(id);
        _checkIs(id, a.terms.pledgor);
        uint256 indexIn = _indexOf(id, a, tokenIn);
        uint256 indexOut = _indexOf(id, a, tokenOut);
        _checkEligible(id, a, indexIn, amountIn);
        uint256 before = _value(id, a, true);
        // Judged one against the other too: what counts 0 for now, and so would cost nothing, is not taken out.
        uint256 worthIn = _rules.worth(a.schedule[indexIn], amountIn);
        uint256 worthOut = _rules.worth(a.schedule[indexOut], amountOut);
        if (worthIn < worthOut) revert LessValue(worthIn, worthOut);
        _takeIn(id, a, indexIn, amountIn);
        _giveBack(id, a, indexOut, amountOut);
        uint256 left = _value(id, a, true);
        if (left < before) revert LessValue(left, before);
        emit Posted(id, tokenIn, amountIn, worthIn);
        emit Released(id, tokenOut, amountOut);
        _noteDelivery(id, a, left - before);
    }

    function _takeIn(uint256 id, Agreement storage a, uint256 index, uint128 amount) private {
        EligibleAsset storage asset = a.schedule[index];
        _holdings[id][index].posted += amount;
        if (asset.inPlace) {
            _pledged[asset.token][a.terms.pledgor] += amount;
            IEncumbrances(asset.token).pledge(a.terms.pledgor, _current(a.terms.securedParty), amount);
        } else {
            uint256 held = IERC20(asset.token).balanceOf(address(this));
            IERC20(asset.token).safeTransferFrom(a.terms.pledgor, address(this), amount);
            uint256 got = IERC20(asset.token).balanceOf(address(this)) - held;
            // A token that takes a fee on the way would leave the books ahead of the balance.
            if (got != amount) revert NotPosted(asset.token, got, amount);
        }
    }

    function _giveBack(uint256 id, Agreement storage a, uint256 index, uint128 amount) private {
        EligibleAsset storage asset = a.schedule[index];
        _lower(id, a, index, amount);
        if (asset.inPlace) IEncumbrances(asset.token).releasePledge(a.terms.pledgor, amount);
        else IERC20(asset.token).safeTransfer(a.terms.pledgor, amount);
    }

    /// @dev Takes `amount` out of the books.
    function _lower(uint256 id, Agreement storage a, uint256 index, uint128 amount) private {
        EligibleAsset storage asset = a.schedule[index];
        Holding storage holding = _holdings[id][index];
        if (amount > holding.posted) revert NotPosted(asset.token, holding.posted, amount);
        holding.posted -= amount;
        if (asset.inPlace) _pledged[asset.token][a.terms.pledgor] -= amount;
    }

    // ---------------------------------------------------------------- calls and default

    /// @inheritdoc ICollateralVault
    function call(uint256 id) external returns (uint256 amount, uint256 due) {
        Agreement storage a = _live(id);
        if (msg.sender != _current(a.terms.calculationAgent)) _checkIs(id, a.terms.securedParty);
        _noteDelivery(id, a, 0);
        if (a.state != State.Active) revert WrongState(id, a.state);
        _rules.checkExposure(a.terms, a.exposureAt);
        uint256 deficit = _deficit(id, a);
        amount = _callable(a.terms, deficit);
        if (amount == 0) revert BelowMinimumTransfer(deficit, a.terms.minimumTransfer);
        uint256 cureUntil;
        (due, cureUntil) = _rules.dueTimes(a.terms);
        a.call = Call(amount, 0, 0, due, cureUntil);
        a.state = State.Called;
        emit Called(id, deficit, amount, due, cureUntil);
    }

    /// @dev The minimum is asked of the deficit as it is; then it is rounded up.
    function _callable(CollateralTerms storage terms, uint256 deficit) private view returns (uint256) {
        if (deficit == 0 || deficit < terms.minimumTransfer) return 0;
        return terms.rounding == 0 ? deficit : Math.ceilDiv(deficit, terms.rounding) * terms.rounding;
    }

    /// @dev Books `gained` against an open call, and ends it where nothing of it is left.
    function _noteDelivery(uint256 id, Agreement storage a, uint256 gained) private {
        if (a.state != State.Called) return;
        a.call.delivered += gained;
        if (a.call.disputed != 0 || _lacking(id, a) != 0) return;
        a.state = State.Active;
        delete a.call;
        emit CallMet(id);
    }

    /// @dev What was called and not delivered, as far as it still lacks.
    function _lacking(uint256 id, Agreement storage a) private view returns (uint256) {
        return Math.min(_deficit(id, a), Math.saturatingSub(a.call.amount, a.call.delivered));
    }

    /// @inheritdoc ICollateralVault
    function dispute(uint256 id, uint128 amount, bytes32 reason) external {
        Agreement storage a = _in(id, State.Called);
        _checkIs(id, a.terms.pledgor);
        uint256 most = 0;
        if (a.terms.arbiter != address(0) && block.timestamp < a.call.due) {
            most = Math.saturatingSub(a.call.amount, uint256(a.call.delivered) + a.call.disputed);
        }
        if (amount == 0 || amount > most) revert NotDisputable(amount, most);
        a.call.disputed += amount;
        emit Disputed(id, amount, reason);
    }

    /// @inheritdoc ICollateralVault
    function decide(uint256 id, uint128 upheld, bytes32 reason) external {
        Agreement storage a = _in(id, State.Called);
        _checkIs(id, a.terms.arbiter);
        uint256 disputed = a.call.disputed;
        if (disputed == 0 || upheld > disputed) revert NotDisputable(upheld, disputed);
        a.call.disputed = 0;
        a.call.amount -= disputed - upheld;
        if (upheld != 0) {
            // The undisputed part keeps its time as long as it is open: nobody gains time for it by a dispute.
            (uint256 due, uint256 cureUntil) = _rules.dueTimes(a.terms);
            (a.call.due, a.call.cureUntil) = (due, cureUntil);
        }
        emit DisputeDecided(id, upheld, a.call.due, a.call.cureUntil, reason);
        _noteDelivery(id, a, 0);
    }

    /// @inheritdoc ICollateralVault
    function declareDefault(uint256 id, bytes32 evidence) external {
        Agreement storage a = _followed(id);
        _checkIs(id, a.terms.securedParty);
        if (a.state != State.Called) revert WrongState(id, a.state);
        if (block.timestamp < a.call.cureUntil) revert BeforeCure(a.call.cureUntil);
        uint256 left = _standing(id, a);
        if (left == 0) revert NothingStands(id);
        a.state = State.Defaulted;
        emit Defaulted(id, left, evidence);
    }

    function _standing(uint256 id, Agreement storage a) private view returns (uint256) {
        if (a.state != State.Called) return 0;
        return Math.saturatingSub(_lacking(id, a), a.call.disputed);
    }

    // ---------------------------------------------------------------- close-out

    /// @inheritdoc ICollateralVault
    function closeOut(uint256 id, uint128 costs, bytes32 evidence) external {
        Agreement storage a = _followed(id);
        _checkIs(id, a.terms.securedParty);
        if (a.state != State.Defaulted) revert WrongState(id, a.state);
        if (costs > a.terms.costsMax) revert CostsAboveMaximum(costs, a.terms.costsMax);
        a.state = State.Closing;
        a.closing.exposure = a.exposure;
        a.closing.costs = costs;
        for (uint256 i = 0; i < a.schedule.length; ++i) {
            Mark memory mark = _rules.mark(a.schedule[i]);
            _holdings[id][i].closePrice = mark.price;
            emit ClosePrice(id, a.schedule[i].token, mark.price, mark.day);
        }
        emit ClosedOut(id, a.exposure, costs, evidence);
    }

    /// @inheritdoc ICollateralVault
    function buy(uint256 id, address token, uint128 amount) external returns (uint256 paid) {
        Agreement storage a = _closing(id);
        if (!_isBuyer(a)) revert NotBuyer(id, msg.sender);
        uint256 index = _indexOf(id, a, token);
        uint256 factor = BPS - a.terms.discount;
        _checkNeeded(id, a, index, amount, factor);
        paid = _priced(id, a, index, amount, factor, Math.Rounding.Ceil);
        a.closing.proceeds += paid;
        emit Sold(id, token, msg.sender, amount, paid);
        IERC20(address(a.terms.cash)).safeTransferFrom(msg.sender, address(this), paid);
        _seizeTo(id, a, index, msg.sender, amount);
    }

    function _isBuyer(Agreement storage a) private view returns (bool) {
        for (uint256 i = 0; i < a.buyers.length; ++i) {
            if (msg.sender == _current(a.buyers[i])) return true;
        }
        return false;
    }

    /// @inheritdoc ICollateralVault
    function redeemInFund(uint256 id, address token, uint128 amount) external returns (uint256 requestId) {
        Agreement storage a = _closing(id);
        _checkIs(id, a.terms.securedParty);
        uint256 index = _indexOf(id, a, token);
        ITreasuryFund fund = a.schedule[index].fund;
        if (address(fund) == address(0)) revert NotInSchedule(id, token);
        _checkNeeded(id, a, index, amount, BPS);
        uint256 expected = _priced(id, a, index, amount, BPS, Math.Rounding.Floor);
        a.closing.expected += expected;
        _seizeTo(id, a, index, address(fund), amount);
        // The fund has booked it for its dealing day, which is never before a day that has orders already.
        uint32[] memory openDays = fund.openDays(ITreasuryFund.Side.Redemption, address(this));
        requestId = openDays[openDays.length - 1];
        _holdings[id][index].inFund += amount;
        FundOrder storage order = _orders[id][index][requestId];
        order.units += amount;
        order.expected += expected;
        _pots[fund][requestId].units += amount;
        emit RedeemedInFund(id, token, amount, requestId);
    }

    /// @inheritdoc ICollateralVault
    function collect(uint256 id, address token, uint256 requestId) external returns (uint256 paid) {
        Agreement storage a = _agreements[id];
        uint256 index = _indexOf(id, a, token);
        ITreasuryFund fund = a.schedule[index].fund;
        FundOrder storage order = _orders[id][index][requestId];
        if (order.units == 0) revert NothingToClaim(id, token);
        DayPot storage pot = _pots[fund][requestId];
        if (fund.claimableRedeemRequest(requestId, address(this)) != 0) {
            (, uint256 got) = fund.claim(ITreasuryFund.Side.Redemption, requestId, address(this), address(this));
            pot.paid += got;
        }
        // Units of one day have one rate, whichever agreement they came from; the last of them has what rounding left.
        uint256 total = Math.mulDiv(pot.paid, order.units, pot.units);
        paid = total - order.collected;
        bool done = fund.pendingRedeemRequest(requestId, address(this)) == 0
            && fund.claimableRedeemRequest(requestId, address(this)) == 0;
        if (paid == 0 && !done) revert StillClosing(id);
        order.collected = total;
        a.closing.proceeds += paid;
        if (done) {
            a.closing.expected -= order.expected;
            _holdings[id][index].inFund -= order.units;
            pot.units -= order.units;
            pot.paid -= total;
            delete _orders[id][index][requestId];
        }
        emit Collected(id, token, requestId, paid);
    }

    /// @inheritdoc ICollateralVault
    function takeCash(uint256 id, uint128 amount) external {
        Agreement storage a = _closing(id);
        _checkIs(id, a.terms.securedParty);
        address cash = address(a.terms.cash);
        uint256 needed = _needed(a);
        if (amount > needed) revert MoreThanNeeded(a.closing.proceeds, needed);
        uint256 index = _indexOf(id, a, cash);
        a.closing.proceeds += amount;
        emit Sold(id, cash, address(this), amount, amount);
        _seizeTo(id, a, index, address(this), amount);
    }

    /// @inheritdoc ICollateralVault
    function endCloseOut(uint256 id) external {
        Agreement storage a = _closing(id);
        bool left = false;
        for (uint256 i = 0; i < a.schedule.length; ++i) {
            if (_holdings[id][i].inFund != 0) revert StillClosing(id);
            if (_holdings[id][i].posted != 0) left = true;
        }
        if (_needed(a) != 0 && left && msg.sender != _current(a.terms.securedParty)) revert StillClosing(id);
        a.state = State.Closed;
        (uint256 secured, uint256 surplus) = _shares(a);
        uint256 costs = Math.min(a.closing.costs, secured);
        emit CloseOutEnded(id, a.closing.proceeds, costs, secured - costs, surplus);
    }

    /// @inheritdoc ICollateralVault
    function claim(uint256 id) external returns (uint256 amount) {
        Agreement storage a = _followed(id);
        (uint256 secured, uint256 surplus) = _shares(a);
        if (msg.sender == _current(a.terms.securedParty)) {
            amount = secured - a.closing.paidSecured;
            a.closing.paidSecured = secured;
        } else if (msg.sender == a.terms.pledgor && a.state == State.Closed) {
            amount = surplus - a.closing.paidPledgor;
            a.closing.paidPledgor = surplus;
        }
        if (amount == 0) revert NothingToClaim(id, msg.sender);
        emit Claimed(id, msg.sender, amount);
        IERC20(address(a.terms.cash)).safeTransfer(msg.sender, amount);
    }

    /// @dev Costs and exposure first, the rest is the pledgor's; together they are the proceeds.
    function _shares(Agreement storage a) private view returns (uint256 secured, uint256 surplus) {
        uint256 proceeds = a.closing.proceeds;
        secured = Math.min(proceeds, uint256(a.closing.costs) + a.closing.exposure);
        surplus = proceeds - secured;
    }

    /// @dev What costs and exposure still lack, units in a fund counted at the frozen price.
    function _needed(Agreement storage a) private view returns (uint256) {
        uint256 due = uint256(a.closing.costs) + a.closing.exposure;
        return Math.saturatingSub(due, uint256(a.closing.proceeds) + a.closing.expected);
    }

    /// @dev One atom less would not do: no more of the pledgor's is sold than is owed.
    function _checkNeeded(uint256 id, Agreement storage a, uint256 index, uint256 amount, uint256 factor) private view {
        uint256 needed = _needed(a);
        if (
            amount == 0 || needed == 0 || _priced(id, a, index, amount - 1, factor, Math.Rounding.Floor) >= needed
        ) revert MoreThanNeeded(a.closing.proceeds, needed);
    }

    function _priced(
        uint256 id,
        Agreement storage a,
        uint256 index,
        uint256 amount,
        uint256 factor,
        Math.Rounding rounding
    ) private view returns (uint256) {
        Holding storage holding = _holdings[id][index];
        if (holding.closePrice == 0) revert PriceUnusable(a.schedule[index].token, 0);
        return Math.mulDiv(amount, holding.closePrice * factor, holding.scale, rounding);
    }

    function _seizeTo(uint256 id, Agreement storage a, uint256 index, address to, uint128 amount) private {
        _lower(id, a, index, amount);
        EligibleAsset storage asset = a.schedule[index];
        if (asset.inPlace) IEncumbrances(asset.token).seize(a.terms.pledgor, to, amount);
        else if (to != address(this)) IERC20(asset.token).safeTransfer(to, amount);
    }

    // ---------------------------------------------------------------- value

    /// @dev What of the posted units is there to be seized: pledges that a forced transfer took, or a freeze covers,
    /// are shared by all agreements of the pledgor.
    function _countedUnits(Agreement storage a, EligibleAsset storage asset, uint256 posted)
        private
        view
        returns (uint256)
    {
        if (!asset.inPlace || posted == 0) return posted;
        address pledgor = a.terms.pledgor;
        address next = _current(pledgor);
        uint256 seizable = IEncumbrances(asset.token).seizableOf(pledgor, address(this));
        uint256 books = _pledged[asset.token][pledgor];
        if (next != pledgor) {
            seizable += IEncumbrances(asset.token).seizableOf(next, address(this));
            books += _pledged[asset.token][next];
        }
        return seizable >= books ? posted : Math.mulDiv(posted, seizable, books);
    }

    function _position(uint256 id, Agreement storage a, uint256 index, bool strict, uint256 required)
        private
        view
        returns (Position memory position)
    {
        EligibleAsset storage asset = a.schedule[index];
        Holding storage holding = _holdings[id][index];
        position.token = asset.token;
        position.posted = holding.posted;
        position.closePrice = holding.closePrice;
        position.inFund = holding.inFund;
        position.counted = _countedUnits(a, asset, holding.posted);
        Mark memory mark;
        (mark, position.value) = _rules.value(asset, position.counted, required, strict);
        (position.price, position.priceDay, position.stale) = (mark.price, mark.day, mark.age != Age.Fresh);
    }

    function _value(uint256 id, Agreement storage a, bool strict) private view returns (uint256 value) {
        uint256 required = _requirement(a);
        for (uint256 i = 0; i < a.schedule.length; ++i) {
            if (_holdings[id][i].posted != 0) value += _position(id, a, i, strict, required).value;
        }
    }

    function _requirement(Agreement storage a) private view returns (uint256) {
        return Math.saturatingSub(uint256(a.exposure) + a.terms.independentAmount, a.terms.threshold);
    }

    function _deficit(uint256 id, Agreement storage a) private view returns (uint256) {
        return Math.saturatingSub(_requirement(a), _value(id, a, false));
    }

    // ---------------------------------------------------------------- the four tests

    function _checkEligible(uint256 id, Agreement storage a, uint256 index, uint256 amount) private view {
        _rules.checkEligible(a.terms, a.schedule[index], a.buyers, _holdings[id][index].posted, amount);
    }

    // ---------------------------------------------------------------- who, and in which state

    function _current(address wallet) private view returns (address) {
        return _identities.current(wallet);
    }

    function _checkIs(uint256 id, address wallet) private view {
        if (wallet == address(0) || msg.sender != _current(wallet)) revert NotParty(id, msg.sender);
    }

    function _in(uint256 id, State state) private returns (Agreement storage a) {
        a = _followed(id);
        if (a.state != state) revert WrongState(id, a.state);
    }

    /// @dev Active or Called.
    function _live(uint256 id) private returns (Agreement storage a) {
        a = _followed(id);
        if (a.state != State.Active && a.state != State.Called) revert WrongState(id, a.state);
    }

    function _closing(uint256 id) private returns (Agreement storage) {
        return _in(id, State.Closing);
    }

    /// @dev Moves the books to the wallet that replaces the pledgor's, and the pledges with its units.
    function _followed(uint256 id) private returns (Agreement storage a) {
        a = _agreements[id];
        address lost = a.terms.pledgor;
        address next = lost == address(0) ? lost : _current(lost);
        if (next == lost) return a;
        a.terms.pledgor = next;
        for (uint256 i = 0; i < a.schedule.length; ++i) {
            EligibleAsset storage asset = a.schedule[i];
            uint256 posted = _holdings[id][i].posted;
            if (!asset.inPlace || posted == 0) continue;
            _pledged[asset.token][lost] -= posted;
            _pledged[asset.token][next] += posted;
            IRestrictedToken(asset.token).recover(lost);
        }
        emit PartyReplaced(id, lost, next);
    }

    function _indexOf(uint256 id, Agreement storage a, address token) private view returns (uint256) {
        for (uint256 i = 0; i < a.schedule.length; ++i) {
            if (a.schedule[i].token == token) return i;
        }
        revert NotInSchedule(id, token);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ICollateralVault
    function policies() external view returns (address) {
        return address(_policies);
    }

    /// @inheritdoc ICollateralVault
    function identities() external view returns (address) {
        return address(_identities);
    }

    /// @inheritdoc ICollateralVault
    function termsOf(uint256 id)
        external
        view
        returns (CollateralTerms memory terms, EligibleAsset[] memory schedule, address[] memory buyers)
    {
        Agreement storage a = _agreements[id];
        return (a.terms, a.schedule, a.buyers);
    }

    /// @inheritdoc ICollateralVault
    function statusOf(uint256 id) external view returns (Status memory) {
        Agreement storage a = _agreements[id];
        return Status(a.state, a.exposureAt, a.exposure, a.call, a.closing);
    }

    /// @inheritdoc ICollateralVault
    function positions(uint256 id) external view returns (Position[] memory list) {
        Agreement storage a = _agreements[id];
        uint256 required = _requirement(a);
        list = new Position[](a.schedule.length);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = _position(id, a, i, false, required);
        }
    }

    /// @inheritdoc ICollateralVault
    function valueOf(uint256 id, bool strict)
        external
        view
        returns (uint256 value, uint256 requirement, uint256 deficit, uint256 surplus)
    {
        Agreement storage a = _agreements[id];
        value = _value(id, a, strict);
        requirement = _requirement(a);
        deficit = Math.saturatingSub(requirement, value);
        surplus = Math.saturatingSub(value, requirement);
    }

    /// @inheritdoc ICollateralVault
    function callable(uint256 id) external view returns (uint256) {
        Agreement storage a = _agreements[id];
        return _callable(a.terms, _deficit(id, a));
    }

    /// @inheritdoc ICollateralVault
    function standing(uint256 id) external view returns (uint256) {
        return _standing(id, _agreements[id]);
    }

    /// @inheritdoc ICollateralVault
    function eligibility(uint256 id, address token, uint256 amount) external view returns (Answer[4] memory) {
        Agreement storage a = _agreements[id];
        uint256 index = _indexOf(id, a, token);
        return _rules.answers(a.terms, a.schedule[index], a.buyers, _holdings[id][index].posted, amount);
    }

    function supportsInterface(bytes4 id) public view override(ERC165, IERC165) returns (bool) {
        return id == type(ICollateralVault).interfaceId || super.supportsInterface(id);
    }
}
