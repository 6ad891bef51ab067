#pragma once
#include "vm/interpreter/instructions.hpp"

/// Sequences that solc emits often, each as one instruction of translated code (translation.cpp says which). Where one
/// pushed a constant, that is `operand`, or is where `operand` points.
namespace talea::vm::instructions {

[[gnu::always_inline]] inline void add_constant(Machine& m) {
    m.top = word::add(m.top, u256{m.ip->operand});
}
[[gnu::always_inline]] inline void and_constant(Machine& m) {
    m.top = u256{m.top.limbs[0] & m.ip->operand};
}
[[gnu::always_inline]] inline void and_wide(Machine& m) {
    m.top = m.top & *reinterpret_cast<const u256*>(m.ip->operand);
}
[[gnu::always_inline]] inline void eq_constant(Machine& m) {
    m.top = flag(m.top == u256{m.ip->operand});
}
/// The distance is below 256.
[[gnu::always_inline]] inline void shl_constant(Machine& m) {
    m.top = word::shift_left(m.top, static_cast<unsigned>(m.ip->operand));
}
[[gnu::always_inline]] inline void shr_constant(Machine& m) {
    m.top = word::shift_right(m.top, static_cast<unsigned>(m.ip->operand), 0);
}
[[gnu::always_inline]] inline void pop2(Machine& m) {
    m.sp -= 2;
    m.top = word::limbwise(*m.sp);
}
[[gnu::always_inline]] inline void swap1_pop(Machine& m) {
    --m.sp;
}
[[gnu::always_inline]] inline void swap2_pop(Machine& m) {
    m.sp[-2] = m.top;
    --m.sp;
    m.top = word::limbwise(*m.sp);
}
/// The offset is below limits::memory_offset_max, here and in the next.
inline bool mload_constant(Machine& m) {
    const std::uint64_t offset = m.ip->operand;
    if (!take(m, reach_memory(*m.frame, u256{offset}, 32, m.gas))) return false;
    m.push(word::load(m.frame->memory + offset));
    return true;
}
inline bool mstore_constant(Machine& m) {
    const std::uint64_t offset = m.ip->operand;
    if (!take(m, reach_memory(*m.frame, u256{offset}, 32, m.gas))) return false;
    word::store(m.frame->memory + offset, m.top);
    m.drop();
    return true;
}

namespace quick {

[[gnu::always_inline]] inline bool mload_constant(Machine& m) {
    const std::uint64_t offset = m.ip->operand;
    if (offset >= m.frame->memory_word_end) [[unlikely]]
        return false;
    m.push(word::load(m.frame->memory + offset));
    return true;
}
[[gnu::always_inline]] inline bool mstore_constant(Machine& m) {
    const std::uint64_t offset = m.ip->operand;
    if (offset >= m.frame->memory_word_end) [[unlikely]]
        return false;
    word::store(m.frame->memory + offset, m.top);
    m.drop();
    return true;
}

}  // namespace quick
}  // namespace talea::vm::instructions
