// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {AccessRoles} from "./AccessRoles.sol";
import {DistributionTerms, IDistribution} from "./interfaces/IDistribution.sol";
import {IDENTITIES, IIdentities} from "./native/IIdentities.sol";
import {IPolicies} from "./native/IPolicies.sol";

/// @title Distribution
/// @notice See IDistribution.
contract Distribution is IDistribution, AccessRoles {
    bytes32 public constant DISTRIBUTOR = keccak256("DISTRIBUTOR");

    uint256 public constant OPEN_FOR_MIN = 365 days;

    struct Book {
        State state;
        address funder;
        uint128 paid;
        mapping(bytes32 leaf => bool) done;
    }

    IIdentities private immutable _identities;

    uint256 private _count;
    mapping(uint256 id => DistributionTerms) private _terms;
    mapping(uint256 id => Book) private _books;

    /// @param identities_ zero: the chain's Identities
    constructor(address admin, address distributor, address identities_) AccessRoles(admin) {
        _identities = identities_ == address(0) ? IDENTITIES : IIdentities(identities_);
        if (distributor != address(0)) _grantRole(DISTRIBUTOR, distributor);
    }

    /// @inheritdoc IDistribution
    function announce(DistributionTerms calldata terms) external onlyRole(DISTRIBUTOR) returns (uint256 id) {
        if (terms.token == address(0)) revert BadDistribution(1);
        if (address(terms.cash) == address(0)) revert BadDistribution(2);
        // The cap table of T is final once a block is later than T.
        if (terms.recordTime >= block.timestamp) revert BadDistribution(3);
        if (terms.claimableFrom < terms.recordTime) revert BadDistribution(4);
        if (terms.until != 0 && terms.until < terms.claimableFrom + OPEN_FOR_MIN) revert BadDistribution(5);
        if (terms.total == 0) revert BadDistribution(6);
        id = ++_count;
        _terms[id] = terms;
        _books[id].state = State.Announced;
        emit Announced(id, terms.token, address(terms.cash), terms);
    }

    /// @inheritdoc IDistribution
    function withdraw(uint256 id) external onlyRole(DISTRIBUTOR) {
        _in(id, State.Announced).state = State.Withdrawn;
        emit Withdrawn(id, msg.sender);
    }

    /// @inheritdoc IDistribution
    function fund(uint256 id) external {
        Book storage book = _in(id, State.Announced);
        (book.state, book.funder) = (State.Funded, msg.sender);
        emit Funded(id, msg.sender, _terms[id].total);
        _terms[id].cash.escrowIn(msg.sender, _terms[id].total);
    }

    /// @inheritdoc IDistribution
    function claim(uint256 id, address account, uint256 amount, bytes32[] calldata proof) external {
        Book storage book = _in(id, State.Funded);
        DistributionTerms storage terms = _terms[id];
        if (block.timestamp < terms.claimableFrom) revert NotYetClaimable(id, terms.claimableFrom);
        bytes32 leaf = _leafOf(account, amount);
        if (book.done[leaf]) revert PaidBefore(id, account);
        if (!MerkleProof.verifyCalldata(proof, terms.root, leaf)) revert NotInStatement(id, account, amount);
        uint256 left = terms.total - book.paid;
        if (amount > left) revert BeyondFunded(id, left, amount);
        book.done[leaf] = true;
        book.paid += uint128(amount); // at most the total
        address receiver = _identities.current(account);
        emit Paid(id, account, receiver, amount);
        _payOut(id, receiver, amount);
    }

    /// @inheritdoc IDistribution
    function end(uint256 id) external {
        Book storage book = _in(id, State.Funded);
        DistributionTerms storage terms = _terms[id];
        if (terms.until == 0 || block.timestamp < terms.until) revert NotOver(id, terms.until);
        book.state = State.Ended;
        uint256 left = terms.total - book.paid;
        emit Ended(id, left);
        if (left != 0) _payOut(id, _identities.current(book.funder), left);
    }

    function _payOut(uint256 id, address receiver, uint256 amount) private {
        _terms[id].cash.escrowOut(receiver, amount, uint8(IPolicies.Operation.Return));
    }

    /// @dev Hashed twice, so that no inner node of the tree can pass for a leaf.
    function _leafOf(address account, uint256 amount) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(account, amount))));
    }

    function _in(uint256 id, State state) private view returns (Book storage book) {
        book = _books[id];
        if (book.state != state) revert WrongDistribution(id, book.state);
    }

    /// @inheritdoc IDistribution
    function termsOf(uint256 id) external view returns (DistributionTerms memory) {
        return _terms[id];
    }

    /// @inheritdoc IDistribution
    function statusOf(uint256 id) external view returns (State state, address funder, uint256 paid) {
        Book storage book = _books[id];
        return (book.state, book.funder, book.paid);
    }

    /// @inheritdoc IDistribution
    function isPaid(uint256 id, address account, uint256 amount) external view returns (bool) {
        return _books[id].done[_leafOf(account, amount)];
    }

    function supportsInterface(bytes4 id) public view override returns (bool) {
        return id == type(IDistribution).interfaceId || super.supportsInterface(id);
    }
}
