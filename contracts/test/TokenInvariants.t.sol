// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RestrictedToken} from "../src/RestrictedToken.sol";
import {Powers} from "../src/interfaces/IEncumbrances.sol";
import {IRestrictedToken} from "../src/interfaces/IRestrictedToken.sol";
import {IDENTITIES, IIdentities} from "../src/native/IIdentities.sol";
import {IPolicies, POLICIES} from "../src/native/IPolicies.sol";
import {Invariants} from "./Invariants.sol";
import {TestEscrow} from "./TestEscrow.sol";
import {World} from "./World.sol";

/// @title What holds of a token after any sequence of movements, freezes, checks that lapse and recoveries (DOMAIN §2.1)
contract TokenInvariantsTest is World, Invariants {
    uint256 private constant WALLETS_MAX = 12;
    bytes32[4] private ids = [bytes32("alice"), "bob", "carol", "dave"];

    RestrictedToken private token;
    TestEscrow private escrow;
    address[] private wallets;

    function setUp() public {
        openWorld();
        token = deployToken();
        escrow = new TestEscrow(token);
        vm.prank(officer);
        token.setEscrow(address(escrow), true);
        vm.prank(officer);
        token.setAdmitted(address(this), Powers.PLEDGE | Powers.SETTLE);
        wallets = [alice, alice2, bob, carol, dave, stranger];
        handleMovements();
        handleEscrow();
        handleEncumbrances();
        handleRules();
    }

    function handleMovements() private {
        handle(this.issue.selector);
        handle(this.transfer.selector);
        handle(this.leaveLittle.selector);
        handle(this.approve.selector);
        handle(this.transferFrom.selector);
        handle(this.redeem.selector);
        handle(this.force.selector);
        handle(this.burn.selector);
    }

    function handleEscrow() private {
        handle(this.escrowIn.selector);
        handle(this.escrowReturn.selector);
        handle(this.escrowDeliver.selector);
        handle(this.escrowBurn.selector);
        handle(this.escrowTransfer.selector);
        handle(this.admitEscrow.selector);
    }

    function handleEncumbrances() private {
        handle(this.pledge.selector);
        handle(this.releasePledge.selector);
        handle(this.seize.selector);
        handle(this.lock.selector);
        handle(this.unlock.selector);
        handle(this.settle.selector);
    }

    function handleRules() private {
        handle(this.freezeUnits.selector);
        handle(this.freezeMore.selector);
        handle(this.freezeLess.selector);
        handle(this.freezeAddress.selector);
        handle(this.pause.selector);
        handle(this.retire.selector);
        handle(this.setCap.selector);
        handle(this.setState.selector);
        handle(this.setAttributes.selector);
        handle(this.wait.selector);
        handle(this.announceRecovery.selector);
        handle(this.cancelRecovery.selector);
        handle(this.recover.selector);
    }

    function mustReach() external pure returns (string[] memory list) {
        string[60] memory all = [
            // What was done.
            "issue", "transfer", "approve", "transferFrom", "redeem", "force", "burn", "escrow in", "escrow return",
            "escrow deliver", "escrow burn", "escrow admitted", "freeze", "address freeze", "pause", "retire", "cap",
            "recovery announced", "recovery cancelled", "recover with units", "recover with a freeze",
            "pledge", "release", "seize", "lock", "unlock", "settle",
            // What was refused, by the token and by its policy.
            "CapExceeded", "ERC20InsufficientBalance", "ERC20InsufficientAllowance", "ERC7943InsufficientUnfrozenBalance",
            "ERC7943CannotSend", "ERC7943CannotReceive", "EscrowOnly", "NotEscrow", "EscrowNotEmpty", "TokenPaused",
            "TokenRetired", "SameAccount", "NotRecovered", "InsufficientFrozen", "InsufficientPledged",
            "InsufficientLocked", "BadLockTime", "LockExists", "Refused 201",
            "Refused 202", "Refused 203", "Refused 204", "Refused 205", "Refused 206", "Refused 209", "Refused 301",
            "Refused 302", "Refused 401", "Refused 402", "Refused 501", "Refused 502", "Refused 503", "Refused 504"
        ];
        list = new string[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            list[i] = all[i];
        }
    }

    /// @dev Mostly one that is not retired. Rare choices of this and other handlers are of a remainder that is not 0,
    /// which random numbers are more often than others.
    function wallet(uint256 seed) private view returns (address) {
        address any = wallets[seed % wallets.length];
        return seed / wallets.length % 8 == 5 ? any : IDENTITIES.current(any);
    }

    // --- Movements --------------------------------------------------------------------------------------------------

    function issue(uint256 to, uint256 amount) external {
        amount = bound(amount, 0, (amount % 8 == 3 ? 3_500_000 : 500_000) * UNIT);
        attempt(issuer, address(token), abi.encodeCall(token.issue, (wallet(to), amount)), "issue");
    }

    function transfer(uint256 from, uint256 to, uint256 amount) external {
        (address sender, address receiver) = (wallet(from), wallet(to));
        amount = part(amount, token.balanceOf(sender));
        uint256 holders = POLICIES.holders(address(token));
        bytes32 id = IDENTITIES.identityOf(sender);
        uint256 units = POLICIES.unitsOf(address(token), id);
        uint256 code = token.detectTransferRestriction(sender, receiver, amount);
        bool ok = attempt(sender, address(token), abi.encodeCall(token.transfer, (receiver, amount)), "transfer");
        assertTrue(ok == (code == 0), "what is told before is what happens");
        if (!ok || id != IDENTITIES.identityOf(receiver)) return;
        assertEq(POLICIES.holders(address(token)), holders, "a move between own wallets counts no holder");
        assertEq(POLICIES.unitsOf(address(token), id), units, "a move between own wallets counts no unit");
    }

    /// @dev Less than the policy lets a holder keep.
    function leaveLittle(uint256 from, uint256 to, uint256 rest) external {
        address sender = wallet(from);
        uint256 free = token.freeOf(sender);
        uint256 kept = bound(rest, 1, 50 * UNIT - 1);
        if (free < kept) return;
        attempt(sender, address(token), abi.encodeCall(token.transfer, (wallet(to), free - kept)), "leave little");
    }

    function approve(uint256 from, uint256 spender, uint256 amount) external {
        address to = spender % 2 == 0 ? issuer : wallet(spender);
        attempt(wallet(from), address(token), abi.encodeCall(token.approve, (to, amount)), "approve");
    }

    function transferFrom(uint256 spender, uint256 from, uint256 to, uint256 amount) external {
        address sender = wallet(from);
        bytes memory data =
            abi.encodeCall(token.transferFrom, (sender, wallet(to), part(amount, token.balanceOf(sender))));
        attempt(wallet(spender), address(token), data, "transferFrom");
    }

    function redeem(uint256 from, uint256 amount) external {
        address holder = wallet(from);
        amount = part(amount, token.balanceOf(holder));
        attempt(issuer, address(token), abi.encodeCall(token.redeem, (holder, amount)), "redeem");
    }

    function force(uint256 from, uint256 to, uint256 amount) external {
        address sender = wallet(from);
        amount = part(amount, token.balanceOf(sender));
        bytes memory data =
            abi.encodeWithSignature("forcedTransfer(address,address,uint256)", sender, wallet(to), amount);
        attempt(agent, address(token), data, "force");
    }

    function burn(uint256 from, uint256 amount) external {
        address sender = wallet(from);
        amount = part(amount, token.balanceOf(sender));
        attempt(agent, address(token), abi.encodeWithSignature("burn(address,uint256)", sender, amount), "burn");
    }

    // --- Escrow -----------------------------------------------------------------------------------------------------

    function escrowIn(uint256 from, uint256 amount) external {
        address sender = wallet(from);
        amount = part(amount, token.balanceOf(sender));
        attempt(sender, address(escrow), abi.encodeCall(escrow.take, (sender, amount)), "escrow in");
    }

    function escrowReturn(uint256 to, uint256 amount) external {
        amount = part(amount, token.balanceOf(address(escrow)));
        attempt(issuer, address(escrow), abi.encodeCall(escrow.giveBack, (wallet(to), amount)), "escrow return");
    }

    function escrowDeliver(uint256 to, uint256 amount) external {
        amount = part(amount, token.balanceOf(address(escrow)));
        attempt(issuer, address(escrow), abi.encodeCall(escrow.deliver, (wallet(to), amount)), "escrow deliver");
    }

    function escrowBurn(uint256 amount) external {
        amount = part(amount, token.balanceOf(address(escrow)));
        attempt(issuer, address(escrow), abi.encodeCall(escrow.end, (amount)), "escrow burn");
    }

    function escrowTransfer(uint256 to) external {
        assertFalse(
            attempt(issuer, address(escrow), abi.encodeCall(escrow.transfer, (wallet(to), 0)), ""),
            "an escrow's units move by its own functions alone"
        );
    }

    function admitEscrow(uint256 admitted) external {
        bytes memory data = abi.encodeCall(token.setEscrow, (address(escrow), admitted % 16 != 5));
        attempt(officer, address(token), data, "escrow admitted");
    }

    // --- Units in place: this contract is a vault and a settlement --------------------------------------------------

    function letThis(address holder, uint256 amount) private {
        vm.prank(holder);
        token.approve(address(this), amount);
    }

    function pledge(uint256 from, uint256 party, uint256 amount) external {
        address holder = wallet(from);
        amount = part(amount, token.freeOf(holder));
        letThis(holder, amount);
        attempt(address(this), address(token), abi.encodeCall(token.pledge, (holder, wallet(party), amount)), "pledge");
    }

    function releasePledge(uint256 of_, uint256 amount) external {
        address holder = wallet(of_);
        amount = part(amount, token.pledgeOf(holder, address(this)));
        attempt(address(this), address(token), abi.encodeCall(token.releasePledge, (holder, amount)), "release");
    }

    function seize(uint256 of_, uint256 to, uint256 amount) external {
        address holder = wallet(of_);
        amount = part(amount, token.seizableOf(holder, address(this)));
        attempt(address(this), address(token), abi.encodeCall(token.seize, (holder, wallet(to), amount)), "seize");
    }

    function lock(uint256 of_, uint256 amount, uint256 time, uint256 instruction) external {
        address holder = wallet(of_);
        amount = part(amount, token.freeOf(holder));
        letThis(holder, amount);
        uint64 until = uint64(block.timestamp + bound(time, 0, 31 days));
        bytes memory data = abi.encodeCall(token.lock, (holder, amount, until, uint64(instruction % 4)));
        attempt(address(this), address(token), data, "lock");
    }

    function unlock(uint256 of_, uint256 instruction) external {
        bytes memory data = abi.encodeCall(token.unlock, (wallet(of_), uint64(instruction % 4)));
        attempt(address(this), address(token), data, "unlock");
    }

    /// @dev Two legs, mostly with what they need locked before.
    function settle(uint256 first, uint256 second, uint256 third, uint256 amount, uint256 back) external {
        IPolicies.Movement[] memory legs = new IPolicies.Movement[](2);
        (address from, address to) = (wallet(first), wallet(second));
        amount = part(amount, token.freeOf(from));
        legs[0] = IPolicies.Movement(from, to, amount);
        legs[1] = IPolicies.Movement(to, wallet(third), bound(back, 0, amount));
        if (back % 8 != 5) {
            letThis(from, amount);
            bytes memory data = abi.encodeCall(token.lock, (from, amount, uint64(block.timestamp), 9));
            attempt(address(this), address(token), data, "lock");
        }
        uint256 before = token.totalSupply();
        attempt(address(this), address(token), abi.encodeCall(token.settle, (9, legs)), "settle");
        assertEq(token.totalSupply(), before, "what is settled is neither made nor lost");
        attempt(address(this), address(token), abi.encodeCall(token.unlock, (from, 9)), "unlock");
    }

    // --- Freezes, pause, cap ----------------------------------------------------------------------------------------

    function freezeUnits(uint256 of_, uint256 amount) external {
        address account_ = wallet(of_);
        amount = part(amount, 2 * token.balanceOf(account_));
        attempt(officer, address(token), abi.encodeCall(token.setFrozenTokens, (account_, amount)), "freeze");
        assertEq(token.getFrozenTokens(account_), amount, "frozen, whatever the balance");
    }

    function freezeMore(uint256 of_, uint256 amount) external {
        address account_ = wallet(of_);
        amount = part(amount, token.freeOf(account_));
        attempt(officer, address(token), abi.encodeCall(token.freezePartialTokens, (account_, amount)), "freeze");
    }

    function freezeLess(uint256 of_, uint256 amount) external {
        address account_ = wallet(of_);
        amount = part(amount, token.getFrozenTokens(account_));
        attempt(officer, address(token), abi.encodeCall(token.unfreezePartialTokens, (account_, amount)), "freeze");
    }

    function freezeAddress(uint256 of_, uint256 freeze) external {
        bytes memory data = abi.encodeCall(token.setAddressFrozen, (wallet(of_), freeze % 8 == 3));
        attempt(officer, address(token), data, "address freeze");
    }

    function pause(uint256 level) external {
        IRestrictedToken.Pause chosen = IRestrictedToken.Pause(level % 16 == 9 ? 1 : level % 16 == 10 ? 2 : 0);
        attempt(officer, address(token), abi.encodeCall(token.setPause, (chosen)), "pause");
    }

    /// @dev Rarely: little happens after it.
    function retire(uint256 chance) external {
        if (chance % 64 == 13) {
            attempt(address(this), address(token), abi.encodeCall(token.retire, (address(escrow))), "retire");
        }
    }

    function setCap(uint256 cap) external {
        cap = cap % 8 == 3 ? bound(cap, token.totalSupply() / 2, CAP) : CAP;
        attempt(address(this), address(token), abi.encodeCall(token.setCap, (cap)), "cap");
    }

    // --- Identities -------------------------------------------------------------------------------------------------

    function setState(uint256 of_, uint256 state) external {
        IIdentities.State chosen = state % 8 == 3 ? IIdentities.State.Suspended : IIdentities.State.Active;
        IDENTITIES.setState(ids[of_ % ids.length], chosen);
    }

    function setAttributes(uint256 of_, uint256 expiry, uint256 country, uint256 categories) external {
        bytes32 id = ids[of_ % ids.length];
        IDENTITIES.setExpiry(id, uint64(block.timestamp + (expiry % 8 == 3 ? 0 : 3650 days)));
        IDENTITIES.setCountry(id, country % 12 == 5 ? KP : US);
        IDENTITIES.setCategories(id, categories % 12 == 5 ? 0 : QUALIFIED);
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 0, 2 days));
    }

    /// @dev To a new wallet or to one that the holder has.
    function announceRecovery(uint256 lost, uint256 to) external {
        if (lost % 2 != 1) return;
        address next = wallet(to);
        bool isNew = to % 4 == 0 && wallets.length < WALLETS_MAX;
        if (isNew) next = address(uint160(0x1000 + wallets.length));
        bytes memory data = abi.encodeCall(IDENTITIES.recover, (wallet(lost / 2), next));
        if (attempt(address(this), address(IDENTITIES), data, "recovery announced") && isNew) wallets.push(next);
    }

    function cancelRecovery(uint256 lost) external {
        bytes memory data = abi.encodeCall(IDENTITIES.cancelRecovery, (wallet(lost)));
        attempt(address(this), address(IDENTITIES), data, "recovery cancelled");
    }

    function recover(uint256 lost_) external {
        address lost = wallets[lost_ % wallets.length];
        address next = IDENTITIES.current(lost);
        (uint256 units, uint256 frozen) = (token.balanceOf(lost), token.getFrozenTokens(lost));
        (uint256 had, uint256 hadFrozen) = (token.balanceOf(next), token.getFrozenTokens(next));
        uint256 pledged = token.pledgedOf(lost) + token.pledgedOf(next);
        uint256 locked = token.lockedOf(lost) + token.lockedOf(next);
        bool stopped = token.isFrozen(lost) || token.isFrozen(next);
        if (!attempt(stranger, address(token), abi.encodeCall(token.recover, (lost)), "recover")) {
            assertEq(next, lost, "only what is not recovered is refused");
            return;
        }
        assertEq(token.balanceOf(next), had + units, "units follow the holder");
        assertEq(token.getFrozenTokens(next), hadFrozen + frozen, "a freeze follows the holder");
        assertEq(token.pledgedOf(next), pledged, "pledges follow the holder");
        assertEq(token.lockedOf(next), locked, "locks follow the holder");
        assertTrue(token.isFrozen(next) == stopped, "an address freeze follows the holder");
        assertEq(token.balanceOf(lost) + token.getFrozenTokens(lost), 0, "nothing stays");
        if (units > 0) emit Reached("recover with units");
        if (frozen > 0) emit Reached("recover with a freeze");
    }

    // --- What holds -------------------------------------------------------------------------------------------------

    function invariant_BalancesSumToTheSupply() external view {
        uint256 sum = token.balanceOf(address(escrow));
        for (uint256 i = 0; i < wallets.length; ++i) {
            sum += token.balanceOf(wallets[i]);
        }
        assertEq(sum, token.totalSupply(), "balances and escrow");
    }

    function invariant_UnitsOfEachIdentityAreThoseOfItsWallets() external view {
        uint256 sum = POLICIES.escrowed(address(token));
        assertEq(sum, token.balanceOf(address(escrow)), "escrowed");
        uint256 holders = 0;
        uint256[4] memory held;
        for (uint256 i = 0; i < wallets.length; ++i) {
            bytes32 id = IDENTITIES.identityOf(wallets[i]);
            uint256 balance = token.balanceOf(wallets[i]);
            for (uint256 j = 0; j < ids.length; ++j) {
                if (ids[j] == id) held[j] += balance;
            }
        }
        for (uint256 j = 0; j < ids.length; ++j) {
            uint256 units = POLICIES.unitsOf(address(token), ids[j]);
            assertEq(held[j], units, "of one identity");
            sum += units;
            if (units > 0) ++holders;
        }
        assertEq(sum, token.totalSupply(), "identities and escrow");
        assertEq(holders, POLICIES.holders(address(token)), "holders are identities with units");
    }

    /// @dev Free = max(0, balance - frozen - locked - pledged), and what is locked or pledged is there.
    function invariant_FreeIsWhatNothingHolds() external view {
        for (uint256 i = 0; i < wallets.length; ++i) {
            address each = wallets[i];
            uint256 held = token.lockedOf(each) + token.pledgedOf(each);
            uint256 balance = token.balanceOf(each);
            assertTrue(held <= balance, "pledged and locked units are there");
            uint256 rest = balance - held;
            uint256 frozen = token.getFrozenTokens(each);
            assertEq(token.freeOf(each), rest > frozen ? rest - frozen : 0, "free");
        }
    }

    function invariant_SupplyStaysBelowTheCap() external view {
        assertTrue(token.totalSupply() <= token.cap(), "cap");
    }
}
