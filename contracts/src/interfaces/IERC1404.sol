// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ERC-1404, interface id 0xab84a5c8
interface IERC1404 {
    /// @notice 0 where the transfer would succeed, else the first reason against it.
    function detectTransferRestriction(address from, address to, uint256 amount) external view returns (uint8);

    /// @notice The reason in words.
    function messageForTransferRestriction(uint8 code) external view returns (string memory);
}
