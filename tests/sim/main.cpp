#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>

#include "sim/chain_export.hpp"
#include "sim/performance.hpp"
#include "sim/simulation.hpp"
#include "sim/story.hpp"

/// talea-sim: whole networks from seeds. Exit codes: 0 all good; 10 a program of ours crashed; 11 stuck; 12 wrong.
namespace {

using namespace talea::sim;

constexpr int exit_crash = 10, exit_stuck = 11, exit_wrong = 12;

std::array<char, 256> crash_note{};

/// An invariant of ours broke (`check` has said which): say how to see it again.
void on_abort(int) {
    static_cast<void>(write(STDERR_FILENO, crash_note.data(), std::strlen(crash_note.data())));
    _exit(exit_crash);
}

void note_seed(std::uint64_t seed) {
    const auto end = fmt::format_to_n(crash_note.data(), crash_note.size() - 1,
                                      "seed {} crashed; again: talea-sim --seeds 1 --first {} --trace\n", seed, seed);
    *end.out = '\0';
}

double seconds_since(std::chrono::steady_clock::time_point begun) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

struct Arguments {
    std::uint64_t seeds = 100;
    std::uint64_t first = 1;
    bool trace = false;
    bool traces = false;
    bool twice = false;
    bool healthy = false;
    bool until_failure = false;
    bool stories = false;
    bool performance = false;
    bool all_marks = false;
    std::string story;
    double seconds = 0;
    std::string export_file, directory;
};

struct Totals {
    std::uint64_t runs = 0, blocks = 0, transactions = 0, steps = 0;
    Micros time = 0;
    Marks marks;
};

void export_if_asked(Simulation& simulation, const Arguments& arguments) {
    if (!arguments.directory.empty()) {
        const auto written = write_directory(simulation, arguments.directory);
        if (!written) fmt::print(stderr, "talea-sim: {}\n", written.error());
    }
    if (arguments.export_file.empty()) return;
    std::ofstream file(arguments.export_file);
    file << export_chain(simulation);
    if (!file.flush()) fmt::print(stderr, "talea-sim: cannot write '{}'\n", arguments.export_file);
}

/// Runs one seed; tells and returns the exit code where it fails.
int run_seed(std::uint64_t seed, const Arguments& arguments, Totals& totals) {
    note_seed(seed);
    const Options options = arguments.healthy ? healthy_options(seed) : draw_options(seed);
    Simulation simulation(options, arguments.trace);
    const Result result = simulation.run();
    export_if_asked(simulation, arguments);
    ++totals.runs;
    totals.blocks += result.blocks;
    totals.transactions += result.transactions;
    totals.steps += result.steps;
    totals.time += result.time;
    totals.marks.add(simulation.marks());
    if (arguments.twice) {
        Simulation second(options, false);
        if (second.run().trace_hash != result.trace_hash) {
            fmt::print("seed {} has two traces\n", seed);
            return exit_wrong;
        }
    }
    if (result.verdict == Verdict::good) {
        if (arguments.traces) fmt::print("seed {} traces to {:016x}\n", seed, result.trace_hash);
        return 0;
    }
    fmt::print("{}\nseed {} is {}: {}\nagain: talea-sim --seeds 1 --first {} --trace\n", to_string(options), seed,
               result.verdict == Verdict::stuck ? "stuck" : "wrong", result.sentence, seed);
    return result.verdict == Verdict::stuck ? exit_stuck : exit_wrong;
}

int run_seeds(const Arguments& arguments) {
    const auto begun = std::chrono::steady_clock::now();
    Totals totals;
    int worst = 0;
    std::uint64_t failed = 0;
    for (std::uint64_t seed = arguments.first; seed < arguments.first + arguments.seeds; ++seed) {
        if (arguments.seconds > 0 && seconds_since(begun) > arguments.seconds) break;
        const int code = run_seed(seed, arguments, totals);
        if (code != 0) ++failed;
        worst = std::max(worst, code);
        if (code != 0 && arguments.until_failure) break;
    }
    const double took = seconds_since(begun);
    fmt::print(
        "{} seeds from {}: {} blocks, {} transactions, {} events; {} virtual seconds in {:.1f} s ({:.0f} a second)\n",
        totals.runs, arguments.first, totals.blocks, totals.transactions, totals.steps, totals.time / second, took,
        static_cast<double>(totals.time) / 1e6 / took);
    std::string zero;
    for (const auto& [name, count] : totals.marks.all()) {
        if (count == 0) {
            zero += zero.empty() ? name : ", " + name;
        } else {
            fmt::print("  {:<32} {:>10}\n", name, count);
        }
    }
    if (!zero.empty()) fmt::print("never: {}\n", zero);
    if (!zero.empty() && arguments.all_marks) {
        ++failed;
        worst = std::max(worst, exit_wrong);
    }
    fmt::print("{} passed, {} failed\n", totals.runs - failed, failed);
    return worst;
}

/// Tells the stories whose name was asked for, or all.
int run_stories(const Arguments& arguments) {
    int failed = 0, told = 0;
    for (const Story& story : stories()) {
        if (!arguments.story.empty() && story.name != arguments.story) continue;
        fmt::format_to_n(crash_note.data(), crash_note.size() - 1,
                         "story {0} crashed; again: talea-sim --story {0} --trace\n{1}", story.name, '\0');
        ++told;
        Teller teller(arguments.trace);
        story.tell(teller);
        const auto failure = teller.failure();
        export_if_asked(teller.network(), arguments);
        fmt::print("{} {}: {}\n", failure ? "FAILED" : "ok    ", story.name, story.claim);
        if (failure) fmt::print("       {}\n       again: talea-sim --story {} --trace\n", *failure, story.name);
        failed += failure ? 1 : 0;
    }
    fmt::print("{} passed, {} failed\n", told - failed, failed);
    return told == 0 ? 2 : failed == 0 ? 0 : exit_wrong;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "Runs whole Talea networks in one thread over virtual time, each from a seed: faults first, then a healed "
        "core."};
    Arguments arguments;
    app.add_option("--seeds", arguments.seeds, "how many")->capture_default_str();
    app.add_option("--first", arguments.first, "the first seed")->capture_default_str();
    app.add_option("--seconds", arguments.seconds, "no new seed after so many real seconds");
    app.add_flag("--trace", arguments.trace, "tell the story, one line an event");
    app.add_flag("--traces", arguments.traces, "say of each seed what its trace hashes to");
    app.add_flag("--twice", arguments.twice, "run each seed again and compare the traces");
    app.add_flag("--until-failure", arguments.until_failure, "end with the first seed that fails");
    app.add_flag("--all-marks", arguments.all_marks, "fail where a branch was never taken");
    app.add_flag("--healthy", arguments.healthy, "without faults");
    app.add_flag("--stories", arguments.stories, "all stories instead of seeds");
    app.add_option("--story", arguments.story, "one story");
    app.add_option("--export", arguments.export_file, "write the last network's chain, as `talead export` does");
    app.add_option("--directory", arguments.directory, "write the network's chain as a new data directory");
    app.add_flag("--performance", arguments.performance, "measure healthy networks, and the simulator");
    CLI11_PARSE(app, argc, argv);
    std::signal(SIGABRT, on_abort);
    if (arguments.performance) return measure_performance() == 0 ? 0 : exit_wrong;
    if (arguments.stories || !arguments.story.empty()) return run_stories(arguments);
    return run_seeds(arguments);
}
