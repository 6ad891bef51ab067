#include "conformance/runner/outcome.hpp"

#include "vm/base/hex.hpp"
#include "vm/interpreter/precompiles.hpp"

namespace talea::conformance {

using namespace talea::vm;

namespace {

std::string precompile_name(const Address& address) {
    switch (address.bytes[18] << 8 | address.bytes[19]) {
        case 0x06:
            return "bn254_add";
        case 0x07:
            return "bn254_mul";
        case 0x08:
            return "bn254_pairing";
        case 0x0a:
            return "kzg_point_evaluation";
        case 0x0b:
            return "bls12_g1add";
        case 0x0c:
            return "bls12_g1msm";
        case 0x0d:
            return "bls12_g2add";
        case 0x0e:
            return "bls12_g2msm";
        case 0x0f:
            return "bls12_pairing_check";
        case 0x10:
            return "bls12_map_fp_to_g1";
        case 0x11:
            return "bls12_map_fp2_to_g2";
        default:
            return to_hex(address);
    }
}

}  // namespace

std::optional<CallResult> MissingPrecompile::on_call(Message& message) {
    if (name_.empty() && !creates(message.kind) && is_precompile(fork_, message.code_address) &&
        !is_built(message.code_address))
        name_ = precompile_name(message.code_address);
    return std::nullopt;
}

Outcome MissingPrecompile::excuse(Outcome outcome) const {
    if (outcome.verdict == Verdict::failed && !name_.empty()) {
        outcome.verdict = Verdict::needs;
        outcome.missing = "the precompile " + name_;
    }
    return outcome;
}

}  // namespace talea::conformance
