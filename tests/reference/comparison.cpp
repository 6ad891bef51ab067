#include "reference/comparison.hpp"

#include "reference/interpreter.hpp"
#include "vm/base/hex.hpp"

namespace talea::reference {
namespace {

using namespace talea::vm;

bool may_create(const Address&, const Address& creator) {
    return (creator.bytes[19] & 1) == 0;
}
struct Guard final : CreateGuard {
    [[nodiscard]] bool may_create(State&, const Address& origin, const Address& creator) const override {
        return reference::may_create(origin, creator);
    }
};

/// What native code does, but for its writing: both interpreters ask here.
Result native_result(const Message& message) {
    const Gas cost = 50 + static_cast<Gas>(message.input.size());
    if (message.gas < cost) return {Status::out_of_gas, message.gas, {}, {}};
    const unsigned first = message.input.empty() ? 0 : message.input[0];
    const Status status = first == 0xff                           ? Status::revert
                          : first == 0xfe                         ? Status::precompile_failure
                          : message.is_static && (first & 1) != 0 ? Status::write_protection
                                                                  : Status::success;
    return {status, message.gas - cost, to_bytes(message.input), {}};
}
u256 native_slot(const Message& message) {
    return u256{message.input.size() % 4};
}
std::optional<Result> run_native(Execution& execution, const Message& message) {
    if (message.recipient != native_address) return std::nullopt;
    if (!message.is_static) execution.now.world[native_address].storage[native_slot(message)] = u256{77};
    return native_result(message);
}
class Native final : public SystemContracts {
  public:
    [[nodiscard]] bool contains(const Address& address) const override { return address == native_address; }
    [[nodiscard]] CallResult call(const Message& message, State& state, const BlockContext&, const TxContext&,
                                  StaticCaller&) override {
        if (!message.is_static) state.set_storage(native_address, native_slot(message), u256{77});
        Result result = native_result(message);
        output_ = std::move(result.output);
        return {result.status, result.gas_left, output_, {}};
    }

  private:
    Bytes output_;
};

/// Writes down what an Evm does as the reference does.
struct Watcher final : Inspector {
    Trace trace;
    std::optional<CallResult> on_call(Message& message) override {
        trace.begin(message);
        return std::nullopt;
    }
    void on_call_end(const Message&, CallResult& result) override {
        trace.end(result.status, result.gas_left, result.output, result.created);
    }
    [[nodiscard]] bool wants_steps() const override { return trace.with_steps; }
    void on_step(const Step& step) override {
        trace.steps.push_back({step.pc, step.opcode, step.gas, step.depth, step.stack.size(), stack_digest(step.stack),
                               step.memory_bytes, step.refund});
    }
};

/// What came of one transaction.
struct Outcome {
    Result result;
    Substate after;  // before its end
    World world;     // after it
    Trace trace;
};

std::string describe(const World& world, const Address& address) {
    const auto found = world.find(address);
    if (found == world.end()) return "none";
    const Account& account = found->second;
    std::string out = "nonce " + std::to_string(account.nonce) + " balance " + to_decimal(account.balance) + " code " +
                      to_hex(*account.code) + " storage";
    for (const auto& [key, value] : account.storage) out += " " + to_decimal(key) + "=" + to_decimal(value);
    return out;
}

std::optional<std::string> compare_worlds(const World& expected, const World& got) {
    if (expected == got) return std::nullopt;
    std::string out = "world";
    for (const auto* world : {&expected, &got}) {
        for (const auto& [address, account] : *world) {
            const std::string a = describe(expected, address), b = describe(got, address);
            if (a != b) out += "\n  " + to_hex(view(address)) + "\n    expected " + a + "\n    got      " + b;
        }
    }
    return out;
}

template <class Line, class Text>
std::optional<std::string> compare_lines(const char* what, const std::vector<Line>& expected,
                                         const std::vector<Line>& got, const Text& text) {
    for (std::size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
        if (i < expected.size() && i < got.size() && expected[i] == got[i]) continue;
        return what + std::to_string(i) + "\n    after    " + (i == 0 ? "" : text(expected[i - 1])) +
               "\n    expected " + (i < expected.size() ? text(expected[i]) : "none") + "\n    got      " +
               (i < got.size() ? text(got[i]) : "none");
    }
    return std::nullopt;
}

std::string describe(const Result& result) {
    return std::string(vm::to_string(result.status)) + " gas " + std::to_string(result.gas_left) + " output " +
           to_hex(result.output) + " created " + to_hex(view(result.created));
}

/// A State of vm/ that goes through the transactions beside the reference's world.
class Duel {
  public:
    Duel(const Scenario& scenario, Evm& evm, bool watched)
        : scenario_(scenario), watched_(watched), evm_(evm), state_(scenario.world) {}

    std::optional<std::string> run(const Transaction& tx, const Outcome& expected) {
        state_.begin_transaction();
        for (const Address& address : tx.warm) state_.warm_account(address);
        Message message = tx.message;
        message.input = tx.input;
        Watcher watcher;
        watcher.trace.with_steps = scenario_.with_steps;
        const TxContext context{message.sender, tx.gas_price, tx.blob_hashes};
        const Guard guard;
        const EvmEnvironment environment{state_,
                                         scenario_.block,
                                         context,
                                         scenario_.with_native ? &native_ : nullptr,
                                         scenario_.guarded ? &guard : nullptr,
                                         watched_ ? &watcher : nullptr};
        if (creates(message.kind)) state_.set_nonce(message.sender, state_.nonce(message.sender) + 1);
        const CallResult result = evm_.execute(environment, message);
        if (watched_) {
            if (auto found = compare_lines("step ", expected.trace.steps, watcher.trace.steps,
                                           [](const TracedStep& step) { return to_string(step); }))
                return found;
            if (auto found = compare_lines("call ", expected.trace.calls, watcher.trace.calls,
                                           [](const std::string& line) { return line; }))
                return found;
        }
        const Result got{result.status, result.gas_left, to_bytes(result.output), result.created};
        if (got.status != expected.result.status || got.gas_left != expected.result.gas_left ||
            got.output != expected.result.output || got.created != expected.result.created)
            return "result\n    expected " + describe(expected.result) + "\n    got      " + describe(got);
        if (auto found = compare_substate(expected.after)) return found;

        state_.end_transaction();
        MapState after = scenario_.world;
        after.apply(state_.changes());
        return compare_worlds(expected.world, world_of(after));
    }

  private:
    std::optional<std::string> compare_substate(const Substate& expected) {
        if (state_.refund() != expected.refund)
            return "refund: expected " + std::to_string(expected.refund) + ", got " + std::to_string(state_.refund());
        if (!std::equal(expected.logs.begin(), expected.logs.end(), state_.logs().begin(), state_.logs().end()))
            return "logs: expected " + std::to_string(expected.logs.size()) + ", got " +
                   std::to_string(state_.logs().size()) + ", or they differ";
        std::set<Address> asked(scenario_.named.begin(), scenario_.named.end());
        asked.insert(expected.warm_accounts.begin(), expected.warm_accounts.end());
        for (const auto& [address, account] : expected.world) asked.insert(address);
        for (const Address& address : asked) {
            if (state_.warm_account(address) != expected.warm_accounts.contains(address))
                return "warmth of account " + to_hex(view(address));
            for (std::uint64_t key = 0; key < 4; ++key)
                if (state_.warm_slot(address, u256{key}) != expected.warm_slots.contains({address, u256{key}}))
                    return "warmth of slot " + std::to_string(key) + " of " + to_hex(view(address));
            for (std::uint64_t key = 0; key < 4; ++key) {
                const auto found = expected.transient.find({address, u256{key}});
                if (state_.transient_storage(address, u256{key}) !=
                    (found == expected.transient.end() ? u256{} : found->second))
                    return "transient storage " + std::to_string(key) + " of " + to_hex(view(address));
            }
        }
        return std::nullopt;
    }

    const Scenario& scenario_;
    const bool watched_;
    Evm& evm_;
    State state_;
    Native native_;
};

Outcome run_reference(const Scenario& scenario, World world, const Transaction& tx) {
    Outcome out;
    out.trace.with_steps = scenario.with_steps;
    Message message = tx.message;
    message.input = tx.input;
    if (creates(message.kind)) ++world[message.sender].nonce;
    const TxContext context{message.sender, tx.gas_price, tx.blob_hashes};
    Execution execution(std::move(world),
                        {scenario.block, context, scenario.world.block_hashes, scenario.guarded ? &may_create : nullptr,
                         scenario.with_native ? &run_native : nullptr, &out.trace});
    execution.now.warm_accounts.insert(tx.warm.begin(), tx.warm.end());
    out.result = execution.run(message);
    out.world = execution.end();
    out.after = std::move(execution.now);
    return out;
}

}  // namespace

std::optional<std::string> difference(const Scenario& scenario, Evm& evm) {
    Duel plain(scenario, evm, false), watched(scenario, evm, true);
    World world = world_of(scenario.world);
    for (std::size_t i = 0; i < scenario.transactions.size(); ++i) {
        const Transaction& tx = scenario.transactions[i];
        const Outcome expected = run_reference(scenario, world, tx);
        const auto where = "transaction " + std::to_string(i) + ", ";
        if (auto found = watched.run(tx, expected))
            return where + (scenario.with_steps ? "by steps: " : "watched: ") + *found;
        if (auto found = plain.run(tx, expected)) return where + "plain: " + *found;
        world = expected.world;
    }
    return std::nullopt;
}

}  // namespace talea::reference
