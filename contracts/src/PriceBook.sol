// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessRoles} from "./AccessRoles.sol";
import {ICalendar} from "./interfaces/ICalendar.sol";
import {IPriceBook} from "./interfaces/IPriceBook.sol";
import {IPriceSource} from "./interfaces/IPriceSource.sol";

/// @title PriceBook
/// @notice See IPriceBook.
contract PriceBook is IPriceBook, AccessRoles {
    bytes32 public constant PRICE_AGENT = keccak256("PRICE_AGENT");
    bytes32 public constant PRICE_APPROVER = keccak256("PRICE_APPROVER");

    uint256 private constant BPS = 10_000;

    struct Book {
        Posted accepted;
        Posted held;
        /// What was accepted last for a day before `accepted.day`, to which that day's price is compared.
        uint64 prior;
        /// What had the last second look.
        uint64 approved;
    }

    ICalendar public immutable calendar;
    uint16 public immutable markets;
    uint16 public immutable dayBound;
    uint16 public immutable totalBound;

    mapping(address token => Book) private _books;

    constructor(
        address admin,
        ICalendar calendar_,
        uint16 markets_,
        uint16 dayBound_,
        uint16 totalBound_,
        address agent,
        address approver
    ) AccessRoles(admin) {
        if (markets_ == 0 || dayBound_ > BPS || totalBound_ > BPS) revert BadPriceTerms();
        (calendar, markets, dayBound, totalBound) = (calendar_, markets_, dayBound_, totalBound_);
        if (agent != address(0)) _grantRole(PRICE_AGENT, agent);
        if (approver != address(0)) _grantRole(PRICE_APPROVER, approver);
    }

    /// @inheritdoc IPriceBook
    function post(address token, uint256 day, uint64 value, bytes32 documentHash) external onlyRole(PRICE_AGENT) {
        Book storage book = _books[token];
        uint256 today = calendar.dayOf(block.timestamp);
        if (value == 0 || day < book.accepted.day || day > today || !calendar.isOpen(markets, day)) {
            revert PriceDay(token, day, book.accepted.day, today);
        }
        Posted memory posted = Posted(value, uint32(day), msg.sender, documentHash);
        uint256 before = day > book.accepted.day ? book.accepted.value : book.prior;
        bool held = _isBeyond(value, before, dayBound) || _isBeyond(value, book.approved, totalBound);
        if (held) book.held = posted;
        else _accept(book, posted);
        emit PricePosted(token, day, value, documentHash, held);
    }

    /// @inheritdoc IPriceBook
    function approve(address token, uint256 day, uint64 value) external onlyRole(PRICE_APPROVER) {
        Book storage book = _books[token];
        Posted memory held = book.held;
        if (held.value != value || held.day != day || value == 0) revert PriceChanged(token, day, value);
        if (held.by == msg.sender) revert OwnPrice(msg.sender);
        _accept(book, held);
        book.approved = value;
        emit PriceApproved(token, day, value, msg.sender);
    }

    /// @dev A price that is in force ends whatever was held before it.
    function _accept(Book storage book, Posted memory posted) private {
        if (posted.day > book.accepted.day) book.prior = book.accepted.value;
        book.accepted = posted;
        delete book.held;
    }

    /// @dev Whether `value` differs from `before` by more than `bps`; from none it always does.
    function _isBeyond(uint256 value, uint256 before, uint256 bps) private pure returns (bool) {
        uint256 difference = value > before ? value - before : before - value;
        return before == 0 || difference * BPS > before * bps;
    }

    /// @inheritdoc IPriceSource
    function priceOf(address token) external view returns (uint256 price, uint256 day, bool gated) {
        Posted storage accepted = _books[token].accepted;
        return (accepted.value, accepted.day, false);
    }

    /// @inheritdoc IPriceSource
    function bounded(address) external view returns (bool) {
        return dayBound < BPS && totalBound < BPS;
    }

    /// @inheritdoc IPriceBook
    function pricesOf(address token) external view returns (Posted memory accepted, Posted memory held) {
        return (_books[token].accepted, _books[token].held);
    }

    function supportsInterface(bytes4 id) public view override returns (bool) {
        return id == type(IPriceSource).interfaceId || super.supportsInterface(id);
    }
}
