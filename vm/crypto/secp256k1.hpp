#pragma once
#include <optional>

#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"

namespace talea::vm {

/// A signature that recovers to its signer. `y_parity` is 0 or 1.
struct Signature {
    u256 r, s;
    std::uint8_t y_parity = 0;
    friend bool operator==(const Signature&, const Signature&) = default;
};

/// The order of the group; signatures with s above half of it are refused on chain since EIP-2.
extern const u256 secp256k1_order;
extern const u256 secp256k1_half_order;

/// The address of the key that signed `digest`; nothing for r or s of 0 or not below the order, or a point not on the
/// curve. High s is accepted here (ECRECOVER does); transactions check it themselves.
[[nodiscard]] std::optional<Address> recover_address(const Hash& digest, const Signature& signature);

/// A private key: 32 bytes that are neither 0 nor at or above the order.
struct PrivateKey {
    Hash secret;
};
[[nodiscard]] bool is_valid(const PrivateKey& key);
/// `key` must be valid. Deterministic (RFC 6979), low s.
[[nodiscard]] Signature sign(const PrivateKey& key, const Hash& digest);
[[nodiscard]] Address address_of(const PrivateKey& key);

/// A point of the curve, uncompressed.
struct PublicKey {
    u256 x, y;
    friend bool operator==(const PublicKey&, const PublicKey&) = default;
};
/// On the curve, with coordinates below the field's prime.
[[nodiscard]] bool is_valid(const PublicKey& key);
[[nodiscard]] PublicKey public_key_of(const PrivateKey& key);
/// The last 20 bytes of the keccak of the coordinates; nobody's where the key is not valid.
[[nodiscard]] Address address_of(const PublicKey& key);

}  // namespace talea::vm
