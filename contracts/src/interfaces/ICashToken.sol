// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC3009} from "./IERC3009.sol";
import {IRestrictedToken} from "./IRestrictedToken.sol";

/// @title Cash whose every unit an attested reserve covers
/// @notice 6 decimals. Ages count from the attestation's `asOf`: below 26 h it is fresh, below 50 h in grace, then stale.
/// Stale stops minting and nothing else. MINTER is the role that RestrictedToken calls ISSUER.
///
/// Its own account is its escrow from its binding on and stays so: units asked back wait there. A redemption is the
/// holder's until it is paid or returned, so neither happens while Policies would refuse to give the holder units back
/// (206, 208): what a suspended holder asked back waits, unlost.
interface ICashToken is IRestrictedToken, IERC3009 {
    enum RedemptionState {
        None,
        Requested, ///< units are in escrow
        Paid, ///< units are burned, the bank has paid
        Returned ///< units are back
    }

    struct Attestation {
        uint128 reserve; ///< cash behind the token, 6 decimals
        uint64 asOf; ///< second at which it was so
        bytes32 documentHash;
    }

    struct Redemption {
        address holder;
        RedemptionState state;
        uint128 amount;
        bytes32 bankReference; ///< of the payment, once paid; of the cause, once returned
    }

    event Attested(uint256 reserve, uint64 indexed asOf, bytes32 documentHash, address indexed attestor);

    /// @notice The reserve last attested is less than what circulates: minting is stopped.
    event ReserveBelowSupply(uint256 reserve, uint256 supply);

    /// @notice A mint rested on an attestation of 26 hours or more.
    event ReserveInGrace(uint64 asOf, uint256 age);
    event MinterAllowanceSet(address indexed minter, uint256 allowance);
    event RedemptionRequested(uint256 indexed id, address indexed holder, uint256 amount, bytes32 account);
    event RedemptionPaid(uint256 indexed id, address indexed holder, uint256 amount, bytes32 bankReference);
    event RedemptionReturned(uint256 indexed id, address indexed holder, uint256 amount, bytes32 reason);

    /// @notice Code 10.
    error ReserveExceeded(uint256 supply, uint256 amount, uint256 reserve);
    /// @notice Code 11. `asOf` is 0 before the first attestation.
    error ReserveStale(uint64 asOf, uint256 age);
    /// @notice Code 12.
    error MinterAllowanceExceeded(address minter, uint256 allowance, uint256 amount);
    /// @notice Code 13. The attestation is not later than the last one, or later than now.
    error AttestationTime(uint64 asOf, uint64 last, uint256 timestamp);
    /// @notice Code 14.
    error RedemptionNotOpen(uint256 id, RedemptionState state);

    function MINTER() external view returns (bytes32);
    function ATTESTOR() external view returns (bytes32);

    function attestation() external view returns (Attestation memory);
    function minterAllowance(address minter) external view returns (uint256);

    /// @notice Units ever minted, and ever burned; their difference is the supply.
    function minted() external view returns (uint256);
    function burned() external view returns (uint256);

    /// @notice Units requested for redemption, neither paid nor returned.
    function redemptionsOpen() external view returns (uint256);
    function redemption(uint256 id) external view returns (Redemption memory);

    /// @notice Says what the reserve was at `asOf`. ATTESTOR; never held by a MINTER.
    function attest(uint256 reserve, uint64 asOf, bytes32 documentHash) external;

    /// @notice What `minter` may still mint; minting depletes it. Administrator.
    function setMinterAllowance(address minter, uint256 allowance) external;

    /// @notice Puts the caller's units into escrow for payment to the bank account whose salted hash is `account`.
    /// @return id counts from 1
    function requestRedemption(uint256 amount, bytes32 account) external returns (uint256 id);

    /// @notice The bank has paid: burns the units. MINTER. Refused as a return would be, so ask before the wire.
    function payRedemption(uint256 id, bytes32 bankReference) external;

    /// @notice The payment cannot be made: gives the units back, to the wallet's successor where it was recovered. MINTER.
    function returnRedemption(uint256 id, bytes32 reason) external;
}
