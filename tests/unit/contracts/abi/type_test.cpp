#include "contracts/abi/type.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace talea::abi;

TEST_CASE("types print as they were read, but for uint and int, which have 256 bits") {
    for (const char* text : {"uint8", "int256", "address", "bool", "bytes1", "bytes32", "function", "bytes", "string",
                             "uint256[]", "uint16[3][]", "(address,(uint8,bool)[2],string)[]"}) {
        CAPTURE(text);
        const auto type = parse_type(text);
        REQUIRE(type);
        CHECK(type->canonical() == text);
    }
    CHECK(parse_type("uint")->canonical() == "uint256");
    CHECK(parse_type("int[2]")->canonical() == "int256[2]");
    CHECK(parse_type("tuple(uint8)[]")->canonical() == "(uint8)[]");
}

TEST_CASE("what is no type of the specification is refused") {
    const auto error = [](std::string_view text) { return parse_type(text).error(); };
    CHECK(error("uint7") == TypeError::bad_size);
    CHECK(error("uint264") == TypeError::bad_size);
    CHECK(error("uint08") == TypeError::bad_size);
    CHECK(error("bytes33") == TypeError::bad_size);
    CHECK(error("bytes0") == TypeError::bad_size);
    CHECK(error("uint256[0]") == TypeError::bad_length);
    CHECK(error("uint256[4097]") == TypeError::bad_length);
    CHECK(error("uint256[-1]") == TypeError::bad_length);
    CHECK(error("uint256]") == TypeError::unknown_type);
    CHECK(error("(uint8") == TypeError::unknown_type);
    CHECK(error("(uint8,)") == TypeError::unknown_type);
    CHECK(error("fixed128x18") == TypeError::unknown_type);
    CHECK(error("()") == TypeError::unknown_type);
    CHECK(error("") == TypeError::unknown_type);
    CHECK(error("uint256[4096][4096]") == TypeError::too_large);
    std::string deep = "uint8";
    for (std::size_t i = 0; i < type_depth_max; ++i) deep += "[]";
    CHECK(parse_type(deep).has_value());
    CHECK(error(deep + "[]") == TypeError::too_deep);
    CHECK(error(std::string(100'000, '(') + std::string(100'000, ')')) == TypeError::too_deep);
}

TEST_CASE("a type is dynamic when something in it has no fixed size") {
    CHECK_FALSE(parse_type("(uint8,bytes32)[3]")->is_dynamic());
    CHECK(parse_type("(uint8,bytes32)[3]")->head_bytes() == 192);
    CHECK(parse_type("(uint8,string)[3]")->is_dynamic());
    CHECK(parse_type("(uint8,string)[3]")->head_bytes() == 32);
    CHECK(parse_type("uint8[]")->is_dynamic());
}

TEST_CASE("a signature may name its parameters, and its canonical form does not") {
    const auto signature = parse_signature("set((address wallet, uint8[2] flags)[] calldata rows, uint amount)");
    REQUIRE(signature);
    CHECK(signature->name == "set");
    CHECK(signature->canonical() == "set((address,uint8[2])[],uint256)");
    CHECK(parse_signature("f()")->canonical() == "f()");
    CHECK(parse_signature("f").error() == TypeError::bad_signature);
    CHECK(parse_signature("f(uint8").error() == TypeError::bad_signature);
    CHECK(parse_signature("2f()").error() == TypeError::bad_signature);
    CHECK(parse_signature("f(word)").error() == TypeError::unknown_type);
}
