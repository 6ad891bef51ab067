#include "contracts/runner/suite.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>

#include "contracts/runner/cheat_codes.hpp"
#include "contracts/runner/cheat_table.hpp"
#include "contracts/runner/fuzz.hpp"
#include "vm/base/check.hpp"
#include "vm/chain/create_address.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::runner {
namespace {

using abi::Function;
using vm::Status;

/// Libraries a contract may need, each with its own in turn; a cycle cannot be deployed anyway.
constexpr std::size_t library_depth_max = 16;

/// What became of one call.
struct Run {
    Status status = Status::success;
    vm::Bytes output;
    vm::Gas gas_used = 0;
    RunReport report;
    bool failed_flag = false;  // older test libraries note failures in a slot

    [[nodiscard]] bool passed() const { return status == Status::success && !report.failure && !failed_flag; }
};

bool is_test(const Function& function) {
    return function.name.starts_with("test");
}

/// A seed for each test of its own: adding one changes no other.
std::uint64_t seed_of(std::uint64_t seed, const std::string& contract, const Function& function) {
    const std::string text = contract + "." + function.signature;
    const vm::Hash digest = vm::keccak256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    return seed ^ vm::to_u256(digest).low_u64();
}

vm::u256 failed_slot() {
    vm::Hash slot;
    std::memcpy(slot.bytes.data(), "failed", 6);
    return vm::to_u256(slot);
}

/// The chain of one contract with its tests.
class Bench {
  public:
    Bench(const TestContract& contract, const ContractBook& book, const TestOptions& options)
        : contract_(contract), book_(book), options_(options), cheats_(chain_) {}

    /// Nothing where it went well.
    std::optional<TestResult> deploy(const LibraryFinder& find_library) {
        auto code = linked(contract_.contents, find_library, 0);
        if (!code) return failure("constructor()", "a library that it is linked with has not been compiled");
        if (!contract_.abi.constructor_inputs().empty())
            return failure("constructor()", "the constructor of a test contract has no parameters");
        // Test contracts may be larger than a chain accepts, so the creation code runs as a call at its new place.
        auto& state = chain_.state();
        state.set_nonce(default_sender, state.nonce(default_sender) + 1);
        state.set_nonce(test_contract_address, 1);
        state.set_balance(test_contract_address, state.balance(default_sender));
        set_code(test_contract_address, *code);
        const Run run = watched(call_at(test_contract_address, {}), "constructor()");
        if (!run.passed()) return failure("constructor()", run);
        set_code(test_contract_address, run.output);
        chain_.commit();
        dictionary_.add_code(run.output);
        return std::nullopt;
    }

    std::optional<TestResult> set_up() {
        const Function* function = contract_.abi.find_function("setUp", 0);
        if (function != nullptr) {
            Run run = watched(call_at(test_contract_address, function->selector.bytes), "setUp()");
            if (run.report.skipped) {
                TestResult result = failure("setUp()", *run.report.skipped);
                result.status = TestStatus::skipped;
                return result;
            }
            if (!run.passed()) return failure("setUp()", run);
            set_up_lines_ = std::move(run.report.console_lines);
            chain_.commit();
        }
        ready_ = cheats_.state;
        start_ = chain_.state().snapshot();
        for (const auto& [address, label] : cheats_.labels) dictionary_.add_address(address);
        for (const vm::Address& address : {test_contract_address, default_sender}) dictionary_.add_address(address);
        return std::nullopt;
    }

    TestResult run_test(const Function& function) {
        TestResult result = function.inputs.empty() ? run_unit(function) : run_fuzz(function);
        result.console_lines.insert(result.console_lines.begin(), set_up_lines_.begin(), set_up_lines_.end());
        return result;
    }

  private:
    const TestContract& contract_;
    const ContractBook& book_;
    const TestOptions& options_;
    TestChain chain_;
    CheatCodes cheats_;
    CheatState ready_;
    vm::State::Snapshot start_ = 0;
    Dictionary dictionary_;
    std::vector<std::string> set_up_lines_;
    std::string set_up_trace_;
    std::uint32_t runs_on_state_ = 0;

    void set_code(const vm::Address& at, const vm::Bytes& code) {
        chain_.state().set_code(at, std::make_shared<const vm::Bytes>(code), vm::keccak256(code));
    }

    static vm::Message call_at(const vm::Address& to, vm::BytesView input) {
        vm::Message message;
        message.gas = test_gas;
        message.sender = default_sender;
        message.recipient = message.code_address = to;
        message.input = input;
        return message;
    }

    /// The creation code with the addresses of its libraries, which are deployed for it.
    std::optional<vm::Bytes> linked(const ContractContents& contents, const LibraryFinder& find_library,
                                    std::size_t depth) {
        vm::Bytes code = contents.creation_code;
        for (const LibraryReference& library : contents.libraries) {
            const ContractContents* found = depth < library_depth_max ? find_library(library) : nullptr;
            if (found == nullptr) return std::nullopt;
            const auto library_code = linked(*found, find_library, depth + 1);
            if (!library_code) return std::nullopt;
            vm::Message message = call_at({}, *library_code);
            message.kind = vm::CallKind::create;
            message.sender = library_deployer;
            // The Evm takes the nonce of an outermost creation as raised already.
            chain_.state().set_nonce(library_deployer, chain_.state().nonce(library_deployer) + 1);
            cheats_.begin_run(nullptr, nullptr);
            const vm::CallResult made = chain_.execute(message, cheats_);
            cheats_.end_run();
            if (made.status != Status::success) return std::nullopt;
            for (const CodeRange& place : library.places)
                std::ranges::copy(made.created.bytes, code.begin() + static_cast<std::ptrdiff_t>(place.start));
        }
        return code;
    }

    Run execute(const vm::Message& message, Trace* trace, const ContractBook* book) {
        cheats_.begin_run(trace, book);
        const vm::CallResult result = chain_.execute(message, cheats_);
        Run run{result.status, vm::to_bytes(result.output), message.gas - result.gas_left, {}, false};
        cheats_.end_run();
        run.report = std::move(cheats_.report);
        static const vm::u256 slot = failed_slot();
        run.failed_flag = !chain_.state().slot(cheat_code_address, slot).current.is_zero();
        return run;
    }

    /// A call of the constructor or setUp, whose effects stay. It is traced from the start where traces of it are
    /// wanted, else once more, on the state before it, where it fails.
    Run watched(const vm::Message& message, const char* name) {
        const auto before = chain_.state().snapshot();
        const CheatState cheats_before = cheats_.state;
        Run run = execute(message, nullptr, nullptr);
        if (run.passed() && options_.verbosity < 3) return run;
        chain_.state().revert(before);
        cheats_.state = cheats_before;
        Trace trace(book_, cheats_.labels);
        run = execute(message, &trace, &book_);
        set_up_trace_ += std::string(name) + "\n" + trace.render();
        return run;
    }

    /// A call on the state as setUp left it; undone before the next one.
    Run fresh(vm::BytesView input, Trace* trace = nullptr) {
        // A state keeps every slot that it ever saw. Beginning anew from time to time keeps long fuzzing fast and
        // small.
        static constexpr std::uint32_t runs_on_state_max = 4'096;
        chain_.state().revert(start_);
        if (++runs_on_state_ > runs_on_state_max) {
            chain_.commit();
            start_ = chain_.state().snapshot();
            runs_on_state_ = 0;
        }
        cheats_.state = ready_;
        return execute(call_at(test_contract_address, input), trace, trace != nullptr ? &book_ : nullptr);
    }

    [[nodiscard]] std::string reason_of(const Run& run) const {
        if (run.report.failure) return *run.report.failure;
        if (run.status == Status::revert) {
            std::string reason = abi::describe_revert(book_.all(), run.output);
            // Of the cheat codes' own error the message says it all.
            const auto error = abi::decode_error(cheat_interface(), run.output);
            if (error && error->error == &cheat_interface().errors().front())
                reason.assign(error->values.front().bytes.begin(), error->values.front().bytes.end());
            return reason;
        }
        if (run.status != Status::success) return std::string(to_string(run.status));
        return "the test noted a failure";
    }

    TestResult failure(std::string name, std::string reason) {
        TestResult result;
        result.name = std::move(name);
        result.status = TestStatus::failed;
        result.reason = std::move(reason);
        return result;
    }
    TestResult failure(std::string name, const Run& run) {
        TestResult result = failure(std::move(name), reason_of(run));
        result.gas = run.gas_used;
        result.console_lines = run.report.console_lines;
        result.trace = set_up_trace_;
        return result;
    }

    /// Runs the call once more, watched. Runs are deterministic, so it ends as before.
    void trace_into(TestResult& result, vm::BytesView input) {
        Trace trace(book_, cheats_.labels);
        const Run run = fresh(input, &trace);
        if (result.status == TestStatus::failed) result.reason = reason_of(run);
        result.trace = set_up_trace_ + trace.render();
    }

    void judge(TestResult& result, const Run& run, vm::BytesView input) {
        result.console_lines = run.report.console_lines;
        if (run.report.skipped) {
            result.status = TestStatus::skipped;
            result.reason = *run.report.skipped;
            return;
        }
        if (!run.passed()) result.status = TestStatus::failed;
        if (result.status == TestStatus::failed || options_.verbosity >= 2) trace_into(result, input);
    }

    TestResult run_unit(const Function& function) {
        TestResult result;
        result.name = function.name;
        const Run run = fresh(function.selector.bytes);
        result.gas = result.gas_median = run.gas_used;
        judge(result, run, function.selector.bytes);
        return result;
    }

    TestResult run_fuzz(const Function& function) {
        TestResult result;
        result.name = function.signature;
        result.is_fuzz = true;
        Random random(seed_of(options_.seed, contract_.entry.name, function));
        std::vector<vm::Gas> gas;
        std::vector<abi::Value> arguments(function.inputs.size());
        vm::Bytes input;
        const auto encode = [&](std::span<const abi::Value> values) {
            input.assign(function.selector.bytes.begin(), function.selector.bytes.end());
            abi::encode_to(input, function.input_types, values);
        };
        std::uint32_t rejected = 0;
        while (result.runs < options_.fuzz_runs) {
            for (std::size_t i = 0; i < arguments.size(); ++i)
                arguments[i] = random_value(random, function.input_types[i], dictionary_);
            encode(arguments);
            const Run run = fresh(input);
            if (run.report.rejected) {
                if (++rejected <= rejected_runs_max) continue;
                result.status = TestStatus::failed;
                result.reason = fmt::format("vm.assume rejected {} runs", rejected);
                break;
            }
            if (run.report.skipped || !run.passed()) {
                if (!run.passed() && !run.report.skipped) {
                    arguments = shrink(function.input_types, std::move(arguments), [&](auto smaller) {
                        encode(smaller);
                        return fails_alike(run, fresh(input));
                    });
                    encode(arguments);
                    result.counterexample = format_arguments(function, arguments);
                }
                judge(result, fresh(input), input);
                break;
            }
            ++result.runs;
            gas.push_back(run.gas_used);
            if (result.runs == options_.fuzz_runs) judge(result, run, input);
        }
        if (!gas.empty()) {
            vm::Gas sum = 0;
            for (const vm::Gas each : gas) sum += each;
            result.gas = sum / static_cast<vm::Gas>(gas.size());
            const auto middle = gas.begin() + static_cast<std::ptrdiff_t>(gas.size() / 2);
            std::ranges::nth_element(gas, middle);
            result.gas_median = *middle;
        }
        return result;
    }

    /// The same kind of failure, so that shrinking does not wander off to another one.
    static bool fails_alike(const Run& first, const Run& other) {
        if (other.passed() || other.report.rejected || other.report.skipped) return false;
        return first.status == other.status && first.report.failure.has_value() == other.report.failure.has_value() &&
               abi::selector_in(first.output) == abi::selector_in(other.output);
    }

    static std::string format_arguments(const Function& function, std::span<const abi::Value> values) {
        std::string text;
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i > 0) text += ", ";
            if (!function.inputs[i].name.empty()) text += function.inputs[i].name + ": ";
            text += abi::format(function.input_types[i], values[i]);
        }
        return text;
    }

    static constexpr vm::Address library_deployer = vm::low_address(0x11b5);
};

}  // namespace

std::string_view to_string(TestStatus status) {
    switch (status) {
        case TestStatus::passed:
            return "passed";
        case TestStatus::failed:
            return "failed";
        case TestStatus::skipped:
            return "skipped";
    }
    return "unknown";
}

bool has_tests(const abi::Interface& abi) {
    return std::ranges::any_of(abi.functions(), is_test);
}

ContractResult run_contract(const TestContract& contract, const LibraryFinder& find_library, const ContractBook& book,
                            const TestOptions& options) {
    const auto begun = std::chrono::steady_clock::now();
    ContractResult result{contract.entry.unit, contract.entry.name, {}, 0};
    std::vector<const Function*> chosen;
    for (const Function& function : contract.abi.functions())
        if (is_test(function) && (contract.entry.name + "." + function.signature).contains(options.match))
            chosen.push_back(&function);
    if (chosen.empty()) return result;

    Bench bench(contract, book, options);
    auto failed = bench.deploy(find_library);
    if (!failed) failed = bench.set_up();
    if (failed)
        result.tests.push_back(std::move(*failed));
    else
        for (const Function* function : chosen) result.tests.push_back(bench.run_test(*function));
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    return result;
}

}  // namespace talea::runner
