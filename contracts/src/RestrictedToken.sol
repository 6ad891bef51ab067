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
import {Extended} from "./Extended.sol";
import {IERC1404} from "./interfaces/IERC1404.sol";
import {IERC1643} from "./interfaces/IERC1643.sol";
import {IERC3643} from "./interfaces/IERC3643.sol";
import {IERC7943Fungible} from "./interfaces/IERC7943.sol";
import {IEncumbrances} from "./interfaces/IEncumbrances.sol";
import {IRestrictedToken, TokenTerms} from "./interfaces/IRestrictedToken.sol";
import {IPolicies} from "./native/IPolicies.sol";
import {AccountFields} from "./token/Account.sol";
import {Documents} from "./token/Documents.sol";
import {RestrictedTokenExtension} from "./token/RestrictedTokenExtension.sol";
import {TokenCore} from "./token/TokenCore.sol";

/// @title RestrictedToken
/// @notice See IRestrictedToken. Written here: ERC-20, issuing, redeeming, escrows, roles and documents. The rest is in
/// RestrictedTokenExtension.
contract RestrictedToken is IRestrictedToken, TokenCore, AccessRoles, EIP712, Nonces, Documents, Extended {
    using ShortStrings for string;
    using ShortStrings for ShortString;

    bytes32 public constant ISSUER = ISSUER_ROLE;
    bytes32 public constant TRANSFER_AGENT = TRANSFER_AGENT_ROLE;
    bytes32 public constant COMPLIANCE = COMPLIANCE_ROLE;

    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    ShortString private immutable _symbol;
    bool public immutable counted;
    bool private immutable _rolesMayOverlap;

    constructor(TokenTerms memory terms)
        TokenCore(terms.policies, terms.identities)
        AccessRoles(terms.admin)
        EIP712(terms.name, "1")
        Extended(address(new RestrictedTokenExtension(terms.policies, terms.identities)))
    {
        _symbol = terms.symbol.toShortString();
        counted = terms.counted;
        _rolesMayOverlap = terms.rolesMayOverlap;
        _setCap(terms.cap);
        if (terms.issuer != address(0)) _grantRole(ISSUER, terms.issuer);
        if (terms.transferAgent != address(0)) _grantRole(TRANSFER_AGENT, terms.transferAgent);
        if (terms.compliance != address(0)) _grantRole(COMPLIANCE, terms.compliance);
        if (terms.policyId != 0) _bind(terms.policyId, terms.counted);
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
        _checkPreview(IPolicies.Operation.Transfer, msg.sender, owner_, owner_, msg.sender);
    }

    /// @dev Reverts with the first refusal of `who` that Policies foresee for a movement of no amount.
    function _checkPreview(IPolicies.Operation operation, address actor, address from, address to, address who)
        internal
        view
    {
        IPolicies.Refusal[] memory found = _policies.preview(address(this), operation, actor, from, to, 0);
        for (uint256 i = 0; i < found.length; ++i) {
            if (found[i].who == who) {
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

    /// @inheritdoc IERC3643
    function batchMint(address[] calldata toList, uint256[] calldata amounts) external onlyRole(ISSUER) {
        _checkBatch(toList.length, amounts.length);
        for (uint256 i = 0; i < toList.length; ++i) {
            _issue(toList[i], amounts[i]);
        }
    }

    /// @inheritdoc IRestrictedToken
    function migrateIn(address holder, uint256 amount, uint256 frozen, bool addressFrozen) external {
        if (msg.sender != _predecessor) revert NotPredecessor(msg.sender, _predecessor);
        _issue(holder, amount);
        if (frozen != 0) _setFrozen(holder, _saturatingAdd(_frozenUnits[holder], frozen));
        if (addressFrozen) _setAddressFrozen(holder, true);
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
        if (!_isEscrow(msg.sender)) revert NotEscrow(msg.sender);
    }

    // --- Policy and state -------------------------------------------------------------------------------------------

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
    function policyId() external view returns (uint64 bound) {
        return _policyId();
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
    function isEscrow(address account) external view returns (bool) {
        return _isEscrow(account);
    }

    /// @inheritdoc IRestrictedToken
    function freeOf(address account) external view returns (uint256) {
        return _freeOf(account);
    }

    /// @inheritdoc IERC7943Fungible
    function getFrozenTokens(address account) external view returns (uint256) {
        return _frozenUnits[account];
    }

    /// @inheritdoc IERC3643
    function isFrozen(address account) external view returns (bool) {
        return _accounts[account].word.has(AccountFields.ADDRESS_FROZEN);
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
    function successor() external view returns (address) {
        return _successor;
    }

    /// @inheritdoc IRestrictedToken
    function predecessor() external view returns (address) {
        return _predecessor;
    }

    /// @inheritdoc IRestrictedToken
    function cap() external view returns (uint256) {
        return _cap;
    }

    /// @inheritdoc IRestrictedToken
    function vault(address asset) external view returns (address) {
        return _vaults[asset];
    }

    // --- ERC-3643's views -------------------------------------------------------------------------------------------

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
    function isAgent(address account) external view returns (bool) {
        return hasRole(ISSUER, account) || hasRole(TRANSFER_AGENT, account) || hasRole(COMPLIANCE, account);
    }

    // --- In the extension: force, recovery, freezing -----------------------------------------------------------------
    /// @inheritdoc IERC7943Fungible
    function forcedTransfer(address, address, uint256) external returns (bool) {
        _extend();
    }

    /// @inheritdoc IRestrictedToken
    function forcedTransfer(address, address, uint256, bytes32) external returns (bool) {
        _extend();
    }

    /// @inheritdoc IERC3643
    function burn(address, uint256) external {
        _extend();
    }

    /// @inheritdoc IRestrictedToken
    function burn(address, uint256, bytes32) external {
        _extend();
    }

    /// @inheritdoc IRestrictedToken
    function recover(address) external {
        _extend();
    }

    /// @inheritdoc IERC3643
    function recoveryAddress(address, address, address) external returns (bool) {
        _extend();
    }

    /// @inheritdoc IERC7943Fungible
    function setFrozenTokens(address, uint256) external returns (bool) {
        _extend();
    }

    /// @inheritdoc IERC3643
    function freezePartialTokens(address, uint256) external {
        _extend();
    }

    /// @inheritdoc IERC3643
    function unfreezePartialTokens(address, uint256) external {
        _extend();
    }

    /// @inheritdoc IERC3643
    function setAddressFrozen(address, bool) external {
        _extend();
    }

    // --- In the extension: administration ----------------------------------------------------------------------------
    /// @inheritdoc IRestrictedToken
    function setEscrow(address, bool) external {
        _extend();
    }

    /// @inheritdoc IRestrictedToken
    function setPause(Pause) external {
        _extend();
    }

    /// @inheritdoc IERC3643
    function pause() external {
        _extend();
    }

    /// @inheritdoc IERC3643
    function unpause() external {
        _extend();
    }

    /// @inheritdoc IRestrictedToken
    function setCap(uint256) external {
        _extend();
    }

    /// @inheritdoc IRestrictedToken
    function setVault(address, address) external {
        _extend();
    }

    /// @inheritdoc IRestrictedToken
    function retire(address) external {
        _extend();
    }

    /// @inheritdoc IRestrictedToken
    function setPredecessor(address) external {
        _extend();
    }

    /// @inheritdoc IRestrictedToken
    function migrate(address[] calldata) external {
        _extend();
    }

    // --- In the extension: pledges, locks, settlement ----------------------------------------------------------------
    /// @inheritdoc IEncumbrances
    function setAdmitted(address, uint8) external {
        _extend();
    }

    /// @inheritdoc IEncumbrances
    function admitted(address) external view returns (uint8) {
        _extendView();
    }

    /// @inheritdoc IEncumbrances
    function pledge(address, address, uint256) external {
        _extend();
    }

    /// @inheritdoc IEncumbrances
    function releasePledge(address, uint256) external {
        _extend();
    }

    /// @inheritdoc IEncumbrances
    function seize(address, address, uint256) external {
        _extend();
    }

    /// @inheritdoc IEncumbrances
    function pledgeOf(address, address) external view returns (uint256) {
        _extendView();
    }

    /// @inheritdoc IEncumbrances
    function seizableOf(address, address) external view returns (uint256) {
        _extendView();
    }

    /// @inheritdoc IEncumbrances
    function pledgedOf(address) external view returns (uint256) {
        _extendView();
    }

    /// @inheritdoc IEncumbrances
    function lock(address, uint256, uint64, uint64) external {
        _extend();
    }

    /// @inheritdoc IEncumbrances
    function unlock(address, uint64) external {
        _extend();
    }

    /// @inheritdoc IEncumbrances
    function settle(uint64, IPolicies.Movement[] calldata) external {
        _extend();
    }

    /// @inheritdoc IEncumbrances
    function lockedOf(address) external view returns (uint256) {
        _extendView();
    }

    /// @inheritdoc IEncumbrances
    function locksOf(address) external view returns (Lock[] memory) {
        _extendView();
    }

    // --- In the extension: batches, and what would be refused --------------------------------------------------------
    /// @inheritdoc IERC3643
    function batchTransfer(address[] calldata, uint256[] calldata) external {
        _extend();
    }

    /// @inheritdoc IERC3643
    function batchForcedTransfer(address[] calldata, address[] calldata, uint256[] calldata) external {
        _extend();
    }

    /// @inheritdoc IERC3643
    function batchBurn(address[] calldata, uint256[] calldata) external {
        _extend();
    }

    /// @inheritdoc IERC3643
    function batchSetAddressFrozen(address[] calldata, bool[] calldata) external {
        _extend();
    }

    /// @inheritdoc IERC3643
    function batchFreezePartialTokens(address[] calldata, uint256[] calldata) external {
        _extend();
    }

    /// @inheritdoc IERC3643
    function batchUnfreezePartialTokens(address[] calldata, uint256[] calldata) external {
        _extend();
    }

    /// @inheritdoc IERC7943Fungible
    function canSend(address) external view returns (bool) {
        _extendView();
    }

    /// @inheritdoc IERC7943Fungible
    function canReceive(address) external view returns (bool) {
        _extendView();
    }

    /// @inheritdoc IERC7943Fungible
    function canTransfer(address, address, uint256) external view returns (bool) {
        _extendView();
    }

    /// @inheritdoc IERC1404
    function detectTransferRestriction(address, address, uint256) external view returns (uint8) {
        _extendView();
    }

    /// @inheritdoc IRestrictedToken
    function detectTransferRestrictionFrom(address, address, address, uint256) external view returns (uint8) {
        _extendView();
    }

    /// @inheritdoc IERC1404
    function messageForTransferRestriction(uint8) external view returns (string memory) {
        _extendView();
    }

    /// @inheritdoc IERC3643
    function isVerified(address) external view returns (bool) {
        _extendView();
    }

    /// @inheritdoc IERC3643
    function contains(address) external view returns (bool) {
        _extendView();
    }

    /// @inheritdoc IERC3643
    function investorCountry(address) external view returns (uint16) {
        _extendView();
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
}
