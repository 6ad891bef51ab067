#include <doctest/doctest.h>

#include "unit/vm/interpreter/runner.hpp"
#include "vm/chain/create_address.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/interpreter/limits.hpp"

using namespace talea;
using namespace talea::vm;
using tests::Assembler;
using tests::Runner;

namespace {

constexpr std::uint8_t op_add = 0x01, op_sub = 0x03, op_div = 0x04, op_sdiv = 0x05, op_smod = 0x07, op_exp = 0x0a,
                       op_signextend = 0x0b, op_slt = 0x12, op_sgt = 0x13, op_iszero = 0x15, op_byte = 0x1a,
                       op_shl = 0x1b, op_shr = 0x1c, op_sar = 0x1d, op_clz = 0x1e, op_keccak = 0x20, op_balance = 0x31,
                       op_calldataload = 0x35, op_codecopy = 0x39, op_extcodesize = 0x3b, op_returndatacopy = 0x3e,
                       op_extcodehash = 0x3f, op_blockhash = 0x40, op_pop = 0x50, op_mload = 0x51, op_mstore = 0x52,
                       op_sload = 0x54, op_sstore = 0x55, op_jump = 0x56, op_gas = 0x5a, op_jumpdest = 0x5b,
                       op_tload = 0x5c, op_tstore = 0x5d, op_mcopy = 0x5e, op_dup1 = 0x80, op_log0 = 0xa0,
                       op_create = 0xf0, op_call = 0xf1, op_callcode = 0xf2, op_return = 0xf3, op_delegatecall = 0xf4,
                       op_create2 = 0xf5, op_staticcall = 0xfa, op_revert = 0xfd, op_invalid = 0xfe,
                       op_selfdestruct = 0xff;

constexpr Address other = low_address(0x07e5);
const u256 minus_one = u256::max();
const u256 most_negative{0, 0, 0, 0x8000000000000000};

/// `a` on top of `b`.
Assembler two(const u256& a, const u256& b, std::uint8_t opcode) {
    return Assembler().push(b).push(a).op(opcode);
}
/// CALL or CALLCODE of `to` with `gas`, no data.
Assembler call(const Address& to, const u256& gas, std::uint8_t opcode = op_call, const u256& value = {}) {
    Assembler code;
    for (int i = 0; i < 4; ++i) code.push(u256{0});
    if (opcode == op_call || opcode == op_callcode) code.push(value);
    return code.push(to_u256(to)).push(gas).op(opcode);
}
}  // namespace

TEST_CASE("signed arithmetic follows two's complement at its edges") {
    Runner runner;
    CHECK(runner.top_after(two(most_negative, minus_one, op_sdiv)) == most_negative);
    CHECK(runner.top_after(two(minus_one, u256{2}, op_sdiv)) == u256{0});
    CHECK(runner.top_after(two(-u256{7}, u256{3}, op_smod)) == -u256{1});
    CHECK(runner.top_after(two(u256{7}, -u256{3}, op_smod)) == u256{1});
    CHECK(runner.top_after(two(u256{7}, u256{0}, op_div)) == u256{0});
    CHECK(runner.top_after(two(minus_one, u256{0}, op_slt)) == u256{1});
    CHECK(runner.top_after(two(most_negative, ~most_negative, op_sgt)) == u256{0});
    CHECK(runner.top_after(two(u256{0}, u256{0xff}, op_signextend)) == minus_one);
    CHECK(runner.top_after(two(u256{0}, u256{0x17f}, op_signextend)) == u256{0x7f});
    CHECK(runner.top_after(two(u256{31}, minus_one, op_signextend)) == minus_one);
    CHECK(runner.top_after(two(minus_one, u256{0xff}, op_signextend)) == u256{0xff});
}

TEST_CASE("shifts, BYTE and CLZ hold at limb edges and beyond the word") {
    Runner runner;
    const u256 value{0x0123456789abcdef, 0xfedcba9876543210, 0x0f1e2d3c4b5a6978, 0x8796a5b4c3d2e1f0};
    for (const unsigned bits : {0u, 1u, 63u, 64u, 65u, 127u, 128u, 192u, 200u, 255u}) {
        CAPTURE(bits);
        CHECK(runner.top_after(two(u256{bits}, value, op_shl)) == value << bits);
        CHECK(runner.top_after(two(u256{bits}, value, op_shr)) == value >> bits);
        CHECK(runner.top_after(two(u256{bits}, value, op_sar)) == ~(~value >> bits));
        CHECK(runner.top_after(two(u256{bits}, value >> 1, op_sar)) == value >> (bits + 1));
    }
    for (const u256& bits : {u256{256}, u256{0, 1, 0, 0}, minus_one}) {
        CHECK(runner.top_after(two(bits, value, op_shl)) == u256{0});
        CHECK(runner.top_after(two(bits, value, op_shr)) == u256{0});
        CHECK(runner.top_after(two(bits, value, op_sar)) == minus_one);
        CHECK(runner.top_after(two(bits, value >> 1, op_sar)) == u256{0});
    }
    CHECK(runner.top_after(two(u256{0}, value, op_byte)) == u256{0x87});
    CHECK(runner.top_after(two(u256{31}, value, op_byte)) == u256{0xef});
    CHECK(runner.top_after(two(u256{32}, value, op_byte)) == u256{0});
    CHECK(runner.top_after(two(u256{0, 1, 0, 0}, value, op_byte)) == u256{0});
    CHECK(runner.top_after(Assembler().push(u256{0}).op(op_clz)) == u256{256});
    CHECK(runner.top_after(Assembler().push(u256{1}).op(op_clz)) == u256{255});
    CHECK(runner.top_after(Assembler().push(value).op(op_clz)) == u256{0});
}

TEST_CASE("CLZ is no instruction before Osaka") {
    Runner runner;
    runner.block.fork = Fork::prague;
    CHECK(runner.run(Assembler().push(u256{1}).op(op_clz).bytes()).status == Status::undefined_instruction);
}

TEST_CASE("EXP costs 50 for each byte of the exponent") {
    Runner runner;
    CHECK(runner.gas_used(two(u256{2}, u256{0}, op_exp)) == 16);
    CHECK(runner.gas_used(two(u256{2}, u256{255}, op_exp)) == 66);
    CHECK(runner.gas_used(two(u256{2}, u256{256}, op_exp)) == 116);
    CHECK(runner.top_after(two(u256{3}, minus_one, op_exp)) == exp(u256{3}, minus_one));
}

TEST_CASE("memory costs 3 a word and the square of words by 512, in both loops to the last unit") {
    for (const bool exact : {false, true}) {
        CAPTURE(exact);
        Runner runner;
        runner.exact = exact;
        const auto touching = [](std::uint64_t offset) { return Assembler().push(u256{offset}).op(op_mload); };
        CHECK(runner.gas_used(touching(0)) == 3 + 3 + 3);
        CHECK(runner.gas_used(touching(1)) == 3 + 3 + 6);
        CHECK(runner.gas_used(touching(32 * 1023)) == 3 + 3 + 3 * 1024 + 1024 * 1024 / 512);
        const Bytes code = touching(32 * 99).bytes();
        const Gas price = 3 + 3 + 300 + 100 * 100 / 512;
        CHECK(runner.run(code, price).status == Status::success);
        CHECK(runner.run(code, price).gas_left == 0);
        CHECK(runner.run(code, price - 1).status == Status::out_of_gas);
        CHECK(runner.run(touching(0xffffffff).bytes(), 1'000'000'000).status == Status::out_of_gas);
        const Bytes beyond = Assembler().push(minus_one).op(op_mload).bytes();
        CHECK(runner.run(beyond, 0x7fffffffffffffff).status == Status::out_of_gas);
    }
}

TEST_CASE("a range of no bytes costs no memory, whatever its offset") {
    Runner runner;
    const auto code = Assembler().push(u256{0}).push(minus_one).op(op_keccak);
    CHECK(runner.top_after(code) == to_u256(empty_code_hash));
    CHECK(runner.gas_used(code) == 3 + 3 + 30);
}

TEST_CASE("MCOPY moves overlapping bytes and pays for the farther end") {
    Runner runner;
    Assembler code;
    code.push(u256{0x0102030405060708}).push(u256{0}).op(op_mstore);
    code.push(u256{32}).push(u256{0}).push(u256{1}).op(op_mcopy);  // to 1, from 0
    code.push(u256{1}).op(op_mload);
    CHECK(runner.top_after(code) == u256{0x0102030405060708});
    CHECK(runner.gas_used(Assembler().push(u256{1}).push(u256{0}).push(u256{64}).op(op_mcopy)) == 9 + 3 + 3 + 9);
    CHECK(runner.gas_used(Assembler().push(u256{1}).push(u256{64}).push(u256{0}).op(op_mcopy)) == 9 + 3 + 3 + 9);
}

TEST_CASE("call data reads as if zeros followed it") {
    Runner runner;
    const Bytes input = {1, 2, 3};
    const auto at = [&](const u256& offset) {
        const auto code = Assembler().push(offset).op(op_calldataload).return_top();
        return u256::from_be_bytes(runner.run(code.bytes(), 100'000, input).output);
    };
    CHECK(at(u256{0}) == u256{0x010203} << 232);
    CHECK(at(u256{2}) == u256{3} << 248);
    CHECK(at(u256{3}) == u256{0});
    CHECK(at(minus_one) == u256{0});
}

TEST_CASE("a slot is cold once, and prices and refunds of SSTORE are those of EIP-3529") {
    struct Case {
        std::uint64_t original;
        std::vector<std::uint64_t> writes;
        Gas gas;  // without the pushes
        Gas refund;
    };
    const Case cases[] = {
        {0, {0, 0}, 2200 + 100, 0},           {0, {0, 1}, 2200 + 20000, 0},
        {0, {1, 0}, 22100 + 100, 19900},      {0, {1, 2}, 22100 + 100, 0},
        {0, {1, 1}, 22100 + 100, 0},          {1, {0, 0}, 5000 + 100, 4800},
        {1, {0, 1}, 5000 + 100, 2800},        {1, {0, 2}, 5000 + 100, 0},
        {1, {2, 0}, 5000 + 100, 4800},        {1, {2, 3}, 5000 + 100, 0},
        {1, {2, 1}, 5000 + 100, 2800},        {1, {1, 0}, 2200 + 2900, 4800},
        {0, {1, 0, 1}, 22100 + 20100, 19900}, {1, {0, 1, 0}, 5000 + 3000, 2800 + 4800},
    };
    for (const Case& c : cases) {
        CAPTURE(c.original);
        CAPTURE(c.writes);
        Runner runner;
        Assembler code;
        for (const std::uint64_t value : c.writes) code.push(u256{value}).push(u256{0}).op(op_sstore);
        runner.world.put(tests::contract, 1, u256{}, code.bytes(), {{u256{0}, u256{c.original}}});
        const auto outcome = runner.run(Runner::message(100'000));
        REQUIRE(outcome.status == Status::success);
        CHECK(100'000 - outcome.gas_left - static_cast<Gas>(6 * c.writes.size()) == c.gas);
        CHECK(outcome.refund == c.refund);
    }
    Runner runner;
    CHECK(runner.gas_used(Assembler().push(u256{0}).op(op_sload)) == 3 + 2100);
    CHECK(runner.gas_used(Assembler().push(u256{0}).op(op_sload).push(u256{0}).op(op_sload)) == 3 + 2100 + 3 + 100);
}

TEST_CASE("SSTORE fails at the stipend and works one above it") {
    for (const bool exact : {false, true}) {
        Runner runner;
        runner.exact = exact;
        // Warm, and of the same value: 100 gas.
        const auto code = Assembler().push(u256{0}).op(op_sload).push(u256{0}).op(op_sstore).bytes();
        const Gas before = 3 + 2100 + 3;
        CHECK(runner.run(code, before + 2300).status == Status::out_of_gas);
        CHECK(runner.run(code, before + 2301).status == Status::success);
    }
}

TEST_CASE("GAS tells what is left after itself in the middle of a block") {
    for (const bool exact : {false, true}) {
        Runner runner;
        runner.exact = exact;
        const auto code = Assembler().push(u256{1}).op(op_pop).op(op_gas).push(u256{1}).op(op_pop).return_top();
        CHECK(u256::from_be_bytes(runner.run(code.bytes(), 1000).output) == u256{1000 - 3 - 2 - 2});
    }
}

TEST_CASE("the stack holds 1024 items and not one more") {
    for (const bool exact : {false, true}) {
        Runner runner;
        runner.exact = exact;
        Assembler code;
        for (int i = 0; i < 1024; ++i) code.op(0x5f);
        CHECK(runner.run(code.bytes()).status == Status::success);
        CHECK(runner.run(Assembler(code).op(op_add).bytes()).status == Status::success);
        CHECK(runner.run(Assembler(code).op(0x5f).bytes()).status == Status::stack_overflow);
        CHECK(runner.run(Assembler(code).op(op_dup1).bytes()).status == Status::stack_overflow);
        CHECK(runner.run(Assembler().op(0x5f).op(op_add).bytes()).status == Status::stack_underflow);
        CHECK(runner.run(Assembler().op(op_pop).bytes()).status == Status::stack_underflow);
    }
}

TEST_CASE("a jump lands on JUMPDEST only, not in pushed bytes and not beyond the code") {
    Runner runner;
    CHECK(runner.run(Assembler().push(u256{3}).op(op_jump).op(op_jumpdest).bytes()).status == Status::success);
    CHECK(runner.run(Assembler().push(u256{4}).op(op_jump).push(u256{op_jumpdest}).bytes()).status == Status::bad_jump);
    CHECK(runner.run(Assembler().push(u256{5}).op(op_jump).op(op_jumpdest).bytes()).status == Status::bad_jump);
    CHECK(runner.run(Assembler().push(u256{3, 1, 0, 0}).op(op_jump).op(op_jumpdest).bytes()).status ==
          Status::bad_jump);
    CHECK(runner.run(Assembler().op(op_pop).bytes()).status == Status::stack_underflow);
}

TEST_CASE("BLOCKHASH knows the last 256 blocks") {
    Runner runner;
    for (const std::uint64_t n : {743u, 744u, 999u, 1000u}) runner.world.block_hashes[{n}] = Hash{{1}};
    const auto known = [&](const u256& n) { return !runner.top_after(Assembler().push(n).op(op_blockhash)).is_zero(); };
    CHECK_FALSE(known(u256{743}));
    CHECK(known(u256{744}));
    CHECK(known(u256{999}));
    CHECK_FALSE(known(u256{1000}));
    CHECK_FALSE(known(u256{999, 1, 0, 0}));
}

TEST_CASE("state cannot change below a static call") {
    Runner runner;
    std::vector<Assembler> writes = {
        Assembler().push(u256{1}).push(u256{1}).op(op_sstore),
        Assembler().push(u256{1}).push(u256{1}).op(op_tstore),
        Assembler().push(u256{0}).push(u256{0}).op(op_log0),
        Assembler().push(u256{0}).push(u256{0}).push(u256{0}).op(op_create),
        Assembler().push(u256{0}).push(u256{0}).push(u256{0}).push(u256{0}).op(op_create2),
        Assembler().push(u256{0}).op(op_selfdestruct),
        call(other, u256{0}, op_call, u256{1}),
    };
    for (const Assembler& write : writes) {
        runner.world.put(other, 1, u256{10}, write.bytes());
        const Bytes code = call(other, u256{50'000}, op_staticcall).return_top().bytes();
        const auto outcome = runner.run(code, 500'000);
        CHECK(u256::from_be_bytes(outcome.output) == u256{0});
        CHECK(outcome.calls[2] == "state change in a static call gas 0");
        CHECK(outcome.changes.empty());
    }
    runner.world.put(other, 1, u256{10}, call(tests::contract, u256{0}, op_callcode, u256{1}).bytes());
    const auto outcome = runner.run(call(other, u256{50'000}, op_staticcall).return_top().bytes(), 500'000);
    CHECK(u256::from_be_bytes(outcome.output) == u256{1});  // CALLCODE moves no value
}

TEST_CASE("return data is read within its bounds or not at all") {
    Runner runner;
    runner.world.put(other, 1, u256{}, Assembler().push(u256{0x2a}).return_top().bytes());
    const auto reading = [&](const u256& from, const u256& size) {
        auto code = call(other, u256{50'000});
        return runner.run(code.push(size).push(from).push(u256{0}).op(op_returndatacopy).bytes(), 500'000).status;
    };
    CHECK(reading(u256{0}, u256{32}) == Status::success);
    CHECK(reading(u256{32}, u256{0}) == Status::success);
    CHECK(reading(u256{1}, u256{32}) == Status::return_data_out_of_bounds);
    CHECK(reading(u256{33}, u256{0}) == Status::return_data_out_of_bounds);
    CHECK(reading(minus_one, u256{1}) == Status::return_data_out_of_bounds);
}

TEST_CASE("a call costs what EIP-2929 and the value say, and gives all but a 64th at most") {
    Runner runner;
    runner.world.put(other, 1, u256{1}, Assembler().op(op_gas).return_top().bytes());
    const auto cost = [&](const Assembler& code) { return runner.gas_used(code) - 7 * 3; };
    const Address nobody = low_address(0x999);
    CHECK(runner.gas_used(call(nobody, u256{0})) == 7 * 3 + 2600);
    CHECK(cost(call(nobody, u256{0}, op_call, u256{1})) == 2600 + 9000 + 25000 - 2300);
    CHECK(cost(call(other, u256{0}, op_callcode, u256{1})) >= 2600 + 9000 - 2300);
    CHECK(cost(call(tests::caller, u256{0}, op_call, u256{1})) == 2600 + 9000 - 2300);
    // Asked for too much, the callee begins with all but a 64th.
    auto code = call(other, minus_one).op(op_pop);
    code.push(u256{32}).push(u256{0}).push(u256{0}).op(op_returndatacopy).push(u256{0}).op(op_mload).return_top();
    const auto outcome = runner.run(code.bytes(), 100'000);
    const Gas at_call = 100'000 - 7 * 3 - 2600;
    CHECK(u256::from_be_bytes(outcome.output) == u256{static_cast<std::uint64_t>(at_call - at_call / 64 - 2)});
}

TEST_CASE("a call without balance for its value returns all its gas and the stipend") {
    Runner runner;
    const auto outcome = runner.run(call(other, u256{0}, op_call, u256{1001}).return_top().bytes());
    CHECK(u256::from_be_bytes(outcome.output) == u256{0});
    CHECK(outcome.calls[2] == "balance does not suffice for the value gas 2300");
}

TEST_CASE("a delegation runs its target's code for the account's own storage, and is paid as an access") {
    Runner runner;
    const Address target = low_address(0x7a26);
    runner.world.put(target, 1, u256{}, Assembler().push(u256{5}).push(u256{1}).op(op_sstore).bytes());
    Bytes designator = {0xef, 0x01, 0x00};
    append(designator, view(target));
    runner.world.put(other, 1, u256{}, designator);
    auto outcome = runner.run(call(other, u256{60'000}).bytes(), 100'000);
    REQUIRE(outcome.changes.contains(other));
    CHECK(outcome.changes.at(other).storage == std::map<u256, u256>{{u256{1}, u256{5}}});
    CHECK(100'000 - outcome.gas_left == 7 * 3 + 2600 + 2600 + 6 + 22100);
    CHECK(runner.top_after(Assembler().push(to_u256(other)).op(op_extcodesize)) == u256{23});
    CHECK(runner.top_after(Assembler().push(to_u256(other)).op(op_extcodehash)) == to_u256(keccak256(designator)));
    SUBCASE("before Prague it is code that cannot run") {
        runner.block.fork = Fork::cancun;
        CHECK(runner.run(call(other, u256{60'000}).return_top().bytes(), 100'000).calls[2] ==
              "undefined instruction gas 0");
    }
    SUBCASE("a delegation to a delegation is not followed") {
        Bytes second = {0xef, 0x01, 0x00};
        append(second, view(other));
        const Address first = low_address(0x1111);
        runner.world.put(first, 1, u256{}, second);
        CHECK(runner.run(call(first, u256{60'000}).return_top().bytes(), 100'000).calls[2] ==
              "undefined instruction gas 0");
    }
    SUBCASE("a delegation to a precompile runs nothing") {
        Bytes to_precompile = {0xef, 0x01, 0x00};
        append(to_precompile, view(low_address(2)));
        runner.world.put(other, 1, u256{}, to_precompile);
        CHECK(runner.run(call(other, u256{60'000}).op(0x3d).return_top().bytes(), 100'000).output == Bytes(32, 0));
    }
}

TEST_CASE("a creation raises the creator's nonce, starts at nonce 1 and pays for its code") {
    Runner runner;
    const Bytes deployed = Assembler().push(u256{1}).op(op_pop).bytes();
    Message message = Runner::message(1'000'000);
    message.kind = CallKind::create;
    Assembler code;
    code.push(u256{deployed.size()}).push(u256{12}).push(u256{0}).op(op_codecopy);
    code.push(u256{deployed.size()}).push(u256{0}).op(op_return);
    REQUIRE(code.size() == 12);
    code.raw(deployed);
    message.input = code.bytes();
    message.value = u256{7};
    runner.world.accounts[tests::caller].account.nonce = 10;
    const auto outcome = runner.run(message);
    REQUIRE(outcome.status == Status::success);
    CHECK(outcome.created == create_address(tests::caller, 9));  // the transaction has raised it
    const auto& change = outcome.changes.at(outcome.created);
    CHECK(change.account->nonce == 1);
    CHECK(change.account->balance == u256{7});
    CHECK(change.account->code_hash == keccak256(deployed));
    // Three pushes and a copy of a word into new memory, two pushes, and the deposit.
    CHECK(1'000'000 - outcome.gas_left == 9 + 3 + 3 + 3 + 6 + 200 * static_cast<Gas>(deployed.size()));
}

TEST_CASE("what init code returns must be code, and paid for") {
    Runner runner;
    const auto creating = [&](const Assembler& init, Gas gas = 10'000'000) {
        Message message = Runner::message(gas);
        message.kind = CallKind::create;
        message.input = init.bytes();
        return runner.run(message);
    };
    const auto returning = [](std::size_t size) { return Assembler().push(u256{size}).push(u256{0}).op(op_return); };
    CHECK(creating(returning(limits::code_bytes_max)).status == Status::success);
    CHECK(creating(returning(limits::code_bytes_max + 1)).status == Status::code_too_large);
    const auto ef = Assembler().push(u256{0xef}).push(u256{0}).op(0x53).push(u256{1}).push(u256{0}).op(op_return);
    CHECK(creating(ef).status == Status::code_starts_with_ef);
    const Gas price = 6 + 3 + 200;
    CHECK(creating(returning(1), price).status == Status::success);
    CHECK(creating(returning(1), price - 1).status == Status::out_of_gas);
    CHECK(creating(returning(1), price - 1).gas_left == 0);
    const auto reverting = Assembler().push(u256{32}).push(u256{0}).op(op_revert);
    CHECK(creating(reverting).output == Bytes(32));
    CHECK(creating(reverting).changes.empty());
}

TEST_CASE("an address with nonce, code or storage is not created on, and stays warm") {
    Runner runner;
    Assembler code;
    code.push(u256{0}).push(u256{0}).push(u256{0}).op(op_create);
    const Address taken = create_address(tests::contract, 1);
    SUBCASE("nonce") {
        runner.world.put(taken, 1, u256{}, {});
    }
    SUBCASE("code") {
        runner.world.put(taken, 0, u256{}, Bytes{0x00});
    }
    SUBCASE("storage") {
        runner.world.put(taken, 0, u256{1}, {}, {{u256{1}, u256{1}}});
    }
    const auto outcome = runner.run(Assembler(code).return_top().bytes(), 200'000);
    CHECK(u256::from_be_bytes(outcome.output) == u256{0});
    CHECK(outcome.calls[2] == "address of the new contract is taken gas 0");
    CHECK(outcome.changes.at(tests::contract).account->nonce == 2);
    code.push(to_u256(taken)).op(op_balance);
    const Gas with = runner.run(code.bytes(), 10'000'000).gas_left;
    const Gas without = runner.run(Assembler(code).push(to_u256(taken)).op(op_balance).bytes(), 10'000'000).gas_left;
    CHECK(with - without == 103);
}

TEST_CASE("init code longer than EIP-3860 allows halts the creator") {
    Runner runner;
    const auto creating = [&](std::size_t size) {
        return runner.run(Assembler().push(u256{size}).push(u256{0}).push(u256{0}).op(op_create).bytes(), 10'000'000);
    };
    CHECK(creating(limits::init_code_bytes_max).status == Status::success);
    CHECK(creating(limits::init_code_bytes_max + 1).status == Status::init_code_too_large);
    CHECK(creating(limits::init_code_bytes_max + 1).gas_left == 0);
}

TEST_CASE("CREATE2 derives the address from salt and init code") {
    Runner runner;
    Assembler code;
    code.push(u256{0x5a17}).push(u256{0}).push(u256{0}).push(u256{0}).op(op_create2);
    CHECK(runner.top_after(code) == to_u256(create2_address(tests::contract, to_hash(u256{0x5a17}), empty_code_hash)));
}

TEST_CASE("SELFDESTRUCT moves the balance and deletes only what the transaction created") {
    Runner runner;
    SUBCASE("to another account: the contract stays") {
        const auto outcome = runner.run(Assembler().push(to_u256(other)).op(op_selfdestruct).bytes(), 100'000);
        CHECK(100'000 - outcome.gas_left == 3 + 5000 + 2600 + 25000);
        CHECK(outcome.changes.at(tests::contract).account->balance.is_zero());
        CHECK(outcome.changes.at(other).account->balance == u256{1000});
    }
    SUBCASE("to itself: nothing changes") {
        const auto outcome = runner.run(Assembler().op(0x30).op(op_selfdestruct).bytes(), 100'000);
        CHECK(100'000 - outcome.gas_left == 2 + 5000);
        CHECK(outcome.changes.empty());
    }
    SUBCASE("in its own creation, to itself: the value is burnt") {
        Assembler code;  // init code 0x30ff: ADDRESS, SELFDESTRUCT
        code.push(u256{0x30ff} << 240).push(u256{0}).op(op_mstore);
        code.push(u256{2}).push(u256{0}).push(u256{5}).op(op_create);
        const auto outcome = runner.run(code.bytes(), 200'000);
        CHECK(outcome.changes.size() == 1);
        CHECK(outcome.changes.at(tests::contract).account->balance == u256{995});
    }
}

TEST_CASE("transient storage is of the account and forgotten on revert") {
    Runner runner;
    Assembler code;
    code.push(u256{7}).push(u256{1}).op(op_tstore).push(u256{1}).op(op_tload);
    CHECK(runner.top_after(code) == u256{7});
    runner.world.put(
        other, 1, u256{},
        Assembler().push(u256{9}).push(u256{1}).op(op_tstore).push(u256{0}).push(u256{0}).op(op_revert).bytes());
    auto after_revert = Assembler(code).op(op_pop).raw(call(other, u256{50'000}, op_delegatecall).bytes()).op(op_pop);
    CHECK(runner.top_after(after_revert.push(u256{1}).op(op_tload)) == u256{7});
}

TEST_CASE("a log is dropped with the frame that reverts") {
    Runner runner;
    runner.world.put(other, 1, u256{}, Assembler().push(u256{0}).push(u256{0}).op(op_log0).op(op_invalid).bytes());
    auto code = Assembler().push(u256{3}).push(u256{1}).push(u256{0}).push(u256{0}).op(0xa2);
    const auto outcome = runner.run(code.raw(call(other, u256{5000}).bytes()).bytes(), 100'000);
    REQUIRE(outcome.logs.size() == 1);
    CHECK(outcome.logs[0].topics == std::vector<Hash>{to_hash(u256{1}), to_hash(u256{3})});
    CHECK(outcome.logs[0].address == tests::contract);
}

TEST_CASE("every instruction is told to an inspector that asks for steps") {
    Runner runner;
    runner.exact = true;
    const auto outcome =
        runner.run(Assembler().push(u256{1}).push(u256{2}).op(op_add).op(op_iszero).op(op_sub).bytes());
    CHECK(outcome.status == Status::stack_underflow);
    CHECK(outcome.steps == 5);
}

TEST_CASE("Shanghai has no instruction of Cancun, and deletes every contract that self-destructs") {
    tests::Runner runner;
    const auto status = [&](std::initializer_list<std::uint8_t> code, Fork fork) {
        runner.block.fork = fork;
        return runner.run(Bytes(code)).status;
    };
    constexpr std::uint8_t push0 = 0x5f;
    for (const std::uint8_t opcode : Bytes{0x49, 0x4a, 0x5c, 0x5d, 0x5e}) {
        CAPTURE(opcode);
        CHECK(status({push0, push0, push0, opcode}, Fork::cancun) == Status::success);
        CHECK(status({push0, push0, push0, opcode}, Fork::shanghai) == Status::undefined_instruction);
    }
    const Bytes destruct{push0, 0xff};
    runner.block.fork = Fork::shanghai;
    CHECK_FALSE(runner.run(destruct).changes.at(tests::contract).account.has_value());
    runner.block.fork = Fork::cancun;
    CHECK(runner.run(destruct).changes.at(tests::contract).account->balance.is_zero());  // EIP-6780
}
