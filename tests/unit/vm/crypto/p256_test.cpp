#include "vm/crypto/p256.hpp"

#include <doctest/doctest.h>

#include <string_view>

#include "vm/crypto/digest.hpp"

using namespace talea;
using vm::u256;

namespace {

constexpr std::string_view message = "sample";
const u256 order{0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000};
const u256 field_prime{0xffffffffffffffff, 0x00000000ffffffff, 0, 0xffffffff00000001};

u256 number(std::string_view hex) {
    return *vm::u256_from_hex(hex);
}

/// RFC 6979, A.2.5: the signature of "sample" with SHA-256.
struct Known {
    vm::Hash digest = vm::sha256(vm::BytesView{reinterpret_cast<const std::uint8_t*>(message.data()), message.size()});
    u256 r = number("0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716");
    u256 s = number("0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");
    u256 x = number("0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6");
    u256 y = number("0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299");
    [[nodiscard]] bool verifies() const { return vm::verify_p256(digest, r, s, x, y); }
};

}  // namespace

TEST_CASE("a P-256 signature verifies, with low s and with high s") {
    Known known;
    CHECK(known.verifies());
    known.s = order - known.s;
    CHECK(known.verifies());
}

TEST_CASE("a P-256 signature of another digest, or out of range, or by a key off the curve does not verify") {
    Known known;
    SUBCASE("another digest") {
        known.digest.bytes[31] ^= 1;
    }
    SUBCASE("r of 0") {
        known.r = u256{};
    }
    SUBCASE("s of 0") {
        known.s = u256{};
    }
    SUBCASE("r at the order") {
        known.r = order;
    }
    SUBCASE("s at the order") {
        known.s = order;
    }
    SUBCASE("s above the order") {
        known.s = u256::max();
    }
    SUBCASE("the point at infinity") {
        known.x = known.y = u256{};
    }
    SUBCASE("a point off the curve") {
        known.y = known.y + u256{1};
    }
    SUBCASE("the point's mirror") {
        known.y = field_prime - known.y;
    }
    SUBCASE("a coordinate above the prime") {
        known.x = u256::max();
    }
    CHECK_FALSE(known.verifies());
}
