#include "node/ops/devnet.hpp"

#include <fmt/format.h>

#include <charconv>

#include "node/chain/clock.hpp"
#include "node/ops/files.hpp"
#include "node/ops/genesis_source.hpp"
#include "node/ops/service.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"

namespace talea::node {
namespace {

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
                                                   const vm::Address& validator) {
    GenesisSource source;
    source.chain_id = options.chain_id;
    source.gas_limit = options.gas_limit;
    source.timestamp = utc_now();
    auto& talea = source.talea;
    talea.permissions = options.enforced ? vm::PermissionMode::enforced : vm::PermissionMode::open;
    talea.validators = {validator};
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
                                                const vm::Address& validator) {
    const auto source = make_source(options, directory, validator);
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

}  // namespace

ExitCode run_devnet(const DevnetOptions& options) {
    const auto fail = [](const Sentence& sentence) {
        fmt::print(stderr, "talead: {}\n", sentence);
        return ExitCode::failed;
    };
    const Directory directory{options.dir};
    if (options.stepped && !options.clock) return fail("--stepped needs --clock, the time where the clock stands");
    if (auto made = make_folder(directory.path); !made) return fail(made.error());
    const auto key = key_in(directory.key_file("validator"), KeyUse::validator);
    if (!key) return fail(key.error());
    const bool is_new = !file_exists(directory.genesis_file());
    const auto genesis =
        is_new ? make_chain(options, directory, vm::address_of(key->key)) : load_genesis(directory.genesis_file());
    if (!genesis) return fail(genesis.error());

    const auto say = [&](const Chain& chain, const std::string& url) {
        fmt::print("{} in {}\n", is_new ? "a new development chain" : "the development chain, going on,", options.dir);
        if (!is_new) fmt::print("  (options that make a chain are not applied to one that exists)\n");
        fmt::print("  chain id      {}\n", genesis->chain_id);
        fmt::print("  genesis       {}\n", vm::to_hex(chain.genesis_hash()));
        fmt::print("  permissions   {}\n", vm::to_string(genesis->talea.permissions));
        fmt::print("  chain clock   {}\n", clock_in_words(*genesis));
        fmt::print("  validator     {}\n", vm::to_checksum_hex(vm::address_of(key->key)));
        for (const auto& admin : genesis->talea.administrators)
            fmt::print("  administrator {}\n", vm::to_checksum_hex(admin));
        if (file_exists(directory.key_file("admin"))) fmt::print("  its key       {}\n", directory.key_file("admin"));
        fmt::print("  at block      {}\n", chain.head()->number().value);
        fmt::print("JSON-RPC at {}\n", url);
        fmt::print("stop with Ctrl-C\n");
        std::fflush(stdout);
    };
    auto journal = open_journal(directory.key_file("validator"), *key);
    if (!journal) return fail(journal.error());
    return run_service(*genesis,
                       {.directory = directory,
                        .rpc_address = options.rpc_address,
                        .rpc_port = options.rpc_port,
                        .validator = key->key,
                        .journal = std::move(*journal)},
                       say);
}

}  // namespace talea::node
