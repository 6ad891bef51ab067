// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {ICalendar} from "./ICalendar.sol";
import {IPriceSource} from "./IPriceSource.sol";
import {IRestrictedToken} from "./IRestrictedToken.sol";
import {ITreasuryFund} from "./ITreasuryFund.sol";

/// @notice What two parties agree on. Amounts are cash with 6 decimals, shares are basis points.
struct CollateralTerms {
    address securedParty;
    address pledgor;
    address calculationAgent; ///< states the exposure; zero: the secured party
    address arbiter; ///< decides disputes, neither of the parties; zero: nothing can be disputed
    IRestrictedToken cash; ///< the currency of the exposure; 6 decimals
    ICalendar calendar;
    uint16 markets; ///< business days are open for all of these bits
    uint16 notificationMinute; ///< a call before this local minute counts that day, at it the next open day
    uint16 dueMinute; ///< a call is due at this local minute (or the early close), not before the notification's
    uint16 dueDays; ///< so many open days after the day it counts
    uint16 cureDays; ///< and no default before so many open days more
    uint16 exposureDays; ///< open days after which a stated exposure is too old to call or release by
    uint16 discount; ///< what a buyer gets off the frozen price at close-out
    uint8 custodyKeys; ///< keys that must act together for the administrator of a token; 1 or 0: not asked
    uint128 threshold; ///< exposure that stays unsecured
    uint128 independentAmount; ///< what the pledgor owes on top of the exposure
    uint128 minimumTransfer; ///< a smaller deficit is not called, a smaller surplus not released
    uint128 rounding; ///< calls are rounded up to it, releases down; 0: not at all
    uint128 costsMax; ///< most that close-out may cost
}

/// @notice A kind of collateral both accept.
struct EligibleAsset {
    address token;
    IPriceSource source; ///< zero for the agreement's own cash, which counts at par
    ITreasuryFund fund; ///< redeems units pledged in place at close-out; zero: none does
    bool inPlace; ///< pledged in the holder's account; else held in the vault
    uint16 haircut;
    uint16 mismatch; ///< added to the haircut where the asset is in another currency
    uint16 maxAge; ///< open days of the source's calendar for which a price is fresh
    uint16 concentration; ///< most that counts of it, as a share of the requirement; 0: no such limit
    uint128 concentrationAmount; ///< the same as an amount; 0: no such limit
}

/// @title Collateral between a secured party and a pledgor
/// @notice Draft (one party agreed) → Active → Called → Defaulted → Closing → Closed; or Terminated.
///
/// The *requirement* is exposure + independent amount − threshold, at least 0. The *value* of what is posted is, over
/// the schedule, floor(quantity × price × (1 − haircut − mismatch)), each at most its concentration limit. What is
/// frozen, gated or beyond a limit counts 0. A price older than its maximum age is *stale*: it gives no credit to new
/// collateral and none in a release at once, and counts 0 altogether one open day later (*expired*).
///
/// A deficit of at least the minimum transfer may be called; the call is the deficit rounded up. It is met when what it
/// asked for was delivered or the deficit is gone. After the cure the secured party may declare default, but only for
/// what, computed again, still lacks and is not disputed. Close-out freezes prices and the exposure; units go to listed
/// buyers at the frozen price less the discount, or are redeemed with the fund; no more than covers costs and exposure.
/// Proceeds pay costs, then the exposure, then the pledgor. What was not needed is the pledgor's to release.
///
/// There are no roles: an agreement's parties, agent, arbiter and buyers are all its powers. A party is a wallet, for
/// which, once it was recovered, `IIdentities.current` acts and receives.
///
/// The vault holds cash between close-out and claim: a registrar links it to the identity that answers for it, and the
/// COMPLIANCE role of each token pledged in place admits it. No unit is re-used.
interface ICollateralVault is IERC165 {
    enum State {
        None,
        Draft,
        Active,
        Called,
        Defaulted,
        Closing,
        Closed,
        Terminated
    }

    /// @dev The four questions that let an asset in, in this order.
    enum Test {
        Liquidity, ///< can a listed buyer, the fund or the vault itself (cash) take the whole amount now?
        Price, ///< is a bounded, dated, fresh price there?
        Custody, ///< who can move it, with how many keys?
        Integration ///< can post, release and close-out run without a human?
    }

    /// @dev Why a test failed.
    enum Reason {
        Passed,
        NobodyTakesIt, ///< detail: the code of the last refusal, 0 where nobody is named
        Gated,
        HolderFrozen, ///< who: the pledgor's wallet
        NoPrice,
        PriceOld, ///< detail: the day of the price
        Unbounded,
        TooFewKeys, ///< who: the token's administrator, detail: keys that act together
        NotAdmitted, ///< the token's COMPLIANCE role has not admitted the vault
        VaultUnknown, ///< who: the vault, which the cash token would not pay
        PledgeRefused ///< who and detail (the code) of the first refusal
    }

    struct Answer {
        Reason reason;
        address who;
        uint256 detail;
    }

    struct Call {
        uint256 amount; ///< rounded up
        uint256 delivered; ///< value posted since
        uint256 disputed; ///< not due until the arbiter decides
        uint256 due;
        uint256 cureUntil;
    }

    struct Closing {
        uint256 exposure; ///< frozen
        uint256 costs;
        uint256 proceeds; ///< cash that came in
        uint256 expected; ///< of units in the fund, at the frozen price
        uint256 paidSecured; ///< claimed
        uint256 paidPledgor;
    }

    struct Status {
        State state;
        uint256 exposureAt;
        uint256 exposure;
        Call call;
        Closing closing;
    }

    /// @dev One asset of an agreement as it stands.
    struct Position {
        address token;
        uint256 posted; ///< by the vault's books
        uint256 counted; ///< what of it is neither frozen nor gone
        uint256 price;
        uint256 priceDay;
        bool stale; ///< the price is older than the schedule allows
        uint256 value; ///< after haircut and limits
        uint256 closePrice; ///< frozen at close-out
        uint256 inFund; ///< units that wait in the fund
    }

    /// @notice A draft, whose terms never change: `termsOf`.
    event Agreed(uint256 indexed id, address indexed securedParty, address indexed pledgor);
    event Accepted(uint256 indexed id, address indexed by);
    event Terminated(uint256 indexed id, address indexed by);
    event ExposureStated(uint256 indexed id, uint256 exposure, bytes32 evidence, address indexed by);
    event Posted(uint256 indexed id, address indexed token, uint256 amount, uint256 value);
    event Released(uint256 indexed id, address indexed token, uint256 amount);
    event Called(uint256 indexed id, uint256 deficit, uint256 amount, uint256 due, uint256 cureUntil);
    event CallMet(uint256 indexed id);
    event Disputed(uint256 indexed id, uint256 amount, bytes32 reason);
    event DisputeDecided(uint256 indexed id, uint256 upheld, uint256 due, uint256 cureUntil, bytes32 reason);
    event Defaulted(uint256 indexed id, uint256 standing, bytes32 evidence);
    event ClosedOut(uint256 indexed id, uint256 exposure, uint256 costs, bytes32 evidence);
    event ClosePrice(uint256 indexed id, address indexed token, uint256 price, uint256 day);
    event Sold(uint256 indexed id, address indexed token, address indexed buyer, uint256 amount, uint256 paid);
    event RedeemedInFund(uint256 indexed id, address indexed token, uint256 amount, uint256 requestId);
    event Collected(uint256 indexed id, address indexed token, uint256 requestId, uint256 paid);
    event CloseOutEnded(uint256 indexed id, uint256 proceeds, uint256 costs, uint256 secured, uint256 surplus);
    event Claimed(uint256 indexed id, address indexed receiver, uint256 amount);
    event PartyReplaced(uint256 indexed id, address indexed lost, address indexed successor);

    /// @notice Code 40.
    error WrongState(uint256 id, State state);
    /// @notice `sender` is not who may do this (code 41).
    error NotParty(uint256 id, address sender);
    /// @notice Code 42.
    error NotInSchedule(uint256 id, address token);
    /// @notice Code 43. `eligibility` says all four answers.
    error NotEligible(address token, Test test, Reason reason, uint256 detail);
    /// @notice Code 44. `day` 0: there is none.
    error PriceUnusable(address token, uint256 day);
    /// @notice The deficit (or the surplus) is below the minimum transfer (code 46).
    error BelowMinimumTransfer(uint256 amount, uint256 minimum);
    /// @notice The value left would not meet the requirement (code 47).
    error RequirementUnmet(uint256 value, uint256 requirement);
    /// @notice Code 48.
    error MoreThanSurplus(uint256 value, uint256 surplus);
    /// @notice A substitution leaves less value than there was (code 49).
    error LessValue(uint256 value, uint256 before);
    /// @notice Code 50.
    error NotPosted(address token, uint256 posted, uint256 amount);
    /// @notice Code 51.
    error BeforeCure(uint256 cureUntil);
    /// @notice Computed again, nothing undisputed is lacking (code 52).
    error NothingStands(uint256 id);
    /// @notice Code 53. `most` 0: the time for it has passed, or nobody is named to decide.
    error NotDisputable(uint256 amount, uint256 most);
    /// @notice Code 54. `day` 0: no exposure was ever stated.
    error ExposureOld(uint256 day, uint256 openDaysMax);
    /// @notice Code 55.
    error NotBuyer(uint256 id, address account);
    /// @notice Code 56. `needed` is what still covers costs and exposure.
    error MoreThanNeeded(uint256 proceeds, uint256 needed);
    /// @notice Code 57.
    error CostsAboveMaximum(uint256 costs, uint256 max);
    /// @notice Units in the fund, or units that cover what is owed, are still to be turned into cash (code 58).
    error StillClosing(uint256 id);
    /// @notice Code 59.
    error NothingToClaim(uint256 id, address account);
    /// @notice The terms cannot be. `field`: position in CollateralTerms from 1; 100 + n: entry n of the schedule (from
    /// 1); 200 + n: buyer n; 100 and 200: their number.
    error BadCollateralTerms(uint256 field);

    // ---------------------------------------------------------------- agreement

    /// @notice Proposes an agreement, by either party; the other accepts it.
    /// @param schedule 1 to 16 tokens, none twice. @param buyers At most 16.
    /// @return id Counts from 1.
    function agree(CollateralTerms calldata terms, EligibleAsset[] calldata schedule, address[] calldata buyers)
        external
        returns (uint256 id);

    /// @notice Makes a draft Active. The party that did not propose it.
    function accept(uint256 id) external;

    /// @notice Ends an agreement and frees all that is posted. A draft: either party; an Active one: the secured party,
    /// or the pledgor where the requirement is 0; a Called one: the secured party.
    function terminate(uint256 id) external;

    /// @notice States the exposure, until default. Calculation agent.
    function stateExposure(uint256 id, uint128 exposure, bytes32 evidence) external;

    // ---------------------------------------------------------------- collateral

    /// @notice Posts `amount`. Pledgor, whose call is the consent; a token not pledged in place must be approved first.
    /// Refused where one of the four tests fails.
    function post(uint256 id, address token, uint128 amount) external;

    /// @notice Takes `amount` back: of the surplus, so that the requirement stays met without any stale price; all of it
    /// without limits once the agreement is Closed or Terminated. Pledgor.
    function release(uint256 id, address token, uint128 amount) external;

    /// @notice Posts one asset and takes another back, at least as much in value. Pledgor, Active or Called.
    function substitute(uint256 id, address tokenIn, uint128 amountIn, address tokenOut, uint128 amountOut) external;

    // ---------------------------------------------------------------- calls and default

    /// @notice Calls the deficit. Secured party or calculation agent.
    function call(uint256 id) external returns (uint256 amount, uint256 due);

    /// @notice Disputes part of what was called and not delivered, before it is due. Pledgor.
    function dispute(uint256 id, uint128 amount, bytes32 reason) external;

    /// @notice Decides a dispute: `upheld` of the disputed amount stays called, with a due time of its own from now on.
    /// Arbiter.
    function decide(uint256 id, uint128 upheld, bytes32 reason) external;

    /// @notice Declares default for an open call whose cure has passed. Secured party.
    function declareDefault(uint256 id, bytes32 evidence) external;

    // ---------------------------------------------------------------- close-out

    /// @notice Freezes exposure and prices, and begins to turn collateral into cash. Secured party.
    function closeOut(uint256 id, uint128 costs, bytes32 evidence) external;

    /// @notice Buys units at the frozen price less the discount, with cash approved to the vault. A listed buyer.
    /// @return paid Rounded up.
    function buy(uint256 id, address token, uint128 amount) external returns (uint256 paid);

    /// @notice Asks the asset's fund to redeem units. Secured party.
    function redeemInFund(uint256 id, address token, uint128 amount) external returns (uint256 requestId);

    /// @notice Takes what the fund pays for units of `requestId`. Anyone.
    function collect(uint256 id, address token, uint256 requestId) external returns (uint256 paid);

    /// @notice Takes pledged cash of the agreement's own currency. Secured party.
    function takeCash(uint256 id, uint128 amount) external;

    /// @notice Ends close-out: when costs and exposure are covered or nothing is left; before that only by the secured
    /// party, which thereby waives the rest. Never while units are in a fund.
    function endCloseOut(uint256 id) external;

    /// @notice Pays a party what is its share of the proceeds: the secured party while closing, the pledgor once closed.
    function claim(uint256 id) external returns (uint256 amount);

    // ---------------------------------------------------------------- views

    function policies() external view returns (address);
    function identities() external view returns (address);
    function agreementCount() external view returns (uint256);

    function termsOf(uint256 id)
        external
        view
        returns (CollateralTerms memory terms, EligibleAsset[] memory schedule, address[] memory buyers);

    function statusOf(uint256 id) external view returns (Status memory);
    function positions(uint256 id) external view returns (Position[] memory);

    /// @notice Value posted, what is required, and the difference either way.
    /// @param strict Without credit for stale prices, as releases are judged.
    function valueOf(uint256 id, bool strict)
        external
        view
        returns (uint256 value, uint256 requirement, uint256 deficit, uint256 surplus);

    /// @notice What a call now would ask for, rounded up; 0 where the deficit is below the minimum.
    function callable(uint256 id) external view returns (uint256);

    /// @notice What is called, lacks and is not disputed now.
    function standing(uint256 id) external view returns (uint256);

    /// @notice The four answers for posting `amount` more of `token`.
    function eligibility(uint256 id, address token, uint256 amount) external view returns (Answer[4] memory);
}
