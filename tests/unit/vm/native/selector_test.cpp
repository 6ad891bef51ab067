#include "vm/native/selector.hpp"

#include <doctest/doctest.h>

#include <string_view>

#include "unit/vm/native/native_chain.hpp"

using namespace talea;

namespace {

vm::u256 run_time_hash(std::string_view text) {
    return vm::to_u256(vm::keccak256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
}

}  // namespace

TEST_CASE("a hash taken while compiling is the keccak of the signature") {
    CHECK(vm::signature_hash("") == run_time_hash(""));
    CHECK(vm::signature_hash("RuleSet(uint64,uint8,uint8,uint16,uint8,bytes)") ==
          run_time_hash("RuleSet(uint64,uint8,uint8,uint16,uint8,bytes)"));
    constexpr std::string_view longest =
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "01234567890123456789012345678901234";
    static_assert(longest.size() == 135);
    CHECK(vm::signature_hash(longest) == run_time_hash(longest));
}

TEST_CASE("a selector is what solc prints for the function") {
    CHECK(vm::selector("authorize(uint8,address,address,address,uint256)") == 0xc8bd5ea1);
    CHECK(vm::selector("preview(address,uint8,address,address,address,uint256)") == 0x2a904961);
    CHECK(vm::selector("setRules(uint64,(uint8,uint16,uint8,bytes)[])") == 0x5c0fc94a);
    CHECK(vm::selector("register(bytes32,uint16,uint64,uint64,bytes32,address[])") == 0xadbe9727);
    CHECK(vm::selector("grantRoles(address,uint256)") == 0x1c10893f);
}
