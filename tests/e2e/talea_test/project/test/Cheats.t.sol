// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Middleman, Till} from "../src/Till.sol";

interface MoreVm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    struct Wallet {
        address addr;
        uint256 publicKeyX;
        uint256 publicKeyY;
        uint256 privateKey;
    }

    function mockCall(address callee, bytes calldata data, bytes calldata answer) external;
    function mockCallRevert(address callee, bytes calldata data, bytes calldata answer) external;
    function mockCalls(address callee, bytes calldata data, bytes[] calldata answers) external;
    function mockFunction(address callee, address target, bytes calldata data) external;
    function clearMockedCalls() external;
    function expectCall(address callee, bytes calldata data) external;
    function expectCall(address callee, bytes calldata data, uint64 count) external;
    function expectCall(address callee, uint256 value, bytes calldata data) external;
    function expectCreate(bytes calldata code, address deployer) external;
    function expectEmitAnonymous(address emitter) external;
    function prank(address sender, bool delegated) external;
    function readCallers() external view returns (uint8 mode, address sender, address origin);
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
    function setSeed(uint256 seed) external;
    function randomUint() external returns (uint256);
    function randomUint(uint256 least, uint256 most) external returns (uint256);
    function randomInt(uint256 bits) external returns (int256);
    function sort(uint256[] calldata list) external pure returns (uint256[] memory);
    function shuffle(uint256[] calldata list) external returns (uint256[] memory);
    function bound(int256 value, int256 least, int256 most) external pure returns (int256);
    function parseUint(string calldata text) external pure returns (uint256);
    function parseInt(string calldata text) external pure returns (int256);
    function split(string calldata text, string calldata by) external pure returns (string[] memory);
    function replace(string calldata text, string calldata what, string calldata by)
        external
        pure
        returns (string memory);
    function trim(string calldata text) external pure returns (string memory);
    function toUppercase(string calldata text) external pure returns (string memory);
    function indexOf(string calldata text, string calldata what) external pure returns (uint256);
    function toBase64(string calldata text) external pure returns (string memory);
    function toBase64URL(bytes calldata data) external pure returns (string memory);
    function createWallet(string calldata name) external returns (Wallet memory);
    function sign(Wallet calldata wallet, bytes32 digest) external returns (uint8 v, bytes32 r, bytes32 s);
    function signCompact(address signer, bytes32 digest) external view returns (bytes32 r, bytes32 vs);
    function computeCreate2Address(bytes32 salt, bytes32 codeHash, address deployer) external pure returns (address);
    function getCode(string calldata name) external view returns (bytes memory);
    function getDeployedCode(string calldata name) external view returns (bytes memory);
    function assertEqDecimal(uint256 left, uint256 right, uint256 decimals, string calldata what) external pure;
    function txGasPrice(uint256 price) external;
    function snapshotState() external returns (uint256);
    function deleteStateSnapshot(uint256 id) external returns (bool);
    function revertToState(uint256 id) external returns (bool);
}

contract Empty {}

contract Twice {
    function pay(uint256, uint256 amount) external pure returns (uint256) {
        return 2 * amount;
    }
}

contract CheatsTest {
    MoreVm private constant vm = MoreVm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
    Till private till;
    Middleman private middleman;

    event Quiet(uint256 number) anonymous;

    function setUp() public {
        till = new Till();
        middleman = new Middleman(till);
    }

    function test_MockCall_AnswersInsteadOfTheContract() public {
        vm.mockCall(address(till), abi.encodeCall(till.pay, (1, 5)), abi.encode(77));
        require(middleman.pay(1, 5) == 77 && till.total() == 0);
        require(middleman.pay(2, 5) == 5, "other data is not meant");
        vm.clearMockedCalls();
        require(middleman.pay(1, 5) == 10);
    }

    function test_MockCall_StandsForAContractThatIsNotThere() public {
        vm.mockCall(address(0xbeef), abi.encodeCall(till.total, ()), abi.encode(3));
        require(Till(address(0xbeef)).total() == 3);
    }

    function test_MockCallRevert_Reverts() public {
        vm.mockCallRevert(address(till), abi.encodeWithSelector(Till.pay.selector), "no");
        try till.pay(1, 1) {
            revert("it paid");
        } catch (bytes memory reason) {
            require(keccak256(reason) == keccak256("no"));
        }
    }

    function test_MockCalls_AnswersInTurnAndStaysAtTheLast() public {
        bytes[] memory answers = new bytes[](2);
        (answers[0], answers[1]) = (abi.encode(1), abi.encode(2));
        vm.mockCalls(address(till), abi.encodeCall(till.total, ()), answers);
        require(till.total() == 1 && till.total() == 2 && till.total() == 2);
    }

    function test_MockFunction_RunsOtherCode() public {
        vm.mockFunction(address(till), address(new Twice()), abi.encodeWithSelector(Till.pay.selector));
        require(till.pay(1, 21) == 42 && till.total() == 0);
    }

    function test_ExpectCall_SeesDeeperCalls() public {
        vm.expectCall(address(till), abi.encodeCall(till.pay, (1, 5)));
        vm.expectCall(address(till), abi.encodeWithSelector(Till.pay.selector), 2);
        vm.expectCall(address(till), 0, abi.encodeCall(till.pay, (2, 5)));
        middleman.pay(1, 5);
        middleman.pay(2, 5);
    }

    function test_ExpectCall_ButNone() public {
        vm.expectCall(address(till), abi.encodeCall(till.nothing, ()));
        till.total();
    }

    function test_ExpectCall_ButTooMany() public {
        vm.expectCall(address(till), abi.encodeCall(till.nothing, ()), 1);
        till.nothing();
        till.nothing();
    }

    function test_ExpectCreate_SeesIt() public {
        vm.expectCreate(type(Empty).runtimeCode, address(this));
        new Empty();
    }

    function test_ExpectCreate_ButNone() public {
        vm.expectCreate(type(Empty).runtimeCode, address(this));
        till.total();
    }

    function test_ExpectEmitAnonymous() public {
        vm.expectEmitAnonymous(address(this));
        emit Quiet(5);
        this.emitQuiet(5);
    }

    function emitQuiet(uint256 number) external {
        emit Quiet(number);
    }

    function test_Prank_OfADelegatecall() public {
        (uint8 mode,,) = vm.readCallers();
        require(mode == 0);
        Who target = new Who();
        vm.prank(address(0xb0b), true);
        (uint8 pranked, address sender,) = vm.readCallers();
        require(pranked == 3 && sender == address(0xb0b));
        (bool ok, bytes memory answer) = address(target).delegatecall(abi.encodeCall(Who.who, ()));
        require(ok);
        (address asked, address self) = abi.decode(answer, (address, address));
        require(asked == address(0xb0b) && self == address(0xb0b));
    }

    function test_RecordLogs() public {
        till.pay(1, 1);
        vm.recordLogs();
        till.pay(7, 5);
        MoreVm.Log[] memory logs = vm.getRecordedLogs();
        require(logs.length == 1 && logs[0].emitter == address(till));
        require(logs[0].topics[0] == Till.Paid.selector && uint256(logs[0].topics[2]) == 7);
        require(abi.decode(logs[0].data, (uint256)) == 5);
        require(vm.getRecordedLogs().length == 0, "they are told once");
    }

    function test_Random_IsTheSameForOneSeed() public {
        vm.setSeed(5);
        uint256 first = vm.randomUint();
        require(vm.randomUint() != first);
        vm.setSeed(5);
        require(vm.randomUint() == first);
        for (uint256 i = 0; i < 50; ++i) {
            uint256 small = vm.randomUint(3, 5);
            require(small >= 3 && small <= 5);
            int256 byte_ = vm.randomInt(8);
            require(byte_ >= -128 && byte_ <= 127);
        }
        require(vm.bound(int256(-100), -5, 5) >= -5 && vm.bound(int256(100), -5, 5) <= 5 && vm.bound(3, -5, 5) == 3);
    }

    function test_SortAndShuffle() public {
        uint256[] memory list = new uint256[](3);
        (list[0], list[1], list[2]) = (3, 1, 2);
        list = vm.sort(vm.shuffle(list));
        require(list[0] == 1 && list[1] == 2 && list[2] == 3);
    }

    function test_Texts() public pure {
        require(vm.parseUint("1000") == 1000 && vm.parseInt("-7") == -7);
        string[] memory parts = vm.split("a,b,,c", ",");
        require(parts.length == 4 && same(parts[1], "b") && same(parts[2], "") && same(parts[3], "c"));
        require(same(vm.replace("aXbXX", "X", "yy"), "ayybyyyy"));
        require(same(vm.trim("  a b\t\n"), "a b") && same(vm.toUppercase("aB1"), "AB1"));
        require(vm.indexOf("hello", "l") == 2 && vm.indexOf("hello", "x") == type(uint256).max);
        require(same(vm.toBase64("Man"), "TWFu") && same(vm.toBase64("Ma"), "TWE=") && same(vm.toBase64("M"), "TQ=="));
        require(same(vm.toBase64URL(hex"fbff"), "-_8="));
    }

    function same(string memory a, string memory b) private pure returns (bool) {
        return keccak256(bytes(a)) == keccak256(bytes(b));
    }

    function test_Wallets_Sign() public {
        MoreVm.Wallet memory wallet = vm.createWallet("ann");
        require(wallet.privateKey == uint256(keccak256("ann")));
        require(address(uint160(uint256(keccak256(abi.encode(wallet.publicKeyX, wallet.publicKeyY))))) == wallet.addr);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(wallet, "digest");
        require(ecrecover("digest", v, r, s) == wallet.addr);
        (bytes32 compactR, bytes32 vs) = vm.signCompact(wallet.addr, "digest");
        require(compactR == r && uint256(vs) << 1 >> 1 == uint256(s) && uint256(vs) >> 255 == v - 27);
    }

    function test_Create2_IsWhereItIsComputed() public {
        address there = vm.computeCreate2Address("salt", keccak256(type(Empty).creationCode), address(this));
        require(address(new Empty{salt: "salt"}()) == there);
    }

    function test_GetCode() public view {
        require(keccak256(vm.getCode("Empty")) == keccak256(type(Empty).creationCode));
        require(keccak256(vm.getDeployedCode("Cheats.t.sol:Empty")) == keccak256(type(Empty).runtimeCode));
    }

    function test_GasPrice() public {
        vm.txGasPrice(9);
        require(tx.gasprice == 9);
    }

    function test_Snapshot_Deleted() public {
        uint256 id = vm.snapshotState();
        require(vm.deleteStateSnapshot(id) && !vm.deleteStateSnapshot(id) && !vm.revertToState(id));
    }

    function test_Decimals_Fail() public pure {
        vm.assertEqDecimal(150, 25, 2, "price");
    }
}

contract Who {
    function who() external view returns (address, address) {
        return (msg.sender, address(this));
    }
}
