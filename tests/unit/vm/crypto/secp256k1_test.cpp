#include "vm/crypto/secp256k1.hpp"

#include <doctest/doctest.h>

#include "unit/random.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "vm/crypto/keccak.hpp"

using namespace talea;
using vm::Hash;
using vm::PrivateKey;
using vm::u256;

namespace {

PrivateKey key_of(const u256& number) {
    return {Hash{number.to_be_bytes()}};
}

}  // namespace

TEST_CASE("addresses of known keys are the known ones, with their checksums") {
    CHECK(to_checksum_hex(address_of(key_of(u256{1}))) == "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf");
    CHECK(to_checksum_hex(address_of(key_of(vm::secp256k1_order - u256{1}))) ==
          "0x80C0dbf239224071c59dD8970ab9d542E3414aB2");
    const PrivateKey known{*vm::hash_from_hex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")};
    CHECK(to_checksum_hex(address_of(known)) == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
}

TEST_CASE("a key is valid from 1 to the order less 1") {
    CHECK_FALSE(is_valid(key_of(u256{})));
    CHECK(is_valid(key_of(u256{1})));
    CHECK(is_valid(key_of(vm::secp256k1_order - u256{1})));
    CHECK_FALSE(is_valid(key_of(vm::secp256k1_order)));
    CHECK_FALSE(is_valid(key_of(u256::max())));
    CHECK((vm::secp256k1_half_order == vm::secp256k1_order >> 1));
}

TEST_CASE("a signature recovers to its signer, is low and deterministic; its mirror with high s recovers too") {
    tests::Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 50; ++i) {
        const PrivateKey key = key_of(u256{random.next(), random.next(), random.next(), random.next() >> 1});
        const Hash digest = vm::keccak256(random.bytes(40));
        const vm::Signature signature = sign(key, digest);
        CHECK(signature == sign(key, digest));
        CHECK(signature.s <= vm::secp256k1_half_order);
        CHECK(recover_address(digest, signature) == address_of(key));
        const vm::Signature mirror{signature.r, vm::secp256k1_order - signature.s,
                                   static_cast<std::uint8_t>(1 - signature.y_parity)};
        CHECK(recover_address(digest, mirror) == address_of(key));
        vm::Signature other = signature;
        other.y_parity ^= 1;
        CHECK(recover_address(digest, other) != address_of(key));
    }
}

TEST_CASE("a signature out of range, or whose r is on no point, recovers to nothing") {
    const PrivateKey key = key_of(u256{7});
    const Hash digest = vm::keccak256({});
    const vm::Signature good = sign(key, digest);
    REQUIRE(recover_address(digest, good));
    CHECK_FALSE(recover_address(digest, {u256{}, good.s, 0}));
    CHECK_FALSE(recover_address(digest, {good.r, u256{}, 0}));
    CHECK_FALSE(recover_address(digest, {vm::secp256k1_order, good.s, 0}));
    CHECK_FALSE(recover_address(digest, {good.r, vm::secp256k1_order, 0}));
    CHECK_FALSE(recover_address(digest, {u256::max(), u256::max(), 0}));
    CHECK_FALSE(recover_address(digest, {u256{5}, good.s, 0}));  // 5^3 + 7 is no square modulo the field's prime
    CHECK_FALSE(recover_address(digest, {good.r, good.s, 2}));
}
