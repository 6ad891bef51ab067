// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What every native registry answers to a malformed call
/// @notice The registries are run by native code at fixed addresses (vm/native/NATIVE.md). They answer CALL, STATICCALL
/// and transactions; a DELEGATECALL or CALLCODE to them fails.
interface INative {
    /// @notice A registry was sent value; none of them can hold any.
    error NotPayable();

    /// @notice Unknown selector, or arguments that are not strict ABI (short, dirty padding, offsets out of range).
    error BadCall();

    /// @notice `account` lacks what this call needs.
    /// @param role A bit of `Roles`, or 0 where the call belongs to one owner, registrar or token.
    error NotAuthorized(address account, uint256 role);

    /// @notice The zero address where an account is needed.
    error ZeroAddress();
}
