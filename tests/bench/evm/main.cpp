// bench_evm [--micro] [--filter TEXT] [--seconds S] [--json FILE] [DIR]
//
// Runs the programs of the public benchmark set (DIR, else $TALEA_SHARED/benchmarks/evm, else
// ../shared/benchmarks/evm), checks everything they expect, and prints beside the reference's time three ratios to it,
// below 1 faster: in yardsticks, as the set defines; plain, this machine against the reference's (a Zen 5); and in
// permutations of Keccak, the set's own second unit. The first flatters us where store forwarding is slow, since the
// yardstick mixes widths and we do not; the truth is between the others. Exits with 1 where a program did not give what
// is expected.
#include <malloc.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/evm/program.hpp"
#include "bench/execution/processor_time.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/digest.hpp"
#include "vm/interpreter/evm.hpp"
#include "vm/interpreter/precompiles.hpp"

double yardstick_ns(int repetitions, std::uint64_t* checksum);
double keccak_f1600_ns(int repetitions, std::uint64_t* checksum);

namespace {

using namespace talea;
using namespace talea::vm;
using bench::Program;

constexpr double ratio_floor = 0.3;  // so that no single program carries the mean (README of the set)

double measure_yardstick() {
    std::uint64_t checksum = 0;
    return yardstick_ns(24, &checksum);
}
double measure_keccak() {
    std::uint64_t checksum = 0;
    return keccak_f1600_ns(24, &checksum);
}

/// One sample's world: the state of the file, read into the tables; warm are the called account, the sender, the
/// coinbase and the precompiles.
struct World {
    State state;
    TxContext tx;
    EvmEnvironment environment;
    Message message;

    explicit World(const Program& program)
        : state(program.state), tx{program.sender, program.block.base_fee, {}}, environment{state, program.block, tx} {
        for (const auto& [address, entry] : program.state.accounts) {
            (void)state.code(address);
            for (const auto& [key, value] : entry.storage) (void)state.slot(address, key);
        }
        state.begin_transaction();
        state.warm_account(program.to);
        state.warm_account(program.sender);
        state.warm_account(program.block.beneficiary);
        for (const Address& address : precompile_addresses(program.block.fork)) state.warm_account(address);
        message.gas = program.gas_limit;
        message.recipient = message.code_address = program.to;
        message.sender = program.sender;
        message.value = program.value;
        message.input = program.calldata;
    }
};

/// The first expectation that does not hold.
std::optional<std::string> check_program(Evm& evm, const Program& program) {
    World world(program);
    const CallResult result = evm.execute(world.environment, world.message);
    const auto& expected = program.expected;
    if ((result.status == Status::success) != expected.succeeds)
        return "status " + std::string(to_string(result.status));
    if (program.gas_limit - result.gas_left != expected.gas_used)
        return "gas used " + std::to_string(program.gas_limit - result.gas_left);
    if (world.state.refund() != expected.gas_refund) return "refund " + std::to_string(world.state.refund());
    const bool output_holds = expected.output ? equal(*expected.output, result.output)
                                              : result.output.size() == expected.output_size &&
                                                    sha256(result.output) == expected.output_sha256;
    if (!output_holds) return "output " + to_hex(result.output.first(std::min<std::size_t>(result.output.size(), 64)));
    if (world.state.logs().size() != expected.logs) return "logs " + std::to_string(world.state.logs().size());
    world.state.end_transaction();
    std::map<Address, std::map<u256, u256>> changed;
    for (const auto& [address, change] : world.state.changes().accounts)
        if (!change.storage.empty()) changed[address] = change.storage;
    if (changed != expected.post_storage) return "storage";
    return std::nullopt;
}

double sample_ns(Evm& evm, const Program& program) {
    World world(program);
    const double begun = bench::processor_seconds();  // a busy machine takes turns, which the program does not pay
    for (unsigned i = 0; i < program.repeat; ++i) (void)evm.execute(world.environment, world.message);
    return (bench::processor_seconds() - begun) * 1e9 / program.repeat;
}

struct Measured {
    double ns = 0, yardstick_ns = 0, keccak_ns = 0;
};
Measured measure(Evm& evm, const Program& program, double seconds) {
    Measured best{sample_ns(evm, program), measure_yardstick(), measure_keccak()};
    for (int third = 0; third < 3; ++third) {
        const double budget_ns = seconds * 1e9 / 3;
        int samples = 0;
        for (double spent = 0; spent < budget_ns || samples < 3; ++samples) {
            const double ns = sample_ns(evm, program);
            best.ns = std::min(best.ns, ns);
            spent += ns * program.repeat;
        }
        best.yardstick_ns = std::min(best.yardstick_ns, measure_yardstick());
        best.keccak_ns = std::min(best.keccak_ns, measure_keccak());
    }
    return best;
}

struct Options {
    bool micro = false;
    std::string filter, json_file;
    double seconds = 0.3;
    std::filesystem::path directory;
};
Options parse_options(int argc, char** argv) {
    Options options;
    const char* shared = std::getenv("TALEA_SHARED");
    options.directory = std::filesystem::path(shared != nullptr ? shared : "../shared") / "benchmarks/evm";
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        const bool has_next = i + 1 < argc;
        if (argument == "--micro")
            options.micro = true;
        else if (argument == "--filter" && has_next)
            options.filter = argv[++i];
        else if (argument == "--json" && has_next)
            options.json_file = argv[++i];
        else if (argument == "--seconds" && has_next)
            options.seconds = std::atof(argv[++i]);
        else
            options.directory = argument;
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    // Memory freed after a sample stays with the process, as in a node that runs for months: the set allows pools.
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    const Options options = parse_options(argc, argv);
    std::ifstream reference_file(options.directory / "reference.json");
    if (!reference_file) {
        std::printf("skipped: no benchmark set in %s\n", options.directory.c_str());
        return 0;
    }
    const auto reference = nlohmann::json::parse(reference_file);
    nlohmann::json own = {{"programs", nlohmann::json::object()}};
    Evm evm;
    int failed = 0, passed = 0;
    double in_yardsticks = 0, plain = 0, in_keccaks = 0;  // sums of logarithms
    std::vector<std::filesystem::path> files;
    std::printf("%-34s %12s %12s %10s %8s %8s\n", "program", "us", "reference us", "yardsticks", "plain", "keccaks");
    for (const auto& entry :
         std::filesystem::directory_iterator(options.directory / (options.micro ? "micro" : "main")))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
        if (file.string().find(options.filter) == std::string::npos) continue;
        bench::ReadError error;
        const auto program = bench::read_program(file.string(), error);
        const auto broken = program ? check_program(evm, *program) : std::optional{error.what};
        if (broken) {
            std::printf("%-28s FAILED: %s\n", file.stem().c_str(), broken->c_str());
            ++failed;
            continue;
        }
        const Measured measured = measure(evm, *program, options.seconds);
        const auto& known = reference["programs"][program->name];
        const double known_ns = known["reference_ns"];
        const double q = measured.ns / measured.yardstick_ns / known["ratio"].get<double>();
        const double p = measured.ns / known_ns;
        const double k = p / (measured.keccak_ns / known["keccak_f1600_ns"].get<double>());
        std::printf("%-34s %12.2f %12.2f %10.3f %8.3f %8.3f\n", file.stem().c_str(), measured.ns / 1000,
                    known_ns / 1000, q, p, k);
        std::fflush(stdout);
        in_yardsticks += std::log(options.micro ? q : std::max(q, ratio_floor));
        plain += std::log(p);
        in_keccaks += std::log(k);
        own["programs"][program->name] = {{"ns", measured.ns}, {"yardstick_ns", measured.yardstick_ns}};
        ++passed;
    }
    if (passed > 0)
        std::printf("geometric mean over %d programs: %.3f in yardsticks%s, %.3f plain, %.3f in keccaks\n", passed,
                    std::exp(in_yardsticks / passed), options.micro ? "" : " (each at least 0.3)",
                    std::exp(plain / passed), std::exp(in_keccaks / passed));
    if (!options.json_file.empty()) std::ofstream(options.json_file) << own.dump(1);
    std::printf("%d passed, %d failed, 0 skipped\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
