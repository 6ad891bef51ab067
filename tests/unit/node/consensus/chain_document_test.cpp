#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "node/consensus/certificate.hpp"
#include "node/consensus/recovery.hpp"
#include "node/sync/header_chain.hpp"
#include "vm/base/hex.hpp"
#include "vm/chain/header_rules.hpp"

namespace talea::tests {
namespace {

/// The value of a line "    name  0x…" in the example of CHAIN.md.
std::string example(const std::string& name) {
    std::ifstream file(TALEA_CHAIN_MD);
    REQUIRE(file);
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string first, second;
        if (line.starts_with("    ") && words >> first >> second && first == name && second.starts_with("0x"))
            return second;
    }
    return "absent";
}

TEST_CASE("the example of CHAIN.md is what the code signs, encodes and accepts") {
    vm::PrivateKey key;
    key.secret.bytes[31] = 1;
    node::SealedBlock block{.genesis_hash = {}, .instance = 0, .number = {1}, .round = 0, .hash = {}};
    block.genesis_hash.bytes.fill(0x11);
    block.hash.bytes.fill(0x22);
    const std::vector validators{vm::address_of(key)};
    CHECK(vm::to_hex(validators[0]) == example("validator"));
    CHECK(vm::to_hex(vm::validators_hash(validators)) == example("extraData"));
    CHECK(vm::to_hex(node::seal_digest(block)) == example("signed"));
    const node::Certificate certificate{
        .instance = 0, .round = 0, .seals = {node::make_seal(key, block)}, .validators = validators};
    CHECK(vm::to_hex(node::encode_certificate(certificate)) == example("certificate"));
    const auto bytes = vm::from_hex(example("certificate"));
    REQUIRE(bytes.has_value());
    const auto decoded = node::decode_certificate(*bytes);
    REQUIRE(decoded.has_value());
    CHECK(node::verify_certificate(*decoded, block, validators).has_value());
}

TEST_CASE("the chain of CHAIN.md's example holds with its checkpoint, and not without") {
    const auto bytes = [](const std::string& name) { return vm::from_hex(example(name)).value(); };
    const auto key = [](std::uint64_t secret) { return vm::PrivateKey{vm::to_hash(vm::u256{secret})}; };
    const auto hash = [&](const std::string& name) { return vm::to_hash(vm::u256::from_be_bytes(bytes(name))); };
    const auto checkpoint = node::decode_checkpoint(bytes("checkpoint"));
    REQUIRE(checkpoint.has_value());
    const vm::RecoveryKeys recovery{
        {vm::address_of(key(101)), vm::address_of(key(102)), vm::address_of(key(103))}, 2};
    CHECK(node::verify_checkpoint(*checkpoint, hash("genesis"), recovery).has_value());
    CHECK(checkpoint->validators == std::vector{vm::address_of(key(2))});

    vm::Header first;
    first.extra_data = vm::to_bytes(vm::view(vm::validators_hash(std::vector{vm::address_of(key(1))})));
    node::HeaderChain chain(hash("genesis"), {first, hash("genesis"), {}}, {*checkpoint});
    CHECK(chain.extend(bytes("header_1"), bytes("certificate_1")).has_value());
    CHECK(chain.head().hash == hash("hash_1"));
    node::HeaderChain unrecovered(hash("genesis"), chain.head());
    CHECK(unrecovered.extend(bytes("header_2"), bytes("certificate_2")).error() ==
          node::HeaderChainError::wrong_instance);
    CHECK(chain.extend(bytes("header_2"), bytes("certificate_2")).has_value());
    CHECK(chain.head().hash == hash("hash_2"));
}

}  // namespace
}  // namespace talea::tests
