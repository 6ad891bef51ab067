#pragma once
#include <array>
#include <cstdint>

#include "vm/base/numbers.hpp"
#include "vm/chain/fork.hpp"

namespace talea::vm {

// The instructions: identifier, kind (instruction.hpp) and body (instructions.hpp). Written once; expanded to the
// identifiers below, to the handlers of the fast loop and to the table of the exact one.
#define TALEA_INSTRUCTIONS(X)                              \
    X(stop, halting, stop)                                 \
    X(add, plain, add)                                     \
    X(mul, plain, mul)                                     \
    X(sub, plain, sub)                                     \
    X(div, quick, div)                                     \
    X(sdiv, quick, sdiv)                                   \
    X(mod, quick, mod)                                     \
    X(smod, plain, smod)                                   \
    X(addmod, quick, addmod)                               \
    X(mulmod, plain, mulmod)                               \
    X(exp, quick, exp)                                     \
    X(signextend, plain, signextend)                       \
    X(lt, plain, lt)                                       \
    X(gt, plain, gt)                                       \
    X(slt, plain, slt)                                     \
    X(sgt, plain, sgt)                                     \
    X(eq, plain, eq)                                       \
    X(iszero, plain, iszero)                               \
    X(and_, plain, and_)                                   \
    X(or_, plain, or_)                                     \
    X(xor_, plain, xor_)                                   \
    X(not_, plain, not_)                                   \
    X(byte, plain, byte)                                   \
    X(shl, plain, shl)                                     \
    X(shr, plain, shr)                                     \
    X(sar, plain, sar)                                     \
    X(clz, plain, clz)                                     \
    X(keccak256, checked, keccak)                          \
    X(address, plain, address)                             \
    X(balance, precise, balance)                           \
    X(origin, plain, origin)                               \
    X(caller, plain, caller)                               \
    X(callvalue, plain, callvalue)                         \
    X(calldataload, quick, calldataload)                   \
    X(calldatasize, plain, calldatasize)                   \
    X(calldatacopy, quick, calldatacopy)                   \
    X(codesize, plain, codesize)                           \
    X(codecopy, quick, codecopy)                           \
    X(gasprice, plain, gasprice)                           \
    X(extcodesize, precise, extcodesize)                   \
    X(extcodecopy, precise, extcodecopy)                   \
    X(returndatasize, plain, returndatasize)               \
    X(returndatacopy, quick, returndatacopy)               \
    X(extcodehash, precise, extcodehash)                   \
    X(blockhash, plain, blockhash)                         \
    X(coinbase, plain, coinbase)                           \
    X(timestamp, plain, timestamp)                         \
    X(number, plain, number)                               \
    X(prevrandao, plain, prevrandao)                       \
    X(gaslimit, plain, gaslimit)                           \
    X(chainid, plain, chainid)                             \
    X(selfbalance, plain, selfbalance)                     \
    X(basefee, plain, basefee)                             \
    X(blobhash, plain, blobhash)                           \
    X(blobbasefee, plain, blobbasefee)                     \
    X(pop, plain, pop)                                     \
    X(mload, quick, mload)                                 \
    X(mstore, quick, mstore)                               \
    X(mstore8, quick, mstore8)                             \
    X(sload, quick_precise, sload)                         \
    X(sstore, precise, sstore)                             \
    X(jump, jump, jump)                                    \
    X(jumpi, jump, jumpi)                                  \
    X(pc, plain, push)                                     \
    X(msize, plain, msize)                                 \
    X(gas, precise, gas)                                   \
    X(jumpdest, plain, jumpdest)                           \
    X(tload, plain, tload)                                 \
    X(tstore, checked, tstore)                             \
    X(mcopy, quick, mcopy)                                 \
    X(push, plain, push)                                   \
    X(push_wide, plain, push_wide)                         \
    X(dup1, plain, dup<1>)                                 \
    X(dup2, plain, dup<2>)                                 \
    X(dup3, plain, dup<3>)                                 \
    X(dup4, plain, dup<4>)                                 \
    X(dup5, plain, dup<5>)                                 \
    X(dup6, plain, dup<6>)                                 \
    X(dup7, plain, dup<7>)                                 \
    X(dup8, plain, dup<8>)                                 \
    X(dup9, plain, dup<9>)                                 \
    X(dup10, plain, dup<10>)                               \
    X(dup11, plain, dup<11>)                               \
    X(dup12, plain, dup<12>)                               \
    X(dup13, plain, dup<13>)                               \
    X(dup14, plain, dup<14>)                               \
    X(dup15, plain, dup<15>)                               \
    X(dup16, plain, dup<16>)                               \
    X(swap1, plain, swap<1>)                               \
    X(swap2, plain, swap<2>)                               \
    X(swap3, plain, swap<3>)                               \
    X(swap4, plain, swap<4>)                               \
    X(swap5, plain, swap<5>)                               \
    X(swap6, plain, swap<6>)                               \
    X(swap7, plain, swap<7>)                               \
    X(swap8, plain, swap<8>)                               \
    X(swap9, plain, swap<9>)                               \
    X(swap10, plain, swap<10>)                             \
    X(swap11, plain, swap<11>)                             \
    X(swap12, plain, swap<12>)                             \
    X(swap13, plain, swap<13>)                             \
    X(swap14, plain, swap<14>)                             \
    X(swap15, plain, swap<15>)                             \
    X(swap16, plain, swap<16>)                             \
    X(log0, checked, log<0>)                               \
    X(log1, checked, log<1>)                               \
    X(log2, checked, log<2>)                               \
    X(log3, checked, log<3>)                               \
    X(log4, checked, log<4>)                               \
    X(create, calling, create<CallKind::create>)           \
    X(call, calling, call<CallKind::call>)                 \
    X(callcode, calling, call<CallKind::callcode>)         \
    X(return_, halting, return_)                           \
    X(delegatecall, calling, call<CallKind::delegatecall>) \
    X(create2, calling, create<CallKind::create2>)         \
    X(staticcall, calling, call<CallKind::staticcall>)     \
    X(revert, halting, revert)                             \
    X(invalid, halting, invalid)                           \
    X(selfdestruct, halting, selfdestruct)

// What only translated code has: the entry of a basic block, fused sequences, and the way to the exact loop.
#define TALEA_FAST_INSTRUCTIONS(X)             \
    X(enter, jump, enter)                      \
    X(exact, jump, go_exact)                   \
    X(jump_to, jump, jump_to)                  \
    X(jump_if, jump, jump_if<false>)           \
    X(jump_if_zero, jump, jump_if<true>)       \
    X(jump_if_lt, jump, jump_if_lt)            \
    X(jump_if_not_lt, jump, jump_if_not_lt)    \
    X(jump_if_gt, jump, jump_if_gt)            \
    X(jump_if_not_gt, jump, jump_if_not_gt)    \
    X(jump_if_eq, jump, jump_if_eq)            \
    X(select, jump, select)                    \
    X(add_constant, plain, add_constant)       \
    X(and_constant, plain, and_constant)       \
    X(and_wide, plain, and_wide)               \
    X(eq_constant, plain, eq_constant)         \
    X(shl_constant, plain, shl_constant)       \
    X(shr_constant, plain, shr_constant)       \
    X(mload_constant, quick, mload_constant)   \
    X(mstore_constant, quick, mstore_constant) \
    X(pop2, plain, pop2)                       \
    X(swap1_pop, plain, swap1_pop)             \
    X(swap2_pop, plain, swap2_pop)

/// Identifies the body of an instruction. PUSH1 to PUSH32 share two bodies, PC is one of them.
enum class InstructionId : std::uint8_t {
#define TALEA_ID(id, kind, body) id,
    TALEA_INSTRUCTIONS(TALEA_ID) TALEA_FAST_INSTRUCTIONS(TALEA_ID)
#undef TALEA_ID
        undefined,
};

/// What is fixed of an opcode (Yellow Paper, app. H, and the EIPs named in the table).
struct OpcodeTraits {
    const char* name = nullptr;  ///< null: no instruction
    InstructionId id = InstructionId::undefined;
    std::uint8_t pops = 0, pushes = 0;
    std::uint16_t gas = 0;             ///< the part that is always due
    std::uint8_t immediate_bytes = 0;  ///< that follow in the code
    Fork since = Fork::shanghai;
};

inline constexpr std::uint8_t opcode_stop = 0x00, opcode_jump = 0x56, opcode_jumpi = 0x57, opcode_pc = 0x58,
                              opcode_jumpdest = 0x5b, opcode_push0 = 0x5f, opcode_push1 = 0x60, opcode_push32 = 0x7f;

/// By opcode. An instruction of a later fork is in the table; `defined` says whether `fork` has it.
inline constexpr std::array<OpcodeTraits, 256> opcodes = [] {
    using enum InstructionId;
    std::array<OpcodeTraits, 256> t{};
    t[0x00] = {"STOP", stop, 0, 0, 0};
    t[0x01] = {"ADD", add, 2, 1, 3};
    t[0x02] = {"MUL", mul, 2, 1, 5};
    t[0x03] = {"SUB", sub, 2, 1, 3};
    t[0x04] = {"DIV", div, 2, 1, 5};
    t[0x05] = {"SDIV", sdiv, 2, 1, 5};
    t[0x06] = {"MOD", mod, 2, 1, 5};
    t[0x07] = {"SMOD", smod, 2, 1, 5};
    t[0x08] = {"ADDMOD", addmod, 3, 1, 8};
    t[0x09] = {"MULMOD", mulmod, 3, 1, 8};
    t[0x0a] = {"EXP", exp, 2, 1, 10};  // and 50 a byte of the exponent (EIP-160)
    t[0x0b] = {"SIGNEXTEND", signextend, 2, 1, 5};

    t[0x10] = {"LT", lt, 2, 1, 3};
    t[0x11] = {"GT", gt, 2, 1, 3};
    t[0x12] = {"SLT", slt, 2, 1, 3};
    t[0x13] = {"SGT", sgt, 2, 1, 3};
    t[0x14] = {"EQ", eq, 2, 1, 3};
    t[0x15] = {"ISZERO", iszero, 1, 1, 3};
    t[0x16] = {"AND", and_, 2, 1, 3};
    t[0x17] = {"OR", or_, 2, 1, 3};
    t[0x18] = {"XOR", xor_, 2, 1, 3};
    t[0x19] = {"NOT", not_, 1, 1, 3};
    t[0x1a] = {"BYTE", byte, 2, 1, 3};
    t[0x1b] = {"SHL", shl, 2, 1, 3};
    t[0x1c] = {"SHR", shr, 2, 1, 3};
    t[0x1d] = {"SAR", sar, 2, 1, 3};
    t[0x1e] = {"CLZ", clz, 1, 1, 5, 0, Fork::osaka};  // EIP-7939

    t[0x20] = {"KECCAK256", keccak256, 2, 1, 30};

    t[0x30] = {"ADDRESS", address, 0, 1, 2};
    t[0x31] = {"BALANCE", balance, 1, 1, 100};  // warm; cold adds 2500 (EIP-2929), here and below
    t[0x32] = {"ORIGIN", origin, 0, 1, 2};
    t[0x33] = {"CALLER", caller, 0, 1, 2};
    t[0x34] = {"CALLVALUE", callvalue, 0, 1, 2};
    t[0x35] = {"CALLDATALOAD", calldataload, 1, 1, 3};
    t[0x36] = {"CALLDATASIZE", calldatasize, 0, 1, 2};
    t[0x37] = {"CALLDATACOPY", calldatacopy, 3, 0, 3};
    t[0x38] = {"CODESIZE", codesize, 0, 1, 2};
    t[0x39] = {"CODECOPY", codecopy, 3, 0, 3};
    t[0x3a] = {"GASPRICE", gasprice, 0, 1, 2};
    t[0x3b] = {"EXTCODESIZE", extcodesize, 1, 1, 100};
    t[0x3c] = {"EXTCODECOPY", extcodecopy, 4, 0, 100};
    t[0x3d] = {"RETURNDATASIZE", returndatasize, 0, 1, 2};
    t[0x3e] = {"RETURNDATACOPY", returndatacopy, 3, 0, 3};
    t[0x3f] = {"EXTCODEHASH", extcodehash, 1, 1, 100};
    t[0x40] = {"BLOCKHASH", blockhash, 1, 1, 20};
    t[0x41] = {"COINBASE", coinbase, 0, 1, 2};
    t[0x42] = {"TIMESTAMP", timestamp, 0, 1, 2};
    t[0x43] = {"NUMBER", number, 0, 1, 2};
    t[0x44] = {"PREVRANDAO", prevrandao, 0, 1, 2};
    t[0x45] = {"GASLIMIT", gaslimit, 0, 1, 2};
    t[0x46] = {"CHAINID", chainid, 0, 1, 2};
    t[0x47] = {"SELFBALANCE", selfbalance, 0, 1, 5};
    t[0x48] = {"BASEFEE", basefee, 0, 1, 2};
    t[0x49] = {"BLOBHASH", blobhash, 1, 1, 3, 0, Fork::cancun};        // EIP-4844
    t[0x4a] = {"BLOBBASEFEE", blobbasefee, 0, 1, 2, 0, Fork::cancun};  // EIP-7516

    t[0x50] = {"POP", pop, 1, 0, 2};
    t[0x51] = {"MLOAD", mload, 1, 1, 3};
    t[0x52] = {"MSTORE", mstore, 2, 0, 3};
    t[0x53] = {"MSTORE8", mstore8, 2, 0, 3};
    t[0x54] = {"SLOAD", sload, 1, 1, 100};  // warm; cold adds 2000
    t[0x55] = {"SSTORE", sstore, 2, 0, 0};
    t[opcode_jump] = {"JUMP", jump, 1, 0, 8};
    t[opcode_jumpi] = {"JUMPI", jumpi, 2, 0, 10};
    t[opcode_pc] = {"PC", pc, 0, 1, 2};
    t[0x59] = {"MSIZE", msize, 0, 1, 2};
    t[0x5a] = {"GAS", gas, 0, 1, 2};
    t[opcode_jumpdest] = {"JUMPDEST", jumpdest, 0, 0, 1};
    t[0x5c] = {"TLOAD", tload, 1, 1, 100, 0, Fork::cancun};  // EIP-1153
    t[0x5d] = {"TSTORE", tstore, 2, 0, 100, 0, Fork::cancun};
    t[0x5e] = {"MCOPY", mcopy, 3, 0, 3, 0, Fork::cancun};  // EIP-5656
    t[opcode_push0] = {"PUSH0", push, 0, 1, 2};            // EIP-3855

    constexpr const char* push_names[] = {
        "PUSH1",  "PUSH2",  "PUSH3",  "PUSH4",  "PUSH5",  "PUSH6",  "PUSH7",  "PUSH8",  "PUSH9",  "PUSH10", "PUSH11",
        "PUSH12", "PUSH13", "PUSH14", "PUSH15", "PUSH16", "PUSH17", "PUSH18", "PUSH19", "PUSH20", "PUSH21", "PUSH22",
        "PUSH23", "PUSH24", "PUSH25", "PUSH26", "PUSH27", "PUSH28", "PUSH29", "PUSH30", "PUSH31", "PUSH32"};
    for (std::uint8_t n = 1; n <= 32; ++n)
        t[opcode_push0 + n] = {push_names[n - 1], n <= 8 ? push : push_wide, 0, 1, 3, n};
    constexpr const char* dup_names[] = {"DUP1", "DUP2",  "DUP3",  "DUP4",  "DUP5",  "DUP6",  "DUP7",  "DUP8",
                                         "DUP9", "DUP10", "DUP11", "DUP12", "DUP13", "DUP14", "DUP15", "DUP16"};
    constexpr const char* swap_names[] = {"SWAP1",  "SWAP2",  "SWAP3",  "SWAP4",  "SWAP5",  "SWAP6",
                                          "SWAP7",  "SWAP8",  "SWAP9",  "SWAP10", "SWAP11", "SWAP12",
                                          "SWAP13", "SWAP14", "SWAP15", "SWAP16"};
    const auto nth = [](InstructionId first, std::uint8_t n) {
        return static_cast<InstructionId>(static_cast<std::uint8_t>(first) + n);
    };
    for (std::uint8_t n = 0; n < 16; ++n) {
        t[0x80u + n] = {dup_names[n], nth(dup1, n), static_cast<std::uint8_t>(n + 1), static_cast<std::uint8_t>(n + 2),
                        3};
        t[0x90u + n] = {swap_names[n], nth(swap1, n), static_cast<std::uint8_t>(n + 2),
                        static_cast<std::uint8_t>(n + 2), 3};
    }
    constexpr const char* log_names[] = {"LOG0", "LOG1", "LOG2", "LOG3", "LOG4"};
    for (std::uint8_t n = 0; n <= 4; ++n)
        t[0xa0u + n] = {log_names[n], nth(log0, n), static_cast<std::uint8_t>(n + 2), 0,
                        static_cast<std::uint16_t>(375 + 375 * n)};

    t[0xf0] = {"CREATE", create, 3, 1, 32000};
    t[0xf1] = {"CALL", call, 7, 1, 100};
    t[0xf2] = {"CALLCODE", callcode, 7, 1, 100};
    t[0xf3] = {"RETURN", return_, 2, 0, 0};
    t[0xf4] = {"DELEGATECALL", delegatecall, 6, 1, 100};
    t[0xf5] = {"CREATE2", create2, 4, 1, 32000};  // EIP-1014
    t[0xfa] = {"STATICCALL", staticcall, 6, 1, 100};
    t[0xfd] = {"REVERT", revert, 2, 0, 0};
    t[0xfe] = {"INVALID", invalid, 0, 0, 0};
    t[0xff] = {"SELFDESTRUCT", selfdestruct, 1, 0, 5000};
    return t;
}();

[[nodiscard]] constexpr bool defined(std::uint8_t opcode, Fork fork) {
    return opcodes[opcode].name != nullptr && opcodes[opcode].since <= fork;
}

}  // namespace talea::vm
