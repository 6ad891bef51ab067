// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";

/// @title Base of contracts with invariants: what `talea test` calls between asking them, and as whom
/// @notice Names and meanings are those other test runners ask for too, but `mustReach` and `Reached`: a mark emitted
/// by anything that is called is counted, and so is every error that a target or a handler's call met; what `mustReach`
/// lists and nothing met fails the test.
abstract contract Invariants is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    address[] private _contracts;
    address[] private _senders;
    FuzzSelector[] private _selectors;

    /// @dev Only the functions of `target` are called, and of others named so.
    function targetContract(address target) internal {
        _contracts.push(target);
    }

    /// @dev Only as `sender`, and others named so.
    function targetSender(address sender) internal {
        _senders.push(sender);
    }

    /// @dev Of that contract only these functions.
    function targetSelector(FuzzSelector memory functions) internal {
        _selectors.push(functions);
    }

    function targetContracts() external view returns (address[] memory) {
        return _contracts;
    }

    function targetSenders() external view returns (address[] memory) {
        return _senders;
    }

    function targetSelectors() external view returns (FuzzSelector[] memory) {
        return _selectors;
    }
}

/// @title Base of handlers: contracts whose functions a campaign calls in place of the system's
abstract contract Handler is Test {
    /// @notice The sequence of calls got to `what`.
    event Reached(string what);
}
