// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {ICustodyAccount} from "./interfaces/ICustodyAccount.sol";

/// @title CustodyAccount
/// @notice See ICustodyAccount.
contract CustodyAccount is ICustodyAccount, EIP712, ERC165 {
    uint256 public constant SIGNERS_MAX = 16;
    uint256 public constant DATA_MAX = 16_384;
    uint256 public constant OPEN_FOR = 7 days;

    uint256 private constant SIGNATURE_BYTES = 65;
    bytes32 private constant MESSAGE_TYPEHASH = keccak256("CustodyMessage(bytes32 hash)");

    struct Spent {
        uint128 amount;
        uint40 day;
    }

    address[] private _signers;
    uint256 public threshold;
    uint256 private _operationCount;
    /// @dev Rises with each signer who joins; a signer's own number, 0 = none, is what an approval is written under.
    uint64 private _joined;
    mapping(address account => uint64) private _memberships;
    mapping(address token => Limit) private _limits;
    mapping(address token => Spent) private _spent;
    mapping(uint256 id => Operation) private _operations;
    mapping(uint256 id => mapping(address signer => uint64 membership)) private _approvals;

    constructor(address[] memory signers_, uint256 threshold_) EIP712("Talea CustodyAccount", "1") {
        for (uint256 i = 0; i < signers_.length; ++i) {
            _add(signers_[i]);
        }
        _setThreshold(threshold_);
    }

    receive() external payable {}

    modifier onlySigner() {
        if (_memberships[msg.sender] == 0) revert NotSigner(msg.sender);
        _;
    }

    modifier onlyItself() {
        if (msg.sender != address(this)) revert OnlyItself(msg.sender);
        _;
    }

    // ---------------------------------------------------------------- operations

    /// @inheritdoc ICustodyAccount
    function pay(address token, address to, uint128 amount) external onlySigner returns (uint256 id) {
        id = _propose(token, 0, abi.encodeCall(IERC20.transfer, (to, amount)));
        Operation storage made = _operations[id];
        (made.token, made.to, made.amount) = (token, to, amount);
        _approve(id);
    }

    /// @inheritdoc ICustodyAccount
    function propose(address target, uint256 value, bytes calldata data) external onlySigner returns (uint256 id) {
        if (data.length > DATA_MAX) revert DataTooLong(data.length, DATA_MAX);
        id = _propose(target, value, data);
        _approve(id);
    }

    function _propose(address target, uint256 value, bytes memory data) private returns (uint256 id) {
        id = ++_operationCount;
        Operation storage made = _operations[id];
        (made.target, made.value, made.data, made.proposer) = (target, value, data, msg.sender);
        made.expiry = uint40(block.timestamp + OPEN_FOR);
        made.state = OperationState.Open;
        emit Proposed(id, msg.sender, target, value, data, made.expiry);
    }

    /// @inheritdoc ICustodyAccount
    function approve(uint256 id) external onlySigner {
        _checkOpen(id);
        if (_approvals[id][msg.sender] == _memberships[msg.sender]) revert ApprovedBefore(id, msg.sender);
        _approve(id);
    }

    function _approve(uint256 id) private {
        _approvals[id][msg.sender] = _memberships[msg.sender];
        uint256 count = approvals(id);
        emit Approved(id, msg.sender, count);
        if (_mayExecute(id, count)) _execute(id, count);
    }

    /// @inheritdoc ICustodyAccount
    function execute(uint256 id) external onlySigner {
        _checkOpen(id);
        uint256 count = approvals(id);
        if (!_mayExecute(id, count)) revert MoreKeysNeeded(id, count, threshold);
        _execute(id, count);
    }

    /// @inheritdoc ICustodyAccount
    function cancel(uint256 id) external {
        Operation storage operation_ = _operations[id];
        if (operation_.state != OperationState.Open) revert OperationNotOpen(id, operation_.state);
        if (operation_.proposer != msg.sender) revert NotSigner(msg.sender);
        operation_.state = OperationState.Cancelled;
        emit Cancelled(id, msg.sender);
    }

    function _checkOpen(uint256 id) private view {
        Operation storage operation_ = _operations[id];
        if (operation_.state != OperationState.Open) revert OperationNotOpen(id, operation_.state);
        if (block.timestamp > operation_.expiry) revert OperationExpired(id, operation_.expiry);
    }

    function _mayExecute(uint256 id, uint256 count) private view returns (bool) {
        return count >= threshold || _isWithinLimit(_operations[id], count);
    }

    function _isWithinLimit(Operation storage operation_, uint256 count) private view returns (bool) {
        address token = operation_.token;
        if (token == address(0)) return false;
        Limit memory limit = _limits[token];
        return limit.keys != 0 && count >= limit.keys && spentToday(token) + operation_.amount <= limit.perDay;
    }

    function _execute(uint256 id, uint256 count) private {
        Operation storage operation_ = _operations[id];
        operation_.state = OperationState.Executed;
        if (count < threshold) {
            address token = operation_.token;
            // At most the limit, which has 128 bits.
            uint256 spent = spentToday(token) + operation_.amount;
            _spent[token] = Spent(uint128(spent), uint40(_today()));
            emit PaidByFew(id, token, operation_.to, operation_.amount, spent);
        }
        emit Executed(id, msg.sender, count);
        bytes memory answer = Address.functionCallWithValue(operation_.target, operation_.data, operation_.value);
        // A token that answers false has not paid.
        if (operation_.token != address(0) && answer.length != 0 && !abi.decode(answer, (bool))) {
            revert Errors.FailedCall();
        }
    }

    function _today() private view returns (uint256) {
        return block.timestamp / 1 days;
    }

    // ---------------------------------------------------------------- signers, threshold, limits

    /// @inheritdoc ICustodyAccount
    function addSigner(address signer) external onlyItself {
        _add(signer);
    }

    /// @inheritdoc ICustodyAccount
    function removeSigner(address signer) external onlyItself {
        _remove(signer);
        if (threshold > _signers.length) revert BadThreshold(threshold, _signers.length);
    }

    /// @inheritdoc ICustodyAccount
    function replaceSigner(address lost, address replacement) external onlyItself {
        _remove(lost);
        _add(replacement);
    }

    /// @inheritdoc ICustodyAccount
    function setThreshold(uint256 threshold_) external onlyItself {
        _setThreshold(threshold_);
    }

    /// @inheritdoc ICustodyAccount
    function setLimit(address token, uint128 perDay, uint8 keys) external onlyItself {
        if ((keys == 0) != (perDay == 0)) revert BadLimit(keys, threshold);
        if (keys >= threshold && keys != 0) revert BadLimit(keys, threshold);
        _limits[token] = Limit(perDay, keys);
        emit LimitSet(token, perDay, keys);
    }

    function _add(address signer) private {
        if (signer == address(0) || signer == address(this) || _memberships[signer] != 0) revert BadSigner(signer);
        if (_signers.length == SIGNERS_MAX) revert BadThreshold(threshold, SIGNERS_MAX + 1);
        _signers.push(signer);
        _memberships[signer] = ++_joined;
        emit SignerAdded(signer);
    }

    function _remove(address signer) private {
        if (_memberships[signer] == 0) revert BadSigner(signer);
        delete _memberships[signer];
        uint256 last = _signers.length - 1;
        for (uint256 i = 0; i < last; ++i) {
            if (_signers[i] == signer) _signers[i] = _signers[last];
        }
        _signers.pop();
        emit SignerRemoved(signer);
    }

    function _setThreshold(uint256 threshold_) private {
        if (threshold_ == 0 || threshold_ > _signers.length) revert BadThreshold(threshold_, _signers.length);
        threshold = threshold_;
        emit ThresholdSet(threshold_);
    }

    // ---------------------------------------------------------------- signatures

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        uint256 count = signature.length / SIGNATURE_BYTES;
        if (signature.length % SIGNATURE_BYTES != 0 || count < threshold || count > SIGNERS_MAX) return 0xffffffff;
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(MESSAGE_TYPEHASH, hash)));
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            bytes calldata part = signature[i * SIGNATURE_BYTES:(i + 1) * SIGNATURE_BYTES];
            (address signer, ECDSA.RecoverError fault,) = ECDSA.tryRecover(digest, part);
            if (fault != ECDSA.RecoverError.NoError || signer <= previous || _memberships[signer] == 0) {
                return 0xffffffff;
            }
            previous = signer;
        }
        return IERC1271.isValidSignature.selector;
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ICustodyAccount
    function signers() external view returns (address[] memory) {
        return _signers;
    }

    /// @inheritdoc ICustodyAccount
    function isSigner(address account) external view returns (bool) {
        return _memberships[account] != 0;
    }

    /// @inheritdoc ICustodyAccount
    function limitOf(address token) external view returns (Limit memory) {
        return _limits[token];
    }

    /// @inheritdoc ICustodyAccount
    function spentToday(address token) public view returns (uint256) {
        Spent memory spent = _spent[token];
        return spent.day == _today() ? spent.amount : 0;
    }

    /// @inheritdoc ICustodyAccount
    function operation(uint256 id) external view returns (Operation memory) {
        return _operations[id];
    }

    /// @inheritdoc ICustodyAccount
    function approvals(uint256 id) public view returns (uint256 count) {
        for (uint256 i = 0; i < _signers.length; ++i) {
            if (_approvals[id][_signers[i]] == _memberships[_signers[i]]) ++count;
        }
    }

    function supportsInterface(bytes4 id) public view override returns (bool) {
        return id == type(ICustodyAccount).interfaceId || id == type(IERC1271).interfaceId
            || id == type(IERC5267).interfaceId || super.supportsInterface(id);
    }
}
