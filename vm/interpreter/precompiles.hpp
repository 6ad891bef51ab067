#pragma once
#include <optional>

#include "vm/base/numbers.hpp"
#include "vm/chain/fork.hpp"

namespace talea::vm {

/// Whether a precompile of `fork` stands at `address` (0x01–0x09, since Cancun 0x0a, since Prague 0x0b–0x11, since
/// Osaka 0x100).
[[nodiscard]] bool is_precompile(Fork fork, const Address& address);
/// All of them, for the warm set.
[[nodiscard]] std::span<const Address> precompile_addresses(Fork fork);

struct PrecompileResult {
    bool succeeded = false;
    Gas gas_left = 0;
    Bytes output;
};
/// `address` must be a precompile of `fork`.
[[nodiscard]] PrecompileResult run_precompile(Fork fork, const Address& address, BytesView input, Gas gas);

}  // namespace talea::vm
