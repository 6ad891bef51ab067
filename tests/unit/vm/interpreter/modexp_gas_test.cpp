#include <doctest/doctest.h>

#include "vm/interpreter/precompiles.hpp"

using namespace talea::vm;

TEST_CASE("modexp without base and modulus still pays for its exponent since Osaka, and did not before") {
    // Lengths 0, 32, 0 and an exponent of 255 bits: 254 iterations of the least complexity, 16 (EIP-7883).
    Bytes input(128);
    input[63] = 32;
    input[96] = 0x7f;
    const auto cost = [&](Fork fork) { return 10'000 - run_precompile(fork, low_address(5), input, 10'000).gas_left; };
    CHECK(cost(Fork::osaka) == 16 * 254);
    CHECK(cost(Fork::prague) == 200);
    input[96] = 0;
    CHECK(cost(Fork::osaka) == 500);
}
