// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/// @title An account of several keys
/// @notice Any call needs `threshold` of the signers, who approve it one by one; fewer may pay a token out, up to that
/// token's limit a day (UTC, from 00:00). What more keys approved is not counted against the limit. Who has signed
/// stands per signer: a signer who was replaced, and one who left and came back, must approve anew.
///
/// Signers, threshold and limits are changed by the account calling itself, thus by `threshold` keys.
///
/// ERC-1271: `signature` is the joined 65-byte signatures (r, s, v) of at least `threshold` signers, ascending by
/// signer, over the EIP-712 message `CustodyMessage(bytes32 hash)` of this account.
interface ICustodyAccount is IERC1271, IERC5267 {
    enum OperationState {
        None,
        Open,
        Executed,
        Cancelled
    }

    struct Operation {
        address target;
        OperationState state;
        uint40 expiry; ///< last second
        address proposer;
        address token; ///< of a payment; zero: any other call
        uint128 amount;
        address to;
        uint256 value; ///< wei
        bytes data;
    }

    struct Limit {
        uint128 perDay;
        uint8 keys; ///< that suffice below it; 0: no limit is set, all payments need `threshold`
    }

    event Proposed(
        uint256 indexed id, address indexed proposer, address indexed target, uint256 value, bytes data, uint256 expiry
    );
    event Approved(uint256 indexed id, address indexed signer, uint256 approvals);
    event Executed(uint256 indexed id, address indexed by, uint256 approvals);
    event Cancelled(uint256 indexed id, address indexed by);

    /// @notice Fewer than `threshold` keys paid; `spent` is what they paid that day altogether.
    event PaidByFew(uint256 indexed id, address indexed token, address indexed to, uint256 amount, uint256 spent);
    event SignerAdded(address indexed signer);
    event SignerRemoved(address indexed signer);
    event ThresholdSet(uint256 threshold);
    event LimitSet(address indexed token, uint256 perDay, uint256 keys);

    /// @notice Code 90.
    error NotSigner(address account);
    /// @notice Code 91.
    error OperationNotOpen(uint256 id, OperationState state);
    /// @notice Code 92.
    error OperationExpired(uint256 id, uint256 expiry);
    /// @notice Code 93.
    error ApprovedBefore(uint256 id, address signer);
    /// @notice Not enough approvals by present signers (code 94).
    error MoreKeysNeeded(uint256 id, uint256 approvals, uint256 needed);
    /// @notice Changes go through the account itself: propose a call to it (code 95).
    error OnlyItself(address account);
    /// @notice Nobody, the account itself, a signer already, or none (code 96).
    error BadSigner(address account);
    /// @notice A threshold lies between 1 and the number of signers, which is at most 16 (code 97).
    error BadThreshold(uint256 threshold, uint256 signers);
    /// @notice Fewer keys than the threshold, at least 1, for an amount above 0 (code 98).
    error BadLimit(uint256 keys, uint256 threshold);
    /// @notice Code 99.
    error DataTooLong(uint256 length, uint256 max);

    function threshold() external view returns (uint256);
    function signers() external view returns (address[] memory);
    function isSigner(address account) external view returns (bool);
    function limitOf(address token) external view returns (Limit memory);

    /// @notice What fewer than `threshold` keys paid out of `token` today.
    function spentToday(address token) external view returns (uint256);
    function operation(uint256 id) external view returns (Operation memory);

    /// @notice Approvals of `id` by present signers.
    function approvals(uint256 id) external view returns (uint256);

    /// @notice Proposes and approves a payment; paid at once where one key suffices. Signer.
    /// @return id Counts from 1; open for 7 days.
    function pay(address token, address to, uint128 amount) external returns (uint256 id);

    /// @notice Proposes and approves any call. Signer.
    function propose(address target, uint256 value, bytes calldata data) external returns (uint256 id);

    /// @notice Approves; executes where that suffices, and then reverts with what the call reverts with. Signer.
    function approve(uint256 id) external;

    /// @notice Executes what is approved enough by now: a limit that was used up is free again the next day. Signer.
    function execute(uint256 id) external;

    /// @notice Takes a proposal back. Its proposer.
    function cancel(uint256 id) external;

    /// @notice The account itself.
    function addSigner(address signer) external;
    function removeSigner(address signer) external;
    function replaceSigner(address lost, address replacement) external;
    function setThreshold(uint256 threshold_) external;

    /// @notice Lets `keys` signers pay `perDay` of `token` a day; 0 and 0: no longer.
    function setLimit(address token, uint128 perDay, uint8 keys) external;
}
