#include "vm/crypto/secp256k1.hpp"

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::vm {
namespace {

/// 0x04, then x and y: a point that is not compressed (SEC 1, 2.3.3).
using EncodedPoint = std::array<std::uint8_t, 65>;

EncodedPoint encode(const secp256k1_pubkey& key) {
    EncodedPoint point;
    std::size_t size = point.size();
    secp256k1_ec_pubkey_serialize(secp256k1_context_static, point.data(), &size, &key, SECP256K1_EC_UNCOMPRESSED);
    return point;
}
EncodedPoint encode(const PublicKey& key) {
    EncodedPoint point;
    point[0] = 0x04;
    const auto x = key.x.to_be_bytes(), y = key.y.to_be_bytes();
    std::memcpy(point.data() + 1, x.data(), 32);
    std::memcpy(point.data() + 33, y.data(), 32);
    return point;
}

Address address_of(const EncodedPoint& point) {
    const Hash digest = keccak256(BytesView{point}.subspan(1));
    Address address;
    std::memcpy(address.bytes.data(), digest.bytes.data() + 12, 20);
    return address;
}

/// Signing needs tables that the static context has not; made once, only read afterwards, so any thread may use it.
const secp256k1_context* signing_context() {
    static const secp256k1_context* const context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    return context;
}

}  // namespace

constinit const u256 secp256k1_order{0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe, 0xffffffffffffffff};
constinit const u256 secp256k1_half_order{0xdfe92f46681b20a0, 0x5d576e7357a4501d, 0xffffffffffffffff,
                                          0x7fffffffffffffff};

std::optional<Address> recover_address(const Hash& digest, const Signature& signature) {
    if (signature.y_parity > 1) return std::nullopt;
    std::array<std::uint8_t, 64> compact;
    const auto r = signature.r.to_be_bytes(), s = signature.s.to_be_bytes();
    std::memcpy(compact.data(), r.data(), 32);
    std::memcpy(compact.data() + 32, s.data(), 32);
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_pubkey key;
    // The first refuses r and s at or above the order, the second zeros and points that are not on the curve.
    if (secp256k1_ecdsa_recoverable_signature_parse_compact(secp256k1_context_static, &parsed, compact.data(),
                                                            signature.y_parity) == 0 ||
        secp256k1_ecdsa_recover(secp256k1_context_static, &key, &parsed, digest.bytes.data()) == 0)
        return std::nullopt;
    return address_of(encode(key));
}

bool is_valid(const PrivateKey& key) {
    return secp256k1_ec_seckey_verify(secp256k1_context_static, key.secret.bytes.data()) == 1;
}

Signature sign(const PrivateKey& key, const Hash& digest) {
    secp256k1_ecdsa_recoverable_signature signature;
    check(secp256k1_ecdsa_sign_recoverable(signing_context(), &signature, digest.bytes.data(), key.secret.bytes.data(),
                                           nullptr, nullptr) == 1,
          "a key that signs is valid");
    std::array<std::uint8_t, 64> compact;
    int parity = 0;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(secp256k1_context_static, compact.data(), &parity,
                                                            &signature);
    // The library's s is low. A parity above 1 means r was reduced by the order: one nonce in 2^127, nobody has seen
    // it.
    check(parity == 0 || parity == 1, "a signature's parity is 0 or 1");
    return {u256::from_be_bytes(BytesView{compact}.first(32)), u256::from_be_bytes(BytesView{compact}.last(32)),
            static_cast<std::uint8_t>(parity)};
}

PublicKey public_key_of(const PrivateKey& key) {
    secp256k1_pubkey point;
    check(secp256k1_ec_pubkey_create(signing_context(), &point, key.secret.bytes.data()) == 1,
          "a key with a public key is valid");
    const EncodedPoint encoded = encode(point);
    return {u256::from_be_bytes(BytesView{encoded}.subspan(1, 32)), u256::from_be_bytes(BytesView{encoded}.last(32))};
}

Address address_of(const PrivateKey& key) {
    return address_of(public_key_of(key));
}

bool is_valid(const PublicKey& key) {
    const EncodedPoint encoded = encode(key);
    secp256k1_pubkey point;
    return secp256k1_ec_pubkey_parse(secp256k1_context_static, &point, encoded.data(), encoded.size()) == 1;
}

Address address_of(const PublicKey& key) {
    return address_of(encode(key));
}

}  // namespace talea::vm
