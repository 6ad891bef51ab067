#include "wallet/moment.hpp"

#include <doctest/doctest.h>

using namespace talea;

TEST_CASE("a moment is read as UTC and written back the same") {
    CHECK(wallet::parse_moment("1970-01-01T00:00:00Z") == 0);
    CHECK(wallet::parse_moment("2026-11-20T20:59:00Z") == 1'795'208'340);
    CHECK(wallet::format_moment(1'795'208'340) == "2026-11-20T20:59:00Z");
    CHECK(wallet::parse_day("2026-11-20") == 20777);
    CHECK(wallet::format_day(20777) == "2026-11-20");
}

TEST_CASE("what is no moment, day or span is refused") {
    for (const char* text : {"", "2026-11-20", "2026-11-20T20:59:00", "2026-11-20 20:59:00Z", "2026-02-30T00:00:00Z",
                             "2026-11-20T24:00:00Z", "2026-11-20T20:60:00Z"}) {
        CAPTURE(text);
        CHECK(!wallet::parse_moment(text));
    }
    for (const char* text : {"", "2026-13-01", "2026-1-1", "1969-12-31", "20261120"}) CHECK(!wallet::parse_day(text));
    for (const char* text : {"", "h", "-1", "1w", "1.5h", "99999999999999999999", "9999999999999999999d"})
        CHECK(!wallet::parse_span(text));
    CHECK(wallet::parse_span("90") == 90);
    CHECK(wallet::parse_span("24h") == 86'400);
    CHECK(wallet::parse_span("3d") == 259'200);
}
