#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "node/ops/replay.hpp"
#include "vm/base/hex.hpp"

namespace talea::tests {

TEST_CASE("every golden chain ends at the head and the state root at which it was written") {
    std::ifstream list(TALEA_GOLDEN_JSON);
    const auto chains = nlohmann::json::parse(list);
    REQUIRE(chains.size() >= 2);
    for (const auto& [name, expected] : chains.items()) {
        CAPTURE(name);
        std::ifstream file(std::string(TALEA_GOLDEN) + "/" + name + ".jsonl");
        const auto report = node::replay_export(file, {}, [](std::uint64_t) {});
        REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error()));
        CHECK(report->blocks == expected.at("blocks").get<std::uint64_t>());
        CHECK(vm::to_hex(report->genesis_hash) == expected.at("genesis").get<std::string>());
        CHECK(vm::to_hex(report->head_hash) == expected.at("head").get<std::string>());
        CHECK(vm::to_hex(report->state_root) == expected.at("stateRoot").get<std::string>());
    }
}

}  // namespace talea::tests
