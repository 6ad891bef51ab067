// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IAccessRoles} from "./interfaces/IAccessRoles.sol";

/// @title Roles of a template: AccessControl with two-step admin handover and one typed refusal
abstract contract AccessRoles is IAccessRoles, AccessControlDefaultAdminRules {
    constructor(address admin) AccessControlDefaultAdminRules(0, admin) {}

    /// @dev Every role check of AccessControl ends here.
    function _checkRole(bytes32 role, address account) internal view override(AccessControl) {
        if (!hasRole(role, account)) revert NotAuthorized(account, role);
    }
}
