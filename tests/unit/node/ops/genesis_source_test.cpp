#include "node/ops/genesis_source.hpp"

#include <doctest/doctest.h>

#include "node/chain/genesis_record.hpp"
#include "node/ops/files.hpp"
#include "vm/base/hex.hpp"
#include "vm/native/addresses.hpp"
#include "vm/native/slot_key.hpp"
#include "vm/state/map_state.hpp"

namespace talea::tests {
namespace {

const std::string source_text = R"({
  "config": {"chainId": 4242, "talea": {
    "permissions": "enforced", "administrators": ["admin"], "validators": ["admin"],
    "testClock": {"mode": "stepped", "start": "2026-11-20T20:59:00Z"},
    "names": {"admin": "0x1f306145110490b455111c058f94eca9a5e5e1f4",
              "second": "0x00000000000000000000000000000000000000ad",
              "alice": "0x00000000000000000000000000000000000000b1"},
    "roles": {"alice": ["transact", "deploy"], "second": ["admin"]},
    "thresholds": {"admin": 2, "network": 2},
    "registrars": ["admin"],
    "identities": [{"id": "0x11", "registrar": "admin", "country": 840, "wallets": ["alice"]}],
    "policies": [{"owner": "admin", "rules": [{"kind": "known"}]}],
    "deployments": [{"name": "calendar", "template": "Calendar", "from": "admin",
                     "arguments": ["0x1f306145110490b455111c058f94eca9a5e5e1f4", "20600", "2"]}]}},
  "alloc": {"alice": {"balance": "1000"}}})";

std::string without(std::string text, std::string_view what, std::string_view with) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

TEST_CASE("a resolved genesis holds names, roles and templates as plain accounts, the same each time") {
    const auto source = node::parse_genesis_source(source_text, {1});
    REQUIRE_MESSAGE(source.has_value(), (source ? "" : source.error()));
    const auto resolved = node::resolve_genesis(*source);
    REQUIRE_MESSAGE(resolved.has_value(), (resolved ? "" : resolved.error()));
    const auto& genesis = resolved->genesis;
    CHECK(genesis.timestamp.seconds == 1'795'208'340);
    vm::MapState state;
    state.apply(node::genesis_record(genesis).changes);
    const auto alice = *vm::address_from_hex("0x00000000000000000000000000000000000000b1");
    CHECK(vm::has_role(state, alice, vm::role::transact | vm::role::deploy));
    CHECK_FALSE(vm::has_role(state, alice, vm::role::admin));
    const auto thresholds =
        vm::ThresholdsRecord::from(state.storage(vm::permissions_address, vm::slot_key::settings(4)));
    CHECK(thresholds.of(vm::role::admin) == 2);
    CHECK(thresholds.of(vm::role::network) == 2);
    CHECK(thresholds.of(vm::role::transact) == 1);
    CHECK(state.account(alice)->balance == vm::u256{1000});
    const auto calendar = resolved->deployed.at("calendar");
    CHECK(genesis.alloc.at(calendar).code.size() > 1'000);
    const auto again = node::resolve_genesis(*source);
    REQUIRE(again.has_value());
    CHECK(vm::write_genesis(again->genesis) == vm::write_genesis(genesis));
    const auto read = vm::parse_genesis(vm::write_genesis(genesis));
    REQUIRE(read.has_value());
    CHECK(node::genesis_record(*read).hash == node::genesis_record(genesis).hash);
}

TEST_CASE("what is wrong with a genesis source is said in one sentence that names it") {
    for (const auto& [what, with, named] :
         {std::tuple{"\"alloc\"", "\"aloc\"", "aloc"},
          {"\"stepped\"", "\"walking\"", "testClock.mode"},
          {"\"transact\"", "\"dance\"", "roles"},
          {"\"network\": 2", "\"networks\": 2", "thresholds.networks"},
          {"\"network\": 2", "\"network\": 17", "thresholds.network"},
          {"\"network\": 2", "\"network\": 3", "threshold"},
          {"\"known\"", "\"unknown\"", "rules"},
          {"[\"admin\"], \"validators\"", "[\"nobody\"], \"validators\"", "administrators"},
          {"4242", "\"many\"", "chainId"},
          {"\"Calendar\"", "\"Calender\"", "Calender"},
          {", \"2\"]", "]", "arguments"},
          {"\"20600\"", "\"soon\"", "soon"}}) {
        CAPTURE(with);
        const auto source = node::parse_genesis_source(without(source_text, what, with), {1});
        const auto error = source ? node::resolve_genesis(*source).error() : source.error();
        CHECK_MESSAGE(error.find(named) != std::string::npos, error);
    }
    CHECK_FALSE(node::parse_genesis_source("{", {1}).has_value());
    CHECK_FALSE(node::parse_genesis_source("{\"config\": 7}", {1}).has_value());
}

TEST_CASE("times are read as written, and nothing else is") {
    CHECK(node::parse_time("2026-11-20T20:59:00Z")->seconds == 1'795'208'340);
    CHECK(node::parse_time("1970-01-01T00:00:00Z")->seconds == 0);
    CHECK(node::parse_time("2028-02-29T23:59:59Z").has_value());
    CHECK(node::format_time({1'795'208'340}) == "2026-11-20T20:59:00Z");
    for (const auto* text : {"", "yesterday", "2026-11-20", "2026-02-29T00:00:00Z", "2026-11-20T24:00:00Z",
                             "2026-11-20T20:59:00", "2026-11-20T20:59:00+01", "2026-1a-20T20:59:00Z"})
        CHECK_FALSE(node::parse_time(text).has_value());
}

}  // namespace
}  // namespace talea::tests
