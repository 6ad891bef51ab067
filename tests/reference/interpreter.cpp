#include "reference/interpreter.hpp"

#include <algorithm>
#include <utility>

#include "reference/frame.hpp"
#include "reference/precompiles.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::reference {
namespace {

using namespace talea::vm;

constexpr std::size_t code_bytes_max = 24'576;  // EIP-170
constexpr unsigned depth_max = 1024;

Address low_20(const Hash& hash) {
    Address out;
    std::copy(hash.bytes.begin() + 12, hash.bytes.end(), out.bytes.begin());
    return out;
}
/// keccak(rlp([creator, nonce])) (Yellow Paper 7).
Address address_by_nonce(const Address& creator, std::uint64_t nonce) {
    Bytes number;
    for (std::uint64_t rest = nonce; rest != 0; rest >>= 8)
        number.insert(number.begin(), static_cast<std::uint8_t>(rest));
    if (number.size() != 1 || number[0] >= 0x80)
        number.insert(number.begin(), static_cast<std::uint8_t>(0x80 + number.size()));
    Bytes list{static_cast<std::uint8_t>(0xc0 + 21 + number.size()), 0x94};
    append(list, view(creator));
    append(list, number);
    return low_20(keccak256(list));
}
/// keccak(0xff ++ creator ++ salt ++ keccak(init code)) (EIP-1014).
Address address_by_salt(const Address& creator, const u256& salt, BytesView init_code) {
    Bytes text{0xff};
    append(text, view(creator));
    append(text, salt.to_be_bytes());
    append(text, view(keccak256(init_code)));
    return low_20(keccak256(text));
}

}  // namespace

World world_of(const MapState& state) {
    World world;
    for (const auto& [address, entry] : state.accounts)
        world[address] = {entry.account.nonce, entry.account.balance, state.code(entry.account.code_hash),
                          entry.storage};
    return world;
}

std::uint64_t stack_digest(std::span<const u256> stack) {
    constexpr std::size_t reachable = 17;
    std::uint64_t digest = 0xcbf29ce484222325ULL;  // FNV-1a, by limbs
    for (const u256& item : stack.last(std::min(stack.size(), reachable)))
        for (const std::uint64_t limb : item.limbs) digest = (digest ^ limb) * 0x100000001b3ULL ^ digest >> 29;
    return digest;
}

std::string to_string(const TracedStep& step) {
    return "pc " + std::to_string(step.pc) + " opcode " + std::to_string(step.opcode) + " gas " +
           std::to_string(step.gas) + " depth " + std::to_string(step.depth) + " height " +
           std::to_string(step.height) + " stack " + std::to_string(step.stack) + " memory " +
           std::to_string(step.memory_bytes) + " refund " + std::to_string(step.refund);
}

void Trace::begin(const Message& message) {
    std::string line = "kind " + std::to_string(static_cast<int>(message.kind)) + (message.is_static ? " static" : "") +
                       " depth " + std::to_string(message.depth) + " gas " + std::to_string(message.gas) + " sender " +
                       to_hex(view(message.sender)) + " value " + to_decimal(message.value) + " input " +
                       to_hex(message.input);
    if (message.kind == CallKind::create2) line += " salt " + to_decimal(message.salt);
    if (!creates(message.kind))
        line += " recipient " + to_hex(view(message.recipient)) + " code " + to_hex(view(message.code_address));
    calls.push_back(std::move(line));
}

void Trace::end(Status status, Gas gas_left, BytesView output, const Address& created) {
    calls.push_back("ended: " + std::string(vm::to_string(status)) + " gas " + std::to_string(gas_left) + " output " +
                    to_hex(output) + " created " + to_hex(view(created)));
}

const Account& Execution::account(const Address& address) const {
    static const Account none;
    const auto found = now.world.find(address);
    return found == now.world.end() ? none : found->second;
}

bool Execution::is_empty(const Address& address) const {
    const Account& it = account(address);
    return it.nonce == 0 && it.balance.is_zero() && it.code->empty();
}

u256 Execution::storage(const World& world, const Slot& slot) const {
    const auto owner = world.find(slot.first);
    if (owner == world.end()) return {};
    const auto found = owner->second.storage.find(slot.second);
    return found == owner->second.storage.end() ? u256{} : found->second;
}

/// Also touches both, whatever the value (EIP-161).
void Execution::move(const Address& from, const Address& to, const u256& value) {
    now.touched.insert(from);
    now.touched.insert(to);
    if (value.is_zero()) return;
    now.world[from].balance = now.world[from].balance - value;
    now.world[to].balance = now.world[to].balance + value;
}

Result Execution::run(const Message& message) {
    if (environment.trace != nullptr) environment.trace->begin(message);
    Result result = creates(message.kind) ? create(message) : call(message);
    if (environment.trace != nullptr)
        environment.trace->end(result.status, result.gas_left, result.output, result.created);
    return result;
}

/// What did not succeed has not been, and what is not a revert takes all gas and gives nothing.
Result Execution::settle(Substate&& before, Result result) {
    if (result.status != Status::success) now = std::move(before);
    if (result.status != Status::success && result.status != Status::revert) result.gas_left = 0, result.output = {};
    return result;
}

Result Execution::call(const Message& message) {
    if (message.depth > depth_max) return {Status::call_depth_exceeded, message.gas, {}, {}};
    const bool may_move = message.kind == CallKind::call || message.kind == CallKind::callcode;
    if (may_move && account(message.sender).balance < message.value)
        return {Status::insufficient_balance, message.gas, {}, {}};

    Substate before = now;
    if (message.kind == CallKind::call) move(message.sender, message.recipient, message.value);
    if (message.kind == CallKind::staticcall) now.touched.insert(message.recipient);
    if (environment.native != nullptr && (message.kind == CallKind::call || message.kind == CallKind::staticcall))
        if (const auto result = environment.native(*this, message)) return settle(std::move(before), *result);
    if (const auto result = precompile(environment.block.fork, message.code_address, message.input, message.gas))
        return settle(std::move(before), *result);
    Code code = account(message.code_address).code;
    if (environment.block.fork >= Fork::prague)
        if (const auto delegate = delegate_in(*code)) code = account(*delegate).code;
    if (code->empty()) return {Status::success, message.gas, {}, {}};
    return settle(std::move(before), Frame(*this, message, code).run());
}

Result Execution::create(Message message) {
    if (message.depth > depth_max) return {Status::call_depth_exceeded, message.gas, {}, {}};
    if (account(message.sender).balance < message.value) return {Status::insufficient_balance, message.gas, {}, {}};
    std::uint64_t nonce = account(message.sender).nonce;
    if (message.depth == 0) {
        --nonce;  // validation has raised it
    } else {
        if (nonce == ~std::uint64_t{0}) return {Status::nonce_exhausted, message.gas, {}, {}};  // EIP-2681
        now.world[message.sender].nonce = nonce + 1;
        now.touched.insert(message.sender);
    }
    message.recipient = message.kind == CallKind::create2 ? address_by_salt(message.sender, message.salt, message.input)
                                                          : address_by_nonce(message.sender, nonce);
    message.code_address = message.recipient;
    now.warm_accounts.insert(message.recipient);
    const Account& there = account(message.recipient);
    if (there.nonce != 0 || !there.code->empty() || !there.storage.empty())  // EIP-684, EIP-7610
        return {Status::address_collision, 0, {}, {}};

    Substate before = now;
    now.created.insert(message.recipient);
    now.world[message.recipient].nonce = 1;
    move(message.sender, message.recipient, message.value);
    Result result = Frame(*this, message, std::make_shared<const Bytes>(to_bytes(message.input))).run();
    if (result.status == Status::success) {
        const Bytes code = std::exchange(result.output, {});
        const Gas cost = 200 * static_cast<Gas>(code.size());
        if (code.size() > code_bytes_max) {
            result.status = Status::code_too_large;
        } else if (!code.empty() && code[0] == 0xef) {  // EIP-3541
            result.status = Status::code_starts_with_ef;
        } else if (result.gas_left < cost) {
            result.status = Status::out_of_gas;
        } else {
            result.gas_left -= cost;
            result.created = message.recipient;
            now.world[message.recipient].code = std::make_shared<const Bytes>(code);
        }
    }
    return settle(std::move(before), result);
}

World Execution::end() const {
    World out = now.world;
    for (const Address& address : now.touched)
        if (is_empty(address)) out.erase(address);
    for (const Address& address : now.destroyed) out.erase(address);
    return out;
}

std::optional<Address> delegate_in(const Bytes& code) {
    if (code.size() != 23 || code[0] != 0xef || code[1] != 0x01 || code[2] != 0x00) return std::nullopt;
    Address out;
    std::copy(code.begin() + 3, code.end(), out.bytes.begin());
    return out;
}

}  // namespace talea::reference
