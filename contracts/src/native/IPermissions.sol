// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INative} from "./INative.sol";

/// @notice Bits of an account's role mask.
library Roles {
    /// @dev Grants and revokes every role. Implies TRANSACT.
    uint256 internal constant ADMIN = 1;
    /// @dev Validators, admitted nodes, settings, clock, upgrades. Implies TRANSACT.
    uint256 internal constant NETWORK = 2;
    /// @dev Names and removes the registrars of Identities.
    uint256 internal constant REGISTRAR_ADMIN = 4;
    /// @dev May send transactions and be an EIP-7702 authority.
    uint256 internal constant TRANSACT = 8;
    /// @dev May create contracts. Held by an account for its own transactions, or by a contract for what it creates.
    uint256 internal constant DEPLOY = 16;
    uint256 internal constant ALL = 31;
}

/// @dev The registry of accounts, validators and chain settings.
IPermissions constant PERMISSIONS = IPermissions(0x0000000000000000000000000000000000007A01);

/// @title Permissions: who may do what on this chain
/// @notice For sending and creating, roles count from the start of a transaction: what a transaction grants works from the
/// next one on. Calls of the registries see a change at once. In mode `Open` every account has TRANSACT and DEPLOY.
interface IPermissions is INative {
    enum Mode {
        Open,
        Enforced
    }

    /// @dev None: the chain clock is UTC. Running: UTC plus an offset. Stepped: stands still until it is advanced.
    enum ClockMode {
        None,
        Running,
        Stepped
    }

    /// @dev A change that several ADMINs decide. Grant, Revoke: `roles` of `account`. SetThreshold: of each of `roles`.
    enum Change {
        None,
        Grant,
        Revoke,
        SetThreshold
    }

    enum ProposalState {
        None,
        Open,
        Executed,
        Cancelled
    }

    struct Proposal {
        ProposalState state;
        Change change;
        /// Zero for SetThreshold.
        address account;
        uint256 roles;
        /// 0 for Grant and Revoke.
        uint8 threshold;
        address proposer;
        /// The last second in which it can be approved.
        uint64 expiry;
        /// Who approved, in order, the proposer first. Only those who hold ADMIN when it is decided count.
        address[] approvers;
    }

    /// @notice `account` now holds exactly `roles`.
    event RolesChanged(address indexed account, uint256 roles, address indexed by);

    /// @notice The test clock moved forward by `advanced` seconds and stands at `value` (see `clock`).
    event ClockAdvanced(int64 value, uint64 advanced, address indexed by);

    /// @notice From now on `threshold` ADMINs must agree to a change of who holds one of `roles`.
    event ThresholdChanged(uint256 roles, uint8 threshold, address indexed by);

    event Proposed(
        uint64 indexed proposalId,
        address indexed proposer,
        Change change,
        address account,
        uint256 roles,
        uint8 threshold,
        uint64 expiry
    );
    event Approved(uint64 indexed proposalId, address indexed by);

    /// @notice The change took effect; its own event (RolesChanged, ThresholdChanged) came just before.
    event Executed(uint64 indexed proposalId, address indexed by);
    event Cancelled(uint64 indexed proposalId, address indexed by);

    /// @notice The next block has this gas limit.
    event GasLimitChanged(uint64 gasLimit, address indexed by);

    /// @notice From block `blockNumber` on the native registries behave as of `version`.
    event UpgradeScheduled(uint32 version, uint64 blockNumber, address indexed by);

    /// @notice What was scheduled for `blockNumber` does not happen.
    event UpgradeCancelled(uint32 version, uint64 blockNumber, address indexed by);

    /// @notice `validator` takes part from the next block on.
    event ValidatorAdded(address indexed validator, address indexed by);

    /// @notice `validator` takes no part from the next block on.
    event ValidatorRemoved(address indexed validator, address indexed by);

    /// @notice The node with the public key (`x`, `y`) may connect; `node` is the address of the key.
    event NodeAdmitted(address indexed node, bytes32 x, bytes32 y, address indexed by);

    /// @notice The node is cut off, unless it is a validator's.
    event NodeRemoved(address indexed node, address indexed by);

    /// @notice A public key: a point of secp256k1.
    struct PublicKey {
        bytes32 x;
        bytes32 y;
    }

    /// @notice The signature is not `validator`'s consent to validate this chain.
    error BadConsent(address validator);

    /// @notice The candidate's consent ended at `expiry`.
    error ConsentExpired(uint64 expiry);

    /// @notice The last validator cannot be removed; replace it, or add another first.
    error LastValidator();

    error NotAValidator(address account);

    error AlreadyAValidator(address account);

    /// @notice Not a point of secp256k1.
    error BadPublicKey();

    /// @notice A bit outside `Roles.ALL`.
    error BadRoles(uint256 roles);

    /// @notice The last ADMIN cannot lose that role.
    error LastAdmin();

    /// @notice The change needs `threshold` ADMINs: propose it.
    error ApprovalsNeeded(uint8 threshold);

    /// @notice `threshold` ADMINs could never agree where only `admins` are left; or it is 0 or above 16.
    error ThresholdOutOfReach(uint256 threshold, uint256 admins);
    error UnknownProposal(uint64 proposalId);

    /// @notice It was executed or cancelled.
    error ProposalClosed(uint64 proposalId);
    error ProposalExpired(uint64 proposalId);
    error AlreadyApproved(uint64 proposalId, address account);

    /// @notice Not after now, or more than 30 days after it.
    error BadExpiry(uint64 expiry);
    error BadChange();
    error TooMany(uint256 count, uint256 max);

    /// @notice No block could hold the largest transaction, or the worst block could not be executed in time.
    error GasLimitOutOfRange(uint64 gasLimit, uint64 min, uint64 max);

    /// @notice `version` is not above `current`, which is in force.
    error VersionNotHigher(uint32 version, uint32 current);

    /// @notice Nodes are given notice: no upgrade before block `earliest`.
    error UpgradeTooSoon(uint64 blockNumber, uint64 earliest);

    /// @notice No upgrade lies ahead.
    error NoUpgradeScheduled();

    /// @notice This chain's clock is UTC; only a test network's can be advanced.
    error NoTestClock();

    /// @notice The clock would leave what it can show (40 bits of seconds).
    error ClockOutOfRange();

    /// @notice Adds `roles` to what `account` holds. Needs ADMIN.
    /// @dev Reverts NotAuthorized, BadRoles, ZeroAddress, ApprovalsNeeded (where one of the roles that would change has
    /// a threshold above 1). Granting what is held changes nothing and emits nothing.
    function grantRoles(address account, uint256 roles) external;

    /// @notice Takes `roles` from what `account` holds. Needs ADMIN.
    /// @dev Reverts NotAuthorized, BadRoles, ApprovalsNeeded, LastAdmin, ThresholdOutOfReach (where too few ADMINs would
    /// be left to change anything). Revoking what is not held changes nothing and emits nothing.
    function revokeRoles(address account, uint256 roles) external;

    /// @notice Asks `threshold_` ADMINs (1 to 16) for every change of who holds one of `roles`; of the thresholds too where
    /// ADMIN is among them. Needs ADMIN.
    /// @dev Reverts NotAuthorized, BadRoles, ApprovalsNeeded (where ADMIN's threshold, or one to be changed, is above 1),
    /// ThresholdOutOfReach.
    function setThreshold(uint256 roles, uint8 threshold_) external;

    /// @notice How many ADMINs must agree to a change of who holds `role`, one bit of `Roles`; 1 where nobody said.
    function threshold(uint256 role) external view returns (uint8);

    /// @notice Proposes a change and approves it; where one ADMIN suffices, it is executed. Needs ADMIN. Ids count from 1.
    /// @param expiry The last second in which it can be approved, at most 30 days from now.
    /// @dev Reverts NotAuthorized, BadChange, BadRoles, ZeroAddress, BadExpiry, and, executing, what the change reverts.
    function propose(Change change, address account, uint256 roles, uint8 threshold_, uint64 expiry)
        external
        returns (uint64 proposalId);

    /// @notice Approves; where those who approved and hold ADMIN now are as many as the thresholds of now ask, the change
    /// is executed in this call. Who approved already may call again to that end. Needs ADMIN.
    /// @dev Reverts NotAuthorized, UnknownProposal, ProposalClosed, ProposalExpired, AlreadyApproved, TooMany (more than
    /// 32 approvals), and, executing, what the change reverts.
    function approve(uint64 proposalId) external;

    /// @notice Takes a proposal back. Caller: its proposer. (Nobody else: an ADMIN about to be removed could block it.)
    /// @dev Reverts UnknownProposal, ProposalClosed, NotAuthorized.
    function cancel(uint64 proposalId) external;

    /// @notice `state` None where there is no such proposal. An expired one stays Open and can do nothing.
    function proposal(uint64 proposalId) external view returns (Proposal memory);
    function proposalCount() external view returns (uint64);

    /// @notice The roles granted to `account`, without those implied by others or by the mode.
    function rolesOf(address account) external view returns (uint256 roles);

    /// @notice Whether `account` has all of `roles`, granted or implied, as of this call.
    function hasRole(address account, uint256 roles) external view returns (bool);

    /// @notice How many accounts hold ADMIN; never 0.
    function adminCount() external view returns (uint64);

    /// @notice Whether TRANSACT and DEPLOY are asked for.
    function mode() external view returns (Mode);

    /// @notice Moves the test clock forward; the next block, due at once, shows it. Needs NETWORK.
    /// @dev Reverts NotAuthorized, NoTestClock, ClockOutOfRange.
    function advanceClock(uint64 secondsForward) external;

    /// @notice How the chain clock is read.
    /// `value`: None: 0. Running: seconds added to UTC. Stepped: the time itself, seconds since 1970.
    function clock() external view returns (ClockMode clockMode, int64 value);

    /// @notice The validators of the next block, ascending; at least 1, at most 100.
    function validators() external view returns (address[] memory);

    function isValidator(address account) external view returns (bool);

    /// @notice Sets the gas limit of the next block on. Needs NETWORK.
    /// @dev Reverts NotAuthorized, GasLimitOutOfRange.
    function setGasLimit(uint64 gasLimit_) external;

    /// @notice Schedules a version of the native registries from block `blockNumber` on, instead of one that lies ahead.
    /// Needs NETWORK. A node that does not know the version stops before that block.
    /// @param blockNumber At least `upgradeNotice` blocks ahead, and after this one.
    /// @dev Reverts NotAuthorized, VersionNotHigher, UpgradeTooSoon.
    function scheduleUpgrade(uint32 version, uint64 blockNumber) external;

    /// @notice Takes back the upgrade that lies ahead. Needs NETWORK.
    /// @dev Reverts NotAuthorized, NoUpgradeScheduled.
    function cancelUpgrade() external;

    /// @notice The upgrade that lies ahead: its version and first block; zeros where there is none.
    function upgrade() external view returns (uint32 version, uint64 blockNumber);

    /// @notice How many blocks ahead an upgrade is scheduled, at least; fixed by genesis.
    function upgradeNotice() external view returns (uint64 blocks);

    /// @notice Adds a validator from the next block on. Needs NETWORK, and the candidate's consent.
    /// @param expiry The consent holds before this second (block timestamp).
    /// @param signature The candidate's, 65 bytes (r, s, y parity 0 or 1; low s), over
    /// keccak256(rlp([genesis hash, "validator", validator, expiry])): `talead keys consent` makes it.
    /// @dev Reverts NotAuthorized, ConsentExpired, BadConsent, TooMany. Adding one that is there changes nothing.
    function addValidator(address validator, uint64 expiry, bytes calldata signature) external;

    /// @notice Removes a validator from the next block on. Needs NETWORK.
    /// @dev Reverts NotAuthorized, LastValidator. Removing one that is not there changes nothing.
    function removeValidator(address validator) external;

    /// @notice Puts `validator` in the place of `replaced` from the next block on. Needs NETWORK, and the consent of
    /// `validator` as `addValidator` takes it.
    /// @dev Reverts NotAuthorized, ConsentExpired, BadConsent, NotAValidator, AlreadyAValidator.
    function replaceValidator(address replaced, address validator, uint64 expiry, bytes calldata signature) external;

    /// @notice Lets the node with this public key connect, as validators' nodes may anyway. Needs NETWORK.
    /// @dev Reverts NotAuthorized, BadPublicKey, TooMany (1,000). Admitting one that is admitted changes nothing.
    function admitNode(bytes32 x, bytes32 y) external;

    /// @notice Cuts a node off. Needs NETWORK.
    /// @dev Reverts NotAuthorized. Removing one that is not admitted changes nothing.
    function removeNode(address node) external;

    /// @notice Whether the node with this address of its key is admitted by `admitNode`.
    function isAdmitted(address node) external view returns (bool);

    /// @notice The keys of all admitted nodes, in no particular order.
    function nodes() external view returns (PublicKey[] memory);

    /// @notice keccak256 of the canonical form of the genesis file's `config` (node/CHAIN.md).
    function configHash() external view returns (bytes32);

    /// @notice The gas limit of the next block.
    function gasLimit() external view returns (uint64);

    /// @notice Base fee per gas, fixed by genesis.
    function baseFee() external view returns (uint64);

    /// @notice The version of the native registries' behaviour that is in force in this block.
    function nativeVersion() external view returns (uint32);
}
