// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPolicies} from "../native/IPolicies.sol";

/// @notice What a contract may do in place with units of holders who let it (`IEncumbrances.setAdmitted`), as bits.
library Powers {
    uint8 internal constant PLEDGE = 1; ///< `pledge`, `seize`
    uint8 internal constant SETTLE = 2; ///< `lock`, `settle`
}

/// @title What an escrow answers when units were seized into it
interface ISeizureReceiver {
    /// @notice `amount` units of the calling token, pledged by `pledgor` to `vault`, are in this escrow now and owed to
    /// `vault`. Reverts where the escrow does not take them.
    /// @return `ISeizureReceiver.onSeizure.selector`
    function onSeizure(address vault, address pledgor, uint256 amount) external returns (bytes4);
}

/// @title Units pledged and locked in place, and settled together
/// @notice Contracts that COMPLIANCE admitted, at most 16, pledge and lock units that stay in the holder's account
/// and stop being free. Each time needs the holder's own word to this token: `approve` or a signed `permit` for that
/// contract, and the amount uses that allowance up, the largest too. A pledge stands until the contract releases it; a
/// lock until the contract undoes it, or its last second is over. Releasing needs nobody else and no pause stops it.
interface IEncumbrances {
    /// @dev Units that stay in their holder's account for an instruction of an admitted contract.
    struct Lock {
        address settlement;
        uint64 instruction; ///< the settlement's number for it
        uint64 until; ///< last second it holds
        uint128 amount;
    }

    /// @notice `account` may do what these bits of `Powers` say; 0: nothing new.
    event AdmittedSet(address indexed account, uint8 powers);

    /// @notice `securedParty` is zero where a recovery moved the pledge to the wallet's successor.
    event Pledged(address indexed holder, address indexed vault, address indexed securedParty, uint256 amount);

    /// @notice So much less is pledged: given back, taken by force, or about to be seized.
    event PledgeReduced(address indexed holder, address indexed vault, uint256 amount);

    /// @notice Pledged units were taken. Follows its `Transfer`.
    event Seized(address indexed holder, address indexed to, address indexed vault, uint256 amount);
    event Locked(
        address indexed holder, address indexed settlement, uint64 indexed instruction, uint256 amount, uint64 until
    );

    /// @notice So much less is locked: undone, settled, or taken by force. A lock that ends with its last second says
    /// nothing.
    event LockReduced(address indexed holder, address indexed settlement, uint64 indexed instruction, uint256 amount);

    /// @notice The legs whose `Transfer` events precede were settled together.
    event Settled(address indexed settlement, uint64 indexed instruction, uint256 legs);

    /// @notice Code 4. `account` is not admitted to do this (bits of `Powers`).
    error NotAdmitted(address account, uint8 powers);
    /// @notice Code 3. `locked` units of `account` are locked for that instruction, live and not frozen.
    error InsufficientLocked(address account, uint256 locked, uint256 amount);
    /// @notice Code 3. `pledged` units of `account` are pledged to the caller and not frozen.
    error InsufficientPledged(address account, uint256 pledged, uint256 amount);

    /// @notice `account` would have more live locks than an account may.
    error TooManyLocks(address account, uint256 max);
    /// @notice So many contracts are admitted, or dismissed but still hold units.
    error TooManyAdmitted(uint256 max);
    /// @notice A lock holds from now to at most 30 days from now.
    error BadLockTime(uint64 until, uint256 earliest, uint256 latest);
    /// @notice That instruction has locked units of `account` already.
    error LockExists(address account, uint64 instruction);
    /// @notice The escrow did not answer that it takes what was seized.
    error SeizureNotTaken(address escrow);

    /// @notice Lets the contract `account` do what `powers` says, bits of `Powers`; without a bit it still gives back
    /// what it holds, and nothing else. At most 16 at a time. COMPLIANCE.
    function setAdmitted(address account, uint8 powers) external;

    /// @notice Bits of `Powers`.
    function admitted(address account) external view returns (uint8 powers);

    /// @notice Pledges free units of `holder` to the calling contract in favour of `securedParty`. Admitted to PLEDGE,
    /// with allowance.
    function pledge(address holder, address securedParty, uint256 amount) external;

    /// @notice Gives back what is pledged to the calling contract.
    function releasePledge(address holder, uint256 amount) external;

    /// @notice Takes units pledged to the calling contract; into an escrow that is an `ISeizureReceiver`, too. Admitted
    /// to PLEDGE.
    function seize(address holder, address to, uint256 amount) external;

    /// @notice Units of `holder` pledged to `vault`.
    function pledgeOf(address holder, address vault_) external view returns (uint256);

    /// @notice The part of them that could be seized now: no freeze covers it. An address freeze makes it 0.
    function seizableOf(address holder, address vault_) external view returns (uint256);

    /// @notice Units of `holder` pledged to anyone.
    function pledgedOf(address holder) external view returns (uint256);

    /// @notice Locks free units of `holder` for an instruction of the calling contract, once for each instruction.
    /// Admitted to SETTLE, with allowance.
    /// @param until Last second it holds: from now to 30 days from now. An account has at most 16 live locks.
    function lock(address holder, uint256 amount, uint64 until, uint64 instruction) external;

    /// @notice Undoes what the calling contract locked of `holder` for that instruction; nothing where nothing is left.
    function unlock(address holder, uint64 instruction) external;

    /// @notice Moves all legs at once, judged by their net effect, each with its own `Transfer`; what an account gives
    /// net comes out of its lock for that instruction, whose rest becomes free. Admitted to SETTLE.
    /// @param legs At most 64; no side is an escrow. Addresses are wallets now, after recovery (`IIdentities.current`).
    function settle(uint64 instruction, IPolicies.Movement[] calldata legs) external;

    /// @notice Units of `holder` in live locks.
    function lockedOf(address holder) external view returns (uint256);

    /// @notice The live locks of `holder`.
    function locksOf(address holder) external view returns (Lock[] memory);
}
