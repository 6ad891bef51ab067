#include "conformance/runner/tally.hpp"

#include <simdjson.h>

#include <algorithm>

#include "conformance/runner/fixture.hpp"
#include "conformance/runner/json_text.hpp"

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

std::string json_of(const Counts& counts) {
    return "{\"ran\":" + std::to_string(counts.ran()) + ",\"passed\":" + std::to_string(counts.passed) +
           ",\"failed\":" + std::to_string(counts.failed) + "}";
}

}  // namespace

void Counts::add(const Counts& other) {
    passed += other.passed;
    failed += other.failed;
    left_out += other.left_out;
}

void Tally::merge(Tally&& other) {
    for (const auto& [folder, forks] : other.by_folder)
        for (const auto& [fork, counts] : forks) by_folder[folder][fork].add(counts);
    for (const auto& [fork, count] : other.older_forks) older_forks[fork] += count;
    const auto add = [](auto& to, const auto& from) {
        for (const auto& [group, entry] : from) {
            to[group].first += entry.first;
            to[group].second = entry.second;
        }
    };
    add(left_out, other.left_out);
    add(elsewhere, other.elsewhere);
    engine_tests += other.engine_tests;
    std::ranges::move(other.unknown, std::back_inserter(unknown));
    std::ranges::sort(unknown);
    std::ranges::move(other.failures, std::back_inserter(failures));
    std::ranges::sort(failures, {}, [](const Failure& f) { return std::tie(f.file, f.test, f.fork, f.index); });
}

Counts Tally::total() const {
    Counts sum;
    for (const auto& [folder, forks] : by_folder)
        for (const auto& [fork, counts] : forks) sum.add(counts);
    return sum;
}

void Recorder::add(const std::string& test, const std::string& fork, std::size_t index, Outcome outcome) {
    if (!wants(fork) || test.find(filter_) == std::string::npos) return;
    Counts& counts = tally_.by_folder[folder_][fork];
    ++(outcome.passed ? counts.passed : counts.failed);
    if (!outcome.passed) tally_.failures.push_back({file_, test, fork, std::move(outcome.why), index});
}

void Recorder::add_older(const std::string& fork) {
    if (wants(fork)) ++tally_.older_forks[fork];
}

void Recorder::leave_out(std::size_t cases, const std::string& group, const std::string& why) {
    if (!fork_.empty() || !filter_.empty()) return;
    tally_.by_folder[folder_]["-"].left_out += cases;
    auto& entry = tally_.left_out[group];
    entry.first += cases;
    entry.second = why;
}

void Recorder::leave_to_others(std::size_t cases, const std::string& program, const std::string& group) {
    if (!fork_.empty() || !filter_.empty()) return;
    tally_.by_folder[folder_]["-"].left_out += cases;
    auto& entry = tally_.elsewhere[group];
    entry.first += cases;
    entry.second = program;
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

std::vector<std::string> compare_counts(const Tally& tally, const ExpectedCounts& expected, const std::string& fork) {
    std::map<std::string, std::map<std::string, std::size_t>> met;
    for (const auto& [folder, forks] : tally.by_folder)
        for (const auto& [of, counts] : forks) met[folder.substr(0, folder.find('/'))][of] += counts.met();
    std::vector<std::string> wrong;
    for (auto& [suite, forks] : met) {
        const auto known = expected.find(suite);
        if (known == expected.end()) continue;
        for (const auto& [of, due] : known->second) {
            const auto [before, after] = forks_of_network(of);
            const bool runs = of == "-" || (fork_of_suite(before) && fork_of_suite(after));
            if (runs && (fork.empty() || of == fork)) forks.try_emplace(of, 0);
        }
        for (const auto& [of, count] : forks) {
            const auto named = known->second.find(of);
            const std::size_t due = named == known->second.end() ? 0 : named->second;
            if (due != count)
                wrong.push_back(suite + ", " + of + ": " + std::to_string(count) + " cases, COUNTS.json names " +
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
            if (counts.ran() == 0) continue;
            out += row(folder, fork, counts);
            by_fork[fork].add(counts);
        }
    for (const auto& [fork, counts] : by_fork) out += row("all", fork, counts);
    std::size_t older = 0;
    for (const auto& [fork, count] : tally.older_forks) older += count;
    if (older != 0) out += "not run: " + std::to_string(older) + " cases of forks before Shanghai\n";
    if (tally.engine_tests != 0)
        out += "not run: " + std::to_string(tally.engine_tests) +
               " tests of the engine API's payloads (blockchain_tests holds the same blocks)\n";
    for (const auto& [group, entry] : tally.elsewhere)
        out += "not run: " + std::to_string(entry.first) + " cases of " + group + ", which " + entry.second + " runs\n";
    if (!tally.unknown.empty())
        out += "not run: " + std::to_string(tally.unknown.size()) +
               " files with content that is no test known here, the first " + tally.unknown.front() + "\n";
    for (const auto& [group, entry] : tally.left_out)
        out += "skipped: " + group + ": " + std::to_string(entry.first) + " cases, " + entry.second + "\n";
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
