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
        out_.targets.assign(code_.size(), 0);
        ids_.clear();
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
        emit(traits.id, operand_of(opcode, traits, pc), pc);
        block_.gas += traits.gas;
        move_height(traits);
        if (kind_of(traits.id) == Kind::halting) close_block();
        return next;
    }

    /// Of PUSH and PC; others have none yet.
    std::uint64_t operand_of(std::uint8_t opcode, const OpcodeTraits& traits, std::uint32_t pc) {
        if (opcode == opcode_pc) return pc;
        if (traits.immediate_bytes == 0) return 0;
        const u256 value = pushed_number(code_, pc, traits.immediate_bytes);
        if (traits.id == push) return value.low_u64();
        if (value.fits_u64()) {
            narrowed_ = true;
            return value.low_u64();
        }
        out_.constants.push_back(value);
        return out_.constants.size() - 1;  // made an address by resolve()
    }

    /// A jump to a constant is fused with its PUSH; whether the target is one shows at the end.
    void jump_instruction(std::uint8_t opcode, std::uint32_t pc) {
        const bool conditional = opcode == opcode_jumpi;
        if (ids_.size() > block_.entry + 1 && ids_.back() == push) {
            ids_.back() = conditional ? jump_if : jump_to;
            return;
        }
        emit(conditional ? jumpi : jump, 0, pc);
    }

    void open_block(std::uint32_t pc) {
        open_ = true;
        block_ = {out_.stream.size(), 0, 0, 0, 0};
        emit(enter, 0, pc);
    }

    void emit(InstructionId id, std::uint64_t operand, std::uint32_t pc) {
        if (narrowed_) {
            id = push;
            narrowed_ = false;
        }
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
            if (kind == Kind::precise || kind == Kind::calling) pending_operands_.push_back(i);
        }
        for (const std::size_t i : pending_operands_)
            out_.stream[i].operand = i + 1 < out_.stream.size() ? out_.origins[i + 1].paid : 0;
        pending_operands_.clear();
    }

    void resolve() {
        const auto handlers = fast_handlers();
        for (std::size_t i = 0; i < out_.stream.size(); ++i) {
            Instruction& made = out_.stream[i];
            InstructionId id = ids_[i];
            if (id == push_wide) {
                made.operand = reinterpret_cast<std::uint64_t>(&out_.constants[made.operand]);
            } else if (id == jump_to || id == jump_if) {
                if (out_.is_jump_destination(made.operand))
                    made.operand = reinterpret_cast<std::uint64_t>(&out_.stream[out_.targets[made.operand]]);
                else
                    id = id == jump_to ? exact : jump_if_bad;
            }
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
    bool narrowed_ = false;
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
           constants.capacity() * sizeof(u256) + targets.capacity() * sizeof(std::uint32_t);
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
        auto made = std::make_unique<Translation>();
        translate(*code, fork_, *made);
        made->owner = code;
        bytes_ += made->size_bytes();
        Translation& kept = *made;
        place = std::move(made);
        in_order_.push_back(code_hash);
        ++kept.pins;
        if (bytes_ > limits::translations_bytes_max) make_room();
        --kept.pins;
        recent_hash = code_hash, recent = &kept;
        return kept;
    }
    recent_hash = code_hash, recent = place.get();
    return *recent;
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
        bytes_ -= found->second->size_bytes();
        translations_.erase(found);
    }
    kept.insert(kept.end(), in_order_.begin() + static_cast<std::ptrdiff_t>(place), in_order_.end());
    in_order_ = std::move(kept);
}

}  // namespace talea::vm
