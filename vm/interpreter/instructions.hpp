#pragma once
#include <algorithm>
#include <bit>

#include "vm/chain/create_address.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/interpreter/delegation.hpp"
#include "vm/interpreter/machine.hpp"
#include "vm/interpreter/memory.hpp"
#include "vm/interpreter/translation.hpp"
#include "vm/interpreter/word.hpp"

/// The bodies of the instructions, in the order of the opcode table. Stack bounds and the fixed part of the gas have
/// been seen to. What each kind may do and returns is said at Kind.
namespace talea::vm::instructions {

// Parts shared by several.

[[gnu::always_inline]] inline bool fail(Machine& m, Status status) {
    m.frame->status = status;
    return false;
}
/// Pays, or fails with nothing changed.
[[gnu::always_inline]] inline bool pay(Machine& m, Gas amount) {
    if (m.gas < amount) [[unlikely]]
        return fail(m, Status::out_of_gas);
    m.gas -= amount;
    return true;
}
[[gnu::always_inline]] inline bool offset_in_reach(const u256& offset) {
    return offset.fits_u64() && offset.low_u64() <= limits::memory_offset_max;
}
/// The gas left after memory holds `size` bytes at `offset`; negative, with nothing changed, where that cannot be paid.
[[gnu::always_inline]] inline Gas reach_memory(Frame& frame, const u256& offset, std::uint64_t size, Gas gas) {
    if (!offset_in_reach(offset)) return -1;
    const std::uint64_t end = offset.low_u64() + size;
    return end <= frame.memory_bytes ? gas : grow_memory(frame, end, gas);
}
/// The same for a size from the stack; none reaches nothing, whatever the offset.
[[gnu::always_inline]] inline Gas reach_memory(Frame& frame, const u256& offset, const u256& size, Gas gas) {
    if (size.is_zero()) return gas;
    if (!offset_in_reach(size)) return -1;
    return reach_memory(frame, offset, size.low_u64(), gas);
}
[[gnu::always_inline]] inline bool take(Machine& m, Gas left) {
    if (left < 0) [[unlikely]]
        return fail(m, Status::out_of_gas);
    m.gas = left;
    return true;
}
inline Gas words_of(const u256& size) {
    return static_cast<Gas>((size.low_u64() + 31) / 32);
}
/// For the instructions that copy: memory and 3 gas a word (Yellow Paper, app. G, G_copy).
inline bool pay_copy(Machine& m, const u256& to, const u256& size) {
    if (!offset_in_reach(size)) return fail(m, Status::out_of_gas);
    const Gas left = m.gas - 3 * words_of(size);
    if (left < 0) return fail(m, Status::out_of_gas);
    return take(m, reach_memory(*m.frame, to, size, left));
}
/// Copies from `source`, which reads as if zeros followed it.
inline void copy_padded(std::uint8_t* to, BytesView source, const u256& from, std::size_t size) {
    const std::size_t start = from.fits_u64() ? std::min<std::uint64_t>(from.low_u64(), source.size()) : source.size();
    const std::size_t copied = std::min(size, source.size() - start);
    if (copied != 0) std::memcpy(to, source.data() + start, copied);
    if (size > copied) std::memset(to + copied, 0, size - copied);
}
[[gnu::always_inline]] inline u256 flag(bool holds) {
    return u256{static_cast<std::uint64_t>(holds)};
}
/// Warms an account and pays what a cold one costs more (EIP-2929).
inline bool access(Machine& m, AccountId account) {
    return m.frame->context->state->warm_account(account) || pay(m, 2500);
}

// 0x00 to 0x0b: stop and arithmetic.

inline void stop(Machine& m) {
    m.frame->status = Status::success;
    m.frame->output = {};
}
[[gnu::always_inline]] inline void add(Machine& m) {
    m.top = word::add(m.top, m.below());
}
[[gnu::always_inline]] inline void mul(Machine& m) {
    m.top = word::multiply(m.top, m.below());
}
[[gnu::always_inline]] inline void sub(Machine& m) {
    m.top = word::subtract(m.top, m.below());
}
inline bool div(Machine& m) {
    const u256 dividend = m.top;
    const u256& divisor = m.below();
    m.top = word::limbwise(divmod(dividend, divisor).quotient);
    return true;
}
inline bool sdiv(Machine& m) {
    const u256 dividend = m.top;
    const u256& divisor = m.below();
    m.top = word::limbwise(vm::sdiv(dividend, divisor));
    return true;
}
inline bool mod(Machine& m) {
    const u256 dividend = m.top;
    const u256& divisor = m.below();
    m.top = word::limbwise(divmod(dividend, divisor).remainder);
    return true;
}
inline void smod(Machine& m) {
    const u256 dividend = m.top;
    const u256& divisor = m.below();
    m.top = word::limbwise(vm::smod(dividend, divisor));
}
inline bool addmod(Machine& m) {
    const u256 a = m.top, b = word::limbwise(m.below()), modulus = word::limbwise(m.below());
    m.top = word::limbwise(vm::addmod(a, b, modulus));
    return true;
}
inline void mulmod(Machine& m) {
    const u256 a = m.top, b = word::limbwise(m.below()), modulus = word::limbwise(m.below());
    m.top = word::limbwise(m.frame->context->modular.multiply(a, b, modulus));
}
inline bool exp(Machine& m) {
    const u256& exponent = m.sp[-1];
    if (!pay(m, 50 * static_cast<Gas>(exponent.byte_width()))) return false;
    const u256 base = m.top;
    m.top = word::limbwise(vm::exp(base, exponent));
    --m.sp;
    return true;
}
[[gnu::always_inline]] inline void signextend(Machine& m) {
    const u256 index = m.top;
    m.drop();
    if (!index.fits_u64() || index.low_u64() >= 31) return;
    const auto unused = static_cast<unsigned>(8 * (31 - index.low_u64()));
    const u256 shifted = word::shift_left(m.top, unused);
    m.top = word::shift_right(shifted, unused, shifted.is_negative() ? ~std::uint64_t{0} : 0);
}

// 0x10 to 0x1e: comparison and bits.

[[gnu::always_inline]] inline void lt(Machine& m) {
    m.top = flag(word::less(m.top, m.below()));
}
[[gnu::always_inline]] inline void gt(Machine& m) {
    m.top = flag(word::less(m.below(), m.top));
}
[[gnu::always_inline]] inline void slt(Machine& m) {
    m.top = flag(word::signed_less(m.top, m.below()));
}
[[gnu::always_inline]] inline void sgt(Machine& m) {
    m.top = flag(word::signed_less(m.below(), m.top));
}
[[gnu::always_inline]] inline void eq(Machine& m) {
    m.top = flag(m.top == m.below());
}
[[gnu::always_inline]] inline void iszero(Machine& m) {
    m.top = flag(m.top.is_zero());
}
[[gnu::always_inline]] inline void and_(Machine& m) {
    m.top = m.top & m.below();
}
[[gnu::always_inline]] inline void or_(Machine& m) {
    m.top = m.top | m.below();
}
[[gnu::always_inline]] inline void xor_(Machine& m) {
    m.top = m.top ^ m.below();
}
[[gnu::always_inline]] inline void not_(Machine& m) {
    m.top = ~m.top;
}
[[gnu::always_inline]] inline void byte(Machine& m) {
    const u256 index = m.top;
    const u256& value = m.below();
    const std::uint64_t i = index.low_u64();
    const bool inside = index.fits_u64() && i < 32;
    m.top = u256{inside ? value.limbs[3 - i / 8] >> (56 - 8 * (i % 8)) & 0xff : 0};
}
[[gnu::always_inline]] inline void shl(Machine& m) {
    const u256 distance = m.top;
    m.drop();
    m.top = distance.fits_u64() && distance.low_u64() < 256
                ? word::shift_left(m.top, static_cast<unsigned>(distance.low_u64()))
                : u256{};
}
[[gnu::always_inline]] inline void shr(Machine& m) {
    const u256 distance = m.top;
    m.drop();
    m.top = distance.fits_u64() && distance.low_u64() < 256
                ? word::shift_right(m.top, static_cast<unsigned>(distance.low_u64()), 0)
                : u256{};
}
[[gnu::always_inline]] inline void sar(Machine& m) {
    const u256 distance = m.top;
    m.drop();
    const std::uint64_t fill = m.top.is_negative() ? ~std::uint64_t{0} : 0;
    m.top = distance.fits_u64() && distance.low_u64() < 256
                ? word::shift_right(m.top, static_cast<unsigned>(distance.low_u64()), fill)
                : u256{fill, fill, fill, fill};
}
[[gnu::always_inline]] inline void clz(Machine& m) {
    m.top = u256{256 - m.top.bit_width()};
}

// 0x20 to 0x3f: keccak and the frame's surroundings.

inline bool keccak(Machine& m) {
    const u256& size = m.sp[-1];
    if (!offset_in_reach(size)) return fail(m, Status::out_of_gas);
    const Gas left = m.gas - 6 * words_of(size);
    if (left < 0 || !take(m, reach_memory(*m.frame, m.top, size, left))) return fail(m, Status::out_of_gas);
    const std::uint64_t bytes = size.low_u64();
    const std::uint8_t* data = bytes == 0 ? nullptr : m.frame->memory + m.top.low_u64();
    if (bytes == 64)
        m.top = word::limbwise(m.frame->context->hashes.pair(word::load(data), word::load(data + 32)));
    else if (bytes == 32)
        m.top = word::limbwise(keccak256_word(word::load(data)));
    else
        m.top = word::load(keccak256(BytesView{data, bytes}).bytes.data());
    --m.sp;
    return true;
}
inline void address(Machine& m) {
    m.push(word::of(m.frame->message.recipient));
}
inline bool balance(Machine& m) {
    State& state = *m.frame->context->state;
    const AccountId account = state.id(word::to_address(m.top));
    if (!access(m, account)) return false;
    m.top = word::limbwise(state.balance(account));
    return true;
}
inline void origin(Machine& m) {
    m.push(word::of(m.frame->context->tx->origin));
}
inline void caller(Machine& m) {
    m.push(word::of(m.frame->message.sender));
}
inline void callvalue(Machine& m) {
    m.push(m.frame->message.value);
}
inline bool calldataload(Machine& m) {
    const u256 offset = m.top;
    std::uint8_t padded[32];
    copy_padded(padded, m.frame->call_data, offset, 32);
    m.top = word::load(padded);
    return true;
}
inline void calldatasize(Machine& m) {
    m.push(u256{m.frame->call_data.size()});
}
/// Memory, source offset and size from the stack; `source` reads as if zeros followed it.
inline bool copy_to_memory(Machine& m, BytesView source) {
    const u256& from = m.sp[-1];
    const u256& size = m.sp[-2];
    if (!pay_copy(m, m.top, size)) return false;
    if (!size.is_zero()) copy_padded(m.frame->memory + m.top.low_u64(), source, from, size.low_u64());
    m.sp -= 3;
    m.top = word::limbwise(*m.sp);
    return true;
}
inline bool calldatacopy(Machine& m) {
    return copy_to_memory(m, m.frame->call_data);
}
inline void codesize(Machine& m) {
    m.push(u256{m.frame->translation->code.size()});
}
inline bool codecopy(Machine& m) {
    return copy_to_memory(m, m.frame->translation->code);
}
inline void gasprice(Machine& m) {
    m.push(m.frame->context->tx->gas_price);
}
inline bool extcodesize(Machine& m) {
    State& state = *m.frame->context->state;
    const AccountId account = state.id(word::to_address(m.top));
    if (!access(m, account)) return false;
    m.top = u256{state.code(account)->size()};
    return true;
}
inline bool extcodecopy(Machine& m) {
    State& state = *m.frame->context->state;
    const AccountId account = state.id(word::to_address(m.top));
    if (!access(m, account)) return false;
    m.drop();
    return copy_to_memory(m, *state.code(account));
}
inline void returndatasize(Machine& m) {
    m.push(u256{m.frame->context->return_data.size()});
}
inline bool returndatacopy(Machine& m) {
    const BytesView data = m.frame->context->return_data;
    const u256& from = m.sp[-1];
    const u256& size = m.sp[-2];
    // EIP-211: reading beyond the end is an error, even of no bytes.
    if (!from.fits_u64() || !size.fits_u64() || from.low_u64() > data.size() ||
        size.low_u64() > data.size() - from.low_u64())
        return fail(m, Status::return_data_out_of_bounds);
    return copy_to_memory(m, data);
}
inline bool extcodehash(Machine& m) {
    State& state = *m.frame->context->state;
    const AccountId account = state.id(word::to_address(m.top));
    if (!access(m, account)) return false;
    m.top = state.is_empty(account) ? u256{} : to_u256(state.code_hash(account));
    return true;
}

// 0x40 to 0x4a: the block. The context is read each time, since test tools change it during a call.

inline void blockhash(Machine& m) {
    const ExecutionContext& context = *m.frame->context;
    const std::uint64_t now = context.block->number.value;
    const std::uint64_t asked = m.top.low_u64();
    const bool known = m.top.fits_u64() && asked < now && now - asked <= 256;
    m.top = known ? to_u256(context.state->block_hash({asked})) : u256{};
}
inline void coinbase(Machine& m) {
    m.push(word::of(m.frame->context->block->beneficiary));
}
inline void timestamp(Machine& m) {
    m.push(u256{m.frame->context->block->timestamp.seconds});
}
inline void number(Machine& m) {
    m.push(u256{m.frame->context->block->number.value});
}
inline void prevrandao(Machine& m) {
    m.push(to_u256(m.frame->context->block->prev_randao));
}
inline void gaslimit(Machine& m) {
    m.push(u256{m.frame->context->block->gas_limit});
}
inline void chainid(Machine& m) {
    m.push(u256{m.frame->context->block->chain_id});
}
inline void selfbalance(Machine& m) {
    m.push(m.frame->context->state->balance(m.frame->self));
}
inline void basefee(Machine& m) {
    m.push(m.frame->context->block->base_fee);
}
inline void blobhash(Machine& m) {
    const auto hashes = m.frame->context->tx->blob_hashes;
    const bool inside = m.top.fits_u64() && m.top.low_u64() < hashes.size();
    m.top = inside ? to_u256(hashes[m.top.low_u64()]) : u256{};
}
inline void blobbasefee(Machine& m) {
    m.push(m.frame->context->block->blob_base_fee);
}

// 0x50 to 0x5e: stack, memory, storage and flow.

[[gnu::always_inline]] inline void pop(Machine& m) {
    m.drop();
}
inline bool mload(Machine& m) {
    if (!take(m, reach_memory(*m.frame, m.top, 32, m.gas))) return false;
    m.top = word::load(m.frame->memory + m.top.low_u64());
    return true;
}
inline bool mstore(Machine& m) {
    if (!take(m, reach_memory(*m.frame, m.top, 32, m.gas))) return false;
    word::store(m.frame->memory + m.top.low_u64(), m.sp[-1]);
    m.sp -= 2;
    m.top = word::limbwise(*m.sp);
    return true;
}
inline bool mstore8(Machine& m) {
    if (!take(m, reach_memory(*m.frame, m.top, 1, m.gas))) return false;
    m.frame->memory[m.top.low_u64()] = static_cast<std::uint8_t>(m.sp[-1].low_u64());
    m.sp -= 2;
    m.top = word::limbwise(*m.sp);
    return true;
}
inline bool sload(Machine& m) {
    const u256 key = m.top;
    const auto access = m.frame->context->state->access_slot(m.frame->self, key);
    m.top = word::limbwise(access.slot.current);
    return access.was_warm || pay(m, 2000);
}
/// EIP-2200 with the prices of EIP-2929 and EIP-3529.
inline bool sstore(Machine& m) {
    if (m.frame->message.is_static) return fail(m, Status::write_protection);
    if (m.gas <= 2300) return fail(m, Status::out_of_gas);
    State& state = *m.frame->context->state;
    const u256 value = word::limbwise(m.sp[-1]);
    const auto access = state.access_slot(m.frame->self, m.top);
    const u256 current = word::limbwise(access.slot.current), original = word::limbwise(access.slot.original);
    Gas cost = access.was_warm ? 0 : 2100;
    Gas refund = 0;
    if (current == value) {
        cost += 100;
    } else if (current == original) {
        cost += original.is_zero() ? 20'000 : 2900;
        if (!original.is_zero() && value.is_zero()) refund = 4800;
    } else {
        cost += 100;
        if (!original.is_zero()) {
            if (current.is_zero())
                refund -= 4800;
            else if (value.is_zero())
                refund += 4800;
        }
        if (value == original) refund += original.is_zero() ? 19'900 : 2800;
    }
    if (!pay(m, cost)) return false;
    if (refund != 0) state.add_refund(refund);
    state.set(access.place, value);
    m.sp -= 2;
    m.top = word::limbwise(*m.sp);
    return true;
}
inline void msize(Machine& m) {
    m.push(u256{m.frame->memory_bytes});
}
inline bool gas(Machine& m) {
    m.push(u256{static_cast<std::uint64_t>(m.gas)});
    return true;
}
inline void jumpdest(Machine&) {}
inline void tload(Machine& m) {
    m.top = m.frame->context->state->transient_storage(m.frame->self, m.top);
}
inline bool tstore(Machine& m) {
    if (m.frame->message.is_static) return fail(m, Status::write_protection);
    m.frame->context->state->set_transient_storage(m.frame->self, m.top, m.sp[-1]);
    m.sp -= 2;
    m.top = word::limbwise(*m.sp);
    return true;
}
inline bool mcopy(Machine& m) {
    const u256& from = m.sp[-1];
    const u256& size = m.sp[-2];
    if (!pay_copy(m, m.top < from ? from : m.top, size)) return false;
    if (!size.is_zero())
        std::memmove(m.frame->memory + m.top.low_u64(), m.frame->memory + from.low_u64(), size.low_u64());
    m.sp -= 3;
    m.top = word::limbwise(*m.sp);
    return true;
}

// 0x5f to 0x9f: PUSH, DUP, SWAP.

[[gnu::always_inline]] inline void push(Machine& m) {
    m.push(u256{m.ip->operand});
}
[[gnu::always_inline]] inline void push_wide(Machine& m) {
    m.push(word::limbwise(*reinterpret_cast<const u256*>(m.ip->operand)));  // into the translation's constants
}
template <int n>
[[gnu::always_inline]] inline void dup(Machine& m) {
    *m.sp = m.top;
    if constexpr (n > 1) m.top = word::limbwise(m.sp[1 - n]);
    ++m.sp;
}
template <int n>
[[gnu::always_inline]] inline void swap(Machine& m) {
    const u256 other = word::limbwise(m.sp[-n]);
    m.sp[-n] = m.top;
    m.top = other;
}

// 0xa0 to 0xff: logs, calls and ends.

template <int topics>
inline bool log(Machine& m) {
    Frame& frame = *m.frame;
    if (frame.message.is_static) return fail(m, Status::write_protection);
    const u256& size = m.sp[-1];
    if (!offset_in_reach(size)) return fail(m, Status::out_of_gas);
    const Gas left = m.gas - 8 * static_cast<Gas>(size.low_u64());
    if (left < 0 || !take(m, reach_memory(frame, m.top, size, left))) return fail(m, Status::out_of_gas);
    Log entry{frame.message.recipient, {}, {}};
    entry.topics.reserve(topics);
    for (int i = 0; i < topics; ++i) entry.topics.push_back(to_hash(m.sp[-2 - i]));
    if (!size.is_zero()) entry.data = to_bytes({frame.memory + m.top.low_u64(), size.low_u64()});
    if (frame.context->inspector != nullptr) frame.context->inspector->on_log(entry);
    frame.context->state->add_log(std::move(entry));
    m.sp -= 2 + topics;
    m.top = word::limbwise(*m.sp);
    return true;
}

/// What a caller may give away: all but a 64th (EIP-150).
inline Gas all_but_a_64th(Gas gas) {
    return gas - gas / 64;
}

template <CallKind kind>
inline bool call(Machine& m) {
    constexpr bool has_value = kind == CallKind::call || kind == CallKind::callcode;
    Frame& frame = *m.frame;
    State& state = *frame.context->state;
    const Address target = word::to_address(m.sp[-1]);
    const u256 value = has_value ? m.sp[-2] : u256{};
    const u256* ranges = m.sp - (has_value ? 3 : 2);  // input offset and size, output offset and size
    if (kind == CallKind::call && frame.message.is_static && !value.is_zero()) return fail(m, Status::write_protection);
    if (!take(m, reach_memory(frame, ranges[0], ranges[-1], m.gas))) return false;
    if (!take(m, reach_memory(frame, ranges[-2], ranges[-3], m.gas))) return false;

    const AccountId account = state.id(target);
    if (!access(m, account)) return false;
    if (frame.context->fork >= Fork::prague) {
        // EIP-7702: the delegate is accessed, too.
        if (const auto delegate = delegate_of(*state.code(account)))
            if (!pay(m, state.warm_account(*delegate) ? 100 : 2600)) return false;
    }
    if (!value.is_zero()) {
        if (!pay(m, 9000)) return false;
        if (kind == CallKind::call && state.is_empty(account) && !pay(m, 25'000)) return false;
    }
    const Gas most = all_but_a_64th(m.gas);
    Gas given = m.top.fits_u64() && m.top.low_u64() < static_cast<std::uint64_t>(most)
                    ? static_cast<Gas>(m.top.low_u64())
                    : most;
    m.gas -= given;
    if (!value.is_zero()) given += 2300;  // the stipend

    frame.child->self = kind == CallKind::call || kind == CallKind::staticcall ? account : frame.self;
    frame.child->code_owner = account;
    Message& message = frame.child->message;
    message.kind = kind;
    message.is_static = kind == CallKind::staticcall || frame.message.is_static;
    message.depth = static_cast<std::uint16_t>(frame.message.depth + 1);
    message.gas = given;
    message.code_address = target;
    if constexpr (kind == CallKind::delegatecall) {
        message.recipient = frame.message.recipient;
        message.sender = frame.message.sender;
        message.value = frame.message.value;
    } else {
        message.recipient = kind == CallKind::callcode ? frame.message.recipient : target;
        message.sender = frame.message.recipient;
        message.value = value;
    }
    message.input =
        ranges[-1].is_zero() ? BytesView{} : BytesView{frame.memory + ranges[0].low_u64(), ranges[-1].low_u64()};
    frame.return_bytes = ranges[-3].low_u64();
    frame.return_offset = frame.return_bytes == 0 ? 0 : ranges[-2].low_u64();
    m.sp -= has_value ? 6 : 5;
    return true;
}

template <CallKind kind>
inline bool create(Machine& m) {
    Frame& frame = *m.frame;
    if (frame.message.is_static) return fail(m, Status::write_protection);
    ExecutionContext& context = *frame.context;
    if (context.create_guard != nullptr &&
        !context.create_guard->may_create(*context.state, context.tx->origin, frame.message.recipient))
        return fail(m, Status::create_not_permitted);
    const u256& offset = m.sp[-1];
    const u256& size = m.sp[-2];
    if (!take(m, reach_memory(frame, offset, size, m.gas))) return false;
    if (size.low_u64() > limits::init_code_bytes_max) return fail(m, Status::init_code_too_large);
    // 2 a word (EIP-3860), and 6 to hash it (EIP-1014).
    if (!pay(m, (kind == CallKind::create2 ? 8 : 2) * words_of(size))) return false;
    const Gas given = all_but_a_64th(m.gas);
    m.gas -= given;

    Message& message = frame.child->message;
    message.kind = kind;
    message.is_static = false;
    message.depth = static_cast<std::uint16_t>(frame.message.depth + 1);
    message.gas = given;
    message.sender = frame.message.recipient;
    message.value = m.top;
    message.input = size.is_zero() ? BytesView{} : BytesView{frame.memory + offset.low_u64(), size.low_u64()};
    if (kind == CallKind::create2) message.salt = m.sp[-3];
    frame.return_bytes = 0;
    m.sp -= kind == CallKind::create2 ? 3 : 2;
    return true;
}

inline void end_with_output(Machine& m, Status status) {
    Frame& frame = *m.frame;
    const u256& size = m.sp[-1];
    if (!take(m, reach_memory(frame, m.top, size, m.gas))) return;
    frame.output = size.is_zero() ? BytesView{} : BytesView{frame.memory + m.top.low_u64(), size.low_u64()};
    frame.status = status;
}
inline void return_(Machine& m) {
    end_with_output(m, Status::success);
}
inline void revert(Machine& m) {
    end_with_output(m, Status::revert);
}
inline void invalid(Machine& m) {
    m.frame->status = Status::invalid_instruction;
}
inline void selfdestruct(Machine& m) {
    Frame& frame = *m.frame;
    frame.output = {};
    if (frame.message.is_static) {
        frame.status = Status::write_protection;
        return;
    }
    State& state = *frame.context->state;
    const AccountId self = frame.self, heir = state.id(word::to_address(m.top));
    const Wei balance = state.balance(self);
    const bool heir_is_cold = !state.warm_account(heir);
    const Gas cost = (heir_is_cold ? 2600 : 0) + (!balance.is_zero() && state.is_empty(heir) ? 25'000 : 0);
    if (!pay(m, cost)) return;
    state.subtract_balance(self, balance);
    state.add_balance(heir, balance);
    if (frame.context->fork < Fork::cancun || state.created_in_transaction(self)) {  // EIP-6780
        state.set_balance(self, Wei{});
        state.self_destruct(self);
    }
    frame.status = Status::success;
}

/// Short forms for the common case, without a call, so that they need no stack frame; false, with nothing changed, for
/// any other case.
namespace quick {

/// By one limb, as the machine divides.
[[gnu::always_inline]] inline bool div(Machine& m) {
    const u256& divisor = m.sp[-1];
    if (!divisor.fits_u64() || divisor.limbs[0] == 0) return false;
    m.top = word::divide_by_limb(m.top, divisor.limbs[0]).quotient;
    --m.sp;
    return true;
}
[[gnu::always_inline]] inline bool mod(Machine& m) {
    const u256& divisor = m.sp[-1];
    if (!divisor.fits_u64() || divisor.limbs[0] == 0) return false;
    m.top = u256{word::divide_by_limb(m.top, divisor.limbs[0]).remainder};
    --m.sp;
    return true;
}
/// By one limb, after the signs are taken off.
[[gnu::always_inline]] inline bool sdiv(Machine& m) {
    const u256 divisor = word::magnitude(m.sp[-1]);
    if (!divisor.fits_u64() || divisor.limbs[0] == 0) return false;
    const u256 quotient = word::divide_by_limb(word::magnitude(m.top), divisor.limbs[0]).quotient;
    const bool negative = m.top.is_negative() != m.sp[-1].is_negative();
    m.top = word::negated_if(negative, quotient);
    --m.sp;
    return true;
}
/// Of reduced numbers, whose sum is below twice the modulus.
[[gnu::always_inline]] inline bool addmod(Machine& m) {
    const u256 b = word::limbwise(m.sp[-1]), modulus = word::limbwise(m.sp[-2]);
    if (!word::less(m.top, modulus) || !word::less(b, modulus)) return false;
    const u256 sum = word::add(m.top, b);
    const bool reduces = word::less(sum, b) || !word::less(sum, modulus);
    m.top = reduces ? word::subtract(sum, modulus) : sum;
    m.sp -= 2;
    return true;
}
/// Of 2, which shifts, and by what fits a byte.
[[gnu::always_inline]] inline bool exp(Machine& m) {
    const u256& exponent = m.sp[-1];
    if (!m.top.fits_u64() || m.top.limbs[0] != 2 || !exponent.fits_u64() || exponent.limbs[0] > 255) return false;
    const Gas price = exponent.limbs[0] == 0 ? 0 : 50;
    if (m.gas < price) return false;
    m.gas -= price;
    m.top = word::shift_left(u256{1}, static_cast<unsigned>(exponent.limbs[0]));
    --m.sp;
    return true;
}
[[gnu::always_inline]] inline bool calldataload(Machine& m) {
    const BytesView data = m.frame->call_data;
    if (!m.top.fits_u64() || m.top.low_u64() >= data.size()) {
        m.top = u256{};
        return true;
    }
    if (data.size() - m.top.low_u64() < 32) return false;
    m.top = word::load(data.data() + m.top.low_u64());
    return true;
}
[[gnu::always_inline]] inline bool mload(Machine& m) {
    if (!m.top.fits_u64() || m.top.low_u64() >= m.frame->memory_word_end) [[unlikely]]
        return false;
    m.top = word::load(m.frame->memory + m.top.low_u64());
    return true;
}
[[gnu::always_inline]] inline bool mstore(Machine& m) {
    if (!m.top.fits_u64() || m.top.low_u64() >= m.frame->memory_word_end) [[unlikely]]
        return false;
    word::store(m.frame->memory + m.top.low_u64(), m.sp[-1]);
    m.sp -= 2;
    m.top = word::limbwise(*m.sp);
    return true;
}
[[gnu::always_inline]] inline bool mstore8(Machine& m) {
    if (!m.top.fits_u64() || m.top.low_u64() >= m.frame->memory_bytes) [[unlikely]]
        return false;
    m.frame->memory[m.top.low_u64()] = static_cast<std::uint8_t>(m.sp[-1].low_u64());
    m.sp -= 2;
    m.top = word::limbwise(*m.sp);
    return true;
}
/// Whether memory holds `size` bytes at `offset`; a size above the memory's is none that it holds.
[[gnu::always_inline]] inline bool in_memory(const Frame& frame, const u256& offset, std::uint64_t size) {
    return offset.fits_u64() && size <= frame.memory_bytes && offset.low_u64() <= frame.memory_bytes - size;
}
/// Inside both the source and memory.
[[gnu::always_inline]] inline bool copy_to_memory(Machine& m, const std::uint8_t* source, std::uint64_t source_bytes) {
    const u256& from = m.sp[-1];
    const u256& size = m.sp[-2];
    const std::uint64_t bytes = size.low_u64();
    if (!size.fits_u64() || bytes == 0 || !in_memory(*m.frame, m.top, bytes)) return false;
    if (!from.fits_u64() || bytes > source_bytes || from.low_u64() > source_bytes - bytes) return false;
    const Gas left = m.gas - 3 * words_of(size);
    if (left < 0) return false;
    m.gas = left;
    std::uint8_t* const to = m.frame->memory + m.top.low_u64();
    if (bytes == 32)
        word::copy(to, source + from.low_u64());
    else
        std::memmove(to, source + from.low_u64(), bytes);
    m.sp -= 3;
    m.top = word::limbwise(*m.sp);
    return true;
}
[[gnu::always_inline]] inline bool calldatacopy(Machine& m) {
    return copy_to_memory(m, m.frame->call_data.data(), m.frame->call_data.size());
}
[[gnu::always_inline]] inline bool codecopy(Machine& m) {
    return copy_to_memory(m, m.frame->translation->code.data(), m.frame->translation->code.size());
}
[[gnu::always_inline]] inline bool returndatacopy(Machine& m) {
    const BytesView data = m.frame->context->return_data;
    return copy_to_memory(m, data.data(), data.size());
}
[[gnu::always_inline]] inline bool mcopy(Machine& m) {
    return copy_to_memory(m, m.frame->memory, m.frame->memory_bytes);
}
[[gnu::always_inline]] inline bool sload(Machine& m) {
    const StorageSlot* const slot = m.frame->context->state->find_warm(m.frame->self, m.top);
    if (slot == nullptr) return false;
    m.top = word::limbwise(slot->current);
    return true;
}

}  // namespace quick
}  // namespace talea::vm::instructions
