#include "vm/interpreter/modular.hpp"

#include <doctest/doctest.h>

#include "unit/random.hpp"

using namespace talea;
using namespace talea::vm;

TEST_CASE("products by a kept reciprocal are those of a division") {
    tests::Random random;
    CAPTURE(random.seed);
    const u256 all_ones = u256::max();
    const u256 edges[] = {all_ones,
                          all_ones - u256{1},
                          u256{0, 0, 0, 1},
                          u256{1, 0, 0, 1},
                          u256{0, 0, 0, 1ULL << 63},
                          u256{1, 0, 0, 1ULL << 63},
                          u256{0},
                          u256{1},
                          u256{7}};
    ModularMultiplier multiplier;
    for (int round = 0; round < 3000; ++round) {
        u256 modulus = round % 3 == 0 ? edges[random.below(9)] : random.word();
        for (int i = 0; i < 5; ++i) {
            const u256 a = random.one_in(4) ? all_ones - u256{random.below(3)} : random.word();
            const u256 b = random.one_in(4) ? modulus - u256{random.below(3)} : random.word();
            CAPTURE(to_decimal(a));
            CAPTURE(to_decimal(b));
            CAPTURE(to_decimal(modulus));
            REQUIRE(multiplier.multiply(a, b, modulus) == mulmod(a, b, modulus));
        }
    }
}
