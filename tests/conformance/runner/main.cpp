/// talea-conformance [DIR | FILE]: runs the public Ethereum state and block tests on Talea's VM.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "conformance/runner/block_test.hpp"
#include "conformance/runner/fixture.hpp"
#include "conformance/runner/state_test.hpp"
#include "conformance/runner/tally.hpp"

namespace fs = std::filesystem;
using namespace talea::conformance;

namespace {

constexpr unsigned threads_max = 16;
constexpr std::size_t failures_shown = 40;
constexpr const char* default_suites =
    "eest-state classic-state eest-blocks eest-blocks-wrapped eest-next-blocks eest-next-blocks-wrapped "
    "eest-older-blocks classic-blocks";

struct Options {
    std::string path;
    std::string fork;
    std::string filter;
    std::string counts;
    bool json = false;
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

/// The suites that are run by default, unpacked beside the build (a second call returns at once); empty where there is
/// no pack.
fs::path unpacked_pack() {
    const fs::path unpack = shared_folder() / "conformance" / "unpack";
    if (!fs::exists(unpack)) return {};
    const fs::path to = fs::path(TALEA_SOURCE_DIR) / "build" / "conformance";
    fs::create_directories(to);
    const std::string command = "'" + unpack.string() + "' '" + to.string() + "' " + default_suites + " >&2";
    return std::system(command.c_str()) == 0 ? to : fs::path();
}

/// All test files below `root`, in one order; but for the suite "classic", which has neither state nor block tests.
std::vector<fs::path> files_below(const fs::path& root) {
    std::vector<fs::path> files;
    if (fs::is_regular_file(root)) return {root};
    for (auto entry = fs::recursive_directory_iterator(root); entry != fs::recursive_directory_iterator(); ++entry) {
        if (entry->path() == root / "classic") entry.disable_recursion_pending();
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

/// Puts one case's outcome where it is counted.
class Recorder {
  public:
    Recorder(Tally& tally, std::string folder, std::string file)
        : tally_(tally), folder_(std::move(folder)), file_(std::move(file)) {}

    void add(const std::string& test, const std::string& fork, std::size_t index, Outcome outcome) {
        Counts& counts = tally_.by_folder[folder_][fork];
        ++(outcome.passed ? counts.passed : counts.failed);
        if (!outcome.passed) tally_.failures.push_back({file_, test, fork, std::move(outcome.why), index});
    }
    void add_older(const std::string& fork) { ++tally_.older_forks[fork]; }

  private:
    Tally& tally_;
    std::string folder_, file_;
};

void run_file(talea::vm::Evm& evm, FixtureReader& reader, const fs::path& file, const std::string& folder,
              const Options& options, Tally& tally) {
    Recorder recorder(tally, folder, file.string());
    const Fixture fixture = reader.read(file.string(), options.filter, true);
    if (!fixture.error.empty()) return recorder.add("(the file)", "-", 0, failed(fixture.error));
    const auto wanted = [&](const std::string& fork) { return options.fork.empty() || fork == options.fork; };
    for (const StateTest& test : fixture.state_tests)
        for (const StatePost& post : test.posts) {
            if (!wanted(post.fork)) continue;
            if (fork_of_suite(post.fork))
                recorder.add(test.name, post.fork, post.index, run_state_test(evm, test, post));
            else
                recorder.add_older(post.fork);
        }
    for (const BlockTest& test : fixture.block_tests) {
        if (!wanted(test.network)) continue;
        if (!test.blocks.empty())
            recorder.add(test.name, test.network, 0, run_block_test(evm, test));
        else
            recorder.add_older(test.network);
    }
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
                talea::vm::Evm evm;
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
    if (options.filter.empty()) wrong_counts = compare_counts(tally, expected);
    const Counts total = tally.total();
    if (total.ran() == 0) {
        std::fprintf(stderr, "talea-conformance: no test below %s is of the asked kind\n", root.c_str());
        return 2;
    }
    if (options.json) {
        std::puts(as_json(tally).c_str());
    } else {
        std::fputs(as_text(tally, failures_shown).c_str(), stdout);
        for (const std::string& sentence : wrong_counts) std::printf("FAILED count: %s\n", sentence.c_str());
        std::printf("%.1f s on %u threads\n", took.count(), options.threads);
        std::printf("%zu passed, %zu failed, 0 skipped\n", total.passed, total.failed + wrong_counts.size());
    }
    return total.failed == 0 && wrong_counts.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "Runs the public Ethereum state and block tests on Talea's VM and counts what passes.\n\n"
        "  talea-conformance                        the whole pack\n"
        "  talea-conformance --fork Osaka DIR       one fork of the tests below DIR\n"
        "  talea-conformance test_name.json         one file"};
    Options options;
    app.add_option("path", options.path,
                   "folder or file (default: TALEA_CONFORMANCE_DIR, else the pack below TALEA_SHARED, unpacked)");
    app.add_option("--fork", options.fork, "only cases of this fork or transition, by the suites' name: Osaka");
    app.add_option("--filter", options.filter, "only tests whose name contains this text");
    app.add_option("--counts", options.counts, "COUNTS.json to compare the number of cases with");
    app.add_option("--threads", options.threads, "how many threads run tests")->check(CLI::Range(1U, threads_max));
    app.add_flag("--json", options.json, "print one JSON object instead of a table");
    try {
        CLI11_PARSE(app, argc, argv);
        return run(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "talea-conformance: %s\n", error.what());
        return 2;
    }
}
