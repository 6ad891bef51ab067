// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IAccessRoles} from "../interfaces/IAccessRoles.sol";
import {IERC3643} from "../interfaces/IERC3643.sol";
import {IERC7943Fungible} from "../interfaces/IERC7943.sol";
import {IEncumbrances, ISeizureReceiver, Powers} from "../interfaces/IEncumbrances.sol";
import {IRestrictedToken} from "../interfaces/IRestrictedToken.sol";
import {IPolicies} from "../native/IPolicies.sol";
import {Account, AccountFields, AccountSlot} from "./Account.sol";
import {RestrictionMessages} from "./RestrictionMessages.sol";
import {TokenCore} from "./TokenCore.sol";

/// @title The rarer half of a RestrictedToken's code (`Extended`)
/// @notice Force and recovery, freezing, administration, pledges, locks, settlement, batches, and what would be
/// refused: see IRestrictedToken. Called itself it does nothing: in its own storage nobody has a role, nothing is
/// bound and nobody owns units.
contract RestrictedTokenExtension is TokenCore {
    /// @dev Of a settlement, the most legs Policies judge at once.
    uint256 private constant LEGS_MAX = 64;
    uint256 private constant LOCK_TIME_MAX = 30 days;
    // Roles, see `_checkRole`.
    uint256 private constant ADMIN = 0;
    uint256 private constant AGENT = 1;
    uint256 private constant OFFICER = 2;

    constructor(address policies_, address identities_) TokenCore(policies_, identities_) {}

    /// @dev Roles are the first contract's, whose account this runs in.
    modifier onlyRole(uint256 role) {
        _checkRole(role);
        _;
    }

    /// @dev By number: 32 bytes in every function would be dear.
    function _checkRole(uint256 number) private view {
        bytes32 role = 0;
        if (number == AGENT) role = TRANSFER_AGENT_ROLE;
        if (number == OFFICER) role = COMPLIANCE_ROLE;
        if (!IAccessControl(address(this)).hasRole(role, msg.sender)) {
            revert IAccessRoles.NotAuthorized(msg.sender, role);
        }
    }

    // --- Force and recovery -----------------------------------------------------------------------------------------

    function forcedTransfer(address from, address to, uint256 amount) external onlyRole(AGENT) returns (bool) {
        _force(from, to, amount);
        return true;
    }

    function forcedTransfer(address from, address to, uint256 amount, bytes32 reason)
        external
        onlyRole(AGENT)
        returns (bool)
    {
        _force(from, to, amount);
        emit IRestrictedToken.ForceReason(from, to, amount, reason);
        return true;
    }

    function _force(address from, address to, uint256 amount) private {
        _checkReceiver(to);
        // A move to oneself would only lower the freeze.
        if (from == to) revert IRestrictedToken.SameAccount(from);
        _forceOut(from, to, amount);
        emit IERC7943Fungible.ForcedTransfer(from, to, amount);
    }

    function _forceOut(address from, address to, uint256 amount) private {
        _checkSender(from);
        _move(IPolicies.Operation.Force, msg.sender, from, to, amount);
    }

    function burn(address from, uint256 amount) external onlyRole(AGENT) {
        _burn(from, amount);
    }

    function burn(address from, uint256 amount, bytes32 reason) external onlyRole(AGENT) {
        _burn(from, amount);
        emit IRestrictedToken.ForceReason(from, address(0), amount, reason);
    }

    function _burn(address from, uint256 amount) private {
        _forceOut(from, address(0), amount);
    }

    function recover(address lost) public {
        address next = _current(lost);
        if (next == lost) revert IRestrictedToken.NotRecovered(lost);
        Account old = _accounts[lost].word;
        if (Account.unwrap(old) == 0) return;

        uint256 frozen = _frozenUnits[lost];
        if (frozen != 0) {
            _setFrozen(lost, 0);
            _setFrozen(next, _saturatingAdd(_frozenUnits[next], frozen));
        }
        _moveLocks(lost, next);
        _movePledges(lost, next);
        if (old.has(AccountFields.ADDRESS_FROZEN)) {
            _setAddressFrozen(lost, false);
            _setAddressFrozen(next, true);
        }
        if (old.balance() != 0) _move(IPolicies.Operation.Recover, msg.sender, lost, next, old.balance());
        emit IRestrictedToken.Recovered(lost, next, old.balance(), frozen);
        emit IERC3643.RecoverySuccess(lost, next, address(0));
    }

    function recoveryAddress(address lostWallet, address newWallet, address) external returns (bool) {
        if (_current(lostWallet) != newWallet) revert IRestrictedToken.NotRecovered(lostWallet);
        recover(lostWallet);
        return true;
    }

    // --- Freezing ---------------------------------------------------------------------------------------------------

    function setFrozenTokens(address account, uint256 amount) external onlyRole(OFFICER) returns (bool) {
        _setFrozen(account, amount);
        return true;
    }

    function freezePartialTokens(address account, uint256 amount) external onlyRole(OFFICER) {
        _freezeMore(account, amount);
    }

    function unfreezePartialTokens(address account, uint256 amount) external onlyRole(OFFICER) {
        _freezeLess(account, amount);
    }

    function setAddressFrozen(address account, bool freeze) external onlyRole(OFFICER) {
        _setAddressFrozen(account, freeze);
    }

    /// @dev ERC-3643's form: not more than what is free.
    function _freezeMore(address account, uint256 amount) private {
        uint256 free = _freeOf(account);
        if (amount > free) revert IERC7943Fungible.ERC7943InsufficientUnfrozenBalance(account, amount, free);
        _setFrozen(account, _frozenUnits[account] + amount);
    }

    function _freezeLess(address account, uint256 amount) private {
        uint256 frozen = _frozenUnits[account];
        if (amount > frozen) revert IRestrictedToken.InsufficientFrozen(account, frozen, amount);
        _setFrozen(account, frozen - amount);
    }

    function setEscrow(address escrow, bool admit) external onlyRole(OFFICER) {
        // The token's own account: CashToken makes it its escrow for ever, no other token ever.
        if (escrow == address(this)) revert IRestrictedToken.OwnEscrow();
        if (escrow.code.length == 0) revert IRestrictedToken.NotContract(escrow);
        _setEscrow(escrow, admit);
    }

    // --- Pause, cap, policy, successor ------------------------------------------------------------------------------

    function setPause(IRestrictedToken.Pause level) external onlyRole(OFFICER) {
        _setPause(level);
    }

    function pause() external onlyRole(OFFICER) {
        _setPause(IRestrictedToken.Pause.Transfers);
    }

    function unpause() external onlyRole(OFFICER) {
        _setPause(IRestrictedToken.Pause.None);
    }

    function _setPause(IRestrictedToken.Pause level) private {
        if (level == IRestrictedToken.Pause.Retired) revert IRestrictedToken.InvalidPause(level);
        if (_pause == IRestrictedToken.Pause.Retired) revert IRestrictedToken.TokenRetired(_successor);
        _pause = level;
        emit IRestrictedToken.PauseChanged(level, msg.sender);
        if (level == IRestrictedToken.Pause.None) emit IERC3643.Unpaused(msg.sender);
        else emit IERC3643.Paused(msg.sender);
    }

    function retire(address successor_) external onlyRole(ADMIN) {
        if (successor_.code.length == 0) revert IRestrictedToken.NotContract(successor_);
        if (successor_ == address(this)) revert IRestrictedToken.SameAccount(successor_);
        if (_pause == IRestrictedToken.Pause.Retired) revert IRestrictedToken.TokenRetired(_successor);
        _pause = IRestrictedToken.Pause.Retired;
        _successor = successor_;
        emit IRestrictedToken.PauseChanged(IRestrictedToken.Pause.Retired, msg.sender);
        emit IRestrictedToken.Retired(successor_);
    }

    function setCap(uint256 cap_) external onlyRole(ADMIN) {
        _setCap(cap_);
    }

    function setVault(address asset, address vault_) external onlyRole(ADMIN) {
        _vaults[asset] = vault_;
        emit IRestrictedToken.VaultUpdate(asset, vault_);
    }

    // --- Admitted contracts -----------------------------------------------------------------------------------------

    function setAdmitted(address account, uint8 powers) external onlyRole(OFFICER) {
        if (account.code.length == 0) revert IRestrictedToken.NotContract(account);
        if (powers > Powers.PLEDGE | Powers.SETTLE) revert IEncumbrances.NotAdmitted(account, powers);
        if (_placeOf[account] == 0) {
            uint256 place = _freePlace();
            delete _placeOf[_admitted[place].account];
            _placeOf[account] = place + 1;
            _admitted[place].account = account;
        }
        _admitted[_placeOf[account] - 1].powers = powers;
        emit IEncumbrances.AdmittedSet(account, powers);
    }

    function admitted(address account) external view returns (uint8) {
        uint256 place = _placeOf[account];
        return place == 0 ? 0 : _admitted[place - 1].powers;
    }

    /// @dev A place nobody has, or one of a dismissed contract that holds nothing any more.
    function _freePlace() private view returns (uint256) {
        for (uint256 place = 0; place < ADMITTED_MAX; ++place) {
            Admitted storage held = _admitted[place];
            if (held.powers == 0 && held.pledged == 0 && held.lastLock < block.timestamp) return place;
        }
        revert IEncumbrances.TooManyAdmitted(ADMITTED_MAX);
    }

    /// @dev The caller's place, if it is admitted to `power`; what it never was, no place of it holds anything.
    function _checkAdmitted(uint8 power) private view returns (uint256 place) {
        place = _placeOf[msg.sender];
        if (place == 0 || _admitted[place - 1].powers & power == 0) revert IEncumbrances.NotAdmitted(msg.sender, power);
        return place - 1;
    }

    /// @dev What a pledge or a lock begins with: the holder's word, and units that are free.
    function _checkFree(address holder, uint256 amount) private returns (Account known) {
        _checkSender(holder);
        // Unlike a spender's, the largest allowance is used up as well: each time needs a word of its own.
        uint256 allowed = _allowances[holder][msg.sender];
        if (allowed < amount) revert IERC20Errors.ERC20InsufficientAllowance(msg.sender, allowed, amount);
        unchecked {
            _allowances[holder][msg.sender] = allowed - amount;
        }
        known = _accounts[holder].word;
        if (known.has(AccountFields.ESCROW)) revert IRestrictedToken.EscrowOnly(holder);
        if (known.has(AccountFields.ADDRESS_FROZEN)) revert IERC7943Fungible.ERC7943CannotSend(holder);
        if (known.balance() < amount) revert IERC20Errors.ERC20InsufficientBalance(holder, known.balance(), amount);
        uint256 free = _free(holder, known, _liveLocked(holder, known));
        if (free < amount) revert IERC7943Fungible.ERC7943InsufficientUnfrozenBalance(holder, amount, free);
    }

    // --- Pledges ----------------------------------------------------------------------------------------------------

    function pledge(address holder, address securedParty, uint256 amount) external {
        uint256 place = _checkAdmitted(Powers.PLEDGE);
        _checkPause(1 << uint8(IPolicies.Operation.Pledge));
        _checkReceiver(securedParty);
        _checkFree(holder, amount);
        if (_isEscrow(securedParty)) revert IRestrictedToken.EscrowOnly(securedParty);
        if (_isFrozen(securedParty)) revert IERC7943Fungible.ERC7943CannotReceive(securedParty);
        _policies.authorize(IPolicies.Operation.Pledge, msg.sender, holder, securedParty, amount);
        _pledgeMore(holder, place, amount);
        emit IEncumbrances.Pledged(holder, msg.sender, securedParty, amount);
    }

    function releasePledge(address holder, uint256 amount) external {
        uint256 place = _placeOf[msg.sender];
        if (place == 0) revert IEncumbrances.NotAdmitted(msg.sender, Powers.PLEDGE);
        uint256 pledged = _pledges[holder][place - 1];
        if (amount > pledged) revert IEncumbrances.InsufficientPledged(holder, pledged, amount);
        _pledgeLess(holder, place - 1, amount);
    }

    function seize(address holder, address to, uint256 amount) external {
        uint256 place = _checkAdmitted(Powers.PLEDGE);
        _checkReceiver(to);
        if (holder == to) revert IRestrictedToken.SameAccount(holder);
        uint256 seizable = _seizable(holder, place);
        if (amount > seizable) revert IEncumbrances.InsufficientPledged(holder, seizable, amount);
        _pledgeLess(holder, place, amount);
        _move(IPolicies.Operation.Seize, msg.sender, holder, to, amount);
        emit IEncumbrances.Seized(holder, to, msg.sender, amount);
        if (_isEscrow(to)) {
            bytes4 answer = ISeizureReceiver(to).onSeizure(msg.sender, holder, amount);
            if (answer != ISeizureReceiver.onSeizure.selector) revert IEncumbrances.SeizureNotTaken(to);
        }
    }

    function pledgeOf(address holder, address vault_) external view returns (uint256) {
        uint256 place = _placeOf[vault_];
        return place == 0 ? 0 : _pledges[holder][place - 1];
    }

    function seizableOf(address holder, address vault_) external view returns (uint256) {
        uint256 place = _placeOf[vault_];
        return place == 0 || _isFrozen(holder) ? 0 : _seizable(holder, place - 1);
    }

    function pledgedOf(address holder) external view returns (uint256) {
        return _pledged[holder];
    }

    /// @dev A freeze covers free units, then locked, then pledged: it leaves of these what the balance exceeds it by.
    function _seizable(address holder, uint256 place) private view returns (uint256) {
        uint256 thawed = _saturatingSub(_accounts[holder].word.balance(), _frozenUnits[holder]);
        uint256 pledged = _pledges[holder][place];
        return pledged < thawed ? pledged : thawed;
    }

    function _pledgeMore(address holder, uint256 place, uint256 amount) private {
        if (amount == 0) return;
        _pledges[holder][place] += amount;
        _pledged[holder] += amount;
        _admitted[place].pledged += amount;
        AccountSlot storage slot = _accounts[holder];
        slot.word = slot.word.with(AccountFields.UNITS_PLEDGED, true);
    }

    /// @dev The caller has checked that so much is pledged there.
    function _pledgeLess(address holder, uint256 place, uint256 amount) private {
        _writePledgeLess(holder, place, amount);
        AccountSlot storage slot = _accounts[holder];
        slot.word = slot.word.with(AccountFields.UNITS_PLEDGED, _pledged[holder] != 0);
    }

    function _writePledgeLess(address holder, uint256 place, uint256 amount) private {
        _pledges[holder][place] -= amount;
        _pledged[holder] -= amount;
        _admitted[place].pledged -= amount;
        emit IEncumbrances.PledgeReduced(holder, _admitted[place].account, amount);
    }

    function _movePledges(address lost, address next) private {
        if (_pledged[lost] == 0) return;
        for (uint256 place = 0; place < ADMITTED_MAX; ++place) {
            uint256 amount = _pledges[lost][place];
            if (amount == 0) continue;
            _pledgeLess(lost, place, amount);
            _pledgeMore(next, place, amount);
            emit IEncumbrances.Pledged(next, _admitted[place].account, address(0), amount);
        }
    }

    // --- Locks ------------------------------------------------------------------------------------------------------

    function lock(address holder, uint256 amount, uint64 until, uint64 instruction) external {
        uint256 place = _checkAdmitted(Powers.SETTLE);
        _checkPause(1 << uint8(IPolicies.Operation.Settle));
        if (until < block.timestamp || until > block.timestamp + LOCK_TIME_MAX) {
            revert IEncumbrances.BadLockTime(until, block.timestamp, block.timestamp + LOCK_TIME_MAX);
        }
        Account known = _checkFree(holder, amount);
        HeldLock[] storage list = _locks[holder];
        _dropEnded(list);
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i].place == place && list[i].instruction == instruction) {
                revert IEncumbrances.LockExists(holder, instruction);
            }
        }
        if (list.length == LOCKS_MAX) revert IEncumbrances.TooManyLocks(holder, LOCKS_MAX);
        // amount <= balance < 2^128, and until is some time of the coming 30 days.
        list.push(HeldLock(uint128(amount), uint40(until), uint8(place), instruction));
        if (_admitted[place].lastLock < until) _admitted[place].lastLock = until;
        _accounts[holder].word = known.with(AccountFields.UNITS_LOCKED, true);
        emit IEncumbrances.Locked(holder, msg.sender, instruction, amount, until);
    }

    function unlock(address holder, uint64 instruction) external {
        uint256 place = _placeOf[msg.sender];
        if (place == 0) revert IEncumbrances.NotAdmitted(msg.sender, Powers.SETTLE);
        _endLocks(holder, place - 1, instruction);
    }

    function lockedOf(address holder) external view returns (uint256) {
        return _liveLocked(holder, _accounts[holder].word);
    }

    function locksOf(address holder) external view returns (IEncumbrances.Lock[] memory live) {
        HeldLock[] storage list = _locks[holder];
        uint256 count = 0;
        for (uint256 i = 0; i < list.length; ++i) {
            if (block.timestamp <= list[i].until) ++count;
        }
        live = new IEncumbrances.Lock[](count);
        for (uint256 i = list.length; i > 0; --i) {
            HeldLock storage held = list[i - 1];
            if (block.timestamp > held.until) continue;
            live[--count] = IEncumbrances.Lock(_admitted[held.place].account, held.instruction, held.until, held.amount);
        }
    }

    function _dropEnded(HeldLock[] storage list) private {
        for (uint256 i = list.length; i > 0; --i) {
            if (block.timestamp > list[i - 1].until) _drop(list, i - 1);
        }
    }

    /// @dev Keeps the order of the others: FORCE takes from the youngest.
    function _drop(HeldLock[] storage list, uint256 place) private {
        for (uint256 i = place + 1; i < list.length; ++i) {
            list[i - 1] = list[i];
        }
        list.pop();
    }

    /// @dev Ends the holder's live locks for an instruction, more than one where a recovery has joined two wallets'.
    function _endLocks(address holder, uint256 place, uint64 instruction) private returns (uint256 ended) {
        HeldLock[] storage list = _locks[holder];
        _dropEnded(list);
        for (uint256 i = list.length; i > 0; --i) {
            HeldLock storage held = list[i - 1];
            if (held.place != place || held.instruction != instruction) continue;
            ended += held.amount;
            emit IEncumbrances.LockReduced(holder, msg.sender, instruction, held.amount);
            _drop(list, i - 1);
        }
        AccountSlot storage slot = _accounts[holder];
        slot.word = slot.word.with(AccountFields.UNITS_LOCKED, list.length != 0);
    }

    function _moveLocks(address lost, address next) private {
        HeldLock[] storage from = _locks[lost];
        HeldLock[] storage to = _locks[next];
        _dropEnded(from);
        if (from.length == 0) return;
        _dropEnded(to);
        if (from.length + to.length > LOCKS_MAX) revert IEncumbrances.TooManyLocks(next, LOCKS_MAX);
        for (uint256 i = 0; i < from.length; ++i) {
            HeldLock memory held = from[i];
            address settlement = _admitted[held.place].account;
            to.push(held);
            emit IEncumbrances.LockReduced(lost, settlement, held.instruction, held.amount);
            emit IEncumbrances.Locked(next, settlement, held.instruction, held.amount, held.until);
        }
        delete _locks[lost];
        AccountSlot storage slot = _accounts[lost];
        slot.word = slot.word.with(AccountFields.UNITS_LOCKED, false);
        slot = _accounts[next];
        slot.word = slot.word.with(AccountFields.UNITS_LOCKED, true);
    }

    // --- Settlement -------------------------------------------------------------------------------------------------

    function settle(uint64 instruction, IPolicies.Movement[] calldata legs) external {
        uint256 place = _checkAdmitted(Powers.SETTLE);
        _checkPause(1 << uint8(IPolicies.Operation.Settle));
        if (legs.length > LEGS_MAX) revert IRestrictedToken.BatchTooLong(legs.length, LEGS_MAX);
        (address[] memory parties, int256[] memory nets) = _net(legs);
        // As in `_move`: what Policies call cannot write, so the balances may follow their yes.
        _policies.authorizeNet(IPolicies.Operation.Settle, msg.sender, legs);
        for (uint256 i = 0; i < parties.length; ++i) {
            _applyNet(parties[i], nets[i], place, instruction);
        }
        for (uint256 i = 0; i < legs.length; ++i) {
            emit IERC20.Transfer(legs[i].from, legs[i].to, legs[i].amount);
        }
        emit IEncumbrances.Settled(msg.sender, instruction, legs.length);
    }

    /// @dev Each party of the legs once, and what it gets less what it gives.
    function _net(IPolicies.Movement[] calldata legs)
        private
        view
        returns (address[] memory parties, int256[] memory nets)
    {
        (parties, nets) = (new address[](2 * legs.length), new int256[](2 * legs.length));
        uint256 count = 0;
        for (uint256 i = 0; i < legs.length; ++i) {
            (address from, address to, uint256 amount) = (legs[i].from, legs[i].to, legs[i].amount);
            _checkSender(from);
            _checkReceiver(to);
            // Beyond any balance: so that no sum of 64 outgrows its 256 bits.
            if (amount > type(uint128).max) {
                revert IERC20Errors.ERC20InsufficientBalance(from, _accounts[from].word.balance(), amount);
            }
            count = _addNet(parties, nets, count, from, -int256(amount));
            count = _addNet(parties, nets, count, to, int256(amount));
        }
        assembly {
            mstore(parties, count) // the lists become shorter
            mstore(nets, count)
        }
    }

    function _addNet(address[] memory parties, int256[] memory nets, uint256 count, address party, int256 amount)
        private
        pure
        returns (uint256)
    {
        uint256 place = 0;
        while (place < count && parties[place] != party) ++place;
        parties[place] = party;
        nets[place] += amount;
        return place == count ? count + 1 : count;
    }

    /// @dev The party's lock for the instruction ends, and pays what it gives.
    function _applyNet(address party, int256 net, uint256 place, uint64 instruction) private {
        AccountSlot storage slot = _accounts[party];
        if (slot.word.has(AccountFields.ESCROW)) revert IRestrictedToken.EscrowOnly(party);
        if (slot.word.has(AccountFields.ADDRESS_FROZEN)) revert IERC7943Fungible.ERC7943CannotSend(party);
        uint256 usable = _unfrozenLocked(party);
        uint256 locked = _endLocks(party, place, instruction);
        if (net >= 0) {
            // All balances together stay within the supply, which is below 2^128.
            slot.word = slot.word.more(uint256(net));
            return;
        }
        uint256 amount = uint256(-net);
        if (locked < usable) usable = locked;
        if (amount > usable) revert IEncumbrances.InsufficientLocked(party, usable, amount);
        slot.word = slot.word.less(amount); // what is locked is part of the balance
    }

    /// @dev What a freeze leaves of an account's locked units: it covers free units first, and pledged ones last.
    function _unfrozenLocked(address account) private view returns (uint256) {
        return _saturatingSub(_accounts[account].word.balance() - _pledged[account], _frozenUnits[account]);
    }

    // --- Force on units that are not free ---------------------------------------------------------------------------

    /// @dev Lowers the freeze by what is not free, then locks and pledges, youngest first, to what the balance will be.
    function _forceFree(address from, Account sender, uint256 amount, uint256 free, uint256 locked)
        internal
        override
        returns (Account)
    {
        if (sender.has(AccountFields.UNITS_FROZEN)) {
            sender = _writeFrozen(from, sender, _saturatingSub(_frozenUnits[from], amount - free));
        }
        uint256 left = sender.balance() - amount;
        if (locked + _pledged[from] <= left) return sender;
        uint256 excess = locked + _pledged[from] - left;
        if (locked != 0) {
            excess -= _forceLocks(from, excess);
            sender = sender.with(AccountFields.UNITS_LOCKED, _locks[from].length != 0);
        }
        for (uint256 place = ADMITTED_MAX; place > 0 && excess > 0; --place) {
            uint256 taken = _pledges[from][place - 1];
            if (taken == 0) continue;
            if (taken > excess) taken = excess;
            _writePledgeLess(from, place - 1, taken);
            excess -= taken;
        }
        return sender.with(AccountFields.UNITS_PLEDGED, _pledged[from] != 0);
    }

    function _forceLocks(address holder, uint256 excess) private returns (uint256 taken) {
        HeldLock[] storage list = _locks[holder];
        _dropEnded(list);
        for (uint256 i = list.length; i > 0 && taken < excess; --i) {
            HeldLock storage held = list[i - 1];
            uint256 part = held.amount > excess - taken ? excess - taken : held.amount;
            taken += part;
            emit IEncumbrances.LockReduced(holder, _admitted[held.place].account, held.instruction, part);
            if (part == held.amount) list.pop();
            else held.amount -= uint128(part); // part < held.amount
        }
    }

    // --- Succession -------------------------------------------------------------------------------------------------

    function setPredecessor(address predecessor_) external onlyRole(ADMIN) {
        if (predecessor_ == address(this)) revert IRestrictedToken.SameAccount(predecessor_);
        _predecessor = predecessor_;
        emit IRestrictedToken.PredecessorSet(predecessor_);
    }

    function migrate(address[] calldata holders) external onlyRole(AGENT) {
        if (_pause != IRestrictedToken.Pause.Retired) revert IRestrictedToken.NotRetired();
        _checkBatch(holders.length, holders.length);
        for (uint256 i = 0; i < holders.length; ++i) {
            _migrate(holders[i]);
        }
    }

    function _migrate(address holder) private {
        Account old = _accounts[holder].word;
        uint256 amount = old.balance();
        uint256 frozen = _frozenUnits[holder];
        if (amount == 0 && frozen == 0) return;
        uint256 encumbered = _liveLocked(holder, old) + _pledged[holder];
        if (encumbered != 0) revert IRestrictedToken.Encumbered(holder, encumbered);
        if (frozen != 0) _setFrozen(holder, 0);
        _burn(holder, amount);
        emit IRestrictedToken.Migrated(holder, _successor, amount, frozen);
        IRestrictedToken(_successor).migrateIn(holder, amount, frozen, old.has(AccountFields.ADDRESS_FROZEN));
    }

    // --- What would be refused --------------------------------------------------------------------------------------

    function canSend(address account) public view returns (bool) {
        return !_isFrozen(account) && _policyId() != 0 && _policies.canSend(address(this), account);
    }

    function canReceive(address account) public view returns (bool) {
        return !_isFrozen(account) && isVerified(account);
    }

    function _isFrozen(address account) private view returns (bool) {
        return _accounts[account].word.has(AccountFields.ADDRESS_FROZEN);
    }

    function canTransfer(address from, address to, uint256 amount) external view returns (bool) {
        if (_accounts[from].word.has(AccountFields.ENCUMBERED) && amount > _freeOf(from)) return false;
        uint256 code = _restriction(from, from, to, amount);
        return code == 0 || code == RestrictionMessages.MORE_THAN_FREE;
    }

    function detectTransferRestriction(address from, address to, uint256 amount) external view returns (uint8) {
        return detectTransferRestrictionFrom(from, from, to, amount);
    }

    function detectTransferRestrictionFrom(address spender, address from, address to, uint256 amount)
        public
        view
        returns (uint8)
    {
        uint256 code = _restriction(spender, from, to, amount);
        if (code == 0 && amount > _freeOf(from)) code = RestrictionMessages.MORE_THAN_FREE;
        return code < 100 ? uint8(code) : uint8(100 + 10 * (code / 100) + code % 100);
    }

    function messageForTransferRestriction(uint8 code) external pure returns (string memory) {
        return RestrictionMessages.message(code);
    }

    /// @dev The first code against a transfer, 0 where there is none. A lack of balance comes last, so that it hides
    /// nothing else.
    function _restriction(address spender, address from, address to, uint256 amount) private view returns (uint256) {
        if (from == address(0) || to == address(0)) return RestrictionMessages.ZERO_ADDRESS;
        if (_pause == IRestrictedToken.Pause.Retired) return RestrictionMessages.RETIRED;
        if (_pause != IRestrictedToken.Pause.None) return RestrictionMessages.PAUSED;
        if (_isEscrow(from) || _isEscrow(to)) return RestrictionMessages.NOT_AUTHORIZED;
        if (_isFrozen(from) || _isFrozen(to)) return RestrictionMessages.ADDRESS_FROZEN;
        if (_policyId() == 0) return RestrictionMessages.NOT_AUTHORIZED;
        IPolicies.Refusal[] memory found =
            _policies.preview(address(this), IPolicies.Operation.Transfer, spender, from, to, amount);
        uint256 last = 0;
        for (uint256 i = 0; i < found.length; ++i) {
            last = found[i].code;
            if (last != RestrictionMessages.MORE_THAN_FREE) return last;
        }
        return last;
    }

    // --- ERC-3643 ---------------------------------------------------------------------------------------------------

    function batchTransfer(address[] calldata toList, uint256[] calldata amounts) external {
        _checkBatch(toList.length, amounts.length);
        for (uint256 i = 0; i < toList.length; ++i) {
            _transfer(msg.sender, toList[i], amounts[i]);
        }
    }

    function batchForcedTransfer(address[] calldata fromList, address[] calldata toList, uint256[] calldata amounts)
        external
        onlyRole(AGENT)
    {
        _checkBatch(fromList.length, amounts.length);
        _checkBatch(fromList.length, toList.length);
        for (uint256 i = 0; i < fromList.length; ++i) {
            _force(fromList[i], toList[i], amounts[i]);
        }
    }

    function batchBurn(address[] calldata accounts, uint256[] calldata amounts) external onlyRole(AGENT) {
        _checkBatch(accounts.length, amounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            _burn(accounts[i], amounts[i]);
        }
    }

    function batchSetAddressFrozen(address[] calldata accounts, bool[] calldata freeze) external onlyRole(OFFICER) {
        _checkBatch(accounts.length, freeze.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            _setAddressFrozen(accounts[i], freeze[i]);
        }
    }

    function batchFreezePartialTokens(address[] calldata accounts, uint256[] calldata amounts)
        external
        onlyRole(OFFICER)
    {
        _checkBatch(accounts.length, amounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            _freezeMore(accounts[i], amounts[i]);
        }
    }

    function batchUnfreezePartialTokens(address[] calldata accounts, uint256[] calldata amounts)
        external
        onlyRole(OFFICER)
    {
        _checkBatch(accounts.length, amounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            _freezeLess(accounts[i], amounts[i]);
        }
    }

    function isVerified(address account) public view returns (bool) {
        return _policyId() != 0 && _policies.canReceive(address(this), account);
    }

    function contains(address account) external view returns (bool) {
        return _identities.identityOf(account) != 0;
    }

    function investorCountry(address account) external view returns (uint16) {
        return _identities.identity(_identities.identityOf(account)).country;
    }

    /// @dev As ERC-3643 has it, the first contract answers what is unknown; a call of it lands here only by mistake.
    fallback() external {
        revert IRestrictedToken.NotSupported();
    }
}
