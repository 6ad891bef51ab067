// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAccessRoles} from "./interfaces/IAccessRoles.sol";

/// @title Roles of a template: AccessControl with two-step admin handover and one typed refusal
/// @dev OpenZeppelin's AccessControlDefaultAdminRules says the same with delays we don't use; it is 2,000 bytes larger,
/// which a template near EIP-170's limit cannot spare.
abstract contract AccessRoles is IAccessRoles, AccessControl {
    address private _admin;
    address private _pendingAdmin;

    constructor(address admin) {
        if (admin == address(0)) revert ZeroAdmin();
        _admin = admin;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @inheritdoc IAccessRoles
    function defaultAdmin() public view returns (address) {
        return _admin;
    }

    /// @inheritdoc IAccessRoles
    function pendingDefaultAdmin() external view returns (address) {
        return _pendingAdmin;
    }

    /// @inheritdoc IAccessRoles
    function beginDefaultAdminTransfer(address newAdmin) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _pendingAdmin = newAdmin;
        emit AdminTransferStarted(msg.sender, newAdmin);
    }

    /// @inheritdoc IAccessRoles
    function acceptDefaultAdminTransfer() external {
        if (msg.sender != _pendingAdmin) revert NotAuthorized(msg.sender, DEFAULT_ADMIN_ROLE);
        _revokeRole(DEFAULT_ADMIN_ROLE, _admin);
        _grantRole(DEFAULT_ADMIN_ROLE, msg.sender);
        _admin = msg.sender;
        delete _pendingAdmin;
    }

    /// @inheritdoc IAccessControl
    function grantRole(bytes32 role, address account) public override(AccessControl, IAccessControl) {
        _checkGrantable(role);
        super.grantRole(role, account);
    }

    /// @inheritdoc IAccessControl
    function revokeRole(bytes32 role, address account) public override(AccessControl, IAccessControl) {
        _checkGrantable(role);
        super.revokeRole(role, account);
    }

    /// @inheritdoc IAccessControl
    function renounceRole(bytes32 role, address account) public override(AccessControl, IAccessControl) {
        _checkGrantable(role);
        super.renounceRole(role, account);
    }

    function _checkGrantable(bytes32 role) private pure {
        if (role == DEFAULT_ADMIN_ROLE) revert AdminByHandoverOnly();
    }

    /// @dev Every role check of AccessControl ends here.
    function _checkRole(bytes32 role, address account) internal view override {
        if (!hasRole(role, account)) revert NotAuthorized(account, role);
    }
}
