#include "contracts/abi/value.hpp"

#include <doctest/doctest.h>

using namespace talea::abi;
using talea::vm::u256;

namespace {

std::string reprinted(std::string_view type_text, std::string_view text) {
    const Type type = parse_type(type_text).value();
    const auto value = parse_value(type, text);
    return value ? format(type, *value) : std::string(to_string(value.error()));
}

ValueError error(std::string_view type_text, std::string_view text) {
    return parse_value(parse_type(type_text).value(), text).error();
}

}  // namespace

TEST_CASE("values print as they were written") {
    CHECK(reprinted("uint256", "0x10") == "16");
    CHECK(reprinted("int8", "-128") == "-128");
    CHECK(reprinted("int256", "-0x1") == "-1");
    CHECK(reprinted("bool", "true") == "true");
    CHECK(reprinted("bytes3", "0x010203") == "0x010203");
    CHECK(reprinted("bytes", "0x") == "0x");
    CHECK(reprinted("string", "a, \"b\"") == "\"a, \\\"b\\\"\"");
    CHECK(reprinted("address", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed") ==
          "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
    CHECK(reprinted("uint8[]", "[]") == "[]");
    CHECK(reprinted("(uint8,(bool,string)[])[2]", "[(1,[(true,\"x,]y\")]), (2,[])]") ==
          "[(1, [(true, \"x,]y\")]), (2, [])]");
}

TEST_CASE("text that is no value of its type is refused with the reason") {
    CHECK(error("uint8", "256") == ValueError::out_of_range);
    CHECK(error("uint8", "-1") == ValueError::not_a_number);
    CHECK(error("uint8", "") == ValueError::not_a_number);
    CHECK(error("int8", "128") == ValueError::out_of_range);
    CHECK(error("int8", "-129") == ValueError::out_of_range);
    CHECK(error("address", "0x12") == ValueError::not_an_address);
    CHECK(error("bool", "1") == ValueError::not_a_boolean);
    CHECK(error("bytes", "0x123") == ValueError::not_hex);
    CHECK(error("bytes4", "0x010203") == ValueError::wrong_length);
    CHECK(error("uint8[2]", "[1]") == ValueError::wrong_length);
    CHECK(error("(uint8,bool)", "(1)") == ValueError::wrong_length);
    CHECK(error("uint8[]", "[1") == ValueError::malformed);
    CHECK(error("uint8[][]", "[[1,2)]") == ValueError::malformed);
    CHECK(error("string[]", "[\"a]") == ValueError::malformed);
}

TEST_CASE("a text's control characters never reach the terminal") {
    const Type type = parse_type("string").value();
    CHECK(format(type, text("\x1b[2J\n")) == "\"\\x1b[2J\\x0a\"");
}
