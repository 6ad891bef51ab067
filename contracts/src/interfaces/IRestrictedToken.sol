// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IAccessRoles} from "./IAccessRoles.sol";
import {IERC1404} from "./IERC1404.sol";
import {IERC1643} from "./IERC1643.sol";
import {IERC3643} from "./IERC3643.sol";
import {IERC7943Fungible} from "./IERC7943.sol";
import {IEncumbrances} from "./IEncumbrances.sol";

/// @notice What a RestrictedToken is deployed with.
struct TokenTerms {
    string name; ///< at most 31 bytes
    string symbol; ///< at most 31 bytes
    uint256 cap; ///< most units there may be, below 2^128
    uint64 policyId; ///< binds at once to this policy, whose owner must have allowed it; 0: `bindPolicy` later
    bool counted; ///< units are counted by identity; no unknown wallet is ever credited
    bool rolesMayOverlap; ///< one account may hold several of ISSUER, TRANSFER_AGENT and COMPLIANCE
    address admin;
    address issuer; ///< first holder of ISSUER; zero: none
    address transferAgent; ///< first holder of TRANSFER_AGENT; zero: none
    address compliance; ///< first holder of COMPLIANCE; zero: none
    address policies; ///< zero: the chain's Policies
    address identities; ///< zero: the chain's Identities
}

/// @title A token whose every movement the chain's Policies judge
/// @notice 6 decimals. Free units are balance less frozen, locked and pledged, or 0: a freeze may exceed the balance
/// and covers free units first, then locked, then pledged. A movement reverts with the first of: the contract's own
/// errors (codes 1 to 9), then `IPolicies.Refused(code, who, rule, detail)`.
///
/// What contracts do with units in place: `IEncumbrances`.
///
/// | operation | function | by |
/// |---|---|---|
/// | TRANSFER | `transfer`, `transferFrom`, `batchTransfer` | holder, spender |
/// | ISSUE | `issue` = `mint`; `escrowOut(to, amount, 2)` | ISSUER; escrow |
/// | REDEEM | `redeem`; `escrowIn`, `escrowBurn` | ISSUER with allowance; escrow |
/// | FORCE | `forcedTransfer`, `burn` | TRANSFER_AGENT |
/// | RECOVER | `recover` | anyone |
/// | PLEDGE | `pledge` | admitted contract with allowance |
/// | SEIZE | `seize` | the contract it is pledged to |
/// | SETTLE | `settle` | the contract it is locked for |
/// | RETURN | `escrowOut(to, amount, 9)` | escrow |
interface IRestrictedToken is
    IAccessRoles,
    IERC20Metadata,
    IERC20Permit,
    IERC20Errors,
    IERC7943Fungible,
    IERC5267,
    IERC1404,
    IERC1643,
    IERC3643,
    IEncumbrances
{
    /// @notice What is stopped. Levels 0 to 2 are COMPLIANCE's; level 3 is for ever.
    enum Pause {
        None,
        Transfers, ///< TRANSFER and SETTLE
        All, ///< TRANSFER, SETTLE, ISSUE, REDEEM and PLEDGE
        Retired ///< the same, and never again otherwise: `successor` has taken over
    }

    event PolicyBound(uint64 indexed policyId, bool counted);
    event CapChanged(uint256 cap);
    event PauseChanged(Pause level, address indexed by);
    event Retired(address indexed successor);
    event EscrowSet(address indexed escrow, bool admitted);

    /// @notice Why units were moved by force: the hash of the order that says so. Follows its `Transfer`.
    event ForceReason(address indexed from, address indexed to, uint256 amount, bytes32 indexed reason);

    /// @notice Units and what encumbers them went to the wallet that replaces a lost one.
    event Recovered(address indexed lost, address indexed successor, uint256 amount, uint256 frozen);

    /// @notice Units of a holder went over to the successor.
    event Migrated(address indexed holder, address indexed successor, uint256 amount, uint256 frozen);

    /// @notice This token takes units over from `predecessor`.
    event PredecessorSet(address indexed predecessor);

    /// @notice ERC-7575: the vault that deals in this token for `asset`.
    event VaultUpdate(address indexed asset, address vault);

    /// @notice Code 1.
    error TokenPaused(Pause level);
    /// @notice Code 5. `cap` is below 2^128.
    error CapExceeded(uint256 supply, uint256 amount, uint256 cap);
    /// @notice Code 6.
    error TokenRetired(address successor);
    /// @notice Code 4. `account` holds `held`, which nobody may hold together with `role`.
    error RoleConflict(address account, bytes32 held, bytes32 role);
    /// @notice Code 4. Units enter and leave `escrow` by `escrowIn`, `escrowOut` and `escrowBurn` alone.
    error EscrowOnly(address escrow);
    /// @notice Code 4. `account` is no escrow of this token.
    error NotEscrow(address account);

    /// @notice Pledged and locked units stay where they are; `account` has `amount` of them.
    error Encumbered(address account, uint256 amount);
    error NotRetired();
    /// @notice This token takes over from `predecessor` alone.
    error NotPredecessor(address account, address predecessor);
    /// @notice The token's own account is its escrow by its nature or never.
    error OwnEscrow();
    error EscrowNotEmpty(address escrow, uint256 balance);
    error InvalidOperation(uint8 operation);
    error InvalidPause(Pause level);
    error SameAccount(address account);
    error NotContract(address account);
    error NotRecovered(address wallet);
    error InsufficientFrozen(address account, uint256 frozen, uint256 amount);
    error BatchTooLong(uint256 length, uint256 max);
    error LengthMismatch();
    error NotSupported();
    error ERC2612ExpiredSignature(uint256 deadline);
    error ERC2612InvalidSigner(address signer, address owner);

    function ISSUER() external view returns (bytes32);
    function TRANSFER_AGENT() external view returns (bytes32);
    function COMPLIANCE() external view returns (bytes32);

    function policies() external view returns (address);
    function identities() external view returns (address);

    /// @notice The policy this token is bound to; 0 before.
    function policyId() external view returns (uint64);

    /// @notice Whether units are counted by identity; decided at deployment.
    function counted() external view returns (bool);
    function cap() external view returns (uint256);
    function pauseLevel() external view returns (Pause);
    function successor() external view returns (address);
    function isEscrow(address account) external view returns (bool);

    /// @notice Units of `account` that it may move: balance less frozen, locked and pledged, at least 0.
    function freeOf(address account) external view returns (uint256);

    /// @notice Binds this token, once, to a policy whose owner has allowed it. Administrator.
    function bindPolicy(uint64 policyId) external;

    /// @notice Sets the cap, not below the supply (`CapExceeded`). Administrator.
    function setCap(uint256 cap) external;

    /// @notice Ends this token in favour of the contract `successor`: only FORCE, RECOVER, SEIZE and RETURN go on, and
    /// pledges and locks are given back. Administrator; no way back.
    function retire(address successor) external;

    /// @notice Makes units, for a holder or an escrow. ISSUER.
    function issue(address to, uint256 amount) external;

    /// @notice Ends units of a holder who allowed it. ISSUER with allowance.
    function redeem(address from, uint256 amount) external;

    /// @notice Takes units of `from` into the calling escrow, which answers for their consent.
    function escrowIn(address from, uint256 amount) external;

    /// @notice Pays units out of the calling escrow.
    /// @param operation 9 (RETURN: back to whom they came from) or 2 (ISSUE: new units claimed); else `InvalidOperation`
    function escrowOut(address to, uint256 amount, uint8 operation) external;

    /// @notice Ends units of the calling escrow.
    function escrowBurn(uint256 amount) external;

    /// @notice Admits `escrow` (or no longer), at zero balance. COMPLIANCE.
    function setEscrow(address escrow, bool admitted) external;

    /// @notice `forcedTransfer` with the hash of the order that asks for it. TRANSFER_AGENT; `from` and `to` differ.
    function forcedTransfer(address from, address to, uint256 amount, bytes32 reason) external returns (bool);

    /// @notice `burn` with the hash of the order that asks for it. TRANSFER_AGENT.
    function burn(address from, uint256 amount, bytes32 reason) external;

    /// @notice Moves all units of a wallet whose recovery took effect, with its freeze, locks and pledges, to the wallet
    /// that replaces it. Anyone may call it; does nothing where nothing is left. Reverts `NotRecovered`, and
    /// `TooManyLocks` while both wallets together have more live locks than an account may.
    function recover(address lost) external;

    // ---------------------------------------------------------------- succession

    /// @notice The token this one takes units over from; zero: none. Administrator.
    function setPredecessor(address predecessor_) external;
    function predecessor() external view returns (address);

    /// @notice Ends all units of each holder here (FORCE) and has the successor issue as many there, with the same
    /// freeze. The token must be retired, the successor must have named it its predecessor; a holder whom the successor
    /// refuses, or who has pledged or locked units, is not moved: the call reverts. At most 100. TRANSFER_AGENT.
    function migrate(address[] calldata holders) external;

    /// @notice Takes over from the predecessor, which calls it: ISSUE, then the freezes.
    function migrateIn(address holder, uint256 amount, uint256 frozen, bool addressFrozen) external;

    // ---------------------------------------------------------------- administration

    /// @notice COMPLIANCE; `InvalidPause` for Retired.
    function setPause(Pause level) external;

    /// @notice ERC-7575. Administrator.
    function setVault(address asset, address vault) external;

    /// @notice ERC-7575: the vault for `asset`, or zero.
    function vault(address asset) external view returns (address);

    /// @notice As `detectTransferRestriction`, for a transfer by `spender`.
    function detectTransferRestrictionFrom(address spender, address from, address to, uint256 amount)
        external
        view
        returns (uint8);
}
