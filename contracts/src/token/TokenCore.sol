// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC3643} from "../interfaces/IERC3643.sol";
import {IERC7943Fungible} from "../interfaces/IERC7943.sol";
import {IRestrictedToken} from "../interfaces/IRestrictedToken.sol";
import {IDENTITIES, IIdentities} from "../native/IIdentities.sol";
import {IPolicies, POLICIES} from "../native/IPolicies.sol";
import {Account, AccountFields, AccountSlot} from "./Account.sol";

/// @title What both contracts of a RestrictedToken share: its storage, and `_move`, by which alone units move
/// @dev Every storage variable that the extension knows is declared here, and the first contract inherits this one
/// before all others that have any (`Extended`).
abstract contract TokenCore {
    bytes32 internal constant ISSUER_ROLE = keccak256("ISSUER");
    bytes32 internal constant TRANSFER_AGENT_ROLE = keccak256("TRANSFER_AGENT");
    bytes32 internal constant COMPLIANCE_ROLE = keccak256("COMPLIANCE");

    /// @dev The largest batch of one call.
    uint256 internal constant BATCH_MAX = 100;
    /// @dev Live locks of an account, and places for admitted contracts.
    uint256 internal constant LOCKS_MAX = 16;
    uint256 internal constant ADMITTED_MAX = 16;

    // Bits 1 << operation.
    uint256 internal constant STOPPED_BY_TRANSFERS =
        (1 << uint8(IPolicies.Operation.Transfer)) | (1 << uint8(IPolicies.Operation.Settle));
    uint256 private constant STOPPED_BY_ALL = STOPPED_BY_TRANSFERS | (1 << uint8(IPolicies.Operation.Issue))
        | (1 << uint8(IPolicies.Operation.Redeem)) | (1 << uint8(IPolicies.Operation.Pledge));
    /// @dev Operations that an address freeze does not stop.
    uint256 private constant DESPITE_FREEZE = (1 << uint8(IPolicies.Operation.Force))
        | (1 << uint8(IPolicies.Operation.Recover)) | (1 << uint8(IPolicies.Operation.Return));

    /// @dev A contract that may pledge and lock, and what it holds. The place is not given to another while it holds
    /// any. `lastLock`: no lock of it lives longer.
    struct Admitted {
        address account;
        uint8 powers;
        uint64 lastLock;
        uint256 pledged;
    }

    struct HeldLock {
        uint128 amount;
        uint40 until; ///< last second
        uint8 place; ///< of the settlement
        uint64 instruction;
    }

    IPolicies internal immutable _policies;
    IIdentities internal immutable _identities;

    uint128 internal _supply;
    IRestrictedToken.Pause internal _pause; // beside the supply: one slot is read by every movement
    uint256 internal _cap;
    mapping(address account => AccountSlot) internal _accounts;
    mapping(address account => uint256) internal _frozenUnits;
    mapping(address owner => mapping(address spender => uint256)) internal _allowances;
    mapping(address asset => address) internal _vaults;
    address internal _successor;
    address internal _predecessor;

    Admitted[ADMITTED_MAX] internal _admitted;
    /// @dev From 1; 0: has none.
    mapping(address account => uint256) internal _placeOf;
    mapping(address holder => uint256) internal _pledged;
    mapping(address holder => mapping(uint256 place => uint256)) internal _pledges;
    /// @dev Holds those that are over until they are looked at by a function that writes.
    mapping(address holder => HeldLock[]) internal _locks;

    constructor(address policies_, address identities_) {
        _policies = policies_ == address(0) ? POLICIES : IPolicies(policies_);
        _identities = identities_ == address(0) ? IDENTITIES : IIdentities(identities_);
    }

    // --- The one function that moves units --------------------------------------------------------------------------

    /// @dev Moves `amount` units; `from` zero makes them, `to` zero ends them. The caller has judged who calls; `actor`
    /// is whom Policies are told of, and must be the escrow itself where units enter or leave an escrow.
    function _move(IPolicies.Operation operation, address actor, address from, address to, uint256 amount) internal {
        uint256 bit = 1 << uint8(operation);
        _checkPause(bit);
        AccountSlot storage senderSlot = _accounts[from];
        AccountSlot storage receiverSlot = _accounts[to];
        Account sender = senderSlot.word;
        Account receiver = receiverSlot.word;

        // Flags are rare: one test for both sides.
        uint256 flags = Account.unwrap(sender) | Account.unwrap(receiver);
        if (flags & (AccountFields.ADDRESS_FROZEN | AccountFields.ESCROW) != 0) {
            _checkEscrows(operation, actor, from, to, sender, receiver);
            if (bit & DESPITE_FREEZE == 0) {
                if (sender.has(AccountFields.ADDRESS_FROZEN)) revert IERC7943Fungible.ERC7943CannotSend(from);
                if (receiver.has(AccountFields.ADDRESS_FROZEN)) revert IERC7943Fungible.ERC7943CannotReceive(to);
            }
        }
        if (from == address(0)) {
            if (amount > _cap - _supply) revert IRestrictedToken.CapExceeded(_supply, amount, _cap);
        } else {
            if (sender.balance() < amount) revert IERC20Errors.ERC20InsufficientBalance(from, sender.balance(), amount);
            if (sender.has(AccountFields.ENCUMBERED)) sender = _takeEncumbered(operation, from, sender, amount);
        }

        // The registry is the chain's own and calls nobody but rules, which cannot write: state may follow its yes.
        _policies.authorize(operation, actor, from, to, amount);

        // Balances sum to the supply, which never exceeds the cap, which is below 2^128: nothing here overflows.
        if (from != to) {
            if (from != address(0)) {
                senderSlot.word = sender.less(amount);
            } else {
                unchecked {
                    _supply += uint128(amount);
                }
            }
            if (to != address(0)) {
                receiverSlot.word = receiver.more(amount);
            } else {
                unchecked {
                    _supply -= uint128(amount);
                }
            }
        }
        emit IERC20.Transfer(from, to, amount);
    }

    function _checkPause(uint256 bit) internal view {
        IRestrictedToken.Pause level = _pause;
        if (level == IRestrictedToken.Pause.None) return;
        if (bit & (level == IRestrictedToken.Pause.Transfers ? STOPPED_BY_TRANSFERS : STOPPED_BY_ALL) == 0) return;
        if (level == IRestrictedToken.Pause.Retired) revert IRestrictedToken.TokenRetired(_successor);
        revert IRestrictedToken.TokenPaused(level);
    }

    /// @dev Only ISSUE, REDEEM and RETURN touch an escrow: by itself, or where new units are made for it. SEIZE may end
    /// in one.
    function _checkEscrows(
        IPolicies.Operation operation,
        address actor,
        address from,
        address to,
        Account sender,
        Account receiver
    ) internal pure {
        bool allowed = operation == IPolicies.Operation.Issue || operation == IPolicies.Operation.Redeem
            || operation == IPolicies.Operation.Return;
        if (sender.has(AccountFields.ESCROW) && !(allowed && actor == from)) revert IRestrictedToken.EscrowOnly(from);
        if (operation == IPolicies.Operation.Seize) return;
        if (receiver.has(AccountFields.ESCROW) && !(allowed && (actor == to || from == address(0)))) {
            revert IRestrictedToken.EscrowOnly(to);
        }
    }

    /// @dev Refuses what is not free. RECOVER takes all; SEIZE has looked at the pledge it takes from.
    function _takeEncumbered(IPolicies.Operation operation, address from, Account sender, uint256 amount)
        private
        returns (Account)
    {
        if (operation == IPolicies.Operation.Recover || operation == IPolicies.Operation.Seize) return sender;
        uint256 locked = _liveLocked(from, sender);
        if (locked == 0) sender = sender.with(AccountFields.UNITS_LOCKED, false);
        uint256 free = _free(from, sender, locked);
        if (amount <= free) return sender;
        if (operation == IPolicies.Operation.Force) return _forceFree(from, sender, amount, free, locked);
        revert IERC7943Fungible.ERC7943InsufficientUnfrozenBalance(from, amount, free);
    }

    /// @dev FORCE takes more than is free: lowers the freeze, then locks, then pledges. The extension knows how.
    function _forceFree(address, Account sender, uint256, uint256, uint256) internal virtual returns (Account) {
        assert(false); // the first contract forces nothing
        return sender;
    }

    // --- Encumbrances -----------------------------------------------------------------------------------------------

    /// @dev Units in locks that are not over.
    function _liveLocked(address holder, Account known) internal view returns (uint256 locked) {
        if (!known.has(AccountFields.UNITS_LOCKED)) return 0;
        HeldLock[] storage list = _locks[holder];
        for (uint256 i = 0; i < list.length; ++i) {
            if (block.timestamp <= list[i].until) locked += list[i].amount;
        }
    }

    function _free(address holder, Account known, uint256 locked) internal view returns (uint256) {
        // Pledged and locked units together never exceed the balance.
        uint256 unencumbered = known.balance() - locked;
        if (known.has(AccountFields.UNITS_PLEDGED)) unencumbered -= _pledged[holder];
        return known.has(AccountFields.UNITS_FROZEN)
            ? _saturatingSub(unencumbered, _frozenUnits[holder])
            : unencumbered;
    }

    /// @notice See IRestrictedToken.
    function _freeOf(address account) internal view returns (uint256) {
        Account known = _accounts[account].word;
        return _free(account, known, _liveLocked(account, known));
    }

    // --- Steps that both contracts take -----------------------------------------------------------------------------

    function _transfer(address from, address to, uint256 amount) internal {
        _checkReceiver(to);
        _move(IPolicies.Operation.Transfer, msg.sender, from, to, amount);
    }

    function _checkReceiver(address to) internal pure {
        if (to == address(0)) revert IERC20Errors.ERC20InvalidReceiver(to);
    }

    function _checkSender(address from) internal pure {
        if (from == address(0)) revert IERC20Errors.ERC20InvalidSender(from);
    }

    function _approve(address owner_, address spender, uint256 amount) internal {
        if (spender == address(0)) revert IERC20Errors.ERC20InvalidSpender(spender);
        _allowances[owner_][spender] = amount;
        emit IERC20.Approval(owner_, spender, amount);
    }

    /// @dev The largest allowance is not used up.
    function _spendAllowance(address owner_, uint256 amount) internal {
        uint256 allowed = _allowances[owner_][msg.sender];
        if (allowed < amount) revert IERC20Errors.ERC20InsufficientAllowance(msg.sender, allowed, amount);
        if (allowed != type(uint256).max) _allowances[owner_][msg.sender] = allowed - amount;
    }

    function _setEscrow(address escrow, bool admitted) internal {
        Account changed = _accounts[escrow].word;
        if (changed.balance() != 0) revert IRestrictedToken.EscrowNotEmpty(escrow, changed.balance());
        _policies.setEscrow(escrow, admitted);
        _accounts[escrow].word = changed.with(AccountFields.ESCROW, admitted);
        emit IRestrictedToken.EscrowSet(escrow, admitted);
    }

    function _isEscrow(address account) internal view returns (bool) {
        return _accounts[account].word.has(AccountFields.ESCROW);
    }

    /// @dev Who acts and receives for `wallet` now.
    function _current(address wallet) internal view returns (address) {
        return _identities.current(wallet);
    }

    function _setFrozen(address account, uint256 amount) internal {
        AccountSlot storage slot = _accounts[account];
        slot.word = _writeFrozen(account, slot.word, amount);
    }

    /// @dev Writes the freeze and returns `changed` with the flag that goes with it, for the caller to store.
    function _writeFrozen(address account, Account changed, uint256 amount) internal returns (Account) {
        uint256 before = _frozenUnits[account];
        _frozenUnits[account] = amount;
        emit IERC7943Fungible.Frozen(account, amount);
        if (amount > before) emit IERC3643.TokensFrozen(account, amount - before);
        if (amount < before) emit IERC3643.TokensUnfrozen(account, before - amount);
        return changed.with(AccountFields.UNITS_FROZEN, amount != 0);
    }

    function _setAddressFrozen(address account, bool freeze) internal {
        _checkReceiver(account); // the zero address stands for issuing and ending: it is never frozen
        AccountSlot storage slot = _accounts[account];
        slot.word = slot.word.with(AccountFields.ADDRESS_FROZEN, freeze);
        emit IERC3643.AddressFrozen(account, freeze, msg.sender);
    }

    function _setCap(uint256 cap_) internal {
        if (cap_ < _supply || cap_ > type(uint128).max) revert IRestrictedToken.CapExceeded(_supply, 0, cap_);
        _cap = cap_;
        emit IRestrictedToken.CapChanged(cap_);
    }

    function _policyId() internal view returns (uint64 bound) {
        (bound,) = _policies.policyOf(address(this));
    }

    function _checkBatch(uint256 length, uint256 other) internal pure {
        if (length != other) revert IRestrictedToken.LengthMismatch();
        if (length > BATCH_MAX) revert IRestrictedToken.BatchTooLong(length, BATCH_MAX);
    }

    function _saturatingSub(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            return a > b ? a - b : 0;
        }
    }

    function _saturatingAdd(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            return a + b < a ? type(uint256).max : a + b;
        }
    }
}
