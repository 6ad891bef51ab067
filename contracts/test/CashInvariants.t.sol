// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CashToken} from "../src/CashToken.sol";
import {ICashToken} from "../src/interfaces/ICashToken.sol";
import {IDENTITIES, IIdentities} from "../src/native/IIdentities.sol";
import {Invariants} from "./Invariants.sol";
import {World} from "./World.sol";

/// @title What holds of cash after any sequence of attestations, mints and redemptions (DOMAIN §2.2)
contract CashInvariantsTest is World, Invariants {
    uint256 private constant GRACE = 26 hours;
    uint256 private constant STALE = 50 hours;

    CashToken private cash;
    address private attestor = account("attestor");
    address[5] private wallets = [alice, alice2, bob, carol, stranger];
    bytes32[3] private ids = [bytes32("alice"), "bob", "carol"];

    // What must come of what was done.
    uint256 private minted;
    uint256 private requested;
    uint256 private paid;
    uint256 private returned;
    uint256 private requests;

    function setUp() public {
        openWorld();
        cash = deployCash();
        cash.grantRole(cash.ATTESTOR(), attestor);
        handle(this.attest.selector);
        handle(this.allow.selector);
        handle(this.mint.selector);
        handle(this.mintAtAnEdge.selector);
        handle(this.mintMany.selector);
        handle(this.transfer.selector);
        handle(this.request.selector);
        handle(this.pay.selector);
        handle(this.giveBack.selector);
        handle(this.setState.selector);
        handle(this.wait.selector);
    }

    function mustReach() external pure returns (string[] memory list) {
        string[21] memory all = [
            "attest", "attest below the supply", "allowance", "mint", "mint fresh", "mint in grace", "mint many",
            "transfer", "request", "pay", "return", "ReserveExceeded", "ReserveStale", "MinterAllowanceExceeded",
            "AttestationTime", "RedemptionNotOpen", "ERC20InsufficientBalance", "Refused 201", "Refused 202",
            "Refused 205", "Refused 206"
        ];
        list = new string[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            list[i] = all[i];
        }
    }

    function wallet(uint256 seed) private view returns (address) {
        return wallets[seed % wallets.length];
    }

    // --- Reserve and minting ----------------------------------------------------------------------------------------

    /// @dev As of now, of the time attested last, of before it, of a moment to come, or of a time between.
    function attest(uint256 reserve, uint256 when) external {
        reserve = bound(reserve, 0, 10_000_000 * UNIT);
        uint64 last = cash.attestation().asOf;
        uint256 asOf = block.timestamp;
        if (when % 6 == 0) asOf = last;
        if (when % 6 == 1) asOf = block.timestamp + 1;
        if (when % 6 == 2) asOf = bound(when / 6, last, block.timestamp);
        if (when % 6 == 3 && last > 0) asOf = last - 1;
        bytes memory data = abi.encodeCall(cash.attest, (reserve, uint64(asOf), "report"));
        bool ok = attempt(attestor, address(cash), data, "attest");
        assertTrue(ok == (asOf > last && asOf <= block.timestamp), "a later time, not to come");
        if (ok && reserve < cash.totalSupply()) emit Reached("attest below the supply");
    }

    function allow(uint256 amount) external {
        amount = bound(amount, 0, 20_000_000 * UNIT);
        attempt(address(this), address(cash), abi.encodeCall(cash.setMinterAllowance, (issuer, amount)), "allowance");
    }

    function mint(uint256 to, uint256 amount) public {
        uint256 allowed = cash.minterAllowance(issuer);
        uint256 reserve = cash.attestation().reserve;
        uint256 free = reserve > cash.totalSupply() ? reserve - cash.totalSupply() : 0;
        amount = part(amount, amount % 8 < 4 ? free : allowed);
        uint256 age = block.timestamp - cash.attestation().asOf;
        if (!attempt(issuer, address(cash), abi.encodeCall(cash.mint, (wallet(to), amount)), "mint")) return;
        minted += amount;
        checkMint(age);
        assertEq(cash.minterAllowance(issuer), allowed - amount, "the allowance is used up");
    }

    function mintAtAnEdge(uint256 edge, uint256 to, uint256 amount) external {
        uint256 then_ = cash.attestation().asOf + (edge % 2 == 0 ? GRACE : STALE) + (edge / 2) % 3 - 1;
        if (then_ >= block.timestamp) vm.warp(then_);
        mint(to, amount);
    }

    function mintMany(uint256 first, uint256 second, uint256 amount) external {
        address[] memory to = new address[](2);
        (to[0], to[1]) = (wallet(first), wallet(second));
        uint256[] memory amounts = new uint256[](2);
        amounts[0] = part(amount, cash.minterAllowance(issuer) / 2);
        amounts[1] = part(amount / 4, cash.minterAllowance(issuer) / 2);
        uint256 age = block.timestamp - cash.attestation().asOf;
        if (!attempt(issuer, address(cash), abi.encodeCall(cash.batchMint, (to, amounts)), "mint many")) return;
        minted += amounts[0] + amounts[1];
        checkMint(age);
    }

    function checkMint(uint256 age) private {
        assertTrue(age < STALE, "nothing is minted while stale");
        assertTrue(cash.totalSupply() <= cash.attestation().reserve, "at each mint supply is within the reserve");
        emit Reached(age < GRACE ? "mint fresh" : "mint in grace");
    }

    // --- Moving and redeeming ---------------------------------------------------------------------------------------

    function transfer(uint256 from, uint256 to, uint256 amount) external {
        address sender = wallet(from);
        amount = part(amount, cash.balanceOf(sender));
        attempt(sender, address(cash), abi.encodeCall(cash.transfer, (wallet(to), amount)), "transfer");
    }

    function request(uint256 from, uint256 amount) external {
        address holder = wallet(from);
        amount = part(amount, cash.balanceOf(holder));
        bytes memory data = abi.encodeCall(cash.requestRedemption, (amount, "account"));
        if (!attempt(holder, address(cash), data, "request")) return;
        requested += amount;
        ++requests;
    }

    function pay(uint256 id) external {
        id = bound(id, 0, requests + 1);
        ICashToken.Redemption memory found = cash.redemption(id);
        if (!attempt(issuer, address(cash), abi.encodeCall(cash.payRedemption, (id, "wire")), "pay")) return;
        assertTrue(found.state == ICashToken.RedemptionState.Requested, "a request is paid once");
        paid += found.amount;
    }

    function giveBack(uint256 id) external {
        id = bound(id, 0, requests + 1);
        ICashToken.Redemption memory found = cash.redemption(id);
        uint256 had = cash.balanceOf(found.holder);
        if (!attempt(issuer, address(cash), abi.encodeCall(cash.returnRedemption, (id, "closed")), "return")) return;
        assertTrue(found.state == ICashToken.RedemptionState.Requested, "a request is returned once");
        assertEq(cash.balanceOf(found.holder), had + found.amount, "the holder has it again");
        returned += found.amount;
    }

    function setState(uint256 of_, uint256 state) external {
        IIdentities.State chosen = state % 8 == 3 ? IIdentities.State.Suspended : IIdentities.State.Active;
        IDENTITIES.setState(ids[of_ % ids.length], chosen);
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 0, 20 hours));
    }

    // --- What holds -------------------------------------------------------------------------------------------------

    function invariant_MintedIsBurnedAndSupply() external view {
        assertEq(cash.minted(), minted, "minted");
        assertEq(cash.burned(), paid, "burned is what was paid");
        assertEq(minted, paid + cash.totalSupply(), "minted = burned + supply");
    }

    function invariant_EscrowedIsWhatIsOpen() external view {
        assertEq(cash.redemptionsOpen(), requested - paid - returned, "requested - paid - returned");
    }

    function invariant_BalancesSumToTheSupply() external view {
        uint256 sum = cash.balanceOf(address(cash));
        for (uint256 i = 0; i < wallets.length; ++i) {
            sum += cash.balanceOf(wallets[i]);
        }
        assertEq(sum, cash.totalSupply(), "balances and escrow");
    }
}
