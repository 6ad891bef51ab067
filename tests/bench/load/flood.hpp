#pragma once
#include <chrono>
#include <cstdint>
#include <vector>

#include "bench/load/account.hpp"
#include "bench/load/http_connection.hpp"

namespace talea::load {

struct FloodSettings {
    std::vector<Url> urls;  ///< connections take turns among them; blocks are watched at the first
    std::size_t connections = 4;
    std::size_t batch = 100;         ///< transfers a request
    std::uint64_t transfers = 0;     ///< signed before the first is sent
    std::chrono::seconds lasts{0};   ///< instead of a count: signed on the way
    double rate = 0;                 ///< transfers a second; 0: as fast as they are taken
    std::uint64_t waiting_max = 0;   ///< sent and in no block yet
    std::chrono::milliseconds poll;  ///< for new blocks
    std::uint64_t chain_id = 0;
    vm::Address token;
};

struct Flooded {
    std::uint64_t transfers = 0;
    std::uint64_t blocks = 0;
    double seconds = 0;               ///< from the first request until the last transfer was seen in a block
    std::vector<float> latencies_ms;  ///< of each transfer, from its request until then; ascending
};

/// Transfers between the holders: each sends in its turn, a few units to another one. Returns when all stand in blocks,
/// and stops the program where a transfer is refused or does not come into a block. `balances` follows what is sent.
[[nodiscard]] Flooded flood(const FloodSettings& settings, std::vector<Account>& holders,
                            std::vector<std::uint64_t>& balances);

}  // namespace talea::load
