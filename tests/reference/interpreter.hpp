#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "vm/chain/block_context.hpp"
#include "vm/chain/receipt.hpp"
#include "vm/interpreter/message.hpp"
#include "vm/state/map_state.hpp"

/// A second interpreter, written for reading and from the Yellow Paper and the EIPs: one `switch`, a snapshot is a copy
/// of the world, gas is paid instruction by instruction, numbers are GMP's. It shares words for values with vm/
/// (Message, Status, BlockContext), and the cryptography; nothing of how vm/interpreter or vm/state work. What
/// vm/interpreter does is held against it.
namespace talea::reference {

struct Account {
    std::uint64_t nonce = 0;
    vm::u256 balance;
    vm::Code code = std::make_shared<const vm::Bytes>();
    std::map<vm::u256, vm::u256> storage;  ///< without zeros
    friend bool operator==(const Account& a, const Account& b) {
        return a.nonce == b.nonce && a.balance == b.balance && *a.code == *b.code && a.storage == b.storage;
    }
};
/// An account that is not there does not exist; one that is may still be empty (EIP-161).
using World = std::map<vm::Address, Account>;
[[nodiscard]] World world_of(const vm::MapState& state);

using Slot = std::pair<vm::Address, vm::u256>;

/// All that a transaction changes: a snapshot is a copy.
struct Substate {
    World world;
    std::map<Slot, vm::u256> transient;
    std::set<vm::Address> warm_accounts, touched, created, destroyed;
    std::set<Slot> warm_slots;
    std::vector<vm::Log> logs;
    vm::Gas refund = 0;
};

struct Result {
    vm::Status status = vm::Status::success;
    vm::Gas gas_left = 0;
    vm::Bytes output;
    vm::Address created;
};

/// Before an instruction ran.
struct TracedStep {
    std::uint32_t pc = 0;
    std::uint8_t opcode = 0;
    vm::Gas gas = 0;
    std::uint16_t depth = 0;
    std::size_t height = 0;
    std::uint64_t stack = 0;  ///< stack_digest
    std::uint64_t memory_bytes = 0;
    vm::Gas refund = 0;
    friend bool operator==(const TracedStep&, const TracedStep&) = default;
};
/// Of the items that an instruction can reach; an item below them is told when it is reached.
[[nodiscard]] std::uint64_t stack_digest(std::span<const vm::u256> stack);
[[nodiscard]] std::string to_string(const TracedStep& step);

/// What was done, in its order: every instruction where `with_steps`, and every call as one line when it begins and one
/// when it ends.
struct Trace {
    bool with_steps = false;
    std::vector<TracedStep> steps;
    std::vector<std::string> calls;
    void begin(const vm::Message& message);
    void end(vm::Status status, vm::Gas gas_left, vm::BytesView output, const vm::Address& created);
};

class Execution;

struct Environment {
    const vm::BlockContext& block;
    const vm::TxContext& tx;
    const std::map<vm::BlockNumber, vm::Hash>& block_hashes;
    bool (*may_create)(const vm::Address& origin, const vm::Address& creator) = nullptr;  ///< none: all may
    /// Runs native code where there is some for the recipient of a call that runs its own code.
    std::optional<Result> (*native)(Execution& execution, const vm::Message& message) = nullptr;
    Trace* trace = nullptr;
};

/// One transaction after its validation: `now` may be warmed before `run`, is read after it, and `end` gives the world
/// that it leaves.
class Execution {
  public:
    Execution(World world, const Environment& given)
        : environment(given), original(std::move(world)), now{original, {}, {}, {}, {}, {}, {}, {}, 0} {}

    /// By the rules of a message call or creation (Yellow Paper 8 and 7), nested ones included.
    [[nodiscard]] Result run(const vm::Message& message);
    [[nodiscard]] World end() const;

    // For the frames.
    [[nodiscard]] const Account& account(const vm::Address& address) const;
    [[nodiscard]] bool is_empty(const vm::Address& address) const;
    [[nodiscard]] vm::u256 storage(const World& world, const Slot& slot) const;
    void move(const vm::Address& from, const vm::Address& to, const vm::u256& value);

    const Environment environment;
    const World original;
    Substate now;

  private:
    [[nodiscard]] Result call(const vm::Message& message);
    [[nodiscard]] Result create(vm::Message message);
    [[nodiscard]] Result settle(Substate&& before, Result result);
};

/// The account that runs in the place of one with this code (EIP-7702).
[[nodiscard]] std::optional<vm::Address> delegate_in(const vm::Bytes& code);

}  // namespace talea::reference
