#include <doctest/doctest.h>

#include "reference/program.hpp"
#include "unit/random.hpp"

using namespace talea;
using namespace talea::vm;
using tests::Random;

TEST_CASE("the interpreter does with random programs what the reference does, in every fork") {
    Random random;
    CAPTURE(random.seed);
    Evm all{Translate::all_code}, hot{Translate::hot_code};
    for (int round = 0; round < 2000; ++round) {
        CAPTURE(round);
        const Bytes bytes = random.bytes(20 + random.below(400));
        const auto found = reference::difference(reference::scenario_of(bytes), round % 2 == 0 ? all : hot);
        CHECK_MESSAGE(!found, *found);
    }
}
