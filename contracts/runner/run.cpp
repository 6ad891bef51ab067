#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "contracts/runner/compiler.hpp"
#include "contracts/runner/crew.hpp"
#include "contracts/runner/options.hpp"
#include "contracts/runner/project.hpp"
#include "contracts/runner/report.hpp"
#include "contracts/runner/suite.hpp"
#include "vm/base/hex.hpp"

namespace talea::runner {
namespace {

namespace fs = std::filesystem;

// DESIGN 8.
constexpr int exit_done = 0, exit_failed = 1, exit_usage = 2;
/// EIP-170.
constexpr std::size_t runtime_bytes_max = 24'576;

void say(const std::string& text) {
    std::fputs((text + "\n").c_str(), stderr);
}
void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

/// A project with the compiler for it, or a sentence said and nothing.
struct Workshop {
    Project project;
    Compiler compiler;
};
std::optional<Workshop> open_workshop(const fs::path& path, const std::optional<fs::path>& modules,
                                      const std::optional<fs::path>& cache) {
    const auto project = find_project(path);
    if (!project) {
        say(fmt::format("{}: {}", path.string(), to_string(project.error())));
        return std::nullopt;
    }
    const auto found = find_modules(*project, modules);
    if (!found) {
        say("the Solidity compiler is not installed: run setup.sh in Talea's source tree, or npm install solc "
            "@openzeppelin/contracts in the project, or name a folder with both in node_modules (--solc, TALEA_SOLC)");
        return std::nullopt;
    }
    return Workshop{*project, Compiler(*project, *found, cache_folder(cache))};
}

int complain(const CompileError& error) {
    say(fmt::format("{}:\n{}", to_string(error.kind), error.text));
    return error.kind == CompileErrorKind::solidity ? exit_failed : exit_usage;
}

std::expected<std::vector<TestContract>, CompileError> load_tests(const Compiler& compiler,
                                                                  const Compilation& compilation,
                                                                  const std::vector<std::string>& units) {
    std::vector<TestContract> contracts;
    for (const ContractEntry& entry : compilation.contracts) {
        if (entry.kind != ContractKind::contract || std::ranges::find(units, entry.unit) == units.end()) continue;
        auto contents = compiler.load(entry);
        if (!contents) return std::unexpected(contents.error());
        auto abi = abi::Interface::parse(contents->abi);
        if (!abi)
            return std::unexpected(CompileError{CompileErrorKind::cache_unusable,
                                                fmt::format("{}: {}", entry.name, to_string(abi.error()))});
        if (has_tests(*abi)) contracts.push_back({entry, std::move(*contents), std::move(*abi)});
    }
    return contracts;
}

/// Reads libraries when they are first asked for; by several threads.
class Libraries {
  public:
    Libraries(const Compiler& compiler, const Compilation& compilation)
        : compiler_(compiler), compilation_(compilation) {}

    const ContractContents* find(const LibraryReference& wanted) {
        const std::lock_guard lock(mutex_);
        const auto key = std::pair(wanted.unit, wanted.name);
        if (const auto found = read_.find(key); found != read_.end()) return &found->second;
        for (const ContractEntry& entry : compilation_.contracts) {
            if (entry.unit != wanted.unit || entry.name != wanted.name) continue;
            auto contents = compiler_.load(entry);
            if (!contents) return nullptr;
            return &read_.emplace(key, std::move(*contents)).first->second;
        }
        return nullptr;
    }

  private:
    const Compiler& compiler_;
    const Compilation& compilation_;
    std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, ContractContents> read_;
};

/// Runs the contracts on `jobs` threads, which help each other with campaigns when no contract is left; `done` is
/// called for each in their order, as soon as it and all before it are finished, from this thread.
template <typename Done>
std::vector<ContractResult> run_all(const std::vector<TestContract>& contracts, const LibraryFinder& find_library,
                                    const ContractBook& book, const TestOptions& options, Done done) {
    std::vector<std::optional<ContractResult>> results(contracts.size());
    std::mutex mutex;
    std::condition_variable finished;
    std::atomic<std::size_t> next = 0, unfinished = contracts.size();
    Crew crew;
    const auto work = [&] {
        for (std::size_t i; (i = next++) < contracts.size();) {
            ContractResult result = run_contract(contracts[i], find_library, book, options, crew);
            if (--unfinished == 0) crew.close();
            const std::lock_guard lock(mutex);
            results[i] = std::move(result);
            finished.notify_one();
        }
        if (unfinished > 0) crew.help();
    };
    const std::size_t wanted = options.jobs != 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::jthread> workers;
    for (std::size_t i = 0; i < wanted; ++i) workers.emplace_back(work);
    std::vector<ContractResult> out;
    for (auto& slot : results) {
        std::unique_lock lock(mutex);
        finished.wait(lock, [&] { return slot.has_value(); });
        lock.unlock();
        done(*slot);
        out.push_back(std::move(*slot));
    }
    return out;
}

}  // namespace

int run_tests(const TestOptions& given) {
    const auto begun = std::chrono::steady_clock::now();
    auto workshop = open_workshop(given.path, given.modules, given.cache);
    if (!workshop) return exit_usage;
    TestOptions options = given;
    if (!options.fresh) options.failures = failures_folder(workshop->project, cache_folder(given.cache));
    const std::vector<std::string> units = test_units(workshop->project);
    if (units.empty()) {
        say(fmt::format("{}: no test files (*.t.sol)",
                        workshop->project.only.value_or(workshop->project.root / "test").string()));
        return exit_usage;
    }
    const auto compilation = workshop->compiler.compile(units);
    if (!compilation) return complain(compilation.error());
    for (const std::string& warning : compilation->warnings) say(warning);
    const double compiled = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    if (compilation->units_compiled > 0)
        say(fmt::format("compiled {} of {} test files in {:.1f} s", compilation->units_compiled, units.size(),
                        compiled));
    const auto contracts = load_tests(workshop->compiler, *compilation, units);
    if (!contracts) return complain(contracts.error());

    const ContractBook book(workshop->compiler, compilation->contracts);
    Libraries libraries(workshop->compiler, *compilation);
    const auto results = run_all(
        *contracts, [&](const LibraryReference& wanted) { return libraries.find(wanted); }, book, options,
        [&](const ContractResult& result) {
            if (!options.json && !result.tests.empty()) print(format_contract(result, options));
        });
    Totals totals = count(results);
    totals.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    if (totals.passed + totals.failed + totals.skipped == 0) {
        say(options.match.empty() ? "no tests: their names begin with test or invariant"
                                  : fmt::format("no test matches {}", options.match));
        return exit_usage;
    }
    print(options.json ? format_json(results, totals, options) : format_totals(totals, options));
    return totals.failed > 0 ? exit_failed : exit_done;
}

int run_compile(const CompileOptions& options) {
    auto workshop = open_workshop(options.path, options.modules, options.cache);
    if (!workshop) return exit_usage;
    const std::vector<std::string> units = source_units(workshop->project);
    if (units.empty()) {
        say(fmt::format("{}: no sources (*.sol)",
                        workshop->project.only.value_or(workshop->project.root / "src").string()));
        return exit_usage;
    }
    const auto compilation = workshop->compiler.compile(units);
    if (!compilation) return complain(compilation.error());
    for (const std::string& warning : compilation->warnings) say(warning);

    std::error_code error;
    if (options.out) fs::create_directories(*options.out, error);
    nlohmann::ordered_json rows = nlohmann::json::array();
    bool too_large = false;
    for (const ContractEntry& entry : compilation->contracts) {
        if (std::ranges::find(units, entry.unit) == units.end()) continue;
        const auto contents = workshop->compiler.load(entry);
        if (!contents) return complain(contents.error());
        const std::size_t size = contents->runtime_code.size();
        too_large |= size > runtime_bytes_max;
        if (options.out) {
            const nlohmann::ordered_json artifact = {
                {"name", entry.name},
                {"unit", entry.unit},
                {"abi", nlohmann::ordered_json::parse(contents->abi)},
                {"bytecode", vm::to_hex(contents->creation_code)},
                {"deployedBytecode", vm::to_hex(contents->runtime_code)},
            };
            const fs::path path = *options.out / (entry.name + ".json");
            std::ofstream file(path, std::ios::trunc);
            file << artifact.dump(2) << "\n";
            if (!file.flush()) {
                say(fmt::format("{} cannot be written", path.string()));
                return exit_usage;
            }
        }
        if (size == 0) continue;
        rows.push_back({{"name", entry.name}, {"unit", entry.unit}, {"codeBytes", size}});
        if (!options.json)
            print(fmt::format(
                "{:<28} {:>6} bytes{}  {}\n", entry.name, size,
                size > runtime_bytes_max ? fmt::format(", more than the {} a chain accepts", runtime_bytes_max) : "",
                entry.unit));
    }
    if (options.json) print(rows.dump(2) + "\n");
    return too_large ? exit_failed : exit_done;
}

}  // namespace talea::runner
