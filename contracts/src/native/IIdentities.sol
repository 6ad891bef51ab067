// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INative} from "./INative.sol";

/// @dev The registry of known holders.
IIdentities constant IDENTITIES = IIdentities(0x0000000000000000000000000000000000007a02);

/// @title Identities: legal persons and their wallets
/// @notice An identity has any number of wallets; a wallet belongs to one identity. Registrars write their own
/// identities only; which registrars a token trusts is its policy's rule. No personal data is kept.
interface IIdentities is INative {
    /// @dev Active; Suspended: nothing moves and nothing is lost; Closed: for ever.
    enum State {
        None,
        Active,
        Suspended,
        Closed
    }

    struct Identity {
        /// Position in the registry, from 1, never reused.
        uint64 index;
        State state;
        /// ISO 3166-1 numeric, below 1000; 0 = not set, which no country rule allows.
        uint16 country;
        /// One bit a category; the registrars' customers agree on their meaning.
        uint64 categories;
        /// The check of this identity has lapsed from this second on: it may leave, it may not enter.
        uint64 expiry;
        address registrar;
        /// Salted hash of the file kept off the chain.
        bytes32 fileHash;
    }

    struct Wallet {
        /// 0 where nobody knows the wallet.
        bytes32 id;
        /// It has held counted units, or is a successor: its link is for ever.
        bool used;
        /// When its recovery takes effect (seconds since 1970); 0 = none announced. A wallet with a recovery announced
        /// is refused (209) at once.
        uint64 recoverAt;
        /// Who replaces it from `recoverAt` on; zero = none announced.
        address successor;
    }

    event RegistrarChanged(address indexed registrar, bool active, address indexed by);
    event IdentityRegistered(bytes32 indexed id, address indexed registrar, uint64 index);

    /// @notice `id` now has these attributes; emitted at registration too.
    event IdentityChanged(
        bytes32 indexed id, State state, uint16 country, uint64 categories, uint64 expiry, bytes32 fileHash
    );
    event WalletLinked(bytes32 indexed id, address indexed wallet);
    event WalletUnlinked(bytes32 indexed id, address indexed wallet);

    /// @notice The registrar of `id` offers it to `to`; the zero address withdraws the offer.
    event RegistrarTransferOffered(bytes32 indexed id, address indexed from, address indexed to);
    event RegistrarTransferred(bytes32 indexed id, address indexed from, address indexed to);

    /// @notice `lost` is blocked now; from `effectiveAt` on `replacement` acts and receives for it.
    event RecoveryAnnounced(bytes32 indexed id, address indexed lost, address indexed replacement, uint64 effectiveAt);
    event RecoveryCancelled(bytes32 indexed id, address indexed lost, address indexed replacement, address by);

    error UnknownIdentity(bytes32 id);
    error IdentityExists(bytes32 id);
    error IdentityClosed(bytes32 id);
    error UnknownRegistrar(address registrar);
    error UnknownWallet(address wallet);
    error WalletLinkedElsewhere(address wallet, bytes32 id);

    /// @notice The link stands for ever: the wallet has held counted units or replaces another.
    error WalletInUse(address wallet);

    /// @notice A recovery of `wallet` is announced or in effect.
    error WalletRetired(address wallet);
    error NoRecovery(address wallet);

    /// @notice The recovery is in effect and cannot be cancelled any more.
    error RecoveryInEffect(address wallet);
    error NoTransferOffered(bytes32 id);
    error BadCountry(uint16 country);
    error TooMany(uint256 count, uint256 max);

    /// @notice Names `registrar`. Needs REGISTRAR_ADMIN.
    function addRegistrar(address registrar) external;

    /// @notice Removes `registrar`: it writes no more; what it registered stays. Needs REGISTRAR_ADMIN.
    function removeRegistrar(address registrar) external;

    /// @notice Whether `account` is a registrar now, and its index from 1 (0 = never was one).
    function registrar(address account) external view returns (bool active, uint32 index);

    /// @notice Registers an active identity with its first wallets. Caller: a registrar.
    /// @param id Not zero, unique on this chain.
    /// @param wallets At most 16, each linked to nobody.
    /// @dev Reverts NotAuthorized, IdentityExists, UnknownIdentity (id zero), BadCountry, TooMany, ZeroAddress,
    /// WalletLinkedElsewhere.
    function register(
        bytes32 id,
        uint16 country,
        uint64 categories,
        uint64 expiry,
        bytes32 fileHash,
        address[] calldata wallets
    ) external returns (uint64 index);

    /// @notice Attributes, each written by the identity's registrar. `setState` cannot leave Closed and cannot set None.
    function setCountry(bytes32 id, uint16 country) external;
    function setCategories(bytes32 id, uint64 categories) external;
    function setExpiry(bytes32 id, uint64 expiry) external;
    function setFileHash(bytes32 id, bytes32 fileHash) external;
    function setState(bytes32 id, State state) external;

    /// @notice Links `wallet`, which is linked to nobody, to `id`. Caller: the identity's registrar.
    function linkWallet(bytes32 id, address wallet) external;

    /// @notice Undoes a link before the wallet's first counted unit. Caller: the identity's registrar.
    /// @dev Reverts UnknownWallet, WalletInUse, WalletRetired, NotAuthorized.
    function unlinkWallet(address wallet) external;

    /// @notice Offers `id` to another registrar. Caller: its registrar, or REGISTRAR_ADMIN where that one was removed.
    function offerTransfer(bytes32 id, address toRegistrar) external;

    /// @notice Takes over `id`. Caller: the registrar it was offered to.
    function acceptTransfer(bytes32 id) external;

    /// @notice Announces that `replacement` takes the place of `lost`: `lost` is blocked at once, the replacement takes
    /// effect `recoveryDelay` later. Caller: the identity's registrar.
    /// @param replacement A wallet of the same identity, or one linked to nobody, which this call links.
    /// @dev Reverts UnknownWallet, WalletRetired (either is blocked), WalletLinkedElsewhere, ZeroAddress, NotAuthorized.
    function recover(address lost, address replacement) external;

    /// @notice Takes a recovery back before it is in effect; the replacement stays linked.
    /// Caller: `lost` itself, its registrar, or REGISTRAR_ADMIN.
    /// @dev Reverts NoRecovery, RecoveryInEffect, NotAuthorized.
    function cancelRecovery(address lost) external;

    /// @notice Who acts and receives for `wallet` now: the end of its chain of recoveries in effect, else itself.
    function current(address wallet) external view returns (address);

    /// @notice The identity `wallet` is linked to; 0 where nobody knows it.
    function identityOf(address wallet) external view returns (bytes32 id);

    function walletOf(address wallet) external view returns (Wallet memory);

    /// @notice All of an identity. `state` is None (and the rest 0) where `id` is not registered.
    function identity(bytes32 id) external view returns (Identity memory);

    /// @notice The id at `index` (from 1); 0 beyond the last.
    function idAt(uint64 index) external view returns (bytes32 id);
    function identityCount() external view returns (uint64);

    /// @notice Seconds between the announcement of a recovery and its effect.
    function recoveryDelay() external view returns (uint64);
}
