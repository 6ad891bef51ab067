#include "vm/interpreter/memory.hpp"

#include <algorithm>
#include <cstring>

#include "vm/base/check.hpp"

namespace talea::vm {
namespace {

Gas memory_cost(std::uint64_t words) {
    return static_cast<Gas>(3 * words + words * words / 512);
}

}  // namespace

MemoryArena::Piece MemoryArena::make_piece(std::size_t size) {
    Piece piece{std::make_unique_for_overwrite<std::uint8_t[]>(size + limits::memory_alias_bytes), nullptr, size};
    const auto address = reinterpret_cast<std::uintptr_t>(piece.owned.get());
    piece.bytes = piece.owned.get() + (limits::arena_alias_offset - address) % limits::memory_alias_bytes;
    return piece;
}

MemoryArena::MemoryArena() {
    pieces_.push_back(make_piece(limits::arena_first_bytes));
}

void MemoryArena::begin(Frame& frame, Frame* parent) {
    if (parent == nullptr) {
        frame.memory_piece = 0;
        frame.memory = pieces_[0].bytes;
        frame.memory_capacity = pieces_[0].size;
    } else {
        parent->memory_zeroed = parent->memory_bytes;  // what is behind now belongs to the child
        frame.memory_piece = parent->memory_piece;
        frame.memory = parent->memory + parent->memory_bytes;
        frame.memory_capacity = parent->memory_capacity - parent->memory_bytes;
    }
    frame.memory_bytes = frame.memory_word_end = frame.memory_zeroed = 0;
}

void MemoryArena::move(Frame& frame, std::uint64_t bytes) {
    const std::size_t place = frame.memory_piece + 1;
    check(place <= pieces_.size(), "pieces of the arena are used in order");
    if (place == pieces_.size() || pieces_[place].size < bytes) {
        Piece piece = make_piece(2 * std::max<std::size_t>(bytes, pieces_[place - 1].size));
        if (place == pieces_.size())
            pieces_.push_back(std::move(piece));
        else
            pieces_[place] = std::move(piece);
    }
    if (frame.memory_bytes != 0) std::memcpy(pieces_[place].bytes, frame.memory, frame.memory_bytes);
    frame.memory = pieces_[place].bytes;
    frame.memory_capacity = pieces_[place].size;
    frame.memory_zeroed = frame.memory_bytes;
    frame.memory_piece = static_cast<std::uint32_t>(place);
}

void MemoryArena::trim() {
    std::size_t total = 0, kept = 0;
    for (; kept < pieces_.size() && total + pieces_[kept].size <= limits::arena_kept_bytes; ++kept)
        total += pieces_[kept].size;
    pieces_.resize(kept);
}

Gas grow_memory(Frame& frame, std::uint64_t end, Gas gas) {
    const std::uint64_t words = (end + 31) / 32;
    const Gas left = gas - (memory_cost(words) - memory_cost(frame.memory_bytes / 32));
    if (left < 0) return left;
    const std::uint64_t bytes = words * 32;
    if (bytes > frame.memory_capacity) frame.context->arena->move(frame, bytes);
    if (bytes > frame.memory_zeroed) {
        const std::uint64_t ahead =
            std::min(std::max(bytes, frame.memory_zeroed + limits::memory_zeroed_ahead_bytes), frame.memory_capacity);
        std::memset(frame.memory + frame.memory_zeroed, 0, ahead - frame.memory_zeroed);
        frame.memory_zeroed = ahead;
    }
    frame.memory_bytes = bytes;
    frame.memory_word_end = bytes - 31;
    return left;
}

}  // namespace talea::vm
