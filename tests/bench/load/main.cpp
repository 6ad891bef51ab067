// talea-load --url URL... [--pid PID]... [--token restricted|erc3643|plain] [--holders N] [--transfers N | --seconds S]
// ...
//
// Restricted transfers of thousands of holders over JSON-RPC, into a chain made for it: deploys the token and makes the
// holders known by plain transactions, signs ahead, sends batches over several connections, waits until all stand in
// blocks, and holds every holder's balance against what was sent. Prints what came through a second, how long a
// transfer took, and what the server's processes used, beside what one core recovers of signatures in the same run. The
// administrator's account follows from the program: `--administrator` prints it, for `talead devnet --admin`.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/execution/processor_time.hpp"
#include "bench/load/flood.hpp"
#include "bench/load/rpc.hpp"
#include "bench/load/server_use.hpp"
#include "bench/load/stop.hpp"
#include "bench/load/token.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "vm/crypto/keccak.hpp"

namespace {

using namespace talea;
using namespace talea::load;
using nlohmann::ordered_json;

struct Options {
    std::vector<std::string> urls;
    std::vector<pid_t> pids;
    TokenKind token = TokenKind::restricted;
    std::size_t holders = 10'000;
    std::uint64_t warm_up = 10'000;
    FloodSettings flood;
    std::uint64_t administrator_waiting_max = 900;  // below what a Talea pool takes of one sender
    std::string packages;
    std::string report;  ///< a file for the figures
};

const std::map<std::string, TokenKind> token_names{
    {"restricted", TokenKind::restricted}, {"erc3643", TokenKind::erc3643}, {"plain", TokenKind::plain}};

/// What one core recovers of signatures in a second of its time, now.
double measure_recoveries() {
    const auto key = make_account("talea-load recoveries").key;
    std::vector<std::pair<vm::Hash, vm::Signature>> all;
    for (std::uint64_t i = 0; i < 64; ++i) {
        const auto digest = vm::keccak256(vm::to_hash(vm::u256{i}).bytes);
        all.emplace_back(digest, vm::sign(key, digest));
    }
    const double begun = bench::processor_seconds();
    std::size_t recovered = 0;
    double seconds = 0;
    while ((seconds = bench::processor_seconds() - begun) < 0.5)
        for (const auto& [digest, signature] : all) recovered += vm::recover_address(digest, signature) ? 1U : 0U;
    return static_cast<double>(recovered) / seconds;
}

/// Each holder has what the transfers left.
void check_balances(Rpc& rpc, const vm::Address& token, const std::vector<Account>& holders,
                    const std::vector<std::uint64_t>& balances) {
    constexpr std::size_t at_once = 200;
    for (std::size_t begin = 0; begin < holders.size(); begin += at_once) {
        std::vector<std::string> requests;
        for (auto i = begin; i < std::min(begin + at_once, holders.size()); ++i)
            requests.push_back(request("eth_call",
                                       fmt::format(R"([{{"to":"{}","data":"{}"}},"latest"])", vm::to_hex(token),
                                                   vm::to_hex(balance_data(holders[i].address))),
                                       requests.size()));
        const auto answers = rpc.call(requests);
        for (std::size_t i = 0; i < answers.size(); ++i)
            if (vm::u256::from_be_bytes(*vm::from_hex(answers[i].get<std::string>())) != vm::u256{balances[begin + i]})
                stop("a holder has {} units, not {}: a transfer failed", answers[i].dump(), balances[begin + i]);
    }
}

/// The nonces that the chain knows: it may have carried another token's load before.
void read_nonces(Rpc& rpc, std::vector<Account>& holders) {
    constexpr std::size_t at_once = 500;
    for (std::size_t begin = 0; begin < holders.size(); begin += at_once) {
        std::vector<std::string> requests;
        for (auto i = begin; i < std::min(begin + at_once, holders.size()); ++i)
            requests.push_back(request("eth_getTransactionCount",
                                       fmt::format(R"(["{}","latest"])", vm::to_hex(holders[i].address)),
                                       requests.size()));
        const auto answers = rpc.call(requests);
        for (std::size_t i = 0; i < answers.size(); ++i) holders[begin + i].nonce = quantity(answers[i]);
    }
}

double percentile(const std::vector<float>& ascending, double share) {
    if (ascending.empty()) return 0;
    const auto at = static_cast<std::size_t>(share * static_cast<double>(ascending.size()));
    return static_cast<double>(ascending[std::min(at, ascending.size() - 1)]);
}

/// Of `after` less `before`, for 10,000 transfers.
ordered_json used(const ProcessorTime& before, const ProcessorTime& after, std::uint64_t transfers) {
    const auto for_10000 = [&](double seconds) { return seconds * 10'000 / static_cast<double>(transfers); };
    ordered_json threads = ordered_json::object();
    for (const auto& [name, seconds] : after.by_thread) {
        const auto found = before.by_thread.find(name);
        threads[name] = for_10000(seconds - (found == before.by_thread.end() ? 0 : found->second));
    }
    ordered_json all = ordered_json::object();
    all["secondsFor10000"] = for_10000(after.seconds - before.seconds);
    all["byThread"] = std::move(threads);
    return all;
}

/// The mean of the second half of a minute, from 1; nothing where it did not last so long.
std::optional<double> minute(const std::vector<std::uint64_t>& kib_a_second, std::size_t which) {
    if (kib_a_second.size() < which * 60) return std::nullopt;
    double sum = 0;
    for (auto i = which * 60 - 30; i < which * 60; ++i) sum += static_cast<double>(kib_a_second[i]);
    return sum / 30;
}

ordered_json memory(const std::vector<std::uint64_t>& kib_a_second) {
    ordered_json all = ordered_json::object();
    all["firstKiB"] = kib_a_second.front();
    all["lastKiB"] = kib_a_second.back();
    const auto third = minute(kib_a_second, 3), tenth = minute(kib_a_second, 10);
    if (third) all["minute3KiB"] = *third;
    if (third && tenth) all["minute10KiB"] = *tenth, all["minute10To3"] = *tenth / *third;
    return all;
}

void print(const ordered_json& report) {
    fmt::print("{} transfers of {} ({} holders) in {} blocks: {:.0f} a second\n",
               report["transfers"].get<std::uint64_t>(), report["token"].get<std::string>(),
               report["holders"].get<std::size_t>(), report["blocks"].get<std::uint64_t>(),
               report["perSecond"].get<double>());
    const auto& latency = report["latencyMs"];
    fmt::print("  sent to seen in a block: p50 {:.1f} ms, p95 {:.1f}, p99 {:.1f}, most {:.1f}\n",
               latency["p50"].get<double>(), latency["p95"].get<double>(), latency["p99"].get<double>(),
               latency["max"].get<double>());
    for (const auto& server : report["servers"]) {
        fmt::print("  process {}: {:.2f} processor s for 10,000 (", server["pid"].get<pid_t>(),
                   server["processor"]["secondsFor10000"].get<double>());
        const char* comma = "";
        const auto& threads = server["processor"]["byThread"];
        for (auto it = threads.begin(); it != threads.end(); ++it) {
            if (it.value().get<double>() < 0.005) continue;
            fmt::print("{}{} {:.2f}", std::exchange(comma, ", "), it.key(), it.value().get<double>());
        }
        const auto& kib = server["anonymousMemory"];
        fmt::print("); anonymous memory {:.0f} to {:.0f} MiB", kib["firstKiB"].get<double>() / 1024,
                   kib["lastKiB"].get<double>() / 1024);
        if (kib.contains("minute10To3"))
            fmt::print(", minute 10 is {:.3f} of minute 3", kib["minute10To3"].get<double>());
        fmt::print("\n");
    }
    fmt::print("  signature recovery: {:.0f} a second and core", report["recoveriesPerSecond"].get<double>());
    if (report.contains("shareOfRecovery"))
        fmt::print("; the servers took {:.0f} % of it in their processor time",
                   100 * report["shareOfRecovery"].get<double>());
    fmt::print("\n");
}

int run(Options& options) {
    for (const auto& url : options.urls) options.flood.urls.push_back(parse_url(url));
    auto& settings = options.flood;
    if (settings.waiting_max == 0) settings.waiting_max = std::min<std::uint64_t>(4'000, options.holders * 400);
    settings.connections = std::min(settings.connections, options.holders);
    std::vector<Account> holders;
    for (std::size_t i = 0; i < options.holders; ++i)
        holders.push_back(make_account(fmt::format("talea-load holder {}", i)));
    Rpc rpc(settings.urls.front());
    read_nonces(rpc, holders);
    Administrator administrator(rpc, options.administrator_waiting_max);
    settings.chain_id = administrator.chain_id();
    settings.token = deploy_token(options.token, rpc, administrator, holders, options.packages);
    std::vector<std::uint64_t> balances(holders.size(), units_at_first);

    if (options.warm_up > 0) {
        auto warm_up = settings;
        warm_up.transfers = options.warm_up;
        warm_up.lasts = {};
        warm_up.rate = 0;
        static_cast<void>(flood(warm_up, holders, balances));
    }
    const double recoveries_before = measure_recoveries();
    std::vector<ProcessorTime> before;
    for (const auto pid : options.pids) before.push_back(processor_time(pid));
    const MemoryWatch memory_watch(options.pids);
    const auto flooded = flood(settings, holders, balances);
    std::vector<ProcessorTime> after;
    for (const auto pid : options.pids) after.push_back(processor_time(pid));
    const double recoveries = std::max(recoveries_before, measure_recoveries());
    Rpc afterwards(settings.urls.front());  // a server closes a connection that was idle for long
    check_balances(afterwards, settings.token, holders, balances);

    ordered_json report = ordered_json::object();
    const auto kind = std::ranges::find(token_names, options.token, &std::pair<const std::string, TokenKind>::second);
    report["token"] = kind->first;
    report["holders"] = holders.size();
    report["transfers"] = flooded.transfers;
    report["blocks"] = flooded.blocks;
    report["perSecond"] = static_cast<double>(flooded.transfers) / flooded.seconds;
    ordered_json latency = ordered_json::object();
    latency["p50"] = percentile(flooded.latencies_ms, 0.50);
    latency["p95"] = percentile(flooded.latencies_ms, 0.95);
    latency["p99"] = percentile(flooded.latencies_ms, 0.99);
    latency["max"] = percentile(flooded.latencies_ms, 1);
    report["latencyMs"] = std::move(latency);
    double seconds = 0;
    ordered_json servers = ordered_json::array();
    const auto kib = memory_watch.kib();
    for (std::size_t i = 0; i < options.pids.size(); ++i) {
        seconds += after[i].seconds - before[i].seconds;
        ordered_json server = ordered_json::object();
        server["pid"] = options.pids[i];
        server["processor"] = used(before[i], after[i], flooded.transfers);
        server["anonymousMemory"] = memory(kib[i]);
        servers.push_back(std::move(server));
    }
    report["servers"] = std::move(servers);
    report["recoveriesPerSecond"] = recoveries;
    if (seconds > 0) report["shareOfRecovery"] = static_cast<double>(flooded.transfers) / seconds / recoveries;
    print(report);
    if (!options.report.empty()) std::ofstream(options.report) << report.dump(2) << '\n';
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    auto& flood = options.flood;
    CLI::App app{"Transfers of thousands of holders over JSON-RPC, measured from outside."};
    bool prints_administrator = false;
    std::uint64_t seconds = 0, poll_ms = 5;
    app.add_flag("--administrator", prints_administrator, "Print the address that makes the token, and end");
    app.add_option("--url", options.urls, "http://HOST:PORT of the nodes; blocks are watched at the first");
    app.add_option("--pid", options.pids, "Processes whose use of the machine is measured");
    app.add_option("--token", options.token, "restricted, erc3643 or plain")
        ->transform(CLI::CheckedTransformer(token_names));
    app.add_option("--holders", options.holders, "Accounts that hold and send")->check(CLI::Range(2, 1'000'000));
    app.add_option("--warm-up", options.warm_up, "Transfers before those that are measured");
    auto* transfers =
        app.add_option("--transfers", flood.transfers, "Signed before the first is sent (default 50,000)");
    app.add_option("--seconds", seconds, "Send for so long, signing on the way")->excludes(transfers);
    app.add_option("--connections", flood.connections, "HTTP connections")->check(CLI::Range(1, 256));
    app.add_option("--batch", flood.batch, "Transfers a request")->check(CLI::Range(1, 1'000));
    app.add_option("--rate", flood.rate, "Transfers a second (default: as fast as they are taken)");
    app.add_option("--waiting", flood.waiting_max,
                   "Transfers sent and in no block yet (default 4,000, or 400 a holder)");
    app.add_option("--setup-waiting", options.administrator_waiting_max, "The same while the chain is prepared");
    app.add_option("--poll-ms", poll_ms, "Between two looks for a new block");
    app.add_option("--packages", options.packages, "node_modules with the published ERC-3643 contracts");
    app.add_option("--report", options.report, "A file for the figures, as JSON");
    CLI11_PARSE(app, argc, argv);
    if (prints_administrator) {
        fmt::print("{}\n", vm::to_checksum_hex(Administrator::account().address));
        return 0;
    }
    if (options.urls.empty()) stop("no node is named: --url http://127.0.0.1:8545");
    flood.lasts = std::chrono::seconds(seconds);
    flood.poll = std::chrono::milliseconds(poll_ms);
    if (flood.transfers == 0 && seconds == 0) flood.transfers = 50'000;
    return run(options);
}
