#include "wallet/amount.hpp"

#include <doctest/doctest.h>

#include "unit/random.hpp"

using namespace talea;
using vm::u256;
using wallet::AmountError;
using wallet::format_amount;
using wallet::parse_amount;

TEST_CASE("an amount is read exactly, in the token's units") {
    CHECK((*parse_amount("1012300", 6) == u256{1'012'300'000'000}));
    CHECK((*parse_amount("1,012,300.5", 6) == u256{1'012'300'500'000}));
    CHECK((*parse_amount("0.000001", 6) == u256{1}));
    CHECK((*parse_amount("7", 0) == u256{7}));
    CHECK((*parse_amount("000", 6) == u256{}));
}

TEST_CASE("an amount that is not plainly one number is refused") {
    for (const char* text : {"", ".", "1.", ".5", "-1", "+1", "1e6", " 1", "1 ", "0x10", "1.2.3", "1,00", "1,0000",
                             ",100", "10,00.0", "1000,000", "1.000,5", "1,,000", "1_000"}) {
        CAPTURE(text);
        CHECK(parse_amount(text, 6).error() == AmountError::malformed);
    }
    CHECK(parse_amount("1.0000001", 6).error() == AmountError::too_many_decimals);
    CHECK(parse_amount("1.0", 0).error() == AmountError::too_many_decimals);
    CHECK(parse_amount(vm::to_decimal(u256::max()), 6).error() == AmountError::too_large);
    CHECK((*parse_amount(vm::to_decimal(u256::max()), 0) == u256::max()));
}

TEST_CASE("what is formatted reads back as the same amount") {
    tests::Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 10'000; ++i) {
        const u256 amount = random.word();
        const unsigned decimals = static_cast<unsigned>(random.below(30));
        const auto back = parse_amount(format_amount(amount, decimals), decimals);
        REQUIRE(back.has_value());
        CHECK((*back == amount));
    }
    CHECK(format_amount(u256{1'012'300'000'000}, 6) == "1,012,300.000000");
    CHECK(format_amount(u256{1}, 6) == "0.000001");
}
