// bench_opcodes [NAME]
//
// Runs long rows of each class of instruction (or those whose name contains NAME) and prints nanoseconds per
// instruction, its price, and nanoseconds per gas beside those of ecrecover in the same run: what is far above the
// others is an attack. What a row needs around the instruction (numbers pushed, results dropped) is part of it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/execution/processor_time.hpp"
#include "unit/vm/interpreter/runner.hpp"
#include "vm/crypto/secp256k1.hpp"
#include "vm/interpreter/evm.hpp"
#include "vm/interpreter/limits.hpp"
#include "vm/interpreter/precompiles.hpp"
#include "vm/state/map_state.hpp"

namespace {

using namespace talea;
using namespace talea::vm;
using tests::Assembler;

constexpr Address self = low_address(0xc0de), leaf = low_address(0x1eaf), sender = low_address(0x5e4d);
Address numbered(std::uint64_t number) {
    Address address;
    for (std::size_t i = 0; i < 8; ++i) address.bytes[19 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return address;
}
constexpr unsigned others = 4096;  // accounts and slots that a run touches once
constexpr std::uint64_t first_other = 0x100000, first_large = 0x200000, first_jumping = 0x300000;
const u256 wide = u256::max() - u256{12345}, wide_too = (u256{1} << 255) - u256{977}, half = (u256{1} << 127) - u256{5};

struct Case {
    std::string name;
    std::string group;
    Assembler code;
    unsigned times = 0;  ///< the instruction in the code
};

/// `before` once, then `piece(i)` as often as fits the code.
Case row(std::string group, std::string name, const std::function<void(Assembler&, unsigned)>& piece,
         const std::function<void(Assembler&)>& before = {}, unsigned times_max = 2000) {
    Case made{std::move(name), std::move(group), {}, 0};
    if (before) before(made.code);
    while (made.times < times_max && made.code.size() < limits::code_bytes_max - 400) piece(made.code, made.times++);
    return made;
}
/// Binary or ternary: operands stay on the stack and are copied for each.
Case operation(std::string group, std::string name, std::uint8_t opcode, const std::vector<u256>& operands) {
    const auto count = operands.size();
    return row(
        std::move(group), std::move(name),
        [=](Assembler& code, unsigned) {
            for (std::size_t i = 0; i < count; ++i) code.op(static_cast<std::uint8_t>(0x7f + count));
            code.op(opcode).op(0x50);
        },
        [=](Assembler& code) {
            for (std::size_t i = count; i-- > 0;) code.push(operands[i]);
        });
}
Case plain(std::string group, std::string name, std::uint8_t opcode) {
    return row(std::move(group), std::move(name), [=](Assembler& code, unsigned) { code.op(opcode).op(0x50); });
}
/// Arguments of each, the last pushed on top; pops what it gives.
Case pushed(std::string group, std::string name, std::uint8_t opcode, const std::vector<u256>& arguments,
            unsigned results = 0, unsigned times_max = 2000) {
    return row(
        std::move(group), std::move(name),
        [=](Assembler& code, unsigned) {
            for (std::size_t i = arguments.size(); i-- > 0;) code.push(arguments[i]);
            code.op(opcode);
            for (unsigned i = 0; i < results; ++i) code.op(0x50);
        },
        [](Assembler& code) { code.push(0).push(8192).op(0x52); },  // memory is there
        times_max);
}
/// An account or slot that no other of the row touches.
Case cold(std::string group, std::string name, std::uint64_t first, const std::function<void(Assembler&)>& after,
          unsigned times_max = 2000) {
    return row(
        std::move(group), std::move(name),
        [=](Assembler& code, unsigned i) {
            code.push(u256{first + i}, 4);
            after(code);
        },
        {}, times_max);
}

std::vector<Case> all_cases() {
    const auto op = [](std::uint8_t opcode, unsigned pops = 1) {
        return [=](Assembler& code) {
            code.op(opcode);
            for (unsigned i = 0; i < pops; ++i) code.op(0x50);
        };
    };
    const auto call = [](std::uint8_t opcode, const Address& target, bool value) {
        return [=](Assembler& code, unsigned) {
            for (int i = 0; i < 4; ++i) code.push(0);
            if (opcode == 0xf1) code.push(value ? 1 : 0);
            code.push(to_u256(target)).push(100'000).op(opcode).op(0x50);
        };
    };
    std::vector<Case> cases;
    const auto add = [&](Case one) { cases.push_back(std::move(one)); };
    add(operation("arithmetic", "ADD", 0x01, {wide, wide_too}));
    add(operation("arithmetic", "MUL", 0x02, {wide, wide_too}));
    add(operation("arithmetic", "DIV 256 by 64", 0x04, {wide, u256{0xfedcba9876543211}}));
    add(operation("arithmetic", "DIV 256 by 128", 0x04, {wide, half}));
    add(operation("arithmetic", "DIV 256 by 255", 0x04, {wide, wide_too}));
    add(operation("arithmetic", "SDIV 256 by 128", 0x05, {wide_too, -half}));
    add(operation("arithmetic", "MOD 256 by 128", 0x06, {wide, half}));
    add(operation("arithmetic", "SMOD 256 by 128", 0x07, {wide_too, -half}));
    add(operation("arithmetic", "ADDMOD", 0x08, {wide, wide, wide_too}));
    add(operation("arithmetic", "ADDMOD by 129 bits", 0x08, {wide, wide, half << 2}));
    add(operation("arithmetic", "MULMOD", 0x09, {wide, wide, wide_too}));
    add(operation("arithmetic", "MULMOD by 127 bits", 0x09, {wide, wide, half}));
    add(row(
        "arithmetic", "MULMOD, two moduli in turn",
        [](Assembler& code, unsigned i) { code.op(i % 2 == 0 ? 0x81 : 0x80).op(0x83).op(0x84).op(0x09).op(0x50); },
        [](Assembler& code) { code.push(wide).push(wide_too).push(wide).push(wide_too - u256{2}); }));
    add(operation("arithmetic", "EXP, 1 byte", 0x0a, {wide, u256{255}}));
    add(operation("arithmetic", "EXP, 32 bytes", 0x0a, {wide, u256::max()}));
    add(operation("arithmetic", "SIGNEXTEND", 0x0b, {u256{3}, wide}));
    add(operation("comparison", "LT", 0x10, {wide, wide_too}));
    add(operation("comparison", "SGT", 0x13, {wide, wide_too}));
    add(operation("comparison", "EQ", 0x14, {wide, wide}));
    add(operation("bit", "AND", 0x16, {wide, wide_too}));
    add(operation("bit", "BYTE", 0x1a, {u256{7}, wide}));
    add(operation("bit", "SHL", 0x1b, {u256{77}, wide}));
    add(operation("bit", "SAR", 0x1d, {u256{77}, wide}));
    add(operation("bit", "CLZ", 0x1e, {u256{77}}));
    for (const unsigned size : {0u, 32u, 64u, 136u, 1024u, 8192u})
        add(pushed("keccak", "KECCAK256 of " + std::to_string(size), 0x20, {0, size}, 1));
    add(row("keccak", "KECCAK256 of 64, never the same",
            [](Assembler& code, unsigned i) { code.push(i, 2).push(0).op(0x52).push(64).push(0).op(0x20).op(0x50); }));
    add(plain("environment", "ADDRESS", 0x30));
    add(plain("environment", "CALLER", 0x33));
    add(plain("environment", "TIMESTAMP", 0x42));
    add(plain("environment", "SELFBALANCE", 0x47));
    add(plain("environment", "GAS", 0x5a));
    add(pushed("environment", "BLOCKHASH", 0x40, {99}, 1));
    add(pushed("environment", "CALLDATALOAD", 0x35, {8}, 1));
    add(pushed("environment", "CALLDATACOPY 32", 0x37, {0, 0, 32}));
    add(pushed("environment", "CALLDATACOPY 4096, beyond the end", 0x37, {0, 1000, 4096}));
    add(pushed("environment", "CODECOPY 1024", 0x39, {0, 0, 1024}));
    add(pushed("environment", "BALANCE, warm", 0x31, {to_u256(leaf)}, 1));
    add(cold("environment", "BALANCE, cold", first_other, op(0x31)));
    add(pushed("environment", "EXTCODEHASH, warm", 0x3f, {to_u256(leaf)}, 1));
    add(pushed("environment", "EXTCODECOPY 32, warm", 0x3c, {to_u256(leaf), 0, 0, 32}));
    add(cold("environment", "EXTCODESIZE, cold, 24 kB", first_large, op(0x3b), 200));
    add(pushed("memory", "MLOAD", 0x51, {64}, 1));
    add(pushed("memory", "MSTORE", 0x52, {64, wide}));
    add(pushed("memory", "MSTORE8", 0x53, {64, 7}));
    add(pushed("memory", "MCOPY 32", 0x5e, {64, 32, 32}));
    add(pushed("memory", "MCOPY 4096", 0x5e, {64, 96, 4096}));
    add(row("memory", "MSTORE, a new word each",
            [](Assembler& code, unsigned i) { code.push(i).push(u256{32} * u256{i}, 3).op(0x52); }));
    add(row(
        "memory", "MSTORE8, a new page each",
        [](Assembler& code, unsigned i) { code.push(1).push(u256{4096} * u256{i}, 3).op(0x53); }, {}, 1500));
    add(pushed("storage", "SLOAD, warm", 0x54, {1}, 1));
    add(cold("storage", "SLOAD, cold", 1, op(0x54)));
    add(row("storage", "SSTORE, dirty", [](Assembler& code, unsigned i) { code.push(i + 2, 2).push(5).op(0x55); }));
    add(pushed("storage", "SSTORE, no change", 0x55, {5, 0}));
    add(row("storage", "SSTORE, cold, to another value",
            [](Assembler& code, unsigned i) { code.push(77).push(i + 1, 2).op(0x55); }));
    add(row("storage", "SSTORE, cold, no change",
            [](Assembler& code, unsigned i) { code.push(0).push(i + 100'000, 4).op(0x55); }));
    add(pushed("transient", "TLOAD", 0x5c, {1}, 1));
    add(row("transient", "TSTORE, one slot", [](Assembler& code, unsigned i) { code.push(i, 2).push(5).op(0x5d); }));
    add(row("transient", "TSTORE, a new slot each",
            [](Assembler& code, unsigned i) { code.push(7).push(i, 2).op(0x5d); }));
    add(row("jump", "JUMP", [](Assembler& code, unsigned) { code.push(code.size() + 4, 2).op(0x56).op(0x5b); }));
    add(row("jump", "JUMPI, taken",
            [](Assembler& code, unsigned) { code.push(1).push(code.size() + 4, 2).op(0x57).op(0x5b); }));
    add(row("jump", "JUMP, computed", [](Assembler& code, unsigned) {
        code.push(code.size() + 8, 2).op(0x80).op(0x16).op(0x80).op(0x16).op(0x56).op(0x5b);
    }));
    add(row("jump", "JUMPDEST", [](Assembler& code, unsigned) { code.op(0x5b); }, {}, 20'000));
    add(plain("push, dup, swap", "PUSH0", 0x5f));
    add(row("push, dup, swap", "PUSH32", [](Assembler& code, unsigned) { code.push(wide).op(0x50); }));
    add(row(
        "push, dup, swap", "DUP16", [](Assembler& code, unsigned) { code.op(0x8f).op(0x50); },
        [](Assembler& code) {
            for (unsigned i = 0; i < 16; ++i) code.push(i);
        }));
    add(row(
        "push, dup, swap", "SWAP1, SWAP16", [](Assembler& code, unsigned i) { code.op(i % 2 == 0 ? 0x90 : 0x9f); },
        [](Assembler& code) {
            for (unsigned i = 0; i < 17; ++i) code.push(i);
        }));
    for (const unsigned topics : {0u, 4u})
        for (const unsigned size : {0u, 32u, 1024u}) {
            std::vector<u256> arguments{0, size};
            for (unsigned i = 0; i < topics; ++i) arguments.push_back(wide);
            add(pushed("log", "LOG" + std::to_string(topics) + " of " + std::to_string(size),
                       static_cast<std::uint8_t>(0xa0 + topics), arguments));
        }
    add(row("call", "CALL, warm, a leaf", call(0xf1, leaf, false)));
    add(row("call", "CALL, warm, no code", call(0xf1, sender, false)));
    add(row("call", "CALL with value, no code", call(0xf1, sender, true)));
    add(row("call", "STATICCALL, a leaf", call(0xfa, leaf, false)));
    add(row("call", "DELEGATECALL, a leaf", call(0xf4, leaf, false)));
    add(row("call", "STATICCALL, identity", call(0xfa, low_address(4), false)));
    const auto call_large = [](Assembler& code) {
        for (int i = 0; i < 4; ++i) code.push(0);
        code.op(0x84).push(100'000).op(0xfa).op(0x50).op(0x50);
    };
    add(cold("call", "STATICCALL, cold, 24 kB that jumps", first_jumping, call_large, 200));
    add(cold("call", "STATICCALL, cold, 24 kB of code", first_large, call_large, 200));
    add(row(
        "call", "STATICCALL, warm, 200 of 24 kB in turn",
        [&](Assembler& code, unsigned i) {
            code.push(u256{first_large + i % 200}, 4);
            call_large(code);
        },
        {}, 1000));
    add(pushed("create", "CREATE, no code", 0xf0, {0, 0, 0}, 1));
    add(row(
        "create", "CREATE2, init code of 49,152",
        [](Assembler& code, unsigned i) { code.push(i + 1).push(49'152).push(32).push(0).op(0xf5).op(0x50); }, {}, 50));
    add(row(
        "create", "CREATE, 24 kB of code",
        [](Assembler& code, unsigned) {
            // PUSH2 24576, PUSH0, RETURN: 24 kB of zeros become code
            code.push(u256{0x6160005ff3}, 5).push(0).op(0x52).push(5).push(27).push(0).op(0xf0).op(0x50);
        },
        {}, 20));
    add(row("selfdestruct", "CALL, and SELFDESTRUCT there", call(0xf1, low_address(0xdead), false)));
    return cases;
}

MapState world(const Bytes& code) {
    MapState state;
    state.put(self, 1, Wei{1'000'000'000}, code);
    state.put(sender, 1, Wei{1}, {});
    state.put(leaf, 1, Wei{1}, Assembler().op(0x00).bytes());
    state.put(low_address(0xdead), 1, Wei{}, Assembler().push(to_u256(sender)).op(0xff).bytes());
    for (unsigned i = 0; i < others; ++i) {
        state.put(numbered(first_other + i), 1, Wei{i + 1}, {});
        state.accounts[self].storage[u256{i + 1}] = u256{5};
    }
    for (unsigned i = 0; i < 200; ++i) {
        // STOP, or a jump to the end; between, as many instructions as code may hold, each a block.
        Bytes large(limits::code_bytes_max, 0x5b);
        large[0] = 0x00, large[1] = static_cast<std::uint8_t>(i);
        state.put(numbered(first_large + i), 1, Wei{}, large);
        const Bytes jump = Assembler().push(u256{large.size() - 1}, 2).op(0x56).bytes();
        std::ranges::copy(jump, large.begin());
        large[jump.size()] = static_cast<std::uint8_t>(i);
        state.put(numbered(first_jumping + i), 1, Wei{}, large);
    }
    return state;
}

struct Measured {
    double ns = 0, gas = 0;  // of one piece of the row
    Status status = Status::success;
};
Measured measure(const Case& one) {
    const MapState state = world(one.code.bytes());
    BlockContext block;
    block.number = {100};
    block.fork = Fork::osaka;
    block.gas_limit = 1'000'000'000;
    const TxContext tx{sender, Wei{}, {}};
    const Bytes call_data(256, 0x11);
    Evm kept;
    Measured best;
    for (int round = 0; round < 7; ++round) {
        Evm fresh;  // cold rows meet code that is analysed for the first time
        // Warm rows are repeated within the transaction; cold ones would be warm then.
        const bool once = one.name.find("cold") != std::string::npos || one.name.find("new") != std::string::npos ||
                          one.group == "create";
        Evm& evm = once ? fresh : kept;
        State run(state);
        run.begin_transaction();
        run.warm_account(self);
        run.warm_account(sender);
        EvmEnvironment environment{run, block, tx};
        Message message;
        message.gas = 10'000'000'000;
        message.recipient = message.code_address = self;
        message.sender = sender;
        message.input = call_data;
        const double begun = bench::processor_seconds();
        int calls = 0;
        Gas used = 0;
        double seconds = 0;
        do {
            const CallResult result = evm.execute(environment, message);
            best.status = result.status;
            used = message.gas - result.gas_left;
            ++calls;
            seconds = bench::processor_seconds() - begun;
        } while (!once && seconds < 0.004);
        const double ns = seconds * 1e9 / calls / one.times;
        if (round == 0 || ns < best.ns) best.ns = ns;
        best.gas = static_cast<double>(used) / one.times;
    }
    return best;
}

double ecrecover_ns_per_gas() {
    Bytes input(128);
    const Hash digest = to_hash(u256{1});
    const Signature signature = sign(PrivateKey{to_hash(u256{0xa11ce})}, digest);
    const auto put = [&](std::size_t at, const u256& value) {
        const auto bytes = value.to_be_bytes();
        std::copy(bytes.begin(), bytes.end(), input.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(0, u256{1}), put(32, u256{27U + signature.y_parity}), put(64, signature.r), put(96, signature.s);
    double best = 0;
    for (int round = 0; round < 5; ++round) {
        const double begun = bench::processor_seconds();
        for (int i = 0; i < 100; ++i) (void)run_precompile(Fork::osaka, low_address(1), input, 3000);
        const double ns = (bench::processor_seconds() - begun) * 1e9 / 100 / 3000;
        if (round == 0 || ns < best) best = ns;
    }
    return best;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view wanted = argc > 1 ? argv[1] : "";
    const double of_ecrecover = ecrecover_ns_per_gas();
    std::printf("ecrecover: %.2f ns per gas\n%-16s %-40s %10s %10s %8s %13s\n", of_ecrecover, "class", "row", "ns",
                "gas", "ns/gas", "of ecrecover");
    std::vector<std::pair<double, std::string>> ranking;
    bool all_ran = true;
    for (const Case& one : all_cases()) {
        if (one.name.find(wanted) == std::string::npos && one.group.find(wanted) == std::string::npos) continue;
        const Measured measured = measure(one);
        const double per_gas = measured.ns / measured.gas;
        const bool ran = measured.status == Status::success;
        all_ran = all_ran && ran;
        std::printf("%-16s %-40s %10.1f %10.1f %8.3f %13.3f%s\n", one.group.c_str(), one.name.c_str(), measured.ns,
                    measured.gas, per_gas, per_gas / of_ecrecover, ran ? "" : "  FAILED");
        ranking.emplace_back(per_gas, one.name);
    }
    std::ranges::sort(ranking, std::greater{});
    std::printf("worst:");
    for (std::size_t i = 0; i < std::min<std::size_t>(5, ranking.size()); ++i)
        std::printf("%s %s (%.2f ns/gas)", i == 0 ? "" : ",", ranking[i].second.c_str(), ranking[i].first);
    std::printf("\n");
    return all_ran ? 0 : 1;
}
