// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1643} from "../interfaces/IERC1643.sol";

/// @title ERC-1643: at most 16 documents, each a URI with the hash of what lies there
abstract contract Documents is IERC1643 {
    uint256 internal constant DOCUMENTS_MAX = 16;

    struct Document {
        string uri;
        bytes32 documentHash;
        uint64 lastModified; // 0: no such document
        uint8 position; // in _names
    }

    error TooManyDocuments(uint256 max);

    mapping(bytes32 name => Document) private _documents;
    bytes32[] private _names;

    /// @inheritdoc IERC1643
    function getDocument(bytes32 name)
        external
        view
        returns (string memory uri, bytes32 documentHash, uint256 lastModified)
    {
        Document storage found = _documents[name];
        return (found.uri, found.documentHash, found.lastModified);
    }

    /// @inheritdoc IERC1643
    function getAllDocuments() external view returns (bytes32[] memory) {
        return _names;
    }

    /// @inheritdoc IERC1643
    function setDocument(bytes32 name, string calldata uri, bytes32 documentHash) external {
        _checkDocumentEditor();
        if (name == 0) revert ERC1643InvalidName();
        Document storage changed = _documents[name];
        if (changed.lastModified == 0) {
            if (_names.length == DOCUMENTS_MAX) revert TooManyDocuments(DOCUMENTS_MAX);
            changed.position = uint8(_names.length);
            _names.push(name);
        }
        changed.uri = uri;
        changed.documentHash = documentHash;
        changed.lastModified = uint64(block.timestamp);
        emit DocumentUpdated(name, uri, documentHash);
    }

    /// @inheritdoc IERC1643
    function removeDocument(bytes32 name) external {
        _checkDocumentEditor();
        Document memory removed = _documents[name];
        if (removed.lastModified == 0) revert ERC1643MissingDocument();
        bytes32 last = _names[_names.length - 1];
        _names[removed.position] = last;
        _documents[last].position = removed.position;
        _names.pop();
        delete _documents[name];
        emit DocumentRemoved(name, removed.uri, removed.documentHash);
    }

    /// @dev Reverts unless the caller may change documents.
    function _checkDocumentEditor() internal view virtual;
}
