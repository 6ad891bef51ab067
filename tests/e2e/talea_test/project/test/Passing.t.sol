// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Middleman, Till} from "../src/Till.sol";
import {Base} from "./Vm.sol";

contract CheatCodesTest is Base {
    Till private till;
    address private alice = address(0xa11ce);
    uint256 private counter;

    function setUp() public {
        till = new Till();
        vm.label(alice, "alice");
        counter = 1;
    }

    function test_SetUp_IsBeforeEachTest() public {
        require(counter == 1);
        counter = 2;
    }

    function test_SetUp_IsBeforeEachTestAgain() public {
        require(counter == 1);
        counter = 2;
    }

    function test_Start_IsAsDocumented() public view {
        require(block.timestamp == 1 && block.number == 1 && block.chainid == 31337);
        require(block.basefee == 0 && block.prevrandao == 0);
        require(msg.sender == 0x1804c8AB1F12E6bbf3894d4083f33e07309d1f38 && tx.origin == msg.sender);
        require(address(this) == 0x7FA9385bE102ac3EAc297483Dd6233D62b3e1496);
    }

    function test_Registries_KnowTheTestContract() public view {
        (bool ok, bytes memory answer) =
            address(0x7a01).staticcall(abi.encodeWithSignature("hasRole(address,uint256)", address(this), 7));
        require(ok && abi.decode(answer, (bool)));
    }

    function test_Prank_IsForOneCall() public {
        vm.prank(alice);
        till.pay(1, 1);
        require(till.lastSender() == alice);
        till.pay(1, 1);
        require(till.lastSender() == address(this));
    }

    function test_Prank_DoesNotReachDeeperCalls() public {
        Middleman middleman = new Middleman(till);
        vm.prank(alice);
        middleman.pay(1, 1);
        require(till.lastSender() == address(middleman));
    }

    function test_Prank_MayChangeTheOriginForItsCall() public {
        vm.prank(alice, address(0xb0b));
        till.pay(1, 1);
        require(till.lastOrigin() == address(0xb0b));
        till.pay(1, 1);
        require(till.lastOrigin() == tx.origin);
    }

    function test_Prank_Creates() public {
        vm.prank(alice);
        Till made = new Till();
        require(made.owner() == alice && vm.getNonce(alice) == 1);
    }

    function test_StartPrank_LastsUntilStopPrank() public {
        vm.startPrank(alice);
        till.pay(1, 1);
        till.pay(1, 1);
        require(till.lastSender() == alice);
        vm.stopPrank();
        till.pay(1, 1);
        require(till.lastSender() == address(this));
    }

    function test_Deal_SetsTheBalance() public {
        vm.deal(alice, 5 ether);
        require(alice.balance == 5 ether);
        vm.prank(alice);
        (bool ok,) = address(0xb0b).call{value: 2 ether}("");
        require(ok && alice.balance == 3 ether);
    }

    function test_Block_IsWhatTheTestSays() public {
        vm.warp(1_795_208_400);
        vm.roll(17);
        vm.chainId(5);
        vm.coinbase(alice);
        vm.fee(7);
        require(block.timestamp == 1_795_208_400 && vm.getBlockTimestamp() == block.timestamp);
        require(block.number == 17 && block.chainid == 5 && block.coinbase == alice && block.basefee == 7);
    }

    function test_ExpectRevert_InAllItsForms() public {
        vm.expectRevert();
        till.pay(1, 1_000_001);
        vm.expectRevert(Till.TooMuch.selector);
        till.pay(1, 1_000_001);
        vm.expectRevert(abi.encodeWithSelector(Till.TooMuch.selector, 1_000_001, 1_000_000));
        till.pay(1, 1_000_001);
        vm.expectPartialRevert(Till.TooMuch.selector);
        till.pay(1, 1_000_001);
        vm.expectRevert();
        till.fail();
        till.pay(1, 1);
        vm.expectRevert("money in the till");
        till.close();
        vm.expectRevert(uint64(2));
        till.fail();
        till.fail();
        require(till.total() == 1);
    }

    function test_ExpectRevert_NamesWhoReverts() public {
        Middleman middleman = new Middleman(till);
        vm.expectRevert(Till.TooMuch.selector, address(till));
        middleman.pay(1, 1_000_001);
    }

    function test_ExpectRevert_WithPrank() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(Till.NotOwner.selector, alice));
        till.close();
    }

    function test_ExpectRevert_OfACreation() public {
        vm.expectRevert(bytes("no"));
        new Refuser();
    }

    function test_ExpectEmit_InAllItsForms() public {
        vm.expectEmit();
        emit Till.Paid(address(this), 7, 100);
        till.pay(7, 100);
        vm.expectEmit(address(till));
        emit Till.Paid(address(this), 7, 100);
        till.pay(7, 100);
        vm.expectEmit(true, false, false, false);
        emit Till.Paid(address(this), 8, 101);
        till.pay(7, 100);
        vm.expectEmit(true, true, false, true, address(till));
        emit Till.Paid(address(this), 7, 100);
        till.pay(7, 100);
    }

    function test_ExpectEmit_InOrderWithOthersBetween() public {
        vm.expectEmit();
        emit Till.Paid(address(till), 1, 5);
        vm.expectEmit();
        emit Till.Paid(address(till), 2, 5);
        till.payTwice(1, 5);
        vm.expectEmit();
        emit Till.Paid(address(till), 2, 5);
        till.payTwice(1, 5);
        vm.expectEmit(uint64(0));
        emit Till.Noted("never");
        till.pay(1, 5);
    }

    function test_Storage_IsReadAndWritten() public {
        vm.store(address(till), bytes32(0), bytes32(uint256(42)));
        require(till.total() == 42 && vm.load(address(till), bytes32(0)) == bytes32(uint256(42)));
    }

    function test_Etch_PutsCode() public {
        vm.etch(alice, address(till).code);
        require(Till(alice).MOST() == 1_000_000);
    }

    function test_Nonce_IsSet() public {
        vm.setNonce(alice, 9);
        require(vm.getNonce(alice) == 9);
    }

    function test_Sign_Recovers() public pure {
        bytes32 digest = keccak256("talea");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(0xa11ce, digest);
        require(ecrecover(digest, v, r, s) == vm.addr(0xa11ce));
    }

    function test_Snapshot_IsRevertedTo() public {
        till.pay(1, 1);
        uint256 id = vm.snapshotState();
        till.pay(1, 1);
        vm.warp(99);
        require(vm.revertToState(id));
        require(till.total() == 1 && block.timestamp == 1);
        require(!vm.revertToState(12345));
    }

    function test_Texts() public view {
        require(keccak256(bytes(vm.toString(uint256(1234)))) == keccak256("1234"));
        require(keccak256(bytes(vm.toString(int256(-5)))) == keccak256("-5"));
        require(keccak256(bytes(vm.getLabel(alice))) == keccak256("alice"));
    }

    function test_Assertions_Hold() public pure {
        vm.assertEq(1, 1);
        vm.assertEq("a", "a", "texts");
        vm.assertEq(new int256[](2), new int256[](2));
        vm.assertLt(-1, 1);
        vm.assertApproxEqAbs(10, 12, 2);
    }

    function test_Console_Prints() public view {
        (bool ok,) = 0x000000000000000000636F6e736F6c652e6c6f67
            .staticcall(abi.encodeWithSignature("log(string,uint256,address)", "paid %d by", 5, alice));
        require(ok);
    }

    function test_Skip_Skips() public {
        vm.skip(true, "not today");
        revert();
    }

    function testFuzz_Assume_LetsThrough(uint256 a, uint8 b) public pure {
        vm.assume(a > 10 && b % 2 == 0);
        require(a > 10 && b % 2 == 0);
    }

    function testFuzz_Pay(address by, uint256 amount) public {
        vm.assume(by != address(0));
        amount = amount % 1_000_001;
        vm.prank(by);
        require(till.pay(1, amount) == amount && till.lastSender() == by);
    }

    function testFuzz_AllTypes(
        int24 a,
        bytes3 b,
        string calldata c,
        bytes calldata d,
        uint64[] calldata e,
        bool[2] calldata f,
        Row calldata g
    ) external pure {
        abi.encode(a, b, c, d, e, f, g);
    }

    struct Row {
        address wallet;
        string name;
    }
}

contract Refuser {
    constructor() {
        revert("no");
    }
}
