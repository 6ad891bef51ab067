#include "node/ops/run.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "node/ops/directory.hpp"
#include "node/ops/failure.hpp"
#include "node/ops/files.hpp"
#include "node/ops/remote_signer.hpp"
#include "node/ops/service.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"

namespace talea::node {
namespace {

/// What `talead run` was told, or what is wrong with it.
std::expected<RunConfig, std::string> read_run_config(const std::string& file, const RunConfig& said) {
    if (file.empty()) return said;
    const auto text = read_text_file(file);
    if (!text) return std::unexpected(text.error());
    auto config = parse_run_config(*text);
    if (!config) return std::unexpected(fmt::format("{}: {}", file, config.error()));
    return merged(std::move(*config), said);
}

/// Where JSON-RPC listens, and who may ask.
std::expected<void, std::string> set_rpc(const RunConfig& config, ServiceOptions& service) {
    const auto& rpc = config.rpc;
    if (rpc.listen) {
        if (config.rpc_port)
            return std::unexpected("--rpc-listen has a port already, and --rpc-port is of loopback: name one of them");
        const auto place = parse_host_port(*rpc.listen);
        if (!place) return std::unexpected(place.error());
        service.rpc_address = place->host;
        service.rpc_port = place->port;
    }
    if (!rpc.jwt_secret.empty()) {
        const auto text = read_text_file(rpc.jwt_secret);
        if (!text) return std::unexpected(text.error());
        service.rpc_access.secret = parse_token_secret(*text);
        if (!service.rpc_access.secret)
            return std::unexpected(fmt::format(
                "'{}' holds no secret: 64 hexadecimal digits (openssl rand -hex 32 makes some)", rpc.jwt_secret));
    }
    service.rpc_access.hosts = rpc.hosts;
    service.rpc_access.origins = rpc.origins;
    service.rpc_tls_certificate = rpc.tls_certificate;
    service.rpc_tls_key = rpc.tls_key;
    return {};
}

/// Who signs for the validator, and the journal of what was signed.
std::expected<void, std::string> set_validator(const RunConfig& config, ServiceOptions& service) {
    if (!config.signer.empty()) {
        if (config.key.empty()) return std::unexpected("a signer needs what is left of the key: name it with --key");
        const auto key = read_split_key_file(config.key);
        if (!key) return std::unexpected(key.error());
        auto signer = RemoteSigner::connect(config.signer);
        if (!signer) return std::unexpected(signer.error());
        if ((*signer)->address() != key->address)
            return std::unexpected(fmt::format("the signer at '{}' holds the key of {}, '{}' is of {}", config.signer,
                                               vm::to_checksum_hex((*signer)->address()), config.key,
                                               vm::to_checksum_hex(key->address)));
        auto journal = open_journal(config.key, *key);
        if (!journal) return std::unexpected(journal.error());
        service.validator = std::move(*signer);
        service.journal = std::move(*journal);
    } else if (!config.key.empty()) {
        const auto key = read_key_file(config.key, config.password_file);
        if (!key) return std::unexpected(key.error());
        auto journal = open_journal(config.key, *key);
        if (!journal) return std::unexpected(journal.error());
        service.validator = std::make_shared<KeySigner>(key->key);
        service.journal = std::move(*journal);
    }
    return {};
}

std::expected<ServiceOptions, std::string> service_options(const RunConfig& config) {
    ServiceOptions service;
    service.directory = {config.dir};
    service.rpc_port = config.rpc_port.value_or(service.rpc_port);
    if (auto set = set_rpc(config, service); !set) return std::unexpected(set.error());
    service.peers = config.peers;
    service.history_days = config.history_days.value_or(0);
    if (config.listen) {
        auto place = parse_host_port(*config.listen);
        if (!place) return std::unexpected(place.error());
        service.listen = std::move(*place);
    }
    if (auto set = set_validator(config, service); !set) return std::unexpected(set.error());
    if (!config.node_key.empty()) {
        if (service.validator) return std::unexpected("a validator is known by its own key: --node-key is for others");
        const auto key = read_key_file(config.node_key, config.password_file);
        if (!key) return std::unexpected(key.error());
        service.node = key->key;
    }
    return service;
}

}  // namespace

ExitCode run_node(const RunOptions& options) {
    auto said = options.said;
    for (const auto& text : options.peers) {
        auto peer = parse_peer(text);
        if (!peer) return misused(peer.error());
        said.peers.push_back(std::move(*peer));
    }
    if (!options.history.empty()) {
        const auto days = parse_history(options.history);
        if (!days) return misused(days.error());
        said.history_days = *days;
    }
    const auto config = read_run_config(options.config, said);
    if (!config) return fail(config.error());
    if (config->dir.empty()) return misused("there is no data directory to run: name it with --dir");
    const auto service = service_options(*config);
    if (!service) return fail(service.error());
    const auto genesis = load_genesis(service->directory);
    if (!genesis) return fail(genesis.error());
    return run_service(*genesis, *service, [](const Chain&, const std::string& url) {
        fmt::print("JSON-RPC at {}\n", url);
        std::fflush(stdout);
    });
}

}  // namespace talea::node
