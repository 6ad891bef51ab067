#pragma once
#include "vm/interpreter/precompiles.hpp"

namespace talea::vm {

/// The precompiles over bn254 (EIP-196, EIP-197, priced by EIP-1108): they fail for lack of gas, a coordinate that is
/// not below the field's prime, and a point that is not in its group; and the pairing for a length that is not whole.
[[nodiscard]] PrecompileResult bn254_add(Fork fork, BytesView input, Gas gas);
[[nodiscard]] PrecompileResult bn254_multiply(Fork fork, BytesView input, Gas gas);
[[nodiscard]] PrecompileResult bn254_pairing(Fork fork, BytesView input, Gas gas);

/// EIP-4844: fails for a proof that does not verify, and for all that is not exactly encoded.
[[nodiscard]] PrecompileResult point_evaluation(Fork fork, BytesView input, Gas gas);

/// The precompiles over BLS12-381 (EIP-2537): they fail for lack of gas, a length that is not whole, padding that is
/// not zero, a coordinate that is not below the field's prime, a point that is not on its curve, and, the additions
/// aside, one that is not in its group.
[[nodiscard]] PrecompileResult bls12_g1_add(Fork fork, BytesView input, Gas gas);
[[nodiscard]] PrecompileResult bls12_g1_msm(Fork fork, BytesView input, Gas gas);
[[nodiscard]] PrecompileResult bls12_g2_add(Fork fork, BytesView input, Gas gas);
[[nodiscard]] PrecompileResult bls12_g2_msm(Fork fork, BytesView input, Gas gas);
[[nodiscard]] PrecompileResult bls12_pairing_check(Fork fork, BytesView input, Gas gas);
[[nodiscard]] PrecompileResult bls12_map_fp_to_g1(Fork fork, BytesView input, Gas gas);
[[nodiscard]] PrecompileResult bls12_map_fp2_to_g2(Fork fork, BytesView input, Gas gas);

}  // namespace talea::vm
