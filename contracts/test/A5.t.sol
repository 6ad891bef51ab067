// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CashToken} from "../src/CashToken.sol";
import {ICashToken} from "../src/interfaces/ICashToken.sol";
import {World} from "./World.sol";

/// @title DOMAIN §1, row A5: cash under an attested reserve; its age is now less asOf
contract A5Test is World {
    CashToken private cash;

    function setUp() public {
        openWorld();
        cash = deployCash();
        cash.grantRole(cash.ATTESTOR(), dave);
        cash.setMinterAllowance(issuer, 10_000_000_000000);
        vm.prank(dave);
        cash.attest(5_000_000_000000, uint64(START), "report");
    }

    function mint(uint256 amount) private {
        vm.prank(issuer);
        cash.mint(alice, amount);
    }

    function test_A5_OneAtomAboveTheReserveIsRefused() public {
        vm.expectRevert(
            abi.encodeWithSelector(ICashToken.ReserveExceeded.selector, 0, 5_000_000_000001, 5_000_000_000000)
        );
        mint(5_000_000_000001);
        mint(5_000_000_000000);
    }

    function test_A5_At26HoursAMintSucceedsAndSaysSo() public {
        vm.warp(START + 93_600); // 26 h 0 s
        vm.expectEmit(address(cash));
        emit ICashToken.ReserveInGrace(uint64(START), 93_600);
        mint(1_000_000000);
        assertEq(cash.balanceOf(alice), 1_000_000000, "minted");
    }

    function test_A5_At50HoursNoMintAndTransfersAndRedemptionsGoOn() public {
        mint(1_000_000000);
        vm.warp(START + 180_000); // 50 h 0 s
        vm.expectRevert(abi.encodeWithSelector(ICashToken.ReserveStale.selector, uint64(START), 180_000));
        mint(1_000_000000);
        vm.prank(alice);
        cash.transfer(bob, 400_000000);
        vm.prank(bob);
        uint256 id = cash.requestRedemption(400_000000, "account");
        vm.prank(issuer);
        cash.payRedemption(id, "wire");
        assertEq(cash.totalSupply(), 600_000000, "redeemed");
    }
}
