#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "vm/base/numbers.hpp"

namespace talea::vm {

/// Rules of execution, in order. Blob parameter forks (BPO) change only a block's blob schedule. No Talea chain begins
/// with Shanghai's: they are there for Ethereum blocks before the transition to Cancun (vm/execution/ethereum_block).
enum class Fork : std::uint8_t { shanghai, cancun, prague, osaka };
[[nodiscard]] std::string_view to_string(Fork fork);
/// A fork that a Talea chain can have.
[[nodiscard]] std::optional<Fork> fork_from_string(std::string_view name);

/// EIP-4844, EIP-7840: blobs a block aims at and may hold, and how fast their price moves. All 0 before Cancun.
struct BlobSchedule {
    std::uint64_t target = 0, max = 0, base_fee_update_fraction = 0;
};

}  // namespace talea::vm
