#include "contracts/abi/interface.hpp"

#include <doctest/doctest.h>

#include "vm/base/hex.hpp"

using namespace talea::abi;
using talea::vm::from_hex;
using talea::vm::to_hex;

namespace {

constexpr const char* token_abi = R"json([
  {"type":"constructor","inputs":[{"name":"cap","type":"uint256"}],"stateMutability":"nonpayable"},
  {"type":"function","name":"transfer","inputs":[{"name":"to","type":"address"},{"name":"amount","type":"uint256"}],
   "outputs":[{"name":"","type":"bool"}],"stateMutability":"nonpayable"},
  {"type":"function","name":"rules","inputs":[{"name":"id","type":"uint64"}],"outputs":[{"name":"","type":"tuple[]",
   "internalType":"struct IPolicies.Rule[]","components":[{"name":"kind","type":"uint8"},{"name":"data","type":"bytes"}]}],
   "stateMutability":"view"},
  {"type":"event","name":"Transfer","inputs":[{"name":"from","type":"address","indexed":true},
   {"name":"to","type":"address","indexed":true},{"name":"value","type":"uint256","indexed":false}]},
  {"type":"event","name":"Named","inputs":[{"name":"name","type":"string","indexed":true}]},
  {"type":"error","name":"CapExceeded","inputs":[{"name":"asked","type":"uint256"},{"name":"cap","type":"uint256"}]},
  {"type":"receive","stateMutability":"payable"}
])json";

Interface token() {
    return Interface::parse(token_abi).value();
}

talea::vm::Hash topic_of(std::uint64_t low) {
    return talea::vm::to_hash(talea::vm::u256{low});
}

}  // namespace

TEST_CASE("a JSON ABI is read with selectors and topics as published") {
    const Interface abi = token();
    const Function* transfer = abi.find_function("transfer");
    REQUIRE(transfer != nullptr);
    CHECK(transfer->signature == "transfer(address,uint256)");
    CHECK(to_hex(transfer->selector.bytes) == "0xa9059cbb");
    CHECK(abi.find_function(selector_of("transfer(address,uint256)")) == transfer);
    CHECK(abi.find_function("transfer", 3) == nullptr);
    CHECK(to_hex(abi.find_event("Transfer")->topic) ==
          "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
    const Type& rules = abi.find_function("rules")->output_types.front();
    CHECK(rules.canonical() == "(uint8,bytes)[]");
    CHECK(rules.items.front().names == std::vector<std::string>{"kind", "data"});
    CHECK(abi.constructor_types().size() == 1);
}

TEST_CASE("what is no JSON ABI is refused") {
    CHECK(Interface::parse("{").error() == InterfaceError::not_json);
    CHECK(Interface::parse("{}").error() == InterfaceError::not_an_abi);
    CHECK(Interface::parse("[1]").error() == InterfaceError::not_an_abi);
    CHECK(Interface::parse(R"([{"type":"modifier","name":"f"}])").error() == InterfaceError::not_an_abi);
    CHECK(Interface::parse(R"([{"type":"function","name":"f","inputs":[{"type":"tuple"}]}])").error() ==
          InterfaceError::not_an_abi);
    CHECK(Interface::parse(R"([{"type":"function","name":"f","inputs":[{"type":"uint9"}]}])").error() ==
          InterfaceError::bad_type);
}

TEST_CASE("an event is taken apart by its topics and data") {
    const Interface abi = token();
    const auto data = number(100).word.to_be_bytes();
    const std::vector<talea::vm::Hash> topics = {abi.find_event("Transfer")->topic, topic_of(1), topic_of(2)};
    const auto decoded = decode_event(abi, topics, data);
    REQUIRE(decoded);
    CHECK(decoded->event->name == "Transfer");
    CHECK(decoded->values == std::vector{number(1), number(2), number(100)});

    SUBCASE("an indexed string is only known by its keccak") {
        const std::vector<talea::vm::Hash> named = {abi.find_event("Named")->topic, topic_of(9)};
        const auto hashed = decode_event(abi, named, {});
        REQUIRE(hashed);
        CHECK(hashed->hashed == std::vector<bool>{true});
        CHECK(hashed->values == std::vector{number(9)});
    }
    SUBCASE("other topic counts, short data and dirty topics are no event of the interface") {
        CHECK_FALSE(decode_event(abi, std::span(topics).first(2), data));
        CHECK_FALSE(decode_event(abi, topics, {}));
        std::vector<talea::vm::Hash> dirty = topics;
        dirty[1].bytes[0] = 1;
        CHECK_FALSE(decode_event(abi, dirty, data));
        CHECK_FALSE(decode_event(abi, {}, data));
    }
}

TEST_CASE("revert data reads as a sentence") {
    const Interface abi = token();
    const auto revert = [&](const ErrorDefinition& error, const std::vector<Value>& values) {
        talea::vm::Bytes data(error.selector.bytes.begin(), error.selector.bytes.end());
        encode_to(data, error.input_types, values);
        return describe_revert(abi, data);
    };
    CHECK(revert(abi.errors().front(), {number(2), number(1)}) == "CapExceeded(2, 1)");
    CHECK(revert(standard_error(), {text("not today")}) == "not today");
    CHECK(revert(standard_panic(), {number(0x11)}) == "panic: arithmetic overflow or underflow (0x11)");
    CHECK(revert(standard_panic(), {number(0x99)}) == "panic: unknown (0x99)");
    CHECK(describe_revert(abi, {}) == "reverted without data");
    CHECK(describe_revert(abi, from_hex("0x0102").value()) == "reverted with 0x0102");
    CHECK(to_hex(standard_error().selector.bytes) == "0x08c379a0");
    CHECK(to_hex(standard_panic().selector.bytes) == "0x4e487b71");
}

TEST_CASE("call data reads as a call, and as hex where nobody knows it") {
    const Interface abi = token();
    const auto data = abi.find_function("transfer")->encode_call(std::vector{number(1), number(5)});
    CHECK(describe_call(abi, data) == "transfer(0x0000000000000000000000000000000000000001, 5)");
    CHECK(describe_call(abi, from_hex("0xa9059cbb01").value()) == "transfer(0x01)");
    CHECK(describe_call(abi, from_hex("0x01020304").value()) == "0x01020304");
}
