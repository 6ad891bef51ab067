#include "contracts/runner/fuzz.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "contracts/abi/codec.hpp"
#include "unit/random.hpp"
#include "vm/base/hex.hpp"

using namespace talea;
using abi::Value;
using runner::Dictionary;
using vm::u256;

namespace {

abi::Type type(std::string_view text) {
    return abi::parse_type(text).value();
}

std::vector<Value> shrunk(std::string_view type_text, const Value& from,
                          const std::function<bool(const Value&)>& fails) {
    const std::vector<abi::Type> types = {type(type_text)};
    return runner::shrink(types, {from}, [&](std::span<const Value> arguments) { return fails(arguments[0]); });
}

}  // namespace

TEST_CASE("random values are of their type: all of them encode and decode back") {
    tests::Random seeds;
    CAPTURE(seeds.seed);
    runner::Random random(seeds.next());
    Dictionary dictionary;
    dictionary.add_code(vm::from_hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff").value());
    for (const char* text : {"uint256", "uint8", "int8", "int256", "address", "bool", "bytes1", "bytes32", "function",
                             "bytes", "string", "uint16[]", "(int24,string)[2]", "bool[3]"}) {
        CAPTURE(text);
        const std::vector<abi::Type> types = {type(text)};
        for (int i = 0; i < 500; ++i) {
            const std::vector<Value> values = {runner::random_value(random, types[0], dictionary)};
            REQUIRE(abi::decode(types, abi::encode(types, values)) == values);
        }
    }
}

TEST_CASE("random numbers reach the edges of their type within a few hundred") {
    runner::Random random(1);
    std::set<u256> unsigned_seen, signed_seen;
    for (int i = 0; i < 500; ++i) {
        unsigned_seen.insert(runner::random_value(random, type("uint128"), {}).word);
        signed_seen.insert(runner::random_value(random, type("int128"), {}).word);
    }
    const u256 top = u256{1} << 127;
    for (const u256& edge : {u256{0}, u256{1}, top, (u256{1} << 128) - u256{1}}) CHECK(unsigned_seen.contains(edge));
    for (const u256& edge : {u256{0}, -u256{1}, -top, top - u256{1}}) CHECK(signed_seen.contains(edge));
}

TEST_CASE("the constants of the code and the addresses of the test come up") {
    Dictionary dictionary;
    // PUSH4 0x0badcafe, then PUSH2 0x1234 JUMPI, then a push cut off by the end.
    dictionary.add_code(vm::from_hex("630badcafe61123457"
                                     "7f00")
                            .value());
    dictionary.add_address(vm::low_address(0xb0b));
    CHECK(dictionary.words().size() == 1);
    CHECK(dictionary.words()[0] == u256{0x0badcafe});
    runner::Random random(2);
    bool word = false, address = false;
    for (int i = 0; i < 500; ++i) {
        word |= runner::random_value(random, type("uint256"), dictionary).word == u256{0x0badcafe};
        address |= runner::random_value(random, type("address"), dictionary).word == u256{0xb0b};
    }
    CHECK(word);
    CHECK(address);
}

TEST_CASE("equal seeds give equal values") {
    runner::Random a(7), b(7), c(8);
    const abi::Type of = type("(uint256,bytes)[]");
    bool differs = false;
    for (int i = 0; i < 50; ++i) {
        const Value first = runner::random_value(a, of, {});
        CHECK(first == runner::random_value(b, of, {}));
        differs |= !(first == runner::random_value(c, of, {}));
    }
    CHECK(differs);
}

TEST_CASE("shrinking ends at the smallest number that still fails") {
    const auto above = [](const u256& limit) { return [limit](const Value& value) { return value.word >= limit; }; };
    for (const u256& limit : {u256{0}, u256{1}, u256{1000}, u256{123456789}, u256{1} << 200}) {
        CAPTURE(vm::to_decimal(limit));
        CHECK(shrunk("uint256", abi::number(u256::max()), above(limit))[0].word == limit);
    }
    const auto below = [](const Value& value) { return vm::signed_less(value.word, -u256{76}); };
    CHECK(shrunk("int64", abi::number(-(u256{1} << 63)), below)[0].word == -u256{77});
}

TEST_CASE("shrinking drops the items that do not matter") {
    const auto has_large = [](const Value& value) {
        return std::ranges::any_of(value.items, [](const Value& item) { return item.word > u256{9}; });
    };
    Value list;
    for (std::uint64_t i = 0; i < 16; ++i) list.items.push_back(abi::number(i * 3));
    CHECK(shrunk("uint8[]", list, has_large)[0] == abi::list({abi::number(10)}));
    const auto long_text = [](const Value& value) { return value.bytes.size() >= 5; };
    CHECK(shrunk("bytes", abi::bytes(vm::Bytes(100, 7)), long_text)[0].bytes == vm::Bytes(5, 0));
}

TEST_CASE("shrinking stops at its limit even where everything fails alike") {
    std::size_t runs = 0;
    const auto fails = [&](const Value& value) {
        ++runs;
        return value.items.size() > 15 || runs % 2 == 0;
    };
    Value list;
    for (std::uint64_t i = 0; i < 16; ++i) list.items.push_back(abi::number(u256::max()));
    (void)shrunk("uint256[]", list, fails);
    CHECK(runs <= runner::shrink_runs_max);
}
