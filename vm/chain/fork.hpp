#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "vm/base/numbers.hpp"

namespace talea::vm {

/// Rules of execution, in order. Blob parameter forks (BPO) change only a block's blob schedule.
enum class Fork : std::uint8_t { cancun, prague, osaka };
[[nodiscard]] std::string_view to_string(Fork fork);
[[nodiscard]] std::optional<Fork> fork_from_string(std::string_view name);

/// EIP-4844, EIP-7840: blobs a block aims at and may hold, and how fast their price moves.
struct BlobSchedule {
    std::uint64_t target = 0, max = 0, base_fee_update_fraction = 0;
};

}  // namespace talea::vm
