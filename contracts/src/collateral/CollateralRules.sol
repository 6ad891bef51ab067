// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {CollateralTerms, EligibleAsset, ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {ICustodyAccount} from "../interfaces/ICustodyAccount.sol";
import {ICalendar} from "../interfaces/ICalendar.sol";
import {IEncumbrances, Powers} from "../interfaces/IEncumbrances.sol";
import {IRestrictedToken} from "../interfaces/IRestrictedToken.sol";
import {IIdentities} from "../native/IIdentities.sol";
import {IPolicies} from "../native/IPolicies.sol";

/// @notice A price as the schedule sees it.
struct Mark {
    uint256 price;
    uint256 day;
    Age age;
    bool gated;
}

enum Age {
    Fresh,
    Stale, // older than the schedule allows, within one open day
    Expired // older than that, or no price at all
}

/// @title What a CollateralVault asks that needs none of its books
/// @notice Whether terms can be, how old a price is, and the four tests. It has no state and moves nothing; the vault
/// deploys it, since both together are larger than one contract may be (EIP-170).
contract CollateralRules {
    uint256 public constant SCHEDULE_MAX = 16;
    uint256 public constant BUYERS_MAX = 16;
    /// @dev Most open days an age, a due time or a cure may span; the calendar answers 64 at a time.
    uint256 public constant OPEN_DAYS_MAX = 32;

    uint256 private constant BPS = 10_000;
    /// @dev The price of cash in itself; prices have 8 decimals.
    uint256 private constant PAR = 1e8;
    uint256 private constant CASH_DECIMALS = 6;
    uint256 private constant CASH_UNIT = 1e6;
    uint256 private constant DECIMALS_MAX = 18;
    uint256 private constant LAST_MINUTE = 1439;

    IPolicies private immutable _policies;
    IIdentities private immutable _identities;

    constructor(IPolicies policies, IIdentities identities) {
        (_policies, _identities) = (policies, identities);
    }

    // ---------------------------------------------------------------- terms

    /// @notice Reverts `BadCollateralTerms` where they cannot be; else the scale of each token of the schedule: amount ×
    /// price × basis points / scale is cash.
    function check(CollateralTerms calldata terms, EligibleAsset[] calldata schedule, address[] calldata buyers)
        external
        view
        returns (uint128[] memory scales)
    {
        _checkTerms(terms);
        if (schedule.length == 0 || schedule.length > SCHEDULE_MAX) revert ICollateralVault.BadCollateralTerms(100);
        if (buyers.length > BUYERS_MAX) revert ICollateralVault.BadCollateralTerms(200);
        for (uint256 i = 0; i < buyers.length; ++i) {
            if (buyers[i] == address(0)) revert ICollateralVault.BadCollateralTerms(201 + i);
        }
        scales = new uint128[](schedule.length);
        for (uint256 i = 0; i < schedule.length; ++i) {
            scales[i] = _scale(_checkAsset(terms, schedule, i));
        }
    }

    function _checkTerms(CollateralTerms calldata terms) private view {
        uint256 bad = 0;
        if (terms.securedParty == address(0)) bad = 1;
        else if (terms.pledgor == address(0) || terms.pledgor == terms.securedParty) bad = 2;
        else if (terms.arbiter == terms.securedParty || terms.arbiter == terms.pledgor) bad = 4;
        else if (terms.cash.decimals() != CASH_DECIMALS) bad = 5;
        else if (terms.markets == 0) bad = 7;
        else if (terms.notificationMinute == 0 || terms.notificationMinute > LAST_MINUTE) bad = 8;
        else if (terms.dueMinute < terms.notificationMinute || terms.dueMinute > LAST_MINUTE) bad = 9;
        else if (terms.dueDays > OPEN_DAYS_MAX) bad = 10;
        else if (terms.cureDays > OPEN_DAYS_MAX) bad = 11;
        else if (terms.exposureDays > OPEN_DAYS_MAX) bad = 12;
        else if (terms.discount >= BPS) bad = 13;
        if (bad != 0) revert ICollateralVault.BadCollateralTerms(bad);
    }

    function _checkAsset(CollateralTerms calldata terms, EligibleAsset[] calldata schedule, uint256 index)
        private
        view
        returns (uint8 decimals)
    {
        EligibleAsset calldata asset = schedule[index];
        decimals = IERC20Metadata(asset.token).decimals();
        bool atPar = asset.token == address(terms.cash);
        if (
            decimals > DECIMALS_MAX || (address(asset.source) == address(0)) != atPar || (atPar && !asset.inPlace)
                || uint256(asset.haircut) + asset.mismatch > BPS || asset.maxAge > OPEN_DAYS_MAX
                || (address(asset.fund) != address(0) && (!asset.inPlace || asset.fund.share() != asset.token))
        ) revert ICollateralVault.BadCollateralTerms(101 + index);
        for (uint256 i = 0; i < index; ++i) {
            if (schedule[i].token == asset.token) revert ICollateralVault.BadCollateralTerms(101 + index);
        }
    }

    // ---------------------------------------------------------------- time

    /// @notice When a call made now is due, and until when it can be cured.
    function dueTimes(CollateralTerms calldata terms) external view returns (uint256 due, uint256 cureUntil) {
        ICalendar calendar = terms.calendar;
        uint256 day = calendar.dealingDay(terms.markets, block.timestamp, terms.notificationMinute);
        day = calendar.nextOpen(terms.markets, day, terms.dueDays);
        due = calendar.close(terms.markets, day, terms.dueMinute);
        day = calendar.nextOpen(terms.markets, day, terms.cureDays);
        cureUntil = calendar.close(terms.markets, day, terms.dueMinute);
    }

    /// @notice Reverts `ExposureOld` where an exposure stated at `instant`, or never (0), is too old to call or release by.
    function checkExposure(CollateralTerms calldata terms, uint256 instant) external view {
        if (instant == 0) revert ICollateralVault.ExposureOld(0, terms.exposureDays);
        ICalendar calendar = terms.calendar;
        uint256 day = calendar.dayOf(instant);
        uint256 end = calendar.nextOpen(terms.markets, day, uint256(terms.exposureDays) + 1);
        if (calendar.dayOf(block.timestamp) >= end) revert ICollateralVault.ExposureOld(day, terms.exposureDays);
    }

    // ---------------------------------------------------------------- price

    /// @notice The price of `asset` now, and how old it is in open days of its source's calendar.
    function mark(EligibleAsset memory asset) public view returns (Mark memory found) {
        if (address(asset.source) == address(0)) return Mark(PAR, 0, Age.Fresh, false);
        (found.price, found.day, found.gated) = asset.source.priceOf(asset.token);
        if (found.price == 0) {
            found.age = Age.Expired;
            return found;
        }
        ICalendar calendar = asset.source.calendar();
        uint16 markets = asset.source.markets();
        uint256 today = calendar.dayOf(block.timestamp);
        if (today <= found.day || calendar.nextOpen(markets, found.day, uint256(asset.maxAge) + 1) > today) {
            return found;
        }
        // One open day of grace, in which what is there still counts and nothing new does.
        bool inGrace = calendar.nextOpen(markets, found.day, uint256(asset.maxAge) + 2) > today;
        found.age = inGrace ? Age.Stale : Age.Expired;
    }

    /// @notice What `units` count towards a requirement after haircuts and limits, rounded down.
    /// @param strict No credit for a stale price.
    function value(EligibleAsset memory asset, uint256 units, uint256 required, bool strict)
        external
        view
        returns (Mark memory found, uint256 counts)
    {
        found = mark(asset);
        if (found.gated || found.age == Age.Expired || (strict && found.age == Age.Stale)) return (found, 0);
        counts = _afterHaircut(asset, units, found.price);
        if (asset.concentration != 0) counts = Math.min(counts, required * asset.concentration / BPS);
        if (asset.concentrationAmount != 0) counts = Math.min(counts, asset.concentrationAmount);
    }

    /// @notice What `units` are worth after haircuts and before limits, at a price that may be used for new credit.
    function worth(EligibleAsset memory asset, uint256 units) external view returns (uint256) {
        Mark memory found = mark(asset);
        if (found.age != Age.Fresh || found.gated) revert ICollateralVault.PriceUnusable(asset.token, found.day);
        return _afterHaircut(asset, units, found.price);
    }

    function _afterHaircut(EligibleAsset memory asset, uint256 units, uint256 price) private view returns (uint256) {
        uint256 scale = _scale(IERC20Metadata(asset.token).decimals());
        return Math.mulDiv(units, price * (BPS - asset.haircut - asset.mismatch), scale);
    }

    function _scale(uint8 decimals) private pure returns (uint128) {
        // Decimals are at most 18: at most 10^24.
        return uint128(10 ** uint256(decimals) * PAR * BPS / CASH_UNIT);
    }

    // ---------------------------------------------------------------- the four tests

    /// @notice The four answers for posting `amount` on top of `posted` to the calling vault.
    function answers(
        CollateralTerms memory terms,
        EligibleAsset memory asset,
        address[] memory buyers,
        uint256 posted,
        uint256 amount
    ) public view returns (ICollateralVault.Answer[4] memory found) {
        Mark memory marked = mark(asset);
        if (marked.gated) found[0] = ICollateralVault.Answer(ICollateralVault.Reason.Gated, address(asset.fund), 0);
        else found[0] = _liquidity(terms.pledgor, asset, buyers, posted + amount);
        found[1] = _price(asset, marked);
        if (asset.inPlace) found[2] = _custody(terms.custodyKeys, asset.token);
        found[3] = _integration(terms, asset, amount);
    }

    /// @notice Reverts `NotEligible` with the first of the four answers that says no.
    function checkEligible(
        CollateralTerms memory terms,
        EligibleAsset memory asset,
        address[] memory buyers,
        uint256 posted,
        uint256 amount
    ) external view {
        ICollateralVault.Answer[4] memory found = answers(terms, asset, buyers, posted, amount);
        for (uint256 i = 0; i < found.length; ++i) {
            if (found[i].reason == ICollateralVault.Reason.Passed) continue;
            revert ICollateralVault.NotEligible(
                asset.token, ICollateralVault.Test(i), found[i].reason, found[i].detail
            );
        }
    }

    function _liquidity(address pledgor, EligibleAsset memory asset, address[] memory buyers, uint256 amount)
        private
        view
        returns (ICollateralVault.Answer memory)
    {
        if (asset.inPlace && IRestrictedToken(asset.token).isFrozen(pledgor)) {
            return ICollateralVault.Answer(ICollateralVault.Reason.HolderFrozen, pledgor, 0);
        }
        (uint64 bound,) = _policies.policyOf(asset.token);
        IPolicies.Refusal memory last;
        address first = address(asset.source) == address(0) ? msg.sender : address(asset.fund);
        if (first != address(0)) {
            last = _firstRefusal(asset, bound, pledgor, first, amount);
            if (last.code == 0) return _passed();
        }
        for (uint256 i = 0; i < buyers.length; ++i) {
            last = _firstRefusal(asset, bound, pledgor, _identities.current(buyers[i]), amount);
            if (last.code == 0) return _passed();
        }
        return ICollateralVault.Answer(ICollateralVault.Reason.NobodyTakesIt, last.who, last.code);
    }

    function _firstRefusal(EligibleAsset memory asset, uint64 bound, address pledgor, address to, uint256 amount)
        private
        view
        returns (IPolicies.Refusal memory none)
    {
        if (bound == 0) return none;
        // Units for the vault's own account are not there yet: what is asked is who may take them.
        IPolicies.Refusal[] memory found = asset.inPlace
            ? _policies.preview(asset.token, IPolicies.Operation.Seize, msg.sender, pledgor, to, amount)
            : _policies.preview(asset.token, IPolicies.Operation.Transfer, msg.sender, msg.sender, to, 0);
        return found.length == 0 ? none : found[0];
    }

    function _price(EligibleAsset memory asset, Mark memory marked)
        private
        view
        returns (ICollateralVault.Answer memory)
    {
        address source = address(asset.source);
        if (marked.price == 0) return ICollateralVault.Answer(ICollateralVault.Reason.NoPrice, source, 0);
        if (marked.age != Age.Fresh) {
            return ICollateralVault.Answer(ICollateralVault.Reason.PriceOld, source, marked.day);
        }
        if (source != address(0) && !asset.source.bounded(asset.token)) {
            return ICollateralVault.Answer(ICollateralVault.Reason.Unbounded, source, 0);
        }
        return _passed();
    }

    /// @dev Whoever administers the token grants the roles that can move it.
    function _custody(uint256 asked, address token) private view returns (ICollateralVault.Answer memory) {
        if (asked < 2) return _passed();
        address admin = IRestrictedToken(token).defaultAdmin();
        uint256 keys = ERC165Checker.supportsInterface(admin, type(ICustodyAccount).interfaceId)
            ? ICustodyAccount(admin).threshold()
            : 1;
        if (keys >= asked) return _passed();
        return ICollateralVault.Answer(ICollateralVault.Reason.TooFewKeys, admin, keys);
    }

    function _integration(CollateralTerms memory terms, EligibleAsset memory asset, uint256 amount)
        private
        view
        returns (ICollateralVault.Answer memory)
    {
        if (!_policies.canReceive(address(terms.cash), msg.sender)) {
            return ICollateralVault.Answer(ICollateralVault.Reason.VaultUnknown, msg.sender, 0);
        }
        if (!asset.inPlace) return _passed();
        if (IEncumbrances(asset.token).admitted(msg.sender) & Powers.PLEDGE == 0) {
            return ICollateralVault.Answer(ICollateralVault.Reason.NotAdmitted, asset.token, 0);
        }
        address secured = _identities.current(terms.securedParty);
        IPolicies.Refusal[] memory found = _policies.preview(
            asset.token, IPolicies.Operation.Pledge, msg.sender, terms.pledgor, secured, amount
        );
        if (found.length == 0) return _passed();
        return ICollateralVault.Answer(ICollateralVault.Reason.PledgeRefused, found[0].who, found[0].code);
    }

    function _passed() private pure returns (ICollateralVault.Answer memory passed) {
        return passed;
    }
}
