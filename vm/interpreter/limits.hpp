#pragma once
#include <cstddef>
#include <cstdint>

namespace talea::vm::limits {

/// Items of a frame's stack (Yellow Paper 9.1).
inline constexpr std::size_t stack_items = 1024;
/// Depth of the deepest frame; the outermost is 0 (Yellow Paper 8, the limit of 1024).
inline constexpr std::uint16_t call_depth_max = 1024;
inline constexpr std::size_t frames = std::size_t{call_depth_max} + 1;

/// Deployed code (EIP-170) and init code (EIP-3860).
inline constexpr std::size_t code_bytes_max = 24'576;
inline constexpr std::size_t init_code_bytes_max = 2 * code_bytes_max;

/// Offsets and sizes in memory above this run out of gas: a memory of 4 GiB costs 2^45 gas (Yellow Paper, app. H).
inline constexpr std::uint64_t memory_offset_max = 0xffffffff;
/// The first piece of the memory arena, enough for nearly every transaction (pages never used take no memory), and what
/// an Evm keeps between executions.
inline constexpr std::size_t arena_first_bytes = std::size_t{16} << 20;
inline constexpr std::size_t arena_kept_bytes = std::size_t{64} << 20;
/// Processors compare the low 12 bits of addresses when they look for the store that a load must wait for. The stack of
/// the outermost frame begins at 0 of them and its memory after 32 items, so that the scratch space of contracts (the
/// first words of memory) does not meet the usual stack.
inline constexpr std::size_t memory_alias_bytes = 4096;
inline constexpr std::size_t arena_alias_offset = 1024;
/// Memory is zeroed ahead in steps of this, so that growth word by word costs one comparison.
inline constexpr std::size_t memory_zeroed_ahead_bytes = 512;

/// Translated code an Evm keeps, that of running frames included.
inline constexpr std::size_t translations_bytes_max = std::size_t{96} << 20;
/// What code known but not translated takes beside its destinations, and the most that a byte of translated code takes:
/// two instructions of 24 bytes with their origins, in vectors that may have doubled, and its target.
inline constexpr std::size_t translation_entry_bytes = 512;
inline constexpr std::size_t translated_bytes_per_byte_max = 2 * 2 * 24 + 4;
static_assert(init_code_bytes_max * translated_bytes_per_byte_max * 4 < translations_bytes_max,
              "a few of the largest codes fit");

}  // namespace talea::vm::limits
