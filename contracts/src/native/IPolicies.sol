// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INative} from "./INative.sol";

/// @dev The registry of policies and of the counters kept for tokens.
IPolicies constant POLICIES = IPolicies(0x0000000000000000000000000000000000007a03);

/// @notice Parameters of each rule kind: `Rule.params` is `abi.encode` of one of these, its fields in this order.
library RuleParams {
    /// Kind 1. `IRule(rule).judge` is asked by STATICCALL with exactly `gasLimit` gas: 1 to 100,000.
    struct Contract {
        address rule;
        uint32 gasLimit;
    }

    /// Kind 2. Registrars accepted, at most 8, each named in Identities; none = all.
    struct Known {
        address[] registrars;
    }

    /// Kind 3. ISO 3166-1 numeric below 1000, ascending, none twice, not 0. Allow: only these; else: all but these.
    struct Countries {
        bool allow;
        uint16[] countries;
    }

    /// Kind 4. Every bit of `allOf`, and at least one of `anyOf` (0 = not asked).
    struct Categories {
        uint64 allOf;
        uint64 anyOf;
    }

    /// Kind 5. By identity, wallets taken together; 0 = no limit. An identity may always hold nothing.
    struct Holders {
        uint32 maxIdentities;
        uint96 maxUnits;
        uint96 minUnits;
    }

    /// Kind 6. Seconds since 1970, both ends allowed; 0 = no limit. From `dayFrom` until before `dayTo` in seconds of
    /// the UTC day (across midnight where from > to; equal = always). `locks`: locks by identity (`setLock`) are asked.
    struct Window {
        uint64 notBefore;
        uint64 notAfter;
        uint32 dayFrom;
        uint32 dayTo;
        bool locks;
    }

    /// Kind 7. At most `maxUnits` leave an identity within any `windowHours` (1 to 8,784), counted in buckets of a third
    /// of the window: what left counts for at least the window and at most a third of it more.
    struct Velocity {
        uint96 maxUnits;
        uint16 windowHours;
    }

    /// Kind 8. Identities admitted as counterparties, at most 64, ascending, none twice.
    struct Counterparties {
        bytes32[] ids;
    }
}

/// @title Policies: which movement of a token is allowed, from one evaluation
/// @notice A policy is an ordered list of rules, owned by an account, used by any number of tokens. A token binds itself
/// once. `authorize` and `preview` ask the same evaluation; the counters belong to the token and are kept here.
interface IPolicies is INative {
    /// @dev What is asked of whom in each operation: DOMAIN §3. Values are the bits of `Rule.operations` too (1 << value).
    enum Operation {
        None,
        Transfer, // holder -> holder
        Issue, // 0 -> holder or escrow; escrow -> holder
        Redeem, // holder -> escrow or 0; escrow -> 0
        Force, // holder -> holder or 0
        Recover, // retired wallet -> its successor
        Pledge, // in place; receiver = secured party
        Seize, // pledgor -> buyer or escrow
        Settle, // as Transfer
        Return // escrow -> holder
    }

    struct Rule {
        /// 1 contract, 2 known, 3 countries, 4 categories, 5 holders, 6 window, 7 velocity, 8 counterparties.
        uint8 kind;
        /// Bits 1 << Operation. Kinds 1, 3, 4, 8: at least one of Transfer, Issue, Pledge, Seize, Settle, Return. Kind 6:
        /// these and Redeem. Kind 7: at least one of Transfer, Redeem, Settle. Kind 5: 0, or Redeem to ask 504 there too.
        /// Kind 2: 0, it always applies. Any other bit: BadRule.
        uint16 operations;
        /// Kinds 3, 4, 8: 1 sender, 2 receiver, 3 both. Else 0.
        uint8 sides;
        /// `abi.encode` of the kind's struct in `RuleParams`.
        bytes params;
    }

    /// @dev The four fields of `Refused`.
    struct Refusal {
        uint16 code;
        address who;
        uint8 rule;
        uint256 detail;
    }

    /// @dev One of the movements that `authorizeNet` judges together.
    struct Movement {
        address from;
        address to;
        uint256 amount;
    }

    event PolicyCreated(uint64 indexed policyId, address indexed owner);

    /// @notice The policy's list now has `count` rules, each of which follows as a `RuleSet`.
    event RulesReplaced(uint64 indexed policyId, uint8 count);

    /// @param rule Position in the list, from 1.
    event RuleSet(
        uint64 indexed policyId, uint8 indexed rule, uint8 kind, uint16 operations, uint8 sides, bytes params
    );
    event PolicyTransferOffered(uint64 indexed policyId, address indexed from, address indexed to);
    event PolicyTransferred(uint64 indexed policyId, address indexed from, address indexed to);
    event TokenAllowed(uint64 indexed policyId, address indexed token, bool allowed);
    event TokenBound(address indexed token, uint64 indexed policyId, bool counted);
    event EscrowChanged(address indexed token, address indexed escrow, bool isEscrow);

    /// @notice Units of `id` under kind-6 rules with `locks` of this policy do not leave before `until`.
    event IdentityLocked(uint64 indexed policyId, bytes32 indexed id, uint64 until);

    /// @notice The movement is refused.
    /// @param code 100 x kind + n for a rule; below 100 where no rule is at fault (2 zero address, 3 more than the
    /// identity's counted units (detail: these), 4 not a movement of this operation, 5 beyond what counters hold).
    /// @param who The refused wallet: from, to or actor.
    /// @param rule Position in the policy, from 1; 0 where no rule is at fault.
    error Refused(uint16 code, address who, uint8 rule, uint256 detail);

    error UnknownPolicy(uint64 policyId);
    error UnknownIdentity(bytes32 id);

    /// @notice The rule kind is unknown.
    error RuleKindNotSupported(uint8 kind);

    /// @notice The rule's operations, sides or parameters are outside their range.
    /// @param rule Position in the list given, from 1.
    error BadRule(uint8 rule);
    error TooMany(uint256 count, uint256 max);

    /// @notice A policy with a rule of kind 5 or 7 serves counted tokens only.
    error NotCounted(uint64 policyId);
    error NotBound(address token);
    error AlreadyBound(address token, uint64 policyId);

    /// @notice The policy's owner has not allowed this token.
    error TokenNotAllowed(uint64 policyId, address token);
    error BadOperation();

    /// @notice Creates a policy of at most 16 rules, owned by the caller. Ids count from 1.
    function createPolicy(Rule[] calldata rules_) external returns (uint64 policyId);

    /// @notice Replaces the whole list of rules. Caller: the owner. Holds from the next call on.
    /// @dev Reverts UnknownPolicy, NotAuthorized, TooMany, RuleKindNotSupported, BadRule, NotCounted, UnknownIdentity
    /// (kind 8), and IIdentities.UnknownRegistrar (kind 2). What kind 7 counted stays with the token, by window.
    function setRules(uint64 policyId, Rule[] calldata rules_) external;

    /// @notice Offers the policy to `newOwner` (zero withdraws the offer). Caller: the owner.
    function offerPolicy(uint64 policyId, address newOwner) external;

    /// @notice Takes the policy over. Caller: whom it was offered to.
    function acceptPolicy(uint64 policyId) external;

    /// @notice Lets `token` bind itself (or, before it did, no more). The address may have no code yet. Caller: the owner.
    function allowToken(uint64 policyId, address token, bool allowed) external;

    /// @notice Locks what `id` holds in the policy's tokens until `until` (0 = no lock), where a rule of kind 6 has
    /// `locks`. Caller: the owner.
    function setLock(uint64 policyId, bytes32 id, uint64 until) external;

    /// @notice Binds the calling token, once and for ever, before its first unit.
    /// @param counted Whether units per identity, holders and escrowed are kept.
    /// @dev Reverts UnknownPolicy, AlreadyBound, TokenNotAllowed, NotCounted.
    function bind(uint64 policyId, bool counted) external;

    /// @notice Names (or drops) an escrow of the calling, bound token, which sees to it that its balance is 0.
    /// @dev Reverts NotBound, ZeroAddress.
    function setEscrow(address escrow, bool isEscrow_) external;

    /// @notice Judges a movement of the calling, bound token and moves the counters.
    /// @param actor Who causes it. In Transfer, Redeem, Pledge and Settle a wallet of an identity that is not the sender
    /// must be active (205, 207, 209).
    /// @dev Reverts Refused with the first refusal of `preview`, NotBound, BadOperation.
    function authorize(Operation operation, address actor, address from, address to, uint256 amount) external;

    /// @notice Every refusal `authorize` would find, by rule, then sender, receiver, actor; none = allowed.
    /// @dev Reverts NotBound, BadOperation.
    function preview(address token, Operation operation, address actor, address from, address to, uint256 amount)
        external
        view
        returns (Refusal[] memory);

    /// @notice Judges movements of the calling, bound token together, by their net effect, and moves the counters. One
    /// movement is judged as `authorize` judges it.
    /// @dev Kinds 1, 2, 3, 4, 6 and 8 are asked of every movement; the units of each identity, kind 5 and kind 7 once, of
    /// what each identity has after all and of what leaves it net. The order of movements changes no outcome.
    /// @param operation Transfer or Settle.
    /// @param movements At most 64, between holders.
    /// @dev Reverts Refused with the first refusal of `previewNet`, NotBound, BadOperation, TooMany.
    function authorizeNet(Operation operation, address actor, Movement[] calldata movements) external;

    /// @notice Every refusal `authorizeNet` would find: by rule, then movement (kinds 5 and 7: identity, by its first
    /// appearance), then sender, receiver, and the actor once.
    /// @dev Reverts NotBound, BadOperation, TooMany.
    function previewNet(address token, Operation operation, address actor, Movement[] calldata movements)
        external
        view
        returns (Refusal[] memory);

    /// @notice Whether `account` could be the sender (receiver) of some Transfer of `token` now: kinds 2, 3, 4, 6, 8.
    /// An escrow and the zero address cannot.
    function canSend(address token, address account) external view returns (bool);
    function canReceive(address token, address account) external view returns (bool);

    /// @notice The policy a token is bound to; 0 = not bound.
    function policyOf(address token) external view returns (uint64 policyId, bool counted);

    function isEscrow(address token, address account) external view returns (bool);

    /// @notice Counted units of an identity in `token`, all wallets together, without what lies in escrows.
    function unitsOf(address token, bytes32 id) external view returns (uint256);

    /// @notice Identities with units > 0.
    function holders(address token) external view returns (uint64);

    /// @notice Units in all escrows of `token`.
    function escrowed(address token) external view returns (uint256);

    /// @notice What an identity put into one escrow less what it got back.
    function putInto(address token, address escrow, bytes32 id) external view returns (uint256);

    /// @notice Owner, whom it is offered to (zero = nobody), number of rules. Owner zero = no such policy.
    function policy(uint64 policyId) external view returns (address owner, address offeredTo, uint8 ruleCount);

    /// @notice The rules in order, in the form they are set.
    function rules(uint64 policyId) external view returns (Rule[] memory);

    function isAllowed(uint64 policyId, address token) external view returns (bool);
    function lockOf(uint64 policyId, bytes32 id) external view returns (uint64 until);
    function policyCount() external view returns (uint64);
}
