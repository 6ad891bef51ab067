// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What every template says of its roles
/// @notice Roles are OpenZeppelin's AccessControl; the administrator (role 0) is one account and hands over in two
/// steps: `beginDefaultAdminTransfer(next)`, then `acceptDefaultAdminTransfer()` by `next`.
interface IAccessRoles {
    /// @notice `account` does not hold `role`, which this call needs (code 4).
    error NotAuthorized(address account, bytes32 role);
}
