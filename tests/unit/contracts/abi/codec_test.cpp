#include "contracts/abi/codec.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "unit/random.hpp"
#include "vm/base/hex.hpp"

using namespace talea::abi;
using talea::tests::Random;
using talea::vm::Bytes;
using talea::vm::u256;

namespace {

Type type(std::string_view text) {
    return parse_type(text).value();
}

std::vector<Type> types(std::initializer_list<const char*> texts) {
    std::vector<Type> out;
    for (const char* text : texts) out.push_back(type(text));
    return out;
}

Bytes words(std::initializer_list<u256> values) {
    Bytes out;
    for (const u256& value : values) {
        const auto bytes = value.to_be_bytes();
        out.insert(out.end(), bytes.begin(), bytes.end());
    }
    return out;
}

DecodeError error(std::initializer_list<const char*> texts, const Bytes& data) {
    return decode(types(texts), data).error();
}

Type random_type(Random& random, std::size_t depth) {
    static constexpr const char* elementary[] = {"uint256", "uint8",  "int128", "int256", "address", "bool",
                                                 "bytes32", "bytes3", "bytes",  "string", "function"};
    Type out;
    switch (depth >= 4 ? 0 : random.below(6)) {
        case 4: {
            out.kind = random.one_in(2) ? Kind::array : Kind::fixed_array;
            out.length = out.kind == Kind::fixed_array ? 1 + random.below(3) : 0;
            out.items = {random_type(random, depth + 1)};
            return out;
        }
        case 5:
            out.kind = Kind::tuple;
            for (std::uint64_t i = 0, n = 1 + random.below(3); i < n; ++i)
                out.items.push_back(random_type(random, depth + 1));
            return out;
        default:
            return type(elementary[random.below(std::size(elementary))]);
    }
}

Value random_value(Random& random, const Type& of) {
    Value value;
    switch (of.kind) {
        case Kind::uint:
            return number(random.word() >> (256U - of.size));
        case Kind::sint: {
            const u256 magnitude = random.word() >> (257U - of.size);
            return number(random.one_in(2) ? magnitude : ~magnitude);
        }
        case Kind::address:
            return address(random.address());
        case Kind::boolean:
            return boolean(random.one_in(2));
        case Kind::fixed_bytes:
        case Kind::function:
            return number(random.word() << (256U - 8U * of.size));
        case Kind::bytes:
        case Kind::string:
            return bytes(random.bytes(random.below(80)));
        case Kind::array:
            for (std::uint64_t i = 0, n = random.below(4); i < n; ++i)
                value.items.push_back(random_value(random, of.items[0]));
            return value;
        case Kind::fixed_array:
            for (std::size_t i = 0; i < of.length; ++i) value.items.push_back(random_value(random, of.items[0]));
            return value;
        case Kind::tuple:
            for (const Type& item : of.items) value.items.push_back(random_value(random, item));
            return value;
    }
    return value;
}

/// A value of the public tests: numbers, lists, hexadecimal text for addresses, plain text for bytes of any kind.
Value public_value(const Type& of, const nlohmann::json& given) {
    Value value;
    if (given.is_array()) {
        for (std::size_t i = 0; i < given.size(); ++i)
            value.items.push_back(public_value(of.items[of.kind == Kind::tuple ? i : 0], given[i]));
        return value;
    }
    if (given.is_number_unsigned()) return number(given.get<std::uint64_t>());
    const auto text = given.get<std::string>();
    if (of.kind == Kind::address) return address(talea::vm::address_from_hex(text).value());
    if (of.kind == Kind::fixed_bytes) {
        Bytes padded(text.begin(), text.end());
        padded.resize(32);
        return number(u256::from_be_bytes(padded));
    }
    return talea::abi::text(text);
}

}  // namespace

TEST_CASE("the public ABI tests encode to the published bytes and decode back") {
    const char* folder = std::getenv("TALEA_CONFORMANCE_DIR");
    const auto path = std::filesystem::path(folder != nullptr ? folder : "") / "classic/ABITests/basic_abi_tests.json";
    if (folder == nullptr || !std::filesystem::exists(path)) {
        MESSAGE("skipped: TALEA_CONFORMANCE_DIR does not hold the suite `classic`");
        return;
    }
    std::ifstream file(path);
    std::size_t passed = 0;
    const auto cases = nlohmann::json::parse(file);  // a name: before P2718, a loop would not keep it alive
    for (const auto& [name, test] : cases.items()) {
        CAPTURE(name);
        std::vector<Type> of;
        std::vector<Value> values;
        for (const auto& text : test["types"]) of.push_back(type(text.get<std::string>()));
        for (std::size_t i = 0; i < of.size(); ++i) values.push_back(public_value(of[i], test["args"][i]));
        const Bytes encoded = encode(of, values);
        CHECK(encoded == talea::vm::from_hex(test["result"].get<std::string>()).value());
        CHECK(decode(of, encoded) == values);
        ++passed;
    }
    MESSAGE("ABITests: " << passed << " cases");
    CHECK(passed == 3);
}

TEST_CASE("values of dynamic types follow the heads, behind offsets from the first head") {
    const auto encoded = encode(types({"uint256", "string", "uint8[]"}),
                                std::vector{number(7), text("ab"), list({number(1), number(2)})});
    CHECK(encoded == words({7, 0x60, 0xa0, 2, u256{0x6162} << 240, 2, 1, 2}));
}

TEST_CASE("decoding what was encoded gives the values back, and no shorter input decodes") {
    Random random;
    CAPTURE(random.seed);
    for (int round = 0; round < 2000; ++round) {
        std::vector<Type> of;
        std::vector<Value> values;
        for (std::uint64_t i = 0, n = random.below(4); i < n; ++i) {
            of.push_back(random_type(random, 0));
            values.push_back(random_value(random, of.back()));
        }
        Bytes encoded = encode(of, values);
        CAPTURE(talea::vm::to_hex(encoded));
        REQUIRE(decode(of, encoded) == values);
        if (encoded.empty()) continue;
        encoded.resize(encoded.size() - 1 - random.below(std::min<std::size_t>(encoded.size(), 32)));
        CHECK_FALSE(decode(of, encoded) == values);
    }
}

TEST_CASE("decoding any bytes ends, and what it gives can be encoded") {
    Random random;
    CAPTURE(random.seed);
    for (int round = 0; round < 5000; ++round) {
        const std::vector<Type> of = {random_type(random, 0), random_type(random, 0)};
        Bytes data = words({});
        // Small words are what offsets and lengths look like.
        for (std::uint64_t i = 0, n = random.below(12); i < n; ++i) {
            const auto word = (random.one_in(4) ? random.word() : u256{32 * random.below(8)}).to_be_bytes();
            data.insert(data.end(), word.begin(), word.end());
        }
        const auto values = decode(of, data);
        if (values) CHECK(decode(of, encode(of, *values)) == values);
    }
}

TEST_CASE("values outside their type are refused") {
    CHECK(error({"uint8"}, words({256})) == DecodeError::out_of_range);
    CHECK(decode(types({"uint8"}), words({255})).has_value());
    CHECK(error({"int8"}, words({128})) == DecodeError::out_of_range);
    CHECK(decode(types({"int8"}), words({127})).has_value());
    CHECK(decode(types({"int8"}), words({-u256{128}})).has_value());
    CHECK(error({"int8"}, words({-u256{129}})) == DecodeError::out_of_range);
    CHECK(error({"bool"}, words({2})) == DecodeError::out_of_range);
    CHECK(error({"address"}, words({u256{1} << 160})) == DecodeError::out_of_range);
    CHECK(error({"bytes4"}, words({u256{1} << 223})) == DecodeError::dirty_padding);
    CHECK(decode(types({"bytes4"}), words({u256{1} << 224})).has_value());
    CHECK(error({"string"}, words({32, 1, u256{0x6161} << 240})) == DecodeError::dirty_padding);
}

TEST_CASE("offsets and lengths beyond the data are refused") {
    CHECK(error({"uint256"}, {}) == DecodeError::too_short);
    CHECK(error({"uint256"}, Bytes(31)) == DecodeError::too_short);
    CHECK(error({"bytes"}, words({u256::max(), 0})) == DecodeError::bad_offset);
    CHECK(error({"bytes"}, words({96, 0})) == DecodeError::bad_offset);
    CHECK(error({"bytes"}, words({64, 0})) == DecodeError::too_short);
    CHECK(error({"bytes"}, words({32, 1})) == DecodeError::too_short);
    CHECK(error({"uint256[]"}, words({32, 2, 1})) == DecodeError::too_short);
    CHECK(error({"uint256[]"}, words({32, u256::max(), 1})) == DecodeError::bad_offset);
}

TEST_CASE("an input that points at itself does not grow without bound") {
    // Each level is an array of 64 times the next: 64^8 items if nobody counted.
    std::string text = "uint256";
    for (int i = 0; i < 8; ++i) text += "[]";
    Bytes data = words({32});
    for (int level = 0; level < 8; ++level) {
        const Bytes length = words({64});
        data.insert(data.end(), length.begin(), length.end());
        for (int i = 0; i < 64; ++i) {
            const Bytes offset = words({64 * 32});
            data.insert(data.end(), offset.begin(), offset.end());
        }
    }
    CHECK(decode(std::vector{type(text)}, data).error() == DecodeError::too_many_items);
}
