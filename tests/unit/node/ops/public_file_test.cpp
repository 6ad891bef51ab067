#include "node/ops/public_file.hpp"

#include <doctest/doctest.h>

#include "node/ops/genesis_source.hpp"
#include "unit/node/keys.hpp"

namespace talea::tests {
namespace {

using node::PublicFile;
using node::PublicRole;

/// `text` with the first `what` in it replaced.
std::string edited(std::string text, std::string_view what, std::string_view by) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

std::string fault_of(const std::string& text) {
    const auto file = node::parse_public_file(text);
    return file ? std::string() : file.error();
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

constexpr std::string_view settings =
    R"({"timestamp": 1, "config": {"chainId": 7, "talea": {"permissions": "open",
        "administrators": ["0x00000000000000000000000000000000000000aa"]}}})";

}  // namespace

TEST_CASE("a public file is read as it was written, by a validator and by an observer without a place") {
    for (const auto role : {PublicRole::validator, PublicRole::observer}) {
        const std::string place = role == PublicRole::validator ? "host-1.example:30303" : "";
        const auto file = node::make_public_file(key(1), role, place);
        const auto again = node::parse_public_file(node::write_public_file(file));
        REQUIRE_MESSAGE(again.has_value(), (again ? "" : again.error()));
        CHECK(again->key == vm::public_key_of(key(1)));
        CHECK(again->role == role);
        CHECK(again->place == place);
    }
}

TEST_CASE("whatever somebody changes in a public file, it is refused") {
    const auto text = node::write_public_file(node::make_public_file(key(1), PublicRole::validator, "a:1"));
    CHECK(fault_of(text).empty());
    CHECK(contains(fault_of(edited(text, "\"a:1\"", "\"b:1\"")), "signature"));
    CHECK(contains(fault_of(edited(text, "validator", "observer")), "signature"));
    const auto other = node::write_public_file(node::make_public_file(key(2), PublicRole::validator, "a:1"));
    const auto line = [](const std::string& of, std::string_view key) {
        const auto at = of.find(key);
        return of.substr(at, of.find('\n', at) - at);
    };
    CHECK(contains(fault_of(edited(text, line(text, "\"address\""), line(other, "\"address\""))), "address"));
    CHECK(contains(fault_of(edited(text, line(text, "\"signature\""), line(other, "\"signature\""))), "signature"));
    CHECK(contains(fault_of(edited(text, "\"place\"", "\"spot\"")), "place"));
    CHECK(contains(fault_of(edited(text, "{", "{\"more\": 1,")), "more"));
    CHECK(contains(fault_of(edited(text, "\"a:1\"", "\"a\"")), "HOST:PORT"));
}

TEST_CASE("the same public files make the same genesis in any order") {
    const std::vector files{node::make_public_file(key(1), PublicRole::validator, "a:1"),
                            node::make_public_file(key(2), PublicRole::validator, "b:1"),
                            node::make_public_file(key(3), PublicRole::observer, "")};
    const std::vector reversed(files.rbegin(), files.rend());
    const auto source = node::with_public_files(settings, files);
    REQUIRE(source);
    CHECK(source == node::with_public_files(settings, reversed));
    const auto parsed = node::parse_genesis_source(*source, {});
    REQUIRE_MESSAGE(parsed.has_value(), (parsed ? "" : parsed.error()));
    CHECK(parsed->talea.validators.size() == 2);
    CHECK(parsed->nodes == std::vector{vm::public_key_of(key(3))});
    const auto resolved = node::resolve_genesis(*parsed);
    CHECK_MESSAGE(resolved.has_value(), (resolved ? "" : resolved.error()));
}

TEST_CASE("public files that contradict each other or their source make no genesis") {
    const auto one = node::make_public_file(key(1), PublicRole::validator, "a:1");
    const auto fault = [](std::string_view source, const std::vector<PublicFile>& files) {
        const auto made = node::with_public_files(source, files);
        return made ? std::string() : made.error();
    };
    CHECK(fault(settings, {one}).empty());
    CHECK(contains(fault(settings, {one, one}), "of the key"));
    CHECK(contains(fault(settings, {one, node::make_public_file(key(2), PublicRole::validator, "a:1")}), "a:1"));
    CHECK(contains(fault(settings, {node::make_public_file(key(2), PublicRole::observer, "")}), "none"));
    CHECK(
        contains(fault(edited(std::string(settings), "\"permissions\"", "\"validators\": [], \"permissions\""), {one}),
                 "validators"));
    CHECK(contains(fault("[]", {one}), "no JSON object"));
}

}  // namespace talea::tests
