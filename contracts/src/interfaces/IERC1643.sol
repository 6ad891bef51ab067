// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ERC-1643 documents of a token, interface id 0xecfecec8
interface IERC1643 {
    event DocumentUpdated(bytes32 indexed name, string uri, bytes32 documentHash);
    event DocumentRemoved(bytes32 indexed name, string uri, bytes32 documentHash);

    error ERC1643InvalidName();
    error ERC1643MissingDocument();

    /// @notice Empty values where there is no such document. `lastModified` is in seconds since 1970.
    function getDocument(bytes32 name)
        external
        view
        returns (string memory uri, bytes32 documentHash, uint256 lastModified);

    function setDocument(bytes32 name, string calldata uri, bytes32 documentHash) external;

    function removeDocument(bytes32 name) external;

    function getAllDocuments() external view returns (bytes32[] memory);
}
