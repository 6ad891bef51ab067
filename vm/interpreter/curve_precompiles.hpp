#pragma once
#include "vm/interpreter/precompiles.hpp"

namespace talea::vm {

/// The precompiles over bn254 (EIP-196, EIP-197, priced by EIP-1108): they fail for lack of gas, a coordinate that is
/// not below the field's prime, and a point that is not in its group; and the pairing for a length that is not whole.
[[nodiscard]] PrecompileResult bn254_add(Fork fork, BytesView input, Gas gas);
[[nodiscard]] PrecompileResult bn254_multiply(Fork fork, BytesView input, Gas gas);
[[nodiscard]] PrecompileResult bn254_pairing(Fork fork, BytesView input, Gas gas);

}  // namespace talea::vm
