#include "reference/frame.hpp"

#include "reference/arithmetic.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::reference {
namespace {

using namespace talea::vm;

constexpr std::size_t stack_items_max = 1024;
constexpr std::uint64_t init_code_bytes_max = 49'152;               // EIP-3860
constexpr std::uint64_t memory_bytes_max = std::uint64_t{1} << 36;  // costs more than any gas

/// What an opcode takes from the stack and leaves there, and the gas that it always costs (Yellow Paper, app. G and H).
struct Shape {
    unsigned pops = 0, pushes = 0;
    Gas gas = 0;
};
std::optional<Shape> shape_of(unsigned opcode, Fork fork) {
    if (opcode >= 0x60 && opcode <= 0x7f) return Shape{0, 1, 3};                                  // PUSH1..32
    if (opcode >= 0x80 && opcode <= 0x8f) return Shape{opcode - 0x7f, opcode - 0x7e, 3};          // DUP1..16
    if (opcode >= 0x90 && opcode <= 0x9f) return Shape{opcode - 0x8e, opcode - 0x8e, 3};          // SWAP1..16
    if (opcode >= 0xa0 && opcode <= 0xa4) return Shape{opcode - 0x9e, 0, 375 * (opcode - 0x9f)};  // LOG0..4
    const bool of_cancun = opcode == 0x49 || opcode == 0x4a || (opcode >= 0x5c && opcode <= 0x5e);
    if (of_cancun && fork < Fork::cancun) return std::nullopt;
    switch (opcode) {
        case 0x00:  // STOP
            return Shape{0, 0, 0};
        case 0x01:  // ADD
        case 0x03:  // SUB
            return Shape{2, 1, 3};
        case 0x02:  // MUL
        case 0x04:  // DIV
        case 0x05:  // SDIV
        case 0x06:  // MOD
        case 0x07:  // SMOD
        case 0x0b:  // SIGNEXTEND
            return Shape{2, 1, 5};
        case 0x08:  // ADDMOD
        case 0x09:  // MULMOD
            return Shape{3, 1, 8};
        case 0x0a:  // EXP
            return Shape{2, 1, 10};
        case 0x10:  // LT
        case 0x11:  // GT
        case 0x12:  // SLT
        case 0x13:  // SGT
        case 0x14:  // EQ
        case 0x16:  // AND
        case 0x17:  // OR
        case 0x18:  // XOR
        case 0x1a:  // BYTE
        case 0x1b:  // SHL
        case 0x1c:  // SHR
        case 0x1d:  // SAR
            return Shape{2, 1, 3};
        case 0x15:  // ISZERO
        case 0x19:  // NOT
            return Shape{1, 1, 3};
        case 0x1e:  // CLZ
            return fork >= Fork::osaka ? std::optional(Shape{1, 1, 5}) : std::nullopt;
        case 0x20:  // KECCAK256
            return Shape{2, 1, 30};
        case 0x30:  // ADDRESS
        case 0x32:  // ORIGIN
        case 0x33:  // CALLER
        case 0x34:  // CALLVALUE
        case 0x36:  // CALLDATASIZE
        case 0x38:  // CODESIZE
        case 0x3a:  // GASPRICE
        case 0x3d:  // RETURNDATASIZE
            return Shape{0, 1, 2};
        case 0x35:  // CALLDATALOAD
            return Shape{1, 1, 3};
        case 0x37:  // CALLDATACOPY
        case 0x39:  // CODECOPY
        case 0x3e:  // RETURNDATACOPY
        case 0x5e:  // MCOPY
            return Shape{3, 0, 3};
        case 0x31:  // BALANCE
        case 0x3b:  // EXTCODESIZE
        case 0x3f:  // EXTCODEHASH
        case 0x54:  // SLOAD
        case 0x5c:  // TLOAD
            return Shape{1, 1, 100};
        case 0x3c:  // EXTCODECOPY
            return Shape{4, 0, 100};
        case 0x40:  // BLOCKHASH
            return Shape{1, 1, 20};
        case 0x41:  // COINBASE
        case 0x42:  // TIMESTAMP
        case 0x43:  // NUMBER
        case 0x44:  // PREVRANDAO
        case 0x45:  // GASLIMIT
        case 0x46:  // CHAINID
        case 0x48:  // BASEFEE
        case 0x4a:  // BLOBBASEFEE
        case 0x58:  // PC
        case 0x59:  // MSIZE
        case 0x5a:  // GAS
        case 0x5f:  // PUSH0
            return Shape{0, 1, 2};
        case 0x47:  // SELFBALANCE
            return Shape{0, 1, 5};
        case 0x49:  // BLOBHASH
        case 0x51:  // MLOAD
            return Shape{1, 1, 3};
        case 0x50:  // POP
            return Shape{1, 0, 2};
        case 0x52:  // MSTORE
        case 0x53:  // MSTORE8
            return Shape{2, 0, 3};
        case 0x55:  // SSTORE
            return Shape{2, 0, 0};
        case 0x56:  // JUMP
            return Shape{1, 0, 8};
        case 0x57:  // JUMPI
            return Shape{2, 0, 10};
        case 0x5b:  // JUMPDEST
            return Shape{0, 0, 1};
        case 0x5d:  // TSTORE
            return Shape{2, 0, 100};
        case 0xf0:  // CREATE
            return Shape{3, 1, 32000};
        case 0xf1:  // CALL
        case 0xf2:  // CALLCODE
            return Shape{7, 1, 100};
        case 0xf3:  // RETURN
        case 0xfd:  // REVERT
            return Shape{2, 0, 0};
        case 0xf4:  // DELEGATECALL
        case 0xfa:  // STATICCALL
            return Shape{6, 1, 100};
        case 0xf5:  // CREATE2
            return Shape{4, 1, 32000};
        case 0xfe:  // INVALID
            return Shape{0, 0, 0};
        case 0xff:  // SELFDESTRUCT
            return Shape{1, 0, 5000};
        default:
            return std::nullopt;
    }
}

u256 word_of(const Address& address) {
    return u256::from_be_bytes(address.bytes);
}
u256 flag(bool holds) {
    return u256{holds ? 1U : 0U};
}
/// `size` bytes of `source` from `from` on, which reads as if zeros followed it.
Bytes padded(BytesView source, const u256& from, std::uint64_t size) {
    Bytes out(size);
    for (std::uint64_t i = 0; i < size; ++i) {
        if (!(from < u256{source.size() - std::min<std::uint64_t>(i, source.size())})) break;
        out[i] = source[from.low_u64() + i];
    }
    return out;
}
Gas memory_cost(std::uint64_t bytes) {
    const std::uint64_t words = bytes / 32;
    return static_cast<Gas>(3 * words + words * words / 512);
}

}  // namespace

Frame::Frame(Execution& execution, const Message& message, Code code)
    : execution_(execution),
      message_(message),
      code_(std::move(code)),
      call_data_(creates(message.kind) ? BytesView{} : message.input),
      destinations_(code_->size()),
      gas_(message.gas) {
    for (std::size_t pc = 0; pc < code_->size(); ++pc) {
        const std::uint8_t opcode = (*code_)[pc];
        if (opcode == 0x5b) destinations_[pc] = true;
        if (opcode >= 0x60 && opcode <= 0x7f) pc += opcode - 0x5fU;
    }
}

Result Frame::run() {
    while (step()) {
    }
    return {status_, gas_, output_, {}};
}

bool Frame::step() {
    const std::uint8_t opcode = pc_ < code_->size() ? (*code_)[pc_] : 0;
    trace(opcode);
    const auto shape = shape_of(opcode, execution_.environment.block.fork);
    if (!shape) return halt(Status::undefined_instruction);
    if (stack_.size() < shape->pops) return halt(Status::stack_underflow);
    if (stack_.size() - shape->pops + shape->pushes > stack_items_max) return halt(Status::stack_overflow);
    if (!pay(shape->gas)) return false;
    ++pc_;
    return execute(opcode);
}

bool Frame::execute(std::uint8_t opcode) {
    const BlockContext& block = execution_.environment.block;
    const TxContext& tx = execution_.environment.tx;
    if (opcode >= 0x5f && opcode <= 0x7f) {  // PUSH
        const unsigned bytes = opcode - 0x5fU;
        push(u256::from_be_bytes(padded(*code_, u256{pc_}, bytes)));
        pc_ += bytes;
        return true;
    }
    if (opcode >= 0x80 && opcode <= 0x8f) {  // DUP
        push(u256{stack_[stack_.size() - (opcode - 0x7fU)]});
        return true;
    }
    if (opcode >= 0x90 && opcode <= 0x9f) {  // SWAP
        std::swap(stack_.back(), stack_[stack_.size() - (opcode - 0x8eU)]);
        return true;
    }
    if (opcode >= 0xa0 && opcode <= 0xa4) return log(opcode - 0xa0U);
    switch (opcode) {
        case 0x00:
            return halt(Status::success);
        case 0x01: {
            const u256 a = pop(), b = pop();
            push(add(a, b));
            return true;
        }
        case 0x02: {
            const u256 a = pop(), b = pop();
            push(multiply(a, b));
            return true;
        }
        case 0x03: {
            const u256 a = pop(), b = pop();
            push(subtract(a, b));
            return true;
        }
        case 0x04: {
            const u256 a = pop(), b = pop();
            push(divide(a, b));
            return true;
        }
        case 0x05: {
            const u256 a = pop(), b = pop();
            push(signed_divide(a, b));
            return true;
        }
        case 0x06: {
            const u256 a = pop(), b = pop();
            push(modulo(a, b));
            return true;
        }
        case 0x07: {
            const u256 a = pop(), b = pop();
            push(signed_modulo(a, b));
            return true;
        }
        case 0x08: {
            const u256 a = pop(), b = pop(), modulus = pop();
            push(add_modulo(a, b, modulus));
            return true;
        }
        case 0x09: {
            const u256 a = pop(), b = pop(), modulus = pop();
            push(multiply_modulo(a, b, modulus));
            return true;
        }
        case 0x0a: {
            const u256 base = pop(), exponent = pop();
            if (!pay(50 * Gas{byte_width(exponent)})) return false;  // EIP-160
            push(power(base, exponent));
            return true;
        }
        case 0x0b: {
            const u256 byte = pop(), a = pop();
            push(extend_sign(byte, a));
            return true;
        }
        case 0x10: {
            const u256 a = pop(), b = pop();
            push(flag(less(a, b)));
            return true;
        }
        case 0x11: {
            const u256 a = pop(), b = pop();
            push(flag(less(b, a)));
            return true;
        }
        case 0x12: {
            const u256 a = pop(), b = pop();
            push(flag(less_signed(a, b)));
            return true;
        }
        case 0x13: {
            const u256 a = pop(), b = pop();
            push(flag(less_signed(b, a)));
            return true;
        }
        case 0x14: {
            const u256 a = pop(), b = pop();
            push(flag(!less(a, b) && !less(b, a)));
            return true;
        }
        case 0x15:
            push(flag(!less(u256{}, pop())));
            return true;
        case 0x16: {
            const u256 a = pop(), b = pop();
            push(bit_and(a, b));
            return true;
        }
        case 0x17: {
            const u256 a = pop(), b = pop();
            push(bit_or(a, b));
            return true;
        }
        case 0x18: {
            const u256 a = pop(), b = pop();
            push(bit_xor(a, b));
            return true;
        }
        case 0x19:
            push(bit_not(pop()));
            return true;
        case 0x1a: {
            const u256 index = pop(), a = pop();
            push(byte_of(index, a));
            return true;
        }
        case 0x1b: {
            const u256 distance = pop(), a = pop();
            push(shift_left(distance, a));
            return true;
        }
        case 0x1c: {
            const u256 distance = pop(), a = pop();
            push(shift_right(distance, a));
            return true;
        }
        case 0x1d: {
            const u256 distance = pop(), a = pop();
            push(signed_shift_right(distance, a));
            return true;
        }
        case 0x1e:
            push(leading_zeros(pop()));
            return true;
        case 0x20:
            return keccak();
        case 0x30:
            push(word_of(message_.recipient));
            return true;
        case 0x31: {
            const Address address = pop_address();
            if (!access(address)) return false;
            push(execution_.account(address).balance);
            return true;
        }
        case 0x32:
            push(word_of(tx.origin));
            return true;
        case 0x33:
            push(word_of(message_.sender));
            return true;
        case 0x34:
            push(message_.value);
            return true;
        case 0x35:
            push(u256::from_be_bytes(padded(call_data_, pop(), 32)));
            return true;
        case 0x36:
            push(u256{call_data_.size()});
            return true;
        case 0x37:
            return copy_in(call_data_);
        case 0x38:
            push(u256{code_->size()});
            return true;
        case 0x39:
            return copy_in(*code_);
        case 0x3a:
            push(tx.gas_price);
            return true;
        case 0x3b: {
            const Address address = pop_address();
            if (!access(address)) return false;
            push(u256{execution_.account(address).code->size()});
            return true;
        }
        case 0x3c: {
            const Address address = pop_address();
            return access(address) && copy_in(*execution_.account(address).code);
        }
        case 0x3d:
            push(u256{return_data_.size()});
            return true;
        case 0x3e: {
            const u256 from = stack_[stack_.size() - 2], size = stack_[stack_.size() - 3];
            const u256 end = add(from, size);
            if (less(end, from) || less(u256{return_data_.size()}, end))  // EIP-211
                return halt(Status::return_data_out_of_bounds);
            return copy_in(return_data_);
        }
        case 0x3f: {  // EIP-1052
            const Address address = pop_address();
            if (!access(address)) return false;
            push(execution_.is_empty(address)
                     ? u256{}
                     : u256::from_be_bytes(keccak256(*execution_.account(address).code).bytes));
            return true;
        }
        case 0x40: {
            const u256 asked = pop(), now{block.number.value};
            const bool known = less(asked, now) && !less(u256{256}, subtract(now, asked));
            const auto& hashes = execution_.environment.block_hashes;
            const auto found = hashes.find(BlockNumber{asked.low_u64()});
            push(known && found != hashes.end() ? u256::from_be_bytes(found->second.bytes) : u256{});
            return true;
        }
        case 0x41:
            push(word_of(block.beneficiary));
            return true;
        case 0x42:
            push(u256{block.timestamp.seconds});
            return true;
        case 0x43:
            push(u256{block.number.value});
            return true;
        case 0x44:
            push(u256::from_be_bytes(block.prev_randao.bytes));
            return true;
        case 0x45:
            push(u256{block.gas_limit});
            return true;
        case 0x46:
            push(u256{block.chain_id});
            return true;
        case 0x47:
            push(execution_.account(message_.recipient).balance);
            return true;
        case 0x48:
            push(block.base_fee);
            return true;
        case 0x49: {  // EIP-4844
            const u256 index = pop();
            const bool there = less(index, u256{tx.blob_hashes.size()});
            push(there ? u256::from_be_bytes(tx.blob_hashes[index.low_u64()].bytes) : u256{});
            return true;
        }
        case 0x4a:
            push(block.blob_base_fee);
            return true;
        case 0x50:
            pop();
            return true;
        case 0x51: {
            const u256 offset = pop();
            if (!reach(offset, u256{32})) return false;
            push(u256::from_be_bytes(memory(offset, u256{32})));
            return true;
        }
        case 0x52: {
            const u256 offset = pop(), value = pop();
            if (!reach(offset, u256{32})) return false;
            const auto bytes = value.to_be_bytes();
            std::copy(bytes.begin(), bytes.end(), memory_.begin() + static_cast<std::ptrdiff_t>(offset.low_u64()));
            return true;
        }
        case 0x53: {
            const u256 offset = pop(), value = pop();
            if (!reach(offset, u256{1})) return false;
            memory_[offset.low_u64()] = value.to_be_bytes()[31];
            return true;
        }
        case 0x54:
            return load_slot();
        case 0x55:
            return store_slot();
        case 0x56:
            return jump(pop());
        case 0x57: {
            const u256 destination = pop(), condition = pop();
            return condition.is_zero() || jump(destination);
        }
        case 0x58:
            push(u256{pc_ - 1});
            return true;
        case 0x59:
            push(u256{memory_.size()});
            return true;
        case 0x5a:
            push(u256{static_cast<std::uint64_t>(gas_)});
            return true;
        case 0x5b:
            return true;
        case 0x5c: {  // EIP-1153
            const auto found = execution_.now.transient.find({message_.recipient, pop()});
            push(found == execution_.now.transient.end() ? u256{} : found->second);
            return true;
        }
        case 0x5d:
            return store_transient();
        case 0x5e:
            return copy_within();
        case 0xf0:
            return create(CallKind::create);
        case 0xf1:
            return call(CallKind::call);
        case 0xf2:
            return call(CallKind::callcode);
        case 0xf3:
            return end_with_output(Status::success);
        case 0xf4:
            return call(CallKind::delegatecall);
        case 0xf5:
            return create(CallKind::create2);
        case 0xfa:
            return call(CallKind::staticcall);
        case 0xfd:
            return end_with_output(Status::revert);
        case 0xff:
            return self_destruct();
        default:
            return halt(Status::invalid_instruction);
    }
}

bool Frame::halt(Status status) {
    status_ = status;
    return false;
}

u256 Frame::pop() {
    const u256 top = stack_.back();
    stack_.pop_back();
    return top;
}
Address Frame::pop_address() {
    const auto bytes = pop().to_be_bytes();
    Address out;
    std::copy(bytes.begin() + 12, bytes.end(), out.bytes.begin());
    return out;
}

bool Frame::pay(Gas amount) {
    if (gas_ < amount) return halt(Status::out_of_gas);
    gas_ -= amount;
    return true;
}

/// Memory grows to whole words and is paid for by its new end (Yellow Paper, app. H.1); a range of no bytes is nowhere.
bool Frame::reach(const u256& offset, const u256& size) {
    if (size.is_zero()) return true;
    if (less(u256{memory_bytes_max}, offset) || less(u256{memory_bytes_max}, size)) return halt(Status::out_of_gas);
    const std::uint64_t end = (offset.low_u64() + size.low_u64() + 31) / 32 * 32;
    if (end <= memory_.size()) return true;
    if (!pay(memory_cost(end) - memory_cost(memory_.size()))) return false;
    memory_.resize(end);
    return true;
}

bool Frame::pay_words(Gas each, const u256& size) {
    if (less(u256{memory_bytes_max}, size)) return halt(Status::out_of_gas);
    return pay(each * static_cast<Gas>((size.low_u64() + 31) / 32));
}

/// What a cold account costs beyond the 100 of a warm one (EIP-2929).
bool Frame::access(const Address& address) {
    return !execution_.now.warm_accounts.insert(address).second || pay(2600 - 100);
}

Bytes Frame::memory(const u256& offset, const u256& size) const {
    if (size.is_zero()) return {};
    const auto first = memory_.begin() + static_cast<std::ptrdiff_t>(offset.low_u64());
    return {first, first + static_cast<std::ptrdiff_t>(size.low_u64())};
}

bool Frame::jump(const u256& destination) {
    if (!less(destination, u256{destinations_.size()}) || !destinations_[destination.low_u64()])
        return halt(Status::bad_jump);
    pc_ = destination.low_u64();
    return true;
}

bool Frame::copy_in(BytesView source) {
    const u256 to = pop(), from = pop(), size = pop();
    if (!pay_words(3, size) || !reach(to, size)) return false;
    if (size.is_zero()) return true;
    const Bytes bytes = padded(source, from, size.low_u64());
    std::copy(bytes.begin(), bytes.end(), memory_.begin() + static_cast<std::ptrdiff_t>(to.low_u64()));
    return true;
}

bool Frame::copy_within() {  // EIP-5656
    const u256 to = pop(), from = pop(), size = pop();
    if (!pay_words(3, size) || !reach(to, size) || !reach(from, size)) return false;
    const Bytes bytes = memory(from, size);
    if (!bytes.empty())
        std::copy(bytes.begin(), bytes.end(), memory_.begin() + static_cast<std::ptrdiff_t>(to.low_u64()));
    return true;
}

bool Frame::keccak() {
    const u256 offset = pop(), size = pop();
    if (!pay_words(6, size) || !reach(offset, size)) return false;
    push(u256::from_be_bytes(keccak256(memory(offset, size)).bytes));
    return true;
}

bool Frame::load_slot() {
    const Slot slot{message_.recipient, pop()};
    if (execution_.now.warm_slots.insert(slot).second && !pay(2100 - 100)) return false;  // EIP-2929
    push(execution_.storage(execution_.now.world, slot));
    return true;
}

/// EIP-2200 with the numbers of EIP-2929 and EIP-3529.
bool Frame::store_slot() {
    if (message_.is_static) return halt(Status::write_protection);
    if (gas_ <= 2300) return halt(Status::out_of_gas);
    const u256 key = pop(), value = pop();
    const Slot slot{message_.recipient, key};
    if (execution_.now.warm_slots.insert(slot).second && !pay(2100)) return false;
    const u256 current = execution_.storage(execution_.now.world, slot);
    const u256 original = execution_.storage(execution_.original, slot);
    Gas& refund = execution_.now.refund;
    if (value == current) {
        if (!pay(100)) return false;
    } else if (current == original) {
        if (!pay(original.is_zero() ? 20000 : 5000 - 2100)) return false;
        if (!original.is_zero() && value.is_zero()) refund += 4800;
    } else {
        if (!pay(100)) return false;
        if (!original.is_zero() && current.is_zero()) refund -= 4800;
        if (!original.is_zero() && value.is_zero()) refund += 4800;
        if (value == original) refund += original.is_zero() ? 20000 - 100 : 5000 - 2100 - 100;
    }
    auto& storage = execution_.now.world[message_.recipient].storage;
    if (value.is_zero())
        storage.erase(key);
    else
        storage[key] = value;
    return true;
}

bool Frame::store_transient() {
    if (message_.is_static) return halt(Status::write_protection);
    const u256 key = pop(), value = pop();
    execution_.now.transient[{message_.recipient, key}] = value;
    return true;
}

bool Frame::log(unsigned topics) {
    if (message_.is_static) return halt(Status::write_protection);
    const u256 offset = pop(), size = pop();
    if (less(u256{memory_bytes_max}, size)) return halt(Status::out_of_gas);
    if (!pay(8 * static_cast<Gas>(size.low_u64())) || !reach(offset, size)) return false;
    Log entry{message_.recipient, {}, memory(offset, size)};
    for (unsigned i = 0; i < topics; ++i) entry.topics.push_back(Hash{pop().to_be_bytes()});
    execution_.now.logs.push_back(std::move(entry));
    return true;
}

bool Frame::call(CallKind kind) {
    const bool names_value = kind == CallKind::call || kind == CallKind::callcode;
    const u256 wanted = pop();
    const Address target = pop_address();
    const u256 value = names_value ? pop() : u256{};
    const u256 in_offset = pop(), in_size = pop(), out_offset = pop(), out_size = pop();
    if (kind == CallKind::call && message_.is_static && !value.is_zero()) return halt(Status::write_protection);
    if (!reach(in_offset, in_size) || !reach(out_offset, out_size) || !access(target)) return false;
    if (execution_.environment.block.fork >= Fork::prague)  // EIP-7702
        if (const auto delegate = delegate_in(*execution_.account(target).code))
            if (!pay(100) || !access(*delegate)) return false;
    if (!value.is_zero() && !pay(9000)) return false;
    if (kind == CallKind::call && !value.is_zero() && execution_.is_empty(target) && !pay(25000)) return false;

    const Gas most = gas_ - gas_ / 64;  // EIP-150
    const Gas given = less(wanted, u256{static_cast<std::uint64_t>(most)}) ? static_cast<Gas>(wanted.low_u64()) : most;
    gas_ -= given;
    const Bytes input = memory(in_offset, in_size);
    Message message;
    message.kind = kind;
    message.is_static = message_.is_static || kind == CallKind::staticcall;
    message.depth = static_cast<std::uint16_t>(message_.depth + 1);
    message.gas = given + (value.is_zero() ? 0 : 2300);
    message.input = input;
    message.code_address = target;
    switch (kind) {
        case CallKind::call:
        case CallKind::staticcall:
            message.recipient = target, message.sender = message_.recipient, message.value = value;
            break;
        case CallKind::callcode:
            message.recipient = message.sender = message_.recipient, message.value = value;
            break;
        default:
            message.recipient = message_.recipient, message.sender = message_.sender, message.value = message_.value;
    }
    const Result result = execution_.run(message);
    gas_ += result.gas_left;
    return_data_ = result.output;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(out_size.low_u64(), return_data_.size()); ++i)
        memory_[out_offset.low_u64() + i] = return_data_[i];
    push(flag(result.status == Status::success));
    return true;
}

bool Frame::create(CallKind kind) {
    if (message_.is_static) return halt(Status::write_protection);
    const Environment& environment = execution_.environment;
    if (environment.may_create != nullptr && !environment.may_create(environment.tx.origin, message_.recipient))
        return halt(Status::create_not_permitted);
    Message message;
    message.value = pop();
    const u256 offset = pop(), size = pop();
    if (kind == CallKind::create2) message.salt = pop();
    if (!reach(offset, size)) return false;
    if (less(u256{init_code_bytes_max}, size)) return halt(Status::init_code_too_large);
    if (!pay_words(2, size)) return false;                               // EIP-3860
    if (kind == CallKind::create2 && !pay_words(6, size)) return false;  // EIP-1014
    message.gas = gas_ - gas_ / 64;
    gas_ -= message.gas;
    const Bytes init_code = memory(offset, size);
    message.kind = kind;
    message.depth = static_cast<std::uint16_t>(message_.depth + 1);
    message.sender = message_.recipient;
    message.input = init_code;
    const Result result = execution_.run(message);
    gas_ += result.gas_left;
    return_data_ = result.output;
    push(result.status == Status::success ? word_of(result.created) : u256{});
    return true;
}

bool Frame::end_with_output(Status status) {
    const u256 offset = pop(), size = pop();
    if (!reach(offset, size)) return false;
    output_ = memory(offset, size);
    return halt(status);
}

bool Frame::self_destruct() {
    if (message_.is_static) return halt(Status::write_protection);
    const Address heir = pop_address();
    const Address& self = message_.recipient;
    const u256 balance = execution_.account(self).balance;
    if (execution_.now.warm_accounts.insert(heir).second && !pay(2600)) return false;  // EIP-2929
    if (!balance.is_zero() && execution_.is_empty(heir) && !pay(25000)) return false;  // EIP-161
    execution_.move(self, heir, balance);
    // With itself for heir the balance is lost.
    if (execution_.environment.block.fork < Fork::cancun || execution_.now.created.contains(self)) {  // EIP-6780
        execution_.now.world[self].balance = u256{};
        execution_.now.destroyed.insert(self);
    }
    return halt(Status::success);
}

void Frame::trace(std::uint8_t opcode) const {
    Trace* const trace = execution_.environment.trace;
    if (trace == nullptr || !trace->with_steps) return;
    trace->steps.push_back({static_cast<std::uint32_t>(pc_), opcode, gas_, message_.depth, stack_.size(),
                            stack_digest(stack_), memory_.size(), execution_.now.refund});
}

}  // namespace talea::reference
