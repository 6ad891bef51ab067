// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @dev In a deployment of its own, so that whoever uses it must be linked.
library Sums {
    function sum(uint256 a, uint256 b) external pure returns (uint256) {
        return a + b;
    }
}

/// @dev Something for tests to call: it takes money, keeps count, refuses and tells.
contract Till {
    event Paid(address indexed by, uint256 indexed id, uint256 amount);
    event Noted(string text);

    error TooMuch(uint256 amount, uint256 most);
    error NotOwner(address account);

    uint256 public constant MOST = 1_000_000;
    address public immutable owner;
    uint256 public total;
    address public lastSender;
    address public lastOrigin;

    constructor() {
        owner = msg.sender;
    }

    function pay(uint256 id, uint256 amount) public returns (uint256) {
        if (amount > MOST) revert TooMuch(amount, MOST);
        total = Sums.sum(total, amount);
        lastSender = msg.sender;
        lastOrigin = tx.origin;
        emit Paid(msg.sender, id, amount);
        return total;
    }

    function payTwice(uint256 id, uint256 amount) external {
        this.pay(id, amount);
        this.pay(id + 1, amount);
    }

    function note(string calldata text) external {
        emit Noted(text);
    }

    function close() external view {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        require(total == 0, "money in the till");
    }

    function nothing() external {}

    function fail() external pure {
        assert(false);
    }
}

/// @dev Calls what it is told to.
contract Middleman {
    Till private till;

    constructor(Till till_) {
        till = till_;
    }

    function pay(uint256 id, uint256 amount) external returns (uint256) {
        return till.pay(id, amount);
    }
}
