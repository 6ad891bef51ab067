#pragma once
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "node/ops/child_process.hpp"
#include "node/ops/network_view.hpp"
#include "vm/base/bytes.hpp"

namespace talea::node {

/// Validators on this machine, each a `talead run` of its own over real sockets. All stand in one folder:
/// DIR/genesis.json, and in DIR/node-1, DIR/node-2, ... each one's validator.key with its vote journal, data directory,
/// node.json and log. One thread.
class LocalNetwork {
  public:
    struct Node {
        std::string name;  ///< node-1, ...
        std::string dir;   ///< absolute
        vm::Address address;
        std::uint16_t rpc_port = 0, peer_port = 0;
        [[nodiscard]] std::string key_file() const { return dir + "/validator.key"; }
        [[nodiscard]] std::string config_file() const { return dir + "/node.json"; }
        [[nodiscard]] std::string log_file() const { return dir + "/log"; }
        [[nodiscard]] std::string rpc_url() const { return "http://127.0.0.1:" + std::to_string(rpc_port); }
        std::vector<std::string> command;  ///< what starts it, also by hand; once it was started
    };

    /// How many nodes stand in the folder.
    [[nodiscard]] static std::size_t nodes_in(const std::string& dir);
    /// Makes the folders and keys of `count` nodes where they are missing.
    [[nodiscard]] static std::expected<LocalNetwork, std::string> prepare(const std::string& dir, std::size_t count);

    /// Gives every node the genesis and its configuration, with free ports, and starts it, with `words` on its command
    /// line. JSON-RPC of node i is at `rpc_port` + i - 1, or where nobody listens if that is 0.
    [[nodiscard]] std::expected<void, std::string> start(const std::string& genesis_file, std::uint16_t rpc_port,
                                                         const std::vector<std::string>& words);

    [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
    /// Of the same order; -1 before `start`.
    [[nodiscard]] std::vector<pid_t> pids() const;
    /// Sentences about nodes that ended since it was last asked, each with how to start it again.
    [[nodiscard]] std::vector<std::string> newly_ended();
    /// Asks every node how it is; takes as long as those that are silent are waited for. A node that was started again
    /// by hand runs like the others.
    [[nodiscard]] const NetworkView& look();
    /// As of the last look.
    [[nodiscard]] bool none_runs() const;
    /// Asks all to end, waits for them, and kills who does not.
    void stop();

  private:
    void count_transactions();

    std::vector<Node> nodes_;
    std::vector<ChildProcess> processes_;
    std::vector<bool> end_was_said_;
    NetworkView view_;
    /// How many transactions a node had applied, and when that was.
    struct Count {
        std::size_t node;
        std::uint64_t transactions;
        std::chrono::steady_clock::time_point at;
    };
    std::optional<Count> counted_;
};

}  // namespace talea::node
