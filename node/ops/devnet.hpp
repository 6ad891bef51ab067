#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "node/base/stop.hpp"

namespace talea::node {

struct DevnetOptions {
    std::string dir = "talea-devnet";
    std::optional<std::size_t> validators;  ///< at most `devnet_validators_max`; where there is no chain yet, else 1
    bool json = false;                      ///< says what runs as one JSON object, for programs
    std::string rpc_address = "127.0.0.1";
    std::uint16_t rpc_port = 8545;
    std::uint64_t chain_id = 8253;
    bool enforced = false;
    std::optional<std::string> clock;  ///< a time: the chain's clock starts there
    bool stepped = false;
    std::vector<std::string> admins;  ///< addresses; none: a new key in the directory
    std::vector<std::string> grants;  ///< ADDRESS=ROLE,ROLE
    std::vector<std::string> funds;   ///< ADDRESS=AMOUNT in the coin's smallest unit
    std::uint64_t gas_limit = 100'000'000;
    std::uint64_t recovery_delay = 86'400;
    std::uint64_t idle_interval = 30;
    /// What the command lines of several nodes say of their logs.
    std::vector<std::string> log_words;
};

/// Processes that a machine for development carries with ease.
inline constexpr std::size_t devnet_validators_max = 10;

/// A chain on this machine: makes keys, genesis and directory where there are none, else goes on with the chain that is
/// there; then runs until a signal. One validator is this process; several are processes of their own, which end with
/// this one, with a screen of how they are.
[[nodiscard]] ExitCode run_devnet(const DevnetOptions& options);

}  // namespace talea::node
