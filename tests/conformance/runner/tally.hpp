#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/runner/outcome.hpp"

namespace talea::conformance {

struct Counts {
    std::size_t passed = 0, failed = 0;
    std::size_t left_out = 0;  ///< known, but not run here; the tally says why

    [[nodiscard]] std::size_t ran() const { return passed + failed; }
    [[nodiscard]] std::size_t met() const { return ran() + left_out; }
    void add(const Counts& other);
};

struct Failure {
    std::string file, test, fork, why;
    std::size_t index = 0;
};

/// What a run (or one thread of it) has seen. Merging and printing give the same for any order of the files.
struct Tally {
    std::map<std::string, std::map<std::string, Counts>> by_folder;        ///< folder, then fork
    std::map<std::string, std::size_t> older_forks;                        ///< cases by fork; before what the VM has
    std::map<std::string, std::pair<std::size_t, std::string>> left_out;   ///< groups: cases, and why they are not run
    std::map<std::string, std::pair<std::size_t, std::string>> elsewhere;  ///< groups: cases, and the program for them
    std::size_t engine_tests = 0;      ///< of the engine API, whose blocks the block tests have
    std::vector<std::string> unknown;  ///< files with content that is no known test
    std::vector<Failure> failures;

    void merge(Tally&& other);
    [[nodiscard]] Counts total() const;
};

/// Puts what comes of one file where it is counted.
class Recorder {
  public:
    /// Only cases of `fork`, where it is not empty, with `filter` in the test's name are recorded.
    Recorder(Tally& tally, std::string folder, std::string file, std::string fork = {}, std::string filter = {})
        : tally_(tally),
          folder_(std::move(folder)),
          file_(std::move(file)),
          fork_(std::move(fork)),
          filter_(std::move(filter)) {}

    [[nodiscard]] bool wants(const std::string& fork) const { return fork_.empty() || fork == fork_; }
    void add(const std::string& test, const std::string& fork, std::size_t index, Outcome outcome);
    void add_older(const std::string& fork);
    void leave_out(std::size_t cases, const std::string& group, const std::string& why);
    void leave_to_others(std::size_t cases, const std::string& program, const std::string& group);
    void add_engine_tests(std::size_t count) { tally_.engine_tests += count; }
    void add_unknown() { tally_.unknown.push_back(file_); }

  private:
    Tally& tally_;
    std::string folder_, file_, fork_, filter_;
};

/// Expected cases by suite and fork, as COUNTS.json beside the pack says.
using ExpectedCounts = std::map<std::string, std::map<std::string, std::size_t>>;
/// Nothing where the file is missing or has another form.
[[nodiscard]] ExpectedCounts read_expected_counts(const std::string& path);

/// Suites of which the run met another number of cases than COUNTS.json names, in a fork that was asked for; one
/// sentence each.
[[nodiscard]] std::vector<std::string> compare_counts(const Tally& tally, const ExpectedCounts& expected,
                                                      const std::string& fork);

[[nodiscard]] std::string as_text(const Tally& tally, std::size_t failures_max);
[[nodiscard]] std::string as_json(const Tally& tally);

}  // namespace talea::conformance
