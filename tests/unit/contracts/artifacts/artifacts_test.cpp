#include "contracts/artifacts/artifacts.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace talea::contracts {

TEST_CASE("every template fits the chain's code limit and brings creation code, runtime code and an ABI") {
    for (const std::string_view name : {"Calendar", "CashToken", "RestrictedToken"}) {
        CAPTURE(name);
        const Artifact* artifact = find_artifact(name);
        REQUIRE(artifact != nullptr);
        CHECK(artifact->name == name);
        CHECK(artifact->deployable());
        CHECK(artifact->abi.starts_with("[{"));
        CHECK(artifact->abi.ends_with("}]"));
        CHECK(artifact->runtime_code.size() <= 24'576);
        CHECK(artifact->creation_code.size() > artifact->runtime_code.size());
        // solc begins with PUSH1 or PUSH2; a hex digit in its place would be 0x36.
        CHECK((artifact->creation_code[0] == 0x60 || artifact->creation_code[0] == 0x61));
    }
}

TEST_CASE("a registry's interface is found by name and cannot be deployed") {
    const Artifact* artifact = find_artifact("IPolicies");
    REQUIRE(artifact != nullptr);
    CHECK(!artifact->deployable());
    CHECK(artifact->runtime_code.empty());
    CHECK(artifact->abi.find("\"Refused\"") != std::string_view::npos);
}

TEST_CASE("a name that no template has, or has in other letters, finds nothing") {
    CHECK(find_artifact("") == nullptr);
    CHECK(find_artifact("restrictedtoken") == nullptr);
    CHECK(find_artifact("RestrictedToken2") == nullptr);
    CHECK(find_artifact("zzz") == nullptr);
}

TEST_CASE("the names are ascending and each of them finds its artifact") {
    const std::vector<std::string_view> names = artifact_names();
    CHECK(std::ranges::is_sorted(names));
    CHECK(std::ranges::adjacent_find(names) == names.end());
    for (const std::string_view name : names) {
        CAPTURE(name);
        REQUIRE(find_artifact(name) != nullptr);
        CHECK(find_artifact(name)->unit.starts_with("src/"));
    }
}

}  // namespace talea::contracts
