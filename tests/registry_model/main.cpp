// registry_model [--each N] [--seed N]
//
// The native registries against their Solidity models (contracts/src/model), both on one chain: random calls of every
// entry point go to both, and status, output, revert data, events and every counter must be the same; `preview` must
// say what `authorize` then does, `previewNet` what `authorizeNet` does. At least N calls (5,000; TALEA_MODEL_CALLS) of
// each entry point. Prints how often each ended how; the last line counts entry points, operations and codes.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "registry_model/walk.hpp"

namespace {

using namespace talea;

constexpr std::uint64_t steps_a_walk = 3'000;  // wallets retire and identities close for ever: begin anew
constexpr std::uint64_t full_run = 100'000;    // in which every code comes up 100 times

constexpr std::string_view operation_names[] = {"",        "TRANSFER", "ISSUE", "REDEEM", "FORCE",
                                                "RECOVER", "PLEDGE",   "SEIZE", "SETTLE", "RETURN"};
constexpr std::uint16_t codes[] = {2,   3,   4,   5,   101, 102, 201, 202, 203, 204, 205, 206, 207, 208, 209,
                                   301, 302, 401, 402, 501, 502, 503, 504, 601, 602, 603, 701, 801, 802};

std::uint64_t fewest(const tests::Tally& tally) {
    std::uint64_t least = ~std::uint64_t{0};
    for (const auto& [name, ends] : tally.entries) least = std::min(least, ends.allowed + ends.refused);
    return tally.entries.empty() ? 0 : least;
}

/// Prints the tally and counts what it shows: {passed, failed}.
std::pair<int, int> judge(const tests::Tally& tally, std::uint64_t each) {
    int passed = 0, failed = 0;
    const auto count = [&](bool good) { ++(good ? passed : failed); };
    for (const auto& [name, ends] : tally.entries) {
        std::printf("%-60.*s %9lu done %9lu reverted\n", static_cast<int>(name.size()), name.data(), ends.allowed,
                    ends.refused);
        count(ends.allowed + ends.refused >= each);
    }
    for (const auto& [operation, ends] : tally.operations) {
        const std::uint64_t all = ends.allowed + ends.refused;
        const bool good = 5 * ends.allowed >= all && 5 * ends.refused >= all;
        const auto name = operation_names[static_cast<std::size_t>(operation)];
        std::printf("%-60.*s %9lu allowed %6lu refused%s\n", static_cast<int>(name.size()), name.data(), ends.allowed,
                    ends.refused, good ? "" : "   BELOW A FIFTH");
        count(good);
    }
    const std::uint64_t wanted = std::max<std::uint64_t>(1, 100 * each / full_run);
    for (const std::uint16_t code : codes) {
        const auto found = tally.codes.find(code);
        const std::uint64_t seen = found == tally.codes.end() ? 0 : found->second;
        std::printf("code %u: %lu%s\n", unsigned{code}, seen, seen >= wanted ? "" : "   TOO FEW");
        count(seen >= wanted);
    }
    return {passed, failed};
}

}  // namespace

int main(int argc, char** argv) {
    const char* calls = std::getenv("TALEA_MODEL_CALLS");
    std::uint64_t each = calls != nullptr ? std::strtoull(calls, nullptr, 0) : 5'000;
    tests::Random seeds;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        if (name == "--each") each = std::strtoull(argv[i + 1], nullptr, 0);
        if (name == "--seed") seeds = tests::Random(std::strtoull(argv[i + 1], nullptr, 0));
    }
    std::printf("seed 0x%lx\n", seeds.seed);
    tests::Tally tally;
    while (fewest(tally) < each) {
        tests::Walk walk(seeds.next(), tally);
        bool good = true;
        for (std::uint64_t i = 0; good && i < steps_a_walk; ++i) good = walk.step();
        if (good) good = walk.sweep();
        if (!good) {
            std::printf("they differ: %s\n0 passed, 1 failed\n", walk.failure.c_str());
            return 1;
        }
    }
    const auto [passed, failed] = judge(tally, each);
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
