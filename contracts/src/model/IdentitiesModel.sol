// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIdentities} from "../native/IIdentities.sol";
import {IPermissions, Roles} from "../native/IPermissions.sol";

/// @title Identities as a plain contract
/// @notice Says what the native registry does, in Solidity: the oracle it is held against, and what the templates can run
/// on where a chain has none (pass its address to their constructors). Written to be read; not for speed.
/// @dev Differs where only native code can: malformed calls revert without data instead of BadCall, value without
/// NotPayable, and its gas is its own.
contract IdentitiesModel is IIdentities {
    uint256 private constant WALLETS_MAX = 16;
    uint256 private constant REGISTRARS_MAX = 0xffffff;
    uint16 private constant COUNTRIES_END = 1000;

    struct WalletLink {
        bytes32 id;
        bool used;
        uint16 replaces; // wallets whose recovery names this one
        uint64 recoverAt;
        address successor;
    }

    struct Registrar {
        bool active;
        uint32 index;
    }

    IPermissions public immutable permissions;
    /// @notice Who may say that a wallet was credited.
    address public immutable policies;
    uint64 public immutable recoveryDelay;

    uint64 public identityCount;
    uint32 private _registrarCount;
    mapping(address account => Registrar) private _registrars;
    mapping(uint32 index => address) private _registrarAt;
    mapping(bytes32 id => Identity) private _identities;
    mapping(bytes32 id => address) private _offers;
    mapping(uint64 index => bytes32) public idAt;
    mapping(address wallet => WalletLink) private _wallets;

    constructor(IPermissions permissions_, address policies_, uint64 recoveryDelay_) {
        permissions = permissions_;
        policies = policies_;
        recoveryDelay = recoveryDelay_;
    }

    // --- Registrars -------------------------------------------------------------------------------------------------

    /// @inheritdoc IIdentities
    function addRegistrar(address account) external {
        _changeRegistrar(account, true);
    }

    /// @inheritdoc IIdentities
    function removeRegistrar(address account) external {
        _changeRegistrar(account, false);
    }

    function _changeRegistrar(address account, bool active) private {
        if (!_isRegistrarAdmin()) revert NotAuthorized(msg.sender, Roles.REGISTRAR_ADMIN);
        if (account == address(0)) revert ZeroAddress();
        Registrar storage found = _registrars[account];
        if (found.active == active) return;
        if (found.index == 0) {
            if (_registrarCount >= REGISTRARS_MAX) revert TooMany(uint256(_registrarCount) + 1, REGISTRARS_MAX);
            found.index = ++_registrarCount;
            _registrarAt[found.index] = account;
        }
        found.active = active;
        emit RegistrarChanged(account, active, msg.sender);
    }

    /// @inheritdoc IIdentities
    function registrar(address account) external view returns (bool active, uint32 index) {
        return (_registrars[account].active, _registrars[account].index);
    }

    function _isRegistrarAdmin() private view returns (bool) {
        return permissions.rolesOf(msg.sender) & Roles.REGISTRAR_ADMIN != 0;
    }

    function _isRegistrarOf(bytes32 id) private view returns (bool) {
        return _identities[id].registrar == msg.sender && _registrars[msg.sender].active;
    }

    function _own(bytes32 id) private view returns (Identity storage found) {
        found = _identities[id];
        if (found.state == State.None) revert UnknownIdentity(id);
        if (!_isRegistrarOf(id)) revert NotAuthorized(msg.sender, 0);
    }

    // --- Registration -----------------------------------------------------------------------------------------------

    /// @inheritdoc IIdentities
    function register(
        bytes32 id,
        uint16 country,
        uint64 categories,
        uint64 expiry,
        bytes32 fileHash,
        address[] calldata wallets
    ) external returns (uint64 index) {
        if (!_registrars[msg.sender].active) revert NotAuthorized(msg.sender, 0);
        if (id == 0) revert UnknownIdentity(id);
        if (country >= COUNTRIES_END) revert BadCountry(country);
        if (wallets.length > WALLETS_MAX) revert TooMany(wallets.length, WALLETS_MAX);
        if (_identities[id].state != State.None) revert IdentityExists(id);
        index = ++identityCount;
        idAt[index] = id;
        _identities[id] = Identity(index, State.Active, country, categories, expiry, msg.sender, fileHash);
        emit IdentityRegistered(id, msg.sender, index);
        _emitChanged(id);
        for (uint256 i = 0; i < wallets.length; ++i) {
            _link(id, wallets[i]);
        }
    }

    function _emitChanged(bytes32 id) private {
        Identity storage now_ = _identities[id];
        emit IdentityChanged(id, now_.state, now_.country, now_.categories, now_.expiry, now_.fileHash);
    }

    function _link(bytes32 id, address wallet) private {
        if (wallet == address(0)) revert ZeroAddress();
        if (_wallets[wallet].id != 0) revert WalletLinkedElsewhere(wallet, _wallets[wallet].id);
        _wallets[wallet].id = id;
        emit WalletLinked(id, wallet);
    }

    /// @inheritdoc IIdentities
    function linkWallet(bytes32 id, address wallet) external {
        _own(id);
        _link(id, wallet);
    }

    /// @inheritdoc IIdentities
    function unlinkWallet(address wallet) external {
        WalletLink storage link = _wallets[wallet];
        bytes32 id = link.id;
        if (id == 0) revert UnknownWallet(wallet);
        if (!_isRegistrarOf(id)) revert NotAuthorized(msg.sender, 0);
        if (link.recoverAt != 0) revert WalletRetired(wallet);
        if (link.used || link.replaces != 0) revert WalletInUse(wallet);
        link.id = 0;
        emit WalletUnlinked(id, wallet);
    }

    // --- Attributes -------------------------------------------------------------------------------------------------

    /// @inheritdoc IIdentities
    function setCountry(bytes32 id, uint16 country) external {
        Identity storage own = _own(id);
        if (country >= COUNTRIES_END) revert BadCountry(country);
        own.country = country;
        _emitChanged(id);
    }

    /// @inheritdoc IIdentities
    function setCategories(bytes32 id, uint64 categories) external {
        _own(id).categories = categories;
        _emitChanged(id);
    }

    /// @inheritdoc IIdentities
    function setExpiry(bytes32 id, uint64 expiry) external {
        _own(id).expiry = expiry;
        _emitChanged(id);
    }

    /// @inheritdoc IIdentities
    function setFileHash(bytes32 id, bytes32 fileHash) external {
        _own(id).fileHash = fileHash;
        _emitChanged(id);
    }

    /// @inheritdoc IIdentities
    function setState(bytes32 id, State state) external {
        if (state == State.None) revert BadCall();
        Identity storage own = _own(id);
        if (own.state == State.Closed) revert IdentityClosed(id);
        own.state = state;
        _emitChanged(id);
    }

    // --- From one registrar to another ------------------------------------------------------------------------------

    /// @inheritdoc IIdentities
    function offerTransfer(bytes32 id, address toRegistrar) external {
        Identity storage found = _identities[id];
        if (found.state == State.None) revert UnknownIdentity(id);
        if (!_isRegistrarOf(id)) {
            bool orphaned = !_registrars[found.registrar].active;
            if (!orphaned || !_isRegistrarAdmin()) revert NotAuthorized(msg.sender, 0);
        }
        if (toRegistrar != address(0) && !_registrars[toRegistrar].active) revert UnknownRegistrar(toRegistrar);
        _offers[id] = toRegistrar;
        emit RegistrarTransferOffered(id, found.registrar, toRegistrar);
    }

    /// @inheritdoc IIdentities
    function acceptTransfer(bytes32 id) external {
        Identity storage found = _identities[id];
        if (found.state == State.None) revert UnknownIdentity(id);
        if (_offers[id] == address(0)) revert NoTransferOffered(id);
        if (_offers[id] != msg.sender || !_registrars[msg.sender].active) revert NotAuthorized(msg.sender, 0);
        address from = found.registrar;
        found.registrar = msg.sender;
        delete _offers[id];
        emit RegistrarTransferred(id, from, msg.sender);
    }

    // --- Recovery ---------------------------------------------------------------------------------------------------

    /// @inheritdoc IIdentities
    function recover(address lost, address replacement) external {
        WalletLink storage link = _wallets[lost];
        bytes32 id = link.id;
        if (id == 0) revert UnknownWallet(lost);
        if (!_isRegistrarOf(id)) revert NotAuthorized(msg.sender, 0);
        if (replacement == address(0)) revert ZeroAddress();
        if (link.recoverAt != 0 || lost == replacement) revert WalletRetired(lost);
        WalletLink storage next = _wallets[replacement];
        if (next.id == 0) _link(id, replacement);
        if (next.id != id) revert WalletLinkedElsewhere(replacement, next.id);
        if (next.recoverAt != 0) revert WalletRetired(replacement);
        if (next.replaces == type(uint16).max) revert TooMany(uint256(next.replaces) + 1, next.replaces);
        uint256 effective = block.timestamp + recoveryDelay;
        // At least 1, which says "announced"; a sum beyond 64 bits never comes into effect.
        link.recoverAt = effective > type(uint64).max ? type(uint64).max : effective == 0 ? 1 : uint64(effective);
        link.successor = replacement;
        ++next.replaces;
        emit RecoveryAnnounced(id, lost, replacement, link.recoverAt);
    }

    /// @inheritdoc IIdentities
    function cancelRecovery(address lost) external {
        WalletLink storage link = _wallets[lost];
        if (link.recoverAt == 0) revert NoRecovery(lost);
        if (msg.sender != lost && !_isRegistrarOf(link.id) && !_isRegistrarAdmin()) {
            revert NotAuthorized(msg.sender, 0);
        }
        if (block.timestamp >= link.recoverAt) revert RecoveryInEffect(lost);
        address replacement = link.successor;
        link.recoverAt = 0;
        link.successor = address(0);
        --_wallets[replacement].replaces;
        emit RecoveryCancelled(link.id, lost, replacement, msg.sender);
    }

    /// @inheritdoc IIdentities
    function current(address wallet) external view returns (address) {
        while (_wallets[wallet].recoverAt != 0 && block.timestamp >= _wallets[wallet].recoverAt) {
            wallet = _wallets[wallet].successor;
        }
        return wallet;
    }

    /// @notice `wallet` was credited counted units. Caller: Policies.
    function markUsed(address wallet) external {
        if (msg.sender != policies) revert NotAuthorized(msg.sender, 0);
        _wallets[wallet].used = true;
    }

    // --- Views ------------------------------------------------------------------------------------------------------

    /// @inheritdoc IIdentities
    function identityOf(address wallet) external view returns (bytes32 id) {
        return _wallets[wallet].id;
    }

    /// @inheritdoc IIdentities
    function walletOf(address wallet) external view returns (Wallet memory) {
        WalletLink storage link = _wallets[wallet];
        return Wallet(link.id, link.used || link.replaces != 0, link.recoverAt, link.successor);
    }

    /// @inheritdoc IIdentities
    function identity(bytes32 id) external view returns (Identity memory) {
        return _identities[id];
    }

    fallback() external {
        revert BadCall();
    }
}
