// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title ERC-7943 (Final) for fungible tokens, interface id 0x3edbb4c4
/// @notice Who may send and receive, what is frozen, and what an agent may do about it. Views never revert.
interface IERC7943Fungible is IERC165 {
    /// @notice Units were moved without their holder.
    event ForcedTransfer(address indexed from, address indexed to, uint256 amount);

    /// @notice `amount` units of `account` are frozen from now on; it may exceed the balance.
    event Frozen(address indexed account, uint256 amount);

    error ERC7943CannotSend(address account);
    error ERC7943CannotReceive(address account);
    error ERC7943CannotTransfer(address from, address to, uint256 amount);

    /// @notice The balance would do, what is free of it does not.
    error ERC7943InsufficientUnfrozenBalance(address account, uint256 amount, uint256 unfrozen);

    function forcedTransfer(address from, address to, uint256 amount) external returns (bool);

    /// @notice Sets (not adds to) the frozen units of `account`.
    function setFrozenTokens(address account, uint256 amount) external returns (bool);

    /// @notice Whether `account` may send at all; says nothing of amounts.
    function canSend(address account) external view returns (bool);

    /// @notice Whether `account` may receive at all; says nothing of amounts.
    function canReceive(address account) external view returns (bool);

    /// @notice The frozen units, possibly more than the balance.
    function getFrozenTokens(address account) external view returns (uint256);

    /// @notice Whether this transfer is allowed; a mere lack of balance does not make it false.
    function canTransfer(address from, address to, uint256 amount) external view returns (bool);
}
