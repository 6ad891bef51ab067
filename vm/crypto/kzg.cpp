#include "vm/crypto/kzg.hpp"

#include "vm/crypto/bls12_381.hpp"
#include "vm/crypto/digest.hpp"

namespace talea::vm {
namespace {

using namespace bls12_381;

/// [tau]G2, of Ethereum's ceremony of 2023: entry 1 of `g2_monomial` in trusted_setup_4096.json of the consensus
/// specifications, which writes it compressed as b5bfd7dd...0c1def2. Nobody knows tau.
constexpr G2 tau_g2{
    {Fp::from_hex("0x185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2"),
     Fp::from_hex(
         "0x15bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72")},
    {Fp::from_hex("0x14353bdb96b626dd7d5ee8599d1fca2131569490e28de18e82451a496a9c9794ce26d105941f383ee689bfbbb832a99"),
     Fp::from_hex(
         "0x1666c54b0a32529503432fcae0181b4bef79de09fc63671fda5ed1ba9bfa07899495346f3d7ac9cd23048ef30d0a154f")}};

}  // namespace

// The quotient (f(x) - y) / (x - z) is what the proof commits to: e(C - y G1, G2) = e(proof, [tau]G2 - z G2), here with
// all multiplications moved to G1: e(C - y G1 + z proof, G2) e(-proof, [tau]G2) = 1.
bool verify_kzg(const KzgOpening& opening) {
    if (opening.z >= order || opening.y >= order) return false;
    const auto commitment = decompress_g1(opening.commitment), proof = decompress_g1(opening.proof);
    if (!commitment || !proof) return false;
    const Term<Fp> terms[] = {{-g1_generator, opening.y}, {*proof, opening.z}};
    const PairingInput<Curve> pairs[] = {{*commitment + sum_of_multiples(terms), g2_generator}, {-*proof, tau_g2}};
    return pairings_cancel(pairs);
}

Hash kzg_versioned_hash(BytesView commitment) {
    constexpr std::uint8_t version = 0x01;
    Hash hash = sha256(commitment);
    hash.bytes[0] = version;
    return hash;
}

}  // namespace talea::vm
