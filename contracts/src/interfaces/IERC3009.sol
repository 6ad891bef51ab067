// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ERC-3009: transfers that a signature authorises, each with a nonce of its own
/// @notice Valid from after `validAfter` until before `validBefore`, in seconds since 1970. Signatures are EIP-712: by
/// a key as (v, r, s), by a key or a contract (ERC-1271) as bytes. Whoever submits is judged as a spender is.
interface IERC3009 {
    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
    event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);

    /// @notice Code 15.
    error AuthorizationNotValid(uint256 validAfter, uint256 validBefore, uint256 timestamp);
    /// @notice Code 16. It was used or cancelled.
    error AuthorizationSpent(address authorizer, bytes32 nonce);
    /// @notice Code 17. `authorizer` did not sign exactly these terms for this token on this chain.
    error AuthorizationNotSigned(address authorizer);
    /// @notice Code 18. `receiveWithAuthorization` is called by the payee alone.
    error NotPayee(address caller, address payee);

    /// @notice Whether it was used or cancelled.
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool);

    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    /// @notice The same, called by `to`: nobody else can submit it before a contract that counts on it does.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external;
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external;
}
