// bench_execution [--holders N] [--transfers N] [--block N] [--json]
//
// Restricted transfers executed in one process and thread: RestrictedToken under a policy of four rules, mode
// `enforced`, signatures recovered beforehand, a state of maps in memory, the first 10,000 transfers not counted.
// Prints the rate beside what one core recovers of signatures and, where the public benchmark set is there, beside its
// yardstick, both measured in the same run.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "bench/execution/processor_time.hpp"
#include "bench/execution/restricted_world.hpp"
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

std::size_t number_after(int argc, char** argv, std::string_view name, std::size_t otherwise) {
    for (int i = 1; i + 1 < argc; ++i)
        if (argv[i] == name) return std::strtoull(argv[i + 1], nullptr, 10);
    return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t holders = number_after(argc, argv, "--holders", 10'000);
    const std::size_t wanted = number_after(argc, argv, "--transfers", 200'000);
    const std::size_t per_block = number_after(argc, argv, "--block", 1'000);
    const bool json = std::any_of(argv + 1, argv + argc, [](std::string_view arg) { return arg == "--json"; });
    if (holders < 2 || wanted == 0 || per_block == 0) {
        std::fputs("usage: bench_execution [--holders N] [--transfers N] [--block N] [--json]\n", stderr);
        return 2;
    }

    double yardstick = measure_yardstick();
    const double recoveries_before = measure_recoveries();
    std::string folder = (std::filesystem::temp_directory_path() / "bench_execution-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) {
        std::fprintf(stderr, "%s cannot be made\n", folder.c_str());
        return 2;
    }
    std::optional<bench::RestrictedWorld> made(std::in_place, holders, folder);
    bench::RestrictedWorld& world = *made;
    tests::Random random;
    vm::Evm evm;
    bench::RestrictedWorld::Took took;
    std::size_t executed = 0, counted = 0;
    double best_block_seconds = 1e9;
    while (counted < wanted) {
        const auto transfers = world.transfers(per_block, random);
        const auto block = world.execute(evm, transfers);
        executed += transfers.size();
        if (executed <= uncounted_transfers) continue;
        took.execution_seconds += block.execution_seconds;
        took.storing_seconds += block.storing_seconds;
        took.gas += block.gas;
        counted += transfers.size();
        best_block_seconds = std::min(best_block_seconds, block.execution_seconds);
        // It is timed by the wall: often enough, so that some measurement is not disturbed.
        if (counted % uncounted_transfers == 0) yardstick = std::min(yardstick, measure_yardstick());
    }
    world.check_balances(evm);
    made.reset();
    std::filesystem::remove_all(folder);
    const double recoveries = std::max(recoveries_before, measure_recoveries());

    const auto count = static_cast<double>(counted);
    const double rate = count / took.execution_seconds;
    const double best = static_cast<double>(per_block) / best_block_seconds;
    const double whole = count / (took.execution_seconds + took.storing_seconds);
    const double scale = yardstick / reference_yardstick_ns;
    if (json) {
        const nlohmann::ordered_json out = {
            {"transfers", counted},        {"holders", holders},
            {"blockTransfers", per_block}, {"gasPerTransfer", static_cast<double>(took.gas) / count},
            {"executionPerSecond", rate},  {"executionPerSecondBestBlock", best},
            {"storedPerSecond", whole},    {"recoveriesPerSecond", recoveries},
            {"yardstickNs", yardstick},    {"executionPerSecondScaled", rate * scale}};
        std::printf("%s\n", out.dump(2).c_str());
        return 0;
    }
    std::printf("%zu restricted transfers, policy of 4 rules, %zu holders, blocks of %zu, %.0f gas each\n", counted,
                holders, per_block, static_cast<double>(took.gas) / count);
    std::printf("  execution            %10.0f a second (%.2f us each; best block %.0f a second)\n", rate, 1e6 / rate,
                best);
    std::printf("  executed and stored  %10.0f a second\n", whole);
    std::printf("  signature recovery   %10.0f a second and core: execution is %.1f times that\n", recoveries,
                rate / recoveries);
    if (yardstick > 0)
        std::printf("  yardstick            %10.0f ns; execution scaled to %.0f ns: %.0f a second\n", yardstick,
                    reference_yardstick_ns, rate * scale);
    else
        std::printf("  yardstick            not measured: the public benchmark set is not there\n");
    return 0;
}
