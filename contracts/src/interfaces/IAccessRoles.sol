// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

/// @title What every template says of its roles
/// @notice Roles are OpenZeppelin's AccessControl; the administrator (role 0) is one account and hands over in two
/// steps: `beginDefaultAdminTransfer(next)`, then `acceptDefaultAdminTransfer()` by `next`.
interface IAccessRoles is IAccessControl {
    /// @notice `newAdmin` may take the administrator's role over; zero: nobody any more.
    event AdminTransferStarted(address indexed admin, address indexed newAdmin);

    /// @notice `account` does not hold `role`, which this call needs (code 4).
    error NotAuthorized(address account, bytes32 role);

    /// @notice The administrator's role is neither granted, revoked nor renounced: it is handed over.
    error AdminByHandoverOnly();

    /// @notice A template is deployed with an administrator.
    error ZeroAdmin();

    /// @notice The administrator.
    function defaultAdmin() external view returns (address);

    /// @notice Whom the administrator's role is offered to, or zero.
    function pendingDefaultAdmin() external view returns (address);

    /// @notice Offers the administrator's role to `newAdmin`. Administrator.
    function beginDefaultAdminTransfer(address newAdmin) external;

    /// @notice Takes the administrator's role over. Whom it is offered to.
    function acceptDefaultAdminTransfer() external;
}
