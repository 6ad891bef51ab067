#include "conformance/runner/tally.hpp"

#include <simdjson.h>

#include <algorithm>

namespace talea::conformance {

namespace {

std::string padded(std::string_view text, std::size_t width, bool right = false) {
    std::string out(text);
    if (out.size() < width) out.insert(right ? 0 : out.size(), width - out.size(), ' ');
    return out;
}

std::string row(std::string_view folder, std::string_view fork, const Counts& counts) {
    std::string out = padded(folder, 44) + padded(fork, 26) + padded(std::to_string(counts.ran()), 7, true) +
                      padded(std::to_string(counts.passed), 8, true) + padded(std::to_string(counts.failed), 8, true) +
                      "\n";
    return out;
}

std::string json_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out + "\"";
}

std::string json_of(const Counts& counts) {
    return "{\"ran\":" + std::to_string(counts.ran()) + ",\"passed\":" + std::to_string(counts.passed) +
           ",\"failed\":" + std::to_string(counts.failed) + "}";
}

}  // namespace

void Counts::add(const Counts& other) {
    passed += other.passed;
    failed += other.failed;
}

void Tally::merge(Tally&& other) {
    for (const auto& [folder, forks] : other.by_folder)
        for (const auto& [fork, counts] : forks) by_folder[folder][fork].add(counts);
    for (const auto& [fork, count] : other.older_forks) older_forks[fork] += count;
    std::ranges::move(other.failures, std::back_inserter(failures));
    std::ranges::sort(failures, {}, [](const Failure& f) { return std::tie(f.file, f.test, f.fork, f.index); });
}

Counts Tally::total() const {
    Counts sum;
    for (const auto& [folder, forks] : by_folder)
        for (const auto& [fork, counts] : forks) sum.add(counts);
    return sum;
}

ExpectedCounts read_expected_counts(const std::string& path) {
    ExpectedCounts out;
    simdjson::dom::parser parser;
    simdjson::dom::object suites;
    if (parser.load(path)["suites"].get(suites) != simdjson::SUCCESS) return out;
    for (const auto& [suite, forks] : suites) {
        simdjson::dom::object by_fork;
        if (forks.get(by_fork) != simdjson::SUCCESS) continue;
        for (const auto& [fork, folders] : by_fork) {
            simdjson::dom::object by_folder;
            if (folders.get(by_folder) != simdjson::SUCCESS) continue;
            for (const auto& [folder, entry] : by_folder) {
                std::uint64_t cases = 0;
                if (entry["cases"].get(cases) == simdjson::SUCCESS)
                    out[std::string(suite)][std::string(fork)] += static_cast<std::size_t>(cases);
            }
        }
    }
    return out;
}

std::vector<std::string> compare_counts(const Tally& tally, const ExpectedCounts& expected) {
    std::map<std::string, std::map<std::string, std::size_t>> ran;
    for (const auto& [folder, forks] : tally.by_folder)
        for (const auto& [fork, counts] : forks) ran[folder.substr(0, folder.find('/'))][fork] += counts.ran();
    std::vector<std::string> wrong;
    for (const auto& [suite, forks] : ran) {
        const auto known = expected.find(suite);
        if (known == expected.end()) continue;
        for (const auto& [fork, count] : forks) {
            const auto named = known->second.find(fork);
            const std::size_t due = named == known->second.end() ? 0 : named->second;
            if (due != count)
                wrong.push_back(suite + ", " + fork + ": " + std::to_string(count) + " cases ran, COUNTS.json names " +
                                std::to_string(due));
        }
    }
    return wrong;
}

std::string as_text(const Tally& tally, std::size_t failures_max) {
    std::string out;
    for (std::size_t i = 0; i < std::min(failures_max, tally.failures.size()); ++i) {
        const Failure& failure = tally.failures[i];
        out += "FAILED " + failure.file + "\n    " + failure.test + " [" + failure.fork + " " +
               std::to_string(failure.index) + "]\n    " + failure.why + "\n";
    }
    if (tally.failures.size() > failures_max)
        out += "and " + std::to_string(tally.failures.size() - failures_max) + " failures more\n";

    out += padded("folder", 44) + padded("fork", 26) + "    ran  passed  failed\n";
    std::map<std::string, Counts> by_fork;
    for (const auto& [folder, forks] : tally.by_folder)
        for (const auto& [fork, counts] : forks) {
            out += row(folder, fork, counts);
            by_fork[fork].add(counts);
        }
    for (const auto& [fork, counts] : by_fork) out += row("all", fork, counts);
    std::size_t older = 0;
    for (const auto& [fork, count] : tally.older_forks) older += count;
    if (older != 0) out += "not counted: " + std::to_string(older) + " cases of forks before Shanghai\n";
    return out;
}

std::string as_json(const Tally& tally) {
    std::string out = "{\"total\":" + json_of(tally.total()) + ",\"folders\":{";
    bool first = true;
    for (const auto& [folder, forks] : tally.by_folder) {
        out += (first ? "" : ",") + json_string(folder) + ":{";
        first = false;
        bool first_fork = true;
        for (const auto& [fork, counts] : forks) {
            out += (first_fork ? "" : ",") + json_string(fork) + ":" + json_of(counts);
            first_fork = false;
        }
        out += "}";
    }
    out += "},\"failures\":[";
    first = true;
    for (const Failure& failure : tally.failures) {
        out += (first ? "" : ",") + ("{\"file\":" + json_string(failure.file)) +
               ",\"test\":" + json_string(failure.test) + ",\"fork\":" + json_string(failure.fork) +
               ",\"index\":" + std::to_string(failure.index) + ",\"why\":" + json_string(failure.why) + "}";
        first = false;
    }
    return out + "]}";
}

}  // namespace talea::conformance
