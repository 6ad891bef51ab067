// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CashToken} from "../src/CashToken.sol";
import {CustodyAccount} from "../src/CustodyAccount.sol";
import {ICustodyAccount} from "../src/interfaces/ICustodyAccount.sol";
import {CustodyFixture} from "./CustodyFixture.sol";
import {Invariants} from "./Invariants.sol";

/// @title What holds of an account of several keys after any sequence of payments, approvals and changes (DOMAIN §2.7)
/// @dev Who approved what is kept beside the account: by key, and by which time it joined.
contract CustodyInvariantsTest is CustodyFixture, Invariants {
    uint256 private constant KEYS = 6;
    uint256 private constant FUNDS = 1_000_000_000 * UNIT;

    CashToken private cash;
    address[KEYS] private keys;

    uint256 private last; // operation
    mapping(address key => uint256) private joined; // 0: no signer
    uint256 private joins;
    mapping(uint256 id => mapping(address key => uint256)) private approvedAs;
    uint256 private paidOut;
    uint256 private fewDay;
    uint256 private fewPaid; // on that day
    mapping(uint256 id => bool) private ended;

    function setUp() public {
        openWorld();
        keys = [keyOne, account("two"), account("three"), account("four"), account("five"), account("six")];
        address[] memory first = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            first[i] = keys[i];
            joined[keys[i]] = ++joins;
        }
        custody = new CustodyAccount(first, 2);
        know("custodian", address(custody), US, QUALIFIED);
        cash = deployCash();
        cash.grantRole(cash.ATTESTOR(), address(this));
        cash.setMinterAllowance(issuer, FUNDS);
        cash.attest(FUNDS, uint64(block.timestamp), 0);
        vm.prank(issuer);
        cash.issue(address(custody), FUNDS);
        vm.prank(address(custody));
        custody.setLimit(address(cash), uint128(1_000_000 * UNIT), 1);
        handle(this.pay.selector);
        handle(this.payAbout.selector);
        handle(this.propose.selector);
        handle(this.proposeTooMuch.selector);
        handle(this.approve.selector);
        handle(this.approveByAll.selector);
        handle(this.execute.selector);
        handle(this.cancel.selector);
        handle(this.changeWithoutKeys.selector);
        handle(this.leaveAndComeBack.selector);
        handle(this.sign.selector);
        handle(this.wait.selector);
    }

    function mustReach() external pure returns (string[] memory list) {
        string[26] memory all = [
            "Open", "Executed", "Cancelled", "expired", "paid by few", "paid by enough", "waits beyond the limit",
            "signer added", "signer removed", "signer replaced", "threshold", "limit", "no limit", "cancel",
            "approval of one who left", "signature", "NotSigner", "OperationNotOpen", "OperationExpired",
            "ApprovedBefore", "MoreKeysNeeded", "OnlyItself", "DataTooLong", "BadSigner", "BadThreshold", "BadLimit"
        ];
        list = new string[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            list[i] = all[i];
        }
    }

    /// @dev Mostly a signer.
    function key(uint256 seed) private view returns (address) {
        address any = keys[seed % KEYS];
        if (joined[any] != 0 || seed / KEYS % 8 == 5) return any;
        return custody.signers()[seed % custody.signers().length];
    }

    /// @dev Mostly a late one.
    function idFrom(uint256 seed) private view returns (uint256) {
        if (seed % 8 == 5 || last < 4) return bound(seed / 8, 0, last + 1);
        return last - seed / 8 % 4;
    }

    function count(uint256 id) private view returns (uint256 valid) {
        for (uint256 i = 0; i < KEYS; ++i) {
            if (joined[keys[i]] != 0 && approvedAs[id][keys[i]] == joined[keys[i]]) ++valid;
        }
    }

    function noteState(uint256 id) private {
        ICustodyAccount.Operation memory found = custody.operation(id);
        if (found.state == ICustodyAccount.OperationState.None) return;
        string[4] memory names = ["None", "Open", "Executed", "Cancelled"];
        emit Reached(names[uint256(found.state)]);
        if (found.state == ICustodyAccount.OperationState.Open && block.timestamp > found.expiry) emit Reached("expired");
    }

    // --- Operations -------------------------------------------------------------------------------------------------

    function pay(uint256 by, uint256 amount) external {
        payOf(key(by), bound(amount, 0, 700_000 * UNIT));
    }

    /// @dev What is left of the limit, or an atom more.
    function payAbout(uint256 by, uint256 more) external {
        uint256 perDay = custody.limitOf(address(cash)).perDay;
        uint256 spent = custody.spentToday(address(cash));
        payOf(key(by), (perDay > spent ? perDay - spent : 0) + more % 2);
    }

    function payOf(address by, uint256 amount) private {
        proposed(by, abi.encodeCall(custody.pay, (address(cash), bob, uint128(amount))), true);
    }

    /// @dev A payment as a plain call, or a change of the account's own.
    function propose(uint256 by, uint256 what, uint256 first, uint256 second) external {
        (address target, bytes memory data) = (address(custody), bytes(""));
        if (what % 6 == 0) (target, data) = (address(cash), abi.encodeCall(cash.transfer, (bob, first % 1000 * UNIT)));
        if (what % 6 == 1) data = abi.encodeCall(custody.addSigner, (keys[first % KEYS]));
        if (what % 6 == 2) data = abi.encodeCall(custody.removeSigner, (keys[first % KEYS]));
        if (what % 6 == 3) data = abi.encodeCall(custody.replaceSigner, (keys[first % KEYS], keys[second % KEYS]));
        if (what % 6 == 4) data = abi.encodeCall(custody.setThreshold, (first % 5));
        if (what % 6 == 5) {
            uint128 perDay = second % 4 == 1 ? 0 : uint128(bound(second, 1, 2_000_000 * UNIT));
            data = abi.encodeCall(custody.setLimit, (address(cash), perDay, perDay == 0 ? 0 : uint8(first % 4)));
        }
        proposed(key(by), abi.encodeCall(custody.propose, (target, 0, data)), false);
    }

    function proposeTooMuch(uint256 by) external {
        bytes memory data = abi.encodeCall(custody.propose, (address(cash), 0, new bytes(16_385)));
        assertFalse(attempt(key(by), address(custody), data, ""), "more data than is kept");
    }

    function proposed(address by, bytes memory data, bool payment) private {
        uint256 threshold = custody.threshold();
        ICustodyAccount.Limit memory limit = custody.limitOf(address(cash));
        uint256 spent = custody.spentToday(address(cash));
        uint256 balance = cash.balanceOf(address(custody));
        if (!attempt(by, address(custody), data, payment ? "pay" : "propose")) return;
        assertTrue(joined[by] != 0, "only a signer");
        approvedAs[++last][by] = joined[by];
        judge(last, 1, threshold, limit, spent, balance);
    }

    function approve(uint256 by, uint256 which) external {
        approveOf(key(by), idFrom(which));
    }

    function approveByAll(uint256 which, uint256 but) external {
        uint256 id = idFrom(which);
        for (uint256 i = 0; i < KEYS; ++i) {
            if (joined[keys[i]] != 0 && but % 8 != i && approvedAs[id][keys[i]] != joined[keys[i]]) {
                approveOf(keys[i], id);
            }
        }
    }

    function approveOf(address by, uint256 id) private {
        uint256 threshold = custody.threshold();
        ICustodyAccount.Limit memory limit = custody.limitOf(address(cash));
        uint256 spent = custody.spentToday(address(cash));
        uint256 balance = cash.balanceOf(address(custody));
        if (!attempt(by, address(custody), abi.encodeCall(custody.approve, (id)), "approve")) return;
        assertTrue(joined[by] != 0, "only a signer");
        assertTrue(approvedAs[id][by] != joined[by], "each once");
        if (approvedAs[id][by] != 0) emit Reached("approval of one who left");
        approvedAs[id][by] = joined[by];
        judge(id, count(id), threshold, limit, spent, balance);
    }

    function execute(uint256 by, uint256 which) external {
        uint256 id = idFrom(which);
        uint256 threshold = custody.threshold();
        ICustodyAccount.Limit memory limit = custody.limitOf(address(cash));
        uint256 spent = custody.spentToday(address(cash));
        uint256 balance = cash.balanceOf(address(custody));
        if (!attempt(key(by), address(custody), abi.encodeCall(custody.execute, (id)), "execute")) return;
        assertTrue(custody.operation(id).state == ICustodyAccount.OperationState.Executed, "executed");
        judge(id, count(id), threshold, limit, spent, balance);
    }

    /// @dev What an operation with `valid` approvals has come to, by the terms before it.
    function judge(
        uint256 id,
        uint256 valid,
        uint256 threshold,
        ICustodyAccount.Limit memory limit,
        uint256 spent,
        uint256 balance
    ) private {
        ICustodyAccount.Operation memory found = custody.operation(id);
        bool few = found.token != address(0) && limit.keys != 0 && valid >= limit.keys
            && spent + found.amount <= limit.perDay;
        noteState(id);
        if (found.state == ICustodyAccount.OperationState.Open) {
            assertTrue(valid < threshold && !few, "what has keys enough is done");
            if (found.token != address(0) && valid >= limit.keys) emit Reached("waits beyond the limit");
            return;
        }
        assertTrue(valid >= threshold || few, "never by fewer keys than its terms ask");
        assertTrue(block.timestamp <= found.expiry, "nor after a week");
        assertFalse(ended[id], "once");
        ended[id] = true;
        paidOut += balance - cash.balanceOf(address(custody));
        if (valid < threshold) payByFew(found.amount, limit.perDay);
        else if (found.token != address(0)) emit Reached("paid by enough");
        if (found.target == address(custody)) follow(found.data);
    }

    function payByFew(uint256 amount, uint256 perDay) private {
        emit Reached("paid by few");
        uint256 today = block.timestamp / 1 days;
        if (fewDay != today) (fewDay, fewPaid) = (today, 0);
        fewPaid += amount;
        assertTrue(fewPaid <= perDay, "few keys never pay more than the limit a day");
        assertEq(custody.spentToday(address(cash)), fewPaid, "as the account counts");
    }

    /// @dev A change of signers, on this side too.
    function follow(bytes memory data) private {
        bytes4 selector = bytes4(data);
        uint256 first;
        uint256 second;
        assembly ("memory-safe") {
            // The arguments of a call: 32 bytes each, after 4.
            first := mload(add(data, 36))
            second := mload(add(data, 68))
        }
        if (selector == custody.addSigner.selector) {
            emit Reached("signer added");
            joined[address(uint160(first))] = ++joins;
        } else if (selector == custody.removeSigner.selector) {
            emit Reached("signer removed");
            joined[address(uint160(first))] = 0;
        } else if (selector == custody.replaceSigner.selector) {
            emit Reached("signer replaced");
            joined[address(uint160(first))] = 0;
            joined[address(uint160(second))] = ++joins;
        } else if (selector == custody.setThreshold.selector) {
            emit Reached("threshold");
        } else {
            emit Reached(second == 0 ? "no limit" : "limit");
        }
    }

    function cancel(uint256 by, uint256 which, uint256 chance) external {
        uint256 id = idFrom(which);
        if (chance % 4 != 1) return;
        address sender = chance / 4 % 4 == 1 ? key(by) : custody.operation(id).proposer;
        if (!attempt(sender, address(custody), abi.encodeCall(custody.cancel, (id)), "cancel")) return;
        assertEq(sender, custody.operation(id).proposer, "its proposer");
        noteState(id);
    }

    function changeWithoutKeys(uint256 by, uint256 what) external {
        bytes memory data = abi.encodeCall(custody.addSigner, (keys[what % KEYS]));
        if (what % 3 == 1) data = abi.encodeCall(custody.setThreshold, (1));
        if (what % 3 == 2) data = abi.encodeCall(custody.setLimit, (address(cash), 1, 1));
        assertFalse(attempt(key(by), address(custody), data, ""), "changes go through the account alone");
    }

    /// @dev By the account itself, as keys enough would have it.
    function leaveAndComeBack(uint256 who) external {
        address leaving = key(who);
        if (who % 4 != 1 || joined[leaving] == 0 || custody.signers().length == custody.threshold()) return;
        vm.startPrank(address(custody));
        custody.removeSigner(leaving);
        custody.addSigner(leaving);
        vm.stopPrank();
        joined[leaving] = ++joins;
    }

    /// @dev ERC-1271: one signature is enough where one key is.
    function sign(bytes32 hash) external {
        bool valid = custody.isValidSignature(hash, signatureOf(hash)) == 0x1626ba7e;
        assertTrue(valid == (custody.threshold() == 1 && joined[keyOne] != 0), "by the threshold of present signers");
        if (valid) emit Reached("signature");
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 0, time % 8 == 3 ? 8 days : 8 hours));
        noteState(idFrom(time));
    }

    // --- What holds -------------------------------------------------------------------------------------------------

    function invariant_SignersAreThoseWhoJoined() external view {
        uint256 present = 0;
        for (uint256 i = 0; i < KEYS; ++i) {
            assertTrue(custody.isSigner(keys[i]) == (joined[keys[i]] != 0), "a signer");
            if (joined[keys[i]] != 0) ++present;
        }
        assertEq(custody.signers().length, present, "as many");
        assertTrue(custody.threshold() >= 1 && custody.threshold() <= present, "the threshold can be reached");
    }

    function invariant_ApprovalsAreOfPresentSigners() external view {
        for (uint256 i = 0; i < 4 && i < last; ++i) {
            assertEq(custody.approvals(last - i), count(last - i), "approvals");
        }
    }

    function invariant_OnlyWhatWasExecutedIsPaid() external view {
        assertEq(cash.balanceOf(address(custody)), FUNDS - paidOut, "the rest is there");
    }
}
