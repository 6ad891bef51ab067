#include "contracts/refusals/refusals.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "contracts/artifacts/artifacts.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::contracts {
namespace {

constexpr std::uint64_t unit = 1'000'000;

vm::BytesView text_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

vm::Bytes revert_data(std::string_view signature, std::initializer_list<vm::u256> args) {
    const vm::Hash hash = vm::keccak256(text_bytes(signature));
    vm::Bytes data(hash.bytes.begin(), hash.bytes.begin() + 4);
    for (const vm::u256& arg : args) vm::append(data, arg.to_be_bytes());
    return data;
}

std::string signature_of(const nlohmann::json& error) {
    std::string signature = error["name"].get<std::string>() + "(";
    for (const auto& input : error["inputs"]) {
        if (signature.back() != '(') signature += ",";
        signature += input["type"].get<std::string>();
    }
    return signature + ")";
}

const vm::Address bob = vm::low_address(0xb0b);
const vm::u256 bob_word = vm::u256(0xb0b);

RefusalNames named() {
    return {[](const vm::Address& address) { return address == bob ? std::string("bob") : vm::to_hex(address); }, 6};
}

}  // namespace

TEST_CASE("every typed error of the templates and the registries has a row of its exact signature") {
    std::set<std::string> known;
    for (const RefusalRow& row : refusal_rows()) known.emplace(row.error);
    for (const std::string_view name : artifact_names()) {
        const auto abi = nlohmann::json::parse(find_artifact(name)->abi);
        for (const auto& entry : abi) {
            if (entry["type"] != "error") continue;
            CAPTURE(name);
            CAPTURE(signature_of(entry));
            CHECK(known.contains(signature_of(entry)));
        }
    }
}

TEST_CASE("what any error of the templates and the registries reverts with is told as that error, whole") {
    std::set<std::string> told;
    for (const std::string_view name : artifact_names()) {
        const auto abi = nlohmann::json::parse(find_artifact(name)->abi);
        for (const auto& entry : abi) {
            if (entry["type"] != "error" || signature_of(entry) == registry_error) continue;
            const std::string signature = signature_of(entry);
            CAPTURE(name);
            CAPTURE(signature);
            vm::Bytes data = revert_data(signature, {});
            bool is_plain = true;
            for (const auto& input : entry["inputs"]) {
                is_plain = is_plain && input["type"] != "string" && input["type"] != "bytes";
                vm::append(data, vm::u256(1).to_be_bytes());
            }
            if (!is_plain) continue;
            const auto refusal = decode_refusal(data);
            REQUIRE(refusal.has_value());
            CHECK(refusal->row->error == signature);
            CHECK(refusal->code == refusal->row->code);
            CHECK(refusal_sentence(*refusal).find('{') == std::string::npos);
            CHECK(refusal_remedy(*refusal).find('{') == std::string::npos);
            told.insert(signature);
        }
    }
    CHECK(told.size() > 150);
}

TEST_CASE("no sentence and no remedy of the table is empty, ends in a full stop or keeps a placeholder") {
    for (const RefusalRow& row : refusal_rows()) {
        CAPTURE(row.name);
        CAPTURE(row.code);
        const Refusal refusal{&row, row.code, {}, 0, {}, {vm::u256(1), vm::u256(1), vm::u256(1), vm::u256(1)}};
        for (const std::string& shown : {refusal_sentence(refusal), refusal_remedy(refusal)}) {
            CAPTURE(shown);
            CHECK(!shown.empty());
            CHECK(!shown.ends_with('.'));
            CHECK(shown.find('{') == std::string::npos);
        }
    }
}

TEST_CASE("no placeholder, who or detail of the table reads beyond its error's arguments") {
    for (const RefusalRow& row : refusal_rows()) {
        CAPTURE(row.name);
        const int args = row.error.ends_with("()") ? 0 : static_cast<int>(std::ranges::count(row.error, ',')) + 1;
        CHECK(args <= static_cast<int>(refusal_args_max));
        CHECK(row.who < args);
        CHECK(row.detail < args);
        for (const std::string_view pattern : {row.sentence, row.remedy}) {
            for (std::size_t at = pattern.find('{'); at != std::string_view::npos; at = pattern.find('{', at + 1)) {
                CAPTURE(pattern);
                CHECK(pattern[at + 1] - '0' < args);
            }
        }
    }
}

TEST_CASE("codes lie in the range of their contract and a registry's code has one row") {
    std::set<std::uint16_t> registry;
    for (const RefusalRow& row : refusal_rows()) {
        CAPTURE(row.name);
        CHECK((row.code < 100 || (row.code > 100 && row.code < 900 && row.code % 100 < 10)));
        if (row.error == registry_error)
            CHECK(registry.insert(row.code).second);
        else
            CHECK(row.code < 100);
    }
    for (const int code :
         {2, 3, 201, 202, 203, 204, 205, 206, 207, 208, 209, 301, 302, 401, 402, 501, 502, 503, 504, 601, 602, 603}) {
        CAPTURE(code);
        CHECK(registry.contains(static_cast<std::uint16_t>(code)));
    }
}

TEST_CASE("a registry's refusal says who is refused, by which rule and what would mend it") {
    const auto refusal = decode_refusal(revert_data(registry_error, {202, bob_word, 1, 0}));
    REQUIRE(refusal.has_value());
    CHECK(refusal->code == 202);
    CHECK(refusal->who == bob);
    CHECK(refusal->rule == 1);
    CHECK(refusal->row->name == "ReceiverUnknown");
    CHECK(refusal_sentence(*refusal, named()) == "the receiver bob is no known holder's wallet");
    CHECK(refusal_remedy(*refusal, named()) == "have an accepted registrar link the wallet to its holder");
}

TEST_CASE("a preview's row reads as the revert of the same four fields") {
    const Refusal shown = registry_refusal(504, bob, 4, 50 * unit);
    const auto reverted = decode_refusal(revert_data(registry_error, {504, bob_word, 4, 50 * unit}));
    REQUIRE(reverted.has_value());
    CHECK(refusal_sentence(shown, named()) == refusal_sentence(*reverted, named()));
    CHECK(refusal_sentence(shown, named()) ==
          "the holder of bob would keep less than the 50.000000 that rule 4 asks of every holder");
    CHECK(shown.detail == vm::u256(50 * unit));
}

TEST_CASE("a code of a newer registry is named as such") {
    const auto refusal = decode_refusal(revert_data(registry_error, {999, bob_word, 2, 0}));
    REQUIRE(refusal.has_value());
    CHECK(refusal->code == 999);
    CHECK(refusal_sentence(*refusal, named()) ==
          "bob is refused by rule 2 with code 999, which this version does not know");
}

TEST_CASE("a template's error shows amounts, times, spans, days and roles as people write them") {
    const vm::Hash issuer = vm::keccak256(text_bytes("ISSUER"));
    const auto sentence = [](std::string_view signature, std::initializer_list<vm::u256> args) {
        const auto refusal = decode_refusal(revert_data(signature, args));
        REQUIRE(refusal.has_value());
        return refusal_sentence(*refusal, named());
    };
    CHECK(sentence("CapExceeded(uint256,uint256,uint256)", {0, 5'000'000 * unit + 1, 5'000'000 * unit}) ==
          "5000000.000001 more than the 0.000000 there are would exceed the cap of 5000000.000000");
    CHECK(sentence("ReserveStale(uint64,uint256)", {1'795'208'399, 50 * 3600 + 61}) ==
          "the reserve was last attested as of 2026-11-20T20:59:59Z, 50 h 1 min 1 s ago; from 50 hours on nothing is "
          "minted");
    CHECK(sentence("NavMissing(uint256)", {20'777}) == "no NAV is published for 2026-11-20");
    CHECK(sentence("NotAuthorized(address,bytes32)", {bob_word, vm::u256::from_be_bytes(issuer.bytes)}) ==
          "bob does not have the role ISSUER of this contract");
    CHECK(sentence("NotAuthorized(address,uint256)", {bob_word, 5}) ==
          "bob may not do this: it needs ADMIN and REGISTRAR_ADMIN");
    CHECK(sentence("TokenPaused(uint8)", {1}) == "the token is paused: transfers are stopped");
}

TEST_CASE("data that is no error of the table, is cut short or has dirty small integers is not decoded") {
    CHECK(!decode_refusal({}).has_value());
    CHECK(!decode_refusal(revert_data("Error(string)", {32, 0})).has_value());
    vm::Bytes cut = revert_data("CapExceeded(uint256,uint256,uint256)", {0, 1, 2});
    cut.pop_back();
    CHECK(!decode_refusal(cut).has_value());
    CHECK(!decode_refusal(revert_data("CapExceeded(uint256,uint256,uint256)", {0, 1})).has_value());
    CHECK(!decode_refusal(revert_data(registry_error, {0x10000, bob_word, 1, 0})).has_value());
    CHECK(!decode_refusal(revert_data(registry_error, {202, bob_word, 0x100, 0})).has_value());
}

TEST_CASE("the four reasons of Permissions are known and put the account into their words") {
    CHECK(permission_reasons().size() == 4);
    for (const std::string_view name :
         {"sender_not_permitted", "deploy_not_permitted", "create_not_permitted", "authority_not_permitted"}) {
        CAPTURE(name);
        const PermissionReason* reason = find_permission_reason(name);
        REQUIRE(reason != nullptr);
        CHECK(fill_who(reason->sentence, "mallory").find("mallory") != std::string::npos);
        CHECK(fill_who(reason->sentence, "{who}{who}").find("{who}{who}") != std::string::npos);
    }
    CHECK(find_permission_reason("sender") == nullptr);
}

}  // namespace talea::contracts
