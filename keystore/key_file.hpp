#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "vm/crypto/secp256k1.hpp"

namespace talea::keystore {

enum class KeyFileError : std::uint8_t {
    malformed,       ///< no JSON of Web3 Secret Storage version 3
    unsupported,     ///< a cipher or key derivation that the format does not name
    too_costly,      ///< derivation parameters that would take more than 1 GiB or minutes
    wrong_password,  ///< the code over the cipher text differs
};
[[nodiscard]] std::string_view to_string(KeyFileError error);

/// What scrypt costs: memory is 128 * n * r bytes. The default is what Ethereum's tools write (256 MiB, about a
/// second).
struct ScryptCost {
    std::uint64_t n = 1 << 18;
    std::uint32_t r = 8, p = 1;
};

/// A key file of Web3 Secret Storage version 3: AES-128-CTR, scrypt or PBKDF2-HMAC-SHA256, keccak over key and cipher
/// text.
[[nodiscard]] std::expected<vm::PrivateKey, KeyFileError> decrypt_key(std::string_view json, std::string_view password);

/// Writes with scrypt, a fresh salt and a fresh iv.
[[nodiscard]] std::string encrypt_key(const vm::PrivateKey& key, std::string_view password,
                                      const ScryptCost& cost = {});

/// The address a key file says it is for, if it says one; nothing is decrypted.
[[nodiscard]] std::optional<vm::Address> address_in_key_file(std::string_view json);

/// A fresh key from the system's random source.
[[nodiscard]] vm::PrivateKey random_key();

}  // namespace talea::keystore
