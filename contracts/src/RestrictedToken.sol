// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ShortString, ShortStrings} from "@openzeppelin/contracts/utils/ShortStrings.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {AccessRoles} from "./AccessRoles.sol";
import {IERC1404} from "./interfaces/IERC1404.sol";
import {IERC1643} from "./interfaces/IERC1643.sol";
import {IERC3643} from "./interfaces/IERC3643.sol";
import {IERC7943Fungible} from "./interfaces/IERC7943.sol";
import {IRestrictedToken, TokenTerms} from "./interfaces/IRestrictedToken.sol";
import {IDENTITIES, IIdentities} from "./native/IIdentities.sol";
import {IPolicies, POLICIES} from "./native/IPolicies.sol";
import {Account, AccountFields, AccountSlot} from "./token/Account.sol";
import {Documents} from "./token/Documents.sol";
import {RestrictionMessages} from "./token/RestrictionMessages.sol";

/// @title RestrictedToken
/// @notice See IRestrictedToken. Units are moved by `_move` alone, which asks the chain's Policies.
contract RestrictedToken is IRestrictedToken, AccessRoles, EIP712, Nonces, Documents {
    using ShortStrings for string;
    using ShortStrings for ShortString;

    bytes32 public constant ISSUER = keccak256("ISSUER");
    bytes32 public constant TRANSFER_AGENT = keccak256("TRANSFER_AGENT");
    bytes32 public constant COMPLIANCE = keccak256("COMPLIANCE");

    /// @dev The largest batch of one call.
    uint256 internal constant BATCH_MAX = 100;

    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    // Bits 1 << operation.
    uint256 private constant STOPPED_BY_TRANSFERS =
        (1 << uint8(IPolicies.Operation.Transfer)) | (1 << uint8(IPolicies.Operation.Settle));
    uint256 private constant STOPPED_BY_ALL = STOPPED_BY_TRANSFERS | (1 << uint8(IPolicies.Operation.Issue))
        | (1 << uint8(IPolicies.Operation.Redeem)) | (1 << uint8(IPolicies.Operation.Pledge));
    /// @dev Operations that an address freeze does not stop.
    uint256 private constant DESPITE_FREEZE = (1 << uint8(IPolicies.Operation.Force))
        | (1 << uint8(IPolicies.Operation.Recover)) | (1 << uint8(IPolicies.Operation.Return));

    IPolicies private immutable _policies;
    IIdentities private immutable _identities;
    ShortString private immutable _symbol;
    bool public immutable counted;
    bool private immutable _rolesMayOverlap;

    uint128 private _supply;
    Pause private _pause; // beside the supply: one slot is read by every movement
    uint256 private _cap;
    mapping(address account => AccountSlot) private _accounts;
    mapping(address account => uint256) private _frozenUnits;
    mapping(address owner => mapping(address spender => uint256)) private _allowances;
    mapping(address asset => address) private _vaults;
    address private _successor;

    constructor(TokenTerms memory terms) AccessRoles(terms.admin) EIP712(terms.name, "1") {
        _symbol = terms.symbol.toShortString();
        _policies = terms.policies == address(0) ? POLICIES : IPolicies(terms.policies);
        _identities = terms.identities == address(0) ? IDENTITIES : IIdentities(terms.identities);
        counted = terms.counted;
        _rolesMayOverlap = terms.rolesMayOverlap;
        _setCap(terms.cap);
        if (terms.issuer != address(0)) _grantRole(ISSUER, terms.issuer);
        if (terms.transferAgent != address(0)) _grantRole(TRANSFER_AGENT, terms.transferAgent);
        if (terms.compliance != address(0)) _grantRole(COMPLIANCE, terms.compliance);
        if (terms.policyId != 0) _bind(terms.policyId, terms.counted);
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
                if (sender.has(AccountFields.ADDRESS_FROZEN)) revert ERC7943CannotSend(from);
                if (receiver.has(AccountFields.ADDRESS_FROZEN)) revert ERC7943CannotReceive(to);
            }
        }
        if (from == address(0)) {
            if (amount > _cap - _supply) revert CapExceeded(_supply, amount, _cap);
        } else {
            if (sender.balance() < amount) revert ERC20InsufficientBalance(from, sender.balance(), amount);
            if (sender.has(AccountFields.UNITS_FROZEN)) sender = _takeFrozen(operation, from, sender, amount);
        }

        // The registry is the chain's own and calls nobody back, so state may be written after it has said yes.
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
        emit Transfer(from, to, amount);
    }

    function _checkPause(uint256 bit) private view {
        Pause level = _pause;
        if (level == Pause.None) return;
        if (bit & (level == Pause.Transfers ? STOPPED_BY_TRANSFERS : STOPPED_BY_ALL) == 0) return;
        if (level == Pause.Retired) revert TokenRetired(_successor);
        revert TokenPaused(level);
    }

    /// @dev Only ISSUE, REDEEM and RETURN touch an escrow: by itself, or where new units are made for it.
    function _checkEscrows(
        IPolicies.Operation operation,
        address actor,
        address from,
        address to,
        Account sender,
        Account receiver
    ) private pure {
        bool allowed = operation == IPolicies.Operation.Issue || operation == IPolicies.Operation.Redeem
            || operation == IPolicies.Operation.Return;
        if (sender.has(AccountFields.ESCROW) && !(allowed && actor == from)) revert EscrowOnly(from);
        if (receiver.has(AccountFields.ESCROW) && !(allowed && (actor == to || from == address(0)))) {
            revert EscrowOnly(to);
        }
    }

    /// @dev Refuses what is not free; FORCE takes frozen units after the free ones and lowers the freeze by them.
    function _takeFrozen(IPolicies.Operation operation, address from, Account sender, uint256 amount)
        private
        returns (Account)
    {
        uint256 frozen = _frozenUnits[from];
        uint256 free = _saturatingSub(sender.balance(), frozen);
        if (amount <= free) return sender;
        if (operation != IPolicies.Operation.Force) revert ERC7943InsufficientUnfrozenBalance(from, amount, free);
        unchecked {
            // free < amount <= balance, and balance - free <= frozen.
            return _writeFrozen(from, sender, frozen - (amount - free));
        }
    }

    // --- ERC-20 -----------------------------------------------------------------------------------------------------

    function name() external view returns (string memory) {
        return _EIP712Name();
    }

    function symbol() external view returns (string memory) {
        return _symbol.toString();
    }

    function decimals() external pure returns (uint8) {
        return 6;
    }

    function totalSupply() public view returns (uint256) {
        return _supply;
    }

    function balanceOf(address account) public view returns (uint256) {
        return _accounts[account].word.balance();
    }

    function allowance(address owner_, address spender) external view returns (uint256) {
        return _allowances[owner_][spender];
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        _transfer(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        _spendAllowance(from, amount);
        _transfer(from, to, amount);
        return true;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        _approve(msg.sender, spender, amount);
        return true;
    }

    function _transfer(address from, address to, uint256 amount) private {
        _checkReceiver(to);
        _move(IPolicies.Operation.Transfer, msg.sender, from, to, amount);
    }

    function _checkReceiver(address to) private pure {
        if (to == address(0)) revert ERC20InvalidReceiver(to);
    }

    function _checkSender(address from) private pure {
        if (from == address(0)) revert ERC20InvalidSender(from);
    }

    function _approve(address owner_, address spender, uint256 amount) private {
        if (spender == address(0)) revert ERC20InvalidSpender(spender);
        _allowances[owner_][spender] = amount;
        emit Approval(owner_, spender, amount);
    }

    /// @dev The largest allowance is not used up.
    function _spendAllowance(address owner_, uint256 amount) private {
        uint256 allowed = _allowances[owner_][msg.sender];
        if (allowed < amount) revert ERC20InsufficientAllowance(msg.sender, allowed, amount);
        if (allowed != type(uint256).max) _allowances[owner_][msg.sender] = allowed - amount;
    }

    // --- ERC-2612 ---------------------------------------------------------------------------------------------------

    /// @notice Whoever submits the permit is judged as a spender is (205, 207, 209).
    function permit(address owner_, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
    {
        if (block.timestamp > deadline) revert ERC2612ExpiredSignature(deadline);
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(PERMIT_TYPEHASH, owner_, spender, value, _useNonce(owner_), deadline))
        );
        address signer = ECDSA.recover(digest, v, r, s);
        if (signer != owner_) revert ERC2612InvalidSigner(signer, owner_);
        _judgeSubmitter(owner_);
        _approve(owner_, spender, value);
    }

    function nonces(address owner_) public view virtual override(IERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner_);
    }

    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @dev Reverts as Policies would refuse the caller as a spender for `owner_`.
    function _judgeSubmitter(address owner_) private view {
        if (msg.sender == owner_) return;
        IPolicies.Refusal[] memory found =
            _policies.preview(address(this), IPolicies.Operation.Transfer, msg.sender, owner_, owner_, 0);
        for (uint256 i = 0; i < found.length; ++i) {
            if (found[i].who == msg.sender) {
                revert IPolicies.Refused(found[i].code, found[i].who, found[i].rule, found[i].detail);
            }
        }
    }

    // --- Issuing, redeeming, escrows --------------------------------------------------------------------------------

    /// @inheritdoc IRestrictedToken
    function issue(address to, uint256 amount) external onlyRole(ISSUER) {
        _issue(to, amount);
    }

    /// @inheritdoc IERC3643
    function mint(address to, uint256 amount) external onlyRole(ISSUER) {
        _issue(to, amount);
    }

    function _issue(address to, uint256 amount) internal virtual {
        _checkReceiver(to);
        _move(IPolicies.Operation.Issue, msg.sender, address(0), to, amount);
    }

    /// @inheritdoc IRestrictedToken
    function redeem(address from, uint256 amount) external onlyRole(ISSUER) {
        _spendAllowance(from, amount);
        _move(IPolicies.Operation.Redeem, msg.sender, from, address(0), amount);
    }

    /// @inheritdoc IRestrictedToken
    function escrowIn(address from, uint256 amount) external {
        _checkEscrow();
        _checkSender(from);
        _move(IPolicies.Operation.Redeem, msg.sender, from, msg.sender, amount);
    }

    /// @inheritdoc IRestrictedToken
    function escrowOut(address to, uint256 amount, uint8 operation) external {
        _checkEscrow();
        _checkReceiver(to);
        bool back = operation == uint8(IPolicies.Operation.Return);
        if (!back && operation != uint8(IPolicies.Operation.Issue)) revert InvalidOperation(operation);
        _move(back ? IPolicies.Operation.Return : IPolicies.Operation.Issue, msg.sender, msg.sender, to, amount);
    }

    /// @inheritdoc IRestrictedToken
    function escrowBurn(uint256 amount) external {
        _checkEscrow();
        _move(IPolicies.Operation.Redeem, msg.sender, msg.sender, address(0), amount);
    }

    function _checkEscrow() private view {
        if (!isEscrow(msg.sender)) revert NotEscrow(msg.sender);
    }

    /// @inheritdoc IRestrictedToken
    function setEscrow(address escrow, bool admitted) external onlyRole(COMPLIANCE) {
        if (escrow.code.length == 0) revert NotContract(escrow);
        _setEscrow(escrow, admitted);
    }

    function _setEscrow(address escrow, bool admitted) internal {
        Account changed = _accounts[escrow].word;
        if (changed.balance() != 0) revert EscrowNotEmpty(escrow, changed.balance());
        _policies.setEscrow(escrow, admitted);
        _accounts[escrow].word = changed.with(AccountFields.ESCROW, admitted);
        emit EscrowSet(escrow, admitted);
    }

    /// @inheritdoc IRestrictedToken
    function isEscrow(address account) public view returns (bool) {
        return _accounts[account].word.has(AccountFields.ESCROW);
    }

    // --- Force and recovery -----------------------------------------------------------------------------------------

    /// @inheritdoc IERC7943Fungible
    function forcedTransfer(address from, address to, uint256 amount) external onlyRole(TRANSFER_AGENT) returns (bool) {
        _force(from, to, amount);
        return true;
    }

    /// @inheritdoc IRestrictedToken
    function forcedTransfer(address from, address to, uint256 amount, bytes32 reason)
        external
        onlyRole(TRANSFER_AGENT)
        returns (bool)
    {
        _force(from, to, amount);
        emit ForceReason(from, to, amount, reason);
        return true;
    }

    function _force(address from, address to, uint256 amount) private {
        _checkReceiver(to);
        // A move to oneself would only lower the freeze.
        if (from == to) revert SameAccount(from);
        _forceOut(from, to, amount);
        emit ForcedTransfer(from, to, amount);
    }

    function _forceOut(address from, address to, uint256 amount) private {
        _checkSender(from);
        _move(IPolicies.Operation.Force, msg.sender, from, to, amount);
    }

    /// @inheritdoc IERC3643
    function burn(address from, uint256 amount) external onlyRole(TRANSFER_AGENT) {
        _burn(from, amount);
    }

    /// @inheritdoc IRestrictedToken
    function burn(address from, uint256 amount, bytes32 reason) external onlyRole(TRANSFER_AGENT) {
        _burn(from, amount);
        emit ForceReason(from, address(0), amount, reason);
    }

    function _burn(address from, uint256 amount) private {
        _forceOut(from, address(0), amount);
    }

    /// @inheritdoc IRestrictedToken
    function recover(address lost) public {
        address next = _current(lost);
        if (next == lost) revert NotRecovered(lost);
        Account old = _accounts[lost].word;
        if (Account.unwrap(old) == 0) return;

        uint256 frozen = _frozenUnits[lost];
        if (frozen != 0) {
            _setFrozen(lost, 0);
            _setFrozen(next, _saturatingAdd(_frozenUnits[next], frozen));
        }
        if (old.has(AccountFields.ADDRESS_FROZEN)) {
            _setAddressFrozen(lost, false);
            _setAddressFrozen(next, true);
        }
        if (old.balance() != 0) _move(IPolicies.Operation.Recover, msg.sender, lost, next, old.balance());
        emit Recovered(lost, next, old.balance(), frozen);
        emit RecoverySuccess(lost, next, address(0));
    }

    /// @inheritdoc IERC3643
    function recoveryAddress(address lostWallet, address newWallet, address) external returns (bool) {
        if (_current(lostWallet) != newWallet) revert NotRecovered(lostWallet);
        recover(lostWallet);
        return true;
    }

    /// @dev Who acts and receives for `wallet` now.
    function _current(address wallet) internal view returns (address) {
        return _identities.current(wallet);
    }

    // --- Freezing ---------------------------------------------------------------------------------------------------

    /// @inheritdoc IERC7943Fungible
    function setFrozenTokens(address account, uint256 amount) external onlyRole(COMPLIANCE) returns (bool) {
        _setFrozen(account, amount);
        return true;
    }

    /// @inheritdoc IERC3643
    function freezePartialTokens(address account, uint256 amount) external onlyRole(COMPLIANCE) {
        _freezeMore(account, amount);
    }

    /// @inheritdoc IERC3643
    function unfreezePartialTokens(address account, uint256 amount) external onlyRole(COMPLIANCE) {
        _freezeLess(account, amount);
    }

    /// @inheritdoc IERC3643
    function setAddressFrozen(address account, bool freeze) external onlyRole(COMPLIANCE) {
        _setAddressFrozen(account, freeze);
    }

    /// @inheritdoc IERC7943Fungible
    function getFrozenTokens(address account) external view returns (uint256) {
        return _frozenUnits[account];
    }

    /// @inheritdoc IERC3643
    function isFrozen(address account) public view returns (bool) {
        return _accounts[account].word.has(AccountFields.ADDRESS_FROZEN);
    }

    /// @inheritdoc IRestrictedToken
    function freeOf(address account) public view returns (uint256) {
        return _saturatingSub(balanceOf(account), _frozenUnits[account]);
    }

    /// @dev ERC-3643's form: not more than what is free.
    function _freezeMore(address account, uint256 amount) private {
        uint256 free = freeOf(account);
        if (amount > free) revert ERC7943InsufficientUnfrozenBalance(account, amount, free);
        _setFrozen(account, _frozenUnits[account] + amount);
    }

    function _freezeLess(address account, uint256 amount) private {
        uint256 frozen = _frozenUnits[account];
        if (amount > frozen) revert InsufficientFrozen(account, frozen, amount);
        _setFrozen(account, frozen - amount);
    }

    function _setFrozen(address account, uint256 amount) private {
        AccountSlot storage slot = _accounts[account];
        slot.word = _writeFrozen(account, slot.word, amount);
    }

    /// @dev Writes the freeze and returns `changed` with the flag that goes with it, for the caller to store.
    function _writeFrozen(address account, Account changed, uint256 amount) private returns (Account) {
        uint256 before = _frozenUnits[account];
        _frozenUnits[account] = amount;
        emit Frozen(account, amount);
        if (amount > before) emit TokensFrozen(account, amount - before);
        if (amount < before) emit TokensUnfrozen(account, before - amount);
        return changed.with(AccountFields.UNITS_FROZEN, amount != 0);
    }

    function _setAddressFrozen(address account, bool freeze) private {
        _checkReceiver(account); // the zero address stands for issuing and ending: it is never frozen
        AccountSlot storage slot = _accounts[account];
        slot.word = slot.word.with(AccountFields.ADDRESS_FROZEN, freeze);
        emit AddressFrozen(account, freeze, msg.sender);
    }

    // --- Pause, cap, policy, successor ------------------------------------------------------------------------------

    /// @inheritdoc IRestrictedToken
    function setPause(Pause level) external onlyRole(COMPLIANCE) {
        _setPause(level);
    }

    /// @inheritdoc IERC3643
    function pause() external onlyRole(COMPLIANCE) {
        _setPause(Pause.Transfers);
    }

    /// @inheritdoc IERC3643
    function unpause() external onlyRole(COMPLIANCE) {
        _setPause(Pause.None);
    }

    function _setPause(Pause level) private {
        if (level == Pause.Retired) revert InvalidPause(level);
        if (_pause == Pause.Retired) revert TokenRetired(_successor);
        _pause = level;
        emit PauseChanged(level, msg.sender);
        if (level == Pause.None) emit Unpaused(msg.sender);
        else emit Paused(msg.sender);
    }

    /// @inheritdoc IERC3643
    function paused() external view returns (bool) {
        return _pause != Pause.None;
    }

    /// @inheritdoc IRestrictedToken
    function pauseLevel() external view returns (Pause) {
        return _pause;
    }

    /// @inheritdoc IRestrictedToken
    function retire(address successor_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (successor_.code.length == 0) revert NotContract(successor_);
        if (successor_ == address(this)) revert SameAccount(successor_);
        if (_pause == Pause.Retired) revert TokenRetired(_successor);
        _pause = Pause.Retired;
        _successor = successor_;
        emit PauseChanged(Pause.Retired, msg.sender);
        emit Retired(successor_);
    }

    /// @inheritdoc IRestrictedToken
    function successor() external view returns (address) {
        return _successor;
    }

    /// @inheritdoc IRestrictedToken
    function cap() external view returns (uint256) {
        return _cap;
    }

    /// @inheritdoc IRestrictedToken
    function setCap(uint256 cap_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setCap(cap_);
    }

    function _setCap(uint256 cap_) private {
        if (cap_ < _supply || cap_ > type(uint128).max) revert CapExceeded(_supply, 0, cap_);
        _cap = cap_;
        emit CapChanged(cap_);
    }

    /// @inheritdoc IRestrictedToken
    function bindPolicy(uint64 policyId_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _bind(policyId_, counted);
    }

    /// @dev The registry refuses a second binding, an unknown policy and one whose owner has not allowed this token.
    function _bind(uint64 policyId_, bool counted_) internal virtual {
        _policies.bind(policyId_, counted_);
        emit PolicyBound(policyId_, counted_);
    }

    /// @inheritdoc IRestrictedToken
    function policyId() public view returns (uint64 bound) {
        (bound,) = _policies.policyOf(address(this));
    }

    /// @inheritdoc IRestrictedToken
    function policies() external view returns (address) {
        return address(_policies);
    }

    /// @inheritdoc IRestrictedToken
    function identities() external view returns (address) {
        return address(_identities);
    }

    /// @inheritdoc IRestrictedToken
    function setVault(address asset, address vault_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _vaults[asset] = vault_;
        emit VaultUpdate(asset, vault_);
    }

    /// @inheritdoc IRestrictedToken
    function vault(address asset) external view returns (address) {
        return _vaults[asset];
    }

    // --- What would be refused --------------------------------------------------------------------------------------

    /// @inheritdoc IERC7943Fungible
    function canSend(address account) public view returns (bool) {
        return !isFrozen(account) && policyId() != 0 && _policies.canSend(address(this), account);
    }

    /// @inheritdoc IERC7943Fungible
    function canReceive(address account) public view returns (bool) {
        return !isFrozen(account) && isVerified(account);
    }

    /// @inheritdoc IERC7943Fungible
    function canTransfer(address from, address to, uint256 amount) external view returns (bool) {
        if (_frozenUnits[from] != 0 && amount > freeOf(from)) return false;
        uint256 code = _restriction(from, from, to, amount);
        return code == 0 || code == RestrictionMessages.MORE_THAN_FREE;
    }

    /// @inheritdoc IERC1404
    function detectTransferRestriction(address from, address to, uint256 amount) external view returns (uint8) {
        return detectTransferRestrictionFrom(from, from, to, amount);
    }

    /// @inheritdoc IRestrictedToken
    function detectTransferRestrictionFrom(address spender, address from, address to, uint256 amount)
        public
        view
        returns (uint8)
    {
        uint256 code = _restriction(spender, from, to, amount);
        if (code == 0 && amount > freeOf(from)) code = RestrictionMessages.MORE_THAN_FREE;
        return code < 100 ? uint8(code) : uint8(100 + 10 * (code / 100) + code % 100);
    }

    /// @inheritdoc IERC1404
    function messageForTransferRestriction(uint8 code) external pure returns (string memory) {
        return RestrictionMessages.message(code);
    }

    /// @dev The first code against a transfer, 0 where there is none. A lack of balance comes last, so that it hides
    /// nothing else.
    function _restriction(address spender, address from, address to, uint256 amount) private view returns (uint256) {
        if (from == address(0) || to == address(0)) return RestrictionMessages.ZERO_ADDRESS;
        if (_pause == Pause.Retired) return RestrictionMessages.RETIRED;
        if (_pause != Pause.None) return RestrictionMessages.PAUSED;
        if (isEscrow(from) || isEscrow(to)) return RestrictionMessages.NOT_AUTHORIZED;
        if (isFrozen(from) || isFrozen(to)) return RestrictionMessages.ADDRESS_FROZEN;
        if (policyId() == 0) return RestrictionMessages.NOT_AUTHORIZED;
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

    /// @inheritdoc IERC3643
    function batchTransfer(address[] calldata toList, uint256[] calldata amounts) external {
        _checkBatch(toList.length, amounts.length);
        for (uint256 i = 0; i < toList.length; ++i) {
            _transfer(msg.sender, toList[i], amounts[i]);
        }
    }

    /// @inheritdoc IERC3643
    function batchForcedTransfer(address[] calldata fromList, address[] calldata toList, uint256[] calldata amounts)
        external
        onlyRole(TRANSFER_AGENT)
    {
        _checkBatch(fromList.length, amounts.length);
        _checkBatch(fromList.length, toList.length);
        for (uint256 i = 0; i < fromList.length; ++i) {
            _force(fromList[i], toList[i], amounts[i]);
        }
    }

    /// @inheritdoc IERC3643
    function batchMint(address[] calldata toList, uint256[] calldata amounts) external onlyRole(ISSUER) {
        _checkBatch(toList.length, amounts.length);
        for (uint256 i = 0; i < toList.length; ++i) {
            _issue(toList[i], amounts[i]);
        }
    }

    /// @inheritdoc IERC3643
    function batchBurn(address[] calldata accounts, uint256[] calldata amounts) external onlyRole(TRANSFER_AGENT) {
        _checkBatch(accounts.length, amounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            _burn(accounts[i], amounts[i]);
        }
    }

    /// @inheritdoc IERC3643
    function batchSetAddressFrozen(address[] calldata accounts, bool[] calldata freeze) external onlyRole(COMPLIANCE) {
        _checkBatch(accounts.length, freeze.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            _setAddressFrozen(accounts[i], freeze[i]);
        }
    }

    /// @inheritdoc IERC3643
    function batchFreezePartialTokens(address[] calldata accounts, uint256[] calldata amounts)
        external
        onlyRole(COMPLIANCE)
    {
        _checkBatch(accounts.length, amounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            _freezeMore(accounts[i], amounts[i]);
        }
    }

    /// @inheritdoc IERC3643
    function batchUnfreezePartialTokens(address[] calldata accounts, uint256[] calldata amounts)
        external
        onlyRole(COMPLIANCE)
    {
        _checkBatch(accounts.length, amounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            _freezeLess(accounts[i], amounts[i]);
        }
    }

    function _checkBatch(uint256 length, uint256 other) private pure {
        if (length != other) revert LengthMismatch();
        if (length > BATCH_MAX) revert BatchTooLong(length, BATCH_MAX);
    }

    /// @inheritdoc IERC3643
    function owner() external view returns (address) {
        return defaultAdmin();
    }

    function onchainID() external pure returns (address) {
        return address(0);
    }

    function version() external pure returns (string memory) {
        return "1";
    }

    /// @inheritdoc IERC3643
    function identityRegistry() external view returns (address) {
        return address(this);
    }

    /// @inheritdoc IERC3643
    function compliance() external view returns (address) {
        return address(this);
    }

    /// @inheritdoc IERC3643
    function isVerified(address account) public view returns (bool) {
        return policyId() != 0 && _policies.canReceive(address(this), account);
    }

    /// @inheritdoc IERC3643
    function contains(address account) external view returns (bool) {
        return _identities.identityOf(account) != 0;
    }

    /// @inheritdoc IERC3643
    function investorCountry(address account) external view returns (uint16) {
        return _identities.identity(_identities.identityOf(account)).country;
    }

    /// @inheritdoc IERC3643
    function isAgent(address account) external view returns (bool) {
        return hasRole(ISSUER, account) || hasRole(TRANSFER_AGENT, account) || hasRole(COMPLIANCE, account);
    }

    /// @dev ERC-3643's setters that IERC3643 leaves out, and everything unknown.
    fallback() external {
        revert NotSupported();
    }

    // --- Roles, ERC-165, arithmetic ---------------------------------------------------------------------------------

    /// @dev Nobody holds two of the three roles unless the deployer said so.
    function _grantRole(bytes32 role, address account) internal virtual override returns (bool) {
        if (!_rolesMayOverlap) {
            _checkConflict(role, ISSUER, account);
            _checkConflict(role, TRANSFER_AGENT, account);
            _checkConflict(role, COMPLIANCE, account);
        }
        return super._grantRole(role, account);
    }

    function _checkConflict(bytes32 role, bytes32 other, address account) internal view {
        if (role != other && role != DEFAULT_ADMIN_ROLE && hasRole(other, account)) {
            revert RoleConflict(account, other, role);
        }
    }

    function _checkDocumentEditor() internal view override {
        _checkRole(DEFAULT_ADMIN_ROLE);
    }

    function supportsInterface(bytes4 id) public view virtual override(AccessControl, IERC165) returns (bool) {
        return id == type(IERC20).interfaceId || id == type(IERC20Metadata).interfaceId
            || id == type(IERC20Permit).interfaceId || id == type(IERC5267).interfaceId
            || id == type(IERC7943Fungible).interfaceId || id == type(IERC1404).interfaceId
            || id == type(IERC1643).interfaceId || id == ERC3643_ID || id == this.vault.selector
            || super.supportsInterface(id);
    }

    /// @dev XOR of the 28 functions of ERC-3643's token, two of which ERC-7943 has too. The ERC names no id itself.
    bytes4 private constant ERC3643_ID = 0xb97d944c;

    function _saturatingSub(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            return a > b ? a - b : 0;
        }
    }

    function _saturatingAdd(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            return a + b < a ? type(uint256).max : a + b;
        }
    }
}
