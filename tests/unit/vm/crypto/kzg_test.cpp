#include "vm/crypto/kzg.hpp"

#include <doctest/doctest.h>

#include "vm/base/hex.hpp"
#include "vm/crypto/bls12_381.hpp"

using namespace talea;
using vm::Bytes;
using vm::u256;

namespace {
Bytes infinity() {
    Bytes bytes(48);
    bytes[0] = 0xc0;
    return bytes;
}
Bytes generator() {
    return *vm::from_hex(
        "0x97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb");
}
}  // namespace

TEST_CASE("a constant polynomial takes its value everywhere, and no other") {
    for (const std::uint64_t z : {0ULL, 1ULL, 12345ULL}) {
        CHECK(vm::verify_kzg({infinity(), u256{z}, u256{0}, infinity()}));
        CHECK(!vm::verify_kzg({infinity(), u256{z}, u256{1}, infinity()}));
        CHECK(vm::verify_kzg({generator(), u256{z}, u256{1}, infinity()}));
        CHECK(!vm::verify_kzg({generator(), u256{z}, u256{2}, infinity()}));
        CHECK(!vm::verify_kzg({generator(), u256{z}, u256{1}, generator()}));
    }
}

TEST_CASE("a proof under Ethereum's public setup verifies, for its point and its value only") {
    const auto z = vm::u256_from_hex("0x564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306");
    const auto y = vm::u256_from_hex("0x24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1");
    const auto commitment = vm::from_hex(
        "0x8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7");
    const auto proof = vm::from_hex(
        "0x873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a");
    REQUIRE((z && y && commitment && proof));
    CHECK(vm::verify_kzg({*commitment, *z, *y, *proof}));
    CHECK(!vm::verify_kzg({*commitment, *z + u256{1}, *y, *proof}));
    CHECK(!vm::verify_kzg({*commitment, *z, *y + u256{1}, *proof}));
    CHECK(!vm::verify_kzg({*proof, *z, *y, *commitment}));
}

TEST_CASE("z and y must be below the order") {
    const u256 order = vm::bls12_381::order;
    CHECK(vm::verify_kzg({infinity(), order - u256{1}, u256{0}, infinity()}));
    CHECK(!vm::verify_kzg({infinity(), order, u256{0}, infinity()}));
    CHECK(!vm::verify_kzg({infinity(), u256{0}, order, infinity()}));
}

TEST_CASE("a versioned hash starts with its version") {
    CHECK(vm::to_hex(vm::kzg_versioned_hash(infinity())) ==
          "0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014");
}
