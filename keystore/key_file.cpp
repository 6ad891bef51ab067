#include "keystore/key_file.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sodium/crypto_pwhash_scryptsalsa208sha256.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::keystore {
namespace {

using vm::Bytes;
using vm::BytesView;
using Json = nlohmann::json;

constexpr std::uint64_t scrypt_memory_max = std::uint64_t{1} << 30;
constexpr std::uint64_t scrypt_work_max = std::uint64_t{1} << 26;  // n * r * p: some ten seconds
constexpr std::uint64_t pbkdf2_iterations_max = std::uint64_t{1} << 26;
constexpr std::size_t derived_bytes = 32;  // 16 for the cipher, 16 for the code

std::string bare_hex(BytesView bytes) {
    return vm::to_hex(bytes).substr(2);
}

void fill_random(std::span<std::uint8_t> bytes) {
    vm::check(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1, "the system's random source works");
}

/// AES-128-CTR is its own inverse.
Bytes apply_cipher(BytesView key, BytesView iv, BytesView text) {
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                  &EVP_CIPHER_CTX_free);
    Bytes out(text.size());
    int written = 0;
    vm::check(
        context != nullptr &&
            EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, key.data(), iv.data()) == 1 &&
            EVP_EncryptUpdate(context.get(), out.data(), &written, text.data(), static_cast<int>(text.size())) == 1,
        "AES-128-CTR of a short text works");
    return out;
}

std::expected<Bytes, KeyFileError> derive_scrypt(std::string_view password, BytesView salt, const ScryptCost& cost) {
    if (cost.n < 2 || (cost.n & (cost.n - 1)) != 0 || cost.r == 0 || cost.p == 0) {
        return std::unexpected(KeyFileError::malformed);
    }
    if (cost.n > scrypt_memory_max / 128 / cost.r || cost.n * cost.r > scrypt_work_max / cost.p) {
        return std::unexpected(KeyFileError::too_costly);
    }
    Bytes derived(derived_bytes);
    // Not OpenSSL's, which holds to RFC 7914's n < 2^(16 r): key files with r = 1 and a larger n are in the field.
    if (crypto_pwhash_scryptsalsa208sha256_ll(reinterpret_cast<const std::uint8_t*>(password.data()), password.size(),
                                              salt.data(), salt.size(), cost.n, cost.r, cost.p, derived.data(),
                                              derived.size()) != 0) {
        return std::unexpected(KeyFileError::too_costly);
    }
    return derived;
}

std::expected<Bytes, KeyFileError> derive(const Json& crypto, std::string_view password) {
    const Json& parameters = crypto.at("kdfparams");
    const auto salt = vm::from_hex(parameters.at("salt").get<std::string>());
    if (!salt || parameters.at("dklen").get<std::uint64_t>() != derived_bytes) {
        return std::unexpected(KeyFileError::malformed);
    }
    const auto kdf = crypto.at("kdf").get<std::string>();
    if (kdf == "scrypt") {
        return derive_scrypt(password, *salt,
                             {parameters.at("n").get<std::uint64_t>(), parameters.at("r").get<std::uint32_t>(),
                              parameters.at("p").get<std::uint32_t>()});
    }
    if (kdf != "pbkdf2" || parameters.at("prf").get<std::string>() != "hmac-sha256") {
        return std::unexpected(KeyFileError::unsupported);
    }
    const auto iterations = parameters.at("c").get<std::uint64_t>();
    if (iterations == 0) return std::unexpected(KeyFileError::malformed);
    if (iterations > pbkdf2_iterations_max) return std::unexpected(KeyFileError::too_costly);
    Bytes derived(derived_bytes);
    vm::check(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt->data(),
                                static_cast<int>(salt->size()), static_cast<int>(iterations), EVP_sha256(),
                                static_cast<int>(derived.size()), derived.data()) == 1,
              "PBKDF2 of checked parameters works");
    return derived;
}

vm::Hash code_over(BytesView derived, BytesView cipher_text) {
    Bytes covered = vm::to_bytes(derived.subspan(16, 16));
    vm::append(covered, cipher_text);
    return vm::keccak256(covered);
}

std::expected<vm::PrivateKey, KeyFileError> decrypt(const Json& file, std::string_view password) {
    if (file.at("version").get<int>() != 3) return std::unexpected(KeyFileError::unsupported);
    const Json& crypto = file.contains("crypto") ? file.at("crypto") : file.at("Crypto");  // both are in the field
    if (crypto.at("cipher").get<std::string>() != "aes-128-ctr") return std::unexpected(KeyFileError::unsupported);
    const auto cipher_text = vm::from_hex(crypto.at("ciphertext").get<std::string>());
    const auto code = vm::hash_from_hex(crypto.at("mac").get<std::string>());
    const auto iv = vm::from_hex(crypto.at("cipherparams").at("iv").get<std::string>());
    if (!cipher_text || cipher_text->size() != 32 || !code || !iv || iv->size() != 16) {
        return std::unexpected(KeyFileError::malformed);
    }
    auto derived = derive(crypto, password);
    if (!derived) return std::unexpected(derived.error());
    const vm::Hash computed = code_over(*derived, *cipher_text);
    if (CRYPTO_memcmp(computed.bytes.data(), code->bytes.data(), 32) != 0) {
        return std::unexpected(KeyFileError::wrong_password);
    }
    Bytes secret = apply_cipher(BytesView(*derived).first(16), *iv, *cipher_text);
    vm::PrivateKey key;
    std::copy(secret.begin(), secret.end(), key.secret.bytes.begin());
    OPENSSL_cleanse(secret.data(), secret.size());
    OPENSSL_cleanse(derived->data(), derived->size());
    if (!vm::is_valid(key)) return std::unexpected(KeyFileError::malformed);
    return key;
}

std::string random_uuid() {
    std::array<std::uint8_t, 16> bytes;
    fill_random(bytes);
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4 (RFC 9562)
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
    std::string text = bare_hex(bytes);
    for (const std::size_t dash : {20U, 16U, 12U, 8U}) text.insert(dash, "-");
    return text;
}

}  // namespace

std::string_view to_string(KeyFileError error) {
    switch (error) {
        case KeyFileError::malformed:
            return "the file is no key file of Web3 Secret Storage version 3";
        case KeyFileError::unsupported:
            return "the key file names a cipher or key derivation that is not supported";
        case KeyFileError::too_costly:
            return "the key file demands more than 1 GiB of memory or minutes of work to open";
        case KeyFileError::wrong_password:
            return "the password is wrong";
    }
    return "unknown";
}

std::expected<vm::PrivateKey, KeyFileError> decrypt_key(std::string_view json, std::string_view password) {
    try {
        return decrypt(Json::parse(json), password);
    } catch (const Json::exception&) {
        return std::unexpected(KeyFileError::malformed);
    }
}

std::string encrypt_key(const vm::PrivateKey& key, std::string_view password, const ScryptCost& cost) {
    std::array<std::uint8_t, 32> salt;
    std::array<std::uint8_t, 16> iv;
    fill_random(salt);
    fill_random(iv);
    const auto derived = derive_scrypt(password, salt, cost);
    vm::check(derived.has_value(), "our own scrypt parameters are affordable");
    const Bytes cipher_text = apply_cipher(BytesView(*derived).first(16), iv, view(key.secret));
    const Json file = {
        {"version", 3},
        {"id", random_uuid()},
        {"address", bare_hex(view(vm::address_of(key)))},
        {"crypto",
         {{"cipher", "aes-128-ctr"},
          {"cipherparams", {{"iv", bare_hex(iv)}}},
          {"ciphertext", bare_hex(cipher_text)},
          {"kdf", "scrypt"},
          {"kdfparams",
           {{"dklen", derived_bytes}, {"n", cost.n}, {"r", cost.r}, {"p", cost.p}, {"salt", bare_hex(salt)}}},
          {"mac", bare_hex(view(code_over(*derived, cipher_text)))}}},
    };
    return file.dump(2) + "\n";
}

std::optional<vm::Address> address_in_key_file(std::string_view json) {
    const Json file = Json::parse(json, nullptr, false);
    if (!file.is_object() || !file.contains("address") || !file["address"].is_string()) return std::nullopt;
    return vm::address_from_hex(file["address"].get<std::string>());
}

vm::PrivateKey random_key() {
    vm::PrivateKey key;
    do fill_random(key.secret.bytes);
    while (!vm::is_valid(key));
    return key;
}

}  // namespace talea::keystore
