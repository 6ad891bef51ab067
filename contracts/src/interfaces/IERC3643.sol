// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What wallets read and call of ERC-3643, without ERC-20 and what ERC-7943 has too
/// @notice The registry and compliance of this token are the chain's own and its information is fixed, so `setName`,
/// `setSymbol`, `setOnchainID`, `setIdentityRegistry`, `setCompliance`, `addAgent` and `removeAgent` revert
/// `NotSupported`, as every function does that the token does not have.
interface IERC3643 {
    event RecoverySuccess(address lostWallet, address newWallet, address investorOnchainID);
    event AddressFrozen(address indexed userAddress, bool indexed isFrozen, address indexed owner);
    event TokensFrozen(address indexed userAddress, uint256 amount);
    event TokensUnfrozen(address indexed userAddress, uint256 amount);
    event Paused(address userAddress);
    event Unpaused(address userAddress);

    function onchainID() external view returns (address);
    function version() external view returns (string memory);
    function identityRegistry() external view returns (address);
    function compliance() external view returns (address);
    function paused() external view returns (bool);
    function isFrozen(address userAddress) external view returns (bool);
    function isAgent(address account) external view returns (bool);

    /// @notice ERC-173's view: the administrator.
    function owner() external view returns (address);

    /// @notice What wallets ask the contracts at `identityRegistry()` and `compliance()`, which are this token itself.
    /// Identities are no contracts here, so there is no `identity(address)`.
    function isVerified(address userAddress) external view returns (bool);
    function contains(address userAddress) external view returns (bool);
    function investorCountry(address userAddress) external view returns (uint16);

    function pause() external;
    function unpause() external;
    function setAddressFrozen(address userAddress, bool freeze) external;
    function freezePartialTokens(address userAddress, uint256 amount) external;
    function unfreezePartialTokens(address userAddress, uint256 amount) external;

    function mint(address to, uint256 amount) external;
    function burn(address userAddress, uint256 amount) external;
    function recoveryAddress(address lostWallet, address newWallet, address investorOnchainID) external returns (bool);

    function batchTransfer(address[] calldata toList, uint256[] calldata amounts) external;
    function batchForcedTransfer(address[] calldata fromList, address[] calldata toList, uint256[] calldata amounts)
        external;
    function batchMint(address[] calldata toList, uint256[] calldata amounts) external;
    function batchBurn(address[] calldata userAddresses, uint256[] calldata amounts) external;
    function batchSetAddressFrozen(address[] calldata userAddresses, bool[] calldata freeze) external;
    function batchFreezePartialTokens(address[] calldata userAddresses, uint256[] calldata amounts) external;
    function batchUnfreezePartialTokens(address[] calldata userAddresses, uint256[] calldata amounts) external;
}
