#include "contracts/runner/report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace talea::runner {
namespace {

constexpr const char* green = "\x1b[32m";
constexpr const char* red = "\x1b[31m";
constexpr const char* yellow = "\x1b[33m";

std::string painted(std::string_view text, const char* color, const TestOptions& options) {
    return options.color ? fmt::format("{}{}\x1b[0m", color, text) : std::string(text);
}

std::string status_mark(TestStatus status, const TestOptions& options) {
    switch (status) {
        case TestStatus::passed:
            return painted("pass", green, options);
        case TestStatus::failed:
            return painted("FAIL", red, options);
        case TestStatus::skipped:
            return painted("skip", yellow, options);
    }
    return {};
}

std::string cost(const TestResult& test) {
    if (!test.is_fuzz) return fmt::format("gas {}", test.gas);
    return fmt::format("{} runs, gas mean {} median {}", test.runs, test.gas, test.gas_median);
}

std::string indented(const std::string& text, std::string_view by) {
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        out.append(by).append(text, at, end - at).push_back('\n');
        at = end + 1;
    }
    return out;
}

std::string format_test(const TestResult& test, const TestOptions& options) {
    const bool failed = test.status == TestStatus::failed;
    std::string out = fmt::format("  {}  {} ({})\n", status_mark(test.status, options), test.name, cost(test));
    if (!test.reason.empty()) out += indented(test.reason, "        ");
    if (!test.counterexample.empty())
        out += fmt::format("        counterexample: {} (seed {:#x})\n", test.counterexample, options.seed);
    if (!test.console_lines.empty() && (failed || options.verbosity >= 1))
        for (const std::string& line : test.console_lines) out += indented(line, "        log: ");
    if (!test.trace.empty()) out += indented(test.trace, "        ");
    return out;
}

nlohmann::ordered_json to_json(const TestResult& test) {
    nlohmann::ordered_json json = {{"name", test.name}, {"status", to_string(test.status)}, {"gas", test.gas}};
    if (test.is_fuzz) {
        json["medianGas"] = test.gas_median;
        json["runs"] = test.runs;
    }
    if (!test.reason.empty()) json["reason"] = test.reason;
    if (!test.counterexample.empty()) json["counterexample"] = test.counterexample;
    if (!test.console_lines.empty()) json["console"] = test.console_lines;
    if (!test.trace.empty()) json["trace"] = test.trace;
    return json;
}

}  // namespace

Totals count(std::span<const ContractResult> results) {
    Totals totals;
    for (const ContractResult& contract : results) {
        for (const TestResult& test : contract.tests) {
            if (test.status == TestStatus::passed) ++totals.passed;
            if (test.status == TestStatus::failed) ++totals.failed;
            if (test.status == TestStatus::skipped) ++totals.skipped;
        }
    }
    return totals;
}

std::string format_contract(const ContractResult& result, const TestOptions& options) {
    std::string out = fmt::format("{}: {} ({:.0f} ms)\n", result.unit, result.name, 1e3 * result.seconds);
    for (const TestResult& test : result.tests) out += format_test(test, options);
    return out + "\n";
}

std::string format_totals(const Totals& totals, const TestOptions& options) {
    const auto paint = [&](const std::string& text, const char* color, std::size_t n) {
        return n > 0 ? painted(text, color, options) : text;
    };
    return fmt::format("{:.2f} s, seed {:#x}\n{}, {}, {}\n", totals.seconds, options.seed,
                       paint(fmt::format("{} passed", totals.passed), green, totals.passed),
                       paint(fmt::format("{} failed", totals.failed), red, totals.failed),
                       paint(fmt::format("{} skipped", totals.skipped), yellow, totals.skipped));
}

std::string format_json(std::span<const ContractResult> results, const Totals& totals, const TestOptions& options) {
    nlohmann::ordered_json json = {{"seed", options.seed},
                                   {"fuzzRuns", options.fuzz_runs},
                                   {"passed", totals.passed},
                                   {"failed", totals.failed},
                                   {"skipped", totals.skipped},
                                   {"seconds", totals.seconds},
                                   {"contracts", nlohmann::json::array()}};
    for (const ContractResult& contract : results) {
        nlohmann::ordered_json tests = nlohmann::json::array();
        for (const TestResult& test : contract.tests) tests.push_back(to_json(test));
        json["contracts"].push_back(
            {{"unit", contract.unit}, {"name", contract.name}, {"seconds", contract.seconds}, {"tests", tests}});
    }
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace talea::runner
