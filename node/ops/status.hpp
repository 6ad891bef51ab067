#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "http/client.hpp"
#include "node/base/stop.hpp"

namespace talea::node {

/// What an operator wants to see of a node, as it answers by itself.
struct NodeStatus {
    std::string version;
    std::uint64_t chain_id = 0;
    std::uint64_t block = 0;
    std::string hash;               ///< of it
    std::uint64_t age_seconds = 0;  ///< of it, by the chain's clock
    std::uint64_t peers = 0;
    bool syncing = false;
    std::uint64_t highest = 0;  ///< certified block that it knows of
    std::string why;            ///< a sentence
    std::uint64_t round = 0;
    bool signs = false, in_quarantine = false;
    std::uint64_t native_version_known = 0;  ///< the highest that its program executes
    struct Validator {
        std::string address;
        bool connected = false;  ///< itself included
        std::optional<std::uint64_t> silent_ms;
    };
    std::vector<Validator> validators;
    /// Nothing where the node serves no metrics.
    std::optional<std::uint64_t> disk_used_bytes, disk_free_bytes;
    std::optional<std::uint64_t> disk_growth_bytes_per_day;  ///< once it is known
    std::optional<std::uint64_t> first_whole;                ///< block from which on all is kept
};

/// Asks the node there; the error is one sentence.
[[nodiscard]] std::expected<NodeStatus, std::string> read_status(const http::Place& place);

struct StatusOptions {
    http::Place node{"http://127.0.0.1:8545", {}, {}};
    bool json = false;
};
/// `talead status`. Failures are printed, one sentence each.
[[nodiscard]] ExitCode show_status(const StatusOptions& options);

}  // namespace talea::node
