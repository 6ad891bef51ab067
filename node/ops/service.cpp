#include "node/ops/service.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <csignal>

#include "node/base/log.hpp"
#include "node/ops/failure.hpp"
#include "node/ops/monitor.hpp"
#include "node/ops/network.hpp"
#include "node/rpc/dispatcher.hpp"
#include "node/rpc/server.hpp"
#include "node/rpc/subscriptions.hpp"
#include "vm/base/hex.hpp"

namespace talea::node {
namespace {

/// Blocks the signals that end a node, in this thread and all it will start, so that one place waits for them.
sigset_t block_ending_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

/// The sockets to other nodes; none where the options name neither peers nor a place for them to dial.
std::expected<std::unique_ptr<Network>, std::string> open_network(const ServiceOptions& options, Chain& chain) {
    if (!options.listen && options.peers.empty()) return nullptr;
    auto key = options.validator;
    if (!key && options.node) key = std::make_shared<KeySigner>(*options.node);
    if (!key) return std::unexpected("peers know a node by its key: name one with --key or --node-key");
    TransportSettings settings;
    if (options.listen) {
        settings.listen_address = options.listen->host;
        settings.listen_port = options.listen->port;
    }
    settings.genesis_hash = chain.genesis_hash();
    settings.places = options.peers;
    return Network::listen(std::move(settings), *key, chain);
}

std::string rpc_url(const ServiceOptions& options, std::uint16_t port) {
    const bool is_v6 = options.rpc_address.find(':') != std::string::npos;
    return fmt::format("{}://{}:{}", options.rpc_tls_certificate.empty() ? "http" : "https",
                       is_v6 ? "[" + options.rpc_address + "]" : options.rpc_address, port);
}

}  // namespace

ExitCode run_service(const vm::Genesis& genesis, const ServiceOptions& options,
                     const std::function<void(const Chain&, const std::string&)>& ready) {
    const auto signals = block_ending_signals();
    ChainOptions chain_options;
    chain_options.database_path = options.directory.database();
    chain_options.validator = options.validator;
    chain_options.journal = options.journal;
    chain_options.history_days = options.history_days;
    if (options.node) chain_options.node = vm::address_of(*options.node);
    for (const auto& place : options.peers) chain_options.bootnodes.push_back(place.peer);
    auto chain = Chain::open(genesis, std::move(chain_options));
    if (!chain) return fail(describe(options.directory, chain.error()));
    Dispatcher dispatcher(**chain);
    Monitor monitor(**chain, options.directory.database());
    Subscribers subscribers(dispatcher);
    auto server = HttpServer::listen(
        {options.rpc_address, options.rpc_port, options.rpc_access, options.rpc_tls_certificate, options.rpc_tls_key},
        [&](std::string_view body, std::function<void(std::string)> answer) {
            dispatcher.answer(body, nullptr, [answer = std::move(answer)](std::string response, const auto&) {
                answer(std::move(response));
            });
        },
        [&](std::string_view target) { return monitor.page(target); },
        [&](Subscriber::Push push) -> Conversation {
            return [subscriber = subscribers.add(std::move(push))](std::string_view body, std::function<void()> done) {
                subscriber->hear(body, std::move(done));
            };
        });
    if (!server) return fail(server.error());
    if (options.validator && !(*chain)->votes())
        log_warning("chain", "{} is no validator of this chain: this node only follows",
                    vm::to_hex(*(*chain)->validator()));
    auto network = open_network(options, **chain);
    if (!network) return fail(network.error());
    if (!*network && (*chain)->votes() && (*chain)->validators().size() > 1)
        log_warning("chain",
                    "{} is one of {} validators, and this node has no peers: it makes no blocks (--listen, --peer)",
                    vm::to_hex(*(*chain)->validator()), (*chain)->validators().size());
    (*chain)->start(network->get());
    if (*network) (*network)->start();
    monitor.start(network->get());
    (*server)->start();
    log_info("chain", "chain {}, genesis {}, at block {}", genesis.chain_id, vm::to_hex((*chain)->genesis_hash()),
             (*chain)->head()->number().value);
    ready(**chain, rpc_url(options, (*server)->port()));
    int signal = 0;
    sigwait(&signals, &signal);
    log_info("node", "stops on {}", signal == SIGINT ? "SIGINT" : "SIGTERM");
    (*chain)->release_waiters();
    subscribers.stop();
    (*server)->stop();
    dispatcher.stop();
    monitor.stop();
    if (*network) (*network)->stop();
    (*chain)->stop();
    log_info("node", "stopped at block {}", (*chain)->head()->number().value);
    return ExitCode::done;
}

}  // namespace talea::node
