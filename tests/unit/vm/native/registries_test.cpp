#include "vm/native/registries.hpp"

#include <doctest/doctest.h>

#include "unit/vm/interpreter/runner.hpp"
#include "unit/vm/native/native_chain.hpp"

using namespace talea;
using namespace talea::tests;

namespace {

/// Code that passes its call data to `target` by `opcode` and returns one word (did it succeed) and what came back.
vm::Bytes forward(std::uint8_t opcode, const vm::Address& target, std::uint64_t value, std::uint64_t gas) {
    Assembler code;
    code.op(0x36).push(vm::u256{0}).push(vm::u256{0}).op(0x37);           // CALLDATACOPY(0, 0, CALLDATASIZE)
    code.push(vm::u256{0}).push(vm::u256{0}).op(0x36).push(vm::u256{0});  // out size, out, in size, in
    if (opcode == 0xf1 || opcode == 0xf2) code.push(vm::u256{value});
    code.push(vm::to_u256(target), 20).push(vm::u256{gas}).op(opcode);
    code.push(vm::u256{0}).op(0x52);                                       // MSTORE(0, success)
    code.op(0x3d).push(vm::u256{0}).push(vm::u256{32}).op(0x3e);           // RETURNDATACOPY(32, 0, RETURNDATASIZE)
    code.op(0x3d).push(vm::u256{32}).op(0x01).push(vm::u256{0}).op(0xf3);  // RETURN(0, 32 + RETURNDATASIZE)
    return code.bytes();
}
constexpr std::uint8_t call_op = 0xf1, callcode_op = 0xf2, delegatecall_op = 0xf4, staticcall_op = 0xfa;

struct Registered : Runner {
    vm::Registries registries;

    Registered() {
        vm::NativeGenesis genesis = NativeChain::plain_genesis();
        genesis.roles[contract] = vm::role::admin;
        const vm::GenesisAlloc accounts = vm::native_accounts(genesis).value();
        for (const auto& [where, account] : accounts)
            world.put(where, account.nonce, account.balance, account.code, account.storage);
        system_contracts = &registries;
    }
    struct Forwarded {
        bool succeeded;
        vm::Bytes returned;
        vm::Gas gas_used;
        std::vector<vm::Log> logs;
    };
    Forwarded through(std::uint8_t opcode, vm::BytesView data, std::uint64_t value = 0, std::uint64_t gas = 100'000) {
        const auto outcome = run(forward(opcode, vm::permissions_address, value, gas), 1'000'000, data);
        REQUIRE(outcome.status == vm::Status::success);
        REQUIRE(outcome.output.size() >= 32);
        return {outcome.output[31] == 1,
                {outcome.output.begin() + 32, outcome.output.end()},
                1'000'000 - outcome.gas_left,
                outcome.logs};
    }
};

}  // namespace

TEST_CASE("a contract calls a registry as it calls a contract") {
    Registered runner;
    const vm::Bytes roles = call_data("rolesOf(address)", {word(contract)});
    for (const std::uint8_t opcode : {call_op, staticcall_op}) {
        const auto answer = runner.through(opcode, roles);
        CHECK(answer.succeeded);
        CHECK(vm::u256::from_be_bytes(answer.returned) == vm::role::admin);
    }
    const auto refused = runner.through(call_op, call_data("noSuchThing()"));
    CHECK_FALSE(refused.succeeded);
    CHECK(refused.returned == call_data("BadCall()"));
    CHECK_MESSAGE(refused.gas_used < 10'000, "a refusal returns the rest of the gas");
    const auto granted = runner.through(call_op, call_data("grantRoles(address,uint256)", {7, vm::role::deploy}));
    CHECK_MESSAGE(granted.succeeded, "the caller is the contract, which is ADMIN");
    CHECK(granted.logs.size() == 1);
}

TEST_CASE("a static call cannot write a registry, and loses its gas") {
    Registered runner;
    const auto answer = runner.through(staticcall_op, call_data("grantRoles(address,uint256)", {7, vm::role::deploy}));
    CHECK_FALSE(answer.succeeded);
    CHECK(answer.returned.empty());
    CHECK(answer.gas_used > 100'000);
}

TEST_CASE("borrowing a registry's code runs 0xfe, which halts") {
    Registered runner;
    for (const std::uint8_t opcode : {callcode_op, delegatecall_op}) {
        const auto answer = runner.through(opcode, call_data("rolesOf(address)", {word(contract)}));
        CHECK_FALSE(answer.succeeded);
        CHECK(answer.returned.empty());
        CHECK(answer.gas_used > 100'000);
    }
}

TEST_CASE("value sent to a registry comes back with NotPayable") {
    Registered runner;
    const auto answer = runner.through(call_op, call_data("mode()"), 5);
    CHECK_FALSE(answer.succeeded);
    CHECK(answer.returned == call_data("NotPayable()"));
}

TEST_CASE("without registries their addresses hold the code 0xfe only") {
    Registered runner;
    runner.system_contracts = nullptr;
    CHECK_FALSE(runner.through(call_op, call_data("mode()")).succeeded);
}
