#include "vm/crypto/modexp.hpp"

#include <doctest/doctest.h>

#include "unit/random.hpp"

using namespace talea;
using vm::Bytes;
using vm::u256;

namespace {

u256 by_squaring(u256 base, const u256& exponent, const u256& modulus) {
    u256 power = divmod(u256{1}, modulus).remainder;
    for (unsigned bit = 0; bit < 256; ++bit) {
        if (!(exponent >> bit & u256{1}).is_zero()) power = mulmod(power, base, modulus);
        base = mulmod(base, base, modulus);
    }
    return power;
}

}  // namespace

TEST_CASE("modexp agrees with squaring and multiplying, odd moduli and even ones") {
    tests::Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 300; ++i) {
        const u256 base = random.word(), exponent = random.word(), modulus = random.word();
        if (modulus.is_zero()) continue;
        const Bytes power = vm::modexp(base.to_be_bytes(), exponent.to_be_bytes(), modulus.to_be_bytes());
        REQUIRE(power.size() == 32);
        CHECK((u256::from_be_bytes(power) == by_squaring(base, exponent, modulus)));
    }
}

TEST_CASE("the result has the modulus's length, and every degenerate input an answer") {
    CHECK(vm::modexp(Bytes{2}, Bytes{8}, Bytes{0, 0, 0, 255}) == Bytes{0, 0, 0, 1});
    CHECK(vm::modexp(Bytes{2}, Bytes{8}, Bytes{1, 0, 0}) == Bytes{0, 1, 0});
    CHECK(vm::modexp(Bytes{2}, Bytes{8}, Bytes{}) == Bytes{});
    CHECK(vm::modexp(Bytes{2}, Bytes{8}, Bytes{0, 0}) == Bytes{0, 0});
    CHECK(vm::modexp(Bytes{2}, Bytes{8}, Bytes{1}) == Bytes{0});
    CHECK(vm::modexp(Bytes{}, Bytes{}, Bytes{7}) == Bytes{1});  // 0^0 is 1
    CHECK(vm::modexp(Bytes{}, Bytes{}, Bytes{1}) == Bytes{0});
    CHECK(vm::modexp(Bytes{}, Bytes{5}, Bytes{7}) == Bytes{0});
}
