// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What the JSON-RPC tests write, read and are refused by.
contract Register {
    event Entered(address indexed who, uint256 indexed key, uint256 value);
    error NothingToEnter(address who);

    mapping(uint256 key => uint256 value) public entries;

    function enter(uint256 key, uint256 value) external {
        if (value == 0) revert NothingToEnter(msg.sender);
        entries[key] = value;
        emit Entered(msg.sender, key, value);
    }
}
