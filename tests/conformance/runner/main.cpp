/// talea-conformance [DIR | FILE]: runs the public Ethereum tests on Talea's VM.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <thread>

#include "conformance/runner/block_test.hpp"
#include "conformance/runner/classic.hpp"
#include "conformance/runner/fixture.hpp"
#include "conformance/runner/state_test.hpp"
#include "conformance/runner/statetest_command.hpp"
#include "conformance/runner/step_trace.hpp"
#include "conformance/runner/tally.hpp"

namespace fs = std::filesystem;
using namespace talea::conformance;

namespace {

constexpr unsigned threads_max = 16;
constexpr std::size_t failures_shown = 40;

struct Options {
    std::string path;
    std::string fork;
    std::string filter;
    std::string counts;
    bool json = false;
    bool traced = false;
    unsigned threads = std::clamp(std::thread::hardware_concurrency(), 1U, threads_max);
};

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

/// The folder of the shared packs: TALEA_SHARED, else beside the repository.
fs::path shared_folder() {
    const std::string named = environment("TALEA_SHARED");
    return named.empty() ? fs::path(TALEA_SOURCE_DIR).parent_path() / "shared" : fs::path(named);
}

/// The pack, unpacked beside the build (a second call returns at once); empty where there is none.
fs::path unpacked_pack() {
    const fs::path unpack = shared_folder() / "conformance" / "unpack";
    if (!fs::exists(unpack)) return {};
    const fs::path to = fs::path(TALEA_SOURCE_DIR) / "build" / "conformance";
    fs::create_directories(to);
    const std::string command = "'" + unpack.string() + "' '" + to.string() + "' >&2";
    return std::system(command.c_str()) == 0 ? to : fs::path();
}

/// All test files below `root`, in one order; but for folders of the archives' own data.
std::vector<fs::path> files_below(const fs::path& root) {
    std::vector<fs::path> files;
    if (fs::is_regular_file(root)) return {root};
    for (auto entry = fs::recursive_directory_iterator(root); entry != fs::recursive_directory_iterator(); ++entry) {
        if (entry->is_directory() && entry->path().filename().string().starts_with('.'))
            entry.disable_recursion_pending();  // .meta, .stamps
        if (entry->is_regular_file() && entry->path().extension() == ".json") files.push_back(entry->path());
    }
    std::ranges::sort(files);
    return files;
}

/// "eest-state/prague" of "eest-state/prague/eip7702/test.json": the suite and its first folder.
std::string folder_of(const fs::path& file, const fs::path& root) {
    const fs::path relative = file == root ? file.filename() : file.lexically_relative(root).parent_path();
    std::string out;
    std::size_t parts = 0;
    for (const fs::path& part : relative) {
        if (parts++ == 2) break;
        out += (out.empty() ? "" : "/") + part.string();
    }
    return out;
}

/// The case once more, instruction by instruction and watched: it must come to the same.
Outcome compare_traced(talea::vm::Evm& evm, const StateTest& test, const StatePost& post, const StateRun& plain) {
    std::ostringstream lines;
    StepTrace steps(lines, true, true);
    const StateRun traced = execute_state_test(evm, test, post, &steps);
    const bool same = traced.refusal == plain.refusal && traced.status == plain.status &&
                      traced.gas_used == plain.gas_used && traced.state_root == plain.state_root &&
                      traced.logs_hash == plain.logs_hash;
    return same ? Outcome{} : failed("a traced run comes to something else");
}

void run_file(talea::vm::Evm& evm, FixtureReader& reader, const fs::path& file, const std::string& folder,
              const Options& options, Tally& tally) {
    Recorder recorder(tally, folder, file.string(), options.fork, options.filter);
    if (run_classic_file(file, recorder)) return;
    const Fixture fixture = reader.read(file.string(), options.filter, true);
    if (!fixture.error.empty()) return recorder.add("(the file)", no_fork, 0, failed(fixture.error));
    for (const StateTest& test : fixture.state_tests)
        for (const StatePost& post : test.posts) {
            if (!recorder.wants(post.fork)) continue;
            if (!fork_of_suite(post.fork)) {
                recorder.add_older(post.fork);
                continue;
            }
            const StateRun run = execute_state_test(evm, test, post);
            Outcome outcome = judge(run, post);
            if (outcome.passed && options.traced) outcome = compare_traced(evm, test, post, run);
            recorder.add(test.name, post.fork, post.index, std::move(outcome));
        }
    for (const BlockTest& test : fixture.block_tests) {
        if (!recorder.wants(test.network)) continue;
        if (!test.blocks.empty())
            recorder.add(test.name, test.network, 0, run_block_test(evm, test));
        else
            recorder.add_older(test.network);
    }
    recorder.add_engine_tests(fixture.engine_tests);
    if (fixture.others != 0 && options.filter.empty()) recorder.add_unknown();
}

/// `base` is the folder that the suites stand in: what folders are named from.
Tally run_all(const fs::path& root, const fs::path& base, const Options& options) {
    const std::vector<fs::path> files = files_below(root);
    std::vector<Tally> tallies(options.threads);
    std::atomic<std::size_t> next = 0;
    {
        std::vector<std::jthread> threads;
        for (Tally& tally : tallies)
            threads.emplace_back([&] {
                talea::vm::Evm evm{talea::vm::Translate::all_code};
                FixtureReader reader;
                for (std::size_t i = next++; i < files.size(); i = next++)
                    run_file(evm, reader, files[i], folder_of(files[i], base), options, tally);
            });
    }
    Tally all;
    for (Tally& tally : tallies) all.merge(std::move(tally));
    return all;
}

int run(const Options& options) {
    fs::path root = options.path;
    std::string counts = options.counts;
    if (root.empty()) root = environment("TALEA_CONFORMANCE_DIR");
    if (root.empty()) root = unpacked_pack();
    if (root.empty()) {
        std::puts("skipped: no public test pack (set TALEA_CONFORMANCE_DIR or TALEA_SHARED)");
        std::puts("0 passed, 0 failed, 1 skipped");
        return 0;
    }
    if (!fs::exists(root)) {
        std::fprintf(stderr, "talea-conformance: there is no %s\n", root.c_str());
        return 2;
    }
    if (counts.empty()) counts = (shared_folder() / "conformance" / "COUNTS.json").string();
    const ExpectedCounts expected = read_expected_counts(counts);
    if (!root.has_filename()) root = root.parent_path();  // "eest-state/" is "eest-state"
    const fs::path base = expected.contains(root.filename().string()) ? root.parent_path() : root;
    const auto start = std::chrono::steady_clock::now();
    const Tally tally = run_all(root, base, options);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;

    std::vector<std::string> wrong_counts;
    if (options.filter.empty()) wrong_counts = compare_counts(tally, expected, options.fork);
    const Counts total = tally.total();
    if (total.ran() == 0) {
        if (!options.json) std::fputs(as_text(tally, failures_shown).c_str(), stdout);
        std::fprintf(stderr, "talea-conformance: no test below %s is of the asked kind\n", root.c_str());
        return 2;
    }
    if (options.json) {
        std::puts(as_json(tally).c_str());
    } else {
        std::fputs(as_text(tally, failures_shown).c_str(), stdout);
        for (const std::string& sentence : wrong_counts) std::printf("FAILED count: %s\n", sentence.c_str());
        std::printf("%.1f s on %u threads\n", took.count(), options.threads);
        std::printf("%zu passed, %zu failed, %zu skipped\n", total.passed, total.failed + wrong_counts.size(),
                    tally.left_out.size());
    }
    return total.failed == 0 && wrong_counts.empty() ? 0 : 1;
}

/// Reads file names from standard input where none is given.
int run_state_tests(const StateTestCommand& command, const std::vector<std::string>& files) {
    talea::vm::Evm evm;
    FixtureReader reader;
    int exit_code = 0;
    const auto one = [&](const std::string& file) {
        std::string error;
        if (run_state_test_file(command, evm, reader, file, std::cout, std::cerr, error)) return;
        std::fprintf(stderr, "talea-conformance: %s: %s\n", file.c_str(), error.c_str());
        exit_code = 2;
    };
    if (!files.empty()) {
        for (const std::string& file : files) one(file);
        return exit_code;
    }
    for (std::string file; std::getline(std::cin, file) && !file.empty();) one(file);
    return exit_code;
}

constexpr const char* description =
    "Runs the public Ethereum tests on Talea's VM and counts what passes.\n\n"
    "  talea-conformance                        the whole pack\n"
    "  talea-conformance --fork Osaka DIR       one fork of the tests below DIR\n"
    "  talea-conformance test_name.json         one file\n"
    "  talea-conformance statetest --trace FILE one state-test file, step by step, for fuzzers\n\n"
    "DIR is the pack, a published archive of execution-spec-tests or a checkout of ethereum/tests, each unpacked and\n"
    "otherwise as it is. What a file holds is seen from its content: state tests (state_tests, GeneralStateTests) and\n"
    "block tests (blockchain_tests, BlockchainTests) of Shanghai, Cancun, Prague, Osaka, BPO1 and later, and the\n"
    "transitions between them; and from a folder's name: TransactionTests (Shanghai and Cancun), TrieTests, RLPTests,\n"
    "BasicTests. What is not run is counted and named: forks before Shanghai, payloads of the engine API\n"
    "(blockchain_tests_engine), ABITests and KeyStoreTests (unit tests run them), other content.\n\n"
    "A case passes where state root, logs hash, block hash and, if it is refused, the reason's name are the file's.\n"
    "Exit code: 0 all passed and no count differs from COUNTS.json, 1 something failed, 2 nothing could be run.";

constexpr const char* statetest_description =
    "Runs state-test files case by case, for fuzzers that compare machines.\n\n"
    "Standard output: a JSON object a line and case: name, pass, fork, stateRoot, gasUsed, and error if it did not "
    "pass.\n"
    "Standard error: with --trace a line for each instruction and one at the end (EIP-3155, in geth's form); then, "
    "traced\n"
    "or not, {\"stateRoot\": \"0x...\"}. Without FILE the names of files are read from standard input, one a line.\n"
    "The options of geth's `evm statetest` with these names are taken, so that tools made for it can call this.\n"
    "Exit code: 0 all files were run, whatever their cases came to; 2 one could not be read.";

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{description};
    Options options;
    app.add_option("path", options.path,
                   "folder or file (default: TALEA_CONFORMANCE_DIR, else the pack below TALEA_SHARED, unpacked)");
    app.add_option("--fork", options.fork, "only cases of this fork or transition, by the suites' name: Osaka");
    app.add_option("--filter", options.filter, "only tests whose name contains this text");
    app.add_option("--counts", options.counts, "COUNTS.json to compare the number of cases with");
    app.add_option("--threads", options.threads, "how many threads run tests")->check(CLI::Range(1U, threads_max));
    app.add_flag("--json", options.json, "print one JSON object instead of a table");
    app.add_flag("--traced", options.traced, "run every state test under the tracer, too, and compare");

    StateTestCommand command;
    std::vector<std::string> files;
    std::string format;
    bool no_stack = false, no_return_data = false, no_memory = false;
    CLI::App* statetest = app.add_subcommand("statetest", statetest_description);
    statetest->add_option("files", files, "state-test files");
    statetest->add_flag("--trace", command.trace, "write a line for each instruction");
    statetest->add_option("--trace.format", format, "only json is there")->check(CLI::IsMember({"json"}));
    statetest->add_flag("--trace.nostack", no_stack, "leave out the stack");
    statetest->add_flag("--trace.noreturndata", no_return_data, "leave out the return data");
    statetest->add_flag("--trace.nomemory", no_memory, "taken for geth's sake: memory is never written");
    statetest->add_option("--fork,--statetest.fork", command.fork, "only cases of this fork");
    statetest->add_option("--index,--statetest.index", command.index, "only this entry of a fork");
    statetest->add_option("--name,--statetest.name", command.name, "only tests whose name contains this text");
    try {
        CLI11_PARSE(app, argc, argv);
        command.stack = !no_stack;
        command.return_data = !no_return_data;
        return statetest->parsed() ? run_state_tests(command, files) : run(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "talea-conformance: %s\n", error.what());
        return 2;
    }
}
