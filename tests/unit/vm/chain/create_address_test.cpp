#include "vm/chain/create_address.hpp"

#include <doctest/doctest.h>

#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "vm/crypto/keccak.hpp"

using namespace talea;

TEST_CASE("created addresses are the known ones") {
    const vm::Address creator = *vm::address_from_hex("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0");
    CHECK(to_hex(vm::create_address(creator, 0)) == "0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d");
    CHECK(to_hex(vm::create_address(creator, 1)) == "0x343c43a37d37dff08ae8c4a11544c718abb4fcf8");
}

TEST_CASE("CREATE2 gives the addresses of EIP-1014's examples") {
    const auto create2 = [](std::string_view creator, std::string_view init_code) {
        return to_checksum_hex(
            vm::create2_address(*vm::address_from_hex(creator), {}, vm::keccak256(*vm::from_hex(init_code))));
    };
    CHECK(create2("0x0000000000000000000000000000000000000000", "0x00") ==
          "0x4D1A2e2bB4F88F0250f26Ffff098B0b30B26BF38");
    CHECK(create2("0xdeadbeef00000000000000000000000000000000", "0x00") ==
          "0xB928f69Bb1D91Cd65274e3c79d8986362984fDA3");
    CHECK(create2("0x0000000000000000000000000000000000000000", "0x") == "0xE33C0C7F7df4809055C3ebA6c09CFe4BaF1BD9e0");
}
