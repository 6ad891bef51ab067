#include "contracts/runner/commands.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "contracts/runner/options.hpp"

namespace talea::runner {
namespace {

bool wants_color() {
    const char* term = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr &&
           (term == nullptr || std::strcmp(term, "dumb") != 0);
}

void add_compiler_options(CLI::App& command, std::optional<std::filesystem::path>& modules,
                          std::optional<std::filesystem::path>& cache) {
    command.add_option("--solc", modules,
                       "Folder whose node_modules hold solc and @openzeppelin/contracts (also: TALEA_SOLC)");
    command.add_option("--cache", cache,
                       "Folder where compilations are kept (default: talea/solidity in your cache folder)");
}

void add_test(CLI::App& program, std::function<int()>& chosen) {
    CLI::App& command = *program.add_subcommand(
        "test",
        "Test Solidity contracts on the VM that will run them, registries included\n\n"
        "Example: talea test contracts --match RestrictedToken\n\n"
        "Runs every function whose name begins with `test` of every contract in test/**/*.t.sol, each on the state "
        "that\n"
        "setUp() left. Functions with parameters are fuzzed. Functions whose name begins with `invariant` are asked "
        "after\n"
        "each of many random calls of what setUp() made (targetContract, targetSelector, ... choose); calls that break "
        "one\n"
        "are shrunk, kept in the cache folder, and tried first the next time. The test contract holds ADMIN, NETWORK "
        "and "
        "REGISTRAR_ADMIN in\n"
        "the native registries. Exit codes: 0 all passed, 1 some failed or did not compile, 2 nothing to run.");
    const auto options = std::make_shared<TestOptions>();
    command.add_option("path", options->path, "Project, folder or test file")->capture_default_str();
    command.add_option("--match", options->match, "Only tests whose \"Contract.test\" holds this text");
    command.add_option("--fuzz-runs", options->fuzz_runs, "Runs of each fuzz test")
        ->check(CLI::Range(1, 100'000'000))
        ->capture_default_str();
    command.add_option("--invariant-runs", options->invariant_runs, "Runs of a contract's invariants")
        ->check(CLI::Range(1, 100'000'000))
        ->capture_default_str();
    command.add_option("--invariant-depth", options->invariant_depth, "Random calls of each run")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    command.add_flag("--fail-on-revert", options->fail_on_revert, "A random call that reverts is a failure");
    command.add_flag("--fail-fast", options->fail_fast,
                     "End a contract's random calls at their first failure, told as it was found, not shrunk");
    command.add_flag("--fresh", options->fresh, "Neither try nor keep sequences of calls that failed");
    command
        .add_option("--seed", options->seed,
                    "Seed of fuzz tests and of random calls: the same seed gives the same runs")
        ->capture_default_str();
    command.add_option("--jobs", options->jobs, "Contracts at a time (0: as many as there are cores)")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command.add_flag("--json", options->json, "Print one JSON object instead of the report");
    command.add_flag("-v,--verbose", options->verbosity,
                     "Show console logs of all tests; -vv traces too; -vvv those of setUp too");
    add_compiler_options(command, options->modules, options->cache);
    command.callback([options, &chosen] {
        chosen = [options] {
            options->color = !options->json && wants_color();
            return run_tests(*options);
        };
    });
}

void add_compile(CLI::App& program, std::function<int()>& chosen) {
    CLI::App& command = *program.add_subcommand(
        "compile",
        "Compile a project's Solidity sources with the pinned compiler and print the size of each contract\n\n"
        "Example: talea compile contracts --out artifacts\n\n"
        "Exit codes: 0 done, 1 does not compile or is too large for a chain, 2 nothing to compile or no compiler.");
    const auto options = std::make_shared<CompileOptions>();
    command.add_option("path", options->path, "Project, folder or source file")->capture_default_str();
    command.add_option("--out", options->out, "Folder for one JSON file a contract: abi, bytecode, deployedBytecode");
    command.add_flag("--json", options->json, "Print one JSON array instead of lines");
    add_compiler_options(command, options->modules, options->cache);
    command.callback([options, &chosen] { chosen = [options] { return run_compile(*options); }; });
}

}  // namespace

void add_commands(CLI::App& program, std::function<int()>& chosen) {
    add_test(program, chosen);
    add_compile(program, chosen);
}

}  // namespace talea::runner
