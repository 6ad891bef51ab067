#include "contracts/runner/campaign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>

#include "contracts/runner/cheat_table.hpp"
#include "contracts/runner/sequence.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"

namespace talea::runner {
namespace {

using abi::Function;
using Functions = std::vector<const Function*>;

/// What fails a run: invariants, what a call says itself, or `afterInvariant`.
enum class Fault : std::uint8_t { invariant, call, after };

struct Failure {
    Fault fault = Fault::invariant;
    const Function* function = nullptr;  ///< the first invariant that does not hold, or afterInvariant
    Sequence sequence;                   ///< calls that changed something, and the one that failed itself
};

struct Counts {
    std::uint64_t calls = 0, reverts = 0, discarded = 0;
};

/// One run of the campaign.
struct Outcome {
    std::optional<Failure> failure;
    std::vector<Counts> counts;  // by target
    Tally tally;
    bool too_many_discarded = false;
};

constexpr const char* calls_name = "calls";
constexpr const char* must_reach_name = "mustReach()";

/// Solidity's `assert` (panic 1), an assertion or misuse of a cheat code that no one caught.
bool is_assertion(const Run& run) {
    if (run.status != vm::Status::revert) return false;
    if (const auto error = abi::decode_error(cheat_interface(), run.output))
        return error->error == &cheat_interface().errors().front() ||
               (error->error == &abi::standard_panic() && error->values[0].word == vm::u256{1});
    return false;
}

class Campaign {
  public:
    Campaign(const Bench& ready, Targets targets, Functions invariants)
        : ready_(ready),
          options_(ready.options()),
          targets_(std::move(targets)),
          active_(std::move(invariants)),
          after_(ready.contract().abi.find_function("afterInvariant", 0)),
          // Runs have seeds that follow each other; so mixed, those of neighbouring seeds share none.
          seed_(Random(seed_of(options_.seed, ready.contract().entry.name, "invariants")).next()),
          store_(options_.failures, ready.contract()),
          counts_(targets_.functions.size()),
          begun_(std::chrono::steady_clock::now()) {}

    void run(Crew& crew, ContractResult& result) {
        for (const Function* invariant : active_) results_.push_back(result_of(invariant->name));
        retry_kept();
        std::uint32_t from = 0;
        while (from < options_.invariant_runs && anything_left()) {
            const auto failed = run_from(from, crew);
            if (!failed) break;
            if (options_.fail_fast) return finish(result);
            from = *failed;
        }
        judge_reached();
        finish(result);
    }

  private:
    const Bench& ready_;
    const TestOptions& options_;
    const Targets targets_;
    Functions active_;       // invariants that have held so far
    const Function* after_;  // null where there is none, or it failed
    bool calls_hold_ = true;
    const std::uint64_t seed_;
    const FailureStore store_;
    std::vector<TestResult> results_;
    std::vector<Counts> counts_;
    Tally tally_;
    std::uint64_t runs_ = 0;
    const std::chrono::steady_clock::time_point begun_;

    static TestResult result_of(const std::string& name) {
        TestResult result;
        result.name = name;
        result.is_invariant = true;
        return result;
    }

    [[nodiscard]] bool anything_left() const { return calls_hold_ && (!active_.empty() || after_ != nullptr); }

    // --- Runs ---------------------------------------------------------------------------------------------------

    /// Runs on all threads from number `from` on, and takes the outcomes in their order up to the first that failed;
    /// returns its number.
    std::optional<std::uint32_t> run_from(std::uint32_t from, Crew& crew) {
        std::vector<Outcome> outcomes(options_.invariant_runs - from);
        std::atomic<std::uint32_t> next = from, first_failed = options_.invariant_runs;
        crew.share([&] {
            Bench bench(ready_);
            for (std::uint32_t i; (i = next++) < first_failed;) {
                outcomes[i - from] = run_one(bench, i);
                if (!outcomes[i - from].failure) continue;
                std::uint32_t lowest = first_failed;
                while (i < lowest && !first_failed.compare_exchange_weak(lowest, i)) {
                }
            }
        });
        for (std::uint32_t i = from; i < first_failed; ++i) take(outcomes[i - from]);
        if (first_failed == options_.invariant_runs) return std::nullopt;
        Outcome& failed = outcomes[first_failed - from];
        // A call's own failure ends the campaign, so this run counts; else the run is made again without what failed.
        if (failed.failure->fault == Fault::call) take(failed);
        report(std::move(*failed.failure), fmt::format("run {}", first_failed.load()));
        return first_failed;
    }

    void take(const Outcome& outcome) {
        ++runs_;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            counts_[i].calls += outcome.counts[i].calls;
            counts_[i].reverts += outcome.counts[i].reverts;
            counts_[i].discarded += outcome.counts[i].discarded;
        }
        for (const auto& [mark, count] : outcome.tally.marks) tally_.marks[mark] += count;
        for (const auto& [refusal, count] : outcome.tally.refusals) tally_.refusals[refusal] += count;
    }

    Outcome run_one(Bench& bench, std::uint32_t index) const {
        Outcome outcome;
        outcome.counts.resize(targets_.functions.size());
        // Neighbouring seeds give unrelated numbers, so the run's own seed is mixed once.
        Random random(Random(seed_ + index).next());
        bench.begin_sequence();
        bench.count_in(&outcome.tally);
        Sequence done;
        const auto failed = [&](Fault fault, const Function* function) {
            outcome.failure = Failure{fault, function, std::move(done)};
            return std::move(outcome);
        };
        if (const Function* broken = first_broken(bench)) return failed(Fault::invariant, broken);
        std::uint32_t discarded = 0;
        for (std::uint32_t made = 0; made < options_.invariant_depth;) {
            SequenceCall call = random_call(random, targets_, bench.dictionary());
            Counts& counts = outcome.counts[static_cast<std::size_t>(call.target - targets_.functions.data())];
            const Run run = bench.transact(call.sender, call.to, call.input());
            if (run.report.rejected) {
                ++counts.discarded;
                if (++discarded > rejected_runs_max) break;
                continue;
            }
            ++made;
            ++counts.calls;
            if (run.status != vm::Status::success) ++counts.reverts;
            if (call_fails(run)) {
                done.push_back(std::move(call));
                return failed(Fault::call, nullptr);
            }
            if (run.status != vm::Status::success) continue;
            done.push_back(std::move(call));
            if (const Function* broken = first_broken(bench)) return failed(Fault::invariant, broken);
        }
        if (after_ != nullptr && !bench.ask(after_->selector.bytes).passed()) return failed(Fault::after, after_);
        return outcome;
    }

    [[nodiscard]] bool call_fails(const Run& run) const {
        return run.report.failure || run.failed_flag || is_assertion(run) ||
               (options_.fail_on_revert && run.status != vm::Status::success);
    }

    [[nodiscard]] const Function* first_broken(Bench& bench) const {
        for (const Function* invariant : active_)
            if (!bench.ask(invariant->selector.bytes).passed()) return invariant;
        return nullptr;
    }

    // --- Failures -----------------------------------------------------------------------------------------------

    [[nodiscard]] static std::string name_of(const Failure& failure) {
        return failure.fault == Fault::call ? calls_name : failure.function->name;
    }

    /// Whether `calls` fail in the way that `failure` does, at their end.
    bool fails_so(Bench& bench, const Failure& failure, std::span<const SequenceCall> calls) const {
        bench.begin_sequence();
        for (std::size_t i = 0; i < calls.size(); ++i) {
            const Run run = bench.transact(calls[i].sender, calls[i].to, calls[i].input());
            if (run.report.rejected || !call_fails(run)) continue;
            return failure.fault == Fault::call && i + 1 == calls.size();
        }
        return failure.fault != Fault::call && !bench.ask(failure.function->selector.bytes).passed();
    }

    /// Sequences that failed before are tried before anything else.
    void retry_kept() {
        std::vector<std::pair<Fault, const Function*>> kept = {{Fault::call, nullptr}};
        for (const Function* invariant : active_) kept.emplace_back(Fault::invariant, invariant);
        if (after_ != nullptr) kept.emplace_back(Fault::after, after_);
        Bench bench(ready_);
        for (const auto& [fault, function] : kept) {
            Failure failure{fault, function, {}};
            auto sequence = store_.load(name_of(failure), targets_);
            if (!sequence) continue;
            failure.sequence = std::move(*sequence);
            if (fails_so(bench, failure, failure.sequence))
                report(std::move(failure), "kept from an earlier run");
            else
                store_.drop(name_of(failure));
        }
    }

    void report(Failure failure, const std::string& from) {
        Bench bench(ready_);
        const std::size_t length = failure.sequence.size();
        if (!options_.fail_fast)
            failure.sequence = shrink_sequence(std::move(failure.sequence), [&](std::span<const SequenceCall> smaller) {
                return fails_so(bench, failure, smaller);
            });
        const std::string name = name_of(failure);
        auto found = std::ranges::find(results_, name, &TestResult::name);
        if (found == results_.end()) found = results_.insert(results_.end(), result_of(name));
        TestResult& result = *found;
        result.status = TestStatus::failed;
        result.origin =
            fmt::format("{} calls of {}, seed {:#x}, {}", failure.sequence.size(), length, options_.seed, from);
        if (const auto path = store_.keep(name, failure.sequence)) result.origin += ", kept in " + path->string();
        show(result, bench, failure);
        switch (failure.fault) {
            case Fault::invariant:
                std::erase(active_, failure.function);
                break;
            case Fault::after:
                after_ = nullptr;
                break;
            case Fault::call:
                calls_hold_ = false;
                break;
        }
    }

    /// Makes the calls once more, with a trace of the last one and of what found the fault.
    void show(TestResult& result, Bench& bench, const Failure& failure) const {
        bench.begin_sequence();
        for (std::size_t i = 0; i < failure.sequence.size(); ++i) {
            const SequenceCall& call = failure.sequence[i];
            Trace trace = bench.new_trace();
            const Run run = bench.transact(call.sender, call.to, call.input(), &trace);
            result.sequence.push_back(describe(call));
            const bool last = i + 1 == failure.sequence.size();
            if (last || options_.verbosity >= 2) result.trace += trace.render();
            const auto& lines = run.report.console_lines;
            result.console_lines.insert(result.console_lines.end(), lines.begin(), lines.end());
            if (last && failure.fault == Fault::call) result.reason = bench.reason_of(run);
        }
        if (failure.fault == Fault::call) return;
        Trace trace = bench.new_trace();
        const Run run = bench.ask(failure.function->selector.bytes, &trace);
        result.reason = bench.reason_of(run);
        const auto& lines = run.report.console_lines;
        result.console_lines.insert(result.console_lines.end(), lines.begin(), lines.end());
        result.trace += trace.render();
    }

    [[nodiscard]] std::string describe(const SequenceCall& call) const {
        const auto namer = [this](const vm::Address& address) { return address_name(address); };
        return fmt::format("{}.{}({}) by {}", call.target->contract, call.target->function->name,
                           format_arguments(*call.target->function, call.arguments, namer), namer(call.sender));
    }

    [[nodiscard]] std::string address_name(const vm::Address& address) const {
        if (const auto label = ready_.labels().find(address); label != ready_.labels().end()) return label->second;
        if (address == test_contract_address) return ready_.contract().entry.name;
        if (address == default_sender) return "default sender";
        const auto target = std::ranges::find(targets_.functions, address, &TargetFunction::address);
        return target != targets_.functions.end() ? target->contract : vm::to_checksum_hex(address);
    }

    // --- Report -------------------------------------------------------------------------------------------------

    [[nodiscard]] std::string refusal_name(const std::pair<vm::Status, vm::Bytes>& refusal) const {
        const auto& [status, data] = refusal;
        if (status != vm::Status::revert) return std::string(to_string(status));
        const auto selector = abi::selector_in(data);
        const abi::ErrorDefinition* error = selector ? ready_.book().all().find_error(*selector) : nullptr;
        if (error == nullptr || *selector == abi::standard_panic().selector ||
            *selector == abi::standard_error().selector)
            return abi::describe_revert(ready_.book().all(), data);
        // Of a registry's refusal the key has the code as well.
        if (data.size() == 36)
            return fmt::format("{} {}", error->name, vm::u256::from_be_bytes(vm::BytesView(data).subspan(4)).low_u64());
        return error->name;
    }

    /// What the test contract wants to have been met.
    void judge_reached() {
        const Function* function = ready_.contract().abi.find_function("mustReach", 0);
        if (function == nullptr) return;
        Bench bench(ready_);
        bench.begin_sequence();
        const Run run = bench.ask(function->selector.bytes);
        const auto values = run.passed() ? abi::decode(function->output_types, run.output)
                                         : std::unexpected(abi::DecodeError::too_short);
        TestResult result = result_of(must_reach_name);
        if (!values || values->empty() || function->output_types[0].canonical() != "string[]") {
            result.status = TestStatus::failed;
            result.reason = run.passed() ? "it returns no array of texts" : bench.reason_of(run);
            results_.push_back(std::move(result));
            return;
        }
        for (const abi::Value& value : values->front().items)
            wanted_.emplace_back(value.bytes.begin(), value.bytes.end());
        std::string missing;
        for (const std::string& name : wanted_)
            if (!is_reached(name)) missing += (missing.empty() ? "" : ", ") + name;
        if (!missing.empty() && anything_left()) {
            result.status = TestStatus::failed;
            result.reason = "never reached: " + missing;
        }
        results_.push_back(std::move(result));
    }
    std::vector<std::string> wanted_;  // by mustReach

    [[nodiscard]] bool is_reached(const std::string& name) const {
        return tally_.marks.contains(name) || std::ranges::any_of(tally_.refusals, [&](const auto& entry) {
                   return refusal_name(entry.first) == name;
               });
    }

    void finish(ContractResult& result) {
        CampaignSummary summary;
        summary.runs = runs_;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            const TargetFunction& target = targets_.functions[i];
            const bool overloaded =
                std::ranges::count_if(targets_.functions, [&](const TargetFunction& other) {
                    return other.address == target.address && other.function->name == target.function->name;
                }) > 1;
            summary.functions.push_back(
                {target.contract + "." + (overloaded ? target.function->signature : target.function->name),
                 counts_[i].calls, counts_[i].reverts, counts_[i].discarded});
            summary.calls += counts_[i].calls;
            summary.reverts += counts_[i].reverts;
        }
        for (const auto& [mark, count] : tally_.marks) summary.reached.emplace_back(mark, count);
        for (const auto& [refusal, count] : tally_.refusals) summary.refused.emplace_back(refusal_name(refusal), count);
        std::ranges::sort(summary.refused);
        for (const std::string& name : wanted_)
            if (!is_reached(name)) summary.reached.emplace_back(name, 0);
        summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
        result.campaign = std::move(summary);
        for (TestResult& test : results_) result.tests.push_back(std::move(test));
    }
};

}  // namespace

void run_campaign(const Bench& ready, std::span<const Function* const> invariants, Crew& crew, ContractResult& result) {
    Functions asked;
    for (const Function* invariant : invariants) {
        if (invariant->inputs.empty()) {
            asked.push_back(invariant);
            continue;
        }
        TestResult& wrong = result.tests.emplace_back();
        wrong.name = invariant->signature;
        wrong.is_invariant = true;
        wrong.status = TestStatus::failed;
        wrong.reason = "an invariant has no parameters";
    }
    if (asked.empty()) return;
    Bench bench(ready);
    auto targets = find_targets(bench);
    if (targets) {
        Campaign(ready, std::move(*targets), std::move(asked)).run(crew, result);
        return;
    }
    TestResult& wrong = result.tests.emplace_back();
    wrong.name = "targets";
    wrong.is_invariant = true;
    wrong.status = TestStatus::failed;
    wrong.reason = targets.error();
}

}  // namespace talea::runner
