// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {RestrictedToken} from "./RestrictedToken.sol";
import {ICashToken} from "./interfaces/ICashToken.sol";
import {IERC3009} from "./interfaces/IERC3009.sol";
import {TokenTerms} from "./interfaces/IRestrictedToken.sol";
import {IPolicies} from "./native/IPolicies.sol";

/// @title CashToken
/// @notice See ICashToken. The token is its own escrow: units asked back wait in its own account.
contract CashToken is ICashToken, RestrictedToken {
    bytes32 public constant MINTER = ISSUER;
    bytes32 public constant ATTESTOR = keccak256("ATTESTOR");

    bytes32 private constant TRANSFER_TYPEHASH = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant RECEIVE_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant CANCEL_TYPEHASH = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");

    uint256 internal constant GRACE_FROM = 26 hours;
    uint256 internal constant STALE_FROM = 50 hours;

    Attestation private _attestation;
    mapping(address minter => uint256) private _minterAllowances;
    mapping(uint256 id => Redemption) private _redemptions;
    mapping(address authorizer => mapping(bytes32 nonce => bool)) private _authorizations;
    uint128 private _minted;
    uint128 private _redemptionCount;

    constructor(TokenTerms memory terms) RestrictedToken(terms) {}

    // --- Reserve and minting ----------------------------------------------------------------------------------------

    /// @inheritdoc ICashToken
    function attest(uint256 reserve, uint64 asOf, bytes32 documentHash) external onlyRole(ATTESTOR) {
        uint64 last = _attestation.asOf;
        if (asOf <= last || asOf > block.timestamp) revert AttestationTime(asOf, last, block.timestamp);
        if (reserve > type(uint128).max) revert ReserveExceeded(0, reserve, type(uint128).max);
        _attestation = Attestation(uint128(reserve), asOf, documentHash);
        emit Attested(reserve, asOf, documentHash, msg.sender);
        if (reserve < totalSupply()) emit ReserveBelowSupply(reserve, totalSupply());
    }

    /// @inheritdoc ICashToken
    function attestation() external view returns (Attestation memory) {
        return _attestation;
    }

    /// @inheritdoc ICashToken
    function setMinterAllowance(address minter, uint256 allowance_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _minterAllowances[minter] = allowance_;
        emit MinterAllowanceSet(minter, allowance_);
    }

    /// @inheritdoc ICashToken
    function minterAllowance(address minter) external view returns (uint256) {
        return _minterAllowances[minter];
    }

    /// @dev All minting comes through here.
    function _issue(address to, uint256 amount) internal override {
        // What lies in an escrow, this token's own account among them, is what holders put in: its books would not know
        // of cash minted into it, and nobody would ever get it out.
        if (_isEscrow(to)) revert EscrowOnly(to);
        uint256 allowed = _minterAllowances[msg.sender];
        if (amount > allowed) revert MinterAllowanceExceeded(msg.sender, allowed, amount);
        uint64 asOf = _attestation.asOf;
        uint256 age = block.timestamp - asOf;
        if (age >= STALE_FROM) revert ReserveStale(asOf, age);
        uint256 supply = totalSupply();
        uint256 reserve = _attestation.reserve;
        // A lower attestation may have put the reserve below the supply.
        if (supply > reserve || amount > reserve - supply) revert ReserveExceeded(supply, amount, reserve);
        if (age >= GRACE_FROM) emit ReserveInGrace(asOf, age);
        unchecked {
            // amount <= allowed, and the sum of all mints is bounded below.
            _minterAllowances[msg.sender] = allowed - amount;
        }
        _minted += uint128(amount); // amount <= reserve < 2^128; checked, since burning lets the sum outgrow the supply
        super._issue(to, amount);
    }

    /// @inheritdoc ICashToken
    function minted() external view returns (uint256) {
        return _minted;
    }

    /// @inheritdoc ICashToken
    function burned() external view returns (uint256) {
        return _minted - totalSupply();
    }

    // --- Redemption -------------------------------------------------------------------------------------------------

    /// @inheritdoc ICashToken
    function requestRedemption(uint256 amount, bytes32 account) external returns (uint256 id) {
        id = ++_redemptionCount;
        _move(IPolicies.Operation.Redeem, address(this), msg.sender, address(this), amount);
        // The move has shown that amount <= balance < 2^128.
        _redemptions[id] = Redemption(msg.sender, RedemptionState.Requested, uint128(amount), 0);
        emit RedemptionRequested(id, msg.sender, amount, account);
    }

    /// @inheritdoc ICashToken
    function payRedemption(uint256 id, bytes32 bankReference) external onlyRole(MINTER) {
        (address holder, uint256 amount) = _close(id, RedemptionState.Paid, bankReference);
        // A return would be asked the same: while it is refused nothing is lost and nothing moves.
        address payee = _current(holder);
        _checkPreview(IPolicies.Operation.Return, address(this), address(this), payee, payee);
        _move(IPolicies.Operation.Redeem, address(this), address(this), address(0), amount);
        emit RedemptionPaid(id, holder, amount, bankReference);
    }

    /// @inheritdoc ICashToken
    function returnRedemption(uint256 id, bytes32 reason) external onlyRole(MINTER) {
        (address holder, uint256 amount) = _close(id, RedemptionState.Returned, reason);
        _move(IPolicies.Operation.Return, address(this), address(this), _current(holder), amount);
        emit RedemptionReturned(id, holder, amount, reason);
    }

    /// @inheritdoc ICashToken
    function redemption(uint256 id) external view returns (Redemption memory) {
        return _redemptions[id];
    }

    /// @inheritdoc ICashToken
    function redemptionsOpen() external view returns (uint256) {
        return balanceOf(address(this));
    }

    function _close(uint256 id, RedemptionState state, bytes32 bankReference)
        private
        returns (address holder, uint256 amount)
    {
        Redemption storage closed = _redemptions[id];
        if (closed.state != RedemptionState.Requested) revert RedemptionNotOpen(id, closed.state);
        closed.state = state;
        closed.bankReference = bankReference;
        return (closed.holder, closed.amount);
    }

    /// @dev Said twice by what this contract inherits.
    function nonces(address owner_) public view override(IERC20Permit, RestrictedToken) returns (uint256) {
        return super.nonces(owner_);
    }

    // --- ERC-3009 ---------------------------------------------------------------------------------------------------

    /// @inheritdoc IERC3009
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool) {
        return _authorizations[authorizer][nonce];
    }

    /// @inheritdoc IERC3009
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        _transferSigned(
            TRANSFER_TYPEHASH, from, to, value, validAfter, validBefore, nonce, abi.encodePacked(r, s, v)
        );
    }

    /// @inheritdoc IERC3009
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        _transferSigned(TRANSFER_TYPEHASH, from, to, value, validAfter, validBefore, nonce, signature);
    }

    /// @inheritdoc IERC3009
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        _checkPayee(to);
        _transferSigned(
            RECEIVE_TYPEHASH, from, to, value, validAfter, validBefore, nonce, abi.encodePacked(r, s, v)
        );
    }

    /// @inheritdoc IERC3009
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        _checkPayee(to);
        _transferSigned(RECEIVE_TYPEHASH, from, to, value, validAfter, validBefore, nonce, signature);
    }

    /// @inheritdoc IERC3009
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external {
        _cancelSigned(authorizer, nonce, abi.encodePacked(r, s, v));
    }

    /// @inheritdoc IERC3009
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external {
        _cancelSigned(authorizer, nonce, signature);
    }

    function _transferSigned(
        bytes32 typehash,
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) private {
        if (block.timestamp <= validAfter || block.timestamp >= validBefore) {
            revert AuthorizationNotValid(validAfter, validBefore, block.timestamp);
        }
        _spend(from, nonce, keccak256(abi.encode(typehash, from, to, value, validAfter, validBefore, nonce)), signature);
        emit AuthorizationUsed(from, nonce);
        // The caller is the actor: Policies judge it as they judge a spender.
        _transfer(from, to, value);
    }

    function _cancelSigned(address authorizer, bytes32 nonce, bytes memory signature) private {
        _spend(authorizer, nonce, keccak256(abi.encode(CANCEL_TYPEHASH, authorizer, nonce)), signature);
        emit AuthorizationCanceled(authorizer, nonce);
    }

    /// @dev Marks the nonce as used before anybody is asked.
    function _spend(address authorizer, bytes32 nonce, bytes32 structHash, bytes memory signature) private {
        if (_authorizations[authorizer][nonce]) revert AuthorizationSpent(authorizer, nonce);
        _authorizations[authorizer][nonce] = true;
        bytes32 digest = _hashTypedDataV4(structHash);
        if (!SignatureChecker.isValidSignatureNow(authorizer, digest, signature)) {
            revert AuthorizationNotSigned(authorizer);
        }
    }

    function _checkPayee(address to) private view {
        if (msg.sender != to) revert NotPayee(msg.sender, to);
    }

    // --- Roles and binding ------------------------------------------------------------------------------------------

    /// @dev Whoever attests the reserve never mints, whatever else roles may overlap.
    function _grantRole(bytes32 role, address account) internal override returns (bool) {
        if (role == MINTER) _checkConflict(role, ATTESTOR, account);
        if (role == ATTESTOR) _checkConflict(role, MINTER, account);
        return super._grantRole(role, account);
    }

    function _bind(uint64 policyId_, bool counted_) internal override {
        super._bind(policyId_, counted_);
        _setEscrow(address(this), true);
    }
}
