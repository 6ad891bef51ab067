// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CustodyAccount} from "../src/CustodyAccount.sol";
import {World} from "./World.sol";

/// @title A custody account, and key one's signatures for it
abstract contract CustodyFixture is World {
    CustodyAccount internal custody;

    /// @dev By key one, over this account's own EIP-712 message.
    function signatureOf(bytes32 hash) internal view returns (bytes memory) {
        (, string memory name, string memory version, uint256 chainId, address verifier,,) = custody.eip712Domain();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chainId,
                verifier
            )
        );
        bytes32 message = keccak256(abi.encode(keccak256("CustodyMessage(bytes32 hash)"), hash));
        (uint8 v, bytes32 r, bytes32 s) = signAsKeyOne(keccak256(abi.encodePacked(hex"1901", domain, message)));
        return abi.encodePacked(r, s, v);
    }
}
