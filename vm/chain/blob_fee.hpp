#pragma once
#include <cstdint>

#include "vm/base/u256.hpp"
#include "vm/chain/fork.hpp"

namespace talea::vm {

/// Wei per unit of blob gas after `excess_blob_gas` (EIP-4844: 1 * e^(excess / fraction), by its Taylor series in
/// integers). Stops at 2^256 - 1, where the series would not fit.
[[nodiscard]] u256 blob_base_fee(std::uint64_t excess_blob_gas, const BlobSchedule& schedule);

/// The schedule that Ethereum's main chain had when `fork` began (EIP-4844, EIP-7691); none before Cancun.
[[nodiscard]] BlobSchedule default_blob_schedule(Fork fork);

}  // namespace talea::vm
