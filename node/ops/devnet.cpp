#include "node/ops/devnet.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>

#include "node/chain/clock.hpp"
#include "node/chain/genesis_record.hpp"
#include "node/ops/failure.hpp"
#include "node/ops/files.hpp"
#include "node/ops/genesis_source.hpp"
#include "node/ops/local_network.hpp"
#include "node/ops/network_screen.hpp"
#include "node/ops/service.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"

namespace talea::node {
namespace {

using Json = nlohmann::json;
using Sentence = std::string;

std::expected<vm::Address, Sentence> read_account(std::string_view text) {
    const auto address = vm::address_from_hex(text);
    if (!address) return std::unexpected(fmt::format("'{}' is no address", text));
    return *address;
}

/// ADDRESS=REST.
std::expected<std::pair<vm::Address, std::string_view>, Sentence> split(std::string_view text, std::string_view form) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return std::unexpected(fmt::format("'{}' is not of the form {}", text, form));
    const auto address = read_account(text.substr(0, equals));
    if (!address) return std::unexpected(address.error());
    return std::pair(*address, text.substr(equals + 1));
}

std::expected<std::uint64_t, Sentence> read_roles(std::string_view names) {
    std::uint64_t roles = 0;
    while (!names.empty()) {
        const auto comma = names.find(',');
        const auto name = names.substr(0, comma);
        const auto role = role_from_name(name);
        if (!role)
            return std::unexpected(
                fmt::format("'{}' is no role; roles are admin, network, registrar_admin, transact, deploy, all", name));
        roles |= *role;
        names = comma == std::string_view::npos ? std::string_view{} : names.substr(comma + 1);
    }
    return roles;
}

/// The key in the file, which is made where there is none.
std::expected<NodeKey, Sentence> key_in(const std::string& file, KeyUse use) {
    return file_exists(file) ? read_key_file(file) : make_key_file(file, use);
}

std::expected<GenesisSource, Sentence> make_source(const DevnetOptions& options, const Directory& directory,
                                                   std::vector<vm::Address> validators) {
    GenesisSource source;
    source.chain_id = options.chain_id;
    source.gas_limit = options.gas_limit;
    source.timestamp = utc_now();
    auto& talea = source.talea;
    talea.permissions = options.enforced ? vm::PermissionMode::enforced : vm::PermissionMode::open;
    talea.validators = std::move(validators);
    talea.recovery_delay_seconds = options.recovery_delay;
    talea.idle_interval_seconds = options.idle_interval;
    if (options.clock) {
        const auto start = parse_time(*options.clock);
        if (!start) return std::unexpected(start.error());
        const auto utc = source.timestamp;
        source.timestamp = *start;
        talea.test_clock = vm::TestClock{
            .mode = options.stepped ? vm::TestClockMode::stepped : vm::TestClockMode::running,
            .start = *start,
            .offset_seconds = options.stepped
                                  ? 0
                                  : static_cast<std::int64_t>(start->seconds) - static_cast<std::int64_t>(utc.seconds)};
    }
    for (const auto& text : options.admins) {
        const auto admin = read_account(text);
        if (!admin) return std::unexpected(admin.error());
        talea.administrators.push_back(*admin);
    }
    if (talea.administrators.empty()) {
        const auto key = key_in(directory.key_file("admin"), KeyUse::account);
        if (!key) return std::unexpected(key.error());
        talea.administrators.push_back(vm::address_of(key->key));
    }
    for (const auto& admin : talea.administrators) source.roles[admin] = vm::role::all;
    for (const auto& text : options.grants) {
        const auto grant = split(text, "ADDRESS=ROLE,ROLE");
        if (!grant) return std::unexpected(grant.error());
        const auto roles = read_roles(grant->second);
        if (!roles) return std::unexpected(roles.error());
        source.roles[grant->first] |= *roles;
    }
    for (const auto& text : options.funds) {
        const auto fund = split(text, "ADDRESS=AMOUNT");
        if (!fund) return std::unexpected(fund.error());
        const auto amount = vm::u256_from_decimal(fund->second);
        if (!amount) return std::unexpected(fmt::format("'{}' is no amount", fund->second));
        source.alloc[fund->first].balance = *amount;
    }
    return source;
}

std::expected<vm::Genesis, Sentence> make_chain(const DevnetOptions& options, const Directory& directory,
                                                std::vector<vm::Address> validators) {
    const auto source = make_source(options, directory, std::move(validators));
    if (!source) return std::unexpected(source.error());
    auto resolved = resolve_genesis(*source);
    if (!resolved) return std::unexpected(resolved.error());
    if (auto written = write_text_file(directory.genesis_file(), vm::write_genesis(resolved->genesis)); !written)
        return std::unexpected(written.error());
    return std::move(resolved->genesis);
}

std::string clock_in_words(const vm::Genesis& genesis) {
    const auto& clock = genesis.talea.test_clock;
    if (!clock) return "UTC";
    return fmt::format("{}, from {}", clock->mode == vm::TestClockMode::stepped ? "stepped" : "running",
                       format_time(clock->start));
}

/// A chain that was made or found, and what there is to say of it.
struct DevnetChain {
    const DevnetOptions& options;
    Directory directory;
    bool is_new = false;
    vm::Genesis genesis;

    [[nodiscard]] vm::Hash hash() const { return genesis_record(genesis).hash; }
    void say() const;
    /// The members that are the same for one validator and several.
    [[nodiscard]] Json json() const;
};

void DevnetChain::say() const {
    fmt::print("{} in {}\n", is_new ? "a new development chain" : "the development chain, going on,", options.dir);
    if (!is_new) fmt::print("  (options that make a chain are not applied to one that exists)\n");
    fmt::print("  chain id      {}\n", genesis.chain_id);
    fmt::print("  genesis       {}\n", vm::to_hex(hash()));
    fmt::print("  permissions   {}\n", vm::to_string(genesis.talea.permissions));
    fmt::print("  chain clock   {}\n", clock_in_words(genesis));
    for (const auto& admin : genesis.talea.administrators)
        fmt::print("  administrator {}\n", vm::to_checksum_hex(admin));
    if (file_exists(directory.key_file("admin"))) fmt::print("  its key       {}\n", directory.key_file("admin"));
}

Json DevnetChain::json() const {
    auto json = Json::object();
    json["dir"] = options.dir;
    json["new"] = is_new;
    json["chainId"] = genesis.chain_id;
    json["genesis"] = vm::to_hex(hash());
    auto administrators = Json::array();
    for (const auto& admin : genesis.talea.administrators) administrators.push_back(vm::to_checksum_hex(admin));
    json["administrators"] = std::move(administrators);
    if (file_exists(directory.key_file("admin"))) json["administratorKey"] = directory.key_file("admin");
    return json;
}

void print_json(Json chain, Json nodes) {
    chain["nodes"] = std::move(nodes);
    fmt::print("{}\n", chain.dump());
    std::fflush(stdout);
}

std::expected<DevnetChain, Sentence> open_chain(const DevnetOptions& options, std::vector<vm::Address> validators) {
    const Directory directory{options.dir};
    const bool is_new = !file_exists(directory.genesis_file());
    auto genesis =
        is_new ? make_chain(options, directory, std::move(validators)) : load_genesis(directory.genesis_file());
    if (!genesis) return std::unexpected(genesis.error());
    return DevnetChain{options, directory, is_new, std::move(*genesis)};
}

ExitCode run_one(const DevnetOptions& options) {
    const Directory directory{options.dir};
    const auto key = key_in(directory.key_file("validator"), KeyUse::validator);
    if (!key) return fail(key.error());
    const auto validator = vm::address_of(key->key);
    const auto chain = open_chain(options, {validator});
    if (!chain) return fail(chain.error());
    const auto say = [&](const Chain& running, const std::string& url) {
        if (options.json) {
            auto node = Json::object();
            node["name"] = "node-1";
            node["address"] = vm::to_checksum_hex(validator);
            node["rpc"] = url;
            node["pid"] = ::getpid();
            node["dir"] = options.dir;
            auto nodes = Json::array();
            nodes.push_back(std::move(node));
            return print_json(chain->json(), std::move(nodes));
        }
        chain->say();
        fmt::print("  validator     {}\n", vm::to_checksum_hex(validator));
        fmt::print("  at block      {}\n", running.head()->number().value);
        fmt::print("JSON-RPC at {}\n", url);
        fmt::print("stop with Ctrl-C\n");
        std::fflush(stdout);
    };
    auto journal = open_journal(directory.key_file("validator"), *key);
    if (!journal) return fail(journal.error());
    return run_service(chain->genesis,
                       {.directory = directory,
                        .rpc_address = options.rpc_address,
                        .rpc_port = options.rpc_port,
                        .validator = std::make_shared<KeySigner>(key->key),
                        .journal = std::move(*journal)},
                       say);
}

Json nodes_json(const LocalNetwork& network) {
    const auto pids = network.pids();
    auto nodes = Json::array();
    for (std::size_t i = 0; i < pids.size(); ++i) {
        const auto& from = network.nodes()[i];
        auto node = Json::object();
        node["name"] = from.name;
        node["address"] = vm::to_checksum_hex(from.address);
        node["rpc"] = from.rpc_url();
        node["listen"] = fmt::format("127.0.0.1:{}", from.peer_port);
        node["pid"] = pids[i];
        node["dir"] = from.dir;
        node["log"] = from.log_file();
        node["command"] = from.command;
        nodes.push_back(std::move(node));
    }
    return nodes;
}

void say_nodes(const LocalNetwork& network) {
    const auto pids = network.pids();
    for (std::size_t i = 0; i < pids.size(); ++i) {
        const auto& node = network.nodes()[i];
        fmt::print("  {:<13} {} at {}, process {}\n", node.name, vm::to_checksum_hex(node.address), node.rpc_url(),
                   pids[i]);
    }
    fmt::print("  logs          {}/node-N/log\n",
               std::string(network.nodes()[0].dir, 0, network.nodes()[0].dir.rfind('/')));
    fmt::print("JSON-RPC at {}\n", network.nodes()[0].rpc_url());
    fmt::print("stop with Ctrl-C\n");
    std::fflush(stdout);
}

ExitCode run_several(const DevnetOptions& options, std::size_t count) {
    const auto began = std::chrono::steady_clock::now();
    const StopSignals signals;
    auto network = LocalNetwork::prepare(options.dir, count);
    if (!network) return fail(network.error());
    std::vector<vm::Address> validators;
    for (const auto& node : network->nodes()) validators.push_back(node.address);
    std::ranges::sort(validators);
    const auto chain = open_chain(options, std::move(validators));
    if (!chain) return fail(chain.error());
    if (auto started = network->start(chain->directory.genesis_file(), options.rpc_port, options.log_words); !started)
        return fail(started.error());
    if (!wait_for_answers(*network, signals)) {
        network->stop();
        return ExitCode::done;
    }
    if (options.json) {
        print_json(chain->json(), nodes_json(*network));
    } else {
        chain->say();
        say_nodes(*network);
    }
    const bool some_ran_on =
        watch(*network, signals, chain->is_new ? std::optional(began) : std::nullopt, options.json ? stderr : stdout);
    network->stop();
    return some_ran_on ? ExitCode::done : fail("no node runs any more");
}

}  // namespace

ExitCode run_devnet(const DevnetOptions& options) {
    if (options.stepped && !options.clock) return fail("--stepped needs --clock, the time where the clock stands");
    if (auto made = make_folder(options.dir); !made) return fail(made.error());
    const Directory directory{options.dir};
    const auto several = LocalNetwork::nodes_in(options.dir);
    const bool is_new = !file_exists(directory.genesis_file());
    const std::size_t there = several > 0 ? several : 1;
    if (!is_new && options.validators.value_or(there) != there)
        return fail(fmt::format("'{}' has a chain of {} validator{}; name another folder with --dir", options.dir,
                                there, there == 1 ? "" : "s"));
    const auto count = is_new ? options.validators.value_or(1) : there;
    return count == 1 && several == 0 ? run_one(options) : run_several(options, count);
}

}  // namespace talea::node
