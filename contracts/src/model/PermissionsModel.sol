// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermissions, Roles} from "../native/IPermissions.sol";

/// @title Permissions as a plain contract
/// @notice Says what the native registry does, in Solidity (see IdentitiesModel). On another chain it keeps roles and
/// proposals; that senders need TRANSACT and creators DEPLOY, that blocks follow its settings, only a Talea node does.
contract PermissionsModel is IPermissions {
    uint8 private constant THRESHOLD_MAX = 16;
    uint256 private constant APPROVALS_MAX = 32;
    uint64 private constant GAS_LIMIT_MIN = 16_777_216;
    uint64 private constant GAS_LIMIT_MAX = 200_000_000;
    uint256 private constant VALIDATORS_MAX = 100;
    uint256 private constant NODES_MAX = 1000;
    // secp256k1 (SEC 2): y^2 = x^3 + 7 over the field P, and half the order of its group.
    uint256 private constant P = 2 ** 256 - 2 ** 32 - 977;
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    int64 private constant CLOCK_MAX = (1 << 40) - 1;

    /// @notice What genesis says of a Talea chain.
    struct Start {
        Mode mode;
        ClockMode clockMode;
        int64 clock;
        uint64 gasLimit;
        uint64 baseFee;
        uint32 nativeVersion;
        uint64 upgradeNotice;
        address account;
        uint256 roles; // of `account`; ADMIN among them
        address[] validators; // ascending
        bytes32 genesisHash;
        bytes32 configHash;
    }

    Mode public mode;
    ClockMode private _clockMode;
    int64 private _clock;
    uint64 public gasLimit;
    uint64 public baseFee;
    uint64 public upgradeNotice;
    uint32 private _version;
    uint32 private _nextVersion; // 0: no upgrade was scheduled
    uint64 private _nextFrom;
    uint64 public adminCount;
    uint64 public proposalCount;
    bytes32 public configHash;
    bytes32 private _genesisHash;
    address[] private _validators; // ascending
    PublicKey[] private _nodes;
    mapping(address node => uint256) private _nodePlaces; // from 1; 0 = not admitted
    mapping(address account => uint256) public rolesOf;
    mapping(uint256 role => uint8) private _thresholds; // by single bits; 0 = 1
    mapping(uint64 proposalId => Proposal) private _proposals;

    constructor(Start memory start) {
        mode = start.mode;
        (_clockMode, _clock) = (start.clockMode, start.clock);
        (gasLimit, baseFee) = (start.gasLimit, start.baseFee);
        (_version, upgradeNotice) = (start.nativeVersion, start.upgradeNotice);
        if (start.roles & Roles.ADMIN == 0) revert LastAdmin();
        rolesOf[start.account] = start.roles;
        adminCount = 1;
        _validators = start.validators;
        (_genesisHash, configHash) = (start.genesisHash, start.configHash);
    }

    // --- Changes by ADMIN -------------------------------------------------------------------------------------------

    /// @inheritdoc IPermissions
    function grantRoles(address account, uint256 roles) external {
        _changeAlone(Change.Grant, account, roles, 0);
    }

    /// @inheritdoc IPermissions
    function revokeRoles(address account, uint256 roles) external {
        _changeAlone(Change.Revoke, account, roles, 0);
    }

    /// @inheritdoc IPermissions
    function setThreshold(uint256 roles, uint8 threshold_) external {
        _changeAlone(Change.SetThreshold, address(0), roles, threshold_);
    }

    function _changeAlone(Change change, address account, uint256 roles, uint8 threshold_) private {
        _needs(Roles.ADMIN);
        _checkForm(change, account, roles, threshold_);
        uint8 needed = _approvalsNeeded(change, account, roles);
        if (needed > 1) revert ApprovalsNeeded(needed);
        _execute(change, account, roles, threshold_);
    }

    function _needs(uint256 role) private view {
        if (rolesOf[msg.sender] & role == 0) revert NotAuthorized(msg.sender, role);
    }

    function _checkForm(Change change, address account, uint256 roles, uint8 threshold_) private pure {
        if (change == Change.None) revert BadChange();
        if (change == Change.SetThreshold ? account != address(0) : threshold_ != 0) revert BadChange();
        if (roles & ~Roles.ALL != 0) revert BadRoles(roles);
        if (change != Change.SetThreshold && account == address(0)) revert ZeroAddress();
    }

    function _approvalsNeeded(Change change, address account, uint256 roles) private view returns (uint8) {
        if (change == Change.SetThreshold) return _threshold(roles | Roles.ADMIN);
        return _threshold(change == Change.Grant ? roles & ~rolesOf[account] : roles & rolesOf[account]);
    }

    /// @dev The largest among the roles.
    function _threshold(uint256 roles) private view returns (uint8 most) {
        most = 1;
        for (uint256 role = 1; role <= Roles.ALL; role <<= 1) {
            if (roles & role != 0 && _thresholds[role] > most) most = _thresholds[role];
        }
    }

    function _execute(Change change, address account, uint256 roles, uint8 threshold_) private {
        if (change == Change.SetThreshold) return _setThreshold(roles, threshold_);
        uint256 before = rolesOf[account];
        uint256 later = change == Change.Grant ? before | roles : before & ~roles;
        if (later == before) return;
        if (later & ~before & Roles.ADMIN != 0) ++adminCount;
        if (before & ~later & Roles.ADMIN != 0) {
            if (adminCount == 1) revert LastAdmin();
            uint8 most = _threshold(Roles.ALL);
            if (adminCount - 1 < most) revert ThresholdOutOfReach(most, adminCount - 1);
            --adminCount;
        }
        rolesOf[account] = later;
        emit RolesChanged(account, later, msg.sender);
    }

    function _setThreshold(uint256 roles, uint8 threshold_) private {
        if (threshold_ == 0 || threshold_ > THRESHOLD_MAX || threshold_ > adminCount) {
            revert ThresholdOutOfReach(threshold_, adminCount);
        }
        bool changed = false;
        for (uint256 role = 1; role <= Roles.ALL; role <<= 1) {
            if (roles & role == 0 || _thresholds[role] == threshold_) continue;
            _thresholds[role] = threshold_;
            changed = true;
        }
        if (changed) emit ThresholdChanged(roles, threshold_, msg.sender);
    }

    /// @inheritdoc IPermissions
    function threshold(uint256 role) external view returns (uint8) {
        if (role & ~Roles.ALL != 0) revert BadRoles(role);
        return _threshold(role);
    }

    // --- Proposals --------------------------------------------------------------------------------------------------

    /// @inheritdoc IPermissions
    function propose(Change change, address account, uint256 roles, uint8 threshold_, uint64 expiry)
        external
        returns (uint64 proposalId)
    {
        _needs(Roles.ADMIN);
        _checkForm(change, account, roles, threshold_);
        if (expiry <= block.timestamp || expiry > block.timestamp + 30 days) revert BadExpiry(expiry);
        proposalId = ++proposalCount;
        Proposal storage made = _proposals[proposalId];
        (made.state, made.change, made.account, made.roles) = (ProposalState.Open, change, account, roles);
        (made.threshold, made.proposer, made.expiry) = (threshold_, msg.sender, expiry);
        emit Proposed(proposalId, msg.sender, change, account, roles, threshold_, expiry);
        _addApproval(proposalId);
        if (_approvalsNeeded(change, account, roles) == 1) _executeProposal(proposalId);
    }

    /// @inheritdoc IPermissions
    function approve(uint64 proposalId) external {
        _needs(Roles.ADMIN);
        Proposal storage open = _open(proposalId);
        if (block.timestamp > open.expiry) revert ProposalExpired(proposalId);
        bool again = false;
        for (uint256 i = 0; i < open.approvers.length; ++i) {
            if (open.approvers[i] == msg.sender) again = true;
        }
        if (!again) {
            if (open.approvers.length == APPROVALS_MAX) revert TooMany(APPROVALS_MAX + 1, APPROVALS_MAX);
            _addApproval(proposalId);
        }
        uint256 agreed = 0;
        for (uint256 i = 0; i < open.approvers.length; ++i) {
            if (rolesOf[open.approvers[i]] & Roles.ADMIN != 0) ++agreed;
        }
        if (agreed >= _approvalsNeeded(open.change, open.account, open.roles)) _executeProposal(proposalId);
        else if (again) revert AlreadyApproved(proposalId, msg.sender);
    }

    /// @inheritdoc IPermissions
    function cancel(uint64 proposalId) external {
        Proposal storage open = _open(proposalId);
        if (open.proposer != msg.sender) revert NotAuthorized(msg.sender, 0);
        open.state = ProposalState.Cancelled;
        emit Cancelled(proposalId, msg.sender);
    }

    function _open(uint64 proposalId) private view returns (Proposal storage found) {
        found = _proposals[proposalId];
        if (found.state == ProposalState.None) revert UnknownProposal(proposalId);
        if (found.state != ProposalState.Open) revert ProposalClosed(proposalId);
    }

    function _addApproval(uint64 proposalId) private {
        _proposals[proposalId].approvers.push(msg.sender);
        emit Approved(proposalId, msg.sender);
    }

    function _executeProposal(uint64 proposalId) private {
        Proposal storage open = _proposals[proposalId];
        _execute(open.change, open.account, open.roles, open.threshold);
        open.state = ProposalState.Executed;
        emit Executed(proposalId, msg.sender);
    }

    /// @inheritdoc IPermissions
    function proposal(uint64 proposalId) external view returns (Proposal memory) {
        return _proposals[proposalId];
    }

    // --- Changes by NETWORK -----------------------------------------------------------------------------------------

    /// @inheritdoc IPermissions
    function advanceClock(uint64 secondsForward) external {
        _needs(Roles.NETWORK);
        if (_clockMode == ClockMode.None) revert NoTestClock();
        if (int256(uint256(secondsForward)) > int256(CLOCK_MAX) - _clock) revert ClockOutOfRange();
        _clock += int64(secondsForward);
        emit ClockAdvanced(_clock, secondsForward, msg.sender);
    }

    /// @inheritdoc IPermissions
    function setGasLimit(uint64 gasLimit_) external {
        _needs(Roles.NETWORK);
        if (gasLimit_ < GAS_LIMIT_MIN || gasLimit_ > GAS_LIMIT_MAX) {
            revert GasLimitOutOfRange(gasLimit_, GAS_LIMIT_MIN, GAS_LIMIT_MAX);
        }
        if (gasLimit == gasLimit_) return;
        gasLimit = gasLimit_;
        emit GasLimitChanged(gasLimit_, msg.sender);
    }

    /// @inheritdoc IPermissions
    function scheduleUpgrade(uint32 version, uint64 blockNumber) external {
        _needs(Roles.NETWORK);
        uint32 current = nativeVersion();
        if (version <= current) revert VersionNotHigher(version, current);
        uint256 earliest = block.number + (upgradeNotice == 0 ? 1 : upgradeNotice);
        if (earliest > type(uint64).max) earliest = type(uint64).max;
        if (blockNumber < earliest) revert UpgradeTooSoon(blockNumber, uint64(earliest));
        (_version, _nextVersion, _nextFrom) = (current, version, blockNumber);
        emit UpgradeScheduled(version, blockNumber, msg.sender);
    }

    /// @inheritdoc IPermissions
    function cancelUpgrade() external {
        _needs(Roles.NETWORK);
        if (_nextVersion == 0 || block.number >= _nextFrom) revert NoUpgradeScheduled();
        emit UpgradeCancelled(_nextVersion, _nextFrom, msg.sender);
        (_nextVersion, _nextFrom) = (0, 0);
    }

    /// @inheritdoc IPermissions
    function addValidator(address validator, uint64 expiry, bytes calldata signature) external {
        _needs(Roles.NETWORK);
        _checkConsent(validator, expiry, signature);
        if (isValidator(validator)) return;
        if (_validators.length >= VALIDATORS_MAX) revert TooMany(_validators.length + 1, VALIDATORS_MAX);
        _insert(validator);
    }

    /// @inheritdoc IPermissions
    function removeValidator(address validator) external {
        _needs(Roles.NETWORK);
        if (!isValidator(validator)) return;
        if (_validators.length == 1) revert LastValidator();
        _remove(validator);
    }

    /// @inheritdoc IPermissions
    function replaceValidator(address replaced, address validator, uint64 expiry, bytes calldata signature) external {
        _needs(Roles.NETWORK);
        _checkConsent(validator, expiry, signature);
        if (!isValidator(replaced)) revert NotAValidator(replaced);
        if (isValidator(validator)) revert AlreadyAValidator(validator);
        _remove(replaced);
        _insert(validator);
    }

    function _insert(address validator) private {
        _validators.push(validator);
        uint256 i = _validators.length - 1;
        for (; i > 0 && _validators[i - 1] > validator; --i) {
            _validators[i] = _validators[i - 1];
        }
        _validators[i] = validator;
        emit ValidatorAdded(validator, msg.sender);
    }

    function _remove(address validator) private {
        uint256 i = 0;
        while (_validators[i] != validator) ++i;
        for (; i + 1 < _validators.length; ++i) {
            _validators[i] = _validators[i + 1];
        }
        _validators.pop();
        emit ValidatorRemoved(validator, msg.sender);
    }

    function _checkConsent(address validator, uint64 expiry, bytes calldata signature) private view {
        if (block.timestamp >= expiry) revert ConsentExpired(expiry);
        if (signature.length != 65) revert BadConsent(validator);
        bytes32 s = bytes32(signature[32:64]);
        uint8 parity = uint8(signature[64]);
        if (uint256(s) > HALF_ORDER || parity > 1) revert BadConsent(validator);
        address signer = ecrecover(_consent(validator, expiry), 27 + parity, bytes32(signature[:32]), s);
        if (signer == address(0) || signer != validator) revert BadConsent(validator);
    }

    /// @dev keccak256(rlp([genesis hash, "validator", validator, expiry])): a list of more than 55 bytes.
    function _consent(address validator, uint64 expiry) private view returns (bytes32) {
        bytes memory number = abi.encodePacked(expiry);
        uint256 zeros = 0;
        while (zeros < 8 && number[zeros] == 0) ++zeros;
        bytes memory digits = new bytes(8 - zeros);
        for (uint256 i = 0; i < digits.length; ++i) {
            digits[i] = number[zeros + i];
        }
        bytes memory last = digits.length == 1 && uint8(digits[0]) < 0x80
            ? digits
            : abi.encodePacked(uint8(0x80 + digits.length), digits);
        bytes memory items = abi.encodePacked(
            uint8(0x80 + 32), _genesisHash, uint8(0x80 + 9), "validator", uint8(0x80 + 20), validator, last
        );
        return keccak256(abi.encodePacked(uint8(0xf8), uint8(items.length), items));
    }

    /// @inheritdoc IPermissions
    function admitNode(bytes32 x, bytes32 y) external {
        _needs(Roles.NETWORK);
        (uint256 a, uint256 b) = (uint256(x), uint256(y));
        bool onCurve = a < P && b < P && mulmod(b, b, P) == addmod(mulmod(mulmod(a, a, P), a, P), 7, P);
        if (!onCurve) revert BadPublicKey();
        address node = _addressOf(x, y);
        if (_nodePlaces[node] != 0) return;
        if (_nodes.length >= NODES_MAX) revert TooMany(_nodes.length + 1, NODES_MAX);
        _nodes.push(PublicKey(x, y));
        _nodePlaces[node] = _nodes.length;
        emit NodeAdmitted(node, x, y, msg.sender);
    }

    /// @inheritdoc IPermissions
    function removeNode(address node) external {
        _needs(Roles.NETWORK);
        uint256 place = _nodePlaces[node];
        if (place == 0) return;
        PublicKey memory last = _nodes[_nodes.length - 1];
        _nodes[place - 1] = last;
        _nodePlaces[_addressOf(last.x, last.y)] = place;
        _nodes.pop();
        _nodePlaces[node] = 0;
        emit NodeRemoved(node, msg.sender);
    }

    function _addressOf(bytes32 x, bytes32 y) private pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode(x, y)))));
    }

    /// @inheritdoc IPermissions
    function isAdmitted(address node) external view returns (bool) {
        return _nodePlaces[node] != 0;
    }

    /// @inheritdoc IPermissions
    function nodes() external view returns (PublicKey[] memory) {
        return _nodes;
    }

    // --- Views ------------------------------------------------------------------------------------------------------

    /// @inheritdoc IPermissions
    function hasRole(address account, uint256 roles) external view returns (bool) {
        uint256 held = rolesOf[account];
        if (held & (Roles.ADMIN | Roles.NETWORK) != 0) held |= Roles.TRANSACT;
        if (mode == Mode.Open) held |= Roles.TRANSACT | Roles.DEPLOY;
        return held & roles == roles;
    }

    /// @inheritdoc IPermissions
    function upgrade() external view returns (uint32 version, uint64 blockNumber) {
        if (block.number < _nextFrom) return (_nextVersion, _nextFrom);
    }

    /// @inheritdoc IPermissions
    function nativeVersion() public view returns (uint32) {
        return _nextVersion != 0 && block.number >= _nextFrom ? _nextVersion : _version;
    }

    /// @inheritdoc IPermissions
    function clock() external view returns (ClockMode clockMode, int64 value) {
        return (_clockMode, _clock);
    }

    /// @inheritdoc IPermissions
    function validators() external view returns (address[] memory) {
        return _validators;
    }

    function isValidator(address account) public view returns (bool) {
        for (uint256 i = 0; i < _validators.length; ++i) {
            if (_validators[i] == account) return true;
        }
        return false;
    }

    fallback() external {
        revert BadCall();
    }
}
