#include "wallet/csv.hpp"

#include <doctest/doctest.h>

#include "unit/random.hpp"

using namespace talea;
using wallet::csv_line;
using wallet::parse_csv;

TEST_CASE("the first line that counts names the columns, and every row has as many fields") {
    const auto table = parse_csv("# trades of Friday\r\nseller,units\r\n\r\nalice,\"1,000\"\r\n\"a \"\"b\"\"\",\n");
    REQUIRE(table.has_value());
    CHECK(table->columns == std::vector<std::string>{"seller", "units"});
    REQUIRE(table->rows.size() == 2);
    CHECK(table->rows[0].line == 4);
    CHECK(table->rows[0].fields == std::vector<std::string>{"alice", "1,000"});
    CHECK(table->rows[1].fields == std::vector<std::string>{"a \"b\"", ""});
}

TEST_CASE("an error of a CSV names the line it is in") {
    CHECK(parse_csv("a,b\n1,2\n1\n").error().line == 3);
    CHECK(parse_csv("a,b\n1,\"2\n").error().line == 2);
    CHECK(parse_csv("").value().columns.empty());
}

TEST_CASE("what is written as CSV reads back as the same fields") {
    tests::Random random;
    CAPTURE(random.seed);
    constexpr std::string_view letters = "a,\"# ;";
    for (int i = 0; i < 2'000; ++i) {
        std::vector<std::string> fields(1 + random.below(4));
        for (std::string& field : fields) {
            for (std::size_t n = random.below(5); n > 0; --n) field += letters[random.below(letters.size())];
        }
        const std::string line = csv_line(fields);
        CAPTURE(line);
        const auto table = parse_csv(line);
        REQUIRE(table.has_value());
        CHECK(table->columns == fields);
    }
}
