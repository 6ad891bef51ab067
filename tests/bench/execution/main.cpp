// bench_execution [--holders N]... [--transfers N] [--block N] [--json]
//
// Transfers executed in one process and thread: of the chain's own coin, of an ordinary ERC-20, and of a
// RestrictedToken under a policy of four rules; mode `enforced`, signatures recovered beforehand, the node's own state
// in LevelDB opened cold, the first 10,000 transfers not counted. Each with N holders (1,000; the restricted one
// 1,000,000 too). Prints rates by processor time beside what one core recovers of signatures and, where the public
// benchmark set is there, beside its yardstick, all measured in the same run.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/execution/processor_time.hpp"
#include "bench/execution/transfer_world.hpp"
#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/crypto/secp256k1.hpp"

#ifdef TALEA_YARDSTICK
double yardstick_ns(int repetitions, std::uint64_t* checksum);
#endif

namespace {

using namespace talea;

constexpr std::size_t uncounted_transfers = 10'000;
constexpr double reference_yardstick_ns = 2'083;  // of the machine that rates are stated for (DESIGN 11)

double measure_yardstick() {
#ifdef TALEA_YARDSTICK
    std::uint64_t checksum = 0;
    return yardstick_ns(24, &checksum);
#else
    return 0;
#endif
}

double measure_recoveries() {
    const vm::PrivateKey key{vm::to_hash(vm::u256{0xa11ce})};
    std::vector<std::pair<vm::Hash, vm::Signature>> signed_digests;
    for (std::uint64_t i = 0; i < 64; ++i) {
        const vm::Hash digest = vm::keccak256(vm::to_hash(vm::u256{i}).bytes);
        signed_digests.emplace_back(digest, vm::sign(key, digest));
    }
    const double begun = bench::processor_seconds();
    std::size_t recovered = 0;
    double seconds = 0;
    while ((seconds = bench::processor_seconds() - begun) < 0.5)
        for (const auto& [digest, signature] : signed_digests)
            recovered += vm::recover_address(digest, signature).has_value() ? 1U : 0U;
    return static_cast<double>(recovered) / seconds;
}

struct Options {
    std::vector<std::size_t> holders;
    std::size_t transfers = 50'000;
    std::size_t per_block = 1'000;
    bool json = false;
};

std::optional<Options> parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--json") {
            options.json = true;
            continue;
        }
        const std::size_t value = i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0;
        if (name == "--holders" && value >= 2)
            options.holders.push_back(value);
        else if (name == "--transfers" && value > 0)
            options.transfers = value;
        else if (name == "--block" && value > 0)
            options.per_block = value;
        else
            return {};
    }
    return options;
}

struct Measured {
    bench::Moved moved = bench::Moved::coin;
    std::size_t holders = 0;
    std::size_t transfers = 0;
    bench::TransferWorld::Took took;
    double best_block_seconds = 1e9;
    double yardstick = 1e9;

    [[nodiscard]] double a_second(double seconds) const { return static_cast<double>(transfers) / seconds; }
    [[nodiscard]] double executed() const { return a_second(took.execution_seconds); }
    [[nodiscard]] double with_roots() const { return a_second(took.execution_seconds + took.root_seconds); }
    [[nodiscard]] double stored() const {
        return a_second(took.execution_seconds + took.root_seconds + took.storing_seconds);
    }
    [[nodiscard]] double gas_each() const { return static_cast<double>(took.gas) / static_cast<double>(transfers); }
    [[nodiscard]] double scaled() const { return executed() * yardstick / reference_yardstick_ns; }
};

Measured measure(bench::Moved moved, std::size_t holders, const Options& options) {
    std::string folder = (std::filesystem::temp_directory_path() / "bench_execution-XXXXXX").string();
    vm::check(::mkdtemp(folder.data()) != nullptr, "a temporary folder can be made");
    Measured measured;
    measured.moved = moved;
    measured.holders = holders;
    {
        bench::TransferWorld world(moved, holders, folder);
        tests::Random random;
        vm::Evm evm;
        std::size_t executed = 0;
        while (measured.transfers < options.transfers) {
            const auto transfers = world.transfers(options.per_block, random);
            const auto block = world.execute(evm, transfers);
            executed += transfers.size();
            if (executed <= uncounted_transfers) continue;
            measured.took.execution_seconds += block.execution_seconds;
            measured.took.root_seconds += block.root_seconds;
            measured.took.storing_seconds += block.storing_seconds;
            measured.took.gas += block.gas;
            measured.transfers += transfers.size();
            measured.best_block_seconds = std::min(measured.best_block_seconds, block.execution_seconds);
            // It is timed by the wall: often enough, so that some measurement is not disturbed.
            if (measured.transfers % uncounted_transfers == 0)
                measured.yardstick = std::min(measured.yardstick, measure_yardstick());
        }
        world.check_balances(evm);
    }
    std::filesystem::remove_all(folder);
    return measured;
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = parse(argc, argv);
    if (!options) {
        std::fputs("usage: bench_execution [--holders N]... [--transfers N] [--block N] [--json]\n", stderr);
        return 2;
    }
    std::vector<std::pair<bench::Moved, std::size_t>> wanted;
    for (const auto moved : bench::all_moved)
        for (const std::size_t holders : options->holders.empty() ? std::vector<std::size_t>{1'000} : options->holders)
            wanted.emplace_back(moved, holders);
    if (options->holders.empty()) wanted.emplace_back(bench::Moved::restricted_token, 1'000'000);

    double recoveries = measure_recoveries();
    if (!options->json)
        std::printf(
            "%zu transfers in blocks of %zu, with receipts; a second of processor time:\n%-10s %8s %8s %10s %10s "
            "%10s %10s %10s\n",
            options->transfers, options->per_block, "moved", "holders", "gas each", "executed", "best block",
            "with roots", "stored", "scaled");
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    double yardstick = 0;
    for (const auto& [moved, holders] : wanted) {
        const auto measured = measure(moved, holders, *options);
        recoveries = std::max(recoveries, measure_recoveries());
        yardstick = measured.yardstick;
        const double best = static_cast<double>(options->per_block) / measured.best_block_seconds;
        rows.push_back({{"moved", to_string(moved)},
                        {"holders", holders},
                        {"gasPerTransfer", measured.gas_each()},
                        {"executedPerSecond", measured.executed()},
                        {"executedPerSecondBestBlock", best},
                        {"withRootsPerSecond", measured.with_roots()},
                        {"storedPerSecond", measured.stored()},
                        {"executedPerSecondScaled", measured.scaled()},
                        {"yardstickNs", measured.yardstick}});
        if (options->json) continue;
        std::printf("%-10s %8zu %8.0f %10.0f %10.0f %10.0f %10.0f %10.0f\n", std::string(to_string(moved)).c_str(),
                    holders, measured.gas_each(), measured.executed(), best, measured.with_roots(), measured.stored(),
                    measured.scaled());
        std::fflush(stdout);
    }
    if (options->json) {
        const nlohmann::ordered_json out = {
            {"transfers", options->transfers}, {"recoveriesPerSecond", recoveries}, {"rows", rows}};
        std::printf("%s\n", out.dump(2).c_str());
        return 0;
    }
    std::printf("signature recovery: %.0f a second and core\n", recoveries);
    if (yardstick > 0)
        std::printf("yardstick: %.0f ns; \"scaled\" is what was executed at a yardstick of %.0f ns\n", yardstick,
                    reference_yardstick_ns);
    else
        std::printf("yardstick: not measured, the public benchmark set is not there\n");
    return 0;
}
