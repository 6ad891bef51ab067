#include "contracts/runner/suite.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

#include "contracts/runner/bench.hpp"
#include "contracts/runner/campaign.hpp"
#include "vm/crypto/address.hpp"

namespace talea::runner {
namespace {

using abi::Function;

/// The tests of one contract on its bench.
class Tests {
  public:
    explicit Tests(Bench& bench) : bench_(bench), options_(bench.options()) {}

    TestResult run(const Function& function) {
        TestResult result = function.inputs.empty() ? run_unit(function) : run_fuzz(function);
        const auto& lines = bench_.set_up_lines();
        result.console_lines.insert(result.console_lines.begin(), lines.begin(), lines.end());
        return result;
    }

  private:
    Bench& bench_;
    const TestOptions& options_;

    /// Runs the call once more, watched. Runs are deterministic, so it ends as before.
    void trace_into(TestResult& result, vm::BytesView input) {
        Trace trace = bench_.new_trace();
        const Run run = bench_.fresh(input, &trace);
        if (result.status == TestStatus::failed) result.reason = bench_.reason_of(run);
        result.trace = bench_.set_up_trace() + trace.render();
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
        const Run run = bench_.fresh(function.selector.bytes);
        result.gas = result.gas_median = run.gas_used;
        judge(result, run, function.selector.bytes);
        return result;
    }

    TestResult run_fuzz(const Function& function) {
        TestResult result;
        result.name = function.signature;
        result.is_fuzz = true;
        Random random(seed_of(options_.seed, bench_.contract().entry.name, function.signature));
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
                arguments[i] = random_value(random, function.input_types[i], bench_.dictionary());
            encode(arguments);
            const Run run = bench_.fresh(input);
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
                        return fails_alike(run, bench_.fresh(input));
                    });
                    encode(arguments);
                    result.counterexample = format_arguments(function, arguments, vm::to_checksum_hex);
                }
                judge(result, bench_.fresh(input), input);
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

bool is_test(const Function& function) {
    return function.name.starts_with("test");
}

bool is_invariant(const Function& function) {
    return function.name.starts_with("invariant") || function.name.starts_with("statefulFuzz");
}

bool has_tests(const abi::Interface& abi) {
    return std::ranges::any_of(abi.functions(),
                               [](const Function& each) { return is_test(each) || is_invariant(each); });
}

ContractResult run_contract(const TestContract& contract, const LibraryFinder& find_library, const ContractBook& book,
                            const TestOptions& options, Crew& crew) {
    const auto begun = std::chrono::steady_clock::now();
    ContractResult result{contract.entry.unit, contract.entry.name, {}, std::nullopt, 0};
    std::vector<const Function*> tests, invariants;
    for (const Function& function : contract.abi.functions()) {
        if (!(contract.entry.name + "." + function.signature).contains(options.match)) continue;
        if (is_test(function)) tests.push_back(&function);
        if (is_invariant(function)) invariants.push_back(&function);
    }
    if (tests.empty() && invariants.empty()) return result;

    Bench bench(contract, book, options);
    auto failed = bench.deploy(find_library);
    if (!failed) failed = bench.set_up();
    if (failed) {
        result.tests.push_back(std::move(*failed));
    } else {
        for (const Function* function : tests) result.tests.push_back(Tests(bench).run(*function));
        if (!invariants.empty()) run_campaign(bench, invariants, crew, result);
    }
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    return result;
}

}  // namespace talea::runner
