#include "contracts/runner/report.hpp"

#include <fmt/format.h>

#include <algorithm>
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
    if (test.is_invariant) return {};
    if (!test.is_fuzz) return fmt::format(" (gas {})", test.gas);
    return fmt::format(" ({} runs, gas mean {} median {})", test.runs, test.gas, test.gas_median);
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
    std::string out = fmt::format("  {}  {}{}\n", status_mark(test.status, options), test.name, cost(test));
    if (!test.reason.empty()) out += indented(test.reason, "        ");
    if (!test.counterexample.empty())
        out += fmt::format("        counterexample: {} (seed {:#x})\n", test.counterexample, options.seed);
    if (!test.origin.empty()) out += fmt::format("        {}{}\n", test.origin, test.sequence.empty() ? "" : ":");
    for (std::size_t i = 0; i < test.sequence.size(); ++i)
        out += indented(fmt::format("{:>3}. {}", i + 1, test.sequence[i]), "        ");
    if (!test.console_lines.empty() && (failed || options.verbosity >= 1))
        for (const std::string& line : test.console_lines) out += indented(line, "        log: ");
    if (!test.trace.empty()) out += indented(test.trace, "        ");
    return out;
}

std::string format_counts(const std::vector<std::pair<std::string, std::uint64_t>>& counts) {
    std::string out;
    for (const auto& [name, count] : counts) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, count);
    return out;
}

std::string format_campaign(const CampaignSummary& campaign) {
    std::string out = fmt::format("  {} calls in {} runs, {} reverted; {:.1f} s, {:.0f} calls a second\n",
                                  campaign.calls, campaign.runs, campaign.reverts, campaign.seconds,
                                  static_cast<double>(campaign.calls) / std::max(campaign.seconds, 1e-9));
    std::size_t width = 0;
    for (const auto& function : campaign.functions) width = std::max(width, function.name.size());
    for (const auto& function : campaign.functions) {
        out +=
            fmt::format("    {:<{}} {:>9} calls {:>9} reverts", function.name, width, function.calls, function.reverts);
        if (function.discarded > 0) out += fmt::format(" {:>9} discarded by vm.assume", function.discarded);
        out += "\n";
    }
    if (!campaign.reached.empty()) out += fmt::format("  reached: {}\n", format_counts(campaign.reached));
    if (!campaign.refused.empty()) out += fmt::format("  refused: {}\n", format_counts(campaign.refused));
    return out;
}

nlohmann::ordered_json counts_to_json(const std::vector<std::pair<std::string, std::uint64_t>>& counts) {
    auto json = nlohmann::ordered_json::object();
    for (const auto& [name, count] : counts) json[name] = count;
    return json;
}

nlohmann::ordered_json to_json(const CampaignSummary& campaign) {
    auto functions = nlohmann::ordered_json::array();
    for (const auto& function : campaign.functions)
        functions.push_back({{"name", function.name},
                             {"calls", function.calls},
                             {"reverts", function.reverts},
                             {"discarded", function.discarded}});
    return {{"runs", campaign.runs},
            {"calls", campaign.calls},
            {"reverts", campaign.reverts},
            {"seconds", campaign.seconds},
            {"functions", functions},
            {"reached", counts_to_json(campaign.reached)},
            {"refused", counts_to_json(campaign.refused)}};
}

nlohmann::ordered_json to_json(const TestResult& test) {
    nlohmann::ordered_json json = {{"name", test.name}, {"status", to_string(test.status)}};
    if (!test.is_invariant) json["gas"] = test.gas;
    if (test.is_fuzz) {
        json["medianGas"] = test.gas_median;
        json["runs"] = test.runs;
    }
    if (!test.reason.empty()) json["reason"] = test.reason;
    if (!test.counterexample.empty()) json["counterexample"] = test.counterexample;
    if (!test.origin.empty()) {
        json["sequence"] = test.sequence;
        json["origin"] = test.origin;
    }
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
    if (result.campaign) out += format_campaign(*result.campaign);
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
        nlohmann::ordered_json row = {
            {"unit", contract.unit}, {"name", contract.name}, {"seconds", contract.seconds}, {"tests", tests}};
        if (contract.campaign) row["campaign"] = to_json(*contract.campaign);
        json["contracts"].push_back(std::move(row));
    }
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace talea::runner
