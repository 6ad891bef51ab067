#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace talea::runner {

/// What `talea test` is asked for.
struct TestOptions {
    std::filesystem::path path = ".";  ///< a project, a folder below one, or one test file
    std::string match;                 ///< only tests whose "Contract.test" holds this text
    std::uint32_t fuzz_runs = 256;
    std::uint32_t invariant_runs = 40;    ///< runs of a contract's campaign
    std::uint32_t invariant_depth = 500;  ///< calls of each
    bool fail_on_revert = false;          ///< a call of a campaign that reverts fails it
    bool fail_fast = false;               ///< a contract's campaign ends at its first failure, which is not shrunk
    bool fresh = false;                   ///< neither try nor keep sequences that failed
    std::uint64_t seed = 0x7a1ea;
    bool json = false;
    int verbosity = 0;  ///< 1: console logs of passing tests too; 2: traces of all tests; 3: traces of setUp too
    unsigned jobs = 0;  ///< contracts at a time; 0: one a core
    std::optional<std::filesystem::path> modules;  ///< folder whose node_modules hold solc
    std::optional<std::filesystem::path> cache;
    std::optional<std::filesystem::path> failures;  ///< folder of sequences that failed; set by run_tests
    bool color = false;
};

/// Compiles and runs the tests, prints the report to stdout and talk to stderr. The exit code of the program: 0 all
/// passed, 1 some failed or did not compile, 2 nothing to run or no compiler.
int run_tests(const TestOptions& options);

struct CompileOptions {
    std::filesystem::path path = ".";
    std::optional<std::filesystem::path> out;  ///< folder for one JSON file a contract; nothing is written without
    bool json = false;
    std::optional<std::filesystem::path> modules;
    std::optional<std::filesystem::path> cache;
};

/// Compiles the sources of a project (its `src`, or the one file given) and prints each contract with its size.
int run_compile(const CompileOptions& options);

}  // namespace talea::runner
