#include "node/base/log_format.hpp"

#include <doctest/doctest.h>

namespace talea::tests {

TEST_CASE("a line of the log cannot end its JSON string, or the line, early") {
    CHECK(node::json_escaped("plain 0x12 é") == "plain 0x12 é");
    CHECK(node::json_escaped("a\"b\\c") == "a\\\"b\\\\c");
    CHECK(node::json_escaped("a\nb\x01") == "a\\u000ab\\u0001");
    CHECK(node::json_escaped("") == "");
}

}  // namespace talea::tests
