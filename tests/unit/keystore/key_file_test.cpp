#include "keystore/key_file.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "vm/base/hex.hpp"

using namespace talea;
using keystore::KeyFileError;

namespace {
constexpr keystore::ScryptCost cheap{.n = 4096, .r = 8, .p = 1};
}

TEST_CASE("a key that was encrypted opens with its password and with no other") {
    const vm::PrivateKey key = keystore::random_key();
    const std::string file = keystore::encrypt_key(key, "correct horse", cheap);
    CHECK(keystore::decrypt_key(file, "correct horse")->secret == key.secret);
    CHECK(keystore::decrypt_key(file, "correct horsf").error() == KeyFileError::wrong_password);
    CHECK(keystore::decrypt_key(file, "").error() == KeyFileError::wrong_password);
    CHECK(keystore::address_in_key_file(file) == vm::address_of(key));
    CHECK(keystore::encrypt_key(key, "correct horse", cheap) != file);  // fresh salt and iv
}

TEST_CASE("a damaged key file is an error, and one that demands too much is refused before any work") {
    const std::string file = keystore::encrypt_key(keystore::random_key(), "p", cheap);
    CHECK(keystore::decrypt_key("", "p").error() == KeyFileError::malformed);
    CHECK(keystore::decrypt_key("{}", "p").error() == KeyFileError::malformed);
    auto json = nlohmann::json::parse(file);
    SUBCASE("cipher text of another length") {
        json["crypto"]["ciphertext"] = "00";
    }
    SUBCASE("a number where a text is due") {
        json["crypto"]["mac"] = 7;
    }
    SUBCASE("n that is no power of two") {
        json["crypto"]["kdfparams"]["n"] = 1000;
    }
    CHECK(keystore::decrypt_key(json.dump(), "p").error() == KeyFileError::malformed);
    json = nlohmann::json::parse(file);
    json["crypto"]["kdfparams"]["n"] = std::uint64_t{1} << 40;
    CHECK(keystore::decrypt_key(json.dump(), "p").error() == KeyFileError::too_costly);
    json = nlohmann::json::parse(file);
    json["version"] = 1;
    CHECK(keystore::decrypt_key(json.dump(), "p").error() == KeyFileError::unsupported);
}

TEST_CASE("every key file of the public KeyStoreTests opens to its key") {
    const char* pack = std::getenv("TALEA_CONFORMANCE_DIR");
    std::ifstream file(std::string(pack != nullptr ? pack : "") + "/classic/KeyStoreTests/basic_tests.json");
    if (!file) {
        std::cout << "skipped: KeyStoreTests: TALEA_CONFORMANCE_DIR names no unpacked conformance pack\n";
        return;
    }
    const auto cases = nlohmann::json::parse(file);
    CHECK(cases.size() >= 5);
    for (const auto& [name, test] : cases.items()) {
        CAPTURE(name);
        const auto key = keystore::decrypt_key(test["json"].dump(), test["password"].get<std::string>());
        REQUIRE(key.has_value());
        CHECK(key->secret == vm::hash_from_hex(test["priv"].get<std::string>()));
    }
}
