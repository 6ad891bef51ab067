#include "vm/interpreter/translation.hpp"

#include <algorithm>

#include "vm/base/check.hpp"
#include "vm/interpreter/loops.hpp"
#include "vm/interpreter/machine.hpp"
#include "vm/interpreter/word.hpp"

namespace talea::vm {
namespace {

using enum InstructionId;

constexpr std::array<Kind, 256> kinds = [] {
    std::array<Kind, 256> k{};
#define TALEA_KIND(id, kind, body) k[static_cast<std::size_t>(InstructionId::id)] = Kind::kind;
    TALEA_INSTRUCTIONS(TALEA_KIND)
    TALEA_FAST_INSTRUCTIONS(TALEA_KIND)
#undef TALEA_KIND
    return k;
}();
constexpr Kind kind_of(InstructionId id) {
    return kinds[static_cast<std::size_t>(id)];
}

constexpr std::int32_t slot_bytes = 32;
constexpr std::uint32_t not_placed = 0xffffffff;  // a jump destination the pass has not reached
constexpr std::uint32_t block_gas_max = 1u
                                        << 31;  // a longer block is cut in two; 67,000 CREATEs, so never but in tests

class Translator {
  public:
    Translator(BytesView code, Fork fork, Translation& out) : code_(code), fork_(fork), out_(out) {}

    void run() {
        out_.code = code_;
        out_.stream.clear();
        out_.origins.clear();
        out_.constants.clear();
        ids_.clear();
        mark_destinations();
        open_block(0);
        for (std::uint32_t pc = 0; pc < code_.size();) pc = instruction(pc);
        if (open_) {
            emit(stop, 0, static_cast<std::uint32_t>(code_.size()));
            close_block();
        }
        // Behind the last instruction of every block there is another, whose origin may be asked for.
        block_ = {};
        emit(stop, 0, static_cast<std::uint32_t>(code_.size()));
        resolve();
    }

  private:
    struct Block {
        std::size_t entry = 0;  // place in the stream
        std::uint64_t gas = 0;
        std::int32_t height = 0, need = 0, grow = 0;  // items, relative to the height at entry
    };

    std::uint32_t instruction(std::uint32_t pc) {
        const std::uint8_t opcode = code_[pc];
        const OpcodeTraits& traits = opcodes[opcode];
        const std::uint32_t next = pc + 1 + traits.immediate_bytes;
        if (opcode == opcode_jumpdest) {
            if (open_) close_block();
            out_.targets[pc] = static_cast<std::uint32_t>(out_.stream.size());
            open_block(pc);
            block_.gas = traits.gas;
            return next;
        }
        if (!open_) return next;  // unreachable
        if (!defined(opcode, fork_)) {
            emit(exact, 0, pc);
            close_block();
            return next;
        }
        if (block_.gas > block_gas_max) {
            close_block();
            open_block(pc);
        }
        if (opcode == opcode_jump || opcode == opcode_jumpi) {
            jump_instruction(opcode, pc);
            block_.gas += traits.gas;
            move_height(traits);
            close_block();
            if (opcode == opcode_jumpi && !(next < code_.size() && code_[next] == opcode_jumpdest)) open_block(next);
            return next;
        }
        if (traits.immediate_bytes != 0 || opcode == opcode_push0)
            emit_push(pushed_number(code_, pc, traits.immediate_bytes), pc);
        else if (!fuse(traits.id))
            emit(traits.id, opcode == opcode_pc ? pc : 0, pc);
        block_.gas += traits.gas;
        move_height(traits);
        if (kind_of(traits.id) == Kind::halting) close_block();
        return next;
    }

    /// Every JUMPDEST begins a block, so that its place is known when the pass is there; until then it is marked.
    void mark_destinations() {
        out_.targets.assign(code_.size(), 0);
        for (std::size_t pc = 0; pc < code_.size(); pc += 1u + opcodes[code_[pc]].immediate_bytes)
            if (code_[pc] == opcode_jumpdest) out_.targets[pc] = not_placed;
    }

    // The last instructions of the block, which the next one may be fused with.

    /// The `n`th from the end, 1 being the last; undefined beyond the beginning of the block.
    [[nodiscard]] InstructionId last(std::size_t n) const {
        return ids_.size() - block_.entry > n ? ids_[ids_.size() - n] : undefined;
    }
    [[nodiscard]] bool last_pushes(std::size_t n) const { return last(n) == push || last(n) == push_wide; }
    [[nodiscard]] u256 last_pushed(std::size_t n) const {
        const std::uint64_t operand = out_.stream[out_.stream.size() - n].operand;
        return last(n) == push ? u256{operand} : out_.constants[operand];
    }
    /// Puts one instruction in the place of the last `n`.
    bool replace(std::size_t n, InstructionId id, std::uint64_t operand) {
        ids_.resize(ids_.size() - (n - 1));
        out_.stream.resize(ids_.size());
        out_.origins.resize(ids_.size());
        ids_.back() = id;
        out_.stream.back().operand = operand;
        return true;
    }

    std::pair<InstructionId, std::uint64_t> push_of(const u256& value) {
        if (value.fits_u64()) return {push, value.low_u64()};
        out_.constants.push_back(value);
        return {push_wide, out_.constants.size() - 1};  // made an address by resolve()
    }
    void emit_push(const u256& value, std::uint32_t pc) {
        const auto [id, operand] = push_of(value);
        emit(id, operand, pc);
    }

    /// True where `id` has become one with what was before it.
    bool fuse(InstructionId id) {
        if (id == pop) {
            if (last(1) == pop) return replace(1, pop2, 0);
            if (last(1) == swap1) return replace(1, swap1_pop, 0);
            if (last(1) == swap2) return replace(1, swap2_pop, 0);
            return false;
        }
        return last_pushes(1) && (fold(id) || fuse_constant(id, last_pushed(1)));
    }
    /// Arithmetic of constants: solc makes masks of 1, 1, 160, SHL, SUB.
    bool fold(InstructionId id) {
        const u256 top = last_pushed(1);
        if (id == not_) {
            const auto [made, operand] = push_of(~top);
            return replace(1, made, operand);
        }
        if (!last_pushes(2)) return false;
        const u256 below = last_pushed(2);
        u256 value;
        if (id == sub)
            value = top - below;
        else if (id == shl && top < u256{256})
            value = below << static_cast<unsigned>(top.low_u64());
        else
            return false;
        const auto [made, operand] = push_of(value);
        return replace(2, made, operand);
    }
    bool fuse_constant(InstructionId id, const u256& constant) {
        if (id == and_ && !constant.fits_u64()) return replace(1, and_wide, out_.stream.back().operand);
        if (!constant.fits_u64()) return false;
        const std::uint64_t low = constant.low_u64();
        if (id == add) return replace(1, add_constant, low);
        if (id == and_) return replace(1, and_constant, low);
        if (id == eq) return replace(1, eq_constant, low);
        if (id == shl && low < 256) return replace(1, shl_constant, low);
        if (id == shr && low < 256) return replace(1, shr_constant, low);
        if (id == mload && low < limits::memory_offset_max) return replace(1, mload_constant, low);
        if (id == mstore && low < limits::memory_offset_max) return replace(1, mstore_constant, low);
        return false;
    }

    /// Jumps to a constant that is a destination are fused with its PUSH, conditional ones also with what made the
    /// condition.
    void jump_instruction(std::uint8_t opcode, std::uint32_t pc) {
        const bool conditional = opcode == opcode_jumpi;
        const std::uint64_t to = last(1) == push ? out_.stream.back().operand : code_.size();
        if (to >= code_.size() || out_.targets[to] == 0) {
            emit(conditional ? jumpi : jump, 0, pc);
        } else if (!conditional) {
            replace(1, jump_to, to);
        } else if (last(2) == eq_constant && last(3) == dup1 &&
                   out_.stream[out_.stream.size() - 2].operand >> 32 == 0) {
            replace(3, select, out_.stream[out_.stream.size() - 2].operand | to << 32);
        } else {
            const bool inverted = last(2) == iszero;
            const std::size_t before = inverted ? 3 : 2;
            const InstructionId compared = last(before);
            const InstructionId fused = compared == lt                ? (inverted ? jump_if_not_lt : jump_if_lt)
                                        : compared == gt              ? (inverted ? jump_if_not_gt : jump_if_gt)
                                        : compared == eq && !inverted ? jump_if_eq
                                                                      : undefined;
            if (fused != undefined)
                replace(before, fused, to);
            else if (inverted)
                replace(2, jump_if_zero, to);
            else
                replace(1, jump_if, to);
        }
    }

    void open_block(std::uint32_t pc) {
        open_ = true;
        block_ = {out_.stream.size(), 0, 0, 0, 0};
        emit(enter, 0, pc);
    }

    void emit(InstructionId id, std::uint64_t operand, std::uint32_t pc) {
        ids_.push_back(id);
        out_.stream.push_back({nullptr, operand});
        out_.origins.push_back(
            {pc, static_cast<std::uint32_t>(block_.gas)});  // until the block is closed: spent before
    }

    void move_height(const OpcodeTraits& traits) {
        block_.need = std::max(block_.need, traits.pops - block_.height);
        block_.height += traits.pushes - traits.pops;
        block_.grow = std::max(block_.grow, block_.height);
    }

    void close_block() {
        open_ = false;
        const auto total = static_cast<std::uint32_t>(block_.gas);
        BlockEntry entry{total, 0, 0};
        const std::int32_t range = static_cast<std::int32_t>(limits::stack_items) - block_.need - block_.grow;
        if (range >= 0) {
            entry.need_bytes = static_cast<std::uint16_t>(block_.need * slot_bytes);
            entry.range_bytes = static_cast<std::uint16_t>(range * slot_bytes);
        } else {
            entry.need_bytes = 0xffff;  // more than any stack: the exact loop finds where it fails
        }
        out_.stream[block_.entry].operand = pack(entry);
        out_.origins[block_.entry].paid = 0;
        for (std::size_t i = block_.entry + 1; i < out_.stream.size(); ++i) {
            out_.origins[i].paid = total - out_.origins[i].paid;
            // What is paid for those after this one, which it must not see as spent.
            const Kind kind = kind_of(ids_[i]);
            if (kind == Kind::precise || kind == Kind::quick_precise || kind == Kind::calling)
                pending_operands_.push_back(i);
        }
        for (const std::size_t i : pending_operands_)
            out_.stream[i].operand = i + 1 < out_.stream.size() ? out_.origins[i + 1].paid : 0;
        pending_operands_.clear();
    }

    void resolve() {
        const auto handlers = fast_handlers();
        for (std::size_t i = 0; i < out_.stream.size(); ++i) {
            Instruction& made = out_.stream[i];
            const InstructionId id = ids_[i];
            if (id == push_wide || id == and_wide)
                made.operand = reinterpret_cast<std::uint64_t>(&out_.constants[made.operand]);
            else if (id == select)
                made.operand = (made.operand & 0xffffffff) | std::uint64_t{out_.targets[made.operand >> 32]} << 32;
            else if (id >= jump_to && id < select)
                made.operand = reinterpret_cast<std::uint64_t>(&out_.stream[out_.targets[made.operand]]);
            made.handler = handlers[static_cast<std::size_t>(id)];
        }
    }

    BytesView code_;
    Fork fork_;
    Translation& out_;
    std::vector<InstructionId> ids_;  // of the stream
    std::vector<std::size_t> pending_operands_;
    Block block_;
    bool open_ = false;
};

}  // namespace

u256 pushed_number(BytesView code, std::size_t pc, std::size_t bytes) {
    std::uint8_t padded[32] = {};  // code reads as if zeros followed it
    const std::size_t there = std::min(bytes, code.size() - std::min(code.size(), pc + 1));
    if (there != 0) std::memcpy(padded + 32 - bytes, code.data() + pc + 1, there);
    return word::load(padded);
}

void translate(BytesView code, Fork fork, Translation& out) {
    Translator(code, fork, out).run();
}

std::size_t Translation::size_bytes() const {
    return sizeof *this + stream.capacity() * sizeof(Instruction) + origins.capacity() * sizeof(Origin) +
           constants.capacity() * sizeof(u256) + targets.capacity() * sizeof(std::uint32_t) +
           destinations.capacity() * sizeof(std::uint64_t);
}

bool Translation::find_jump_destination(std::uint64_t pc) {
    if (is_translated()) return is_jump_destination(pc);
    if (pc >= code.size()) return false;
    if (destinations.empty()) {
        destinations.assign(code.size() / 64 + 1, 0);
        for (std::size_t at = 0; at < code.size(); ++at) {
            const std::uint8_t opcode = code[at];
            if (opcode == opcode_jumpdest)
                destinations[at / 64] |= std::uint64_t{1} << (at % 64);
            else if (opcode > opcode_push0 && opcode <= opcode_push0 + 32)
                at += opcode - opcode_push0;
        }
    }
    return (destinations[pc / 64] >> (pc % 64) & 1) != 0;
}

void Translation::reset(BytesView new_code) {
    code = new_code;
    stream.clear();
    origins.clear();
    constants.clear();
    targets.clear();
    destinations.clear();
    executed = 0;
}

void TranslationCache::set_fork(Fork fork) {
    if (fork == fork_) return;
    fork_ = fork;
    translations_.clear();
    recent_.assign(recent_entries, {});
    in_order_.clear();
    bytes_ = 0;
}

Translation& TranslationCache::get(const Hash& code_hash, const Code& code) {
    std::uint64_t low;
    std::memcpy(&low, code_hash.bytes.data(), 8);
    auto& [recent_hash, recent] = recent_[low % recent_entries];
    if (recent != nullptr && recent_hash == code_hash) return *recent;

    auto& place = translations_[code_hash];
    if (!place) {
        place = std::make_unique<Translation>();
        place->code = *code;
        place->owner = code;
        in_order_.push_back(code_hash);
        bytes_ += limits::translation_entry_bytes + code->size() / 8;  // the destinations may come later
        Translation& kept = *place;
        ++kept.pins;
        if (bytes_ > limits::translations_bytes_max) make_room();
        --kept.pins;
        recent_hash = code_hash, recent = &kept;
        return kept;
    }
    recent_hash = code_hash, recent = place.get();
    return *recent;
}

bool TranslationCache::make(Translation& translation) {
    // An instruction a byte, and an `enter` for each where all are destinations.
    const std::size_t most = translation.code.size() * limits::translated_bytes_per_byte_max;
    if (bytes_ + init_code_bytes_ + most > limits::translations_bytes_max) make_room();
    if (bytes_ + init_code_bytes_ + most > limits::translations_bytes_max) return false;
    translate(translation.code, fork_, translation);
    translation.destinations = {};
    (translation.owner == nullptr ? init_code_bytes_ : bytes_) += translation.size_bytes();
    return true;
}

void TranslationCache::release(Translation& init_code) {
    if (!init_code.is_translated()) return;
    init_code_bytes_ -= init_code.size_bytes();
    init_code = Translation{};
}

void TranslationCache::make_room() {
    recent_.assign(recent_entries, {});
    std::size_t place = 0;
    std::vector<Hash> kept;
    for (; place < in_order_.size() && bytes_ > limits::translations_bytes_max / 2; ++place) {
        const auto found = translations_.find(in_order_[place]);
        if (found->second->pins != 0) {
            kept.push_back(in_order_[place]);
            continue;
        }
        bytes_ -= limits::translation_entry_bytes + found->second->code.size() / 8 +
                  (found->second->is_translated() ? found->second->size_bytes() : 0);
        translations_.erase(found);
    }
    kept.insert(kept.end(), in_order_.begin() + static_cast<std::ptrdiff_t>(place), in_order_.end());
    in_order_ = std::move(kept);
}

}  // namespace talea::vm
