// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/// @notice One movement of an instruction. The token has admitted the settlement (`Powers.SETTLE`).
struct Leg {
    address token;
    address from;
    address to;
    uint96 amount;
}

/// @notice What the parties of an instruction affirm.
struct InstructionTerms {
    Leg[] legs; ///< 1 to 64
    address cash; ///< the token whose legs a fail charge counts; zero: none
    uint16 failBps; ///< a year of 360 days
    uint40 notBefore; ///< first second it may settle
    uint40 deadline; ///< last second; at most 30 days after the proposal
    uint64 replaces; ///< an expired instruction with the same legs, whose fail goes on; 0: none
    bytes32 ref; ///< the parties' own
}

/// @notice Units against cash: `seller` gives `units` of `token`, `buyer` gives `cash`.
struct Trade {
    address seller;
    uint96 units;
    address buyer;
    uint96 cash;
    address token;
}

/// @notice What happens to a netting set when one of its parties cannot settle.
enum DropRule {
    Never, ///< nothing settles
    Party ///< all trades of that party are dropped, and the rest is netted again
}

/// @notice What the parties of a netting set affirm.
struct NettingTerms {
    Trade[] trades; ///< 1 to 100, of at most 16 parties in at most 8 tokens, cash among them
    address cash;
    DropRule rule;
    uint40 notBefore; ///< first second it may settle; by rule Party who has not affirmed by then fails; 0: all must affirm
    uint40 deadline;
    bytes32 ref;
}

/// @title Delivery versus payment, gross or netted
/// @notice Instruction: Draft → Affirmed (by all parties) → Locked → Settled; or Cancelled (by any party while a Draft, by
/// all of them later); or Expired, by time alone, with nobody's consent, and nothing stays locked.
///
/// Locking takes each account's *net* outflow of each token, in place, until the deadline; the holder lets the
/// settlement take it by `approve` or `permit` at the token. Settling is atomic, judged on the net end state, and may be
/// called by anyone, as may locking.
///
/// Netting set: Draft → Affirmed → Settled. Gross trades stay as the record; what moves is net per account and token, from
/// net debtors to net creditors, at most one transfer fewer than parties a token. Who has not affirmed or allowed, or is
/// refused, fails: by the rule that all affirmed the set settles not at all, or without that party's trades.
///
/// Affirmed by the party's call or its EIP-712 signature (ERC-1271 for contracts) over `Instruction` or `NettingSet`,
/// which hold the number given at the proposal: nothing is affirmed, and so nothing executes, twice. A party is a
/// wallet, for which, once it was recovered, `IIdentities.current` acts, gives and receives.
interface ISettlement is IERC165, IERC5267 {
    enum State {
        None,
        Draft,
        Affirmed,
        Locked,
        Settled,
        Cancelled,
        Expired
    }

    struct Status {
        State state;
        bool netting;
        uint16 parties;
        uint16 affirmed;
        uint16 cancelling; ///< parties of an affirmed one who want it cancelled
        uint40 notBefore;
        uint40 deadline;
        uint40 settledAt;
        uint40 failedSince; ///< deadline of the first of the instructions it replaces; 0: it replaces none
        uint64 replacedBy;
    }

    event Proposed(uint64 indexed id, address indexed by, bytes32 indexed ref, uint256 parties, uint256 deadline);
    event Affirmed(uint64 indexed id, address indexed party, uint256 affirmed);
    event Locked(uint64 indexed id);
    event Settled(uint64 indexed id);
    event CancelAsked(uint64 indexed id, address indexed party, uint256 cancelling);
    event Cancelled(uint64 indexed id, address indexed by);

    /// @notice `party` failed: its trades of the set are dropped. `reason` is the error that stopped it; empty: it had
    /// not affirmed.
    event PartyDropped(uint64 indexed id, address indexed party, bytes reason);
    event NetSettled(uint64 indexed id, uint256 tradesSettled, uint256 tradesDropped, uint256 transfers);

    /// @notice Code 60.
    error WrongInstruction(uint64 id, State state);
    /// @notice Code 61.
    error NotInvolved(uint64 id, address account);
    /// @notice Code 62.
    error AffirmedBefore(uint64 id, address party);
    /// @notice The signature is not of `party`, or over other terms (code 63).
    error BadAffirmation(uint64 id, address party);
    /// @notice Code 64.
    error TooEarly(uint64 id, uint256 notBefore);
    /// @notice `party` must first let the settlement take `amount` of `token` (code 65).
    error NotReady(address party, address token, uint256 allowed, uint256 amount);
    /// @notice Code 66.
    error NotAllAffirmed(uint64 id, uint256 affirmed, uint256 parties);
    /// @notice Code 67.
    error CancelAskedBefore(uint64 id, address party);
    /// @notice What is proposed cannot be: 1 number of legs or trades, 2 a leg or trade, 3 times, 4 the deadline, 5 what
    /// it replaces, 6 number of parties, 7 number of tokens (code 68).
    error BadInstruction(uint256 field);
    /// @notice The settlement calls this itself (code 69).
    error NotSelf(address account);

    // ---------------------------------------------------------------- instructions

    /// @notice Proposes an instruction. Anyone; a proposal affirms nothing.
    /// @return id Counts from 1, netting sets included.
    function propose(InstructionTerms calldata terms) external returns (uint64 id);

    /// @notice Affirms. A party.
    function affirm(uint64 id) external;

    /// @notice Affirms for `party` by its signature. Anyone.
    function affirmFor(uint64 id, address party, bytes calldata signature) external;

    /// @notice Locks every net outflow until the deadline. Anyone, once it is affirmed.
    function lock(uint64 id) external;

    /// @notice Settles all legs or none. Anyone, within the window, once it is locked.
    function settle(uint64 id) external;

    /// @notice Cancels a draft; asks for the cancellation of what is affirmed, and cancels it where all parties have. A
    /// party.
    function cancel(uint64 id) external;

    /// @notice ceil(cash × bps × calendar days (UTC) / 3,600,000) from the deadline until settled, at most 30 days; 0
    /// where nothing failed. An instruction that replaces an expired one carries on its fail.
    function failCharge(uint64 id) external view returns (uint256 cash, uint256 dayCount, uint256 charge);

    // ---------------------------------------------------------------- netting

    /// @notice Proposes a netting set. Anyone.
    function proposeNetting(NettingTerms calldata terms) external returns (uint64 id);

    /// @notice Nets and settles, within the window. Anyone.
    /// @return transfers Made over all tokens.
    function settleNet(uint64 id) external returns (uint256 transfers);

    /// @notice Which trades were dropped, bit i for trade i.
    function dropped(uint64 id) external view returns (uint256 trades);

    // ---------------------------------------------------------------- views

    function statusOf(uint64 id) external view returns (Status memory);
    function instruction(uint64 id) external view returns (InstructionTerms memory);
    function nettingSet(uint64 id) external view returns (NettingTerms memory);
    function hasAffirmed(uint64 id, address party) external view returns (bool);

    /// @notice What a party signs to affirm.
    function digestOf(uint64 id) external view returns (bytes32);
}
