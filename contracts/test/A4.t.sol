// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CollateralTerms, EligibleAsset, ICollateralVault} from "../src/interfaces/ICollateralVault.sol";
import {CollateralFixture} from "./CollateralFixture.sol";

/// @title DOMAIN §1, row A4: collateral, every number of it
contract A4Test is CollateralFixture {
    function test_A4_PostedValueAndDeficit() public {
        uint256 id = open(collateralTerms(), schedule());
        expose(id, 1_800_000 * UNIT);
        post(id, 1_000_000 * UNIT);
        (uint256 value, uint256 requirement, uint256 deficit, uint256 surplus) = vault.valueOf(id, false);
        assertEq(value, 1_007_238_500_000, "1,007,238.500000");
        assertEq(requirement, 1_750_000_000_000, "1,800,000 + 200,000 - 250,000");
        assertEq(deficit, 742_761_500_000, "742,761.500000");
        assertEq(surplus, 0, "none");
        assertEq(share.balanceOf(alice), 3_000_000 * UNIT, "the units stay in her account");
        assertEq(share.freeOf(alice), 2_000_000 * UNIT, "and stop being free");
    }

    function test_A4_CallIsRoundedUp() public {
        uint256 id = open(collateralTerms(), schedule());
        expose(id, 1_800_000 * UNIT);
        post(id, 1_000_000 * UNIT);
        assertEq(vault.callable(id), 750_000 * UNIT, "750,000");
        vm.prank(bob);
        (uint256 amount, uint256 due) = vault.call(id);
        assertEq(amount, 750_000 * UNIT, "750,000");
        assertEq(due, TUESDAY_FIVE, "at noon, so it is due that day at 17:00 in New York");
    }

    function test_A4_MinimumIsAskedBeforeRounding() public {
        CollateralTerms memory t = collateralTerms();
        t.minimumTransfer = uint128(750_000 * UNIT);
        uint256 id = open(t, schedule());
        expose(id, 1_800_000 * UNIT);
        post(id, 1_000_000 * UNIT);
        assertEq(vault.callable(id), 0, "742,761.50 is below 750,000, though rounded up it would not be");
        vm.expectRevert(
            abi.encodeWithSelector(
                ICollateralVault.BelowMinimumTransfer.selector, 742_761_500_000, 750_000 * UNIT
            )
        );
        vm.prank(bob);
        vault.call(id);
    }

    function test_A4_MismatchAddsToTheHaircut() public {
        EligibleAsset[] memory assets = schedule();
        assets[0].mismatch = 800;
        uint256 id = open(collateralTerms(), assets);
        expose(id, 1_800_000 * UNIT);
        post(id, 1_000_000 * UNIT);
        assertEq(valueOf(id), 926_254_500_000, "926,254.500000");
    }

    function test_A4_Bitcoin() public {
        uint256 id = open(collateralTerms(), schedule());
        expose(id, 1_800_000 * UNIT);
        price(address(bitcoin), MONDAY, 9_125_050_000_000); // 91,250.50
        bitcoin.mint(alice, 3e8);
        vm.prank(alice);
        bitcoin.approve(address(vault), 3e8);
        vm.prank(alice);
        vault.post(id, address(bitcoin), 3e8);
        assertEq(valueOf(id), 219_001_200_000, "219,001.200000");
        assertEq(bitcoin.balanceOf(address(vault)), 3e8, "held for it by the vault");
    }

    function test_A4_FrozenCountsNothing() public {
        uint256 id = open(collateralTerms(), schedule());
        expose(id, 1_800_000 * UNIT);
        post(id, 1_000_000 * UNIT);
        share.setFrozenTokens(alice, 2_000_000 * UNIT);
        assertEq(valueOf(id), 1_007_238_500_000, "a freeze covers free units first");
        share.setFrozenTokens(alice, 2_400_000 * UNIT);
        assertEq(valueOf(id), 604_343_100_000, "then pledged ones: 600,000 of them count");
        share.setFrozenTokens(alice, 3_000_000 * UNIT);
        assertEq(valueOf(id), 0, "all of them");
        share.setFrozenTokens(alice, 0);
        share.setAddressFrozen(alice, true);
        assertEq(valueOf(id), 0, "a frozen address too");
    }

    function test_A4_GatedCountsNothing() public {
        uint256 id = open(collateralTerms(), schedule());
        expose(id, 1_800_000 * UNIT);
        post(id, 1_000_000 * UNIT);
        vm.prank(transferAgent);
        fund.suspendDealing("no prices");
        assertEq(valueOf(id), 0, "while dealing is suspended");
        vm.prank(transferAgent);
        fund.resumeDealing();
        assertEq(valueOf(id), 1_007_238_500_000, "and again afterwards");
    }
}
