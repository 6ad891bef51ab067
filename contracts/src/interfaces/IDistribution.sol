// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessRoles} from "./IAccessRoles.sol";
import {IRestrictedToken} from "./IRestrictedToken.sol";

/// @notice A payment to whoever held a token at a record date.
struct DistributionTerms {
    address token; ///< whose holders are paid
    IRestrictedToken cash; ///< in which; this contract is its escrow
    uint40 recordTime; ///< T: the cap table is that of the last block with a time up to T, which lies in the past
    uint40 claimableFrom; ///< from when claims are paid: time for anyone to recompute the statement
    uint40 until; ///< from when the rest goes back to who funded it, a year after `claimableFrom` or later; 0: never
    uint128 total; ///< of all leaves
    bytes32 root; ///< of the statement's Merkle tree
    bytes32 documentHash; ///< of the statement itself
}

/// @title Distributions by record date
/// @notice The statement is one leaf an account: keccak256(keccak256(abi.encode(account, amount))), joined in pairs in
/// ascending order (OpenZeppelin's MerkleProof). It is computed from the cap table at the record date, which every node
/// answers for a past block, so anyone can compute it again before claims begin; until it is funded it can be withdrawn.
///
/// Claims are pulled: one leaf pays once, to the account or the wallet that replaced it, never more than was funded. Who
/// cannot be paid now (206, 208, 209) is paid later; a lapsed holder is paid.
interface IDistribution is IAccessRoles {
    enum State {
        None,
        Announced,
        Withdrawn,
        Funded,
        Ended
    }

    event Announced(uint256 indexed id, address indexed token, address indexed cash, DistributionTerms terms);
    event Withdrawn(uint256 indexed id, address indexed by);
    event Funded(uint256 indexed id, address indexed by, uint256 total);
    event Paid(uint256 indexed id, address indexed account, address indexed receiver, uint256 amount);
    event Ended(uint256 indexed id, uint256 returned);

    /// @notice Code 80.
    error WrongDistribution(uint256 id, State state);
    /// @notice Code 81.
    error NotYetClaimable(uint256 id, uint256 claimableFrom);
    /// @notice Code 82.
    error NotInStatement(uint256 id, address account, uint256 amount);
    /// @notice Code 83.
    error PaidBefore(uint256 id, address account);
    /// @notice The leaves sum to more than the statement's total (code 84).
    error BeyondFunded(uint256 id, uint256 left, uint256 amount);
    /// @notice The terms cannot be. `field`: position in DistributionTerms from 1 (code 85).
    error BadDistribution(uint256 field);
    /// @notice Code 86.
    error NotOver(uint256 id, uint256 until);

    function DISTRIBUTOR() external view returns (bytes32);

    /// @notice Announces a distribution. DISTRIBUTOR. @return id Counts from 1.
    function announce(DistributionTerms calldata terms) external returns (uint256 id);

    /// @notice Takes an announcement back before it is funded. DISTRIBUTOR.
    function withdraw(uint256 id) external;

    /// @notice Pays exactly the total in. Anyone.
    function fund(uint256 id) external;

    /// @notice Pays the leaf (account, amount). Anyone; the account's wallet is paid.
    function claim(uint256 id, address account, uint256 amount, bytes32[] calldata proof) external;

    /// @notice Returns what nobody claimed to who funded it, from `until` on. Anyone.
    function end(uint256 id) external;

    function termsOf(uint256 id) external view returns (DistributionTerms memory);
    function statusOf(uint256 id) external view returns (State state, address funder, uint256 paid);
    function isPaid(uint256 id, address account, uint256 amount) external view returns (bool);
}
