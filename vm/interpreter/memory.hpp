#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "vm/interpreter/frame.hpp"

namespace talea::vm {

/// The memory of all frames: each frame's begins where its parent's ends, in one piece of the arena. Only the innermost
/// frame grows; where its piece is too short its memory moves to the next, so what outer frames hold (call data of
/// their callees) stays where it is.
class MemoryArena {
  public:
    MemoryArena();
    /// Sets `frame` up with an empty memory behind that of `parent` (or at the start).
    void begin(Frame& frame, Frame* parent);
    /// Moves the memory of the innermost frame to where it can have `bytes`.
    void move(Frame& frame, std::uint64_t bytes);
    /// Frees what is above `arena_kept_bytes`; no frame may be running.
    void trim();

  private:
    struct Piece {
        std::unique_ptr<std::uint8_t[]> owned;
        std::uint8_t* bytes = nullptr;  // inside `owned`, at `arena_alias_offset`
        std::size_t size = 0;
    };
    static Piece make_piece(std::size_t size);
    std::vector<Piece> pieces_;
};

/// Extends memory to hold `end` bytes (Yellow Paper, app. H: 3 a word and words^2 / 512) and returns what is left of
/// `gas`; negative, with nothing changed, where it does not suffice. `end` is above the present size and at most
/// 2 * memory_offset_max.
[[nodiscard]] Gas grow_memory(Frame& frame, std::uint64_t end, Gas gas);

}  // namespace talea::vm
