#pragma once
#include <memory>
#include <vector>

#include "vm/chain/block_context.hpp"
#include "vm/interpreter/hash_memo.hpp"
#include "vm/interpreter/inspector.hpp"
#include "vm/interpreter/limits.hpp"
#include "vm/interpreter/message.hpp"
#include "vm/interpreter/modular.hpp"
#include "vm/interpreter/system_contracts.hpp"
#include "vm/state/state.hpp"

namespace talea::vm {

struct Frame;
struct Translation;
class MemoryArena;

/// One step of translated code (translation.hpp). `operand` is the pushed number, where a longer one is, a target, or
/// for instructions that must know the exact gas left, what their block has paid for those after them.
struct Instruction {
    const void* handler = nullptr;
    std::uint64_t operand = 0;
};

/// What all frames of an execution share.
struct ExecutionContext {
    State* state = nullptr;
    const BlockContext* block = nullptr;
    const TxContext* tx = nullptr;
    SystemContracts* system_contracts = nullptr;
    const CreateGuard* create_guard = nullptr;
    Inspector* inspector = nullptr;
    MemoryArena* arena = nullptr;
    Fork fork = Fork::osaka;
    HashMemo hashes;
    ModularMultiplier modular;
    BytesView return_data;  ///< of the last call of the frame that runs (EIP-211)
};

/// Why a loop handed a frame back.
enum class Exit : std::uint8_t {
    finished,  ///< `status` and `output` are set
    calling,   ///< `child->message` wants to be run, its result pushed
    inexact,   ///< the fast loop met what only the exact one can judge; it goes on at `pc`
    warm,      ///< the exact loop stands at a jump destination, and the code is worth translating
};

/// A call or creation that runs (Yellow Paper 9.4.1). Pooled by depth.
///
/// Between loops `sp` points at the top item, which is stored there; an empty stack has sp = stack_bottom - 1, which is
/// a place, too. `gas` is then exact.
struct Frame {
    const Instruction* ip = nullptr;
    u256* sp = nullptr;
    Gas gas = 0;
    u256* stack_bottom = nullptr;

    // Memory: this frame's part of the arena, see memory.hpp.
    std::uint8_t* memory = nullptr;
    std::uint64_t memory_bytes = 0;     // a multiple of 32
    std::uint64_t memory_word_end = 0;  // words at offsets below this lie in memory: memory_bytes - 31, or 0
    std::uint64_t memory_zeroed = 0;    // bytes from `memory` on that are zero beyond what was written
    std::uint64_t memory_capacity = 0;  // bytes to the end of the arena's piece
    std::uint32_t memory_piece = 0;

    ExecutionContext* context = nullptr;
    Translation* translation = nullptr;
    AccountId self;        // message.recipient
    AccountId code_owner;  // message.code_address; both are found by the instruction that calls
    Message message;
    BytesView call_data;  // message.input; nothing in a creation, whose input is its code (Yellow Paper 7)

    // How it ended.
    Exit exit = Exit::finished;
    Status status = Status::success;
    BytesView output;

    bool exact = false;    // runs in the exact loop, at `pc`
    bool warming = false;  // it does so only until its code is worth translating
    std::uint32_t pc = 0;

    // Of the call that `child` runs for it: where the output goes.
    std::uint64_t return_offset = 0, return_bytes = 0;

    State::Snapshot snapshot = 0;
    Frame* parent = nullptr;
    Frame* child = nullptr;  // the next of the pool; always there for a frame that runs
};

}  // namespace talea::vm
