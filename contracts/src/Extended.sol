// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A template whose code is larger than one contract may be (EIP-170)
/// @notice Its rarer functions lie in a second contract, the *extension*, which the first deploys in its constructor and
/// runs by DELEGATECALL, in its own storage. The pair is fixed for ever: nothing can be exchanged later.
/// @dev Both inherit one core, which declares every storage variable, so that they agree on where each lies. A function
/// is either written in the first contract, or there only as `{ _extend(); }` and written under the same signature in
/// the extension.
abstract contract Extended {
    address private immutable _extension;

    constructor(address extension_) {
        _extension = extension_;
    }

    /// @notice Where the rest of the code is.
    function extension() external view returns (address) {
        return _extension;
    }

    /// @dev Ends the call with what the extension answers to it.
    function _extend() internal {
        address there = _extension;
        assembly {
            // From here on nothing of Solidity's memory is needed.
            calldatacopy(0, 0, calldatasize())
            let done := delegatecall(gas(), there, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if iszero(done) { revert(0, returndatasize()) }
            return(0, returndatasize())
        }
    }

    /// @dev The same for functions that change nothing: STATICCALLs stay static through a DELEGATECALL, and Solidity
    /// calls view functions so.
    function _extendView() internal view {
        function() internal writing = _extend;
        function() internal view reading;
        assembly {
            reading := writing
        }
        reading();
        revert(); // never reached
    }
}
