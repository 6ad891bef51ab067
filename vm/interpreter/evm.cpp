#include "vm/interpreter/evm.hpp"

#include <algorithm>
#include <limits>

#include "vm/base/check.hpp"
#include "vm/chain/create_address.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/interpreter/delegation.hpp"
#include "vm/interpreter/loops.hpp"
#include "vm/interpreter/memory.hpp"
#include "vm/interpreter/precompiles.hpp"
#include "vm/interpreter/translation.hpp"
#include "vm/interpreter/word.hpp"

namespace talea::vm {
namespace {

/// Items of all frames together, each with one place below its first.
constexpr std::size_t stack_places = limits::frames * (limits::stack_items + 1) + 2;

constexpr Gas deposit_gas_per_byte = 200;  // Yellow Paper, app. G, G_codedeposit

bool keeps_gas(Status status) {
    return status == Status::success || status == Status::revert;
}

/// A failure before anything was done: the caller gets its gas back.
CallResult light_failure(const Message& message, Status status) {
    return {status, message.gas, {}, {}};
}

}  // namespace

/// Frames do not nest on the machine's stack: a call hands its message to this driver, which sets up the next frame of
/// the pool and runs it.
struct Evm::Impl final : StaticCaller {
    ExecutionContext context;
    MemoryArena arena;
    TranslationCache translations;
    std::vector<std::unique_ptr<Frame>> frames;
    std::vector<std::unique_ptr<Translation>> init_codes;  // by depth
    // Not initialised: a place is written before it is read, and pages never used take no memory.
    std::unique_ptr<std::byte[]> stack =
        std::make_unique_for_overwrite<std::byte[]>(stack_places * sizeof(u256) + limits::memory_alias_bytes);
    u256* first_item = reinterpret_cast<u256*>(
        stack.get() + (std::uintptr_t{0} - reinterpret_cast<std::uintptr_t>(stack.get())) % limits::memory_alias_bytes);
    Bytes return_buffer;
    bool translates_all = false;

    Frame& frame(std::size_t depth) {
        while (frames.size() <= depth) {
            frames.push_back(std::make_unique<Frame>());
            frames.back()->context = &context;
            if (frames.size() > 1) {
                frames[frames.size() - 2]->child = frames.back().get();
                frames.back()->parent = frames[frames.size() - 2].get();
            }
        }
        return *frames[depth];
    }

    CallResult execute(const Message& message) {
        frame(0).message = message;
        return run(frame(0));
    }

    /// Runs `root.message` and all that it calls to its end.
    CallResult run(Frame& root) {
        Frame* running = &root;
        if (const auto done = begin(root)) return *done;
        while (true) {
            running->exact ? run_exact(*running) : run_fast(*running);
            switch (running->exit) {
                case Exit::inexact:
                    break;
                case Exit::warm:
                    go_fast(*running);
                    break;
                case Exit::calling: {
                    Frame& child = *running->child;
                    if (const auto done = begin(child))
                        deliver(child, *done);
                    else
                        running = &child;
                    break;
                }
                case Exit::finished: {
                    const CallResult result = end(*running);
                    if (running == &root) return result;
                    deliver(*running, result);
                    running = running->parent;
                    break;
                }
            }
        }
    }

    CallResult static_call(const Message& handled, const Address& to, BytesView input, Gas gas) override {
        // The frame of `handled` has no code, hence neither stack nor memory: what it calls stands on an empty frame.
        Frame& caller = frame(handled.depth);
        Frame& callee = frame(std::size_t{handled.depth} + 1);
        Frame* const below = handled.depth == 0 ? nullptr : caller.parent;
        caller.stack_bottom = below == nullptr ? first_item + 1 : below->sp + 2;
        caller.sp = caller.stack_bottom - 1;
        arena.begin(caller, below);

        callee.message = {};
        callee.message.kind = CallKind::staticcall;
        callee.message.is_static = true;
        callee.message.depth = static_cast<std::uint16_t>(handled.depth + 1);
        callee.message.gas = gas;
        callee.message.recipient = callee.message.code_address = to;
        callee.message.sender = handled.recipient;
        callee.message.input = input;
        find_accounts(callee);
        return run(callee);
    }

    /// Begins what `frame.message` asks: gives the result where no code has to run, else leaves a frame that can.
    std::optional<CallResult> begin(Frame& frame) {
        context.return_data = {};
        std::optional<CallResult> result;
        if (context.inspector != nullptr) result = context.inspector->on_call(frame.message);
        if (context.inspector != nullptr || frame.message.depth == 0) find_accounts(frame);
        if (!result) result = creates(frame.message.kind) ? begin_create(frame) : begin_call(frame);
        if (result && context.inspector != nullptr) context.inspector->on_call_end(frame.message, *result);
        return result;
    }

    /// Of a message that no CALL made, or that an inspector may have changed.
    void find_accounts(Frame& frame) {
        if (creates(frame.message.kind)) return;  // found by begin_create
        frame.self = context.state->id(frame.message.recipient);
        frame.code_owner = context.state->id(frame.message.code_address);
    }

    std::optional<CallResult> begin_call(Frame& frame) {
        const Message& message = frame.message;
        State& state = *context.state;
        if (message.depth > limits::call_depth_max) return light_failure(message, Status::call_depth_exceeded);
        const bool has_value = message.kind == CallKind::call || message.kind == CallKind::callcode;
        if (has_value && !message.value.is_zero() && state.balance(message.sender) < message.value)
            return light_failure(message, Status::insufficient_balance);

        frame.snapshot = state.snapshot();
        if (message.kind == CallKind::call && !message.value.is_zero()) {
            state.subtract_balance(message.sender, message.value);
            state.add_balance(frame.self, message.value);
        } else if (message.kind == CallKind::call || message.kind == CallKind::staticcall) {
            state.touch(frame.self);
        }

        if (context.system_contracts != nullptr &&
            (message.kind == CallKind::call || message.kind == CallKind::staticcall) &&
            context.system_contracts->contains(message.recipient))
            return settle(frame, context.system_contracts->call(message, state, *context.block, *context.tx, *this));
        if (is_precompile(context.fork, message.code_address)) return settle(frame, precompile(message));

        AccountId owner = frame.code_owner;
        if (context.fork >= Fork::prague)
            if (const auto delegate = delegate_of(*state.code(owner))) owner = state.id(*delegate);
        const Code& code = state.code(owner);
        if (code->empty()) return CallResult{Status::success, message.gas, {}, {}};
        Translation& translation = translations.get(state.code_hash(owner), code);
        ++translation.pins;
        start(frame, translation);
        return std::nullopt;
    }

    CallResult precompile(const Message& message) {
        PrecompileResult result = run_precompile(context.fork, message.code_address, message.input, message.gas);
        if (!result.succeeded) return {Status::precompile_failure, 0, {}, {}};
        return_buffer = std::move(result.output);
        return {Status::success, result.gas_left, return_buffer, {}};
    }

    /// What native code gave, by the rules of frames.
    CallResult settle(const Frame& frame, CallResult result) {
        if (result.status != Status::success) context.state->revert(frame.snapshot);
        if (!keeps_gas(result.status)) result.gas_left = 0, result.output = {};
        return result;
    }

    std::optional<CallResult> begin_create(Frame& frame) {
        Message& message = frame.message;
        State& state = *context.state;
        if (message.depth > limits::call_depth_max) return light_failure(message, Status::call_depth_exceeded);
        if (state.balance(message.sender) < message.value) return light_failure(message, Status::insufficient_balance);
        std::uint64_t nonce = state.nonce(message.sender);
        if (message.depth == 0) {
            nonce -= nonce == 0 ? 0 : 1;  // the transaction has raised it
        } else {
            if (nonce == std::numeric_limits<std::uint64_t>::max())
                return light_failure(message, Status::nonce_exhausted);
            state.set_nonce(message.sender, nonce + 1);
        }
        message.recipient = message.kind == CallKind::create2
                                ? create2_address(message.sender, to_hash(message.salt), keccak256(message.input))
                                : create_address(message.sender, nonce);
        message.code_address = message.recipient;
        state.warm_account(message.recipient);  // stays so whatever becomes of it (EIP-2929)
        if (state.collides(message.recipient)) return CallResult{Status::address_collision, 0, {}, {}};

        frame.snapshot = state.snapshot();
        frame.self = state.id(message.recipient);
        state.mark_created(message.recipient);
        state.set_nonce(message.recipient, 1);
        state.subtract_balance(message.sender, message.value);
        state.add_balance(message.recipient, message.value);
        while (init_codes.size() <= message.depth) init_codes.push_back(std::make_unique<Translation>());
        init_codes[message.depth]->reset(message.input);
        start(frame, *init_codes[message.depth]);
        return std::nullopt;
    }

    void start(Frame& frame, Translation& translation) {
        Frame* const parent = frame.message.depth == 0 ? nullptr : frame.parent;
        (void)this->frame(std::size_t{frame.message.depth} + 1);  // its child, for the message of its calls
        frame.translation = &translation;
        frame.pc = 0;
        const bool traced = context.inspector != nullptr && context.inspector->wants_steps();
        if (!traced && !translation.is_translated() && (translates_all || translation.is_hot()))
            (void)translations.make(translation);
        frame.exact = traced || !translation.is_translated();
        frame.warming = !traced && frame.exact;
        frame.ip = translation.stream.data();
        frame.stack_bottom = parent == nullptr ? first_item + 1 : parent->sp + 2;
        frame.sp = frame.stack_bottom - 1;
        *frame.sp = u256{};
        frame.gas = frame.message.gas;
        frame.status = Status::success;
        frame.output = {};
        frame.call_data = creates(frame.message.kind) ? BytesView{} : frame.message.input;
        arena.begin(frame, parent);
    }

    /// A frame that stands at a jump destination in the exact loop goes on in the fast one, if there is room.
    void go_fast(Frame& frame) {
        Translation& translation = *frame.translation;
        frame.warming = false;
        if (!translation.is_translated() && !translations.make(translation)) return;
        frame.exact = false;
        frame.ip = translation.stream.data() + translation.targets[frame.pc];
    }

    CallResult end(Frame& frame) {
        const Message& message = frame.message;
        CallResult result{frame.status, frame.gas, frame.output, {}};
        if (creates(message.kind)) {
            if (result.status == Status::success) deposit(message, result);
            translations.release(*frame.translation);
        } else {
            --frame.translation->pins;
        }
        result = settle(frame, result);
        if (context.inspector != nullptr) context.inspector->on_call_end(message, result);
        return result;
    }

    /// Puts the code that init code returned in place (Yellow Paper 7).
    void deposit(const Message& message, CallResult& result) {
        const BytesView code = result.output;
        result.output = {};
        if (code.size() > limits::code_bytes_max) {  // EIP-170
            result.status = Status::code_too_large;
            return;
        }
        if (!code.empty() && code[0] == 0xef) {  // EIP-3541
            result.status = Status::code_starts_with_ef;
            return;
        }
        const Gas cost = deposit_gas_per_byte * static_cast<Gas>(code.size());
        if (result.gas_left < cost) {
            result.status = Status::out_of_gas;
            return;
        }
        result.gas_left -= cost;
        result.created = message.recipient;
        if (!code.empty())
            context.state->set_code(message.recipient, std::make_shared<const Bytes>(to_bytes(code)), keccak256(code));
    }

    /// Gives the caller of `callee` the result: gas, return data, output in memory, and the pushed word.
    void deliver(const Frame& callee, const CallResult& result) {
        Frame& frame = *callee.parent;
        frame.gas += result.gas_left;
        const bool created = creates(callee.message.kind);
        const bool succeeded = result.status == Status::success;
        if (created && succeeded) {
            context.return_data = {};
            *frame.sp = word::of(result.created);
            return;
        }
        keep(result.output);
        const std::size_t copied = std::min<std::size_t>(frame.return_bytes, context.return_data.size());
        if (copied != 0) std::memcpy(frame.memory + frame.return_offset, context.return_data.data(), copied);
        *frame.sp = u256{succeeded ? 1u : 0u};
    }

    /// Makes `output` the return data: copied, since the callee's memory is about to be the caller's.
    void keep(BytesView output) {
        if (output.data() != return_buffer.data() || output.empty()) return_buffer.assign(output.begin(), output.end());
        context.return_data = {return_buffer.data(), output.size()};
    }
};

Evm::Evm(Translate when) : impl_(std::make_unique<Impl>()) {
    impl_->translates_all = when == Translate::all_code;
}
Evm::~Evm() = default;

CallResult Evm::execute(const EvmEnvironment& environment, const Message& message) {
    check(message.depth == 0, "an execution begins at depth 0");
    ExecutionContext& context = impl_->context;
    context.state = &environment.state;
    context.block = &environment.block;
    context.tx = &environment.tx;
    context.system_contracts = environment.system_contracts;
    context.create_guard = environment.create_guard;
    context.inspector = environment.inspector;
    context.arena = &impl_->arena;
    context.fork = environment.block.fork;
    impl_->translations.set_fork(context.fork);
    impl_->arena.trim();
    context.hashes.forget();
    return impl_->execute(message);
}

}  // namespace talea::vm
