#pragma once
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "vm/interpreter/frame.hpp"
#include "vm/interpreter/opcodes.hpp"

namespace talea::vm {

/// Code made ready for the fast loop: one pass, linear in its size. Every basic block begins with an `enter`
/// instruction that takes the fixed gas of the whole block and checks its need of stack; pushed numbers are decoded,
/// jumps to constants resolved, sequences that solc emits fused, unreachable code left out. A last `stop` stands behind
/// the end, so the loop never checks for it.
///
/// Translating costs far more than the cheapest call pays, so code is translated only when as many instructions of it
/// have been executed as it has bytes (Evm sees to that): until then it runs in the exact loop, which needs to know the
/// jump destinations alone, and those not before the first jump.
struct Translation {
    BytesView code;
    Code owner;  ///< keeps `code` alive; null for init code, which the creating frame holds

    std::vector<Instruction> stream;
    /// For each instruction where it stands in the code, and how much of its block's gas is for it and those after it:
    /// what the exact loop needs to go on from there.
    struct Origin {
        std::uint32_t pc = 0;
        std::uint32_t paid = 0;
    };
    std::vector<Origin> origins;
    std::vector<u256> constants;         ///< pushed numbers of more than 64 bits
    std::vector<std::uint32_t> targets;  ///< by pc: place in `stream` of the block a JUMPDEST there begins, or 0

    std::vector<std::uint64_t> destinations;  ///< until it is translated: a bit for each byte, once asked for

    std::uint64_t executed = 0;  ///< instructions, in the exact loop
    std::uint32_t pins = 0;      ///< frames that run it

    [[nodiscard]] bool is_translated() const { return !stream.empty(); }
    [[nodiscard]] bool is_jump_destination(std::uint64_t pc) const { return pc < targets.size() && targets[pc] != 0; }
    /// The same whether it is translated or not; linear in the code when first asked.
    [[nodiscard]] bool find_jump_destination(std::uint64_t pc);
    /// Executed so often that a translation pays.
    [[nodiscard]] bool is_hot() const { return executed >= code.size(); }
    /// Forgets all but the space.
    void reset(BytesView new_code);
    [[nodiscard]] std::size_t size_bytes() const;
};

/// The operand of `enter`: fixed gas of the block, items it needs (in bytes of the stack), and how far above that need
/// the stack may be so that it does not overflow.
struct BlockEntry {
    std::uint32_t gas = 0;
    std::uint16_t need_bytes = 0, range_bytes = 0;
};
[[nodiscard]] constexpr std::uint64_t pack(const BlockEntry& entry) {
    return std::uint64_t{entry.gas} | std::uint64_t{entry.need_bytes} << 32 | std::uint64_t{entry.range_bytes} << 48;
}
[[nodiscard]] constexpr BlockEntry unpack(std::uint64_t operand) {
    return {static_cast<std::uint32_t>(operand), static_cast<std::uint16_t>(operand >> 32),
            static_cast<std::uint16_t>(operand >> 48)};
}

/// The number that the PUSH at `pc` pushes; `bytes` is its width. Code reads as if zeros followed it.
[[nodiscard]] u256 pushed_number(BytesView code, std::size_t pc, std::size_t bytes);

/// `out` may hold an older translation, whose space is used again.
void translate(BytesView code, Fork fork, Translation& out);

/// Translations by code hash, of one fork; bounded by `translations_bytes_max`, beyond which those not pinned are
/// dropped, the oldest first. Where all are pinned, code stays untranslated.
class TranslationCache {
  public:
    /// A change of fork forgets all; no frame may be running then.
    void set_fork(Fork fork);
    /// Of this code, translated or not yet. Stays valid while pinned.
    [[nodiscard]] Translation& get(const Hash& code_hash, const Code& code);
    /// Translates one that `get` gave (and that is pinned), or init code of its frame; false where there is no room.
    bool make(Translation& translation);
    [[nodiscard]] std::size_t size_bytes() const { return bytes_ + init_code_bytes_; }
    /// Frees init code whose frame is over.
    void release(Translation& init_code);

  private:
    static constexpr std::size_t recent_entries = 1024;  // direct-mapped by the low bits of the hash

    void make_room();

    Fork fork_ = Fork::osaka;
    std::unordered_map<Hash, std::unique_ptr<Translation>, HashHasher> translations_;
    std::vector<Hash> in_order_;  // of insertion
    std::size_t bytes_ = 0;
    std::size_t init_code_bytes_ = 0;
    std::vector<std::pair<Hash, Translation*>> recent_{recent_entries};
};

}  // namespace talea::vm
