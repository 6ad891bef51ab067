// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRestrictedToken} from "../src/interfaces/IRestrictedToken.sol";

/// @title A contract that does with a token what any escrow may
contract TestEscrow {
    IRestrictedToken private immutable _token;

    constructor(IRestrictedToken token) {
        _token = token;
    }

    function take(address from, uint256 amount) external {
        _token.escrowIn(from, amount);
    }

    function giveBack(address to, uint256 amount) external {
        _token.escrowOut(to, amount, 9);
    }

    function deliver(address to, uint256 amount) external {
        _token.escrowOut(to, amount, 2);
    }

    function payOut(address to, uint256 amount, uint8 operation) external {
        _token.escrowOut(to, amount, operation);
    }

    function end(uint256 amount) external {
        _token.escrowBurn(amount);
    }

    function transfer(address to, uint256 amount) external {
        _token.transfer(to, amount);
    }
}
