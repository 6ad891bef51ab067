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

    /// @notice `account` now holds exactly `roles`.
    event RolesChanged(address indexed account, uint256 roles, address indexed by);

    /// @notice The test clock moved forward by `advanced` seconds and stands at `value` (see `clock`).
    event ClockAdvanced(int64 value, uint64 advanced, address indexed by);

    /// @notice A bit outside `Roles.ALL`.
    error BadRoles(uint256 roles);

    /// @notice The last ADMIN cannot lose that role.
    error LastAdmin();

    /// @notice This chain's clock is UTC; only a test network's can be advanced.
    error NoTestClock();

    /// @notice The clock would leave what it can show (40 bits of seconds).
    error ClockOutOfRange();

    /// @notice Adds `roles` to what `account` holds. Needs ADMIN.
    /// @dev Reverts NotAuthorized, BadRoles, ZeroAddress. Granting what is held changes nothing and emits nothing.
    function grantRoles(address account, uint256 roles) external;

    /// @notice Takes `roles` from what `account` holds. Needs ADMIN.
    /// @dev Reverts NotAuthorized, BadRoles, LastAdmin. Revoking what is not held changes nothing and emits nothing.
    function revokeRoles(address account, uint256 roles) external;

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

    /// @notice The gas limit of the next block.
    function gasLimit() external view returns (uint64);

    /// @notice Base fee per gas, fixed by genesis.
    function baseFee() external view returns (uint64);

    /// @notice The version of the native registries' behaviour in force.
    function nativeVersion() external view returns (uint32);
}
