// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessRoles} from "./IAccessRoles.sol";
import {ICalendar} from "./ICalendar.sol";
import {IERC7540Deposit, IERC7540Operator, IERC7540Redeem} from "./IERC7540.sol";
import {IERC7575} from "./IERC7575.sol";
import {ISeizureReceiver} from "./IEncumbrances.sol";
import {IRestrictedToken} from "./IRestrictedToken.sol";

/// @notice Terms that are off where they are 0, in basis points; rates at most 1,000 each.
struct OptionalTerms {
    uint16 gate; ///< most of the units in issue that one strike redeems; at most 10,000
    uint16 swing; ///< moves a day's price by so much, against the side that outweighs the other,
    uint16 swingThreshold; ///< where the net flow is more than so much of the value of all units, and others gain by it
    uint16 subscriptionFee; ///< added to the price of a subscription
    uint16 redemptionFee; ///< taken off the price of a redemption
    uint16 managementFee; ///< of the units in issue, a year of 365 days
    address feeReceiver; ///< known wallet that gets the units of the management fee
}

/// @notice What a TreasuryFund is deployed with; none of it changes but who holds the roles.
struct FundTerms {
    IRestrictedToken share; ///< units; the fund is its escrow and holds its ISSUER
    IRestrictedToken cash; ///< the fund is its escrow
    ICalendar calendar;
    address treasury; ///< known wallet that gets subscriptions and funds redemptions
    uint16 markets; ///< a dealing day is open for all of these bits of the calendar
    uint16 cutOff; ///< minute of the local day, 1 to 1439
    uint16 settlementDays; ///< redemptions are paid so many open days after the dealing day, at most 64
    uint16 dayBound; ///< most a NAV may differ from the day's before without a second look, in basis points
    uint16 totalBound; ///< most it may differ from the last one that had a second look
    uint128 minSubscription; ///< least cash of a request; 0 = no minimum
    uint128 minRedemption; ///< least units of a request; 0 = no minimum
    address admin;
    address navAgent; ///< first holder of NAV_AGENT; zero: none
    address navApprover; ///< first holder of NAV_APPROVER; zero: none
    address transferAgent; ///< first holder of TRANSFER_AGENT; zero: none
    address policies; ///< zero: the chain's Policies
    address identities; ///< zero: the chain's Identities
    OptionalTerms options;
}

/// @title A fund dealt once a day at that day's NAV: request, strike, claim
/// @notice Cash and units have 6 decimals, NAV (cash a unit) has 8. The id of a request is its dealing day: a local
/// date of the calendar, in days since 1970. Orders of one day are struck together, once, at that day's NAV, which
/// nobody knows when they are placed; a day that an emergency closed is struck at the NAV of the next open day.
///
/// Subscriptions: Open, Cut (at the cut-off), Struck (claimable), Drained.
/// Redemptions: Open, Cut, Struck, Funded, Payable (from 00:00 local of the payment day: claimable), Drained.
///
/// An order belongs to its *controller*. The controller's wallet, or an operator it set, acts for it; where that wallet
/// was replaced by recovery, its successor (`IIdentities.current`) and the successor's operators do, and what comes
/// back goes to the successor. Cash goes to wallets of the controller's identity only. Units go where the share's
/// policy lets them be issued; where an operator acts, only to wallets of the controller's identity.
///
/// What a controller gets of a day is floor(amount x price); every claim pays the floor of all it has claimed so far
/// less what it was paid, so parts sum to the whole.
///
/// An operator that is a wallet of an identity must be active (205, 207, 209), as a spender must.
///
/// Refusals of the tokens and of Policies (`Refused`) pass through.
///
/// To set it up: deploy it; `share.grantRole(ISSUER, fund)`, `share.setEscrow(fund, true)`,
/// `cash.setEscrow(fund, true)`, `share.setVault(cash, fund)`; the treasury is a known wallet.
///
/// *Closed after the cut-off.* Where an emergency closes a day that is cut already, its orders are struck at the next open
/// day's NAV, and that day's cut-off counts: until then they are Open again and may be cancelled.
///
/// *Optional terms.* A swing and dealing fees make a day's prices differ from its NAV (`pricesAt`), the same for all
/// orders of a side; what they bring stays in the fund. The management fee is charged in units, by the seconds between the
/// moments two strikes' NAVs are of, before the prices are applied: NAV_AGENT counts them (`feeUnitsAt`) as in issue. They
/// wait in the escrow for `collectFee`.
///
/// *Gate.* A strike that may not redeem all redeems the same part of every order that waits, of this day and of earlier
/// ones; the rest joins the next strikes on equal terms, at their prices, and is funded and payable with each. Rounding
/// costs an order less than one atom of a unit a strike. A claim walks at most 100 strikes; more need another claim.
///
/// *In kind.* For a redemption in tokens that the administrator listed, its controller opts in while the day is Open; once
/// it is struck and NAV_AGENT has published the token's price, the treasury may deliver the token instead of funding that
/// order, for the same value, rounded down. What it does not deliver it funds in cash.
///
/// *Seized units.* A vault that seizes units of the share into this escrow (`IEncumbrances.seize`) has a redemption order
/// of that dealing day, which nobody cancels; it alone claims the cash, for any wallet that Policies let be paid.
interface ITreasuryFund is
    IERC7575,
    IERC7540Operator,
    IERC7540Deposit,
    IERC7540Redeem,
    IAccessRoles,
    ISeizureReceiver
{
    /// @dev What goes in: cash in a subscription, units in a redemption. What comes out is the other.
    enum Side {
        Subscription,
        Redemption
    }

    enum Stage {
        None,
        Open,
        Cut,
        Struck,
        Funded,
        Payable,
        Drained
    }

    /// @dev `amount` and `claimed` of what went in, `paid` of what comes out.
    struct Order {
        uint128 amount;
        uint128 claimed;
        uint128 paid;
    }

    /// @dev One side of a day: `requested` in; after the strike `owed` out, of which `paid` is claimed. `orders` counts
    /// those not drained.
    struct Book {
        uint256 owed;
        uint128 requested;
        uint128 paid;
        uint32 orders;
        /// The subscriptions' cash went to the treasury; the redemptions' cash came from it.
        bool settled;
    }

    struct Nav {
        uint64 value;
        uint40 asOf;
        /// Waits for NAV_APPROVER.
        bool held;
        address publisher;
        bytes32 documentHash;
    }

    /// @dev A request placed now, at the NAV last struck (all 0 before the first strike).
    struct Quote {
        uint256 requestId;
        uint256 cutOff;
        uint256 navDay;
        uint256 nav;
        /// Units of a subscription, cash of a redemption.
        uint256 amount;
        /// When a redemption would be payable, if the calendar stays as it is.
        uint256 payableFrom;
    }

    event OrderCancelled(Side indexed side, uint256 indexed requestId, address indexed controller, uint256 amount);
    event OrderRejected(
        Side indexed side, uint256 indexed requestId, address indexed controller, uint256 amount, bytes32 reason
    );
    event OrderReassigned(
        Side side, uint256 indexed requestId, address indexed from, address indexed to, uint256 amount, bytes32 reason
    );

    /// @notice Part of a claim: what was taken of one day. `Deposit` or `Withdraw` follows with the sum.
    event Claimed(
        Side indexed side, uint256 indexed requestId, address indexed controller, uint256 amount, uint256 paid
    );

    event NavPublished(uint256 indexed day, uint256 value, uint256 asOf, bytes32 documentHash, bool held);
    event NavApproved(uint256 indexed day, uint256 value, address indexed approver);

    /// @notice `cash` bought `unitsIssued`, `units` were burned for `cashOwed`.
    event Struck(
        uint256 indexed requestId,
        uint256 indexed navDay,
        uint256 nav,
        uint256 cash,
        uint256 unitsIssued,
        uint256 units,
        uint256 cashOwed,
        uint256 payableFrom
    );

    /// @notice The day's prices differ from its NAV, or a management fee was charged. Precedes its `Struck`.
    event PricesSet(uint256 indexed requestId, uint256 subscription, uint256 redemption, uint256 feeUnits);

    /// @notice Of `pool` units that waited only `redeemed` are redeemed; the rest joins the next strike.
    event Gated(uint256 indexed requestId, uint256 pool, uint256 redeemed);

    event InKindListed(address indexed token, bool listed);
    event InKindChosen(uint256 indexed requestId, address indexed controller, address indexed token);
    event AssetPricePublished(uint256 indexed day, address indexed token, uint256 price, uint256 asOf, bool held);
    event AssetPriceApproved(uint256 indexed day, address indexed token, uint256 price, address indexed approver);

    /// @notice `amount` of `token` went to the order's holder in place of `value` in cash.
    event DeliveredInKind(
        uint256 indexed requestId, address indexed controller, address indexed token, uint256 amount, uint256 value
    );
    event FeeCollected(address indexed receiver, uint256 units);
    event Collected(uint256 indexed requestId, address indexed treasury, uint256 amount);
    event RedemptionsFunded(uint256 indexed requestId, address indexed treasury, uint256 amount);
    event DealingSuspended(string reason, address indexed by);
    event DealingResumed(address indexed by);

    /// @notice No requests and no strikes for now (code 20).
    error Suspended();

    /// @notice Code 21.
    error BelowMinimum(uint256 amount, uint256 minimum);

    /// @notice The request would be dealt on `day`, after the last day it names (code 22).
    error FallsToLaterDay(uint256 day, uint256 lastDay);

    /// @notice The day is not in the stage this needs, or it was done already (code 23).
    error WrongStage(Side side, uint256 requestId, Stage stage);

    /// @notice So many days of `controller` are not claimed yet (code 24).
    error TooManyDays(address controller, uint256 max);

    /// @notice Code 25.
    error ExceedsClaimable(uint256 amount, uint256 claimable);

    /// @notice Code 26.
    error NoOrder(Side side, uint256 requestId, address controller);

    /// @notice Code 27.
    error NavMissing(uint256 day);

    /// @notice The NAV waits for its second look (code 28).
    error NavHeld(uint256 day);

    /// @notice Days are struck in order; `next` is due, 0 = none (code 29).
    error StrikeOutOfOrder(uint256 requestId, uint256 next);

    /// @notice `wallet` is not of the identity of `controller` (code 30).
    error OtherIdentity(address wallet, address controller);

    /// @notice Orders were struck at this NAV or at a later one (code 31).
    error NavFinal(uint256 day);

    /// @notice Code 32.
    error NavTime(uint256 asOf, uint256 earliest, uint256 latest);

    /// @notice What is held for `day` is not this value (code 33).
    error NavChanged(uint256 day, uint256 value);

    /// @notice `sender` neither is nor operates for `controller` (code 34).
    error NotController(address sender, address controller);

    /// @notice Who published a NAV cannot give it its second look (code 35).
    error OwnNav(address account);

    /// @notice `token` is not listed for redemptions in kind, or the order's controller did not choose it.
    error NotInKind(uint256 requestId, address controller, address token);

    /// @notice An asynchronous vault knows no price beforehand; see `quoteDeposit` and `quoteRedeem`.
    error NoPreview();

    /// @notice The terms cannot be: a number out of range, or tokens without 6 decimals.
    error BadTerms();

    // ---------------------------------------------------------------- requests

    /// @notice As `requestDeposit(assets, controller, owner)`, refused rather than dealt later than `lastDay`.
    function requestDeposit(uint256 assets, address controller, address owner, uint256 lastDay)
        external
        returns (uint256 requestId);

    /// @notice As `requestRedeem(shares, controller, owner)`, refused rather than dealt later than `lastDay`.
    function requestRedeem(uint256 shares, address controller, address owner, uint256 lastDay)
        external
        returns (uint256 requestId);

    /// @notice Takes the controller's order of that day back, whole, while the day is Open. By controller or operator.
    function cancel(Side side, uint256 requestId, address controller) external returns (uint256 amount);

    /// @notice Gives an order back before its strike. TRANSFER_AGENT.
    /// @param reason Hash of the document that says why.
    function reject(Side side, uint256 requestId, address controller, bytes32 reason) external;

    /// @notice Makes `to`, which must be eligible, the controller of an order, whatever its stage before Drained.
    /// TRANSFER_AGENT.
    function reassign(Side side, uint256 requestId, address from, address to, bytes32 reason) external;

    // ---------------------------------------------------------------- claims

    /// @notice Claims all that is claimable of one day. By controller or operator.
    /// @return amount Of what went in. @return paid Of what came out.
    function claim(Side side, uint256 requestId, address receiver, address controller)
        external
        returns (uint256 amount, uint256 paid);

    // ---------------------------------------------------------------- dealing

    /// @notice Publishes the NAV of an open day, in place of one published before, until orders are struck at it.
    /// It is held for NAV_APPROVER where it is the first one, out of order, or beyond a bound. NAV_AGENT.
    /// @param asOf From the day's cut-off to now.
    function publishNav(uint256 day, uint64 value, uint40 asOf, bytes32 documentHash) external;

    /// @notice Accepts the held NAV `value` of `day`. NAV_APPROVER, not its publisher.
    function approveNav(uint256 day, uint64 value) external;

    /// @notice Strikes the next day that has orders: issues units into escrow, burns the redeemed, fixes what is owed.
    /// TRANSFER_AGENT. The cost does not depend on the number of orders.
    function strike(uint256 requestId) external;

    /// @notice Pays a struck day's subscriptions to the treasury. Anyone.
    function collect(uint256 requestId) external;

    /// @notice Takes exactly what a struck day's redemptions are owed from the treasury. Treasury or its operator.
    function fundRedemptions(uint256 requestId) external;

    /// @notice Lists a token of 6 decimals for redemptions in kind, or no longer. Administrator.
    function listInKind(address token, bool listed) external;
    function isInKind(address token) external view returns (bool);

    /// @notice Chooses `token` for the controller's redemption of that day, or cash (zero), while it is Open. By controller
    /// or operator.
    function chooseInKind(uint256 requestId, address controller, address token) external;
    function inKindOf(uint256 requestId, address controller) external view returns (address token);

    /// @notice Publishes what `token` is worth in cash, 8 decimals, for redemptions of `day`; in place of a price before,
    /// until it is delivered at. It is held for NAV_APPROVER where it is the token's first one, or further than the total
    /// bound from the one that had the last second look. NAV_AGENT.
    /// @param asOf From the day's cut-off to now.
    function publishAssetPrice(uint256 day, address token, uint64 price, uint40 asOf) external;

    /// @notice Accepts the held `price`. NAV_APPROVER, not its publisher.
    function approveAssetPrice(uint256 day, address token, uint64 price) external;

    /// @notice What was published last for redemptions of `day`, 0 if nothing; nothing is delivered at what is held.
    function assetPriceOf(uint256 day, address token) external view returns (uint256 price, bool held);

    /// @notice Delivers the token chosen for an order of a struck day that is not funded, by `transferFrom` of the treasury.
    /// Treasury or its operator. Orders of gated days are paid in cash.
    function deliverInKind(uint256 requestId, address controller) external returns (uint256 amount);

    /// @notice Issues the management fee's units to its receiver. Anyone.
    function collectFee() external;

    /// @notice Stops requests and strikes, nothing else. TRANSFER_AGENT.
    function suspendDealing(string calldata reason) external;
    function resumeDealing() external;

    // ---------------------------------------------------------------- views

    function NAV_AGENT() external view returns (bytes32);
    function NAV_APPROVER() external view returns (bytes32);
    function TRANSFER_AGENT() external view returns (bytes32);

    /// @notice The terms, registries filled in; roles as at deployment.
    function terms() external view returns (FundTerms memory);

    function suspended() external view returns (bool);

    /// @notice The next day to strike; 0 = none.
    function nextStrike() external view returns (uint256 requestId);

    /// @notice Stage and totals of one side of a day.
    function bookOf(Side side, uint256 requestId) external view returns (Stage stage, Book memory book);

    /// @notice At which NAV a day was struck, that NAV's day, and from when its redemptions are payable; 0 before.
    function struckAt(uint256 requestId) external view returns (uint256 nav, uint256 navDay, uint256 payableFrom);

    /// @notice Units that earlier strikes left to the next.
    function carried() external view returns (uint256 units);

    /// @notice What a subscription paid a unit and a redemption was paid; 0 before the strike.
    function pricesAt(uint256 requestId) external view returns (uint256 subscription, uint256 redemption);

    /// @notice Units of the management fee that a strike at a NAV of the moment `asOf` would charge.
    function feeUnitsAt(uint256 asOf) external view returns (uint256);

    function orderOf(Side side, uint256 requestId, address controller) external view returns (Order memory);

    /// @notice Days of the controller's orders that are not drained, ascending, at most 16.
    function openDays(Side side, address controller) external view returns (uint32[] memory);

    function navOf(uint256 day) external view returns (Nav memory);

    /// @notice What a request now would be dealt as, at the NAV last struck.
    function quoteDeposit(uint256 assets) external view returns (Quote memory);
    function quoteRedeem(uint256 shares) external view returns (Quote memory);
}
