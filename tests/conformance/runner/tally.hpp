#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace talea::conformance {

struct Counts {
    std::size_t passed = 0, failed = 0;

    [[nodiscard]] std::size_t ran() const { return passed + failed; }
    void add(const Counts& other);
};

struct Failure {
    std::string file, test, fork, why;
    std::size_t index = 0;
};

/// What a run (or one thread of it) has seen. Merging and printing give the same for any order of the files.
struct Tally {
    std::map<std::string, std::map<std::string, Counts>> by_folder;  ///< folder, then fork
    std::map<std::string, std::size_t> older_forks;                  ///< cases by fork; outside what Talea builds
    std::vector<Failure> failures;

    void merge(Tally&& other);
    [[nodiscard]] Counts total() const;
};

/// Expected cases by suite and fork, as COUNTS.json beside the pack says.
using ExpectedCounts = std::map<std::string, std::map<std::string, std::size_t>>;
/// Nothing where the file is missing or has another form.
[[nodiscard]] ExpectedCounts read_expected_counts(const std::string& path);

/// Suites of which not the number of cases was run that COUNTS.json names; one sentence each.
[[nodiscard]] std::vector<std::string> compare_counts(const Tally& tally, const ExpectedCounts& expected);

[[nodiscard]] std::string as_text(const Tally& tally, std::size_t failures_max);
[[nodiscard]] std::string as_json(const Tally& tally);

}  // namespace talea::conformance
