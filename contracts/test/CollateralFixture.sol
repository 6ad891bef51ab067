// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {CollateralVault} from "../src/CollateralVault.sol";
import {FundPrice} from "../src/FundPrice.sol";
import {PriceBook} from "../src/PriceBook.sol";
import {CollateralTerms, EligibleAsset, ICollateralVault} from "../src/interfaces/ICollateralVault.sol";
import {Markets} from "../src/interfaces/ICalendar.sol";
import {IEncumbrances, Powers} from "../src/interfaces/IEncumbrances.sol";
import {IPriceSource} from "../src/interfaces/IPriceSource.sol";
import {ITreasuryFund} from "../src/interfaces/ITreasuryFund.sol";
import {IDENTITIES} from "../src/native/IIdentities.sol";
import {FundFixture} from "./FundFixture.sol";

/// @title A token that knows neither policies nor pledges, with 8 decimals
contract PlainBitcoin is ERC20("Bitcoin", "BTC") {
    function decimals() public pure override returns (uint8) {
        return 8;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @title The agreement of DOMAIN §1, row A4: alice pledges fund units to bob, who may sell them to carol
/// @dev Monday, after its NAV of 1.01230000; alice holds units of a subscription of 3,000,000 at 1.00000000.
abstract contract CollateralFixture is FundFixture {
    bytes32 internal constant EVIDENCE = keccak256("evidence");
    uint256 internal constant MONDAY_NOON = MONDAY_CUT_OFF - 4 hours;
    uint256 internal constant TUESDAY_NOON = MONDAY_NOON + 1 days;
    uint256 internal constant TUESDAY_FIVE = TUESDAY_CUT_OFF + 1 hours; // 17:00 in New York

    CollateralVault internal vault;
    FundPrice internal fundPrice;
    PriceBook internal book;
    PlainBitcoin internal bitcoin;
    address internal arbiter = account("arbiter");
    address internal priceAgent = account("priceAgent");
    address internal priceApprover = account("priceApprover");

    function setUp() public virtual override {
        super.setUp();
        vault = new CollateralVault(address(0), address(0));
        vm.label(address(vault), "vault");
        address[] memory wallets = new address[](1);
        wallets[0] = address(vault);
        IDENTITIES.register(idOf("vault"), 840, 1, uint64(block.timestamp + 365 days), 0, wallets);
        IEncumbrances(address(share)).setAdmitted(address(vault), Powers.PLEDGE);
        IEncumbrances(address(cash)).setAdmitted(address(vault), Powers.PLEDGE);
        fundPrice = new FundPrice(fund);
        book = new PriceBook(
            address(this), calendar, Markets.FED | Markets.BONDS, 1_000, 2_000, priceAgent, priceApprover
        );
        bitcoin = new PlainBitcoin();

        giveUnits(alice, 3_000_000 * UNIT, 100_000_000);
        publish(MONDAY, 100_500_000);
        publish(MONDAY, NAV_10123);
        vm.warp(TUESDAY_NOON);
    }

    /// @dev Exposure 1,800,000; independent amount 200,000; threshold 250,000; minimum 500,000; rounding 10,000.
    /// Calls before 13:00 count that day and are due at 17:00 that day; cured until the next open day's.
    function collateralTerms() internal view returns (CollateralTerms memory t) {
        (t.securedParty, t.pledgor, t.arbiter) = (bob, alice, arbiter);
        (t.cash, t.calendar, t.markets) = (cash, calendar, Markets.FED | Markets.BONDS);
        (t.notificationMinute, t.dueMinute, t.dueDays, t.cureDays, t.exposureDays) = (13 * 60, 17 * 60, 0, 1, 1);
        (t.threshold, t.independentAmount) = (uint128(250_000 * UNIT), uint128(200_000 * UNIT));
        (t.minimumTransfer, t.rounding) = (uint128(500_000 * UNIT), uint128(10_000 * UNIT));
        t.costsMax = uint128(10_000 * UNIT);
    }

    function schedule() internal view returns (EligibleAsset[] memory list) {
        list = new EligibleAsset[](3);
        list[0].token = address(share);
        (list[0].source, list[0].fund, list[0].inPlace) = (IPriceSource(fundPrice), ITreasuryFund(fund), true);
        (list[0].haircut, list[0].maxAge) = (50, 1);
        (list[1].token, list[1].inPlace) = (address(cash), true);
        (list[2].token, list[2].source) = (address(bitcoin), IPriceSource(book));
        (list[2].haircut, list[2].maxAge) = (2_000, 1);
    }

    function buyers() internal view returns (address[] memory list) {
        list = new address[](1);
        list[0] = carol;
    }

    function open(CollateralTerms memory t, EligibleAsset[] memory assets) internal returns (uint256 id) {
        vm.prank(t.securedParty);
        id = vault.agree(t, assets, buyers());
        vm.prank(t.pledgor);
        vault.accept(id);
    }

    function expose(uint256 id, uint256 exposure) internal {
        vm.prank(bob);
        vault.stateExposure(id, uint128(exposure), EVIDENCE);
    }

    function post(uint256 id, uint256 units) internal {
        vm.prank(alice);
        share.approve(address(vault), units);
        vm.prank(alice);
        vault.post(id, address(share), uint128(units));
    }

    /// @dev Posts a price of the last open day, with its second look.
    function price(address token, uint256 day, uint64 value) internal {
        vm.prank(priceAgent);
        book.post(token, day, value, EVIDENCE);
        (, PriceBook.Posted memory held) = book.pricesOf(token);
        if (held.value == 0) return;
        vm.prank(priceApprover);
        book.approve(token, day, value);
    }

    function valueOf(uint256 id) internal view returns (uint256 value) {
        (value,,,) = vault.valueOf(id, false);
    }

    function deficitOf(uint256 id) internal view returns (uint256 deficit) {
        (,, deficit,) = vault.valueOf(id, false);
    }

    function stateOf(uint256 id) internal view returns (ICollateralVault.State) {
        return vault.statusOf(id).state;
    }

    function assertState(uint256 id, ICollateralVault.State expected, string memory what) internal view {
        assertEq(uint256(stateOf(id)), uint256(expected), what);
    }
}
