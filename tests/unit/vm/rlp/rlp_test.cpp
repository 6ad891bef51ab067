#include <doctest/doctest.h>

#include <string>

#include "unit/random.hpp"
#include "vm/base/hex.hpp"
#include "vm/rlp/decode.hpp"
#include "vm/rlp/encode.hpp"

using namespace talea;
using vm::Bytes;
using vm::BytesView;
using vm::u256;
namespace rlp = vm::rlp;

namespace {

Bytes hex(std::string_view text) {
    return *vm::from_hex(text);
}

template <class Value>
Bytes encoded(const Value& value) {
    Bytes out;
    rlp::encode(out, value);
    return out;
}

/// Writes a random tree and returns how it looks: strings in hex, lists in brackets.
std::string write_tree(tests::Random& random, Bytes& out, int depth) {
    if (depth == 0 || random.one_in(3)) {
        const Bytes string = random.bytes(random.one_in(4) ? random.below(300) : random.below(4));
        rlp::encode(out, BytesView{string});
        return vm::to_hex(string);
    }
    std::string shape = "[";
    rlp::List list(out);
    for (std::uint64_t i = random.below(6); i > 0; --i) shape += write_tree(random, out, depth - 1) + ",";
    return shape + "]";
}

/// The shape of what is decoded; nothing where it is malformed.
std::optional<std::string> read_tree(rlp::Reader& reader) {
    const auto next = reader.peek();
    if (!next) return std::nullopt;
    if (!next->is_list) return vm::to_hex(*reader.string());
    std::string shape = "[";
    for (auto inner = *reader.list(); !inner.at_end();) {
        const auto item = read_tree(inner);
        if (!item) return std::nullopt;
        shape += *item + ",";
    }
    return shape + "]";
}

void rewrite(rlp::Reader& reader, Bytes& out) {
    while (!reader.at_end()) {
        if (reader.peek()->is_list) {
            auto inner = *reader.list();
            rlp::List list(out);
            rewrite(inner, out);
        } else {
            rlp::encode(out, *reader.string());
        }
    }
}

}  // namespace

TEST_CASE("numbers are minimal and big-endian, zero is the empty string") {
    CHECK(encoded(std::uint64_t{0}) == hex("80"));
    CHECK(encoded(std::uint64_t{0x7f}) == hex("7f"));
    CHECK(encoded(std::uint64_t{0x80}) == hex("8180"));
    CHECK(encoded(std::uint64_t{1024}) == hex("820400"));
    CHECK(encoded(~std::uint64_t{0}) == hex("88ffffffffffffffff"));
    CHECK(encoded(u256{}) == hex("80"));
    CHECK(encoded(u256{1} << 64) == hex("89010000000000000000"));
    CHECK(encoded(u256::max()) == hex("a0" + std::string(64, 'f')));
}

TEST_CASE("a payload of 55 bytes has a short header and one of 56 a long one, in strings and lists") {
    for (const std::size_t size : {std::size_t{55}, std::size_t{56}, std::size_t{255}, std::size_t{256}}) {
        const Bytes payload(size, 0x41);
        const std::size_t header = size == 55 ? 1 : size < 256 ? 2 : 3;
        CHECK(encoded(BytesView{payload}).size() == size + header);
        CHECK(rlp::list_header_bytes(size) == header);
        Bytes by_header, by_list;
        rlp::encode_list_header(by_header, size);
        vm::append(by_header, payload);
        {
            rlp::List list(by_list);
            for (const std::uint8_t byte : payload) rlp::encode(by_list, std::uint64_t{byte});
        }
        CHECK(by_header == by_list);
        const auto back = rlp::decode(by_list);
        REQUIRE(back);
        CHECK(back->is_list);
        CHECK(vm::equal(back->payload, payload));
    }
}

TEST_CASE("decoding gives back every tree that was encoded") {
    tests::Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 2000; ++i) {
        Bytes out;
        const std::string shape = write_tree(random, out, 4);
        rlp::Reader reader{out};
        CHECK(read_tree(reader) == shape);
        CHECK(reader.end());
    }
}

TEST_CASE("whatever bytes decode, encode to themselves") {
    tests::Random random;
    CAPTURE(random.seed);
    int accepted = 0;
    for (int i = 0; i < 50'000; ++i) {
        Bytes input;
        if (random.one_in(2)) {
            input = random.bytes(random.below(12));
        } else {  // a good one with a bad byte
            write_tree(random, input, 3);
            input[random.below(input.size())] ^= static_cast<std::uint8_t>(random.next());
        }
        rlp::Reader reader{input};
        if (!read_tree(reader)) continue;
        ++accepted;
        const BytesView read = BytesView{input}.first(input.size() - reader.rest().size());
        Bytes again;
        rlp::Reader second{read};
        rewrite(second, again);
        CHECK(vm::equal(again, read));
    }
    CHECK(accepted > 1000);
}

TEST_CASE("each rule of the encoding that is broken is named") {
    const auto error = [](std::string_view text) { return rlp::decode(hex(text)).error(); };
    CHECK(error("") == rlp::Error::truncated);
    CHECK(error("83aabb") == rlp::Error::truncated);
    CHECK(error("c3aabb") == rlp::Error::truncated);
    CHECK(error("b8") == rlp::Error::truncated);
    CHECK(error("bfffffffffffffffff") == rlp::Error::truncated);
    CHECK(error("ffffffffffffffffff") == rlp::Error::truncated);
    CHECK(error("8100") == rlp::Error::not_minimal);
    CHECK(error("817f") == rlp::Error::not_minimal);
    CHECK(error("b801aa") == rlp::Error::not_minimal);
    CHECK(error("b90001aa") == rlp::Error::not_minimal);
    CHECK(error("f80180") == rlp::Error::not_minimal);
    CHECK(error("0101") == rlp::Error::trailing_bytes);
    CHECK(rlp::decode(hex("8180")).has_value());

    const auto read = [](std::string_view text, auto member) {
        const Bytes input = hex(text);
        rlp::Reader reader{input};
        return (reader.*member)().error();
    };
    CHECK(read("00", &rlp::Reader::u64) == rlp::Error::leading_zero);
    CHECK(read("820001", &rlp::Reader::number) == rlp::Error::leading_zero);
    CHECK(read("89010000000000000000", &rlp::Reader::u64) == rlp::Error::number_too_large);
    CHECK(read("a1" + std::string(66, '1'), &rlp::Reader::number) == rlp::Error::number_too_large);
    CHECK(read("c0", &rlp::Reader::u64) == rlp::Error::unexpected_list);
    CHECK(read("c0", &rlp::Reader::string) == rlp::Error::unexpected_list);
    CHECK(read("80", &rlp::Reader::list) == rlp::Error::unexpected_string);
    CHECK(read("93" + std::string(38, '1'), &rlp::Reader::address) == rlp::Error::wrong_length);
    CHECK(read("95" + std::string(42, '1'), &rlp::Reader::address) == rlp::Error::wrong_length);
    CHECK(read("80", &rlp::Reader::hash) == rlp::Error::wrong_length);
    CHECK(read("", &rlp::Reader::u64) == rlp::Error::too_few_items);
}
