#include "node/ops/service.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <csignal>

#include "node/base/log.hpp"
#include "node/rpc/dispatcher.hpp"
#include "node/rpc/server.hpp"
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

ExitCode fail(const std::string& sentence) {
    fmt::print(stderr, "talead: {}\n", sentence);
    return ExitCode::failed;
}

}  // namespace

ExitCode run_service(const vm::Genesis& genesis, const ServiceOptions& options,
                     const std::function<void(const Chain&, const std::string&)>& ready) {
    const auto signals = block_ending_signals();
    auto chain = Chain::open(genesis, {.database_path = options.directory.database(),
                                       .database = {},
                                       .validator = options.validator,
                                       .journal = options.journal,
                                       .utc = {}});
    if (!chain) return fail(describe(options.directory, chain.error()));
    Dispatcher dispatcher(**chain);
    auto server = HttpServer::listen({options.rpc_address, options.rpc_port},
                                     [&](std::string_view body) { return dispatcher.answer(body); });
    if (!server) return fail(server.error());
    if (options.validator && !(*chain)->seals())
        log_warning("chain", "{} is not the only validator of this chain, so this node seals no blocks",
                    vm::to_hex(*(*chain)->validator()));
    (*chain)->start();
    (*server)->start();
    const auto head = (*chain)->head();
    log_info("chain", "chain {}, genesis {}, at block {}", genesis.chain_id, vm::to_hex((*chain)->genesis_hash()),
             head->number().value);
    ready(**chain, fmt::format("http://{}:{}", options.rpc_address, (*server)->port()));
    int signal = 0;
    sigwait(&signals, &signal);
    log_info("node", "stops on {}", signal == SIGINT ? "SIGINT" : "SIGTERM");
    (*chain)->release_waiters();
    (*server)->stop();
    (*chain)->stop();
    log_info("node", "stopped at block {}", (*chain)->head()->number().value);
    return ExitCode::done;
}

}  // namespace talea::node
