#include "node/rpc/json.hpp"

#include <doctest/doctest.h>

#include "node/base/limits.hpp"
#include "unit/random.hpp"

namespace talea::tests {
namespace {

using node::Json;

std::string rewritten(std::string_view text) {
    const auto json = node::parse_json(text);
    if (!json) return "refused";
    node::JsonWriter out;
    out.value(*json);
    return out.take();
}

TEST_CASE("what was read is written again as it was") {
    for (const std::string_view text :
         {"null", "true", "false", "0", "-1", "18446744073709551615", "-9223372036854775808", "1.5", "\"\"",
          "\"a\\\"b\\\\c\\n\\u0001\"", "[]", "{}", "[1,[2,[]],{\"a\":{}}]", "{\"a\":1,\"b\":[null,\"x\"]}"})
        CHECK(rewritten(text) == text);
}

TEST_CASE("a text of more values than a request may hold is refused, since a value takes far more than its bytes") {
    const auto list = [](std::size_t values) {  // with the list itself
        std::string text = "[0";
        for (std::size_t i = 2; i < values; ++i) text += ",0";
        return text + "]";
    };
    CHECK(node::parse_json(list(node::limits::rpc_values_max)).has_value());
    CHECK_FALSE(node::parse_json(list(node::limits::rpc_values_max + 1)).has_value());
    CHECK(node::parse_json("{\"a\":" + list(node::limits::rpc_values_max - 1) + "}").has_value());
    CHECK_FALSE(node::parse_json("{\"a\":" + list(node::limits::rpc_values_max) + "}").has_value());
}

TEST_CASE("text that is no JSON, or is nested too deeply, is refused") {
    for (const std::string_view text :
         {"", " ", "{", "[1,]", "{\"a\"}", "nul", "\"a", "1 2", "'a'", "[1}", "\x01", "+1", "01", "\"\x80\""})
        CHECK(rewritten(text) == "refused");
    CHECK(rewritten(std::string(10'000, '[')) == "refused");
    const std::string deep = std::string(100, '[') + std::string(100, ']');
    CHECK(rewritten(deep) == "refused");
    CHECK(rewritten("[[[[[[[[]]]]]]]]") == "[[[[[[[[]]]]]]]]");
}

TEST_CASE("of two members of one name the last counts, and null counts as absent where that is asked") {
    const auto json = node::parse_json("{\"a\":1,\"a\":2,\"b\":null}");
    REQUIRE(json.has_value());
    CHECK(json->find("a")->integer == 2);
    CHECK(json->find("b") != nullptr);
    CHECK(json->find_present("b") == nullptr);
    CHECK(json->find("c") == nullptr);
}

TEST_CASE("any bytes become valid JSON when they are written as a string") {
    Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 2'000; ++i) {
        const auto bytes = random.bytes(random.below(40));
        node::JsonWriter out;
        out.string({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        const auto json = node::parse_json(out.text());
        REQUIRE(json.has_value());
        REQUIRE(json->is_string());
    }
}

TEST_CASE("random bytes and damaged requests never end the reader") {
    Random random;
    CAPTURE(random.seed);
    const std::string request =
        R"({"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":"0x00","data":"0x"},"latest"]})";
    for (int i = 0; i < 5'000; ++i) {
        auto text = request;
        for (auto changes = 1 + random.below(4); changes > 0; --changes)
            text[random.below(text.size())] = static_cast<char>(random.next());
        (void)node::parse_json(text);
    }
}

}  // namespace
}  // namespace talea::tests
