// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ERC-1404's codes in words
/// @notice A code below 100 is the token's own; else it is 100 + 10 x kind + n of the registry's code 100 x kind + n.
library RestrictionMessages {
    uint256 internal constant PAUSED = 1;
    uint256 internal constant ZERO_ADDRESS = 2;
    uint256 internal constant MORE_THAN_FREE = 3;
    uint256 internal constant NOT_AUTHORIZED = 4;
    uint256 internal constant RETIRED = 6;
    uint256 internal constant ADDRESS_FROZEN = 7;

    function message(uint8 code) internal pure returns (string memory text) {
        bytes32 words = _words(code);
        uint256 length = 0;
        while (length < 32 && words[length] != 0) ++length;
        text = new string(length);
        assembly ("memory-safe") {
            // A string's memory is a multiple of 32 bytes: the zeros after its last byte lie inside.
            if length { mstore(add(text, 32), words) }
        }
    }

    /// @dev At most 32 characters; words in one slot are a third of the code that strings would be.
    function _words(uint256 code) private pure returns (bytes32) {
        if (code < 100) {
            if (code == 0) return "allowed";
            if (code == PAUSED) return "paused";
            if (code == ZERO_ADDRESS) return "zero address";
            if (code == MORE_THAN_FREE) return "more than is free";
            if (code == NOT_AUTHORIZED) return "not authorised";
            if (code == RETIRED) return "token retired";
            if (code == ADDRESS_FROZEN) return "address frozen";
        } else if (code < 130) {
            if (code == 121) return "sender unknown";
            if (code == 122) return "receiver unknown";
            if (code == 123) return "sender's check lapsed";
            if (code == 124) return "receiver's check lapsed";
            if (code == 125) return "sender suspended";
            if (code == 126) return "receiver suspended";
            if (code == 127) return "sender closed";
            if (code == 128) return "receiver closed";
            if (code == 129) return "wallet retired";
        } else if (code < 150) {
            if (code == 131) return "sender's country";
            if (code == 132) return "receiver's country";
            if (code == 141) return "sender's category";
            if (code == 142) return "receiver's category";
        } else {
            if (code == 151) return "too many holders";
            if (code == 152) return "receiver above the maximum";
            if (code == 153) return "receiver below the minimum";
            if (code == 154) return "sender left below the minimum";
            if (code == 161) return "not yet";
            if (code == 162) return "no longer";
            if (code == 163) return "closed now";
        }
        return "refused";
    }
}
