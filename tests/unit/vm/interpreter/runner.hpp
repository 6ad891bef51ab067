#pragma once
#include <string>
#include <vector>

#include "vm/interpreter/evm.hpp"
#include "vm/state/map_state.hpp"

namespace talea::tests {

/// Builds code by hand: `Code().push(1).push(2).op(0x01)`.
class Assembler {
  public:
    Assembler& op(std::uint8_t opcode) {
        bytes_.push_back(opcode);
        return *this;
    }
    /// By the shortest PUSH1 to PUSH32.
    Assembler& push(const vm::u256& value) {
        const unsigned width = std::max(1u, value.byte_width());
        return push(value, width);
    }
    Assembler& push(const vm::u256& value, unsigned width) {
        op(static_cast<std::uint8_t>(0x5f + width));
        const auto all = value.to_be_bytes();
        bytes_.insert(bytes_.end(), all.end() - width, all.end());
        return *this;
    }
    Assembler& raw(vm::BytesView bytes) {
        vm::append(bytes_, bytes);
        return *this;
    }
    /// Stores the top of the stack in memory at 0 and returns it.
    Assembler& return_top() { return push(vm::u256{0}).op(0x52).push(vm::u256{32}).push(vm::u256{0}).op(0xf3); }
    [[nodiscard]] const vm::Bytes& bytes() const { return bytes_; }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }

  private:
    vm::Bytes bytes_;
};

/// What came of a call, owned.
struct Outcome {
    vm::Status status;
    vm::Gas gas_left, refund;
    vm::Bytes output;
    vm::Address created;
    std::vector<vm::Log> logs;
    std::map<vm::Address, vm::AccountChange> changes;
    std::vector<std::string> calls;  ///< of all frames: how they began and ended
    std::size_t steps = 0;           ///< told to the inspector
};
[[nodiscard]] inline bool same(const Outcome& a, const Outcome& b) {
    const auto same_changes = [](const auto& x, const auto& y) {
        return x.first == y.first && x.second.account == y.second.account &&
               x.second.storage_cleared == y.second.storage_cleared && x.second.storage == y.second.storage;
    };
    return a.status == b.status && a.gas_left == b.gas_left && a.refund == b.refund && a.output == b.output &&
           a.created == b.created && a.logs == b.logs && a.calls == b.calls &&
           std::equal(a.changes.begin(), a.changes.end(), b.changes.begin(), b.changes.end(), same_changes);
}

inline constexpr vm::Address contract = vm::low_address(0xc0de);
inline constexpr vm::Address caller = vm::low_address(0xca11);

/// A small world in which code runs at `contract`, called by `caller`, which is the origin, too.
struct Runner {
    vm::MapState world;
    vm::BlockContext block;
    vm::TxContext tx;
    vm::Evm evm{vm::Translate::all_code};
    vm::SystemContracts* system_contracts = nullptr;
    const vm::CreateGuard* create_guard = nullptr;
    bool exact = false;

    Runner() {
        world.put(caller, 1, vm::u256{1'000'000'000}, {});
        block.number = {1000};
        block.timestamp = {1'750'000'000};
        block.gas_limit = 30'000'000;
        tx.origin = caller;
    }

    struct Recorder final : vm::Inspector {
        Outcome* outcome = nullptr;
        bool steps = false;
        std::optional<vm::CallResult> on_call(vm::Message& message) override {
            outcome->calls.push_back(std::to_string(static_cast<int>(message.kind)) + " depth " +
                                     std::to_string(message.depth) + " gas " + std::to_string(message.gas));
            return std::nullopt;
        }
        void on_call_end(const vm::Message&, vm::CallResult& result) override {
            outcome->calls.push_back(std::string(to_string(result.status)) + " gas " + std::to_string(result.gas_left));
        }
        [[nodiscard]] bool wants_steps() const override { return steps; }
        void on_step(const vm::Step&) override { ++outcome->steps; }
    };

    Outcome run(const vm::Message& message) {
        vm::State state(world);
        state.begin_transaction();
        state.warm_account(message.recipient);
        Outcome outcome{};
        Recorder recorder;
        recorder.outcome = &outcome;
        recorder.steps = exact;
        const vm::EvmEnvironment environment{state, block, tx, system_contracts, create_guard, &recorder};
        const vm::CallResult result = evm.execute(environment, message);
        outcome.status = result.status;
        outcome.gas_left = result.gas_left;
        outcome.refund = state.refund();
        outcome.output = vm::to_bytes(result.output);
        outcome.created = result.created;
        outcome.logs = {state.logs().begin(), state.logs().end()};
        state.end_transaction();
        outcome.changes = state.changes().accounts;
        return outcome;
    }
    static vm::Message message(vm::Gas gas, vm::BytesView input = {}) {
        vm::Message out;
        out.gas = gas;
        out.recipient = out.code_address = contract;
        out.sender = caller;
        out.input = input;
        return out;
    }
    Outcome run(vm::BytesView code, vm::Gas gas = 1'000'000, vm::BytesView input = {}) {
        world.put(contract, 1, vm::u256{1000}, code);
        return run(message(gas, input));
    }
    /// The word that `code` leaves on top of the stack.
    vm::u256 top_after(const Assembler& code) {
        const Outcome outcome = run(Assembler(code).return_top().bytes());
        return outcome.status == vm::Status::success ? vm::u256::from_be_bytes(outcome.output) : vm::u256::max();
    }
    vm::Gas gas_used(const Assembler& code, vm::Gas gas = 1'000'000) { return gas - run(code.bytes(), gas).gas_left; }
};

}  // namespace talea::tests
